/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A slot of the pool: one worker and the tests it plays.
 *
 * Who holds a processor
 *
 * Playing against the operating system is waiting, of which there can be much at once; but making
 * namespaces, running a script's commands and Python is work, which keeps the processors from those
 * whose time has come. Of such workers there are only as many as processors: a slot is started
 * holding one, gives it back when its script begins, and asks for one, and waits, before the
 * cleanup command and the Python program. A command between two packets cannot be put off: it is
 * counted though there be too many, which keeps others from starting. One that holds a processor
 * for long is probably asleep, in a command that waits for something, and loses it: else a few
 * of that kind would stop everything.
 */
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/arena.h"
#include "base/buf.h"
#include "run/pool_impl.h"
#include "run/record.h"
#include "script/plan.h"
#include "target/target.h"

enum {
	KILL_GRACE_US = 2 * US_PER_S,
	WORK_LIMIT_US = US_PER_S / 2,
};

/* ---- processors ---- */

static void hold_work(struct pool *p, struct slot *s)
{
	p->n_working += s->work != WORK_HELD;
	s->work = WORK_HELD;
	s->work_until_us = pool_now_us() + WORK_LIMIT_US;
}

static void release_work(struct pool *p, struct slot *s)
{
	p->n_working -= s->work == WORK_HELD;
	s->work = WORK_NONE;
}

static void ask_for_work(struct pool *p, struct slot *s)
{
	release_work(p, s);
	s->work = WORK_ASKED;
}

void slot_give_work(struct pool *p)
{
	for (unsigned int i = 0; i < p->n_slots && p->n_working < p->work_max; i++) {
		struct slot *s = &p->slot[i];

		if (s->is_busy && s->work == WORK_ASKED) {
			hold_work(p, s);
			worker_answer(&s->worker);
		}
	}
}

int64_t slot_next_us(const struct slot *s)
{
	if (s->work == WORK_HELD && s->work_until_us < s->kill_at_us)
		return s->work_until_us;
	return s->kill_at_us;
}

/* ---- beginning and end ---- */

static void free_slot(struct pool *p, struct slot *s)
{
	release_work(p, s);
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

	rec.verdict = v;
	rec.reason = arena_strdup(p->arena, reason);
	return rec;
}

/* The engine says more about a test that takes too long; we are here for when it cannot. */
static void set_limit(struct slot *s, int64_t limit_us)
{
	s->started_us = pool_now_us();
	s->limit_us = limit_us;
	s->kill_at_us = s->started_us + limit_us + KILL_GRACE_US;
}

static void begin_share(struct pool *p, struct slot *s)
{
	set_limit(s, (int64_t)POOL_TIMEOUT_DEFAULT_S * US_PER_S);
	if (p->opt->stack->is_system)
		hold_work(p, s);
}

static void begin_slot(struct pool *p, struct slot *s, const size_t *index, size_t n)
{
	*s = (struct slot){ .index = index, .n = n, .arena = arena_new() };
	s->worker = (struct worker){ .pid = -1, .pid_fd = -1, .line_fd = -1, .output_fd = -1 };
	begin_share(p, s);
}

static struct player_share share_of(const struct pool *p, const size_t *index, size_t n)
{
	return (struct player_share){ .from = (size_t)(index - p->queue), .n = n };
}

/* Gives the slot a worker; without one, its tests have their verdict at once. */
static void start_worker(struct pool *p, struct slot *s)
{
	struct worker_job job = { .main = player_main, .arg = &s->player,
				  .is_sandboxed = p->opt->stack->sandbox == SANDBOX_ALWAYS,
				  .passes_output = p->opt->engine.pass_output };
	const char *why = "";

	s->player = (struct player){ .opt = p->opt, .test = p->test, .queue = p->queue,
				     .first = share_of(p, s->index, s->n),
				     .prepared = s->prepared.plan ? &s->prepared : NULL };
	s->is_busy = worker_start(s->arena, &job, &s->worker, &why) == 0;
	if (s->is_busy)
		return;
	for (; s->at < s->n; s->at++) {
		struct test_record rec = own_record(p, s, VERDICT_ENVIRONMENT, why);

		pool_deliver(p, &rec, current(s));
	}
	free_slot(p, s);
}

