/* SPDX-License-Identifier: BSD-2-Clause */
#include "tcp_impl.h"

/*
 * Loss by time: what was sent sufficiently long before something that has been delivered is lost.
 * [RFC8985 6.2] Reordering is not assumed until it was seen. Each round trip that reports
 * duplicates, of which some were sent in vain perhaps, widens what is sufficient.
 */

/* bits of net.ipv4.tcp_recovery */
#define RECOVERY_STATIC_WINDOW 2
#define RECOVERY_NO_DUPTHRESH 4

#define STEPS_PERSIST 16
#define MAX_EXTRA_STEPS 254

static bool sent_after(int64_t a_ns, uint32_t a_end, int64_t b_ns, uint32_t b_end)
{
	return a_ns > b_ns || (a_ns == b_ns && seq_gt(a_end, b_end));
}

void rack_advance(struct tcb *t, const struct elem *e)
{
	int64_t rtt_us = (t->sut->now_ns - e->sent_ns) / NS_PER_US;

	/* Probably the original was delivered, not the retransmission. */
	if ((e->mark & MARK_EVER_RETRANS) && rtt_us < (int64_t)rtt_min_us(t) &&
	    !FAULT(t->sut, RACK_TAKES_EARLY_ACK))
		return;
	t->rack.rtt_us = (uint32_t)min_i64(rtt_us, UINT32_MAX);
	if (t->rack.is_valid &&
	    !sent_after(e->sent_ns, elem_end(e), t->rack.sent_ns, t->rack.end_seq))
		return;
	t->rack.is_valid = true;
	t->rack.sent_ns = e->sent_ns;
	t->rack.end_seq = elem_end(e);
}

void rack_adapt(struct tcb *t, const struct ack_news *n)
{
	if ((t->sut->sysctl.tcp_recovery & RECOVERY_STATIC_WINDOW) || !n->rate.is_valid ||
	    FAULT(t->sut, REORDERING_WAIT_FIXED))
		return;
	/* What was sent before the last step tells nothing about it. */
	if (seq_lt(n->rate.stamp.delivered, t->rack.step_delivered))
		t->rack.has_dsack = false;
	if (t->rack.has_dsack) {
		t->rack.has_dsack = false;
		t->rack.step_delivered = t->delivered;
		t->rack.persist = STEPS_PERSIST;
		if (t->rack.extra_steps < MAX_EXTRA_STEPS)
			t->rack.extra_steps++;
	} else if (!t->rack.persist) {
		t->rack.extra_steps = 0;
	}
}

void rack_recovered(struct tcb *t)
{
	if (t->rack.persist && !FAULT(t->sut, REORDERING_WAIT_STAYS))
		t->rack.persist--;
}

static uint32_t reo_wnd_us(const struct tcb *t)
{
	if (!t->has_reordering &&
	    (t->ca_state >= CA_RECOVERY ||
	     (t->sacked_out >= t->reordering &&
	      !(t->sut->sysctl.tcp_recovery & RECOVERY_NO_DUPTHRESH))))
		return 0;
	return min_u32(rtt_min_us(t) / 4 * (1u + t->rack.extra_steps), t->rtt.srtt8_us >> 3);
}

int64_t rack_detect(struct tcb *t)
{
	int64_t limit_us, wait_us = 0;

	if (!t->rack.is_valid)
		return 0;
	limit_us = (int64_t)t->rack.rtt_us + reo_wnd_us(t);
	for (struct elem *e = t->rtx.first; e; e = e->next) {
		int64_t left_us;

		if ((e->mark & MARK_SACKED) && FAULT(t->sut, FIRST_HOLE_ONLY))
			break;
		if ((e->mark & MARK_SACKED) ||
		    ((e->mark & MARK_LOST) && !(e->mark & MARK_RETRANS)))
			continue;
		if (!sent_after(t->rack.sent_ns, t->rack.end_seq, e->sent_ns, elem_end(e)))
			continue;
		left_us = limit_us - (t->sut->now_ns - e->sent_ns) / NS_PER_US;
		if (left_us <= 0)
			recovery_mark_lost(t, e);
		else
			wait_us = max_i64(wait_us, left_us);
	}
	return wait_us * NS_PER_US;
}
