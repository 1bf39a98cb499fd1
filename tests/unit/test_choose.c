/* SPDX-License-Identifier: BSD-2-Clause */
/* Which tests of a suite are wanted, and what is remembered of those that failed. */
#include "suite/choose.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/util.h"
#include "suite/history.h"
#include "suite/suite.h"
#include "unit.h"

static struct arena *a;
static const char *root;

static void setup(void)
{
	char name[] = "/tmp/test_choose.XXXXXX";

	a = arena_new();
	ck_assert_ptr_nonnull(mkdtemp(name));
	root = arena_strdup(a, name);
	ck_assert_int_eq(setenv("XDG_STATE_HOME", arena_printf(a, "%s/state", root), 1), 0);
	ck_assert_int_eq(chdir(root), 0);
}

static void teardown(void)
{
	ck_assert_int_eq(chdir("/"), 0);
	ck_assert_int_eq(system(arena_printf(a, "rm -rf '%s'", root)), 0);
	arena_free(a);
}

/* ---- patterns ---- */

static const struct {
	const char *pattern, *text;
	bool fits;
} fit[] = {
	{ "reset", "rfc9293/reset/in-window[ipv6]@bundled", true },
	{ "[ipv6]", "rfc9293/reset/in-window[ipv6]@bundled", true },
	{ "[ipv6]", "rfc9293/reset/in-window[ipv4]@bundled", false },
	{ "reset*", "rfc9293/reset/in-window[ipv6]@bundled", false },
	{ "*reset*", "rfc9293/reset/in-window[ipv6]@bundled", true },
	{ "rfc*/in-*[ipv6]@*", "rfc9293/reset/in-window[ipv6]@bundled", true },
	{ "rfc*/in-*[ipv4]@*", "rfc9293/reset/in-window[ipv6]@bundled", false },
	{ "*", "", true },
	{ "?", "", false },
	{ "?", "x", true },
	{ "a?c", "abc", true },
	{ "a?c", "abcc", false },
	{ "*ab*ac", "xabaabac", true },
	{ "**b", "aab", true },
	{ "a*", "a", true },
	{ "*a", "b", false },
};

START_TEST(a_pattern_is_a_part_or_a_glob)
{
	ck_assert_int_eq(choice_fits(fit[_i].pattern, fit[_i].text), fit[_i].fits);
}
END_TEST

/* ---- choosing ---- */

static const char *const name[] = { "in/a", "in/b", "out/a", "out/bb" };

static struct suite make_suite(void)
{
	struct suite s = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(name); i++) {
		struct suite_script *script = ARENA_NEW(a, struct suite_script);
		struct suite_test *t =
			ARENA_PUSH(a, s.test, s.n_tests, s.tests_cap, struct suite_test);

		script->path = arena_printf(a, "scripts/%s.pkt", name[i]);
		script->real = name[i];
		t->script = script;
		t->stack = "x";
		t->id = arena_printf(a, "%s[ipv4]@x", name[i]);
	}
	return s;
}

/* One letter per test that is left. */
static const char *left(const struct choice *c)
{
	struct suite s = make_suite();
	char *out = arena_strdup(a, "    ");

	choose(&s, c);
	for (size_t i = 0; i < s.n_tests; i++) {
		ck_assert(i == 0 || strcmp(s.test[i - 1].id, s.test[i].id) < 0);
		for (size_t k = 0; k < ARRAY_LEN(name); k++) {
			if (strncmp(s.test[i].id, name[k], strlen(name[k])) == 0 &&
			    s.test[i].id[strlen(name[k])] == '[')
				out[k] = 'x';
		}
	}
	return out;
}

static const struct {
	const char *pattern[3];
	const char *left;
} row[] = {
	{ { NULL }, "xxxx" },
	{ { "in/" }, "xx  " },
	{ { "in/", "bb" }, "xx x" },
	{ { "!in/" }, "  xx" },
	{ { "!in/", "!bb" }, "  x " },
	{ { "a", "!in/" }, "  x " },
	{ { "scripts/out" }, "  xx" },
	{ { "*b.pkt" }, " x x" },
	{ { "*/?[[]*" }, "    " },
	{ { "*/?[ipv4]*" }, "xxx " },
	{ { "nothing" }, "    " },
};

