/* SPDX-License-Identifier: BSD-2-Clause */
#include "tcp_ecn.h"

/* The user calls that open and close. [RFC9293 3.10.1, 3.10.4, 3.10.5] */

struct tcb *tcp_open(struct sut *s, struct sock *owner, uint8_t domain,
		     const struct sock_opts *opts)
{
	struct tcb *t = tcb_new(s, domain);
	int64_t snd, rcv;

	if (!t)
		return NULL;
	snd = t->so.sndbuf_bytes;
	rcv = t->so.rcvbuf_bytes;
	t->so = *opts;
	t->so.sndbuf_bytes = snd;
	t->so.rcvbuf_bytes = rcv;
	t->so.rcvlowat_bytes = max_i64(t->so.rcvlowat_bytes, 1);
	t->sock = owner;
	return t;
}

struct sock_opts *tcp_opts(struct tcb *t)
{
	return &t->so;
}

void tcp_opts_changed(struct tcb *t)
{
	timer_keepalive(t);
	if (tcp_is_writable(t) && t->is_nospace) {
		t->is_nospace = false;
		sock_wake(t->sock, POLL_OUT | POLL_WRNORM);
	}
}

/* ---- bind, connect ---- */

int tcp_bind(struct tcb *t, const struct sut_endpoint *local)
{
	struct sut_endpoint want = *local;
	struct sut_endpoint before = t->c.local;
	int rc = 0;

	if (t->is_bound || t->c.state != SUT_CLOSED)
		return SUT_EINVAL;
	if (!want.addr.family)
		want.addr.family = t->domain;
	if (!addr_is_any(&want.addr) && !ip_is_ours(t->sut, &want.addr) &&
	    !FAULT(t->sut, BIND_ANY_ADDRESS))
		return SUT_EADDRNOTAVAIL;
	t->c.local = want;
	if (!want.port)
		rc = tcp_pick_port(t, NULL) ? SUT_EADDRINUSE : 0;
	else if (!tcp_port_is_free(t, &want))
		rc = SUT_EADDRINUSE;
	t->has_auto_port = false;
	if (rc)
		t->c.local = before;
	else
		t->is_bound = true;
	return rc;
}

static int choose_addresses(struct tcb *t, const struct sut_endpoint *peer)
{
	struct sut_addr src;
	int rc;

	if (FAULT(t->sut, CONNECT_ANYWHERE)) {
		src = ip_first_address(t->sut, peer->addr.family);
	} else {
		if (!ip_is_unicast(t->sut, &peer->addr) ||
		    (t->so.v6only && peer->addr.family == 4))
			return SUT_ENETUNREACH;
		rc = ip_source(t->sut, &peer->addr, &src);
		if (rc)
			return rc;
	}
	if (addr_is_any(&t->c.local.addr))
		t->c.local.addr = src;
	else if (t->c.local.addr.family != peer->addr.family)
		return SUT_ENETUNREACH;
	t->c.remote = *peer;
	return t->is_bound && !FAULT(t->sut, BIND_FORGOTTEN) ? 0 : tcp_pick_port(t, peer);
}

static void syn_numbers(struct tcb *t)
{
	struct sut *s = t->sut;
	struct window_init w;

	t->iss = t->next_iss ? t->next_iss : tcp_isn(s, &t->c);
	t->next_iss = 0;
	t->una = t->snd_sml = t->snd_up = t->iss;
	t->nxt = t->write_seq = t->pushed_seq = t->ring_seq = t->iss + 1;
	t->ts_offset = tcp_ts_offset(s, &t->c);
	t->flow_label = tcp_flow_label(s, &t->c, 0);
	tcp_mss_init(t);
	t->mss_clamp = t->profile->default_peer_mss;
	t->mss_cache = t->mss_clamp - (s->sysctl.tcp_timestamps ? 12 : 0);
	tcp_window_initial(t, t->advmss, s->sysctl.tcp_window_scaling, &w);
	t->rcv_wnd = t->rcv_ssthresh = w.rcv_wnd;
	t->rcv_wscale = t->syn_wscale = w.wscale;
	t->window_clamp = w.clamp;
	t->rcv_mss = LEAST_RCV_MSS;
	t->syn_sent_ns = s->now_ns;
	t->retransmits = t->total_retrans = 0;
	t->last_send_ns = t->last_recv_ns = s->now_ns;
}

