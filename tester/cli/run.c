/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "cli/cli.h"
#include "cli/reports.h"
#include "run/pool.h"
#include "suite/settle.h"
#include "suite/suite.h"
#include "target/target.h"

/* One run: its tests, its reports and what came of them. */
struct session {
	struct cli *cli;
	const struct target_row *stack;
	struct suite suite;
	struct settler settler;
	struct pool_test *test;
	struct pool_options pool;
	struct reports reports;
	enum verdict worst;
	bool stops_at_any;             /* the first test that does not pass is the last */
	struct buf lacking;            /* reasons of the tests that this machine could not run */
};

static bool on_done(void *ctx, const struct test_record *rec)
{
	struct session *s = ctx;

	if (s->settler.suite)
		rec = settle(&s->settler, suite_find(&s->suite, rec->id), rec);
	s->worst = verdict_worse(s->worst, rec->verdict);
	if (rec->verdict == VERDICT_ENVIRONMENT)
		buf_puts(&s->lacking, rec->reason);
	reports_test(&s->reports, rec);
	return !s->stops_at_any || rec->verdict == VERDICT_PASS;
}

static void on_tick(void *ctx, size_t n_running)
{
	struct session *s = ctx;

	reports_progress(&s->reports, n_running);
}

static int find_stack(struct session *s)
{
	s->stack = target_find(s->cli->stack);
	if (s->stack)
		return 0;
	cli_error(s->cli, "no stack '%s'; 'tcpdrill list stacks' shows them", s->cli->stack);
	return EXIT_USAGE;
}

static int collect(struct session *s)
{
	struct suite_variants variants = cli_variants(s->cli);
	int status = cli_collect(s->cli, &s->suite);

	if (status)
		return status;
	suite_expand(s->cli->arena, &s->suite, &variants, s->stack->name);
	if (!s->suite.n_tests) {
		cli_error(s->cli, "no test to run: no script has a variant that was asked for");
		return EXIT_NOTHING;
	}
	s->test = ARENA_ARRAY(s->cli->arena, struct pool_test, s->suite.n_tests);
	for (size_t i = 0; i < s->suite.n_tests; i++) {
		const struct suite_test *t = &s->suite.test[i];

		s->test[i] = (struct pool_test){
			.id = t->id,
			.path = t->script->path,
			.meta_case = t->meta_case,
			.config = cli_config(s->cli, t->mode),
		};
	}
	return 0;
}

static void fill_pool(struct session *s)
{
	const struct cli *c = s->cli;

	s->pool = (struct pool_options){
		.stack = s->stack,
		.jobs = c->jobs ? c->jobs : pool_default_jobs(s->stack),
		.timeout_us = c->timeout_us,
		.seed = c->seed,
		.engine = { .trace = c->trace,
			    .verbose = c->config.verbose,
			    .strict_end = c->strict_end,
			    .no_shell = c->no_shell,
			    .fault = c->fault },
		.in_script_folder = true,
		.done = on_done,
		.ctx = s,
	};
}

static int open_pcap_dir(struct session *s)
{
	struct cli *c = s->cli;
	char full[PATH_MAX];

	if (!c->pcap_dir)
		return 0;
	if ((mkdir(c->pcap_dir, 0777) < 0 && errno != EEXIST) || !realpath(c->pcap_dir, full)) {
		cli_error(c, "cannot make the folder '%s': %s", c->pcap_dir, strerror(errno));
		return EXIT_USAGE;
	}
	s->pool.pcap_dir = arena_strdup(c->arena, full);
	return 0;
}

static struct report_run describe(const struct session *s)
{
	const struct cli *c = s->cli;

	return (struct report_run){
		.version = TCPDRILL_VERSION,
		.stack = s->stack->name,
		.n_tests = s->suite.n_tests,
		.jobs = s->pool.jobs,
		.seed = c->seed,
		.again = arena_printf(c->arena, "tcpdrill run%s", buf_str(&s->cli->again)),
		.folder = "",
	};
}

static int play(struct session *s)
{
	int signal = pool_run(s->cli->arena, s->test, s->suite.n_tests, &s->pool);

	return reports_end(&s->reports, signal,
			   signal ? 128 + signal : verdict_exit_status(s->worst));
}

int cmd_run(struct cli *c)
{
	struct session s = { .cli = c };
	int status = find_stack(&s);

	if (!status)
		status = collect(&s);
	if (!status)
		status = cli_settler(c, &s.suite, s.stack, &s.settler);
	if (!status) {
		fill_pool(&s);
		status = open_pcap_dir(&s);
	}
	if (!status) {
		const struct report_run run = describe(&s);

		status = reports_open(&s.reports, c, &run);
		s.pool.tick = s.reports.is_live ? on_tick : NULL;
	}
	if (!status) {
		status = play(&s);
		if (s.reports.totals.n[VERDICT_ENVIRONMENT])
			cli_doctor_advice(c, buf_str(&s.lacking));
	}
	buf_fini(&s.lacking);
	reports_close(&s.reports);
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
	reports_close(&s.reports);
	if (s.reports.totals.is_interrupted)
		return status;
	return s.worst == VERDICT_PASS ? 0 : 1;
}
