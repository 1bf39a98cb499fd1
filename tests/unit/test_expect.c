/* SPDX-License-Identifier: BSD-2-Clause */
#include "suite/expect.h"

#include <check.h>
#include <string.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/err.h"
#include "base/util.h"
#include "suite/settle.h"
#include "suite/suite.h"
#include "unit.h"

static struct arena *a;
static struct diags d;
static struct expectations e;

static void setup(void)
{
	a = arena_new();
}

static void teardown(void)
{
	arena_free(a);
}

static int read_text(const char *text)
{
	struct source *src = ARENA_NEW(a, struct source);

	source_from_text(a, "expect/kernel.txt", text, strlen(text), src);
	diags_init(&d, a, src);
	return expect_read(a, src, "kernel", &e, &d);
}

START_TEST(rows_are_read)
{
	ck_assert_int_eq(read_text("# comment\n\n \ta/b*  fail kernel>=6.1 <6.12\t\"why # not\" "
				   "https://example.org/x # more\r\n"
				   "c deviates \"so\" http://example.org\n"
				   "c timeout \"so\" http://example.org\n"
				   "c crash =6 \"so\" http://example.org"),
			 0);
	ck_assert_uint_eq(e.n, 4);
	ck_assert_str_eq(e.row[0].pattern, "a/b*");
	ck_assert_int_eq(e.row[0].outcome, VERDICT_FAIL);
	ck_assert_str_eq(e.row[0].reason, "why # not");
	ck_assert_str_eq(e.row[0].link, "https://example.org/x");
	ck_assert_uint_eq(e.row[0].line, 3);
	ck_assert_int_eq(e.row[0].ranges->op, EXPECT_GE);
	ck_assert_int_eq(e.row[0].ranges->next->op, EXPECT_LT);
	ck_assert_uint_eq(e.row[0].ranges->next->v[1], 12);
	ck_assert_int_eq(e.row[1].outcome, VERDICT_DEVIATES);
	ck_assert_int_eq(e.row[2].outcome, VERDICT_TIMEOUT);
	ck_assert_int_eq(e.row[3].outcome, VERDICT_CRASH);
}
END_TEST

static const struct {
	const char *line, *says;
	uint32_t col;
} bad[] = {
	{ "x", "an outcome must follow", 1 },
	{ "x fial \"a\" https://b", "'fial' cannot be expected", 3 },
	{ "x pass \"a\" https://b", "'pass' cannot be expected", 3 },
	{ "x skip \"a\" https://b", "'skip' cannot be expected", 3 },
	{ "x fail", "needs a reason", 6 },
	{ "x fail \"\" https://b", "needs a reason", 8 },
	{ "x fail reason", "expected a version of 'kernel' or the reason", 8 },
	{ "x fail bundled>=6 \"a\" https://b", "versions here are of 'kernel'", 8 },
	{ "x fail kernel>= \"a\" https://b", "no range of versions", 8 },
	{ "x fail >=6.x \"a\" https://b", "no range of versions", 8 },
	{ "x fail \"a\"", "a link must follow", 10 },
	{ "x fail \"a\" b", "'b' is no link", 12 },
	{ "x fail \"a\" https://b c", "nothing can follow the link", 22 },
	{ "\"x\" fail \"a\" https://b", "begins with the pattern", 1 },
	{ "x fail \"a https://b", "no closing \"", 8 },
	{ "x \"a", "no closing \"", 3 },
	{ "x fail \"a\" \"b", "no closing \"", 12 },
	{ "x fail >=6.99999999999999999999 \"a\" https://b", "no range of versions", 8 },
};

START_TEST(bad_lines_are_refused_at_their_place)
{
	struct place at;

	ck_assert_int_eq(read_text(arena_printf(a, "# first\n%s\n", bad[_i].line)), -ERR_SYNTAX);
	ck_assert_uint_eq(d.n_errors, 1);
	ck_assert_uint_eq(e.n, 0);
	ck_assert_msg(strstr(d.first->message, bad[_i].says) != NULL, "%s", d.first->message);
	at = source_place(d.src, d.first->span.off);
	ck_assert_uint_eq(at.line, 2);
	ck_assert_uint_eq(at.col, bad[_i].col);
}
END_TEST

