/* SPDX-License-Identifier: BSD-2-Clause */
#include "tcp_impl.h"

/* Segments of existing connections: the steps of RFC 9293 3.10.7.4 in the order of the text. */

enum step { STEP_NEXT, STEP_STOP };
typedef enum step seg_step(struct tcb *t, const struct seg *g);

static uint32_t right_edge(const struct tcb *t)
{
	return seq_max(t->rcv_nxt, t->rcv_right);
}

/* ---- before #1: what is no segment of a conversation; timestamps [RFC7323 5.3 R1] ---- */

bool tcp_paws_rejects(const struct tcb *t, const struct seg *g)
{
	int32_t age;

	if (!t->ts_ok || !g->opts.has_ts || !t->ts_recent_ns || !t->ts_recent)
		return false;
	age = seq_diff(t->ts_recent, g->opts.tsval);
	if (FAULT(t->sut, PAWS_WITHOUT_WRAP))
		age = t->ts_recent > g->opts.tsval ? INT32_MAX : 0;
	if (age <= 1 || FAULT(t->sut, PAWS_OFF))
		return false;
	return t->sut->now_ns - t->ts_recent_ns < t->profile->paws_idle_ns;
}

static enum step step0_shape(struct tcb *t, const struct seg *g)
{
	if (t->ts_ok && !g->opts.has_ts && !(g->flags & TCP_FLAG_RST) &&
	    FAULT(t->sut, TS_MISSING_ABORTS)) {
		tcp_reply_reset(t->sut, g);
		tcb_fail(t, SUT_ECONNRESET);
		return STEP_STOP;
	}
	if (!t->ts_ok && g->opts.has_ts && FAULT(t->sut, TS_UNAGREED_REFUSED))
		return STEP_STOP;
	if (t->ts_ok && !g->opts.has_ts && t->profile->needs_timestamp &&
	    !(g->flags & TCP_FLAG_RST) && !FAULT(t->sut, TS_MISSING_TAKEN))
		return STEP_STOP;
	if (t->fo.request && !fast_open_child_check(t, g))
		return STEP_STOP;
	if (FAULT(t->sut, NO_ACK_TAKEN))
		return STEP_NEXT;
	return g->flags & (TCP_FLAG_ACK | TCP_FLAG_RST | TCP_FLAG_SYN) ? STEP_NEXT : STEP_STOP;
}

static enum step step0_paws(struct tcb *t, const struct seg *g)
{
	if (((g->flags & TCP_FLAG_RST) && !FAULT(t->sut, PAWS_ON_RESET)) || !tcp_paws_rejects(t, g))
		return STEP_NEXT;
	count(t->sut, COUNTER_TcpExtPAWSEstab);
	if (FAULT(t->sut, TS_ECHO_GOES_BACK))
		t->ts_recent = g->opts.tsval;
	if (FAULT(t->sut, PAWS_SILENT))
		return STEP_STOP;
	if (g->flags & TCP_FLAG_SYN)
		ackpol_challenge(t);
	else if (g->len || !seq_lt(g->seq, t->rcv_nxt))
		ackpol_invalid(t, g);
	return STEP_STOP;
}

/* ---- #1: sequence number ---- */

static bool is_old(const struct tcb *t, const struct seg *g)
{
	if (FAULT(t->sut, SEQUENCE_WITHOUT_WRAP))
		return seg_end(g) < t->wup;
	if (FAULT(t->sut, EMPTY_ONLY_NEXT) && g->seq == seg_end(g) && g->seq != t->rcv_nxt)
		return true;
	return seq_lt(seg_end(g), t->wup);
}

/* Beyond everything ever offered; an empty receive queue takes an overshoot in one piece, where it is
 * not cut off. */
static bool is_beyond(const struct tcb *t, const struct seg *g)
{
	uint32_t end = seg_end(g) - !!(g->flags & TCP_FLAG_FIN);

	if (t->profile->edge_is_outside && g->seq == seg_end(g) && g->seq == right_edge(t) &&
	    g->seq != t->rcv_nxt && !FAULT(t->sut, EMPTY_AT_EDGE_TAKEN))
		return true;
	if (FAULT(t->sut, WINDOW_EDGE_REFUSED) && g->len && end == right_edge(t))
		return true;
	if (seq_le(end, right_edge(t)) || FAULT(t->sut, BEYOND_WINDOW_TAKEN) ||
	    (FAULT(t->sut, WINDOW_0_TAKEN) && !tcp_window_current(t)))
		return false;
	if (seq_gt(g->seq, right_edge(t)))
		return true;
	return t->rcvq.first && !t->profile->trims_to_window;
}

