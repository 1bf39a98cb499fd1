/* SPDX-License-Identifier: BSD-2-Clause */
/* Packet bytes: any are taken apart within their bounds, or refused with a reason. */
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/bytes.h"
#include "fuzz.h"
#include "wire/wire.h"

static void check_layers(const struct wire_packet *p, size_t n)
{
	FUZZ_CHECK(p->n_layers >= 2 && p->n_layers <= WIRE_MAX_LAYERS);
	for (size_t i = 0; i < p->n_layers; i++) {
		const struct wire_layer *l = &p->layer[i];

		FUZZ_CHECK(l->len >= wire_header_table[l->proto].min_bytes);
		FUZZ_CHECK(l->off + l->len <= n);
		FUZZ_CHECK(i == 0 || l->off >= p->layer[i - 1].off + p->layer[i - 1].len);
	}
	FUZZ_CHECK(p->payload_off + p->payload_len <= n);
}

static void read_all(struct arena *a, const struct wire_packet *p)
{
	struct wire_view v;
	struct buf text = { 0 };

	for (int f = 0; f < WIRE_FIELD_COUNT; f++)
		wire_get(p, (enum wire_field)f);
	wire_ipv4_checksum_ok(p);
	wire_transport_checksum_ok(p);
	wire_view(a, p, &v);
	FUZZ_CHECK(v.ip_version == 4 || v.ip_version == 6);
	FUZZ_CHECK(v.payload_len == p->payload_len);
	wire_text(&v, 0, &text);
	wire_text(&v, WIRE_TEXT_ACE | WIRE_TEXT_IP | WIRE_TEXT_PORTS | WIRE_TEXT_ADDRESSES |
			      WIRE_TEXT_NO_WIN, &text);
	wire_outer_text(p, &text);
	FUZZ_CHECK(text.len > 0);
	buf_fini(&text);
}

static void try(const uint8_t *data, size_t n)
{
	struct arena *a = arena_new();
	struct wire_packet p;
	const char *why = NULL;

	if (wire_decode(data, n, &p, &why) == 0) {
		check_layers(&p, n);
		read_all(a, &p);
	} else {
		FUZZ_CHECK(why && *why);
	}
	arena_free(a);
}

/* As it is, and with the outer length made right, which lets more reach the inner headers. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	enum { IPV4_LENGTH = 2, IPV6_LENGTH = 4, IPV6_BYTES = 40 };
	uint8_t *copy;
	bool is_v4;

	try(data, n);
	if (n < IPV6_BYTES || n > UINT16_MAX)
		return 0;
	copy = malloc(n);
	if (!copy)
		abort();
	memcpy(copy, data, n);
	is_v4 = copy[0] >> 4 == 4;
	put_be16(copy + (is_v4 ? IPV4_LENGTH : IPV6_LENGTH),
		 (uint16_t)(is_v4 ? n : n - IPV6_BYTES));
	try(copy, n);
	free(copy);
	return 0;
}

static void push_ip(struct wire_builder *w, enum wire_proto proto)
{
	const struct ip_addr v4 = { .family = 4, .b = { 192, 0, 2, 1 } };
	const struct ip_addr v6 = { .family = 6, .b = { 0x20, 0x01, 0x0d, 0xb8 } };

	wire_push(w, proto);
	wire_set_addrs(w, proto == WIRE_IPV4 ? &v4 : &v6, proto == WIRE_IPV4 ? &v4 : &v6);
}

/* A packet of every transport protocol in either IP, alone and within GRE and MPLS. */
size_t fuzz_seed(size_t i, uint8_t *out, size_t max)
{
	static const enum wire_proto transport[] = { WIRE_TCP, WIRE_UDP, WIRE_ICMPV4, WIRE_ICMPV6 };
	static const uint8_t options[] = { 2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2, 1, 3, 3, 7 };
	enum wire_proto ip = i & 1 ? WIRE_IPV6 : WIRE_IPV4, top = transport[i / 2 % 4];
	struct arena *a = arena_new();
	struct wire_builder w;
	size_t n = 0;

	wire_build_init(&w, a);
	if (i & 8) {
		push_ip(&w, WIRE_IPV4);
		wire_push(&w, WIRE_GRE);
		wire_set(&w, WIRE_F_GRE_FLAGS, i & 16 ? 0xb000 : 0);
	}
	if ((i & 24) == 24) {
		wire_push(&w, WIRE_MPLS);
		wire_set(&w, WIRE_F_MPLS_S, 1);
	}
	push_ip(&w, ip);
	wire_push(&w, top);
	if (top == WIRE_TCP) {
		wire_set(&w, WIRE_F_TCP_FLAGS, TCP_SYN | TCP_ACK);
		wire_add_options(&w, options, sizeof(options));
	}
	wire_add_payload(&w, NULL, i * 3);
	if (i < 32 && wire_finish(&w) == 0 && w.len <= max) {
		memcpy(out, w.bytes, w.len);
		n = w.len;
	}
	arena_free(a);
	return n;
}
