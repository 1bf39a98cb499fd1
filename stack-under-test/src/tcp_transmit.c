/* SPDX-License-Identifier: BSD-2-Clause */
#include "tcp_ecn.h"

/* Building one segment of a connection. */

static void sack_opts(const struct tcb *t, struct tcp_opts *o)
{
	if (FAULT(t->sut, SACK_NOT_SENT))
		return;
	if (t->has_dsack && !FAULT(t->sut, DSACK_LAST))
		o->sack[o->n_sack++] = t->dsack;
	for (uint8_t i = 0; i < t->n_sacks && o->n_sack < TCP_MAX_SACKS; i++)
		o->sack[o->n_sack++] = t->sacks[i];
	if (t->has_dsack && FAULT(t->sut, DSACK_LAST) && o->n_sack < TCP_MAX_SACKS)
		o->sack[o->n_sack++] = t->dsack;
	if (o->n_sack && FAULT(t->sut, SACK_ONE_BLOCK))
		o->n_sack = 1;
	if (o->n_sack && FAULT(t->sut, SACK_EDGE_WRONG))
		o->sack[0].end++;
	if (o->n_sack > 1 && FAULT(t->sut, SACK_OLDEST_FIRST)) {
		struct sack_block newest = o->sack[0];

		o->sack[0] = o->sack[o->n_sack - 1];
		o->sack[o->n_sack - 1] = newest;
	}
}

/* [RFC7323 1.3]: a SYN-ACK offers what the SYN did, unless the profile simply says it all again. */
static void syn_opts(const struct tcb *t, struct tcp_opts *o)
{
	const struct sysctl_values *v = &t->sut->sysctl;
	bool is_first = t->c.state == SUT_SYN_SENT || t->profile->repeats_syn_options;

	o->has_mss = true;
	o->mss = (uint16_t)t->advmss;
	o->has_ts = v->tcp_timestamps && (is_first || t->ts_ok);
	o->has_sackok = v->tcp_sack && (is_first || t->sack_ok);
	o->has_wscale = v->tcp_window_scaling && (is_first || t->wscale_ok);
	o->wscale = t->syn_wscale;
	if (t->c.state == SUT_SYN_SENT)
		o->fast_open = t->fo.option;
	if (FAULT(t->sut, MSS_NOT_SENT))
		o->has_mss = false;
	if (FAULT(t->sut, SACKOK_NOT_SENT))
		o->has_sackok = false;
	if (FAULT(t->sut, WSCALE_NOT_SENT))
		o->has_wscale = false;
	if (FAULT(t->sut, TS_NOT_OFFERED))
		o->has_ts = false;
	if (FAULT(t->sut, SYN_ECHOES))
		o->tsecr = o->tsval;
}

void tcp_opts_of(struct tcb *t, uint16_t flags, struct tcp_opts *o)
{
	*o = (struct tcp_opts){ 0 };
	o->tsval = tcp_ts_clock(t->sut, t->ts_offset);
	o->tsecr = FAULT(t->sut, TS_NOT_ECHOED) ? 0 : t->ts_recent;
	if (flags & TCP_FLAG_SYN) {
		syn_opts(t, o);
		return;
	}
	o->has_ts = t->ts_ok && !FAULT(t->sut, TS_ONLY_ON_SYN) &&
		    !(FAULT(t->sut, TS_NOT_ON_RESET) && (flags & TCP_FLAG_RST));
	o->has_sackok = t->sack_ok && FAULT(t->sut, SACKOK_ON_DATA);
	o->has_mss = FAULT(t->sut, MSS_ON_DATA);
	o->mss = (uint16_t)t->advmss;
	sack_opts(t, o);
}

static void ip_fields(struct tcb *t, struct tcp_out *p)
{
	const struct sock_opts *so = &t->so;
	const struct sysctl_values *v = &t->sut->sysctl;

	p->src = t->c.local;
	p->dst = t->c.remote;
	if (FAULT(t->sut, SOURCE_FOLLOWS_ROUTE))
		ip_source(t->sut, &p->dst.addr, &p->src.addr);
	if (FAULT(t->sut, SOURCE_WRONG))
		p->src.addr.b[p->src.addr.family == 6 ? 15 : 3] ^= 2;
	if (p->dst.addr.family == 6) {
		p->ttl = so->hops ? so->hops : (uint8_t)v->ip6_hop_limit;
		if (FAULT(t->sut, TTL_OPTION_IGNORED))
			p->ttl = (uint8_t)v->ip6_hop_limit;
		p->tos = FAULT(t->sut, TOS_OPTION_IGNORED) ? 0 : so->tclass & 0xfc;
		p->flow_label = t->flow_label;
		return;
	}
	p->ttl = so->ttl ? so->ttl : (uint8_t)v->ip_default_ttl;
	if (FAULT(t->sut, TTL_OPTION_IGNORED))
		p->ttl = (uint8_t)v->ip_default_ttl;
	p->tos = FAULT(t->sut, TOS_OPTION_IGNORED) ? 0 : so->tos & 0xfc;
	if (!FAULT(t->sut, SOURCE_ROUTE_ON_SYN_ONLY) || (p->flags & TCP_FLAG_SYN))
		p->ip_options = &so->ip_options;
	if (FAULT(t->sut, TOS_REACHES_ECN))
		p->tos |= 3;
	p->has_df = so->mtu_discover4 != 0 && !FAULT(t->sut, FRAGMENTATION_ALLOWED);
	p->ip_id = t->ip_id;
}

