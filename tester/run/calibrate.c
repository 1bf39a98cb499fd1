/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Each worker is what a test would be: a sandbox with the target in it, as punctual as the machine
 * permits. When all are ready they are let go together, and each sleeps to one time after another,
 * and injects a SYN to a port where nobody listens, which the stack answers. What it measured it
 * sends as lines of two numbers.
 *
 * One of a thousand can only be spoken of when there are some thousand: where few tests are at once,
 * each wakes more often than one of a real script would, to be done in the same time.
 */
#include "run/calibrate.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/file.h"
#include "base/bytes.h"
#include "base/err.h"
#include "run/worker.h"
#include "script/config.h"
#include "target/target.h"
#include "wire/checksum.h"

enum {
	WORKER_SAMPLES_MIN = 100,
	STEP_NS = 750000,                    /* of a worker that is alone; of several, of all in turn */
	STEP_MAX_NS = 10000000,
	ANSWER_MS = 10000,                   /* longer than any worker takes */
	IPV4_BYTES = 20,
	TCP_BYTES = 20,
	SYN_BYTES = IPV4_BYTES + TCP_BYTES,
	PROTO_TCP = 6,
	FLAG_SYN = 2,
};

static const char ready[] = "ready";

static unsigned int n_samples(unsigned int jobs)
{
	unsigned int n = (CALIBRATE_SAMPLES_MIN + jobs - 1) / jobs;

	return n > WORKER_SAMPLES_MIN ? n : WORKER_SAMPLES_MIN;
}

static int64_t step_ns(unsigned int jobs)
{
	int64_t step = (int64_t)STEP_NS * jobs;

	return step < STEP_MAX_NS ? step : STEP_MAX_NS;
}

/* ---- in the worker ---- */

struct player {
	const struct target_row *stack;
	unsigned int number, jobs;
};

/* [RFC791 3.1, RFC9293 3.1] */
static void make_syn(const struct run_config *c, uint8_t *p)
{
	uint32_t sum;

	memset(p, 0, SYN_BYTES);
	p[0] = 0x45;
	put_be16(p + 2, SYN_BYTES);
	p[8] = 64;
	p[9] = PROTO_TCP;
	memcpy(p + 12, c->remote.b, 4);
	memcpy(p + 16, c->local.b, 4);
	put_be16(p + 10, checksum_fold(checksum_add(0, p, IPV4_BYTES)));
	put_be16(p + IPV4_BYTES, 40000);
	put_be16(p + IPV4_BYTES + 2, 9);
	p[IPV4_BYTES + 12] = 0x50;
	p[IPV4_BYTES + 13] = FLAG_SYN;
	sum = checksum_pseudo(&c->remote, &c->local, PROTO_TCP, TCP_BYTES);
	put_be16(p + IPV4_BYTES + 16,
		 checksum_fold(checksum_add(sum, p + IPV4_BYTES, TCP_BYTES)));
}

static int open_target(struct arena *a, const struct player *pl, const struct run_config *c,
		       struct target **t, const char **why)
{
	const struct target_config config = {
		.ip_version = 4,
		.local = c->local,
		.remote = c->remote,
		.gateway = c->gateway,
		.local_prefix = c->local_prefix,
		.remote_prefix = c->remote_prefix,
		.mtu_bytes = c->mtu_bytes,
		.watchdog_ns = 1000000000,
	};

	return pl->stack->ops->open(a, &config, t, why);
}

static void drop_events(struct target *t)
{
	struct target_event ev;

	while (t->ops->wait(t, t->ops->now_ns(t), &ev) == 0 && ev.kind != TARGET_DEADLINE)
		;
}

static void measure(struct target *t, const struct player *pl, const struct run_config *c,
		    struct buf *out)
{
	/* Tests do not all wake at the same moments. */
	int64_t step = step_ns(pl->jobs);
	int64_t due_ns = t->ops->now_ns(t) + STEP_MAX_NS + step * (int64_t)pl->number / pl->jobs;
	uint8_t syn[SYN_BYTES];

	make_syn(c, syn);
	for (unsigned int i = 0; i < n_samples(pl->jobs); i++, due_ns += step) {
		int64_t woke_ns, at_ns;

		t->ops->sleep_until(t, due_ns);
		woke_ns = t->ops->now_ns(t);
		t->ops->inject(t, syn, sizeof(syn), 0, &at_ns);
		at_ns = t->ops->now_ns(t);
		buf_printf(out, "%" PRId64 " %" PRId64 "\n", (woke_ns - due_ns) / 1000,
			   (at_ns - due_ns) / 1000);
		drop_events(t);
	}
}

