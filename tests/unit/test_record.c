/* SPDX-License-Identifier: BSD-2-Clause */
#include "report/record.h"

#include <check.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/printable.h"
#include "base/util.h"
#include "run/outcome.h"
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

static struct finding_field field[] = {
	{ "tcp.seq", "1", "1001", true },
	{ "tcp.ack", "1", "1", false },
};

static struct finding second = { .kind = FINDING_TIMING, .is_warning = true, .message = "late" };

static struct finding first = {
	.kind = FINDING_PACKET,
	.line = 7,
	.col = 3,
	.message = "differs",
	.field = field,
	.n_fields = ARRAY_LEN(field),
	.text = "x.pkt:7:3: differs\n  line \"two\"\n",
	.next = &second,
};

static struct test_record sample(enum verdict v)
{
	return (struct test_record){
		.id = "x[ipv4]@kernel",
		.script = "x.pkt",
		.case_name = "fast",
		.variant = "ipv4",
		.stack = "kernel",
		.title = "A title",
		.verdict = v,
		.reason = "line 7: differs",
		.wall_us = 123456789012,
		.late_us = 77,
		.retries = 2,
		.findings = &first,
		.output = "one\ntwo\t\001\n",
	};
}

/* ---- the line that a worker sends ---- */

static struct test_record there_and_back(const struct test_record *r)
{
	struct test_record back;
	struct buf line = { 0 };

	outcome_write(r, &line);
	ck_assert_ptr_eq(memchr(line.data, '\n', line.len), line.data + line.len - 1);
	ck_assert_int_eq(outcome_read(a, line.data, line.len, &back), 0);
	ck_assert_int_eq(outcome_read(a, line.data, line.len - 1, &back), 0);
	buf_fini(&line);
	return back;
}

static void same_finding(const struct finding *x, const struct finding *y)
{
	ck_assert_int_eq(x->kind, y->kind);
	ck_assert_int_eq(x->is_warning, y->is_warning);
	ck_assert_uint_eq(x->line, y->line);
	ck_assert_uint_eq(x->col, y->col);
	ck_assert_str_eq(x->message, y->message);
	ck_assert_str_eq(x->text ? x->text : "", y->text);
	ck_assert_uint_eq(x->n_fields, y->n_fields);
	for (size_t i = 0; i < x->n_fields; i++) {
		ck_assert_str_eq(x->field[i].name, y->field[i].name);
		ck_assert_str_eq(x->field[i].expected, y->field[i].expected);
		ck_assert_str_eq(x->field[i].actual, y->field[i].actual);
		ck_assert_int_eq(x->field[i].differs, y->field[i].differs);
	}
}

/* All but which test it was, which its sender is not asked. */
START_TEST(every_outcome_comes_back)
{
	struct test_record r = sample((enum verdict)_i);
	struct test_record back = there_and_back(&r);

	ck_assert_int_eq(back.verdict, r.verdict);
	ck_assert_str_eq(back.variant, r.variant);
	ck_assert_str_eq(back.reason, r.reason);
	ck_assert_str_eq(back.output, r.output);
	ck_assert_int_eq(back.wall_us, r.wall_us);
	ck_assert_int_eq(back.late_us, r.late_us);
	ck_assert_uint_eq(back.retries, r.retries);
	same_finding(&first, back.findings);
	same_finding(&second, back.findings->next);
	ck_assert_ptr_null(back.findings->next->next);
	ck_assert_ptr_null(back.id);
}
END_TEST

START_TEST(every_kind_of_finding_comes_back)
{
	struct finding f = { .kind = (enum finding_kind)_i, .message = "m", .text = "" };
	struct test_record r = { .verdict = VERDICT_FAIL, .findings = &f };

	same_finding(&f, there_and_back(&r).findings);
}
END_TEST

