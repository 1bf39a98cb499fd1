/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_TARGET_SHELL_H
#define TCPDRILL_TARGET_SHELL_H

#include <stdbool.h>
#include <stdint.h>

struct arena;
struct target_command_result;

/* How commands of a script are run (language: 5). */
struct shell_config {
	const char *work_dir;     /* NULL: where we are */
	bool pass_output;         /* to our stdout and stderr; else kept */
	const char *const *env;   /* more variables, NAME=VALUE, ended by NULL; NULL: none */
	int idle_fd;              /* while waiting: when this is readable ...; -1: nothing is */
	void (*on_idle)(void *ctx);   /* ... this is called, and must take away what is there */
	void *ctx;
};

/**
 * shell_run() - run @text by /bin/sh -c, as a direct child in a process group of its own
 * @deadline_ns: CLOCK_MONOTONIC; then the group is killed
 *
 * The child's PPID and $PACKETDRILL_PID are our PID. Ends when the shell ends: what it left in the
 * background is not waited for.
 * Return: 0 with @res filled; -ERR_IO when no process could be made
 */
int shell_run(struct arena *a, const struct shell_config *config, const char *text,
	      int64_t deadline_ns, struct target_command_result *res);

#endif
