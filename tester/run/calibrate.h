/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_RUN_CALIBRATE_H
#define TCPDRILL_RUN_CALIBRATE_H

#include <stddef.h>
#include <stdint.h>

struct arena;
struct target_row;

/* How late the tester was, in microseconds, sorted. */
struct lateness {
	int64_t *us;
	size_t n;
};

/* What a number of tests at once came to. */
struct calibration {
	struct lateness woke;        /* after a time that was slept for */
	struct lateness injected;    /* when the stack had taken a packet that was due then */
};

/* What was measured with a number of tests at once. */
struct calibration_level {
	unsigned int jobs;
	int64_t late_us;             /* what nearly all were not later than */
};

enum {
	CALIBRATE_SAMPLES_MIN = 2000,        /* such that 99.9% of them leaves some out */
};

/**
 * calibrate() - play @jobs tests at once that do nothing but wait and inject, for one to two seconds
 * @out: filled on success, with at least CALIBRATE_SAMPLES_MIN of each; in @a
 * @why: on failure, the reason for people
 *
 * The target's clock must be a real one.
 * Return: 0; -ERR_ENVIRONMENT or -ERR_IO
 */
int calibrate(struct arena *a, const struct target_row *stack, unsigned int jobs,
	      struct calibration *out, const char **why);

/**
 * calibrate_best() - the highest of @n levels, lowest first, that keeps to @limit_us; 0: none does
 *
 * A lower one that did not is taken for an accident, since more at once cannot be less late.
 */
unsigned int calibrate_best(const struct calibration_level *level, size_t n, int64_t limit_us);

/** lateness_at() - what @permille of all were not later than; 1000: the worst. 0 if there is none */
int64_t lateness_at(const struct lateness *l, unsigned int permille);

#endif
