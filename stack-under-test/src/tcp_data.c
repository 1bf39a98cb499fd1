/* SPDX-License-Identifier: BSD-2-Clause */
#include "tcp_ecn.h"

/* Text and FIN of a segment that was found acceptable. [RFC9293 3.10.7.4 #7, #8] */

/* The peer is done sending. Out-of-order data beyond its FIN is none. */
static void fin_reached(struct tcb *t)
{
	t->ack_pending |= ACK_SCHED;
	if (FAULT(t->sut, FIN_NOT_ACKED))
		t->ack_pending = 0;
	t->is_rcv_shut = true;
	t->is_fin_seen = true;
	rsegq_purge(t, &t->ooo);
	reasm_sack_forget(t);
	sock_wake(t->sock, POLL_IN | POLL_RDNORM | POLL_RDHUP);
	switch (t->c.state) {
	case SUT_ESTABLISHED:
		tcb_set_state(t, SUT_CLOSE_WAIT);
		t->pingpong = UINT8_MAX;
		if (FAULT(t->sut, CLOSE_WAIT_SKIPPED)) {
			tcb_set_state(t, SUT_LAST_ACK);
			tcp_send_fin(t);
		}
		break;
	case SUT_FIN_WAIT_1:
		tcp_send_ack(t);
		tcb_set_state(t, SUT_CLOSING);
		if (FAULT(t->sut, CLOSING_SKIPPED))
			tcp_time_wait(t, SUT_TIME_WAIT, t->profile->timewait_ns);
		break;
	case SUT_FIN_WAIT_2:
		tcp_send_ack(t);
		tcp_time_wait(t, SUT_TIME_WAIT, t->profile->timewait_ns);
		break;
	case SUT_CLOSED:
	case SUT_LISTEN:
	case SUT_SYN_SENT:
	case SUT_SYN_RECEIVED:
	case SUT_CLOSE_WAIT:
	case SUT_CLOSING:
	case SUT_LAST_ACK:
	case SUT_TIME_WAIT:
	case SUT_STATE_COUNT:
		break;
	}
}

static void data_ready(struct tcb *t)
{
	sock_wake(t->sock, POLL_IN | POLL_RDNORM | (t->urg_valid ? POLL_PRI : 0u));
}

/* Receiver's round-trip time: how long a window of data takes, or a timestamp's way. */
static void rcv_rtt_update(struct tcb *t, int64_t us, bool is_window)
{
	uint32_t m = us > 0 ? (uint32_t)min_i64(us, INT32_MAX) : 1;

	if (!t->rcv_rtt_us)
		t->rcv_rtt_us = m;
	else if (is_window)
		t->rcv_rtt_us = min_u32(t->rcv_rtt_us, m);
	else
		t->rcv_rtt_us = (uint32_t)(t->rcv_rtt_us + ((int64_t)m - t->rcv_rtt_us) / 8);
}

static void rcv_rtt_measure(struct tcb *t, const struct seg *g)
{
	int64_t now = t->sut->now_ns;

	if (t->ts_ok && g->opts.has_ts) {
		int32_t ms = seq_diff(tcp_ts_clock(t->sut, t->ts_offset), g->opts.tsecr);

		if (g->opts.tsecr != t->rttm_seq && g->len >= t->rcv_mss && ms >= 0) {
			t->rttm_seq = g->opts.tsecr;
			rcv_rtt_update(t, max_i64(ms, 1) * 1000, false);
		}
		return;
	}
	if (t->rttm_ns && seq_lt(t->rcv_nxt, t->rttm_seq))
		return;
	if (t->rttm_ns)
		rcv_rtt_update(t, (now - t->rttm_ns) / NS_PER_US, true);
	t->rttm_seq = t->rcv_nxt + t->rcv_wnd;
	t->rttm_ns = now;
}

/* No memory: window 0, said at once. */
static void drop_for_memory(struct tcb *t)
{
	count(t->sut, COUNTER_TcpExtTCPRcvQDrop);
	t->is_rmem_full = true;
	t->ack_pending |= ACK_SCHED | ACK_NOW;
}

