/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Theory of operation of tester/wire: packets as bytes, and what people say of them.
 *
 * All that is known of a header is in fields.def: a field is a name, a place in bits, a form and a
 * source. Reading (decode.c), building (build.c) and overriding by name go through that table, so
 * the three cannot disagree. Only what is no field has code: how long a header is and what follows
 * it (decode.c has one reader per protocol), which parts are optional (wire_part_table), which
 * number announces which protocol (wire_next_table), and what a checksum covers (checksum.c).
 * TCP options have a table of their own with one row per option (tcpopt_table.c).
 *
 * Nothing here knows scripts, sockets or clocks; the numbers are those of the wire. Limits:
 * WIRE_MAX_LAYERS headers, 65,535 bytes, no fragments, no IPv4 options when building. Bytes are
 * never cast to structs: one bit-wise accessor serves all fields, which costs some nanoseconds per
 * field and buys freedom from alignment and byte order.
 */
#include "wire/wire.h"

#include <assert.h>
#include <string.h>

#include "base/err.h"
#include "base/suggest.h"
#include "base/util.h"
#include "wire/wire_impl.h"

const struct wire_field_row wire_field_table[WIRE_FIELD_COUNT] = {
#define X(id, proto_, name_, bit_off_, width_bits_, form_, source_)                                \
	[WIRE_F_##id] = { .proto = proto_,                                                         \
			  .name = name_,                                                           \
			  .bit_off = bit_off_,                                                     \
			  .width_bits = width_bits_,                                               \
			  .form = form_,                                                           \
			  .source = source_ },
#include "wire/fields.def"
#undef X
};

const struct wire_header_row wire_header_table[WIRE_PROTO_COUNT] = {
	[WIRE_IPV4] = { "ipv4", 20, "RFC 791 3.1" },
	[WIRE_IPV6] = { "ipv6", 40, "RFC 8200 3" },
	[WIRE_GRE] = { "gre", 4, "RFC 2784 2.1" },
	[WIRE_MPLS] = { "mpls", 4, "RFC 3032 2.1" },
	[WIRE_TCP] = { "tcp", 20, "RFC 9293 3.1" },
	[WIRE_UDP] = { "udp", 8, "RFC 768" },
	[WIRE_ICMPV4] = { "icmpv4", 8, "RFC 792" },
	[WIRE_ICMPV6] = { "icmpv6", 8, "RFC 4443 2.1" },
};

const struct wire_part_row wire_part_table[] = {
	{ WIRE_GRE, WIRE_F_GRE_HAS_CHECKSUM, 32, 32 },
	{ WIRE_GRE, WIRE_F_GRE_HAS_KEY, 64, 32 },
	{ WIRE_GRE, WIRE_F_GRE_HAS_SEQ, 96, 32 },
};

const size_t wire_part_table_len = ARRAY_LEN(wire_part_table);
static_assert(ARRAY_LEN(wire_part_table) <= 8, "struct wire_layer has eight bits for parts");

/* IANA protocol numbers; EtherTypes for GRE. */
const struct wire_next_row wire_next_table[] = {
	{ WIRE_F_IPV4_PROTOCOL, 6, WIRE_TCP },	    { WIRE_F_IPV4_PROTOCOL, 17, WIRE_UDP },
	{ WIRE_F_IPV4_PROTOCOL, 1, WIRE_ICMPV4 },   { WIRE_F_IPV4_PROTOCOL, 4, WIRE_IPV4 },
	{ WIRE_F_IPV4_PROTOCOL, 41, WIRE_IPV6 },    { WIRE_F_IPV4_PROTOCOL, 47, WIRE_GRE },
	{ WIRE_F_IPV4_PROTOCOL, 137, WIRE_MPLS },   { WIRE_F_IPV6_NEXT_HEADER, 6, WIRE_TCP },
	{ WIRE_F_IPV6_NEXT_HEADER, 17, WIRE_UDP },  { WIRE_F_IPV6_NEXT_HEADER, 58, WIRE_ICMPV6 },
	{ WIRE_F_IPV6_NEXT_HEADER, 4, WIRE_IPV4 },  { WIRE_F_IPV6_NEXT_HEADER, 41, WIRE_IPV6 },
	{ WIRE_F_IPV6_NEXT_HEADER, 47, WIRE_GRE },  { WIRE_F_IPV6_NEXT_HEADER, 137, WIRE_MPLS },
	{ WIRE_F_GRE_PROTOCOL, 0x0800, WIRE_IPV4 }, { WIRE_F_GRE_PROTOCOL, 0x86dd, WIRE_IPV6 },
	{ WIRE_F_GRE_PROTOCOL, 0x8847, WIRE_MPLS },
};

