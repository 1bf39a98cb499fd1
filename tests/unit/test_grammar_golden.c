/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every script in tests/golden/parse has its exact outcome beside it: NAME.err what is reported,
 * or NAME.fmt how it is printed. With TCPDRILL_BLESS set the outcomes are written instead.
 */
#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/diag.h"
#include "grammar/parse.h"
#include "unit.h"

static const char folder[] = "tests/golden/parse";

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n > m && strcmp(s + n - m, end) == 0;
}

/* What the script at @path comes to; the return value is the ending of the file that says so. */
static const char *outcome(struct arena *a, const char *path, const char *name, struct buf *out)
{
	struct source file, src;
	struct ast_script *s;
	struct diags d;

	ck_assert_int_eq(source_load(a, path, &file), 0);
	source_from_text(a, name, file.text, file.len, &src);
	diags_init(&d, a, &src);
	s = grammar_parse(a, &src, NULL, &d);
	ck_assert_msg(!s == (d.n_errors > 0), "%s: a tree and errors, or neither", name);
	ck_assert_uint_le(d.n_errors, DIAGS_MAX);
	if (s)
		grammar_print(s, out);
	else
		diags_render(&d, out);
	return s ? "fmt" : "err";
}

static void check_one(struct arena *a, const char *name)
{
	const char *path = arena_printf(a, "%s/%s", folder, name);
	struct buf got = { 0 };
	const char *ending = outcome(a, path, name, &got);
	const char *wanted = arena_printf(a, "%.*s.%s", (int)(strlen(path) - 4), path, ending);
	struct source want;

	if (getenv("TCPDRILL_BLESS")) {
		FILE *f = fopen(wanted, "wb");

		ck_assert_ptr_nonnull(f);
		fwrite(got.data, 1, got.len, f);
		fclose(f);
	}
	ck_assert_msg(source_load(a, wanted, &want) == 0, "there is no %s", wanted);
	ck_assert_msg(strcmp(want.text, buf_str(&got)) == 0, "%s: got\n%s\nbut want\n%s", name,
		      buf_str(&got), want.text);
	buf_fini(&got);
}

START_TEST(scripts_come_out_as_recorded)
{
	struct dirent **list;
	size_t seen = 0;
	int n = scandir(folder, &list, NULL, alphasort);

	ck_assert_int_gt(n, 0);
	for (int i = 0; i < n; i++) {
		if (ends_with(list[i]->d_name, ".pkt")) {
			struct arena *a = arena_new();

			check_one(a, list[i]->d_name);
			arena_free(a);
			seen++;
		}
		free(list[i]);
	}
	free(list);
	ck_assert_uint_ge(seen, 50);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("grammar_golden");
	TCase *t = tcase_create("golden");

	tcase_add_test(t, scripts_come_out_as_recorded);
	suite_add_tcase(s, t);
	return unit_run(s);
}
