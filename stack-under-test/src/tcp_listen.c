/* SPDX-License-Identifier: BSD-2-Clause */
#include "tcp_ecn.h"

/*
 * LISTEN [RFC9293 3.10.7.2], and half-open requests: a SYN that was answered is a small entry of
 * its own until the last ACK of the handshake makes it a block in the accept queue. There are no
 * SYN cookies: with tcp_syncookies on, a listener takes requests beyond its backlog, up to
 * tcp_max_syn_backlog.
 */

/* ---- requests ---- */

static void request_link(struct tcb *t, struct request *r)
{
	r->listener = t;
	r->next = t->requests;
	if (r->next)
		r->next->prev = r;
	t->requests = r;
	t->n_requests++;
}

/* Out of the listener's list and the tables. */
static void request_detach(struct sut *s, struct request *r)
{
	if (r->prev)
		r->prev->next = r->next;
	else
		r->listener->requests = r->next;
	if (r->next)
		r->next->prev = r->prev;
	r->listener->n_requests--;
	conn_remove(s, &r->c);
}

void tcp_request_drop(struct sut *s, struct request *r)
{
	request_detach(s, r);
	mem_free(s, r);
}

static int64_t synack_wait(const struct tcb *t, uint32_t n_timeouts)
{
	int64_t wait = t->profile->rto_initial_ns;

	for (uint32_t i = 0; i < n_timeouts && wait < t->rto_max_ns; i++)
		wait *= 2;
	return min_i64(wait, t->rto_max_ns);
}

static bool accept_is_full(const struct tcb *t)
{
	return t->n_accept > t->backlog;
}

static bool requests_are_full(const struct tcb *t)
{
	const struct sysctl_values *v = &t->sut->sysctl;

	if (!v->tcp_syncookies)
		return t->n_requests >= max_u32(t->backlog, 1);
	return t->n_requests >= (uint32_t)max_i64(v->tcp_max_syn_backlog, t->backlog);
}

static void agree_options(struct request *r, const struct sysctl_values *v, const struct seg *g)
{
	r->peer = g->opts;
	r->peer.has_ts = g->opts.has_ts && v->tcp_timestamps;
	r->peer.has_sackok = g->opts.has_sackok && v->tcp_sack;
	r->peer.has_wscale = g->opts.has_wscale && v->tcp_window_scaling;
	if (FAULT(r->listener->sut, SACKOK_UNASKED))
		r->peer.has_sackok = true;
	if (FAULT(r->listener->sut, WSCALE_UNASKED))
		r->peer.has_wscale = true;
	if (FAULT(r->listener->sut, TS_UNASKED))
		r->peer.has_ts = true;
	r->ts_recent = g->opts.tsval;
}

static uint32_t request_advmss(struct tcb *t, const struct seg *g)
{
	uint32_t header = g->src.addr.family == 6 ? 60 : 40;
	uint32_t mtu = tcp_offered_mtu(t, &g->src.addr);
	uint32_t mss = max_u32(mtu > header ? mtu - header : 0, t->profile->min_advertised_mss);

	mss = min_u32(mss, 65535 - header);
	if (FAULT(t->sut, MSS_IS_MTU))
		return mss + header;
	if (FAULT(t->sut, MSS_LESS_OPTIONS))
		return mss - 12;
	return t->user_mss ? min_u32(mss, t->user_mss) : mss;
}

static void request_fill(struct tcb *t, struct request *r, const struct seg *g, uint32_t isn)
{
	struct sut *s = t->sut;
	struct window_init w;

	agree_options(r, &s->sysctl, g);
	r->ecn_ok = ecn_accepts(s, g);
	ip_options_learn(s, &r->ip_options, g->back);
	r->irs = g->seq;
	r->rcv_nxt = g->seq + 1;
	r->iss = isn ? isn : tcp_isn(s, &r->c);
	r->ts_offset = tcp_ts_offset(s, &r->c);
	r->flow_label = tcp_flow_label(s, &r->c, 0);
	r->tos = s->sysctl.tcp_reflect_tos ? g->tos : g->src.addr.family == 6 ? t->so.tclass
									      : t->so.tos;
	r->ttl = g->src.addr.family == 6 ? t->so.hops : t->so.ttl;
	r->advmss = request_advmss(t, g);
	tcp_window_initial(t, r->advmss - (r->peer.has_ts ? 12 : 0), r->peer.has_wscale, &w);
	r->rcv_wnd = w.rcv_wnd;
	r->rcv_wscale = w.wscale;
	r->window_clamp = w.clamp;
	r->first_sent_ns = s->now_ns;
	arrival_of_syn(r, g, isn);
}