START_TEST(patterns_add_up_and_take_away)
{
	struct choice c = { .pattern = ARENA_ARRAY(a, const char *, 3) };

	for (; row[_i].pattern[c.n_patterns]; c.n_patterns++)
		c.pattern[c.n_patterns] = row[_i].pattern[c.n_patterns];
	ck_assert_str_eq(left(&c), row[_i].left);
}
END_TEST

/* Every test is in one shard, and in the same one whatever the others are. */
START_TEST(shards_are_a_partition)
{
	size_t n[8] = { 0 };

	for (int i = 0; i < 8000; i++) {
		uint32_t shard = choice_shard(arena_printf(a, "t%d[ipv4]@x", i), 7);

		ck_assert_uint_ge(shard, 1);
		ck_assert_uint_le(shard, 7);
		n[shard]++;
	}
	for (int i = 1; i <= 7; i++)
		ck_assert_msg(n[i] > 800 && n[i] < 1500, "shard %d has %zu of 8000", i, n[i]);
	for (size_t i = 0; i < ARRAY_LEN(name); i++) {
		size_t n_in = 0;

		for (uint32_t k = 1; k <= 3; k++)
			n_in += left(&(struct choice){ .shard = k, .n_shards = 3 })[i] == 'x';
		ck_assert_uint_eq(n_in, 1);
	}
}
END_TEST

/* The values that the authors of FNV publish. */
START_TEST(the_hash_is_the_same_everywhere)
{
	ck_assert(hash_text("") == UINT64_C(0xcbf29ce484222325));
	ck_assert(hash_text("a") == UINT64_C(0xaf63dc4c8601ec8c));
	ck_assert(hash_text("foobar") == UINT64_C(0x85944171f73967e8));
}
END_TEST

/* ---- history ---- */

#define RAN(script, path, has_failed) { script, "", "ipv4", "x", path, "", has_failed }

static void save(const struct history_test *t, size_t n)
{
	struct history h;

	history_load(a, &h);
	ck_assert_int_eq(history_save(a, &h, t, n), 0);
}

START_TEST(what_failed_is_remembered_until_it_passes)
{
	static const struct history_test first[] = {
		RAN("in/b", "more scripts", true), RAN("in/a", "\xe4%\n", true),
		RAN("out/a", "scripts", false),
		RAN("in/b", "more scripts", false),  /* the same again, as --repeat has it */
	};
	static const struct history_test second[] = { RAN("in/a", "in", false),
						      RAN("out/bb", "out", true) };
	struct choice c = { .failed = NULL };
	struct history h;

	ck_assert_int_eq(system("mkdir in && touch in/b"), 0);
	save(first, ARRAY_LEN(first));
	history_load(a, &h);
	c.failed = &h;
	ck_assert_uint_eq(h.n_failed, 2);
	ck_assert_str_eq(h.failed[0].path, "\xe4%\n");
	ck_assert_str_eq(h.failed[1].path, "more scripts");
	ck_assert_str_eq(left(&c), "xx  ");
	save(second, ARRAY_LEN(second));
	history_load(a, &h);
	ck_assert_str_eq(left(&c), " x x");
	ck_assert_str_eq(h.failed[0].path, "more scripts");
	ck_assert_int_eq(unlink("in/b"), 0);
	save(second, ARRAY_LEN(second));
	history_load(a, &h);
	ck_assert_str_eq(left(&c), "   x");
	ck_assert_int_eq(chdir("/tmp"), 0);
	history_load(a, &h);
	ck_assert_uint_eq(h.n_failed, 0);
}
END_TEST

START_TEST(no_failure_leaves_no_file)
{
	static const struct history_test good = RAN("in/a", "in", false);

	save(&good, 1);
	ck_assert_int_ne(access("state", F_OK), 0);
}
END_TEST

static const struct {
	const char *state, *home;
	const char *file;          /* how it begins; NULL: none is kept */
} place[] = {
	{ "/s", "/h", "/s/tcpdrill/last-" },
	{ "s", "/h", "/h/.local/state/tcpdrill/last-" },
	{ "", "/h", "/h/.local/state/tcpdrill/last-" },
	{ NULL, "/h", "/h/.local/state/tcpdrill/last-" },
	{ NULL, "", NULL },
	{ NULL, NULL, NULL },
};

