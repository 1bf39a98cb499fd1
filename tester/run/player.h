/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_RUN_PLAYER_H
#define TCPDRILL_RUN_PLAYER_H

#include <stddef.h>

struct pool_options;
struct pool_test;
struct prepared;

/* A part of the queue. One of none means: there is no more. */
struct player_share {
	size_t from, n;
};

/*
 * What a worker process does: play tests, one after the other, and tell of each in lines:
 *
 *	begin LIMIT     the test is about to be played, for at most LIMIT microseconds; left out
 *	                where that is POOL_TIMEOUT_DEFAULT_S
 *	{...}           its record (run/record.h), when all that it has printed has been read
 *	passed WALL LATE  the same for the many of which this is all: their times, in microseconds
 *
 * and, on a real clock, of the processor it holds from its start on (run/engine.h):
 *
 *	idle            it only waits from now on
 *	busy            it has work that cannot be put off
 *	asks            it has work, and waits for worker_answer() to begin it
 *
 * Unless it was given what is prepared, it then waits for another share, by worker_give().
 */
struct player {
	const struct pool_options *opt;
	const struct pool_test *test;     /* all of them */
	const size_t *queue;              /* their numbers, in the order in which they are played */
	struct player_share first;
	struct prepared *prepared;        /* of the only one, which then is played here; or NULL */
};

#define PLAYER_BEGIN "begin "
#define PLAYER_PASSED "passed "
#define PLAYER_IDLE "idle"
#define PLAYER_BUSY "busy"
#define PLAYER_ASKS "asks"

/** player_main() - @arg: struct player; lines go to @line_fd. Return: exit status */
int player_main(void *arg, int line_fd);

#endif
