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
}

bool tcp_seg_decode(struct sut *s, const struct ip_in *p, struct seg *out)
{
	uint32_t header;

	count(s, COUNTER_TcpInSegs);
	if (p->n_payload < TCP_HEADER_BYTES)
		goto bad;
	header = (uint32_t)(p->payload[12] >> 4) * 4;
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
	return true;
bad:
	count(s, COUNTER_TcpInErrs);
	return false;
}
