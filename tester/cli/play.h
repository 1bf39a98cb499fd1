/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_CLI_PLAY_H
#define TCPDRILL_CLI_PLAY_H

#include <stddef.h>

#include "run/pool.h"

struct cli;
struct suite;
struct target_row;

enum { CLI_STACKS_MAX = 8 };

/* One of the stacks that --stacks names. */
struct cli_stack {
	const struct target_row *row;
	const char *fault;           /* that it shall have, or NULL */
	const char *label;           /* its name and, if it was given one, its profile and its fault */
};

struct cli_stacks {
	struct cli_stack at[CLI_STACKS_MAX];
	size_t n;
};

/**
 * cli_stacks_read() - from --stacks, or all there are. 0, or an exit status after an error line
 *
 * With --fault the bundled stack may be named twice, and is if none is named: as it is, and with the
 * fault, which the last one has.
 */
int cli_stacks_read(struct cli *c, struct cli_stacks *out);

/** cli_profile_check() - whether --profile is one of @row's. 0, or an exit status after an error line */
int cli_profile_check(const struct cli *c, const struct target_row *row);

/** cli_pool() - how tests are played on @stack, as the command line says; whoever takes the records
 * is to be added */
struct pool_options cli_pool(const struct cli *c, const struct target_row *stack,
			     const char *fault);

/** cli_pool_test() - the test of @s with this index, which is its tag */
struct pool_test cli_pool_test(struct cli *c, const struct suite *s, size_t index);

/**
 * cli_play() - run the scripts of @s on one stack, with what the command line says of tests
 *
 * The tests of @s are made anew. Return: 0, or the number of the signal that ended the run.
 */
int cli_play(struct cli *c, struct suite *s, const struct cli_stack *stack, pool_done_fn *done,
	     void *ctx);

/** cli_tell_error() - print what a test with the verdict "error" found in its script, with its place */
void cli_tell_error(const struct cli *c, const struct test_record *rec);

#endif
