/* SPDX-License-Identifier: BSD-2-Clause */
/* Other work for the machine, that a test must not suffer from. */
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/util.h"
#include "bench.h"

enum { PER_PROCESSOR = 2, MOST_SECONDS = 60 };

static void compute(pid_t parent)
{
	const struct rlimit most = { MOST_SECONDS, MOST_SECONDS };
	volatile unsigned n = 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setrlimit(RLIMIT_CPU, &most);
	while (getppid() == parent) {
		for (int i = 0; i < 100000000; i++)
			n = n + 1;
	}
	_exit(0);
}

void load_begin(struct load *l)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN) * PER_PROCESSOR;
	pid_t us = getpid();

	l->n = 0;
	while (l->n < (size_t)n && l->n < ARRAY_LEN(l->pid)) {
		pid_t pid = fork();

		if (pid == 0)
			compute(us);
		if (pid < 0)
			break;
		l->pid[l->n++] = pid;
	}
}

void load_end(struct load *l)
{
	for (size_t i = 0; i < l->n; i++) {
		kill(l->pid[i], SIGKILL);
		waitpid(l->pid[i], NULL, 0);
	}
	l->n = 0;
}
