/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Theory of operation
 *
 *	caller --clone3(new net, pid, maybe user namespace)--> init (process 1 inside)
 *	init --clone3(set_tid)--> worker
 *
 * Init reaps and waits for the worker; when init ends, for whatever reason, the kernel kills all
 * that is left in its PID namespace, and with the last process goes the network namespace and its
 * devices. Init itself is killed when the caller's thread ends (PR_SET_PDEATHSIG). So killing any
 * of the three leaves nothing.
 *
 * The death signal has a race: the caller may die before init asked for it. getppid() cannot tell
 * (it is 0 across PID namespaces), so init asks first, then reports "armed", and goes on only when
 * the caller answers; a dead caller is end of file.
 *
 * The worker's PID inside is init's PID outside, which is unique among all sandboxes that run at
 * once; scripts name files in /tmp after it. clone3() is called directly because only it can
 * choose a PID. The child shares no memory, thus it is a fork() but for the thread identity that
 * the C library remembers of its parent, which nothing here asks for.
 *
 * The user namespace comes only when the first attempt, without it, is refused: root stays root.
 *
 * Not chosen: a mount namespace with a fresh /proc. /proc/sys/net follows the reader's network
 * namespace already, and mounting costs time.
 */
#include "target/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"

/* How far init came; the text completes "cannot ...". */
#define STAGES(X)                                                                                  \
	X(ARMED, "arm the death signal")                                                           \
	X(MAP, "map the user into the user namespace")                                             \
	X(RUNNING, "start the worker process with a PID of its own")

enum stage {
#define X(id, text) STAGE_##id,
	STAGES(X)
#undef X
	STAGE_COUNT
};

static const char *const stage_text[STAGE_COUNT] = {
#define X(id, text) text,
	STAGES(X)
#undef X
};

struct report {
	enum stage stage;
	int err;
};

/* What init needs to know; everything is borrowed from the caller's frame. */
struct setup {
	sandbox_main_fn *main_fn;
	void *arg;
	int link[2]; /* [0] of the caller: gets reports, sends init's own PID outside */
	uid_t uid;
	gid_t gid;
	bool has_user_ns;
};

static pid_t clone_process(uint64_t flags, pid_t want)
{
	struct clone_args args = { .flags = flags, .exit_signal = SIGCHLD };

	if (want > 0) {
		args.set_tid = (uint64_t)(uintptr_t)&want;
		args.set_tid_size = 1;
	}
	return (pid_t)syscall(SYS_clone3, &args, sizeof(args));
}

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = write(fd, text, strlen(text));
	close(fd);
	return n == (ssize_t)strlen(text) ? 0 : -1;
}

/* The user becomes root inside; setgroups() must be denied before a group may be mapped. */
static int map_user(const struct setup *s)
{
	char uid_map[64], gid_map[64];

	snprintf(uid_map, sizeof(uid_map), "0 %u 1", (unsigned int)s->uid);
	snprintf(gid_map, sizeof(gid_map), "0 %u 1", (unsigned int)s->gid);
	if (write_file("/proc/self/setgroups", "deny") < 0 && errno != ENOENT)
		return -1;
	if (write_file("/proc/self/gid_map", gid_map) < 0)
		return -1;
	return write_file("/proc/self/uid_map", uid_map);
}

static void send_report(const struct setup *s, enum stage stage, int err)
{
	struct report r = { .stage = stage, .err = err };

	if (send(s->link[1], &r, sizeof(r), MSG_NOSIGNAL) < 0 || err)
		_exit(1);
}

