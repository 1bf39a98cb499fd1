/* SPDX-License-Identifier: BSD-2-Clause */
#include "run/pool.h"

#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/processors.h"
#include "base/util.h"
#include "run/pool_impl.h"
#include "target/clock.h"
#include "target/target.h"

/*
 * Theory of operation
 *
 * Tests are played in worker processes (worker.c, player.c), so that whatever happens there is a
 * verdict and nothing else. Where each test wants namespaces of its own, it is prepared here, so that
 * errors of its script need no process, and gets a worker of its own in a sandbox. Where few do,
 * workers take test after test from memory that all share (board.c) and prepare and play them
 * themselves; a process for each, or a message, would take as long as the test. The death of one is
 * the fault of the test that it had taken; another one takes its place. For a test that runs commands
 * the worker makes a sandbox itself (player.c). pool_slot.c has all this, and who may use a
 * processor when.
 *
 * A slot is free again as soon as the last record has arrived: the kernel may take tens of
 * milliseconds to take down the worker's namespace, and nobody has to wait for that. Such workers
 * are only remembered to be reaped; should we end first, the sandbox ends them.
 *
 * The first pass runs as many tests at once as there are slots. A test in which the tester was too
 * late to judge is put aside and run again after all others, alone. One that still is late after
 * the last retry keeps its verdict. A run that ends before that tells of it as it is.
 *
 * Signals are read from a descriptor in the same loop as the workers' pipes, so that no handler
 * and no file-level state is needed.
 */

enum {
	TICK_MS = 200,
	LONG_MS = 60000,
	LOOK_MS = 4,                 /* how soon it is looked what workers have written on the board; */
	LOOK_MAX_MS = 64,            /* where there was nothing new, later */
	BLIND_NS = 20000000,
	FDS_PER_SLOT = 3,
	FDS_OF_OTHERS = 24,          /* the reports', and what starting a worker takes for a moment */
};

int64_t pool_now_us(void)
{
	return clock_now_ns() / NS_PER_US;
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

/* ---- telling ---- */

static void tell_one(struct pool *p, const struct test_record *rec, size_t index)
{
	if (!p->is_stopped && !p->opt->done(p->opt->ctx, &p->test[index], rec))
		p->is_stopped = true;
}

/* The record of a test of which the board says all there is; NULL: it does not. */
static const struct test_record *passed(struct pool *p, size_t index)
{
	int64_t wall_us, late_us;
	struct test_record *rec;

	if (!board_passed(p->board, index, &wall_us, &late_us))
		return NULL;
	rec = ARENA_NEW(p->arena, struct test_record);
	*rec = prepare_record(&p->test[index], p->opt);
	rec->verdict = VERDICT_PASS;
	rec->seed = prepare_seed(&p->test[index], p->opt);
	rec->wall_us = wall_us;
	rec->late_us = late_us;
	return rec;
}

/* Tells the records whose turn it is; in the end, also those behind a test that was not run. */
static void tell(struct pool *p, bool is_end)
{
	for (; p->n_told < p->n_tests; p->n_told++) {
		const struct test_record *rec = p->waiting[p->n_told];

		if (!rec)
			rec = passed(p, p->n_told);
		if (rec)
			tell_one(p, rec, p->n_told);
		else if (!is_end)
			return;
	}
}

/* On a real clock, whoever watches wants to know at once; in virtual time it is at once anyway, and
 * a run is the same each time, its order included. */
static void tell_in_turn(struct pool *p, const struct test_record *rec, size_t index)
{
	if (p->opt->stack->is_system) {
		tell_one(p, rec, index);
		return;
	}
	p->waiting[index] = rec;
}

static uint32_t line_of(const struct test_record *rec)
{
	const struct finding *f = rec->findings;

	while (f && f->is_warning)
		f = f->next;
	return f ? f->line : 0;
}

void pool_deliver(struct pool *p, const struct test_record *rec, size_t index)
{
	struct attempts *t = &p->attempts[index];
	struct test_record *kept = ARENA_NEW(p->arena, struct test_record);
	struct test_record own = prepare_record(&p->test[index], p->opt);

	*kept = *rec;
	/* Who sent it was not asked. */
	kept->id = own.id;
	kept->script = own.script;
	kept->title = own.title;
	kept->case_name = own.case_name;
	kept->stack = own.stack;
	kept->profile = own.profile;
	kept->seed = prepare_seed(&p->test[index], p->opt);
	kept->retries = t->n++;
	kept->before = t->last;
	t->last = NULL;
	if (rec->verdict != VERDICT_INCONCLUSIVE || t->n > POOL_RETRIES_MAX) {
		tell_in_turn(p, kept, index);
		return;
	}
	t->last = kept;
	t->line = t->n == 1 || t->line == line_of(rec) ? line_of(rec) : 0;
	p->again[p->n_again++] = index;
}

/* What was to be run again, and will not be. */
static void tell_late(struct pool *p)
{
	for (size_t i = 0; i < p->n_tests; i++) {
		const struct test_record *last = p->attempts[i].last;
		struct test_record *rec;

		if (!last)
			continue;
		rec = ARENA_NEW(p->arena, struct test_record);
		*rec = *last;
		rec->reason = arena_printf(p->arena, "%s; the run ended before it was run again",
					   last->reason);
		tell_in_turn(p, rec, i);
	}
}

/* ---- waiting ---- */

static unsigned int busy(const struct pool *p)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < p->n_slots; i++)
		n += p->slot[i].is_busy;
	return n;
}