/* A reset one below is the answer to our FIN's ACK that crossed. linux-tcp 3.5-3 */
static bool is_reset_below(const struct tcb *t, const struct seg *g)
{
	return g->seq == t->rcv_nxt - 1 &&
	       (t->c.state == SUT_CLOSE_WAIT || t->c.state == SUT_LAST_ACK ||
		t->c.state == SUT_CLOSING);
}

static enum step step1_sequence(struct tcb *t, const struct seg *g)
{
	bool beyond = is_beyond(t, g);

	if (FAULT(t->sut, WINDOW_0_DEAF) && !tcp_window_current(t))
		beyond = true;
	if (!is_old(t, g) && !beyond)
		return STEP_NEXT;
	if (g->flags & TCP_FLAG_RST) {
		if (is_reset_below(t, g) || FAULT(t->sut, RST_OUTSIDE_TAKEN))
			tcp_reset_received(t);
		return STEP_STOP;
	}
	if (beyond)
		count(t->sut, COUNTER_TcpExtBeyondWindow);
	if (FAULT(t->sut, UNACCEPTABLE_RESET)) {
		tcp_reply_reset(t->sut, g);
		return STEP_STOP;
	}
	if (g->flags & TCP_FLAG_SYN) {
		count(t->sut, COUNTER_TcpExtTCPSYNChallenge);
		if (!FAULT(t->sut, SYN_NOT_CHALLENGED))
			ackpol_challenge(t);
	} else if (!FAULT(t->sut, UNACCEPTABLE_SILENT)) {
		ackpol_invalid(t, g);
	}
	return STEP_STOP;
}

/* ---- #2: RST [RFC5961 3] ---- */

static bool is_end_of_sacked(const struct tcb *t, uint32_t seq)
{
	uint32_t high = t->rcv_nxt;

	for (uint8_t i = 0; i < t->n_sacks; i++)
		high = seq_max(high, t->sacks[i].end);
	return t->n_sacks && seq == high;
}

static enum step step2_reset(struct tcb *t, const struct seg *g)
{
	if (!(g->flags & TCP_FLAG_RST))
		return STEP_NEXT;
	if (g->len && FAULT(t->sut, RESET_DATA_TAKEN))
		tcp_data_step(t, g);
	if (g->opts.has_ts && FAULT(t->sut, TS_OF_RESET_TAKEN))
		t->ts_recent = g->opts.tsval;
	if (g->seq == t->rcv_nxt || is_reset_below(t, g) || is_end_of_sacked(t, g->seq) ||
	    FAULT(t->sut, RST_IN_WINDOW_TAKEN))
		tcp_reset_received(t);
	else if (!FAULT(t->sut, RST_NOT_CHALLENGED)) {
		fast_open_challenged(t);
		ackpol_challenge(t);
	}
	return STEP_STOP;
}

void tcp_reset_received(struct tcb *t)
{
	int error = SUT_ECONNRESET;

	if (FAULT(t->sut, RST_IGNORED))
		return;
	if (t->c.state == SUT_SYN_SENT ||
	    (t->c.state == SUT_SYN_RECEIVED && t->profile->half_open_reset_refuses &&
	     !t->fo.is_child))
		error = SUT_ECONNREFUSED;
	else if (t->c.state == SUT_CLOSE_WAIT)
		error = SUT_EPIPE;
	if (FAULT(t->sut, RESET_READ_AS_END) ||
	    (FAULT(t->sut, ACTIVE_RESET_QUIET) && t->c.state == SUT_SYN_RECEIVED))
		error = 0;
	tcb_fail(t, error);
}

/* ---- #3: security: nothing that we have to check ---- */

/* ---- #4: SYN [RFC5961 4] ---- */

/* The SYN-ACK of the other side of a simultaneous open. */
static bool is_crossed_synack(const struct tcb *t, const struct seg *g)
{
	return t->c.state == SUT_SYN_RECEIVED && (g->flags & TCP_FLAG_ACK) &&
	       g->seq + 1 == t->rcv_nxt && seg_end(g) == t->rcv_nxt && g->ack == t->nxt;
}

