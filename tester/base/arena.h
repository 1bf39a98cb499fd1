/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_BASE_ARENA_H
#define TCPDRILL_BASE_ARENA_H

#include <stdarg.h>
#include <stdalign.h>
#include <stddef.h>

#include "base/util.h"

/*
 * An arena owns everything that lives as long as one script: text, tree, plan, diagnostics.
 * Nothing in it is freed singly. Allocation never returns NULL: when memory is gone the process
 * ends here (arena.c), which is the one place in the tester that does so besides buf.c.
 */
struct arena;

/** arena_new() - an empty arena; the caller owns it and ends it with arena_free() */
struct arena *arena_new(void);

/** arena_free() - give back the arena and all that was allocated from it; NULL is allowed */
void arena_free(struct arena *a);

/** arena_clear() - all that was allocated is gone; the newest chunk is kept for what comes next */
void arena_clear(struct arena *a);

/** arena_adopt() - @other ends, and what was allocated from it lives as long as @a */
void arena_adopt(struct arena *a, struct arena *other);

/** arena_alloc() - @n zeroed bytes aligned to @align (a power of two); borrowed from @a */
void *arena_alloc(struct arena *a, size_t n, size_t align);

/** arena_strndup() - a NUL-terminated copy of the @n bytes at @s */
char *arena_strndup(struct arena *a, const char *s, size_t n);

/** arena_strdup() - a copy of the string @s */
char *arena_strdup(struct arena *a, const char *s);

/** arena_printf() - a string formatted like printf */
char *arena_printf(struct arena *a, const char *fmt, ...) PRINTF_LIKE(2, 3);

/** arena_vprintf() - as arena_printf(), with a va_list */
char *arena_vprintf(struct arena *a, const char *fmt, va_list ap) PRINTF_LIKE(2, 0);

/** arena_grow() - a copy of @old (@used of @size bytes in use) in a block of @want zeroed bytes */
void *arena_grow(struct arena *a, const void *old, size_t used, size_t want, size_t align);

/** arena_bytes() - bytes handed out so far, for the benchmark */
size_t arena_bytes(const struct arena *a);

#define ARENA_NEW(a, type) ((type *)arena_alloc((a), sizeof(type), alignof(type)))
#define ARENA_ARRAY(a, type, n) ((type *)arena_alloc((a), sizeof(type) * (n), alignof(type)))

/* Append one zeroed element to a (pointer, count, capacity) triple; it is arr[n - 1]. */
#define ARENA_PUSH(a, arr, n, cap, type)                                                           \
	((n) == (cap)                                                                              \
	     ? (void)((cap) = (cap) ? (cap) * 2 : 8,                                               \
		      (arr) = (type *)arena_grow((a), (arr), (n) * sizeof(type),                   \
						 (cap) * sizeof(type), alignof(type)))             \
	     : (void)0,                                                                            \
	 &(arr)[(n)++])

#endif
