/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/payload.h"

#include <string.h>

/*
 * Byte n of a stream, as sequence numbers in a script count it, is n while it fits, then it begins
 * anew: never 0, which is what memory holds that nobody wrote to. The period is a prime, so that no
 * usual size of a segment, a window or a page is a multiple of it.
 */
enum { PERIOD = 251 };

uint8_t payload_byte(struct payload p, size_t at)
{
	return p.is_numbered ? (uint8_t)(1 + (uint32_t)(p.position + at) % PERIOD) : 0;
}

void payload_fill(struct payload p, uint8_t *out, size_t n)
{
	if (!p.is_numbered) {
		memset(out, 0, n);
		return;
	}
	for (size_t i = 0; i < n; i++)
		out[i] = payload_byte(p, i);
}

struct payload payload_moved(struct payload p, size_t n)
{
	p.position += (uint32_t)n;
	return p;
}

size_t payload_differs(struct payload p, const uint8_t *bytes, size_t n)
{
	size_t i = 0;

	while (i < n && bytes[i] == payload_byte(p, i))
		i++;
	return i;
}
