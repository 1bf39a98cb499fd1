/* SPDX-License-Identifier: BSD-2-Clause */
#include <check.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/util.h"
#include "unit.h"
#include "wire/checksum.h"
#include "wire/wire.h"

static struct arena *arena;

static void setup(void)
{
	arena = arena_new();
}

static void teardown(void)
{
	arena_free(arena);
}

static struct ip_addr addr(const char *text)
{
	struct ip_addr a;

	ck_assert_int_eq(ip_addr_parse(text, &a), 0);
	return a;
}

static void set_addrs(struct wire_builder *w, const char *src, const char *dst)
{
	struct ip_addr s = addr(src), d = addr(dst);

	wire_set_addrs(w, &s, &d);
}

/* A second opinion on checksums, written apart from the code under test [RFC1071 1]. */
static uint64_t sum16(const uint8_t *p, size_t n)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += i % 2 ? p[i] : (uint64_t)p[i] * 256;
	return sum;
}

/* Whether a sum that includes its checksum is a sum of all ones. */
static bool sums_up(uint64_t sum)
{
	return sum > 0 && sum % 0xffff == 0;
}

static uint64_t pseudo16(const uint8_t *ip, uint8_t proto, size_t n)
{
	bool is_v4 = ip[0] >> 4 == 4;

	return (is_v4 ? sum16(ip + 12, 8) : sum16(ip + 8, 32)) + proto + n / 65536 + n % 65536;
}

static bool transport_sums_up(const struct wire_builder *w, uint8_t proto)
{
	const struct wire_layer *ip = &w->layer[w->n_layers - 2], *l = ip + 1;
	size_t n = w->len - l->off;
	uint64_t pseudo = proto == 1 ? 0 : pseudo16(w->bytes + ip->off, proto, n);

	return sums_up(pseudo + sum16(w->bytes + l->off, n));
}

/* IPv4 and TCP: a SYN with mss 1460, sackOK, TS val 100 ecr 0, nop, wscale 7. */
static const uint8_t gold_syn[] = {
	0x45, 0x00, 0x00, 0x3c, 0x00, 0x00, 0x00, 0x00, 0xff, 0x06, 0x39, 0x11, 0xc0, 0x00, 0x02,
	0x01, 0xc0, 0xa8, 0x00, 0x01, 0x9c, 0x41, 0x1f, 0x90, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x00, 0x00, 0xa0, 0x02, 0xff, 0xff, 0x09, 0x20, 0x00, 0x00, 0x02, 0x04, 0x05, 0xb4, 0x04,
	0x02, 0x08, 0x0a, 0x00, 0x00, 0x00, 0x64, 0x00, 0x00, 0x00, 0x00, 0x01, 0x03, 0x03, 0x07,
};

/* IPv6 (traffic class 2, flow label 0x12345, hop limit 64) and UDP with five bytes. */
static const uint8_t gold_udp6[] = {
	0x60, 0x21, 0x23, 0x45, 0x00, 0x0d, 0x11, 0x40, 0x20, 0x01, 0x0d, 0xb8, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0xfd, 0x3d, 0x0a, 0x0b,
	0x17, 0xd6, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x23, 0x28,
	0x00, 0x35, 0x00, 0x0d, 0x4b, 0xcb, 0x68, 0x65, 0x6c, 0x6c, 0x6f,
};

/* ICMP: fragmentation needed, MTU 1200, with 28 bytes of the packet it is about. */
static const uint8_t gold_icmp[] = {
	0x45, 0x00, 0x00, 0x38, 0x00, 0x00, 0x00, 0x00, 0xff, 0x01, 0x39, 0x1a, 0xc0, 0x00,
	0x02, 0x01, 0xc0, 0xa8, 0x00, 0x01, 0x03, 0x04, 0xa0, 0x1b, 0x00, 0x00, 0x04, 0xb0,
	0x45, 0x00, 0x00, 0x28, 0x12, 0x34, 0x40, 0x00, 0x40, 0x06, 0x00, 0x00, 0xc0, 0xa8,
	0x00, 0x01, 0xc0, 0x00, 0x02, 0x01, 0x1f, 0x90, 0x9c, 0x41, 0x00, 0x0f, 0x42, 0x41,
};

