/* SPDX-License-Identifier: BSD-2-Clause */
#include "report/report.h"

#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/printable.h"
#include "base/util.h"
#include "report_records.h"
#include "unit.h"

/*
 * Each report is compared with a file in tests/golden/report, for recorded tests of every verdict.
 * With BLESS=1 in the environment the files are written instead.
 */

struct variant {
	const char *file, *format;
	bool is_verbose, has_color, is_live;
	size_t from, n;              /* 0: all that there are */
	size_t max_bytes;
};

static const struct variant variant[] = {
	{ .file = "terminal.txt", .format = "terminal" },
	{ .file = "terminal-verbose.txt", .format = "terminal", .is_verbose = true, .has_color = true },
	{ .file = "terminal-pass.txt", .format = "terminal", .n = 1 },
	{ .file = "terminal-fail.txt", .format = "terminal", .from = 1, .n = 1 },
	{ .file = "terminal-live.txt", .format = "terminal", .is_live = true, .n = 3 },
	{ .file = "json.txt", .format = "json" },
	{ .file = "packetdrill.txt", .format = "packetdrill" },
	{ .file = "junit.xml", .format = "junit" },
	{ .file = "tap.txt", .format = "tap" },
	{ .file = "ktap.txt", .format = "ktap" },
	{ .file = "markdown.md", .format = "markdown" },
	{ .file = "markdown-short.md", .format = "markdown", .max_bytes = 2000 },
	{ .file = "github.txt", .format = "github" },
};

/* What the report prints, to both of its outputs; to be freed. */
static char *printed(const struct variant *v)
{
	char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);
	size_t n_tests = v->n ? v->n : report_record_len;
	struct report_options opt = {
		.out = out,
		.err = out,
		.is_verbose = v->is_verbose,
		.is_complete = v->is_verbose,
		.has_color = v->has_color,
		.is_live = v->is_live,
		.max_bytes = v->max_bytes,
	};
	struct report_run run = { "0.0", "kernel", n_tests, 2, 1, 1, "tcpdrill run", true, NULL, "top",
				  "TOKEN", 951782400 + 86399, "host", "6.1.0",
				  "tcpdrill run 'a <b>'" };
	struct report_totals totals = { .wall_us = 2500000, .exit_status = 1,
					.advice = "MISSING  fq: \x1b\n" };
	struct report *r = report_new(report_find(v->format), &opt, &run);

	for (size_t i = v->from; i < v->from + n_tests; i++) {
		struct report_progress p = { 0, totals.n_tests, 2, 1, 1500000 * (int64_t)i, 0 };

		report_progress(r, &p);
		report_count(&totals, &report_record[i]);
		report_test(r, &report_record[i]);
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
	struct variant v = { .format = report_table[_i].name, .is_verbose = true };
	char *text = printed(&v);
	struct buf safe = { 0 };

	for (const char *c = text; *c; c++)
		ck_assert_msg((unsigned char)*c >= 0x20 ? *c != 0x7f && strncmp(c, "\xc2\x9b", 2)
							: *c == '\n' || *c == '\t',
			      "byte %02x in the %s report", (unsigned char)*c, v.format);
	printable_add(&safe, text, false);
	ck_assert_str_eq(buf_str(&safe), text);
	buf_fini(&safe);
	free(text);
}
END_TEST

/* Where a name is to be one line, no script can add lines of its own. */
START_TEST(names_do_not_break_lines)
{
	static const char *const line[] = { "\n::error::", "\n# TODO", "\n\t[ipv4]" };
	struct variant v = { .format = report_table[_i].name };
	char *text = printed(&v);

	for (size_t i = 0; i < ARRAY_LEN(line); i++)
		ck_assert_msg(!strstr(text, line[i]), "a line begins with '%s' in the %s report",
			      line[i] + 1, v.format);
	free(text);
}
END_TEST

START_TEST(a_short_page_says_what_it_lacks)
{
	struct variant v = { .format = "markdown", .max_bytes = 1500 };
	char *text = printed(&v);

	ck_assert_uint_lt(strlen(text), 2500);
	ck_assert_ptr_nonnull(strstr(text, "Too long for this page: "));
	ck_assert_ptr_nonnull(strstr(text, "\n## Again\n"));
	free(text);
}
END_TEST

