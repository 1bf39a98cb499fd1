/* SPDX-License-Identifier: BSD-2-Clause */
#include "run/pool.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "run/player.h"
#include "run/prepare.h"
#include "run/record.h"
#include "run/worker.h"
#include "target/target.h"

/*
 * Theory of operation
 *
 * Tests are played in worker processes (worker.c, player.c), so that whatever happens there is a
 * verdict and nothing else. A test that wants namespaces of its own is prepared here, so that
 * errors of its script need no process, and gets a worker of its own in a sandbox. All others are
 * given out in batches, each to one worker that prepares and plays them one after the other; a
 * process for each would take many times as long as the test. The worker tells when it begins with
 * a test, so that its death is the fault of that one: the rest of the batch goes to a new worker.
 * Only the worker finds out that a test of its batch runs commands and thus wants a sandbox; it
 * then hands it back.
 *
 * A slot is free again as soon as the last record has arrived: the kernel may take tens of
 * milliseconds to take down the worker's namespace, and nobody has to wait for that. Such workers
 * are only remembered to be reaped; should we end first, the sandbox ends them.
 *
 * The first pass runs as many tests at once as there are slots. A test in which the tester was too
 * late to judge is put aside and run again after all others, alone. One that still is late after
 * the last retry keeps its verdict.
 *
 * Signals are read from a descriptor in the same loop as the workers' pipes, so that no handler
 * and no file-level state is needed.
 */

enum {
	NS_PER_US = 1000,
	US_PER_S = 1000000,
	KILL_GRACE_US = 2 * US_PER_S,
	TICK_MS = 200,
	BATCH_MAX = 64,
	BATCHES_PER_JOB = 4,         /* so that all end at about the same time */
	STARTS_MAX = 2,              /* of workers for a test in one pass: in a batch, and alone */
};

struct slot {
	bool is_busy;
	const size_t *index;         /* of the tests; those before at have their records */
	size_t n, at;
	struct arena *arena;         /* of what is prepared here */
	struct prepared prepared;
	struct player player;
	struct worker worker;
	int64_t started_us;          /* the test at hand */
	int64_t limit_us, kill_at_us;
};

struct pool {
	struct arena *arena;
	const struct pool_test *test;
	const struct pool_options *opt;
	struct slot *slot;
	unsigned int n_slots;
	struct pollfd *fd;           /* the signals', then FDS_PER_SLOT per slot */
	int signal_fd, signal;
	sigset_t old_mask;
	uint32_t *tries;             /* per test: how often it was played */
	const struct test_record **waiting;  /* per test: its record, until it is its turn */
	size_t n_tests, n_told;      /* those before n_told have been told, or never will be */
	size_t *queue;               /* tests to run in this pass */
	size_t n_queue, next;
	size_t *alone;               /* tests of this pass that turned out to want a sandbox */
	size_t n_alone, next_alone;
	size_t *again;               /* tests for the next pass */
	size_t n_again;
	pid_t *ending;               /* workers that have reported and may still be exiting */
	size_t n_ending;
	bool is_stopped;
};

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * US_PER_S + t.tv_nsec / NS_PER_US;
}

static void reap(struct pool *p, bool may_wait)
{
	size_t kept = 0;

	for (size_t i = 0; i < p->n_ending; i++) {
		if (waitpid(p->ending[i], NULL, may_wait ? 0 : WNOHANG) == 0)
			p->ending[kept++] = p->ending[i];
	}
	p->n_ending = kept;
}

/* Tells the records whose turn it is; in the end, also those behind a test that was not run. */
static void tell(struct pool *p, bool is_end)
{
	for (; p->n_told < p->n_tests && (is_end || p->waiting[p->n_told]); p->n_told++) {
		if (p->waiting[p->n_told])
			p->opt->done(p->opt->ctx, p->waiting[p->n_told]);
	}
}

/* On a real clock, whoever watches wants to know at once; in virtual time it is at once anyway, and
 * a run is the same each time, its order included. */
static void deliver(struct pool *p, const struct test_record *rec, size_t index)
{
	struct test_record *kept = ARENA_NEW(p->arena, struct test_record);

	p->tries[index]++;
	if (rec->verdict == VERDICT_INCONCLUSIVE && p->tries[index] <= POOL_RETRIES_MAX) {
		p->again[p->n_again++] = index;
		return;
	}
	*kept = *rec;
	kept->retries = p->tries[index] - 1;
	if (rec->verdict != VERDICT_PASS && p->opt->stops_at_failure)
		p->is_stopped = true;
	if (p->opt->stack->is_system) {
		p->opt->done(p->opt->ctx, kept);
		return;
	}
	p->waiting[index] = kept;
	tell(p, false);
}

