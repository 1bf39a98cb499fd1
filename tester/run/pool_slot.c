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
#include <sys/wait.h>
#include <time.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/processors.h"
#include "run/outcome.h"
#include "run/pool_impl.h"
#include "script/plan.h"
#include "target/target.h"

enum {
	KILL_GRACE_US = 2 * US_PER_S,
	END_MS = 500,                /* how long it is waited for one that was killed */
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

static int64_t kill_at_us(const struct pool *p, const struct slot *s)
{
	int64_t limit_us, begun_us = board_limit(p->board, s->seat, &limit_us);

	return begun_us + limit_us + KILL_GRACE_US;
}

int64_t slot_next_us(const struct pool *p, const struct slot *s)
{
	int64_t at_us = kill_at_us(p, s);

	return s->work == WORK_HELD && s->work_until_us < at_us ? s->work_until_us : at_us;
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

/* A record that is made here. */
static struct test_record own_record(struct pool *p, size_t index, enum verdict v,
				     const char *reason)
{
	struct test_record rec = prepare_record(&p->test[index], p->opt);

	rec.verdict = v;
	rec.reason = arena_strdup(p->arena, reason);
	return rec;
}

/* The engine says more about a test that takes too long; we are here for when it cannot. */
static void begin_slot(struct pool *p, struct slot *s)
{
	*s = (struct slot){ .seat = s->seat, .arena = arena_new() };
	s->worker = (struct worker){ .pid = -1, .pid_fd = -1, .line_fd = -1, .output_fd = -1 };
	board_begin(p->board, s->seat, POOL_TIMEOUT_DEFAULT_US);
	if (p->opt->stack->is_system)
		hold_work(p, s);
}

/* The test has its verdict; nobody plays it any more. */
static void deliver(struct pool *p, const struct test_record *rec, size_t index)
{
	board_done(p->board, index);
	pool_deliver(p, rec, index);
}

/* Gives the slot a worker; without one, its test has its verdict at once. */
static void start_worker(struct pool *p, struct slot *s, size_t index)
{
	struct worker_job job = { .main = player_main, .arg = &s->player,
				  .is_sandboxed = p->opt->stack->sandbox == SANDBOX_ALWAYS,
				  .passes_output = p->opt->engine.pass_output };
	const char *why = "";

	s->player = (struct player){ .opt = p->opt, .test = p->test, .board = p->board,
				     .seat = s->seat, .first = index,
				     .prepared = s->is_alone ? &s->prepared : NULL };
	s->printer = index;
	s->is_busy = worker_start(s->arena, &job, &s->worker, &why) == 0;
	if (!s->is_busy) {
		struct test_record rec = own_record(p, index, VERDICT_ENVIRONMENT, why);

		deliver(p, &rec, index);
		free_slot(p, s);
	}
}

/* As a worker would have sent it: nothing of it refers to the slot's arena then. */
static void deliver_prepared(struct pool *p, const struct slot *s, size_t index)
{
	struct buf line = { 0 };
	struct test_record rec;

	outcome_write(&s->prepared.rec, &line);
	if (outcome_read(p->arena, line.data, line.len, &rec) == 0)
		deliver(p, &rec, index);
	buf_fini(&line);
}

void slot_start_alone(struct pool *p, struct slot *s, size_t index)
{
	const struct attempts *before = &p->attempts[index];

	begin_slot(p, s);
	s->is_alone = true;
	board_take(p->board, s->seat, index);
	s->prepared = prepare_test(s->arena, &p->test[index], p->opt);
	s->prepared.engine.believed_line = before->n == POOL_RETRIES_MAX ? before->line : 0;
	if (s->prepared.plan) {
		start_worker(p, s, index);
		return;
	}
	deliver_prepared(p, s, index);
	free_slot(p, s);
}

void slot_start_shared(struct pool *p, struct slot *s, size_t index)
{
	begin_slot(p, s);
	start_worker(p, s, index);
	if (!s->is_busy)
		return;
	/* It waits for us: what it made meanwhile would stay on that one processor. */
	processors_place(s->worker.pid, s->seat);
	worker_answer(&s->worker);
}

/* ---- records ---- */

/* What the worker and its programs printed belongs to a test that did not pass. */
static void add_output(struct pool *p, struct slot *s, struct test_record *rec, size_t index)
{
	struct worker *w = &s->worker;

	if (rec->verdict == VERDICT_PASS || s->printer != index)
		return;
	if (w->output.len)
		rec->output = arena_printf(p->arena, "%s%s", rec->output, buf_str(&w->output));
	if (w->output_dropped)
		rec->output = arena_printf(p->arena, "%s\n(%zu more bytes of output not kept)\n",
					   rec->output, w->output_dropped);
}

/* A sandbox gives the signal of what it held as 128 + signal. */
static const char *death(struct pool *p, int status)
{
	int sig = 0;

	if (WIFSIGNALED(status))
		sig = WTERMSIG(status);
	else if (WEXITSTATUS(status) > 128)
		sig = WEXITSTATUS(status) - 128;
	if (sig)
		return arena_printf(p->arena, "the worker was killed by signal %d (%s)", sig,
				    strsignal(sig));
	return arena_printf(p->arena, "the worker ended with status %d and no result",
			    WEXITSTATUS(status));
}

static const char *too_long(struct pool *p, const struct slot *s)
{
	int64_t limit_us, begun_us = board_limit(p->board, s->seat, &limit_us);

	return arena_printf(p->arena, "did not end itself when its %.3g s were up, and was killed "
			    "after %.3g s", (double)limit_us / US_PER_S,
			    (double)(pool_now_us() - begun_us) / US_PER_S);
}

/* It has died of a test that it held. */
static void blame(struct pool *p, struct slot *s, size_t index, enum verdict v,
		  const char *reason)
{
	struct test_record rec = own_record(p, index, v, reason);
	int64_t limit_us;

	rec.wall_us = pool_now_us() - board_limit(p->board, s->seat, &limit_us);
	add_output(p, s, &rec, index);
	deliver(p, &rec, index);
}

/* ---- what the worker says ---- */

static bool is_word(const char *line, size_t n, const char *word)
{
	return n >= strlen(word) && memcmp(line, word, strlen(word)) == 0;
}

/* What tells how the worker is, and ends no test. */
static bool take_news(struct pool *p, struct slot *s, const char *line, size_t n)
{
	if (is_word(line, n, PLAYER_IDLE))
		release_work(p, s);
	else if (is_word(line, n, PLAYER_BUSY))
		hold_work(p, s);
	else if (is_word(line, n, PLAYER_ASKS))
		ask_for_work(p, s);
	else
		return false;
	return true;
}

/* One line of the worker (run/player.h). False when it makes no sense. */
static bool take_line(struct pool *p, struct slot *s, const char *line, size_t n)
{
	struct test_record rec;
	char *after;
	size_t index, n_number;

	if (take_news(p, s, line, n))
		return true;
	index = strtoul(line, &after, 10);
	n_number = (size_t)(after - line);
	if (!n_number || n_number >= n || index >= p->n_tests ||
	    *after != ' ' || outcome_read(p->arena, after + 1, n - n_number - 1, &rec) < 0)
		return false;
	add_output(p, s, &rec, index);
	deliver(p, &rec, index);
	s->has_told = true;
	return true;
}

/* False when there was one that made no sense. */
static bool take_lines(struct pool *p, struct slot *s)
{
	const char *line;
	size_t n;

	while (worker_line(&s->worker, &line, &n)) {
		if (!take_line(p, s, line, n))
			return false;
	}
	return true;
}

/* A test is not done before all that it has printed was read. So what is unread is of the one that is
 * being played, which is the one that was taken last; it stays so until we read it. */
static void take_output(struct pool *p, struct slot *s, size_t n_unread)
{
	size_t printer = board_taken(p->board, s->seat);

	if (printer != s->printer) {
		s->printer = printer;
		buf_clear(&s->worker.output);
		s->worker.output_dropped = 0;
	}
	worker_read_output(&s->worker, n_unread);
}

/* All that has been sent and printed; what those before the printer have sent comes first, since it is
 * about what they have printed. */
static bool take_all(struct pool *p, struct slot *s)
{
	size_t n_unread;

	worker_read(&s->worker);
	do {
		if (!take_lines(p, s))
			return false;
		n_unread = worker_unread_output(&s->worker);
	} while (n_unread && worker_read(&s->worker));
	if (n_unread)
		take_output(p, s, n_unread);
	return true;
}

/* ---- the end of a worker ---- */

/* What it holds then it will never tell of. There are processes that even now take their time, as when
 * a debugger has them: these are left to end some day. Return: its status */
static int end_worker(struct pool *p, struct slot *s)
{
	const struct timespec moment = { .tv_nsec = 1000000 };
	int status = 0, left_ms = END_MS;

	kill(s->worker.pid, SIGKILL);
	while (waitpid(s->worker.pid, &status, WNOHANG) == 0 && left_ms--)
		clock_nanosleep(CLOCK_MONOTONIC, 0, &moment, NULL);
	if (left_ms >= 0)
		s->worker.pid = -1;
	take_all(p, s);
	return status;
}

/* @reason: NULL: how it died says it */
static void end_slot(struct pool *p, struct slot *s, enum verdict v, const char *reason)
{
	int status = end_worker(p, s);
	size_t index;

	while (board_held(p->board, s->seat, &index))
		blame(p, s, index, v, reason ? reason : death(p, status));
	free_slot(p, s);
}

/* Sends no more. That is as it should be if it plays nothing; it may be about to exit, and is not
 * waited for. */
static void finish(struct pool *p, struct slot *s)
{
	size_t index;

	if (board_held(p->board, s->seat, &index))
		end_slot(p, s, VERDICT_CRASH, NULL);
	else
		free_slot(p, s);
}

void slot_abandon(struct pool *p, struct slot *s)
{
	if (s->worker.pid > 0)
		kill(s->worker.pid, SIGKILL);
	free_slot(p, s);
}

/* One that is alone in its namespaces may take its time to die, and its record is there or not. */
void slot_cut(struct pool *p, struct slot *s)
{
	int64_t limit_us, begun_us = board_limit(p->board, s->seat, &limit_us);
	size_t index;

	if (s->is_alone)
		take_all(p, s);
	else
		end_worker(p, s);
	if (p->opt->cut && board_held(p->board, s->seat, &index))
		p->opt->cut(p->opt->ctx, &p->test[index], pool_now_us() - begun_us);
	slot_abandon(p, s);
}

void slot_serve(struct pool *p, struct slot *s, bool has_ended)
{
	if (!take_all(p, s))
		end_slot(p, s, VERDICT_CRASH, "the worker sent no readable result");
	else if (s->is_alone && s->has_told)
		free_slot(p, s);
	else if (has_ended || worker_has_closed(&s->worker))
		finish(p, s);
	else if (pool_now_us() >= kill_at_us(p, s))
		end_slot(p, s, VERDICT_TIMEOUT, too_long(p, s));
	else if (s->work == WORK_HELD && pool_now_us() >= s->work_until_us)
		release_work(p, s);
}
