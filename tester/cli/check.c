/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include "base/arena.h"
#include "base/diag.h"
#include "cli/cli.h"
#include "run/needs.h"
#include "script/plan.h"
#include "suite/suite.h"

/* Elsewhere they may mean anything, but somebody may have meant those of a table. */
static void warn_without_table(const struct suite_script *script, struct diags *d)
{
	if (!script->meta.req || (script->home && script->home->reqs))
		return;
	diag_warning(d, script->meta.req->span,
		     "nobody knows whether there is such a requirement: no requirements.tsv is beside "
		     "or above this script");
}

/* Binds one test and prints what there is to say of it; the number of errors. @is_first: of its
 * script */
static size_t check_one(struct cli *c, const struct suite_test *t, bool is_first)
{
	struct arena *a = arena_new();
	struct run_config config = cli_config(c, t->mode);
	struct buf text = { 0 };
	const struct plan *plan;
	struct diags d;
	size_t n;

	diags_init(&d, a, NULL);
	plan = plan_load(a, t->script->path, &config, t->meta_case, c->seed, &d);
	if (plan) {
		needs_check(&plan->meta, &d);
		catches_check(&plan->meta, &d);
		profile_check(&plan->meta, &d);
		suite_check(t->script, &d);
		if (is_first)
			warn_without_table(t->script, &d);
	}
	diags_render(&d, &text);
	fputs(buf_str(&text), stderr);
	buf_fini(&text);
	n = d.n_errors;
	if (!plan && n == 0)
		n = 1;
	arena_free(a);
	return n;
}

int cmd_check(struct cli *c)
{
	struct suite s = { 0 };
	struct suite_variants variants = cli_variants(c);
	const struct suite_script *bad = NULL;
	size_t n_errors = 0, n_bad = 0, n_expected;
	int status = cli_collect(c, &s);

	if (status)
		return status;
	suite_expand(c->arena, &s, &variants, c->stack);
	for (size_t i = 0; i < s.n_tests; i++) {
		size_t n;

		/* The other cases and variants of a bad script would mostly say the same. */
		if (s.test[i].script == bad)
			continue;
		n = check_one(c, &s.test[i], !i || s.test[i - 1].script != s.test[i].script);
		if (n) {
			bad = s.test[i].script;
			n_errors += n;
			n_bad++;
		}
	}
	n_expected = cli_check_expected(c, &s);
	if (n_expected)
		printf("%zu error%s in what is expected\n", n_expected,
		       n_expected == 1 ? "" : "s");
	if (n_bad) {
		printf("%zu error%s in %zu of %zu scripts\n", n_errors, n_errors == 1 ? "" : "s",
		       n_bad, s.n_scripts);
		return EXIT_USAGE;
	}
	if (n_expected)
		return EXIT_USAGE;
	printf("OK: %zu script%s, %zu test%s\n", s.n_scripts, s.n_scripts == 1 ? "" : "s",
	       s.n_tests, s.n_tests == 1 ? "" : "s");
	return s.n_tests ? 0 : EXIT_NOTHING;
}
