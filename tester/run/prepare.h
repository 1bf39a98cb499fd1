/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_RUN_PREPARE_H
#define TCPDRILL_RUN_PREPARE_H

#include <stdbool.h>

#include "judge/verdict.h"
#include "run/engine.h"

struct arena;
struct plan;
struct pool_options;
struct pool_test;

/* A test up to the moment when it can be played. Everything lives in the arena it was made in. */
struct prepared {
	const struct plan *plan;     /* NULL: rec has its verdict already, and nothing is to be played */
	struct engine_options engine;
	const char *folder;          /* to work in; NULL: as it is */
	struct test_record rec;
};

/** prepare_record() - a record that only says which test it is of */
struct test_record prepare_record(const struct pool_test *t, const struct pool_options *opt);

/** prepare_seed() - what the random choices of a test follow from, below 2^63 */
uint64_t prepare_seed(const struct pool_test *t, const struct pool_options *opt);

/** prepare_test() - read and bind the script, check its needs, settle its options */
struct prepared prepare_test(struct arena *a, const struct pool_test *t,
			     const struct pool_options *opt);

/** prepare_wants_sandbox() - whether a test must have namespaces of its own with this stack */
bool prepare_wants_sandbox(const struct prepared *p, const struct pool_options *opt);

#endif
