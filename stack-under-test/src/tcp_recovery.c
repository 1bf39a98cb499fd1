/* SPDX-License-Identifier: BSD-2-Clause */
#include "tcp_ecn.h"

/*
 * Loss recovery [RFC5681 3.2] [RFC6582] [RFC6675]: the scoreboard's marks give the number of
 * segments in flight, the congestion state says how the window moves, and whatever is marked lost
 * is sent again as the window allows. How losses are found is a row of detectors below; how the
 * window moves during recovery is tcp_prr.c.
 */

void reordering_update(struct tcb *t, uint32_t low_seq)
{
	uint32_t high = t->sacked_out ? t->high_sacked : t->una;
	uint32_t mss = t->mss_cache;
	uint32_t metric;

	if (!mss || seq_ge(low_seq, high))
		return;
	metric = high - low_seq;
	if (metric > t->reordering * mss)
		t->reordering = min_u32((metric + mss - 1) / mss,
					(uint32_t)t->sut->sysctl.tcp_max_reordering);
	t->has_reordering = true;
	t->reord_seen++;
}

void recovery_mark_lost(struct tcb *t, struct elem *e)
{
	if (e->mark & MARK_SACKED)
		return;
	if (!(e->mark & MARK_LOST)) {
		e->mark |= MARK_LOST;
		t->lost_out += e->n_segs;
	} else if (!(e->mark & MARK_RETRANS)) {
		return;
	}
	if (e->mark & MARK_RETRANS) {
		/* The retransmission is lost, too. */
		e->mark &= (uint8_t)~MARK_RETRANS;
		t->retrans_out -= e->n_segs;
	}
}

/* ---- detectors ---- */

/* Duplicate ACKs stand for segments: never for more than are out and not lost. */
static bool limit_dupacks(struct tcb *t)
{
	uint32_t lost = min_u32(max_u32(t->lost_out, 1), t->packets_out);
	bool is_more = !t->sack_ok && t->sacked_out > t->packets_out - lost;

	if (is_more)
		t->sacked_out = t->packets_out - lost;
	return is_more;
}

/* More duplicates than segments in flight: some of them came for another reason than a loss. */
static void dupack_reordering(struct tcb *t, uint32_t acked)
{
	if (!limit_dupacks(t))
		return;
	t->reordering = min_u32(t->packets_out + acked,
				(uint32_t)t->sut->sysctl.tcp_max_reordering);
	t->reord_seen++;
}

/* As many have come as segments were out when recovery began, less those lost. */
static bool is_surplus(const struct tcb *t)
{
	uint32_t out = 0;

	if (!t->profile->limits_duplicates || t->ca_state != CA_RECOVERY ||
	    FAULT(t->sut, DUPLICATES_UNLIMITED))
		return false;
	for (const struct elem *e = t->rtx.first; e && seq_lt(e->seq, t->high_seq); e = e->next)
		out += e->n_segs;
	return t->sacked_out + t->lost_out >= out;
}

/* Without SACK every duplicate ACK stands for one segment that left the network. */
static void dupack_count(struct tcb *t)
{
	uint32_t before = t->sacked_out;

	if (is_surplus(t))
		return;
	t->sacked_out++;
	dupack_reordering(t, 0);
	t->delivered += t->sacked_out - before;
}

/* @acked > 0: one of them filled the hole, the others were counted before. */
void recovery_dupacks_acked(struct tcb *t, uint32_t acked)
{
	t->sacked_out = acked - 1 >= t->sacked_out ? 0 : t->sacked_out - (acked - 1);
	dupack_reordering(t, acked);
}

static void mark_head_segment(struct tcb *t)
{
	struct elem *e = t->rtx.first;

	if (FAULT(t->sut, ALL_RESENT)) {
		for (struct elem *x = e; x; x = x->next)
			recovery_mark_lost(t, x);
		t->sacked_out = 0;
		return;
	}
	if (!e || (e->mark & MARK_LOST))
		return;
	if (e->n_segs > 1 && elem_split(t, &t->rtx, e, e->mss))
		return;
	recovery_mark_lost(t, e);
	limit_dupacks(t);
}

static int64_t detect_newreno(struct tcb *t, const struct ack_news *n)
{
	if (t->ca_state < CA_RECOVERY) {
		if (t->sacked_out >= (FAULT(t->sut, FAST_RETRANSMIT_EAGER) ? 1 : t->reordering))
			mark_head_segment(t);
	} else if (t->ca_state == CA_RECOVERY && n && n->has_una_moved) {
		/* A partial ACK: the next hole. [RFC6582 3.2 #4] */
		mark_head_segment(t);
	}
	return 0;
}

