/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "ip.h"
#include "sockopt.h"
#include "tcp.h"
#include "udp.h"

/* The options of the levels SOL_SOCKET, IP and IPv6: linux-tcp.md 5.7. */

enum { SNDBUF_MIN_BYTES = 4608, RCVBUF_MIN_BYTES = 2304, TIMEVAL_BYTES = 16, LINGER_BYTES = 8 };

/* ---- buffers ---- */

static int64_t doubled(int64_t v, int64_t min)
{
	v = v > INT32_MAX / 2 ? INT32_MAX / 2 : v;
	return 2 * v < min ? min : 2 * v;
}

static void store_sndbuf(struct sock *k, int64_t v)
{
	struct sock_opts *o = k->ops->opts(k);

	o->sndbuf_bytes = doubled(v, SNDBUF_MIN_BYTES);
	o->sndbuf_locked = true;
}

static void store_rcvbuf(struct sock *k, int64_t v)
{
	struct sock_opts *o = k->ops->opts(k);

	o->rcvbuf_bytes = doubled(v, RCVBUF_MIN_BYTES);
	o->rcvbuf_locked = true;
}

/* A negative size is a huge one, and the cap applies before doubling. */
static int64_t capped(int v, int64_t max)
{
	return (uint32_t)v < max ? (int64_t)(uint32_t)v : max;
}

static int set_sndbuf(struct sock *k, int v)
{
	store_sndbuf(k, capped(v, k->s->sysctl.core_wmem_max));
	return 0;
}

static int set_rcvbuf(struct sock *k, int v)
{
	store_rcvbuf(k, capped(v, k->s->sysctl.core_rmem_max));
	return 0;
}

static int force_sndbuf(struct sock *k, int v)
{
	store_sndbuf(k, v < 0 ? 0 : v);
	return 0;
}

static int force_rcvbuf(struct sock *k, int v)
{
	store_rcvbuf(k, v < 0 ? 0 : v);
	return 0;
}

static int get_sndbuf(struct sock *k, int *v)
{
	*v = (int)k->ops->opts(k)->sndbuf_bytes;
	return 0;
}

static int get_rcvbuf(struct sock *k, int *v)
{
	*v = (int)k->ops->opts(k)->rcvbuf_bytes;
	return 0;
}

/* More than half the buffer could never be waited for. */
static int set_rcvlowat(struct sock *k, int v)
{
	struct sock_opts *o = k->ops->opts(k);
	int64_t most = INT32_MAX, want = v < 0 ? INT32_MAX : v;

	if (k->type == TYPE_STREAM)
		most = (o->rcvbuf_locked ? o->rcvbuf_bytes : k->s->sysctl.tcp_rmem[2]) / 2;
	want = want > most ? most : want;
	o->rcvlowat_bytes = want ? want : 1;
	return 0;
}

static int get_rcvlowat(struct sock *k, int *v)
{
	*v = (int)k->ops->opts(k)->rcvlowat_bytes;
	return 0;
}

static int get_one(struct sock *k, int *v)
{
	(void)k;
	*v = 1;
	return 0;
}

/* ---- what a socket is ---- */

static int get_type(struct sock *k, int *v)
{
	*v = k->type;
	return 0;
}

static int get_protocol(struct sock *k, int *v)
{
	*v = k->protocol;
	return 0;
}

static int get_domain(struct sock *k, int *v)
{
	*v = k->family == 6 ? DOMAIN_INET6 : DOMAIN_INET;
	return 0;
}

static int get_acceptconn(struct sock *k, int *v)
{
	*v = k->ops->state(k) == SUT_LISTEN;
	return 0;
}

static int get_error(struct sock *k, int *v)
{
	*v = -k->ops->take_error(k);
	return 0;
}

