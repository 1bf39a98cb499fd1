/* SPDX-License-Identifier: BSD-2-Clause */
#include "codec.h"

static struct sut_addr addr_from(uint8_t family, const uint8_t *p)
{
	struct sut_addr a = { .family = family };

	memcpy(a.b, p, addr_bytes(&a));
	return a;
}

/* Lengths that add up. */
static enum codec_rc check_options4(const uint8_t *p, size_t n)
{
	enum { END = 0, NOP = 1 };
	size_t i = 0;

	while (i < n && p[i] != END) {
		if (p[i] == NOP) {
			i++;
			continue;
		}
		if (n - i < 2 || p[i + 1] < 2 || p[i + 1] > n - i)
			return CODEC_OPTION;
		i += p[i + 1];
	}
	return CODEC_OK;
}

static enum codec_rc parse4(const uint8_t *p, size_t n, bool is_quoted, struct codec_ip *out)
{
	size_t header;

	if (n < CODEC_IPV4_BYTES)
		return CODEC_SHORT;
	header = (size_t)(p[0] & 0x0f) * 4;
	out->header_bytes = header;
	out->total_bytes = get_be16(p + 2);
	if (header < CODEC_IPV4_BYTES || out->total_bytes < header)
		return CODEC_LENGTH;
	if (header > n)
		return CODEC_SHORT;
	if (!is_quoted && out->total_bytes > n)
		return CODEC_LENGTH;
	if (!is_quoted && codec_sum_finish(codec_sum(0, p, header)))
		return CODEC_CHECKSUM;
	out->tos = p[1];
	out->id = get_be16(p + 4);
	out->has_df = p[6] & 0x40;
	out->is_fragment = get_be16(p + 6) & 0x3fff;
	out->has_more = p[6] & 0x20;
	out->fragment_id = out->id;
	out->fragment_at_bytes = (get_be16(p + 6) & 0x1fffu) * 8;
	out->ttl = p[8];
	out->proto = p[9];
	out->proto_at = 9;
	out->src = addr_from(4, p + 12);
	out->dst = addr_from(4, p + 16);
	out->options = p + CODEC_IPV4_BYTES;
	out->n_options = header - CODEC_IPV4_BYTES;
	return check_options4(p + CODEC_IPV4_BYTES, header - CODEC_IPV4_BYTES);
}

/*
 * Options of a hop-by-hop or destination options header. The two high bits of an unknown type say
 * what to do; only 00 allows to go on (RFC 8200 4.2). No option is known here but the paddings.
 */
static enum codec_rc check_options6(const uint8_t *p, size_t n)
{
	enum { PAD1 = 0, PADN = 1 };
	size_t i = 0;

	while (i < n) {
		if (p[i] == PAD1) {
			i++;
			continue;
		}
		if (n - i < 2 || (size_t)p[i + 1] + 2 > n - i)
			return CODEC_OPTION;
		if (p[i] != PADN && p[i] >> 6)
			return CODEC_OPTION;
		i += (size_t)p[i + 1] + 2;
	}
	return CODEC_OK;
}

static void read_fragment6(const uint8_t *h, struct codec_ip *out)
{
	uint16_t place = get_be16(h + 2);

	out->is_fragment = place & 0xfff9;
	out->has_more = place & 1;
	out->fragment_id = get_be32(h + 4);
	out->fragment_at_bytes = place & 0xfff8;
	out->fragment_named_at = out->proto_at;
}

/* One extension header at out->header_bytes; adds its length there. */
static enum codec_rc skip_extension(const uint8_t *p, size_t end, struct codec_ip *out)
{
	const uint8_t *h = p + out->header_bytes;
	enum codec_rc rc = CODEC_OK;
	uint8_t kind = out->proto;
	size_t bytes;

	if (end - out->header_bytes < 8)
		return CODEC_SHORT;
	bytes = kind == CODEC_PROTO_FRAGMENT ? 8 : ((size_t)h[1] + 1) * 8;
	if (bytes > end - out->header_bytes)
		return CODEC_SHORT;
	if (kind == CODEC_PROTO_FRAGMENT)
		read_fragment6(h, out);
	else if (kind == CODEC_PROTO_ROUTING)
		rc = h[3] ? CODEC_OPTION : CODEC_OK;
	else
		rc = check_options6(h + 2, bytes - 2);
	out->proto = h[0];
	out->proto_at = out->header_bytes;
	out->header_bytes += bytes;
	return rc;
}

static bool is_extension(uint8_t proto)
{
	return proto == CODEC_PROTO_HOPOPTS || proto == CODEC_PROTO_ROUTING ||
	       proto == CODEC_PROTO_FRAGMENT || proto == CODEC_PROTO_DSTOPTS;
}

