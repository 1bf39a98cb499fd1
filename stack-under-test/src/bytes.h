/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SUT_BYTES_H
#define SUT_BYTES_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "sut.h"

/* Packet bytes are read and written only by these: no casts, any alignment. */

static inline uint16_t get_be16(const uint8_t *p)
{
	return (uint16_t)((unsigned)p[0] << 8 | p[1]);
}

static inline uint32_t get_be32(const uint8_t *p)
{
	return (uint32_t)get_be16(p) << 16 | get_be16(p + 2);
}

static inline void put_be16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static inline void put_be32(uint8_t *p, uint32_t v)
{
	put_be16(p, (uint16_t)(v >> 16));
	put_be16(p + 2, (uint16_t)v);
}

static inline size_t addr_bytes(const struct sut_addr *a)
{
	return a->family == 6 ? 16 : a->family == 4 ? 4 : 0;
}

static inline bool addr_eq(const struct sut_addr *a, const struct sut_addr *b)
{
	return a->family == b->family && !memcmp(a->b, b->b, addr_bytes(a));
}

/* 0.0.0.0, :: or no address at all */
static inline bool addr_is_any(const struct sut_addr *a)
{
	static const uint8_t zero[16];

	return !memcmp(a->b, zero, addr_bytes(a));
}

static inline bool endpoint_eq(const struct sut_endpoint *a, const struct sut_endpoint *b)
{
	return a->port == b->port && addr_eq(&a->addr, &b->addr);
}

#endif
