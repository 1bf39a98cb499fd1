/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_REPORT_REPORT_H
#define TCPDRILL_REPORT_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "judge/verdict.h"

/* What is known before the first test. All borrowed until report_free(). */
struct report_run {
	const char *version;         /* of tcpdrill */
	const char *stack;
	size_t n_tests;
	unsigned int jobs;
	uint64_t seed, usual_seed;   /* the second is what a command need not name */
	const char *again;           /* command that repeats a run, but for variants and scripts */
	bool needs_variants;         /* without them, the command would run others */
	const char *failed;          /* NULL, or one that repeats what failed, by the record of it */
	const char *folder;          /* of relative paths, seen from the top of the repository; "" */
	const char *token;           /* what no test can guess, for the github report */
	int64_t begun_s;             /* since 1970 */
	const char *host;
	const char *kernel;          /* release of the kernel where that is the stack; else "" */
	const char *command;         /* by which the run was begun, as a shell would read it */
};

/* What ended a run before all of its tests had a verdict, or as many tries as they should have. */
enum report_cut {
	REPORT_CUT_NOT,
	REPORT_CUT_SIGNAL,
	REPORT_CUT_TIME,             /* --total-timeout */
	REPORT_CUT_FAILURE,          /* --fail-fast */
	REPORT_CUT_COUNT
};

/* A test that has no verdict, for the run ended while it was being played. */
struct report_at_work {
	const char *id;
	int64_t played_us;
};

/* What is known after the last one. */
struct report_totals {
	size_t n[VERDICT_COUNT];
	size_t n_tests;              /* that have a verdict */
	size_t n_retried;            /* that were run more than once */
	size_t n_flaky;              /* of those, the ones that passed in the end */
	int64_t late_us;             /* the worst lateness of the tester in a test that counts */
	int64_t wall_us;             /* of the whole run */
	enum report_cut cut;
	const struct report_at_work *at_work;
	size_t n_at_work;
	bool is_recorded;            /* report_run.failed will find what failed */
	int exit_status;
	const char *advice;          /* lines on how to have what tests lacked, for people; or NULL */
};

struct report;

/* Where a run is. */
struct report_progress {
	uint32_t time;               /* which of the times that all are run; 0: there is only one */
	size_t n_done, n_running, n_failed;
	int64_t elapsed_us;
	unsigned int columns;        /* of the terminal; 0: not known */
};

/* One row per format. Any hook may be NULL. */
struct report_row {
	const char *name;            /* terminal, json, junit */
	const char *help;
	void (*begin)(struct report *r);
	void (*test)(struct report *r, const struct test_record *rec);
	void (*progress)(struct report *r, const struct report_progress *p);
	void (*hide)(struct report *r);
	void (*end)(struct report *r, const struct report_totals *totals);
};

extern const struct report_row report_table[];
extern const size_t report_table_len;

/** report_find() - the row with this name, or NULL */
const struct report_row *report_find(const char *name);

struct report_options {
	FILE *out;                   /* borrowed */
	FILE *err;                   /* where the packetdrill format puts errors; else unused */
	bool is_verbose;             /* also tests that passed, and their output */
	bool is_complete;            /* long texts in full instead of their beginning and end */
	bool has_color;
	bool is_live;                /* a terminal, where a line can be written over */
	size_t max_bytes;            /* of a format that can leave details out; 0: no limit */
};

/** report_new() - begin a report of @run; the caller ends it with report_end() and report_free() */
struct report *report_new(const struct report_row *row, const struct report_options *opt,
			  const struct report_run *run);

/** report_test() - add a test; @rec is borrowed until report_free() */
void report_test(struct report *r, const struct test_record *rec);

/** report_progress() - tell where the run is; only a report on a terminal shows it */
void report_progress(struct report *r, const struct report_progress *p);

/** report_hide() - take away the progress, for another writes to the same terminal */
void report_hide(struct report *r);

/** report_end() - close the report with its totals */
void report_end(struct report *r, const struct report_totals *totals);

/** report_free() - release it; NULL is allowed */
void report_free(struct report *r);

/** report_count() - add one record to the totals */
void report_count(struct report_totals *t, const struct test_record *rec);

/** report_is_failure() - whether people would say that it failed: neither good nor in doubt */
bool report_is_failure(enum verdict v);

#endif