/* IPv4, GRE with checksum, key 0x77 and sequence number 9, labels 16 and 17, IPv4, TCP. */
static const uint8_t gold_gre[] = {
	0x45, 0x00, 0x00, 0x54, 0x00, 0x00, 0x00, 0x00, 0xff, 0x2f, 0x43, 0x66, 0xcb, 0x00,
	0x71, 0x09, 0xcb, 0x00, 0x71, 0x0a, 0xb0, 0x00, 0x88, 0x47, 0x2e, 0x7c, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x77, 0x00, 0x00, 0x00, 0x09, 0x00, 0x01, 0x00, 0x40, 0x00, 0x01,
	0x1b, 0x3f, 0x45, 0x00, 0x00, 0x28, 0x00, 0x00, 0x00, 0x00, 0xff, 0x06, 0x39, 0x25,
	0xc0, 0x00, 0x02, 0x01, 0xc0, 0xa8, 0x00, 0x01, 0x9c, 0x41, 0x1f, 0x90, 0x00, 0x00,
	0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x50, 0x10, 0x03, 0x84, 0x6d, 0xd2, 0x00, 0x00,
};

static struct wire_builder built(const char *src, const char *dst, enum wire_proto ip)
{
	struct wire_builder w;

	wire_build_init(&w, arena);
	wire_push(&w, ip);
	set_addrs(&w, src, dst);
	return w;
}

static void check_bytes(struct wire_builder *w, const uint8_t *gold, size_t n)
{
	struct wire_packet p;
	const char *why;

	ck_assert_int_eq(wire_finish(w), 0);
	ck_assert_uint_eq(w->len, n);
	ck_assert_mem_eq(w->bytes, gold, n);
	ck_assert_int_eq(wire_decode(gold, n, &p, &why), 0);
	ck_assert(wire_ipv4_checksum_ok(&p));
	ck_assert(wire_transport_checksum_ok(&p));
	ck_assert_uint_eq(p.n_layers, w->n_layers);
	for (size_t i = 0; i < p.n_layers; i++) {
		ck_assert_int_eq(p.layer[i].proto, w->layer[i].proto);
		ck_assert_uint_eq(p.layer[i].off, w->layer[i].off);
		ck_assert_uint_eq(p.layer[i].len, w->layer[i].len);
		ck_assert_uint_eq(p.layer[i].parts, w->layer[i].parts);
	}
	ck_assert_uint_eq(p.payload_off, w->payload_off);
}

START_TEST(golden_syn)
{
	static const uint8_t opts[] = { 2, 4,	5, 0xb4, 4, 2, 8, 10, 0, 0,
					0, 100, 0, 0,	 0, 0, 1, 3,  3, 7 };
	struct wire_builder w = built("192.0.2.1", "192.168.0.1", WIRE_IPV4);

	wire_push(&w, WIRE_TCP);
	wire_set(&w, WIRE_F_TCP_SRC_PORT, 40001);
	wire_set(&w, WIRE_F_TCP_DST_PORT, 8080);
	wire_set(&w, WIRE_F_TCP_FLAGS, TCP_SYN);
	wire_set(&w, WIRE_F_TCP_WINDOW, 65535);
	wire_add_options(&w, opts, 6);
	wire_add_options(&w, opts + 6, sizeof(opts) - 6);
	check_bytes(&w, gold_syn, sizeof(gold_syn));
}
END_TEST

/* IPv4 options of any length end at a word, and the header's length counts them. */
START_TEST(ip_options_are_padded)
{
	for (size_t n = 1; n <= 40; n++) {
		const uint8_t options[40] = { 7, 11, 4, 1, 2, 3 };
		size_t padded = (n + 3) / 4 * 4;
		struct wire_builder w;
		struct wire_packet p;
		const char *why;

		wire_build_init(&w, arena);
		wire_push(&w, WIRE_IPV4);
		wire_add_ip_options(&w, options, n);
		wire_push(&w, WIRE_TCP);
		wire_add_payload(&w, NULL, 9);
		ck_assert_int_eq(wire_finish(&w), 0);
		ck_assert_uint_eq(w.len, 20 + padded + 20 + 9);
		ck_assert_uint_eq(w.bytes[0], 0x45 + padded / 4);
		ck_assert_mem_eq(w.bytes + 20, options, n);
		for (size_t i = n; i < padded; i++)
			ck_assert_uint_eq(w.bytes[20 + i], 0);
		ck_assert_int_eq(wire_decode(w.bytes, w.len, &p, &why), 0);
		ck_assert(wire_ipv4_checksum_ok(&p) && wire_transport_checksum_ok(&p));
		ck_assert_uint_eq(p.payload_len, 9);
	}
}
END_TEST

START_TEST(golden_udp6)
{
	struct wire_builder w = built("2001:db8::1", "fd3d:a0b:17d6::1", WIRE_IPV6);

	wire_set(&w, WIRE_F_IPV6_TRAFFIC_CLASS, 2);
	wire_set(&w, WIRE_F_IPV6_FLOW_LABEL, 0x12345);
	wire_set(&w, WIRE_F_IPV6_HOP_LIMIT, 64);
	wire_push(&w, WIRE_UDP);
	wire_set(&w, WIRE_F_UDP_SRC_PORT, 9000);
	wire_set(&w, WIRE_F_UDP_DST_PORT, 53);
	wire_add_payload(&w, (const uint8_t *)"hello", 5);
	check_bytes(&w, gold_udp6, sizeof(gold_udp6));
}
END_TEST

