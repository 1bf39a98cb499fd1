/* SPDX-License-Identifier: BSD-2-Clause */
#include "tcp_impl.h"

/* What of the queue may leave, in which pieces: windows, Nagle, super-segments. */

uint32_t tcp_wnd_end(const struct tcb *t)
{
	if (FAULT(t->sut, WINDOW_IGNORED))
		return t->una + max_u32(t->snd_wnd, 1000000);
	return t->una + t->snd_wnd;
}

uint32_t tcp_in_flight(const struct tcb *t)
{
	return t->packets_out - t->sacked_out - t->lost_out + t->retrans_out;
}

/* Never more than half of the window in one super-segment: the ACK clock would stop. */
static uint32_t cwnd_quota(const struct tcb *t, unsigned how)
{
	uint32_t out = tcp_in_flight(t);

	if (FAULT(t->sut, NO_LIMITED_TRANSMIT) && t->ca_state < CA_RECOVERY)
		out = t->packets_out;
	if (out >= t->cwnd)
		return how & PUSH_PROBE ? 1 : 0;
	return min_u32(max_u32(t->cwnd / 2, 1), t->cwnd - out);
}

uint32_t tcp_max_super_segs(const struct tcb *t, uint32_t mss)
{
	const struct sysctl_values *v = &t->sut->sysctl;
	uint64_t bytes = t->pacing_rate >> 10;
	uint32_t shift = rtt_min_us(t) >> v->tcp_tso_rtt_log;

	if (v->tcp_tso_rtt_log && shift < 32)
		bytes += t->profile->max_super_bytes >> shift;
	if (bytes > t->profile->max_super_bytes)
		bytes = t->profile->max_super_bytes;
	return max_u32((uint32_t)bytes / mss, (uint32_t)v->tcp_min_tso_segs);
}

/* Minshall's variant: only an unacknowledged short segment holds back the next. */
static bool has_short_out(const struct tcb *t)
{
	return seq_gt(t->snd_sml, t->una) && seq_le(t->snd_sml, t->nxt);
}

static bool is_nagle_held(const struct tcb *t, unsigned how)
{
	if (how & PUSH_CORK)
		return true;
	if (FAULT(t->sut, NAGLE_OFF))
		return false;
	return !(how & PUSH_NODELAY) && t->packets_out && has_short_out(t);
}

static bool nagle_allows(const struct tcb *t, const struct elem *e, uint32_t mss, unsigned how)
{
	if (e->next || e->len >= mss || (e->ctl & ELEM_FIN) || t->is_urgent)
		return true;
	return !is_nagle_held(t, how);
}

/* Would a larger super-segment soon be possible? linux-tcp: the sooner of 1 ms and half an RTT. */
static bool is_ack_near(const struct tcb *t)
{
	int64_t srtt_ns = (int64_t)(t->rtt.srtt8_us >> 3) * NS_PER_US;
	int64_t soon = min_i64(NS_PER_MS, srtt_ns / 2);

	if (!t->rtx.first)
		return false;
	return t->rtx.first->sent_ns + srtt_ns - t->sut->now_ns <= soon;
}

/* Enough to be worth sending now. */
static bool is_limit_ample(const struct tcb *t, const struct elem *e, uint32_t mss, uint32_t limit,
			   uint32_t max_segs)
{
	uint32_t divisor = (uint32_t)t->sut->sysctl.tcp_tso_win_divisor;
	uint64_t window = (uint64_t)t->cwnd * mss;

	if (limit >= (uint64_t)max_segs * mss)
		return true;
	if (e->next && limit >= e->len)
		return true;
	if (!divisor)
		return limit > 3 * mss;
	if (window > t->snd_wnd)
		window = t->snd_wnd;
	return limit >= window / divisor;
}

struct push_limits {
	bool is_cwnd, is_rwnd;
};

static bool should_defer(const struct tcb *t, const struct elem *e, uint32_t mss,
			 uint32_t max_segs, struct push_limits *why)
{
	uint32_t send_win = tcp_wnd_end(t) - e->seq;
	uint32_t out = tcp_in_flight(t);
	uint32_t cong_win = (t->cwnd > out ? t->cwnd - out : 0) * mss;
	uint32_t limit = min_u32(send_win, cong_win);

	if (t->ca_state >= CA_RECOVERY || t->sut->now_ns - t->last_send_ns > NS_PER_MS)
		return false;
	if (is_limit_ample(t, e, mss, limit, max_segs) || !is_ack_near(t))
		return false;
	if (cong_win < send_win && cong_win <= e->len) {
		why->is_cwnd = true;
		return true;
	}
	if (send_win <= e->len && cong_win >= send_win) {
		why->is_rwnd = true;
		return true;
	}
	return !(e->ctl & (ELEM_FIN | ELEM_EOR));
}

/* Where to cut an element of more than one segment. */
static uint32_t split_point(const struct tcb *t, const struct elem *e, uint32_t mss,
			    uint32_t quota, unsigned how)
{
	uint32_t window = tcp_wnd_end(t) - e->seq;
	uint64_t most = (uint64_t)mss * quota;
	uint32_t needed = min_u32(e->len, window);
	uint32_t partial = needed % mss;

	if (most <= needed || (most <= window && e->next))
		return (uint32_t)most;
	/* The last short piece waits like any other short segment. */
	if (partial && is_nagle_held(t, how))
		return needed - partial;
	return needed;
}

