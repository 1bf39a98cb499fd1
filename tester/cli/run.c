/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/shell.h"
#include "base/util.h"
#include "cli/captures.h"
#include "cli/cli.h"
#include "cli/play.h"
#include "cli/reports.h"
#include "run/pool.h"
#include "suite/history.h"
#include "suite/settle.h"
#include "suite/suite.h"
#include "target/clock.h"
#include "target/target.h"

enum { TESTS_MAX = 10000000 };

/* The records of one time that all tests were run. */
struct round {
	uint32_t number;               /* from 1 */
	struct arena *arena;           /* of the records */
	struct round_test {
		const struct test_record *rec;
		const struct suite_test *test;
	} *at;
	size_t n, cap;
};

/* One run: its tests, its reports and what came of them. */
struct session {
	struct cli *cli;
	const struct target_row *stack;
	struct suite suite;
	struct settler settler;
	struct history history;
	struct pool_test *test;
	size_t n_tests;                /* of the suite, each as often as it is to be run */
	struct pool_options pool;
	struct reports reports;
	struct report_at_work *at_work;
	size_t at_work_cap;
	enum verdict worst;
	struct round *round;           /* --until-fail: records are kept here; else NULL */
	struct arena *round_arena[2];  /* of what the reports have of that */
	bool has_failed, cannot_run, is_out_of_time;
	size_t n_doubtful;
	bool keeps_record;             /* for --failed, */
	const char *options;           /* together with these */
	bool stops_at_any;             /* the first test that does not pass is the last */
	struct history_test *ended;
	size_t n_ended, ended_cap;
	struct buf lacking;            /* reasons of the tests that this machine could not run */
};

static void take_final(struct session *s, const struct test_record *rec,
		       const struct suite_test *test)
{
	struct history_test *t =
		ARENA_PUSH(s->cli->arena, s->ended, s->n_ended, s->ended_cap, struct history_test);

	*t = history_test_of(test);
	t->options = s->options;
	t->has_failed = verdict_exit_status(rec->verdict) != 0;
	s->worst = verdict_worse(s->worst, rec->verdict);
	if (rec->verdict == VERDICT_ENVIRONMENT)
		buf_puts(&s->lacking, rec->reason);
	reports_test(&s->reports, rec);
}

static bool on_done(void *ctx, const struct pool_test *test, const struct test_record *rec)
{
	struct session *s = ctx;
	const struct suite_test *of = &s->suite.test[test->tag];
	struct round *r = s->round;
	bool has_failed;

	if (s->settler.suite)
		rec = settle(&s->settler, of, rec);
	has_failed = report_is_failure(rec->verdict);
	s->has_failed |= has_failed;
	s->cannot_run |= rec->verdict == VERDICT_ENVIRONMENT;
	s->n_doubtful += rec->verdict == VERDICT_INCONCLUSIVE;
	if (r)
		*ARENA_PUSH(r->arena, r->at, r->n, r->cap, struct round_test) =
			(struct round_test){ rec, of };
	else
		take_final(s, rec, of);
	if ((has_failed && (s->cli->fail_fast || r)) || (s->cannot_run && r))
		return false;
	return !s->stops_at_any || rec->verdict == VERDICT_PASS;
}

static void on_tick(void *ctx, size_t n_running)
{
	struct session *s = ctx;

	if (s->round)
		reports_progress(&s->reports, n_running, s->round->n, s->round->number);
	else
		reports_progress(&s->reports, n_running, s->reports.totals.n_tests, 0);
}

static void on_cut(void *ctx, const struct pool_test *test, int64_t played_us)
{
	struct session *s = ctx;

	*ARENA_PUSH(s->cli->arena, s->at_work, s->reports.totals.n_at_work, s->at_work_cap,
		    struct report_at_work) = (struct report_at_work){ test->id, played_us };
	s->reports.totals.at_work = s->at_work;
}

static int find_stack(struct session *s)
{
	s->stack = target_find(s->cli->stack);
	if (s->stack)
		return cli_profile_check(s->cli, s->stack);
	cli_error(s->cli, "no stack '%s'; 'tcpdrill list stacks' shows them", s->cli->stack);
	return EXIT_USAGE;
}

/* The same test again is told apart by its number, and has the next seed: with the same one, a stack
 * in virtual time would do the same each time. */
static struct pool_test pool_test_of(struct session *s, size_t index, uint32_t time)
{
	struct pool_test t = cli_pool_test(s->cli, &s->suite, index);

	if (time)
		t.id = arena_printf(s->cli->arena, "%s#%u", t.id, time + 1);
	t.time = time;
	return t;
}

