/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_BASE_HASH_H
#define TCPDRILL_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* FNV-1a with 64 bits: the same on every machine; not for what an enemy chooses. */

/* Of nothing: what hash_add() begins with. */
#define HASH_NOTHING UINT64_C(0xcbf29ce484222325)

/** hash_add() - the hash of what @sum is that of and @n bytes more */
uint64_t hash_add(uint64_t sum, const void *bytes, size_t n);

/** hash_text() - of one text */
uint64_t hash_text(const char *text);

#endif