/* Bookkeeping of an element that left for the first time. */
static void elem_sent(struct tcb *t, struct elem *e, uint32_t mss)
{
	uint32_t had = t->packets_out;

	elemq_remove(&t->unsent, e);
	elemq_push(&t->rtx, e);
	t->nxt = elem_end(e);
	t->packets_out += e->n_segs;
	if (e->len < e->n_segs * mss && e->len)
		t->snd_sml = t->nxt;
	if (!had || t->rtx_kind == RTX_TLP || t->rtx_kind == RTX_PROBE)
		timer_rearm_rto(t);
}

/* One element, cut to what the windows allow. 1: sent; 0: stop here */
static int push_one(struct tcb *t, uint32_t mss, unsigned how, struct push_limits *why)
{
	struct elem *e = t->unsent.first;
	uint32_t max_segs = tcp_max_super_segs(t, mss);
	uint32_t quota = min_u32(cwnd_quota(t, how), max_segs);
	uint32_t limit = mss;

	if (!quota ||
	    (FAULT(t->sut, NAGLE_HOLDS_ALL) && t->packets_out && !(how & (PUSH_NODELAY | PUSH_ONE))))
		return 0;
	sendq_fill(t, quota * mss);
	e->mss = mss;
	e->n_segs = elem_count_segs(e, mss);
	if (FAULT(t->sut, SILLY_SENDER) && seq_lt(e->seq, tcp_wnd_end(t)))
		limit = min_u32(mss, tcp_wnd_end(t) - e->seq);
	else if (seq_gt(seq_min(elem_end(e), e->seq + mss), tcp_wnd_end(t))) {
		why->is_rwnd = true;
		return 0;
	}
	if (e->n_segs == 1 && !nagle_allows(t, e, mss, how))
		return 0;
	if (e->n_segs > 1 && !(how & PUSH_ONE) && should_defer(t, e, mss, max_segs, why))
		return 0;
	if (e->n_segs > 1 && !t->is_urgent && limit == mss)
		limit = split_point(t, e, mss, quota, how);
	if (!limit)
		return 0;
	if (e->len > limit && elem_split(t, &t->unsent, e, limit))
		return 0;
	e->n_segs = elem_count_segs(e, mss);
	if (tcp_transmit(t, e))
		return 0;
	elem_sent(t, e, mss);
	return 1;
}

static void after_push(struct tcb *t, uint32_t sent, const struct push_limits *why, unsigned how)
{
	bool is_limited = why->is_cwnd || tcp_in_flight(t) >= t->cwnd;

	chrono_set(t, why->is_rwnd ? CHRONO_RWND : CHRONO_BUSY);
	if (sent || is_limited)
		cc_validate(t, is_limited);
	if (!sent)
		return;
	if (t->ca_state == CA_CWR || t->ca_state == CA_RECOVERY)
		t->prr_out += sent;
	if (!(how & PUSH_PROBE))
		timer_schedule_tlp(t, false);
}

bool tcp_push(struct tcb *t, unsigned how)
{
	struct push_limits why = { false, false };
	uint32_t before = t->packets_out;
	uint32_t mss = tcp_mss_now(t);

	if (!t->unsent.first)
		return false;
	while (t->unsent.first && push_one(t, mss, how, &why)) {
		if (how & PUSH_ONE)
			break;
	}
	after_push(t, t->packets_out - before, &why, how);
	timer_probe_check(t);
	return t->packets_out != before;
}

void tcp_push_pending(struct tcb *t)
{
	bool is_nodelay = t->nodelay && !FAULT(t->sut, NODELAY_IGNORED);

	tcp_push(t, (is_nodelay ? PUSH_NODELAY : 0u) | (t->cork ? PUSH_CORK : 0u));
}

/* The first @n unsent bytes; 0 or SUT_ENOBUFS */
static int send_front(struct tcb *t, uint32_t n, uint8_t ctl)
{
	struct elem *e = t->unsent.first;
	uint32_t mss = tcp_mss_now(t);
	int rc;

	if (e->len > n && elem_split(t, &t->unsent, e, n))
		return SUT_ENOBUFS;
	e->ctl |= ctl;
	e->mss = mss;
	e->n_segs = 1;
	rc = tcp_transmit(t, e);
	if (!rc)
		elem_sent(t, e, mss);
	return rc;
}

bool tcp_send_probe_data(struct tcb *t, int *rc)
{
	const struct elem *e = t->unsent.first;

	if (!e || seq_ge(e->seq, tcp_wnd_end(t)))
		return false;
	*rc = send_front(t, min_u32(e->len, min_u32(tcp_mss_now(t), tcp_wnd_end(t) - e->seq)),
			 ELEM_PSH);
	return true;
}

bool tcp_send_probe_octet(struct tcb *t, int *rc)
{
	if (!t->profile->probes_with_octet || FAULT(t->sut, PROBE_EMPTY))
		return false;
	if (t->packets_out)
		*rc = recovery_probe_elem(t, t->rtx.first, 1);
	else if (t->unsent.first && t->unsent.first->len)
		*rc = send_front(t, 1, 0);
	else
		return false;
	return true;
}
