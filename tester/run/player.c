/* SPDX-License-Identifier: BSD-2-Clause */
#include "run/player.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/file.h"
#include "run/pool.h"
#include "run/prepare.h"
#include "run/record.h"
#include "script/plan.h"
#include "target/clock.h"
#include "target/target.h"

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

/* When nobody listens any more, we are about to be killed. */
static void on_work(void *ctx, enum engine_work work)
{
	static const char *const line[] = {
		[ENGINE_IDLE] = PLAYER_IDLE "\n",
		[ENGINE_BUSY] = PLAYER_BUSY "\n",
		[ENGINE_ASKS] = PLAYER_ASKS "\n",
	};
	const int *fd = ctx;
	char go;

	if (write(*fd, line[work], strlen(line[work])) < 0 || work != ENGINE_ASKS)
		return;
	while (read(*fd, &go, 1) < 0 && errno == EINTR)
		;
}

/* False when nobody listens any more. */
static bool play_one(const struct player *pl, size_t i, struct arena *a, struct buf *line, int fd)
{
	struct prepared here, *p = pl->prepared;

	if (!p) {
		here = prepare_test(a, &pl->test[pl->index[i]], pl->opt);
		p = &here;
		if (p->plan && prepare_wants_sandbox(p, pl->opt)) {
			buf_puts(line, PLAYER_ALONE "\n");
			return write_out(fd, line);
		}
	}
	if (p->plan) {
		if (p->engine.timeout_us != (int64_t)POOL_TIMEOUT_DEFAULT_S * 1000000)
			buf_printf(line, PLAYER_BEGIN "%" PRId64 "\n", p->engine.timeout_us);
		if (!write_out(fd, line))
			return false;
		if (pl->opt->stack->is_system) {
			p->engine.on_work = on_work;
			p->engine.work_ctx = &fd;
		}
		play(a, p, pl->opt);
	}
	record_write(&p->rec, line);
	return write_out(fd, line);
}

int player_main(void *arg, int line_fd)
{
	const struct player *pl = arg;
	int home = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct buf line = { 0 };
	bool ok = true;

	for (size_t i = 0; ok && i < pl->n; i++) {
		struct arena *a = arena_new();

		ok = play_one(pl, i, a, &line, line_fd);
		arena_free(a);
		/* Paths of scripts are relative to where we began. */
		if (pl->n > 1 && (home < 0 || fchdir(home) < 0))
			ok = false;
	}
	if (home >= 0)
		close(home);
	buf_fini(&line);
	return ok ? 0 : 1;
}
