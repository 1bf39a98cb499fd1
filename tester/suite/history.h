/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_SUITE_HISTORY_H
#define TCPDRILL_SUITE_HISTORY_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct suite_test;

/* A test of a run. The first four tell it from others, whatever path its script was found by. */
struct history_test {
	const char *script;          /* absolute, its folder without links */
	const char *case_name;       /* "": the script has none */
	const char *variant, *stack;
	const char *path;            /* what the run was given, to find it by */
	const char *options;         /* what else the run was given that bears on the verdict */
	bool has_failed;
};

/*
 * What the runs in the working folder left to be done, kept for the user in $XDG_STATE_HOME/tcpdrill
 * (or ~/.local/state/tcpdrill): one small JSON file per working folder.
 */
struct history {
	const char *file;            /* NULL: nothing is kept, for there is no place */
	const char *folder;          /* the working folder */
	struct history_test *failed; /* sorted */
	size_t n_failed;
};

/** history_load() - the record of the runs here; empty when there is none that can be read */
void history_load(struct arena *a, struct history *h);

/** history_test_of() - @t as it is told from others; borrows from it */
struct history_test history_test_of(const struct suite_test *t);

/** history_find() - what is on record of a test that failed when it was last run, or NULL */
const struct history_test *history_find(const struct history *h, const struct suite_test *t);

/**
 * history_save() - keep what a run came to
 *
 * Tests that failed before and were not run this time stay, if their scripts are still there. Nothing
 * is written when nothing failed and there is no file.
 * Return: 0 or -ERR_IO with errno
 */
int history_save(struct arena *a, const struct history *h, const struct history_test *test,
		 size_t n);

#endif
