/* SPDX-License-Identifier: BSD-2-Clause */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/util.h"
#include "unit.h"
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

/* A block of exactly @n bytes, so that the address sanitizer sees a read past its end. */
static uint8_t *exact(const uint8_t *bytes, size_t n)
{
	uint8_t *p = malloc(n ? n : 1);

	ck_assert_ptr_nonnull(p);
	if (n)
		memcpy(p, bytes, n);
	return p;
}

enum { MAX_STACK = 6 };

/* Header stacks to take apart, to cut and to spoil. */
static const struct {
	size_t n;
	enum wire_proto proto[MAX_STACK];
	size_t payload;
	const char *outer;
} stack_case[] = {
	{ 2, { WIRE_IPV4, WIRE_TCP }, 7, "" },
	{ 2, { WIRE_IPV6, WIRE_TCP }, 0, "" },
	{ 2, { WIRE_IPV4, WIRE_UDP }, 5, "" },
	{ 2, { WIRE_IPV6, WIRE_UDP }, 1, "" },
	{ 2, { WIRE_IPV4, WIRE_ICMPV4 }, 28, "" },
	{ 2, { WIRE_IPV6, WIRE_ICMPV6 }, 48, "" },
	{ 3, { WIRE_IPV4, WIRE_IPV6, WIRE_TCP }, 2, "ipv4 192.0.2.1 > 192.0.2.2: " },
	{ 3, { WIRE_IPV6, WIRE_IPV4, WIRE_UDP }, 2, "ipv6 2001:db8::1 > 2001:db8::2: " },
	{ 4,
	  { WIRE_IPV4, WIRE_GRE, WIRE_IPV6, WIRE_TCP },
	  3,
	  "ipv4 192.0.2.1 > 192.0.2.2: "
	  "gre flags 0x3000 proto 0x86dd key 0xabcd seq 12: " },
	{ 6,
	  { WIRE_IPV6, WIRE_GRE, WIRE_MPLS, WIRE_MPLS, WIRE_IPV4, WIRE_TCP },
	  3,
	  "ipv6 2001:db8::1 > 2001:db8::2: "
	  "gre flags 0x3000 proto 0x8847 key 0xabcd seq 12: "
	  "mpls (label 102, tc 3, ttl 40) (label 103, tc 3, [S], ttl 40): " },
};

static void push(struct wire_builder *w, size_t which, size_t i)
{
	static const uint8_t opts[] = { 2, 4, 5, 0xb4, 1, 3, 3, 7 };
	enum wire_proto proto = stack_case[which].proto[i];
	struct ip_addr a, b;

	wire_push(w, proto);
	if (proto == WIRE_IPV4 || proto == WIRE_IPV6) {
		ip_addr_parse(proto == WIRE_IPV4 ? "192.0.2.1" : "2001:db8::1", &a);
		ip_addr_parse(proto == WIRE_IPV4 ? "192.0.2.2" : "2001:db8::2", &b);
		wire_set_addrs(w, &a, &b);
	} else if (proto == WIRE_GRE) {
		wire_set(w, WIRE_F_GRE_FLAGS, 0x3000);
		wire_set(w, WIRE_F_GRE_KEY, 0xabcd);
		wire_set(w, WIRE_F_GRE_SEQ, 12);
	} else if (proto == WIRE_MPLS) {
		wire_set(w, WIRE_F_MPLS_LABEL, 100 + i);
		wire_set(w, WIRE_F_MPLS_TC, 3);
		wire_set(w, WIRE_F_MPLS_TTL, 40);
		wire_set(w, WIRE_F_MPLS_S, stack_case[which].proto[i + 1] != WIRE_MPLS);
	} else if (proto == WIRE_TCP) {
		wire_add_options(w, opts, sizeof(opts));
	}
}

static struct wire_builder built(size_t which)
{
	struct wire_builder w;

	wire_build_init(&w, arena);
	for (size_t i = 0; i < stack_case[which].n; i++)
		push(&w, which, i);
	wire_add_payload(&w, NULL, stack_case[which].payload);
	ck_assert_int_eq(wire_finish(&w), 0);
	return w;
}