static void set(const char *variable, const char *value)
{
	if (value)
		setenv(variable, value, 1);
	else
		unsetenv(variable);
}

START_TEST(it_is_kept_for_the_user)
{
	static const struct history_test bad = RAN("in/a", "in", true);
	struct history h;

	set("XDG_STATE_HOME", place[_i].state);
	set("HOME", place[_i].home);
	history_load(a, &h);
	if (place[_i].file) {
		ck_assert_ptr_nonnull(h.file);
		ck_assert_ptr_eq(strstr(h.file, place[_i].file), h.file);
	} else {
		ck_assert_ptr_null(h.file);
		ck_assert_int_eq(history_save(a, &h, &bad, 1), 0);
	}
}
END_TEST

/* A shorter record over a longer one leaves nothing of that; garbage is no record. */
START_TEST(a_broken_record_is_none)
{
	static const struct history_test bad = RAN("in/a", "in", true);
	struct history h;
	FILE *f;

	save(&bad, 1);
	history_load(a, &h);
	f = fopen(h.file, "w");
	ck_assert_ptr_nonnull(f);
	for (int i = 0; i < 1000; i++)
		fputs("{\"version\": 1, ", f);
	fclose(f);
	history_load(a, &h);
	ck_assert_uint_eq(h.n_failed, 0);
	save(&bad, 1);
	history_load(a, &h);
	ck_assert_uint_eq(h.n_failed, 1);
}
END_TEST

/* What tells tests from others, and what does not. */
START_TEST(a_test_is_found_by_what_it_is)
{
	static const struct {
		const char *script, *case_name;
		enum ip_mode mode;
		const char *stack, *given;
		bool is_it;
	} look[] = {
		{ "in/a", "slow", IP_MODE_IPV6, "x", "in", true },
		{ "in/a", "slow", IP_MODE_IPV6, "x", "./in/a.pkt", true },
		{ "in/b", "slow", IP_MODE_IPV6, "x", "in", false },
		{ "in/a", "quick", IP_MODE_IPV6, "x", "in", false },
		{ "in/a", NULL, IP_MODE_IPV6, "x", "in", false },
		{ "in/a", "slow", IP_MODE_IPV4, "x", "in", false },
		{ "in/a", "slow", IP_MODE_IPV6, "y", "in", false },
	};
	static const struct history_test bad = { "in/a", "slow", "ipv6", "x", "in", " --mtu 9", true };
	struct history h;

	save(&bad, 1);
	history_load(a, &h);
	ck_assert_str_eq(h.failed[0].options, " --mtu 9");
	for (size_t i = 0; i < ARRAY_LEN(look); i++) {
		struct suite_script script = { .real = look[i].script, .given = look[i].given };
		struct meta_case meta_case = { .name = look[i].case_name };
		struct suite_test t = { .script = &script, .mode = look[i].mode, .stack = look[i].stack,
					.meta_case = look[i].case_name ? &meta_case : NULL };

		ck_assert_msg((history_find(&h, &t) != NULL) == look[i].is_it, "row %zu", i);
	}
}
END_TEST

START_TEST(a_place_that_cannot_be_written_is_told)
{
	static const struct history_test bad = RAN("in/a", "in", true);
	struct history h;

	setenv("XDG_STATE_HOME", "/dev/null", 1);
	history_load(a, &h);
	ck_assert_int_eq(history_save(a, &h, &bad, 1), -ERR_IO);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("choose");
	TCase *t = tcase_create("choose");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, a_pattern_is_a_part_or_a_glob, 0, (int)ARRAY_LEN(fit));
	tcase_add_loop_test(t, patterns_add_up_and_take_away, 0, (int)ARRAY_LEN(row));
	tcase_add_test(t, shards_are_a_partition);
	tcase_add_test(t, the_hash_is_the_same_everywhere);
	tcase_add_test(t, what_failed_is_remembered_until_it_passes);
	tcase_add_test(t, a_test_is_found_by_what_it_is);
	tcase_add_test(t, no_failure_leaves_no_file);
	tcase_add_loop_test(t, it_is_kept_for_the_user, 0, (int)ARRAY_LEN(place));
	tcase_add_test(t, a_broken_record_is_none);
	tcase_add_test(t, a_place_that_cannot_be_written_is_told);
	suite_add_tcase(s, t);
	return unit_run(s);
}
