/* SPDX-License-Identifier: BSD-2-Clause */
/* How fast tests of the bundled stack are, in this process: read, bound, played, judged. */
#include <limits.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/util.h"
#include "bench.h"
#include "judge/verdict.h"
#include "run/engine.h"
#include "script/plan.h"
#include "target/target.h"

enum { SPEED_RUNS = 5, SPEED_TESTS = 3000, FLAT_TESTS = 100000, LONG_RUNS = 20 };

/* One test as a worker plays it. */
static enum verdict play(const char *path)
{
	struct engine_options opt = { .timeout_us = 180000000, .seed = 1 };
	struct test_record rec = { .id = "bench" };
	struct arena *a = arena_new();
	struct run_config config;
	struct plan *plan;
	struct diags d;
	enum verdict v = VERDICT_ERROR;

	run_config_defaults(&config);
	diags_init(&d, a, NULL);
	plan = plan_load(a, path, &config, NULL, 1, &d);
	if (plan) {
		engine_run(a, plan, target_find("bundled"), &opt, &rec);
		v = rec.verdict;
	}
	arena_free(a);
	return v;
}

/* Milliseconds for @n tests; negative when one did not pass. */
static double play_many(const char *path, int n)
{
	double start_ms = now_ms();

	for (int i = 0; i < n; i++) {
		if (play(path) != VERDICT_PASS)
			return -1;
	}
	return now_ms() - start_ms;
}

static void bench_speed(struct bench *b, const char *path)
{
	struct samples s = { 0 };

	for (int i = 0; i < SPEED_RUNS; i++) {
		double ms = play_many(path, SPEED_TESTS);

		if (ms < 0) {
			figure_missing(b, "bundled.tests", "the test does not pass");
			samples_free(&s);
			return;
		}
		samples_add(&s, SPEED_TESTS / ms * 1e3);
	}
	figure_set(b, WHO_TCPDRILL, FIG_BUNDLED_TESTS, 0, &s);
}

/* What is in use after as many tests more than after a few. */
static void bench_memory(struct bench *b, const char *path)
{
	size_t before;

	if (play_many(path, SPEED_TESTS) < 0)
		return;
	before = mallinfo2().uordblks;
	play_many(path, FLAT_TESTS);
	figure_one(b, WHO_TCPDRILL, FIG_BUNDLED_GROWTH, 0,
		   ((double)mallinfo2().uordblks - (double)before) / FLAT_TESTS);
}

/* The most memory that this program had resident, of this image: getrusage() would count what it
 * was forked from. KiB, or 0 */
static long peak_kib(void)
{
	FILE *f = fopen("/proc/self/status", "re");
	char line[256];
	long kib = 0;

	while (f && fgets(line, sizeof(line), f))
		sscanf(line, "VmHWM: %ld", &kib);
	if (f)
		fclose(f);
	return kib;
}

int bench_play(int n, const char *path, const char *result)
{
	double ms = play_many(path, n);
	FILE *f = fopen(result, "we");

	if (!f)
		return 1;
	fprintf(f, "%ld\n", peak_kib());
	return fclose(f) || ms < 0;
}

static long read_number(const char *path)
{
	FILE *f = fopen(path, "re");
	long v = 0;

	if (f && fscanf(f, "%ld", &v) != 1)
		v = 0;
	if (f)
		fclose(f);
	return v;
}

/* The peak of a process that plays a few tests, and of one that plays many. */
static void bench_peak(struct bench *b, const char *path)
{
	static const struct {
		enum figure_id figure;
		const char *n;
	} runs[] = { { FIG_BUNDLED_PEAK_FEW, "1000" }, { FIG_BUNDLED_PEAK_MANY, "100000" } };
	char result[PATH_MAX];

	fclose(script_open(b, "peak", result));
	for (size_t i = 0; i < ARRAY_LEN(runs); i++) {
		const char *argv[] = { "/proc/self/exe", "play", runs[i].n, path, result, NULL };
		struct measured m;

		if (process_run(argv, &m) < 0 || m.status)
			figure_missing(b, figure_table[runs[i].figure].name,
				       "the tests could not be played");
		else
			figure_one(b, WHO_TCPDRILL, runs[i].figure, 0,
				   (double)read_number(result) / 1024);
	}
}

/* All retransmissions of a SYN, until the stack gives up. */
static void script_syn(FILE *f)
{
	fputs("0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n"
	      "+0...131 connect(3, ..., ...) = -1 ETIMEDOUT (in vain)\n"
	      "+0 > S 0:0(0) <...>\n",
	      f);
	/* Four at the same distance and six that double theirs [Linux: tcp_syn_linear_timeouts,
	 * tcp_syn_retries]; the last wait is 64 s long and ends at 131 s. */
	for (int i = 0; i < 10; i++)
		fputs("+.5~+40 > S 0:0(0) <...>\n", f);
	fputs("+80 close(3) = 0\n", f);
}

static void bench_long(struct bench *b)
{
	struct samples s = { 0 };
	char path[PATH_MAX];
	FILE *f = script_open(b, "syn.pkt", path);

	script_syn(f);
	fclose(f);
	for (int i = 0; i < LONG_RUNS; i++) {
		double ms = play_many(path, 1);

		if (ms < 0) {
			figure_missing(b, "bundled.syn", "the test does not pass");
			samples_free(&s);
			return;
		}
		samples_add(&s, ms);
	}
	figure_set(b, WHO_TCPDRILL, FIG_BUNDLED_SYN, 0, &s);
}

void bench_bundled(struct bench *b)
{
	char path[PATH_MAX];
	FILE *f = script_open(b, "bundled.pkt", path);

	script_handshake(f);
	fclose(f);
	bench_speed(b, path);
	bench_memory(b, path);
	bench_peak(b, path);
	bench_long(b);
}
