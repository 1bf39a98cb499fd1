/* SPDX-License-Identifier: BSD-2-Clause */
#include "tcp_impl.h"

static void opts_defaults(struct tcb *t)
{
	const struct sysctl_values *v = &t->sut->sysctl;

	t->keep_idle_ns = v->tcp_keepalive_time * NS_PER_S / (FAULT(t->sut, KEEPALIVE_HASTY) ? 4 : 1);
	t->keep_intvl_ns = v->tcp_keepalive_intvl * NS_PER_S;
	t->keep_cnt = (uint32_t)v->tcp_keepalive_probes;
	t->rto_max_ns = v->tcp_rto_max_ms * NS_PER_MS;
	t->rto_min_ns = v->tcp_rto_min_us * NS_PER_US;
	t->delack_max_ns = t->profile->delack_max_ns;
}

void tcb_reset_connection(struct tcb *t)
{
	t->reordering = (uint32_t)t->sut->sysctl.tcp_reordering;
	t->cwnd = t->profile->initial_cwnd;
	t->ssthresh = TCP_NO_SSTHRESH;
	t->cwnd_cnt = 0;
	t->flight.has_loss = false;
	t->ca_state = CA_OPEN;
	t->ratio_256 = 128;
	t->mss_clamp = t->profile->default_peer_mss;
	t->mss_cache = t->mss_clamp;
	t->rcv_mss = t->profile->initial_rcv_mss;
	t->pacing_rate = UINT64_MAX;
	t->pmtu_bytes = t->sut->link.mtu_bytes;
	memset(&t->path, 0, sizeof(t->path));
	t->window_clamp = t->user_clamp;
	t->ato_ns = 0;
	t->quick = t->pingpong = 0;
	t->ack_pending = 0;
	t->backoff = t->retransmits = t->probes = 0;
	t->retrans_start_ns = 0;
	t->n_sacks = 0;
	t->has_dsack = false;
	t->snd_wscale = t->rcv_wscale = 0;
	t->ts_ok = t->sack_ok = t->wscale_ok = false;
	memset(&t->ecn, 0, sizeof(t->ecn));
	t->ts_recent_ns = 0;
	t->ts_recent = 0;
	t->snd_wnd = t->max_wnd = t->rcv_wnd = 0;
	t->is_urgent = t->has_urg = t->urg_valid = false;
	t->is_rcv_shut = t->is_snd_shut = t->is_fin_seen = false;
	t->rack.is_valid = t->rack.has_dsack = false;
	t->rack.step_delivered = t->rack.extra_steps = t->rack.persist = 0;
	t->is_tlp_out = false;
	t->rcv_rtt_us = 0;
	t->rttm_ns = 0;
	fast_open_reset(t);
	rtt_init(&t->rtt, t);
}

struct tcb *tcb_new(struct sut *s, uint8_t domain)
{
	struct tcb *t = mem_zalloc(s, sizeof(*t));

	if (!t)
		return NULL;
	t->sut = s;
	t->profile = s->profile;
	t->domain = domain;
	t->c.kind = CONN_TCB;
	t->c.state = SUT_CLOSED;
	t->c.local.addr.family = domain;
	t->spare = mem_zalloc(s, sizeof(*t->spare));
	if (!t->spare || conn_add(s, &t->c)) {
		mem_free(s, t->spare);
		mem_free(s, t);
		return NULL;
	}
	for (int i = 0; i < TIMER_COUNT; i++)
		t->timer[i] = NEVER_NS;
	t->so.sndbuf_bytes = s->sysctl.tcp_wmem[1];
	t->so.rcvbuf_bytes = s->sysctl.tcp_rmem[1];
	opts_defaults(t);
	arrival_init(&t->seen);
	tcb_reset_connection(t);
	cc_init(t);
	t->all_next = s->tcp->all;
	if (t->all_next)
		t->all_next->all_prev = t;
	s->tcp->all = t;
	return t;
}

void tcb_purge_queues(struct tcb *t)
{
	sendq_purge(t);
	rsegq_purge(t, &t->rcvq);
	rsegq_purge(t, &t->ooo);
	reasm_sack_forget(t);
	t->copied_seq = t->rcv_nxt;
}

void tcb_free(struct tcb *t)
{
	struct sut *s = t->sut;

	while (t->requests)
		tcp_request_drop(s, t->requests);
	fast_open_listener_gone(t);
	fast_open_abandon(t);
	tcb_purge_queues(t);
	if (t->is_orphan)
		s->tcp->n_orphans--;
	conn_remove(s, &t->c);
	if (t->all_prev)
		t->all_prev->all_next = t->all_next;
	else
		s->tcp->all = t->all_next;
	if (t->all_next)
		t->all_next->all_prev = t->all_prev;
	mem_free(s, t->spare);
	mem_free(s, t);
}

bool tcb_is_synchronized(const struct tcb *t)
{
	switch (t->c.state) {
	case SUT_CLOSED:
	case SUT_LISTEN:
	case SUT_SYN_SENT:
	case SUT_SYN_RECEIVED:
		return false;
	case SUT_ESTABLISHED:
	case SUT_FIN_WAIT_1:
	case SUT_FIN_WAIT_2:
	case SUT_CLOSE_WAIT:
	case SUT_CLOSING:
	case SUT_LAST_ACK:
	case SUT_TIME_WAIT:
		return true;
	case SUT_STATE_COUNT:
		break;
	}
	return false;
}

void tcb_set_state(struct tcb *t, enum sut_tcp_state to)
{
	enum sut_tcp_state from = t->c.state;

	if (to == SUT_CLOSED && (from == SUT_SYN_SENT || from == SUT_SYN_RECEIVED))
		count(t->sut, COUNTER_TcpAttemptFails);
	if (to == SUT_CLOSED && (from == SUT_ESTABLISHED || from == SUT_CLOSE_WAIT))
		count(t->sut, COUNTER_TcpEstabResets);
	tcp_state_set(&t->c.state, to);
}

void tcb_done(struct tcb *t)
{
	if (t->c.state == SUT_CLOSED)
		return;
	tcb_set_state(t, SUT_CLOSED);
	fast_open_done(t);
	timer_stop_all(t);
	chrono_set(t, CHRONO_IDLE);
	conn_unhash(t->sut, &t->c);
	sendq_purge(t);
	rsegq_purge(t, &t->ooo);
	reasm_sack_forget(t);
	t->is_rcv_shut = t->is_snd_shut = true;
	if (t->has_auto_port && !t->sock)
		t->is_bound = false;
	sock_wake(t->sock, POLL_IN | POLL_OUT | POLL_HUP | POLL_RDHUP | POLL_RDNORM | POLL_WRNORM |
		  (t->error ? POLL_ERR : 0u));
}

void tcb_fail(struct tcb *t, int error)
{
	t->error = error;
	tcb_done(t);
}

/* A child that nobody accepted yet stays: accept() hands it out with its error. */
void tcb_reap(struct tcb *t)
{
	if (t->c.state == SUT_CLOSED && !t->sock && !t->listener)
		tcb_free(t);
}