static void forget_peer(struct tcb *t)
{
	t->c.remote = (struct sut_endpoint){ 0 };
	if (t->has_auto_port || !t->is_bound) {
		t->is_bound = t->has_auto_port = false;
		t->c.local = (struct sut_endpoint){ .addr.family = t->domain };
	}
}

int tcp_active_open(struct tcb *t)
{
	if (tcp_send_syn(t)) {
		t->is_attempt_open = false;
		tcb_done(t);
		forget_peer(t);
		return SUT_ENOBUFS;
	}
	count(t->sut, COUNTER_TcpActiveOpens);
	return SUT_EINPROGRESS;
}

static int start_connect(struct tcb *t, const struct sut_endpoint *peer)
{
	struct sut *s = t->sut;
	struct sut_endpoint before = t->c.local;
	int rc = choose_addresses(t, peer);

	if (!rc)
		rc = conn_hash(s, &t->c) ? SUT_EADDRNOTAVAIL : 0;
	if (rc) {
		t->c.local = before;
		t->c.remote = (struct sut_endpoint){ 0 };
		return rc;
	}
	t->is_bound = true;
	t->seen.v6.addr = peer->addr;
	tcb_reset_connection(t);
	cc_init(t);
	syn_numbers(t);
	ecn_start(t);
	tcb_set_state(t, SUT_SYN_SENT);
	t->is_attempt_open = true;
	return fast_open_defers(t) ? 0 : tcp_active_open(t);
}

int tcp_connect(struct tcb *t, const struct sut_endpoint *peer)
{
	int rc = t->error;

	switch (t->c.state) {
	case SUT_CLOSED:
		if (t->connect_reported)
			return SUT_EISCONN;
		if (t->is_attempt_open) {
			tcp_disconnect(t);
			t->error = 0;
			return rc ? rc : SUT_ECONNABORTED;
		}
		/* What a disconnect left behind is of no interest any more. */
		t->error = 0;
		return start_connect(t, peer);
	case SUT_SYN_SENT:
	case SUT_SYN_RECEIVED:
		if (t->fo.is_deferred || t->fo.is_child)
			return SUT_EISCONN;
		if (FAULT(t->sut, SECOND_CONNECT_SENDS))
			tcp_transmit(t, t->rtx.first);
		return SUT_EALREADY;
	case SUT_LISTEN:
	case SUT_ESTABLISHED:
	case SUT_FIN_WAIT_1:
	case SUT_FIN_WAIT_2:
	case SUT_CLOSE_WAIT:
	case SUT_CLOSING:
	case SUT_LAST_ACK:
	case SUT_TIME_WAIT:
	case SUT_STATE_COUNT:
		break;
	}
	if (FAULT(t->sut, CONNECT_ALWAYS_FINE))
		return 0;
	if (t->c.state == SUT_LISTEN || t->connect_reported)
		return SUT_EISCONN;
	t->connect_reported = true;
	t->is_attempt_open = false;
	return 0;
}

/* ---- abort [RFC9293 3.10.5] ---- */

