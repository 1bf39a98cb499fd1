/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_TARGET_KERNEL_CALL_H
#define TCPDRILL_TARGET_KERNEL_CALL_H

struct arena;
struct call_request;
struct call_result;

/**
 * kernel_call_run() - perform @req by real system calls, in the calling thread
 * @a:   outputs are allocated here
 * @res: value, err and outputs are filled; start and end times are the caller's business
 * @why: on failure, the reason for people
 * Return: 0 when the system was asked; -ERR_UNSUPPORTED, -ERR_STATE
 */
int kernel_call_run(struct arena *a, const struct call_request *req, struct call_result *res,
		    const char **why);

#endif
