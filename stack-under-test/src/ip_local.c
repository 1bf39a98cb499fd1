/* SPDX-License-Identifier: BSD-2-Clause */
#include "ip.h"

#include <string.h>

#include "bytes.h"

/*
 * The host's addresses and routes. With one interface and no neighbours, all that a route decides is
 * whether a destination can be reached and which of our addresses packets there get, unless a socket
 * is bound to one. As Linux does it, an IPv4 route without a preference takes the oldest address of
 * the gateway's network, failing that the oldest of all; among IPv6 addresses the one that shares
 * most with the destination is nearest [RFC6724 5, rules 2 and 8].
 */

/* Of the routes that come with addresses; those of IPv4 have 0. */
enum { METRIC6_CONNECTED = 256 };

static unsigned int bits_of(const struct sut_addr *a)
{
	return a->family == 6 ? 128 : 32;
}

/* How many leading bits they share. */
static unsigned int shared_bits(const struct sut_addr *a, const struct sut_addr *b)
{
	unsigned int n = 0;

	while (n < bits_of(a) && !((a->b[n / 8] ^ b->b[n / 8]) & (0x80 >> n % 8)))
		n++;
	return n;
}

static bool is_in(const struct sut_addr *a, const struct sut_addr *net, uint8_t prefix)
{
	return a->family == net->family && shared_bits(a, net) >= prefix;
}

static bool is_in_network_of(const struct sut_addr *a, const struct ip_local *l)
{
	return is_in(a, &l->addr, l->prefix);
}

static bool is_prefix_good(const struct sut_addr *a, uint8_t prefix)
{
	return (a->family == 4 || a->family == 6) && prefix <= bits_of(a);
}

/* ---- addresses ---- */

bool ip_is_ours(const struct sut *s, const struct sut_addr *a)
{
	for (size_t i = 0; a->family && i < s->ip->n_local; i++) {
		if (addr_eq(a, &s->ip->local[i].addr))
			return true;
	}
	return false;
}

struct sut_addr ip_first_address(const struct sut *s, uint8_t family)
{
	for (size_t i = 0; i < s->ip->n_local; i++) {
		if (s->ip->local[i].addr.family == family)
			return s->ip->local[i].addr;
	}
	return (struct sut_addr){ 0 };
}

bool ip_is_broadcast(const struct sut *s, const struct sut_addr *a)
{
	if (codec_addr_is_broadcast(a))
		return true;
	for (size_t i = 0; a->family == 4 && i < s->ip->n_local; i++) {
		const struct ip_local *l = &s->ip->local[i];
		uint32_t host = UINT32_MAX;

		if (l->prefix >= 31 || !is_in_network_of(a, l))
			continue;
		host >>= l->prefix;
		if ((get_be32(a->b) & host) == host)
			return true;
	}
	return false;
}

bool ip_is_in_network(const struct sut *s, const struct sut_addr *a)
{
	for (size_t i = 0; i < s->ip->n_local; i++) {
		if (is_in_network_of(a, &s->ip->local[i]))
			return true;
	}
	return false;
}

bool ip_is_unicast(const struct sut *s, const struct sut_addr *a)
{
	return a->family && !addr_is_any(a) && !codec_addr_is_multicast(a) &&
	       !ip_is_broadcast(s, a);
}

static struct ip_local *find_local(struct ip_layer *l, const struct sut_addr *a, uint8_t prefix)
{
	for (size_t i = 0; i < l->n_local; i++) {
		if (addr_eq(&l->local[i].addr, a) && l->local[i].prefix == prefix)
			return &l->local[i];
	}
	return NULL;
}

static bool has_network(const struct ip_layer *l, const struct sut_addr *a, uint8_t prefix)
{
	for (size_t i = 0; i < l->n_local; i++) {
		if (l->local[i].prefix == prefix && is_in_network_of(a, &l->local[i]))
			return true;
	}
	return false;
}

static struct sut_route connected(const struct sut_addr *a, uint8_t prefix)
{
	if (a->family == 4)
		return (struct sut_route){ .dst = *a, .prefix = prefix, .src = *a };
	return (struct sut_route){ .dst = *a, .prefix = prefix, .metric = METRIC6_CONNECTED };
}