/* ---- departure times, for a queueing discipline that paces; linux-tcp 2.6 ---- */

#define UNPACED_SEGS 10

static int64_t departure(struct tcb *t)
{
	if (t->sut->link.qdisc != SUT_QDISC_FQ)
		return t->sut->now_ns;
	t->prior_wstamp_ns = t->wstamp_ns;
	t->wstamp_ns = max_i64(t->wstamp_ns, t->sut->now_ns);
	return t->wstamp_ns;
}

/* What was sent pushes the next departure away, less what was saved up by being late. */
static void departure_advance(struct tcb *t, uint32_t bytes)
{
	int64_t gap, credit = t->wstamp_ns - t->prior_wstamp_ns;

	if (t->sut->link.qdisc != SUT_QDISC_FQ || t->pacing_rate == UINT64_MAX ||
	    !t->pacing_rate || t->data_segs_out < UNPACED_SEGS)
		return;
	gap = (int64_t)((uint64_t)bytes * (uint64_t)NS_PER_S / t->pacing_rate);
	t->wstamp_ns += gap - min_i64(gap / 2, credit);
}

/* The pointer names the byte past the urgent one. [RFC6093 3.1, MUST-62 as widely done] */
static void urgent_fields(const struct tcb *t, struct tcp_out *p)
{
	if (!t->is_urgent || seq_ge(p->seq, t->snd_up) || FAULT(t->sut, URG_NEVER_SET))
		return;
	if (t->snd_up - p->seq < 0x10000)
		p->urg = (uint16_t)(t->snd_up - p->seq - FAULT(t->sut, URGENT_POINTER_LOW));
	else if (seq_gt(p->seq + 0xffff, t->nxt))
		p->urg = 0xffff;
	else
		return;
	p->flags |= TCP_FLAG_URG;
}

/* Send @p with options and window of the moment; what every segment with an ACK changes. */
static int send_segment(struct tcb *t, struct tcp_out *p, uint32_t n_segs, uint32_t *tsval)
{
	uint8_t options[TCP_MAX_OPTIONS];
	struct tcp_opts o;
	int rc;

	ip_fields(t, p);
	ecn_mark(t, p);
	p->depart_ns = departure(t);
	tcp_opts_of(t, p->flags, &o);
	*tsval = o.tsval;
	p->options = options;
	p->n_options = tcp_opts_encode(t->profile, &o, options);
	if (p->flags == TCP_FLAG_SYN && FAULT(t->sut, FAST_OPEN_UNASKED) &&
	    p->n_options <= TCP_MAX_OPTIONS - 4) {
		memcpy(options + p->n_options, (const uint8_t[]){ 1, 1, 34, 2 }, 4);
		p->n_options += 4;
	}
	if (p->flags & TCP_FLAG_SYN)
		p->win = (uint16_t)min_u32(t->rcv_wnd, 65535);
	else
		p->win = tcp_window_select(t);
	if (p->flags & TCP_FLAG_ACK)
		p->ack = t->rcv_nxt;
	else if (FAULT(t->sut, SYN_WITH_ACK_NUMBER))
		p->ack = t->iss;
	if (FAULT(t->sut, ACK_NUMBER_LOW) && t->rcv_nxt - t->irs > 1)
		p->ack--;
	urgent_fields(t, p);
	rc = ip_send_tcp(t->sut, p);
	if (rc)
		return rc;
	ecn_sent(t, p);
	t->ip_id = (uint16_t)(t->ip_id + n_segs);
	t->segs_out += n_segs;
	count_n(t->sut, COUNTER_TcpOutSegs, n_segs);
	if ((p->flags & TCP_FLAG_ACK) && !(FAULT(t->sut, PIGGYBACK_NOT_COUNTED) && p->n_part))
		ackpol_ack_sent(t);
	if (!(p->flags & TCP_FLAG_SYN) && !FAULT(t->sut, DSACK_REPEATED))
		t->has_dsack = false;
	return 0;
}

static uint16_t elem_flags(const struct tcb *t, const struct elem *e)
{
	uint16_t f = 0;

	if (e->ctl & ELEM_SYN)
		return t->c.state == SUT_SYN_SENT ? TCP_FLAG_SYN : TCP_FLAG_SYN | TCP_FLAG_ACK;
	if (e->ctl & ELEM_FIN)
		f |= TCP_FLAG_FIN;
	/* A super-segment is pushed as it is sent, which leaves no mark on a part sent again. */
	if ((e->ctl & ELEM_PSH) || e->n_segs > 1)
		f |= TCP_FLAG_PSH;
	if (FAULT(t->sut, PSH_NEVER))
		f &= (uint16_t)~TCP_FLAG_PSH;
	if (e->len && FAULT(t->sut, ACK_FLAG_MISSING))
		return f;
	return f | TCP_FLAG_ACK;
}

