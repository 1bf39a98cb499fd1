/* SPDX-License-Identifier: BSD-2-Clause */
#include "suite/proof.h"

#include <check.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/diag.h"
#include "base/err.h"
#include "base/util.h"
#include "suite/only.h"
#include "unit.h"

#define TITLE "id\trfc\tsection\tlevel\tarea\trequirement\tobservable\thow\timplied\tnote\n"

static const char table[] =
	TITLE "1/A\t1\t3.1\tMUST\treset\tText.\twire\tHow.\tno\t\n"
	      "1/B\t1\t3.10.7\tSHOULD\treset\tText.\twire\tHow.\tyes\t\n"
	      "1/C\t1\t3.10.7.4\tMAY\ttime-wait\tText.\twire\tHow.\tno\t\n"
	      "1/A-1\t1\t4\tMUST NOT\treset\tText.\twire\tHow.\tno\t\n"
	      "1/A-13\t1\t4\tMUST NOT\treset\tText.\twire\tHow.\tno\t\n"
	      "2/D\t2\t3\tMUST\treset\tText.\tnone\t\tno\tWhy.\n";

static struct arena *a;
static struct suite s;
static struct suite_home home;
static struct proof p;

static void setup(void)
{
	static struct requirements reqs;
	struct source *src;
	struct diags d;

	a = arena_new();
	src = ARENA_NEW(a, struct source);
	source_from_text(a, "requirements.tsv", table, strlen(table), src);
	diags_init(&d, a, src);
	ck_assert_int_eq(requirements_read(a, src, &reqs, &d), 0);
	home = (struct suite_home){ .path = "/s", .reqs = &reqs };
	s = (struct suite){ .homes = &home };
}

static void teardown(void)
{
	arena_free(a);
}

static struct suite_script *add(const char *name, const char *text)
{
	struct suite_script *script = ARENA_NEW(a, struct suite_script);
	struct diags d;

	*script = (struct suite_script){ .path = name, .name = name, .home = &home };
	source_from_text(a, name, text, strlen(text), &script->src);
	diags_init(&d, a, &script->src);
	ck_assert_int_eq(metadata_read(a, &script->src, &script->meta, &d), 0);
	*ARENA_PUSH(a, s.script, s.n_scripts, s.scripts_cap, struct suite_script *) = script;
	return script;
}

static const struct {
	const char *text;
	bool fits;
} only[] = {
	{ "req:1/A", true }, { "1/A", true }, { "1/", true }, { "1", true }, { "2", false },
	{ "1/3.10.7.4", true }, { "1/3.10", true }, { "1/3.1", true }, { "1/3.10.7.4.1", false },
	{ "1/3", true }, { "1/B", false }, { "!1/B", true }, { "!1/A", false },
	{ "2,1/C", true }, { "!2,1/C", false },
	{ "level:must", true }, { "level:MAY", true }, { "level:should", false },
	{ "level:must-not", false }, { "level:should,may", true },
	{ "area:reset", true }, { "area:time-wait", true }, { "area:window", false },
	{ "state:ESTABLISHED", true }, { "state:fin-wait-1", true }, { "state:closing", false },
	{ "state:listen", false }, { "state:last_ack", false }, { "state:syn_sent", false },
	{ "needs:kernel", true }, { "needs:kernel>=6.1", true }, { "needs:root", false },
	{ "!needs:kernel", false }, { "catches:no-rst", true }, { "catches:no-*", true },
	{ "catches:no-", false }, { "catches:no-rs", false }, { "catches:none", false },
};

START_TEST(scripts_are_chosen)
{
	const struct suite_script *script = add("x",
		"//! req: 1/A, 1/C\n//! needs: kernel>=6.1\n//! catches: no-rst\n"
		"+0 assert state() == ESTABLISHED // LISTEN\n+0 SYN_SENT\n"
		"+0 assert state() == FIN_WAIT_1 and state() != MY_LAST_ACK\n");
	const char *why = NULL;
	struct only o;

	ck_assert_msg(only_read(a, only[_i].text, &o, &why) == 0, "%s", why);
	ck_assert_int_eq(only_fits(&o, script), only[_i].fits);
}
END_TEST

START_TEST(numbers_end_where_they_end)
{
	const struct suite_script *script = add("x", "//! req: 1/A-13\n");
	const char *why = NULL;
	struct only o;

	ck_assert_int_eq(only_read(a, "1/A-1", &o, &why), 0);
	ck_assert(!only_fits(&o, script));
	ck_assert_int_eq(only_read(a, "1/A-", &o, &why), 0);
	ck_assert(only_fits(&o, script));
}
END_TEST

