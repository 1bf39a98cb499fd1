/* SPDX-License-Identifier: BSD-2-Clause */
#include "wire/wire.h"

#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"
#include "wire/wire_impl.h"

/* Extension headers of IPv6 that are stepped over [RFC8200 4.1]; 44 announces a fragment. */
enum { IPV6_HOP_BY_HOP = 0, IPV6_FRAGMENT = 44, IPV6_DESTINATION = 60 };

/* What a reader found out about one header. */
struct step {
	uint32_t header_bytes;
	enum wire_proto next; /* WIRE_PROTO_COUNT: not known to us */
	bool is_last;	      /* a transport header: the payload follows */
	uint8_t parts;
	const char *why;
};

/* @h holds at least the least header; @n bytes are left of the packet from there. */
typedef int header_reader(const uint8_t *h, size_t n, struct step *s);

static int refuse(struct step *s, int rc, const char *why)
{
	s->why = why;
	return rc;
}

static int check_length(struct step *s, size_t said, size_t there, const char *why)
{
	if (said == there)
		return 0;
	return refuse(s, said > there ? -ERR_TRUNC : -ERR_RANGE, why);
}

static int read_ipv4(const uint8_t *h, size_t n, struct step *s)
{
	s->header_bytes = 4u * (h[0] & 15);
	if (h[0] >> 4 != 4)
		return refuse(s, -ERR_RANGE, "IP version is not 4");
	if (s->header_bytes < 20)
		return refuse(s, -ERR_RANGE, "IPv4 header length below 20 bytes");
	if (s->header_bytes > n)
		return refuse(s, -ERR_TRUNC, "IPv4 header longer than the packet");
	/* Reserved bit and DF aside, anything but 0 makes it a piece of a packet. */
	if (get_be16(h + 6) & 0x3fff)
		return refuse(s, -ERR_UNSUPPORTED, "IPv4 fragment");
	s->next = wire_next_proto(WIRE_F_IPV4_PROTOCOL, h[9]);
	return check_length(s, get_be16(h + 2), n, "IPv4 total length is not the packet's length");
}

static int read_ipv6(const uint8_t *h, size_t n, struct step *s)
{
	uint8_t next = h[6];
	size_t at = 40;

	if (h[0] >> 4 != 6)
		return refuse(s, -ERR_RANGE, "IP version is not 6");
	if (check_length(s, get_be16(h + 4) + at, n, "IPv6 payload length is not the packet's"))
		return get_be16(h + 4) + at > n ? -ERR_TRUNC : -ERR_RANGE;
	while (next == IPV6_HOP_BY_HOP || next == IPV6_DESTINATION) {
		if (at + 8 > n || at + (h[at + 1] + 1u) * 8 > n)
			return refuse(s, -ERR_TRUNC, "IPv6 extension header cut short");
		next = h[at];
		at += (h[at + 1] + 1u) * 8;
	}
	if (next == IPV6_FRAGMENT)
		return refuse(s, -ERR_UNSUPPORTED, "IPv6 fragment");
	s->header_bytes = (uint32_t)at;
	s->next = wire_next_proto(WIRE_F_IPV6_NEXT_HEADER, next);
	return 0;
}

static int read_gre(const uint8_t *h, size_t n, struct step *s)
{
	uint32_t bits = 32;

	for (size_t i = 0; i < wire_part_table_len; i++) {
		const struct wire_part_row *part = &wire_part_table[i];

		if (!wire_bits_get(h, wire_field_table[part->flag].bit_off, 1))
			continue;
		s->parts |= (uint8_t)(1u << i);
		bits += part->width_bits;
	}
	/* Version 1 is PPTP [RFC2637]; source routes [RFC1701] went out of use. */
	if (get_be16(h) & 0x4007)
		return refuse(s, -ERR_UNSUPPORTED, "GRE version or routing not supported");
	if (bits / 8 > n)
		return refuse(s, -ERR_TRUNC, "GRE header cut short");
	s->header_bytes = bits / 8;
	s->next = wire_next_proto(WIRE_F_GRE_PROTOCOL, get_be16(h + 2));
	return 0;
}

/* The bottom entry does not say what follows; the first nibble behind it does [RFC4928 2]. */
static int read_mpls(const uint8_t *h, size_t n, struct step *s)
{
	s->header_bytes = 4;
	s->next = WIRE_MPLS;
	if (h[2] & 1) {
		uint8_t version = n > 4 ? h[4] >> 4 : 0;

		s->next = version == 4 ? WIRE_IPV4 : version == 6 ? WIRE_IPV6 : WIRE_PROTO_COUNT;
	}
	return 0;
}

static int read_tcp(const uint8_t *h, size_t n, struct step *s)
{
	s->header_bytes = 4u * (h[12] >> 4);
	s->is_last = true;
	if (s->header_bytes < 20)
		return refuse(s, -ERR_RANGE, "TCP data offset below 20 bytes");
	if (s->header_bytes > n)
		return refuse(s, -ERR_TRUNC, "TCP data offset beyond the packet");
	return 0;
}

