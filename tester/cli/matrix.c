/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "cli/cli.h"
#include "cli/play.h"
#include "cli/proof_print.h"
#include "run/pool.h"
#include "suite/settle.h"
#include "target/target.h"

/*
 * One run per stack, one after the other; their records meet in the table of proofs.
 */

static const char clear_line[] = "\r\033[K";

struct matrix {
	struct cli *cli;
	struct suite suite;
	struct proof proof;
	struct settler settler;
	size_t stack;                /* that is being tested */
	enum verdict worst;
	struct buf lacking;          /* reasons of the tests that this machine could not run */
	const struct suite_script **bad;  /* those with errors, which have been told */
	size_t n_bad, bad_cap;
	size_t n_done;               /* tests on this stack */
	bool is_live;                /* somebody watches */
};

/* An error is one of the script, whatever the stack, case and variant. */
static void tell_error(struct matrix *m, const struct suite_script *script,
		       const struct test_record *rec)
{
	for (size_t i = 0; i < m->n_bad; i++) {
		if (m->bad[i] == script)
			return;
	}
	*ARENA_PUSH(m->cli->arena, m->bad, m->n_bad, m->bad_cap, const struct suite_script *) =
		script;
	if (m->is_live)
		fputs(clear_line, stderr);
	cli_tell_error(m->cli, rec);
}

static void show_progress(struct matrix *m)
{
	m->n_done++;
	if (m->is_live)
		fprintf(stderr, "%s%s: %zu of %zu tests", clear_line, m->settler.stack, m->n_done,
			m->suite.n_tests);
}

static bool on_done(void *ctx, const struct pool_test *test, const struct test_record *rec)
{
	struct matrix *m = ctx;
	const struct suite_test *t = &m->suite.test[test->tag];

	rec = settle(&m->settler, t, rec);
	m->worst = verdict_worse(m->worst, rec->verdict);
	show_progress(m);
	if (rec->verdict == VERDICT_ENVIRONMENT)
		buf_puts(&m->lacking, rec->reason);
	if (rec->verdict == VERDICT_ERROR)
		tell_error(m, t->script, rec);
	if (t->script->home == m->proof.home)
		proof_add(&m->proof, m->stack, t->script, rec);
	return true;
}

/* Return: 0, an exit status after an error line, or 128 + the signal that ended the run */
static int play_all(struct matrix *m, const struct cli_stacks *stacks, const char **version)
{
	for (m->stack = 0; m->stack < stacks->n; m->stack++) {
		const struct cli_stack *stack = &stacks->at[m->stack];
		int status = cli_settler(m->cli, &m->suite, stack->row, &m->settler);
		int signal;

		if (status)
			return status;
		cli_warn_expected(m->cli, &m->settler);
		version[m->stack] = m->settler.version;
		m->n_done = 0;
		signal = cli_play(m->cli, &m->suite, stack, on_done, m);
		if (signal)
			return 128 + signal;
	}
	return 0;
}

static bool has_watcher(void)
{
	const char *term = getenv("TERM");

	return isatty(STDERR_FILENO) && term && strcmp(term, "dumb") != 0;
}

int cmd_matrix(struct cli *c)
{
	struct matrix m = { .cli = c };
	struct cli_stacks stacks;
	struct proof_page page = { .arena = c->arena, .proof = &m.proof, .name = "matrix" };
	const char **name, **version;
	int status = cli_stacks_read(c, &stacks);

	if (!status)
		status = cli_collect_proof(c, &m.suite, &m.proof);
	if (status)
		return status;
	name = ARENA_ARRAY(c->arena, const char *, stacks.n);
	version = ARENA_ARRAY(c->arena, const char *, stacks.n);
	for (size_t i = 0; i < stacks.n; i++)
		name[i] = stacks.at[i].label;
	page.stack = name;
	page.version = version;
	page.is_profile_given = c->profile != NULL;
	m.is_live = has_watcher();
	m.proof.is_strict = c->is_strict;
	proof_add_stacks(c->arena, &m.proof, stacks.n);
	status = play_all(&m, &stacks, version);
	if (m.is_live)
		fputs(clear_line, stderr);
	if (!status)
		status = proof_print(c, &page);
	if (m.lacking.len)
		cli_doctor_advice(c, buf_str(&m.lacking), stderr);
	buf_fini(&m.lacking);
	return status ? status : verdict_exit_status(m.worst);
}
