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
#include "base/diag.h"
#include "base/err.h"
#include "run/needs.h"
#include "run/record.h"
#include "run/worker.h"
#include "script/plan.h"
#include "target/target.h"

/*
 * Theory of operation
 *
 * Each test is bound here, so that errors of the script need no process, and played in a worker
 * process (worker.c), so that whatever happens there is a verdict and nothing else. A slot is
 * free again as soon as the record has arrived: the kernel may take tens of milliseconds to take
 * down the worker's namespace, and nobody has to wait for that. Such workers are only remembered
 * to be reaped; should we end first, the sandbox ends them.
 *
 * The first pass runs as many tests at once as there are slots. A test in which the tester was too
 * late to judge is put aside and run again after all others, alone. One that still is late after
 * the last retry keeps its verdict.
 *
 * Signals are read from a descriptor in the same loop as the workers' pipes, so that no handler
 * and no file-level state is needed.
 */

enum { NS_PER_US = 1000, US_PER_S = 1000000, KILL_GRACE_US = 2 * US_PER_S };

struct slot {
	bool is_busy;
	size_t index;                /* of the test */
	struct arena *arena;         /* its plan */
	struct worker_job job;
	struct worker worker;
	int64_t started_us, kill_at_us;
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
	uint32_t *tries;             /* per test: how often it was started */
	size_t *queue;               /* tests to run in this pass */
	size_t n_queue, next;
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

static void deliver(struct pool *p, const struct test_record *rec, size_t index)
{
	struct test_record *kept = ARENA_NEW(p->arena, struct test_record);

	if (rec->verdict == VERDICT_INCONCLUSIVE && p->tries[index] <= POOL_RETRIES_MAX) {
		p->again[p->n_again++] = index;
		return;
	}
	*kept = *rec;
	kept->retries = p->tries[index] ? p->tries[index] - 1 : 0;
	if (rec->verdict != VERDICT_PASS && p->opt->stops_at_failure)
		p->is_stopped = true;
	p->opt->done(p->opt->ctx, kept);
}

static struct test_record blank_record(const struct pool *p, size_t index)
{
	const struct pool_test *t = &p->test[index];