static int64_t detect_sack(struct tcb *t, const struct ack_news *n)
{
	(void)n;
	return rack_detect(t);
}

struct detector {
	const char *name;
	bool needs_sack;
	/* ns until a timer may find more, 0: no timer; @n NULL: that timer */
	int64_t (*detect)(struct tcb *t, const struct ack_news *n);
};

static const struct detector detector_table[] = {
	{ "rack", true, detect_sack },
	{ "newreno", false, detect_newreno },
};

static void detect_losses(struct tcb *t, struct ack_news *n)
{
	uint32_t before = t->lost_out;
	int64_t wait = 0;

	if (FAULT(t->sut, NO_FAST_RETRANSMIT))
		return;
	for (size_t i = 0; i < ARRAY_LEN(detector_table); i++) {
		if (detector_table[i].needs_sack == t->sack_ok)
			wait = detector_table[i].detect(t, n);
	}
	if (n && t->lost_out > before)
		n->newly_lost = t->lost_out - before;
	if (wait)
		timer_rtx(t, RTX_REO, ceil_ms(wait + 2 * NS_PER_MS));
}

/* ---- states ---- */

static void enter_reduction(struct tcb *t, enum ca_state to)
{
	t->prior_ssthresh = t->ssthresh;
	t->high_seq = t->nxt;
	t->is_tlp_out = false;
	t->cwnd_cnt = 0;
	t->prior_cwnd = t->cwnd;
	t->ssthresh = FAULT(t->sut, NO_REDUCTION) ? t->cwnd : t->cc->ssthresh(t);
	prr_start(t);
	ecn_reduced(t);
	t->ca_state = to;
}

static void enter_recovery(struct tcb *t)
{
	t->rescue_seq = t->una + min_u32(t->rtx.first->len, t->mss_cache);
	cc_flight_lost(t);
	count(t->sut, t->sack_ok ? COUNTER_TcpExtTCPSackRecovery : COUNTER_TcpExtTCPRenoRecovery);
	if (t->ca_state < CA_CWR)
		enter_reduction(t, CA_RECOVERY);
	t->high_seq = t->nxt;
	t->ca_state = CA_RECOVERY;
}

/* Data of ours was marked: as a loss, but nothing is to be sent again. [RFC3168 6.1.2] The state is
 * held until something sent after the reduction is acknowledged, so once per window of data. */
static void echo_received(struct tcb *t)
{
	if (t->ca_state < CA_CWR || FAULT(t->sut, ECN_EACH_ECHO_REDUCES))
		enter_reduction(t, CA_CWR);
}

static void leave_reduction(struct tcb *t)
{
	if (t->ssthresh < TCP_NO_SSTHRESH)
		t->cwnd = t->ssthresh;
	t->cwnd_stamp_ns = t->sut->now_ns;
	t->ca_state = CA_OPEN;
	t->retrans_start_ns = 0;
}

static void leave_loss(struct tcb *t)
{
	t->ca_state = CA_OPEN;
	t->retrans_start_ns = 0;
	if (t->rto_start_ns) {
		t->rto_time_ns += t->sut->now_ns - t->rto_start_ns;
		t->rto_start_ns = 0;
	}
}

/* Without SACK duplicate ACKs of exactly the mark may come from segments that were sent twice: no
 * second recovery before more is acknowledged. [RFC6582 3.2 #1] */
static bool must_hold(const struct tcb *t)
{
	return !t->sack_ok && t->una == t->high_seq && !FAULT(t->sut, RECOVERY_AGAIN);
}

static void try_leave(struct tcb *t)
{
	if (seq_lt(t->una, t->high_seq) &&
	    !(FAULT(t->sut, PARTIAL_ACK_ENDS) && t->ca_state == CA_RECOVERY))
		return;
	switch (t->ca_state) {
	case CA_OPEN:
	case CA_DISORDER:
		break;
	case CA_CWR:
		if (t->una != t->high_seq)
			leave_reduction(t);
		break;
	case CA_RECOVERY:
		if (!t->sack_ok)
			t->sacked_out = 0;
		if (!must_hold(t)) {
			leave_reduction(t);
			rack_recovered(t);
		}
		break;
	case CA_LOSS:
		if (!must_hold(t))
			leave_loss(t);
		break;
	}
}

static void open_or_disorder(struct tcb *t)
{
	bool is_disorder = t->sacked_out || t->lost_out || t->retrans_out;

	if (t->ca_state > CA_DISORDER)
		return;
	t->ca_state = is_disorder ? CA_DISORDER : CA_OPEN;
	if (!is_disorder)
		t->retrans_start_ns = 0;
}