/* In order, perhaps with a front that was delivered already. */
static void take_text(struct tcb *t, const struct seg *g)
{
	struct rseg *r = NULL;
	uint32_t old = t->rcv_nxt - g->seq;
	bool has_fin = (g->flags & TCP_FLAG_FIN) != 0;
	bool had_hole = t->ooo.first != NULL;

	if (g->len > old) {
		if (!tcp_rmem_admit(t, tcp_truesize(g->ip_bytes), true) && t->rcvq.first) {
			drop_for_memory(t);
			return;
		}
		r = rseg_new(t, g, t->rcv_nxt, g->len - old);
		if (!r)
			return;
		rsegq_push(t, &t->rcvq, r);
	}
	t->bytes_received += seg_end(g) - t->rcv_nxt;
	t->rcv_nxt = seg_end(g);
	if (has_fin && FAULT(t->sut, FIN_TAKES_NOTHING))
		t->rcv_nxt--;
	if (g->len)
		ackpol_data_received(t, g);
	if (!has_fin && had_hole) {
		if (FAULT(t->sut, HOLE_ACKED_FIRST))
			tcp_send_ack(t);
		has_fin = reasm_advance(t);
		if (FAULT(t->sut, HOLE_ACKED_TWICE)) {
			tcp_send_ack(t);
			t->ack_pending |= ACK_SCHED | ACK_NOW;
		}
		/* A filled hole is told at once. [RFC5681 4.2] */
		if (!t->ooo.first && !FAULT(t->sut, FILLED_HOLE_WAITS))
			t->ack_pending |= ACK_NOW;
	}
	if (r)
		data_ready(t);
	if (has_fin)
		fin_reached(t);
}

static void take_old(struct tcb *t, const struct seg *g)
{
	reasm_dsack(t, g->seq, seg_end(g));
	if (FAULT(t->sut, ECN_OLD_MARK_TAKEN))
		ecn_data_received(t, g);
	ackpol_enter_quick(t, t->profile->max_quick_acks);
	t->ack_pending |= ACK_SCHED | ACK_NOW;
}

static void take_beyond_window(struct tcb *t)
{
	count(t->sut, COUNTER_TcpExtBeyondWindow);
	ackpol_enter_quick(t, t->profile->max_quick_acks);
	t->ack_pending |= ACK_SCHED | ACK_NOW;
}

static void take_closed_window(struct tcb *t)
{
	count(t->sut, COUNTER_TcpExtTCPZeroWindowDrop);
	ackpol_enter_quick(t, t->profile->max_quick_acks);
	t->ack_pending |= ACK_SCHED | ACK_NOW;
}

static void take_hole(struct tcb *t, const struct seg *g)
{
	int64_t cost;

	ecn_data_received(t, g);
	t->ack_pending |= ACK_SCHED;
	t->ooo_packets += tcp_seg_count(g);
	/* A hole makes the sender's duplicate ACKs: none may wait. */
	tcp_window_measure(t, g);
	if (!tcp_rmem_admit(t, tcp_truesize(g->ip_bytes), false)) {
		count(t->sut, COUNTER_TcpExtTCPRcvQDrop);
		return;
	}
	/* A window that grows would hide a duplicate ACK from a sender that has nothing else. */
	cost = reasm_insert(t, g);
	if (cost >= 0 && t->sack_ok)
		tcp_window_grow(t, g, t->rmem_bytes - cost);
	if ((g->flags & TCP_FLAG_FIN) && FAULT(t->sut, FIN_OVERTAKES))
		fin_reached(t);
	if (t->sock)
		tcp_space_for_hole(t);
}

/* As if it were the data that comes next. */
static void take_as_next(struct tcb *t, const struct seg *g)
{
	struct seg next = *g;

	next.seq = t->rcv_nxt;
	take_text(t, &next);
}

