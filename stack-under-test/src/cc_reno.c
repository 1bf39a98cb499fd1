/* SPDX-License-Identifier: BSD-2-Clause */
#include "tcp_impl.h"

/* [RFC5681 3.1] in segments */

static uint32_t reno_ssthresh(struct tcb *t)
{
	return max_u32(t->cwnd / 2, 2);
}

static void reno_avoid(struct tcb *t, uint32_t acked)
{
	if (t->cwnd < t->ssthresh) {
		acked = cc_slow_start(t, acked);
		if (!acked)
			return;
	}
	cc_avoid(t, t->cwnd, acked);
}

const struct cc_ops cc_reno = {
	.name = "reno", .ssthresh = reno_ssthresh, .avoid = reno_avoid,
};
