/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/play.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/printable.h"
#include "cli/cli.h"
#include "suite/suite.h"
#include "target/target.h"

/* The one that has faults to choose from. */
static bool can_be_faulty(const struct target_row *row)
{
	return strcmp(row->name, "bundled") == 0;
}

static size_t count(const struct cli_stacks *s, const struct target_row *row)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		n += s->at[i].row == row;
	return n;
}

static int add_stack(struct cli *c, struct cli_stacks *s, const char *name)
{
	const struct target_row *row = target_find(name);

	if (!row) {
		cli_error(c, "no stack '%s'; 'tcpdrill list stacks' shows them", name);
		return EXIT_USAGE;
	}
	if (count(s, row) > (c->fault && can_be_faulty(row) ? 1 : 0)) {
		cli_error(c, "--stacks names '%s' twice", name);
		return EXIT_USAGE;
	}
	if (s->n == CLI_STACKS_MAX) {
		cli_error(c, "--stacks takes at most %d", (int)CLI_STACKS_MAX);
		return EXIT_USAGE;
	}
	s->at[s->n++] = (struct cli_stack){ .row = row, .label = row->name };
	return 0;
}

static bool has_profile(const struct target_row *row, const char *name)
{
	struct target_profile p;

	for (size_t i = 0; row->profile && row->profile(i, &p); i++) {
		if (strcmp(p.name, name) == 0)
			return true;
	}
	return false;
}

int cli_profile_check(const struct cli *c, const struct target_row *row)
{
	if (!c->profile || has_profile(row, c->profile))
		return 0;
	cli_error(c, "--profile: the %s stack has no profile '%s'", row->name, c->profile);
	return EXIT_USAGE;
}

/* Those that have it; the others are as they are. */
static int place_profile(struct cli *c, struct cli_stacks *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++) {
		struct cli_stack *stack = &s->at[i];

		if (!has_profile(stack->row, c->profile))
			continue;
		stack->label = arena_printf(c->arena, "%s:%s", stack->label, c->profile);
		n++;
	}
	if (n)
		return 0;
	cli_error(c, "--profile: no stack that --stacks names has a profile '%s'", c->profile);
	return EXIT_USAGE;
}

static int place_fault(struct cli *c, struct cli_stacks *s)
{
	size_t i = s->n;

	while (i && !can_be_faulty(s->at[i - 1].row))
		i--;
	if (!i) {
		cli_error(c, "--fault is for the bundled stack, which --stacks does not name");
		return EXIT_USAGE;
	}
	s->at[i - 1].fault = c->fault;
	s->at[i - 1].label = arena_printf(c->arena, "%s:%s", s->at[i - 1].label, c->fault);
	return 0;
}

int cli_stacks_read(struct cli *c, struct cli_stacks *out)
{
	const char *stacks = c->stacks ? c->stacks : c->fault ? "bundled,bundled" : NULL;
	char *rest = arena_strdup(c->arena, stacks ? stacks : ""), *save = NULL;
	int status = 0;

	*out = (struct cli_stacks){ .n = 0 };
	for (size_t i = 0; !stacks && !status && i < target_table_len; i++)
		status = add_stack(c, out, target_table[i].name);
	for (char *w = strtok_r(rest, ",", &save); w && !status; w = strtok_r(NULL, ",", &save))
		status = add_stack(c, out, w);
	if (!status && !out->n) {
		cli_error(c, "--stacks names no stack");
		status = EXIT_USAGE;
	}
	if (!status && c->profile)
		status = place_profile(c, out);
	return !status && c->fault ? place_fault(c, out) : status;
}

void cli_tell_error(const struct cli *c, const struct test_record *rec)
{
	for (const struct finding *f = rec->findings; f; f = f->next) {
		struct buf safe = { 0 };

		printable_add(&safe, f->text && *f->text ? f->text : f->message, true);
		if (!safe.len || safe.data[safe.len - 1] != '\n')
			buf_putc(&safe, '\n');
		fputs(buf_str(&safe), stderr);
		buf_fini(&safe);
	}
	if (!rec->findings)
		cli_error(c, "%s: %s", rec->script, rec->reason);
}

static unsigned int jobs(const struct cli *c, const struct target_row *stack)
{
	unsigned int max = pool_jobs_max();
	unsigned int n = c->jobs ? c->jobs : pool_default_jobs(stack);

	if (n <= max)
		return n;
	cli_error(c, "-j %u: more than %u tests at once would need more open files than this process "
		  "may have (ulimit -n)", n, max);
	return max;
}

struct pool_options cli_pool(const struct cli *c, const struct target_row *stack,
			     const char *fault)
{
	return (struct pool_options){
		.stack = stack,
		.jobs = jobs(c, stack),
		.timeout_us = c->timeout_us,
		.seed = c->seed,
		.engine = { .trace = c->trace,
			    .strict_end = c->strict_end,
			    .no_shell = c->no_shell,
			    .fault = fault },
		.in_script_folder = true,
	};
}

struct pool_test cli_pool_test(struct cli *c, const struct suite *s, size_t index)
{
	const struct suite_test *t = &s->test[index];

	return (struct pool_test){ .id = t->id,
				   .path = t->script->path,
				   .title = t->script->meta.title,
				   .meta_case = t->meta_case,
				   .config = cli_config(c, t->mode),
				   .profile = c->profile ? c->profile : t->script->meta.profile,
				   .tag = index };
}

int cli_play(struct cli *c, struct suite *s, const struct cli_stack *stack, pool_done_fn *done,
	     void *ctx)
{
	struct suite_variants variants = cli_variants(c);
	struct pool_options pool = cli_pool(c, stack->row, stack->fault);
	struct pool_test *test;

	pool.engine.trace_states = c->trace;
	pool.done = done;
	pool.ctx = ctx;
	s->test = NULL;
	s->n_tests = s->tests_cap = 0;
	suite_expand(c->arena, s, &variants, stack->row->name);
	test = ARENA_ARRAY(c->arena, struct pool_test, s->n_tests + 1);
	for (size_t i = 0; i < s->n_tests; i++)
		test[i] = cli_pool_test(c, s, i);
	return pool_run(c->arena, test, s->n_tests, &pool);
}