static const struct {
	const char *text, *says;
} bad_only[] = {
	{ "levl:must", "did you mean 'level'" }, { "nothing-like-it:x", "one of: req, level" },
	{ "level:musty", "must, must-not" }, { "state:OPEN", "a state of TCP" },
	{ "area:", "an area" }, { "", "an id" }, { "!", "an id" }, { "level:must,", "must, must-not" },
};

START_TEST(bad_choices_are_refused)
{
	const char *why = "";
	struct only o;

	ck_assert_int_eq(only_read(a, bad_only[_i].text, &o, &why), -ERR_SYNTAX);
	ck_assert_msg(strstr(why, bad_only[_i].says) != NULL, "%s", why);
}
END_TEST

static const struct {
	const char *word;
	bool is_likely;
} likely[] = {
	{ "9293/3.10.7.4", true }, { "!9293/MUST-1", true }, { "level:must", true },
	{ "!needs:root", true }, { "9293/x.pkt", false }, { "scripts", false }, { "9293", false },
	{ "levl:must", false }, { "a/level:must", false }, { "", false }, { "!", false },
};

START_TEST(choices_are_told_from_paths)
{
	ck_assert_int_eq(only_is_likely(likely[_i].word), likely[_i].is_likely);
}
END_TEST

START_TEST(scripts_are_found_by_requirement)
{
	struct suite_home other = { .path = "/other" };

	add("x", "//! req: 1/A 1/B 1/A\n");
	add("y", "//! req: 1/A\n");
	add("z", "");
	add("w", "//! req: 1/A\n")->home = &other;
	proof_build(a, &s, &home, &p);
	ck_assert_uint_eq(p.n_rows, 6);
	ck_assert_uint_eq(p.n_scripts, 3);
	ck_assert_uint_eq(p.row[0].n_scripts, 2);
	ck_assert_str_eq(p.row[0].script[1]->name, "y");
	ck_assert_uint_eq(p.row[1].n_scripts, 1);
	ck_assert_uint_eq(p.row[2].n_scripts, 0);
	ck_assert_uint_eq(p.n_without, 1);
	ck_assert_str_eq(p.without[0].script->name, "z");
	ck_assert(proof_is_observable(p.row[0].req));
	ck_assert(!proof_is_observable(p.row[5].req));
}
END_TEST

/* 1/A is named by no line, 1/B by line 3, 1/C by lines 4 and 6. */
static const char marked[] = "//! req: 1/A 1/B 1/C\n0 a() = 0\n+0 b() = 0 //! req 1/B\n"
			     "+0 c() = 0 //! req 1/C\n+0 d() = 0\n+0 e() = 0 //! req 1/C\n"
			     "+0 f() = 0\n";

static const struct {
	enum verdict verdict;
	uint32_t line;               /* of the finding */
	uint32_t assert_line;        /* of a false assertion before it; 0: none */
	const char *cells;           /* of 1/A, 1/B, 1/C: MUST, SHOULD, MAY */
} proves[] = {
	{ VERDICT_PASS, 0, 0, "pass pass pass" },
	{ VERDICT_SKIP, 0, 0, "skip skip skip" },
	{ VERDICT_FAIL, 2, 0, "fail - -" },
	{ VERDICT_DEVIATES, 3, 0, "- deviates -" },
	{ VERDICT_FAIL, 4, 0, "- pass deviates" },
	{ VERDICT_FAIL, 5, 0, "fail pass -" },
	{ VERDICT_XFAIL, 6, 0, "- pass xfail" },
	{ VERDICT_FAIL, 7, 0, "fail pass pass" },
	{ VERDICT_FAIL, 0, 0, "fail - -" },
	{ VERDICT_CRASH, 5, 0, "crash crash crash" },
	/* a false assertion with an id of its own does not end a test */
	{ VERDICT_DEVIATES, 0, 3, "pass deviates pass" },
	{ VERDICT_DEVIATES, 0, 4, "pass pass deviates" },
	{ VERDICT_FAIL, 5, 3, "fail deviates -" },
	{ VERDICT_FAIL, 7, 4, "fail pass deviates" },
};