static int collect(struct session *s)
{
	struct cli *c = s->cli;
	uint32_t n_times = c->repeat && !c->until_fail ? c->repeat : 1;
	int status = cli_select(c, s->stack->name, &s->suite, &s->history);

	if (status)
		return status;
	s->options = arena_strdup(c->arena, buf_str(&c->settings));
	if (s->suite.n_tests > TESTS_MAX / n_times) {
		cli_error(c, "%zu tests %u times is more than %d", s->suite.n_tests, n_times,
			  TESTS_MAX);
		return EXIT_USAGE;
	}
	s->n_tests = s->suite.n_tests * n_times;
	s->test = ARENA_ARRAY(c->arena, struct pool_test, s->n_tests);
	for (size_t i = 0; i < s->n_tests; i++)
		s->test[i] = pool_test_of(s, i % s->suite.n_tests,
					  (uint32_t)(i / s->suite.n_tests));
	return 0;
}

static void fill_pool(struct session *s)
{
	const struct cli *c = s->cli;

	s->pool = cli_pool(c, s->stack, c->fault);
	s->pool.total_timeout_us = c->total_timeout_us;
	s->pool.engine.verbose = c->config.verbose;
	s->pool.done = on_done;
	s->pool.cut = on_cut;
	s->pool.ctx = s;
}

/* The command that runs what failed, by the record of it; NULL where none is kept. */
static const char *failed_command(const struct session *s, const char *program)
{
	struct cli *c = s->cli;
	struct buf line = { 0 };
	const char *out;

	if (!s->history.file)
		return NULL;
	buf_printf(&line, "%s run%s%s --failed", program, buf_str(&c->again), buf_str(&c->chosen));
	for (size_t i = 0; i < c->n_paths; i++) {
		const char *before = *c->path[i] == '-' ? "./" : "";

		shell_add_word(&line, arena_printf(c->arena, "%s%s", before, c->path[i]));
	}
	out = arena_strdup(c->arena, buf_str(&line));
	buf_fini(&line);
	return out;
}

static const char *command_line(struct cli *c)
{
	struct buf line = { 0 };
	const char *out;

	for (char **word = c->argv; *word; word++)
		shell_add_word(&line, *word);
	out = arena_strdup(c->arena, line.len ? buf_str(&line) + 1 : "");
	buf_fini(&line);
	return out;
}

static struct report_run describe(const struct session *s)
{
	struct cli *c = s->cli;
	struct suite_variants variants = cli_variants(c);
	struct buf word = { 0 };
	struct utsname system = { 0 };
	const char *program;

	uname(&system);
	shell_add_word(&word, c->program);
	program = arena_strdup(c->arena, buf_str(&word) + 1);
	buf_fini(&word);
	return (struct report_run){
		.version = TCPDRILL_VERSION,
		.stack = s->stack->name,
		.n_tests = s->n_tests,
		.jobs = s->pool.jobs,
		.seed = c->seed,
		.usual_seed = DEFAULT_SEED,
		.again = arena_printf(c->arena, "%s run%s", program, buf_str(&c->again)),
		.needs_variants = !variants.is_default && !variants.overrides_script,
		.failed = failed_command(s, program),
		.folder = "",
		.begun_s = (int64_t)time(NULL),
		.host = arena_strdup(c->arena, system.nodename),
		.kernel = s->stack->is_system ? arena_strdup(c->arena, system.release) : "",
		.command = command_line(c),
	};
}

/* Is any of the time for the whole run left? */
static bool has_time(struct session *s, int64_t end_us)
{
	if (s->cli->total_timeout_us)
		s->pool.total_timeout_us = end_us - clock_now_ns() / NS_PER_US;
	return !s->cli->total_timeout_us || s->pool.total_timeout_us > 0;
}

static void report_round(struct session *s, const struct round *r)
{
	s->round = NULL;
	reports_hide(&s->reports);
	for (size_t i = 0; i < r->n; i++)
		take_final(s, r->at[i].rec, r->at[i].test);
	fprintf(stderr, "--until-fail: %s time %u, with seed %" PRIu64,
		s->has_failed ? "a test failed at" : s->cannot_run ? "a test cannot be run here, at"
								   : "no test failed up to",
		r->number, (s->cli->seed + r->number - 1) & INT64_MAX);
	if (s->n_doubtful)
		fprintf(stderr, " (%zu inconclusive)", s->n_doubtful);
	fputc('\n', stderr);
}

/* No test is to blame for it, and so no record says it. */
static void run_out_of_time(struct session *s)
{
	s->is_out_of_time = true;
	s->worst = verdict_worse(s->worst, VERDICT_TIMEOUT);
}

/* Over and over; what passed is forgotten, so that it can go on for days. A time that was ended from
 * outside does not count, unless it is the first. */
