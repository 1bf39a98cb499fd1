/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_TARGET_KERNEL_CALL_IMPL_H
#define TCPDRILL_TARGET_KERNEL_CALL_IMPL_H

#include <sys/socket.h>

#include "target/kernel_call.h"

/* One argument in the form that the call takes: a number or a pointer. */
struct slot {
	int64_t n;
	void *p;
	size_t n_bytes;          /* room at p */
	socklen_t len;           /* address and option lengths: the object that p points to */
};

/* A mapped buffer: whole pages of its own, as zero-copy sending pins them. */
struct region {
	void *p;
	size_t n_bytes;
	bool is_sent;
	struct region *next;
};

struct kernel_call {
	struct arena *a;
	const struct call_request *req;
	struct slot slot[CALL_MAX_ARGS];
	struct region *regions;
	struct payload payload;  /* what the next buffer to be sent begins with */
	int64_t value;
	int32_t err;
	int64_t start_ns, end_ns;
};

/* kernel_call_in.c: an argument to its slot; 0 or -ERR_RANGE */
int kernel_call_marshal(struct kernel_call *kc, size_t i);

/* kernel_call_out.c: what the call left at argument @i to @res */
void kernel_call_collect(struct kernel_call *kc, size_t i, struct call_result *res);

#endif
