/* SPDX-License-Identifier: BSD-2-Clause */
#include "tcp_impl.h"

/* Round-trip time and what is derived from it. [RFC6298 2], with Linux's variance; microseconds. */

void rtt_init(struct rtt *r, const struct tcb *t)
{
	*r = (struct rtt){ 0 };
	r->mdev_us = (uint32_t)(t->profile->rto_initial_ns / NS_PER_US);
	r->rto_ns = min_i64(t->profile->rto_initial_ns, t->rto_max_ns);
	for (int i = 0; i < 3; i++)
		r->min[i].us = UINT32_MAX;
}

static uint32_t rto_min_us(const struct tcb *t)
{
	return (uint32_t)(t->rto_min_ns / NS_PER_US);
}

static void first_sample(struct tcb *t, uint32_t m)
{
	struct rtt *r = &t->rtt;

	r->srtt8_us = max_u32(8 * m, 1);
	r->mdev_us = 2 * m;
	r->rttvar_us = max_u32(r->mdev_us, rto_min_us(t));
	r->mdev_max_us = r->rttvar_us;
	r->rtt_seq = t->nxt;
}

/* A smaller sample counts less: a sudden drop says nothing about delay to come. */
static void next_sample(struct tcb *t, uint32_t m)
{
	struct rtt *r = &t->rtt;
	int64_t err = (int64_t)m - (r->srtt8_us >> 3);

	r->srtt8_us = (uint32_t)max_i64(r->srtt8_us + err, 1);
	if (err < 0) {
		err = -err - (r->mdev_us >> 2);
		if (err > 0)
			err >>= 3;
	} else {
		err -= r->mdev_us >> 2;
	}
	r->mdev_us = (uint32_t)(r->mdev_us + err);
	if (r->mdev_us > r->mdev_max_us) {
		r->mdev_max_us = r->mdev_us;
		r->rttvar_us = max_u32(r->rttvar_us, r->mdev_max_us);
	}
	if (seq_gt(t->una, r->rtt_seq)) {
		if (r->mdev_max_us < r->rttvar_us)
			r->rttvar_us -= (r->rttvar_us - r->mdev_max_us) >> 2;
		r->rtt_seq = t->nxt;
		r->mdev_max_us = rto_min_us(t);
	}
}

void rtt_sample(struct tcb *t, int64_t us)
{
	uint32_t m = (uint32_t)min_i64(us, INT32_MAX / 16);

	if (t->rtt.srtt8_us && !FAULT(t->sut, RTT_NOT_SMOOTHED))
		next_sample(t, m);
	else
		first_sample(t, m);
}

void rtt_forget(struct tcb *t)
{
	t->rtt.srtt8_us = 0;
}

void rtt_set_rto(struct tcb *t)
{
	int64_t us = (int64_t)(t->rtt.srtt8_us >> 3) + t->rtt.rttvar_us;

	if (FAULT(t->sut, TIMEOUT_EARLY))
		us = (int64_t)(t->rtt.srtt8_us >> 3);
	if (FAULT(t->sut, TIMEOUT_LATE))
		us *= 20;
	if (FAULT(t->sut, VARIATION_VANISHES) && t->rtt.mdev_us < t->rtt.srtt8_us >> 6)
		us = (int64_t)(t->rtt.srtt8_us >> 3) + t->rtt.mdev_us;
	t->rtt.rto_ns = min_i64(ceil_ms(us * NS_PER_US), t->rto_max_ns);
}

/* ---- the minimum of the last minutes: the best sample, and the best since then, twice ---- */

static void min_from(struct rtt *r, int from, uint32_t us, int64_t now)
{
	for (int i = from; i < 3; i++) {
		r->min[i].us = us;
		r->min[i].at_ns = now;
	}
}

/* As the best grows old, successors are taken from later quarters of the window. */
static void min_succeed(struct rtt *r, uint32_t us, int64_t now, int64_t window)
{
	int64_t age = now - r->min[0].at_ns;

	if (age <= window) {
		if (r->min[1].at_ns == r->min[0].at_ns && age > window / 4)
			min_from(r, 1, us, now);
		else if (r->min[2].at_ns == r->min[1].at_ns && age > window / 2)
			min_from(r, 2, us, now);
		return;
	}
	for (int i = 0; i < 2 && now - r->min[0].at_ns > window; i++) {
		r->min[0] = r->min[1];
		r->min[1] = r->min[2];
		min_from(r, 2, us, now);
	}
}

void rtt_min_update(struct tcb *t, int64_t us64)
{
	int64_t now = t->sut->now_ns;
	int64_t window = t->sut->sysctl.tcp_min_rtt_wlen * NS_PER_S;
	struct rtt *r = &t->rtt;
	uint32_t us = us64 > 0 ? (uint32_t)min_i64(us64, UINT32_MAX - 1) : 1;

	if (FAULT(t->sut, LEAST_RTT_FOR_EVER))
		window = NEVER_NS;
	if (us <= r->min[0].us || now - r->min[2].at_ns > window) {
		min_from(r, 0, us, now);
		return;
	}
	if (us <= r->min[1].us)
		min_from(r, 1, us, now);
	else if (us <= r->min[2].us)
		min_from(r, 2, us, now);
	min_succeed(r, us, now, window);
}

uint32_t rtt_min_us(const struct tcb *t)
{
	return t->rtt.min[0].us;
}

/* In slow start the window may double within a round trip. */
void pacing_update(struct tcb *t)
{
	const struct sysctl_values *v = &t->sut->sysctl;
	int64_t percent = t->cwnd < t->ssthresh / 2 ? v->tcp_pacing_ss_ratio
						    : v->tcp_pacing_ca_ratio;
	uint64_t rate = (uint64_t)t->mss_cache * 80000 * (uint64_t)percent;

	rate *= max_u32(t->cwnd, t->packets_out);
	if (t->rtt.srtt8_us)
		rate /= t->rtt.srtt8_us;
	t->pacing_rate = rate < t->so.max_pacing_rate ? rate : t->so.max_pacing_rate;
}
