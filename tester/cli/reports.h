/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_CLI_REPORTS_H
#define TCPDRILL_CLI_REPORTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "report/report.h"

struct cli;

enum { REPORTS_MAX = 10 };

/* All reports of one run. */
struct reports {
	struct cli *cli;
	struct report_run run;
	struct report_totals totals;
	int64_t begun_us, shown_us;
	size_t n_failed, n;
	bool is_live;                /* one of them shows progress, */
	int live_fd;                 /* on this terminal, */
	bool is_shared;              /* to which another one writes, too */
	struct open_report {
		struct report *report;
		FILE *file;          /* to be closed with it, or NULL */
		const char *path;
	} at[REPORTS_MAX];
};

/** reports_open() - begin those that were asked for. 0, or an exit status after an error line */
int reports_open(struct reports *rs, struct cli *c, const struct report_run *run);

/** reports_open_one() - begin one on the standard output, and no other */
void reports_open_one(struct reports *rs, struct cli *c, const struct report_run *run,
		      const char *format);

/** reports_test() - give one record, borrowed until reports_close(), to all */
void reports_test(struct reports *rs, const struct test_record *rec);

/** reports_progress() - @n_running tests are being played, @n_done have been, of the @time-th time (0:
 * there is only one); shown now and then */
void reports_progress(struct reports *rs, size_t n_running, size_t n_done, uint32_t time);

/** reports_hide() - take away the progress, before something else is written to the terminal */
void reports_hide(struct reports *rs);

/** reports_end() - the last words of all; @cut: what ended the run early. @status, or another when a
 * report cannot be written */
int reports_end(struct reports *rs, enum report_cut cut, int status);

/** reports_close() - release them */
void reports_close(struct reports *rs);

#endif
