/* SPDX-License-Identifier: BSD-2-Clause */
#include "tcp_ecn.h"

/*
 * Theory of operation
 *
 * Explicit congestion notification in its first form. [RFC3168] A router that is about to drop may
 * mark instead, if the IP header says that both ends would understand: ECT. The receiver of a mark
 * (CE) sets ECE on all it sends until it hears CWR, so that no lost ACK hides the mark; the sender
 * reduces its window as for a loss, once per window of data, and sets CWR on the next new data.
 *
 * Both ends must agree, by flags of the SYN (ECE and CWR: the offer) and of the SYN-ACK (ECE alone:
 * agreed). ECE alone, since a peer that mirrors reserved bits would send both. One setting, tcp_ecn,
 * says who may: 0 nobody, 1 both ways, 2 only as the server of an offer. A SYN that is sent again
 * makes no offer (tcp_ecn_fallback), but the answer to the first may still come and counts.
 *
 * Only new data is ECT(0). A mark on anything else would be lost without being noticed, as nobody
 * acknowledges a pure ACK, or be a hole for forged ones: what is sent again could be outside of the
 * window. [RFC3168 6.1.4-6.1.6] For the same reason only data that is new to us is looked at.
 *
 * Congestion itself is the business of tcp_recovery.c (the state CWR) and of the module of
 * congestion control; here is only what is said and heard of it. Not here: the counting form of
 * [RFC9768], marks on SYNs and other experiments of [RFC8311].
 */

enum { ECT1 = 1, ECT0 = 2, CE = 3, ECN_BITS = 3 };

/* What tcp_ecn is set to. */
enum { SET_OFF = 0, SET_OFFER = 1 };

/* So that a mark on the data of a sender with a tiny window is not made to wait. */
#define QUICK_ACKS 2

#define OFFER (TCP_FLAG_ECE | TCP_FLAG_CWR)

/* ---- handshake ---- */

void ecn_start(struct tcb *t)
{
	bool is_wanted = t->sut->sysctl.tcp_ecn == SET_OFFER || FAULT(t->sut, ECN_ALWAYS_OFFERED);

	t->ecn.is_offered = t->ecn.is_agreed = is_wanted;
}

void ecn_offer_lost(struct tcb *t)
{
	if (t->sut->sysctl.tcp_ecn_fallback && !FAULT(t->sut, ECN_OFFER_REPEATED))
		t->ecn.is_offered = false;
}

void ecn_answered(struct tcb *t, const struct seg *g)
{
	if ((g->flags & OFFER) != TCP_FLAG_ECE && !FAULT(t->sut, ECN_REFUSAL_IGNORED))
		t->ecn.is_agreed = false;
}

void ecn_crossed(struct tcb *t, const struct seg *g)
{
	if ((g->flags & OFFER) != OFFER)
		t->ecn.is_agreed = false;
}

/* A SYN that is ECN-capable itself breaks the rules, unless it follows later ones. */
bool ecn_accepts(const struct sut *s, const struct seg *g)
{
	bool is_later = (g->flags & TCP_FLAG_AE) != 0;

	if (FAULT(s, ECN_ALWAYS_ACCEPTED))
		return true;
	if (s->sysctl.tcp_ecn == SET_OFF)
		return false;
	return (g->flags & OFFER) == OFFER && (!(g->tos & ECN_BITS) || is_later);
}

uint16_t ecn_synack_flags(const struct sut *s, const struct request *r)
{
	if (!r->ecn_ok)
		return 0;
	return FAULT(s, ECN_AGREED_BY_BOTH) ? OFFER : TCP_FLAG_ECE;
}

static void mark_syn(const struct tcb *t, struct tcp_out *p)
{
	if (FAULT(t->sut, ECN_SYN_CAPABLE))
		p->tos |= ECT0;
	if (p->flags & TCP_FLAG_ACK)
		p->flags |= t->ecn.is_agreed ? TCP_FLAG_ECE : 0;
	else
		p->flags |= t->ecn.is_offered ? OFFER : 0;
}

/* ---- sending ---- */

