/* SPDX-License-Identifier: BSD-2-Clause */
#include <pthread.h>
#include <stdbool.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/processors.h"
#include "suite/home.h"
#include "suite/names.h"
#include "suite/suite.h"

/*
 * Before the first test can be played the headers of all scripts have to be read, for they say what
 * the tests are, and the table of what they prove. In virtual time that is a good part of the whole
 * run, so it is shared out, and begins while folders are still being looked through: each thread takes
 * the next piece that nobody has, until none is left and none will come.
 */

enum { THREADS_MAX = 16, PIECE = 16, SHARE_MIN = 64 };

/* What one thread reads at once: a table or some scripts. */
struct piece {
	struct suite_home *home;     /* NULL: scripts */
	struct suite_script **script;
	size_t n;
};

struct reader {
	struct suite_reading *reading;
	struct arena *arena;
	pthread_t thread;
};

struct suite_reading {
	unsigned int max;            /* threads, with ours */
	struct reader reader[THREADS_MAX];
	unsigned int n_readers;      /* besides ours */
	pthread_mutex_t lock;        /* of all below */
	pthread_cond_t has_more;
	struct suite_home *homes;
	struct suite_script **script;
	size_t n_scripts, n_taken;
	bool is_complete;
};

/* Errors in the text come again, and are reported, when the script is bound. */
static void read_header(struct arena *a, struct suite_script *script)
{
	struct diags d;

	if (source_load(a, script->path, &script->src) < 0) {
		script->src = (struct source){ 0 };
		return;
	}
	script->own_modes = suite_own_modes(&script->src);
	diags_init(&d, a, &script->src);
	if (metadata_read(a, &script->src, &script->meta, &d) < 0)
		script->meta = (struct metadata){ .title = script->meta.title,
						  .id = script->meta.id,
						  .id_span = script->meta.id_span,
						  .req = script->meta.req };
}

/* The lock is held. */
static bool has_piece(struct suite_reading *r, struct piece *p)
{
	size_t left = r->n_scripts - r->n_taken;

	*p = (struct piece){ .home = r->homes, .n = left < PIECE ? left : PIECE };
	while (p->home && p->home->is_taken)
		p->home = p->home->next;
	if (p->home) {
		p->home->is_taken = true;
		return true;
	}
	if (left) {
		p->script = r->script + r->n_taken;
		r->n_taken += p->n;
	}
	return left > 0;
}

/* False: there will be no more. */
static bool take(struct suite_reading *r, struct piece *p)
{
	bool is_there;

	pthread_mutex_lock(&r->lock);
	while (!(is_there = has_piece(r, p)) && !r->is_complete)
		pthread_cond_wait(&r->has_more, &r->lock);
	pthread_mutex_unlock(&r->lock);
	return is_there;
}

static void read_on(struct arena *a, struct suite_reading *r)
{
	struct piece p;

	while (take(r, &p)) {
		if (p.home)
			suite_home_read(a, p.home);
		for (size_t i = 0; !p.home && i < p.n; i++)
			read_header(a, p.script[i]);
	}
}

static void *thread_main(void *arg)
{
	struct reader *me = arg;

	read_on(me->arena, me->reading);
	return NULL;
}

/* Where there is no thread to be had, the others do the more. */
static void start_reader(struct suite_reading *r)
{
	struct reader *me = &r->reader[r->n_readers];

	*me = (struct reader){ .reading = r, .arena = arena_new() };
	if (processors_thread(&me->thread, r->n_readers, thread_main, me) == 0) {
		r->n_readers++;
	} else {
		arena_free(me->arena);
		r->max = r->n_readers + 1;
	}
}

static void publish(struct suite_reading *r, const struct suite *s, bool is_complete)
{
	pthread_mutex_lock(&r->lock);
	r->homes = s->homes;
	r->script = s->script;
	r->n_scripts = s->n_scripts;
	r->is_complete = is_complete;
	pthread_cond_broadcast(&r->has_more);
	pthread_mutex_unlock(&r->lock);
}

void suite_read_ahead(struct arena *a, struct suite *s, unsigned int n_threads)
{
	struct suite_reading *r = ARENA_NEW(a, struct suite_reading);

	r->max = n_threads < THREADS_MAX ? n_threads : THREADS_MAX;
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->has_more, NULL);
	s->reading = r;
}

void suite_read_more(const struct suite *s)
{
	struct suite_reading *r = s->reading;

	if (!r || s->n_scripts % PIECE || r->max < 2)
		return;
	if (r->n_readers + 1 < r->max && s->n_scripts >= SHARE_MIN * (r->n_readers + 1))
		start_reader(r);
	publish(r, s, false);
}

void suite_read(struct arena *a, struct suite *s)
{
	struct suite_reading *r;

	if (!s->reading)
		suite_read_ahead(a, s, 1);
	r = s->reading;
	publish(r, s, true);
	read_on(a, r);
	for (unsigned int i = 0; i < r->n_readers; i++) {
		pthread_join(r->reader[i].thread, NULL);
		arena_adopt(a, r->reader[i].arena);
	}
	pthread_cond_destroy(&r->has_more);
	pthread_mutex_destroy(&r->lock);
	s->reading = NULL;
	suite_drop_doubles(a, s);
	suite_name_all(a, s);
}
