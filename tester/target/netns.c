/* SPDX-License-Identifier: BSD-2-Clause */
#include "target/netns.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/ethtool.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/util.h"
#include "target/clock.h"
#include "target/target.h"
#include "target/tun.h"

enum { LO_INDEX = 1, MESSAGE_BYTES = 1024, ANSWER_BYTES = 32768 };

struct netlink {
	struct mnl_socket *sock;
	unsigned int seq;
	char buf[MESSAGE_BYTES];
};

static struct nlmsghdr *begin(struct netlink *nl, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(nl->buf);

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | flags);
	nlh->nlmsg_seq = ++nl->seq;
	return nlh;
}

/* Sends the message, gives what is answered to @on_data, and takes the acknowledgement. 0, or -1
 * with errno as the kernel said. */
static int finish_get(struct netlink *nl, const struct nlmsghdr *nlh, mnl_cb_t on_data, void *data)
{
	char answer[ANSWER_BYTES];
	int rc = MNL_CB_OK;

	if (mnl_socket_sendto(nl->sock, nlh, nlh->nlmsg_len) < 0)
		return -1;
	while (rc > MNL_CB_STOP) {
		ssize_t n = mnl_socket_recvfrom(nl->sock, answer, sizeof(answer));

		if (n < 0)
			return -1;
		rc = mnl_cb_run(answer, (size_t)n, nl->seq, mnl_socket_get_portid(nl->sock),
				on_data, data);
	}
	return rc < 0 ? -1 : 0;
}

static int finish(struct netlink *nl, const struct nlmsghdr *nlh)
{
	return finish_get(nl, nlh, NULL, NULL);
}

static struct nlmsghdr *begin_link(struct netlink *nl, int index, unsigned int flags)
{
	struct nlmsghdr *nlh = begin(nl, RTM_NEWLINK, 0);
	struct ifinfomsg *ifi = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifi));

	ifi->ifi_family = AF_UNSPEC;
	ifi->ifi_index = index;
	ifi->ifi_flags = flags;
	ifi->ifi_change = flags;
	return nlh;
}

static int link_up(struct netlink *nl, int index)
{
	return finish(nl, begin_link(nl, index, IFF_UP));
}

static int set_mtu(struct netlink *nl, int index, uint32_t mtu_bytes)
{
	struct nlmsghdr *nlh = begin_link(nl, index, 0);

	mnl_attr_put_u32(nlh, IFLA_MTU, mtu_bytes);
	return finish(nl, nlh);
}

/* No link-local address: then nobody solicits routers either. A system without IPv6, or an MTU
 * that is too small for it, refuses this and does not need it. */
static void silence_ipv6(struct netlink *nl, int index)
{
	struct nlmsghdr *nlh = begin_link(nl, index, 0);
	struct nlattr *families = mnl_attr_nest_start(nlh, IFLA_AF_SPEC);
	struct nlattr *inet6 = mnl_attr_nest_start(nlh, AF_INET6);

	mnl_attr_put_u8(nlh, IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE);
	mnl_attr_nest_end(nlh, inet6);
	mnl_attr_nest_end(nlh, families);
	finish(nl, nlh);
}

static unsigned char af_of(const struct ip_addr *addr)
{
	return addr->family == 6 ? AF_INET6 : AF_INET;
}

static int add_address(struct netlink *nl, int index, const struct ip_addr *addr, uint8_t prefix)
{
	struct nlmsghdr *nlh = begin(nl, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE);
	struct ifaddrmsg *ifa = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifa));

	ifa->ifa_family = af_of(addr);
	ifa->ifa_prefixlen = prefix;
	ifa->ifa_flags = addr->family == 6 ? IFA_F_NODAD : 0;
	ifa->ifa_scope = RT_SCOPE_UNIVERSE;
	ifa->ifa_index = (unsigned int)index;
	mnl_attr_put(nlh, IFA_LOCAL, ip_addr_size(addr), addr->b);
	mnl_attr_put(nlh, IFA_ADDRESS, ip_addr_size(addr), addr->b);
	return finish(nl, nlh);
}

static int on_route(const struct nlmsghdr *nlh, void *data)
{
	const struct rtmsg *rtm = mnl_nlmsg_get_payload(nlh);
	bool *is_local = data;

	if (nlh->nlmsg_type == RTM_NEWROUTE && mnl_nlmsg_get_payload_len(nlh) >= sizeof(*rtm))
		*is_local = rtm->rtm_type == RTN_LOCAL;
	return MNL_CB_OK;
}

