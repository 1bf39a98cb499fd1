/* SPDX-License-Identifier: BSD-2-Clause */
#include "tcp_ecn.h"

/* The ACK field of a segment on a synchronized connection. [RFC9293 3.10.7.4 #5] */

static void news_init(struct ack_news *n, const struct tcb *t, const struct seg *g)
{
	*n = (struct ack_news){
		.seg = g, .prior_una = t->una,
		.prior_high = t->sacked_out ? t->high_sacked : t->una, .prior_in_flight = tcp_in_flight(t),
		.prior_delivered = t->delivered, .low_reord = t->nxt, .first_acked_ns = -1,
		.last_acked_ns = -1, .first_sacked_ns = -1, .last_sacked_ns = -1,
		.is_old = seq_lt(g->ack, t->una),
		.has_una_moved = seq_gt(g->ack, t->una),
	};
}

/* ---- the window [RFC9293 3.10.7.4 #5: WL1, WL2] ---- */

static void window_update(struct tcb *t, const struct seg *g, struct ack_news *n)
{
	uint32_t wnd = g->win;

	if (FAULT(t->sut, WINDOW_UPDATE_IGNORED) && !n->has_una_moved)
		return;
	if (FAULT(t->sut, WSCALE_LATE_TAKEN) && g->opts.has_wscale && !(g->flags & TCP_FLAG_SYN))
		t->snd_wscale = g->opts.wscale;
	if (!(g->flags & TCP_FLAG_SYN))
		wnd <<= t->snd_wscale;
	if (!n->has_una_moved && !seq_gt(g->seq, t->wl1) &&
	    !(g->seq == t->wl1 && (wnd > t->snd_wnd || !wnd)) && !FAULT(t->sut, OLD_WINDOW_TAKEN))
		return;
	t->wl1 = g->seq;
	/* Even with the same value: an ACK of newer data of the peer is no duplicate. */
	n->has_window_changed = true;
	if (wnd == t->snd_wnd)
		return;
	t->snd_wnd = wnd;
	if (t->unsent.first)
		cc_idle_check(t);
	if (wnd > t->max_wnd) {
		t->max_wnd = wnd;
		tcp_mss_sync(t);
	}
}

/* ---- what it acknowledges ---- */

static void uncount(struct tcb *t, struct ack_news *n, struct elem *e, uint32_t segs)
{
	tcp_path_acked(t, e);
	if ((e->mark & MARK_EVER_RETRANS) && FAULT(t->sut, KARN_IGNORED))
		n->first_acked_ns = n->last_acked_ns = e->sent_ns;
	if (e->mark & MARK_EVER_RETRANS) {
		n->has_retrans_acked = !FAULT(t->sut, KARN_IGNORED);
		if (e->mark & MARK_RETRANS)
			t->retrans_out -= segs;
	} else if (!(e->mark & MARK_SACKED)) {
		n->last_acked_ns = e->sent_ns;
		if (n->first_acked_ns < 0)
			n->first_acked_ns = e->sent_ns;
		n->low_reord = seq_min(n->low_reord, e->seq);
	}
	if (e->mark & MARK_SACKED) {
		t->sacked_out -= segs;
	} else if (t->sack_ok || (e->ctl & ELEM_SYN)) {
		t->delivered += segs;
		rack_advance(t, e);
	}
	if (e->mark & MARK_LOST)
		t->lost_out -= segs;
	t->packets_out -= segs;
	n->acked += segs;
	if (e->ctl & ELEM_SYN)
		n->has_syn_acked = true;
	else
		n->has_data_acked = true;
	rate_on_delivered(t, n, e);
}

/* Whole segments off the front of a super-segment. */
static void ack_partly(struct tcb *t, struct ack_news *n, struct elem *e)
{
	uint32_t before = e->n_segs, after;
	uint32_t bytes = t->una - e->seq;

	if (e->n_segs < 2 || seq_le(t->una, e->seq))
		return;
	/* A FIN that is left alone is a segment too. */
	after = max_u32((e->len - bytes + e->mss - 1) / e->mss,
			FAULT(t->sut, FIN_ALONE_FORGOTTEN) ? 0 : 1);
	if (after >= before)
		return;
	uncount(t, n, e, before - after);
	elem_trim_front(t, e, bytes);
	e->n_segs = after;
}

static void clean_queue(struct tcb *t, struct ack_news *n)
{
	while (t->rtx.first) {
		struct elem *e = t->rtx.first;

		if (seq_lt(t->una, elem_end(e))) {
			ack_partly(t, n, e);
			break;
		}
		uncount(t, n, e, e->n_segs);
		elemq_remove(&t->rtx, e);
		elem_free(t, e);
	}
	if (!t->sack_ok && n->acked) {
		uint32_t before = t->sacked_out;

		/* What duplicate ACKs announced was delivered then. */
		if (!n->has_syn_acked)
			t->delivered += max_u32(n->acked > before ? n->acked - before : 0, 1);
		recovery_dupacks_acked(t, n->acked);
	}
	if (seq_lt(n->low_reord, n->prior_high) && t->sack_ok)
		reordering_update(t, n->low_reord);
	sendq_trim_ring(t);
	if (t->is_urgent && seq_ge(t->una, t->snd_up))
		t->is_urgent = false;
}