START_TEST(golden_icmp)
{
	static const uint8_t about[] = { 0x45, 0,    0,	   0x28, 0x12, 0x34, 0x40, 0,	0x40, 6,
					 0,    0,    192,  168,	 0,    1,    192,  0,	2,    1,
					 0x1f, 0x90, 0x9c, 0x41, 0,    0x0f, 0x42, 0x41 };
	struct wire_builder w = built("192.0.2.1", "192.168.0.1", WIRE_IPV4);

	wire_push(&w, WIRE_ICMPV4);
	wire_set(&w, WIRE_F_ICMPV4_TYPE, 3);
	wire_set(&w, WIRE_F_ICMPV4_CODE, 4);
	wire_set(&w, WIRE_F_ICMPV4_MTU, 1200);
	wire_add_payload(&w, about, sizeof(about));
	check_bytes(&w, gold_icmp, sizeof(gold_icmp));
}
END_TEST

START_TEST(golden_gre_mpls)
{
	struct wire_builder w = built("203.0.113.9", "203.0.113.10", WIRE_IPV4);

	wire_push(&w, WIRE_GRE);
	wire_set(&w, WIRE_F_GRE_FLAGS, 0xb000);
	wire_set(&w, WIRE_F_GRE_KEY, 0x77);
	wire_set(&w, WIRE_F_GRE_SEQ, 9);
	wire_push(&w, WIRE_MPLS);
	wire_set(&w, WIRE_F_MPLS_LABEL, 16);
	wire_set(&w, WIRE_F_MPLS_TTL, 64);
	wire_push(&w, WIRE_MPLS);
	wire_set(&w, WIRE_F_MPLS_LABEL, 17);
	wire_set(&w, WIRE_F_MPLS_TC, 5);
	wire_set(&w, WIRE_F_MPLS_S, 1);
	wire_set(&w, WIRE_F_MPLS_TTL, 63);
	wire_push(&w, WIRE_IPV4);
	set_addrs(&w, "192.0.2.1", "192.168.0.1");
	wire_push(&w, WIRE_TCP);
	wire_set(&w, WIRE_F_TCP_SRC_PORT, 40001);
	wire_set(&w, WIRE_F_TCP_DST_PORT, 8080);
	wire_set(&w, WIRE_F_TCP_SEQ, 1);
	wire_set(&w, WIRE_F_TCP_ACK, 1);
	wire_set(&w, WIRE_F_TCP_FLAGS, TCP_ACK);
	wire_set(&w, WIRE_F_TCP_WINDOW, 900);
	check_bytes(&w, gold_gre, sizeof(gold_gre));
}
END_TEST

/* A stack of headers around each protocol; GRE has all of its parts. */
static const enum wire_proto stack_with[WIRE_PROTO_COUNT][5] = {
	[WIRE_IPV4] = { WIRE_IPV4, WIRE_TCP, WIRE_PROTO_COUNT },
	[WIRE_IPV6] = { WIRE_IPV6, WIRE_TCP, WIRE_PROTO_COUNT },
	[WIRE_GRE] = { WIRE_IPV4, WIRE_GRE, WIRE_IPV6, WIRE_UDP, WIRE_PROTO_COUNT },
	[WIRE_MPLS] = { WIRE_IPV6, WIRE_MPLS, WIRE_IPV4, WIRE_TCP, WIRE_PROTO_COUNT },
	[WIRE_TCP] = { WIRE_IPV6, WIRE_TCP, WIRE_PROTO_COUNT },
	[WIRE_UDP] = { WIRE_IPV4, WIRE_UDP, WIRE_PROTO_COUNT },
	[WIRE_ICMPV4] = { WIRE_IPV4, WIRE_ICMPV4, WIRE_PROTO_COUNT },
	[WIRE_ICMPV6] = { WIRE_IPV6, WIRE_ICMPV6, WIRE_PROTO_COUNT },
};

static void push_stack(struct wire_builder *w, enum wire_proto around)
{
	wire_build_init(w, arena);
	for (const enum wire_proto *p = stack_with[around]; *p != WIRE_PROTO_COUNT; p++) {
		wire_push(w, *p);
		if (*p == WIRE_IPV4)
			set_addrs(w, "192.0.2.1", "198.51.100.254");
		if (*p == WIRE_IPV6)
			set_addrs(w, "2001:db8::1", "2001:db8:ffff::2");
		if (*p == WIRE_GRE)
			wire_set(w, WIRE_F_GRE_FLAGS, 0xb000);
		if (*p == WIRE_MPLS)
			wire_set(w, WIRE_F_MPLS_S, 1);
	}
	wire_add_payload(w, (const uint8_t *)"odd length!", 11);
}

