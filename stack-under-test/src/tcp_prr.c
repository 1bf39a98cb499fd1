/* SPDX-License-Identifier: BSD-2-Clause */
#include "tcp_impl.h"

/* The window during a reduction: in proportion to what is delivered. [RFC6937 3] */

void prr_start(struct tcb *t)
{
	t->prr_delivered = 0;
	t->prr_out = 0;
}

void prr_on_ack(struct tcb *t, uint32_t delivered, bool has_una_moved, uint32_t newly_lost)
{
	uint32_t out = tcp_in_flight(t);
	int64_t delta = (int64_t)t->ssthresh - out;
	int64_t snd;

	if (!delivered || !t->prior_cwnd)
		return;
	t->prr_delivered += delivered;
	if (delta < 0) {
		snd = ((int64_t)t->ssthresh * t->prr_delivered + t->prior_cwnd - 1) /
		      t->prior_cwnd - t->prr_out;
	} else {
		snd = max_i64((int64_t)t->prr_delivered - t->prr_out, delivered);
		if (has_una_moved && !newly_lost && !FAULT(t->sut, RECOVERY_JUST_REPLACES))
			snd++;
		snd = FAULT(t->sut, RECOVERY_FILLS_UP) ? delta : min_i64(delta, snd);
	}
	if (!t->sack_ok && !has_una_moved && t->prr_out)
		snd -= FAULT(t->sut, NO_INFLATION) ? snd : FAULT(t->sut, INFLATED_BY_ONE) ? 2 : 0;
	snd = max_i64(snd, t->prr_out ? 0 : 1);
	if (FAULT(t->sut, RECOVERY_STALLS))
		snd = t->prr_out ? 0 : 1;
	if (FAULT(t->sut, RECOVERY_BURSTS) && has_una_moved)
		snd = t->prior_cwnd;
	t->cwnd = out + (uint32_t)snd;
}
