/* SPDX-License-Identifier: BSD-2-Clause */
#include "impl.h"
#include "profile.h"

const struct profile profile_linux = {
	.name = "linux",
	.text = "as Linux does",
#include "common.def"
	.initial_cwnd = 10,
	.retries_model_rto_ns = 200 * NS_PER_MS,
	.takes_synack_data = false,
	.checks_syn_sent_reset = false,
	.half_open_reset_refuses = false,
	.half_open_syn_resets = true,
	.mss_from_interface = false,
	.edge_is_outside = false,
	.trims_to_window = false,
	.honours_edges = false,
	.needs_timestamp = false,
	.acks_every_second = false,
	.hard_errors_abort = false,
	.mtu_timeouts = 0,
	.reset_echoes_timestamp = false,
	.close_waits_for_data = false,
	.second_close_fails = false,
	.reset_waits = false,
	.abort_ends_wait = false,
	.wait_challenges_reset = false,
	.wait_needs_ack = false,
	.wait_follows_rfc6191 = false,
	.probes_with_octet = false,
	.initial_window_bytes = 0,
	.restarts_at_once = false,
	.fallback_window_bytes = 0,
	.rescues_tail = false,
	.timeout_forgets_sack = false,
	.rtt_timeouts = 0,
	.limits_duplicates = false,
};