/* The packet as its builder knows it: overridden lengths would not get through wire_decode(). */
static struct wire_packet as_packet(const struct wire_builder *w)
{
	struct wire_packet p = { .bytes = w->bytes, .len = w->len, .n_layers = w->n_layers };

	memcpy(p.layer, w->layer, sizeof(p.layer));
	return p;
}

static uint64_t low_bits(unsigned int n)
{
	return n >= 64 ? UINT64_MAX : (UINT64_C(1) << n) - 1;
}

static uint64_t pattern(const struct wire_field_row *row, int which)
{
	static const uint64_t of[] = { UINT64_MAX, 0xa5c3966912f0785a, 1, 0 };

	return of[which] & low_bits(row->width_bits);
}

static bool is_checksum(const struct wire_field_row *row)
{
	const char *dot = strchr(row->name, '.');

	return !strcmp(dot, ".checksum");
}

static bool is_bit_of(const struct wire_layer *l, const struct wire_field_row *r, size_t bit)
{
	size_t from = l->off * 8u + r->bit_off;

	return r->proto == l->proto && bit >= from && bit < from + r->width_bits;
}

/* Whether bit @bit belongs to field @f or to a checksum: an override must change nothing else. */
static bool may_differ(const struct wire_builder *w, size_t bit, enum wire_field f)
{
	for (size_t i = 0; i < w->n_layers; i++) {
		for (size_t k = 0; k < WIRE_FIELD_COUNT; k++) {
			if ((k == f || is_checksum(&wire_field_table[k])) &&
			    is_bit_of(&w->layer[i], &wire_field_table[k], bit))
				return true;
		}
	}
	return false;
}

/* All checksums but an overridden one add up. An IP length, version or protocol that lies does not
 * enter them; a UDP length does, and then the receiver's view of the length counts. */
static void check_sums(const struct wire_builder *w, enum wire_field f)
{
	static const uint8_t number[WIRE_PROTO_COUNT] = {
		[WIRE_TCP] = 6, [WIRE_UDP] = 17, [WIRE_ICMPV4] = 1, [WIRE_ICMPV6] = 58
	};
	const struct wire_layer *last = &w->layer[w->n_layers - 1];

	for (size_t i = 0; i < w->n_layers; i++) {
		const struct wire_layer *l = &w->layer[i];

		if (l->proto == WIRE_IPV4 && f != WIRE_F_IPV4_CHECKSUM)
			ck_assert(sums_up(sum16(w->bytes + l->off, 20)));
		if (l->proto == WIRE_GRE && f != WIRE_F_GRE_CHECKSUM)
			ck_assert(sums_up(sum16(w->bytes + l->off, w->len - l->off)));
	}
	if (f == WIRE_F_IPV4_VERSION || f == WIRE_F_IPV6_VERSION || f == WIRE_F_UDP_LENGTH)
		return;
	if (wire_field_table[f].proto == last->proto && is_checksum(&wire_field_table[f]))
		return;
	ck_assert(transport_sums_up(w, number[last->proto]));
}

START_TEST(overrides_change_one_field)
{
	enum wire_field f = (enum wire_field)_i;
	const struct wire_field_row *row = &wire_field_table[f];

	for (int which = 0; which < 4; which++) {
		struct wire_override over = { f, pattern(row, which) };
		struct wire_builder right, wrong;
		struct wire_packet p;

		push_stack(&right, row->proto);
		push_stack(&wrong, row->proto);
		wrong.overrides = &over;
		wrong.n_overrides = 1;
		ck_assert_int_eq(wire_finish(&right), 0);
		ck_assert_int_eq(wire_finish(&wrong), 0);
		ck_assert_uint_eq(right.len, wrong.len);
		p = as_packet(&wrong);
		ck_assert_uint_eq(wire_get(&p, f), over.value);
		for (size_t bit = 0; bit < right.len * 8; bit++) {
			int mask = 0x80 >> bit % 8;
			bool same = !((right.bytes[bit / 8] ^ wrong.bytes[bit / 8]) & mask);

			if (!same && !may_differ(&wrong, bit, f))
				ck_abort_msg("%s changed bit %zu", row->name, bit);
		}
		check_sums(&right, WIRE_F_TCP_SEQ);
		check_sums(&wrong, f);
	}
}
END_TEST