static const struct {
	const char *pattern, *id;
	bool matches;
} patterns[] = {
	{ "a/b", "a/b[ipv4]@kernel", true },
	{ "a/b", "a/b[small][ipv4]@kernel", true },
	{ "a/b[small]", "a/b[small][ipv4]@kernel", true },
	{ "a/b[small]", "a/b[big][ipv4]@kernel", false },
	{ "a/b[ipv6]", "a/b[ipv6]", true },
	{ "a/b[*][ipv6]", "a/b[x][ipv6]@kernel", true },
	{ "a/*", "a/b/c[ipv4]@kernel", true },
	{ "a/?", "a/b[ipv4]@kernel", true },
	{ "a/?", "a/bc[ipv4]@kernel", false },
	{ "a", "a/b[ipv4]@kernel", false },
	{ "a/[bc]", "a/b[ipv4]@kernel", false },
	{ "*@kernel", "a/b[ipv4]@kernel", false },
};

START_TEST(patterns_match)
{
	struct expectation row = { .pattern = patterns[_i].pattern };

	ck_assert_int_eq(expect_matches(&row, patterns[_i].id), patterns[_i].matches);
}
END_TEST

static const struct {
	const char *ranges, *version;
	bool is_in;
} versions[] = {
	{ "", "6.1.0", true },
	{ ">=6.1", "6.1.0-49-amd64", true },
	{ ">=6.1", "6.0.99", false },
	{ ">=6.1", "6.10.1", true },
	{ ">6.1", "6.1.5", false },
	{ ">6.1", "6.2", true },
	{ "<=6.1", "6.1.5", true },
	{ "<=6.1", "6.2.0", false },
	{ "<6.12", "6.12.0-rc1", false },
	{ "<6.12", "6.9", true },
	{ "=6.1", "6.1.150", true },
	{ "=6.1.3", "6.1.4", false },
	{ "kernel>=6.1 <6.12", "6.12", false },
	{ "kernel>=6.1 <6.12", "6.11.9", true },
};

START_TEST(versions_restrict)
{
	const char *text = arena_printf(a, "x fail %s \"a\" https://b", versions[_i].ranges);

	ck_assert_int_eq(read_text(text), 0);
	ck_assert_int_eq(expect_find(&e, "x[ipv4]@kernel", versions[_i].version) != NULL,
			 versions[_i].is_in);
}
END_TEST

START_TEST(the_first_row_counts)
{
	ck_assert_int_eq(read_text("x fail <6 \"old\" https://b\nx* crash \"two\" https://b\n"
				   "x fail \"three\" https://b\n"), 0);
	ck_assert_str_eq(expect_find(&e, "x[ipv4]@kernel", "6.1")->reason, "two");
	ck_assert_str_eq(expect_find(&e, "x[ipv4]@kernel", "5.1")->reason, "old");
	ck_assert_ptr_null(expect_find(&e, "y[ipv4]@kernel", "5.1"));
}
END_TEST

/* What becomes of a verdict. The script's line 9 bears a mark with 1/MAY, lines 7 and 8 one with 1/SHLD. */
enum { MARK_MAY = 9, MARK_SHOULD = 8 };