static bool needs_reset(const struct tcb *t)
{
	switch (t->c.state) {
	case SUT_SYN_RECEIVED:
	case SUT_ESTABLISHED:
	case SUT_FIN_WAIT_1:
	case SUT_FIN_WAIT_2:
	case SUT_CLOSE_WAIT:
		return true;
	case SUT_CLOSING:
	case SUT_LAST_ACK:
		return t->nxt != t->write_seq || FAULT(t->sut, LATE_ABORT_RESETS);
	case SUT_SYN_SENT:
		return FAULT(t->sut, CONNECTING_ABORT_RESETS);
	case SUT_CLOSED:
	case SUT_LISTEN:
	case SUT_TIME_WAIT:
	case SUT_STATE_COUNT:
		break;
	}
	return false;
}

/* Our reset ends it. */
static void reset_done(struct tcb *t)
{
	tcp_send_reset(t);
	if (t->profile->reset_waits && t->c.state != SUT_SYN_SENT)
		tcp_time_wait(t, SUT_TIME_WAIT, t->profile->timewait_ns);
	else
		tcb_done(t);
}

/* The entry of its own that a connection left in TIME-WAIT goes, too. */
static void end_wait(struct tcb *t)
{
	struct conn *c = conn_find(t->sut, &t->c.local, &t->c.remote);

	if (!t->has_timewait || !t->profile->abort_ends_wait || FAULT(t->sut, ABORT_LEAVES_TIME_WAIT))
		return;
	if (c && c->kind == CONN_TIMEWAIT && ((struct timewait *)c)->nxt == t->nxt)
		tcp_timewait_free(t->sut, (struct timewait *)c);
	t->has_timewait = false;
}

void tcp_abort(struct tcb *t)
{
	if (needs_reset(t)) {
		t->error = SUT_ECONNRESET;
		reset_done(t);
		return;
	}
	if (t->c.state == SUT_SYN_SENT)
		t->error = SUT_ECONNRESET;
	if (t->c.state == SUT_CLOSED)
		end_wait(t);
	tcb_done(t);
}

int tcp_disconnect(struct tcb *t)
{
	uint32_t next = t->write_seq + t->max_wnd + 2;

	if (t->c.state == SUT_LISTEN)
		tcp_listen_stop(t);
	tcp_abort(t);
	tcb_purge_queues(t);
	t->next_iss = t->was_connected || t->is_attempt_open ? next : 0;
	t->was_connected = t->connect_reported = t->has_timewait = false;
	t->is_attempt_open = t->is_passive = false;
	/* the way back to the peer was learnt for this connection */
	if (!t->so.ip_options.is_own)
		t->so.ip_options = (struct ip_options){ 0 };
	forget_peer(t);
	tcb_reset_connection(t);
	return 0;
}

/* ---- listen, accept ---- */

int tcp_listen(struct tcb *t, int backlog)
{
	int64_t most = t->sut->sysctl.core_somaxconn;

	if (t->c.state != SUT_LISTEN) {
		if (t->c.state != SUT_CLOSED || t->connect_reported || t->is_attempt_open)
			return SUT_EINVAL;
		if (!t->is_bound && tcp_pick_port(t, NULL))
			return SUT_EADDRINUSE;
		if (!tcp_port_is_free(t, &t->c.local))
			return SUT_EADDRINUSE;
		t->is_bound = true;
		t->is_rcv_shut = t->is_snd_shut = false;
		tcb_set_state(t, SUT_LISTEN);
	}
	t->backlog = (uint32_t)(backlog < 0 ? most : min_i64(backlog, most));
	fast_open_listen(t);
	return 0;
}

int tcp_accept(struct tcb *listener, struct sock *owner, struct tcb **out)
{
	struct tcb *c = listener->accept_first;

	if (listener->c.state != SUT_LISTEN)
		return SUT_EINVAL;
	if (!c)
		return listener->error && FAULT(listener->sut, PASSIVE_RESET_TOLD)
			       ? listener->error : SUT_EAGAIN;
	listener->accept_first = c->accept_next;
	if (!listener->accept_first)
		listener->accept_last = NULL;
	listener->n_accept--;
	c->accept_next = NULL;
	c->listener = NULL;
	c->sock = owner;
	c->connect_reported = true;
	*out = c;
	return 0;
}

