/* SPDX-License-Identifier: BSD-2-Clause */
#include "wire/wire.h"

#include <assert.h>
#include <string.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"
#include "wire/wire_impl.h"

enum { PACKET_MAX_BYTES = 65535, TTL_DEFAULT = 255 };

void wire_build_init(struct wire_builder *w, struct arena *a)
{
	*w = (struct wire_builder){ .arena = a };
}

/* @n zero bytes at @at; what lies behind moves up. */
static void open_gap(struct wire_builder *w, uint32_t at, size_t n)
{
	if (n > PACKET_MAX_BYTES - w->len) {
		w->is_over = true;
		return;
	}
	if (w->len + n > w->cap) {
		size_t cap = w->len + n + 64 > 2 * w->cap ? w->len + n + 64 : 2 * w->cap;

		w->bytes = arena_grow(w->arena, w->bytes, w->len, cap, 1);
		w->cap = cap;
	}
	memmove(w->bytes + at + n, w->bytes + at, w->len - at);
	memset(w->bytes + at, 0, n);
	w->len += n;
}

static void close_gap(struct wire_builder *w, uint32_t at, size_t n)
{
	memmove(w->bytes + at, w->bytes + at + n, w->len - at - n);
	w->len -= n;
}

/* Layer @i has grown by @by bytes (or shrunk): all behind it has moved. */
static void layer_resized(struct wire_builder *w, size_t i, int32_t by)
{
	w->layer[i].len += (uint32_t)by;
	for (size_t k = i + 1; k < w->n_layers; k++)
		w->layer[k].off += (uint32_t)by;
	w->payload_off += (uint32_t)by;
}

/* Bring the optional parts of layer @i in line with its flags. */
static void follow_flags(struct wire_builder *w, size_t i)
{
	struct wire_layer *l = &w->layer[i];

	for (size_t k = 0; k < wire_part_table_len; k++) {
		const struct wire_part_row *part = &wire_part_table[k];
		uint32_t n = part->width_bits / 8u;
		bool is_wanted, is_there = l->parts & (1u << k);

		if (part->proto != l->proto)
			continue;
		is_wanted =
			wire_bits_get(w->bytes + l->off, wire_field_table[part->flag].bit_off, 1);
		if (is_wanted && !is_there) {
			open_gap(w, l->off + wire_part_bit(l, k) / 8, n);
			if (w->is_over)
				return;
			layer_resized(w, i, (int32_t)n);
		} else if (!is_wanted && is_there) {
			close_gap(w, l->off + wire_part_bit(l, k) / 8, n);
			layer_resized(w, i, -(int32_t)n);
		}
		l->parts = (uint8_t)((l->parts & ~(1u << k)) | (unsigned int)is_wanted << k);
	}
}

/* The newest layer of @proto; n_layers when there is none. */
static size_t newest(const struct wire_builder *w, enum wire_proto proto)
{
	for (size_t i = w->n_layers; i-- > 0;) {
		if (w->layer[i].proto == proto)
			return i;
	}
	return w->n_layers;
}

static void put_field(struct wire_builder *w, const struct wire_layer *l, enum wire_field f,
		      uint64_t value)
{
	uint32_t bit;

	if (wire_field_bit(l, f, &bit))
		wire_bits_put(w->bytes + l->off, bit, wire_field_table[f].width_bits, value);
}

void wire_push(struct wire_builder *w, enum wire_proto proto)
{
	uint32_t off = (uint32_t)w->len;
	uint8_t n = wire_header_table[proto].min_bytes;
	struct wire_layer *l;

	assert(w->len == w->payload_off);
	if (w->n_layers == WIRE_MAX_LAYERS)
		w->is_over = true;
	if (!w->is_over)
		open_gap(w, off, n);
	if (w->is_over)
		return;
	l = &w->layer[w->n_layers++];
	*l = (struct wire_layer){ .proto = proto, .off = off, .len = n };
	w->payload_off = off + n;
	if (proto == WIRE_IPV4)
		put_field(w, l, WIRE_F_IPV4_TTL, TTL_DEFAULT);
	if (proto == WIRE_IPV6)
		put_field(w, l, WIRE_F_IPV6_HOP_LIMIT, TTL_DEFAULT);
}

void wire_set(struct wire_builder *w, enum wire_field f, uint64_t value)
{
	size_t i = newest(w, wire_field_table[f].proto);

	/* The header may be the very one that found no room. */
	if (w->is_over)
		return;
	assert(i < w->n_layers);
	put_field(w, &w->layer[i], f, value);
	follow_flags(w, i);
}

void wire_set_addrs(struct wire_builder *w, const struct ip_addr *src, const struct ip_addr *dst)
{
	size_t v4 = newest(w, WIRE_IPV4), v6 = newest(w, WIRE_IPV6);
	bool is_v4 = v4 < w->n_layers && (v6 == w->n_layers || v4 > v6);
	size_t size = is_v4 ? 4 : 16;
	uint8_t *at;

	if (w->is_over)
		return;
	assert(is_v4 || v6 < w->n_layers);
	at = w->bytes + w->layer[is_v4 ? v4 : v6].off + (is_v4 ? 12 : 8);
	memcpy(at, src->b, size);
	memcpy(at + size, dst->b, size);
}

