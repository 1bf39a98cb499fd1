/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_BENCH_FIGURE_H
#define TCPDRILL_BENCH_FIGURE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The figures: a row each in figure_table.c. Figures that are measured over something (-j, the
 * length of a script) have a column for each value of it; those of one group stand in one table,
 * which is printed as Markdown when the group has been measured.
 */

enum { COLUMN_MAX = 6 };

enum group_id {
	GROUP_START,
	GROUP_LATE,
	GROUP_JOBS,
	GROUP_SUITE,
	GROUP_GAIN,
	GROUP_SCRIPT,
	GROUP_COST,
	GROUP_BUNDLED,
	GROUP_COUNT
};

struct group {
	const char *name;                /* first part of its figures' names */
	const char *title;
	const char *column[COLUMN_MAX];  /* names of the columns, in the file, too; none: one value */
};

enum figure_id {
	FIG_START_FIRST_FRAME,
	FIG_START_WALL,
	FIG_START_CPU,
	FIG_LATE_P50,
	FIG_LATE_P99,
	FIG_LATE_MAX,
	FIG_JOBS_KERNEL,
	FIG_JOBS_BUNDLED,
	FIG_SUITE_KERNEL_WALL,
	FIG_SUITE_KERNEL_DIFFER,
	FIG_SUITE_KERNEL_INCONCLUSIVE,
	FIG_SUITE_KERNEL_RETRIED,
	FIG_SUITE_BUNDLED_WALL,
	FIG_SUITE_BUNDLED_DIFFER,
	FIG_GAIN_J1,
	FIG_GAIN_J2,
	FIG_GAIN,
	FIG_GAIN_MACHINE,
	FIG_SCRIPT_PARSE,
	FIG_SCRIPT_BIND,
	FIG_SCRIPT_EVENT,
	FIG_SCRIPT_CHECK,
	FIG_SCRIPT_PEAK,
	FIG_SCRIPT_TREE,
	FIG_SCRIPT_PLAN,
	FIG_SCRIPT_JUDGE,
	FIG_SCRIPT_JUDGE_MEMORY,
	FIG_COST_KERNEL,
	FIG_COST_BUNDLED,
	FIG_BUNDLED_TESTS,
	FIG_BUNDLED_GROWTH,
	FIG_BUNDLED_PEAK_FEW,
	FIG_BUNDLED_PEAK_MANY,
	FIG_BUNDLED_SYN,
	FIG_BUNDLED_BULK,
	FIG_COUNT
};

struct figure {
	const char *name;                /* in the file: GROUP.WHAT */
	const char *what;                /* in words */
	const char *unit;
	const char *aim;                 /* on an idle machine, with its sense: "<= 8", or NULL */
	enum group_id group;
	bool is_count;                   /* of something bad: the worst run stands for all */
};

extern const struct group group_table[GROUP_COUNT];
extern const struct figure figure_table[FIG_COUNT];

/** group_columns() - how many columns of values a group has, at least one */
size_t group_columns(enum group_id group);

#endif
