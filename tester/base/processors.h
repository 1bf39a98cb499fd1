/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_BASE_PROCESSORS_H
#define TCPDRILL_BASE_PROCESSORS_H

#include <pthread.h>
#include <sys/types.h>

/** processors_count() - how many this process may use */
unsigned int processors_count(void);

/*
 * The kernel often leaves a new process or thread waiting on the processor of its maker though another
 * one idles, until the next tick finds it there: up to 4 ms, which is a twentieth of what a run in
 * virtual time takes. Those below say where it begins; the kernel may move it later.
 */

/** processors_place() - let the process that was just made begin on the @nth processor (from 0) behind
 * ours */
void processors_place(pid_t pid, unsigned int nth);

/** processors_thread() - make a thread that begins there. Return: 0, or an errno */
int processors_thread(pthread_t *thread, unsigned int nth, void *(*fn)(void *arg), void *arg);

#endif
