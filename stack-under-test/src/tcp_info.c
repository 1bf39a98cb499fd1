/* SPDX-License-Identifier: BSD-2-Clause */
#include "tcp_impl.h"

/* TCP_INFO as Linux lays it out, and the other questions about a connection. Host byte order. */

static void put8(uint8_t *out, size_t at, uint32_t v)
{
	out[at] = (uint8_t)(v > UINT8_MAX ? UINT8_MAX : v);
}

static void put16(uint8_t *out, size_t at, uint32_t v)
{
	uint16_t x = (uint16_t)v;

	memcpy(out + at, &x, sizeof(x));
}

static void put32(uint8_t *out, size_t at, uint64_t v)
{
	uint32_t x = v > UINT32_MAX ? UINT32_MAX : (uint32_t)v;

	memcpy(out + at, &x, sizeof(x));
}

static void put64(uint8_t *out, size_t at, uint64_t v)
{
	memcpy(out + at, &v, sizeof(v));
}

static const uint8_t linux_state[SUT_STATE_COUNT] = {
	[SUT_ESTABLISHED] = 1, [SUT_SYN_SENT] = 2, [SUT_SYN_RECEIVED] = 3, [SUT_FIN_WAIT_1] = 4,
	[SUT_FIN_WAIT_2] = 5, [SUT_TIME_WAIT] = 6, [SUT_CLOSED] = 7, [SUT_CLOSE_WAIT] = 8,
	[SUT_LAST_ACK] = 9, [SUT_LISTEN] = 10, [SUT_CLOSING] = 11,
};

static uint64_t ns_to_us(int64_t ns)
{
	return ns > 0 ? (uint64_t)(ns / NS_PER_US) : 0;
}

static uint64_t ms_since(const struct tcb *t, int64_t then_ns)
{
	return then_ns ? (uint64_t)((t->sut->now_ns - then_ns) / NS_PER_MS) : 0;
}

static void fill_state(const struct tcb *t, uint8_t *o)
{
	put8(o, 0, linux_state[t->c.state]);
	put8(o, 1, (uint32_t)t->ca_state);
	put8(o, 2, t->retransmits);
	put8(o, 3, t->probes);
	put8(o, 4, t->backoff);
	put8(o, 5, (t->ts_ok ? 1u : 0u) | (t->sack_ok ? 2u : 0u) | (t->wscale_ok ? 4u : 0u) |
		   (t->ecn.is_agreed ? 8u : 0u) | (t->ecn.is_seen ? 16u : 0u) |
		   (t->fo.is_data_taken ? 32u : 0u) | (t->fo.is_child ? 128u : 0u));
	put8(o, 6, t->snd_wscale | (t->wscale_ok ? (uint32_t)t->rcv_wscale << 4 : 0u));
	put8(o, 7, (t->rate_app_limited ? 1u : 0u) | (uint32_t)t->fo.fail << 1);
}

static void fill_segments(const struct tcb *t, uint8_t *o)
{
	bool is_listener = t->c.state == SUT_LISTEN;

	put32(o, 8, ns_to_us(t->rtt.rto_ns));
	put32(o, 12, ns_to_us(min_i64(t->ato_ns, t->delack_max_ns)));
	put32(o, 16, t->mss_cache);
	put32(o, 20, t->rcv_mss);
	put32(o, 24, is_listener ? t->n_accept : t->packets_out);
	put32(o, 28, is_listener ? t->backlog : t->sacked_out);
	put32(o, 32, t->lost_out);
	put32(o, 36, t->retrans_out);
	put32(o, 44, ms_since(t, t->last_send_ns));
	put32(o, 52, ms_since(t, t->last_recv_ns));
	put32(o, 56, ms_since(t, t->last_ack_recv_ns));
}

static void fill_path(const struct tcb *t, uint8_t *o)
{
	put32(o, 60, t->pmtu_bytes);
	put32(o, 64, t->rcv_ssthresh);
	put32(o, 68, t->rtt.srtt8_us >> 3);
	put32(o, 72, t->rtt.mdev_us >> 2);
	put32(o, 76, t->ssthresh);
	put32(o, 80, t->cwnd);
	put32(o, 84, t->advmss);
	put32(o, 88, t->reordering);
	put32(o, 92, t->rcv_rtt_us);
	put32(o, 96, t->rcv_space);
	put32(o, 100, t->total_retrans);
	put64(o, 104, t->pacing_rate);
	put64(o, 112, t->so.max_pacing_rate);
}