static void free_slot(struct pool *p, struct slot *s)
{
	if (s->worker.pid > 0)
		p->ending[p->n_ending++] = s->worker.pid;
	worker_fini(&s->worker);
	s->worker.pid = -1;
	arena_free(s->arena);
	s->arena = NULL;
	s->is_busy = false;
}

static size_t current(const struct slot *s)
{
	return s->index[s->at];
}

/* A record that is made here, of the test at hand. */
static struct test_record own_record(struct pool *p, const struct slot *s, enum verdict v,
				     const char *reason)
{
	struct test_record rec = prepare_record(&p->test[current(s)], p->opt);

	if (s->prepared.plan)
		rec.title = arena_strdup(p->arena, s->prepared.rec.title);
	rec.verdict = v;
	rec.reason = arena_strdup(p->arena, reason);
	return rec;
}

/* The engine says more about a test that takes too long; we are here for when it cannot. */
static void set_limit(struct slot *s, int64_t limit_us)
{
	s->started_us = now_us();
	s->limit_us = limit_us;
	s->kill_at_us = s->started_us + limit_us + KILL_GRACE_US;
}

static void begin_slot(struct slot *s, const size_t *index, size_t n)
{
	*s = (struct slot){ .index = index, .n = n, .arena = arena_new() };
	s->worker = (struct worker){ .pid = -1, .pid_fd = -1, .line_fd = -1, .output_fd = -1 };
	set_limit(s, (int64_t)POOL_TIMEOUT_DEFAULT_S * US_PER_S);
}

/* Gives the slot a worker; without one, its tests have their verdict at once. */
static void start_worker(struct pool *p, struct slot *s, bool is_sandboxed)
{
	struct worker_job job = { .main = player_main, .arg = &s->player,
				  .is_sandboxed = is_sandboxed,
				  .passes_output = p->opt->engine.pass_output };
	const char *why = "";

	s->player = (struct player){ .opt = p->opt, .test = p->test, .index = s->index, .n = s->n,
				     .prepared = s->prepared.plan ? &s->prepared : NULL };
	s->is_busy = worker_start(s->arena, &job, &s->worker, &why) == 0;
	if (s->is_busy)
		return;
	for (; s->at < s->n; s->at++) {
		struct test_record rec = own_record(p, s, VERDICT_ENVIRONMENT, why);

		deliver(p, &rec, current(s));
	}
	free_slot(p, s);
}

/* As a worker would have sent it: nothing of it refers to the slot's arena then. */
static void deliver_prepared(struct pool *p, const struct slot *s)
{
	struct buf line = { 0 };
	struct test_record rec;

	record_write(&s->prepared.rec, &line);
	if (record_read(p->arena, line.data, line.len, &rec) == 0)
		deliver(p, &rec, current(s));
	buf_fini(&line);
}

/* Prepares and starts one test; what needs no worker is delivered at once. */
static void start_alone(struct pool *p, struct slot *s, const size_t *index)
{
	begin_slot(s, index, 1);
	s->prepared = prepare_test(s->arena, &p->test[*index], p->opt);
	s->prepared.engine.is_last_try = p->tries[*index] == POOL_RETRIES_MAX;
	if (s->prepared.plan) {
		start_worker(p, s, prepare_wants_sandbox(&s->prepared, p->opt));
		return;
	}
	deliver_prepared(p, s);
	free_slot(p, s);
}

static void start_batch(struct pool *p, struct slot *s, const size_t *index, size_t n)
{
	begin_slot(s, index, n);
	start_worker(p, s, false);
}

/* What the worker and its programs printed belongs to a test that did not pass. */
static void add_output(struct pool *p, struct slot *s, struct test_record *rec)
{
	struct worker *w = &s->worker;

	if (rec->verdict == VERDICT_PASS || w->output.len == 0)
		return;
	rec->output = arena_printf(p->arena, "%s%s", rec->output, buf_str(&w->output));
	if (w->output_dropped)
		rec->output = arena_printf(p->arena, "%s\n(%zu more bytes of output not kept)\n",
					   rec->output, w->output_dropped);
	buf_clear(&w->output);
	w->output_dropped = 0;
}