	return (struct test_record){
		.id = t->id,
		.script = t->path,
		.case_name = t->meta_case ? t->meta_case->name : "",
		.variant = ip_mode_name[t->config.ip_mode],
		.stack = p->opt->stack->name,
		.title = "",
		.reason = "",
		.output = "",
	};
}

/* The errors of a script as one finding. */
static void deliver_errors(struct pool *p, size_t index, const struct diags *d)
{
	struct test_record rec = blank_record(p, index);
	struct finding *f = ARENA_NEW(p->arena, struct finding);
	const struct diag *first = d->first;
	struct buf text = { 0 };

	while (first && first->severity != SEVERITY_ERROR)
		first = first->next;
	diags_render(d, &text);
	f->kind = FINDING_INTERNAL;
	f->text = arena_strdup(p->arena, buf_str(&text));
	f->message = arena_strdup(p->arena, first ? first->message : "the script has errors");
	if (first && d->src && (first->span.off || first->span.len)) {
		struct place at = source_place(d->src, first->span.off);

		f->line = at.line;
		f->col = at.col;
	}
	buf_fini(&text);
	rec.verdict = VERDICT_ERROR;
	rec.reason = d->n_errors > 1 ? arena_printf(p->arena, "%s (and %zu more errors)",
						    f->message, d->n_errors - 1)
				     : f->message;
	rec.findings = f;
	deliver(p, &rec, index);
}

static void deliver_reason(struct pool *p, size_t index, enum verdict v, const char *title,
			   const char *reason)
{
	struct test_record rec = blank_record(p, index);

	rec.verdict = v;
	rec.title = title ? arena_strdup(p->arena, title) : "";
	rec.reason = arena_strdup(p->arena, reason);
	deliver(p, &rec, index);
}

static const char *folder_of(struct arena *a, const char *path)
{
	const char *slash = strrchr(path, '/');

	return !slash ? NULL : slash == path ? "/" : arena_strndup(a, path, (size_t)(slash - path));
}

static const char *pcap_path(struct arena *a, const char *dir, const char *id)
{
	char *path = arena_printf(a, "%s/%s.pcapng", dir, id);

	for (char *c = path + strlen(dir) + 1; *c; c++) {
		if (*c == '/')
			*c = '_';
	}
	return path;
}

static void fill_job(struct pool *p, struct slot *s, const struct plan *plan)
{
	const struct pool_test *t = &p->test[s->index];
	int64_t own_us = plan->meta.timeout_us;
	int64_t limit_us = p->opt->timeout_us ? p->opt->timeout_us
			   : own_us	      ? own_us
					      : (int64_t)POOL_TIMEOUT_DEFAULT_S * US_PER_S;

	s->job = (struct worker_job){
		.plan = plan,
		.stack = p->opt->stack,
		.engine = p->opt->engine,
		.folder = p->opt->in_script_folder ? folder_of(s->arena, t->path) : NULL,
		.rec = blank_record(p, s->index),
	};
	s->job.rec.title = plan->meta.title ? plan->meta.title : "";
	s->job.rec.variant = ip_mode_name[plan->config.ip_mode];
	s->job.engine.timeout_us = limit_us;
	s->job.engine.verbose |= plan->config.verbose;
	s->job.engine.trace |= plan->config.debug;
	if (p->opt->pcap_dir)
		s->job.engine.pcap_path = pcap_path(s->arena, p->opt->pcap_dir, t->id);
	s->started_us = now_us();
	/* The engine says more about a test that takes too long; we are here for when it cannot. */
	s->kill_at_us = s->started_us + limit_us + KILL_GRACE_US;
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

/* Binds and starts one test; what needs no worker is delivered at once. */
static void start(struct pool *p, struct slot *s, size_t index)
{
	const struct pool_test *t = &p->test[index];
	const struct plan *plan;
	const char *why = NULL;
	struct diags d;

	s->index = index;
	s->arena = arena_new();
	s->worker = (struct worker){ .pid = -1, .pid_fd = -1, .record_fd = -1, .output_fd = -1 };
	diags_init(&d, s->arena, NULL);
	plan = plan_load(s->arena, t->path, &t->config, t->meta_case, p->opt->seed, &d);
	if (plan)
		needs_check(&plan->meta, &d);
	if (!plan || d.n_errors) {
		deliver_errors(p, index, &d);
		free_slot(p, s);
		return;
	}
	why = needs_unmet(s->arena, &plan->meta, p->opt->stack);
	if (why || plan->config.dry_run) {
		deliver_reason(p, index, why ? VERDICT_SKIP : VERDICT_PASS, plan->meta.title,
			       why ? why : "");
		free_slot(p, s);
		return;
	}
	fill_job(p, s, plan);
	p->tries[index]++;
	if (worker_start(s->arena, &s->job, &s->worker, &why) < 0) {
		deliver_reason(p, index, VERDICT_ENVIRONMENT, plan->meta.title, why);
		free_slot(p, s);
		return;
	}
	s->is_busy = true;
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
}

static void finish_killed(struct pool *p, struct slot *s, enum verdict v, const char *reason)
{
	struct test_record rec = blank_record(p, s->index);

	rec.verdict = v;
	rec.title = arena_strdup(p->arena, s->job.rec.title);
	rec.reason = reason;
	rec.wall_us = now_us() - s->started_us;
	add_output(p, s, &rec);
	free_slot(p, s);
	deliver(p, &rec, s->index);
}

static void finish_timeout(struct pool *p, struct slot *s)
{
	kill(s->worker.pid, SIGKILL);
	finish_killed(p, s, VERDICT_TIMEOUT,
		      arena_printf(p->arena, "did not end within %.0f s and was killed",
				   (double)s->job.engine.timeout_us / US_PER_S));
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

static void finish_record(struct pool *p, struct slot *s)
{
	struct buf *line = &s->worker.record;
	struct test_record rec;

	if (record_read(p->arena, line->data, line->len, &rec) < 0) {
		finish_killed(p, s, VERDICT_CRASH, "the worker sent no readable result");
		return;
	}
	add_output(p, s, &rec);
	free_slot(p, s);
	deliver(p, &rec, s->index);
}

static void serve(struct pool *p, struct slot *s, bool has_ended)
{
	if (worker_read(&s->worker))
		finish_record(p, s);
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
	int64_t next_us = INT64_MAX, left_ms;

	fd[0] = (struct pollfd){ p->signal_fd, POLLIN, 0 };
	for (unsigned int i = 0; i < p->n_slots; i++) {
		const struct slot *s = &p->slot[i];
		const struct worker *w = &s->worker;
		struct pollfd *f = &fd[1 + i * FDS_PER_SLOT];

		f[0] = (struct pollfd){ s->is_busy ? w->record_fd : -1, POLLIN, 0 };
		f[1] = (struct pollfd){ s->is_busy ? w->output_fd : -1, POLLIN, 0 };
		f[2] = (struct pollfd){ s->is_busy ? w->pid_fd : -1, POLLIN, 0 };
		if (s->is_busy && s->kill_at_us < next_us)
			next_us = s->kill_at_us;
	}
	left_ms = (next_us - now_us()) / 1000 + 1;
	return left_ms < 0 ? 0 : left_ms > 60000 ? 60000 : (int)left_ms;
}

static void wait_for_one(struct pool *p)
{
	struct pollfd *fd = p->fd;
	int timeout_ms = fill_poll(p);
	struct signalfd_siginfo info;

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

static void start_more(struct pool *p, unsigned int jobs)
{
	for (unsigned int i = 0; i < p->n_slots; i++) {
		while (!p->slot[i].is_busy && p->next < p->n_queue && !p->is_stopped &&
		       busy(p) < jobs)
			start(p, &p->slot[i], p->queue[p->next++]);
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
	p->next = 0;
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
	};

	p.slot = ARENA_ARRAY(a, struct slot, p.n_slots);
	p.fd = ARENA_ARRAY(a, struct pollfd, 1 + p.n_slots * FDS_PER_SLOT);
	p.tries = ARENA_ARRAY(a, uint32_t, n);
	p.queue = ARENA_ARRAY(a, size_t, n);
	p.again = ARENA_ARRAY(a, size_t, n);
	p.ending = ARENA_ARRAY(a, pid_t, n * (1 + POOL_RETRIES_MAX));
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
	reap(&p, false);
	close(p.signal_fd);
	sigprocmask(SIG_SETMASK, &p.old_mask, NULL);
	return p.signal;
}
