/* SPDX-License-Identifier: BSD-2-Clause */
#include "run/player.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/file.h"
#include "run/board.h"
#include "run/outcome.h"
#include "run/pool.h"
#include "run/prepare.h"
#include "script/plan.h"
#include "target/clock.h"
#include "target/sandbox.h"
#include "target/target.h"

/* How long a reader of our output is waited for at the most. */
enum { UNREAD_NS = 200000, UNREAD_TRIES = 5000 };

static bool goes_on(const struct player *pl)
{
	return !pl->prepared;
}

static bool write_out(int fd, struct buf *b)
{
	bool is_sent = file_write(fd, b->data, b->len) == 0;

	buf_clear(b);
	return is_sent;
}

static void play(struct arena *a, struct prepared *p, const struct pool_options *opt)
{
	int64_t begun_us = clock_now_ns() / NS_PER_US;

	if (p->folder && chdir(p->folder) < 0) {
		p->rec.verdict = VERDICT_ENVIRONMENT;
		p->rec.reason = arena_printf(a, "cannot enter folder '%s': %s", p->folder,
					     strerror(errno));
		return;
	}
	engine_run(a, p->plan, opt->stack, &p->engine, &p->rec);
	/* Of ours; the engine knows the target's time, which may be virtual. */
	p->rec.wall_us = clock_now_ns() / NS_PER_US - begun_us;
}

/* False: nobody is there to give it. */
static bool await_word(int line_fd)
{
	char word;
	ssize_t n;

	do
		n = read(line_fd, &word, 1);
	while (n < 0 && errno == EINTR);
	return n == 1;
}

/* When nobody listens any more, we are about to be killed. */
static void on_work(void *ctx, enum engine_work work)
{
	static const char *const line[] = {
		[ENGINE_IDLE] = PLAYER_IDLE "\n",
		[ENGINE_BUSY] = PLAYER_BUSY "\n",
		[ENGINE_ASKS] = PLAYER_ASKS "\n",
	};
	const int *fd = ctx;

	if (write(*fd, line[work], strlen(line[work])) >= 0 && work == ENGINE_ASKS)
		await_word(*fd);
}

/* ---- one test ---- */

/* A test that is ready to be played, and where its record goes. */
struct turn {
	const struct player *player;
	size_t index;
	const struct pool_test *test;
	struct arena *arena;
	struct prepared *prepared;
	struct buf *line;
	int line_fd;
	int done_fd;                 /* in a sandbox: who waits for the record learns here of it */
};

static bool has_unread_output(const struct turn *t)
{
	int n = 0;

	return !t->player->opt->engine.pass_output && ioctl(STDOUT_FILENO, FIONREAD, &n) == 0 && n;
}

/* A script may have chosen its variant itself. */
static bool has_just_passed(const struct turn *t)
{
	const struct test_record *rec = &t->prepared->rec;

	return rec->verdict == VERDICT_PASS && !rec->findings && !*rec->reason && !*rec->output &&
	       !rec->retries && strcmp(rec->variant, ip_mode_name[t->test->config.ip_mode]) == 0;
}

/* False when nobody listens any more. */
static bool tell(const struct turn *t)
{
	const struct timespec moment = { .tv_nsec = UNREAD_NS };
	const struct test_record *rec = &t->prepared->rec;

	/* What is read before the record comes is taken for this test's, later for that of the next. */
	for (int i = 0; i < UNREAD_TRIES && has_unread_output(t); i++)
		clock_nanosleep(CLOCK_MONOTONIC, 0, &moment, NULL);
	if (goes_on(t->player) && has_just_passed(t)) {
		board_pass(t->player->board, t->index, rec->wall_us, rec->late_us);
		return true;
	}
	buf_printf(t->line, "%zu ", t->index);
	outcome_write(rec, t->line);
	return write_out(t->line_fd, t->line);
}

