/* SPDX-License-Identifier: BSD-2-Clause */
#include "target/punctual.h"

#include <sched.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "target/clock.h"

/* What sched_setattr(2) takes; not every C library declares it, and some clash with the kernel's
 * header. */
struct attributes {
	uint32_t size;
	uint32_t policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime_ns, deadline_ns, period_ns;
};

enum {
	FLAG_RESET_ON_FORK = 1,
	/* The shortest slice that the fair scheduler grants (Linux 6.12); whoever asks for short
	 * ones is served the sooner. Older kernels ignore it. */
	SHORT_SLICE_NS = 100 * NS_PER_US,
};

static long set_attributes(const struct attributes *attr)
{
	return syscall(SYS_sched_setattr, 0, attr, 0);
}

void punctual_begin(void)
{
	struct attributes real_time = { .size = sizeof(real_time),
					.policy = SCHED_FIFO,
					.flags = FLAG_RESET_ON_FORK,
					.priority = (uint32_t)sched_get_priority_min(SCHED_FIFO) };
	struct attributes fair = { .size = sizeof(fair),
				   .policy = SCHED_OTHER,
				   .flags = FLAG_RESET_ON_FORK,
				   .runtime_ns = SHORT_SLICE_NS };
	cpu_set_t cpus;

	prctl(PR_SET_TIMERSLACK, 1UL, 0, 0, 0);
	/* With one CPU, real-time priority would only keep the stack's own threads away. */
	if (sched_getaffinity(0, sizeof(cpus), &cpus) == 0 && CPU_COUNT(&cpus) > 1 &&
	    set_attributes(&real_time) == 0)
		mlockall(MCL_CURRENT);
	else
		set_attributes(&fair);
}

void punctual_like(pid_t tid)
{
	struct attributes attr = { .size = sizeof(attr) };

	prctl(PR_SET_TIMERSLACK, 1UL, 0, 0, 0);
	if (syscall(SYS_sched_getattr, tid, &attr, (unsigned int)sizeof(attr), 0) == 0)
		set_attributes(&attr);
}
