/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_RUN_ENVIRONMENT_H
#define TCPDRILL_RUN_ENVIRONMENT_H

struct arena;

/**
 * environment_explain() - is it the machine that lacks something a failed command needs?
 * @text:   the command, as in the script
 * @status: its exit status
 * @output: what it printed
 *
 * Return: what is missing, for people, naming it ("the qdisc 'fq' is not in this kernel"), in @a;
 *         NULL when the command failed for a reason of its own
 */
const char *environment_explain(struct arena *a, const char *text, int status,
				const char *output);

#endif
