/* SPDX-License-Identifier: BSD-2-Clause */
#include "report/report.h"

#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"

/*
 * Each report is compared with a file in tests/golden/report, for recorded tests of every verdict.
 * With BLESS=1 in the environment the files are written instead.
 */

static struct finding_field fields[] = {
	{ "tcp.seq", "1", "1001", true },
	{ "tcp.ack", "1", "1", false },
};

static struct finding warning = {
	.kind = FINDING_UNEXPECTED_PACKET,
	.is_warning = true,
	.line = 9,
	.col = 1,
	.message = "a packet that no line wanted",
	.text = "suite/a.pkt:9:1: warning: a packet that no line wanted\n",
};

static struct finding failure = {
	.kind = FINDING_PACKET,
	.line = 7,
	.col = 12,
	.message = "tcp.seq differs",
	.field = fields,
	.n_fields = ARRAY_LEN(fields),
	.text = "suite/a.pkt:7:12: error: tcp.seq differs\n"
		"    7 | +0 > P. 1:1001(1000) ack 1\n"
		"      |         ^~~~~~\n",
	.next = &warning,
};

static struct finding script_error = {
	.kind = FINDING_INTERNAL,
	.message = "unknown system call 'sokcet'",
	.text = "suite/b.pkt:1:3: error: unknown system call 'sokcet'\n",
};

static struct finding hostile = {
	.kind = FINDING_CALL,
	.line = 3,
	.message = "read(): said \x1b]0;owned\x07 \xff",
	.text = "said \x1b]0;owned\x07 \xff\n",
};

#define TEST_OF(name)                                                                              \
	.id = name "[ipv4]@kernel", .script = name ".pkt", .case_name = "", .variant = "ipv4",     \
	.stack = "kernel", .title = ""

static const struct test_record record[] = {
	{ TEST_OF("suite/ok"), .verdict = VERDICT_PASS, .reason = "", .wall_us = 12345, .output = "" },
	{ TEST_OF("suite/a"), .verdict = VERDICT_FAIL, .reason = "line 7: tcp.seq differs",
	  .wall_us = 1500, .late_us = 40, .findings = &failure, .output = "printed by a\n" },
	{ TEST_OF("suite/s1"), .verdict = VERDICT_SKIP, .reason = "needs kernel 99.1 or newer",
	  .output = "" },
	{ TEST_OF("suite/s2"), .verdict = VERDICT_SKIP, .reason = "needs kernel 99.1 or newer",
	  .output = "" },
	{ TEST_OF("suite/b"), .verdict = VERDICT_ERROR, .reason = "unknown system call 'sokcet'",
	  .findings = &script_error, .output = "" },
	{ TEST_OF("suite/e"), .verdict = VERDICT_ENVIRONMENT, .reason = "there is no qdisc 'fq'",
	  .output = "" },
	{ TEST_OF("suite/t"), .verdict = VERDICT_TIMEOUT,
	  .reason = "did not end within 2 s and was killed", .wall_us = 4000000, .output = "" },
	{ TEST_OF("suite/c it's"), .verdict = VERDICT_CRASH,
	  .reason = "the worker was killed by signal 11 (Segmentation fault)", .output = "" },
	{ .id = "suite/i[slow][ipv6]@kernel", .script = "suite/i.pkt", .case_name = "slow",
	  .variant = "ipv6", .stack = "kernel", .title = "A title",
	  .verdict = VERDICT_INCONCLUSIVE, .reason = "line 4: injected 9.1 ms late", .retries = 2,
	  .late_us = 9100, .wall_us = 20000, .output = "" },
	{ TEST_OF("suite/h"), .verdict = VERDICT_FAIL, .reason = "said \x1b]0;owned\x07 \xff",
	  .findings = &hostile, .output = "\x9b" "2J\r\n" },
};

struct variant {
	const char *file, *format;
	bool is_verbose, has_color;
	size_t from, n;
};

static const struct variant variant[] = {
	{ "terminal.txt", "terminal", false, false, 0, ARRAY_LEN(record) },
	{ "terminal-verbose.txt", "terminal", true, true, 0, ARRAY_LEN(record) },
	{ "terminal-pass.txt", "terminal", false, false, 0, 1 },
	{ "terminal-fail.txt", "terminal", false, false, 1, 1 },
	{ "json.txt", "json", false, false, 0, ARRAY_LEN(record) },
	{ "packetdrill.txt", "packetdrill", false, false, 0, ARRAY_LEN(record) },
};

