/* SPDX-License-Identifier: BSD-2-Clause */
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/diag.h"
#include "cli/cli.h"
#include "suite/expect.h"
#include "suite/settle.h"
#include "suite/suite.h"
#include "target/target.h"

/* Whether the row is the first that matches, whatever the version. */
static bool is_first(const struct expectations *e, size_t row, const char *id)
{
	for (size_t i = 0; i < row; i++) {
		if (!e->row[i].ranges && expect_matches(&e->row[i], id))
			return false;
	}
	return true;
}

/* A line that speaks of no test, or only of those that a line above it has, is a leftover; only a look
 * at the whole suite can tell. @tell: diag_error or diag_warning */
static void find_leftovers(struct arena *a, const struct suite *s, const struct suite_home *home,
			   const struct expectations *e,
			   void (*tell)(struct diags *d, struct span span, const char *fmt, ...),
			   struct diags *d)
{
	struct suite all = *s;
	struct suite_variants v = { .modes = (1u << IP_MODE_COUNT) - 1 };

	if (!e->n)
		return;
	all.test = NULL;
	all.n_tests = all.tests_cap = 0;
	suite_expand(a, &all, &v, "any");
	for (size_t i = 0; i < e->n; i++) {
		size_t n_matching = 0, n_first = 0;

		for (size_t k = 0; !n_first && k < all.n_tests; k++) {
			if (all.test[k].script->home != home ||
			    !expect_matches(&e->row[i], all.test[k].id))
				continue;
			n_matching++;
			n_first += is_first(e, i, all.test[k].id);
		}
		if (!n_first)
			tell(d, e->row[i].span,
			     n_matching ? "lines above speak of all that '%s' fits"
					: "no test has an id like '%s'",
			     e->row[i].pattern);
	}
}

static size_t check_file(struct cli *c, const struct suite *s, const struct suite_home *home,
			 const char *name, bool is_whole)
{
	struct arena *a = arena_new();
	const char *path = arena_printf(a, "%s/expect/%s", home->path, name);
	const char *stack = arena_strndup(a, name, strlen(name) - 4);
	struct expectations e;
	struct buf text = { 0 };
	struct source src;
	struct diags d;
	size_t n = 1;

	if (source_load(a, path, &src) < 0) {
		cli_error(c, "cannot read '%s'", path);
	} else {
		diags_init(&d, a, &src);
		if (!target_find(stack))
			diag_error(&d, (struct span){ 0, 0 }, "there is no stack '%s'", stack);
		expect_read(a, &src, stack, &e, &d);
		if (is_whole)
			find_leftovers(a, s, home, &e, diag_error, &d);
		diags_render(&d, &text);
		fputs(buf_str(&text), stderr);
		n = d.n_errors;
	}
	buf_fini(&text);
	arena_free(a);
	return n;
}

static int is_list(const struct dirent *e)
{
	size_t n = strlen(e->d_name);

	return n > 4 && strcmp(e->d_name + n - 4, ".txt") == 0;
}

bool cli_is_whole(const struct cli *c, const struct suite_home *home)
{
	char real[PATH_MAX];

	for (size_t i = 0; i < c->n_paths; i++) {
		if (realpath(c->path[i], real) && strcmp(real, home->path) == 0)
			return true;
	}
	return false;
}

size_t cli_check_expected(struct cli *c, const struct suite *s)
{
	size_t n_errors = 0;

	for (const struct suite_home *h = s->homes; h; h = h->next) {
		struct dirent **entry;
		int n = scandir(arena_printf(c->arena, "%s/expect", h->path), &entry, is_list,
				alphasort);

		for (int i = 0; i < n; i++) {
			n_errors += check_file(c, s, h, entry[i]->d_name, cli_is_whole(c, h));
			free(entry[i]);
		}
		if (n >= 0)
			free(entry);
	}
	return n_errors;
}

static void warn_of(const struct suite *s, const struct settler_home *h)
{
	struct arena *a = arena_new();
	struct buf text = { 0 };
	struct diags d;

	diags_init(&d, a, &h->src);
	find_leftovers(a, s, h->home, &h->expected, diag_warning, &d);
	diags_render(&d, &text);
	fputs(buf_str(&text), stderr);
	buf_fini(&text);
	arena_free(a);
}

void cli_warn_expected(const struct cli *c, const struct settler *t)
{
	if (c->n_only || c->n_patterns || c->n_shards || c->only_failed)
		return;
	for (const struct settler_home *h = t->homes; h; h = h->next) {
		if (cli_is_whole(c, h->home))
			warn_of(t->suite, h);
	}
}
