/* SPDX-License-Identifier: BSD-2-Clause */
#include "tcp_ecn.h"

/*
 * When an acknowledgment leaves: at once, delayed, or riding on data. [RFC9293 3.8.6.3]
 * [RFC5681 4.2]; the rules in detail are Linux's (quick-ack count, pingpong, ato).
 */

void ackpol_quick(struct tcb *t, uint32_t max)
{
	uint32_t n = t->rcv_wnd / (2 * max_u32(t->rcv_mss, 1));

	n = min_u32(n ? n : 2, max);
	t->quick = max_u32(t->quick, n);
}

void ackpol_enter_quick(struct tcb *t, uint32_t max)
{
	ackpol_quick(t, max);
	t->pingpong = 0;
	t->ato_ns = t->profile->ato_min_ns;
}

static bool in_pingpong(const struct tcb *t)
{
	return t->pingpong >= (uint32_t)max_i64(t->sut->sysctl.tcp_pingpong_thresh, 1);
}

static bool in_quick_mode(const struct tcb *t)
{
	if (FAULT(t->sut, EVERY_SECOND_NOT_ACKED) || FAULT(t->sut, ACK_LATE))
		return false;
	return t->quick && !in_pingpong(t);
}

/* The estimate counts in milliseconds. */
static int64_t half_of(int64_t ns)
{
	return ns / NS_PER_MS / 2 * NS_PER_MS;
}

static void ato_update(struct tcb *t)
{
	int64_t gap = (t->sut->now_ns - t->last_recv_ns) / NS_PER_MS * NS_PER_MS;
	int64_t min = t->profile->ato_min_ns;

	if (!t->ato_ns) {
		ackpol_quick(t, t->profile->max_quick_acks);
		t->ato_ns = min;
	} else if (gap <= min / 2) {
		t->ato_ns = half_of(t->ato_ns) + min / 2;
	} else if (gap < t->ato_ns) {
		t->ato_ns = min_i64(half_of(t->ato_ns) + gap, t->rtt.rto_ns);
		t->ato_ns = min_i64(t->ato_ns, t->delack_max_ns);
	} else if (gap > t->rtt.rto_ns) {
		/* The other side restarted after a long pause: its window is small again. */
		ackpol_quick(t, t->profile->max_quick_acks);
	}
}

#define LEAST_GROWTH_BYTES 128

void ackpol_data_received(struct tcb *t, const struct seg *g)
{
	t->ack_pending |= ACK_SCHED;
	tcp_window_measure(t, g);
	ato_update(t);
	t->last_recv_ns = t->sut->now_ns;
	ecn_data_received(t, g);
	/* Small segments cost more memory than they bring: they do not prove that more would fit. */
	if (g->len >= LEAST_GROWTH_BYTES)
		tcp_window_grow(t, g, t->rmem_bytes);
}

static int64_t delack_limit(const struct tcb *t)
{
	bool is_short = in_pingpong(t) || (t->ack_pending & ACK_PUSHED);
	int64_t limit = is_short ? t->profile->delack_pingpong_ns : t->profile->delack_long_ns;
	int64_t srtt = (int64_t)(t->rtt.srtt8_us >> 3) * NS_PER_US;

	if (t->rtt.srtt8_us)
		limit = min_i64(limit, max_i64(srtt, t->profile->ato_min_ns));
	return limit;
}

static void delay_ack(struct tcb *t)
{
	int64_t wait = t->ato_ns;
	int64_t at;

	if (wait > t->profile->ato_min_ns)
		wait = min_i64(wait, delack_limit(t));
	wait = min_i64(wait, min_i64(t->delack_max_ns, t->rto_min_ns - NS_PER_MS));
	if (FAULT(t->sut, ACK_LATE))
		wait = 800 * NS_PER_MS;
	at = t->sut->now_ns + wait;
	if (t->ack_pending & ACK_TIMER) {
		if (t->timer[TIMER_DELACK] <= t->sut->now_ns + wait / 4) {
			tcp_send_ack(t);
			return;
		}
		at = min_i64(at, t->timer[TIMER_DELACK]);
	}
	t->ack_pending |= ACK_SCHED | ACK_TIMER;
	timer_set(t, TIMER_DELACK, at);
}