/* A hash of all bits that are not of field @f. */
static uint64_t bits_outside(const struct wire_builder *w, enum wire_field f)
{
	const struct wire_packet p = as_packet(w);
	const struct wire_layer *l = wire_find(&p, wire_field_table[f].proto);
	uint64_t hash = 0;

	for (size_t bit = 0; bit < w->len * 8; bit++) {
		if (!is_bit_of(l, &wire_field_table[f], bit))
			hash = hash * 31 + (w->bytes[bit / 8] >> (7 - bit % 8) & 1) + 1;
	}
	return hash;
}

START_TEST(set_fields_come_back)
{
	enum wire_field f = (enum wire_field)_i;
	const struct wire_field_row *row = &wire_field_table[f];

	for (int which = 0; which < 4; which++) {
		struct wire_builder w;
		struct wire_packet p;
		uint64_t others;

		push_stack(&w, row->proto);
		wire_set(&w, f, pattern(row, which));
		p = as_packet(&w);
		ck_assert_uint_eq(wire_get(&p, f), pattern(row, which));
		/* Values that are too wide must not spill into the neighbours. */
		push_stack(&w, row->proto);
		others = bits_outside(&w, f);
		wire_set(&w, f, pattern(row, which) | ~low_bits(row->width_bits));
		p = as_packet(&w);
		ck_assert_uint_eq(wire_get(&p, f), pattern(row, which));
		if (row->proto != WIRE_GRE)
			ck_assert_uint_eq(bits_outside(&w, f), others);
	}
}
END_TEST

/* Bits that no row claims would be bits that nobody can set or see. */
START_TEST(fields_cover_their_headers)
{
	uint8_t claimed[WIRE_PROTO_COUNT][40 * 8] = { 0 };

	for (size_t i = 0; i < WIRE_FIELD_COUNT; i++) {
		const struct wire_field_row *r = &wire_field_table[i];
		const char *proto = wire_header_table[r->proto].name;

		ck_assert(r->source && r->source[0]);
		ck_assert(!strncmp(r->name, proto, strlen(proto)) && r->name[strlen(proto)] == '.');
		ck_assert_uint_gt(r->width_bits, 0);
		ck_assert_uint_le(r->bit_off + r->width_bits, 40 * 8);
		memset(&claimed[r->proto][r->bit_off], 1, r->width_bits);
		for (size_t k = 0; k < i; k++)
			ck_assert_str_ne(wire_field_table[k].name, r->name);
	}
	for (size_t p = 0; p < WIRE_PROTO_COUNT; p++) {
		for (size_t bit = 0; bit < wire_header_table[p].min_bytes * 8u; bit++)
			ck_assert_msg(claimed[p][bit], "%s bit %zu", wire_header_table[p].name,
				      bit);
	}
}
END_TEST

