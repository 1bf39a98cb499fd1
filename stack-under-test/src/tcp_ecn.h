/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SUT_TCP_ECN_H
#define SUT_TCP_ECN_H

#include "tcp_impl.h"

/* Explicit congestion notification [RFC3168 6.1]; tcp_ecn.c says how it works. */

/* ---- handshake ---- */

/** ecn_start() - before the first SYN of an active open: is it to be offered? */
void ecn_start(struct tcb *t);

/** ecn_offer_lost() - our SYN is about to be sent again: perhaps the offer was why it got lost */
void ecn_offer_lost(struct tcb *t);

/** ecn_answered() - the SYN-ACK @g tells whether the peer agrees to our offer */
void ecn_answered(struct tcb *t, const struct seg *g);

/** ecn_crossed() - so does the SYN @g of a simultaneous open */
void ecn_crossed(struct tcb *t, const struct seg *g);

/** ecn_accepts() - is the SYN @g of a peer an offer, and one that this host takes? */
bool ecn_accepts(const struct sut *s, const struct seg *g);

/** ecn_synack_flags() - for the SYN-ACK of a request: TCP_FLAG_ECE or 0 */
uint16_t ecn_synack_flags(const struct sut *s, const struct request *r);

/* ---- sending ---- */

/**
 * ecn_mark() - what @p says of ECN: TCP_FLAG_ECE, TCP_FLAG_CWR and the low bits of its TOS
 * @p:	with flags, number and payload; SND.NXT must not have been moved past it yet
 */
void ecn_mark(const struct tcb *t, struct tcp_out *p);

/** ecn_sent() - @p, as ecn_mark() left it, is on its way */
void ecn_sent(struct tcb *t, const struct tcp_out *p);

/* ---- receiving ---- */

/** ecn_data_received() - new data came in @g, marked or not: what our ACKs have to say */
void ecn_data_received(struct tcb *t, const struct seg *g);

/** ecn_cwr_received() - an acceptable segment came: does it end our echoing? */
void ecn_cwr_received(struct tcb *t, const struct seg *g);

/** ecn_is_echo() - does the peer say by @g that data of ours was marked? */
bool ecn_is_echo(const struct tcb *t, const struct seg *g);

/** ecn_reduced() - the window was reduced, for whatever reason: the peer is to be told */
void ecn_reduced(struct tcb *t);

#endif