static void fill_totals(const struct tcb *t, uint8_t *o)
{
	put64(o, 120, t->bytes_acked);
	put64(o, 128, t->bytes_received);
	put32(o, 136, t->segs_out);
	put32(o, 140, t->segs_in);
	put32(o, 144, t->write_seq - t->nxt);
	put32(o, 148, rtt_min_us(t));
	put32(o, 152, t->data_segs_in);
	put32(o, 156, t->data_segs_out);
	put32(o, 192, t->delivered);
	put32(o, 196, t->delivered_ce);
	put64(o, 200, t->bytes_sent);
	put64(o, 208, t->bytes_retrans);
	put32(o, 216, t->dsack_dups);
	put32(o, 220, t->reord_seen);
	put32(o, 224, t->ooo_packets);
	put32(o, 228, t->snd_wnd);
	put32(o, 232, t->rcv_wnd);
	put32(o, 236, t->rehash);
	put16(o, 240, t->total_rto);
	put16(o, 242, t->rto_recoveries);
	put32(o, 244, (uint64_t)(t->rto_time_ns / NS_PER_MS));
}

static uint64_t delivery_rate(const struct tcb *t)
{
	if (!t->rate_delivered || t->rate_interval_us <= 0)
		return 0;
	return (uint64_t)t->rate_delivered * t->mss_cache * 1000000 /
	       (uint64_t)t->rate_interval_us;
}

static void fill_stopwatches(struct tcb *t, uint8_t *o)
{
	int64_t sum = 0;

	chrono_update(t);
	for (int i = CHRONO_BUSY; i < CHRONO_COUNT; i++)
		sum += t->chrono_ns[i];
	put64(o, 160, delivery_rate(t));
	put64(o, 168, ns_to_us(sum));
	put64(o, 176, ns_to_us(t->chrono_ns[CHRONO_RWND]));
	put64(o, 184, ns_to_us(t->chrono_ns[CHRONO_SNDBUF]));
}

void tcp_info_fill(struct tcb *t, uint8_t out[TCP_INFO_BYTES])
{
	memset(out, 0, TCP_INFO_BYTES);
	fill_state(t, out);
	fill_segments(t, out);
	fill_path(t, out);
	fill_totals(t, out);
	fill_stopwatches(t, out);
}

void tcp_meminfo(const struct tcb *t, uint32_t out[9])
{
	uint32_t all[9] = {
		(uint32_t)t->rmem_bytes, (uint32_t)t->so.rcvbuf_bytes, 0,
		(uint32_t)t->so.sndbuf_bytes, 0, (uint32_t)t->wmem_queued, 0, 0, 0,
	};

	memcpy(out, all, sizeof(all));
}

/* ---- states and names ---- */

enum sut_tcp_state tcp_state(const struct tcb *t)
{
	if (t->c.state == SUT_CLOSED && t->has_timewait)
		return tcp_state_of(t->sut, &t->c.local, &t->c.remote);
	return t->c.state;
}

enum sut_tcp_state tcp_state_of(struct sut *s, const struct sut_endpoint *local,
				const struct sut_endpoint *remote)
{
	const struct conn *c;

	if (!remote->port)
		return tcp_find_listener(s, local) ? SUT_LISTEN : SUT_CLOSED;
	c = conn_find(s, local, remote);
	return c ? c->state : SUT_CLOSED;
}

const struct sut_endpoint *tcp_local(const struct tcb *t)
{
	return &t->c.local;
}

const struct sut_endpoint *tcp_peer(const struct tcb *t)
{
	return &t->c.remote;
}

bool tcp_has_peer(const struct tcb *t)
{
	if (t->c.state == SUT_LISTEN && FAULT(t->sut, LISTENER_HAS_PEER))
		return t->c.remote.port != 0;
	return t->c.state != SUT_CLOSED && t->c.state != SUT_LISTEN && t->c.state != SUT_SYN_SENT;
}