static bool take_faulty(struct tcb *t, const struct seg *g)
{
	bool is_old = seq_le(seg_end(g), t->rcv_nxt);
	bool is_overlap = !is_old && seq_lt(g->seq, t->rcv_nxt);

	if ((is_overlap && FAULT(t->sut, OVERLAP_DROPPED)) ||
	    (is_old && FAULT(t->sut, UNACCEPTABLE_SILENT)))
		return true;
	if (!(is_old && FAULT(t->sut, DUPLICATE_DELIVERED)) &&
	    !(is_overlap && FAULT(t->sut, OVERLAP_DELIVERED)) &&
	    !(seq_gt(g->seq, t->rcv_nxt) && FAULT(t->sut, OUT_OF_ORDER_DELIVERED)))
		return false;
	take_as_next(t, g);
	return true;
}

/* What can be kept from rcv_nxt on: as far as the newest window, or as any that was offered. */
static uint32_t data_room(const struct tcb *t)
{
	uint32_t edge = t->rcv_nxt + tcp_window_current(t);

	if (t->profile->honours_edges && !FAULT(t->sut, OLD_EDGE_REFUSED))
		edge = seq_max(edge, t->rcv_right);
	return edge - t->rcv_nxt;
}

static void sort_text(struct tcb *t, const struct seg *g)
{
	uint32_t room = data_room(t);

	if (take_faulty(t, g))
		return;
	if (seq_le(seg_end(g), t->rcv_nxt)) {
		take_old(t, g);
	} else if (g->seq == t->rcv_nxt) {
		if (!room && g->len && !FAULT(t->sut, WINDOW_0_TAKEN))
			take_closed_window(t);
		else
			take_text(t, g);
	} else if (seq_ge(g->seq, t->rcv_nxt + room) && !FAULT(t->sut, BEYOND_WINDOW_TAKEN)) {
		take_beyond_window(t);
	} else if (seq_lt(g->seq, t->rcv_nxt)) {
		reasm_dsack(t, g->seq, FAULT(t->sut, DSACK_WHOLE) ? seg_end(g) : t->rcv_nxt);
		if (!room)
			take_closed_window(t);
		else
			take_text(t, g);
	} else {
		take_hole(t, g);
	}
}

/* The user timeout of the peer, whatever it is, zero too. [RFC5482 3.3] */
static void take_peer_timeout(struct tcb *t, const struct seg *g)
{
	uint32_t n = g->header_bytes - TCP_HEADER_BYTES;
	const uint8_t *o = g->data - n;
	uint32_t value;

	for (uint32_t at = 0; at + 4 <= n; at++) {
		if (o[at] != 28 || o[at + 1] != 4)
			continue;
		value = get_be16(o + at + 2);
		t->user_timeout_ns = (value & 0x7fff) * (value & 0x8000 ? 60 : 1) * NS_PER_S;
		t->user_timeout_ns = max_i64(t->user_timeout_ns, 1);
	}
}

/* What lies beyond the window, the FIN first, is not there: in @cut, when that changes anything. */
static const struct seg *trimmed(const struct tcb *t, const struct seg *g, struct seg *cut)
{
	uint32_t right = seq_max(t->rcv_nxt, t->rcv_right);

	if (!t->profile->trims_to_window || seq_le(seg_end(g), right) || seq_ge(g->seq, right) ||
	    FAULT(t->sut, BEYOND_WINDOW_TAKEN))
		return g;
	*cut = *g;
	cut->flags &= (uint16_t)~TCP_FLAG_FIN;
	cut->len = right - g->seq;
	return cut;
}

void tcp_data_step(struct tcb *t, const struct seg *g)
{
	struct seg cut;

	if (g->seq == seg_end(g))
		return;
	g = trimmed(t, g, &cut);
	if (FAULT(t->sut, PEER_TIMEOUT_TAKEN))
		take_peer_timeout(t, g);
	if (!FAULT(t->sut, DSACK_REPEATED))
		t->has_dsack = false;
	sort_text(t, g);
	if (g->len && t->c.state != SUT_CLOSED)
		rcv_rtt_measure(t, g);
}