static enum codec_rc parse6(const uint8_t *p, size_t n, bool is_quoted, struct codec_ip *out)
{
	size_t end;

	if (n < CODEC_IPV6_BYTES)
		return CODEC_SHORT;
	out->header_bytes = CODEC_IPV6_BYTES;
	out->total_bytes = CODEC_IPV6_BYTES + (size_t)get_be16(p + 4);
	if (!is_quoted && out->total_bytes > n)
		return CODEC_LENGTH;
	end = out->total_bytes < n ? out->total_bytes : n;
	out->tos = (uint8_t)(get_be16(p) >> 4);
	out->flow_label = get_be32(p) & 0xfffff;
	out->proto = p[6];
	out->proto_at = 6;
	out->ttl = p[7];
	out->src = addr_from(6, p + 8);
	out->dst = addr_from(6, p + 24);
	while (is_extension(out->proto) && !out->is_fragment) {
		enum codec_rc rc;

		/* hop-by-hop options come first or not at all [RFC8200 4.1] */
		if (out->proto == CODEC_PROTO_HOPOPTS && out->header_bytes > CODEC_IPV6_BYTES)
			return CODEC_OPTION;
		if (out->proto == CODEC_PROTO_FRAGMENT && out->fragment_named_at)
			return CODEC_OPTION;
		rc = skip_extension(p, end, out);
		if (rc != CODEC_OK)
			return rc;
	}
	return CODEC_OK;
}

static enum codec_rc parse(const uint8_t *p, size_t n, bool is_quoted, struct codec_ip *out)
{
	memset(out, 0, sizeof(*out));
	if (!n)
		return CODEC_SHORT;
	out->version = p[0] >> 4;
	if (out->version == 4)
		return parse4(p, n, is_quoted, out);
	return out->version == 6 ? parse6(p, n, is_quoted, out) : CODEC_VERSION;
}

enum codec_rc codec_ip_parse(const uint8_t *p, size_t n, struct codec_ip *out)
{
	return parse(p, n, false, out);
}

enum codec_rc codec_ip_parse_quoted(const uint8_t *p, size_t n, struct codec_ip *out)
{
	return parse(p, n, true, out);
}

/* Bytes that a transport cannot do without. */
static size_t upper_bytes(uint8_t proto)
{
	if (proto == CODEC_PROTO_NONE)
		return 0;
	if (proto == CODEC_PROTO_TCP)
		return CODEC_TCP_BYTES;
	if (proto == CODEC_PROTO_UDP || proto == CODEC_PROTO_ICMPV6)
		return CODEC_UDP_BYTES;
	return 1;
}

bool codec_ip_has_upper(const uint8_t *p, size_t n, const struct codec_ip *ip)
{
	struct codec_ip walk = *ip;

	if (ip->version != 6 || ip->fragment_at_bytes)
		return true;
	while (is_extension(walk.proto))
		if (skip_extension(p, n, &walk) == CODEC_SHORT)
			return false;
	return n - walk.header_bytes >= upper_bytes(walk.proto);
}

size_t codec_ip_header_bytes(const struct codec_ip *ip)
{
	return ip->version == 6 ? CODEC_IPV6_BYTES : CODEC_IPV4_BYTES + ip->n_options;
}

static size_t build4(const struct codec_ip *ip, size_t n, uint8_t *out)
{
	size_t header = codec_ip_header_bytes(ip), total = n + header;

	memset(out, 0, CODEC_IPV4_BYTES);
	out[0] = (uint8_t)(0x40 | header / 4);
	out[1] = ip->tos;
	put_be16(out + 2, total > 65535 ? 0 : (uint16_t)total);
	put_be16(out + 4, ip->id);
	out[6] = ip->has_df ? 0x40 : 0;
	out[8] = ip->ttl;
	out[9] = ip->proto;
	memcpy(out + 12, ip->src.b, 4);
	memcpy(out + 16, ip->dst.b, 4);
	if (ip->n_options)
		memcpy(out + CODEC_IPV4_BYTES, ip->options, ip->n_options);
	put_be16(out + 10, codec_sum_finish(codec_sum(0, out, header)));
	return header;
}

static size_t build6(const struct codec_ip *ip, size_t n, uint8_t *out)
{
	put_be32(out, 6u << 28 | (uint32_t)ip->tos << 20 | (ip->flow_label & 0xfffff));
	put_be16(out + 4, n > 65535 ? 0 : (uint16_t)n);
	out[6] = ip->proto;
	out[7] = ip->ttl;
	memcpy(out + 8, ip->src.b, 16);
	memcpy(out + 24, ip->dst.b, 16);
	return CODEC_IPV6_BYTES;
}

size_t codec_ip_build(const struct codec_ip *ip, size_t n, uint8_t *out)
{
	return ip->version == 6 ? build6(ip, n, out) : build4(ip, n, out);
}
