/* SPDX-License-Identifier: BSD-2-Clause */
#include "script/packet_members.h"

#include <string.h>

#include "base/util.h"
#include "wire/wire.h"

enum { KIND_MSS = 2, KIND_WSCALE = 3, KIND_SACKOK = 4, KIND_SACK = 5, KIND_TS = 8 };

#define VIEW_MEMBER(fn, value)                                                                     \
	static bool fn(const struct wire_view *v, int64_t *out)                                    \
	{                                                                                          \
		*out = (int64_t)(value);                                                           \
		return true;                                                                       \
	}

VIEW_MEMBER(get_flags, v->tcp_flags)
VIEW_MEMBER(get_seq, v->seq)
VIEW_MEMBER(get_ack, v->ack)
VIEW_MEMBER(get_win, v->win)
VIEW_MEMBER(get_urg, v->urg)
VIEW_MEMBER(get_len, v->payload_len)
VIEW_MEMBER(get_ttl, v->ttl)
VIEW_MEMBER(get_tos, v->tos)
VIEW_MEMBER(get_flow_label, v->flow_label)
VIEW_MEMBER(get_src_port, v->src_port)
VIEW_MEMBER(get_dst_port, v->dst_port)
VIEW_MEMBER(get_options, v->opts.n)
VIEW_MEMBER(get_seq_on_wire, v->seq_on_wire)
VIEW_MEMBER(get_checksum_ok, v->is_checksum_right)
VIEW_MEMBER(get_options_ok, v->are_options_right)
VIEW_MEMBER(get_ip_header, v->ip_header_bytes)
VIEW_MEMBER(get_ip_id, v->ip_id)
VIEW_MEMBER(get_df, v->has_df)

static const struct tcpopt *option_find(const struct wire_view *v, uint8_t kind)
{
	for (size_t k = 0; k < v->opts.n; k++) {
		if (v->opts.opt[k].kind == kind)
			return &v->opts.opt[k];
	}
	return NULL;
}

/* Two values for each block, none without the option. */
static size_t sack_blocks(const struct wire_view *v)
{
	const struct tcpopt *o = option_find(v, KIND_SACK);

	return o ? o->n_values / 2 : 0;
}

VIEW_MEMBER(has_mss, option_find(v, KIND_MSS) != NULL)
VIEW_MEMBER(has_wscale, option_find(v, KIND_WSCALE) != NULL)
VIEW_MEMBER(has_sackok, option_find(v, KIND_SACKOK) != NULL)
VIEW_MEMBER(has_ts, option_find(v, KIND_TS) != NULL)
VIEW_MEMBER(get_sack_blocks, sack_blocks(v))

static bool option_value(const struct wire_view *v, uint8_t kind, unsigned int i, int64_t *out)
{
	const struct tcpopt *o = option_find(v, kind);

	if (!o || i >= o->n_values)
		return false;
	*out = o->value[i];
	return true;
}

#define OPTION_MEMBER(fn, kind, i)                                                                 \
	static bool fn(const struct wire_view *v, int64_t *out)                                    \
	{                                                                                          \
		return option_value(v, kind, i, out);                                              \
	}

OPTION_MEMBER(get_mss, KIND_MSS, 0)
OPTION_MEMBER(get_wscale, KIND_WSCALE, 0)
OPTION_MEMBER(get_tsval, KIND_TS, 0)
OPTION_MEMBER(get_tsecr, KIND_TS, 1)
OPTION_MEMBER(get_sack_left, KIND_SACK, 0)
OPTION_MEMBER(get_sack_right, KIND_SACK, 1)

const struct packet_member packet_members[] = {
	{ "flags", get_flags, "TCP flags as a number, FIN = 1, SYN = 2, RST = 4, ..." },
	{ "seq", get_seq, "sequence number, as the script counts" },
	{ "seq_on_wire", get_seq_on_wire, "sequence number as it was sent" },
	{ "ack", get_ack, "acknowledgment number, as the script counts" },
	{ "win", get_win, "window field, not scaled" },
	{ "urg", get_urg, "urgent pointer" },
	{ "len", get_len, "bytes of payload" },
	{ "ttl", get_ttl, "TTL or hop limit" },
	{ "tos", get_tos, "TOS or traffic class byte" },
	{ "ip_header", get_ip_header, "bytes of the IP header with its options" },
	{ "ip_id", get_ip_id, "IPv4 identification" },
	{ "df", get_df, "1 when the packet must not be fragmented (IPv4)" },
	{ "flowlabel", get_flow_label, "IPv6 flow label" },
	{ "src_port", get_src_port, "source port" },
	{ "dst_port", get_dst_port, "destination port" },
	{ "options", get_options, "number of TCP options" },
	{ "options_ok", get_options_ok,
	  "1 when the lengths of the TCP options add up and their padding is zero" },
	{ "checksum_ok", get_checksum_ok,
	  "1 when the checksum is right; offloading must be off: ethtool -K tun0 tx off" },
	{ "has_mss", has_mss, "1 with an MSS option, else 0" },
	{ "has_wscale", has_wscale, "1 with a window scale option, else 0" },
	{ "has_sackok", has_sackok, "1 with a SACK-permitted option, else 0" },
	{ "has_ts", has_ts, "1 with a time stamps option, else 0" },
	{ "mss", get_mss, "value of the MSS option" },
	{ "wscale", get_wscale, "shift of the window scale option" },
	{ "tsval", get_tsval, "TSval, as on the wire" },
	{ "tsecr", get_tsecr, "TSecr, as on the wire" },
	{ "sack_blocks", get_sack_blocks, "number of SACK blocks" },
	{ "sack_left", get_sack_left, "left edge of the first SACK block" },
	{ "sack_right", get_sack_right, "right edge of the first SACK block" },
};
const size_t packet_members_len = ARRAY_LEN(packet_members);

const struct packet_member *packet_member_find(const char *name)
{
	for (size_t i = 0; i < packet_members_len; i++) {
		if (strcmp(packet_members[i].name, name) == 0)
			return &packet_members[i];
	}
	return NULL;
}
