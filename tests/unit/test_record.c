/* SPDX-License-Identifier: BSD-2-Clause */
#include "run/record.h"

#include <check.h>
#include <jansson.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/printable.h"
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

typedef void write_fn(const struct test_record *r, struct buf *out);

static struct test_record there_and_back(const struct test_record *r, write_fn *write)
{
	struct test_record back;
	struct buf line = { 0 };

	write(r, &line);
	ck_assert_int_eq(buf_str(&line)[line.len - 1], '\n');
	ck_assert_ptr_eq(memchr(line.data, '\n', line.len), line.data + line.len - 1);
	ck_assert_int_eq(record_read(a, line.data, line.len, &back), 0);
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

/* What is in both forms. */
static void same_outcome(const struct test_record *r, const struct test_record *back)
{
	ck_assert_int_eq(back->verdict, r->verdict);
	ck_assert_str_eq(back->variant, r->variant);
	ck_assert_str_eq(back->reason, r->reason);
	ck_assert_str_eq(back->output, r->output);
	ck_assert_int_eq(back->wall_us, r->wall_us);
	ck_assert_int_eq(back->late_us, r->late_us);
	ck_assert_uint_eq(back->retries, r->retries);
	same_finding(&first, back->findings);
	same_finding(&second, back->findings->next);
	ck_assert_ptr_null(back->findings->next->next);
}

START_TEST(every_verdict_comes_back)
{
	struct test_record r = sample((enum verdict)_i);
	struct test_record back = there_and_back(&r, record_write_whole);

	ck_assert_int_eq(verdict_find(verdict_name[_i]), _i);
	same_outcome(&r, &back);
	ck_assert_str_eq(back.id, r.id);
	ck_assert_str_eq(back.title, r.title);
	ck_assert_str_eq(back.script, r.script);
	ck_assert_str_eq(back.case_name, r.case_name);
	ck_assert_str_eq(back.stack, r.stack);
}
END_TEST

/* Which test it was, its sender is not asked. */
START_TEST(every_outcome_comes_back)
{
	struct test_record r = sample((enum verdict)_i);
	struct test_record back = there_and_back(&r, record_write_outcome);

	same_outcome(&r, &back);
	ck_assert_str_eq(back.id, "");
	ck_assert_str_eq(back.title, "");
	ck_assert_str_eq(back.script, "");
	ck_assert_str_eq(back.case_name, "");
	ck_assert_str_eq(back.stack, "");
}
END_TEST

/* Thousands are sent in a second. */
START_TEST(an_outcome_holds_what_it_must)
{
	struct test_record r = { .id = "x", .title = "", .variant = "ipv4", .verdict = VERDICT_PASS };
	struct buf line = { 0 };

	record_write_outcome(&r, &line);
	ck_assert_str_eq(buf_str(&line),
			 "{\"type\":\"test\",\"verdict\":\"pass\",\"variant\":\"ipv4\"}\n");
	buf_fini(&line);
}
END_TEST

START_TEST(every_kind_of_finding_comes_back)
{
	struct finding f = { .kind = (enum finding_kind)_i, .message = "m", .text = "" };
	struct test_record r = { .verdict = VERDICT_FAIL, .findings = &f }, back;

	back = there_and_back(&r, record_write_outcome);
	same_finding(&f, back.findings);
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
	record_write_whole(&r, &line);
	o = json_loadb(line.data, line.len, 0, NULL);
	ck_assert_ptr_nonnull(o);
	if (!hostile[_i].controls)
		ck_assert_str_eq(json_string_value(json_object_get(o, "reason")), hostile[_i].out);
	json_decref(o);
	buf_fini(&line);
}
END_TEST

static const struct {
	const char *text;
	int rc;
} bad[] = {
	{ "", -ERR_SYNTAX },
	{ "{", -ERR_SYNTAX },
	{ "[]", -ERR_SYNTAX },
	{ "{\"type\":\"run\",\"verdict\":\"pass\"}", -ERR_SYNTAX },
	{ "{\"type\":\"test\"}", -ERR_UNKNOWN },
	{ "{\"type\":\"test\",\"verdict\":\"great\"}", -ERR_UNKNOWN },
	{ "{\"type\":\"test\",\"verdict\":\"pass\",\"findings\":[{\"kind\":\"x\"}]}", -ERR_UNKNOWN },
	{ "{\"type\":\"test\",\"verdict\":\"pass\",\"findings\":7,\"id\":8}", 0 },
};

START_TEST(what_is_no_record_is_refused)
{
	struct test_record r;

	ck_assert_int_eq(record_read(a, bad[_i].text, strlen(bad[_i].text), &r), bad[_i].rc);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("record");
	TCase *t = tcase_create("record");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, every_verdict_comes_back, 0, VERDICT_COUNT);
	tcase_add_loop_test(t, every_outcome_comes_back, 0, VERDICT_COUNT);
	tcase_add_test(t, an_outcome_holds_what_it_must);
	tcase_add_loop_test(t, every_kind_of_finding_comes_back, 0, FINDING_INTERNAL + 1);
	tcase_add_loop_test(t, hostile_text_is_made_printable, 0, (int)ARRAY_LEN(hostile));
	tcase_add_loop_test(t, hostile_text_is_valid_json, 0, (int)ARRAY_LEN(hostile));
	tcase_add_loop_test(t, what_is_no_record_is_refused, 0, (int)ARRAY_LEN(bad));
	suite_add_tcase(s, t);
	return unit_run(s);
}
