/* SPDX-License-Identifier: BSD-2-Clause */
#include "tcp_impl.h"

/* Received SACK blocks onto the elements they cover. [RFC2018 5] [RFC2883 4] */

static bool block_is_plausible(const struct tcb *t, const struct sack_block *b)
{
	return seq_lt(b->start, b->end) && seq_le(b->end, t->nxt) && seq_gt(b->start, t->una);
}

/* The first block reports a duplicate when it lies below the ACK or inside the second. */
static bool first_is_dsack(const struct tcb *t, const struct ack_news *n)
{
	const struct tcp_opts *o = &n->seg->opts;
	const struct sack_block *b = &o->sack[0];

	if (!seq_lt(b->start, b->end) || seq_gt(b->end, t->nxt))
		return false;
	if (seq_lt(b->start, t->una) && t->una - b->start > t->bytes_acked + t->max_wnd)
		return false;
	if (seq_lt(b->start, n->seg->ack))
		return true;
	return o->n_sack > 1 && seq_ge(b->start, o->sack[1].start) &&
	       seq_le(b->end, o->sack[1].end);
}

static void note_dsack(struct tcb *t, struct ack_news *n)
{
	const struct sack_block *b = &n->seg->opts.sack[0];
	uint32_t segs = (b->end - b->start + t->mss_cache - 1) / max_u32(t->mss_cache, 1);

	n->has_dsack = true;
	t->dsack_dups += segs;
	count(t->sut, COUNTER_TcpExtTCPDSACKRecv);
	if (t->is_tlp_out && t->is_tlp_retrans && b->end == t->tlp_high_seq &&
	    !FAULT(t->sut, LOSS_PROBE_DSACK_IGNORED))
		t->is_tlp_out = false;
	else if (t->has_reordering)
		t->rack.has_dsack = true;
}

static void note_send_times(struct ack_news *n, const struct elem *e)
{
	if (n->first_sacked_ns < 0)
		n->first_sacked_ns = e->sent_ns;
	n->last_sacked_ns = e->sent_ns;
}

static void tag(struct tcb *t, struct ack_news *n, struct elem *e)
{
	if (e->mark & MARK_SACKED)
		return;
	if (e->mark & MARK_RETRANS) {
		/* Without LOST it stays counted as a retransmission in flight. */
		if (e->mark & MARK_LOST) {
			e->mark &= (uint8_t)~(MARK_LOST | MARK_RETRANS);
			t->lost_out -= e->n_segs;
			t->retrans_out -= e->n_segs;
		}
	} else {
		if (!(e->mark & MARK_EVER_RETRANS)) {
			if (t->sacked_out && seq_lt(e->seq, t->high_sacked))
				n->low_reord = seq_min(n->low_reord, e->seq);
			note_send_times(n, e);
		}
		if (e->mark & MARK_LOST) {
			e->mark &= (uint8_t)~MARK_LOST;
			t->lost_out -= e->n_segs;
		}
	}
	e->mark |= MARK_SACKED;
	t->sacked_out += e->n_segs;
	t->delivered += e->n_segs;
	n->sacked += e->n_segs;
	rack_advance(t, e);
	rate_on_delivered(t, n, e);
}

/* Cut @e so that it begins, or ends, at a whole segment inside the block; false: nothing fits */
static bool fit(struct tcb *t, struct elem *e, const struct sack_block *b)
{
	uint32_t mss = max_u32(e->mss, 1);
	uint32_t cut;

	if (seq_gt(b->start, e->seq)) {
		cut = (b->start - e->seq + mss - 1) / mss * mss;
		if (cut < e->len)
			elem_split(t, &t->rtx, e, cut);
		return false;
	}
	cut = (b->end - e->seq) / mss * mss;
	return cut && cut < e->len && !elem_split(t, &t->rtx, e, cut);
}

static void apply_block(struct tcb *t, struct ack_news *n, const struct sack_block *b)
{
	uint32_t high = t->high_sacked;

	for (struct elem *e = t->rtx.first; e && seq_lt(e->seq, b->end); e = e->next) {
		if (seq_le(elem_end(e), b->start) || (e->mark & MARK_SACKED))
			continue;
		if (seq_ge(e->seq, b->start) && seq_le(elem_end(e), b->end))
			tag(t, n, e);
		else if (e->n_segs > 1 && fit(t, e, b))
			tag(t, n, e);
		if (e->mark & MARK_SACKED)
			high = seq_max(high, elem_end(e));
	}
	/* Reordering is judged against what was known before this block. */
	t->high_sacked = high;
}

static void sort_blocks(struct sack_block *b, uint8_t n)
{
	for (uint8_t i = 1; i < n; i++) {
		for (uint8_t k = i; k && seq_lt(b[k].start, b[k - 1].start); k--) {
			struct sack_block x = b[k];

			b[k] = b[k - 1];
			b[k - 1] = x;
		}
	}
}

void tcp_sack_process(struct tcb *t, struct ack_news *n)
{
	const struct tcp_opts *o = &n->seg->opts;
	struct sack_block good[TCP_MAX_SACKS];
	uint8_t n_good = 0, first = 0;

	if (!o->n_sack || !t->sack_ok || FAULT(t->sut, SACK_IGNORED))
		return;
	if (!t->sacked_out)
		t->high_sacked = t->una;
	if (FAULT(t->sut, SACK_ALWAYS_NEWS) && !n->has_una_moved)
		t->cwnd++;
	if (first_is_dsack(t, n)) {
		note_dsack(t, n);
		first = seq_le(o->sack[0].end, n->seg->ack) ? 1 : 0;
	}
	for (uint8_t i = first; i < o->n_sack; i++) {
		if (block_is_plausible(t, &o->sack[i]))
			good[n_good++] = o->sack[i];
	}
	sort_blocks(good, n_good);
	for (uint8_t i = 0; i < n_good; i++)
		apply_block(t, n, &good[i]);
	if (t->ca_state != CA_LOSS)
		reordering_update(t, n->low_reord);
	n->low_reord = t->nxt;
}
