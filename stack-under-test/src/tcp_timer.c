/* SPDX-License-Identifier: BSD-2-Clause */
#include "tcp_impl.h"

/*
 * Timers are deadlines in the block. TIMER_RTX serves four purposes, of which one is pending at a
 * time: retransmission [RFC6298], loss probe [RFC8985 7], reordering, window probe [RFC9293 3.8.6.1].
 */

static void deadline_update(struct tcb *t)
{
	int64_t first = NEVER_NS;

	for (int i = 0; i < TIMER_COUNT; i++)
		first = min_i64(first, t->timer[i]);
	conn_deadline(t->sut, &t->c, first);
}

void timer_set(struct tcb *t, enum tcp_timer which, int64_t at_ns)
{
	t->timer[which] = at_ns;
	deadline_update(t);
}

void timer_stop(struct tcb *t, enum tcp_timer which)
{
	if (which == TIMER_RTX)
		t->rtx_kind = RTX_NONE;
	if (t->timer[which] != NEVER_NS)
		timer_set(t, which, NEVER_NS);
}

void timer_stop_all(struct tcb *t)
{
	for (int i = 0; i < TIMER_COUNT; i++)
		t->timer[i] = NEVER_NS;
	t->rtx_kind = RTX_NONE;
	deadline_update(t);
}

void timer_rtx(struct tcb *t, enum rtx_kind kind, int64_t delay_ns)
{
	t->rtx_kind = kind;
	timer_set(t, TIMER_RTX, t->sut->now_ns + max_i64(delay_ns, 0));
}

static int64_t since_head_sent(const struct tcb *t)
{
	return t->rtx.first ? t->sut->now_ns - t->rtx.first->sent_ns : 0;
}

void timer_rearm_rto(struct tcb *t)
{
	int64_t rto = t->rtt.rto_ns;

	/* It is the SYN-ACK's as long as that is not acknowledged. */
	if (t->fo.request)
		return;
	if (!t->packets_out) {
		if (!FAULT(t->sut, TIMER_NOT_STOPPED))
			timer_stop(t, TIMER_RTX);
		return;
	}
	/* These two started from an earlier moment than now. */
	if (t->rtx_kind == RTX_TLP || t->rtx_kind == RTX_REO)
		rto = max_i64(rto - since_head_sent(t), NS_PER_MS);
	timer_rtx(t, RTX_RTO, rto);
}

bool timer_schedule_tlp(struct tcb *t, bool is_on_ack)
{
	int64_t early = t->sut->sysctl.tcp_early_retrans;
	int64_t pto = NS_PER_S, rto_left;

	if ((early != 3 && early != 4) || !t->packets_out || FAULT(t->sut, NO_LOSS_PROBE) ||
	    (!t->sack_ok && !FAULT(t->sut, LOSS_PROBE_WITHOUT_SACK)) ||
	    (t->ca_state != CA_OPEN && t->ca_state != CA_CWR) || !tcb_is_synchronized(t) ||
	    t->fo.request)
		return false;
	if (t->rtt.srtt8_us || FAULT(t->sut, LOSS_PROBE_HASTY)) {
		pto = (int64_t)(t->rtt.srtt8_us >> (FAULT(t->sut, LOSS_PROBE_EARLY) ? 3 : 2)) * NS_PER_US;
		pto += t->packets_out == 1 && !FAULT(t->sut, LOSS_PROBE_ACK_NOT_DELAYED) ?
			       t->rto_min_ns : 2 * NS_PER_MS;
		pto = ceil_ms(pto);
	}
	rto_left = t->rtt.rto_ns - (is_on_ack ? 0 : since_head_sent(t));
	if (rto_left > 0 && !FAULT(t->sut, LOSS_PROBE_AFTER_TIMEOUT))
		pto = min_i64(pto, rto_left);
	timer_rtx(t, RTX_TLP, pto);
	return true;
}

/* ---- giving up; linux-tcp 7.4 ---- */

/* The time that @n doublings of a fixed first timeout would take. */
static int64_t modelled_ns(const struct tcb *t, int64_t n)
{
	int64_t sum = 0, rto = t->profile->retries_model_rto_ns;

	for (int64_t i = 0; i <= n; i++) {
		sum += min_i64(rto, t->rto_max_ns);
		if (rto < t->rto_max_ns)
			rto *= 2;
	}
	return sum;
}

