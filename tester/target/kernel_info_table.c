/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * struct tcp_info as Linux lays it out for user space on every architecture: each member aligned to
 * its size. Kept here, not taken from the system's header, since that may be older than the
 * running kernel. Release 7.0 gave the last four bytes of 6.18 a new meaning without a new length,
 * so those rows are chosen by the release.
 */
#include "target/kernel_info.h"

#include "base/util.h"

#define U8(name, off) { name, off, 1, 0, 0, 0, 0 }
#define U16(name, off) { name, off, 2, 0, 0, 0, 0 }
#define U32(name, off) { name, off, 4, 0, 0, 0, 0 }
#define U64(name, off) { name, off, 8, 0, 0, 0, 0 }
#define BITS(name, off, size, shift, bits) { name, off, size, shift, bits, 0, 0 }

enum { V7_0 = KERNEL_INFO_VERSION(7, 0) };

const struct kernel_info_row kernel_info_table[] = {
	U8("tcpi_state", 0),
	U8("tcpi_ca_state", 1),
	U8("tcpi_retransmits", 2),
	U8("tcpi_probes", 3),
	U8("tcpi_backoff", 4),
	U8("tcpi_options", 5),
	BITS("tcpi_snd_wscale", 6, 1, 0, 4),
	BITS("tcpi_rcv_wscale", 6, 1, 4, 4),
	BITS("tcpi_delivery_rate_app_limited", 7, 1, 0, 1),
	BITS("tcpi_fastopen_client_fail", 7, 1, 1, 2),
	U32("tcpi_rto", 8),
	U32("tcpi_ato", 12),
	U32("tcpi_snd_mss", 16),
	U32("tcpi_rcv_mss", 20),
	U32("tcpi_unacked", 24),
	U32("tcpi_sacked", 28),
	U32("tcpi_lost", 32),
	U32("tcpi_retrans", 36),
	U32("tcpi_fackets", 40),
	U32("tcpi_last_data_sent", 44),
	U32("tcpi_last_ack_sent", 48),
	U32("tcpi_last_data_recv", 52),
	U32("tcpi_last_ack_recv", 56),
	U32("tcpi_pmtu", 60),
	U32("tcpi_rcv_ssthresh", 64),
	U32("tcpi_rtt", 68),
	U32("tcpi_rttvar", 72),
	U32("tcpi_snd_ssthresh", 76),
	U32("tcpi_snd_cwnd", 80),
	U32("tcpi_advmss", 84),
	U32("tcpi_reordering", 88),
	U32("tcpi_rcv_rtt", 92),
	U32("tcpi_rcv_space", 96),
	U32("tcpi_total_retrans", 100),
	U64("tcpi_pacing_rate", 104),
	U64("tcpi_max_pacing_rate", 112),
	U64("tcpi_bytes_acked", 120),
	U64("tcpi_bytes_received", 128),
	U32("tcpi_segs_out", 136),
	U32("tcpi_segs_in", 140),
	U32("tcpi_notsent_bytes", 144),
	U32("tcpi_min_rtt", 148),
	U32("tcpi_data_segs_in", 152),
	U32("tcpi_data_segs_out", 156),
	U64("tcpi_delivery_rate", 160),
	U64("tcpi_busy_time", 168),
	U64("tcpi_rwnd_limited", 176),
	U64("tcpi_sndbuf_limited", 184),
	U32("tcpi_delivered", 192),
	U32("tcpi_delivered_ce", 196),
	U64("tcpi_bytes_sent", 200),
	U64("tcpi_bytes_retrans", 208),
	U32("tcpi_dsack_dups", 216),
	U32("tcpi_reord_seen", 220),
	U32("tcpi_rcv_ooopack", 224),
	U32("tcpi_snd_wnd", 228),
	U32("tcpi_rcv_wnd", 232),
	U32("tcpi_rehash", 236),
	U16("tcpi_total_rto", 240),
	U16("tcpi_total_rto_recoveries", 242),
	U32("tcpi_total_rto_time", 244),
	U32("tcpi_received_ce", 248),
	U32("tcpi_delivered_e1_bytes", 252),
	U32("tcpi_delivered_e0_bytes", 256),
	U32("tcpi_delivered_ce_bytes", 260),
	U32("tcpi_received_e1_bytes", 264),
	U32("tcpi_received_e0_bytes", 268),
	U32("tcpi_received_ce_bytes", 272),
	{ "tcpi_accecn_fail_mode", 276, 2, 0, 0, 0, V7_0 },
	{ "tcpi_accecn_opt_seen", 278, 2, 0, 0, 0, V7_0 },
	{ "tcpi_ecn_mode", 276, 4, 0, 2, V7_0, 0 },
	{ "tcpi_accecn_opt_seen", 276, 4, 2, 2, V7_0, 0 },
	{ "tcpi_accecn_fail_mode", 276, 4, 4, 4, V7_0, 0 },
	{ "tcpi_options2", 276, 4, 8, 24, V7_0, 0 },
};

const size_t kernel_info_table_len = ARRAY_LEN(kernel_info_table);
