/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_CLI_PLAY_H
#define TCPDRILL_CLI_PLAY_H

#include <stddef.h>

#include "run/pool.h"

struct cli;
struct suite;
struct target_row;

enum { CLI_STACKS_MAX = 8 };

/* The stacks that --stacks names. */
struct cli_stacks {
	const struct target_row *row[CLI_STACKS_MAX];
	size_t n;
};

/** cli_stacks_read() - from --stacks, or all there are. 0, or an exit status after an error line */
int cli_stacks_read(struct cli *c, struct cli_stacks *out);

/**
 * cli_play() - run the scripts of @s on one stack, with what the command line says of tests
 *
 * The tests of @s are made anew. Return: 0, or the number of the signal that ended the run.
 */
int cli_play(struct cli *c, struct suite *s, const struct target_row *stack, pool_done_fn *done,
	     void *ctx);

#endif