static void give_up(struct tcb *t)
{
	count(t->sut, COUNTER_TcpExtTCPAbortOnTimeout);
	tcb_fail(t, t->soft_error ? t->soft_error : SUT_ETIMEDOUT);
}

static int64_t orphan_retries(const struct tcb *t)
{
	bool is_alive = t->rtt.rto_ns < t->rto_max_ns;
	int64_t n = t->sut->sysctl.tcp_orphan_retries;

	if (t->soft_error && !is_alive)
		return 0;
	return !n && is_alive ? t->profile->orphan_retries : n;
}

static bool handshake_is_over(const struct tcb *t)
{
	return t->c.state != SUT_SYN_SENT && t->c.state != SUT_SYN_RECEIVED;
}

static uint32_t syn_retry_limit(const struct tcb *t)
{
	const struct sysctl_values *v = &t->sut->sysctl;
	int64_t n = t->syn_cnt;

	if (!n)
		n = t->c.state == SUT_SYN_SENT ? v->tcp_syn_retries : v->tcp_synack_retries;
	if (t->c.state == SUT_SYN_SENT)
		n += v->tcp_syn_linear_timeouts;
	return (uint32_t)n;
}

static bool is_out_of_time(const struct tcb *t)
{
	int64_t limit;

	if (FAULT(t->sut, GIVES_UP_EARLY) && t->retransmits >= 2)
		return true;
	if (FAULT(t->sut, NEVER_GIVES_UP))
		return false;
	if (!handshake_is_over(t)) {
		if (t->user_timeout_ns && t->retrans_start_ns && !FAULT(t->sut, USER_TIMEOUT_IGNORED) &&
		    t->sut->now_ns - t->retrans_start_ns >= t->user_timeout_ns)
			return true;
		return t->retransmits >= syn_retry_limit(t);
	}
	if (!t->retransmits || !t->retrans_start_ns)
		return false;
	limit = FAULT(t->sut, USER_TIMEOUT_IGNORED) ? 0 : t->user_timeout_ns;
	if (!limit)
		limit = modelled_ns(t, t->is_orphan ? orphan_retries(t)
						    : t->sut->sysctl.tcp_retries2);
	return t->sut->now_ns - t->retrans_start_ns >= limit;
}

static int64_t clamp_to_user_timeout(const struct tcb *t, int64_t wait, int64_t start_ns)
{
	int64_t left;

	if (!t->user_timeout_ns || !start_ns || FAULT(t->sut, USER_TIMEOUT_IGNORED))
		return wait;
	left = t->user_timeout_ns - (t->sut->now_ns - start_ns);
	return left <= 0 ? NS_PER_MS : min_i64(wait, left);
}

/* ---- retransmission ---- */

static int resend_head(struct tcb *t)
{
	struct elem *e = FAULT(t->sut, LAST_RESENT_FIRST) ? t->rtx.last : t->rtx.first;

	while (FAULT(t->sut, SACKED_IS_GONE) && (e->mark & MARK_SACKED)) {
		e = e->next;
		if (!e)
			return 0;
	}
	if (FAULT(t->sut, NO_RETRANSMISSION) && e->len)
		return 0;
	if ((FAULT(t->sut, SYN_NOT_RESENT) && (e->ctl & ELEM_SYN)) ||
	    (FAULT(t->sut, FIN_NOT_RESENT) && (e->ctl & ELEM_FIN)))
		return 0;
	if (e->ctl & ELEM_SYN)
		count(t->sut, COUNTER_TcpExtTCPSynRetrans);
	return recovery_retransmit_elem(t, e, 1);
}

/* The first few retransmissions of a SYN come without backing off. */
static bool is_linear(const struct tcb *t)
{
	return t->c.state == SUT_SYN_SENT &&
	       t->retransmits <= (uint32_t)t->sut->sysctl.tcp_syn_linear_timeouts;
}

