/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_WIRE_WIRE_IMPL_H
#define TCPDRILL_WIRE_WIRE_IMPL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/wire.h"

/* Private to tester/wire: where fields lie, what follows what, and what a checksum covers. */

/* A part of a header that exists only when a flag of the same header is set. The parts of one
 * protocol stand in the order of the wire; bit offsets as in fields.def. */
struct wire_part_row {
	enum wire_proto proto;
	enum wire_field flag;
	uint16_t bit_off;
	uint16_t width_bits;
};

extern const struct wire_part_row wire_part_table[];
extern const size_t wire_part_table_len;

/* "The number @number in @field says that a header of @inner follows." */
struct wire_next_row {
	enum wire_field field;
	uint16_t number;
	enum wire_proto inner;
};

extern const struct wire_next_row wire_next_table[];
extern const size_t wire_next_table_len;

/** wire_next_proto() - what follows; WIRE_PROTO_COUNT when no row knows the number */
enum wire_proto wire_next_proto(enum wire_field field, uint32_t number);

/** wire_next_number() - the number that announces @inner in a header of @outer, and its field;
 * false when no row says how */
bool wire_next_number(enum wire_proto outer, enum wire_proto inner, enum wire_field *field,
		      uint16_t *number);

/** wire_checksum_field() - of a protocol; WIRE_FIELD_COUNT when it has none */
enum wire_field wire_checksum_field(enum wire_proto proto);

/** wire_part_bit() - where part @i of wire_part_table begins in @l, whether or not it exists */
uint32_t wire_part_bit(const struct wire_layer *l, size_t i);

/** wire_field_bit() - first bit of @f in @l, counted from the header's start; false when the
 * header has no such field */
bool wire_field_bit(const struct wire_layer *l, enum wire_field f, uint32_t *bit);

/** wire_bits_get() - @width bits (at most 64) from bit @bit on, most significant first */
uint64_t wire_bits_get(const uint8_t *p, uint32_t bit, unsigned int width);

/** wire_bits_put() - the inverse; surplus high bits of @v are dropped */
void wire_bits_put(uint8_t *p, uint32_t bit, unsigned int width, uint64_t v);

/** wire_ip_addrs() - both addresses of an IPv4 or IPv6 header */
void wire_ip_addrs(const uint8_t *bytes, const struct wire_layer *l, struct ip_addr *src,
		   struct ip_addr *dst);

/**
 * wire_layer_sum() - the checksum of layer @i over all that it covers, its own checksum field
 * included: 0 for a packet in order; the right checksum when that field is 0
 */
uint16_t wire_layer_sum(const uint8_t *bytes, size_t len, const struct wire_layer *layer, size_t i);

#endif
