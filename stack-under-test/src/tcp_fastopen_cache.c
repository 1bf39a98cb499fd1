/* SPDX-License-Identifier: BSD-2-Clause */
#include "tcp_impl.h"

/* What a client of Fast Open remembers: cookies, and that they led to nothing. */

/* ---- the cache [RFC7413 4.1.3] ---- */

struct fast_open_peer *fast_open_peer_find(struct tcb *t)
{
	struct fast_open_cache *cache = &t->sut->tcp->fast_open;

	for (size_t i = 0; i < cache->n; i++) {
		struct fast_open_peer *p = &cache->peer[i];

		if (addr_eq(&p->local, &t->c.local.addr) && addr_eq(&p->remote, &t->c.remote.addr))
			return p;
	}
	return NULL;
}

/* A new one takes the place of the oldest. */
static struct fast_open_peer *peer_make(struct tcb *t)
{
	struct fast_open_cache *cache = &t->sut->tcp->fast_open;
	struct fast_open_peer *p = fast_open_peer_find(t);

	if (p)
		return p;
	if (cache->n < FAST_OPEN_CACHE) {
		p = &cache->peer[cache->n++];
	} else {
		p = &cache->peer[cache->oldest];
		cache->oldest = (cache->oldest + 1) % FAST_OPEN_CACHE;
	}
	*p = (struct fast_open_peer){ .local = t->c.local.addr, .remote = t->c.remote.addr };
	return p;
}

void fast_open_learn(struct tcb *t, const struct seg *g, uint8_t try_exp)
{
	const struct fast_open_option *o = &g->opts.fast_open;
	struct fast_open_peer *p = peer_make(t);

	if (FAULT(t->sut, COOKIE_FORGOTTEN) || (FAULT(t->sut, FIRST_COOKIE_STAYS) && p->cookie.n))
		return;
	p->mss = g->opts.has_mss && g->opts.mss ? g->opts.mss : (uint16_t)t->mss_clamp;
	if (t->fo.has_option && o->n)
		p->cookie = *o;
	else if (try_exp > p->try_exp && !p->cookie.n)
		p->try_exp = try_exp;
}

/* ---- pauses [RFC7413 4.1.3.1]: for all peers, since what swallows it mostly is near ---- */

enum { MAX_PAUSE_DOUBLINGS = 6, TIMEOUTS_TO_PAUSE = 2 };

void fast_open_pause(struct tcb *t)
{
	struct fast_open_cache *cache = &t->sut->tcp->fast_open;

	if (!t->sut->sysctl.tcp_fastopen_blackhole_timeout_sec ||
	    FAULT(t->sut, FAST_OPEN_NEVER_PAUSES))
		return;
	cache->pause_ns = t->sut->now_ns;
	cache->n_pauses++;
	cache->pause_sec = t->sut->sysctl.tcp_fastopen_blackhole_timeout_sec;
	count(t->sut, COUNTER_TcpExtTCPFastOpenBlackhole);
}

bool fast_open_is_paused(struct tcb *t)
{
	struct fast_open_cache *cache = &t->sut->tcp->fast_open;
	int64_t seconds = t->sut->sysctl.tcp_fastopen_blackhole_timeout_sec;

	if (seconds != cache->pause_sec)
		cache->n_pauses = 0;
	if (!cache->n_pauses)
		return false;
	seconds <<= min_u32(cache->n_pauses - 1, MAX_PAUSE_DOUBLINGS);
	if (t->sut->now_ns - cache->pause_ns < min_i64(seconds, INT32_MAX) * NS_PER_S || FAULT(t->sut, PAUSE_FOR_EVER))
		return true;
	t->fo.was_paused = true;
	return false;
}

void fast_open_timed_out(struct tcb *t, bool is_over)
{
	const struct fast_open *f = &t->fo;

	if ((f->has_option || f->has_data || f->is_data_taken) &&
	    (t->retransmits == TIMEOUTS_TO_PAUSE || (t->retransmits < TIMEOUTS_TO_PAUSE && is_over)))
		fast_open_pause(t);
}

void fast_open_challenged(struct tcb *t)
{
	if (t->fo.has_option && !t->data_segs_in && t->c.state == SUT_ESTABLISHED)
		fast_open_pause(t);
}
