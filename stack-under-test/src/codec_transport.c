/* SPDX-License-Identifier: BSD-2-Clause */
#include "codec.h"

/* Where the transport header begins and how much there is of it. */
static const uint8_t *transport(const struct codec_ip *ip, const uint8_t *p, size_t n,
				size_t *n_out)
{
	size_t end = ip->total_bytes < n ? ip->total_bytes : n;

	*n_out = end < ip->header_bytes ? 0 : end - ip->header_bytes;
	return p + ip->header_bytes;
}

static bool is_sum_good(const struct codec_ip *ip, const uint8_t *t, size_t n)
{
	uint32_t sum = codec_sum_pseudo(&ip->src, &ip->dst, ip->proto, n);

	return !codec_sum_finish(codec_sum(sum, t, n));
}

size_t codec_tcp_build(const struct codec_tcp *tcp, const struct sut_addr *src,
		       const struct sut_addr *dst, uint8_t *out)
{
	size_t header = CODEC_TCP_BYTES + tcp->n_options;
	uint32_t sum = codec_sum_pseudo(src, dst, CODEC_PROTO_TCP, header + tcp->n_payload);

	put_be16(out, tcp->src_port);
	put_be16(out + 2, tcp->dst_port);
	put_be32(out + 4, tcp->seq);
	put_be32(out + 8, tcp->ack);
	put_be16(out + 12, (uint16_t)(header / 4 << 12 | (tcp->flags & 0x0fff)));
	put_be16(out + 14, tcp->window);
	put_be16(out + 16, 0);
	put_be16(out + 18, tcp->urgent);
	if (tcp->n_options)
		memcpy(out + CODEC_TCP_BYTES, tcp->options, tcp->n_options);
	sum = codec_sum(codec_sum(sum, out, header), tcp->payload, tcp->n_payload);
	put_be16(out + 16, codec_sum_finish(sum));
	return header;
}

enum codec_rc codec_udp_parse(const struct codec_ip *ip, const uint8_t *p, size_t n,
			      struct codec_udp *out)
{
	const uint8_t *t = transport(ip, p, n, &n);
	size_t bytes;

	memset(out, 0, sizeof(*out));
	if (n < CODEC_UDP_BYTES)
		return CODEC_SHORT;
	bytes = get_be16(t + 4);
	if (bytes < CODEC_UDP_BYTES || bytes > n)
		return CODEC_LENGTH;
	if (get_be16(t + 6) || ip->version == 6)
		if (!get_be16(t + 6) || !is_sum_good(ip, t, bytes))
			return CODEC_CHECKSUM;
	out->src_port = get_be16(t);
	out->dst_port = get_be16(t + 2);
	out->payload = t + CODEC_UDP_BYTES;
	out->n_payload = bytes - CODEC_UDP_BYTES;
	return CODEC_OK;
}

size_t codec_udp_build(const struct codec_udp *udp, const struct sut_addr *src,
		       const struct sut_addr *dst, bool has_checksum, uint8_t *out)
{
	size_t n = CODEC_UDP_BYTES + udp->n_payload;
	uint32_t sum = codec_sum_pseudo(src, dst, CODEC_PROTO_UDP, n);
	uint16_t field;

	put_be16(out, udp->src_port);
	put_be16(out + 2, udp->dst_port);
	put_be16(out + 4, (uint16_t)n);
	put_be16(out + 6, 0);
	if (!has_checksum && src->family == 4)
		return CODEC_UDP_BYTES;
	sum = codec_sum(codec_sum(sum, out, CODEC_UDP_BYTES), udp->payload, udp->n_payload);
	field = codec_sum_finish(sum);
	put_be16(out + 6, field ? field : 0xffff);
	return CODEC_UDP_BYTES;
}

enum codec_rc codec_icmp_parse(const struct codec_ip *ip, const uint8_t *p, size_t n,
			       struct codec_icmp *out)
{
	const uint8_t *t = transport(ip, p, n, &n);
	bool is_good;

	memset(out, 0, sizeof(*out));
	if (n < CODEC_ICMP_BYTES)
		return CODEC_SHORT;
	is_good = ip->version == 6 ? is_sum_good(ip, t, n) : !codec_sum_finish(codec_sum(0, t, n));
	if (!is_good)
		return CODEC_CHECKSUM;
	out->type = t[0];
	out->code = t[1];
	out->rest = get_be32(t + 4);
	out->payload = t + CODEC_ICMP_BYTES;
	out->n_payload = n - CODEC_ICMP_BYTES;
	return CODEC_OK;
}

size_t codec_icmp_build(const struct codec_icmp *icmp, const struct sut_addr *src,
			const struct sut_addr *dst, uint8_t *out)
{
	uint32_t sum = 0;

	if (src->family == 6)
		sum = codec_sum_pseudo(src, dst, CODEC_PROTO_ICMPV6,
				       CODEC_ICMP_BYTES + icmp->n_payload);
	out[0] = icmp->type;
	out[1] = icmp->code;
	put_be16(out + 2, 0);
	put_be32(out + 4, icmp->rest);
	sum = codec_sum(codec_sum(sum, out, CODEC_ICMP_BYTES), icmp->payload, icmp->n_payload);
	put_be16(out + 2, codec_sum_finish(sum));
	return CODEC_ICMP_BYTES;
}