static int worker_main(void *arg, int fd)
{
	const struct player *pl = arg;
	struct arena *a = arena_new();
	struct run_config config;
	struct target *t = NULL;
	const char *why = "";
	struct buf line = { 0 };
	char go;

	run_config_defaults(&config);
	if (run_config_resolve(&config, a, 1, &why) < 0 ||
	    open_target(a, pl, &config, &t, &why) < 0) {
		buf_printf(&line, "%s\n", why);
		file_write(fd, line.data, line.len);
	} else {
		buf_printf(&line, "%s\n", ready);
		file_write(fd, line.data, line.len);
		buf_clear(&line);
		if (read(fd, &go, 1) == 1)
			measure(t, pl, &config, &line);
		file_write(fd, line.data, line.len);
		t->ops->close(t);
	}
	buf_fini(&line);
	arena_free(a);
	return 0;
}

/* ---- outside ---- */

/* False when none comes. */
static bool next_line(struct worker *w, const char **line, size_t *n)
{
	while (!worker_line(w, line, n)) {
		struct pollfd fd = { w->line_fd, POLLIN, 0 };

		if (worker_has_closed(w) || poll(&fd, 1, ANSWER_MS) == 0)
			return false;
		worker_read(w);
	}
	return true;
}

static bool is_ready(struct arena *a, struct worker *w, const char **why)
{
	const char *line;
	size_t n;

	if (!next_line(w, &line, &n)) {
		*why = "a worker ended before it began";
		return false;
	}
	if (n == strlen(ready) && memcmp(line, ready, n) == 0)
		return true;
	*why = arena_strndup(a, line, n);
	return false;
}

static void take_samples(struct worker *w, unsigned int n_wanted, struct calibration *out)
{
	const char *line;
	size_t n;

	for (unsigned int i = 0; i < n_wanted && next_line(w, &line, &n); i++) {
		char *end;

		out->woke.us[out->woke.n++] = strtoll(line, &end, 10);
		out->injected.us[out->injected.n++] = strtoll(end, &end, 10);
	}
}

static int by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

static void end_worker(struct worker *w)
{
	if (w->pid > 0) {
		kill(w->pid, SIGKILL);
		waitpid(w->pid, NULL, 0);
	}
	worker_fini(w);
}

int calibrate(struct arena *a, const struct target_row *stack, unsigned int jobs,
	      struct calibration *out, const char **why)
{
	struct worker *w = ARENA_ARRAY(a, struct worker, jobs);
	size_t n_max = (size_t)jobs * n_samples(jobs);
	unsigned int n = 0;
	int rc = 0;

	out->woke = (struct lateness){ .us = ARENA_ARRAY(a, int64_t, n_max) };
	out->injected = (struct lateness){ .us = ARENA_ARRAY(a, int64_t, n_max) };
	for (; rc == 0 && n < jobs; n++) {
		struct player pl = { .stack = stack, .number = n, .jobs = jobs };
		struct worker_job job = { .main = worker_main, .arg = &pl, .is_sandboxed = true };

		rc = worker_start(a, &job, &w[n], why);
		if (rc == 0 && !is_ready(a, &w[n], why))
			rc = -ERR_ENVIRONMENT;
	}
	for (unsigned int i = 0; rc == 0 && i < n; i++)
		worker_answer(&w[i]);
	for (unsigned int i = 0; rc == 0 && i < n; i++)
		take_samples(&w[i], n_samples(jobs), out);
	for (unsigned int i = 0; i < n; i++)
		end_worker(&w[i]);
	qsort(out->woke.us, out->woke.n, sizeof(int64_t), by_value);
	qsort(out->injected.us, out->injected.n, sizeof(int64_t), by_value);
	return rc;
}

unsigned int calibrate_best(const struct calibration_level *level, size_t n, int64_t limit_us)
{
	while (n > 0 && level[n - 1].late_us > limit_us)
		n--;
	return n ? level[n - 1].jobs : 0;
}

int64_t lateness_at(const struct lateness *l, unsigned int permille)
{
	size_t at = (l->n * permille + 999) / 1000;

	return l->n ? l->us[at ? at - 1 : 0] : 0;
}