static int get_meminfo(struct sock *k, uint8_t *value, uint32_t *n)
{
	uint32_t words[9] = { 0 };

	if (k->ops == &sock_tcp_ops) {
		tcp_meminfo(k->tcb, words);
	} else {
		words[0] = (uint32_t)k->udp->queued_bytes;
		words[1] = (uint32_t)k->ops->opts(k)->rcvbuf_bytes;
		words[3] = (uint32_t)k->ops->opts(k)->sndbuf_bytes;
	}
	if (*n > sizeof(words))
		*n = sizeof(words);
	if (*n)
		memcpy(value, words, *n);
	return 0;
}

/* ---- structures ---- */

static void put_pair(int64_t a, int64_t b, uint8_t *value, uint32_t *n)
{
	int64_t pair[2] = { a, b };

	if (*n > TIMEVAL_BYTES)
		*n = TIMEVAL_BYTES;
	if (*n)
		memcpy(value, pair, *n);
}

static int get_timeout(int64_t ns, uint8_t *value, uint32_t *n)
{
	int64_t t = ns == NEVER_NS ? 0 : ns;

	put_pair(t / NS_PER_S, t % NS_PER_S / NS_PER_US, value, n);
	return 0;
}

/* struct timeval; zero means no timeout, a negative one is over at once. */
static int set_timeout(int64_t *ns, const uint8_t *value, uint32_t n)
{
	int64_t pair[2];

	if (n < TIMEVAL_BYTES)
		return SUT_EINVAL;
	memcpy(pair, value, TIMEVAL_BYTES);
	if (pair[1] < 0 || pair[1] >= 1000000)
		return SUT_EDOM;
	if (pair[0] < 0)
		*ns = 0;
	else if ((!pair[0] && !pair[1]) || pair[0] >= INT64_MAX / NS_PER_S - 1)
		*ns = NEVER_NS;
	else
		*ns = pair[0] * NS_PER_S + pair[1] * NS_PER_US;
	return 0;
}

static int get_rcvtimeo(struct sock *k, uint8_t *value, uint32_t *n)
{
	return get_timeout(k->ops->opts(k)->rcvtimeo_ns, value, n);
}

static int set_rcvtimeo(struct sock *k, const uint8_t *value, uint32_t n)
{
	return set_timeout(&k->ops->opts(k)->rcvtimeo_ns, value, n);
}

static int get_sndtimeo(struct sock *k, uint8_t *value, uint32_t *n)
{
	return get_timeout(k->ops->opts(k)->sndtimeo_ns, value, n);
}

static int set_sndtimeo(struct sock *k, const uint8_t *value, uint32_t n)
{
	return set_timeout(&k->ops->opts(k)->sndtimeo_ns, value, n);
}

static int get_linger(struct sock *k, uint8_t *value, uint32_t *n)
{
	const struct sock_opts *o = k->ops->opts(k);
	int pair[2] = { o->linger, (int)(o->linger_ns / NS_PER_S) };

	if (*n > LINGER_BYTES)
		*n = LINGER_BYTES;
	if (*n)
		memcpy(value, pair, *n);
	return 0;
}

static int set_linger(struct sock *k, const uint8_t *value, uint32_t n)
{
	struct sock_opts *o = k->ops->opts(k);
	int pair[2];

	if (n < LINGER_BYTES)
		return SUT_EINVAL;
	memcpy(pair, value, LINGER_BYTES);
	o->linger = pair[0] != 0;
	if (o->linger)
		o->linger_ns = (pair[1] < 0 ? INT32_MAX : pair[1]) * NS_PER_S;
	return 0;
}

static int get_pacing(struct sock *k, uint8_t *value, uint32_t *n)
{
	uint64_t rate = k->ops->opts(k)->max_pacing_rate;
	uint32_t word = rate > UINT32_MAX ? UINT32_MAX : (uint32_t)rate;

	if (*n >= sizeof(rate)) {
		*n = sizeof(rate);
		memcpy(value, &rate, sizeof(rate));
		return 0;
	}
	if (*n > sizeof(word))
		*n = sizeof(word);
	if (*n)
		memcpy(value, &word, *n);
	return 0;
}

