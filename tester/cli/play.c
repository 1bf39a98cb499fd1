/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/play.h"

#include <string.h>

#include "base/arena.h"
#include "cli/cli.h"
#include "suite/suite.h"
#include "target/target.h"

static int add_stack(struct cli *c, struct cli_stacks *s, const char *name)
{
	const struct target_row *row = target_find(name);

	if (!row) {
		cli_error(c, "no stack '%s'; 'tcpdrill list stacks' shows them", name);
		return EXIT_USAGE;
	}
	for (size_t i = 0; i < s->n; i++) {
		if (s->row[i] == row) {
			cli_error(c, "--stacks names '%s' twice", name);
			return EXIT_USAGE;
		}
	}
	if (s->n == CLI_STACKS_MAX) {
		cli_error(c, "--stacks takes at most %d", (int)CLI_STACKS_MAX);
		return EXIT_USAGE;
	}
	s->row[s->n++] = row;
	return 0;
}

int cli_stacks_read(struct cli *c, struct cli_stacks *out)
{
	char *rest = arena_strdup(c->arena, c->stacks ? c->stacks : ""), *save = NULL;
	int status = 0;

	*out = (struct cli_stacks){ .n = 0 };
	for (size_t i = 0; !c->stacks && !status && i < target_table_len; i++)
		status = add_stack(c, out, target_table[i].name);
	for (char *w = strtok_r(rest, ",", &save); w && !status; w = strtok_r(NULL, ",", &save))
		status = add_stack(c, out, w);
	if (!status && !out->n) {
		cli_error(c, "--stacks names no stack");
		status = EXIT_USAGE;
	}
	return status;
}

int cli_play(struct cli *c, struct suite *s, const struct target_row *stack, pool_done_fn *done,
	     void *ctx)
{
	struct suite_variants variants = cli_variants(c);
	struct pool_options pool = {
		.stack = stack,
		.jobs = c->jobs ? c->jobs : pool_default_jobs(stack),
		.timeout_us = c->timeout_us,
		.seed = c->seed,
		.engine = { .trace = c->trace,
			    .trace_states = c->trace,
			    .strict_end = c->strict_end,
			    .no_shell = c->no_shell,
			    .fault = c->fault },
		.in_script_folder = true,
		.done = done,
		.ctx = ctx,
	};
	struct pool_test *test;

	s->test = NULL;
	s->n_tests = s->tests_cap = 0;
	suite_expand(c->arena, s, &variants, stack->name);
	test = ARENA_ARRAY(c->arena, struct pool_test, s->n_tests + 1);
	for (size_t i = 0; i < s->n_tests; i++)
		test[i] = (struct pool_test){ .id = s->test[i].id,
					      .path = s->test[i].script->path,
					      .meta_case = s->test[i].meta_case,
					      .config = cli_config(c, s->test[i].mode) };
	return pool_run(c->arena, test, s->n_tests, &pool);
}
