/* SPDX-License-Identifier: BSD-2-Clause */
#include "tcp_impl.h"

/*
 * CUBIC [RFC9438] with HyStart, in the fixed-point form whose results Linux shows: beta 717/1024,
 * C 410/1024, time in units of 1/1024 s.
 */
#define BETA 717
#define BETA_SCALE 1024
#define C_SCALED 410
#define CUBE_FACTOR (UINT64_C(1) << 40)
#define HYSTART_MIN_CWND 16
#define HYSTART_MIN_SAMPLES 8

static void hystart_round(struct tcb *t)
{
	struct cubic *c = &t->cc_state.cubic;

	c->round_start_ns = t->sut->now_ns;
	c->last_ack_ns = t->sut->now_ns;
	c->round_end_seq = t->nxt;
	c->round_rtt_us = UINT32_MAX;
	c->samples = 0;
}

static void cubic_reset(struct tcb *t)
{
	struct cubic *c = &t->cc_state.cubic;

	*c = (struct cubic){ 0 };
	hystart_round(t);
}

static uint32_t cubic_ssthresh(struct tcb *t)
{
	struct cubic *c = &t->cc_state.cubic;

	c->epoch_start_ns = 0;
	/* Fast convergence: leave room for newcomers. [RFC9438 4.7] */
	if (t->cwnd < c->last_max_cwnd && !FAULT(t->sut, NO_FAST_CONVERGENCE))
		c->last_max_cwnd = (uint32_t)((uint64_t)t->cwnd * (BETA_SCALE + BETA) /
					      (2 * BETA_SCALE));
	else
		c->last_max_cwnd = t->cwnd;
	return max_u32((uint32_t)((uint64_t)t->cwnd * BETA / BETA_SCALE), 2);
}

static uint32_t cube_root(uint64_t x)
{
	uint64_t low = 0, high = UINT64_C(2642245);

	while (low < high) {
		uint64_t mid = (low + high + 1) / 2;

		if (mid * mid * mid <= x)
			low = mid;
		else
			high = mid - 1;
	}
	return (uint32_t)low;
}

static void epoch_begin(struct tcb *t, uint32_t acked)
{
	struct cubic *c = &t->cc_state.cubic;

	c->epoch_start_ns = t->sut->now_ns ? t->sut->now_ns : 1;
	c->ack_cnt = acked;
	c->tcp_cwnd = t->cwnd;
	if (c->last_max_cwnd <= t->cwnd) {
		c->k_1024 = 0;
		c->origin_cwnd = t->cwnd;
	} else {
		c->k_1024 = cube_root(CUBE_FACTOR / C_SCALED * (c->last_max_cwnd - t->cwnd));
		c->origin_cwnd = c->last_max_cwnd;
	}
}

/* The window the cubic curve asks for one round trip from now. */
static uint32_t cubic_target(const struct tcb *t)
{
	const struct cubic *c = &t->cc_state.cubic;
	int64_t ms = (t->sut->now_ns - c->epoch_start_ns) / NS_PER_MS + c->delay_min_us / 1000;
	int64_t offs = max_i64(ms, 0) * 1024 / 1000 - c->k_1024;
	uint64_t d = (uint64_t)(offs < 0 ? -offs : offs);
	uint32_t delta;

	/* Beyond this the window is of no interest any more, but the product must not wrap. */
	if (d > 1 << 18)
		d = 1 << 18;
	delta = (uint32_t)((C_SCALED * d * d * d) >> 40);
	if (offs < 0)
		return c->origin_cwnd > delta ? c->origin_cwnd - delta : 0;
	return c->origin_cwnd + delta;
}

/* At least as fast as Reno would be. [RFC9438 4.3] */
static void friendliness(struct tcb *t)
{
	struct cubic *c = &t->cc_state.cubic;
	uint32_t step = max_u32((t->cwnd * 15) >> 3, 1);

	while (c->ack_cnt > step) {
		c->ack_cnt -= step;
		c->tcp_cwnd++;
	}
	if (c->tcp_cwnd > t->cwnd)
		c->cnt = min_u32(c->cnt, t->cwnd / (c->tcp_cwnd - t->cwnd));
}