START_TEST(stacks_come_apart)
{
	struct wire_builder w = built((size_t)_i);
	uint8_t *copy = exact(w.bytes, w.len);
	struct buf text = { 0 };
	struct wire_packet p;
	const char *why;

	ck_assert_int_eq(wire_decode(copy, w.len, &p, &why), 0);
	ck_assert_ptr_null(why);
	ck_assert_uint_eq(p.n_layers, stack_case[_i].n);
	for (size_t i = 0; i < p.n_layers; i++)
		ck_assert_int_eq(p.layer[i].proto, stack_case[_i].proto[i]);
	ck_assert_uint_eq(p.payload_len, stack_case[_i].payload);
	ck_assert(wire_ipv4_checksum_ok(&p));
	ck_assert(wire_transport_checksum_ok(&p));
	wire_outer_text(&p, &text);
	ck_assert_str_eq(buf_str(&text), stack_case[_i].outer);
	buf_fini(&text);
	free(copy);
}
END_TEST

START_TEST(every_cut_is_refused)
{
	struct wire_builder w = built((size_t)_i);

	for (size_t n = 0; n < w.len; n++) {
		uint8_t *copy = exact(w.bytes, n);
		struct wire_packet p;
		const char *why;
		int rc = wire_decode(copy, n, &p, &why);

		free(copy);
		if (rc != -ERR_TRUNC || !why)
			ck_abort_msg("%zu of %zu bytes: %d", n, w.len, rc);
	}
}
END_TEST

/* Make the lengths of all IP headers, and of UDP, fit a packet of @n bytes. */
static void mend_lengths(uint8_t *bytes, size_t n, const struct wire_builder *w)
{
	static const struct {
		enum wire_proto proto;
		uint8_t at, less;
	} length[] = { { WIRE_IPV4, 2, 0 }, { WIRE_IPV6, 4, 40 }, { WIRE_UDP, 4, 0 } };

	for (size_t i = 0; i < w->n_layers; i++) {
		for (size_t k = 0; k < ARRAY_LEN(length); k++) {
			size_t off = w->layer[i].off, at = off + length[k].at;

			if (length[k].proto == w->layer[i].proto && at + 2 <= n &&
			    n >= off + length[k].less)
				put_be16(bytes + at, (uint16_t)(n - off - length[k].less));
		}
	}
}

/* Cuts that the lengths of the headers around do not betray. */
START_TEST(every_mended_cut_is_refused)
{
	struct wire_builder w = built((size_t)_i);

	for (size_t n = 1; n <= w.len; n++) {
		uint8_t *copy = exact(w.bytes, n);
		bool is_whole = n >= w.payload_off;
		bool is_behind_label = false;
		struct wire_packet p;
		const char *why;
		int rc;

		/* Nothing behind the bottom label: what it is cannot be said. */
		for (size_t i = 0; i < w.n_layers; i++)
			is_behind_label |= w.layer[i].proto == WIRE_MPLS &&
					   n == w.layer[i].off + 4 && (w.bytes[n - 2] & 1);
		mend_lengths(copy, n, &w);
		rc = wire_decode(copy, n, &p, &why);
		free(copy);
		if (rc != (is_whole ? 0 : is_behind_label ? -ERR_UNSUPPORTED : -ERR_TRUNC))
			ck_abort_msg("%zu of %zu bytes: %d %s", n, w.len, rc, why ? why : "");
	}
}
END_TEST

START_TEST(surplus_bytes_are_refused)
{
	struct wire_builder w = built((size_t)_i);
	struct wire_packet p;
	const char *why;
	uint8_t *copy;

	ck_assert_uint_lt(w.len, w.cap);
	copy = exact(w.bytes, w.len + 1);
	ck_assert_int_eq(wire_decode(copy, w.len + 1, &p, &why), -ERR_RANGE);
	ck_assert_ptr_nonnull(why);
	free(copy);
}
END_TEST

