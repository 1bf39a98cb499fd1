/* SPDX-License-Identifier: BSD-2-Clause */
#include "tcp_impl.h"

/* Fast Open of a server: which SYN opens at once, and its child until the handshake is over. */

/* So long a child counts that was reset: resets must not be a way round the limit. [RFC7413 5.1] */
#define RESET_COUNTS_NS (60 * NS_PER_S)

void fast_open_listen(struct tcb *t)
{
	int64_t bits = t->sut->sysctl.tcp_fastopen;

	if (!(bits & FAST_OPEN_EVERY_LISTENER) || !(bits & FAST_OPEN_SERVER) || t->fo.max_pending)
		return;
	t->fo.max_pending = t->backlog;
	fast_open_key_once(t->sut);
}

/* ---- those that were reset ---- */

static struct request *reset_take(struct tcb *listener)
{
	struct request *r = listener->fo.reset_first;

	listener->fo.reset_first = r->next;
	if (!r->next)
		listener->fo.reset_last = NULL;
	listener->fo.n_pending--;
	return r;
}

static void reset_push(struct tcb *listener, struct request *r)
{
	r->counts_until_ns = listener->sut->now_ns + RESET_COUNTS_NS;
	r->next = NULL;
	if (listener->fo.reset_last)
		listener->fo.reset_last->next = r;
	else
		listener->fo.reset_first = r;
	listener->fo.reset_last = r;
	listener->fo.n_pending++;
}

void fast_open_listener_gone(struct tcb *t)
{
	while (t->fo.reset_first)
		mem_free(t->sut, reset_take(t));
	for (struct tcb *c = t->sut->tcp->all; c && t->fo.n_pending; c = c->all_next) {
		if (!c->fo.request || c->fo.request->listener != t)
			continue;
		c->fo.request->listener = NULL;
		t->fo.n_pending--;
	}
}

/* ---- the SYN [RFC7413 4.2.2] ---- */

/* Below the limit, perhaps because the oldest that was reset no longer counts. */
static bool has_room(struct tcb *t)
{
	struct fast_open *f = &t->fo;

	if (f->n_pending < f->max_pending || FAULT(t->sut, FAST_OPEN_UNLIMITED))
		return true;
	if (!f->reset_first || f->reset_first->counts_until_ns > t->sut->now_ns) {
		count(t->sut, COUNTER_TcpExtTCPFastOpenListenOverflow);
		return false;
	}
	mem_free(t->sut, reset_take(t));
	return true;
}

static bool is_cookie(const struct fast_open_option *a, const struct fast_open_option *b)
{
	return a->n == b->n && !memcmp(a->cookie, b->cookie, a->n);
}

/* Which key made the cookie of @r: 0, 1, or -1 for none. */
static int key_of_cookie(const struct tcb *t, const struct request *r)
{
	struct fast_open_option mine;

	if (FAULT(t->sut, ANY_COOKIE_TAKEN))
		return 0;
	for (uint32_t i = 0; i < 2; i++) {
		if (fast_open_cookie(t, &r->c, i, &mine) && is_cookie(&mine, &r->peer.fast_open))
			return (int)i;
	}
	return -1;
}

/* The cookie of today, in the form of the question. */
static void give_cookie(const struct tcb *t, struct request *r)
{
	if (!fast_open_cookie(t, &r->c, 0, &r->fast_open))
		return;
	r->fast_open.is_exp = r->peer.fast_open.is_exp;
	if (FAULT(t->sut, COOKIE_ODD))
		r->fast_open.n = 7;
}

static bool is_cookie_needed(const struct tcb *t)
{
	return !(t->sut->sysctl.tcp_fastopen & FAST_OPEN_SERVER_NO_COOKIE) && !t->fo.no_cookie;
}

