/* SPDX-License-Identifier: BSD-2-Clause */
#include "tcp_impl.h"

#include "codec.h"

/* What an ICMP error about a segment of ours does: a hint, the end, or a narrower path; linux-tcp 6.9. */

static void mtu_shrunk(struct tcb *t)
{
	uint32_t before = t->mss_cache;

	if (FAULT(t->sut, PATH_MTU_REPEAT_RESENT) && t->rtx.first)
		recovery_retransmit_elem(t, t->rtx.first, 1);
	if (FAULT(t->sut, PATH_MTU_RAISED))
		tcp_mss_sync(t);
	if (t->c.state == SUT_SYN_SENT)
		fast_open_path_shrunk(t);
	if (ip_mtu(t->sut, &t->c.remote.addr) >= t->pmtu_bytes || !tcb_is_synchronized(t))
		return;
	tcp_mss_sync(t);
	if (t->mss_cache < before && !FAULT(t->sut, PATH_MTU_NOT_RESENT))
		recovery_pmtu_lost(t);
}

/* ---- a path MTU that is at odds with what has passed already [RFC5927 7.2] ---- */

static bool mtu_must_wait(struct tcb *t, const struct icmp_err *e, uint32_t seq)
{
	if (!t->profile->mtu_timeouts || e->mtu_bytes > t->path.acked_bytes)
		return false;
	t->path.claimed_bytes = e->mtu_bytes;
	t->path.seq = seq;
	t->path.n_timeouts = 0;
	return true;
}

void tcp_path_timed_out(struct tcb *t)
{
	if (!t->path.claimed_bytes || ++t->path.n_timeouts < t->profile->mtu_timeouts)
		return;
	ip_learn_mtu(t->sut, &t->c.remote.addr, t->path.claimed_bytes);
	t->path.acked_bytes = t->path.claimed_bytes;
	t->path.claimed_bytes = 0;
}

void tcp_path_acked(struct tcb *t, const struct elem *e)
{
	uint32_t header = (t->c.remote.addr.family == 6 ? 60u : 40u) + (t->ts_ok ? 12u : 0u);

	t->path.acked_bytes = max_u32(t->path.acked_bytes, min_u32(e->len, e->mss) + header);
	if (!t->path.claimed_bytes || seq_le(t->una, t->path.seq))
		return;
	if (FAULT(t->sut, PATH_MTU_IN_SPITE_OF_ACK))
		ip_learn_mtu(t->sut, &t->c.remote.addr, t->path.claimed_bytes);
	t->path.claimed_bytes = 0;
}

/* ---- messages ---- */

/* [RFC9293 3.9.2.2 SHLD-26], and those of ICMPv6 that mean the same [RFC5927 5.1]; a path MTU is learnt
 * instead */
static const struct {
	uint8_t version, type, code;
} hard_errors[] = {
	{ 4, ICMP4_UNREACHABLE, 2 }, { 4, ICMP4_UNREACHABLE, 3 },
	{ 6, ICMP6_UNREACHABLE, 1 }, { 6, ICMP6_UNREACHABLE, 4 },
};

/* A child of Fast Open that was accepted: a connection like any. */
static bool is_in_use(const struct tcb *t)
{
	return t->fo.request && !t->listener;
}

/* While a connection is being opened any error ends the attempt. [RFC5461 4.1] */
static bool icmp_ends(const struct tcb *t, const struct icmp_err *e)
{
	if (t->c.state == SUT_SYN_SENT || t->c.state == SUT_SYN_RECEIVED)
		return !is_in_use(t);
	for (size_t i = 0; t->profile->hard_errors_abort && i < ARRAY_LEN(hard_errors); i++) {
		if (hard_errors[i].version == e->from.family && hard_errors[i].type == e->type &&
		    hard_errors[i].code == e->code)
			return true;
	}
	return false;
}

static void tcb_icmp(struct tcb *t, const struct icmp_err *e)
{
	uint32_t seq = get_be32(e->quoted + 4);

	if ((seq_lt(seq, t->fo.request ? t->iss : t->una) || seq_gt(seq, t->nxt)) && !FAULT(t->sut, ICMP_ANY_SEQUENCE)) {
		count(t->sut, COUNTER_TcpExtOutOfWindowIcmps);
		return;
	}
	if (e->mtu_bytes) {
		if (FAULT(t->sut, PATH_MTU_IGNORED) || mtu_must_wait(t, e, seq))
			return;
		ip_learn_mtu(t->sut, &e->remote.addr, e->mtu_bytes);
		mtu_shrunk(t);
		return;
	}
	if (e->is_unreachable && tcb_is_synchronized(t) && seq == t->una)
		timer_rto_backed_off(t);
	if (e->type == 4 && FAULT(t->sut, SOURCE_QUENCH_OBEYED)) {
		t->cwnd = 1;
	} else if (FAULT(t->sut, ICMP_SOFT_ABORTS) ||
		   (FAULT(t->sut, ICMP_HARD_ABORTS) && e->is_hard)) {
		tcb_fail(t, e->error);
	} else if (FAULT(t->sut, ICMP_SOFT_TOLD)) {
		t->error = e->error;
	} else if (FAULT(t->sut, ICMP_ERROR_IGNORED)) {
		return;
	} else if (icmp_ends(t, e)) {
		sock_icmp_error(t->sock, e, e->quoted, e->n_quoted);
		tcb_fail(t, e->error);
	} else if (FAULT(t->sut, ICMP_NEVER_TOLD)) {
		return;
	} else if (t->c.remote.addr.family == 6 ? t->so.recverr6 : t->so.recverr4) {
		t->error = e->error;
		sock_wake(t->sock, POLL_ERR);
	} else {
		t->soft_error = e->error;
	}
}

/* A request is only given up for what will not pass by itself; the path's MTU is of no use yet. */
static void request_icmp(struct sut *s, struct request *r, const struct icmp_err *e)
{
	bool is_fatal = e->is_hard;

	if (e->local.addr.family == 4)
		is_fatal = e->is_unreachable || e->error == SUT_EPROTO ||
			   e->type == ICMP4_TIME_EXCEEDED;
	if (get_be32(e->quoted + 4) != r->iss) {
		count(s, COUNTER_TcpExtOutOfWindowIcmps);
		return;
	}
	if (is_fatal)
		tcp_request_drop(s, r);
}

void tcp_icmp(struct sut *s, const struct icmp_err *e)
{
	struct conn *c = conn_find(s, &e->local, &e->remote);

	if (!c || e->n_quoted < 8)
		return;
	if (c->kind == CONN_REQUEST) {
		request_icmp(s, (struct request *)c, e);
	} else if (c->kind == CONN_TCB) {
		struct tcb *t = (struct tcb *)c;

		tcb_icmp(t, e);
		tcb_reap(t);
	}
}