/* More bytes at the end of the newest header of @proto. */
static void add_to_header(struct wire_builder *w, enum wire_proto proto, const uint8_t *bytes,
			  size_t n)
{
	size_t i = newest(w, proto);
	uint32_t at;

	if (w->is_over || n == 0)
		return;
	assert(i < w->n_layers);
	at = w->layer[i].off + w->layer[i].len;
	open_gap(w, at, n);
	if (w->is_over)
		return;
	memcpy(w->bytes + at, bytes, n);
	layer_resized(w, i, (int32_t)n);
}

void wire_add_options(struct wire_builder *w, const uint8_t *bytes, size_t n)
{
	add_to_header(w, WIRE_TCP, bytes, n);
}

void wire_add_ip_options(struct wire_builder *w, const uint8_t *bytes, size_t n)
{
	static const uint8_t padding[3];

	add_to_header(w, WIRE_IPV4, bytes, n);
	add_to_header(w, WIRE_IPV4, padding, (4 - n % 4) % 4);
}

void wire_add_payload(struct wire_builder *w, const uint8_t *bytes, size_t n)
{
	uint32_t at = (uint32_t)w->len;

	if (w->is_over || n == 0)
		return;
	open_gap(w, at, n);
	if (bytes && !w->is_over)
		memcpy(w->bytes + at, bytes, n);
}

/* Overrides speak of the newest layer of a protocol. */
static bool is_overridden(const struct wire_builder *w, size_t i, enum wire_field f)
{
	if (newest(w, w->layer[i].proto) != i)
		return false;
	for (size_t k = 0; k < w->n_overrides; k++) {
		if (w->overrides[k].field == f)
			return true;
	}
	return false;
}

static bool sizes_ok(const struct wire_builder *w)
{
	size_t i = newest(w, WIRE_TCP);

	if (w->is_over)
		return false;
	if (i == w->n_layers)
		return true;
	return w->layer[i].len <= 20 + TCPOPT_MAX_BYTES &&
	       (w->layer[i].len % 4 == 0 || is_overridden(w, i, WIRE_F_TCP_DATA_OFFSET));
}

/* Versions and lengths, as they are. */
static void fill_lengths(struct wire_builder *w, const struct wire_layer *l)
{
	uint32_t rest = (uint32_t)w->len - l->off;

	switch (l->proto) {
	case WIRE_IPV4:
		put_field(w, l, WIRE_F_IPV4_VERSION, 4);
		put_field(w, l, WIRE_F_IPV4_IHL, l->len / 4);
		put_field(w, l, WIRE_F_IPV4_TOTAL_LENGTH, rest);
		break;
	case WIRE_IPV6:
		put_field(w, l, WIRE_F_IPV6_VERSION, 6);
		put_field(w, l, WIRE_F_IPV6_PAYLOAD_LENGTH, rest - l->len);
		break;
	case WIRE_TCP:
		put_field(w, l, WIRE_F_TCP_DATA_OFFSET, l->len / 4);
		break;
	case WIRE_UDP:
		put_field(w, l, WIRE_F_UDP_LENGTH, rest);
		break;
	case WIRE_GRE:
	case WIRE_MPLS:
	case WIRE_ICMPV4:
	case WIRE_ICMPV6:
	case WIRE_PROTO_COUNT:
		break;
	}
}

static void fill_next(struct wire_builder *w, size_t i)
{
	enum wire_field field;
	uint16_t number;

	if (i + 1 < w->n_layers &&
	    wire_next_number(w->layer[i].proto, w->layer[i + 1].proto, &field, &number))
		put_field(w, &w->layer[i], field, number);
}

static void apply_overrides(struct wire_builder *w)
{
	for (size_t k = 0; k < w->n_overrides; k++) {
		enum wire_field f = w->overrides[k].field;
		size_t i = newest(w, wire_field_table[f].proto);

		if (i < w->n_layers)
			put_field(w, &w->layer[i], f, w->overrides[k].value);
	}
}

/* 0 and 0xffff are the same number to a receiver's sum, so the inverse of one is not wrong. */
static uint16_t wrong_checksum(uint16_t right)
{
	return right == 0 || right == 0xffff ? 0x5555 : (uint16_t)~right;
}

static void fill_checksum(struct wire_builder *w, size_t i)
{
	const struct wire_layer *l = &w->layer[i];
	enum wire_field f = wire_checksum_field(l->proto);
	uint16_t sum;

	if (f == WIRE_FIELD_COUNT || is_overridden(w, i, f))
		return;
	put_field(w, l, f, 0);
	sum = wire_layer_sum(w->bytes, w->len, w->layer, i);
	/* 0 would say that there is no checksum [RFC768]. */
	if (l->proto == WIRE_UDP && sum == 0)
		sum = 0xffff;
	if (w->flip_transport_checksum && i == w->n_layers - 1 && l->proto >= WIRE_TCP)
		sum = wrong_checksum(sum);
	put_field(w, l, f, sum);
}

int wire_finish(struct wire_builder *w)
{
	if (!sizes_ok(w))
		return -ERR_RANGE;
	for (size_t i = 0; i < w->n_layers; i++) {
		fill_lengths(w, &w->layer[i]);
		fill_next(w, i);
	}
	apply_overrides(w);
	for (size_t i = w->n_layers; i-- > 0;)
		fill_checksum(w, i);
	return 0;
}