static const struct {
	const char *req;             /* of the header */
	uint32_t line;               /* of the finding; 0: no finding */
	bool is_strict;
	const char *expected;        /* NULL: nothing */
	enum verdict before, after;
} outcome[] = {
	{ "1/MUST", 3, false, NULL, VERDICT_FAIL, VERDICT_FAIL },
	{ "1/NOT", 3, false, NULL, VERDICT_FAIL, VERDICT_FAIL },
	{ "1/SHLD", 3, false, NULL, VERDICT_FAIL, VERDICT_DEVIATES },
	{ "1/SHLD", 3, true, NULL, VERDICT_FAIL, VERDICT_FAIL },
	{ "1/MAY", 3, false, NULL, VERDICT_FAIL, VERDICT_DEVIATES },
	{ "1/MAY", 3, true, NULL, VERDICT_FAIL, VERDICT_DEVIATES },
	{ "", 3, false, NULL, VERDICT_FAIL, VERDICT_FAIL },
	{ "1/SHLD 1/UNKNOWN", 3, false, NULL, VERDICT_FAIL, VERDICT_ERROR },
	{ "1/MAY 1/SHLD", 3, true, NULL, VERDICT_FAIL, VERDICT_FAIL },
	{ "1/MUST 1/SHLD", MARK_SHOULD, false, NULL, VERDICT_FAIL, VERDICT_DEVIATES },
	{ "1/MUST 1/SHLD", MARK_SHOULD - 1, false, NULL, VERDICT_FAIL, VERDICT_DEVIATES },
	{ "1/MUST 1/SHLD", MARK_SHOULD - 2, false, NULL, VERDICT_FAIL, VERDICT_FAIL },
	{ "1/MUST 1/SHLD", MARK_SHOULD, true, NULL, VERDICT_FAIL, VERDICT_FAIL },
	{ "1/MUST 1/MAY", MARK_MAY, true, NULL, VERDICT_FAIL, VERDICT_DEVIATES },
	{ "1/MUST 1/MAY", 3, false, NULL, VERDICT_FAIL, VERDICT_FAIL },
	{ "1/SHLD", 3, false, NULL, VERDICT_TIMEOUT, VERDICT_TIMEOUT },
	{ "1/SHLD", 3, false, NULL, VERDICT_INCONCLUSIVE, VERDICT_INCONCLUSIVE },
	{ "1/MUST", 3, false, "fail", VERDICT_FAIL, VERDICT_XFAIL },
	{ "1/MUST", 0, false, "fail", VERDICT_PASS, VERDICT_XPASS },
	{ "1/MUST", 0, false, "fail", VERDICT_SKIP, VERDICT_SKIP },
	{ "1/MUST", 0, false, "fail", VERDICT_CRASH, VERDICT_CRASH },
	{ "1/MUST", 3, false, "timeout", VERDICT_FAIL, VERDICT_FAIL },
	{ "1/MUST", 3, false, "timeout", VERDICT_TIMEOUT, VERDICT_XFAIL },
	{ "1/SHLD", 3, false, "deviates", VERDICT_FAIL, VERDICT_XFAIL },
	{ "1/SHLD", 3, true, "deviates", VERDICT_FAIL, VERDICT_XFAIL },
	{ "1/SHLD", 3, false, "fail", VERDICT_FAIL, VERDICT_XFAIL },
	{ "1/MUST", 3, false, "deviates", VERDICT_FAIL, VERDICT_FAIL },
	{ "1/MUST 1/SHLD", 3, false, "deviates", VERDICT_FAIL, VERDICT_FAIL },
	{ "1/MUST 1/SHLD", MARK_SHOULD, false, "deviates", VERDICT_FAIL, VERDICT_XFAIL },
	{ "1/MUST 1/SHLD", MARK_SHOULD, true, "deviates", VERDICT_FAIL, VERDICT_XFAIL },
};

/* Requirements of each force. */
static struct suite_home *make_home(void)
{
	static const char table[] =
		"id\trfc\tsection\tlevel\tarea\trequirement\tobservable\thow\timplied\tnote\n"
		"1/MAY\t1\t1\tMAY\tdata\tr\twire\th\tno\t\n"
		"1/MUST\t1\t1\tMUST\tdata\tr\twire\th\tno\t\n"
		"1/NOT\t1\t1\tMUST NOT\tdata\tr\twire\th\tno\t\n"
		"1/SHLD\t1\t1\tSHOULD\tdata\tr\twire\th\tno\t\n";
	struct suite_home *h = ARENA_NEW(a, struct suite_home);
	struct source src;

	h->path = "/nowhere";
	h->reqs = ARENA_NEW(a, struct requirements);
	source_from_text(a, "table", table, sizeof(table) - 1, &src);
	diags_init(&d, a, &src);
	ck_assert_int_eq(requirements_read(a, &src, h->reqs, &d), 0);
	return h;
}

static struct meta_word *words(const char *text)
{
	struct meta_word *first = NULL, **end = &first;
	char *copy = arena_strdup(a, text), *save = NULL;

	for (char *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
		*end = ARENA_NEW(a, struct meta_word);
		(*end)->text = w;
		end = &(*end)->next;
	}
	return first;
}

