/* SPDX-License-Identifier: BSD-2-Clause */
#include "tcp_impl.h"

static uint32_t header_bytes(const struct tcb *t)
{
	return t->c.remote.addr.family == 6 ? 60 : 40;
}

uint32_t tcp_offered_mtu(const struct tcb *t, const struct sut_addr *peer)
{
	if (t->profile->mss_from_interface && !FAULT(t->sut, MSS_OF_PATH))
		return t->sut->link.mtu_bytes;
	return ip_mtu(t->sut, peer);
}

/* What we tell the peer: the MTU less fixed headers. [RFC9293 3.7.1] [RFC6691 2] */
void tcp_mss_init(struct tcb *t)
{
	uint32_t offered = tcp_offered_mtu(t, &t->c.remote.addr);

	t->pmtu_bytes = ip_mtu(t->sut, &t->c.remote.addr);
	t->advmss = offered > header_bytes(t) ? offered - header_bytes(t) : 0;
	t->advmss = max_u32(t->advmss, t->profile->min_advertised_mss);
	t->advmss = min_u32(t->advmss, 65535 - header_bytes(t));
	if (t->user_mss)
		t->advmss = min_u32(t->advmss, t->user_mss);
	if (FAULT(t->sut, MSS_IS_MTU))
		t->advmss += header_bytes(t);
	if (FAULT(t->sut, MSS_LESS_OPTIONS))
		t->advmss -= 12;
}

/* No more than half of the largest window ever seen, so that the peer's SWS avoidance never
 * waits for a full segment that cannot come. [RFC9293 3.8.6.2.1] */
uint32_t tcp_half_window(const struct tcb *t, uint32_t bytes)
{
	uint32_t bound = t->max_wnd > 536 ? t->max_wnd / 2 : t->max_wnd;
	uint32_t header = TCP_HEADER_BYTES + (t->ts_ok ? 12 : 0);

	if (FAULT(t->sut, HALF_WINDOW_NOT_FILLED))
		return bytes;
	return bound && bytes > bound ? max_u32(bound, 68 - header) : bytes;
}

void tcp_mss_sync(struct tcb *t)
{
	uint32_t least = (uint32_t)t->sut->sysctl.tcp_min_snd_mss;
	uint32_t mss;

	t->pmtu_bytes = ip_mtu(t->sut, &t->c.remote.addr);
	mss = t->pmtu_bytes > header_bytes(t) ? t->pmtu_bytes - header_bytes(t) : 0;
	if (FAULT(t->sut, MTU_IGNORED))
		mss = t->mss_clamp;
	t->ip_option_bytes = ip_options_bytes(&t->so.ip_options, &t->c.remote.addr);
	mss = min_u32(mss, t->mss_clamp);
	/* Eff.snd.MSS: those of IP count as those of TCP. [RFC9293 3.7.1] */
	if (!FAULT(t->sut, IP_OPTIONS_ON_TOP))
		mss -= min_u32(mss, t->ip_option_bytes);
	mss = max_u32(mss, max_u32(least, 28));
	if (t->ts_ok && !FAULT(t->sut, OPTIONS_ON_TOP))
		mss -= 12;
	t->mss_cache = tcp_half_window(t, mss);
}

uint32_t tcp_mss_now(struct tcb *t)
{
	uint32_t n = t->n_sacks + (t->has_dsack ? 1u : 0u);
	uint32_t room = (TCP_MAX_OPTIONS - 4 - (t->ts_ok ? 12u : 0u)) / 8;
	uint32_t taken;

	if (ip_mtu(t->sut, &t->c.remote.addr) != t->pmtu_bytes ||
	    ip_options_bytes(&t->so.ip_options, &t->c.remote.addr) != t->ip_option_bytes)
		tcp_mss_sync(t);
	if (!n || FAULT(t->sut, OPTIONS_ON_TOP))
		return t->mss_cache;
	taken = 4 + 8 * min_u32(n, room);
	return t->mss_cache > taken + 8 ? t->mss_cache - taken : t->mss_cache;
}

uint32_t tcp_size_goal(const struct tcb *t, uint32_t mss)
{
	uint32_t bytes = tcp_half_window(t, t->profile->max_super_bytes);

	return max_u32(bytes / mss, 1) * mss;
}

static bool notsent_below(const struct tcb *t, uint32_t factor)
{
	uint64_t limit = t->has_notsent_lowat ? t->notsent_lowat
					      : (uint64_t)t->sut->sysctl.tcp_notsent_lowat;

	return (uint64_t)(t->write_seq - t->nxt) * factor < limit || limit >= UINT32_MAX;
}

bool tcp_has_memory(const struct tcb *t)
{
	return t->wmem_queued < t->so.sndbuf_bytes && notsent_below(t, 1);
}

bool tcp_is_writable(const struct tcb *t)
{
	int64_t left = t->so.sndbuf_bytes - t->wmem_queued;

	return left >= t->wmem_queued / 2 && notsent_below(t, 2);
}

/* Room for twice the congestion window, in what such segments cost. */
void tcp_sndbuf_expand(struct tcb *t)
{
	uint32_t need = max_u32(t->mss_clamp, t->mss_cache) + 640;
	uint32_t cost = 1, segs;
	int64_t want;

	if (t->so.sndbuf_locked)
		return;
	while (cost < need)
		cost *= 2;
	segs = max_u32(max_u32(cc_initial_window(t), t->cwnd), t->reordering + 1);
	want = min_i64(2 * (int64_t)segs * (cost + 256), t->sut->sysctl.tcp_wmem[2]);
	t->so.sndbuf_bytes = max_i64(t->so.sndbuf_bytes, want);
}
