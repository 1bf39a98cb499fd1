/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_JUDGE_CALL_MATCH_H
#define TCPDRILL_JUDGE_CALL_MATCH_H

#include "call/call.h"

struct arena;

/* One difference between what a script expects of a call and what happened. */
struct call_finding {
	struct span span;            /* in the script */
	const char *what;            /* "return value", "errno", "revents of fd 4", ... */
	const char *expected, *actual;
};

/* What a comparison needs to know of the run. */
struct call_match_env {
	/* the label of a target's handle, negative when it has none */
	int64_t (*label)(void *ctx, int64_t handle);
	/* CLOCK_REALTIME, as in SCM_TIMESTAMPING, to the time of the script */
	int64_t (*script_time_ns)(void *ctx, int64_t real_ns);
	void *ctx;
	/* where in its stream each byte of the data belongs that was received; NULL: all are zeros */
	const uint32_t *position;
	int64_t tolerance_ns;        /* of stamps and of durations in option stats */
};

/**
 * call_match() - compare a result with its expectation: value, errno and all that the call filled
 * @out: filled with an array in @a of all differences, in the order of the arguments
 *
 * Times of the call are not compared here. What a call that failed left behind is not compared,
 * but for the option of getsockopt.
 * Return: the number of findings
 * Source: language 4.1, 4.5 to 4.7
 */
size_t call_match(struct arena *a, const struct call_spec *spec, const struct call_result *res,
		  const struct call_match_env *env, struct call_finding **out);

#endif
