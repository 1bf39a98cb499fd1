/* SPDX-License-Identifier: BSD-2-Clause */
/* Small tests a second, by how many run at once. */
#include <limits.h>
#include <stdlib.h>

#include "base/util.h"
#include "bench.h"

enum { JOBS_RUNS = 3 };

/* A test of the kernel waits, one of the bundled stack does not: what fills about as much time. */
static const struct {
	const char *stack;
	enum figure_id figure;
	int n_tests;
	size_t n_columns;
} jobs_table[] = {
	{ "kernel", FIG_JOBS_KERNEL, 48, 5 },
	{ "bundled", FIG_JOBS_BUNDLED, 10000, 2 },
};

static void measure(struct bench *b, size_t row, const char *script, size_t column)
{
	char repeat[16];
	const char *argv[] = { b->program, "run", "--stack", jobs_table[row].stack, "--variant",
			       "ipv4", group_table[GROUP_JOBS].column[column], "--repeat", repeat,
			       script, NULL };
	struct samples rate = { 0 };

	snprintf(repeat, sizeof(repeat), "%d", jobs_table[row].n_tests);
	for (int i = 0; i < JOBS_RUNS; i++) {
		struct measured m;

		if (process_run(argv, &m) == 0 && m.status == 0)
			samples_add(&rate, jobs_table[row].n_tests / (m.wall_ms / 1e3));
	}
	if (!rate.n)
		figure_missing(b, figure_table[jobs_table[row].figure].name,
			       "not all tests passed in any run");
	figure_set(b, WHO_TCPDRILL, jobs_table[row].figure, column, &rate);
}

static void measure_packetdrill(struct bench *b, char *script, size_t column)
{
	int jobs = atoi(group_table[GROUP_JOBS].column[column] + 2), n = jobs_table[0].n_tests;
	char **scripts = calloc((size_t)n, sizeof(*scripts));
	struct samples rate = { 0 };

	for (int i = 0; scripts && i < n; i++)
		scripts[i] = script;
	for (int i = 0; scripts && i < JOBS_RUNS; i++) {
		double ms = apart_run_all(b->packetdrill, scripts, (size_t)n, jobs, NULL);

		if (ms > 0)
			samples_add(&rate, n / (ms / 1e3));
	}
	figure_set(b, WHO_PACKETDRILL, FIG_JOBS_KERNEL, column, &rate);
	free(scripts);
}

void bench_jobs(struct bench *b)
{
	char script[PATH_MAX];
	FILE *f = script_open(b, "short.pkt", script);

	script_short(f);
	fclose(f);
	for (size_t row = 0; row < ARRAY_LEN(jobs_table); row++) {
		if (jobs_table[row].figure == FIG_JOBS_KERNEL && b->no_kernel) {
			figure_missing(b, "jobs.kernel", b->no_kernel);
			continue;
		}
		for (size_t c = 0; c < jobs_table[row].n_columns; c++)
			measure(b, row, script, c);
	}
	for (size_t c = 0; b->packetdrill && !b->no_kernel && c < jobs_table[0].n_columns; c++)
		measure_packetdrill(b, script, c);
}