/* The caller's handlers make no sense here, and process 1 would run them. */
static void reset_signals(void)
{
	sigset_t none;

	for (int sig = 1; sig < NSIG; sig++)
		signal(sig, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static int wait_for_worker(pid_t worker)
{
	for (;;) {
		int status;
		pid_t pid = waitpid(-1, &status, 0);

		if (pid < 0 && errno == EINTR)
			continue;
		if (pid < 0)
			return 1;
		if (pid == worker)
			return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	}
}

static void run_worker(const struct setup *s)
{
	int status;

	close(s->link[1]);
	status = s->main_fn(s->arg);
	fflush(NULL);
	_exit(status);
}

static void run_init(const struct setup *s)
{
	pid_t outer, worker;

	close(s->link[0]);
	reset_signals();
	if (s->has_user_ns && map_user(s) < 0)
		send_report(s, STAGE_MAP, errno);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		send_report(s, STAGE_ARMED, errno);
	send_report(s, STAGE_ARMED, 0);
	if (recv(s->link[1], &outer, sizeof(outer), 0) != sizeof(outer))
		_exit(1);
	worker = clone_process(0, outer);
	if (worker == 0)
		run_worker(s);
	send_report(s, STAGE_RUNNING, worker < 0 ? errno : 0);
	close(s->link[1]);
	_exit(wait_for_worker(worker));
}

static const char *clone_why(struct arena *a, int err)
{
	const char *advice = "";

	if (err == EPERM)
		advice = ": neither root nor allowed to use user namespaces";
	else if (err == ENOSPC || err == EUSERS)
		advice = ": a limit of user.max_*_namespaces is reached";
	else if (err == ENOSYS || err == EINVAL)
		advice = ": this system (or a filter on it) lacks clone3 or namespaces";
	return arena_printf(a, "cannot make a network namespace (%s)%s; see 'tcpdrill doctor'",
			    strerror(err), advice);
}

/* Reads one report; fills *why when it tells of a failure or does not come. */
static bool stage_reached(struct arena *a, const struct setup *s, const char **why)
{
	struct report r;
	ssize_t n;

	do
		n = recv(s->link[0], &r, sizeof(r), 0);
	while (n < 0 && errno == EINTR);
	if (n != sizeof(r))
		*why = "the process of the test ended before it began";
	else if (r.err)
		*why = arena_printf(a, "cannot %s: %s", stage_text[r.stage], strerror(r.err));
	else
		return true;
	return false;
}

static int start_worker(struct arena *a, struct setup *s, pid_t pid, const char **why)
{
	/* A failed send needs no words: init is gone, and so says the next report. */
	if (stage_reached(a, s, why) &&
	    (send(s->link[0], &pid, sizeof(pid), MSG_NOSIGNAL), stage_reached(a, s, why)))
		return 0;
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return -ERR_ENVIRONMENT;
}

static int spawn(struct arena *a, uint64_t flags, sandbox_main_fn *main_fn, void *arg, pid_t *pid,
		 const char **why)
{
	struct setup s = { .main_fn = main_fn, .arg = arg, .uid = geteuid(), .gid = getegid() };
	int rc = -ERR_ENVIRONMENT;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, s.link) < 0) {
		*why = arena_printf(a, "cannot make a pair of sockets: %s", strerror(errno));
		return rc;
	}
	fflush(NULL);
	*pid = clone_process(flags, 0);
	if (*pid < 0 && errno == EPERM) {
		s.has_user_ns = true;
		*pid = clone_process(flags | CLONE_NEWUSER, 0);
	}
	if (*pid == 0)
		run_init(&s);
	if (*pid < 0)
		*why = clone_why(a, errno);
	close(s.link[1]);
	if (*pid > 0)
		rc = start_worker(a, &s, *pid, why);
	close(s.link[0]);
	return rc;
}

int sandbox_spawn(struct arena *a, sandbox_main_fn *main_fn, void *arg, pid_t *pid,
		  const char **why)
{
	return spawn(a, CLONE_NEWNET | CLONE_NEWPID, main_fn, arg, pid, why);
}

int sandbox_spawn_netless(struct arena *a, sandbox_main_fn *main_fn, void *arg, pid_t *pid,
			  const char **why)
{
	return spawn(a, CLONE_NEWPID, main_fn, arg, pid, why);
}