static bool is_duplicate(const struct tcb *t, const struct ack_news *n)
{
	if (FAULT(t->sut, DUPLICATE_BY_NUMBER))
		return !n->has_una_moved && !n->is_old;
	return !n->has_una_moved && !n->is_old && !n->seg->len && !n->has_window_changed &&
	       !(n->seg->flags & (TCP_FLAG_SYN | TCP_FLAG_FIN));
}

static void count_dupacks(struct tcb *t, const struct ack_news *n)
{
	if (t->sack_ok)
		return;
	if (n->has_una_moved) {
		if (t->ca_state != CA_RECOVERY)
			t->sacked_out = 0;
		return;
	}
	/* After a timeout everything is taken for lost: only new data gives duplicates a meaning. */
	if (is_duplicate(t, n) && t->packets_out &&
	    (t->ca_state != CA_LOSS || seq_gt(t->nxt, t->high_seq) ||
	     FAULT(t->sut, DUPLICATES_AFTER_TIMEOUT))) {
		dupack_count(t);
		if (FAULT(t->sut, LIMITED_TRANSMIT_GROWS))
			t->cwnd++;
		if (FAULT(t->sut, DUPLICATES_AFTER_TIMEOUT) && t->ca_state == CA_LOSS)
			recovery_retransmit_elem(t, t->rtx.first, 1);
	}
}

/* The oldest segment was SACKed and is now asked for again: the peer threw it away. */
static bool is_reneging(const struct tcb *t, const struct ack_news *n)
{
	return n->has_una_moved && t->rtx.first && (t->rtx.first->mark & MARK_SACKED) &&
	       !FAULT(t->sut, SACKED_IS_GONE);
}

void recovery_on_ack(struct tcb *t, struct ack_news *n)
{
	if (is_reneging(t, n)) {
		int64_t half = (int64_t)(t->rtt.srtt8_us >> 4) * NS_PER_US;

		/* A short time for second thoughts, then all is sent again in order. [RFC2018 8] */
		timer_rtx(t, RTX_RTO, max_i64(half, 10 * NS_PER_MS));
		n->is_reneged = true;
		return;
	}
	if (n->has_una_moved)
		try_leave(t);
	if (t->ca_state >= CA_RECOVERY && seq_ge(t->una, t->high_seq) && must_hold(t))
		return;
	count_dupacks(t, n);
	if (t->packets_out)
		detect_losses(t, n);
	if (t->ca_state < CA_RECOVERY && t->lost_out)
		enter_recovery(t);
	else if (n->is_echo)
		echo_received(t);
	open_or_disorder(t);
}

/* ---- sending again ---- */

/* Short segments behind @e may ride along up to one MSS. linux-tcp 2.9 */
static void collapse(struct tcb *t, struct elem *e, uint32_t mss)
{
	while (e->next && e->n_segs == 1 && !(e->ctl & (ELEM_SYN | ELEM_FIN | ELEM_EOR))) {
		struct elem *f = e->next;

		if (f->n_segs != 1 || (f->mark & MARK_SACKED) || e->len + f->len > mss ||
		    seq_gt(elem_end(f), tcp_wnd_end(t)))
			return;
		e->len += f->len;
		e->ctl |= f->ctl;
		t->packets_out--;
		if (f->mark & MARK_LOST)
			t->lost_out--;
		if (f->mark & MARK_RETRANS)
			t->retrans_out--;
		if (!t->sack_ok && t->sacked_out)
			t->sacked_out--;
		elemq_remove(&t->rtx, f);
		t->wmem_queued += f->len;
		elem_free(t, f);
	}
}

static uint32_t resend_bytes(const struct tcb *t, const struct elem *e, uint32_t mss,
			     uint32_t max_segs)
{
	int32_t window = seq_diff(tcp_wnd_end(t), e->seq);
	uint32_t len = mss * max_segs;

	if (window <= 0)
		return e->seq == t->una ? mss : 0;
	if (len <= (uint32_t)window)
		return len;
	len = (uint32_t)window / mss * mss;
	return len ? len : (uint32_t)window;
}

static void recount(struct tcb *t, struct elem *e, uint32_t mss)
{
	uint32_t diff = elem_count_segs(e, mss) - e->n_segs;

	e->mss = mss;
	e->n_segs += diff;
	t->packets_out += diff;
	if (e->mark & MARK_LOST)
		t->lost_out += diff;
	if (e->mark & MARK_RETRANS)
		t->retrans_out += diff;
}

