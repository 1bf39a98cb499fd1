/* SPDX-License-Identifier: BSD-2-Clause */
#include "tcp_impl.h"

void elemq_insert_after(struct elemq *q, struct elem *at, struct elem *e)
{
	e->prev = at;
	e->next = at ? at->next : q->first;
	if (e->next)
		e->next->prev = e;
	else
		q->last = e;
	if (at)
		at->next = e;
	else
		q->first = e;
}

void elemq_push(struct elemq *q, struct elem *e)
{
	elemq_insert_after(q, q->last, e);
}

void elemq_push_front(struct elemq *q, struct elem *e)
{
	elemq_insert_after(q, NULL, e);
}

void elemq_remove(struct elemq *q, struct elem *e)
{
	if (e->prev)
		e->prev->next = e->next;
	else
		q->first = e->next;
	if (e->next)
		e->next->prev = e->prev;
	else
		q->last = e->prev;
	e->prev = NULL;
	e->next = NULL;
}

struct elem *elem_new(struct tcb *t)
{
	struct elem *e = mem_zalloc(t->sut, sizeof(*e));

	if (e)
		t->wmem_queued += t->profile->cost_elem_bytes;
	return e;
}

void elem_free(struct tcb *t, struct elem *e)
{
	t->wmem_queued -= (int64_t)t->profile->cost_elem_bytes + e->len;
	mem_free(t->sut, e);
}

/* A FIN alone counts as one segment, a SYN too. */
uint32_t elem_count_segs(const struct elem *e, uint32_t mss)
{
	return e->len <= mss ? 1 : (e->len + mss - 1) / mss;
}

/* Two parts of a sent element may have more segments than the whole, when the cut is inside one. */
static void split_counts(struct tcb *t, struct elem *e, struct elem *rest)
{
	uint32_t before = e->n_segs, diff;

	e->n_segs = elem_count_segs(e, e->mss);
	rest->n_segs = elem_count_segs(rest, rest->mss);
	diff = e->n_segs + rest->n_segs - before;
	t->packets_out += diff;
	if (e->mark & MARK_SACKED)
		t->sacked_out += diff;
	if (e->mark & MARK_LOST)
		t->lost_out += diff;
	if (e->mark & MARK_RETRANS)
		t->retrans_out += diff;
}

int elem_split(struct tcb *t, struct elemq *q, struct elem *e, uint32_t len)
{
	struct elem *rest = elem_new(t);

	if (!rest)
		return SUT_ENOMEM;
	rest->seq = e->seq + len;
	rest->len = e->len - len;
	rest->ctl = e->ctl & (ELEM_FIN | ELEM_PSH | ELEM_EOR);
	rest->mark = e->mark;
	rest->mss = e->mss;
	rest->sent_ns = e->sent_ns;
	rest->tsval = e->tsval;
	rest->rate = e->rate;
	e->len = len;
	e->ctl &= ELEM_SYN;
	if (q == &t->rtx)
		split_counts(t, e, rest);
	elemq_insert_after(q, e, rest);
	return 0;
}

void elem_trim_front(struct tcb *t, struct elem *e, uint32_t n)
{
	n = min_u32(n, e->len);
	e->seq += n;
	e->len -= n;
	t->wmem_queued -= n;
}

void sendq_fill(struct tcb *t, uint32_t want)
{
	struct elem *e = t->unsent.first;

	while (e->next && e->len < want && !(e->ctl & (ELEM_EOR | ELEM_FIN))) {
		struct elem *f = e->next;
		uint32_t n = min_u32(f->len, want - e->len);

		/* A part of an element with an end of record keeps it from being filled further. */
		e->len += n;
		f->seq += n;
		f->len -= n;
		if (f->len)
			break;
		e->ctl |= f->ctl & (ELEM_PSH | ELEM_EOR | ELEM_FIN);
		elemq_remove(&t->unsent, f);
		elem_free(t, f);
	}
}

void sendq_trim_ring(struct tcb *t)
{
	const struct elem *first = t->rtx.first ? t->rtx.first : t->unsent.first;
	uint32_t keep = first ? first->seq + !!(first->ctl & ELEM_SYN) : t->write_seq;

	if (seq_gt(keep, t->ring_seq)) {
		ring_drop(&t->ring, keep - t->ring_seq);
		t->ring_seq = keep;
	}
}

static struct elem *spare_take(struct tcb *t)
{
	struct elem *e = t->spare;

	t->spare = NULL;
	if (e)
		t->wmem_queued += t->profile->cost_elem_bytes;
	return e;
}

int sendq_queue_fin(struct tcb *t)
{
	struct elem *e = t->unsent.last;

	if (!e) {
		e = elem_new(t);
		if (!e)
			e = spare_take(t);
		if (!e)
			return SUT_ENOMEM;
		e->seq = t->write_seq;
		elemq_push(&t->unsent, e);
	}
	e->ctl |= ELEM_FIN;
	t->write_seq++;
	return 0;
}

static void queue_purge(struct tcb *t, struct elemq *q)
{
	while (q->first) {
		struct elem *e = q->first;

		elemq_remove(q, e);
		elem_free(t, e);
	}
}

void sendq_purge(struct tcb *t)
{
	queue_purge(t, &t->unsent);
	queue_purge(t, &t->rtx);
	ring_fini(t->sut, &t->ring);
	t->ring_seq = t->write_seq;
	t->packets_out = t->sacked_out = t->lost_out = t->retrans_out = 0;
	t->wmem_queued = 0;
}
