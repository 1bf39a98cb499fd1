/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "impl.h"

/* All memory of an instance but struct sut itself comes through here. */

void *mem_alloc(struct sut *s, size_t bytes)
{
	return s->mem.alloc ? s->mem.alloc(s->mem.ctx, bytes) : malloc(bytes);
}

void *mem_zalloc(struct sut *s, size_t bytes)
{
	void *p = mem_alloc(s, bytes);

	return p ? memset(p, 0, bytes) : NULL;
}

void *mem_realloc(struct sut *s, void *p, size_t bytes)
{
	return s->mem.realloc ? s->mem.realloc(s->mem.ctx, p, bytes) : realloc(p, bytes);
}

void mem_free(struct sut *s, void *p)
{
	if (!p)
		return;
	if (s->mem.free)
		s->mem.free(s->mem.ctx, p);
	else
		free(p);
}
