/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_JUDGE_SPACE_H
#define TCPDRILL_JUDGE_SPACE_H

#include "judge/conn.h"

/*
 * The only place where script numbers and live numbers meet (language: 3.9). With Ls, Ll the
 * script's and the live ISN of the stack, and R that of the peer, which is the same in both:
 *
 *	                       SYN packet            any other packet
 *	inbound  seq           script                script + R
 *	inbound  ack, SACK     script + (Ll - Ls)    script + Ll
 *	outbound seq           live - (Ll - Ls)      live - Ll
 *	outbound ack, SACK     live                  live - R
 *
 * An ISN that is not known counts as 0. RST is no SYN.
 */

struct seq_live space_seq_in(const struct conn *c, bool is_syn, struct seq_script s);
struct seq_live space_ack_in(const struct conn *c, bool is_syn, struct seq_script s);
struct seq_script space_seq_out(const struct conn *c, bool is_syn, struct seq_live s);
struct seq_script space_ack_out(const struct conn *c, bool is_syn, struct seq_live s);

/** space_learn_local() - a live SYN matched a script line with this sequence number */
void space_learn_local(struct conn *c, struct seq_script script, struct seq_live live);

/**
 * space_begin_anew() - if @live is a SYN-ACK for a later SYN of the peer, numbers count from that
 * SYN on. A script that gives its number in the old connection's terms, @script, keeps those.
 */
void space_begin_anew(struct conn *c, struct seq_script script, const struct wire_view *live);

/**
 * space_view_out() - the script's view of a live outbound packet: numbers and SACK edges mapped
 * @out: a copy of @live; its option list is new in @a
 */
void space_view_out(struct arena *a, const struct conn *c, const struct wire_view *live,
		    struct wire_view *out);

/** space_view_in() - the same for an inbound packet as it is on the wire, for traces */
void space_view_in(struct arena *a, const struct conn *c, const struct wire_view *live,
		   struct wire_view *out);

/**
 * space_ts_val_out() - for reports: replace the live TS val of an outbound option by the script's,
 * counted from the first pair that was learnt
 * Return: whether it was done; false for other options and before there is a pair
 */
bool space_ts_val_out(const struct conn *c, struct tcpopt *o);

/** space_learn_ts() - script and live TS val of a matched outbound packet */
void space_learn_ts(struct conn *c, uint32_t script_val, uint32_t live_val);

/** space_forget_timestamps() - empty the map (new connection, end of test) */
void space_forget_timestamps(struct conn *c);

/**
 * space_ts_ecr_in() - live echo for the script's: the live val last sent for that script val
 * @scaled: extrapolate from the first pair when it was never sent (--tcp_ts_ecr_scaled)
 * Return: 0, or -ERR_UNKNOWN
 */
int space_ts_ecr_in(const struct conn *c, uint32_t script_ecr, bool scaled, uint32_t *live_ecr);

#endif