static bool is_served(struct netlink *nl, const struct ip_addr *addr)
{
	struct nlmsghdr *nlh = begin(nl, RTM_GETROUTE, 0);
	struct rtmsg *rtm = mnl_nlmsg_put_extra_header(nlh, sizeof(*rtm));
	bool is_local = false;

	rtm->rtm_family = af_of(addr);
	rtm->rtm_dst_len = (unsigned char)(ip_addr_size(addr) * 8);
	mnl_attr_put(nlh, RTA_DST, ip_addr_size(addr), addr->b);
	return finish_get(nl, nlh, on_route, &is_local) == 0 && is_local;
}

/* IPv6 adds the route to a new address of ours later, in the background; a packet that comes
 * before it would be dropped. */
static int await_address(struct netlink *nl, const struct ip_addr *addr)
{
	int64_t until_ns = clock_now_ns() + NS_PER_S;
	struct timespec nap = clock_timespec(50 * NS_PER_US);

	while (!is_served(nl, addr)) {
		if (clock_now_ns() > until_ns) {
			errno = ETIMEDOUT;
			return -1;
		}
		nanosleep(&nap, NULL);
	}
	return 0;
}

static struct ip_addr network_of(const struct ip_addr *addr, unsigned int prefix)
{
	struct ip_addr net = *addr;

	for (unsigned int bit = prefix; bit < ip_addr_size(addr) * 8; bit++)
		net.b[bit / 8] &= (uint8_t)~(0x80u >> (bit % 8));
	return net;
}

/* @gateway NULL: what is behind the link is on the link. */
static int add_route(struct netlink *nl, int index, const struct target_config *config,
		     const struct ip_addr *gateway)
{
	struct ip_addr net = network_of(&config->remote, config->remote_prefix);
	struct nlmsghdr *nlh = begin(nl, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE);
	struct rtmsg *rtm = mnl_nlmsg_put_extra_header(nlh, sizeof(*rtm));

	rtm->rtm_family = af_of(&net);
	rtm->rtm_dst_len = config->remote_prefix;
	rtm->rtm_table = RT_TABLE_MAIN;
	rtm->rtm_protocol = RTPROT_BOOT;
	rtm->rtm_scope = gateway || net.family == 6 ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK;
	rtm->rtm_type = RTN_UNICAST;
	mnl_attr_put(nlh, RTA_DST, ip_addr_size(&net), net.b);
	if (gateway)
		mnl_attr_put(nlh, RTA_GATEWAY, ip_addr_size(gateway), gateway->b);
	mnl_attr_put_u32(nlh, RTA_OIF, (uint32_t)index);
	return finish(nl, nlh);
}

/* IPv6 refuses a gateway that is our own address, IPv4 takes it; on a device without neighbours
 * both routes carry the same packets. */
static int route_remote(struct netlink *nl, int index, const struct target_config *config)
{
	if (!config->is_anyip && config->gateway.family &&
	    add_route(nl, index, config, &config->gateway) == 0)
		return 0;
	return add_route(nl, index, config, NULL);
}

/* One ioctl of ethtool on tun0; @cmd: a structure that begins with the command. */
static int ethtool(void *cmd)
{
	struct ifreq ifr = { .ifr_name = TUN_DEVICE, .ifr_data = cmd };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int rc, saved;

	if (fd < 0)
		return -1;
	rc = ioctl(fd, SIOCETHTOOL, &ifr);
	saved = errno;
	close(fd);
	errno = saved;
	return rc;
}

static int set_speed(uint32_t speed_mbit)
{
	struct ethtool_cmd cmd = { .cmd = ETHTOOL_GSET };

	if (ethtool(&cmd) < 0)
		return -1;
	cmd.cmd = ETHTOOL_SSET;
	ethtool_cmd_speed_set(&cmd, speed_mbit);
	return ethtool(&cmd);
}

