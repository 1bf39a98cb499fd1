/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a second worker gains on the bundled stack, and what the machine would give at most: two runs
 * that know nothing of each other share processors, caches and memory, too. All in turns, so that a
 * change of the machine's pace meets each alike; ratios are taken turn by turn. At real-time priority
 * the same is measured without what else wants the processors.
 */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/util.h"
#include "bench.h"

enum { TURNS = 31, PRIORITY = 50 };

static const struct {
	const char *variant;         /* NULL: the usual one */
	bool is_undisturbed;
} columns[] = { { NULL, false }, { "all", false }, { NULL, true }, { "all", true } };

static void fill(const struct bench *b, size_t column, const char *jobs, const char *argv[8])
{
	size_t n = 0;

	argv[n++] = b->program;
	argv[n++] = "run";
	argv[n++] = jobs;
	if (columns[column].variant) {
		argv[n++] = "--variant";
		argv[n++] = columns[column].variant;
	}
	argv[n++] = b->scripts;
	argv[n] = NULL;
}

/* Negative when something failed. */
static double once_ms(const struct bench *b, size_t column, const char *jobs)
{
	const char *argv[8];
	struct measured m;
	double from = now_ms();

	fill(b, column, jobs, argv);
	return process_run(argv, &m) == 0 && m.status == 0 ? now_ms() - from : -1;
}

static double two_at_once_ms(const struct bench *b, size_t column)
{
	double from = now_ms(), ms;
	int status = -1;
	pid_t pid = fork();

	if (pid == 0)
		_exit(once_ms(b, column, "-j1") < 0);
	ms = once_ms(b, column, "-j1");
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return pid > 0 && status == 0 && ms > 0 ? now_ms() - from : -1;
}

static void measure(struct bench *b, size_t column)
{
	struct samples one = { 0 }, two = { 0 }, gain = { 0 }, most = { 0 };

	for (int i = 0; i < TURNS; i++) {
		double one_ms = once_ms(b, column, "-j1"), two_ms = once_ms(b, column, "-j2");
		double both_ms = two_at_once_ms(b, column);

		if (one_ms < 0 || two_ms < 0 || both_ms < 0) {
			figure_missing(b, "gain.*", "a run of the shipped scripts did not end well");
			break;
		}
		samples_add(&one, one_ms);
		samples_add(&two, two_ms);
		samples_add(&gain, one_ms / two_ms);
		samples_add(&most, 2 * one_ms / both_ms);
	}
	figure_set(b, WHO_TCPDRILL, FIG_GAIN_J1, column, &one);
	figure_set(b, WHO_TCPDRILL, FIG_GAIN_J2, column, &two);
	figure_set(b, WHO_TCPDRILL, FIG_GAIN, column, &gain);
	figure_set(b, WHO_TCPDRILL, FIG_GAIN_MACHINE, column, &most);
}

static bool set_policy(int policy)
{
	const struct sched_param p = { .sched_priority = policy == SCHED_FIFO ? PRIORITY : 0 };

	return sched_setscheduler(0, policy, &p) == 0;
}

void bench_gain(struct bench *b)
{
	for (size_t column = 0; column < ARRAY_LEN(columns); column++) {
		if (columns[column].is_undisturbed && !set_policy(SCHED_FIFO)) {
			figure_missing(b, "gain.*", "real-time priority is not permitted");
			break;
		}
		measure(b, column);
		set_policy(SCHED_OTHER);
	}
}
