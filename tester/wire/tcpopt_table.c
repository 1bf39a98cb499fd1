/* SPDX-License-Identifier: BSD-2-Clause */
/* One row per TCP option; syntax, codecs, printing, diagnostics and tests all follow from it. */
#include "wire/tcpopt.h"

#include "base/util.h"

/* Each row in groups of facts that belong together. */
/* clang-format off */
const struct tcpopt_row tcpopt_table[] = {
	{ .name = "eol", .kind = 0, .is_single_byte = true, .min_bytes = 1, .max_bytes = 1,
	  .example = "eol", .example_wire = { 0 }, .example_len = 1,
	  .source = "RFC 9293 3.2", .help = "end of the option list; iteration goes on after it" },

	{ .name = "nop", .kind = 1, .is_single_byte = true, .min_bytes = 1, .max_bytes = 1,
	  .example = "nop", .example_wire = { 1 }, .example_len = 1,
	  .source = "RFC 9293 3.2", .help = "no operation, used for alignment" },

	{ .name = "mss", .kind = 2, .min_bytes = 4, .max_bytes = 4,
	  .n_fields = 1, .field = { { "", 2, TCPOPT_PLAIN } },
	  .example = "mss 1460", .example_wire = { 2, 4, 0x05, 0xb4 }, .example_len = 4,
	  .source = "RFC 9293 3.7.1", .help = "maximum segment size in bytes" },

	{ .name = "wscale", .kind = 3, .min_bytes = 3, .max_bytes = 3,
	  .n_fields = 1, .field = { { "", 1, TCPOPT_PLAIN } },
	  .example = "wscale 7", .example_wire = { 3, 3, 7 }, .example_len = 3,
	  .source = "RFC 7323 2.2", .help = "window scale: shift count" },

	{ .name = "sackOK", .kind = 4, .min_bytes = 2, .max_bytes = 2,
	  .example = "sackOK", .example_wire = { 4, 2 }, .example_len = 2,
	  .source = "RFC 2018 2", .help = "selective acknowledgements permitted" },

	{ .name = "sack", .kind = 5, .repeats = true, .min_bytes = 10, .max_bytes = 34,
	  .n_fields = 2,
	  .field = { { "left edge", 4, TCPOPT_ACK_SPACE }, { "right edge", 4, TCPOPT_ACK_SPACE } },
	  .example = "sack 1001:2001 4294967295:7",
	  .example_wire = { 5, 18, 0, 0, 0x03, 0xe9, 0, 0, 0x07, 0xd1,
			    0xff, 0xff, 0xff, 0xff, 0, 0, 0, 7 },
	  .example_len = 18,
	  .source = "RFC 2018 3", .help = "one to four blocks LEFT:RIGHT that have arrived" },

	{ .name = "TS", .kind = 8, .min_bytes = 10, .max_bytes = 10,
	  .n_fields = 2,
	  .field = { { "val", 4, TCPOPT_TS_VAL }, { "ecr", 4, TCPOPT_TS_ECR } },
	  .example = "TS val 100 ecr 70000",
	  .example_wire = { 8, 10, 0, 0, 0, 100, 0, 1, 0x11, 0x70 }, .example_len = 10,
	  .source = "RFC 7323 3.2", .help = "timestamp value and echo reply" },

	{ .name = "md5", .kind = 19, .is_blob = true, .min_bytes = 3, .max_bytes = 18,
	  .example = "md5 000102030405060708090a0b0c0d0eff",
	  .example_wire = { 19, 18, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 0xff },
	  .example_len = 18,
	  .source = "RFC 2385 3.0", .help = "MD5 signature; fewer than 16 bytes are malformed" },

	{ .name = "uto", .kind = 28, .min_bytes = 4, .max_bytes = 4,
	  .n_fields = 1, .field = { { "", 2, TCPOPT_PLAIN } },
	  .example = "uto 32798", .example_wire = { 28, 4, 0x80, 0x1e }, .example_len = 4,
	  .source = "RFC 5482 3", .help = "user timeout: seconds, or 32768 + minutes" },

	{ .name = "ao", .kind = 29, .is_blob = true, .min_bytes = 4, .max_bytes = 40,
	  .example = "ao 0102a1b2c3d4", .example_wire = { 29, 8, 1, 2, 0xa1, 0xb2, 0xc3, 0xd4 },
	  .example_len = 8,
	  .source = "RFC 5925 2.2", .help = "authentication: key id, next key id, MAC" },

	{ .name = "mptcp", .kind = 30, .is_blob = true, .min_bytes = 3, .max_bytes = 40,
	  .example = "mptcp 0181", .example_wire = { 30, 4, 0x01, 0x81 }, .example_len = 4,
	  .source = "RFC 8684 3", .help = "multipath TCP: subtype and data" },

	{ .name = "FO", .kind = 34, .is_blob = true, .min_bytes = 2, .max_bytes = 40,
	  .example = "FO 3fa94c01e17b0d22",
	  .example_wire = { 34, 10, 0x3f, 0xa9, 0x4c, 0x01, 0xe1, 0x7b, 0x0d, 0x22 },
	  .example_len = 10,
	  .source = "RFC 7413 4.1.1", .help = "Fast Open cookie; without one, a cookie request" },

	{ .name = "ECN", .kind = 172, .may_be_short = true, .min_bytes = 5, .max_bytes = 11,
	  .n_fields = 3,
	  .field = { { "e0b", 3, TCPOPT_PLAIN }, { "ceb", 3, TCPOPT_PLAIN },
		     { "e1b", 3, TCPOPT_PLAIN } },
	  .example = "ECN e0b 1 ceb 65536 e1b 16777215",
	  .example_wire = { 172, 11, 0, 0, 1, 1, 0, 0, 0xff, 0xff, 0xff },
	  .example_len = 11,
	  .source = "RFC 9768 3.2.3", .help = "AccECN byte counters, order 0" },

	{ .name = "ECN", .kind = 174, .may_be_short = true, .min_bytes = 5, .max_bytes = 11,
	  .n_fields = 3,
	  .field = { { "e1b", 3, TCPOPT_PLAIN }, { "ceb", 3, TCPOPT_PLAIN },
		     { "e0b", 3, TCPOPT_PLAIN } },
	  .example = "ECN e1b 1 ceb 258",
	  .example_wire = { 174, 8, 0, 0, 1, 0, 1, 2 }, .example_len = 8,
	  .source = "RFC 9768 3.2.3", .help = "AccECN byte counters, order 1" },

	{ .name = "FOEXP", .kind = 254, .has_exid = true, .exid = 0xf989, .is_blob = true,
	  .min_bytes = 4, .max_bytes = 40,
	  .example = "FOEXP 3fa94c01",
	  .example_wire = { 254, 8, 0xf9, 0x89, 0x3f, 0xa9, 0x4c, 0x01 },
	  .example_len = 8,
	  .source = "RFC 7413 7, RFC 6994 3", .help = "Fast Open in its older, experimental form" },
};
/* clang-format on */

const size_t tcpopt_table_len = ARRAY_LEN(tcpopt_table);
