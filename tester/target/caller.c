/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Theory of operation
 *
 * A call without "..." runs in the calling thread. A timer aimed at that thread sends a signal,
 * whose handler does nothing, once the watchdog's time is over and then every 50 ms, so that a
 * call which was about to sleep when the first one came is woken by the next. A call that took as
 * long as the watchdog's time has blocked, whatever it returned: a send() that is interrupted
 * after a part of its bytes reports a count, not EINTR.
 *
 * A call with "..." goes to the helper thread, of which there is one, made when first needed:
 *
 *	IDLE --job--> RUNNING --result--> IDLE, result queued, event descriptor written
 *
 * The calling thread goes on when the helper is asleep in the kernel (state S of its stat file) or
 * has returned. RUNNING is set by the helper itself after it woke up, so that S cannot be its wait
 * for the job. The helper only makes the call: what uses the arena, laying out the arguments and
 * taking up the results, is done in the calling thread, since arenas are not shared.
 *
 * Everything below the lock is shared; all else belongs to the thread named beside it.
 */
#include "target/caller.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "call/call.h"
#include "target/clock.h"
#include "target/kernel_call.h"
#include "target/punctual.h"
#include "target/target.h"

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

static const int64_t watchdog_again_ns = 50 * (int64_t)NS_PER_MS;
static const int64_t look_again_ns = 20 * (int64_t)NS_PER_US;
static const int64_t settle_limit_ns = NS_PER_S; /* to return or fall asleep */
static const int64_t busy_limit_ns = NS_PER_S;	 /* [language 4.8] */
static const int64_t stop_limit_ns = 200 * (int64_t)NS_PER_MS;

enum phase { PHASE_IDLE, PHASE_RUNNING };

struct job {
	struct call_request req; /* the caller's own may be gone when the call returns */
	struct kernel_call *call;
	struct call_result *res; /* NULL until the calling thread takes it up */
	int64_t late_ns;	 /* waited for a processor meanwhile */
	struct job *next;
};

struct caller {
	struct arena *arena; /* of the calling thread */
	int64_t watchdog_ns;
	timer_t watchdog;
	int event_fd;
	bool has_watchdog, has_thread;
	pthread_t thread;
	int stat_fd;	/* of the helper; -1: no /proc */
	int sched_fd;	/* of the helper; -1: the kernel does not count that */
	int own_sched_fd; /* of the calling thread */
	pid_t main_tid; /* of the calling thread */
	_Atomic enum phase phase;

	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct job *job;      /* to do, or being done */
	struct job *returned; /* at most a few, oldest first */
	bool is_started, must_stop;
};

static void on_signal(int sig)
{
	(void)sig;
}

static int wake_signal(void)
{
	return SIGRTMIN;
}

static int make_watchdog(struct caller *c)
{
	/* Without SA_RESTART: it must interrupt. */
	struct sigaction action = { .sa_handler = on_signal };
	struct sigevent ev = { .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = wake_signal() };

	ev.sigev_notify_thread_id = (pid_t)syscall(SYS_gettid);
	if (sigaction(wake_signal(), &action, NULL) < 0)
		return -1;
	if (timer_create(CLOCK_MONOTONIC, &ev, &c->watchdog) < 0)
		return -1;
	c->has_watchdog = true;
	return 0;
}

static int open_schedstat(void)
{
	return open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
}

/* How long that thread has been able to run and was not let, since it began. */
static int64_t starved_ns(int sched_fd)
{
	char text[128] = "";
	long long ns = 0;

	if (sched_fd < 0 || pread(sched_fd, text, sizeof(text) - 1, 0) <= 0 ||
	    sscanf(text, "%*s %lld", &ns) != 1)
		return 0;
	return ns;
}

int caller_open(struct arena *a, int64_t watchdog_ns, struct caller **out, const char **why)
{
	struct caller *c = ARENA_NEW(a, struct caller);
	pthread_condattr_t attr;

	c->arena = a;
	c->watchdog_ns = watchdog_ns;
	c->stat_fd = c->sched_fd = -1;
	c->own_sched_fd = open_schedstat();
	pthread_mutex_init(&c->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&c->changed, &attr);
	pthread_condattr_destroy(&attr);
	c->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (c->event_fd >= 0 && make_watchdog(c) == 0) {
		*out = c;
		return 0;
	}
	*why = arena_printf(a, "cannot make a watchdog for system calls: %s", strerror(errno));
	caller_close(c);
	return -ERR_ENVIRONMENT;
}

static void set_watchdog(struct caller *c, int64_t first_ns, int64_t again_ns)
{
	struct itimerspec when = { .it_value = clock_timespec(first_ns),
				   .it_interval = clock_timespec(again_ns) };

	timer_settime(c->watchdog, 0, &when, NULL);
}