static int play_inside(void *arg)
{
	const struct turn *t = arg;

	play(t->arena, t->prepared, t->player->opt);
	return tell(t) && write(t->done_fd, "", 1) == 1 ? 0 : 1;
}

/* True when the record has been sent; then the kernel may take its time to clear the sandbox away.
 * If not, *status is that of the process that should have sent it. */
static bool await_record(int done_fd, pid_t pid, int *status)
{
	char done;
	ssize_t n;

	do
		n = read(done_fd, &done, 1);
	while (n < 0 && errno == EINTR);
	if (n == 1)
		return true;
	while (waitpid(pid, status, 0) < 0 && errno == EINTR)
		;
	return false;
}

/* As play_here(), for a test that must have namespaces. A death inside is told by ours, in the
 * same words: as it is our status [target/sandbox.h]. */
static int play_in_sandbox(struct turn *t)
{
	int done[2], status = 0, rc = 0;
	pid_t pid;

	if (pipe2(done, O_CLOEXEC) < 0)
		return 1;
	t->done_fd = done[1];
	if (sandbox_spawn_netless(t->arena, play_inside, t, &pid, &t->prepared->rec.reason) < 0) {
		t->prepared->rec.verdict = VERDICT_ENVIRONMENT;
		close(done[1]);
		rc = tell(t) ? 0 : 1;
	} else {
		close(done[1]);
		if (!await_record(done[0], pid, &status))
			rc = WIFEXITED(status) && WEXITSTATUS(status) ? WEXITSTATUS(status) : 1;
	}
	close(done[0]);
	/* Those that were left to themselves; there are no other children between two tests. */
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	return rc;
}

static int play_here(struct turn *t)
{
	if (t->player->opt->stack->is_system) {
		t->prepared->engine.on_work = on_work;
		t->prepared->engine.work_ctx = &t->line_fd;
	}
	play(t->arena, t->prepared, t->player->opt);
	return tell(t) ? 0 : 1;
}

/* Return: the exit status for us, when that was the last test we could play; else 0 */
static int play_one(const struct player *pl, struct turn *t)
{
	struct prepared here;

	t->prepared = pl->prepared;
	if (!t->prepared) {
		here = prepare_test(t->arena, t->test, pl->opt);
		t->prepared = &here;
	}
	if (!t->prepared->plan)
		return tell(t) ? 0 : 1;
	board_begin(pl->board, pl->seat, t->prepared->engine.timeout_us);
	if (pl->opt->stack->sandbox == SANDBOX_FOR_COMMANDS &&
	    prepare_needs_shell(t->prepared, pl->opt))
		return play_in_sandbox(t);
	return play_here(t);
}

/* Its time begins before it is ours: nobody is to find it with the time of the one before. */
static bool take_next(const struct player *pl, size_t *index)
{
	board_begin(pl->board, pl->seat, POOL_TIMEOUT_DEFAULT_US);
	return board_take_next(pl->board, pl->seat, index);
}

int player_main(void *arg, int line_fd)
{
	const struct player *pl = arg;
	int home = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), status;
	size_t index = pl->first;
	struct buf line = { 0 };

	if (goes_on(pl) && !await_word(line_fd))
		return 1;
	do {
		struct turn t = { .player = pl, .index = index, .test = &pl->test[index],
				  .arena = arena_new(), .line = &line, .line_fd = line_fd,
				  .done_fd = -1 };

		status = play_one(pl, &t);
		arena_free(t.arena);
		/* Paths of scripts are relative to where we began. */
		if (goes_on(pl) && (home < 0 || fchdir(home) < 0))
			status = 1;
	} while (status == 0 && goes_on(pl) && take_next(pl, &index));
	buf_fini(&line);
	if (home >= 0)
		close(home);
	/* The kernel may take its time to clear away a process and what it began. But how we died of a
	 * test is to be seen. */
	if (status == 0)
		shutdown(line_fd, SHUT_RDWR);
	return status;
}