/* ---- shutdown, close ---- */

void tcp_send_fin(struct tcb *t)
{
	while (FAULT(t->sut, FIN_DROPS_QUEUE) && t->unsent.first) {
		struct elem *e = t->unsent.first;

		t->write_seq -= e->len;
		elemq_remove(&t->unsent, e);
		elem_free(t, e);
	}
	t->is_snd_shut = true;
	sendq_queue_fin(t);
	tcp_push(t, PUSH_NODELAY);
}

/* Is the FIN to wait for the ACK of our SYN? */
static bool must_open_first(const struct tcb *t)
{
	return t->c.state == SUT_SYN_RECEIVED && t->profile->close_waits_for_data &&
	       t->write_seq != t->iss + 1 && !FAULT(t->sut, FIN_BEFORE_OPEN);
}

/* Our side is done: the state of that and the FIN. */
void tcp_finish_sending(struct tcb *t)
{
	if (must_open_first(t)) {
		t->is_snd_shut = true;
		return;
	}
	switch (t->c.state) {
	case SUT_SYN_RECEIVED:
	case SUT_ESTABLISHED:
		tcb_set_state(t, SUT_FIN_WAIT_1);
		tcp_send_fin(t);
		break;
	case SUT_CLOSE_WAIT:
		tcb_set_state(t, SUT_LAST_ACK);
		tcp_send_fin(t);
		break;
	case SUT_FIN_WAIT_1:
	case SUT_CLOSING:
	case SUT_LAST_ACK:
		if (FAULT(t->sut, CLOSE_AGAIN_SENDS) && t->rtx.last)
			recovery_probe_elem(t, t->rtx.last, 1);
		break;
	case SUT_FIN_WAIT_2:
		if (FAULT(t->sut, CLOSE_AGAIN_SENDS))
			tcp_send_ack(t);
		break;
	case SUT_CLOSED:
	case SUT_LISTEN:
	case SUT_SYN_SENT:
	case SUT_TIME_WAIT:
	case SUT_STATE_COUNT:
		break;
	}
}

static int shutdown_unconnected(struct tcb *t, int how)
{
	switch (t->c.state) {
	case SUT_LISTEN:
		if (how == 1 || FAULT(t->sut, LISTENER_STAYS))
			return 0;
		tcp_listen_stop(t);
		tcb_done(t);
		return 0;
	case SUT_SYN_SENT:
		return tcp_disconnect(t);
	case SUT_CLOSED:
		if (FAULT(t->sut, SHUTDOWN_ALWAYS_FINE))
			return 0;
		break;
	case SUT_SYN_RECEIVED:
	case SUT_ESTABLISHED:
	case SUT_FIN_WAIT_1:
	case SUT_FIN_WAIT_2:
	case SUT_CLOSE_WAIT:
	case SUT_CLOSING:
	case SUT_LAST_ACK:
	case SUT_TIME_WAIT:
	case SUT_STATE_COUNT:
		break;
	}
	return SUT_ENOTCONN;
}

static bool is_closing_twice(const struct tcb *t)
{
	return t->profile->second_close_fails &&
	       (t->c.state == SUT_CLOSING || t->c.state == SUT_LAST_ACK) &&
	       !FAULT(t->sut, SECOND_CLOSE_FINE);
}

int tcp_shutdown(struct tcb *t, int how)
{
	if (how < 0 || how > 2)
		return SUT_EINVAL;
	if (t->c.state == SUT_CLOSED || t->c.state == SUT_LISTEN || t->c.state == SUT_SYN_SENT)
		return shutdown_unconnected(t, how);
	if (how != 0 && is_closing_twice(t)) {
		if (FAULT(t->sut, CLOSE_AGAIN_SENDS))
			tcp_finish_sending(t);
		return SUT_ENOTCONN;
	}
	if (how != 1)
		t->is_rcv_shut = true;
	if (how != 0 && t->c.state == SUT_SYN_RECEIVED)
		t->is_snd_shut = true;
	else if (how != 0)
		tcp_finish_sending(t);
	sock_wake(t->sock, POLL_IN | POLL_OUT | POLL_HUP | POLL_RDHUP);
	return 0;
}

