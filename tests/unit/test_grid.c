/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/grid.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/util.h"
#include "unit.h"

static struct arena *a;

static void setup(void)
{
	a = arena_new();
}

static void teardown(void)
{
	arena_free(a);
}

/* What is printed of a grid with these cells, up to NULL. */
static const char *print(const char *const *cell, size_t n_columns, size_t width, int is_markdown)
{
	struct grid g = { .arena = a, .n_columns = n_columns };
	char *text;
	const char *kept;
	size_t n;
	FILE *out = open_memstream(&text, &n);

	for (; *cell; cell++)
		grid_add(&g, *cell);
	if (is_markdown)
		grid_print_markdown(&g, out);
	else
		grid_print_columns(&g, out, width);
	fclose(out);
	kept = arena_strdup(a, text);
	free(text);
	return kept;
}

static const char *const cells[] = { "id", "why", "9293/MUST-1", "one two three four five", "x",
				     "y", NULL };

static const struct {
	size_t width;
	const char *text;
} columns[] = {
	{ 0, "id           why\n9293/MUST-1  one two three four five\nx            y\n" },
	{ 36, "id           why\n9293/MUST-1  one two three four five\nx            y\n" },
	/* less than there is, and too little to wrap in: on lines of its own */
	{ 30, "id\n    why\n9293/MUST-1\n    one two three four five\nx\n    y\n" },
	{ 20, "id\n    why\n9293/MUST-1\n    one two three\n    four five\nx\n    y\n" },
};

START_TEST(columns_fit_the_width)
{
	ck_assert_str_eq(print(cells, 2, columns[_i].width, 0), columns[_i].text);
}
END_TEST

START_TEST(characters_are_counted_not_bytes)
{
	const char *const umlauts[] = { "Größe", "1", "abcde", "2", NULL };

	ck_assert_str_eq(print(umlauts, 2, 0, 0), "Größe  1\nabcde  2\n");
}
END_TEST

START_TEST(a_long_last_column_hangs)
{
	const char *const text[] = { "x", "aaaaaaaaaa bbbbbbbbbb cccccccccc dddddddddd", NULL };

	ck_assert_str_eq(print(text, 2, 36, 0),
			 "x  aaaaaaaaaa bbbbbbbbbb cccccccccc\n   dddddddddd\n");
}
END_TEST

START_TEST(nothing_steers_a_terminal)
{
	const char *const text[] = { "a\033[2J", "b\nc\td\xff", NULL };

	ck_assert_str_eq(print(text, 2, 0, 0), "a\\x1b[2J  b c d\\xff\n");
	ck_assert_str_eq(print(text, 2, 0, 1), "| a\\\\x1b\\[2J | b c d\\\\xff |\n|---|---|\n");
}
END_TEST

static const struct {
	const char *text, *markdown;
} markdown[] = {
	{ "a|b", "a\\|b" },
	{ "a < b > c", "a \\< b \\> c" },
	{ "`code` *bold* ~~gone~~", "\\`code\\` \\*bold\\* \\~\\~gone\\~\\~" },
	{ "[x](y)", "\\[x\\](y)" },
	{ "&lt; \\", "\\&lt; \\\\" },
	{ "_x_ tcp_rto_min", "\\_x\\_ tcp_rto_min" },
	{ "$x$", "&#36;x&#36;" },
	/* links go on working */
	{ "why (https://e.org/a_b?x=1&y=2#s-3)", "why (https://e.org/a_b?x=1&y=2#s-3)" },
	{ "https://e.org/~me/_x|y <b>", "https://e.org/%7Eme/_x%7Cy \\<b\\>" },
};

START_TEST(no_text_is_markup)
{
	const char *const text[] = { markdown[_i].text, NULL };

	ck_assert_str_eq(print(text, 1, 0, 1),
			 arena_printf(a, "| %s |\n|---|\n", markdown[_i].markdown));
}
END_TEST

static const struct {
	const char *text;
	size_t width, n;
} folds[] = {
	{ "one two", 7, 7 }, { "one two", 6, 3 }, { "one two", 3, 3 }, { "one two", 2, 2 },
	{ "one two three", 8, 7 }, { "", 5, 0 }, { "x", 0, 1 }, { "ö", 0, 2 }, { "öö", 1, 2 },
};

START_TEST(text_is_folded_at_blanks)
{
	ck_assert_uint_eq(text_fold(folds[_i].text, folds[_i].width), folds[_i].n);
}
END_TEST

START_TEST(columns_says_how_wide)
{
	setenv("COLUMNS", "72", 1);
	ck_assert_uint_eq(output_width(), 72);
	setenv("COLUMNS", "3", 1);
	ck_assert_uint_eq(output_width(), 20);
	setenv("COLUMNS", "999999999999999999999", 1);
	ck_assert_uint_eq(output_width(), 0);
	setenv("COLUMNS", "0", 1);
	ck_assert_uint_eq(output_width(), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("grid");
	TCase *t = tcase_create("grid");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, columns_fit_the_width, 0, ARRAY_LEN(columns));
	tcase_add_test(t, characters_are_counted_not_bytes);
	tcase_add_test(t, a_long_last_column_hangs);
	tcase_add_test(t, nothing_steers_a_terminal);
	tcase_add_loop_test(t, no_text_is_markup, 0, ARRAY_LEN(markdown));
	tcase_add_loop_test(t, text_is_folded_at_blanks, 0, ARRAY_LEN(folds));
	tcase_add_test(t, columns_says_how_wide);
	suite_add_tcase(suite, t);
	return unit_run(suite);
}
