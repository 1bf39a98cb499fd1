/* SPDX-License-Identifier: BSD-2-Clause */
/* Time and memory of reading scripts: parse and bind. */
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/diag.h"
#include "bench.h"
#include "grammar/parse.h"
#include "script/plan.h"

enum { SCRIPT_RUNS = 5 };

/* What a child that reads a script hands back. */
struct reading {
	bool is_ok;
	double parse_ms, bind_ms;
	size_t tree_bytes, plan_bytes;
	size_t n_events;
};

static void read_script(const char *path, struct reading *r)
{
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

/* In a child, so that each run begins with fresh memory. */
static bool read_apart(const char *path, struct reading *out)
{
	struct reading *r = mmap(NULL, sizeof(*r), PROT_READ | PROT_WRITE,
				 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid;

	if (r == MAP_FAILED)
		return false;
	pid = fork();
	if (pid == 0) {
		read_script(path, r);
		_exit(0);
	}
	if (pid > 0)
		waitpid(pid, NULL, 0);
	*out = *r;
	munmap(r, sizeof(*r));
	return out->is_ok;
}

struct script_samples {
	struct samples parse, bind, check, peak;
	struct reading last;
};

static int measure(const struct bench *b, const char *path, struct script_samples *s)
{
	const char *argv[] = { b->program, "check", path, NULL };

	for (int i = 0; i < SCRIPT_RUNS; i++) {
		struct measured m;

		if (!read_apart(path, &s->last) || process_run(argv, &m) < 0 || m.status != 0)
			return -1;
		samples_add(&s->parse, s->last.parse_ms);
		samples_add(&s->bind, s->last.bind_ms);
		samples_add(&s->check, m.wall_ms);
		samples_add(&s->peak, m.peak_kib);
	}
	return 0;
}

static void add(struct bench *b, size_t n, const char *what, const char *unit, const char *goal,
		struct samples *s)
{
	char name[80];

	snprintf(name, sizeof(name), "script.%zu.%s", n, what);
	figure_add(b, name, unit, goal, s);
	samples_free(s);
}

static void add_bytes(struct bench *b, size_t n, const char *what, size_t bytes, size_t n_events)
{
	char name[80];

	snprintf(name, sizeof(name), "script.%zu.%s", n, what);
	figure_one(b, name, "B/event", NULL, (double)bytes / (double)n_events);
}

static void bench_script_n(struct bench *b, size_t n)
{
	struct script_samples s = { 0 };
	char name[80], path[PATH_MAX];
	FILE *f;

	snprintf(name, sizeof(name), "transfer-%zu.pkt", n);
	f = script_open(b, name, path);
	script_transfer(f, n);
	fclose(f);
	if (measure(b, path, &s) < 0) {
		snprintf(name, sizeof(name), "script.%zu", n);
		figure_skip(b, name, "the script was not understood");
		return;
	}
	add(b, n, "parse", "ms", NULL, &s.parse);
	add(b, n, "bind", "ms", NULL, &s.bind);
	add(b, n, "check_process", "ms", n == 100000 ? "< 1000" : NULL, &s.check);
	add(b, n, "check_peak_memory", "KiB", NULL, &s.peak);
	add_bytes(b, n, "tree_memory", s.last.tree_bytes, s.last.n_events);
	add_bytes(b, n, "plan_memory", s.last.plan_bytes, s.last.n_events);
}

void bench_script(struct bench *b)
{
	static const size_t size[] = { 1000, 10000, 100000 };

	figure_title("Reading scripts, by number of events");
	for (size_t i = 0; i < sizeof(size) / sizeof(*size); i++)
		bench_script_n(b, size[i]);
}