static int resend_prepare(struct tcb *t, struct elem *e, uint32_t max_segs)
{
	uint32_t mss = tcp_mss_now(t);
	uint32_t len = resend_bytes(t, e, mss, max_segs);

	if (seq_gt(t->una, e->seq) && !(e->ctl & ELEM_SYN) && !FAULT(t->sut, ACKED_PART_RESENT))
		elem_trim_front(t, e, t->una - e->seq);
	if (!len && e->len)
		return SUT_EAGAIN;
	recount(t, e, mss);
	if (e->len > len)
		return elem_split(t, &t->rtx, e, len);
	if (e->n_segs == 1 && e->len < mss && t->sut->sysctl.tcp_retrans_collapse)
		collapse(t, e, mss);
	return 0;
}

int recovery_probe_elem(struct tcb *t, struct elem *e, uint32_t max_segs)
{
	int rc = resend_prepare(t, e, max_segs);

	if (rc)
		return rc;
	if (e->ctl & ELEM_SYN)
		ecn_offer_lost(t);
	rc = tcp_transmit(t, e);
	if (rc)
		return rc;
	count_n(t->sut, COUNTER_TcpRetransSegs, e->n_segs);
	t->total_retrans += e->n_segs;
	t->bytes_retrans += e->len;
	e->mark |= MARK_EVER_RETRANS;
	return 0;
}

int recovery_retransmit_elem(struct tcb *t, struct elem *e, uint32_t max_segs)
{
	int rc = recovery_probe_elem(t, e, max_segs);

	if (rc)
		return rc;
	if (!(e->mark & MARK_RETRANS))
		t->retrans_out += e->n_segs;
	e->mark |= MARK_RETRANS;
	if (!t->retrans_start_ns)
		t->retrans_start_ns = max_i64(t->sut->now_ns, 1);
	return 0;
}

struct elem *recovery_last_segment(struct tcb *t)
{
	struct elem *e = t->rtx.last;

	if (e->n_segs > 1 && elem_split(t, &t->rtx, e, (e->n_segs - 1) * max_u32(e->mss, 1)))
		return NULL;
	return t->rtx.last;
}

/* Below what was reported, something may be lost that was not sent again. */
static bool has_hole(const struct tcb *t)
{
	for (const struct elem *e = t->rtx.first; e && t->sacked_out; e = e->next) {
		if (seq_ge(e->seq, t->high_sacked))
			break;
		if (!(e->mark & (MARK_SACKED | MARK_RETRANS)))
			return true;
	}
	return false;
}

/* Nothing behind it can show whether the tail is lost, too: when the first retransmission has borne
 * fruit, and there is nothing better to send. [RFC6675 4, NextSeg (4)] */
static void rescue(struct tcb *t)
{
	struct elem *e;

	if (!t->profile->rescues_tail || t->ca_state != CA_RECOVERY || !t->sack_ok ||
	    !seq_gt(t->una, t->rescue_seq) || t->unsent.first || !t->rtx.first ||
	    t->lost_out > t->retrans_out || has_hole(t) || tcp_in_flight(t) >= t->cwnd)
		return;
	e = FAULT(t->sut, RESCUE_OF_FIRST) ? t->rtx.first : recovery_last_segment(t);
	if (!e || (e->mark & MARK_SACKED) || recovery_probe_elem(t, e, 1))
		return;
	t->rescue_seq = t->high_seq;
	t->prr_out++;
}

/* Lost and not sent again yet, lowest first, as far as the window allows. */
void recovery_retransmit(struct tcb *t)
{
	uint32_t max_segs = tcp_max_super_segs(t, tcp_mss_now(t));
	bool needs_timer = false;

	/* What went with a SYN waits until the connection is open. */
	if (t->c.state == SUT_SYN_SENT)
		return;
	for (struct elem *e = t->rtx.first; e && t->lost_out > t->retrans_out; e = e->next) {
		uint32_t out = tcp_in_flight(t);

		if (out >= t->cwnd && !FAULT(t->sut, ALL_RESENT))
			break;
		if (!(e->mark & MARK_LOST) || (e->mark & (MARK_SACKED | MARK_RETRANS)))
			continue;
		if (recovery_retransmit_elem(t, e, min_u32(t->cwnd > out ? t->cwnd - out : 1,
							   max_segs)))
			break;
		if (t->ca_state == CA_CWR || t->ca_state == CA_RECOVERY)
			t->prr_out += e->n_segs;
		if (t->ca_state != CA_LOSS)
			count_n(t->sut, COUNTER_TcpExtTCPFastRetrans, e->n_segs);
		else
			count_n(t->sut, COUNTER_TcpExtTCPSlowStartRetrans, e->n_segs);
		needs_timer = needs_timer || e == t->rtx.first;
	}
	if (needs_timer && t->rtx_kind != RTX_REO && !FAULT(t->sut, RECOVERY_WITHOUT_TIMER))
		timer_rearm_rto(t);
	rescue(t);
}