/* Everything that is done with a packet, whatever is in it. */
static void use(const uint8_t *bytes, size_t n)
{
	uint8_t *copy = exact(bytes, n);
	struct arena *a = arena_new();
	struct buf text = { 0 };
	struct wire_packet p;
	struct wire_view v;
	const char *why;
	int rc = wire_decode(copy, n, &p, &why);

	if ((rc != 0) != (why != NULL))
		ck_abort_msg("result %d without a reason", rc);
	wire_view(a, &p, &v);
	for (unsigned int f = 0; f < WIRE_FIELD_COUNT; f++)
		wire_get(&p, (enum wire_field)f);
	wire_ipv4_checksum_ok(&p);
	if (rc == 0)
		wire_transport_checksum_ok(&p);
	wire_outer_text(&p, &text);
	wire_text(&v, WIRE_TEXT_IP | WIRE_TEXT_PORTS | WIRE_TEXT_ADDRESSES, &text);
	if (!*buf_str(&text))
		ck_abort_msg("no text");
	buf_fini(&text);
	arena_free(a);
	free(copy);
}

static uint32_t next_random(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 8;
}

START_TEST(spoilt_packets_do_no_harm)
{
	struct wire_builder w = built((size_t)_i);
	uint8_t spoilt[256];
	uint32_t seed = 7 + (uint32_t)_i;

	ck_assert_uint_le(w.len, sizeof(spoilt));
	/* Each byte by itself, then several at once. */
	for (size_t at = 0; at < w.len; at++) {
		for (int v = 0; v < 256; v += v < 16 || v > 238 ? 1 : 13) {
			memcpy(spoilt, w.bytes, w.len);
			spoilt[at] = (uint8_t)v;
			use(spoilt, w.len);
		}
	}
	for (int round = 0; round < 500; round++) {
		memcpy(spoilt, w.bytes, w.len);
		for (int k = 0; k < 4; k++)
			spoilt[next_random(&seed) % w.len] = (uint8_t)next_random(&seed);
		use(spoilt, w.len);
		use(spoilt, next_random(&seed) % w.len);
	}
}
END_TEST

START_TEST(noise_does_no_harm)
{
	uint8_t noise[128];
	uint32_t seed = 99;

	for (int round = 0; round < 5000; round++) {
		for (size_t i = 0; i < sizeof(noise); i++)
			noise[i] = (uint8_t)next_random(&seed);
		noise[0] = round % 2 ? 0x45 : 0x60;
		use(noise, next_random(&seed) % sizeof(noise));
	}
}
END_TEST

/* One wrong field each, as an override builds it. */
static const struct {
	size_t stack;
	enum wire_field field;
	uint64_t value;
	int rc;
	const char *why;
} bad_case[] = {
	{ 0, WIRE_F_IPV4_VERSION, 5, -ERR_RANGE, "IP version is neither 4 nor 6" },
	{ 0, WIRE_F_IPV4_IHL, 4, -ERR_RANGE, "IPv4 header length below 20 bytes" },
	{ 0, WIRE_F_IPV4_IHL, 15, -ERR_TRUNC, "IPv4 header longer than the packet" },
	{ 0, WIRE_F_IPV4_TOTAL_LENGTH, 54, -ERR_RANGE,
	  "IPv4 total length is not the packet's length" },
	{ 0, WIRE_F_IPV4_TOTAL_LENGTH, 56, -ERR_TRUNC,
	  "IPv4 total length is not the packet's length" },
	{ 0, WIRE_F_IPV4_MF, 1, -ERR_UNSUPPORTED, "IPv4 fragment" },
	{ 0, WIRE_F_IPV4_FRAGMENT_OFFSET, 1, -ERR_UNSUPPORTED, "IPv4 fragment" },
	{ 0, WIRE_F_IPV4_DF, 1, 0, NULL },
	{ 0, WIRE_F_IPV4_RESERVED, 1, 0, NULL },
	{ 0, WIRE_F_IPV4_PROTOCOL, 132, -ERR_UNSUPPORTED, "unknown protocol behind a header" },
	{ 1, WIRE_F_IPV6_PAYLOAD_LENGTH, 27, -ERR_RANGE,
	  "IPv6 payload length is not the packet's" },
	{ 1, WIRE_F_IPV6_PAYLOAD_LENGTH, 29, -ERR_TRUNC,
	  "IPv6 payload length is not the packet's" },
	{ 1, WIRE_F_IPV6_NEXT_HEADER, 44, -ERR_UNSUPPORTED, "IPv6 fragment" },
	{ 1, WIRE_F_IPV6_NEXT_HEADER, 59, -ERR_UNSUPPORTED, "unknown protocol behind a header" },
	{ 0, WIRE_F_TCP_DATA_OFFSET, 4, -ERR_RANGE, "TCP data offset below 20 bytes" },
	{ 0, WIRE_F_TCP_DATA_OFFSET, 15, -ERR_TRUNC, "TCP data offset beyond the packet" },
	{ 2, WIRE_F_UDP_LENGTH, 12, -ERR_RANGE, "UDP length is not the datagram's length" },
	{ 2, WIRE_F_UDP_LENGTH, 14, -ERR_TRUNC, "UDP length is not the datagram's length" },
	{ 8, WIRE_F_GRE_VERSION, 1, -ERR_UNSUPPORTED, "GRE version or routing not supported" },
	{ 8, WIRE_F_GRE_HAS_ROUTING, 1, -ERR_UNSUPPORTED, "GRE version or routing not supported" },
	{ 8, WIRE_F_GRE_PROTOCOL, 0x6558, -ERR_UNSUPPORTED, "unknown protocol behind a header" },
	{ 9, WIRE_F_MPLS_S, 0, -ERR_UNSUPPORTED, "unknown protocol behind a header" },
};

