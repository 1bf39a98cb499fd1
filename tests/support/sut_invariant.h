/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SUT_INVARIANT_H
#define SUT_INVARIANT_H

#include <check.h>

#include "tcp_impl.h"

/* Check's own assertions write to a pipe each time they hold: too slow for what runs at every step. */
#define sut_must(claim, ...)                                                                       \
	do {                                                                                       \
		if (!(claim))                                                                      \
			ck_abort_msg(#claim __VA_ARGS__);                                          \
	} while (0)

/* What must hold of every connection between any two calls into an instance. */

static inline void sut_check_send_queue(const struct tcb *t)
{
	uint32_t packets = 0, sacked = 0, lost = 0, retrans = 0, seq = t->una;
	int64_t wmem = 0;

	for (const struct elem *e = t->rtx.first; e; e = e->next) {
		sut_must(e == t->rtx.first || e->seq == seq, ": gap at %u", e->seq - t->iss);
		seq = elem_end(e);
		sut_must(e->n_segs, ": none at %u", e->seq - t->iss);
		packets += e->n_segs;
		sacked += e->mark & MARK_SACKED ? e->n_segs : 0;
		lost += e->mark & MARK_LOST ? e->n_segs : 0;
		retrans += e->mark & MARK_RETRANS ? e->n_segs : 0;
		wmem += t->profile->cost_elem_bytes + e->len;
	}
	sut_must(!t->rtx.first || seq == t->nxt);
	seq = t->nxt;
	for (const struct elem *e = t->unsent.first; e; e = e->next) {
		sut_must(e->seq == seq);
		seq = elem_end(e);
		wmem += t->profile->cost_elem_bytes + e->len;
	}
	sut_must(seq == t->write_seq);
	sut_must(t->packets_out == packets);
	sut_must(t->lost_out == lost);
	sut_must(t->retrans_out == retrans);
	if (t->sack_ok)
		sut_must(t->sacked_out == sacked);
	sut_must(t->sacked_out + t->lost_out <= t->packets_out);
	sut_must(t->wmem_queued == wmem);
	sut_must(t->cwnd >= 1);
	sut_must(!t->packets_out || t->rtx_kind != RTX_NONE);
}

static inline void sut_check_receive_queue(const struct tcb *t)
{
	uint32_t seq = t->rcvq.first ? t->rcvq.first->seq : t->rcv_nxt;
	int64_t rmem = 0;

	for (const struct rseg *r = t->rcvq.first; r; r = r->next) {
		sut_must(r->seq == seq);
		seq += r->len;
		rmem += r->truesize;
	}
	for (const struct rseg *r = t->ooo.first; r; r = r->next) {
		sut_must(seq_gt(r->seq, t->rcv_nxt));
		sut_must(!r->next || seq_le(r->seq + r->len, r->next->seq));
		sut_must(r->next || t->ooo.last == r);
		rmem += r->truesize;
	}
	sut_must(t->rmem_bytes == rmem);
	for (uint8_t i = 0; i < t->n_sacks; i++) {
		sut_must(seq_lt(t->sacks[i].start, t->sacks[i].end));
		sut_must(seq_gt(t->sacks[i].start, t->rcv_nxt));
	}
}

static inline void sut_check_invariants(const struct sut *s)
{
	for (const struct tcb *t = s->tcp->all; t; t = t->all_next) {
		if (t->c.state == SUT_CLOSED || t->c.state == SUT_LISTEN)
			continue;
		sut_check_send_queue(t);
		sut_check_receive_queue(t);
	}
	for (size_t i = 1; i < s->tcp->n_heap; i++)
		ck_assert_int_le(s->tcp->heap[(i - 1) / 2]->deadline_ns,
				 s->tcp->heap[i]->deadline_ns);
}

#endif
