/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_TARGET_CALLER_H
#define TCPDRILL_TARGET_CALLER_H

#include <stdint.h>

struct arena;
struct call_request;
struct call_result;
struct caller;

/*
 * Makes the calls of a script on time: those that may block in a thread of its own, the others in
 * the calling thread under a watchdog.
 */

/**
 * caller_open() - nothing runs yet; the thread is made by the first call that needs it
 * @watchdog_ns: how long a call that is not meant to block may take
 * Return: 0; -ERR_ENVIRONMENT with *why
 */
int caller_open(struct arena *a, int64_t watchdog_ns, struct caller **out, const char **why);

/**
 * caller_run() - start a call now; as target_ops.call
 * Return: TARGET_CALL_DONE with @res filled, TARGET_CALL_PENDING; with *why: -ERR_TIMEOUT from
 *         the watchdog, -ERR_STATE when another call still blocks, errors of kernel_call_run()
 */
int caller_run(struct caller *c, const struct call_request *req, struct call_result *res,
	       const char **why);

/** caller_fd() - becomes readable when a pending call has returned */
int caller_fd(const struct caller *c);

/** caller_next_ns() - when the oldest returned call came back; INT64_MAX when there is none */
int64_t caller_next_ns(struct caller *c);

/** caller_take() - the oldest returned call, which must exist; in the arena of caller_open() */
struct call_result *caller_take(struct caller *c);

/** caller_close() - interrupts a call that still blocks; NULL is allowed */
void caller_close(struct caller *c);

#endif