static void count_rto(struct tcb *t)
{
	count(t->sut, COUNTER_TcpExtTCPTimeouts);
	if (!t->retransmits) {
		t->rto_recoveries++;
		t->rto_start_ns = t->sut->now_ns;
	}
	t->retransmits++;
	if (t->retransmits == t->profile->rtt_timeouts)
		rtt_forget(t);
	t->total_rto++;
	t->flow_label = tcp_flow_label(t->sut, &t->c, ++t->rehash);
}

static void back_off(struct tcb *t)
{
	if (!is_linear(t)) {
		t->backoff++;
		t->rtt.rto_ns = min_i64((FAULT(t->sut, NO_BACKOFF) ? 1 : 2) * t->rtt.rto_ns,
					t->rto_max_ns);
	}
	if (FAULT(t->sut, BACKOFF_ENDS_EARLY))
		t->rtt.rto_ns = min_i64(t->rtt.rto_ns, 8 * NS_PER_S);
	timer_rtx(t, RTX_RTO, clamp_to_user_timeout(t, t->rtt.rto_ns, t->retrans_start_ns));
}

/* The peer took its window back with data in flight: only its silence ends this. */
static bool is_window_shut(const struct tcb *t)
{
	return !t->snd_wnd && !t->is_orphan && handshake_is_over(t) &&
	       !FAULT(t->sut, SHRUNK_TIMES_OUT);
}

static bool rto_must_end(const struct tcb *t)
{
	if (!is_window_shut(t))
		return is_out_of_time(t);
	return t->sut->now_ns - t->last_ack_recv_ns > 2 * t->rto_max_ns ||
	       (t->user_timeout_ns && t->retrans_start_ns &&
		t->sut->now_ns - t->retrans_start_ns >= t->user_timeout_ns);
}

static void synack_expired(struct tcb *t)
{
	if (fast_open_timer(t))
		give_up(t);
	else
		count_rto(t);
}

static void rto_expired(struct tcb *t)
{
	bool is_over;

	if (t->fo.request) {
		synack_expired(t);
		return;
	}
	t->is_tlp_out = false;
	if (!t->packets_out && FAULT(t->sut, TIMER_NOT_STOPPED))
		tcp_send_probe(t);
	if (!t->packets_out)
		return;
	is_over = rto_must_end(t);
	fast_open_timed_out(t, is_over);
	if (is_over) {
		give_up(t);
		return;
	}
	recovery_enter_loss(t);
	tcp_path_timed_out(t);
	/* What a closed window does not take tells nothing about the path. */
	if (!is_window_shut(t))
		count_rto(t);
	if (t->rtx.first && resend_head(t)) {
		timer_rtx(t, RTX_RTO, min_i64(t->rtt.rto_ns, t->profile->retry_local_ns));
		return;
	}
	back_off(t);
}

void timer_rto_backed_off(struct tcb *t)
{
	int64_t rto;

	if (!t->backoff || !t->rtx.first)
		return;
	t->backoff--;
	if (t->rtt.srtt8_us)
		rtt_set_rto(t);
	else
		t->rtt.rto_ns = t->profile->rto_initial_ns;
	for (uint32_t i = 0; i < t->backoff; i++)
		t->rtt.rto_ns = min_i64(2 * t->rtt.rto_ns, t->rto_max_ns);
	rto = t->rtt.rto_ns - since_head_sent(t);
	timer_rtx(t, RTX_RTO, rto);
}

/* ---- loss probe ---- */

static void tlp_resend_last(struct tcb *t)
{
	struct elem *e = FAULT(t->sut, LOSS_PROBE_IS_FIRST) ? t->rtx.first
							    : recovery_last_segment(t);

	if (e)
		t->is_tlp_retrans = !recovery_probe_elem(t, e, 1);
}

/* Until its end is known to have been lost or not, one probe is enough. */
static bool tlp_must_wait(const struct tcb *t)
{
	if (FAULT(t->sut, LOSS_PROBE_REPEATED) ||
	    (FAULT(t->sut, LOSS_PROBE_WITHOUT_SAMPLE) && seq_ge(t->una, t->tlp_high_seq)))
		return false;
	return t->is_tlp_out;
}

