/* SPDX-License-Identifier: BSD-2-Clause */
#include "tcp_impl.h"

/*
 * TIME-WAIT [RFC9293 3.10.7.4 #5, 3.10.8] [RFC6191], and FIN-WAIT-2 of an orphan: a small entry
 * takes the connection's place, the block is free.
 */

static void entry_fill(struct timewait *w, const struct tcb *t)
{
	w->c.kind = CONN_TIMEWAIT;
	w->c.state = SUT_FIN_WAIT_2;
	w->c.local = t->c.local;
	w->c.remote = t->c.remote;
	w->nxt = t->nxt;
	w->rcv_nxt = t->rcv_nxt;
	w->rcv_wnd = tcp_window_current(t);
	w->rcv_wscale = t->rcv_wscale;
	w->ts_ok = t->ts_ok;
	w->ts_offset = t->ts_offset;
	w->ts_recent = t->ts_recent;
	w->ts_recent_ns = t->ts_recent_ns;
	w->tos = t->c.remote.addr.family == 6 ? t->so.tclass : t->so.tos;
	w->flow_label = t->flow_label;
}

static struct timewait *entry_new(struct tcb *t)
{
	struct sut *s = t->sut;
	struct timewait *w;

	if (s->tcp->n_timewait >= (size_t)s->sysctl.tcp_max_tw_buckets)
		return NULL;
	w = mem_zalloc(s, sizeof(*w));
	if (!w)
		return NULL;
	entry_fill(w, t);
	if (conn_add(s, &w->c)) {
		mem_free(s, w);
		return NULL;
	}
	s->tcp->n_timewait++;
	return w;
}

void tcp_timewait_free(struct sut *s, struct timewait *w)
{
	tcp_state_set(&w->c.state, SUT_CLOSED);
	conn_remove(s, &w->c);
	s->tcp->n_timewait--;
	mem_free(s, w);
}

void tcp_time_wait(struct tcb *t, enum sut_tcp_state state, int64_t for_ns)
{
	struct sut *s = t->sut;
	struct timewait *w = FAULT(s, TIME_WAIT_SKIPPED) && state == SUT_TIME_WAIT ? NULL : entry_new(t);

	if (FAULT(s, TIME_WAIT_SHORT))
		for_ns = NS_PER_S;
	if (state == SUT_TIME_WAIT)
		tcb_set_state(t, SUT_TIME_WAIT);
	/* Without an entry the pair is simply free at once: memory comes first. */
	tcb_done(t);
	if (!w)
		return;
	t->has_timewait = true;
	conn_hash(s, &w->c);
	if (state == SUT_TIME_WAIT)
		tcp_state_set(&w->c.state, SUT_TIME_WAIT);
	count(s, COUNTER_TcpExtTW);
	conn_deadline(s, &w->c, s->now_ns + for_ns);
}

static bool paws_rejects(const struct sut *s, const struct timewait *w, const struct seg *g)
{
	if (!w->ts_ok || !g->opts.has_ts || !w->ts_recent_ns)
		return false;
	return seq_diff(w->ts_recent, g->opts.tsval) > 1 &&
	       s->now_ns - w->ts_recent_ns < s->profile->paws_idle_ns;
}

static void timestamp_store(struct sut *s, struct timewait *w, const struct seg *g)
{
	if (!w->ts_ok || !g->opts.has_ts)
		return;
	w->ts_recent = g->opts.tsval;
	w->ts_recent_ns = max_i64(s->now_ns, 1);
}

static void restart(struct sut *s, struct timewait *w)
{
	if (FAULT(s, TIME_WAIT_NOT_RESTARTED) && w->c.state == SUT_TIME_WAIT)
		return;
	conn_deadline(s, &w->c, s->now_ns + s->profile->timewait_ns);
}

static void answer(struct sut *s, struct timewait *w, const struct seg *g)
{
	if (FAULT(s, TIME_WAIT_SILENT))
		return;
	if (ackpol_may_answer(s, g, &w->last_ack_ns, &w->has_ack_sent))
		tcp_reply_timewait_ack(s, w, g);
}

static void kill_with_reset(struct sut *s, struct timewait *w, const struct seg *g)
{
	tcp_reply_reset(s, g);
	tcp_timewait_free(s, w);
}

static bool is_in_window(const struct timewait *w, const struct seg *g)
{
	return g->seq == w->rcv_nxt || (seq_gt(seg_end(g), w->rcv_nxt) &&
					seq_lt(g->seq, w->rcv_nxt + w->rcv_wnd));
}

/* ---- FIN-WAIT-2 without a socket ---- */

static void half_closed_input(struct sut *s, struct timewait *w, const struct seg *g)
{
	if (paws_rejects(s, w, g) || !is_in_window(w, g)) {
		if (!(g->flags & TCP_FLAG_RST))
			answer(s, w, g);
	} else if (g->flags & TCP_FLAG_RST) {
		tcp_timewait_free(s, w);
	} else if ((g->flags & TCP_FLAG_SYN) && seq_ge(g->seq, w->rcv_nxt)) {
		kill_with_reset(s, w, g);
	} else if (g->len && FAULT(s, UNREADABLE_TAKEN)) {
		w->rcv_nxt = seg_end(g);
		tcp_reply_timewait_ack(s, w, g);
	} else if (!(g->flags & TCP_FLAG_ACK) || seq_le(seg_end(g), w->rcv_nxt)) {
		return;
	} else if (!(g->flags & TCP_FLAG_FIN) || seg_end(g) != w->rcv_nxt + 1) {
		kill_with_reset(s, w, g);
	} else {
		tcp_state_set(&w->c.state, SUT_TIME_WAIT);
		w->rcv_nxt = seg_end(g);
		timestamp_store(s, w, g);
		restart(s, w);
		tcp_reply_timewait_ack(s, w, g);
	}
}