bool fast_open_is_taken(struct tcb *t, struct request *r, const struct seg *g)
{
	const struct fast_open_option *asked = &r->peer.fast_open;
	bool is_on = (t->sut->sysctl.tcp_fastopen & FAST_OPEN_SERVER) && t->fo.max_pending;
	int key;

	if (asked->is_there && !asked->n)
		count(t->sut, COUNTER_TcpExtTCPFastOpenCookieReqd);
	if (FAULT(t->sut, SYN_DATA_ALWAYS_TAKEN) && g->len)
		return true;
	if (!is_on || (!g->len && !asked->is_there) || !has_room(t))
		return false;
	if (!is_cookie_needed(t))
		return true;
	if (!asked->is_there)
		return false;
	key = asked->n ? key_of_cookie(t, r) : -1;
	if (asked->n && key)
		count(t->sut, key < 0 ? COUNTER_TcpExtTCPFastOpenPassiveFail
				      : COUNTER_TcpExtTCPFastOpenPassiveAltKey);
	if (key && !FAULT(t->sut, COOKIE_NOT_GIVEN))
		give_cookie(t, r);
	return key >= 0;
}

/* ---- the child ---- */

/* Without memory the SYN-ACK simply does not cover the data, which then comes again. */
static void take_data(struct tcb *c, struct request *r, const struct seg *g)
{
	struct seg text = *g;
	struct rseg *q;

	if (!g->len || FAULT(c->sut, SYN_DATA_LOST))
		return;
	text.seq++;
	q = rseg_new(c, &text, c->rcv_nxt, g->len);
	if (!q)
		return;
	rsegq_push(c, &c->rcvq, q);
	c->rcv_nxt += g->len;
	r->rcv_nxt = c->wup = c->rcv_nxt;
	c->bytes_received = g->len;
	c->segs_in = 0;
	tcp_count_arrival(c, g);
	c->rcv_right = c->rcv_nxt + c->rcv_wnd;
	c->fo.is_data_taken = true;
}

void fast_open_child(struct tcb *c, struct request *r, const struct seg *g)
{
	c->fo.is_child = true;
	c->fo.request = r;
	r->listener->fo.n_pending++;
	count(c->sut, COUNTER_TcpExtTCPFastOpenPassive);
	/* not scaled [RFC7323 2.2] */
	c->snd_wnd = c->max_wnd = g->win;
	c->ts_recent_ns = r->peer.has_ts ? max_i64(c->sut->now_ns, 1) : 0;
	tcp_establish(c);
	if (FAULT(c->sut, FAST_OPEN_WINDOW_HUGE))
		c->cwnd = 100;
	take_data(c, r, g);
	tcp_reply_synack(c->sut, r);
	r->first_tsval = r->last_tsval;
	timer_rtx(c, RTX_RTO, min_i64(c->profile->rto_initial_ns, c->rto_max_ns));
}

bool fast_open_may_use(const struct tcb *t)
{
	return t->c.state == SUT_SYN_RECEIVED && t->fo.request &&
	       !FAULT(t->sut, EARLY_ANSWER_HELD);
}

/* The child needs its request no more. */
static void request_release(struct tcb *t, bool is_reset)
{
	struct request *r = t->fo.request;
	struct tcb *listener = r->listener;

	t->fo.request = NULL;
	if (listener)
		listener->fo.n_pending--;
	if (listener && is_reset && !t->listener && !FAULT(t->sut, RESET_CHILD_FORGOTTEN))
		reset_push(listener, r);
	else
		mem_free(t->sut, r);
}

void fast_open_abandon(struct tcb *t)
{
	if (t->fo.request)
		request_release(t, false);
}

/* ---- segments before the handshake is over; as to a request, linux-tcp 6.1 ---- */

static bool is_syn_again(const struct request *r, const struct seg *g)
{
	uint16_t f = g->flags & (TCP_FLAG_SYN | TCP_FLAG_ACK | TCP_FLAG_RST | TCP_FLAG_FIN);

	return f == TCP_FLAG_SYN && g->seq == r->irs;
}