/* ---- time [RFC6298 3] [RFC7323 4] ---- */

static int64_t since_us(const struct tcb *t, int64_t then_ns)
{
	return then_ns < 0 ? -1 : (t->sut->now_ns - then_ns) / NS_PER_US;
}

static int64_t timestamp_rtt_us(const struct tcb *t, const struct ack_news *n)
{
	const struct tcp_opts *o = &n->seg->opts;
	int32_t ms;

	if (!t->ts_ok || !o->has_ts || !o->tsecr ||
	    (!n->acked && !FAULT(t->sut, RTT_OF_DUPLICATES)))
		return -1;
	ms = seq_diff(tcp_ts_clock(t->sut, t->ts_offset), o->tsecr);
	if (ms < 0 || ms > INT32_MAX / 1000)
		return -1;
	return max_i64(ms, 1) * 1000;
}

static bool take_rtt(struct tcb *t, struct ack_news *n)
{
	int64_t rtt = -1, latest = -1;

	if (!n->has_retrans_acked) {
		rtt = since_us(t, n->first_acked_ns);
		latest = since_us(t, n->last_acked_ns);
	}
	if (rtt < 0)
		rtt = since_us(t, n->first_sacked_ns);
	if (n->last_sacked_ns >= 0)
		latest = since_us(t, n->last_sacked_ns);
	if (rtt < 0)
		rtt = latest = timestamp_rtt_us(t, n);
	if (latest >= 0) {
		rtt_min_update(t, latest);
		if (t->cc->rtt)
			t->cc->rtt(t, (uint32_t)min_i64(max_i64(latest, 1), UINT32_MAX));
	}
	if (rtt < 0)
		return false;
	if (FAULT(t->sut, BACKOFF_STAYS) && t->backoff)
		return true;
	if (FAULT(t->sut, RTT_ONLY_ONCE) && t->rtt.srtt8_us)
		return true;
	rtt_sample(t, rtt);
	rtt_set_rto(t);
	t->backoff = 0;
	return true;
}

/* ---- the loss probe's answer [RFC8985 7.4] ---- */

static void tlp_answered(struct tcb *t, struct ack_news *n)
{
	if (!t->is_tlp_out || seq_lt(n->seg->ack, t->tlp_high_seq))
		return;
	if (!t->is_tlp_retrans) {
		t->is_tlp_out = false;
	} else if (n->has_dsack) {
		t->is_tlp_out = FAULT(t->sut, LOSS_PROBE_DSACK_IGNORED);
	} else if (seq_gt(n->seg->ack, t->tlp_high_seq)) {
		t->is_tlp_out = false;
		if (FAULT(t->sut, LOSS_PROBE_REPAIR_FREE))
			return;
		/* The probe repaired a loss: once less window. */
		t->prior_cwnd = t->cwnd;
		t->ssthresh = t->cc->ssthresh(t);
		t->cwnd = t->ssthresh;
		ecn_reduced(t);
		t->cwnd_stamp_ns = t->sut->now_ns;
	} else if (!n->has_data_acked && !n->sacked && !n->seg->len && !n->has_window_changed) {
		t->is_tlp_out = FAULT(t->sut, LOSS_PROBE_DUPLICATE_IGNORED);
	}
}

/* ---- afterwards ---- */

static void congestion_step(struct tcb *t, struct ack_news *n)
{
	uint32_t delivered = t->delivered - n->prior_delivered;
	bool is_in_order = n->has_data_acked || (n->sacked && t->has_reordering &&
			   t->reordering > (uint32_t)t->sut->sysctl.tcp_reordering);

	if (FAULT(t->sut, SLOW_START_PER_ACK) && n->has_una_moved && t->cwnd < t->ssthresh)
		t->cwnd++;
	if (t->ca_state == CA_CWR || t->ca_state == CA_RECOVERY) {
		if (!n->is_old)
			prr_on_ack(t, delivered, n->has_una_moved, n->newly_lost);
	} else if (FAULT(t->sut, CWND_FROZEN)) {
		return;
	} else if (FAULT(t->sut, SLOW_START_FOREVER)) {
		t->cwnd += delivered;
	} else if (is_in_order && delivered && cc_is_limited(t)) {
		t->cc->avoid(t, delivered);
		t->cwnd_stamp_ns = t->sut->now_ns;
	}
	pacing_update(t);
}