/* As a worker would have sent it: nothing of it refers to the slot's arena then. */
static void deliver_prepared(struct pool *p, const struct slot *s)
{
	struct buf line = { 0 };
	struct test_record rec;

	record_write_outcome(&s->prepared.rec, &line);
	if (record_read(p->arena, line.data, line.len, &rec) == 0)
		pool_deliver(p, &rec, current(s));
	buf_fini(&line);
}

void slot_start_alone(struct pool *p, struct slot *s, const size_t *index)
{
	const struct attempts *before = &p->attempts[*index];

	begin_slot(p, s, index, 1);
	s->prepared = prepare_test(s->arena, &p->test[*index], p->opt);
	s->prepared.engine.believed_line = before->n == POOL_RETRIES_MAX ? before->line : 0;
	if (s->prepared.plan) {
		start_worker(p, s);
		return;
	}
	deliver_prepared(p, s);
	free_slot(p, s);
}

/* False: it is gone. */
static bool give_share(struct pool *p, struct slot *s, const size_t *index, size_t n)
{
	struct player_share share = share_of(p, index, n);

	s->index = index;
	s->n = n;
	s->at = 0;
	begin_share(p, s);
	s->has_idle_worker = false;
	s->is_busy = worker_give(&s->worker, &share, sizeof(share));
	return s->is_busy;
}

void slot_start_batch(struct pool *p, struct slot *s, const size_t *index, size_t n)
{
	if (s->has_idle_worker) {
		if (give_share(p, s, index, n))
			return;
		free_slot(p, s);
	}
	begin_slot(p, s, index, n);
	start_worker(p, s);
}

bool slot_give_ahead(struct pool *p, struct slot *s, const size_t *index, size_t n)
{
	struct player_share share = share_of(p, index, n);

	if (s->prepared.plan || s->n_ahead || !worker_give(&s->worker, &share, sizeof(share)))
		return false;
	s->ahead = index;
	s->n_ahead = n;
	return true;
}

const struct pool_test *slot_test(const struct pool *p, const struct slot *s)
{
	return &p->test[current(s)];
}

size_t slot_left(const struct slot *s)
{
	return s->n - s->at + s->n_ahead;
}

/* It has gone on with what it was given ahead; false when that was nothing. */
static bool turn_ahead(struct pool *p, struct slot *s)
{
	if (!s->n_ahead)
		return false;
	s->index = s->ahead;
	s->n = s->n_ahead;
	s->at = s->n_ahead = 0;
	begin_share(p, s);
	return true;
}

void slot_dismiss(struct pool *p, struct slot *s)
{
	const struct player_share none = { 0 };

	if (!s->has_idle_worker)
		return;
	s->has_idle_worker = false;
	worker_give(&s->worker, &none, sizeof(none));
	free_slot(p, s);
}

/* ---- records ---- */

/* What the worker and its programs printed belongs to a test that did not pass. */
static void add_output(struct pool *p, struct slot *s, struct test_record *rec)
{
	struct worker *w = &s->worker;

	if (rec->verdict != VERDICT_PASS && w->output.len)
		rec->output = arena_printf(p->arena, "%s%s", rec->output, buf_str(&w->output));
	if (rec->verdict != VERDICT_PASS && w->output_dropped)
		rec->output = arena_printf(p->arena, "%s\n(%zu more bytes of output not kept)\n",
					   rec->output, w->output_dropped);
	/* Nor is what one that passed has printed that of the next. */
	buf_clear(&w->output);
	w->output_dropped = 0;
}

/* The worker is gone, and the test at hand with it; those behind it get another one. */
static void finish_killed(struct pool *p, struct slot *s, enum verdict v, const char *reason)
{
	struct test_record rec = own_record(p, s, v, reason);
	size_t index = current(s), left = s->n - s->at - 1, n_ahead = s->n_ahead;
	const size_t *rest = s->index + s->at + 1, *ahead = s->ahead;

	rec.wall_us = pool_now_us() - s->started_us;
	add_output(p, s, &rec);
	free_slot(p, s);
	pool_deliver(p, &rec, index);
	if (p->is_stopped || p->is_over || left + n_ahead == 0)
		return;
	if (!left) {
		slot_start_batch(p, s, ahead, n_ahead);
		return;
	}
	slot_start_batch(p, s, rest, left);
	if (!n_ahead)
		return;
	if (!s->is_busy) {
		/* There was no worker to be had, and maybe there is none now. */
		slot_start_batch(p, s, ahead, n_ahead);
		return;
	}
	/* Kept all the same if that worker is gone, too: its own end will come here. */
	if (!slot_give_ahead(p, s, ahead, n_ahead)) {
		s->ahead = ahead;
		s->n_ahead = n_ahead;
	}
}

