/* SPDX-License-Identifier: BSD-2-Clause */
#include "suite/suite.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/err.h"
#include "run/needs.h"
#include "target/target.h"
#include "unit.h"

static struct arena *a;
static struct suite s;
static const char *root;

static void put(const char *name, const char *text)
{
	FILE *f = fopen(arena_printf(a, "%s/%s", root, name), "w");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
}

static void folder(const char *name)
{
	ck_assert_int_eq(mkdir(arena_printf(a, "%s/%s", root, name), 0700), 0);
}

static void setup(void)
{
	char name[] = "/tmp/test_suite.XXXXXX";

	a = arena_new();
	s = (struct suite){ 0 };
	ck_assert_ptr_nonnull(mkdtemp(name));
	root = arena_strdup(a, name);
}

static void teardown(void)
{
	ck_assert_int_eq(system(arena_printf(a, "rm -rf '%s'", root)), 0);
	arena_free(a);
}

static int add(const char *path)
{
	const char *why = NULL;
	int rc = suite_add_path(a, &s, path, &why);

	ck_assert_int_eq(rc < 0, why != NULL);
	suite_read(a, &s);
	return rc;
}

START_TEST(scripts_of_a_folder_are_found_in_order)
{
	folder("b");
	folder("b/deep");
	put("z.pkt", "");
	put("a.pkt", "");
	put("b/deep/x.pkt", "");
	put("b/notes.txt", "");
	put(".hidden.pkt", "");
	put("b/.pkt", "");
	ck_assert_int_eq(add(root), 0);
	ck_assert_uint_eq(s.n_scripts, 3);
	ck_assert_str_eq(s.script[0]->name, "a");
	ck_assert_str_eq(s.script[1]->name, "b/deep/x");
	ck_assert_str_eq(s.script[2]->name, "z");
	ck_assert_str_eq(s.script[1]->path, arena_printf(a, "%s/b/deep/x.pkt", root));
}
END_TEST

/* More than one thread reads on its own. */
START_TEST(headers_are_read_by_any_number)
{
	enum { N = 150 };

	for (int i = 0; i < N; i++)
		put(arena_printf(a, "%03d.pkt", i),
		    arena_printf(a, "%s//! title: number %d\n%s", i == 7 ? "//! id: seven\n" : "", i,
				 i == 9 ? "//! needs: root\n//! no such: line\n" : ""));
	suite_read_ahead(a, &s, (unsigned int)_i);
	ck_assert_int_eq(suite_add_path(a, &s, root, &(const char *){ NULL }), 0);
	suite_read(a, &s);
	ck_assert_uint_eq(s.n_scripts, N);
	for (int i = 0; i < N; i++) {
		ck_assert_ptr_nonnull(s.script[i]->src.text);
		ck_assert_str_eq(s.script[i]->name, i == 7 ? "seven" : arena_printf(a, "%03d", i));
		ck_assert_str_eq(s.script[i]->meta.title, arena_printf(a, "number %d", i));
		/* Of a header with errors no more than that is believed. */
		ck_assert_ptr_null(s.script[i]->meta.needs);
	}
}
END_TEST

START_TEST(a_trailing_slash_changes_no_id)
{
	put("a.pkt", "");
	ck_assert_int_eq(add(arena_printf(a, "%s/", root)), 0);
	ck_assert_str_eq(s.script[0]->name, "a");
	ck_assert_str_eq(s.script[0]->path, arena_printf(a, "%s/a.pkt", root));
}
END_TEST

START_TEST(a_named_file_keeps_its_path)
{
	put("a.pkt", "");
	put("odd", "");
	ck_assert_int_eq(chdir(root), 0);
	ck_assert_int_eq(add("./a.pkt"), 0);
	ck_assert_int_eq(add("odd"), 0);
	ck_assert_str_eq(s.script[0]->name, "a");
	ck_assert_str_eq(s.script[1]->name, "odd");
	ck_assert_int_eq(chdir("/"), 0);
}
END_TEST