static bool fast_open(struct sut *s, struct request *r, const struct seg *g);

static void request_open(struct tcb *t, const struct seg *g, uint32_t isn)
{
	struct sut *s = t->sut;
	struct request *r = mem_zalloc(s, sizeof(*r));

	if (!r)
		return;
	r->c.kind = CONN_REQUEST;
	r->c.state = SUT_LISTEN;
	r->c.local = g->dst;
	r->c.remote = g->src;
	if (conn_add(s, &r->c)) {
		mem_free(s, r);
		return;
	}
	request_link(t, r);
	request_fill(t, r, g, isn);
	if (conn_hash(s, &r->c)) {
		tcp_request_drop(s, r);
		return;
	}
	tcp_state_set(&r->c.state, SUT_SYN_RECEIVED);
	if (fast_open_is_taken(t, r, g) && fast_open(s, r, g))
		return;
	tcp_reply_synack(s, r);
	r->first_tsval = r->last_tsval;
	conn_deadline(s, &r->c, s->now_ns + synack_wait(t, 0));
	if (FAULT(s, ESTABLISHED_BY_SYN)) {
		struct seg ack = *g;

		ack.flags = TCP_FLAG_ACK;
		ack.seq = r->irs + 1;
		ack.ack = r->iss + 1;
		ack.len = 0;
		tcp_request_input(s, r, &ack);
	}
}

void tcp_listen_input(struct tcb *t, const struct seg *g, uint32_t forced_isn)
{
	if (g->flags & TCP_FLAG_RST) {
		if (FAULT(t->sut, RST_ANSWERED))
			tcp_reply_reset(t->sut, g);
		return;
	}
	if (g->flags & TCP_FLAG_ACK) {
		if (!FAULT(t->sut, LISTEN_ACK_SILENT))
			tcp_reply_reset(t->sut, g);
		return;
	}
	if (!(g->flags & TCP_FLAG_SYN) && FAULT(t->sut, LISTEN_OTHER_ANSWERED))
		tcp_reply_reset(t->sut, g);
	if (!(g->flags & TCP_FLAG_SYN) || (g->flags & TCP_FLAG_FIN) ||
	    (!ip_is_unicast(t->sut, &g->src.addr) && !FAULT(t->sut, FOREIGN_SOURCE_TAKEN)))
		return;
	if (FAULT(t->sut, LISTENER_HAS_PEER))
		t->c.remote = g->src;
	if ((FAULT(t->sut, LISTEN_ONE_AT_A_TIME) && t->n_requests) ||
	    (FAULT(t->sut, LISTEN_ONCE) && t->sut->counter[COUNTER_TcpPassiveOpens]) ||
	    (FAULT(t->sut, TS_ECHO_IN_SYN_REFUSED) && g->opts.has_ts && g->opts.tsecr))
		return;
	if (!forced_isn && requests_are_full(t)) {
		count(t->sut, COUNTER_TcpExtTCPReqQFullDrop);
		count(t->sut, COUNTER_TcpExtListenDrops);
		return;
	}
	if (accept_is_full(t)) {
		count(t->sut, COUNTER_TcpExtListenOverflows);
		count(t->sut, COUNTER_TcpExtListenDrops);
		return;
	}
	request_open(t, g, forced_isn);
}

/* ---- the SYN-ACK's timer; linux-tcp 6.2, 7.3 ---- */