static int fill_poll(struct pool *p)
{
	struct pollfd *fd = p->fd;
	int64_t next_us = p->end_us, left_ms;
	int64_t max_ms = p->is_shared ? p->look_ms : p->opt->tick ? TICK_MS : LONG_MS;

	fd[0] = (struct pollfd){ p->signal_fd, POLLIN, 0 };
	for (unsigned int i = 0; i < p->n_slots; i++) {
		const struct slot *s = &p->slot[i];
		const struct worker *w = &s->worker;
		struct pollfd *f = &fd[1 + i * FDS_PER_SLOT];

		/* Who shares is not woken by a record; but poll() always tells of the end. */
		f[0] = (struct pollfd){ s->is_busy ? w->line_fd : -1, p->is_shared ? 0 : POLLIN, 0 };
		f[1] = (struct pollfd){ s->is_busy ? w->output_fd : -1, POLLIN, 0 };
		f[2] = (struct pollfd){ s->is_busy ? w->pid_fd : -1, POLLIN, 0 };
		if (s->is_busy && slot_next_us(p, s) < next_us)
			next_us = slot_next_us(p, s);
	}
	left_ms = (next_us - pool_now_us()) / 1000 + 1;
	return left_ms < 0 ? 0 : left_ms > max_ms ? (int)max_ms : (int)left_ms;
}

/* When poll() cannot tell what has happened, all there is will be looked at. */
static void wait_blindly(struct pool *p)
{
	const struct timespec moment = { .tv_nsec = BLIND_NS };

	clock_nanosleep(CLOCK_MONOTONIC, 0, &moment, NULL);
	for (unsigned int i = 0; i < 1 + p->n_slots * FDS_PER_SLOT; i++)
		p->fd[i].revents = 0;
	p->fd[0].revents = POLLIN;
}

/* Where we look every few milliseconds there is not as often something to show. */
static void tick(struct pool *p)
{
	int64_t now_us = pool_now_us();

	if (!p->opt->tick || (p->is_shared && now_us < p->tick_us))
		return;
	p->opt->tick(p->opt->ctx, busy(p));
	p->tick_us = now_us + TICK_MS * (int64_t)1000;
}

static void wait_for_one(struct pool *p)
{
	struct pollfd *fd = p->fd;
	int timeout_ms = fill_poll(p);
	struct signalfd_siginfo info;
	size_t n_told;

	tick(p);
	if (poll(fd, 1 + p->n_slots * FDS_PER_SLOT, timeout_ms) < 0)
		wait_blindly(p);
	if (fd[0].revents && read(p->signal_fd, &info, sizeof(info)) == sizeof(info)) {
		p->signal = (int)info.ssi_signo;
		return;
	}
	for (unsigned int i = 0; i < p->n_slots; i++) {
		if (p->slot[i].is_busy)
			slot_serve(p, &p->slot[i], fd[1 + i * FDS_PER_SLOT + 2].revents != 0);
	}
	n_told = p->n_told;
	tell(p, false);
	p->look_ms = p->n_told > n_told ? LOOK_MS : p->look_ms * 2;
	if (p->look_ms > LOOK_MAX_MS)
		p->look_ms = LOOK_MAX_MS;
	p->is_over = pool_now_us() >= p->end_us;
}

/* ---- passes ---- */

static bool has_next(const struct pool *p)
{
	return p->is_shared ? board_has_next(p->board) : p->next < p->n_queue;
}

/* False when nothing waits, or nothing may be started now. */
static bool start_next(struct pool *p, struct slot *s)
{
	size_t index;

	if (p->is_stopped || p->n_working >= p->work_max)
		return false;
	if (p->is_shared) {
		if (!board_take_next(p->board, s->seat, &index))
			return false;
		slot_start_shared(p, s, index);
		return true;
	}
	if (p->next == p->n_queue)
		return false;
	slot_start_alone(p, s, p->queue[p->next++]);
	return true;
}

static void start_more(struct pool *p, unsigned int jobs)
{
	for (unsigned int i = 0; i < p->n_slots; i++) {
		while (!p->slot[i].is_busy && busy(p) < jobs && start_next(p, &p->slot[i]))
			;
	}
}

static bool has_to_end(const struct pool *p)
{
	return p->signal || p->is_stopped || p->is_over;
}

static bool is_playing(const struct pool *p)
{
	size_t index;
	bool is = false;

	for (unsigned int i = 0; i < p->n_slots && !is; i++)
		is = p->slot[i].is_busy && board_held(p->board, i, &index);
	return is;
}

/* Are there tests without a verdict, or that were to be run again? */
static bool has_left(const struct pool *p)
{
	return is_playing(p) || has_next(p) || p->n_again;
}

