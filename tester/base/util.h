/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_BASE_UTIL_H
#define TCPDRILL_BASE_UTIL_H

#include <stddef.h>

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* Format checking where the compiler knows how. */
#if defined(__GNUC__)
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define PRINTF_LIKE(fmt, args)
#endif

#endif