static int set_pacing(struct sock *k, const uint8_t *value, uint32_t n)
{
	uint64_t rate;
	uint32_t word;

	if (n >= sizeof(rate)) {
		memcpy(&rate, value, sizeof(rate));
	} else if (n >= sizeof(word)) {
		memcpy(&word, value, sizeof(word));
		rate = word == UINT32_MAX ? UINT64_MAX : word;
	} else {
		return SUT_EINVAL;
	}
	k->ops->opts(k)->max_pacing_rate = rate;
	return 0;
}

/* ---- IP ---- */

/* ECN belongs to TCP: the application sets only the upper six bits there [RFC3168 6.1]. */
static uint8_t without_ecn(const struct sock *k, uint8_t old, int v)
{
	return (uint8_t)(k->type == TYPE_STREAM ? (v & ~3) | (old & 3) : v);
}

static int set_tos(struct sock *k, int v)
{
	struct sock_opts *o = k->ops->opts(k);

	o->tos = without_ecn(k, o->tos, v & 255);
	return 0;
}

static int get_tos(struct sock *k, int *v)
{
	*v = k->ops->opts(k)->tos;
	return 0;
}

static int set_tclass(struct sock *k, int v)
{
	struct sock_opts *o = k->ops->opts(k);

	o->tclass = without_ecn(k, o->tclass, v == -1 ? 0 : v & 255);
	return 0;
}

static int get_tclass(struct sock *k, int *v)
{
	*v = k->ops->opts(k)->tclass;
	return 0;
}

static int get_ttl(struct sock *k, int *v)
{
	const struct sock_opts *o = k->ops->opts(k);

	*v = o->ttl ? o->ttl : (int)k->s->sysctl.ip_default_ttl;
	return 0;
}

static int get_hops(struct sock *k, int *v)
{
	const struct sock_opts *o = k->ops->opts(k);

	*v = o->hops ? o->hops : (int)k->s->sysctl.ip6_hop_limit;
	return 0;
}

static int set_ip_options(struct sock *k, const uint8_t *value, uint32_t n)
{
	return ip_options_set(&k->ops->opts(k)->ip_options, value, n);
}

static int get_ip_options(struct sock *k, uint8_t *value, uint32_t *n)
{
	const struct ip_options *o = &k->ops->opts(k)->ip_options;

	if (*n > o->n)
		*n = o->n;
	if (*n)
		memcpy(value, o->b, *n);
	return 0;
}

static int get_mtu(struct sock *k, int *v)
{
	const struct sut_endpoint *peer = k->ops->peer(k);

	if (!peer)
		return SUT_ENOTCONN;
	*v = (int)ip_mtu(k->s, &peer->addr);
	return 0;
}

static int get_v6only(struct sock *k, int *v)
{
	*v = k->ops->opts(k)->v6only;
	return 0;
}

/* Only before there is a port. */
static int set_v6only(struct sock *k, int v)
{
	if (k->ops->local(k)->port)
		return SUT_EINVAL;
	k->ops->opts(k)->v6only = v != 0;
	return 0;
}

/* ---- the table ---- */

#define OPTS(f) .offset = offsetof(struct sock_opts, f)
#define EXTRA(f) .is_extra = true, .offset = offsetof(struct sock_extra, f)
#define ROW(l, number, s) .level = LEVEL_##l, .name = number, .text = #s