START_TEST(an_ended_run_is_told)
{
	static const struct {
		const char *format, *says;
		enum report_cut cut;
		size_t n_wanted;
	} row[] = {
		{ "terminal", "interrupted after 1 of 2 tests", REPORT_CUT_SIGNAL, 2 },
		{ "terminal", "interrupted: 1 test on kernel in", REPORT_CUT_SIGNAL, 1 },
		{ "terminal", "ended after 1 of 2 tests", REPORT_CUT_NOT, 2 },
		{ "terminal", "ended by --fail-fast after 1 of 2 tests", REPORT_CUT_FAILURE, 2 },
		{ "terminal", "out of time (--total-timeout) after 1 of 2 tests", REPORT_CUT_TIME, 2 },
		{ "tap", "Bail out! interrupted after 1 of 2 tests", REPORT_CUT_SIGNAL, 2 },
		{ "tap", "Bail out! ended after 1 of 2 tests", REPORT_CUT_NOT, 2 },
		{ "tap", "Bail out! ended by --fail-fast after 1 of 2 tests", REPORT_CUT_FAILURE, 2 },
		{ "ktap", "# interrupted after 1 of 2 tests", REPORT_CUT_SIGNAL, 2 },
		{ "markdown", "interrupted after 1 of 2 tests", REPORT_CUT_SIGNAL, 2 },
		{ "markdown", "out of time (--total-timeout) after 1 of 2", REPORT_CUT_TIME, 2 },
		{ "github", "interrupted after 1 of 2 tests", REPORT_CUT_SIGNAL, 2 },
		{ "json", "\"interrupted\":true", REPORT_CUT_SIGNAL, 2 },
		{ "junit", "name=\"interrupted\" value=\"true\"", REPORT_CUT_SIGNAL, 2 },
		{ "junit", "name=\"cut-short\" value=\"total-timeout\"", REPORT_CUT_TIME, 2 },
		{ "junit", "name=\"not-run\" value=\"1\"", REPORT_CUT_TIME, 2 },
		{ "json", "\"cut_short\":\"signal\",\"not_run\":1", REPORT_CUT_SIGNAL, 2 },
		{ "json", "\"cut_short\":\"fail-fast\",\"not_run\":1", REPORT_CUT_FAILURE, 2 },
		{ "terminal", "at work      b[ipv4]@kernel (for 2.5 s)\n", REPORT_CUT_TIME, 2 },
		{ "tap", "# at work: b[ipv4]@kernel (for 2.5 s)\n", REPORT_CUT_TIME, 2 },
		{ "ktap", "# at work: b[ipv4]@kernel (for 2.5 s)\n", REPORT_CUT_SIGNAL, 2 },
		{ "markdown", "\n- `b[ipv4]@kernel`, for 2.5 s\n", REPORT_CUT_SIGNAL, 2 },
		{ "json", "\"at_work\":[{\"id\":\"b[ipv4]@kernel\",\"wall_us\":2500000}]",
		  REPORT_CUT_TIME, 2 },
		{ "json", "\"at_work\":[]", REPORT_CUT_FAILURE, 2 },
		{ "json", "\"cut_short\":null,\"not_run\":0", REPORT_CUT_NOT, 1 },
	};

	const struct report_at_work left = { "b[ipv4]@kernel", 2500000 };

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		char *text = NULL;
		size_t n = 0;
		FILE *out = open_memstream(&text, &n);
		struct report_options opt = { .out = out, .err = out };
		struct report_run run = { "0.0", "kernel", row[i].n_wanted, 2, 1, 1,
					  "tcpdrill run", true, NULL, "", "TOKEN", 0, "h", "",
					  "c" };
		bool has_left = row[i].cut == REPORT_CUT_SIGNAL || row[i].cut == REPORT_CUT_TIME;
		struct report_totals totals = { .cut = row[i].cut, .at_work = &left,
						.n_at_work = has_left };
		struct report *r = report_new(report_find(row[i].format), &opt, &run);

		report_count(&totals, &report_record[0]);
		report_test(r, &report_record[0]);
		report_end(r, &totals);
		report_free(r);
		fclose(out);
		ck_assert_msg(strstr(text, row[i].says) != NULL, "%s", text);
		free(text);
	}
}
END_TEST

START_TEST(github_has_the_shortest_path)
{
	static const struct {
		const char *folder, *script, *file;
	} row[] = {
		{ "", "a.pkt", "file=a.pkt::" },
		{ "sub", "a.pkt", "file=sub/a.pkt::" },
		{ "sub", "../sub/a.pkt", "file=sub/a.pkt::" },
		{ "sub/b", "../../x/./y//a.pkt", "file=x/y/a.pkt::" },
		{ "sub", "../../a.pkt", "file=../a.pkt::" },
		{ "", "../../a.pkt", "file=../../a.pkt::" },
		{ "sub", "/x/../y/a.pkt", "file=/y/a.pkt::" },
		{ "sub", "/../a..pkt", "file=/../a..pkt::" },
		{ "", ".a/..b/a.pkt", "file=.a/..b/a.pkt::" },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		char *text = NULL, *file;
		size_t n = 0;
		FILE *out = open_memstream(&text, &n);
		struct report_options opt = { .out = out };
		struct report_run run = { .stack = "x", .n_tests = 1, .folder = row[i].folder,
					  .token = "T" };
		struct report_totals totals = { .n_tests = 1 };
		struct test_record rec = { .id = "a", .script = row[i].script, .title = "",
					   .verdict = VERDICT_FAIL, .reason = "r" };
		struct report *r = report_new(report_find("github"), &opt, &run);

		report_test(r, &rec);
		report_end(r, &totals);
		report_free(r);
		fclose(out);
		file = strstr(text, "file=");
		ck_assert_ptr_nonnull(file);
		strcpy(strstr(file, ",title"), "::");
		ck_assert_str_eq(file, row[i].file);
		free(text);
	}
}
END_TEST

