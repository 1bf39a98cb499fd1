/* SPDX-License-Identifier: BSD-2-Clause */
#include "tcp_ecn.h"

/* SYN-SENT [RFC9293 3.10.7.3] and what every way into ESTABLISHED shares. */

static void no_rtt_sample(struct tcb *t)
{
	uint32_t us = (uint32_t)(t->profile->rto_fallback_ns / NS_PER_US);

	t->rtt.mdev_us = t->rtt.mdev_max_us = t->rtt.rttvar_us = us;
	t->rtt.rto_ns = min_i64(t->profile->rto_fallback_ns, t->rto_max_ns);
	if (FAULT(t->sut, SYN_LOSS_FORGOTTEN))
		t->rtt.rto_ns = t->profile->rto_initial_ns;
}

static void rcv_mss_initial(struct tcb *t)
{
	uint32_t m = min_u32(min_u32(t->advmss, t->mss_cache), t->rcv_wnd / 2);

	t->rcv_mss = max_u32(min_u32(m, t->profile->initial_rcv_mss), LEAST_RCV_MSS);
}

void tcp_establish(struct tcb *t)
{
	t->was_connected = true;
	t->pushed_seq = t->write_seq;
	tcp_mss_sync(t);
	/* What a segment can hold beside the timestamps. [RFC6691 3.1] */
	if (t->ts_ok)
		t->advmss -= 12;
	rcv_mss_initial(t);
	tcp_window_established(t);
	if (!t->rtt.srtt8_us)
		no_rtt_sample(t);
	t->cwnd = t->total_retrans > 1 ? t->profile->loss_cwnd : cc_initial_window(t);
	if (FAULT(t->sut, INITIAL_WINDOW_HUGE))
		t->cwnd = 100;
	if (FAULT(t->sut, SYN_LOSS_FULL_WINDOW))
		t->cwnd = cc_initial_window(t);
	if (FAULT(t->sut, SYN_LOSS_ONE_SEGMENT) && t->total_retrans)
		t->cwnd = 1;
	t->cwnd_stamp_ns = t->sut->now_ns;
	t->cwnd_usage_seq = t->nxt;
	cc_flight_begins(t);
	t->ca_state = CA_OPEN;
	t->retransmits = 0;
	t->backoff = 0;
	t->retrans_start_ns = 0;
	t->last_recv_ns = t->last_send_ns = t->last_ack_recv_ns = t->sut->now_ns;
	t->delivered_ns = t->sut->now_ns;
	t->ip_id = (uint16_t)rng_next(t->sut);
	tcp_sndbuf_expand(t);
	cc_init(t);
	if (t->packets_out)
		timer_rearm_rto(t);
	else
		timer_stop(t, TIMER_RTX);
	timer_keepalive(t);
	if (t->rtt.srtt8_us)
		pacing_update(t);
	sock_wake(t->sock, POLL_OUT | POLL_WRNORM);
}

/* Options that count only in a SYN. */
static void take_options(struct tcb *t, const struct seg *g)
{
	const struct sysctl_values *v = &t->sut->sysctl;
	const struct tcp_opts *o = &g->opts;

	t->wscale_ok = o->has_wscale && v->tcp_window_scaling;
	t->snd_wscale = t->wscale_ok ? o->wscale : 0;
	if (!t->wscale_ok && !FAULT(t->sut, WSCALE_ONE_SIDED)) {
		t->rcv_wscale = 0;
		t->window_clamp = min_i64(t->window_clamp, 65535);
	}
	t->ts_ok = (o->has_ts || FAULT(t->sut, TS_ONE_SIDED)) && v->tcp_timestamps;
	t->sack_ok = o->has_sackok && v->tcp_sack;
	t->mss_clamp = o->has_mss && o->mss ? o->mss : t->profile->default_peer_mss;
	if (FAULT(t->sut, MSS_IGNORED) || (FAULT(t->sut, DEFAULT_MSS_WRONG) && !o->has_mss))
		t->mss_clamp = 65535;
	if (FAULT(t->sut, WSCALE_IGNORED))
		t->snd_wscale = 0;
	if (t->user_mss)
		t->mss_clamp = min_u32(t->mss_clamp, t->user_mss);
	if (t->ts_ok) {
		t->ts_recent = o->tsval;
		t->ts_recent_ns = max_i64(t->sut->now_ns, 1);
	}
}

static void take_syn(struct tcb *t, const struct seg *g)
{
	t->irs = g->seq;
	t->rcv_nxt = t->wup = t->copied_seq = g->seq + 1;
	t->rcv_right = t->rcv_nxt + t->rcv_wnd;
	t->dup_ack_seq = t->rcv_nxt;
	t->urg_seq = t->rcv_nxt;
	t->wl1 = g->seq;
	take_options(t, g);
}