START_TEST(verdicts_are_settled)
{
	struct meta_mark may = { .first_line = MARK_MAY, .line = MARK_MAY, .req = words("1/MAY") };
	struct meta_mark should = { .first_line = MARK_SHOULD - 1, .line = MARK_SHOULD,
				    .req = words("1/SHLD"), .next = &may };
	struct suite_script script = { .name = "x", .home = make_home(),
				       .meta = { .req = words(outcome[_i].req), .marks = &should } };
	struct suite_test test = { .id = "x[ipv4]@kernel", .script = &script };
	struct suite suite = { .homes = (struct suite_home *)script.home };
	struct settler t = { .arena = a, .suite = &suite, .stack = "kernel", .version = "6.1",
			     .is_strict = outcome[_i].is_strict };
	struct settler_home expected = { .home = script.home };
	struct finding warning = { .line = MARK_MAY, .is_warning = true };
	struct finding f = { .line = outcome[_i].line };
	struct test_record rec = { .id = test.id, .verdict = outcome[_i].before, .reason = "" };
	const struct test_record *out;


	source_from_text(a, "x.pkt", "", 0, &script.src);
	warning.next = &f;
	if (f.line)
		rec.findings = &warning;
	if (outcome[_i].expected) {
		ck_assert_int_eq(read_text(arena_printf(a, "x %s \"why\" https://l",
							outcome[_i].expected)), 0);
		expected.expected = e;
		t.homes = &expected;
	}
	out = settle(&t, &test, &rec);
	ck_assert_str_eq(verdict_name[out->verdict],
			 verdict_name[outcome[_i].after]);
	ck_assert_int_eq(rec.verdict, outcome[_i].before);
	if (out->verdict == VERDICT_XFAIL)
		ck_assert_str_eq(out->reason, "why (https://l)");
}
END_TEST

/* A false assertion on a line of its own comes before the failure of what binds, or of nothing more. */
static const struct {
	uint32_t line;
	enum finding_kind first;     /* on the line of 1/SHLD */
	enum verdict after;
	const char *reason;
} findings[] = {
	{ 0, FINDING_ASSERT, VERDICT_DEVIATES, "1/SHLD (SHOULD): why" },
	{ 3, FINDING_ASSERT, VERDICT_FAIL, "line 3: second" },
	{ MARK_MAY, FINDING_ASSERT, VERDICT_DEVIATES, "1/SHLD (SHOULD): why" },
	/* what ended the test decides: the rest may be its consequence */
	{ 3, FINDING_PACKET, VERDICT_DEVIATES, "1/SHLD (SHOULD): why" },
};

START_TEST(the_first_that_binds_decides)
{
	struct meta_mark may = { .first_line = MARK_MAY, .line = MARK_MAY, .req = words("1/MAY") };
	struct meta_mark should = { .first_line = MARK_SHOULD, .line = MARK_SHOULD,
				    .req = words("1/SHLD"), .next = &may };
	struct suite_script script = { .name = "x", .home = make_home(),
				       .meta = { .req = words("1/MUST"), .marks = &should } };
	struct suite_test test = { .id = "x[ipv4]@kernel", .script = &script };
	struct suite suite = { .homes = (struct suite_home *)script.home };
	struct settler t = { .arena = a, .suite = &suite, .stack = "kernel", .version = "6.1" };
	struct finding second = { .line = findings[_i].line, .message = "second" };
	struct finding first = { .kind = findings[_i].first, .line = MARK_SHOULD, .message = "first",
				 .next = second.line ? &second : NULL };
	struct test_record rec = { .id = test.id, .verdict = VERDICT_FAIL, .reason = "why",
				   .findings = &first };
	const struct test_record *out;

	source_from_text(a, "x.pkt", "", 0, &script.src);
	out = settle(&t, &test, &rec);
	ck_assert_str_eq(verdict_name[out->verdict], verdict_name[findings[_i].after]);
	ck_assert_str_eq(out->reason, findings[_i].reason);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("expect");
	TCase *t = tcase_create("expect");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, rows_are_read);
	tcase_add_loop_test(t, bad_lines_are_refused_at_their_place, 0, ARRAY_LEN(bad));
	tcase_add_loop_test(t, patterns_match, 0, ARRAY_LEN(patterns));
	tcase_add_loop_test(t, versions_restrict, 0, ARRAY_LEN(versions));
	tcase_add_test(t, the_first_row_counts);
	tcase_add_loop_test(t, verdicts_are_settled, 0, ARRAY_LEN(outcome));
	tcase_add_loop_test(t, the_first_that_binds_decides, 0, ARRAY_LEN(findings));
	suite_add_tcase(suite, t);
	return unit_run(suite);
}
