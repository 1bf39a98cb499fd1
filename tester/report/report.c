/* SPDX-License-Identifier: BSD-2-Clause */
#include "report/report.h"

#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "report/report_impl.h"

/*
 * Theory of operation
 *
 * A report is fed with records as tests end, and with the totals at the end of the run; any number
 * of them are fed with the same. Formats are rows: a new one is one file with its hooks, one row
 * below, and one for its option in cli/args.c. Formats that must know the totals first
 * (junit, markdown) write all at the end, of the records that are kept here; the others write as
 * tests end, so that what was played before a power cut is not lost.
 *
 * Records hold text from scripts, programs and the stack under test; no format prints it
 * unescaped, each by the rules of its own readers.
 */

const struct report_row report_table[] = {
	{ .name = "terminal",
	  .help = "for people: what did not pass, then the totals",
	  .test = terminal_test,
	  .progress = terminal_progress,
	  .hide = terminal_hide,
	  .end = terminal_end },
	{ .name = "json",
	  .help = "JSON lines: the run, each test, the summary",
	  .begin = jsonl_begin,
	  .test = jsonl_test,
	  .end = jsonl_end },
	{ .name = "junit",
	  .help = "JUnit XML, as Surefire writes it and GitLab and Jenkins read it",
	  .end = junit_end },
	{ .name = "tap",
	  .help = "TAP 13, for prove",
	  .begin = tap_begin,
	  .test = tap_test,
	  .end = tap_end },
	{ .name = "ktap",
	  .help = "KTAP 1, as the kernel's own tests",
	  .begin = ktap_begin,
	  .test = ktap_test,
	  .end = ktap_end },
	{ .name = "markdown",
	  .help = "a page of Markdown",
	  .end = markdown_end },
	{ .name = "github",
	  .help = "annotations of GitHub Actions; written where GITHUB_ACTIONS is true",
	  .begin = github_begin,
	  .end = github_end },
	{ .name = "packetdrill",
	  .help = "FILE:LINE: error lines as packetdrill prints them",
	  .test = classic_test },
};

const size_t report_table_len = ARRAY_LEN(report_table);

const struct report_row *report_find(const char *name)
{
	for (size_t i = 0; i < report_table_len; i++) {
		if (strcmp(report_table[i].name, name) == 0)
			return &report_table[i];
	}
	return NULL;
}

struct report *report_new(const struct report_row *row, const struct report_options *opt,
			  const struct report_run *run)
{
	struct report *r = calloc(1, sizeof(*r));

	if (!r)
		abort();
	r->row = row;
	r->opt = *opt;
	r->run = *run;
	if (row->begin)
		row->begin(r);
	fflush(r->opt.out);
	return r;
}

static void keep(struct report *r, const struct test_record *rec)
{
	if (r->n == r->cap) {
		r->cap = r->cap ? r->cap * 2 : 64;
		r->rec = realloc(r->rec, r->cap * sizeof(struct test_record *));
		if (!r->rec)
			abort();
	}
	r->rec[r->n++] = rec;
}

void report_test(struct report *r, const struct test_record *rec)
{
	keep(r, rec);
	if (r->row->test)
		r->row->test(r, rec);
	fflush(r->opt.out);
}

void report_progress(struct report *r, const struct report_progress *p)
{
	if (!r->opt.is_live || !r->row->progress)
		return;
	r->row->progress(r, p);
	fflush(r->opt.out);
}

void report_hide(struct report *r)
{
	if (!r->row->hide)
		return;
	r->row->hide(r);
	fflush(r->opt.out);
}

void report_end(struct report *r, const struct report_totals *totals)
{
	if (r->row->end)
		r->row->end(r, totals);
	fflush(r->opt.out);
}

void report_free(struct report *r)
{
	if (!r)
		return;
	free(r->rec);
	free(r);
}

void report_count(struct report_totals *t, const struct test_record *rec)
{
	t->n[rec->verdict]++;
	t->n_tests++;
	t->n_retried += rec->retries > 0;
	t->n_flaky += report_kind(rec) == KIND_FLAKY;
	if (rec->late_us > t->late_us)
		t->late_us = rec->late_us;
}