/* Returns what could not be done, or NULL. */
static const char *configure(struct netlink *nl, const struct target_config *config)
{
	int index = (int)if_nametoindex(TUN_DEVICE);

	if (index == 0)
		return "find the device " TUN_DEVICE;
	if (link_up(nl, LO_INDEX) < 0)
		return "bring up the device lo";
	if (config->speed_mbit && set_speed(config->speed_mbit) < 0)
		return "set the speed of " TUN_DEVICE;
	if (set_mtu(nl, index, config->mtu_bytes) < 0)
		return "set the MTU of " TUN_DEVICE;
	silence_ipv6(nl, index);
	if (link_up(nl, index) < 0)
		return "bring up the device " TUN_DEVICE;
	if (add_address(nl, index, &config->local, config->local_prefix) < 0)
		return "add the local address to " TUN_DEVICE;
	if (await_address(nl, &config->local) < 0)
		return "use the local address of " TUN_DEVICE;
	if (route_remote(nl, index, config) < 0)
		return "route the remote address to " TUN_DEVICE;
	return NULL;
}

int netns_configure(struct arena *a, const struct target_config *config, const char **why)
{
	struct netlink nl = { .sock = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC) };
	const char *what = "open a netlink socket";

	if (nl.sock && mnl_socket_bind(nl.sock, 0, MNL_SOCKET_AUTOPID) == 0)
		what = configure(&nl, config);
	if (what)
		*why = arena_printf(a, "cannot %s: %s", what, strerror(errno));
	if (nl.sock)
		mnl_socket_close(nl.sock);
	return what ? -ERR_ENVIRONMENT : 0;
}

static int add_link(struct netlink *nl, const char *kind)
{
	struct nlmsghdr *nlh = begin_link(nl, 0, 0);
	struct nlattr *info;

	nlh->nlmsg_flags |= NLM_F_CREATE | NLM_F_EXCL;
	mnl_attr_put_strz(nlh, IFLA_IFNAME, TUN_DEVICE);
	info = mnl_attr_nest_start(nlh, IFLA_LINKINFO);
	mnl_attr_put_strz(nlh, IFLA_INFO_KIND, kind);
	mnl_attr_nest_end(nlh, info);
	return finish(nl, nlh);
}

int netns_add_dummy(void)
{
	/* Any will do that has an MTU, a queue and offloads; not every system has each. */
	static const char *const kinds[] = { "dummy", "ifb", "bridge" };
	struct netlink nl = { .sock = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC) };
	int rc = -1;

	if (nl.sock && mnl_socket_bind(nl.sock, 0, MNL_SOCKET_AUTOPID) == 0) {
		for (size_t i = 0; rc < 0 && i < ARRAY_LEN(kinds); i++)
			rc = add_link(&nl, kinds[i]);
	}
	if (nl.sock)
		mnl_socket_close(nl.sock);
	return rc < 0 ? -ERR_ENVIRONMENT : 0;
}

/* ---- looking ---- */

static void digest(uint64_t *sum, const void *bytes, size_t n)
{
	*sum = hash_add(*sum, bytes, n);
}

static int on_link_attr(const struct nlattr *attr, void *data)
{
	struct netns_state *out = data;

	if (mnl_attr_get_type(attr) == IFLA_MTU)
		out->mtu_bytes = mnl_attr_get_u32(attr);
	return MNL_CB_OK;
}

static int on_link(const struct nlmsghdr *nlh, void *data)
{
	const struct ifinfomsg *ifi = mnl_nlmsg_get_payload(nlh);
	struct netns_state *out = data;
	bool is_up;

	if (nlh->nlmsg_type != RTM_NEWLINK)
		return MNL_CB_OK;
	is_up = ifi->ifi_flags & IFF_UP;
	digest(&out->digest, &is_up, sizeof(is_up));
	mnl_attr_parse(nlh, sizeof(*ifi), on_link_attr, data);
	return MNL_CB_OK;
}

static int on_qdisc_attr(const struct nlattr *attr, void *data)
{
	struct netns_state *out = data;
	struct tc_fifo_qopt fifo;

	if (mnl_attr_get_type(attr) == TCA_KIND) {
		strncpy(out->qdisc, mnl_attr_get_str(attr), sizeof(out->qdisc) - 1);
	} else if (mnl_attr_get_type(attr) == TCA_OPTIONS &&
		   mnl_attr_get_payload_len(attr) == sizeof(fifo)) {
		memcpy(&fifo, mnl_attr_get_payload(attr), sizeof(fifo));
		out->has_limit = true;
		out->limit = fifo.limit;
	}
	return MNL_CB_OK;
}