static const struct sockopt_row rows[] = {
	{ ROW(SOCKET, 1, SO_DEBUG), .form = OPT_BOOL, EXTRA(debug) },
	{ ROW(SOCKET, 2, SO_REUSEADDR), .form = OPT_BOOL, OPTS(reuseaddr) },
	{ ROW(SOCKET, 3, SO_TYPE), .form = OPT_INT, .is_read_only = true, .get_int = get_type },
	{ ROW(SOCKET, 4, SO_ERROR), .form = OPT_INT, .is_read_only = true, .get_int = get_error },
	{ ROW(SOCKET, 5, SO_DONTROUTE), .form = OPT_BOOL, OPTS(dontroute) },
	{ ROW(SOCKET, 6, SO_BROADCAST), .form = OPT_BOOL, OPTS(broadcast) },
	{ ROW(SOCKET, 7, SO_SNDBUF), .form = OPT_INT, .get_int = get_sndbuf,
	  .set_int = set_sndbuf },
	{ ROW(SOCKET, 8, SO_RCVBUF), .form = OPT_INT, .get_int = get_rcvbuf,
	  .set_int = set_rcvbuf },
	{ ROW(SOCKET, 9, SO_KEEPALIVE), .form = OPT_BOOL, OPTS(keepalive) },
	{ ROW(SOCKET, 10, SO_OOBINLINE), .form = OPT_BOOL, OPTS(oobinline) },
	{ ROW(SOCKET, 11, SO_NO_CHECK), .form = OPT_BOOL, EXTRA(no_check) },
	{ ROW(SOCKET, 12, SO_PRIORITY), .form = OPT_U32, OPTS(priority) },
	{ ROW(SOCKET, 13, SO_LINGER), .form = OPT_BYTES, .get_bytes = get_linger,
	  .set_bytes = set_linger },
	{ ROW(SOCKET, 14, SO_BSDCOMPAT), .form = OPT_BOOL, EXTRA(bsdcompat) },
	{ ROW(SOCKET, 15, SO_REUSEPORT), .form = OPT_BOOL, OPTS(reuseport) },
	{ ROW(SOCKET, 18, SO_RCVLOWAT), .form = OPT_INT, .get_int = get_rcvlowat,
	  .set_int = set_rcvlowat },
	{ ROW(SOCKET, 19, SO_SNDLOWAT), .form = OPT_INT, .is_read_only = true,
	  .get_int = get_one },
	{ ROW(SOCKET, 20, SO_RCVTIMEO), .form = OPT_BYTES, .get_bytes = get_rcvtimeo,
	  .set_bytes = set_rcvtimeo },
	{ ROW(SOCKET, 21, SO_SNDTIMEO), .form = OPT_BYTES, .get_bytes = get_sndtimeo,
	  .set_bytes = set_sndtimeo },
	{ ROW(SOCKET, 29, SO_TIMESTAMP), .form = OPT_BOOL, OPTS(timestamp) },
	{ ROW(SOCKET, 30, SO_ACCEPTCONN), .form = OPT_INT, .is_read_only = true,
	  .get_int = get_acceptconn },
	{ ROW(SOCKET, 32, SO_SNDBUFFORCE), .form = OPT_INT, .set_int = force_sndbuf },
	{ ROW(SOCKET, 33, SO_RCVBUFFORCE), .form = OPT_INT, .set_int = force_rcvbuf },
	{ ROW(SOCKET, 36, SO_MARK), .form = OPT_U32, OPTS(mark) },
	{ ROW(SOCKET, 38, SO_PROTOCOL), .form = OPT_INT, .is_read_only = true,
	  .get_int = get_protocol },
	{ ROW(SOCKET, 39, SO_DOMAIN), .form = OPT_INT, .is_read_only = true,
	  .get_int = get_domain },
	{ ROW(SOCKET, 47, SO_MAX_PACING_RATE), .form = OPT_BYTES, .get_bytes = get_pacing,
	  .set_bytes = set_pacing },
	{ ROW(SOCKET, 55, SO_MEMINFO), .form = OPT_BYTES, .is_read_only = true,
	  .get_bytes = get_meminfo },
	{ ROW(SOCKET, 66, SO_RCVTIMEO_NEW), .form = OPT_BYTES, .get_bytes = get_rcvtimeo,
	  .set_bytes = set_rcvtimeo },
	{ ROW(SOCKET, 67, SO_SNDTIMEO_NEW), .form = OPT_BYTES, .get_bytes = get_sndtimeo,
	  .set_bytes = set_sndtimeo },

	{ ROW(IP, 1, IP_TOS), .form = OPT_INT, .get_int = get_tos, .set_int = set_tos },
	{ ROW(IP, 2, IP_TTL), .form = OPT_U8, OPTS(ttl), .min = 1, .max = 255,
	  .get_int = get_ttl },
	{ ROW(IP, 4, IP_OPTIONS), .form = OPT_BYTES, .get_bytes = get_ip_options,
	  .set_bytes = set_ip_options },
	{ ROW(IP, 8, IP_PKTINFO), .form = OPT_BOOL, OPTS(pktinfo4) },
	{ ROW(IP, 9, IP_PKTOPTIONS), .form = OPT_BYTES, .is_read_only = true,
	  .only_type = TYPE_STREAM, .get_bytes = pktoptions_get4 },
	{ ROW(IP, 10, IP_MTU_DISCOVER), .form = OPT_U8, OPTS(mtu_discover4), .max = PMTU_OMIT,
	  .initial = -1 },
	{ ROW(IP, 11, IP_RECVERR), .form = OPT_BOOL, OPTS(recverr4) },
	{ ROW(IP, 12, IP_RECVTTL), .form = OPT_BOOL, OPTS(recvttl) },
	{ ROW(IP, 13, IP_RECVTOS), .form = OPT_BOOL, OPTS(recvtos) },
	{ ROW(IP, 14, IP_MTU), .form = OPT_INT, .is_read_only = true, .get_int = get_mtu },
	{ ROW(IP, 15, IP_FREEBIND), .form = OPT_BOOL, EXTRA(freebind) },
	{ ROW(IP, 24, IP_BIND_ADDRESS_NO_PORT), .form = OPT_BOOL, EXTRA(bind_no_port) },

	{ ROW(IPV6, 6, IPV6_2292PKTOPTIONS), .form = OPT_BYTES, .is_read_only = true,
	  .only_type = TYPE_STREAM, .get_bytes = pktoptions_get6 },
	{ ROW(IPV6, 16, IPV6_UNICAST_HOPS), .form = OPT_U8, OPTS(hops), .min = 1, .max = 255,
	  .get_int = get_hops },
	{ ROW(IPV6, 23, IPV6_MTU_DISCOVER), .form = OPT_U8, OPTS(mtu_discover6),
	  .max = PMTU_OMIT, .initial = -1 },
	{ ROW(IPV6, 24, IPV6_MTU), .form = OPT_INT, .is_read_only = true, .get_int = get_mtu },
	{ ROW(IPV6, 25, IPV6_RECVERR), .form = OPT_BOOL, OPTS(recverr6) },
	{ ROW(IPV6, 26, IPV6_V6ONLY), .form = OPT_INT, .get_int = get_v6only,
	  .set_int = set_v6only },
	{ ROW(IPV6, 49, IPV6_RECVPKTINFO), .form = OPT_BOOL, OPTS(pktinfo6) },
	{ ROW(IPV6, 51, IPV6_RECVHOPLIMIT), .form = OPT_BOOL, OPTS(recvhops) },
	{ ROW(IPV6, 66, IPV6_RECVTCLASS), .form = OPT_BOOL, OPTS(recvtclass) },
	{ ROW(IPV6, 67, IPV6_TCLASS), .form = OPT_INT, .min = -1, .max = 255,
	  .get_int = get_tclass, .set_int = set_tclass },
	{ ROW(IPV6, 70, IPV6_AUTOFLOWLABEL), .form = OPT_BOOL, EXTRA(autoflowlabel) },
};

const struct sockopt_row *sockopt_at(size_t i)
{
	return i < ARRAY_LEN(rows) ? &rows[i] : NULL;
}

const struct sockopt_row *sockopt_find(int level, int name)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].level == level && rows[i].name == name)
			return &rows[i];
	return NULL;
}