START_TEST(long_texts_are_cut_in_the_middle)
{
	char text[300] = "";
	size_t n = 0, size = 0;
	char *printed_text = NULL;
	struct finding f = { .kind = FINDING_COMMAND, .message = "m", .text = text };
	struct test_record rec = { .id = "a[ipv4]@kernel", .script = "a.pkt", .verdict = VERDICT_FAIL, .reason = "r",
				   .findings = &f, .output = "" };
	FILE *out = open_memstream(&printed_text, &size);
	struct report_options opt = { .out = out, .is_verbose = _i == 1, .is_complete = _i == 1 };
	struct report_run run = { .stack = "kernel", .n_tests = 1 };
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

/* What the terminal shows at the end of three moments, with one of ten tests done from the first on. */
static char *shown_last(int64_t elapsed_us, size_t n_done, unsigned int columns)
{
	char *text = NULL, *last;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);
	struct report_options opt = { .out = out, .is_live = true };
	struct report_run run = { .stack = "kernel", .n_tests = 10 };
	struct report *r = report_new(report_find("terminal"), &opt, &run);
	struct report_progress p[] = { { 0, 1, 2, 0, 2000000, 0 },
				       { 0, 1, 2, 0, 3000000, 0 },
				       { 0, n_done, 2, 0, elapsed_us, columns } };

	for (size_t i = 0; i < ARRAY_LEN(p); i++)
		report_progress(r, &p[i]);
	report_free(r);
	fclose(out);
	last = strdup(strrchr(text, 'K') + 1);
	free(text);
	return last;
}

START_TEST(progress_fits_and_does_not_rise)
{
	static const struct {
		int64_t elapsed_us;
		size_t n_done;
		unsigned int columns;
		const char *shows;
	} row[] = {
		{ 4000000, 1, 0, "1/10 done, 2 running, 0 failed, 0:16 left" },
		{ 12000000, 1, 0, "1/10 done, 2 running, 0 failed, 0:08 left" },
		{ 60000000, 1, 0, "1/10 done, 2 running, 0 failed, 0:00 left" },
		{ 60000000, 2, 0, "2/10 done, 2 running, 0 failed, 4:00 left" },
		{ 4000000, 1, 20, "1/10 done, 2 runnin" },
		{ 4000000, 1, 42, "1/10 done, 2 running, 0 failed, 0:16 left" },
		{ 4000000, 1, 41, "1/10 done, 2 running, 0 failed, 0:16 lef" },
		{ 4000000, 1, 1, "" },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		char *last = shown_last(row[i].elapsed_us, row[i].n_done, row[i].columns);

		ck_assert_str_eq(last, row[i].shows);
		free(last);
	}
}
END_TEST

START_TEST(json_lines_are_objects)
{
	struct variant v = { .format = "json" };
	char *text = printed(&v), *save = NULL;
	const char *want = "run";
	size_t n = 0;

	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		json_t *o = json_loads(line, 0, NULL);

		ck_assert_ptr_nonnull(o);
		ck_assert_str_eq(json_string_value(json_object_get(o, "type")), want);
		want = ++n <= report_record_len ? "test" : "summary";
		json_decref(o);
	}
	ck_assert_uint_eq(n, report_record_len + 2);
	free(text);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("report");
	TCase *t = tcase_create("report");

	tcase_add_loop_test(t, reports_are_as_recorded, 0, (int)ARRAY_LEN(variant));
	tcase_add_loop_test(t, nothing_steers_a_terminal, 0, (int)report_table_len);
	tcase_add_loop_test(t, names_do_not_break_lines, 0, (int)report_table_len);
	tcase_add_test(t, a_short_page_says_what_it_lacks);
	tcase_add_test(t, an_ended_run_is_told);
	tcase_add_test(t, github_has_the_shortest_path);
	tcase_add_loop_test(t, long_texts_are_cut_in_the_middle, 0, 2);
	tcase_add_test(t, progress_fits_and_does_not_rise);
	tcase_add_test(t, json_lines_are_objects);
	suite_add_tcase(s, t);
	return unit_run(s);
}
