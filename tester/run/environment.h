/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_RUN_ENVIRONMENT_H
#define TCPDRILL_RUN_ENVIRONMENT_H

#include <stdbool.h>

struct arena;

/**
 * environment_explain() - is it the machine that lacks something a command needs?
 * @text:   the command, as in the script
 * @status: its exit status
 * @output: what it printed
 * @is_of_stack: filled: it is the stack under test that lacks it, not the machine beside it
 *
 * Return: what is missing, for people, naming it ("the queueing discipline 'fq' is not in this
 *         kernel"), in @a; NULL when nothing of the kind can be seen
 */
const char *environment_explain(struct arena *a, const char *text, int status,
				const char *output, bool *is_of_stack);

/**
 * environment_doubt() - as environment_explain() for a command that ended well all the same: only
 * what changes the behaviour that the rest of the script is about
 */
const char *environment_doubt(struct arena *a, const char *text, const char *output);

#endif
