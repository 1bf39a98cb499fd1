/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/processors.h"

#include <sched.h>
#include <stdbool.h>

unsigned int processors_count(void)
{
	cpu_set_t all;

	if (sched_getaffinity(0, sizeof(all), &all) < 0)
		return 1;
	return (unsigned int)CPU_COUNT(&all);
}

/* The @nth of ours behind the one that we are on. False where that cannot be known. */
static bool choose(unsigned int nth, cpu_set_t *all, cpu_set_t *one)
{
	int here = sched_getcpu();
	unsigned int left, cpu;

	if (here < 0 || sched_getaffinity(0, sizeof(*all), all) < 0)
		return false;
	cpu = (unsigned int)here;
	for (left = nth % (unsigned int)CPU_COUNT(all) + 1; left; left -= CPU_ISSET(cpu, all) != 0)
		cpu = (cpu + 1) % CPU_SETSIZE;
	CPU_ZERO(one);
	CPU_SET(cpu, one);
	return true;
}

void processors_place(pid_t pid, unsigned int nth)
{
	cpu_set_t all, one;

	if (choose(nth, &all, &one) && sched_setaffinity(pid, sizeof(one), &one) == 0)
		sched_setaffinity(pid, sizeof(all), &all);
}

int processors_thread(pthread_t *thread, unsigned int nth, void *(*fn)(void *arg), void *arg)
{
	cpu_set_t all, one;
	pthread_attr_t attr;
	int rc;

	if (!choose(nth, &all, &one) || pthread_attr_init(&attr) != 0)
		return pthread_create(thread, NULL, fn, arg);
	pthread_attr_setaffinity_np(&attr, sizeof(one), &one);
	rc = pthread_create(thread, &attr, fn, arg);
	pthread_attr_destroy(&attr);
	/* It may be forbidden, or that processor gone by now. */
	if (rc != 0)
		return pthread_create(thread, NULL, fn, arg);
	pthread_setaffinity_np(*thread, sizeof(all), &all);
	return 0;
}