static int read_udp(const uint8_t *h, size_t n, struct step *s)
{
	s->header_bytes = 8;
	s->is_last = true;
	return check_length(s, get_be16(h + 4), n, "UDP length is not the datagram's length");
}

static int read_icmp(const uint8_t *h, size_t n, struct step *s)
{
	(void)h;
	(void)n;
	s->header_bytes = 8;
	s->is_last = true;
	return 0;
}

static const struct {
	header_reader *read;
	const char *cut;
} reader[WIRE_PROTO_COUNT] = {
	[WIRE_IPV4] = { read_ipv4, "IPv4 header cut short" },
	[WIRE_IPV6] = { read_ipv6, "IPv6 header cut short" },
	[WIRE_GRE] = { read_gre, "GRE header cut short" },
	[WIRE_MPLS] = { read_mpls, "MPLS entry cut short" },
	[WIRE_TCP] = { read_tcp, "TCP header cut short" },
	[WIRE_UDP] = { read_udp, "UDP header cut short" },
	[WIRE_ICMPV4] = { read_icmp, "ICMP header cut short" },
	[WIRE_ICMPV6] = { read_icmp, "ICMPv6 header cut short" },
};

static int read_header(struct wire_packet *p, enum wire_proto proto, struct step *s)
{
	uint32_t off = p->payload_off;
	size_t left = p->len - off;
	int rc;

	*s = (struct step){ .next = WIRE_PROTO_COUNT };
	if (p->n_layers == WIRE_MAX_LAYERS)
		return refuse(s, -ERR_UNSUPPORTED, "too many headers");
	if (left < wire_header_table[proto].min_bytes)
		return refuse(s, -ERR_TRUNC, reader[proto].cut);
	rc = reader[proto].read(p->bytes + off, left, s);
	if (rc)
		return rc;
	p->layer[p->n_layers++] = (struct wire_layer){ proto, off, s->header_bytes, s->parts };
	p->payload_off += s->header_bytes;
	if (s->is_last || s->next != WIRE_PROTO_COUNT)
		return 0;
	return refuse(s, -ERR_UNSUPPORTED, "unknown protocol behind a header");
}

int wire_decode(const uint8_t *bytes, size_t len, struct wire_packet *out, const char **why)
{
	struct step s = { 0 };
	int rc = 0;

	*out = (struct wire_packet){ .bytes = bytes, .len = len };
	*why = NULL;
	if (len == 0) {
		*why = "empty packet";
		return -ERR_TRUNC;
	}
	if (bytes[0] >> 4 != 4 && bytes[0] >> 4 != 6) {
		*why = "IP version is neither 4 nor 6";
		return -ERR_RANGE;
	}
	s.next = bytes[0] >> 4 == 4 ? WIRE_IPV4 : WIRE_IPV6;
	while (rc == 0 && !s.is_last)
		rc = read_header(out, s.next, &s);
	out->payload_len = (uint32_t)len - out->payload_off;
	*why = s.why;
	return rc;
}

const struct wire_layer *wire_find(const struct wire_packet *p, enum wire_proto proto)
{
	for (size_t i = p->n_layers; i-- > 0;) {
		if (p->layer[i].proto == proto)
			return &p->layer[i];
	}
	return NULL;
}

uint64_t wire_get_in(const struct wire_packet *p, const struct wire_layer *l, enum wire_field f)
{
	unsigned int width = wire_field_table[f].width_bits;
	uint32_t bit;

	if (!wire_field_bit(l, f, &bit))
		return 0;
	if (width > 64) {
		bit += width - 64;
		width = 64;
	}
	return wire_bits_get(p->bytes + l->off, bit, width);
}

uint64_t wire_get(const struct wire_packet *p, enum wire_field f)
{
	const struct wire_layer *l = wire_find(p, wire_field_table[f].proto);

	return l ? wire_get_in(p, l, f) : 0;
}

bool wire_ipv4_checksum_ok(const struct wire_packet *p)
{
	for (size_t i = 0; i < p->n_layers; i++) {
		if (p->layer[i].proto == WIRE_IPV4 && wire_layer_sum(p->bytes, p->len, p->layer, i))
			return false;
	}
	return true;
}

bool wire_transport_checksum_ok(const struct wire_packet *p)
{
	const struct wire_layer *l = p->n_layers ? &p->layer[p->n_layers - 1] : NULL;

	if (!l || l->proto < WIRE_TCP)
		return true;
	/* A UDP datagram over IPv4 may go without [RFC768]; over IPv6 it may not [RFC8200 8.1]. */
	if (l->proto == WIRE_UDP && wire_get_in(p, l, WIRE_F_UDP_CHECKSUM) == 0)
		return p->n_layers > 1 && p->layer[p->n_layers - 2].proto == WIRE_IPV4;
	return wire_layer_sum(p->bytes, p->len, p->layer, p->n_layers - 1) == 0;
}