static void cubic_update(struct tcb *t, uint32_t acked)
{
	struct cubic *c = &t->cc_state.cubic;
	int64_t now = t->sut->now_ns;
	uint32_t target;

	c->ack_cnt += acked;
	if (c->last_cwnd == t->cwnd && now - c->last_time_ns <= 31 * NS_PER_MS)
		return;
	if (!c->epoch_start_ns || now / NS_PER_MS != c->last_time_ns / NS_PER_MS) {
		c->last_cwnd = t->cwnd;
		c->last_time_ns = now;
		if (!c->epoch_start_ns)
			epoch_begin(t, acked);
		target = cubic_target(t);
		c->cnt = target > t->cwnd ? t->cwnd / (target - t->cwnd) : 100 * t->cwnd;
		if (!c->last_max_cwnd)
			c->cnt = min_u32(c->cnt, 20);
	}
	friendliness(t);
	c->cnt = max_u32(c->cnt, 2);
}

static void cubic_avoid(struct tcb *t, uint32_t acked)
{
	if (t->cwnd < t->ssthresh) {
		acked = cc_slow_start(t, acked);
		if (!acked)
			return;
	}
	cubic_update(t, acked);
	cc_avoid(t, t->cc_state.cubic.cnt, acked);
}

/* ---- HyStart: leave slow start before the queue overflows ---- */

static int64_t ack_slack_ns(const struct tcb *t)
{
	uint64_t rate = t->pacing_rate;
	uint64_t ns;

	if (!rate)
		return 0;
	ns = UINT64_C(4) * 65536 * 1000000000 / rate;
	return (int64_t)(ns < 1000000 ? ns : 1000000);
}

static bool train_is_long(struct tcb *t)
{
	struct cubic *c = &t->cc_state.cubic;
	int64_t now = t->sut->now_ns;

	if (now - c->last_ack_ns > 2 * NS_PER_MS)
		return false;
	c->last_ack_ns = now;
	return now - c->round_start_ns >
	       ((int64_t)c->delay_min_us * NS_PER_US + ack_slack_ns(t)) / 2;
}

static bool delay_has_grown(struct cubic *c, uint32_t rtt_us)
{
	uint32_t margin = min_u32(max_u32(c->delay_min_us / 8, 4000), 16000);

	c->round_rtt_us = min_u32(c->round_rtt_us, rtt_us);
	if (c->samples < HYSTART_MIN_SAMPLES) {
		c->samples++;
		return false;
	}
	return c->round_rtt_us > c->delay_min_us + margin;
}

static void hystart(struct tcb *t, uint32_t rtt_us)
{
	struct cubic *c = &t->cc_state.cubic;
	bool is_train, is_delay;

	if (seq_gt(t->una, c->round_end_seq))
		hystart_round(t);
	is_train = train_is_long(t);
	is_delay = delay_has_grown(c, rtt_us);
	if (!is_train && !is_delay)
		return;
	c->has_found = true;
	t->ssthresh = t->cwnd;
}

static void cubic_rtt(struct tcb *t, uint32_t rtt_us)
{
	struct cubic *c = &t->cc_state.cubic;

	if (c->epoch_start_ns && t->sut->now_ns - c->epoch_start_ns < NS_PER_S)
		return;
	if (!c->delay_min_us || c->delay_min_us > rtt_us)
		c->delay_min_us = max_u32(rtt_us, 1);
	if (!c->has_found && t->cwnd < t->ssthresh && t->cwnd >= HYSTART_MIN_CWND &&
	    !FAULT(t->sut, HYSTART_OFF))
		hystart(t, rtt_us);
}

/* The curve does not run on while nobody sends. */
static void cubic_restart(struct tcb *t)
{
	struct cubic *c = &t->cc_state.cubic;
	int64_t idle = t->sut->now_ns - t->last_send_ns;

	if (c->epoch_start_ns && idle > 0)
		c->epoch_start_ns = min_i64(c->epoch_start_ns + idle, t->sut->now_ns);
}

const struct cc_ops cc_cubic = {
	.name = "cubic", .init = cubic_reset, .ssthresh = cubic_ssthresh, .avoid = cubic_avoid,
	.rtt = cubic_rtt, .loss = cubic_reset, .restart = cubic_restart,
};
