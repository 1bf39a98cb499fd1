/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_RUN_WORKER_H
#define TCPDRILL_RUN_WORKER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/buf.h"

struct arena;

/* What the process does: writes lines to @line_fd and, where it waits for worker_answer(), reads a
 * byte from it. Its return value is the exit status. */
typedef int worker_main_fn(void *arg, int line_fd);

/* Borrowed until the worker has been started. */
struct worker_job {
	worker_main_fn *main;
	void *arg;
	bool is_sandboxed;           /* in namespaces of its own (target/sandbox.h) */
	bool passes_output;          /* its standard output and error are ours */
};

/* A process that sends lines. */
struct worker {
	pid_t pid;
	int pid_fd;                  /* readable when it has ended; -1: no such thing here */
	int line_fd;
	int output_fd;               /* its standard output and error; -1 when passed through */
	struct buf lines, output;
	size_t n_taken;              /* of lines: bytes that worker_line() has given */
	size_t output_dropped;       /* bytes beyond what is kept */
};

/**
 * worker_start() - run @job in a new process
 * Return: 0; -ERR_ENVIRONMENT or -ERR_IO with *why (in @a)
 */
int worker_start(struct arena *a, struct worker_job *job, struct worker *w, const char **why);

/** worker_read() - take what it has sent so far. False: nothing new */
bool worker_read(struct worker *w);

/** worker_unread_output() - how many bytes it and its programs have printed that were not taken;
 * SIZE_MAX when all have closed it */
size_t worker_unread_output(const struct worker *w);

/** worker_read_output() - take at most @n bytes of that */
void worker_read_output(struct worker *w, size_t n);

/** worker_line() - the next whole line, without its end; valid until worker_read(). False: none */
bool worker_line(struct worker *w, const char **line, size_t *n);

/** worker_answer() - let the worker go on, which waits for that */
void worker_answer(const struct worker *w);

/** worker_has_closed() - whether it sends no more lines */
bool worker_has_closed(const struct worker *w);

/** worker_fini() - close the pipes and free the buffers; the process itself is not touched */
void worker_fini(struct worker *w);

#endif
