/* SPDX-License-Identifier: BSD-2-Clause */
#include "impl.h"
#include "profile.h"

/* Defaults that differ from those of sysctl.def. */
static const struct sut_sysctl_setting sysctls[] = {
	/* R2 of a SYN: with 7 it is given up after 259 s, with 6 after 131. [RFC9293 3.8.3 MUST-23] */
	{ "net.ipv4.tcp_syn_retries", "7" },
	/* The least time-out. [RFC6298 2.4] */
	{ "net.ipv4.tcp_rto_min_us", "1000000" },
};

const struct profile profile_rfc = {
	.name = "rfc",
	.text = "as the RFCs ask, also where Linux goes another way",
#include "common.def"
	.sysctl = sysctls,
	.n_sysctl = ARRAY_LEN(sysctls),
	.retries_model_rto_ns = 1 * NS_PER_S,
	.takes_synack_data = true,
	.checks_syn_sent_reset = true,
	.half_open_reset_refuses = true,
	.half_open_syn_resets = false,
	.mss_from_interface = true,
	.edge_is_outside = true,
	.trims_to_window = true,
	.needs_timestamp = true,
	.acks_every_second = true,
	.hard_errors_abort = true,
	.reset_echoes_timestamp = true,
	.reset_waits = true,
	.wait_challenges_reset = true,
	.wait_needs_ack = true,
	.wait_follows_rfc6191 = true,
	.probes_with_octet = true,
	.initial_window_bytes = 14600,
	.restarts_at_once = true,
	.fallback_window_bytes = 4380,
	.timeout_forgets_sack = true,
	.rtt_timeouts = 3,
	.limits_duplicates = true,
};