void tcp_request_timer(struct sut *s, struct request *r)
{
	struct tcb *t = r->listener;
	uint32_t most = t->syn_cnt ? t->syn_cnt : (uint32_t)s->sysctl.tcp_synack_retries;
	bool is_over = r->n_timeouts >= most;
	bool must_send = true;

	if (t->defer_accept) {
		is_over = is_over && (!r->is_acked || r->n_timeouts >= t->defer_accept);
		must_send = !r->is_acked || r->n_timeouts + 1 >= t->defer_accept;
	}
	if (is_over && !FAULT(s, SYNACK_FOR_EVER)) {
		tcp_request_drop(s, r);
		return;
	}
	r->n_timeouts++;
	if (must_send && !FAULT(s, SYNACK_NOT_RESENT)) {
		tcp_reply_synack(s, r);
		r->n_retrans++;
		count(s, COUNTER_TcpRetransSegs);
		count(s, COUNTER_TcpExtTCPSynRetrans);
	}
	conn_deadline(s, &r->c, s->now_ns + synack_wait(t, r->n_timeouts));
}

/* ---- the child ---- */

static void child_sequences(struct tcb *c, const struct request *r)
{
	c->iss = r->iss;
	c->una = c->nxt = c->write_seq = c->pushed_seq = c->snd_sml = c->ring_seq = r->iss + 1;
	c->snd_up = c->una;
	c->irs = r->irs;
	c->rcv_nxt = c->wup = c->copied_seq = r->irs + 1;
	c->dup_ack_seq = c->urg_seq = c->rcv_nxt;
	c->rcv_wnd = c->rcv_ssthresh = r->rcv_wnd;
	c->rcv_right = c->rcv_nxt + c->rcv_wnd;
	c->window_clamp = r->window_clamp;
	if (FAULT(c->sut, SYN_TAKES_TWO))
		c->una = c->nxt = c->write_seq = c->pushed_seq = c->snd_sml = c->ring_seq = r->iss + 2;
	c->wl1 = r->irs;
}

static void child_options(struct tcb *c, const struct request *r)
{
	c->ts_ok = r->peer.has_ts;
	c->sack_ok = r->peer.has_sackok;
	c->wscale_ok = r->peer.has_wscale;
	c->ecn.is_agreed = r->ecn_ok;
	c->snd_wscale = r->peer.has_wscale ? r->peer.wscale : 0;
	c->rcv_wscale = r->rcv_wscale;
	if (!c->wscale_ok)
		c->window_clamp = min_i64(c->window_clamp, 65535);
	c->ts_offset = r->ts_offset;
	c->ts_recent = r->ts_recent;
	c->ts_recent_ns = r->peer.has_ts ? max_i64(r->last_sent_ns, 1) : 0;
	c->mss_clamp = r->peer.has_mss && r->peer.mss ? r->peer.mss : c->profile->default_peer_mss;
	if (FAULT(c->sut, MSS_IGNORED) || (FAULT(c->sut, DEFAULT_MSS_WRONG) && !r->peer.has_mss))
		c->mss_clamp = 65535;
	if (FAULT(c->sut, WSCALE_IGNORED))
		c->snd_wscale = 0;
	if (FAULT(c->sut, WSCALE_ONE_SIDED) && !c->wscale_ok)
		c->rcv_wscale = 7;
	if (c->user_mss)
		c->mss_clamp = min_u32(c->mss_clamp, c->user_mss);
	c->advmss = r->advmss;
	c->pmtu_bytes = ip_mtu(c->sut, &c->c.remote.addr);
	c->flow_label = r->flow_label;
	/* What a listener's application asked for is for connections that it opens itself. */
	c->so.ip_options = r->ip_options;
}

/* What a listener's options mean for its children. */
static void child_inherit(struct tcb *c, const struct tcb *t)
{
	c->so = t->so;
	c->cc = t->cc;
	c->nodelay = t->nodelay;
	c->cork = t->cork;
	c->is_inq = t->is_inq;
	c->user_mss = t->user_mss;
	c->user_clamp = t->user_clamp;
	c->keep_cnt = t->keep_cnt;
	c->keep_idle_ns = t->keep_idle_ns;
	c->keep_intvl_ns = t->keep_intvl_ns;
	c->user_timeout_ns = t->user_timeout_ns;
	c->linger2_ns = t->linger2_ns;
	c->syn_cnt = t->syn_cnt;
	c->notsent_lowat = t->notsent_lowat;
	c->has_notsent_lowat = t->has_notsent_lowat;
	c->rto_max_ns = t->rto_max_ns;
	c->rto_min_ns = t->rto_min_ns;
	c->delack_max_ns = t->delack_max_ns;
	c->pingpong = t->pingpong;
	c->is_bound = c->is_passive = true;
	c->so.is_nonblocking = false;
}