START_TEST(numbers_come_back)
{
	static const int64_t number[] = { 0, 1, -1, 9, 10, -180, INT64_C(123456789012345678) };
	const struct test_record r = { .wall_us = number[_i], .late_us = number[_i] };
	const struct test_record back = there_and_back(&r);

	ck_assert_int_eq(back.wall_us, number[_i]);
	ck_assert_int_eq(back.late_us, number[_i]);
}
END_TEST

/* No part of a line is one: what is cut off, or a byte that is another. */
START_TEST(what_is_no_outcome_is_refused)
{
	struct test_record r = sample(VERDICT_FAIL), back;
	struct buf line = { 0 };
	char *copy;

	outcome_write(&r, &line);
	for (size_t n = 0; n + 1 < line.len; n++) {
		copy = malloc(n + 1);
		memcpy(copy, line.data, n);
		ck_assert_int_eq(outcome_read(a, copy, n, &back), -ERR_SYNTAX);
		free(copy);
	}
	for (size_t i = 0; i < line.len; i++) {
		for (int byte = 0; byte < 256; byte += byte == '\t' ? 1 : 7) {
			char before = line.data[i];

			/* Whatever it makes of that, it reads nothing beyond. */
			line.data[i] = (char)byte;
			outcome_read(a, line.data, line.len, &back);
			line.data[i] = before;
		}
	}
	buf_fini(&line);
}
END_TEST

static const char *const senseless[] = {
	"\n", "99\t0\t0\t0\tipv4\t\t\t0\t\n", "0\t0\t0\t-1\tipv4\t\t\t0\t\n",
	"0\t0\t0\t0\tipv4\t\t\t9\t\n", "0\t0\t0\t0\tipv4\t\t\t0\tx\n",
	"0\t0x\t0\t0\tipv4\t\t\t0\t\n", "0\t-\t0\t0\tipv4\t\t\t0\t\n",
	"0\t99999999999999999999\t0\t0\tipv4\t\t\t0\t\n",
	"0\t0\t0\t0\tipv4\t\t\t1\t0\t2\t1\t1\tm\tt\t0\t\n",
	"0\t0\t0\t0\tipv4\t\t\t1\t0\t1\t1\t1\tm\tt\t1\tname\t\n",
};

START_TEST(what_makes_no_sense_is_refused)
{
	static const char good[] = "0\t0\t0\t0\tipv4\t\t\t0\t\n";
	struct test_record back;

	ck_assert_int_eq(outcome_read(a, good, strlen(good), &back), 0);
	ck_assert_int_eq(outcome_read(a, senseless[_i], strlen(senseless[_i]), &back), -ERR_SYNTAX);
}
END_TEST

/* ---- the line of a report ---- */

static void has_text(json_t *o, const char *name, const char *text)
{
	ck_assert_str_eq(json_string_value(json_object_get(o, name)), text);
}

static void has_finding(json_t *o, const struct finding *f)
{
	json_t *fields = json_object_get(o, "fields");

	has_text(o, "kind", finding_kind_name[f->kind]);
	has_text(o, "message", f->message);
	has_text(o, "text", f->text ? f->text : "");
	ck_assert_int_eq(json_is_true(json_object_get(o, "warning")), f->is_warning);
	ck_assert_int_eq(json_integer_value(json_object_get(o, "line")), f->line);
	ck_assert_int_eq(json_integer_value(json_object_get(o, "col")), f->col);
	ck_assert_uint_eq(json_array_size(fields), f->n_fields);
	for (size_t i = 0; i < f->n_fields; i++) {
		json_t *field_o = json_array_get(fields, i);

		has_text(field_o, "name", f->field[i].name);
		has_text(field_o, "expected", f->field[i].expected);
		has_text(field_o, "actual", f->field[i].actual);
		ck_assert_int_eq(json_is_true(json_object_get(field_o, "differs")),
				 f->field[i].differs);
	}
}