static enum step step4_syn(struct tcb *t, const struct seg *g)
{
	if (!(g->flags & TCP_FLAG_SYN) || is_crossed_synack(t, g))
		return STEP_NEXT;
	count(t->sut, COUNTER_TcpExtTCPSYNChallenge);
	if (FAULT(t->sut, SYN_RESETS)) {
		tcp_reply_reset(t->sut, g);
		tcb_fail(t, SUT_ECONNRESET);
	} else if (!FAULT(t->sut, SYN_NOT_CHALLENGED)) {
		ackpol_challenge(t);
	}
	return STEP_STOP;
}

/* ---- #5: ACK ---- */

static enum step ack_of_handshake(struct tcb *t, const struct seg *g)
{
	if (t->c.state != SUT_SYN_RECEIVED)
		return STEP_NEXT;
	if ((!seq_gt(g->ack, t->iss) || seq_gt(g->ack, t->nxt)) &&
	    !FAULT(t->sut, SYNRCVD_ANY_ACK)) {
		tcp_reply_reset(t->sut, g);
		return STEP_STOP;
	}
	return STEP_NEXT;
}

static void handshake_done(struct tcb *t, const struct seg *g)
{
	uint8_t shift = g->flags & TCP_FLAG_SYN ? 0 : t->snd_wscale;

	tcb_set_state(t, SUT_ESTABLISHED);
	t->snd_wnd = FAULT(t->sut, HANDSHAKE_WINDOW_IGNORED) ? 65535 : (uint32_t)g->win << shift;
	t->max_wnd = max_u32(t->max_wnd, t->snd_wnd);
	t->wl1 = g->seq;
	if (t->fo.request)
		fast_open_acked(t);
	else
		tcp_establish(t);
	if (t->is_snd_shut && t->rtx.first && t->profile->close_waits_for_data)
		recovery_resend_all(t);
	if (t->is_snd_shut)
		tcp_finish_sending(t);
	if (g->flags & TCP_FLAG_SYN)
		t->ack_pending |= ACK_SCHED | ACK_NOW;
}

/* An orphan whose FIN was acknowledged needs no full block any more. */
static enum step orphan_half_closed(struct tcb *t, const struct seg *g)
{
	bool has_new = g->len && seq_gt(g->seq + g->len, t->rcv_nxt) &&
		       !FAULT(t->sut, UNREADABLE_TAKEN);
	int64_t wait = t->sut->sysctl.tcp_fin_timeout * NS_PER_S;

	if (t->linger2_ns)
		wait = t->linger2_ns;
	if (wait < 0 || has_new) {
		if (has_new)
			tcp_reply_reset(t->sut, g);
		count(t->sut, COUNTER_TcpExtTCPAbortOnData);
		tcb_done(t);
		return STEP_STOP;
	}
	if (g->flags & TCP_FLAG_FIN)
		return STEP_NEXT;
	wait = max_i64(wait, t->rtt.rto_ns * 7 / 2);
	tcp_time_wait(t, SUT_FIN_WAIT_2, wait);
	return STEP_STOP;
}

static enum step fin_acked(struct tcb *t, const struct seg *g)
{
	switch (t->c.state) {
	case SUT_FIN_WAIT_1:
		tcb_set_state(t, SUT_FIN_WAIT_2);
		sock_wake(t->sock, POLL_OUT | POLL_HUP);
		if (FAULT(t->sut, FIN_WAIT_2_SKIPPED)) {
			tcp_time_wait(t, SUT_TIME_WAIT, t->profile->timewait_ns);
			return STEP_STOP;
		}
		return t->is_orphan ? orphan_half_closed(t, g) : STEP_NEXT;
	case SUT_CLOSING:
		tcp_time_wait(t, SUT_TIME_WAIT, t->profile->timewait_ns);
		return STEP_STOP;
	case SUT_LAST_ACK:
		if (FAULT(t->sut, LAST_ACK_STAYS))
			break;
		tcb_done(t);
		return STEP_STOP;
	case SUT_CLOSED:
	case SUT_LISTEN:
	case SUT_SYN_SENT:
	case SUT_SYN_RECEIVED:
	case SUT_ESTABLISHED:
	case SUT_FIN_WAIT_2:
	case SUT_CLOSE_WAIT:
	case SUT_TIME_WAIT:
	case SUT_STATE_COUNT:
		break;
	}
	return STEP_NEXT;
}