/* ---- timers ---- */

void recovery_reo_timer(struct tcb *t)
{
	uint32_t before = t->lost_out;

	detect_losses(t, NULL);
	if (t->lost_out > before) {
		if (t->ca_state < CA_RECOVERY) {
			enter_recovery(t);
			prr_on_ack(t, 1, false, 0);
		}
		recovery_retransmit(t);
	}
	if (t->rtx_kind == RTX_NONE && !FAULT(t->sut, RECOVERY_WITHOUT_TIMER))
		timer_rearm_rto(t);
}

static bool was_sent_lately(const struct tcb *t, const struct elem *e)
{
	return t->sack_ok && t->rack.is_valid && e != t->rtx.first &&
	       t->sut->now_ns - e->sent_ns < (int64_t)t->rack.rtt_us * NS_PER_US;
}

static void mark_all_lost(struct tcb *t)
{
	bool is_renege = t->rtx.first && (t->rtx.first->mark & MARK_SACKED) &&
			 !FAULT(t->sut, SACKED_IS_GONE);
	bool forgets = is_renege ||
		       (t->profile->timeout_forgets_sack && !FAULT(t->sut, SACKED_IS_GONE));

	if (!t->sack_ok)
		t->sacked_out = 0;
	if (is_renege)
		count(t->sut, COUNTER_TcpExtTCPSACKReneging);
	for (struct elem *e = t->rtx.first; e; e = e->next) {
		if (forgets && (e->mark & MARK_SACKED)) {
			e->mark &= (uint8_t)~MARK_SACKED;
			t->sacked_out -= e->n_segs;
		}
		if (forgets || !was_sent_lately(t, e))
			recovery_mark_lost(t, e);
	}
}

/* [RFC5681 3.1 (4)], once per window of data */
void recovery_enter_loss(struct tcb *t)
{
	bool is_new = t->ca_state <= CA_DISORDER || seq_ge(t->una, t->high_seq) ||
		      (t->ca_state == CA_LOSS && !t->retransmits) ||
		      FAULT(t->sut, THRESHOLD_EACH_TIMEOUT);

	if (t->ca_state <= CA_DISORDER && t->sacked_out >= t->reordering)
		t->reordering = min_u32(t->reordering, (uint32_t)t->sut->sysctl.tcp_reordering);
	mark_all_lost(t);
	cc_flight_lost(t);
	if (is_new) {
		t->prior_ssthresh = t->ssthresh;
		t->prior_cwnd = t->cwnd;
		t->ssthresh = t->cc->ssthresh(t);
		if (t->cc->loss)
			t->cc->loss(t);
	}
	if (!FAULT(t->sut, LOSS_WINDOW_IGNORED))
		t->cwnd = tcp_in_flight(t) + 1;
	t->cwnd_cnt = 0;
	t->cwnd_stamp_ns = t->sut->now_ns;
	t->ca_state = CA_LOSS;
	t->high_seq = t->nxt;
	t->is_tlp_out = false;
	ecn_reduced(t);
}

/* What was marked lost, but not for congestion, is sent again. */
static void resend_marked(struct tcb *t)
{
	if (t->ca_state != CA_LOSS) {
		t->high_seq = t->nxt;
		t->ssthresh = max_u32(t->ssthresh, (t->cwnd >> 1) + (t->cwnd >> 2));
		t->ca_state = CA_LOSS;
	}
	recovery_retransmit(t);
}

void recovery_octet_refused(struct tcb *t)
{
	recovery_mark_lost(t, t->rtx.first);
	resend_marked(t);
}

void recovery_resend_all(struct tcb *t)
{
	for (struct elem *e = t->rtx.first; e; e = e->next)
		recovery_mark_lost(t, e);
	resend_marked(t);
}

/* Segments larger than a path that got narrower are lost for sure; no fault of congestion. */
void recovery_pmtu_lost(struct tcb *t)
{
	for (struct elem *e = t->rtx.first; e; e = e->next) {
		if (e->len && min_u32(e->len, e->mss) > t->mss_cache)
			recovery_mark_lost(t, e);
	}
	limit_dupacks(t);
	if (!t->lost_out)
		return;
	if (FAULT(t->sut, PATH_MTU_IS_CONGESTION))
		t->cwnd = max_u32(t->cwnd / 2, 1);
	resend_marked(t);
}