/* More than a segment is unacknowledged and the window would not get smaller. */
static bool is_second_segment(struct tcb *t)
{
	if (t->rcv_nxt - t->wup <= t->rcv_mss || FAULT(t->sut, EVERY_SECOND_NOT_ACKED) ||
	    FAULT(t->sut, ACK_LATE))
		return false;
	if (t->profile->acks_every_second ||
	    (int64_t)(t->rcv_nxt - t->copied_seq) < t->so.rcvlowat_bytes)
		return true;
	return max_u32(tcp_window_candidate(t), tcp_window_current(t)) >= t->rcv_wnd;
}

static int64_t compress_delay(const struct tcb *t)
{
	const struct sysctl_values *v = &t->sut->sysctl;
	int64_t rtt_us = t->rtt.srtt8_us >> 3;

	if (t->rcv_rtt_us)
		rtt_us = rtt_us ? min_i64(rtt_us, t->rcv_rtt_us) : t->rcv_rtt_us;
	return min_i64(v->tcp_comp_sack_delay_ns,
		       rtt_us * NS_PER_US * v->tcp_comp_sack_rtt_percent / 100);
}

/* Out-of-order data is waiting: duplicate ACKs at once, a long row of them compressed. */
static void ack_with_hole(struct tcb *t)
{
	if (t->dup_ack_seq != t->rcv_nxt) {
		t->dup_ack_seq = t->rcv_nxt;
		t->n_dup_ack = 0;
	}
	if (!t->sack_ok || t->n_comp_sack >= (uint32_t)t->sut->sysctl.tcp_comp_sack_nr ||
	    t->n_dup_ack < t->profile->dup_acks_at_once) {
		t->n_dup_ack++;
		tcp_send_ack(t);
		return;
	}
	t->n_comp_sack++;
	if (t->timer[TIMER_COMP_SACK] == NEVER_NS)
		timer_set(t, TIMER_COMP_SACK, t->sut->now_ns + compress_delay(t));
}

void ackpol_after_segment(struct tcb *t)
{
	if (t->c.state == SUT_CLOSED || !(t->ack_pending & ACK_SCHED) || FAULT(t->sut, ACK_NEVER))
		return;
	if (FAULT(t->sut, ACKED_TWICE))
		tcp_send_ack(t);
	if (FAULT(t->sut, NEVER_DELAYED) || FAULT(t->sut, ACKED_TWICE))
		tcp_send_ack(t);
	else if (t->ooo.first && FAULT(t->sut, OUT_OF_ORDER_ACK_DELAYED))
		delay_ack(t);
	else if (is_second_segment(t) || in_quick_mode(t) || (t->ack_pending & ACK_NOW))
		tcp_send_ack(t);
	else if (t->ooo.first)
		ack_with_hole(t);
	else
		delay_ack(t);
}

void ackpol_after_read(struct tcb *t, uint32_t copied)
{
	uint32_t current, next;

	if (t->c.state == SUT_CLOSED || t->c.state == SUT_LISTEN || t->c.state == SUT_SYN_SENT)
		return;
	if (t->ack_pending & ACK_SCHED) {
		bool is_empty = copied && !t->rmem_bytes;
		bool is_pushed = (t->ack_pending & ACK_PUSHED2) ||
				 ((t->ack_pending & ACK_PUSHED) && !in_pingpong(t));

		if (t->rcv_nxt - t->wup > t->rcv_mss || (is_empty && is_pushed)) {
			tcp_send_ack(t);
			return;
		}
	}
	if (!copied || t->is_rcv_shut || FAULT(t->sut, NO_WINDOW_UPDATE))
		return;
	current = tcp_window_current(t);
	if (2 * (int64_t)current > t->window_clamp)
		return;
	next = max_u32(tcp_window_candidate(t), current);
	if (next && next >= 2 * current)
		tcp_send_ack(t);
}

