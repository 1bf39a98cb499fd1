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

/**
 * calibrate() - play @jobs tests at once that do nothing but wait and inject, for about a second
 * @out: filled on success; in @a
 * @why: on failure, the reason for people
 *
 * The target's clock must be a real one.
 * Return: 0; -ERR_ENVIRONMENT or -ERR_IO
 */
int calibrate(struct arena *a, const struct target_row *stack, unsigned int jobs,
	      struct calibration *out, const char **why);

/** lateness_at() - what @permille of all were not later than; 1000: the worst. 0 if there is none */
int64_t lateness_at(const struct lateness *l, unsigned int permille);

#endif
