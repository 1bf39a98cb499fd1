/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_REPORT_REPORT_IMPL_H
#define TCPDRILL_REPORT_REPORT_IMPL_H

#include "report/report.h"

struct report {
	const struct report_row *row;
	struct report_options opt;
	struct report_run run;
	const struct test_record **rec;   /* all tests so far, in the order of their coming */
	size_t n, cap;
};

void terminal_begin(struct report *r);
void terminal_test(struct report *r, const struct test_record *rec);
void terminal_end(struct report *r, const struct report_totals *totals);

void jsonl_begin(struct report *r);
void jsonl_test(struct report *r, const struct test_record *rec);
void jsonl_end(struct report *r, const struct report_totals *totals);

void classic_begin(struct report *r);
void classic_test(struct report *r, const struct test_record *rec);
void classic_end(struct report *r, const struct report_totals *totals);

/** report_print_safe() - print text of unknown origin, with a newline at its end */
void report_print_safe(FILE *out, const char *text);

/** report_print_bounded() - the same, but of a long text only the first and the last lines */
void report_print_bounded(FILE *out, const char *text);

#endif