static void end_slot(struct pool *p, struct slot *s, enum verdict v, const char *reason)
{
	kill(s->worker.pid, SIGKILL);
	finish_killed(p, s, v, reason);
}

void slot_abandon(struct pool *p, struct slot *s)
{
	kill(s->worker.pid, SIGKILL);
	free_slot(p, s);
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

/* ---- what the worker says ---- */

static bool is_word(const char *line, size_t n, const char *word)
{
	return n >= strlen(word) && memcmp(line, word, strlen(word)) == 0;
}

/* What tells how the worker is, and ends no test. */
static bool take_news(struct pool *p, struct slot *s, const char *line, size_t n)
{
	if (is_word(line, n, PLAYER_BEGIN))
		set_limit(s, strtoll(line + strlen(PLAYER_BEGIN), NULL, 10));
	else if (is_word(line, n, PLAYER_IDLE))
		release_work(p, s);
	else if (is_word(line, n, PLAYER_BUSY))
		hold_work(p, s);
	else if (is_word(line, n, PLAYER_ASKS))
		ask_for_work(p, s);
	else
		return false;
	return true;
}

static int take_record(struct pool *p, const struct slot *s, const char *line, size_t n,
		       struct test_record *rec)
{
	char *end;

	if (!is_word(line, n, PLAYER_PASSED))
		return record_read(p->arena, line, n, rec);
	*rec = own_record(p, s, VERDICT_PASS, "");
	rec->wall_us = strtoll(line + strlen(PLAYER_PASSED), &end, 10);
	rec->late_us = strtoll(end, NULL, 10);
	return 0;
}

/* One line of the worker (run/player.h). False when it makes no sense. */
static bool take_line(struct pool *p, struct slot *s, const char *line, size_t n)
{
	size_t index = current(s);
	struct test_record rec;

	if (take_news(p, s, line, n))
		return true;
	if (take_record(p, s, line, n, &rec) < 0)
		return false;
	add_output(p, s, &rec);
	pool_deliver(p, &rec, index);
	s->at++;
	set_limit(s, (int64_t)POOL_TIMEOUT_DEFAULT_S * US_PER_S);
	return true;
}

/* All that it was given has been played. */
static void rest(struct pool *p, struct slot *s)
{
	if (s->prepared.plan) {
		free_slot(p, s);
		return;
	}
	release_work(p, s);
	s->is_busy = false;
	s->has_idle_worker = true;
}

/* False when there was one that made no sense. */
static bool take_lines(struct pool *p, struct slot *s)
{
	const char *line;
	size_t n;

	while ((s->at < s->n || turn_ahead(p, s)) && worker_line(&s->worker, &line, &n)) {
		if (!take_line(p, s, line, n))
			return false;
	}
	return true;
}

/* All that has been sent and printed. What is unread when there are no more lines is of the test at
 * hand: what those before it printed was read with their records. */
static bool take_all(struct pool *p, struct slot *s)
{
	size_t n_unread;

	worker_read(&s->worker);
	do {
		if (!take_lines(p, s))
			return false;
		n_unread = worker_unread_output(&s->worker);
	} while (n_unread && worker_read(&s->worker));
	worker_read_output(&s->worker, n_unread);
	return true;
}

void slot_serve(struct pool *p, struct slot *s, bool has_ended)
{
	if (!take_all(p, s)) {
		end_slot(p, s, VERDICT_CRASH, "the worker sent no readable result");
		return;
	}
	if (s->at == s->n)
		rest(p, s);
	else if (has_ended || worker_has_closed(&s->worker))
		finish_crash(p, s);
	else if (pool_now_us() >= s->kill_at_us)
		end_slot(p, s, VERDICT_TIMEOUT,
			 arena_printf(p->arena, "did not end itself when its %.3g s were up, and was "
				      "killed after %.3g s", (double)s->limit_us / US_PER_S,
				      (double)(pool_now_us() - s->started_us) / US_PER_S));
	else if (s->work == WORK_HELD && pool_now_us() >= s->work_until_us)
		release_work(p, s);
}
