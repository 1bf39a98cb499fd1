/* SPDX-License-Identifier: BSD-2-Clause */
#include "tcp_ecn.h"

/* Segments that leave without a connection block behind them. */

static uint8_t default_ttl(const struct sut *s, const struct sut_addr *to)
{
	const struct sysctl_values *v = &s->sysctl;

	return (uint8_t)(to->family == 6 ? v->ip6_hop_limit : v->ip_default_ttl);
}

static void send_reply(struct sut *s, struct tcp_out *p)
{
	if (!p->ttl)
		p->ttl = default_ttl(s, &p->dst.addr);
	p->tos &= 0xfc;
	if ((p->flags & TCP_FLAG_SYN) && FAULT(s, ECN_SYN_CAPABLE))
		p->tos |= 2;
	p->has_df = !FAULT(s, FRAGMENTATION_ALLOWED);
	if (!ip_send_tcp(s, p))
		count(s, COUNTER_TcpOutSegs);
}

/* [RFC9293 3.5.2] groups 1 and 2 */
void tcp_reply_reset(struct sut *s, const struct seg *g)
{
	struct tcp_out p = { .src = g->dst, .dst = g->src, .flags = TCP_FLAG_RST, .tos = g->tos,
			     .ip_options = g->back };
	struct tcp_opts o = { .has_ts = s->profile->reset_echoes_timestamp && g->opts.has_ts,
			      .tsecr = g->opts.tsval };
	uint8_t options[TCP_MAX_OPTIONS];

	if ((g->flags & TCP_FLAG_RST) && !FAULT(s, RST_ANSWERED))
		return;
	if (!ip_is_unicast(s, &g->dst.addr) && !FAULT(s, SYN_TO_ALL_ANSWERED))
		return;
	if (g->flags & TCP_FLAG_ACK) {
		p.seq = FAULT(s, RST_SEQ_WRONG) ? 0 : g->ack;
	} else {
		p.flags |= TCP_FLAG_ACK;
		p.ack = FAULT(s, RST_ACK_WRONG) ? g->seq : seg_end(g);
	}
	if (FAULT(s, TS_NOT_ON_RESET))
		o.has_ts = false;
	p.options = options;
	p.n_options = tcp_opts_encode(s->profile, &o, options);
	count(s, COUNTER_TcpOutRsts);
	send_reply(s, &p);
}

static void send_with_opts(struct sut *s, struct tcp_out *p, const struct tcp_opts *o)
{
	uint8_t options[TCP_MAX_OPTIONS];

	p->options = options;
	p->n_options = tcp_opts_encode(s->profile, o, options);
	if (FAULT(s, UNKNOWN_OPTION_SENT) && p->n_options <= TCP_MAX_OPTIONS - 4) {
		memcpy(options + p->n_options, (const uint8_t[]){ 254, 4, 0, 0 }, 4);
		p->n_options += 4;
	}
	send_reply(s, p);
}

/* Zero is taken as "no timestamp" by some: never in a SYN-ACK. */
static uint32_t synack_tsval(const struct sut *s, const struct request *r)
{
	uint32_t v = tcp_ts_clock(s, r->ts_offset);

	return v ? v : UINT32_MAX;
}

void tcp_reply_synack(struct sut *s, struct request *r)
{
	struct tcp_opts o = {
		.has_mss = true, .mss = (uint16_t)r->advmss,
		.has_ts = r->peer.has_ts, .tsval = synack_tsval(s, r), .tsecr = r->ts_recent,
		.has_sackok = r->peer.has_sackok,
		.has_wscale = r->peer.has_wscale, .wscale = r->rcv_wscale,
		.fast_open = r->fast_open,
	};
	struct tcp_out p = {
		.src = r->c.local, .dst = r->c.remote, .seq = r->iss, .ack = r->rcv_nxt,
		.flags = TCP_FLAG_SYN | TCP_FLAG_ACK, .win = (uint16_t)min_u32(r->rcv_wnd, 65535),
		.tos = r->tos, .ttl = r->ttl, .flow_label = r->flow_label,
		.ip_options = &r->ip_options,
	};

	p.flags |= ecn_synack_flags(s, r);
	if (FAULT(s, SYNACK_ACKS_NOTHING))
		p.ack = r->irs;
	if (FAULT(s, MSS_NOT_SENT))
		o.has_mss = false;
	if (FAULT(s, SACKOK_NOT_SENT))
		o.has_sackok = false;
	if (FAULT(s, WSCALE_NOT_SENT))
		o.has_wscale = false;
	r->last_tsval = o.tsval;
	r->last_sent_ns = s->now_ns;
	send_with_opts(s, &p, &o);
	/* only once [RFC7413 4.2.2] */
	if (!FAULT(s, COOKIE_GIVEN_AGAIN))
		r->fast_open = (struct fast_open_option){ 0 };
}

void tcp_reply_request_ack(struct sut *s, struct request *r, const struct seg *g, uint32_t seq)
{
	struct tcp_opts o = {
		.has_ts = r->peer.has_ts, .tsval = tcp_ts_clock(s, r->ts_offset),
		.tsecr = r->ts_recent,
	};
	struct tcp_out p = {
		.src = r->c.local, .dst = r->c.remote, .seq = seq, .ack = r->rcv_nxt,
		.flags = TCP_FLAG_ACK, .tos = g->tos, .ttl = r->ttl, .flow_label = r->flow_label,
		.win = (uint16_t)(min_u32(r->rcv_wnd, 65535) >> r->rcv_wscale),
		.ip_options = g->back,
	};

	send_with_opts(s, &p, &o);
}

void tcp_reply_timewait_ack(struct sut *s, struct timewait *w, const struct seg *g)
{
	struct tcp_opts o = {
		.has_ts = w->ts_ok, .tsval = tcp_ts_clock(s, w->ts_offset), .tsecr = w->ts_recent,
	};
	struct tcp_out p = {
		.src = w->c.local, .dst = w->c.remote, .seq = w->nxt, .ack = w->rcv_nxt,
		.flags = TCP_FLAG_ACK, .tos = w->tos, .flow_label = w->flow_label,
		.win = (uint16_t)min_u32(w->rcv_wnd >> w->rcv_wscale, 65535),
		.ip_options = g->back,
	};

	send_with_opts(s, &p, &o);
}