/* ---- TIME-WAIT ---- */

static bool is_bare_syn(const struct seg *g)
{
	return (g->flags & (TCP_FLAG_SYN | TCP_FLAG_RST | TCP_FLAG_ACK)) == TCP_FLAG_SYN;
}

/* The cases of [RFC6191 2], in the order of the text. */
static bool is_new_by_rfc6191(const struct timewait *w, const struct seg *g)
{
	bool is_higher = seq_gt(g->seq, w->rcv_nxt);

	if (!g->opts.has_ts)
		return is_higher;
	if (!w->ts_ok)
		return true;
	return seq_gt(g->opts.tsval, w->ts_recent) || (g->opts.tsval == w->ts_recent && is_higher);
}

/* [RFC9293 MAY-2] [RFC6191 2]: clearly newer than the old connection. */
static bool is_new_connection(const struct sut *s, const struct timewait *w, const struct seg *g)
{
	if (!is_bare_syn(g) || FAULT(s, TIME_WAIT_NO_REUSE))
		return false;
	if (FAULT(s, TIME_WAIT_ANY_SYN))
		return true;
	if (FAULT(s, TIME_WAIT_BY_NUMBER))
		return seq_gt(g->seq, w->rcv_nxt);
	if (FAULT(s, TIME_WAIT_BY_TIME_STAMP))
		return w->ts_ok && g->opts.has_ts && seq_gt(g->opts.tsval, w->ts_recent);
	if (s->profile->wait_follows_rfc6191)
		return is_new_by_rfc6191(w, g);
	return seq_gt(g->seq, w->rcv_nxt) ||
	       (w->ts_ok && g->opts.has_ts && seq_gt(g->opts.tsval, w->ts_recent));
}

static bool reopen(struct sut *s, struct timewait *w, const struct seg *g)
{
	struct tcb *listener = tcp_find_listener(s, &w->c.local);
	uint32_t isn = w->nxt + 65537;

	if (!listener)
		return false;
	if (FAULT(s, TIME_WAIT_NUMBER_REUSED))
		isn = w->nxt - 2000;
	tcp_timewait_free(s, w);
	tcp_listen_input(listener, g, isn ? isn : 1);
	return true;
}

/* At exactly RCV.NXT and empty: the peer's last word, which needs no answer. */
static void in_place(struct sut *s, struct timewait *w, const struct seg *g)
{
	if (g->flags & TCP_FLAG_RST) {
		if (!s->sysctl.tcp_rfc1337 || FAULT(s, TIME_WAIT_ENDED_BY_RESET))
			tcp_timewait_free(s, w);
		return;
	}
	timestamp_store(s, w, g);
	restart(s, w);
}

/* What a full block would do with it, too: true when that is all. */
static bool strict_input(struct sut *s, struct timewait *w, const struct seg *g)
{
	const struct profile *p = s->profile;

	if (p->needs_timestamp && w->ts_ok && !g->opts.has_ts &&
	    !(g->flags & (TCP_FLAG_RST | TCP_FLAG_SYN)))
		return true;
	if (!is_in_window(w, g))
		return false;
	if (p->wait_challenges_reset && (g->flags & TCP_FLAG_RST) && g->seq != w->rcv_nxt) {
		if (!FAULT(s, RST_NOT_CHALLENGED))
			answer(s, w, g);
		return true;
	}
	return p->wait_needs_ack && !(g->flags & (TCP_FLAG_ACK | TCP_FLAG_RST | TCP_FLAG_SYN)) &&
	       !FAULT(s, NO_ACK_TAKEN);
}

void tcp_timewait_input(struct sut *s, struct timewait *w, const struct seg *g)
{
	bool is_paws, is_new;

	if (w->c.state == SUT_FIN_WAIT_2) {
		half_closed_input(s, w, g);
		return;
	}
	is_paws = paws_rejects(s, w, g);
	if (!is_paws && strict_input(s, w, g))
		return;
	if (!is_paws && g->seq == w->rcv_nxt &&
	    (seg_end(g) == g->seq || (g->flags & TCP_FLAG_RST))) {
		in_place(s, w, g);
		return;
	}
	is_new = !is_paws && is_new_connection(s, w, g);
	if (is_new && reopen(s, w, g))
		return;
	if ((g->flags & TCP_FLAG_RST) ||
	    (s->profile->wait_follows_rfc6191 && is_bare_syn(g) && !is_new &&
	     !FAULT(s, TIME_WAIT_OLD_SYN_ANSWERED)))
		return;
	if (is_paws || (g->flags & TCP_FLAG_ACK))
		restart(s, w);
	answer(s, w, g);
}