START_TEST(loops_of_links_end)
{
	folder("d");
	put("d/a.pkt", "");
	ck_assert_int_eq(symlink("..", arena_printf(a, "%s/d/up", root)), 0);
	ck_assert_int_eq(symlink(".", arena_printf(a, "%s/d/self", root)), 0);
	ck_assert_int_eq(symlink("nowhere", arena_printf(a, "%s/d/dangling.pkt", root)), 0);
	ck_assert_int_eq(add(root), 0);
	ck_assert_uint_eq(s.n_scripts, 2);
}
END_TEST

START_TEST(what_cannot_be_read_is_said)
{
	folder("empty");
	folder("other");
	put("other/readme", "");
	ck_assert_int_eq(add(arena_printf(a, "%s/none", root)), -ERR_IO);
	ck_assert_int_eq(add(arena_printf(a, "%s/empty", root)), -ERR_UNKNOWN);
	ck_assert_int_eq(add(arena_printf(a, "%s/other", root)), -ERR_UNKNOWN);
	ck_assert_int_eq(add("/dev/null"), -ERR_IO);
	ck_assert_uint_eq(s.n_scripts, 0);
}
END_TEST

#define TABLE "id\trfc\tsection\tlevel\tarea\trequirement\tobservable\thow\timplied\tnote\n" \
	"1/A\t1\t1\tMUST\tarea\tText.\twire\tHow.\tno\t\n"

/* However a script is come by, its name is its place in its suite. */
START_TEST(names_begin_at_the_suite)
{
	folder("s");
	folder("s/deep");
	put("s/requirements.tsv", TABLE);
	put("s/deep/x.pkt", "");
	put("other.pkt", "");
	ck_assert_int_eq(add(arena_printf(a, "%s/s", root)), 0);
	ck_assert_int_eq(add(arena_printf(a, "%s/s/deep", root)), 0);
	ck_assert_int_eq(add(arena_printf(a, "%s/s/deep/x.pkt", root)), 0);
	ck_assert_int_eq(chdir(arena_printf(a, "%s/s/deep", root)), 0);
	ck_assert_int_eq(add("x.pkt"), 0);
	ck_assert_int_eq(add("../../other.pkt"), 0);
	ck_assert_int_eq(chdir("/"), 0);
	ck_assert_uint_eq(s.n_scripts, 2);
	ck_assert_str_eq(s.script[0]->path, arena_printf(a, "%s/s/deep/x.pkt", root));
	ck_assert_str_eq(s.script[0]->name, "deep/x");
	ck_assert_ptr_nonnull(s.script[0]->home);
	ck_assert_uint_eq(s.script[0]->home->reqs->n, 1);
	ck_assert_ptr_null(s.script[0]->home->errors);
	ck_assert_ptr_null(s.script[1]->home);
}
END_TEST

/* By each way alone the name is the same. */
START_TEST(names_are_places_in_the_suite)
{
	const char *const way[] = { "s", "s/deep", "s/deep/x.pkt", "s/../s/deep/x.pkt" };

	folder("s");
	folder("s/deep");
	put("s/requirements.tsv", TABLE);
	put("s/deep/x.pkt", "");
	ck_assert_int_eq(add(arena_printf(a, "%s/%s", root, way[_i])), 0);
	ck_assert_uint_eq(s.n_scripts, 1);
	ck_assert_str_eq(s.script[0]->name, "deep/x");
}
END_TEST

START_TEST(each_file_is_there_once)
{
	put("a.pkt", "");
	put("b.pkt", "");
	ck_assert_int_eq(symlink("a.pkt", arena_printf(a, "%s/link.pkt", root)), 0);
	ck_assert_int_eq(add(arena_printf(a, "%s/b.pkt", root)), 0);
	ck_assert_int_eq(add(root), 0);
	ck_assert_int_eq(add(root), 0);
	ck_assert_uint_eq(s.n_scripts, 3);
	ck_assert_str_eq(s.script[0]->path, arena_printf(a, "%s/b.pkt", root));
	ck_assert_str_eq(s.script[1]->name, "a");
	/* A link has a name of its own, so it is a script of its own. */
	ck_assert_str_eq(s.script[2]->name, "link");
}
END_TEST