static void child_measure(struct tcb *c, const struct request *r)
{
	c->total_retrans = r->n_retrans;
	c->delivered = 1;
	if (!r->n_retrans) {
		int64_t us = (c->sut->now_ns - r->first_sent_ns) / NS_PER_US;

		rtt_sample(c, us);
		rtt_min_update(c, us);
		rtt_set_rto(c);
	}
}

static void accept_push(struct tcb *t, struct tcb *c)
{
	c->listener = t;
	if (t->accept_last)
		t->accept_last->accept_next = c;
	else
		t->accept_first = c;
	t->accept_last = c;
	t->n_accept++;
}

/* The request gives its place in the table to the child, which does not hold it yet. */
static struct tcb *child_new(struct sut *s, struct request *r, const struct seg *g)
{
	struct tcb *t = r->listener;
	struct tcb *c = tcb_new(s, t->domain);

	if (!c)
		return NULL;
	child_inherit(c, t);
	c->c.local = r->c.local;
	c->c.remote = r->c.remote;
	child_sequences(c, r);
	child_options(c, r);
	c->c.state = SUT_LISTEN;
	tcb_set_state(c, SUT_SYN_RECEIVED);
	c->segs_in = 1;
	c->last_ack_recv_ns = s->now_ns;
	arrival_of_handshake(c, r, g);
	request_detach(s, r);
	conn_hash(s, &c->c);
	accept_push(t, c);
	count(s, COUNTER_TcpPassiveOpens);
	return c;
}

/* By the SYN alone; false: no memory, so by a handshake after all. */
static bool fast_open(struct sut *s, struct request *r, const struct seg *g)
{
	struct tcb *t = r->listener;
	struct tcb *c = child_new(s, r, g);

	if (!c)
		return false;
	fast_open_child(c, r, g);
	sock_wake(t->sock, POLL_IN | POLL_RDNORM);
	return true;
}

static void request_completed(struct sut *s, struct request *r, const struct seg *g)
{
	struct tcb *t = r->listener;
	struct tcb *c;

	if (accept_is_full(t)) {
		count(s, COUNTER_TcpExtListenOverflows);
		r->is_acked = true;
		if (s->sysctl.tcp_abort_on_overflow) {
			tcp_reply_reset(s, g);
			tcp_request_drop(s, r);
		}
		return;
	}
	c = child_new(s, r, g);
	if (!c)
		return;
	child_measure(c, r);
	mem_free(s, r);
	tcp_count_arrival(c, g);
	if (FAULT(s, HANDSHAKE_DATA_LOST)) {
		struct seg bare = *g;

		bare.len = 0;
		bare.flags &= (uint16_t)~TCP_FLAG_FIN;
		g = &bare;
		tcp_synchronized_input(c, g);
	} else {
		tcp_synchronized_input(c, g);
	}
	sock_wake(t->sock, POLL_IN | POLL_RDNORM);
}

/* ---- segments to a request; linux-tcp 6.1 ---- */

static bool request_rejects(const struct request *r, const struct seg *g)
{
	uint32_t nxt = r->irs + 1;
	uint32_t end = nxt + min_u32(r->rcv_wnd, 65535);
	bool is_in = g->seq == nxt || (seq_gt(seg_end(g), nxt) && seq_lt(g->seq, end)) ||
		     (g->seq == end && g->seq == seg_end(g));

	if (!is_in)
		return true;
	if (!r->peer.has_ts || !g->opts.has_ts)
		return false;
	if (seq_diff(r->ts_recent, g->opts.tsval) > 1)
		return true;
	return (g->flags & TCP_FLAG_ACK) && g->opts.tsecr &&
	       (seq_lt(g->opts.tsecr, r->first_tsval) || seq_gt(g->opts.tsecr, r->last_tsval));
}

static void request_answer(struct sut *s, struct request *r, const struct seg *g)
{
	if (FAULT(s, UNACCEPTABLE_SILENT))
		return;
	if (ackpol_may_answer(s, g, &r->last_ack_ns, &r->has_ack_sent))
		tcp_reply_request_ack(s, r, g, r->iss + 1);
}