static enum step step5_ack(struct tcb *t, const struct seg *g)
{
	if (!(g->flags & TCP_FLAG_ACK) && FAULT(t->sut, NO_ACK_TAKEN)) {
		if (t->c.state == SUT_SYN_RECEIVED)
			handshake_done(t, g);
		return STEP_NEXT;
	}
	if (!(g->flags & TCP_FLAG_ACK) || ack_of_handshake(t, g) == STEP_STOP)
		return STEP_STOP;
	if (FAULT(t->sut, CLOSE_WAIT_DEAF) && t->c.state == SUT_CLOSE_WAIT)
		return STEP_NEXT;
	if (tcp_ack(t, g) == ACK_BAD)
		return STEP_STOP;
	if (FAULT(t->sut, FIN_ACKED_BY_ANY) && t->is_snd_shut && !t->unsent.first)
		return fin_acked(t, g);
	if (t->c.state == SUT_SYN_RECEIVED)
		handshake_done(t, g);
	else if (t->fo.request)
		fast_open_acked(t);
	return t->is_snd_shut && t->una == t->write_seq && !t->unsent.first ? fin_acked(t, g)
									    : STEP_NEXT;
}

/* ---- a source route, of whoever has shown by the numbers to be the peer ---- */

static enum step step5_route(struct tcb *t, const struct seg *g)
{
	if (t->is_passive)
		ip_options_learn(t->sut, &t->so.ip_options, g->back);
	return STEP_NEXT;
}

/* ---- #6: URG [RFC6093] ---- */

static void urgent_mark(struct tcb *t, uint32_t at)
{
	if (seq_gt(t->copied_seq, at) || seq_gt(t->rcv_nxt, at))
		return;
	if (t->has_urg && (!seq_gt(at, t->urg_seq) || FAULT(t->sut, URGENT_ONCE)))
		return;
	if (t->has_urg)
		tcp_skip_urgent(t);
	t->has_urg = true;
	t->urg_valid = t->urg_read = false;
	t->urg_seq = at;
}

static enum step step6_urgent(struct tcb *t, const struct seg *g)
{
	uint32_t at;

	if (((g->flags & TCP_FLAG_URG) && !FAULT(t->sut, URGENT_IGNORED)) ||
	    (g->urg && FAULT(t->sut, URGENT_WITHOUT_FLAG))) {
		at = g->seq + g->urg + FAULT(t->sut, URGENT_MARK_HIGH);
		urgent_mark(t, g->urg && !t->sut->sysctl.tcp_stdurg ? at - 1 : at);
	}
	if ((g->flags & TCP_FLAG_URG) && t->is_fin_seen && FAULT(t->sut, URGENT_AFTER_FIN)) {
		t->urg_read = false;
		t->has_urg = t->urg_valid = true;
		sock_wake(t->sock, POLL_PRI);
	}
	if (!t->has_urg || t->urg_valid || t->urg_read)
		return STEP_NEXT;
	if (t->urg_seq - g->seq < g->len) {
		t->urg_byte = g->data[t->urg_seq - g->seq -
				      (FAULT(t->sut, URGENT_BYTE_WRONG) && t->urg_seq != g->seq)];
		t->urg_valid = true;
		sock_wake(t->sock, POLL_PRI);
	}
	return STEP_NEXT;
}

/* ---- #7 and #8: text and FIN ---- */

/* Nobody can read this any more: the peer must know. [RFC1122 4.2.2.13] */
static bool is_for_nobody(const struct tcb *t, const struct seg *g)
{
	if (FAULT(t->sut, HALF_CLOSE_RESETS) && g->len)
		return true;
	if (FAULT(t->sut, UNREADABLE_TAKEN))
		return false;
	return t->is_rcv_shut && g->len && seq_gt(g->seq + g->len, t->rcv_nxt);
}

static enum step text_unless_closed(struct tcb *t, const struct seg *g)
{
	if (is_for_nobody(t, g)) {
		count(t->sut, COUNTER_TcpExtTCPAbortOnData);
		tcp_reply_reset(t->sut, g);
		tcp_reset_received(t);
		return STEP_STOP;
	}
	tcp_data_step(t, g);
	return t->c.state == SUT_CLOSED ? STEP_STOP : STEP_NEXT;
}

static enum step step7_text(struct tcb *t, const struct seg *g)
{
	switch (t->c.state) {
	case SUT_CLOSE_WAIT:
	case SUT_CLOSING:
	case SUT_LAST_ACK:
	case SUT_TIME_WAIT:
		/* Beyond the FIN there is nothing; below it, perhaps something again. */
		if (!seq_lt(g->seq, t->rcv_nxt) && !FAULT(t->sut, TEXT_AFTER_FIN_TAKEN))
			return STEP_NEXT;
		return text_unless_closed(t, g);
	case SUT_FIN_WAIT_1:
	case SUT_FIN_WAIT_2:
		return text_unless_closed(t, g);
	case SUT_ESTABLISHED:
		tcp_data_step(t, g);
		return STEP_NEXT;
	case SUT_CLOSED:
	case SUT_LISTEN:
	case SUT_SYN_SENT:
	case SUT_SYN_RECEIVED:
	case SUT_STATE_COUNT:
		break;
	}
	return STEP_STOP;
}