START_TEST(expectations_make_a_suite_too)
{
	folder("s");
	folder("s/expect");
	put("s/x.pkt", "");
	ck_assert_int_eq(add(arena_printf(a, "%s/s/x.pkt", root)), 0);
	ck_assert_str_eq(s.script[0]->name, "x");
	ck_assert_ptr_null(s.script[0]->home->reqs);
}
END_TEST

START_TEST(a_bad_table_is_told)
{
	put("requirements.tsv", "id\n");
	put("x.pkt", "");
	ck_assert_int_eq(add(root), 0);
	ck_assert_ptr_nonnull(strstr(s.script[0]->home->errors, "requirements.tsv:1:1: error: "));
}
END_TEST

/* What lies in folders without scripts is not ours; a folder above that has a table counts for more than
 * what is expected nearby. */
START_TEST(a_suite_is_where_its_scripts_are)
{
	folder("data");
	folder("data/expect");
	folder("b");
	folder("b/expect");
	put("requirements.tsv", TABLE);
	put("data/requirements.tsv", "id\n");
	put("x.pkt", "");
	put("b/y.pkt", "");
	ck_assert_int_eq(add(root), 0);
	ck_assert_uint_eq(s.n_scripts, 2);
	ck_assert_ptr_nonnull(s.homes);
	ck_assert_ptr_null(s.homes->next);
	ck_assert_ptr_null(s.homes->errors);
	ck_assert_ptr_eq(s.script[0]->home, s.homes);
	ck_assert_ptr_eq(s.script[1]->home, s.homes);
}
END_TEST

START_TEST(a_suite_without_a_table_has_what_is_expected)
{
	folder("b");
	folder("b/expect");
	put("x.pkt", "");
	put("b/y.pkt", "");
	ck_assert_int_eq(add(root), 0);
	ck_assert_str_eq(s.script[0]->name, "y");
	ck_assert_ptr_nonnull(s.script[0]->home);
	ck_assert_ptr_null(s.script[0]->home->reqs);
	ck_assert_ptr_null(s.script[1]->home);
}
END_TEST

START_TEST(names_of_two_folders_differ)
{
	folder("b");
	folder("c");
	put("b/x.pkt", "");
	put("c/x.pkt", "");
	ck_assert_int_eq(add(arena_printf(a, "%s/b", root)), 0);
	ck_assert_int_eq(add(arena_printf(a, "%s/c", root)), 0);
	ck_assert_str_eq(s.script[0]->name, "x");
	ck_assert_str_eq(s.script[1]->name, arena_printf(a, "%s/c/x", root));
}
END_TEST

/* Two suites below one folder. */
START_TEST(names_of_two_suites_differ)
{
	folder("b");
	folder("c");
	put("b/requirements.tsv", TABLE);
	put("c/requirements.tsv", TABLE);
	put("b/x.pkt", "");
	put("c/x.pkt", "");
	ck_assert_int_eq(add(root), 0);
	ck_assert_str_eq(s.script[0]->name, "x");
	ck_assert_str_eq(s.script[1]->name, suite_name_of(a, s.script[1]->path));
	ck_assert_ptr_null(s.script[0]->namesake);
	ck_assert_ptr_null(s.script[1]->namesake);
}
END_TEST

/* Neither of the two is right. */
START_TEST(an_id_is_no_other_scripts_place)
{
	static const char *const says[] = { "'d/y' is the id of another script, too",
					    "'d/y', the name of this script by its place, is that" };
	struct diags d;

	folder("d");
	put("a.pkt", "//! id: d/y\n");
	put("d/y.pkt", "// by its place\n");
	ck_assert_int_eq(add(root), 0);
	for (size_t i = 0; i < 2; i++) {
		diags_init(&d, a, &s.script[i]->src);
		suite_check(s.script[i], &d);
		ck_assert_uint_eq(d.n_errors, 1);
		ck_assert_ptr_nonnull(strstr(d.first->message, says[i]));
		ck_assert_ptr_eq(s.script[i]->namesake, s.script[1 - i]);
	}
}
END_TEST

