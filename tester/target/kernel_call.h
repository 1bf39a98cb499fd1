/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_TARGET_KERNEL_CALL_H
#define TCPDRILL_TARGET_KERNEL_CALL_H

#include "call/call.h"

struct arena;

/*
 * System calls of the kernel under test, made by this process. The process must ignore SIGPIPE.
 * Descriptors are made exactly as the script asks, so without close-on-exec unless it wants that:
 * whoever starts a program has to close them there (close_range()).
 */

/**
 * kernel_call_run() - make one call, now
 * @req: its descriptors are real ones; borrowed
 * @res: filled, in @a; times are CLOCK_MONOTONIC just around the call
 * @why: on failure, the reason for people (static text or in @a)
 *
 * Return: 0 when the call was made, whatever it gave; -ERR_UNSUPPORTED when this kernel target
 *         does not have it; -ERR_RANGE when there is no memory for its buffers
 */
int kernel_call_run(struct arena *a, const struct call_request *req, struct call_result *res,
		    const char **why);

/*
 * The same in three steps, for calls that block: only kernel_call_invoke() may be in another
 * thread, as it touches nothing but its own memory; prepare and finish use the arena.
 */
struct kernel_call;

/** kernel_call_prepare() - lay out the arguments in memory. Return: as kernel_call_run() */
int kernel_call_prepare(struct arena *a, const struct call_request *req, struct kernel_call **out,
			const char **why);

/** kernel_call_invoke() - make the call and note its result and times */
void kernel_call_invoke(struct kernel_call *kc);

/** kernel_call_finish() - take what the call left into *@res and give back its buffers, but those
 * that are sent when the request says keep_buffers */
void kernel_call_finish(struct kernel_call *kc, struct call_result *res);

#endif