const size_t wire_next_table_len = ARRAY_LEN(wire_next_table);

/* Names that serve both IP versions; WIRE_FIELD_COUNT where a version has no such field. */
const struct wire_neutral_row wire_neutral_table[] = {
	{ "ip.version", WIRE_F_IPV4_VERSION, WIRE_F_IPV6_VERSION },
	{ "ip.ihl", WIRE_F_IPV4_IHL, WIRE_FIELD_COUNT },
	{ "ip.tos", WIRE_F_IPV4_TOS, WIRE_F_IPV6_TRAFFIC_CLASS },
	{ "ip.dscp", WIRE_F_IPV4_DSCP, WIRE_F_IPV6_DSCP },
	{ "ip.ecn", WIRE_F_IPV4_ECN, WIRE_F_IPV6_ECN },
	{ "ip.flow_label", WIRE_FIELD_COUNT, WIRE_F_IPV6_FLOW_LABEL },
	{ "ip.total_length", WIRE_F_IPV4_TOTAL_LENGTH, WIRE_F_IPV6_PAYLOAD_LENGTH },
	{ "ip.id", WIRE_F_IPV4_ID, WIRE_FIELD_COUNT },
	{ "ip.reserved", WIRE_F_IPV4_RESERVED, WIRE_FIELD_COUNT },
	{ "ip.df", WIRE_F_IPV4_DF, WIRE_FIELD_COUNT },
	{ "ip.mf", WIRE_F_IPV4_MF, WIRE_FIELD_COUNT },
	{ "ip.fragment_offset", WIRE_F_IPV4_FRAGMENT_OFFSET, WIRE_FIELD_COUNT },
	{ "ip.ttl", WIRE_F_IPV4_TTL, WIRE_F_IPV6_HOP_LIMIT },
	{ "ip.protocol", WIRE_F_IPV4_PROTOCOL, WIRE_F_IPV6_NEXT_HEADER },
	{ "ip.checksum", WIRE_F_IPV4_CHECKSUM, WIRE_FIELD_COUNT },
	{ "ip.src", WIRE_F_IPV4_SRC, WIRE_F_IPV6_SRC },
	{ "ip.dst", WIRE_F_IPV4_DST, WIRE_F_IPV6_DST },
	{ "icmp.type", WIRE_F_ICMPV4_TYPE, WIRE_F_ICMPV6_TYPE },
	{ "icmp.code", WIRE_F_ICMPV4_CODE, WIRE_F_ICMPV6_CODE },
	{ "icmp.checksum", WIRE_F_ICMPV4_CHECKSUM, WIRE_F_ICMPV6_CHECKSUM },
	{ "icmp.pointer", WIRE_F_ICMPV4_POINTER, WIRE_F_ICMPV6_POINTER },
	{ "icmp.id", WIRE_F_ICMPV4_ID, WIRE_F_ICMPV6_ID },
	{ "icmp.seq", WIRE_F_ICMPV4_SEQ, WIRE_F_ICMPV6_SEQ },
	{ "icmp.mtu", WIRE_F_ICMPV4_MTU, WIRE_F_ICMPV6_MTU },
};

const size_t wire_neutral_table_len = ARRAY_LEN(wire_neutral_table);

enum wire_proto wire_next_proto(enum wire_field field, uint32_t number)
{
	for (size_t i = 0; i < wire_next_table_len; i++) {
		const struct wire_next_row *r = &wire_next_table[i];

		if (r->field == field && r->number == number)
			return r->inner;
	}
	return WIRE_PROTO_COUNT;
}

bool wire_next_number(enum wire_proto outer, enum wire_proto inner, enum wire_field *field,
		      uint16_t *number)
{
	for (size_t i = 0; i < wire_next_table_len; i++) {
		const struct wire_next_row *r = &wire_next_table[i];

		if (r->inner == inner && wire_field_table[r->field].proto == outer) {
			*field = r->field;
			*number = r->number;
			return true;
		}
	}
	return false;
}

