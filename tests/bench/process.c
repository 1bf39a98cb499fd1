/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Running a program and counting what it costs. Processor time is that of a task clock which all
 * descendants inherit (perf_event_open): getrusage knows only children that were waited for, and
 * those that die with their process namespace are not. Where such clocks are not permitted,
 * getrusage has to do, and the figure says so. What the kernel does later, in threads of its own,
 * to dissolve a network namespace is in neither.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

/* Nothing that is run here takes as long, unless it hangs. */
enum { MOST_SECONDS = 120 };

static int64_t clock_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

double now_ms(void)
{
	return (double)clock_ns(CLOCK_MONOTONIC) / 1e6;
}

static int task_clock_open(pid_t pid)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_TASK_CLOCK,
		.disabled = 1,
		.inherit = 1,
		.enable_on_exec = 1,
	};

	return (int)syscall(SYS_perf_event_open, &attr, pid, -1, -1, PERF_FLAG_FD_CLOEXEC);
}

void *process_share(size_t n)
{
	void *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED) {
		perror("bench");
		exit(1);
	}
	return p;
}

void process_unshare(void *p, size_t n)
{
	munmap(p, n);
}

bool process_fork(void (*work)(const void *arg, void *result), const void *arg, void *result)
{
	pid_t pid = fork();
	int status = -1;

	if (pid == 0) {
		work(arg, result);
		_exit(0);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return pid > 0 && status == 0;
}

/* The child: waits until its clock is set up, notes the time, becomes the program. */
static void become(const char *const argv[], int go, int64_t *exec_ns)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	char c;

	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	if (read(go, &c, 1) != 1)
		_exit(127);
	alarm(MOST_SECONDS);
	exec_ns[0] = clock_ns(CLOCK_REALTIME);
	exec_ns[1] = clock_ns(CLOCK_MONOTONIC);
	/* execv() does not write to the strings, its type is older than const. */
	execv(argv[0], (char *const *)(uintptr_t)argv);
	_exit(127);
}

static double rusage_ms(const struct rusage *u)
{
	return (double)(u->ru_utime.tv_sec + u->ru_stime.tv_sec) * 1e3 +
	       (double)(u->ru_utime.tv_usec + u->ru_stime.tv_usec) / 1e3;
}

static int collect(pid_t pid, int clock, const int64_t *exec_ns, struct measured *m)
{
	struct rusage usage;
	uint64_t task_ns;
	int status;

	while (wait4(pid, &status, 0, &usage) < 0) {
		if (errno != EINTR)
			return -1;
	}
	*m = (struct measured){
		.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
		.exec_ns = exec_ns[0],
		.wall_ms = (double)(clock_ns(CLOCK_MONOTONIC) - exec_ns[1]) / 1e6,
		.cpu_ms = rusage_ms(&usage),
		.peak_kib = (double)usage.ru_maxrss,
	};
	if (clock >= 0 && read(clock, &task_ns, sizeof(task_ns)) == sizeof(task_ns)) {
		m->cpu_ms = (double)task_ns / 1e6;
		m->cpu_is_complete = true;
	}
	return m->status == 127 ? -1 : 0;
}

int process_run(const char *const argv[], struct measured *m)
{
	int64_t *exec_ns = process_share(2 * sizeof(*exec_ns));
	int go[2], clock, rc = -1;
	pid_t pid;

	if (pipe2(go, O_CLOEXEC) < 0)
		return -1;
	pid = fork();
	if (pid == 0) {
		close(go[1]);
		become(argv, go[0], exec_ns);
	}
	close(go[0]);
	if (pid > 0) {
		clock = task_clock_open(pid);
		if (write(go[1], "", 1) == 1)
			rc = 0;
		close(go[1]);
		rc = collect(pid, clock, exec_ns, m) < 0 ? -1 : rc;
		if (clock >= 0)
			close(clock);
	} else {
		close(go[1]);
	}
	process_unshare(exec_ns, 2 * sizeof(*exec_ns));
	return rc;
}

char *process_find(const char *name)
{
	const char *path = getenv("PATH");
	char *copy = strdup(path ? path : ""), *rest = copy, *folder, *found = NULL;

	while (!found && (folder = strsep(&rest, ":"))) {
		if (asprintf(&found, "%s/%s", *folder ? folder : ".", name) < 0)
			abort();
		if (access(found, X_OK) < 0) {
			free(found);
			found = NULL;
		}
	}
	free(copy);
	return found;
}