START_TEST(a_failure_speaks_of_its_line)
{
	struct finding f = { .line = proves[_i].line };
	struct finding claim = { .kind = FINDING_ASSERT, .line = proves[_i].assert_line,
				 .next = f.line ? &f : NULL };
	struct test_record rec = { .id = "x[ipv4]@t", .verdict = proves[_i].verdict,
				   .reason = "why", .findings = claim.line ? &claim : claim.next };
	struct buf text = { 0 };

	add("x", marked);
	proof_build(a, &s, &home, &p);
	proof_add_stacks(a, &p, 2);
	proof_add(&p, 1, s.script[0], &rec);
	for (size_t i = 0; i < 3; i++) {
		const struct proof_cell *c = &p.row[i].cell[1];

		buf_printf(&text, "%s%s", i ? " " : "",
			   c->has_verdict ? verdict_name[c->verdict] : "-");
		ck_assert(!p.row[i].cell[0].has_verdict);
		if (c->has_verdict)
			ck_assert_str_eq(c->reason, c->verdict == VERDICT_PASS ? "" : "why");
	}
	ck_assert_str_eq(buf_str(&text), proves[_i].cells);
	buf_fini(&text);
}
END_TEST

/* 1/A is the first case's, 1/B the second's and that of line 5; the third has no ids of its own. */
static const char cased[] = "//! req: 1/A 1/B 1/C\n//! case a: X=1 //! req 1/A\n"
			    "//! case b: X=2 //! req 1/B\n//! case c: X=3\n0 a() = 0 //! req 1/B\n"
			    "+0 b() = 0\n";

static const struct {
	const char *name;
	enum verdict verdict;
	uint32_t line;               /* of the finding */
	const char *cells;
} cases[] = {
	{ "a", VERDICT_PASS, 0, "pass - -" },
	{ "b", VERDICT_PASS, 0, "- pass -" },
	{ "c", VERDICT_PASS, 0, "pass pass pass" },
	{ "a", VERDICT_SKIP, 0, "skip - -" },
	{ "a", VERDICT_CRASH, 0, "crash - -" },
	{ "a", VERDICT_XFAIL, 6, "xfail - -" },
	{ "b", VERDICT_XFAIL, 6, "- pass -" },
	{ "c", VERDICT_XFAIL, 6, "xfail pass xfail" },
	/* what the line says comes first */
	{ "a", VERDICT_XFAIL, 5, "- xfail -" },
	{ "b", VERDICT_XFAIL, 5, "- xfail -" },
};

START_TEST(a_case_speaks_of_its_own)
{
	struct finding f = { .line = cases[_i].line };
	struct test_record rec = { .id = "x[y][ipv4]@t", .verdict = cases[_i].verdict,
				   .reason = "why", .case_name = cases[_i].name,
				   .findings = f.line ? &f : NULL };
	struct buf text = { 0 };

	add("x", cased);
	proof_build(a, &s, &home, &p);
	proof_add_stacks(a, &p, 1);
	proof_add(&p, 0, s.script[0], &rec);
	for (size_t i = 0; i < 3; i++) {
		const struct proof_cell *c = &p.row[i].cell[0];

		buf_printf(&text, "%s%s", i ? " " : "",
			   c->has_verdict ? verdict_name[c->verdict] : "-");
	}
	ck_assert_str_eq(buf_str(&text), cases[_i].cells);
	buf_fini(&text);
}
END_TEST

/* From what weighs least to what weighs most. */
static const enum verdict order[] = {
	VERDICT_SKIP, VERDICT_ENVIRONMENT, VERDICT_INCONCLUSIVE, VERDICT_PASS, VERDICT_ERROR,
	VERDICT_DEVIATES, VERDICT_XFAIL, VERDICT_XPASS, VERDICT_TIMEOUT, VERDICT_CRASH, VERDICT_FAIL,
};

START_TEST(of_several_tests_the_weightiest_counts)
{
	const char *ids[] = { "light", "heavy" };

	add("x", "//! req: 1/A\n");
	for (size_t i = 0; i + 1 < ARRAY_LEN(order); i++) {
		for (size_t turn = 0; turn < 2; turn++) {
			proof_build(a, &s, &home, &p);
			proof_add_stacks(a, &p, 1);
			for (size_t k = 0; k < 2; k++) {
				size_t which = k ^ turn;
				struct test_record rec = { .id = ids[which], .reason = "",
							   .verdict = order[i + which] };

				proof_add(&p, 0, s.script[0], &rec);
			}
			ck_assert_str_eq(p.row[0].cell[0].id, "heavy");
		}
	}
}
END_TEST

