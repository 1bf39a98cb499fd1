/* SPDX-License-Identifier: BSD-2-Clause */
#include "tcp_impl.h"

static void header_decode(const struct ip_in *p, struct seg *out)
{
	const uint8_t *h = p->payload;

	out->src.addr = p->src;
	out->dst.addr = p->dst;
	out->src.port = get_be16(h);
	out->dst.port = get_be16(h + 2);
	out->seq = get_be32(h + 4);
	out->ack = get_be32(h + 8);
	out->flags = get_be16(h + 12) & 0x1ff;
	out->win = get_be16(h + 14);
	out->urg = get_be16(h + 18);
	out->ip_bytes = p->ip_bytes;
	out->gso_bytes = p->gso_bytes;
	out->ttl = p->ttl;
	out->tos = p->tos;
	out->back = p->back;
}

/* What a careless reader makes of options; true: nothing of the whole segment. */
static bool misread_options(struct sut *s, struct seg *g, const uint8_t *o, size_t n)
{
	size_t at = 0;

	if (FAULT(s, OPTIONS_ONLY_ON_SYN) && !(g->flags & TCP_FLAG_SYN))
		g->opts = (struct tcp_opts){ 0 };
	while (at < n) {
		bool is_unknown = o[at] > 8;

		if (!o[at] && FAULT(s, END_OF_OPTIONS_IGNORED))
			tcp_opts_decode(o + at + 1, n - at - 1, &g->opts);
		if (!o[at] || (o[at] > 1 && (at + 1 == n || o[at + 1] < 2)))
			return false;
		if (is_unknown && FAULT(s, UNKNOWN_OPTION_REFUSED))
			return true;
		if (is_unknown && FAULT(s, UNKNOWN_OPTION_ENDS)) {
			tcp_opts_decode(o, at, &g->opts);
			return false;
		}
		if (o[at] == 34 && FAULT(s, COOKIE_OF_ANY_LENGTH))
			g->opts.fast_open.is_there = true;
		if (o[at] == 2 && at % 2 && FAULT(s, MSS_UNALIGNED_IGNORED))
			g->opts.has_mss = false;
		at += o[at] == 1 ? 1 : o[at + 1];
	}
	return false;
}

bool tcp_seg_decode(struct sut *s, const struct ip_in *p, struct seg *out)
{
	uint32_t header;

	count(s, COUNTER_TcpInSegs);
	if (p->n_payload < TCP_HEADER_BYTES)
		goto bad;
	header = (uint32_t)(p->payload[12] >> 4) * 4;
	if (header < TCP_HEADER_BYTES && FAULT(s, SHORT_HEADER_TAKEN))
		header = TCP_HEADER_BYTES;
	if ((p->payload[12] & 0x0e) && FAULT(s, RESERVED_BITS_REFUSED))
		goto bad;
	if (header < TCP_HEADER_BYTES || header > p->n_payload)
		goto bad;
	if (!ip_checksum_ok(p) && !FAULT(s, CHECKSUM_IGNORED)) {
		count(s, COUNTER_TcpInCsumErrors);
		goto bad;
	}
	header_decode(p, out);
	if (FAULT(s, WINDOW_SIGNED) && out->win > 0x7fff)
		out->win = 0;
	out->header_bytes = header;
	out->data = p->payload + header;
	out->len = p->n_payload - header;
	tcp_opts_decode(p->payload + TCP_HEADER_BYTES, header - TCP_HEADER_BYTES, &out->opts);
	if (misread_options(s, out, p->payload + TCP_HEADER_BYTES, header - TCP_HEADER_BYTES))
		goto bad;
	return true;
bad:
	count(s, COUNTER_TcpInErrs);
	return false;
}