/* With an octet from behind the window, or one below the first number. [RFC3168 6.1.6] */
static bool is_probe(const struct tcb *t, const struct tcp_out *p)
{
	return p->n_part ? seq_ge(p->seq, tcp_wnd_end(t)) : seq_lt(p->seq, t->una);
}

static bool is_new_data(const struct tcb *t, const struct tcp_out *p)
{
	return p->n_part && seq_ge(p->seq, t->nxt) && !is_probe(t, p);
}

/* What rules of its own keep from being ECN-capable. */
static bool is_capable_by_fault(const struct tcb *t, const struct tcp_out *p)
{
	if (is_probe(t, p))
		return FAULT(t->sut, ECN_PROBE_CAPABLE);
	if (p->n_part)
		return FAULT(t->sut, ECN_RESENT_CAPABLE);
	return FAULT(t->sut, ECN_ACK_CAPABLE);
}

static bool must_tell_reduction(const struct tcb *t, bool is_new)
{
	if (FAULT(t->sut, ECN_CWR_NEVER))
		return false;
	return t->ecn.is_cwr_due && (is_new || FAULT(t->sut, ECN_CWR_ON_ANY));
}

void ecn_mark(const struct tcb *t, struct tcp_out *p)
{
	bool is_new = is_new_data(t, p);

	if (p->flags & TCP_FLAG_SYN) {
		mark_syn(t, p);
		return;
	}
	if (p->n_part && FAULT(t->sut, ECT_UNAGREED))
		p->tos |= ECT0;
	if (!t->ecn.is_agreed)
		return;
	if (is_new || is_capable_by_fault(t, p))
		p->tos |= FAULT(t->sut, ECN_OTHER_CODEPOINT) ? ECT1 : ECT0;
	if (must_tell_reduction(t, is_new))
		p->flags |= TCP_FLAG_CWR;
	if (t->ecn.must_echo)
		p->flags |= TCP_FLAG_ECE;
}

void ecn_sent(struct tcb *t, const struct tcp_out *p)
{
	if (p->flags & TCP_FLAG_SYN)
		return;
	if ((p->flags & TCP_FLAG_CWR) && !FAULT(t->sut, ECN_CWR_ALWAYS) &&
	    !FAULT(t->sut, ECN_CWR_ON_ANY))
		t->ecn.is_cwr_due = false;
	if ((p->flags & TCP_FLAG_ECE) && FAULT(t->sut, ECN_ECHO_ONCE))
		t->ecn.must_echo = false;
}

/* ---- receiving ---- */

void ecn_data_received(struct tcb *t, const struct seg *g)
{
	if (!t->ecn.is_agreed || FAULT(t->sut, ECN_MARK_IGNORED))
		return;
	switch (g->tos & ECN_BITS) {
	case CE:
		t->ecn.is_seen = true;
		if (!t->ecn.must_echo)
			ackpol_enter_quick(t, QUICK_ACKS);
		t->ecn.must_echo = true;
		break;
	case ECT0:
	case ECT1:
		t->ecn.is_seen = true;
		break;
	default:
		/* From who marks all new data it was sent before, so there was a loss. */
		if (t->ecn.is_seen)
			ackpol_enter_quick(t, QUICK_ACKS);
	}
}

/* Also on a pure ACK, where it should not be, but some put it. */
void ecn_cwr_received(struct tcb *t, const struct seg *g)
{
	if (!t->ecn.is_agreed || !(g->flags & TCP_FLAG_CWR) || (g->flags & TCP_FLAG_SYN) ||
	    FAULT(t->sut, ECN_CWR_IGNORED))
		return;
	t->ecn.must_echo = false;
	/* Its window may be a single segment: what it waits for is this ACK. */
	if (g->seq != seg_end(g))
		t->ack_pending |= ACK_NOW;
}

bool ecn_is_echo(const struct tcb *t, const struct seg *g)
{
	return t->ecn.is_agreed && (g->flags & (TCP_FLAG_ECE | TCP_FLAG_SYN)) == TCP_FLAG_ECE &&
	       !FAULT(t->sut, ECN_ECHO_IGNORED);
}

void ecn_reduced(struct tcb *t)
{
	t->ecn.is_cwr_due = t->ecn.is_agreed;
}