int sut_address_add(struct sut *s, const struct sut_addr *a, uint8_t prefix)
{
	struct ip_layer *l = s->ip;
	struct ip_local new = { .addr = *a, .prefix = prefix };
	struct sut_route r = connected(a, prefix);

	if (!is_prefix_good(a, prefix) || !ip_is_unicast(s, a) || codec_addr_is_mapped(a))
		return SUT_EINVAL;
	if (find_local(l, a, prefix) || (a->family == 6 && ip_is_ours(s, a)))
		return SUT_EEXIST;
	if (l->n_local == SUT_ADDRESSES_MAX || l->n_route == SUT_ROUTES_MAX)
		return SUT_ENOBUFS;
	new.is_secondary = a->family == 4 && has_network(l, a, prefix);
	l->local[l->n_local++] = new;
	/* a route to the network that is there stays as it is, and is the first one's then */
	if (prefix < bits_of(a))
		sut_route_add(s, &r, false);
	return 0;
}

static void remove_at(void *array, size_t bytes, size_t *n, size_t i)
{
	uint8_t *at = (uint8_t *)array + i * bytes;

	memmove(at, at + bytes, (--*n - i) * bytes);
}

static void remove_secondaries(struct ip_layer *l, const struct ip_local *primary)
{
	for (size_t i = l->n_local; i-- > 0;) {
		const struct ip_local *p = &l->local[i];

		if (p->is_secondary && p->prefix == primary->prefix &&
		    is_in_network_of(&p->addr, primary))
			remove_at(l->local, sizeof(l->local[0]), &l->n_local, i);
	}
}

/* Where the preferred source is none of ours any more: a preference of IPv6 ends, a route of IPv4
 * does so itself. */
static void drop_stale_sources(struct sut *s)
{
	struct ip_layer *l = s->ip;

	for (size_t i = l->n_route; i-- > 0;) {
		struct sut_addr *src = &l->route[i].src;

		if (!src->family || ip_is_ours(s, src))
			continue;
		if (src->family == 4)
			remove_at(l->route, sizeof(l->route[0]), &l->n_route, i);
		else
			*src = (struct sut_addr){ 0 };
	}
}

/* IPv4 ends with its last address, IPv6 does not. */
static void drop_routes4(struct ip_layer *l)
{
	for (size_t i = l->n_route; i-- > 0;) {
		if (l->route[i].dst.family == 4)
			remove_at(l->route, sizeof(l->route[0]), &l->n_route, i);
	}
}

int sut_address_remove(struct sut *s, const struct sut_addr *a, uint8_t prefix)
{
	struct ip_layer *l = s->ip;
	struct ip_local *at = find_local(l, a, prefix);
	struct sut_route r = connected(a, prefix);
	struct ip_local gone;

	if (!at)
		return SUT_EADDRNOTAVAIL;
	gone = *at;
	remove_at(l->local, sizeof(l->local[0]), &l->n_local, (size_t)(at - l->local));
	if (a->family == 4 && !gone.is_secondary)
		remove_secondaries(l, &gone);
	if (!has_network(l, a, prefix))
		sut_route_remove(s, &r);
	drop_stale_sources(s);
	if (a->family == 4 && !ip_first_address(s, 4).family)
		drop_routes4(l);
	return 0;
}

void sut_addresses_clear(struct sut *s)
{
	s->ip->n_local = 0;
	sut_routes_clear(s);
}

/* ---- routes ---- */

static bool is_same_network(const struct sut_route *a, const struct sut_route *b)
{
	return a->prefix == b->prefix && is_in(&a->dst, &b->dst, a->prefix);
}

static const struct sut_route *find_route(const struct sut *s, const struct sut_addr *dst)
{
	const struct sut_route *best = NULL;

	for (size_t i = 0; i < s->ip->n_route; i++) {
		const struct sut_route *r = &s->ip->route[i];

		if (!is_in(dst, &r->dst, r->prefix))
			continue;
		if (!best || r->prefix > best->prefix ||
		    (r->prefix == best->prefix && r->metric < best->metric))
			best = r;
	}
	return best;
}

static int check_route(const struct sut *s, const struct sut_route *r)
{
	const struct sut_addr *via = &r->via, *src = &r->src;
	const struct sut_route *next;

	if (!is_prefix_good(&r->dst, r->prefix) ||
	    (via->family && via->family != r->dst.family) ||
	    (src->family && (src->family != r->dst.family || !ip_is_ours(s, src))))
		return SUT_EINVAL;
	if (via->family == 6 && ip_is_ours(s, via))
		return SUT_EINVAL;
	next = via->family ? find_route(s, via) : NULL;
	if (via->family && (!next || next->via.family))
		return via->family == 6 ? SUT_EHOSTUNREACH : SUT_ENETUNREACH;
	return 0;
}

