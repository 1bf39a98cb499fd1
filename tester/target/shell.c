/* SPDX-License-Identifier: BSD-2-Clause */
#include "target/shell.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "target/clock.h"
#include "target/target.h"

enum {
	KEEP_BYTES = 64 * 1024,
	DEFAULT_SLACK_NS = 50 * NS_PER_US, /* the system's own default */
	EXEC_FAILED = 127,
	OLD_MAX_FDS = 1024, /* the usual limit, where there is no close_range() (Linux 5.9) */
};

/* A shell that runs. */
struct shell {
	const struct shell_config *config;
	pid_t pid;
	int pid_fd; /* readable when it has ended */
	int out_fd; /* our end of its output; -1: passed through or closed */
	struct buf output;
};

extern char **environ;

/* Sets one NAME=VALUE in an environment that has room. */
static void set_variable(char **env, size_t *n, char *variable)
{
	size_t name_bytes = strcspn(variable, "=") + 1, i = 0;

	while (i < *n && strncmp(env[i], variable, name_bytes) != 0)
		i++;
	env[i] = variable;
	if (i == *n)
		env[++*n] = NULL;
}

/* The environment with PACKETDRILL_PID and what the target wants, without touching our own. */
static char **make_environment(struct arena *a, const char *const *more)
{
	size_t n = 0, n_more = 0;
	char **env;

	while (environ[n])
		n++;
	while (more && more[n_more])
		n_more++;
	env = ARENA_ARRAY(a, char *, n + n_more + 2);
	memcpy(env, environ, n * sizeof(*env));
	set_variable(env, &n, arena_printf(a, "PACKETDRILL_PID=%ld", (long)getpid()));
	for (size_t i = 0; i < n_more; i++)
		set_variable(env, &n, arena_strdup(a, more[i]));
	return env;
}

/* Ours close on exec, but a script's sockets do not, and must not stay open in a child. */
static void close_inherited(void)
{
	if (syscall(SYS_close_range, 3U, UINT_MAX, 0U) == 0)
		return;
	for (int fd = 3; fd < OLD_MAX_FDS; fd++)
		close(fd);
}

/*
 * In the child, which has our memory until it becomes the shell, and meanwhile we stand still: so
 * nothing is copied, and nothing may be written to but what is local. Our scheduling is reset on
 * fork.
 */
static void become_shell(const struct shell_config *config, const char *text, char *const env[],
			 int out_fd)
{
	const char *argv[] = { "sh", "-c", text, NULL };
	int null_fd = open("/dev/null", O_RDONLY);
	sigset_t none;

	setpgid(0, 0);
	signal(SIGPIPE, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	prctl(PR_SET_TIMERSLACK, (unsigned long)DEFAULT_SLACK_NS, 0, 0, 0);
	dup2(null_fd, STDIN_FILENO);
	if (out_fd >= 0) {
		dup2(out_fd, STDOUT_FILENO);
		dup2(out_fd, STDERR_FILENO);
	}
	close_inherited();
	if (config->work_dir && chdir(config->work_dir) < 0)
		_exit(EXEC_FAILED);
	/* execve() does not write to the strings. */
	execve("/bin/sh", (char *const *)(uintptr_t)argv, env);
	_exit(EXEC_FAILED);
}

static int start(struct arena *a, struct shell *sh, const char *text)
{
	char **env = make_environment(a, sh->config->env);
	int out[2] = { -1, -1 };

	if (!sh->config->pass_output && pipe2(out, O_CLOEXEC) < 0)
		return -ERR_IO;
	sh->pid = vfork();
	if (sh->pid == 0)
		become_shell(sh->config, text, env, out[1]);
	if (out[1] >= 0)
		close(out[1]);
	sh->out_fd = out[0];
	if (sh->pid < 0)
		return -ERR_IO;
	setpgid(sh->pid, sh->pid); /* whoever is first; the group must exist when we kill it */
	if (sh->out_fd >= 0)
		fcntl(sh->out_fd, F_SETFL, O_NONBLOCK);
	sh->pid_fd = (int)syscall(SYS_pidfd_open, sh->pid, 0);
	return sh->pid_fd < 0 ? -ERR_IO : 0;
}

/* Keeps the end of what was said, however much it is. */
static void keep(struct buf *output, const char *bytes, size_t n)
{
	buf_add(output, bytes, n);
	if (output->len > 2 * KEEP_BYTES) {
		memmove(output->data, output->data + output->len - KEEP_BYTES, KEEP_BYTES);
		output->len = KEEP_BYTES;
	}
}

/* Reads at most @limit bytes of what is there; closes our end when nobody writes any more. */
static void read_output(struct shell *sh, size_t limit)
{
	char block[16384];

	while (limit > 0 && sh->out_fd >= 0) {
		size_t want = limit < sizeof(block) ? limit : sizeof(block);
		ssize_t n = read(sh->out_fd, block, want);

		if (n > 0) {
			keep(&sh->output, block, (size_t)n);
			limit -= (size_t)n;
			continue;
		}
		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0) {
			close(sh->out_fd);
			sh->out_fd = -1;
		}
		return;
	}
}