static void tlp_expired(struct tcb *t)
{
	bool is_sent = false;

	/* what is left of the timeout since the head was sent */
	if (tlp_must_wait(t) || !t->packets_out) {
		timer_rearm_rto(t);
		return;
	}
	t->rtx_kind = RTX_NONE;
	t->is_tlp_retrans = false;
	if (t->unsent.first && seq_lt(t->unsent.first->seq, tcp_wnd_end(t)) &&
	    !FAULT(t->sut, LOSS_PROBE_OLD_DATA))
		is_sent = tcp_push(t, PUSH_NODELAY | PUSH_ONE | PUSH_PROBE);
	if (!is_sent)
		tlp_resend_last(t);
	if (is_sent || t->is_tlp_retrans) {
		t->is_tlp_out = true;
		t->tlp_high_seq = t->nxt;
		count(t->sut, COUNTER_TcpExtTCPLossProbes);
	}
	t->rtx_kind = RTX_NONE;
	if (FAULT(t->sut, LOSS_PROBE_WITHOUT_TIMEOUT))
		return;
	timer_rearm_rto(t);
	if (FAULT(t->sut, LOSS_PROBE_REPEATED))
		timer_schedule_tlp(t, true);
}

/* ---- window probes ---- */

static int64_t probe_wait(const struct tcb *t)
{
	int64_t wait = max_i64(t->rtt.rto_ns, t->profile->probe_min_ns);

	if (FAULT(t->sut, PROBE_EARLY))
		wait /= 8;
	if (FAULT(t->sut, PROBE_NO_BACKOFF))
		return wait;
	for (uint32_t i = 0; i < t->backoff && wait < t->rto_max_ns; i++)
		wait *= 2;
	return min_i64(wait, t->rto_max_ns);
}

/* Nothing in flight, something to send, and it could not be sent. */
void timer_probe_check(struct tcb *t)
{
	if (!FAULT(t->sut, NO_WINDOW_PROBE) && !t->packets_out && t->unsent.first &&
	    t->rtx_kind == RTX_NONE &&
	    tcb_is_synchronized(t))
		timer_rtx(t, RTX_PROBE, clamp_to_user_timeout(t, probe_wait(t),
							      t->probe_start_ns));
}

void timer_probe_acked(struct tcb *t)
{
	const struct elem *e = t->unsent.first;
	uint32_t end = seq_min(elem_end(e), e->seq + max_u32(t->mss_cache, 1));

	if (seq_le(end, tcp_wnd_end(t))) {
		t->backoff = 0;
		t->probe_start_ns = 0;
		timer_stop(t, TIMER_RTX);
	} else {
		timer_rtx(t, RTX_PROBE, probe_wait(t));
	}
}

static bool probe_must_end(const struct tcb *t)
{
	int64_t most = t->sut->sysctl.tcp_retries2;

	if (t->user_timeout_ns && t->probe_start_ns &&
	    t->sut->now_ns - t->probe_start_ns >= t->user_timeout_ns)
		return true;
	if (t->is_orphan)
		most = orphan_retries(t);
	if (FAULT(t->sut, PROBES_COUNT_AS_LOSS) && t->backoff >= 3)
		return true;
	return !t->user_timeout_ns && t->probes >= most;
}

/* The octet of a probe, which the peer has not taken so far. */
static bool is_octet_out(const struct tcb *t)
{
	return t->profile->probes_with_octet && t->packets_out == 1 && !t->snd_wnd;
}

static void probe_expired(struct tcb *t)
{
	int rc = 0;

	t->rtx_kind = RTX_NONE;
	if (t->packets_out ? !is_octet_out(t) : !t->unsent.first) {
		t->probes = 0;
		t->probe_start_ns = 0;
		timer_rearm_rto(t);
		return;
	}
	if (probe_must_end(t)) {
		give_up(t);
		return;
	}
	if (!t->probe_start_ns)
		t->probe_start_ns = max_i64(t->sut->now_ns, 1);
	if (!tcp_send_probe_data(t, &rc) && !tcp_send_probe_octet(t, &rc))
		rc = tcp_send_probe(t);
	if (t->packets_out && !is_octet_out(t)) {
		t->probes = 0;
		t->backoff = 0;
		t->probe_start_ns = 0;
		return;
	}
	t->probes++;
	if (!rc && t->backoff < (uint32_t)t->sut->sysctl.tcp_retries2)
		t->backoff++;
	timer_rtx(t, RTX_PROBE, clamp_to_user_timeout(t, rc ? t->profile->retry_local_ns
							    : probe_wait(t), t->probe_start_ns));
}