START_TEST(sums_add_up)
{
	struct test_record pass = { .id = "x", .verdict = VERDICT_PASS, .reason = "" };
	struct proof_sums sums;

	add("x", "//! req: 1/A 1/C\n");
	proof_build(a, &s, &home, &p);
	proof_add_stacks(a, &p, 2);
	proof_add(&p, 1, s.script[0], &pass);
	sums = proof_sum_up(a, &p, PROOF_BY_RFC);
	ck_assert_uint_eq(sums.n, 3);
	ck_assert_str_eq(sums.sum[0].name, "1");
	ck_assert_uint_eq(sums.sum[0].n_rows, 5);
	ck_assert_uint_eq(sums.sum[0].n_scripted, 2);
	ck_assert_uint_eq(sums.sum[1].n_observable, 0);
	ck_assert_str_eq(sums.sum[2].name, "all");
	ck_assert_uint_eq(sums.sum[2].n_rows, 6);
	ck_assert_uint_eq(sums.sum[2].n_observable, 5);
	ck_assert_uint_eq(sums.sum[2].n[VERDICT_PASS], 0);
	ck_assert_uint_eq(sums.sum[2].n[VERDICT_COUNT + VERDICT_PASS], 2);
	sums = proof_sum_up(a, &p, PROOF_BY_AREA);
	ck_assert_uint_eq(sums.n, 3);
	ck_assert_str_eq(sums.sum[1].name, "time-wait");
	ck_assert_uint_eq(sums.sum[1].n_rows, 1);
	sums = proof_sum_up(a, &p, PROOF_BY_LEVEL);
	ck_assert_uint_eq(sums.n, 5);
	ck_assert_str_eq(sums.sum[0].name, "MUST");
	ck_assert_uint_eq(sums.sum[0].n_rows, 2);
}
END_TEST

static const struct {
	const char *only;            /* NULL: no choice */
	bool is_whole;
	const char *kept;            /* the ids of these rows, and no others */
} parts[] = {
	{ NULL, true, "1/A 1/B 1/C 1/A-1 1/A-13 2/D" },
	{ NULL, false, "1/A 1/C" },
	{ "1/3.10.7", true, "1/B 1/C" },
	{ "1/3.10.7", false, "1/C" },
	{ "level:must-not", true, "1/A-1 1/A-13" },
	{ "!area:reset", true, "1/C" },
	{ "needs:root", true, "1/A 1/C" },
};

START_TEST(rows_nobody_asked_for_are_left_out)
{
	const char *why = NULL;
	struct buf text = { 0 };
	struct proof_sums sums;
	struct only o;
	size_t n = 0;

	add("x", "//! req: 1/A 1/C\n");
	proof_build(a, &s, &home, &p);
	if (parts[_i].only)
		ck_assert_int_eq(only_read(a, parts[_i].only, &o, &why), 0);
	proof_choose(&p, &o, parts[_i].only != NULL, parts[_i].is_whole);
	for (size_t i = 0; i < p.n_rows; i++) {
		if (!p.row[i].is_left_out)
			buf_printf(&text, "%s%s", n++ ? " " : "", p.row[i].req->id);
	}
	ck_assert_str_eq(buf_str(&text), parts[_i].kept);
	ck_assert_uint_eq(p.n_left_out, p.n_rows - n);
	sums = proof_sum_up(a, &p, PROOF_BY_RFC);
	ck_assert_uint_eq(sums.sum[sums.n - 1].n_rows, n);
	buf_fini(&text);
}
END_TEST

START_TEST(scripts_without_requirements_have_verdicts)
{
	struct test_record fail = { .id = "x", .verdict = VERDICT_FAIL, .reason = "why" };

	add("x", "");
	proof_build(a, &s, &home, &p);
	proof_add_stacks(a, &p, 2);
	proof_add(&p, 1, s.script[0], &fail);
	ck_assert(!p.without[0].cell[0].has_verdict);
	ck_assert_int_eq(p.without[0].cell[1].verdict, VERDICT_FAIL);
	ck_assert_str_eq(p.without[0].cell[1].reason, "why");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("proof");
	TCase *t = tcase_create("proof");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, scripts_are_chosen, 0, ARRAY_LEN(only));
	tcase_add_test(t, numbers_end_where_they_end);
	tcase_add_loop_test(t, bad_choices_are_refused, 0, ARRAY_LEN(bad_only));
	tcase_add_loop_test(t, choices_are_told_from_paths, 0, ARRAY_LEN(likely));
	tcase_add_test(t, scripts_are_found_by_requirement);
	tcase_add_loop_test(t, a_failure_speaks_of_its_line, 0, ARRAY_LEN(proves));
	tcase_add_loop_test(t, a_case_speaks_of_its_own, 0, ARRAY_LEN(cases));
	tcase_add_test(t, of_several_tests_the_weightiest_counts);
	tcase_add_test(t, sums_add_up);
	tcase_add_loop_test(t, rows_nobody_asked_for_are_left_out, 0, ARRAY_LEN(parts));
	tcase_add_test(t, scripts_without_requirements_have_verdicts);
	suite_add_tcase(suite, t);
	return unit_run(suite);
}