enum wire_field wire_checksum_field(enum wire_proto proto)
{
	static const enum wire_field of[WIRE_PROTO_COUNT] = {
		[WIRE_IPV4] = WIRE_F_IPV4_CHECKSUM,	[WIRE_IPV6] = WIRE_FIELD_COUNT,
		[WIRE_GRE] = WIRE_F_GRE_CHECKSUM,	[WIRE_MPLS] = WIRE_FIELD_COUNT,
		[WIRE_TCP] = WIRE_F_TCP_CHECKSUM,	[WIRE_UDP] = WIRE_F_UDP_CHECKSUM,
		[WIRE_ICMPV4] = WIRE_F_ICMPV4_CHECKSUM, [WIRE_ICMPV6] = WIRE_F_ICMPV6_CHECKSUM,
	};

	return of[proto];
}

/* Bits that are missing before @bit_off because the parts there do not exist. */
static uint32_t missing_bits(const struct wire_layer *l, uint32_t bit_off)
{
	uint32_t missing = 0;

	for (size_t i = 0; i < wire_part_table_len; i++) {
		const struct wire_part_row *part = &wire_part_table[i];

		if (part->proto == l->proto && part->bit_off + part->width_bits <= bit_off &&
		    !(l->parts & (1u << i)))
			missing += part->width_bits;
	}
	return missing;
}

uint32_t wire_part_bit(const struct wire_layer *l, size_t i)
{
	uint32_t bit_off = wire_part_table[i].bit_off;

	return bit_off - missing_bits(l, bit_off);
}

bool wire_field_bit(const struct wire_layer *l, enum wire_field f, uint32_t *bit)
{
	const struct wire_field_row *row = &wire_field_table[f];

	for (size_t i = 0; i < wire_part_table_len; i++) {
		const struct wire_part_row *part = &wire_part_table[i];

		if (part->proto == row->proto && row->bit_off >= part->bit_off &&
		    row->bit_off < part->bit_off + part->width_bits && !(l->parts & (1u << i)))
			return false;
	}
	*bit = row->bit_off - missing_bits(l, row->bit_off);
	return true;
}

/* How many bits of one byte belong to a run that begins at @bit with @left bits to go. */
static unsigned int run_in_byte(uint32_t bit, unsigned int left)
{
	unsigned int room = 8 - bit % 8;

	return left < room ? left : room;
}

uint64_t wire_bits_get(const uint8_t *p, uint32_t bit, unsigned int width)
{
	uint64_t v = 0;

	for (unsigned int n; width > 0; bit += n, width -= n) {
		unsigned int byte = p[bit / 8];

		n = run_in_byte(bit, width);
		v = (v << n) | ((byte >> (8 - bit % 8 - n)) & ((1u << n) - 1));
	}
	return v;
}

void wire_bits_put(uint8_t *p, uint32_t bit, unsigned int width, uint64_t v)
{
	for (unsigned int n; width > 0; bit += n, width -= n) {
		unsigned int shift, mask, part;

		n = run_in_byte(bit, width);
		shift = 8 - bit % 8 - n;
		mask = ((1u << n) - 1) << shift;
		part = (unsigned int)(width - n < 64 ? v >> (width - n) : 0) << shift;
		p[bit / 8] = (uint8_t)((p[bit / 8] & ~mask) | (part & mask));
	}
}

static enum wire_field neutral_field(uint8_t ip_version, const char *name)
{
	for (size_t i = 0; i < wire_neutral_table_len; i++) {
		if (!strcmp(wire_neutral_table[i].name, name))
			return ip_version == 6 ? wire_neutral_table[i].v6 : wire_neutral_table[i].v4;
	}
	return WIRE_FIELD_COUNT;
}

static const char *nearest_field(uint8_t ip_version, const char *name)
{
	struct suggest s;

	suggest_init(&s, name);
	for (size_t i = 0; i < wire_neutral_table_len; i++) {
		if (neutral_field(ip_version, wire_neutral_table[i].name) != WIRE_FIELD_COUNT)
			suggest_offer(&s, wire_neutral_table[i].name);
	}
	for (size_t i = 0; i < WIRE_FIELD_COUNT; i++)
		suggest_offer(&s, wire_field_table[i].name);
	return suggest_best(&s);
}

int wire_field_by_name(uint8_t ip_version, const char *name, enum wire_field *out,
		       const char **hint)
{
	enum wire_field f = neutral_field(ip_version, name);

	*hint = NULL;
	for (unsigned int i = 0; f == WIRE_FIELD_COUNT && i < WIRE_FIELD_COUNT; i++) {
		if (!strcmp(wire_field_table[i].name, name))
			f = (enum wire_field)i;
	}
	if (f == WIRE_FIELD_COUNT) {
		*hint = nearest_field(ip_version, name);
		return -ERR_UNKNOWN;
	}
	*out = f;
	return 0;
}
