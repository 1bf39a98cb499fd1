/* SPDX-License-Identifier: BSD-2-Clause */
#include "run/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/util.h"
#include "target/sandbox.h"

/* A script may print without end; this much of it is kept. */
enum { OUTPUT_MAX_BYTES = 64 * 1024 };
/* Lines hold bounded texts; more than this at once is a fault. */
enum { LINES_MAX_BYTES = 64 * 1024 * 1024 };
/* Of one descriptor at once. */
enum { CHUNKS_MAX = 256 };

/* Both ends of what connects us, as the child is born with them: ours first. */
struct birth {
	struct worker_job *job;
	pid_t parent;
	int lines[2], output[2];
};

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

	if (!b->job->is_sandboxed) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != b->parent)
			return 1;
	}
	default_signals();
	close(b->lines[0]);
	if (b->output[1] >= 0)
		redirect(b);
	return b->job->main(b->job->arg, b->lines[1]);
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
	if (b->job->is_sandboxed)
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
		.lines = { -1, -1 },
		.output = { -1, -1 },
	};
	int rc;

	*w = (struct worker){ .pid = -1, .pid_fd = -1, .line_fd = -1, .output_fd = -1 };
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, b.lines) < 0 ||
	    (!job->passes_output && pipe2(b.output, O_CLOEXEC) < 0)) {
		*why = arena_printf(a, "cannot make a pipe: %s", strerror(errno));
		rc = -ERR_IO;
		goto fail;
	}
	rc = spawn(a, &b, &w->pid, why);
	if (rc < 0)
		goto fail;
	close(b.lines[1]);
	if (b.output[1] >= 0)
		close(b.output[1]);
	w->line_fd = b.lines[0];
	w->output_fd = b.output[0];
	fcntl(w->line_fd, F_SETFL, O_NONBLOCK);
	if (w->output_fd >= 0)
		fcntl(w->output_fd, F_SETFL, O_NONBLOCK);
	w->pid_fd = (int)syscall(SYS_pidfd_open, w->pid, 0);
	return 0;
fail:
	close_pipe(b.lines);
	close_pipe(b.output);
	return rc;
}

/* Takes what is there, at most @n_wanted bytes; false once the other side has closed. */
static bool drain(int fd, size_t n_wanted, struct buf *out, size_t max, size_t *dropped)
{
	char chunk[16384];

	/* Someone may write without end, who must not keep the runner here. */
	for (int i = 0; i < CHUNKS_MAX && n_wanted; i++) {
		size_t room = n_wanted < sizeof(chunk) ? n_wanted : sizeof(chunk);
		ssize_t n = read(fd, chunk, room);
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
		n_wanted -= (size_t)n;
		if ((size_t)n < room)
			break;
	}
	return true;
}

/* Lines that have been taken make room; what remains is less than a line. */
static void forget_taken(struct worker *w)
{
	if (!w->n_taken)
		return;
	w->lines.len -= w->n_taken;
	memmove(w->lines.data, w->lines.data + w->n_taken, w->lines.len);
	w->n_taken = 0;
}

bool worker_read(struct worker *w)
{
	size_t too_much = 0, n_before;

	forget_taken(w);
	n_before = w->lines.len;
	if (w->line_fd >= 0 &&
	    !drain(w->line_fd, SIZE_MAX, &w->lines, LINES_MAX_BYTES, &too_much)) {
		close(w->line_fd);
		w->line_fd = -1;
	}
	return w->lines.len > n_before;
}

size_t worker_unread_output(const struct worker *w)
{
	struct pollfd f = { .fd = w->output_fd };
	int n = 0;

	if (w->output_fd < 0 || ioctl(w->output_fd, FIONREAD, &n) < 0)
		return 0;
	/* Its end is to be read, too, or poll() would tell of it for ever. */
	return n == 0 && poll(&f, 1, 0) == 1 ? SIZE_MAX : (size_t)n;
}

void worker_read_output(struct worker *w, size_t n)
{
	if (w->output_fd >= 0 &&
	    !drain(w->output_fd, n, &w->output, OUTPUT_MAX_BYTES, &w->output_dropped)) {
		close(w->output_fd);
		w->output_fd = -1;
	}
}

bool worker_line(struct worker *w, const char **line, size_t *n)
{
	size_t left = w->lines.len - w->n_taken;
	const char *from = left ? w->lines.data + w->n_taken : NULL;
	const char *end = from ? memchr(from, '\n', left) : NULL;

	if (!end)
		return false;
	*line = from;
	*n = (size_t)(end - from);
	w->n_taken += *n + 1;
	return true;
}

void worker_answer(const struct worker *w)
{
	/* One that is gone is found out by other means. */
	send(w->line_fd, "", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

bool worker_has_closed(const struct worker *w)
{
	return w->line_fd < 0;
}

void worker_fini(struct worker *w)
{
	int *fd[] = { &w->pid_fd, &w->line_fd, &w->output_fd };

	for (size_t i = 0; i < ARRAY_LEN(fd); i++) {
		if (*fd[i] >= 0)
			close(*fd[i]);
		*fd[i] = -1;
	}
	buf_fini(&w->lines);
	buf_fini(&w->output);
}