struct net_look {
	struct netns_state *out;
	int index;
};

static int on_qdisc(const struct nlmsghdr *nlh, void *data)
{
	const struct net_look *look = data;
	const struct tcmsg *tc = mnl_nlmsg_get_payload(nlh);

	if (nlh->nlmsg_type == RTM_NEWQDISC && tc->tcm_ifindex == look->index &&
	    tc->tcm_parent == TC_H_ROOT)
		mnl_attr_parse(nlh, sizeof(*tc), on_qdisc_attr, look->out);
	return MNL_CB_OK;
}

struct digest_look {
	uint64_t *sum;
	uint16_t aging;           /* the attribute of ages and counts of use, which change by themselves */
};

static int on_digest_attr(const struct nlattr *attr, void *data)
{
	const struct digest_look *look = data;

	if (mnl_attr_get_type(attr) != look->aging)
		digest(look->sum, attr, attr->nla_len);
	return MNL_CB_OK;
}

static void digest_message(const struct nlmsghdr *nlh, uint64_t *sum)
{
	bool is_address = nlh->nlmsg_type == RTM_NEWADDR;
	unsigned int fixed = is_address ? sizeof(struct ifaddrmsg) : sizeof(struct rtmsg);
	struct digest_look look = { sum, is_address ? IFA_CACHEINFO : RTA_CACHEINFO };

	digest(sum, mnl_nlmsg_get_payload(nlh), fixed);
	mnl_attr_parse(nlh, fixed, on_digest_attr, &look);
}

static int on_rule(const struct nlmsghdr *nlh, void *data)
{
	const struct net_look *look = data;

	digest_message(nlh, &look->out->digest);
	return MNL_CB_OK;
}

static void take_addr(const struct nlattr *attr, unsigned char af, struct ip_addr *to)
{
	*to = (struct ip_addr){ .family = af == AF_INET6 ? 6 : 4 };
	if (mnl_attr_get_payload_len(attr) == ip_addr_size(to))
		memcpy(to->b, mnl_attr_get_payload(attr), ip_addr_size(to));
}

/* One address, as far as its message says no more than that. */
struct address_look {
	struct ip_addr local, peer;
	unsigned char af;
	bool is_odd;
};

static int on_address_attr(const struct nlattr *attr, void *data)
{
	const uint32_t usual = IFA_F_SECONDARY | IFA_F_PERMANENT | IFA_F_NODAD;
	struct address_look *l = data;

	switch (mnl_attr_get_type(attr)) {
	case IFA_LOCAL:
		take_addr(attr, l->af, &l->local);
		break;
	case IFA_ADDRESS:
		take_addr(attr, l->af, &l->peer);
		break;
	case IFA_FLAGS:
		l->is_odd |= (mnl_attr_get_u32(attr) & ~usual) != 0;
		break;
	case IFA_RT_PRIORITY:
		l->is_odd = true;
		break;
	}
	return MNL_CB_OK;
}

static int on_address(const struct nlmsghdr *nlh, void *data)
{
	const struct ifaddrmsg *ifa = mnl_nlmsg_get_payload(nlh);
	const struct net_look *look = data;
	struct netns_state *out = look->out;
	struct address_look l = { .af = ifa->ifa_family };

	mnl_attr_parse(nlh, sizeof(*ifa), on_address_attr, &l);
	if (l.is_odd || ifa->ifa_index != (unsigned int)look->index ||
	    (l.af == AF_INET && ifa->ifa_scope != RT_SCOPE_UNIVERSE) ||
	    (l.local.family && memcmp(l.local.b, l.peer.b, sizeof(l.peer.b)) != 0) ||
	    out->n_address == NETNS_ADDRESSES_MAX) {
		digest_message(nlh, &out->digest);
		return MNL_CB_OK;
	}
	digest_message(nlh, &out->own_digest);
	out->address[out->n_address++] =
		(struct netns_address){ .addr = l.peer, .prefix = ifa->ifa_prefixlen };
	return MNL_CB_OK;
}

struct route_look {
	struct netns_route route;
	unsigned char af;
	uint32_t device;
	bool is_odd;
};