/* True when the shell has ended, false at the deadline. */
static bool attend(struct shell *sh, int64_t deadline_ns)
{
	for (;;) {
		struct pollfd fds[] = { { .fd = sh->pid_fd, .events = POLLIN },
					{ .fd = sh->out_fd, .events = POLLIN },
					{ .fd = sh->config->idle_fd, .events = POLLIN } };
		int64_t now_ns = clock_now_ns();
		struct timespec limit;

		if (now_ns >= deadline_ns)
			return false;
		limit = clock_timespec(deadline_ns - now_ns);
		if (ppoll(fds, 3, &limit, NULL) < 0)
			continue;
		if (fds[0].revents)
			return true;
		if (fds[1].revents)
			read_output(sh, 2 * KEEP_BYTES);
		if (fds[2].revents)
			sh->config->on_idle(sh->config->ctx);
	}
}

static int reap(const struct shell *sh)
{
	int status;

	while (waitpid(sh->pid, &status, 0) < 0)
		if (errno != EINTR)
			return 128;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* The end of it, as text. */
static const char *last_output(struct arena *a, const struct shell *sh)
{
	size_t n = sh->output.len < KEEP_BYTES ? sh->output.len : KEEP_BYTES;
	const char *from = n ? sh->output.data + (sh->output.len - n) : "";
	struct buf text = { 0 };
	const char *out;

	if (!memchr(from, '\0', n))
		return arena_strndup(a, from, n);
	/* It would end the text for all who come after us. */
	for (size_t i = 0; i < n; i++) {
		if (from[i])
			buf_putc(&text, from[i]);
		else
			buf_puts(&text, "\\x00");
	}
	out = arena_strdup(a, buf_str(&text));
	buf_fini(&text);
	return out;
}

int shell_run(struct arena *a, const struct shell_config *config, const char *text,
	      int64_t deadline_ns, struct target_command_result *res)
{
	struct shell sh = { .config = config, .pid = -1, .pid_fd = -1, .out_fd = -1 };
	int rc = start(a, &sh, text);
	int left_bytes = 0;

	*res = (struct target_command_result){ .output = "" };
	if (rc == 0)
		res->timed_out = !attend(&sh, deadline_ns);
	if (sh.pid > 0 && (rc < 0 || res->timed_out))
		kill(-sh.pid, SIGKILL);
	if (sh.pid > 0)
		res->status = reap(&sh);
	/* A process in the background may go on writing: take what is there now, and no more. */
	if (sh.out_fd >= 0 && ioctl(sh.out_fd, FIONREAD, &left_bytes) == 0 && left_bytes > 0)
		read_output(&sh, (size_t)left_bytes);
	res->output = last_output(a, &sh);
	buf_fini(&sh.output);
	if (sh.out_fd >= 0)
		close(sh.out_fd);
	if (sh.pid_fd >= 0)
		close(sh.pid_fd);
	return rc;
}
