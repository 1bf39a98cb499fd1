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
	OPT_MD5, OPT_MSS, OPT_SACKOK_TS, OPT_TS, OPT_SACKOK, OPT_WSCALE, OPT_SACK, OPT_COUNT
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

	/* The ACK of every second full segment is not delayed, whether the window grows or not.
	 * [RFC9293 3.8.6.3 SHLD-19] */
	bool acks_every_second;
	/* A hard ICMP error ends an open connection. [RFC9293 3.9.2.2 SHLD-26] */
	bool hard_errors_abort;
};

extern const struct profile profile_linux, profile_rfc;

/** profile_find() - the row of @id; NULL when there is none */
const struct profile *profile_find(enum sut_profile id);

#endif
