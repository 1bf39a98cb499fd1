/* SPDX-License-Identifier: BSD-2-Clause */
#include "tcp_impl.h"

/*
 * What IP_PKTOPTIONS and IPV6_2292PKTOPTIONS show of received segments: the DS field [RFC9293
 * 3.9.1.9 MAY-9], and how they came. Linux remembers less of IPv4: the segment that completed a
 * passive open, and nothing later. Of IPv6 it remembers each segment that ends exactly at the next
 * number, old or new, but only what was asked for when it came. If interface or hop limit is asked
 * for when a SYN comes, that SYN is kept and shows everything, until such a segment.
 */

enum { TTL_BEFORE_ANY = 1 };

static struct arrival arrival_make(const struct tcb *t, const struct seg *g,
				   const struct sut_addr *addr)
{
	struct arrival a = { .is_known = true, .ttl = g->ttl, .tos = g->tos, .addr = *addr };

	if (FAULT(t->sut, DSCP_SHOWN_IN_PART))
		a.tos &= 0xe0;
	return a;
}

void arrival_init(struct arrivals *a)
{
	a->v4.ttl = a->v6.ttl = TTL_BEFORE_ANY;
}

void arrival_of_syn(struct request *r, const struct seg *g, bool is_reuse)
{
	const struct sock_opts *o = &r->listener->so;

	r->syn = arrival_make(r->listener, g, &g->dst.addr);
	r->syn.is_known = g->src.addr.family == 6 && !is_reuse && (o->pktinfo6 || o->recvhops);
}

void arrival_of_handshake(struct tcb *t, const struct request *r, const struct seg *g)
{
	struct arrival a = arrival_make(t, g, &g->src.addr);

	if (FAULT(t->sut, DSCP_OF_SYN_SHOWN))
		a.tos = r->syn.tos;
	t->seen.v6 = a;
	t->seen.syn = r->syn;
	if (g->src.addr.family == 6)
		return;
	t->seen.v4 = a;
	t->seen.v6.tos = 0;
}

void arrival_note(struct tcb *t, const struct seg *g)
{
	const struct sock_opts *o = &t->so;
	struct arrival *seen = &t->seen.v6;
	struct arrival a = arrival_make(t, g, &g->src.addr);

	if (g->src.addr.family != 6 || t->c.state == SUT_CLOSED || seg_end(g) != t->rcv_nxt ||
	    !(o->pktinfo6 || o->recvhops || o->recvtclass))
		return;
	if (o->pktinfo6)
		seen->is_known = true;
	if (o->recvhops)
		seen->ttl = a.ttl;
	if (o->recvtclass && !FAULT(t->sut, DSCP_OF_SYN_SHOWN) &&
	    !FAULT(t->sut, DSCP_OF_DATA_HIDDEN))
		seen->tos = a.tos;
	t->seen.syn.is_known = false;
}

const struct arrivals *tcp_arrivals(const struct tcb *t)
{
	return &t->seen;
}