START_TEST(a_record_is_whole_in_json)
{
	struct test_record r = sample((enum verdict)_i);
	struct buf line = { 0 };
	json_t *o;

	record_write(&r, &line);
	ck_assert_ptr_eq(memchr(line.data, '\n', line.len), line.data + line.len - 1);
	o = json_loadb(line.data, line.len, JSON_ALLOW_NUL, NULL);
	has_text(o, "type", "test");
	has_text(o, "verdict", verdict_name[_i]);
	has_text(o, "id", r.id);
	has_text(o, "script", r.script);
	has_text(o, "case", r.case_name);
	has_text(o, "variant", r.variant);
	has_text(o, "stack", r.stack);
	has_text(o, "title", r.title);
	has_text(o, "reason", r.reason);
	has_text(o, "output", r.output);
	ck_assert_int_eq(json_integer_value(json_object_get(o, "wall_us")), r.wall_us);
	ck_assert_int_eq(json_integer_value(json_object_get(o, "late_us")), r.late_us);
	ck_assert_int_eq(json_integer_value(json_object_get(o, "retries")), r.retries);
	ck_assert_uint_eq(json_array_size(json_object_get(o, "findings")), 2);
	has_finding(json_array_get(json_object_get(o, "findings"), 0), &first);
	has_finding(json_array_get(json_object_get(o, "findings"), 1), &second);
	json_decref(o);
	buf_fini(&line);
}
END_TEST

/* Text, how it is escaped where controls are (true) and are not, in JSON or on a terminal. */
static const struct {
	const char *in;
	bool controls;
	const char *out;
} hostile[] = {
	{ "plain", true, "plain" },
	{ "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80", true,
	  "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80" },
	{ "\xff\xfe", false, "\\xff\\xfe" },
	{ "cut \xe2\x82", false, "cut \\xe2\\x82" },
	{ "long form \xc0\xaf", false, "long form \\xc0\\xaf" },
	{ "surrogate \xed\xa0\x80", false, "surrogate \\xed\\xa0\\x80" },
	{ "too high \xf4\x90\x80\x80", false, "too high \\xf4\\x90\\x80\\x80" },
	{ "\x1b[31mred\r", true, "\\x1b[31mred\\x0d" },
	{ "\x1b", false, "\x1b" },
	{ "line\ntab\t", true, "line\ntab\t" },
	{ "c1 \xc2\x9b", true, "c1 \\xc2\\x9b" },
	{ "turned \xe2\x80\xae", true, "turned \\xe2\\x80\\xae" },
};

START_TEST(hostile_text_is_made_printable)
{
	struct buf out = { 0 };

	printable_add(&out, hostile[_i].in, hostile[_i].controls);
	ck_assert_str_eq(buf_str(&out), hostile[_i].out);
	buf_fini(&out);
}
END_TEST

START_TEST(hostile_text_is_valid_json)
{
	struct test_record r = sample(VERDICT_FAIL);
	struct buf line = { 0 };
	json_t *o;

	r.reason = hostile[_i].in;
	record_write(&r, &line);
	o = json_loadb(line.data, line.len, 0, NULL);
	ck_assert_ptr_nonnull(o);
	if (!hostile[_i].controls)
		ck_assert_str_eq(json_string_value(json_object_get(o, "reason")), hostile[_i].out);
	json_decref(o);
	buf_fini(&line);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("record");
	TCase *t = tcase_create("record");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, every_outcome_comes_back, 0, VERDICT_COUNT);
	tcase_add_loop_test(t, every_kind_of_finding_comes_back, 0, FINDING_INTERNAL + 1);
	tcase_add_loop_test(t, numbers_come_back, 0, 7);
	tcase_add_test(t, what_is_no_outcome_is_refused);
	tcase_add_loop_test(t, what_makes_no_sense_is_refused, 0, (int)ARRAY_LEN(senseless));
	tcase_add_loop_test(t, a_record_is_whole_in_json, 0, VERDICT_COUNT);
	tcase_add_loop_test(t, hostile_text_is_made_printable, 0, (int)ARRAY_LEN(hostile));
	tcase_add_loop_test(t, hostile_text_is_valid_json, 0, (int)ARRAY_LEN(hostile));
	suite_add_tcase(s, t);
	return unit_run(s);
}
