/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <stdio.h>

#include "base/arena.h"
#include "cli/cli.h"
#include "judge/verdict.h"
#include "run/calibrate.h"
#include "run/pool.h"
#include "script/config.h"
#include "target/target.h"

/* Up to which -j it tries, and how much later than asked one of a thousand may be. */
enum { JOBS_PER_PROCESSOR_MAX = 16, JOBS_MAX = 128, USUAL_PERMILLE = 999 };

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

static void suggest(unsigned int jobs, unsigned int tried, int64_t limit_us)
{
	if (!jobs) {
		printf("Even alone, one of a thousand is later than %.1f ms, half the usual "
		       "tolerance: expect\ninconclusive tests, or give a larger "
		       "--tolerance_usecs.\n", (double)limit_us / 1e3);
		return;
	}
	printf("suggested: -j%u%s: no more than one of a thousand is later than %.1f ms, half the\n"
	       "usual tolerance\n", jobs, jobs == tried ? " or more" : "", (double)limit_us / 1e3);
}

int cli_calibrate(struct cli *c, const struct target_row *stack)
{
	unsigned int max = pool_processors() * JOBS_PER_PROCESSOR_MAX, best = 0, jobs = 1, last = 0;
	struct run_config usual;

	if (!stack->is_system) {
		printf("%s plays in virtual time, where nothing can be late; suggested: -j%u, one "
		       "for each processor\n", stack->name, pool_default_jobs(stack));
		return 0;
	}
	run_config_defaults(&usual);
	printf("How late tests at once are, in microseconds:\n"
	       "          waking up                            handing over a packet\n"
	       "              half      90%%    99.9%%     most       half      90%%    99.9%%"
	       "     most\n");
	for (; jobs <= max && jobs <= JOBS_MAX; jobs *= 2) {
		struct arena *a = arena_new();
		struct calibration k;
		const char *why = "";

		if (calibrate(a, stack, jobs, &k, &why) < 0) {
			cli_error(c, "%s", why);
			arena_free(a);
			return verdict_exit_status(VERDICT_ENVIRONMENT);
		}
		print_row(jobs, &k);
		if (best == last && lateness_at(&k.injected, USUAL_PERMILLE) <= usual.tolerance_us / 2)
			best = jobs;
		last = jobs;
		arena_free(a);
	}
	suggest(best, last, usual.tolerance_us / 2);
	return 0;
}
