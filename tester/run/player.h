/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_RUN_PLAYER_H
#define TCPDRILL_RUN_PLAYER_H

#include <stddef.h>

struct board;
struct pool_options;
struct pool_test;
struct prepared;

/*
 * What a worker process does: play tests, one after the other. That one just passed, as most do, it
 * marks on the board; all else it tells in lines:
 *
 *	INDEX OUTCOME   what it found out of a test (run/outcome.h), when all that this has printed has
 *	                been read
 *
 * and, on a real clock, of the processor it holds from its start on (run/engine.h):
 *
 *	idle            it only waits from now on
 *	busy            it has work that cannot be put off
 *	asks            it has work, and waits for worker_answer() to begin it
 *
 * Who goes on with others waits for worker_answer() before it begins at all.
 */
struct player {
	const struct pool_options *opt;
	const struct pool_test *test;     /* all of them */
	struct board *board;
	unsigned int seat;
	size_t first;                     /* the test that was taken for it */
	struct prepared *prepared;        /* the first one, which then is the only one, and for which
					   * someone waits: it has its line in any case. NULL: goes on
					   * with those that nobody has, until there are none */
};

#define PLAYER_IDLE "idle"
#define PLAYER_BUSY "busy"
#define PLAYER_ASKS "asks"

/** player_main() - @arg: struct player; lines go to @line_fd. Return: exit status */
int player_main(void *arg, int line_fd);

#endif