static void memory_freed(struct tcb *t)
{
	if (!t->is_nospace)
		return;
	if (tcp_in_flight(t) < t->cwnd)
		tcp_sndbuf_expand(t);
	if (!tcp_is_writable(t))
		return;
	t->is_nospace = false;
	if (t->chrono == CHRONO_SNDBUF)
		chrono_set(t, CHRONO_BUSY);
	sock_wake(t->sock, POLL_OUT | POLL_WRNORM);
}

static void queue_step(struct tcb *t, struct ack_news *n, uint32_t had_sacked)
{
	bool has_rtt;

	clean_queue(t, n);
	has_rtt = take_rtt(t, n);
	tlp_answered(t, n);
	if ((n->acked || (has_rtt && n->sacked)) &&
	    !(FAULT(t->sut, TIMER_NOT_RESTARTED) && t->packets_out))
		timer_rearm_rto(t);
	rack_adapt(t, n);
	if (t->ca_state != CA_OPEN || n->sacked || had_sacked || !n->has_una_moved ||
	    t->sacked_out || n->is_echo)
		recovery_on_ack(t, n);
	if (n->is_echo) {
		t->delivered_ce += t->delivered - n->prior_delivered;
		count_n(t->sut, COUNTER_TcpExtTCPDeliveredCE, t->delivered - n->prior_delivered);
	}
	rate_generate(t, n);
	congestion_step(t, n);
	if (!n->is_reneged)
		recovery_retransmit(t);
	if (n->acked && t->rtx_kind == RTX_RTO)
		timer_schedule_tlp(t, true);
}

static void ack_taken(struct tcb *t, struct ack_news *n)
{
	t->soft_error = 0;
	t->probes = 0;
	t->probe_start_ns = 0;
	t->last_ack_recv_ns = t->sut->now_ns;
	t->keep_probes = 0;
	if (n->has_una_moved) {
		t->bytes_acked += n->seg->ack - t->una;
		t->una = n->seg->ack;
		t->retransmits = 0;
	}
}

/* An old ACK may still tell what arrived out of order. */
static enum ack_verdict old_ack(struct tcb *t, struct ack_news *n)
{
	uint64_t acked = t->bytes_acked;
	uint32_t reach = t->max_wnd < acked ? t->max_wnd : (uint32_t)acked;

	if (seq_lt(n->seg->ack, t->una - reach) && !FAULT(t->sut, OLD_ACK_TAKEN)) {
		ackpol_challenge(t);
		return ACK_BAD;
	}
	if (FAULT(t->sut, OLD_ACK_ANSWERED))
		tcp_send_probe(t);
	if (FAULT(t->sut, OLD_ACK_WINDOW_TAKEN))
		t->snd_wnd = (uint32_t)n->seg->win << t->snd_wscale;
	if (n->seg->opts.n_sack && t->packets_out) {
		tcp_sack_process(t, n);
		recovery_on_ack(t, n);
		recovery_retransmit(t);
	}
	return ACK_OLD;
}

/* [RFC7323 4.3]: only from segments that are in order as far as we have acknowledged */
static void timestamp_store(struct tcb *t, const struct seg *g)
{
	if (!t->ts_ok || !g->opts.has_ts ||
	    (seq_gt(g->seq, t->wup) && !FAULT(t->sut, TS_ECHOES_LATEST)))
		return;
	if (t->ts_recent_ns && seq_lt(g->opts.tsval, t->ts_recent) &&
	    t->sut->now_ns - t->ts_recent_ns < t->profile->paws_idle_ns)
		return;
	t->ts_recent = g->opts.tsval;
	t->ts_recent_ns = max_i64(t->sut->now_ns, 1);
}

enum ack_verdict tcp_ack(struct tcb *t, const struct seg *g)
{
	struct ack_news n;
	bool had_packets = t->packets_out != 0;
	uint32_t had_sacked = t->sacked_out;

	news_init(&n, t, g);
	if (n.is_old)
		return old_ack(t, &n);
	if (seq_gt(g->ack, t->nxt)) {
		if (FAULT(t->sut, FUTURE_ACK_TAKEN))
			return ACK_OLD;
		if (!FAULT(t->sut, FUTURE_ACK_SILENT))
			ackpol_challenge(t);
		return ACK_BAD;
	}
	timestamp_store(t, g);
	window_update(t, g, &n);
	ecn_cwr_received(t, g);
	n.is_echo = ecn_is_echo(t, g);
	ack_taken(t, &n);
	tcp_sack_process(t, &n);
	if (had_packets) {
		queue_step(t, &n, had_sacked);
	} else {
		/* The probe's own ACK comes when everything was acknowledged before it. */
		tlp_answered(t, &n);
		if (t->unsent.first)
			timer_probe_acked(t);
	}
	if (t->rtx_kind == RTX_PROBE && t->packets_out && t->snd_wnd)
		recovery_octet_refused(t);
	if (n.acked)
		memory_freed(t);
	if (t->una == t->write_seq)
		chrono_set(t, CHRONO_IDLE);
	rate_check_app_limited(t);
	return ACK_GOOD;
}