START_TEST(one_wrong_field)
{
	struct wire_override over = { bad_case[_i].field, bad_case[_i].value };
	struct wire_builder w = built(bad_case[_i].stack);
	struct wire_packet p;
	const char *why;
	int rc;

	w.overrides = &over;
	w.n_overrides = 1;
	ck_assert_int_eq(wire_finish(&w), 0);
	rc = wire_decode(w.bytes, w.len, &p, &why);
	ck_assert_msg(rc == bad_case[_i].rc, "%d: %s", rc, why);
	if (bad_case[_i].why)
		ck_assert_str_eq(why, bad_case[_i].why);
}
END_TEST

/* Hop-by-hop and destination options belong to the IPv6 layer. */
START_TEST(extension_headers_are_skipped)
{
	uint8_t bytes[40 + 8 + 16 + 8] = { 0x60, 0, 0, 0, 0, 32, 0, 64 };
	struct wire_packet p;
	const char *why;

	bytes[40] = 60;
	bytes[48] = 17;
	bytes[49] = 1;
	bytes[64 + 5] = 8;
	ck_assert_int_eq(wire_decode(bytes, sizeof(bytes), &p, &why), 0);
	ck_assert_uint_eq(p.n_layers, 2);
	ck_assert_uint_eq(p.layer[0].len, 64);
	ck_assert_int_eq(p.layer[1].proto, WIRE_UDP);
	bytes[49] = 3;
	ck_assert_int_eq(wire_decode(bytes, sizeof(bytes), &p, &why), -ERR_TRUNC);
	ck_assert_str_eq(why, "IPv6 extension header cut short");
}
END_TEST

START_TEST(label_stacks_are_limited)
{
	uint8_t bytes[20 + 4 * 20] = { 0x45, 0, 0, 100, 0, 0, 0, 0, 64, 137 };
	struct wire_packet p;
	const char *why;

	ck_assert_int_eq(wire_decode(bytes, sizeof(bytes), &p, &why), -ERR_UNSUPPORTED);
	ck_assert_str_eq(why, "too many headers");
	ck_assert_uint_eq(p.n_layers, WIRE_MAX_LAYERS);
}
END_TEST

START_TEST(checksums_are_looked_at)
{
	for (size_t i = 0; i < ARRAY_LEN(stack_case); i++) {
		struct wire_builder w = built(i);
		struct wire_packet p;
		const char *why;

		ck_assert_int_eq(wire_decode(w.bytes, w.len, &p, &why), 0);
		w.bytes[p.layer[p.n_layers - 1].off] ^= 1;
		ck_assert(!wire_transport_checksum_ok(&p));
		w.bytes[p.layer[p.n_layers - 1].off] ^= 1;
		if (wire_find(&p, WIRE_IPV4)) {
			w.bytes[wire_find(&p, WIRE_IPV4)->off + 1] ^= 1;
			ck_assert(!wire_ipv4_checksum_ok(&p));
		}
	}
}
END_TEST

