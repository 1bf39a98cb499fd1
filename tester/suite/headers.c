/* SPDX-License-Identifier: BSD-2-Clause */
#include <pthread.h>
#include <string.h>

#include "base/arena.h"
#include "base/diag.h"
#include "suite/names.h"
#include "suite/suite.h"

/*
 * Before the first test can be played the headers of all scripts have to be read, for they say what
 * the tests are. In virtual time that is a good part of the whole run, so it is shared out.
 */

enum { THREADS_MAX = 16, SHARE_MIN = 64 };

/* What one thread reads, and where to. */
struct share {
	struct arena *arena;
	struct suite_script **script;
	size_t n;
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

static void *read_share(void *arg)
{
	struct share *share = arg;

	for (size_t i = 0; i < share->n; i++)
		read_header(share->arena, share->script[i]);
	return NULL;
}

/* A share that gets no thread is read here: slower, but read. */
static void read_shares(struct arena *a, struct share *share, unsigned int n)
{
	for (unsigned int i = 1; i < n; i++)
		share[i].has_thread =
			pthread_create(&share[i].thread, NULL, read_share, &share[i]) == 0;
	for (unsigned int i = 0; i < n; i++) {
		if (!share[i].has_thread)
			read_share(&share[i]);
	}
	for (unsigned int i = 1; i < n; i++) {
		if (share[i].has_thread)
			pthread_join(share[i].thread, NULL);
		arena_adopt(a, share[i].arena);
	}
}

void suite_read(struct arena *a, struct suite *s, unsigned int n_threads)
{
	struct share share[THREADS_MAX] = { 0 };
	size_t max, done = 0;
	unsigned int n = n_threads < THREADS_MAX ? n_threads : THREADS_MAX;

	if (!s->n_scripts)
		return;
	suite_drop_doubles(a, s);
	max = s->n_scripts / SHARE_MIN + 1;
	n = n > max ? (unsigned int)max : n < 1 ? 1 : n;
	for (unsigned int i = 0; i < n; i++) {
		share[i].arena = i ? arena_new() : a;
		share[i].script = s->script + done;
		share[i].n = (s->n_scripts - done) / (n - i);
		done += share[i].n;
	}
	read_shares(a, share, n);
	suite_name_all(a, s);
}
