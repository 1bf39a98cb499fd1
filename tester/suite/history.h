/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_SUITE_HISTORY_H
#define TCPDRILL_SUITE_HISTORY_H

#include <stdbool.h>
#include <stddef.h>

struct arena;

/*
 * What the last run in the working folder left to be done, kept for the user in
 * $XDG_STATE_HOME/tcpdrill (or ~/.local/state/tcpdrill): one small JSON file per working folder.
 */
struct history {
	const char *file;            /* NULL: nothing is kept, for there is no place */
	const char *folder;          /* the working folder */
	const char **failed;         /* ids, sorted */
	size_t n_failed;
	const char **path;           /* what that run was given */
	size_t n_paths;
};

/** history_load() - the record of the last run here; empty when there is none that can be read */
void history_load(struct arena *a, struct history *h);

/** history_has() - whether this test failed when it was last run */
bool history_has(const struct history *h, const char *id);

/* A test of the run that has ended. */
struct history_test {
	const char *id;
	bool has_failed;
};

/**
 * history_save() - keep what a run came to
 * @path: what it was given
 *
 * Tests that failed before and were not run this time stay. Nothing is written when nothing failed
 * and there is no file.
 * Return: 0 or -ERR_IO with errno
 */
int history_save(struct arena *a, const struct history *h, const struct history_test *test,
		 size_t n, const char *const *path, size_t n_paths);

#endif