static void run_pass(struct pool *p, unsigned int jobs)
{
	while (!has_to_end(p)) {
		reap(p, false);
		slot_give_work(p);
		start_more(p, jobs);
		if (!busy(p))
			return;
		if (!has_to_end(p))
			wait_for_one(p);
	}
}

/* Those that are being played have no verdict: they had no more of the run's time than others. What
 * has been sent by now is a verdict, though nobody was woken by it. */
static void end_all(struct pool *p)
{
	for (unsigned int i = 0; i < p->n_slots; i++) {
		struct slot *s = &p->slot[i];

		if (!s->is_busy)
			continue;
		if (p->is_stopped)
			slot_abandon(p, s);
		else
			slot_cut(p, s);
	}
}

static bool is_ignored(int sig)
{
	struct sigaction now;

	return sigaction(sig, NULL, &now) == 0 && now.sa_handler == SIG_IGN;
}

/* What whoever started us ignores, as nohup does, is none of ours; blocked, it would come all the
 * same. But that nobody reads the report any more (SIGPIPE) is ignored by ourselves elsewhere. */
static void catch_signals(struct pool *p)
{
	static const int ends[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		if (!is_ignored(ends[i]))
			sigaddset(&set, ends[i]);
	}
	sigaddset(&set, SIGPIPE);
	sigprocmask(SIG_BLOCK, &set, &p->old_mask);
	p->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

static void swap_queues(struct pool *p)
{
	size_t *spare = p->queue;

	p->queue = p->again;
	p->n_queue = p->n_again;
	p->next = 0;
	p->again = spare;
	p->n_again = 0;
	p->is_shared = false;
}

/* How many slots this process may have descriptors for: poll() refuses to look at more than that, be
 * they open or not. The limit stays as it is, since what a test plays inherits it. */
unsigned int pool_jobs_max(void)
{
	struct rlimit l;
	rlim_t n;

	if (getrlimit(RLIMIT_NOFILE, &l) < 0 || l.rlim_cur == RLIM_INFINITY)
		return UINT_MAX;
	n = l.rlim_cur > FDS_OF_OTHERS ? (l.rlim_cur - FDS_OF_OTHERS) / FDS_PER_SLOT : 0;
	return n < 1 ? 1 : n < UINT_MAX ? (unsigned int)n : UINT_MAX;
}

static unsigned int slots_for(size_t n_tests, unsigned int jobs)
{
	unsigned int max = pool_jobs_max(), n = jobs < max ? jobs : max;

	return n < n_tests ? n : (unsigned int)n_tests;
}

static void init(struct pool *p, size_t n)
{
	struct arena *a = p->arena;

	p->n_slots = slots_for(n, p->opt->jobs);
	p->n_queue = p->n_tests = n;
	p->slot = ARENA_ARRAY(a, struct slot, p->n_slots);
	p->fd = ARENA_ARRAY(a, struct pollfd, 1 + p->n_slots * FDS_PER_SLOT);
	p->attempts = ARENA_ARRAY(a, struct attempts, n);
	p->queue = ARENA_ARRAY(a, size_t, n);
	p->again = ARENA_ARRAY(a, size_t, n);
	p->waiting = ARENA_ARRAY(a, const struct test_record *, n);
	p->ending = ARENA_ARRAY(a, pid_t, n * (1 + POOL_RETRIES_MAX));
	for (size_t i = 0; i < n; i++)
		p->queue[i] = i;
	p->board = board_new(n, p->n_slots);
	for (unsigned int i = 0; i < p->n_slots; i++)
		p->slot[i].seat = i;
	p->look_ms = LOOK_MS;
	p->is_shared = !p->opt->stack->is_system && p->opt->stack->sandbox != SANDBOX_ALWAYS;
	/* In virtual time all is work, and -j alone says how much. */
	p->work_max = p->opt->stack->is_system ? processors_count() : UINT_MAX;
	p->end_us = p->opt->total_timeout_us ? pool_now_us() + p->opt->total_timeout_us
					     : INT64_MAX;
}

void pool_reap(void)
{
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}

unsigned int pool_default_jobs(const struct target_row *stack)
{
	return processors_count() * (stack->is_system ? POOL_WAITING_PER_PROCESSOR : 1);
}

int pool_run(struct arena *a, const struct pool_test *test, size_t n,
	     const struct pool_options *opt)
{
	struct pool p = { .arena = a, .test = test, .opt = opt };
	bool is_late;

	init(&p, n);
	catch_signals(&p);
	run_pass(&p, opt->jobs);
	while (!has_to_end(&p) && p.n_again) {
		swap_queues(&p);
		reap(&p, true);
		run_pass(&p, 1);
	}
	is_late = p.is_over && !p.is_stopped && has_left(&p);
	end_all(&p);
	tell_late(&p);
	tell(&p, true);
	reap(&p, false);
	board_free(p.board);
	close(p.signal_fd);
	sigprocmask(SIG_SETMASK, &p.old_mask, NULL);
	return p.signal ? p.signal : is_late ? -ERR_TIMEOUT : 0;
}
