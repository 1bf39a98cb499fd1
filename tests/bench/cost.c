/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an event costs when it is played: processor time of a long script less that of the same one
 * without its events, of the program and all it starts, the kernel's work on their behalf included.
 */
#include <limits.h>
#include <string.h>

#include "base/util.h"
#include "bench.h"

enum { COST_RUNS = 7, COST_ROUNDS = 1000, EVENTS_PER_ROUND = 3 };

static const struct {
	const char *stack;
	enum who who;
	enum figure_id figure;
} cost_table[] = {
	{ "kernel", WHO_TCPDRILL, FIG_COST_KERNEL },
	{ "kernel", WHO_PACKETDRILL, FIG_COST_KERNEL },
	{ "bundled", WHO_TCPDRILL, FIG_COST_BUNDLED },
};

/* Plays a script; NULL, or what is wrong. */
static const char *play(const struct bench *b, size_t row, const char *script, double *cpu_ms)
{
	const char *ours[] = { b->program, "run", "--stack", cost_table[row].stack, "--variant",
			       "ipv4", script, NULL };
	const char *theirs[] = { b->packetdrill, script, NULL };
	struct measured m = { 0 };
	int rc = cost_table[row].who == WHO_TCPDRILL ? process_run(ours, &m)
						     : apart_run(theirs, &m, NULL);

	*cpu_ms = m.cpu_ms;
	if (rc < 0 || m.status)
		return "the script does not pass";
	return m.cpu_is_complete ? NULL : "perf_event_open is not permitted, which counts it all";
}

static void measure(struct bench *b, size_t row, const char *empty, const char *full)
{
	struct samples cost = { 0 };
	const char *wrong = NULL;

	for (int i = 0; i < COST_RUNS; i++) {
		double without, with;

		wrong = play(b, row, empty, &without);
		if (!wrong)
			wrong = play(b, row, full, &with);
		if (!wrong)
			samples_add(&cost, (with - without) * 1e3 /
						   (COST_ROUNDS * EVENTS_PER_ROUND));
	}
	if (!cost.n)
		figure_missing(b, figure_table[cost_table[row].figure].name, wrong);
	figure_set(b, cost_table[row].who, cost_table[row].figure, 0, &cost);
}

void bench_cost(struct bench *b)
{
	char empty[PATH_MAX], full[PATH_MAX];
	FILE *f = script_open(b, "rounds-0.pkt", empty);

	script_rounds(f, 0);
	fclose(f);
	f = script_open(b, "rounds.pkt", full);
	script_rounds(f, COST_ROUNDS);
	fclose(f);
	for (size_t row = 0; row < ARRAY_LEN(cost_table); row++) {
		bool is_kernel = cost_table[row].figure == FIG_COST_KERNEL;

		if (cost_table[row].who == WHO_PACKETDRILL && (!b->packetdrill || b->no_kernel))
			continue;
		if (is_kernel && b->no_kernel)
			figure_missing(b, "cost.kernel", b->no_kernel);
		else
			measure(b, row, empty, full);
	}
}