/* The parts of a byte that has names as a whole and in parts. */
START_TEST(overlapping_names_agree)
{
	static const struct {
		enum wire_field whole, part;
		unsigned int shift;
	} overlap[] = {
		{ WIRE_F_IPV4_TOS, WIRE_F_IPV4_DSCP, 2 },
		{ WIRE_F_IPV4_TOS, WIRE_F_IPV4_ECN, 0 },
		{ WIRE_F_IPV6_TRAFFIC_CLASS, WIRE_F_IPV6_DSCP, 2 },
		{ WIRE_F_IPV6_TRAFFIC_CLASS, WIRE_F_IPV6_ECN, 0 },
		{ WIRE_F_GRE_FLAGS, WIRE_F_GRE_HAS_CHECKSUM, 15 },
		{ WIRE_F_GRE_FLAGS, WIRE_F_GRE_HAS_ROUTING, 14 },
		{ WIRE_F_GRE_FLAGS, WIRE_F_GRE_HAS_KEY, 13 },
		{ WIRE_F_GRE_FLAGS, WIRE_F_GRE_HAS_SEQ, 12 },
		{ WIRE_F_GRE_FLAGS, WIRE_F_GRE_RESERVED0, 3 },
		{ WIRE_F_GRE_FLAGS, WIRE_F_GRE_VERSION, 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(overlap); i++) {
		const struct wire_field_row *part = &wire_field_table[overlap[i].part];
		struct wire_builder w;
		struct wire_packet p;

		push_stack(&w, part->proto);
		wire_set(&w, overlap[i].whole, 0);
		wire_set(&w, overlap[i].part, low_bits(part->width_bits));
		p = as_packet(&w);
		ck_assert_uint_eq(wire_get(&p, overlap[i].whole), low_bits(part->width_bits)
									  << overlap[i].shift);
	}
}
END_TEST

/* Every combination of GRE's parts, with the flags given in one word or one by one. */
START_TEST(gre_grows_and_shrinks)
{
	bool sum = _i & 1, key = _i & 2, seq = _i & 4, singly = _i & 8;
	size_t n = 4 + 4u * sum + 4u * key + 4u * seq;
	struct wire_builder w = built("10.0.0.1", "10.0.0.2", WIRE_IPV4);
	struct wire_packet p;
	const char *why;

	wire_push(&w, WIRE_GRE);
	wire_set(&w, WIRE_F_GRE_FLAGS, 0xb000);
	wire_set(&w, WIRE_F_GRE_KEY, 0x11223344);
	wire_set(&w, WIRE_F_GRE_SEQ, 0x55667788);
	if (singly) {
		wire_set(&w, WIRE_F_GRE_HAS_SEQ, seq);
		wire_set(&w, WIRE_F_GRE_HAS_KEY, key);
		wire_set(&w, WIRE_F_GRE_HAS_CHECKSUM, sum);
	} else {
		wire_set(&w, WIRE_F_GRE_FLAGS, sum * 0x8000u | key * 0x2000u | seq * 0x1000u);
	}
	wire_push(&w, WIRE_IPV4);
	set_addrs(&w, "192.0.2.1", "192.0.2.2");
	wire_push(&w, WIRE_UDP);
	wire_add_payload(&w, NULL, 3);
	ck_assert_int_eq(wire_finish(&w), 0);
	ck_assert_uint_eq(w.len, 20 + n + 20 + 8 + 3);
	ck_assert_int_eq(wire_decode(w.bytes, w.len, &p, &why), 0);
	ck_assert_uint_eq(wire_find(&p, WIRE_GRE)->len, n);
	ck_assert_uint_eq(wire_get(&p, WIRE_F_GRE_KEY), key ? 0x11223344 : 0);
	ck_assert_uint_eq(wire_get(&p, WIRE_F_GRE_SEQ), seq ? 0x55667788 : 0);
	ck_assert_uint_eq(wire_get(&p, WIRE_F_GRE_CHECKSUM) != 0, sum);
	ck_assert_uint_eq(wire_get(&p, WIRE_F_GRE_PROTOCOL), 0x0800);
	if (sum)
		ck_assert(sums_up(sum16(w.bytes + 20, w.len - 20)));
}
END_TEST

START_TEST(gre_flags_after_inner_headers)
{
	struct wire_builder w = built("10.0.0.1", "10.0.0.2", WIRE_IPV4);
	struct wire_packet p;
	const char *why;

	wire_push(&w, WIRE_GRE);
	wire_push(&w, WIRE_IPV6);
	set_addrs(&w, "2001:db8::1", "2001:db8::2");
	wire_push(&w, WIRE_TCP);
	wire_set(&w, WIRE_F_TCP_SEQ, 77);
	wire_add_payload(&w, (const uint8_t *)"x", 1);
	wire_set(&w, WIRE_F_GRE_HAS_KEY, 1);
	wire_set(&w, WIRE_F_GRE_KEY, 5);
	wire_add_options(&w, (const uint8_t *)"\1\1\1\1", 4);
	ck_assert_int_eq(wire_finish(&w), 0);
	ck_assert_int_eq(wire_decode(w.bytes, w.len, &p, &why), 0);
	ck_assert_uint_eq(wire_get(&p, WIRE_F_TCP_SEQ), 77);
	ck_assert_uint_eq(wire_get(&p, WIRE_F_GRE_KEY), 5);
	ck_assert_uint_eq(p.payload_len, 1);
	ck_assert_uint_eq(w.bytes[w.payload_off], 'x');
	ck_assert(wire_transport_checksum_ok(&p));
	wire_set(&w, WIRE_F_GRE_HAS_KEY, 0);
	ck_assert_int_eq(wire_finish(&w), 0);
	ck_assert_int_eq(wire_decode(w.bytes, w.len, &p, &why), 0);
	ck_assert_uint_eq(wire_get(&p, WIRE_F_TCP_SEQ), 77);
	ck_assert(wire_transport_checksum_ok(&p));
}
END_TEST

START_TEST(sizes_are_limited)
{
	static const uint8_t nops[44] = { 1, 1, 1, 1 };
	struct wire_override offset = { WIRE_F_TCP_DATA_OFFSET, 15 };
	struct wire_builder w;

	push_stack(&w, WIRE_TCP);
	wire_add_options(&w, nops, 40);
	ck_assert_int_eq(wire_finish(&w), 0);
	push_stack(&w, WIRE_TCP);
	wire_add_options(&w, nops, 44);
	ck_assert_int_eq(wire_finish(&w), -ERR_RANGE);
	push_stack(&w, WIRE_TCP);
	wire_add_options(&w, nops, 3);
	ck_assert_int_eq(wire_finish(&w), -ERR_RANGE);
	w.overrides = &offset;
	w.n_overrides = 1;
	ck_assert_int_eq(wire_finish(&w), 0);

	push_stack(&w, WIRE_UDP);
	wire_add_payload(&w, NULL, 65535 - w.len);
	ck_assert_int_eq(wire_finish(&w), 0);
	ck_assert_uint_eq(w.len, 65535);
	ck_assert(transport_sums_up(&w, 17));
	push_stack(&w, WIRE_UDP);
	wire_add_payload(&w, NULL, 65536 - w.len);
	ck_assert_int_eq(wire_finish(&w), -ERR_RANGE);

	wire_build_init(&w, arena);
	for (int i = 0; i <= WIRE_MAX_LAYERS; i++)
		wire_push(&w, WIRE_MPLS);
	wire_push(&w, WIRE_TCP);
	wire_set(&w, WIRE_F_TCP_SEQ, 1);
	wire_add_options(&w, nops, 4);
	wire_add_payload(&w, nops, 4);
	ck_assert_int_eq(wire_finish(&w), -ERR_RANGE);
}
END_TEST

/* Over every checksum there is, as the window takes every value: "bad" must be bad. */
START_TEST(flipped_checksums_are_wrong)
{
	unsigned int ends = 0;

	for (uint32_t win = 0; win <= 0xffff; win++) {
		struct wire_builder w = built("192.0.2.1", "192.0.2.2", WIRE_IPV4);
		uint16_t right;

		wire_push(&w, WIRE_TCP);
		wire_set(&w, WIRE_F_TCP_WINDOW, win);
		if (wire_finish(&w) || !transport_sums_up(&w, 6))
			ck_abort_msg("window %u: right checksum", win);
		right = (uint16_t)(w.bytes[36] << 8 | w.bytes[37]);
		ends += right == 0 || right == 0xffff;
		w.flip_transport_checksum = true;
		if (wire_finish(&w) || transport_sums_up(&w, 6))
			ck_abort_msg("window %u: wrong checksum", win);
	}
	ck_assert_uint_ge(ends, 1);
}
END_TEST

START_TEST(udp_checksum_is_never_zero)
{
	unsigned int full = 0;

	for (uint32_t port = 0; port <= 0xffff; port++) {
		struct wire_builder w = built("192.0.2.1", "192.0.2.2", WIRE_IPV4);
		uint16_t sum;

		wire_push(&w, WIRE_UDP);
		wire_set(&w, WIRE_F_UDP_SRC_PORT, port);
		if (wire_finish(&w) || !transport_sums_up(&w, 17))
			ck_abort_msg("port %u", port);
		sum = (uint16_t)(w.bytes[26] << 8 | w.bytes[27]);
		if (sum == 0)
			ck_abort_msg("port %u: no checksum", port);
		full += sum == 0xffff;
		w.flip_transport_checksum = true;
		wire_finish(&w);
		sum = (uint16_t)(w.bytes[26] << 8 | w.bytes[27]);
		if (sum == 0 || transport_sums_up(&w, 17))
			ck_abort_msg("port %u: wrong checksum", port);
	}
	ck_assert_uint_ge(full, 1);
}
END_TEST

/* The example of RFC 1071 section 3, odd lengths, and a sum that needs many carries. */
START_TEST(checksum_vectors)
{
	static const uint8_t rfc[] = { 0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7 };
	static uint8_t ones[200001];
	uint32_t sum;

	ck_assert_uint_eq(checksum_fold(checksum_add(0, rfc, sizeof(rfc))), 0x220d);
	ck_assert_uint_eq(checksum_fold(checksum_add(0, rfc, 7)), (uint16_t)~0xdcfb);
	ck_assert_uint_eq(checksum_fold(checksum_add(0, rfc, 0)), 0xffff);
	sum = checksum_add(checksum_add(0, rfc, 2), rfc + 2, 6);
	ck_assert_uint_eq(checksum_fold(sum), 0x220d);
	memset(ones, 0xff, sizeof(ones));
	ck_assert_uint_eq(checksum_fold(checksum_add(0, ones, 200000)), 0);
	ck_assert_uint_eq(checksum_fold(checksum_add(0, ones, 200001)), (uint16_t)~0xff00);
	ck_assert_uint_eq(checksum_fold(checksum_add(0xffffffff, ones, 2)), 0);
}
END_TEST

START_TEST(pseudo_headers)
{
	struct ip_addr a = addr("192.0.2.1"), b = addr("198.51.100.7");
	struct ip_addr c = addr("2001:db8::1"), d = addr("2001:db8::ff");

	/* c000 + 0201 + c633 + 6407 + 6 + 20 */
	ck_assert_uint_eq(checksum_fold(checksum_pseudo(&a, &b, 6, 20)), (uint16_t)~0xec56);
	/* 2 * (2001 + 0db8) + 1 + ff + 58 + 1 + 1170 (70,000 = 1 << 16 | 0x1170) */
	ck_assert_uint_eq(checksum_fold(checksum_pseudo(&c, &d, 58, 70000)), (uint16_t)~0x6e1d);
}
END_TEST

static const struct {
	uint8_t ip_version;
	const char *name;
	enum wire_field field; /* WIRE_FIELD_COUNT: unknown */
	const char *hint;
} name_case[] = {
	{ 4, "tcp.checksum", WIRE_F_TCP_CHECKSUM, NULL },
	{ 6, "tcp.reserved", WIRE_F_TCP_RESERVED, NULL },
	{ 4, "ip.ttl", WIRE_F_IPV4_TTL, NULL },
	{ 6, "ip.ttl", WIRE_F_IPV6_HOP_LIMIT, NULL },
	{ 6, "ip.tos", WIRE_F_IPV6_TRAFFIC_CLASS, NULL },
	{ 6, "ip.total_length", WIRE_F_IPV6_PAYLOAD_LENGTH, NULL },
	{ 6, "ip.protocol", WIRE_F_IPV6_NEXT_HEADER, NULL },
	{ 4, "ip.src", WIRE_F_IPV4_SRC, NULL },
	{ 6, "ip.src", WIRE_F_IPV6_SRC, NULL },
	{ 4, "ip.version", WIRE_F_IPV4_VERSION, NULL },
	{ 4, "icmp.code", WIRE_F_ICMPV4_CODE, NULL },
	{ 6, "icmp.mtu", WIRE_F_ICMPV6_MTU, NULL },
	{ 4, "ipv6.hop_limit", WIRE_F_IPV6_HOP_LIMIT, NULL },
	{ 6, "ip.checksum", WIRE_FIELD_COUNT, "icmp.checksum" },
	{ 4, "ip.flow_label", WIRE_FIELD_COUNT, "ipv6.flow_label" },
	{ 4, "tcp.chekcsum", WIRE_FIELD_COUNT, "tcp.checksum" },
	{ 4, "nothing.like_it", WIRE_FIELD_COUNT, NULL },
	{ 4, "", WIRE_FIELD_COUNT, NULL },
};

START_TEST(names)
{
	enum wire_field f = WIRE_FIELD_COUNT;
	const char *hint;
	int rc = wire_field_by_name(name_case[_i].ip_version, name_case[_i].name, &f, &hint);

	ck_assert_int_eq(rc, name_case[_i].field == WIRE_FIELD_COUNT ? -ERR_UNKNOWN : 0);
	ck_assert_int_eq(f, name_case[_i].field);
	if (name_case[_i].hint)
		ck_assert_str_eq(hint, name_case[_i].hint);
	else
		ck_assert_ptr_null(hint);
}
END_TEST

START_TEST(table_names_resolve)
{
	for (size_t i = 0; i < WIRE_FIELD_COUNT; i++) {
		enum wire_field f;
		const char *hint;

		ck_assert_int_eq(wire_field_by_name(4, wire_field_table[i].name, &f, &hint), 0);
		ck_assert_uint_eq(f, i);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("wire_build");
	TCase *tc = tcase_create("wire_build");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, golden_syn);
	tcase_add_test(tc, ip_options_are_padded);
	tcase_add_test(tc, golden_udp6);
	tcase_add_test(tc, golden_icmp);
	tcase_add_test(tc, golden_gre_mpls);
	tcase_add_loop_test(tc, overrides_change_one_field, 0, WIRE_FIELD_COUNT);
	tcase_add_loop_test(tc, set_fields_come_back, 0, WIRE_FIELD_COUNT);
	tcase_add_test(tc, fields_cover_their_headers);
	tcase_add_test(tc, overlapping_names_agree);
	tcase_add_loop_test(tc, gre_grows_and_shrinks, 0, 16);
	tcase_add_test(tc, gre_flags_after_inner_headers);
	tcase_add_test(tc, sizes_are_limited);
	tcase_add_test(tc, flipped_checksums_are_wrong);
	tcase_add_test(tc, udp_checksum_is_never_zero);
	tcase_add_test(tc, checksum_vectors);
	tcase_add_test(tc, pseudo_headers);
	tcase_add_loop_test(tc, names, 0, (int)ARRAY_LEN(name_case));
	tcase_add_test(tc, table_names_resolve);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
