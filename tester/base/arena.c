/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Theory of operation: a list of chunks, bump allocation within the newest. Chunks double from
 * 16 KiB to 1 MiB, so a small script costs one malloc and a large one costs memory in proportion.
 */
#include "base/arena.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_MIN = 16 * 1024, CHUNK_MAX = 1024 * 1024 };

struct chunk {
	struct chunk *next;
	size_t size;
	size_t used;
	unsigned char *bytes;
};

struct arena {
	struct chunk *newest;
	size_t handed_out;
};

static void out_of_memory(void)
{
	fputs("tcpdrill: out of memory\n", stderr);
	abort();
}

static void *must_calloc(size_t n)
{
	void *p = calloc(1, n ? n : 1);

	if (!p)
		out_of_memory();
	return p;
}

struct arena *arena_new(void)
{
	return must_calloc(sizeof(struct arena));
}

static void chunks_free(struct chunk *c)
{
	while (c) {
		struct chunk *next = c->next;

		free(c->bytes);
		free(c);
		c = next;
	}
}

void arena_free(struct arena *a)
{
	if (!a)
		return;
	chunks_free(a->newest);
	free(a);
}

void arena_clear(struct arena *a)
{
	struct chunk *c = a->newest;

	a->handed_out = 0;
	if (!c)
		return;
	chunks_free(c->next);
	c->next = NULL;
	memset(c->bytes, 0, c->used);
	c->used = 0;
}

/* Behind the newest chunk, which goes on being filled. */
void arena_adopt(struct arena *a, struct arena *other)
{
	struct chunk **end = &a->newest;

	while (*end)
		end = &(*end)->next;
	*end = other->newest;
	a->handed_out += other->handed_out;
	free(other);
}

static struct chunk *chunk_add(struct arena *a, size_t need)
{
	size_t size = a->newest ? a->newest->size * 2 : CHUNK_MIN;
	struct chunk *c = must_calloc(sizeof(*c));

	if (size > CHUNK_MAX)
		size = CHUNK_MAX;
	if (size < need)
		size = need;
	c->bytes = must_calloc(size);
	c->size = size;
	c->next = a->newest;
	a->newest = c;
	return c;
}

/* The first free offset whose address is a multiple of @align. */
static size_t aligned_offset(const struct chunk *c, size_t align)
{
	uintptr_t at = (uintptr_t)(c->bytes + c->used);

	return c->used + (size_t)(-at & (align - 1));
}

void *arena_alloc(struct arena *a, size_t n, size_t align)
{
	struct chunk *c = a->newest;
	size_t at = c ? aligned_offset(c, align) : 0;

	if (n > SIZE_MAX / 4)
		out_of_memory();
	if (!c || at + n > c->size) {
		c = chunk_add(a, n + align);
		at = aligned_offset(c, align);
	}
	c->used = at + n;
	a->handed_out += n;
	return c->bytes + at;
}

char *arena_strndup(struct arena *a, const char *s, size_t n)
{
	char *p = arena_alloc(a, n + 1, 1);

	if (n)
		memcpy(p, s, n);
	return p;
}

char *arena_strdup(struct arena *a, const char *s)
{
	return arena_strndup(a, s, strlen(s));
}

/* Into what is left of the newest chunk, where most texts fit, so that they are formatted once. */
char *arena_vprintf(struct arena *a, const char *fmt, va_list ap)
{
	struct chunk *c = a->newest;
	size_t room = c ? c->size - c->used : 0;
	char *p = room ? (char *)c->bytes + c->used : NULL;
	va_list again;
	int n;

	va_copy(again, ap);
	n = vsnprintf(p, room, fmt, again);
	va_end(again);
	if (n >= 0 && (size_t)n < room)
		return arena_alloc(a, (size_t)n + 1, 1);
	if (n < 0) {
		/* What will be handed out must be zero. */
		if (room)
			memset(p, 0, room);
		return arena_strdup(a, "");
	}
	/* It takes a new chunk, and what has been written to this one is never handed out. */
	p = arena_alloc(a, (size_t)n + 1, 1);
	vsnprintf(p, (size_t)n + 1, fmt, ap);
	return p;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	char *p;

	va_start(ap, fmt);
	p = arena_vprintf(a, fmt, ap);
	va_end(ap);
	return p;
}

void *arena_grow(struct arena *a, const void *old, size_t used, size_t want, size_t align)
{
	void *p = arena_alloc(a, want, align);

	if (used)
		memcpy(p, old, used);
	return p;
}

size_t arena_bytes(const struct arena *a)
{
	return a->handed_out;
}
