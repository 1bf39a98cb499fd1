/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_REPORT_REPORT_IMPL_H
#define TCPDRILL_REPORT_REPORT_IMPL_H

#include "report/report.h"

struct buf;

struct report {
	const struct report_row *row;
	struct report_options opt;
	struct report_run run;
	const struct test_record **rec;   /* all tests so far, in the order of their coming */
	size_t n, cap;
	bool has_progress;                /* the last line of the terminal is to be written over */
	struct {                          /* what the last test that ended told of the rest */
		size_t n_done;
		int64_t left_us, at_us;
	} estimate;
};

/* ---- formats: the hooks of their rows ---- */

void terminal_test(struct report *r, const struct test_record *rec);
void terminal_progress(struct report *r, const struct report_progress *p);
void terminal_hide(struct report *r);
void terminal_end(struct report *r, const struct report_totals *totals);

void jsonl_begin(struct report *r);
void jsonl_test(struct report *r, const struct test_record *rec);
void jsonl_end(struct report *r, const struct report_totals *totals);

void junit_end(struct report *r, const struct report_totals *totals);

void tap_begin(struct report *r);
void tap_test(struct report *r, const struct test_record *rec);
void tap_end(struct report *r, const struct report_totals *totals);

void ktap_begin(struct report *r);
void ktap_test(struct report *r, const struct test_record *rec);
void ktap_end(struct report *r, const struct report_totals *totals);

void markdown_end(struct report *r, const struct report_totals *totals);

void github_begin(struct report *r);
void github_end(struct report *r, const struct report_totals *totals);

void classic_test(struct report *r, const struct test_record *rec);

/* ---- text.c: what records say, safe to print ---- */

/** report_add_safe() - text of unknown origin, with a newline at its end */
void report_add_safe(struct buf *out, const char *text);

/** report_add_bounded() - the same, but of a long text only the first and the last lines */
void report_add_bounded(struct buf *out, const char *text);

/** report_add_line() - the same as a part of one line: newlines and tabs are escaped, too */
void report_add_line(struct buf *out, const char *text);

/** report_print_safe() - report_add_safe() to a file */
void report_print_safe(FILE *out, const char *text);

/** report_add_findings() - all findings of a test as people read them; not yet safe to print */
void report_add_findings(struct buf *out, const struct test_record *rec);

/** report_add_duration() - "1.5 ms", "2.5 s" */
void report_add_duration(struct buf *out, int64_t us);

/** report_add_run_notes() - "profile rfc, seed 7, run 3 times, the tester was up to 9.1 ms late";
 * nothing when there is nothing to say about it. Return: whether there is */
bool report_add_run_notes(struct buf *out, const struct report *r, const struct test_record *rec);

/** report_is_late() - whether the tester was so late in this test that people should know */
bool report_is_late(const struct test_record *rec);

/** report_add_lateness() - "the tester was up to 9.1 ms late" */
void report_add_lateness(struct buf *out, int64_t late_us);

/** report_has_title() - whether the script says in its header what it is about */
bool report_has_title(const struct test_record *rec);

/** report_add_earlier() - a line for each earlier run of a test: "run 1 of 3: ..." */
void report_add_earlier(struct buf *out, const struct test_record *rec);

/** report_earlier() - the run before the last number @i, from 0; NULL: nothing is known of it */
const struct test_record *report_earlier(const struct test_record *rec, uint32_t i);

/** report_add_begun() - when the run began, "2026-01-31T23:59:59", in UTC */
void report_add_begun(struct buf *out, const struct report *r);

#define REPORT_COLOR_OFF "\033[0m"

/** report_cut_name() - what ended the run early, for programs; NULL: nothing did */
const char *report_cut_name(const struct report_totals *t);

/** report_n_not_run() - how many tests have no verdict */
size_t report_n_not_run(const struct report *r, const struct report_totals *t);

/** report_add_at_work() - "ID (for 2.5 s)" of the test number @i of those that were being played */
void report_add_at_work(struct buf *out, const struct report_totals *t, size_t i);

/** report_cut_words() - what began a sentence that goes on with "after 1 of 2 tests" */
const char *report_cut_words(const struct report_totals *t);

/** report_add_totals() - "10 tests on kernel in 2.5 s: 8 pass, 2 fail (...)" without a newline;
 * @color: of each verdict, or NULL for none */
void report_add_totals(struct buf *out, const struct report *r, const struct report_totals *t,
		       const char *const *color);

/** report_add_again() - the command that repeats what did not pass; nothing when all did;
 * @has_record: it may refer to the record of the run where it would be long. Return: whether there
 * is one */
bool report_add_again(struct buf *out, const struct report *r, bool has_record);

/* ---- digest.c: tests put together ---- */

/* What a test is to somebody who reads the end of a report, in the order of telling. */
enum report_kind {
	KIND_FAILED,
	KIND_FLAKY,                       /* passed, but not at once */
	KIND_INCONCLUSIVE,
	KIND_GROUPED,                     /* many tests may have the same reason */
	KIND_PASSED,
	KIND_COUNT
};

/** report_kind() - of one test */
enum report_kind report_kind(const struct test_record *rec);

/** report_count_kind() - how many there are */
size_t report_count_kind(const struct report *r, enum report_kind kind);

/**
 * report_group() - how many tests have the verdict of number @i for the same reason
 * Return: 0 when @i is not the first of them
 */
size_t report_group(const struct report *r, size_t i);

/** report_add_group_reason() - what the tests that report_group() has counted for @i have in common */
void report_add_group_reason(struct buf *out, const struct report *r, size_t i);

/** report_place() - the finding that decided, if it has a place in the script; or NULL */
const struct finding *report_place(const struct test_record *rec);

#endif