int sut_route_add(struct sut *s, const struct sut_route *r, bool replaces)
{
	struct ip_layer *l = s->ip;
	int rc = check_route(s, r);

	if (rc)
		return rc;
	for (size_t i = 0; i < l->n_route; i++) {
		if (!is_same_network(&l->route[i], r) || l->route[i].metric != r->metric)
			continue;
		if (replaces)
			l->route[i] = *r;
		return replaces ? 0 : SUT_EEXIST;
	}
	if (l->n_route == SUT_ROUTES_MAX)
		return SUT_ENOBUFS;
	l->route[l->n_route++] = *r;
	return 0;
}

int sut_route_remove(struct sut *s, const struct sut_route *like)
{
	struct ip_layer *l = s->ip;
	size_t best = l->n_route;

	for (size_t i = 0; i < l->n_route; i++) {
		const struct sut_route *r = &l->route[i];

		if (!is_same_network(r, like) || (like->metric && like->metric != r->metric) ||
		    (like->via.family && !addr_eq(&like->via, &r->via)) ||
		    (like->src.family && !addr_eq(&like->src, &r->src)))
			continue;
		if (best == l->n_route || r->metric < l->route[best].metric)
			best = i;
	}
	if (best == l->n_route)
		return SUT_ESRCH;
	remove_at(l->route, sizeof(l->route[0]), &l->n_route, best);
	return 0;
}

void sut_routes_clear(struct sut *s)
{
	s->ip->n_route = 0;
}

/* ---- our address ---- */

static struct sut_addr nearest4(const struct sut *s, const struct sut_route *r)
{
	for (size_t i = 0; r->via.family && i < s->ip->n_local; i++) {
		const struct ip_local *l = &s->ip->local[i];

		if (!l->is_secondary && is_in_network_of(&r->via, l))
			return l->addr;
	}
	return ip_first_address(s, 4);
}

static bool is_link_local(const struct sut_addr *a)
{
	return a->b[0] == 0xfe && (a->b[1] & 0xc0) == 0x80;
}

/* The same scope comes before all shared bits. */
static unsigned int nearness6(const struct ip_local *l, const struct sut_addr *dst)
{
	unsigned int shared = shared_bits(&l->addr, dst);

	if (shared > l->prefix)
		shared = l->prefix;
	return shared + (is_link_local(&l->addr) == is_link_local(dst) ? 256 : 0);
}

/* Of several that are as near, the newest. */
static struct sut_addr nearest6(const struct sut *s, const struct sut_addr *dst)
{
	const struct ip_local *best = NULL;

	for (size_t i = 0; i < s->ip->n_local; i++) {
		const struct ip_local *l = &s->ip->local[i];

		if (l->addr.family == 6 && (!best || nearness6(l, dst) >= nearness6(best, dst)))
			best = l;
	}
	return best ? best->addr : (struct sut_addr){ 0 };
}

int ip_source(struct sut *s, const struct sut_addr *dst, struct sut_addr *out)
{
	const struct sut_route *r;

	if (!dst->family || addr_is_any(dst) || codec_addr_is_loopback(dst) || ip_is_ours(s, dst))
		return SUT_ENETUNREACH;
	r = find_route(s, dst);
	if (!r)
		return SUT_ENETUNREACH;
	if (FAULT(s, ROUTE_SOURCE_IGNORED))
		*out = ip_first_address(s, dst->family);
	else if (r->src.family)
		*out = r->src;
	else
		*out = dst->family == 6 ? nearest6(s, dst) : nearest4(s, r);
	return out->family ? 0 : SUT_ENETUNREACH;
}

/* ---- at the beginning ---- */

static int first_address(struct sut *s, const struct sut_addr *a, uint8_t prefix)
{
	struct sut_route def = { .dst.family = a->family, .metric = UINT32_MAX };

	if (!a->family)
		return 0;
	/* whatever address it is: a host can be made with any */
	s->ip->local[s->ip->n_local++] = (struct ip_local){ .addr = *a, .prefix = prefix };
	if (prefix < bits_of(a))
		s->ip->route[s->ip->n_route++] = connected(a, prefix);
	return sut_route_add(s, &def, false);
}

int ip_local_init(struct sut *s, const struct sut_config *c)
{
	int rc = first_address(s, &c->local4, c->prefix4);

	return rc ? rc : first_address(s, &c->local6, c->prefix6);
}