START_TEST(udp_without_checksum)
{
	struct wire_override none = { WIRE_F_UDP_CHECKSUM, 0 };

	for (size_t i = 2; i <= 3; i++) {
		struct wire_builder w = built(i);
		struct wire_packet p;
		const char *why;

		w.overrides = &none;
		w.n_overrides = 1;
		ck_assert_int_eq(wire_finish(&w), 0);
		ck_assert_int_eq(wire_decode(w.bytes, w.len, &p, &why), 0);
		ck_assert_int_eq(wire_transport_checksum_ok(&p),
				 stack_case[i].proto[0] == WIRE_IPV4);
	}
}
END_TEST

START_TEST(view_of_tcp)
{
	struct wire_builder w = built(1);
	struct wire_packet p;
	struct wire_view v;
	const char *why;
	size_t before;

	wire_set(&w, WIRE_F_IPV6_FLOW_LABEL, 0xfedcb);
	wire_set(&w, WIRE_F_IPV6_TRAFFIC_CLASS, 0xb9);
	wire_set(&w, WIRE_F_IPV6_HOP_LIMIT, 3);
	wire_set(&w, WIRE_F_TCP_SRC_PORT, 1);
	wire_set(&w, WIRE_F_TCP_DST_PORT, 65535);
	wire_set(&w, WIRE_F_TCP_SEQ, 0xfffffff0);
	wire_set(&w, WIRE_F_TCP_ACK, 0x80000001);
	wire_set(&w, WIRE_F_TCP_FLAGS, 0x1ff);
	wire_set(&w, WIRE_F_TCP_RESERVED, 5);
	wire_set(&w, WIRE_F_TCP_WINDOW, 4096);
	wire_set(&w, WIRE_F_TCP_URGENT, 9);
	wire_add_payload(&w, NULL, 100);
	ck_assert_int_eq(wire_finish(&w), 0);
	ck_assert_int_eq(wire_decode(w.bytes, w.len, &p, &why), 0);
	before = arena_bytes(arena);
	ck_assert_int_eq(wire_view(arena, &p, &v), 0);
	/* The option list is all that a view may cost. */
	ck_assert_uint_eq(arena_bytes(arena) - before, 3 * sizeof(struct tcpopt));
	ck_assert_uint_eq(v.ip_version, 6);
	ck_assert_uint_eq(v.src.b[15], 1);
	ck_assert_uint_eq(v.dst.b[15], 2);
	ck_assert_uint_eq(v.dst.family, 6);
	ck_assert_uint_eq(v.tos, 0xb9);
	ck_assert_uint_eq(v.ttl, 3);
	ck_assert_uint_eq(v.flow_label, 0xfedcb);
	ck_assert_int_eq(v.proto, WIRE_TCP);
	ck_assert_uint_eq(v.src_port, 1);
	ck_assert_uint_eq(v.dst_port, 65535);
	ck_assert_uint_eq(v.payload_len, 100);
	ck_assert_uint_eq(v.tcp_flags, 0xbff);
	ck_assert_uint_eq(v.seq, 0xfffffff0);
	ck_assert_uint_eq(v.ack, 0x80000001);
	ck_assert_uint_eq(v.win, 4096);
	ck_assert_uint_eq(v.urg, 9);
	ck_assert_uint_eq(v.data_offset_bytes, 28);
	ck_assert_uint_eq(v.opts.n, 3);
	ck_assert_uint_eq(v.opts.opt[2].value[0], 7);
	ck_assert_uint_eq(v.seq_on_wire, 0xfffffff0);
	ck_assert_uint_eq(v.ip_header_bytes, 40);
	ck_assert(v.is_checksum_right && v.are_options_right && !v.has_df && v.ip_id == 0);
}
END_TEST

