/* SPDX-License-Identifier: BSD-2-Clause */
#include "suite/requirements.h"

#include <check.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/diag.h"
#include "base/err.h"
#include "base/util.h"
#include "script/metadata.h"
#include "unit.h"

#define TITLE "id\trfc\tsection\tlevel\tarea\trequirement\tobservable\thow\timplied\tnote\n"
#define ROW(id) id "\t9293\t3.1\tMUST\twindow\tText.\twire\tHow.\tno\t\n"

static struct arena *a;
static struct diags d;
static struct requirements r;

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

	source_from_text(a, "requirements.tsv", text, strlen(text), src);
	diags_init(&d, a, src);
	return requirements_read(a, src, &r, &d);
}

/* The project's own table. */
START_TEST(the_shipped_table_is_sound)
{
	struct source src;
	struct buf text = { 0 };
	size_t n_numbered = 0, n_hidden = 0;

	ck_assert_int_eq(source_load(a, "scripts/requirements.tsv", &src), 0);
	diags_init(&d, a, &src);
	requirements_read(a, &src, &r, &d);
	diags_render(&d, &text);
	ck_assert_msg(d.n_errors == 0, "%s", buf_str(&text));
	buf_fini(&text);
	for (size_t i = 0; i < r.n; i++) {
		const char *id = r.row[i].id;

		n_hidden += r.row[i].witness == REQ_BY_NONE;
		n_numbered += strncmp(id, "9293/MUST-", 10) == 0 ||
			      strncmp(id, "9293/SHLD-", 10) == 0 ||
			      strncmp(id, "9293/MAY-", 9) == 0 || strcmp(id, "9293/REC-1") == 0;
		ck_assert_ptr_eq(requirements_find(&r, id), &r.row[i]);
	}
	ck_assert_uint_ge(r.n, 887);
	ck_assert_uint_eq(n_numbered, 119);
	ck_assert_uint_ge(n_hidden, 1);
	ck_assert_ptr_null(requirements_find(&r, "9293/MUST-999"));
}
END_TEST

START_TEST(a_row_is_read)
{
	ck_assert_int_eq(read_text(TITLE "\n5961/3.2-x\t5961\t3.2\tSHOULD NOT\treset\tText.\tnone\t\tyes\t"
					 "Why.\r\n"), 0);
	ck_assert_uint_eq(r.n, 1);
	ck_assert_str_eq(r.row[0].id, "5961/3.2-x");
	ck_assert_str_eq(r.row[0].rfc, "5961");
	ck_assert_str_eq(r.row[0].section, "3.2");
	ck_assert_int_eq(r.row[0].level, REQ_SHOULD_NOT);
	ck_assert_int_eq(req_level_force(r.row[0].level), REQ_ADVISED);
	ck_assert_str_eq(r.row[0].area, "reset");
	ck_assert_str_eq(r.row[0].text, "Text.");
	ck_assert_int_eq(r.row[0].witness, REQ_BY_NONE);
	ck_assert(r.row[0].is_implied);
	ck_assert_str_eq(r.row[0].note, "Why.");
}
END_TEST

static const struct {
	const char *text, *says;
	uint32_t line, col;
} bad[] = {
	{ "", "column 1 of a table of requirements is 'id'", 1, 1 },
	{ "id\tRFC\n", "column 2 of a table of requirements is 'rfc'", 1, 4 },
	{ TITLE "9293/X\t9293\n", "2 columns instead of 10", 2, 1 },
	{ TITLE ROW("9293/X") ROW("9293/Y") ROW("9293/X"), "'9293/X' is given twice, first in line 2",
	  4, 1 },
	{ TITLE ROW("X"), "an id is the number of the RFC", 2, 1 },
	{ TITLE ROW("9293/"), "an id is the number of the RFC", 2, 1 },
	{ TITLE ROW("9293/a b"), "an id is the number of the RFC", 2, 1 },
	{ TITLE ROW("5961/X"), "an id is the number of the RFC", 2, 1 },
	{ TITLE "9293/X\t9293\t\tMUST\tw\tT.\twire\tH.\tno\t\n", "the column 'section' is empty", 2, 13 },
	{ TITLE "9293/X\t9293\t3\tMUST\t\tT.\twire\tH.\tno\t\n", "the column 'area' is empty", 2, 20 },
	{ TITLE "9293/X\t9293\t3\tMUST\tw\t\twire\tH.\tno\t\n", "the column 'requirement' is empty",
	  2, 22 },
	{ TITLE "9293/X\t9293\t3.1\tMUSTY\tw\tT.\twire\tH.\tno\t\n", "'MUSTY' is no level", 2, 17 },
	{ TITLE "9293/X\t9293\t3.1\tMUST\tw\tT.\twires\tH.\tno\t\n", "'wires' is no observable", 2, 27 },
	{ TITLE "9293/X\t9293\t3.1\tMUST\tw\tT.\twire\tH.\tmaybe\t\n", "'maybe' is no implied", 2, 35 },
	{ TITLE "9293/X\t9293\t3.1\tMUST\tw\tT.\tnone\tH.\tno\t\n",
	  "the note says why it cannot be observed", 2, 38 },
	{ TITLE "9293/X\t9293\t3.1\tMUST\tw\tT.\twire\tH.\tno\tN\n",
	  "a note is for what cannot be observed", 2, 38 },
};

START_TEST(a_bad_table_is_refused_at_its_place)
{
	struct place at;

	ck_assert_int_eq(read_text(bad[_i].text), -ERR_SYNTAX);
	ck_assert_uint_eq(d.n_errors, 1);
	ck_assert_msg(strstr(d.first->message, bad[_i].says) != NULL, "%s", d.first->message);
	at = source_place(d.src, d.first->span.off);
	ck_assert_uint_eq(at.line, bad[_i].line);
	ck_assert_uint_eq(at.col, bad[_i].col);
}
END_TEST

static const struct {
	const char *script, *says, *hint;
} unknown[] = {
	{ "//! req: 9293/MUST-1\n0 quiet 1 //! req 9293/MUST-1\n", NULL, NULL },
	{ "//! req: 9293/MUST-1 9293/MUST-22\n", "unknown requirement '9293/MUST-22'", "9293/MUST-2" },
	{ "//! req: nonsense-that-is-like-nothing\n", "unknown requirement", "holds all" },
};

START_TEST(scripts_are_held_to_the_table)
{
	struct source src;
	struct metadata meta;

	ck_assert_int_eq(read_text(TITLE ROW("9293/MUST-1") ROW("9293/MUST-2")), 0);
	source_from_text(a, "x.pkt", unknown[_i].script, strlen(unknown[_i].script), &src);
	diags_init(&d, a, &src);
	ck_assert_int_eq(metadata_read(a, &src, &meta, &d), 0);
	requirements_check(&r, &meta, &d);
	ck_assert_uint_eq(d.n_errors, unknown[_i].says ? 1 : 0);
	if (!unknown[_i].says)
		return;
	ck_assert_msg(strstr(d.first->message, unknown[_i].says) != NULL, "%s", d.first->message);
	ck_assert_msg(strstr(d.first->hint, unknown[_i].hint) != NULL, "%s", d.first->hint);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("requirements");
	TCase *t = tcase_create("requirements");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, the_shipped_table_is_sound);
	tcase_add_test(t, a_row_is_read);
	tcase_add_loop_test(t, a_bad_table_is_refused_at_its_place, 0, ARRAY_LEN(bad));
	tcase_add_loop_test(t, scripts_are_held_to_the_table, 0, ARRAY_LEN(unknown));
	suite_add_tcase(suite, t);
	return unit_run(suite);
}
