/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What Linux has and the bundled stack has not: a script that needs it is skipped, with the name,
 * where otherwise it would fail. A row goes when the stack learns it; an option or flag that is not
 * here is the stack's own business, and what it answers is judged.
 */
#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "base/arena.h"
#include "base/printable.h"
#include "base/util.h"
#include "target/bundled_impl.h"

struct lack {
	int64_t level, number;
	const char *name;
};

#define FLAG(name) { 0, name, #name }
#define SOCKET(name) { SOL_SOCKET, name, #name }
#define IP(name) { IPPROTO_IP, name, #name }
#define IPV6(name) { IPPROTO_IPV6, name, #name }
#define TCP(name) { IPPROTO_TCP, name, #name }
/* Younger than the oldest headers that are to compile this. */
#define NUMBER(level, number, name) { level, number, #name }

/* Flags of calls that send. */
static const struct lack flags[] = {
	FLAG(MSG_ZEROCOPY), NUMBER(0, 0x8000000, MSG_SPLICE_PAGES),
};

/* Options that it refuses with ENOPROTOOPT. */
static const struct lack options[] = {
	SOCKET(SO_ZEROCOPY), SOCKET(SO_TIMESTAMPING), SOCKET(SO_TIMESTAMP), SOCKET(SO_TIMESTAMPNS),
	NUMBER(SOL_SOCKET, 63, SO_TIMESTAMP_NEW), NUMBER(SOL_SOCKET, 64, SO_TIMESTAMPNS_NEW),
	NUMBER(SOL_SOCKET, 65, SO_TIMESTAMPING_NEW), SOCKET(SO_ATTACH_FILTER), SOCKET(SO_ATTACH_BPF),
	SOCKET(SO_MARK), SOCKET(SO_MAX_PACING_RATE), SOCKET(SO_TXTIME), SOCKET(SO_BUSY_POLL),
	SOCKET(SO_INCOMING_CPU), SOCKET(SO_BINDTODEVICE), SOCKET(SO_PEEK_OFF),
	IP(IP_MULTICAST_IF), IP(IP_MULTICAST_TTL), IP(IP_MULTICAST_LOOP), IP(IP_ADD_MEMBERSHIP),
	IP(IP_DROP_MEMBERSHIP), IP(IP_MINTTL), IP(IP_TRANSPARENT), IP(IP_HDRINCL),
	IPV6(IPV6_MULTICAST_IF), IPV6(IPV6_MULTICAST_HOPS), IPV6(IPV6_MULTICAST_LOOP),
	IPV6(IPV6_JOIN_GROUP), IPV6(IPV6_LEAVE_GROUP), IPV6(IPV6_MINHOPCOUNT),
	IPV6(IPV6_TRANSPARENT), IPV6(IPV6_HDRINCL),
	IPV6(IPV6_2292PKTOPTIONS),            /* to be set, that is */
	TCP(TCP_MD5SIG), TCP(TCP_MD5SIG_EXT), TCP(TCP_ULP),
	TCP(TCP_REPAIR), TCP(TCP_REPAIR_QUEUE), TCP(TCP_QUEUE_SEQ), TCP(TCP_REPAIR_OPTIONS),
	TCP(TCP_REPAIR_WINDOW), TCP(TCP_ZEROCOPY_RECEIVE), TCP(TCP_TX_DELAY), TCP(TCP_SAVE_SYN),
	TCP(TCP_SAVED_SYN), TCP(TCP_INQ), TCP(TCP_CC_INFO), TCP(TCP_THIN_LINEAR_TIMEOUTS),
	TCP(TCP_THIN_DUPACK), NUMBER(IPPROTO_TCP, 15, TCP_COOKIE_TRANSACTIONS),
	NUMBER(IPPROTO_TCP, 38, TCP_AO_ADD_KEY), NUMBER(IPPROTO_TCP, 39, TCP_AO_DEL_KEY),
	NUMBER(IPPROTO_TCP, 40, TCP_AO_INFO), NUMBER(IPPROTO_TCP, 41, TCP_AO_GET_KEYS),
	NUMBER(IPPROTO_TCP, 42, TCP_AO_REPAIR), NUMBER(IPPROTO_TCP, 43, TCP_IS_MPTCP),
	NUMBER(IPPROTO_TCP, 44, TCP_RTO_MAX_MS),
};

