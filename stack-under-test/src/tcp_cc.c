/* SPDX-License-Identifier: BSD-2-Clause */
#include "tcp_impl.h"

/* What every congestion control shares. [RFC5681 3.1] A module is a file and a row here. */

static const struct cc_ops *const cc_table[] = { &cc_cubic, &cc_reno };

const struct cc_ops *cc_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(cc_table); i++) {
		if (!strcmp(cc_table[i]->name, name))
			return cc_table[i];
	}
	return NULL;
}

void cc_init(struct tcb *t)
{
	const struct cc_ops *cc = cc_find(t->sut->sysctl.tcp_congestion_control);

	if (!t->cc)
		t->cc = cc ? cc : &cc_reno;
	memset(&t->cc_state, 0, sizeof(t->cc_state));
	if (t->cc->init)
		t->cc->init(t);
}

uint32_t cc_slow_start(struct tcb *t, uint32_t acked)
{
	uint32_t to = min_u32(t->cwnd + acked, t->ssthresh);

	acked -= to - t->cwnd;
	t->cwnd = to;
	return acked;
}

void cc_avoid(struct tcb *t, uint32_t w, uint32_t acked)
{
	w = max_u32(w, 1);
	if (t->cwnd_cnt >= w) {
		t->cwnd_cnt = 0;
		t->cwnd++;
	}
	t->cwnd_cnt += acked;
	if (t->cwnd_cnt >= w) {
		uint32_t grow = t->cwnd_cnt / w;

		t->cwnd_cnt -= grow * w;
		t->cwnd += grow;
	}
}

bool cc_is_limited(const struct tcb *t)
{
	if (t->is_cwnd_limited || FAULT(t->sut, UNUSED_WINDOW_GROWS))
		return true;
	return t->cwnd < t->ssthresh && t->cwnd < 2 * t->max_packets_out;
}

static uint32_t whole_segs(const struct tcb *t, uint32_t most, uint32_t bytes)
{
	return bytes ? min_u32(most, max_u32(bytes / max_u32(t->mss_cache, 1), 2)) : most;
}

uint32_t cc_initial_window(const struct tcb *t)
{
	return whole_segs(t, t->profile->initial_cwnd, t->profile->initial_window_bytes);
}

/* That of [RFC3390 1] has four segments at most. */
static uint32_t restart_window(const struct tcb *t)
{
	uint32_t segs = cc_initial_window(t);

	if (t->flight.has_loss && t->profile->fallback_window_bytes)
		segs = min_u32(segs, whole_segs(t, 4, t->profile->fallback_window_bytes));
	return min_u32(segs, t->cwnd);
}

void cc_flight_begins(struct tcb *t)
{
	t->flight.end_seq = t->nxt + t->cwnd * t->mss_cache;
	t->flight.start_seq = t->nxt;
}

/* [RFC6928 2]: short transfers are not held to it. */
enum { LEAST_FLIGHT_BYTES = 4096 };

void cc_flight_lost(struct tcb *t)
{
	if (seq_lt(t->una, t->flight.end_seq) && seq_ge(t->una, t->flight.start_seq) &&
	    t->nxt - t->flight.start_seq > LEAST_FLIGHT_BYTES)
		t->flight.has_loss = true;
}

static uint32_t safe_ssthresh(const struct tcb *t)
{
	return max_u32(t->ssthresh, (t->cwnd >> 1) + (t->cwnd >> 2));
}

/* Not used for a whole timeout: half way back to what was used. [RFC7661, earlier RFC2861] */
static void app_limited_decay(struct tcb *t)
{
	uint32_t used = max_u32(t->cwnd_used, cc_initial_window(t));

	if (t->ca_state == CA_OPEN && t->sock && !t->is_nospace && used < t->cwnd) {
		t->ssthresh = safe_ssthresh(t);
		t->cwnd = (t->cwnd + used) / 2;
	}
	t->cwnd_used = 0;
	t->cwnd_stamp_ns = t->sut->now_ns;
}

void cc_validate(struct tcb *t, bool is_limited)
{
	int64_t now = t->sut->now_ns;

	if (seq_ge(t->una, t->cwnd_usage_seq) || is_limited ||
	    (!t->is_cwnd_limited && t->packets_out > t->max_packets_out)) {
		t->is_cwnd_limited = is_limited;
		t->max_packets_out = t->packets_out;
		t->cwnd_usage_seq = t->nxt;
	}
	if (cc_is_limited(t)) {
		t->cwnd_used = 0;
		t->cwnd_stamp_ns = now;
		return;
	}
	t->cwnd_used = max_u32(t->cwnd_used, t->packets_out);
	if (t->sut->sysctl.tcp_slow_start_after_idle &&
	    now - t->cwnd_stamp_ns >= t->rtt.rto_ns)
		app_limited_decay(t);
	if (!t->unsent.first && t->is_nospace)
		chrono_set(t, CHRONO_SNDBUF);
}

/* [RFC5681 4.1], at once or by half per timeout */
void cc_idle_check(struct tcb *t)
{
	int64_t idle = t->sut->now_ns - t->last_send_ns;
	uint32_t least = restart_window(t);

	if (!t->sut->sysctl.tcp_slow_start_after_idle || t->packets_out ||
	    FAULT(t->sut, NO_IDLE_RESTART) || idle <= t->rtt.rto_ns)
		return;
	t->ssthresh = safe_ssthresh(t);
	while ((idle -= t->rtt.rto_ns) > 0 && t->cwnd > least)
		t->cwnd >>= 1;
	t->cwnd = t->profile->restarts_at_once ? least : max_u32(t->cwnd, least);
	t->cwnd_stamp_ns = t->sut->now_ns;
	t->cwnd_used = 0;
	cc_flight_begins(t);
}
