/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/hash.h"

uint64_t hash_text(const char *text)
{
	uint64_t sum = UINT64_C(0xcbf29ce484222325);

	for (; *text; text++)
		sum = (sum ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
	return sum;
}
