/* SPDX-License-Identifier: BSD-2-Clause */
#include "udp.h"

#include "bytes.h"

/* Which socket a port belongs to. */

/* The wildcard of family 6 stands for both families unless V6ONLY is set. */
static bool covers(const struct udp_sock *u, const struct sut_addr *a)
{
	if (!addr_is_any(&u->local.addr))
		return addr_eq(&u->local.addr, a);
	if (u->local.addr.family == 4)
		return a->family == 4;
	return a->family == 6 || !u->opts.v6only;
}

static bool overlap(const struct udp_sock *u, const struct sut_addr *a, bool v6only)
{
	bool is_any = addr_is_any(a);

	if (covers(u, a))
		return true;
	if (!is_any)
		return false;
	return a->family == u->local.addr.family ||
	       (a->family == 6 && !v6only && u->local.addr.family == 4);
}

static bool is_taken(const struct udp_sock *u, const struct sut_endpoint *local)
{
	const struct sock_opts *o = &u->opts;

	for (const struct udp_sock *p = u->k->s->socks->udp; p; p = p->next) {
		if (p == u || p->local.port != local->port)
			continue;
		if ((o->reuseaddr && p->opts.reuseaddr) || (o->reuseport && p->opts.reuseport))
			continue;
		if (overlap(p, &local->addr, o->v6only))
			return true;
	}
	return false;
}

/* Random start, then upwards [RFC6056 3.3.1]. 0: none is free. */
static uint16_t free_port(struct udp_sock *u, const struct sut_addr *addr)
{
	struct sut *s = u->k->s;
	uint32_t low = (uint32_t)s->sysctl.ip_local_port_range[0];
	uint32_t n = (uint32_t)s->sysctl.ip_local_port_range[1] - low + 1;
	uint32_t start = (uint32_t)(rng_next(s) % n);

	for (uint32_t i = 0; i < n; i++) {
		struct sut_endpoint e = { *addr, (uint16_t)(low + (start + i) % n) };

		if (!is_taken(u, &e))
			return e.port;
	}
	return 0;
}

static bool may_bind(const struct udp_sock *u, const struct sut_addr *a)
{
	const struct sut *s = u->k->s;

	return addr_is_any(a) || ip_is_ours(s, a) || ip_is_broadcast(s, a) ||
	       codec_addr_is_multicast(a) || u->k->extra.freebind || s->sysctl.ip_nonlocal_bind;
}

int udp_bind(struct sock *k, const struct sut_endpoint *local)
{
	struct udp_sock *u = k->udp;
	struct sut_endpoint e = *local;

	if (!may_bind(u, &e.addr))
		return SUT_EADDRNOTAVAIL;
	if (u->local.port)
		return SUT_EINVAL;
	if (!e.port)
		e.port = free_port(u, &e.addr);
	else if (is_taken(u, &e))
		return SUT_EADDRINUSE;
	if (!e.port)
		return SUT_EADDRINUSE;
	u->local = e;
	u->is_addr_bound = !addr_is_any(&e.addr);
	u->is_port_bound = local->port != 0;
	return 0;
}

int udp_autobind(struct udp_sock *u)
{
	struct sut_addr any = { .family = u->k->family };

	if (u->local.port)
		return 0;
	u->local.port = free_port(u, &any);
	if (!u->local.port)
		return SUT_EAGAIN;
	u->local.addr = any;
	return 0;
}

int udp_accepts(const struct udp_sock *u, const struct sut_endpoint *local,
		const struct sut_endpoint *remote)
{
	int score = 1;

	if (!u->local.port || u->local.port != local->port || !covers(u, &local->addr))
		return 0;
	if (!addr_is_any(&u->local.addr))
		score += 2;
	if (u->k->family == local->addr.family)
		score++;
	if (!u->peer.addr.family)
		return score;
	return endpoint_eq(&u->peer, remote) ? score + 4 : 0;
}

/* Sockets of a SO_REUSEPORT group share by a hash of the addresses, others: the newest gets it. */
struct udp_sock *udp_lookup(struct sut *s, const struct sut_endpoint *local,
			    const struct sut_endpoint *remote)
{
	struct udp_sock *best[16];
	uint8_t key[16 + 2];
	int score = 0;
	size_t n = 0;

	for (struct udp_sock *u = s->socks->udp; u; u = u->next) {
		int this = udp_accepts(u, local, remote);

		if (!this || this < score)
			continue;
		if (this > score)
			n = 0;
		score = this;
		if (n == 0 || (u->opts.reuseport && best[0]->opts.reuseport && n < ARRAY_LEN(best)))
			best[n++] = u;
	}
	if (n < 2)
		return n ? best[0] : NULL;
	memcpy(key, remote->addr.b, 16);
	put_be16(key + 16, remote->port);
	return best[siphash(&s->ip->key, key, sizeof(key)) % n];
}