static void after_data(struct tcb *t, struct elem *e)
{
	t->data_segs_out += e->n_segs;
	t->bytes_sent += e->len;
	if (!tcp_in_flight(t) && t->cc->restart)
		t->cc->restart(t);
	t->last_send_ns = t->sut->now_ns;
	ackpol_data_sent(t);
}

/* Where in the send buffer the data of @e begins. */
static uint32_t data_at(const struct tcb *t, const struct elem *e)
{
	uint32_t at = e->seq + !!(e->ctl & ELEM_SYN) - t->ring_seq;
	bool is_again = seq_lt(e->seq, t->nxt);
	bool is_probe = e->len == 1 && seq_ge(e->seq, tcp_wnd_end(t));

	if (FAULT(t->sut, SENDS_FROM_RING_START))
		return 0;
	if ((is_again && FAULT(t->sut, RETRANSMITS_WRONG_BYTES)) ||
	    (is_probe && FAULT(t->sut, PROBE_OCTET_WRONG)))
		return t->ring.len - e->len;
	return at;
}

int tcp_transmit(struct tcb *t, struct elem *e)
{
	struct tcp_out p = { .seq = e->seq, .flags = elem_flags(t, e) };
	uint32_t tsval;
	int rc;

	p.n_part = ring_parts(&t->ring, data_at(t, e), e->len, p.part);
	if (e->n_segs > 1)
		p.mss_bytes = e->mss;
	rc = send_segment(t, &p, e->n_segs, &tsval);
	if (rc)
		return rc;
	rate_on_sent(t, e);
	if (e->len)
		after_data(t, e);
	e->sent_ns = p.depart_ns;
	e->tsval = tsval;
	if (e->len)
		departure_advance(t, e->len);
	return 0;
}

/* Inside the peer's window, which may have been moved back: a reset beyond it would be ignored.
 * ACKs keep SND.NXT: two sides that both took windows back would else answer each other for ever
 * with numbers that both find too old. */
static uint32_t acceptable_seq(const struct tcb *t)
{
	uint32_t end = tcp_wnd_end(t);

	if (seq_ge(end, t->nxt))
		return t->nxt;
	if (t->wscale_ok && t->nxt - end < 1u << t->rcv_wscale)
		return t->nxt;
	return end;
}

void tcp_send_ack(struct tcb *t)
{
	struct tcp_out p = { .seq = t->nxt, .flags = TCP_FLAG_ACK };
	uint32_t tsval;

	if (t->c.state == SUT_CLOSED)
		return;
	if (!send_segment(t, &p, 1, &tsval) || t->sut->link.qdisc == SUT_QDISC_DROP)
		return;
	/* No memory: the peer must not wait for its own timer. */
	t->ack_pending |= ACK_SCHED | ACK_TIMER;
	timer_set(t, TIMER_DELACK, t->sut->now_ns + t->profile->delack_max_ns);
}

int tcp_send_probe(struct tcb *t)
{
	struct tcp_out p = { .seq = t->una - 1, .flags = TCP_FLAG_ACK };
	uint32_t tsval;

	if (FAULT(t->sut, PROBE_NUMBER_WRONG))
		p.seq = t->una;
	if (FAULT(t->sut, PROBE_GARBAGE))
		p.part[p.n_part++] = (struct ip_part){ .n = 1 };
	return send_segment(t, &p, 1, &tsval);
}

void tcp_send_reset(struct tcb *t)
{
	struct tcp_out p = { .seq = acceptable_seq(t), .flags = TCP_FLAG_RST | TCP_FLAG_ACK };
	uint32_t tsval;

	if (FAULT(t->sut, ABORT_SILENT))
		return;
	count(t->sut, COUNTER_TcpOutRsts);
	if (send_segment(t, &p, 1, &tsval))
		count(t->sut, COUNTER_TcpExtTCPAbortFailed);
}

/* The SYN, or SYN-ACK of a simultaneous open, as the first element sent. When the packet itself
 * cannot leave, the timer tries again. */
int tcp_send_syn(struct tcb *t)
{
	struct elem *e = t->rtx.first;

	if (!e) {
		e = elem_new(t);
		if (!e)
			return SUT_ENOMEM;
		e->seq = t->iss;
		e->ctl = ELEM_SYN;
		e->n_segs = 1;
		e->mss = t->mss_cache;
		elemq_push(&t->rtx, e);
		t->packets_out = 1;
	}
	if (FAULT(t->sut, SYN_TIMEOUT_SHORT))
		t->rtt.rto_ns = 250 * NS_PER_MS;
	timer_rtx(t, RTX_RTO, t->rtt.rto_ns);
	if (!fast_open_send_syn(t))
		tcp_transmit(t, e);
	return 0;
}
