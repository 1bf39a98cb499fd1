/* SPDX-License-Identifier: BSD-2-Clause */
#include "report/report.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/printable.h"
#include "base/util.h"
#include "report/report_impl.h"

/*
 * Theory of operation
 *
 * A report is fed with records as tests end, and with the totals at the end of the run. Formats
 * are rows: a new one is one file with three functions and one row below. Records hold text from
 * scripts, programs and the stack under test; no format prints it unescaped.
 */

const struct report_row report_table[] = {
	{ "terminal", "for people: what did not pass, then the totals", terminal_begin,
	  terminal_test, terminal_end },
	{ "json", "one JSON object a line: the run, each test, the summary", jsonl_begin,
	  jsonl_test, jsonl_end },
	{ "packetdrill", "FILE:LINE: error lines as packetdrill prints them", classic_begin,
	  classic_test, classic_end },
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
	r->row->test(r, rec);
	fflush(r->opt.out);
}

void report_end(struct report *r, const struct report_totals *totals)
{
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
}

void report_print_safe(FILE *out, const char *text)
{
	struct buf safe = { 0 };

	printable_add(&safe, text ? text : "", true);
	if (!safe.len || safe.data[safe.len - 1] != '\n')
		buf_putc(&safe, '\n');
	fwrite(safe.data, 1, safe.len, out);
	buf_fini(&safe);
}

enum { FIRST_LINES = 30, LAST_LINES = 10 };

/* The first byte after @n lines. */
static const char *skip_lines(const char *s, size_t n)
{
	for (; n && *s; s++)
		n -= *s == '\n';
	return s;
}

void report_print_bounded(FILE *out, const char *text)
{
	const char *middle = skip_lines(text, FIRST_LINES), *c;
	struct buf head = { 0 };
	size_t n = 0;

	for (c = middle; *c; c++)
		n += *c == '\n';
	if (n <= LAST_LINES + 1) {
		report_print_safe(out, text);
		return;
	}
	buf_add(&head, text, (size_t)(middle - text));
	report_print_safe(out, buf_str(&head));
	buf_fini(&head);
	fprintf(out, "      ... %zu lines left out; --verbose and --json give them ...\n",
		n - LAST_LINES);
	report_print_safe(out, skip_lines(middle, n - LAST_LINES));
}
