/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SUT_PROFILE_H
#define SUT_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sut.h"

/* Policy in which stacks differ, and what Linux does otherwise than an RFC asks. Durations in
 * nanoseconds. */

/* Places in the option order; tcp_option_table.c has a row for each. */
enum opt_id {
	OPT_MD5, OPT_MSS, OPT_SACKOK_TS, OPT_TS, OPT_SACKOK, OPT_WSCALE, OPT_SACK, OPT_FAST_OPEN,
	OPT_FAST_OPEN_EXP, OPT_COUNT
};

struct profile {
	const char *name, *text;
	enum opt_id option_order[OPT_COUNT];
	uint32_t initial_cwnd;             /* segments */
	uint32_t loss_cwnd;                /* after more than one SYN-ACK had to be sent */
	uint32_t default_peer_mss;         /* without an option; RFC 9293 3.7.1 */
	uint32_t min_advertised_mss;
	uint32_t initial_rcv_mss;
	uint32_t max_super_bytes;          /* of one super-segment */
	uint32_t max_quick_acks;
	int64_t rto_initial_ns;
	int64_t rto_fallback_ns;           /* at establishment without a sample */
	int64_t probe_min_ns;
	int64_t ato_min_ns, delack_max_ns, delack_pingpong_ns, delack_long_ns;
	int64_t timewait_ns;
	int64_t retry_local_ns;            /* after a drop in our own queue */
	int64_t fast_syn_retry_ns;         /* after a bad ACK in SYN-SENT */
	bool repeats_syn_options;          /* in the SYN-ACK of a simultaneous open */
	uint32_t dup_acks_at_once;         /* per value of RCV.NXT, with SACK */
	uint32_t orphan_retries;
	int64_t retries_model_rto_ns;      /* first term of the sum that limits retrying */
	uint32_t cost_elem_bytes;          /* of a send queue element besides its payload */
	uint32_t min_sndbuf_bytes, min_rcvbuf_bytes;
	int64_t paws_idle_ns;              /* a timestamp older than this proves nothing */

	/* Defaults that differ from those of sysctl.def. */
	const struct sut_sysctl_setting *sysctl;
	size_t n_sysctl;

	/* ---- where Linux and the RFCs differ ---- */

	/* -- opening -- */
	/* What comes with a SYN-ACK is taken, not left to be sent again. [RFC9293 3.10.7.3 #4] */
	bool takes_synack_data;
	/* In SYN-SENT a reset must have the number expected, and not only acknowledge the SYN.
	 * [RFC9293 3.10.7.3 #2] */
	bool checks_syn_sent_reset;
	/* A reset in SYN-RECEIVED of who opened actively is reported as a refusal. [RFC9293 3.10.7.4 #2] */
	bool half_open_reset_refuses;
	/* A new SYN in the window of a half-open request draws a reset besides ending it.
	 * [RFC9293 3.10.7.4 #4: back to LISTEN, and nothing else] */
	bool half_open_syn_resets;
	/* The MSS comes from the interface's MTU, whatever is known of the path. [RFC8201 5.4] */
	bool mss_from_interface;

	/* -- what arrives -- */
	/* An empty segment at the right edge of an open window is outside. [RFC9293 3.10.7.4 #1] */
	bool edge_is_outside;
	/* What overruns the window is cut off, also while nothing waits to be read.
	 * [RFC9293 3.10.7.4 #1] */
	bool trims_to_window;
	/* Data below any edge ever offered is taken, not only in the newest window. [RFC7323 2.4] */
	bool honours_edges;
	/* Once time stamps are agreed on, a segment without is dropped. [RFC7323 3.2] */
	bool needs_timestamp;
	/* The ACK of every second full segment is not delayed, whether the window grows or not.
	 * [RFC9293 3.8.6.3 SHLD-19] */
	bool acks_every_second;
	/* A hard ICMP error ends an open connection. [RFC9293 3.9.2.2 SHLD-26] */
	bool hard_errors_abort;
	/* How often a segment must time out before a path MTU is believed that is below what was
	 * acknowledged; 0: it is at once. [RFC5927 7.2] */
	uint32_t mtu_timeouts;
	/* A reset has the time stamp, as an echo, of the segment that it answers. [RFC7323 5.2] */
	bool reset_echoes_timestamp;

	/* In SYN-RECEIVED, with data to send, CLOSE takes effect when the connection is open, and what is not
	 * acknowledged by then goes again. [RFC9293 3.10.4] */
	bool close_waits_for_data;
	/* Who has closed, as the peer has, and closes again is told so. [RFC9293 3.10.4] */
	bool second_close_fails;

	/* -- TIME-WAIT -- */
	/* Who resets a connection waits. [RFC9293 3.5.2] */
	bool reset_waits;
	/* An abort ends the wait. [RFC9293 3.10.5] */
	bool abort_ends_wait;
	/* A reset in the window, but not at its start, is challenged. [RFC9293 3.10.7.4 #2] */
	bool wait_challenges_reset;
	/* What has no ACK is dropped, not answered. [RFC9293 3.10.7.4 #5] */
	bool wait_needs_ack;
	/* Which SYN opens a new connection is decided as in [RFC6191 2], and any other is dropped. */
	bool wait_follows_rfc6191;

	/* -- sending -- */
	/* A window probe carries an octet of what waits. [RFC9293 3.8.6.1] */
	bool probes_with_octet;
	/* Most bytes of the first flight, if that is two segments or more; 0: no limit.
	 * [RFC6928 2] */
	uint32_t initial_window_bytes;
	/* After a pause the window is the restart window at once, and not halved for each time-out that
	 * the pause lasted. [RFC5681 4.1] */
	bool restarts_at_once;
	/* Most bytes of the restart window, if that is two segments or more, after a loss in the first
	 * flight or one after a pause; 0: no limit. [RFC6928 2] [RFC3390 1] */
	uint32_t fallback_window_bytes;
	/* In recovery, with nothing else to send, the last segment goes again, once. [RFC6675 4, NextSeg
	 * (4)] */
	bool rescues_tail;
	/* A time-out takes back what SACK reported. [RFC2018 5.1] */
	bool timeout_forgets_sack;
	/* Time-outs in a row after which the round-trip time is forgotten; 0: never. [RFC6298 5] */
	uint32_t rtt_timeouts;
	/* Without SACK, duplicate ACKs count for no more segments than were out when recovery began.
	 * [RFC5681 3.2] [RFC9937 6.2] */
	bool limits_duplicates;
};

extern const struct profile profile_linux, profile_rfc, profile_rfc5681;

/** profile_find() - the row of @id; NULL when there is none */
const struct profile *profile_find(enum sut_profile id);

#endif
