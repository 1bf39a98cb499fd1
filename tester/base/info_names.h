/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_BASE_INFO_NAMES_H
#define TCPDRILL_BASE_INFO_NAMES_H

#include <stddef.h>

/* The variables of code blocks and assertions that a target's info() may give (language: 6.2). */
extern const char *const info_names[];
extern const size_t info_names_len;

#endif