/* The worker is gone, and the test at hand with it; those behind it get another one. */
static void finish_killed(struct pool *p, struct slot *s, enum verdict v, const char *reason)
{
	struct test_record rec = own_record(p, s, v, reason);
	size_t index = current(s), left = s->n - s->at - 1;
	const size_t *rest = s->index + s->at + 1;

	rec.wall_us = now_us() - s->started_us;
	add_output(p, s, &rec);
	free_slot(p, s);
	deliver(p, &rec, index);
	if (left && !p->is_stopped)
		start_batch(p, s, rest, left);
}

static void finish_timeout(struct pool *p, struct slot *s)
{
	kill(s->worker.pid, SIGKILL);
	finish_killed(p, s, VERDICT_TIMEOUT,
		      arena_printf(p->arena, "did not end within %.0f s and was killed",
				   (double)s->limit_us / US_PER_S));
}

/* Died without a record. A sandbox gives the signal of what it held as 128 + signal. */
static void finish_crash(struct pool *p, struct slot *s)
{
	int status = 0, sig = 0;
	const char *reason;

	/* It may have closed the pipe without dying. */
	kill(s->worker.pid, SIGKILL);
	waitpid(s->worker.pid, &status, 0);
	s->worker.pid = -1;
	if (WIFSIGNALED(status))
		sig = WTERMSIG(status);
	else if (WEXITSTATUS(status) > 128)
		sig = WEXITSTATUS(status) - 128;
	if (sig)
		reason = arena_printf(p->arena, "the worker was killed by signal %d (%s)", sig,
				      strsignal(sig));
	else
		reason = arena_printf(p->arena, "the worker ended with status %d and no result",
				      WEXITSTATUS(status));
	finish_killed(p, s, VERDICT_CRASH, reason);
}

static bool is_word(const char *line, size_t n, const char *word)
{
	return n >= strlen(word) && memcmp(line, word, strlen(word)) == 0;
}

/* One line of the worker (run/player.h). False when it makes no sense. */
static bool take_line(struct pool *p, struct slot *s, const char *line, size_t n)
{
	size_t index = current(s);
	struct test_record rec;

	if (is_word(line, n, PLAYER_BEGIN)) {
		set_limit(s, strtoll(line + strlen(PLAYER_BEGIN), NULL, 10));
		return true;
	}
	if (is_word(line, n, PLAYER_ALONE)) {
		p->alone[p->n_alone++] = index;
	} else {
		if (record_read(p->arena, line, n, &rec) < 0)
			return false;
		add_output(p, s, &rec);
		deliver(p, &rec, index);
	}
	s->at++;
	set_limit(s, (int64_t)POOL_TIMEOUT_DEFAULT_S * US_PER_S);
	return true;
}

static void serve(struct pool *p, struct slot *s, bool has_ended)
{
	const char *line;
	size_t n;

	worker_read(&s->worker);
	while (s->at < s->n && worker_line(&s->worker, &line, &n)) {
		if (!take_line(p, s, line, n)) {
			kill(s->worker.pid, SIGKILL);
			finish_killed(p, s, VERDICT_CRASH, "the worker sent no readable result");
			return;
		}
	}
	if (s->at == s->n)
		free_slot(p, s);
	else if (has_ended || worker_has_closed(&s->worker))
		finish_crash(p, s);
	else if (now_us() >= s->kill_at_us)
		finish_timeout(p, s);
}

static unsigned int busy(const struct pool *p)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < p->n_slots; i++)
		n += p->slot[i].is_busy;
	return n;
}

enum { FDS_PER_SLOT = 3 };

static int fill_poll(struct pool *p)
{
	struct pollfd *fd = p->fd;
	int64_t next_us = INT64_MAX, left_ms, max_ms = p->opt->tick ? TICK_MS : 60000;

	fd[0] = (struct pollfd){ p->signal_fd, POLLIN, 0 };
	for (unsigned int i = 0; i < p->n_slots; i++) {
		const struct slot *s = &p->slot[i];
		const struct worker *w = &s->worker;
		struct pollfd *f = &fd[1 + i * FDS_PER_SLOT];

		f[0] = (struct pollfd){ s->is_busy ? w->line_fd : -1, POLLIN, 0 };
		f[1] = (struct pollfd){ s->is_busy ? w->output_fd : -1, POLLIN, 0 };
		f[2] = (struct pollfd){ s->is_busy ? w->pid_fd : -1, POLLIN, 0 };
		if (s->is_busy && s->kill_at_us < next_us)
			next_us = s->kill_at_us;
	}
	left_ms = (next_us - now_us()) / 1000 + 1;
	return left_ms < 0 ? 0 : left_ms > max_ms ? (int)max_ms : (int)left_ms;
}

