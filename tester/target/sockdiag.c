/* SPDX-License-Identifier: BSD-2-Clause */
#include "target/sockdiag.h"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "target/kernel_info.h"

struct sockdiag {
	struct mnl_socket *sock;
	unsigned int seq;
};

struct search {
	const struct target_tuple *tuple;
	enum tcp_state state;
};

int sockdiag_open(struct arena *a, struct sockdiag **out)
{
	struct sockdiag *d = ARENA_NEW(a, struct sockdiag);

	d->sock = mnl_socket_open2(NETLINK_SOCK_DIAG, SOCK_CLOEXEC);
	if (!d->sock)
		return -ERR_UNSUPPORTED;
	if (mnl_socket_bind(d->sock, 0, MNL_SOCKET_AUTOPID) < 0) {
		sockdiag_close(d);
		return -ERR_UNSUPPORTED;
	}
	*out = d;
	return 0;
}

/* An address in a diag record: an IPv4 one may be mapped, ::ffff:0:0/96 [RFC4291 2.5.5.2]. */
static struct ip_addr address_of(uint8_t family, const uint8_t bytes[16])
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	struct ip_addr addr = { .family = 4 };

	if (family == AF_INET) {
		memcpy(addr.b, bytes, 4);
	} else if (memcmp(bytes, mapped, sizeof(mapped)) == 0) {
		memcpy(addr.b, bytes + sizeof(mapped), 4);
	} else {
		addr.family = 6;
		memcpy(addr.b, bytes, 16);
	}
	return addr;
}

static bool is_any(const struct ip_addr *addr)
{
	static const uint8_t zeros[16];

	return memcmp(addr->b, zeros, ip_addr_size(addr)) == 0;
}

static bool is_wanted(const struct target_tuple *t, const struct inet_diag_msg *m,
		      enum tcp_state state)
{
	uint8_t bytes[2][16];
	struct ip_addr local, remote;

	memcpy(bytes[0], m->id.idiag_src, 16);
	memcpy(bytes[1], m->id.idiag_dst, 16);
	local = address_of(m->idiag_family, bytes[0]);
	remote = address_of(m->idiag_family, bytes[1]);
	if (ntohs(m->id.idiag_sport) != t->local_port || state == TCP_STATE_CLOSED)
		return false;
	if (t->remote_port == 0)
		return state == TCP_STATE_LISTEN &&
		       (is_any(&local) || ip_addr_equal(&local, &t->local));
	return state != TCP_STATE_LISTEN && ntohs(m->id.idiag_dport) == t->remote_port &&
	       ip_addr_equal(&local, &t->local) && ip_addr_equal(&remote, &t->remote);
}

static int on_record(const struct nlmsghdr *nlh, void *data)
{
	struct search *s = data;
	const struct inet_diag_msg *m = mnl_nlmsg_get_payload(nlh);
	enum tcp_state state;

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*m))
		return MNL_CB_OK;
	state = kernel_tcp_state(m->idiag_state);
	if (is_wanted(s->tuple, m, state))
		s->state = state;
	return MNL_CB_OK;
}

/* Asks for all sockets of @family with these ports. The kernel compares ports itself. */
static int ask(struct sockdiag *d, uint8_t family, const struct target_tuple *tuple)
{
	char buf[256];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct inet_diag_req_v2 *req;

	nlh->nlmsg_type = SOCK_DIAG_BY_FAMILY;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	nlh->nlmsg_seq = ++d->seq;
	req = mnl_nlmsg_put_extra_header(nlh, sizeof(*req));
	req->sdiag_family = family;
	req->sdiag_protocol = IPPROTO_TCP;
	req->idiag_states = UINT32_MAX;
	req->id.idiag_sport = htons(tuple->local_port);
	req->id.idiag_dport = htons(tuple->remote_port);
	return mnl_socket_sendto(d->sock, nlh, nlh->nlmsg_len) < 0 ? -1 : 0;
}

static int answer(struct sockdiag *d, struct search *s)
{
	char buf[8192];
	int rc = MNL_CB_OK;

	while (rc > MNL_CB_STOP) {
		ssize_t n = mnl_socket_recvfrom(d->sock, buf, sizeof(buf));

		if (n < 0)
			return -1;
		rc = mnl_cb_run(buf, (size_t)n, d->seq, mnl_socket_get_portid(d->sock), on_record,
				s);
	}
	return rc;
}

int sockdiag_state(struct sockdiag *d, const struct target_tuple *tuple, enum tcp_state *out)
{
	static const uint8_t families[] = { AF_INET, AF_INET6 };
	struct search s = { .tuple = tuple, .state = TCP_STATE_CLOSED };
	int n_answers = 0;

	/* A system without IPv6 knows only one of them. */
	for (size_t i = 0; i < sizeof(families) && s.state == TCP_STATE_CLOSED; i++)
		if (ask(d, families[i], tuple) == 0 && answer(d, &s) == 0)
			n_answers++;
	*out = s.state;
	return n_answers ? 0 : -ERR_UNSUPPORTED;
}

void sockdiag_close(struct sockdiag *d)
{
	if (d)
		mnl_socket_close(d->sock);
}