/* Settings that it keeps as Linux does, for mechanisms of which it has only a part. */
static const struct {
	const char *name;
	const char *served[3];        /* values that ask for no more than it has */
	const char *what;
} settings[] = {
	{ "net.ipv4.tcp_ecn", { "0", "1", "2" }, "AccECN" },
	{ "net.ipv4.tcp_mtu_probing", { "0" }, "probing of the path's MTU" },
};

const char *bundled_lacks_setting(const char *name, const char *value)
{
	for (size_t i = 0; i < ARRAY_LEN(settings); i++) {
		if (strcmp(settings[i].name, name) != 0)
			continue;
		for (size_t k = 0; k < ARRAY_LEN(settings[i].served); k++) {
			if (settings[i].served[k] && strcmp(settings[i].served[k], value) == 0)
				return NULL;
		}
		return settings[i].what;
	}
	return NULL;
}

/* Which argument holds the flags of a call that sends; 0: it sends nothing, or without flags. */
static size_t flags_at(enum call_id id)
{
	static const uint8_t at[CALL_COUNT] = {
		[CALL_SEND] = 3, [CALL_SENDTO] = 3, [CALL_SENDMSG] = 2, [CALL_SENDMMSG] = 3,
	};

	return at[id];
}

static const char *lacking_flag(struct arena *a, const struct call_request *req)
{
	size_t at = flags_at(req->spec->row->id);

	for (size_t i = 0; at && i < ARRAY_LEN(flags); i++) {
		if (req->arg[at].num & flags[i].number)
			return arena_printf(a, "flag %s", flags[i].name);
	}
	return NULL;
}

static const char *lacking_option(struct arena *a, const struct call_request *req)
{
	for (size_t i = 0; i < ARRAY_LEN(options); i++) {
		if (req->arg[1].num == options[i].level && req->arg[2].num == options[i].number)
			return arena_printf(a, "socket option %s", options[i].name);
	}
	return NULL;
}

/* Algorithms are modules on Linux as well: one that is not there is ENOENT. */
static const char *lacking_congestion(struct arena *a, const struct call_request *req)
{
	const struct call_optval *opt = req->arg[3].u.opt;
	struct buf name = { 0 };
	const char *text;

	if (req->arg[1].num != IPPROTO_TCP || req->arg[2].num != TCP_CONGESTION ||
	    req->arg[3].is_null || opt->form != OPT_BYTES)
		return NULL;
	printable_add(&name, arena_strndup(a, (const char *)opt->bytes, opt->n_bytes), false);
	text = arena_printf(a, "congestion control '%s'", buf_str(&name));
	buf_fini(&name);
	return text;
}

static const char *lacking_socket(struct arena *a, const struct call_request *req, int errnum)
{
	if (errnum != EPROTONOSUPPORT && errnum != ESOCKTNOSUPPORT && errnum != EAFNOSUPPORT)
		return NULL;
	return arena_printf(a, "sockets of domain %lld, type %lld, protocol %lld",
			    (long long)req->arg[0].num, (long long)req->arg[1].num,
			    (long long)req->arg[2].num);
}

const char *bundled_lacks(struct arena *a, const struct call_request *req, int errnum)
{
	enum call_id id = req->spec->row->id;

	if (errnum == 0)
		return lacking_flag(a, req);
	if (id == CALL_SOCKET)
		return lacking_socket(a, req, errnum);
	if (id == CALL_SETSOCKOPT && errnum == ENOENT)
		return lacking_congestion(a, req);
	if ((id == CALL_SETSOCKOPT || id == CALL_GETSOCKOPT) && errnum == ENOPROTOOPT)
		return lacking_option(a, req);
	return NULL;
}