/* How long a call that is not meant to block may take. */
static int64_t patience_ns(const struct caller *c, const struct call_request *req)
{
	int64_t left_ns = req->deadline_ns ? req->deadline_ns - clock_now_ns() : INT64_MAX;

	/* A timer of 0 would never fire. */
	return left_ns > c->watchdog_ns ? c->watchdog_ns : left_ns > 1 ? left_ns : 1;
}

static int run_here(struct caller *c, const struct call_request *req, struct call_result *res,
		    const char **why)
{
	int64_t took_ns, before_ns = starved_ns(c->own_sched_fd), limit_ns = patience_ns(c, req);
	int rc;

	set_watchdog(c, limit_ns, watchdog_again_ns);
	rc = kernel_call_run(c->arena, req, res, why);
	set_watchdog(c, 0, 0);
	res->late_ns = starved_ns(c->own_sched_fd) - before_ns;
	took_ns = res->end_ns - res->start_ns;
	if (rc == 0 && took_ns >= limit_ns) {
		*why = arena_printf(c->arena,
				    "%s() blocked and was interrupted after %.3f s; a call that is "
				    "meant to block is written with its time of return: "
				    "+0...0.5 %s(...)",
				    req->spec->row->name, (double)took_ns / NS_PER_S,
				    req->spec->row->name);
		return -ERR_TIMEOUT;
	}
	return rc < 0 ? rc : TARGET_CALL_DONE;
}

static void append_job(struct job **list, struct job *job)
{
	while (*list)
		list = &(*list)->next;
	*list = job;
}

/* Called without the lock, which the call must not hold. */
static void do_job(struct caller *c, struct job *job)
{
	int64_t before_ns = starved_ns(c->sched_fd);

	atomic_store(&c->phase, PHASE_RUNNING);
	kernel_call_invoke(job->call);
	atomic_store(&c->phase, PHASE_IDLE);
	job->late_ns = starved_ns(c->sched_fd) - before_ns;
}

static void *helper_main(void *arg)
{
	struct caller *c = arg;

	/* Threads begin as ordinary ones, however their maker is scheduled. */
	punctual_like(c->main_tid);
	pthread_mutex_lock(&c->lock);
	c->stat_fd = open("/proc/thread-self/stat", O_RDONLY | O_CLOEXEC);
	c->sched_fd = open_schedstat();
	c->is_started = true;
	pthread_cond_broadcast(&c->changed);
	while (!c->must_stop) {
		struct job *job = c->job;

		if (!job) {
			pthread_cond_wait(&c->changed, &c->lock);
			continue;
		}
		pthread_mutex_unlock(&c->lock);
		do_job(c, job);
		pthread_mutex_lock(&c->lock);
		c->job = NULL;
		append_job(&c->returned, job);
		pthread_cond_broadcast(&c->changed);
		eventfd_write(c->event_fd, 1);
	}
	pthread_mutex_unlock(&c->lock);
	return NULL;
}

static int start_thread(struct caller *c)
{
	sigset_t all, before;
	int rc;

	c->main_tid = (pid_t)syscall(SYS_gettid);
	sigfillset(&all);
	sigdelset(&all, wake_signal());
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(&c->thread, NULL, helper_main, c);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rc != 0)
		return -1;
	c->has_thread = true;
	pthread_mutex_lock(&c->lock);
	while (!c->is_started)
		pthread_cond_wait(&c->changed, &c->lock);
	pthread_mutex_unlock(&c->lock);
	return 0;
}

/* Lets the pending call return, for at most @limit_ns; its result stays queued. */
static bool wait_idle(struct caller *c, int64_t limit_ns)
{
	struct timespec until = clock_timespec(clock_now_ns() + limit_ns);
	bool is_idle;
	int rc = 0;

	if (!c->has_thread)
		return true;
	pthread_mutex_lock(&c->lock);
	while (c->job && rc == 0)
		rc = pthread_cond_timedwait(&c->changed, &c->lock, &until);
	is_idle = !c->job;
	pthread_mutex_unlock(&c->lock);
	return is_idle;
}

/* The state letter is behind the name, which is in parentheses and may hold any letter. */
static bool is_asleep(const struct caller *c)
{
	char text[512];
	const char *name_end;
	ssize_t n;

	if (c->stat_fd < 0)
		return false;
	n = pread(c->stat_fd, text, sizeof(text) - 1, 0);
	if (n <= 0)
		return false;
	text[n] = '\0';
	name_end = strrchr(text, ')');
	return name_end && strncmp(name_end, ") S", 3) == 0;
}

