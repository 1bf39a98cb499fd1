/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/processors.h"
#include "base/duration.h"
#include "cli/cli.h"
#include "judge/verdict.h"
#include "run/calibrate.h"
#include "run/pool.h"
#include "script/config.h"
#include "target/target.h"

/* Up to which -j it tries, and how much later than asked one of a thousand may be. */
enum { JOBS_PER_PROCESSOR_MAX = 16, JOBS_MAX = 128, LEVELS_MAX = 8, USUAL_PERMILLE = 999 };

static void print_row(unsigned int jobs, const struct calibration *k)
{
	static const unsigned int permille[] = { 500, 900, USUAL_PERMILLE, 1000 };
	const struct lateness *const l[] = { &k->woke, &k->injected };

	printf("  -j%-5u", jobs);
	for (size_t i = 0; i < 2; i++) {
		for (size_t p = 0; p < 4; p++)
			printf(" %8" PRId64, lateness_at(l[i], permille[p]));
		fputs(i ? "\n" : "   ", stdout);
	}
	fflush(stdout);
}

/* Filled as it goes: from -j1 on, twice as many each time. */
struct calibrating {
	struct cli *cli;
	const struct target_row *stack;
	struct calibration_level level[LEVELS_MAX];
	size_t n;
	int64_t limit_us;
};

/* 0, or an exit status after an error line. */
static int measure(struct calibrating *k, struct calibration_level *level)
{
	struct arena *a = arena_new();
	struct calibration found;
	const char *why = "";
	int status = 0;

	if (calibrate(a, k->stack, level->jobs, &found, &why) < 0) {
		cli_error(k->cli, "%s", why);
		status = verdict_exit_status(VERDICT_ENVIRONMENT);
	} else {
		level->late_us = lateness_at(&found.injected, USUAL_PERMILLE);
		print_row(level->jobs, &found);
	}
	arena_free(a);
	return status;
}

static int measure_all(struct calibrating *k)
{
	unsigned int max = processors_count() * JOBS_PER_PROCESSOR_MAX;
	int status = 0;

	for (unsigned int jobs = 1; !status && jobs <= max && jobs <= JOBS_MAX; jobs *= 2) {
		k->level[k->n] = (struct calibration_level){ .jobs = jobs };
		status = measure(k, &k->level[k->n++]);
	}
	return status;
}

/* The level that decides is given another try: the machine may have been held up just then. */
static int measure_again(struct calibrating *k)
{
	unsigned int best = calibrate_best(k->level, k->n, k->limit_us);
	size_t i = 0;

	while (i < k->n && k->level[i].jobs <= best)
		i++;
	if (i == k->n)
		return 0;
	puts("again, since it would decide:");
	return measure(k, &k->level[i]);
}

/* A tolerance of twice what is kept leaves half of it to the stack, as the usual one should. */
static void suggest_tolerance(const struct calibrating *k)
{
	int64_t late_ms = k->level[0].late_us / 1000 + 1;

	printf("suggested: -j1 --tolerance_usecs %" PRId64 ": even alone, one of a thousand is later "
	       "than %s,\nhalf the tolerance; expect inconclusive tests with less\n",
	       2 * late_ms * 1000, duration_ms(k->limit_us).text);
}

static void suggest(const struct calibrating *k)
{
	unsigned int best = calibrate_best(k->level, k->n, k->limit_us);
	bool is_last = best == k->level[k->n - 1].jobs;

	if (!best) {
		suggest_tolerance(k);
		return;
	}
	printf("suggested: -j%u%s: no more than one of a thousand was later than %s, half the\n"
	       "tolerance\n", best, is_last ? " or more" : "", duration_ms(k->limit_us).text);
}

static int refuse(struct cli *c)
{
	if (c->beside_calibrate)
		cli_error(c, "--calibrate runs no script, so --%s means nothing with it",
			  c->beside_calibrate);
	else
		cli_error(c, "--calibrate runs no script, so it takes no path");
	return EXIT_USAGE;
}

int cli_calibrate(struct cli *c, const struct target_row *stack)
{
	struct calibrating k = { .cli = c, .stack = stack, .limit_us = c->config.tolerance_us / 2 };
	int status;

	if (c->beside_calibrate || c->n_paths)
		return refuse(c);
	if (!stack->is_system) {
		printf("%s plays in virtual time, where nothing can be late; suggested: -j%u, one "
		       "for each processor\n", stack->name, pool_default_jobs(stack));
		return 0;
	}
	printf("How late tests at once are, in microseconds:\n"
	       "          waking up                            handing over a packet\n"
	       "              half      90%%    99.9%%     most       half      90%%    99.9%%"
	       "     most\n");
	status = measure_all(&k);
	if (!status)
		status = measure_again(&k);
	if (!status)
		suggest(&k);
	return status;
}
