/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_RUN_WORKER_H
#define TCPDRILL_RUN_WORKER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/buf.h"
#include "judge/verdict.h"
#include "run/engine.h"

struct arena;
struct plan;
struct target_row;

/* What a worker is to do. Borrowed until it has ended. */
struct worker_job {
	const struct plan *plan;
	const struct target_row *stack;
	struct engine_options engine;
	const char *folder;          /* to work in; NULL: as it is */
	struct test_record rec;      /* its id fields */
};

/* A process that runs one test and sends its record through a pipe. */
struct worker {
	pid_t pid;
	int pid_fd;                  /* readable when it has ended; -1: no such thing here */
	int record_fd;
	int output_fd;               /* its standard output and error; -1 when passed through */
	struct buf record, output;
	size_t output_dropped;       /* bytes beyond what is kept */
};

/**
 * worker_start() - run @job in a new process, in a sandbox when its stack wants one
 * Return: 0; -ERR_ENVIRONMENT or -ERR_IO with *why (in @a)
 */
int worker_start(struct arena *a, struct worker_job *job, struct worker *w, const char **why);

/** worker_read() - take what it has sent. True once the whole record is there */
bool worker_read(struct worker *w);

/** worker_has_closed() - whether the record pipe has ended */
bool worker_has_closed(const struct worker *w);

/** worker_fini() - close the pipes and free the buffers; the process itself is not touched */
void worker_fini(struct worker *w);

#endif
