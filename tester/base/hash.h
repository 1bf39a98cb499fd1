/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_BASE_HASH_H
#define TCPDRILL_BASE_HASH_H

#include <stdint.h>

/** hash_text() - FNV-1a with 64 bits: the same on every machine; not for what an enemy chooses */
uint64_t hash_text(const char *text);

#endif