void ackpol_ack_sent(struct tcb *t)
{
	if (t->timer[TIMER_COMP_SACK] != NEVER_NS) {
		t->n_comp_sack = 0;
		timer_stop(t, TIMER_COMP_SACK);
	}
	if ((t->ack_pending & ACK_SCHED) && t->quick) {
		t->quick--;
		if (!t->quick)
			t->ato_ns = t->profile->ato_min_ns;
	}
	t->ack_pending = 0;
	timer_stop(t, TIMER_DELACK);
}

/* An answer soon after a question: the next ACK may ride on the next answer. */
void ackpol_data_sent(struct tcb *t)
{
	if (t->sut->now_ns - t->last_recv_ns < t->ato_ns && t->pingpong < UINT8_MAX)
		t->pingpong++;
}

void ackpol_set_quickack(struct tcb *t, int value)
{
	if (!value) {
		t->pingpong = UINT8_MAX;
		return;
	}
	t->pingpong = 0;
	if (!(t->ack_pending & ACK_SCHED) ||
	    (t->c.state != SUT_ESTABLISHED && t->c.state != SUT_CLOSE_WAIT))
		return;
	t->ack_pending |= ACK_PUSHED;
	tcp_send_ack(t);
	if (!(value & 1))
		t->pingpong = UINT8_MAX;
}

void ackpol_timer(struct tcb *t)
{
	t->ack_pending &= (uint8_t)~ACK_TIMER;
	if (!(t->ack_pending & ACK_SCHED))
		return;
	if (!in_pingpong(t)) {
		t->ato_ns = min_i64(2 * t->ato_ns, min_i64(t->rtt.rto_ns, t->delack_max_ns));
	} else {
		t->pingpong = 0;
		t->ato_ns = t->profile->ato_min_ns;
	}
	count(t->sut, COUNTER_TcpExtDelayedACKs);
	tcp_send_ack(t);
}

/* ---- answers to segments that are not acceptable [RFC5961 7] ---- */

static bool is_in_time(struct sut *s, int64_t *last_ns, bool *has_last)
{
	int64_t gap = s->sysctl.tcp_invalid_ratelimit * NS_PER_MS;

	if (FAULT(s, CHALLENGES_UNLIMITED))
		return true;
	if (FAULT(s, CHALLENGES_SHARED)) {
		bool is_first = s->tcp->challenge_second != s->now_ns / NS_PER_S;

		s->tcp->challenge_second = s->now_ns / NS_PER_S;
		return is_first;
	}
	if (*has_last && s->now_ns - *last_ns < gap)
		return false;
	*has_last = true;
	*last_ns = s->now_ns;
	return true;
}

/* What takes up sequence space, unless a SYN, hardly belongs to two sides that answer each other
 * for ever. */
bool ackpol_may_answer(struct sut *s, const struct seg *g, int64_t *last_ns, bool *has_last)
{
	if (g->seq != seg_end(g) && !(g->flags & TCP_FLAG_SYN))
		return true;
	return is_in_time(s, last_ns, has_last);
}

static bool host_allows_challenge(struct sut *s)
{
	struct tcp_layer *l = s->tcp;
	int64_t limit = s->sysctl.tcp_challenge_ack_limit;

	if (limit >= INT32_MAX)
		return true;
	if (l->challenge_second != s->now_ns / NS_PER_S) {
		l->challenge_second = s->now_ns / NS_PER_S;
		l->n_challenge = 0;
	}
	return l->n_challenge++ < limit;
}

void ackpol_challenge(struct tcb *t)
{
	if (!is_in_time(t->sut, &t->last_invalid_ns, &t->has_invalid_ack) ||
	    !host_allows_challenge(t->sut))
		return;
	count(t->sut, COUNTER_TcpExtTCPChallengeACK);
	tcp_send_ack(t);
}

void ackpol_invalid(struct tcb *t, const struct seg *g)
{
	if (!ackpol_may_answer(t->sut, g, &t->last_invalid_ns, &t->has_invalid_ack))
		return;
	if (g->seq != seg_end(g) && seq_lt(g->seq, t->rcv_nxt)) {
		ackpol_enter_quick(t, t->profile->max_quick_acks);
		reasm_dsack(t, g->seq, seq_min(seg_end(g), t->rcv_nxt));
	}
	tcp_send_ack(t);
}