static int on_route_attr(const struct nlattr *attr, void *data)
{
	struct route_look *l = data;

	switch (mnl_attr_get_type(attr)) {
	case RTA_DST:
		take_addr(attr, l->af, &l->route.dst);
		break;
	case RTA_GATEWAY:
		take_addr(attr, l->af, &l->route.via);
		break;
	case RTA_PREFSRC:
		take_addr(attr, l->af, &l->route.src);
		break;
	case RTA_PRIORITY:
		l->route.metric = mnl_attr_get_u32(attr);
		break;
	case RTA_OIF:
		l->device = mnl_attr_get_u32(attr);
		break;
	case RTA_PREF:
		l->is_odd |= mnl_attr_get_u8(attr) != 0;
		break;
	case RTA_TABLE:
	case RTA_CACHEINFO:
		break;
	default:
		l->is_odd = true;
	}
	return MNL_CB_OK;
}

/* What comes with addresses is in a table of its own. */
static int on_any_route(const struct nlmsghdr *nlh, void *data)
{
	const struct rtmsg *rtm = mnl_nlmsg_get_payload(nlh);
	const struct net_look *look = data;
	struct netns_state *out = look->out;
	struct route_look l = { .af = rtm->rtm_family };

	if (rtm->rtm_table == RT_TABLE_LOCAL && rtm->rtm_protocol == RTPROT_KERNEL)
		return MNL_CB_OK;
	l.route.prefix = rtm->rtm_dst_len;
	l.route.dst.family = l.af == AF_INET6 ? 6 : 4;
	mnl_attr_parse(nlh, sizeof(*rtm), on_route_attr, &l);
	if (l.is_odd || l.device != (uint32_t)look->index || rtm->rtm_table != RT_TABLE_MAIN ||
	    rtm->rtm_type != RTN_UNICAST || rtm->rtm_tos || rtm->rtm_flags || rtm->rtm_src_len ||
	    out->n_route == NETNS_ROUTES_MAX) {
		digest_message(nlh, &out->digest);
		return MNL_CB_OK;
	}
	digest_message(nlh, &out->own_digest);
	out->route[out->n_route++] = l.route;
	return MNL_CB_OK;
}

/* The longest of the headers serves for each; all begin with the family, AF_UNSPEC for all. */
static int dump(struct netlink *nl, uint16_t type, unsigned char family, mnl_cb_t on_data,
		void *data)
{
	struct nlmsghdr *nlh = begin(nl, type, NLM_F_DUMP);
	struct tcmsg *header = mnl_nlmsg_put_extra_header(nlh, sizeof(*header));

	header->tcm_family = family;
	return finish_get(nl, nlh, on_data, data);
}

static int look(struct netlink *nl, int index, struct netns_state *out)
{
	static const unsigned char families[] = { AF_INET, AF_INET6 };
	struct ethtool_value tso = { .cmd = ETHTOOL_GTSO }, gso = { .cmd = ETHTOOL_GGSO };
	struct net_look net = { out, index };
	struct nlmsghdr *nlh = begin(nl, RTM_GETLINK, 0);
	struct ifinfomsg *ifi = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifi));

	ifi->ifi_index = index;
	if (finish_get(nl, nlh, on_link, out) < 0 ||
	    dump(nl, RTM_GETQDISC, AF_UNSPEC, on_qdisc, &net) < 0)
		return -1;
	out->has_tso = ethtool(&tso) == 0 && tso.data;
	out->has_gso = ethtool(&gso) == 0 && gso.data;
	/* A system without IPv6 or policy rules refuses some of these, always. */
	for (size_t i = 0; i < ARRAY_LEN(families); i++) {
		dump(nl, RTM_GETADDR, families[i], on_address, &net);
		dump(nl, RTM_GETROUTE, families[i], on_any_route, &net);
		dump(nl, RTM_GETRULE, families[i], on_rule, &net);
	}
	return 0;
}

int netns_look(struct netns_state *out)
{
	struct netlink nl = { .sock = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC) };
	int index = (int)if_nametoindex(TUN_DEVICE);
	int rc = -1;

	*out = (struct netns_state){ .digest = HASH_NOTHING, .own_digest = HASH_NOTHING };
	if (nl.sock && index && mnl_socket_bind(nl.sock, 0, MNL_SOCKET_AUTOPID) == 0)
		rc = look(&nl, index, out);
	if (nl.sock)
		mnl_socket_close(nl.sock);
	return rc < 0 ? -ERR_ENVIRONMENT : 0;
}