static bool is_outside(const struct request *r, const struct seg *g)
{
	uint32_t end = r->rcv_nxt + min_u32(r->rcv_wnd, 65535);

	return g->seq != r->rcv_nxt &&
	       !(seq_gt(seg_end(g), r->rcv_nxt) && seq_lt(g->seq, end)) &&
	       !(g->seq == end && g->seq == seg_end(g));
}

static void synack_again(struct tcb *t)
{
	struct request *r = t->fo.request;

	tcp_reply_synack(t->sut, r);
	r->n_retrans++;
	t->total_retrans++;
	count(t->sut, COUNTER_TcpRetransSegs);
	count(t->sut, COUNTER_TcpExtTCPSynRetrans);
}

/* Is @g no segment of the connection, or none that can be believed? It has its answer then. */
static bool is_answered(struct tcb *t, const struct seg *g)
{
	struct request *r = t->fo.request;
	bool is_reset = (g->flags & TCP_FLAG_RST) != 0;
	bool is_syn = is_syn_again(r, g);

	if (!is_syn && (is_reset ? g->seq == r->rcv_nxt : !is_outside(r, g)))
		return false;
	if ((is_reset && is_outside(r, g)) ||
	    !ackpol_may_answer(t->sut, g, &r->last_ack_ns, &r->has_ack_sent))
		return true;
	if (is_syn)
		synack_again(t);
	else
		tcp_reply_request_ack(t->sut, r, g, t->nxt);
	return true;
}

bool fast_open_child_check(struct tcb *t, const struct seg *g)
{
	struct request *r = t->fo.request;

	if (is_answered(t, g))
		return false;
	if (g->flags & TCP_FLAG_RST) {
		request_release(t, true);
		tcp_reset_received(t);
		return false;
	}
	if ((g->flags & TCP_FLAG_SYN) && g->seq != r->irs) {
		tcp_reply_reset(t->sut, g);
		return false;
	}
	return (g->flags & TCP_FLAG_ACK) != 0;
}

/* The first sample, if nothing sent meanwhile gave one: of a SYN-ACK that was sent once. */
static void measure_synack(struct tcb *t)
{
	const struct request *r = t->fo.request;
	int64_t us = (t->sut->now_ns - r->first_sent_ns) / NS_PER_US;

	if (t->rtt.srtt8_us || r->n_retrans)
		return;
	rtt_sample(t, us);
	rtt_min_update(t, us);
	rtt_set_rto(t);
}

void fast_open_acked(struct tcb *t)
{
	measure_synack(t);
	request_release(t, false);
	t->delivered++;
	t->retransmits = 0;
	t->retrans_start_ns = 0;
	if (t->ca_state == CA_LOSS && !t->packets_out)
		t->ca_state = CA_OPEN;
	t->last_send_ns = t->sut->now_ns;
	pacing_update(t);
	timer_keepalive(t);
	timer_rearm_rto(t);
}

/* ---- the timer ---- */

static uint32_t retry_limit(const struct tcb *t)
{
	return t->syn_cnt ? t->syn_cnt : (uint32_t)t->sut->sysctl.tcp_synack_retries + 1;
}

bool fast_open_timer(struct tcb *t)
{
	struct request *r = t->fo.request;
	int64_t wait = t->profile->rto_initial_ns;

	if (r->n_timeouts >= retry_limit(t) && !FAULT(t->sut, SYNACK_FOR_EVER))
		return true;
	if (t->retransmits == 1)
		recovery_enter_loss(t);
	if (!FAULT(t->sut, SYNACK_NOT_RESENT))
		synack_again(t);
	r->n_timeouts++;
	for (uint32_t i = 0; i < r->n_timeouts && wait < t->rto_max_ns; i++)
		wait *= 2;
	if (!t->retrans_start_ns)
		t->retrans_start_ns = max_i64(t->sut->now_ns, 1);
	timer_rtx(t, RTX_RTO, min_i64(wait, t->rto_max_ns));
	return false;
}