static int play_until_fail(struct session *s)
{
	int64_t end_us = clock_now_ns() / NS_PER_US + s->cli->total_timeout_us;
	struct round round[2] = { 0 };
	uint32_t n = 0;
	int ended = 0;

	do {
		struct round *r = &round[n++ % 2];

		arena_free(r->arena);
		*r = (struct round){ .number = n, .arena = arena_new() };
		for (size_t i = 0; i < s->n_tests; i++)
			s->test[i].time = n - 1;
		s->round = r;
		s->settler.arena = r->arena;
		ended = pool_run(r->arena, s->test, s->n_tests, &s->pool);
		pool_reap();
	} while (!ended && !s->has_failed && !s->cannot_run && n != s->cli->repeat && has_time(s, end_us));
	if (ended && n > 1) {
		n--;
		s->has_failed = false;
	} else if (ended == -ERR_TIMEOUT) {
		run_out_of_time(s);
	}
	report_round(s, &round[(n - 1) % 2]);
	s->round_arena[0] = round[0].arena;
	s->round_arena[1] = round[1].arena;
	return ended > 0 ? ended : 0;
}

/* The number of the signal that ended it, or 0. */
static int play_once(struct session *s)
{
	int ended = pool_run(s->cli->arena, s->test, s->n_tests, &s->pool);

	if (ended == -ERR_TIMEOUT)
		run_out_of_time(s);
	return ended > 0 ? ended : 0;
}

/* Where it cannot be kept, as in a container without a home, nobody minds but --failed. */
static bool remember(struct session *s)
{
	const struct cli *c = s->cli;

	return s->keeps_record &&
	       history_save(c->arena, &s->history, s->ended, s->n_ended) == 0;
}

/* How what the machine lacks can be had. */
static const char *advice(struct session *s)
{
	char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);
	const char *kept;

	if (!out)
		return NULL;
	cli_doctor_advice(s->cli, buf_str(&s->lacking), out);
	fclose(out);
	kept = arena_strdup(s->cli->arena, text);
	free(text);
	return kept;
}

/* A run that --fail-fast ended with its last test has done all it should. */
static enum report_cut cut_by(const struct session *s, int signal)
{
	if (signal)
		return REPORT_CUT_SIGNAL;
	if (s->is_out_of_time)
		return REPORT_CUT_TIME;
	return s->cli->fail_fast && s->has_failed && s->reports.totals.n_tests < s->n_tests
		       ? REPORT_CUT_FAILURE
		       : REPORT_CUT_NOT;
}

/* When the standard output is closed before its time, the run ends as by Ctrl-C, and the reports that
 * are files are written all the same; without this we would be gone at once. */
static int play(struct session *s)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	int signal;

	sigaction(SIGPIPE, &ignore, NULL);
	signal = s->cli->until_fail ? play_until_fail(s) : play_once(s);
	s->reports.totals.is_recorded = remember(s);
	if (s->reports.totals.n[VERDICT_ENVIRONMENT])
		s->reports.totals.advice = advice(s);
	return reports_end(&s->reports, cut_by(s, signal),
			   signal ? 128 + signal : verdict_exit_status(s->worst));
}

static void close_session(struct session *s)
{
	reports_close(&s->reports);
	buf_fini(&s->lacking);
	for (size_t i = 0; i < ARRAY_LEN(s->round_arena); i++)
		arena_free(s->round_arena[i]);
}

int cmd_run(struct cli *c)
{
	struct session s = { .cli = c, .keeps_record = true };
	int status = find_stack(&s);

	if (!status && c->calibrate)
		return cli_calibrate(c, s.stack);
	if (!status)
		status = collect(&s);
	if (!status)
		status = cli_settler(c, &s.suite, s.stack, &s.settler);
	if (!status) {
		cli_warn_expected(c, &s.settler);
		fill_pool(&s);
		status = cli_name_captures(c, s.test, s.n_tests);
	}
	if (!status) {
		const struct report_run run = describe(&s);

		status = reports_open(&s.reports, c, &run);
		s.pool.tick = s.reports.is_live ? on_tick : NULL;
	}
	if (!status) {
		status = play(&s);
	}
	close_session(&s);
	return status;
}

int cmd_packetdrill(struct cli *c)
{
	struct session s = { .cli = c };
	struct report_run run;
	int status = find_stack(&s);

	if (!status)
		status = collect(&s);
	if (status)
		return 1;
	fill_pool(&s);
	s.pool.jobs = 1;
	s.pool.in_script_folder = false;
	s.pool.engine.pass_output = true;
	s.stops_at_any = true;
	run = describe(&s);
	reports_open_one(&s.reports, c, &run, "packetdrill");
	status = play(&s);
	close_session(&s);
	if (s.reports.totals.cut == REPORT_CUT_SIGNAL)
		return status;
	return s.worst == VERDICT_PASS ? 0 : 1;
}