static void request_syn_again(struct sut *s, struct request *r, const struct seg *g)
{
	if (!ackpol_may_answer(s, g, &r->last_ack_ns, &r->has_ack_sent))
		return;
	if (FAULT(s, SYN_AGAIN_NEW_NUMBER))
		r->iss += 1000;
	ip_options_learn(s, &r->ip_options, g->back);
	tcp_reply_synack(s, r);
	r->n_retrans++;
	conn_deadline(s, &r->c, s->now_ns + synack_wait(r->listener, r->n_timeouts));
}

static void request_reset(struct sut *s, struct request *r, const struct seg *g)
{
	if (FAULT(s, RST_IGNORED))
		return;
	if (g->seq != r->irs + 1 && !FAULT(s, RST_IN_WINDOW_TAKEN)) {
		if (!FAULT(s, RST_NOT_CHALLENGED))
			request_answer(s, r, g);
		return;
	}
	if (FAULT(s, PASSIVE_RESET_TOLD)) {
		r->listener->error = SUT_ECONNRESET;
		sock_wake(r->listener->sock, POLL_ERR);
	}
	count(s, COUNTER_TcpAttemptFails);
	tcp_request_drop(s, r);
}

/* Another number than that of the SYN that was answered: the peer has begun anew. [RFC9293 3.10.7.4
 * #4] */
static void request_new_syn(struct sut *s, struct request *r, const struct seg *g)
{
	if (FAULT(s, HALF_OPEN_SYN_ANSWERED)) {
		tcp_reply_synack(s, r);
		return;
	}
	if (s->profile->half_open_syn_resets)
		tcp_reply_reset(s, g);
	tcp_request_drop(s, r);
}

static bool is_syn_again(const struct request *r, const struct seg *g)
{
	uint16_t f = g->flags & (TCP_FLAG_SYN | TCP_FLAG_ACK | TCP_FLAG_RST | TCP_FLAG_FIN);

	return f == TCP_FLAG_SYN && g->seq == r->irs;
}

void tcp_request_input(struct sut *s, struct request *r, const struct seg *g)
{
	uint16_t f = g->flags;

	if (is_syn_again(r, g)) {
		request_syn_again(s, r, g);
	} else if (s->profile->needs_timestamp && r->peer.has_ts && !g->opts.has_ts &&
		   !(f & TCP_FLAG_RST)) {
		return;
	} else if ((f & TCP_FLAG_ACK) && !(f & TCP_FLAG_RST) && g->ack != r->iss + 1 &&
		   !FAULT(s, SYNRCVD_ANY_ACK)) {
		tcp_reply_reset(s, g);
	} else if (request_rejects(r, g)) {
		if (!(f & TCP_FLAG_RST))
			request_answer(s, r, g);
		else if (FAULT(s, RST_OUTSIDE_TAKEN))
			tcp_request_drop(s, r);
	} else if (f & TCP_FLAG_RST) {
		request_reset(s, r, g);
	} else if ((f & TCP_FLAG_SYN) && g->seq != r->irs) {
		request_new_syn(s, r, g);
	} else if ((f & TCP_FLAG_ACK) || FAULT(s, NO_ACK_TAKEN)) {
		if (r->peer.has_ts && g->opts.has_ts && seq_le(g->seq, r->irs + 1))
			r->ts_recent = g->opts.tsval;
		struct seg acked = *g;

		acked.flags |= TCP_FLAG_ACK;
		acked.ack = r->iss + 1;
		if (!(f & TCP_FLAG_ACK))
			g = &acked;
		if (r->n_timeouts < r->listener->defer_accept && seg_end(g) == r->irs + 1)
			r->is_acked = true;
		else
			request_completed(s, r, g);
	}
}

/* ---- the listener goes ---- */

void tcp_listen_stop(struct tcb *t)
{
	while (t->requests)
		tcp_request_drop(t->sut, t->requests);
	while (t->accept_first) {
		struct tcb *c = t->accept_first;

		t->accept_first = c->accept_next;
		c->accept_next = NULL;
		c->listener = NULL;
		if (c->c.state != SUT_CLOSED)
			tcp_abort(c);
		tcb_reap(c);
	}
	t->accept_last = NULL;
	t->n_accept = 0;
	fast_open_listener_gone(t);
}