/* The part of close() that the peer sees. */
static void close_connection(struct tcb *t)
{
	bool has_unread = t->rcvq.first != NULL;

	t->is_rcv_shut = true;
	if (t->c.state == SUT_LISTEN) {
		if (FAULT(t->sut, LISTENER_STAYS))
			return;
		tcp_listen_stop(t);
		tcb_done(t);
	} else if (t->c.state == SUT_SYN_SENT) {
		if (FAULT(t->sut, CONNECTING_ABORT_RESETS))
			tcp_send_reset(t);
		if (!FAULT(t->sut, CONNECTING_CLOSE_FORGOTTEN))
			tcb_done(t);
	} else if (FAULT(t->sut, CLOSE_RESETS)) {
		tcp_abort(t);
	} else if (has_unread && t->c.state != SUT_CLOSED && !FAULT(t->sut, UNREAD_LOST_QUIETLY)) {
		/* [RFC1122 4.2.2.13]: the peer must learn that data was lost. */
		count(t->sut, COUNTER_TcpExtTCPAbortOnClose);
		/* The memory is free: the reset tells the window of that. */
		rsegq_purge(t, &t->rcvq);
		reset_done(t);
	} else if (t->so.linger && !t->so.linger_ns && !FAULT(t->sut, ABORT_CLOSES)) {
		tcp_abort(t);
	} else {
		tcp_finish_sending(t);
	}
}

bool tcp_close_done(const struct tcb *t)
{
	if (t->c.state != SUT_FIN_WAIT_1 && t->c.state != SUT_CLOSING &&
	    t->c.state != SUT_LAST_ACK)
		return true;
	return t->sut->now_ns >= t->linger_end_ns;
}

/* [RFC9293 3.6, SHLD-3]: who nobody reads for waits for the peer's FIN only so long. */
static void orphan_fin_wait(struct tcb *t)
{
	int64_t wait = t->linger2_ns ? t->linger2_ns
				     : t->sut->sysctl.tcp_fin_timeout * NS_PER_S;

	if (wait < 0) {
		count(t->sut, COUNTER_TcpExtTCPAbortOnLinger);
		tcp_send_reset(t);
		tcb_done(t);
		return;
	}
	tcp_time_wait(t, SUT_FIN_WAIT_2, max_i64(wait, t->rtt.rto_ns * 7 / 2));
}

static void orphan(struct tcb *t)
{
	t->sock = NULL;
	if (t->c.state == SUT_CLOSED)
		return;
	t->is_orphan = true;
	t->sut->tcp->n_orphans++;
	if (t->c.state == SUT_FIN_WAIT_2) {
		orphan_fin_wait(t);
	} else if (t->sut->tcp->n_orphans > (size_t)t->sut->sysctl.tcp_max_orphans) {
		count(t->sut, COUNTER_TcpExtTCPAbortOnMemory);
		tcp_send_reset(t);
		tcb_done(t);
	}
}

int tcp_close(struct tcb *t)
{
	if (!t->is_closing) {
		t->is_closing = true;
		close_connection(t);
		t->linger_end_ns = t->sut->now_ns;
		if (t->so.linger && t->so.linger_ns && !t->so.is_nonblocking) {
			t->linger_end_ns += t->so.linger_ns;
			if (!tcp_close_done(t))
				timer_set(t, TIMER_LINGER, t->linger_end_ns);
		}
	}
	if (!tcp_close_done(t))
		return SUT_EAGAIN;
	timer_stop(t, TIMER_LINGER);
	orphan(t);
	tcb_reap(t);
	return 0;
}
