/* SPDX-License-Identifier: BSD-2-Clause */
#include "impl.h"
#include "profile.h"

const struct profile profile_linux = {
	.name = "linux",
	.option_order = { OPT_MD5, OPT_MSS, OPT_SACKOK_TS, OPT_TS, OPT_SACKOK, OPT_WSCALE,
			  OPT_SACK },
	.initial_cwnd = 10,
	.loss_cwnd = 1,
	.default_peer_mss = 536,
	.min_advertised_mss = 256,
	.initial_rcv_mss = 536,
	.max_super_bytes = 65215,
	.max_quick_acks = 16,
	.rto_initial_ns = 1 * NS_PER_S,
	.rto_fallback_ns = 3 * NS_PER_S,
	.probe_min_ns = 200 * NS_PER_MS,
	.ato_min_ns = 40 * NS_PER_MS,
	.delack_max_ns = 200 * NS_PER_MS,
	.delack_pingpong_ns = 200 * NS_PER_MS,
	.delack_long_ns = 500 * NS_PER_MS,
	.timewait_ns = 60 * NS_PER_S,
	.retry_local_ns = 500 * NS_PER_MS,
	.fast_syn_retry_ns = 2 * NS_PER_MS,
	.repeats_syn_options = true,
	.dup_acks_at_once = 3,
	.orphan_retries = 8,
	.retries_model_rto_ns = 200 * NS_PER_MS,
	.cost_elem_bytes = 960,
	.min_sndbuf_bytes = 4608,
	.min_rcvbuf_bytes = 2304,
	.paws_idle_ns = 24 * 86400 * NS_PER_S,
};
