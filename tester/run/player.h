/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_RUN_PLAYER_H
#define TCPDRILL_RUN_PLAYER_H

#include <stddef.h>

struct pool_options;
struct pool_test;
struct prepared;

/*
 * What a worker process does: play tests, one after the other, and tell of each in lines on a pipe:
 *
 *	begin LIMIT     the test is about to be played, for at most LIMIT microseconds
 *	{...}           its record (run/record.h)
 *	alone           in place of both: it wants a sandbox, so somebody else has to play it
 */
struct player {
	const struct pool_options *opt;
	const struct pool_test *test;     /* all of them */
	const size_t *index;              /* those to play, n of them */
	size_t n;
	struct prepared *prepared;        /* of the only one, which then is played here; or NULL */
};

#define PLAYER_BEGIN "begin "
#define PLAYER_ALONE "alone"

/** player_main() - @arg: struct player; lines go to @line_fd. Return: exit status */
int player_main(void *arg, int line_fd);

#endif