/* Options behind the header: their bytes, and whether their list is well formed. */
START_TEST(view_of_wrong_segments)
{
	static const struct {
		uint8_t opts[8];
		bool is_right;
	} rows[] = {
		{ { 2, 4, 5, 180, 1, 1, 0, 0 }, true },
		{ { 2, 4, 5, 180, 0, 0, 0, 0 }, true },
		{ { 2, 4, 5, 180, 0, 0, 1, 0 }, false },
		{ { 2, 4, 5, 180, 99, 0, 0, 0 }, false },
		{ { 1, 1, 1, 1, 1, 1, 2, 4 }, false },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct wire_builder w;
		struct wire_packet p;
		struct wire_view v;
		const char *why;

		wire_build_init(&w, arena);
		wire_push(&w, WIRE_IPV4);
		wire_set(&w, WIRE_F_IPV4_ID, 0xbeef);
		wire_set(&w, WIRE_F_IPV4_DF, 1);
		wire_push(&w, WIRE_TCP);
		wire_add_options(&w, rows[i].opts, sizeof(rows[i].opts));
		w.flip_transport_checksum = i == 1;
		ck_assert_int_eq(wire_finish(&w), 0);
		ck_assert_int_eq(wire_decode(w.bytes, w.len, &p, &why), 0);
		wire_view(arena, &p, &v);
		ck_assert_int_eq(v.are_options_right, rows[i].is_right);
		ck_assert_int_eq(v.is_checksum_right, i != 1);
		ck_assert_uint_eq(v.ip_id, 0xbeef);
		ck_assert(v.has_df);
		ck_assert_uint_eq(v.ip_header_bytes, 20);
	}
}
END_TEST

/* The addresses and TOS of a tunnelled packet are those of the inner header. */
START_TEST(view_of_a_tunnel)
{
	struct wire_builder w = built(9);
	struct wire_packet p;
	struct wire_view v;
	const char *why;

	wire_set(&w, WIRE_F_IPV4_TTL, 17);
	wire_set(&w, WIRE_F_IPV6_HOP_LIMIT, 99);
	ck_assert_int_eq(wire_finish(&w), 0);
	ck_assert_int_eq(wire_decode(w.bytes, w.len, &p, &why), 0);
	ck_assert_int_eq(wire_view(arena, &p, &v), 0);
	ck_assert_uint_eq(v.ip_version, 4);
	ck_assert_uint_eq(v.ttl, 17);
	ck_assert_uint_eq(wire_get(&p, WIRE_F_IPV6_HOP_LIMIT), 99);
	ck_assert_uint_eq(wire_get(&p, WIRE_F_UDP_LENGTH), 0);
	ck_assert_uint_eq(wire_get_in(&p, &p.layer[2], WIRE_F_MPLS_LABEL), 102);
	ck_assert_uint_eq(wire_get(&p, WIRE_F_MPLS_LABEL), 103);
}
END_TEST

START_TEST(view_of_bad_options)
{
	static const uint8_t bad[] = { 1, 8, 1, 2 };
	struct wire_builder w = built(0);
	struct wire_packet p;
	struct wire_view v;
	const char *why;

	wire_add_options(&w, bad, sizeof(bad));
	ck_assert_int_eq(wire_finish(&w), 0);
	ck_assert_int_eq(wire_decode(w.bytes, w.len, &p, &why), 0);
	ck_assert_int_eq(wire_view(arena, &p, &v), -ERR_RANGE);
	ck_assert_uint_eq(v.opts.n, 5);
	ck_assert_ptr_null(v.opts.opt[4].row);
	ck_assert_uint_eq(v.payload_len, 7);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("wire_decode");
	TCase *tc = tcase_create("wire_decode");
	int stacks = (int)ARRAY_LEN(stack_case);

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, stacks_come_apart, 0, stacks);
	tcase_add_loop_test(tc, every_cut_is_refused, 0, stacks);
	tcase_add_loop_test(tc, every_mended_cut_is_refused, 0, stacks);
	tcase_add_loop_test(tc, surplus_bytes_are_refused, 0, stacks);
	tcase_add_loop_test(tc, spoilt_packets_do_no_harm, 0, stacks);
	tcase_add_test(tc, noise_does_no_harm);
	tcase_add_loop_test(tc, one_wrong_field, 0, (int)ARRAY_LEN(bad_case));
	tcase_add_test(tc, extension_headers_are_skipped);
	tcase_add_test(tc, label_stacks_are_limited);
	tcase_add_test(tc, checksums_are_looked_at);
	tcase_add_test(tc, udp_without_checksum);
	tcase_add_test(tc, view_of_tcp);
	tcase_add_test(tc, view_of_wrong_segments);
	tcase_add_test(tc, view_of_a_tunnel);
	tcase_add_test(tc, view_of_bad_options);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