START_TEST(ids_are_checked)
{
	struct diags d;

	put("requirements.tsv", TABLE);
	put("x.pkt", "//! id: same\n//! req: 1/A\n");
	put("y.pkt", "//! id: same\n");
	put("z.pkt", "//! req: 1/B\n");
	ck_assert_int_eq(add(root), 0);
	ck_assert_str_eq(s.script[0]->name, "same");
	for (size_t i = 0; i < 3; i++) {
		diags_init(&d, a, &s.script[i]->src);
		suite_check(s.script[i], &d);
		ck_assert_uint_eq(d.n_errors, 1);
		ck_assert_ptr_nonnull(strstr(d.first->message, i < 2 ? "the id of another script"
							      : "unknown requirement '1/B'"));
	}
}
END_TEST

enum { V4 = 1 << IP_MODE_IPV4, MAPPED = 1 << IP_MODE_MAPPED, V6 = 1 << IP_MODE_IPV6 };
enum { ALL = V4 | MAPPED | V6 };

static const struct {
	const char *name, *text;
	struct suite_variants want;
	unsigned int modes;
} variant[] = {
	{ "x.pkt", "", { V4, true, false, false }, V4 },
	{ "x.pkt", "", { ALL, false, false, false }, ALL },
	{ "x.pkt", "--ip_version=ipv6\n", { V4, true, false, false }, V6 },
	{ "x.pkt", "--ip_version=ipv6 // why\r\n", { V4, true, false, false }, V6 },
	{ "x.pkt", "--ip_version=\"ipv4-mapped-ipv6\"\n", { V4, true, false, false }, MAPPED },
	{ "x.pkt", "// --ip_version=ipv6\n", { V4, true, false, false }, V4 },
	{ "x.pkt", "--mtu=1500\n  --ip_version=ipv4\n", { ALL, false, false, false }, V4 },
	{ "x.pkt", "--ip_version=ipv6\n", { V4, false, false, false }, 0 },
	{ "x.pkt", "--ip_version=ipv6\n", { V4, false, false, true }, V4 },
	{ "x.pkt", "//! needs: ipv6\n", { V4, true, false, false }, V6 },
	{ "x.pkt", "//! needs: ipv6\n", { V4 | MAPPED, false, false, false }, 0 },
	{ "x.pkt", "//! needs: root\n", { V4, true, false, false }, V4 },
	{ "xv4.pkt", "", { ALL, false, true, false }, V4 | MAPPED },
	{ "xv6.pkt", "", { ALL, false, true, false }, V6 },
	{ "xv6.pkt", "", { ALL, false, false, false }, ALL },
};

START_TEST(variants_are_chosen)
{
	put(variant[_i].name, variant[_i].text);
	ck_assert_int_eq(add(root), 0);
	ck_assert_uint_eq(suite_modes(s.script[0], &variant[_i].want), variant[_i].modes);
}
END_TEST

START_TEST(ids_are_made_of_script_case_variant_stack)
{
	struct suite_variants v = { .modes = V4 | V6 };

	put("a.pkt", "//! case fast: A=1\n//! case slow: A=2\n");
	put("b.pkt", "");
	ck_assert_int_eq(add(root), 0);
	suite_expand(a, &s, &v, "kernel");
	ck_assert_uint_eq(s.n_tests, 6);
	ck_assert_str_eq(s.test[0].id, "a[fast][ipv4]@kernel");
	ck_assert_str_eq(s.test[1].id, "a[slow][ipv4]@kernel");
	ck_assert_str_eq(s.test[1].meta_case->name, "slow");
	ck_assert_str_eq(s.test[2].id, "a[fast][ipv6]@kernel");
	ck_assert_str_eq(s.test[4].id, "b[ipv4]@kernel");
	ck_assert_ptr_null(s.test[4].meta_case);
	ck_assert_int_eq(s.test[5].mode, IP_MODE_IPV6);
}
END_TEST