static void rtx_expired(struct tcb *t)
{
	switch (t->rtx_kind) {
	case RTX_NONE:
		break;
	case RTX_RTO:
		rto_expired(t);
		break;
	case RTX_TLP:
		tlp_expired(t);
		break;
	case RTX_REO:
		t->rtx_kind = RTX_NONE;
		recovery_reo_timer(t);
		break;
	case RTX_PROBE:
		probe_expired(t);
		break;
	}
}

/* ---- keep-alive [RFC9293 3.8.4] ---- */

static bool keepalive_must_end(const struct tcb *t, int64_t idle)
{
	if (FAULT(t->sut, KEEPALIVE_ONE_STRIKE))
		return t->keep_probes >= 1;
	if (FAULT(t->sut, KEEPALIVE_FOREVER))
		return false;
	if (t->user_timeout_ns)
		return idle >= t->user_timeout_ns && t->keep_probes;
	return t->keep_probes >= t->keep_cnt;
}

static void keepalive_expired(struct tcb *t)
{
	int64_t heard = max_i64(max_i64(t->last_recv_ns, t->last_ack_recv_ns), t->keep_start_ns);
	bool is_busy = (t->packets_out || t->unsent.first) && !FAULT(t->sut, KEEPALIVE_WHEN_BUSY);
	int64_t idle = t->sut->now_ns - heard;
	int64_t next = t->keep_idle_ns;

	if (FAULT(t->sut, KEEPALIVE_NOT_IDLE))
		idle = t->sut->now_ns - t->keep_start_ns;
	if (!is_busy) {
		if (idle < t->keep_idle_ns) {
			next = t->keep_idle_ns - idle;
		} else if (keepalive_must_end(t, idle)) {
			tcp_send_reset(t);
			give_up(t);
			return;
		} else if (tcp_send_probe(t)) {
			next = t->profile->retry_local_ns;
		} else {
			t->keep_probes++;
			t->probes = t->keep_probes;
			next = t->keep_intvl_ns;
			count(t->sut, COUNTER_TcpExtTCPKeepAlive);
		}
	}
	timer_set(t, TIMER_KEEP, t->sut->now_ns + next);
}

/* Called when the option, its times or the state change. */
void timer_keepalive(struct tcb *t)
{
	bool is_on = t->so.keepalive || FAULT(t->sut, KEEPALIVE_UNASKED);

	if (!is_on || !tcb_is_synchronized(t) || FAULT(t->sut, KEEPALIVE_NEVER)) {
		timer_stop(t, TIMER_KEEP);
		t->keep_start_ns = 0;
		return;
	}
	if (!t->keep_start_ns)
		t->keep_start_ns = max_i64(t->sut->now_ns, 1);
	timer_set(t, TIMER_KEEP, t->sut->now_ns + t->keep_idle_ns);
}

static void expire(struct tcb *t, enum tcp_timer which)
{
	switch (which) {
	case TIMER_RTX:
		rtx_expired(t);
		break;
	case TIMER_DELACK:
		ackpol_timer(t);
		break;
	case TIMER_KEEP:
		keepalive_expired(t);
		break;
	case TIMER_COMP_SACK:
		t->n_comp_sack = 0;
		tcp_send_ack(t);
		break;
	case TIMER_LINGER:
		sock_wake(t->sock, POLL_HUP);
		break;
	case TIMER_COUNT:
		break;
	}
}

void timer_expired(struct tcb *t)
{
	for (int i = 0; i < TIMER_COUNT && t->c.state != SUT_CLOSED; i++) {
		if (t->timer[i] > t->sut->now_ns)
			continue;
		timer_set(t, (enum tcp_timer)i, NEVER_NS);
		expire(t, (enum tcp_timer)i);
	}
}
