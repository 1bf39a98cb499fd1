/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_TARGET_SANDBOX_H
#define TCPDRILL_TARGET_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct arena;

/*
 * A process of its own for one test: new network and PID namespaces (and a user namespace when not
 * root), ended with everything it started when it, or whoever started it, ends in whatever way.
 */

typedef int sandbox_main_fn(void *arg);

/**
 * sandbox_spawn() - run @main_fn(@arg) inside; its return value is the exit status
 * @pid: filled: the process to wait for; killing it with SIGKILL ends all of the sandbox
 * @why: on failure, the reason for people (static text or in @a)
 *
 * The sandbox ends with the thread that calls this, so that had better be the main one. A worker
 * that dies by a signal gives the exit status 128 + signal. What @main_fn returns ends up in
 * _exit(): nothing that the caller registered with atexit() runs.
 *
 * Inside, getpid() is what a shell started there sees as its $PPID and differs between sandboxes
 * that run at once, since scripts name files after it (language: 5). The child's own failure to
 * enter (no user namespaces, ...) is reported through @why as well.
 * Return: 0; -ERR_ENVIRONMENT
 */
int sandbox_spawn(struct arena *a, sandbox_main_fn *main_fn, void *arg, pid_t *pid,
		  const char **why);

/**
 * sandbox_spawn_netless() - as sandbox_spawn(), for who makes a network namespace inside: @main_fn
 * may, and until then is in the caller's
 */
int sandbox_spawn_netless(struct arena *a, sandbox_main_fn *main_fn, void *arg, pid_t *pid,
			  const char **why);

/* One thing that the machine must give, for "tcpdrill doctor" (one row per check). */
enum doctor_result { DOCTOR_OK, DOCTOR_WARNING, DOCTOR_MISSING };

struct doctor_row {
	const char *name;          /* "TUN device" */
	/* Fills *found with what was seen and *advice with the exact command that mends it. */
	enum doctor_result (*check)(struct arena *a, const char **found, const char **advice);
	const char *needed_for;    /* "kernel target", "code blocks", ... */
};

extern const struct doctor_row doctor_table[];
extern const size_t doctor_table_len;

#endif
