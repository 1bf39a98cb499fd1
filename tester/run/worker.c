/* SPDX-License-Identifier: BSD-2-Clause */
#include "run/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "run/record.h"
#include "target/sandbox.h"
#include "target/target.h"

/* A script may print without end; this much of it is kept. */
enum { OUTPUT_MAX_BYTES = 64 * 1024 };
/* A record holds bounded texts of its own; more than this is a fault. */
enum { RECORD_MAX_BYTES = 64 * 1024 * 1024 };

/* Both sides of the pipes, as the child is born with them. */
struct birth {
	struct worker_job *job;
	pid_t parent;
	int record[2], output[2];
	bool is_sandboxed;
};

static bool write_all(int fd, const char *data, size_t n)
{
	while (n) {
		ssize_t done = write(fd, data, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return false;
		data += done;
		n -= (size_t)done;
	}
	return true;
}

/* Signals as a program finds them at its start; the runner has blocked those that end it. */
static void default_signals(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void redirect(const struct birth *b)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	/* A group of its own: Ctrl-C is for the runner, which ends us. */
	setpgid(0, 0);
	if (null >= 0) {
		dup2(null, STDIN_FILENO);
		close(null);
	}
	dup2(b->output[1], STDOUT_FILENO);
	dup2(b->output[1], STDERR_FILENO);
	close(b->output[0]);
	close(b->output[1]);
}

static int child_main(void *arg)
{
	struct birth *b = arg;
	struct worker_job *job = b->job;
	struct arena *a = arena_new();
	struct buf line = { 0 };
	bool ok;

	if (!b->is_sandboxed) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != b->parent)
			return 1;
	}
	default_signals();
	close(b->record[0]);
	if (b->output[1] >= 0)
		redirect(b);
	if (job->folder && chdir(job->folder) < 0) {
		job->rec.verdict = VERDICT_ENVIRONMENT;
		job->rec.reason = arena_printf(a, "cannot enter folder '%s': %s", job->folder,
					       strerror(errno));
	} else {
		engine_run(a, job->plan, job->stack, &job->engine, &job->rec);
	}
	record_write(&job->rec, &line);
	ok = write_all(b->record[1], line.data, line.len);
	buf_fini(&line);
	arena_free(a);
	return ok ? 0 : 1;
}

static void close_pipe(int fd[2])
{
	for (int i = 0; i < 2; i++) {
		if (fd[i] >= 0)
			close(fd[i]);
		fd[i] = -1;
	}
}

static int spawn(struct arena *a, struct birth *b, pid_t *pid, const char **why)
{
	if (b->is_sandboxed)
		return sandbox_spawn(a, child_main, b, pid, why);
	*pid = fork();
	if (*pid == 0)
		_exit(child_main(b));
	if (*pid < 0) {
		*why = arena_printf(a, "cannot make a process: %s", strerror(errno));
		return -ERR_ENVIRONMENT;
	}
	return 0;
}

int worker_start(struct arena *a, struct worker_job *job, struct worker *w, const char **why)
{
	struct birth b = {
		.job = job,
		.parent = getpid(),
		.record = { -1, -1 },
		.output = { -1, -1 },
		.is_sandboxed = job->stack->wants_sandbox,
	};
	int rc;

	*w = (struct worker){ .pid = -1, .pid_fd = -1, .record_fd = -1, .output_fd = -1 };
	if (pipe2(b.record, O_CLOEXEC) < 0 ||
	    (!job->engine.pass_output && pipe2(b.output, O_CLOEXEC) < 0)) {
		*why = arena_printf(a, "cannot make a pipe: %s", strerror(errno));
		rc = -ERR_IO;
		goto fail;
	}
	rc = spawn(a, &b, &w->pid, why);
	if (rc < 0)
		goto fail;
	close(b.record[1]);
	if (b.output[1] >= 0)
		close(b.output[1]);
	w->record_fd = b.record[0];
	w->output_fd = b.output[0];
	fcntl(w->record_fd, F_SETFL, O_NONBLOCK);
	if (w->output_fd >= 0)
		fcntl(w->output_fd, F_SETFL, O_NONBLOCK);
	w->pid_fd = (int)syscall(SYS_pidfd_open, w->pid, 0);
	return 0;
fail:
	close_pipe(b.record);
	close_pipe(b.output);
	return rc;
}

/* Takes what is there; false once the other side has closed. */
static bool drain(int fd, struct buf *out, size_t max, size_t *dropped)
{
	char chunk[16384];

	for (;;) {
		ssize_t n = read(fd, chunk, sizeof(chunk));
		size_t keep;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN;
		if (n == 0)
			return false;
		keep = out->len < max ? max - out->len : 0;
		if (keep > (size_t)n)
			keep = (size_t)n;
		buf_add(out, chunk, keep);
		*dropped += (size_t)n - keep;
		/* Someone who writes without end must not keep the runner here. */
		if (*dropped && n == sizeof(chunk))
			return true;
	}
}

bool worker_read(struct worker *w)
{
	size_t too_much = 0;

	if (w->output_fd >= 0 &&
	    !drain(w->output_fd, &w->output, OUTPUT_MAX_BYTES, &w->output_dropped)) {
		close(w->output_fd);
		w->output_fd = -1;
	}
	if (w->record_fd >= 0 && !drain(w->record_fd, &w->record, RECORD_MAX_BYTES, &too_much)) {
		close(w->record_fd);
		w->record_fd = -1;
	}
	return w->record.len && w->record.data[w->record.len - 1] == '\n';
}

bool worker_has_closed(const struct worker *w)
{
	return w->record_fd < 0;
}

void worker_fini(struct worker *w)
{
	int *fd[] = { &w->pid_fd, &w->record_fd, &w->output_fd };

	for (size_t i = 0; i < ARRAY_LEN(fd); i++) {
		if (*fd[i] >= 0)
			close(*fd[i]);
		*fd[i] = -1;
	}
	buf_fini(&w->record);
	buf_fini(&w->output);
}
