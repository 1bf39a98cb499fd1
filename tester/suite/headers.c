/* SPDX-License-Identifier: BSD-2-Clause */
#include <pthread.h>
#include <stdatomic.h>

#include "base/arena.h"
#include "base/diag.h"
#include "suite/home.h"
#include "suite/names.h"
#include "suite/suite.h"

/*
 * Before the first test can be played the headers of all scripts have to be read, for they say what
 * the tests are, and the table of what they prove. In virtual time that is a good part of the whole
 * run, so it is shared out: each thread takes the next piece that nobody has, until none is left.
 */

enum { THREADS_MAX = 16, PIECE = 16, SHARE_MIN = 64 };

struct reading {
	struct suite_home **home;
	size_t n_homes;
	struct suite_script **script;
	size_t n_scripts;
	_Atomic size_t next;         /* of the homes, then of the pieces of scripts */
};

struct reader {
	struct arena *arena;
	struct reading *reading;
	pthread_t thread;
	bool has_thread;
};

/* Errors in the text come again, and are reported, when the script is bound. */
static void read_header(struct arena *a, struct suite_script *script)
{
	struct diags d;

	if (source_load(a, script->path, &script->src) < 0) {
		script->src = (struct source){ 0 };
		return;
	}
	diags_init(&d, a, &script->src);
	if (metadata_read(a, &script->src, &script->meta, &d) < 0)
		script->meta = (struct metadata){ .title = script->meta.title,
						  .id = script->meta.id,
						  .id_span = script->meta.id_span,
						  .req = script->meta.req };
}

static void read_piece(struct arena *a, const struct reading *r, size_t from)
{
	for (size_t i = from; i < from + PIECE && i < r->n_scripts; i++)
		read_header(a, r->script[i]);
}

static void *read_on(void *arg)
{
	struct reader *me = arg;
	struct reading *r = me->reading;
	size_t n = r->n_homes + (r->n_scripts + PIECE - 1) / PIECE, i;

	while ((i = atomic_fetch_add(&r->next, 1)) < n) {
		if (i < r->n_homes)
			suite_home_read(me->arena, r->home[i]);
		else
			read_piece(me->arena, r, (i - r->n_homes) * PIECE);
	}
	return NULL;
}

/* Where there is no thread to be had, the others do the more. */
static void read_all(struct arena *a, struct reading *r, unsigned int n)
{
	struct reader reader[THREADS_MAX] = { { .arena = a, .reading = r } };

	for (unsigned int i = 1; i < n; i++) {
		reader[i] = (struct reader){ .arena = arena_new(), .reading = r };
		reader[i].has_thread =
			pthread_create(&reader[i].thread, NULL, read_on, &reader[i]) == 0;
	}
	read_on(&reader[0]);
	for (unsigned int i = 1; i < n; i++) {
		if (reader[i].has_thread)
			pthread_join(reader[i].thread, NULL);
		arena_adopt(a, reader[i].arena);
	}
}

void suite_read(struct arena *a, struct suite *s, unsigned int n_threads)
{
	struct reading r = { 0 };
	unsigned int n = n_threads < THREADS_MAX ? n_threads : THREADS_MAX;
	size_t cap = 0, max;

	if (!s->n_scripts)
		return;
	suite_drop_doubles(a, s);
	max = s->n_scripts / SHARE_MIN + 1;
	for (struct suite_home *h = s->homes; h; h = h->next)
		*ARENA_PUSH(a, r.home, r.n_homes, cap, struct suite_home *) = h;
	r.script = s->script;
	r.n_scripts = s->n_scripts;
	read_all(a, &r, n > max ? (unsigned int)max : n < 1 ? 1 : n);
	suite_name_all(a, s);
}
