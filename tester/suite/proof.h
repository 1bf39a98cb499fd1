/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_SUITE_PROOF_H
#define TCPDRILL_SUITE_PROOF_H

#include <stdbool.h>
#include <stddef.h>

#include "judge/verdict.h"
#include "suite/suite.h"

struct only;

/*
 * Which scripts prove which requirement, and what came of them on each stack.
 */

/* What the tests of one stack say of one requirement. */
struct proof_cell {
	bool has_verdict;            /* any test of it said something */
	enum verdict verdict;        /* what weighs most: a failure, then a pass, then a skip */
	const char *id;              /* of the test that decides it */
	const char *reason;          /* of that test */
	const char *profile;         /* in which it was played; "": in the stack's own */
};

struct proof_row {
	const struct requirement *req;
	const struct suite_script **script;
	size_t n_scripts, scripts_cap;
	struct proof_cell *cell;     /* one per stack; NULL before proof_add_stacks() */
	bool is_left_out;            /* it was not asked for, or is of a part that was not looked at */
};

/* A script that names no requirement. */
struct proof_script {
	const struct suite_script *script;
	struct proof_cell *cell;     /* as above */
};

struct proof {
	const struct suite_home *home;
	struct proof_row *row;       /* as home->reqs->row */
	size_t n_rows;
	size_t n_stacks;
	struct proof_script *without;
	size_t n_without, without_cap;
	size_t n_left_out;           /* rows */
	size_t n_scripts;            /* of this home */
	bool is_strict;              /* also what is only advised fails */
};

/** proof_build() - the scripts of @s that belong to @home, by requirement; @home must have a table */
void proof_build(struct arena *a, const struct suite *s, const struct suite_home *home,
		 struct proof *out);

/**
 * proof_choose() - leave out the rows that nobody asked for
 * @only: choices, as the scripts were chosen by; of those that speak of requirements, all must fit
 * @is_whole: all scripts of the suite were looked at, so that it means something if a row has none
 */
void proof_choose(struct proof *p, const struct only *only, size_t n_only, bool is_whole);

/** proof_add_stacks() - make room for the verdicts of @n stacks */
void proof_add_stacks(struct arena *a, struct proof *p, size_t n);

/**
 * proof_add() - what a settled test on stack @stack says of the requirements of its script
 *
 * A failure speaks of the ids named on its line, if there are any, else of those that no line names: of
 * its case or, if that has none, of the header. Of what lies behind it in the script it says nothing,
 * unless the test went on; what lies before it has passed. Any other verdict speaks of all ids of the
 * case or the header. A script without requirements has the verdict for itself.
 */
void proof_add(struct proof *p, size_t stack, const struct suite_script *script,
	       const struct test_record *rec);

/** proof_is_observable() - whether anybody outside can prove the requirement */
bool proof_is_observable(const struct requirement *r);

enum proof_key { PROOF_BY_RFC, PROOF_BY_AREA, PROOF_BY_LEVEL };

/* Counts of the rows of one RFC, of one area, of one level, or of all. */
struct proof_sum {
	const char *name;
	size_t n_rows, n_observable, n_scripted;
	size_t *n;                   /* [stack * VERDICT_COUNT + verdict] */
};

struct proof_sums {
	struct proof_sum *sum;
	size_t n, cap;
};

/** proof_sum_up() - one sum per RFC, area or level, in the order of the table; the last is of all
 * rows, under the name "all" */
struct proof_sums proof_sum_up(struct arena *a, const struct proof *p, enum proof_key key);

#endif
