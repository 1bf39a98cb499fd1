/* SPDX-License-Identifier: BSD-2-Clause */
#include "tcp_impl.h"

/*
 * Data beyond a hole: a queue sorted by sequence, without overlaps, plus the list of SACK blocks in
 * the order in which they were touched. [RFC2018 4] [RFC2883 4]
 */

/* Where in @g the data begins that is kept from @seq on. */
static uint32_t data_at(const struct tcb *t, const struct seg *g, uint32_t seq)
{
	if (seq == t->rcv_nxt ? FAULT(t->sut, TRIM_KEEPS_WRONG_END)
			      : FAULT(t->sut, OVERLAP_KEEPS_WRONG_END))
		return 0;
	return seq - g->seq;
}

struct rseg *rseg_new(struct tcb *t, const struct seg *g, uint32_t seq, uint32_t len)
{
	struct rseg *r = mem_alloc(t->sut, sizeof(*r) + len);

	if (!r) {
		count(t->sut, COUNTER_TcpExtTCPMemoryDrops);
		return NULL;
	}
	*r = (struct rseg){ .seq = seq, .len = len, .truesize = tcp_truesize(g->ip_bytes),
			    .slack = tcp_slack(g->ip_bytes),
			    .is_fin = (g->flags & TCP_FLAG_FIN) != 0, .is_whole = seq == g->seq,
			    .arrived_ns = t->sut->now_ns };
	/* A time that never comes stands for "not pushed yet". */
	if (FAULT(t->sut, PSH_WAITED_FOR) && !(g->flags & (TCP_FLAG_PSH | TCP_FLAG_FIN)))
		r->arrived_ns = NEVER_NS;
	if (len)
		memcpy(r->bytes, g->data + data_at(t, g, seq), len);
	t->rmem_bytes += r->truesize;
	return r;
}

void rseg_free(struct tcb *t, struct rseg *r)
{
	t->rmem_bytes -= r->truesize;
	mem_free(t->sut, r);
}

void rsegq_purge(struct tcb *t, struct rsegq *q)
{
	while (q->first) {
		struct rseg *r = q->first;

		q->first = r->next;
		rseg_free(t, r);
	}
	q->last = NULL;
}

static uint32_t rseg_end(const struct rseg *r)
{
	return r->seq + r->len + r->is_fin;
}

/* Bytes that follow on and fit into the buffer of the segment before cost nothing more. */
static void share_buffer(struct tcb *t, struct rseg *before, struct rseg *r)
{
	if (!r->is_whole || rseg_end(before) != r->seq || before->is_fin || r->len > before->slack)
		return;
	t->rmem_bytes -= r->truesize;
	r->truesize = 0;
	r->slack = before->slack - r->len;
	before->slack = 0;
}

void rsegq_push(struct tcb *t, struct rsegq *q, struct rseg *r)
{
	r->next = NULL;
	if (q->last) {
		share_buffer(t, q->last, r);
		q->last->next = r;
	} else {
		q->first = r;
	}
	q->last = r;
}

/* The first report wins, unless the next continues it. */
void reasm_dsack(struct tcb *t, uint32_t start, uint32_t end)
{
	if (!t->sack_ok || !t->sut->sysctl.tcp_dsack || !seq_lt(start, end) ||
	    FAULT(t->sut, DSACK_NOT_SENT))
		return;
	if (!t->has_dsack) {
		t->has_dsack = true;
		t->dsack = (struct sack_block){ start, end };
		count(t->sut, seq_lt(start, t->rcv_nxt) ? COUNTER_TcpExtTCPDSACKOldSent
							: COUNTER_TcpExtTCPDSACKOfoSent);
		return;
	}
	if (seq_gt(start, t->dsack.end) || seq_lt(end, t->dsack.start))
		return;
	t->dsack.start = seq_min(t->dsack.start, start);
	t->dsack.end = seq_max(t->dsack.end, end);
}

/* ---- SACK blocks ---- */

static void sack_remove(struct tcb *t, uint8_t i)
{
	t->n_sacks--;
	memmove(&t->sacks[i], &t->sacks[i + 1], (t->n_sacks - i) * sizeof(t->sacks[0]));
}

void reasm_sack_forget(struct tcb *t)
{
	t->n_sacks = 0;
}

/* The block that was touched last comes first; those it now reaches are swallowed. */
static void sack_add(struct tcb *t, uint32_t start, uint32_t end)
{
	struct sack_block b = { start, end };

	if (!t->sack_ok)
		return;
	for (uint8_t i = 0; i < t->n_sacks;) {
		if (seq_gt(t->sacks[i].start, b.end) || seq_lt(t->sacks[i].end, b.start)) {
			i++;
			continue;
		}
		b.start = seq_min(b.start, t->sacks[i].start);
		b.end = seq_max(b.end, t->sacks[i].end);
		sack_remove(t, i);
		i = 0;
	}
	if (t->n_sacks == TCP_MAX_SACKS) {
		/* The block that falls out is told once more before. linux-tcp 3.3 */
		if (t->n_comp_sack)
			tcp_send_ack(t);
		t->n_sacks--;
	}
	memmove(&t->sacks[1], &t->sacks[0], t->n_sacks * sizeof(t->sacks[0]));
	t->sacks[0] = b;
	t->n_sacks++;
}