/* Until the helper sleeps in the call (false) or has returned from it (true). */
static bool has_returned(struct caller *c)
{
	int64_t limit_ns = clock_now_ns() + settle_limit_ns;
	struct timespec look_again = clock_timespec(look_again_ns);
	bool is_busy = true;

	while (is_busy && clock_now_ns() < limit_ns) {
		/* Asked again: it may have fallen asleep because it was done. */
		if (atomic_load(&c->phase) == PHASE_RUNNING && is_asleep(c) &&
		    atomic_load(&c->phase) == PHASE_RUNNING)
			break;
		nanosleep(&look_again, NULL);
		pthread_mutex_lock(&c->lock);
		is_busy = c->job != NULL;
		pthread_mutex_unlock(&c->lock);
	}
	return !is_busy;
}

/* Takes @at out of the returned calls; the descriptor stays readable while there are others. */
static struct job *unlink_job(struct caller *c, struct job **at)
{
	struct job *job = *at;
	eventfd_t count;

	*at = job->next;
	if (!c->returned)
		eventfd_read(c->event_fd, &count);
	return job;
}

/* The newest returned call, which nobody needs to hear of as an event. */
static struct job *take_newest(struct caller *c)
{
	struct job **at = &c->returned;
	struct job *job;

	pthread_mutex_lock(&c->lock);
	while ((*at)->next)
		at = &(*at)->next;
	job = unlink_job(c, at);
	pthread_mutex_unlock(&c->lock);
	return job;
}

/* In the calling thread, once the helper is done with the job. */
static struct call_result *result_of(struct caller *c, struct job *job)
{
	if (!job->res) {
		job->res = ARENA_NEW(c->arena, struct call_result);
		kernel_call_finish(job->call, job->res);
		job->res->late_ns = job->late_ns;
	}
	return job->res;
}

static int run_in_thread(struct caller *c, const struct call_request *req, struct call_result *res,
			 const char **why)
{
	struct job *job = ARENA_NEW(c->arena, struct job);
	int rc;

	job->req = *req;
	rc = kernel_call_prepare(c->arena, &job->req, &job->call, why);
	if (rc < 0)
		return rc;
	if (!c->has_thread && start_thread(c) < 0) {
		*why = "cannot start a thread for a call that may block";
		return -ERR_STATE;
	}
	pthread_mutex_lock(&c->lock);
	c->job = job;
	pthread_cond_broadcast(&c->changed);
	pthread_mutex_unlock(&c->lock);
	if (!has_returned(c))
		return TARGET_CALL_PENDING;
	*res = *result_of(c, take_newest(c));
	return TARGET_CALL_DONE;
}

int caller_run(struct caller *c, const struct call_request *req, struct call_result *res,
	       const char **why)
{
	*res = (struct call_result){ 0 };
	if (!wait_idle(c, busy_limit_ns)) {
		*why = arena_printf(c->arena,
				    "%s() cannot be made: the call before it still blocks",
				    req->spec->row->name);
		return -ERR_STATE;
	}
	return req->spec->may_block ? run_in_thread(c, req, res, why) : run_here(c, req, res, why);
}

int caller_fd(const struct caller *c)
{
	return c->event_fd;
}

int64_t caller_next_ns(struct caller *c)
{
	struct job *job;

	if (!c->has_thread)
		return INT64_MAX;
	pthread_mutex_lock(&c->lock);
	job = c->returned;
	pthread_mutex_unlock(&c->lock);
	return job ? result_of(c, job)->end_ns : INT64_MAX;
}

struct call_result *caller_take(struct caller *c)
{
	struct job *job;

	pthread_mutex_lock(&c->lock);
	job = unlink_job(c, &c->returned);
	pthread_mutex_unlock(&c->lock);
	return result_of(c, job);
}

/* False when it could not be stopped; it then still uses what we own until the process ends. */
static bool stop_thread(struct caller *c)
{
	int64_t limit_ns = clock_now_ns() + stop_limit_ns;

	pthread_mutex_lock(&c->lock);
	c->must_stop = true;
	pthread_cond_broadcast(&c->changed);
	pthread_mutex_unlock(&c->lock);
	/* Once is not enough: it may be about to sleep when the signal comes. */
	do
		pthread_kill(c->thread, wake_signal());
	while (!wait_idle(c, look_again_ns) && clock_now_ns() < limit_ns);
	if (!wait_idle(c, 0)) {
		pthread_detach(c->thread);
		return false;
	}
	pthread_join(c->thread, NULL);
	if (c->stat_fd >= 0)
		close(c->stat_fd);
	if (c->sched_fd >= 0)
		close(c->sched_fd);
	return true;
}

void caller_close(struct caller *c)
{
	if (!c)
		return;
	if (c->has_watchdog)
		timer_delete(c->watchdog);
	if (c->own_sched_fd >= 0)
		close(c->own_sched_fd);
	if ((!c->has_thread || stop_thread(c)) && c->event_fd >= 0)
		close(c->event_fd);
}
