/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_BASE_SEQ_H
#define TCPDRILL_BASE_SEQ_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Sequence numbers exist in two spaces which must not be mixed: as written in the script, and as
 * seen on the wire. Only judge/space.c converts; a mix-up does not compile.
 */
struct seq_script {
	uint32_t v;
};

struct seq_live {
	uint32_t v;
};

/* Order on a circle of 2^32 [RFC9293 3.4]; the only legal comparison of sequence numbers. */
static inline bool seq_lt(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

static inline bool seq_le(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) <= 0;
}

#endif