static void sack_pass(struct tcb *t)
{
	if (!t->ooo.first) {
		t->n_sacks = 0;
		return;
	}
	for (uint8_t i = 0; i < t->n_sacks;) {
		if (seq_le(t->sacks[i].start, t->rcv_nxt) && !FAULT(t->sut, SACK_BELOW_ACK))
			sack_remove(t, i);
		else
			i++;
	}
}

/* ---- the queue ---- */

/* Where @seq belongs: the last segment that starts at or before it, NULL for the front. */
static struct rseg *predecessor(const struct tcb *t, uint32_t seq)
{
	struct rseg *prev = NULL;

	if (t->ooo.last && seq_ge(seq, t->ooo.last->seq))
		return t->ooo.last;
	for (struct rseg *r = t->ooo.first; r && seq_le(r->seq, seq); r = r->next)
		prev = r;
	return prev;
}

/* Segments that the new one covers go; a follower that it reaches keeps its rest. */
static void trim_followers(struct tcb *t, struct rseg *r)
{
	while (r->next && seq_gt(rseg_end(r), r->next->seq)) {
		struct rseg *f = r->next;

		if (seq_lt(rseg_end(r), rseg_end(f))) {
			uint32_t over = rseg_end(r) - f->seq;

			reasm_dsack(t, f->seq, rseg_end(r));
			/* A FIN in the middle of data is none. */
			over -= r->is_fin;
			r->is_fin = false;
			r->len -= over;
			return;
		}
		reasm_dsack(t, f->seq, rseg_end(f));
		r->next = f->next;
		if (t->ooo.last == f)
			t->ooo.last = r;
		rseg_free(t, f);
	}
}

static void link_after(struct tcb *t, struct rseg *prev, struct rseg *r)
{
	struct rseg **at = prev ? &prev->next : &t->ooo.first;

	r->next = *at;
	*at = r;
	if (!r->next)
		t->ooo.last = r;
}

/* A longer segment with the same start takes the place of the one that is there. */
static struct rseg *replace(struct tcb *t, struct rseg *old, const struct seg *g)
{
	struct rseg *r = rseg_new(t, g, g->seq, g->len);
	struct rseg **at = &t->ooo.first;

	if (!r)
		return NULL;
	while (*at != old)
		at = &(*at)->next;
	reasm_dsack(t, old->seq, rseg_end(old));
	r->next = old->next;
	*at = r;
	if (t->ooo.last == old)
		t->ooo.last = r;
	rseg_free(t, old);
	return r;
}

/* What @g adds behind @prev that starts with it or before. NULL: nothing, or no memory. */
static struct rseg *insert_after(struct tcb *t, struct rseg *prev, const struct seg *g)
{
	uint32_t seq = g->seq;
	struct rseg *r;

	if (FAULT(t->sut, OUT_OF_ORDER_DROPPED))
		return false;
	if (prev && seq_gt(rseg_end(prev), seq)) {
		if (seq_le(seg_end(g), rseg_end(prev))) {
			reasm_dsack(t, seq, seg_end(g));
			return NULL;
		}
		if (prev->seq == seq)
			return replace(t, prev, g);
		reasm_dsack(t, seq, rseg_end(prev));
		seq = rseg_end(prev);
		/* Data after a FIN that is queued already: nothing the stream could hold. */
		if (prev->is_fin)
			return NULL;
	}
	r = rseg_new(t, g, seq, g->len - (seq - g->seq));
	if (r && prev)
		share_buffer(t, prev, r);
	if (r)
		link_after(t, prev, r);
	return r;
}

int64_t reasm_insert(struct tcb *t, const struct seg *g)
{
	struct rseg *r = insert_after(t, predecessor(t, g->seq), g);

	if (!r)
		return -1;
	/* The trimmed follower still ends where it did: the block covers both. */
	trim_followers(t, r);
	sack_add(t, r->seq, seg_end(g));
	count(t->sut, COUNTER_TcpExtTCPOFOQueue);
	return r->truesize;
}

/* @r is in order now, perhaps with a front that is old. */
static void take_in_order(struct tcb *t, struct rseg *r)
{
	uint32_t old = t->rcv_nxt - r->seq;

	reasm_dsack(t, r->seq, t->rcv_nxt);
	r->is_whole = r->is_whole && !old;
	r->seq += old;
	r->off += old;
	r->len -= old;
	t->bytes_received += r->len + r->is_fin;
	t->rcv_nxt = rseg_end(r);
	if (r->len)
		rsegq_push(t, &t->rcvq, r);
	else
		rseg_free(t, r);
}

static void swap_with_next(struct rseg *r)
{
	struct rseg *next = r->next;

	if (!next || next->seq != r->seq + r->len || next->len != r->len)
		return;
	for (uint32_t i = 0; i < r->len; i++) {
		uint8_t byte = r->bytes[i];

		r->bytes[i] = next->bytes[i];
		next->bytes[i] = byte;
	}
}

bool reasm_advance(struct tcb *t)
{
	bool has_fin = false;

	while (t->ooo.first && !has_fin && seq_le(t->ooo.first->seq, t->rcv_nxt)) {
		struct rseg *r = t->ooo.first;

		t->ooo.first = r->next;
		if (!t->ooo.first)
			t->ooo.last = NULL;
		if (seq_le(rseg_end(r), t->rcv_nxt)) {
			reasm_dsack(t, r->seq, rseg_end(r));
			rseg_free(t, r);
			continue;
		}
		has_fin = r->is_fin;
		if (FAULT(t->sut, QUEUE_SWAPPED))
			swap_with_next(r);
		take_in_order(t, r);
	}
	sack_pass(t);
	return has_fin;
}