/* ---- afterwards: what may leave now ---- */

static enum step step9_send(struct tcb *t, const struct seg *g)
{
	tcp_push_pending(t);
	if (FAULT(t->sut, ACK_OF_ACK) && g->seq == seg_end(g) && t->c.state != SUT_CLOSED)
		tcp_send_ack(t);
	ackpol_after_segment(t);
	return STEP_NEXT;
}

static seg_step *const synchronized[] = {
	step0_shape, step0_paws, step1_sequence, step2_reset, step4_syn, step5_ack, step5_route,
	step6_urgent, step7_text, step9_send,
};

static void run_steps(struct tcb *t, const struct seg *g, size_t from)
{
	for (size_t i = from; i < ARRAY_LEN(synchronized); i++) {
		if (synchronized[i](t, g) == STEP_STOP)
			return;
	}
}

void tcp_synchronized_input(struct tcb *t, const struct seg *g)
{
	run_steps(t, g, 0);
}

void tcp_text_input(struct tcb *t, const struct seg *g)
{
	size_t sixth = 0;

	while (synchronized[sixth] != step6_urgent)
		sixth++;
	run_steps(t, g, sixth);
}

/* ---- entry ---- */

uint32_t tcp_seg_count(const struct seg *g)
{
	return g->gso_bytes && g->len > g->gso_bytes
		       ? (g->len + g->gso_bytes - 1) / g->gso_bytes : 1;
}

void tcp_count_arrival(struct tcb *t, const struct seg *g)
{
	if (FAULT(t->sut, TOS_OF_PEER)) {
		t->so.tos = g->tos & 0xfc;
		t->so.tclass = g->tos & 0xfc;
	}
	t->segs_in += tcp_seg_count(g);
	if (g->len)
		t->data_segs_in += tcp_seg_count(g);
}

static void tcb_input(struct tcb *t, const struct seg *g)
{
	struct seg bare = *g;

	if (t->c.state == SUT_SYN_RECEIVED && FAULT(t->sut, HANDSHAKE_DATA_LOST)) {
		bare.len = 0;
		bare.flags &= (uint16_t)~TCP_FLAG_FIN;
		g = &bare;
	}
	tcp_count_arrival(t, g);
	if (FAULT(t->sut, RECEIVED_ROUTE_WINS))
		ip_options_learn(t->sut, &t->so.ip_options, g->back);
	if (t->c.state == SUT_SYN_SENT)
		tcp_syn_sent_input(t, g);
	else
		tcp_synchronized_input(t, g);
	arrival_note(t, g);
	tcb_reap(t);
}

/* Signed for a connection that has no key: nobody can tell who sent it. [RFC2385 2] */
static bool is_signed_without_key(struct sut *s, const struct seg *g)
{
	if (g->opts.has_md5)
		count(s, COUNTER_TcpExtTCPMD5Unexpected);
	return g->opts.has_md5;
}

void tcp_input(struct sut *s, const struct ip_in *p)
{
	struct tcb *listener;
	struct conn *c;
	struct seg g;

	if (!tcp_seg_decode(s, p, &g))
		return;
	if (!ip_is_unicast(s, &p->dst)) {
		if (!FAULT(s, SYN_TO_ALL_ANSWERED))
			return;
		g.dst.addr = ip_first_address(s, p->dst.family);
	}
	c = conn_find(s, &g.dst, &g.src);
	if (!c) {
		listener = tcp_find_listener(s, &g.dst);
		if (!listener && !FAULT(s, CLOSED_SILENT))
			tcp_reply_reset(s, &g);
		else if (listener && !is_signed_without_key(s, &g))
			tcp_listen_input(listener, &g, 0);
		return;
	}
	if (c->kind != CONN_TIMEWAIT && is_signed_without_key(s, &g))
		return;
	switch (c->kind) {
	case CONN_TCB:
		tcb_input((struct tcb *)c, &g);
		break;
	case CONN_REQUEST:
		tcp_request_input(s, (struct request *)c, &g);
		break;
	case CONN_TIMEWAIT:
		tcp_timewait_input(s, (struct timewait *)c, &g);
		break;
	}
}
