/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_BASE_BYTES_H
#define TCPDRILL_BASE_BYTES_H

#include <stdint.h>

/* The only way to packet bytes: big-endian loads and stores, no casts, no alignment demands. */

static inline uint16_t get_be16(const uint8_t *p)
{
	return (uint16_t)((p[0] << 8) | p[1]);
}

static inline uint32_t get_be32(const uint8_t *p)
{
	return ((uint32_t)p[0] << 24) | ((uint32_t)p[1] << 16) | ((uint32_t)p[2] << 8) | p[3];
}

static inline void put_be16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static inline void put_be32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}

/* 1 to 8 bytes, most significant first. */
static inline uint64_t get_be(const uint8_t *p, unsigned int n_bytes)
{
	uint64_t v = 0;

	for (unsigned int i = 0; i < n_bytes; i++)
		v = (v << 8) | p[i];
	return v;
}

static inline void put_be(uint8_t *p, unsigned int n_bytes, uint64_t v)
{
	for (unsigned int i = n_bytes; i-- > 0; v >>= 8)
		p[i] = (uint8_t)v;
}

#endif