static void view_ip(const struct wire_packet *p, struct wire_view *out)
{
	for (size_t i = p->n_layers; i-- > 0;) {
		const struct wire_layer *l = &p->layer[i];
		bool is_v4 = l->proto == WIRE_IPV4;

		if (!is_v4 && l->proto != WIRE_IPV6)
			continue;
		out->ip_version = is_v4 ? 4 : 6;
		wire_ip_addrs(p->bytes, l, &out->src, &out->dst);
		out->tos = (uint8_t)wire_get_in(
			p, l, is_v4 ? WIRE_F_IPV4_TOS : WIRE_F_IPV6_TRAFFIC_CLASS);
		out->ttl =
			(uint8_t)wire_get_in(p, l, is_v4 ? WIRE_F_IPV4_TTL : WIRE_F_IPV6_HOP_LIMIT);
		out->ip_header_bytes = (uint8_t)l->len;
		if (!is_v4)
			out->flow_label = (uint32_t)wire_get_in(p, l, WIRE_F_IPV6_FLOW_LABEL);
		if (is_v4) {
			out->ip_id = (uint16_t)wire_get_in(p, l, WIRE_F_IPV4_ID);
			out->has_df = wire_get_in(p, l, WIRE_F_IPV4_DF);
		}
		return;
	}
}

/* Behind the end of the list only padding is allowed, and it is zero [RFC9293 3.1]. */
static bool is_padded_with_zeros(const struct tcpopt_list *opts)
{
	enum { EOL = 0 };
	bool is_at_end = false;

	for (size_t i = 0; i < opts->n; i++) {
		if (is_at_end && opts->opt[i].kind != EOL)
			return false;
		is_at_end = is_at_end || opts->opt[i].kind == EOL;
	}
	return true;
}

static int view_tcp(struct arena *a, const struct wire_packet *p, const struct wire_layer *l,
		    struct wire_view *out)
{
	int rc;

	out->src_port = (uint16_t)wire_get_in(p, l, WIRE_F_TCP_SRC_PORT);
	out->dst_port = (uint16_t)wire_get_in(p, l, WIRE_F_TCP_DST_PORT);
	out->seq = (uint32_t)wire_get_in(p, l, WIRE_F_TCP_SEQ);
	out->seq_on_wire = out->seq;
	out->ack = (uint32_t)wire_get_in(p, l, WIRE_F_TCP_ACK);
	out->tcp_flags = (uint16_t)(wire_get_in(p, l, WIRE_F_TCP_FLAGS) |
				    wire_get_in(p, l, WIRE_F_TCP_RESERVED) << 9);
	out->win = (uint16_t)wire_get_in(p, l, WIRE_F_TCP_WINDOW);
	out->urg = (uint16_t)wire_get_in(p, l, WIRE_F_TCP_URGENT);
	out->data_offset_bytes = (uint8_t)l->len;
	rc = tcpopt_decode_all(a, p->bytes + l->off + 20, l->len - 20, &out->opts);
	out->are_options_right = rc == 0 && is_padded_with_zeros(&out->opts);
	return rc;
}

static void view_icmp(const struct wire_packet *p, const struct wire_layer *l,
		      struct wire_view *out)
{
	bool is_v4 = l->proto == WIRE_ICMPV4;

	out->icmp_type = p->bytes[l->off];
	out->icmp_code = p->bytes[l->off + 1];
	switch (icmp_rest_of(is_v4 ? 4 : 6, out->icmp_type, out->icmp_code)) {
	case ICMP_REST_OTHER:
		break;
	case ICMP_REST_ID:
		out->icmp_id =
			(uint16_t)wire_get_in(p, l, is_v4 ? WIRE_F_ICMPV4_ID : WIRE_F_ICMPV6_ID);
		break;
	case ICMP_REST_MTU:
		out->icmp_mtu =
			(uint32_t)wire_get_in(p, l, is_v4 ? WIRE_F_ICMPV4_MTU : WIRE_F_ICMPV6_MTU);
		break;
	}
}

int wire_view(struct arena *a, const struct wire_packet *p, struct wire_view *out)
{
	const struct wire_layer *l = p->n_layers ? &p->layer[p->n_layers - 1] : NULL;

	*out = (struct wire_view){ .proto = WIRE_PROTO_COUNT };
	if (!l)
		return 0;
	view_ip(p, out);
	out->proto = l->proto;
	out->payload_len = p->payload_len;
	out->is_checksum_right = wire_transport_checksum_ok(p);
	switch (l->proto) {
	case WIRE_TCP:
		return view_tcp(a, p, l, out);
	case WIRE_UDP:
		out->src_port = (uint16_t)wire_get_in(p, l, WIRE_F_UDP_SRC_PORT);
		out->dst_port = (uint16_t)wire_get_in(p, l, WIRE_F_UDP_DST_PORT);
		return 0;
	case WIRE_ICMPV4:
	case WIRE_ICMPV6:
		view_icmp(p, l, out);
		return 0;
	case WIRE_IPV4:
	case WIRE_IPV6:
	case WIRE_GRE:
	case WIRE_MPLS:
	case WIRE_PROTO_COUNT:
		return 0;
	}
	return 0;
}