/* What is asked of the operating system says nothing about another stack. */
START_TEST(needs_of_the_system_are_its_own)
{
	static const char *const words[] = { "kernel>=99.1", "congestion:no-such-control" };
	struct target_row stack = { .name = "other" };

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		struct meta_word w = { .text = words[i] };
		struct metadata meta = { .needs = &w };

		ck_assert_ptr_null(needs_unmet(a, &meta, &stack));
		stack.is_system = true;
		ck_assert_ptr_nonnull(needs_unmet(a, &meta, &stack));
		stack.is_system = false;
	}
}
END_TEST

/* Needs: the word, whether it is well formed, whether it is met here by a stack without shell. */
static const struct {
	const char *word;
	bool is_valid, is_met;
} need[] = {
	{ "kernel>=2.6", true, true },
	{ "kernel>=2.6.32", true, true },
	{ "kernel>=99.1", true, false },
	{ "kernel>=six", false, true },
	{ "kernel>=", false, true },
	{ "tool:sh", true, true },
	{ "tool:no-such-program", true, false },
	{ "tool:../sh", false, true },
	{ "congestion:no-such-control", true, false },
	{ "congestion:", false, true },
	{ "ipv6", true, true },
	{ "info", true, true },
	{ "shell", true, false },
	{ "shel", false, true },
	{ "rootx", false, true },
};

START_TEST(needs_are_checked)
{
	struct meta_word w = { .text = need[_i].word, .span = { 0, 3 } };
	struct metadata meta = { .needs = &w };
	struct target_row stack = { .name = "small", .lacks = TARGET_CAP_SHELL, .is_system = true };
	const char *unmet;
	struct diags d;

	diags_init(&d, a, NULL);
	needs_check(&meta, &d);
	ck_assert_uint_eq(d.n_errors, need[_i].is_valid ? 0 : 1);
	if (!need[_i].is_valid)
		return;
	unmet = needs_unmet(a, &meta, &stack);
	ck_assert_int_eq(unmet == NULL, need[_i].is_met);
	if (unmet)
		ck_assert_int_eq(strncmp(unmet, "needs ", 6), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("suite");
	TCase *t = tcase_create("suite");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, scripts_of_a_folder_are_found_in_order);
	tcase_add_loop_test(t, headers_are_read_by_any_number, 0, 40);
	tcase_add_test(t, a_trailing_slash_changes_no_id);
	tcase_add_test(t, a_named_file_keeps_its_path);
	tcase_add_test(t, loops_of_links_end);
	tcase_add_test(t, what_cannot_be_read_is_said);
	tcase_add_test(t, names_begin_at_the_suite);
	tcase_add_test(t, expectations_make_a_suite_too);
	tcase_add_test(t, a_bad_table_is_told);
	tcase_add_test(t, a_suite_is_where_its_scripts_are);
	tcase_add_test(t, a_suite_without_a_table_has_what_is_expected);
	tcase_add_test(t, names_of_two_folders_differ);
	tcase_add_loop_test(t, names_are_places_in_the_suite, 0, 4);
	tcase_add_test(t, each_file_is_there_once);
	tcase_add_test(t, names_of_two_suites_differ);
	tcase_add_test(t, an_id_is_no_other_scripts_place);
	tcase_add_test(t, ids_are_checked);
	tcase_add_loop_test(t, variants_are_chosen, 0, (int)ARRAY_LEN(variant));
	tcase_add_test(t, ids_are_made_of_script_case_variant_stack);
	tcase_add_test(t, needs_of_the_system_are_its_own);
	tcase_add_loop_test(t, needs_are_checked, 0, (int)ARRAY_LEN(need));
	suite_add_tcase(suite, t);
	return unit_run(suite);
}
