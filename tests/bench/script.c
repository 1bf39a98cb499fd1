/* SPDX-License-Identifier: BSD-2-Clause */
/* Time and memory of reading scripts: parse and bind. */
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/util.h"
#include "bench.h"
#include "grammar/parse.h"
#include "script/plan.h"

/* By column: long scripts tell enough in few runs. */
static const struct {
	size_t n_events;
	int runs;
} length_table[] = { { 100, 15 }, { 1000, 9 }, { 10000, 5 }, { 100000, 5 }, { 1000000, 2 } };

/* What a child that reads a script hands back. */
struct reading {
	bool is_ok;
	double parse_ms, bind_ms;
	size_t tree_bytes, plan_bytes;
	size_t n_events;
};

/* In a child, so that each run begins with fresh memory. */
static void read_script(const void *path, void *result)
{
	struct reading *r = result;
	struct arena *a = arena_new();
	struct source src;
	struct run_config config;
	struct diags d;
	struct ast_script *s;
	double start_ms = now_ms(), parsed_ms;

	run_config_defaults(&config);
	if (source_load(a, path, &src) < 0)
		return;
	diags_init(&d, a, &src);
	s = grammar_parse(a, &src, NULL, &d);
	if (!s)
		return;
	parsed_ms = now_ms();
	r->tree_bytes = arena_bytes(a);
	r->parse_ms = parsed_ms - start_ms;
	r->is_ok = plan_bind(a, s, &config, 1, &d) != NULL;
	r->bind_ms = now_ms() - parsed_ms;
	r->plan_bytes = arena_bytes(a) - r->tree_bytes;
	r->n_events = s->n_events;
	arena_free(a);
}

static void add_reading(struct samples *to, const struct reading *r)
{
	double n = (double)r->n_events;

	samples_add(&to[FIG_SCRIPT_PARSE], r->parse_ms);
	samples_add(&to[FIG_SCRIPT_BIND], r->bind_ms);
	samples_add(&to[FIG_SCRIPT_EVENT], (r->parse_ms + r->bind_ms) * 1e3 / n);
	samples_add(&to[FIG_SCRIPT_TREE], (double)r->tree_bytes / n);
	samples_add(&to[FIG_SCRIPT_PLAN], (double)r->plan_bytes / n);
}

static bool run_check(const char *const argv[], struct samples *to)
{
	struct measured m;

	if (process_run(argv, &m) < 0 || m.status)
		return false;
	samples_add(&to[FIG_SCRIPT_CHECK], m.wall_ms);
	samples_add(&to[FIG_SCRIPT_PEAK], m.peak_kib / 1024);
	return true;
}

static void measure(struct bench *b, const char *path, size_t column)
{
	const char *ours[] = { b->program, "check", path, NULL };
	const char *theirs[] = { b->packetdrill, "--dry_run", path, NULL };
	struct reading *r = process_share(sizeof(*r));
	struct samples to[WHO_COUNT][FIG_COUNT] = { 0 };
	bool is_ok = true;

	for (int i = 0; is_ok && i < length_table[column].runs; i++) {
		*r = (struct reading){ 0 };
		is_ok = process_fork(read_script, path, r) && r->is_ok &&
			run_check(ours, to[WHO_TCPDRILL]);
		if (is_ok)
			add_reading(to[WHO_TCPDRILL], r);
		if (b->packetdrill)
			run_check(theirs, to[WHO_PACKETDRILL]);
	}
	if (!is_ok)
		figure_missing(b, "script.*", "the script was not understood");
	for (enum figure_id id = FIG_SCRIPT_PARSE; id <= FIG_SCRIPT_PLAN; id++) {
		for (enum who who = 0; who < WHO_COUNT; who++)
			figure_set(b, who, id, column, &to[who][id]);
	}
	process_unshare(r, sizeof(*r));
}

void bench_script(struct bench *b)
{
	for (size_t i = 0; i < ARRAY_LEN(length_table); i++) {
		char path[PATH_MAX];
		FILE *f = script_open(b, "transfer.pkt", path);

		script_transfer(f, length_table[i].n_events);
		fclose(f);
		measure(b, path, i);
	}
}
