/* SPDX-License-Identifier: BSD-2-Clause */
#include "tcp_impl.h"

/* Delivery rate samples and the stopwatches of what limited sending: for TCP_INFO. */

void rate_on_sent(struct tcb *t, struct elem *e)
{
	if (!t->packets_out || !t->delivered_ns) {
		t->first_sent_ns = t->sut->now_ns;
		t->delivered_ns = t->sut->now_ns;
	}
	e->rate.first_sent_ns = t->first_sent_ns;
	e->rate.delivered_ns = t->delivered_ns;
	e->rate.delivered = t->delivered;
	e->rate.is_app_limited = t->app_limited != 0;
}

/* The segment sent last, of those this ACK delivers, makes the sample. */
void rate_on_delivered(struct tcb *t, struct ack_news *n, const struct elem *e)
{
	uint32_t end = elem_end(e);

	if (n->rate.is_valid && (e->sent_ns < n->rate.sent_ns ||
				 (e->sent_ns == n->rate.sent_ns && seq_le(end, n->rate.end_seq))))
		return;
	n->rate.is_valid = true;
	n->rate.stamp = e->rate;
	n->rate.end_seq = end;
	n->rate.sent_ns = e->sent_ns;
	n->rate.is_retrans = (e->mark & MARK_EVER_RETRANS) != 0;
	t->first_sent_ns = e->sent_ns;
}

void rate_generate(struct tcb *t, struct ack_news *n)
{
	int64_t now = t->sut->now_ns;
	int64_t interval, send_ns;
	uint32_t delivered;

	if (t->app_limited && seq_gt(t->delivered, t->app_limited))
		t->app_limited = 0;
	if (t->delivered != n->prior_delivered)
		t->delivered_ns = now;
	if (!n->rate.is_valid)
		return;
	send_ns = n->rate.sent_ns - n->rate.stamp.first_sent_ns;
	interval = max_i64(send_ns, now - n->rate.stamp.delivered_ns) / NS_PER_US;
	delivered = t->delivered - n->rate.stamp.delivered;
	if (interval <= 0 || interval < (int64_t)rtt_min_us(t))
		return;
	if (n->rate.stamp.is_app_limited && t->rate_interval_us &&
	    (int64_t)delivered * t->rate_interval_us < (int64_t)t->rate_delivered * interval)
		return;
	t->rate_delivered = delivered;
	t->rate_interval_us = interval;
	t->rate_app_limited = n->rate.stamp.is_app_limited;
}

/* Nothing to send although the windows would allow it. */
void rate_check_app_limited(struct tcb *t)
{
	if (t->write_seq - t->nxt < t->mss_cache && tcp_in_flight(t) < t->cwnd &&
	    t->lost_out <= t->retrans_out)
		t->app_limited = t->delivered + tcp_in_flight(t) ? t->delivered + tcp_in_flight(t)
								 : 1;
}

void chrono_update(struct tcb *t)
{
	if (t->chrono != CHRONO_IDLE)
		t->chrono_ns[t->chrono] += t->sut->now_ns - t->chrono_start_ns;
	t->chrono_start_ns = t->sut->now_ns;
}

void chrono_set(struct tcb *t, enum chrono kind)
{
	if (kind == t->chrono)
		return;
	chrono_update(t);
	t->chrono = kind;
}