static void wait_for_one(struct pool *p)
{
	struct pollfd *fd = p->fd;
	int timeout_ms = fill_poll(p);
	struct signalfd_siginfo info;

	if (p->opt->tick)
		p->opt->tick(p->opt->ctx, busy(p));
	if (poll(fd, 1 + p->n_slots * FDS_PER_SLOT, timeout_ms) < 0)
		return;
	if (fd[0].revents && read(p->signal_fd, &info, sizeof(info)) == sizeof(info)) {
		p->signal = (int)info.ssi_signo;
		return;
	}
	for (unsigned int i = 0; i < p->n_slots; i++) {
		if (p->slot[i].is_busy)
			serve(p, &p->slot[i], fd[1 + i * FDS_PER_SLOT + 2].revents != 0);
	}
}

/* How many tests the next worker gets. */
static size_t batch_size(const struct pool *p, unsigned int jobs)
{
	size_t n = (p->n_queue - p->next) / (jobs * BATCHES_PER_JOB);

	if (p->opt->stops_at_failure || n < 1)
		return 1;
	return n < BATCH_MAX ? n : BATCH_MAX;
}

/* False when nothing waits. */
static bool start_next(struct pool *p, struct slot *s, unsigned int jobs)
{
	size_t n = batch_size(p, jobs);

	if (p->is_stopped)
		return false;
	if (p->next_alone < p->n_alone) {
		start_alone(p, s, &p->alone[p->next_alone++]);
		return true;
	}
	if (p->next == p->n_queue)
		return false;
	if (p->opt->stack->sandbox == SANDBOX_ALWAYS) {
		start_alone(p, s, &p->queue[p->next++]);
		return true;
	}
	p->next += n;
	start_batch(p, s, &p->queue[p->next - n], n);
	return true;
}

static void start_more(struct pool *p, unsigned int jobs)
{
	for (unsigned int i = 0; i < p->n_slots; i++) {
		while (!p->slot[i].is_busy && busy(p) < jobs && start_next(p, &p->slot[i], jobs))
			;
	}
}

static void run_pass(struct pool *p, unsigned int jobs)
{
	for (;;) {
		reap(p, false);
		start_more(p, jobs);
		if (!busy(p))
			return;
		wait_for_one(p);
		if (p->signal)
			return;
	}
}

static void end_all(struct pool *p)
{
	for (unsigned int i = 0; i < p->n_slots; i++) {
		struct slot *s = &p->slot[i];

		if (!s->is_busy)
			continue;
		kill(s->worker.pid, SIGKILL);
		free_slot(p, s);
	}
}

static void catch_signals(struct pool *p)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, &p->old_mask);
	p->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

static void swap_queues(struct pool *p)
{
	size_t *spare = p->queue;

	p->queue = p->again;
	p->n_queue = p->n_again;
	p->next = p->n_alone = p->next_alone = 0;
	p->again = spare;
	p->n_again = 0;
}

int pool_run(struct arena *a, const struct pool_test *test, size_t n,
	     const struct pool_options *opt)
{
	struct pool p = {
		.arena = a,
		.test = test,
		.opt = opt,
		.n_slots = opt->jobs < n ? opt->jobs : (unsigned int)n,
		.n_queue = n,
		.n_tests = n,
	};

	p.slot = ARENA_ARRAY(a, struct slot, p.n_slots);
	p.fd = ARENA_ARRAY(a, struct pollfd, 1 + p.n_slots * FDS_PER_SLOT);
	p.tries = ARENA_ARRAY(a, uint32_t, n);
	p.queue = ARENA_ARRAY(a, size_t, n);
	p.again = ARENA_ARRAY(a, size_t, n);
	p.waiting = ARENA_ARRAY(a, const struct test_record *, n);
	p.alone = ARENA_ARRAY(a, size_t, n);
	p.ending = ARENA_ARRAY(a, pid_t, n * STARTS_MAX * (1 + POOL_RETRIES_MAX));
	for (size_t i = 0; i < n; i++)
		p.queue[i] = i;
	catch_signals(&p);
	run_pass(&p, opt->jobs);
	while (!p.signal && p.n_again) {
		swap_queues(&p);
		reap(&p, true);
		run_pass(&p, 1);
	}
	end_all(&p);
	tell(&p, true);
	reap(&p, false);
	close(p.signal_fd);
	sigprocmask(SIG_SETMASK, &p.old_mask, NULL);
	return p.signal;
}