/* What the report prints, to both of its outputs; to be freed. */
static char *printed(const struct variant *v)
{
	char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);
	struct report_options opt = { out, out, v->is_verbose, v->is_verbose, v->has_color };
	struct report_run run = { "0.0", "kernel", v->n, 2, 1, "tcpdrill run" };
	struct report_totals totals = { .wall_us = 2500000, .exit_status = 1 };
	struct report *r = report_new(report_find(v->format), &opt, &run);

	for (size_t i = v->from; i < v->from + v->n; i++) {
		report_count(&totals, &record[i]);
		report_test(r, &record[i]);
	}
	report_end(r, &totals);
	report_free(r);
	fclose(out);
	return text;
}

static char *read_file(const char *path)
{
	char *text = NULL;
	size_t n = 0;
	FILE *in = fopen(path, "r"), *out = open_memstream(&text, &n);
	int c;

	ck_assert_msg(in != NULL, "cannot read %s", path);
	while ((c = fgetc(in)) != EOF)
		fputc(c, out);
	fclose(in);
	fclose(out);
	return text;
}

START_TEST(reports_are_as_recorded)
{
	const struct variant *v = &variant[_i];
	char path[256], *now = printed(v), *then;
	FILE *f;

	snprintf(path, sizeof(path), "tests/golden/report/%s", v->file);
	if (getenv("BLESS")) {
		f = fopen(path, "w");
		ck_assert_ptr_nonnull(f);
		fputs(now, f);
		fclose(f);
	}
	then = read_file(path);
	ck_assert_str_eq(now, then);
	free(then);
	free(now);
}
END_TEST

START_TEST(nothing_steers_a_terminal)
{
	struct variant v = { "", report_table[_i].name, true, false, 0, ARRAY_LEN(record) };
	char *text = printed(&v);

	for (const char *c = text; *c; c++)
		ck_assert_msg((unsigned char)*c >= 0x20 ? (unsigned char)*c < 0x7f
							: *c == '\n' || *c == '\t',
			      "byte %02x in the %s report", (unsigned char)*c, report_table[_i].name);
	free(text);
}
END_TEST

START_TEST(long_texts_are_cut_in_the_middle)
{
	char text[300] = "";
	size_t n = 0, size = 0;
	char *printed_text = NULL;
	struct finding f = { .kind = FINDING_COMMAND, .message = "m", .text = text };
	struct test_record rec = { TEST_OF("a"), .verdict = VERDICT_FAIL, .reason = "r",
				   .findings = &f, .output = "" };
	FILE *out = open_memstream(&printed_text, &size);
	struct report_options opt = { out, out, _i == 1, _i == 1, false };
	struct report_run run = { "0.0", "kernel", 1, 2, 1, "tcpdrill run" };
	struct report *r = report_new(report_find("terminal"), &opt, &run);

	while (n < 60)
		n++, strcat(text, n == 31 ? "L31\n" : n == 60 ? "end\n" : "x\n");
	report_test(r, &rec);
	report_free(r);
	fclose(out);
	ck_assert_int_eq(strstr(printed_text, "20 lines left out") != NULL, _i == 0);
	ck_assert_int_eq(strstr(printed_text, "L31") != NULL, _i == 1);
	ck_assert_ptr_nonnull(strstr(printed_text, "end"));
	free(printed_text);
}
END_TEST

START_TEST(json_lines_are_objects)
{
	struct variant v = { "", "json", false, false, 0, ARRAY_LEN(record) };
	char *text = printed(&v), *save = NULL;
	const char *want = "run";
	size_t n = 0;

	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		json_t *o = json_loads(line, 0, NULL);

		ck_assert_ptr_nonnull(o);
		ck_assert_str_eq(json_string_value(json_object_get(o, "type")), want);
		want = ++n <= ARRAY_LEN(record) ? "test" : "summary";
		json_decref(o);
	}
	ck_assert_uint_eq(n, ARRAY_LEN(record) + 2);
	free(text);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("report");
	TCase *t = tcase_create("report");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, reports_are_as_recorded, 0, (int)ARRAY_LEN(variant));
	tcase_add_loop_test(t, nothing_steers_a_terminal, 0, (int)report_table_len);
	tcase_add_loop_test(t, long_texts_are_cut_in_the_middle, 0, 2);
	tcase_add_test(t, json_lines_are_objects);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