/* Not an answer to any SYN of this attempt. */
static bool is_bad_echo(const struct tcb *t, const struct seg *g)
{
	const struct tcp_opts *o = &g->opts;
	uint32_t now = tcp_ts_clock(t->sut, t->ts_offset);
	uint32_t first;

	if (!o->has_ts || !o->tsecr || !t->sut->sysctl.tcp_timestamps || !t->rtx.first)
		return false;
	first = (uint32_t)(uint64_t)(t->syn_sent_ns / NS_PER_MS) + t->ts_offset;
	return seq_lt(o->tsecr, first) || seq_gt(o->tsecr, now);
}

/* Its text and its FIN, as of any segment of an open connection. */
static void take_rest(struct tcb *t, const struct seg *g)
{
	struct seg rest = *g;

	rest.seq++;
	rest.flags &= (uint16_t)~TCP_FLAG_SYN;
	t->ack_pending |= ACK_SCHED | ACK_NOW;
	tcp_text_input(t, &rest);
}

/* Where nothing came yet, the number expected is the one that a closed peer's reset has: none.
 * [RFC9293 3.10.7.1] */
static bool is_reset_good(const struct tcb *t, const struct seg *g)
{
	return !t->profile->checks_syn_sent_reset || !g->seq || FAULT(t->sut, SYNSENT_RST_ANY_NUMBER);
}

/* Of a SYN-ACK, where it is not left to be sent again. */
static bool takes_data(const struct tcb *t)
{
	return t->profile->takes_synack_data || t->fo.has_option || t->fo.has_data;
}

static void answered(struct tcb *t, const struct seg *g)
{
	take_syn(t, g);
	ecn_answered(t, g);
	if (FAULT(t->sut, SYNACK_DATA_LOST))
		t->rcv_nxt = t->wup = t->copied_seq = t->rcv_nxt + g->len;
	tcp_ack(t, g);
	t->snd_wnd = g->win;
	if (FAULT(t->sut, WSCALE_ON_SYN))
		t->snd_wnd <<= t->snd_wscale;
	t->max_wnd = t->snd_wnd;
	tcb_set_state(t, SUT_ESTABLISHED);
	tcp_establish(t);
	if (fast_open_answered(t, g))
		return;
	if (takes_data(t) && (g->len || (g->flags & TCP_FLAG_FIN))) {
		take_rest(t, g);
		return;
	}
	if (t->pingpong || t->defer_accept || t->fo.is_more_coming) {
		/* Data will soon carry it. */
		ackpol_enter_quick(t, t->profile->max_quick_acks);
		t->ack_pending |= ACK_SCHED | ACK_TIMER;
		timer_set(t, TIMER_DELACK, t->sut->now_ns + t->profile->delack_max_ns);
		return;
	}
	tcp_send_ack(t);
}

/* Both sides opened at once. */
static void crossed(struct tcb *t, const struct seg *g)
{
	take_syn(t, g);
	ecn_crossed(t, g);
	t->snd_wnd = t->max_wnd = g->win;
	if (FAULT(t->sut, CROSSED_SYN_NEW_NUMBER))
		t->rtx.first->seq += 1000;
	tcp_mss_sync(t);
	rcv_mss_initial(t);
	tcb_set_state(t, SUT_SYN_RECEIVED);
	tcp_send_syn(t);
}

static void bad_ack(struct tcb *t, const struct seg *g)
{
	/* A stale connection of the peer: the reset clears it, so try again soon. */
	if (!t->retransmits && !(g->flags & TCP_FLAG_RST))
		timer_rtx(t, RTX_RTO, t->profile->fast_syn_retry_ns);
	if (FAULT(t->sut, SYNSENT_BAD_ACK_SILENT))
		return;
	tcp_reply_reset(t->sut, g);
}

void tcp_syn_sent_input(struct tcb *t, const struct seg *g)
{
	if (g->flags & TCP_FLAG_ACK) {
		if ((seq_le(g->ack, t->iss) || seq_gt(g->ack, t->nxt)) &&
		    !FAULT(t->sut, SYNSENT_ANY_ACK)) {
			bad_ack(t, g);
		} else if (is_bad_echo(t, g)) {
			count(t->sut, COUNTER_TcpExtPAWSActive);
			tcp_reply_reset(t->sut, g);
		} else if (g->flags & TCP_FLAG_RST) {
			if (is_reset_good(t, g))
				tcp_reset_received(t);
		} else if ((g->flags & TCP_FLAG_SYN) || FAULT(t->sut, SYNSENT_BARE_ACK_TAKEN)) {
			answered(t, g);
		}
		return;
	}
	if ((g->flags & TCP_FLAG_RST) && FAULT(t->sut, BARE_RST_REFUSES))
		tcp_reset_received(t);
	else if (!(g->flags & TCP_FLAG_RST) && (g->flags & TCP_FLAG_SYN) &&
		 !FAULT(t->sut, CROSSED_SYN_IGNORED))
		crossed(t, g);
}
