/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_RUN_POOL_H
#define TCPDRILL_RUN_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "judge/verdict.h"
#include "run/engine.h"
#include "script/config.h"
#include "script/metadata.h"

struct arena;
struct target_row;

enum {
	POOL_TIMEOUT_DEFAULT_S = 180,
	POOL_TIMEOUT_DEFAULT_US = POOL_TIMEOUT_DEFAULT_S * 1000000,
	POOL_RETRIES_MAX = 2,
	POOL_WAITING_PER_PROCESSOR = 8,      /* tests on a real clock mostly wait */
};

/* One test to run. All borrowed. */
struct pool_test {
	const char *id, *path;
	const char *title;                   /* NULL: none */
	const struct meta_case *meta_case;   /* NULL: none */
	struct run_config config;            /* with the variant applied */
	const char *profile;                 /* that it is to be played in, if the stack has it; NULL: any */
	const char *pcap_path;               /* absolute; NULL: no capture */
	uint32_t time;                       /* its seed is so much behind that of the run */
	size_t tag;                          /* of the caller, for when it is done */
};

/* Takes the final record of a test, which lives in the arena. False: this was enough, the run ends at
 * once. */
typedef bool pool_done_fn(void *ctx, const struct pool_test *test, const struct test_record *rec);
typedef void pool_tick_fn(void *ctx, size_t n_running);
typedef void pool_cut_fn(void *ctx, const struct pool_test *test, int64_t played_us);

struct pool_options {
	const struct target_row *stack;
	unsigned int jobs;                   /* tests at once, at least 1 */
	int64_t timeout_us;                  /* of each test; 0: its own, or the default */
	int64_t total_timeout_us;            /* of the whole run; 0: none */
	uint64_t seed;
	struct engine_options engine;        /* pcap_path, timeout_us: set per test */
	bool in_script_folder;               /* a test works in the folder of its script */
	pool_done_fn *done;
	pool_tick_fn *tick;                  /* NULL, or called a few times a second */
	pool_cut_fn *cut;                    /* NULL, or told what was being played at an early end */
	void *ctx;
};

/**
 * pool_run() - run tests in other processes: each that needs it in one of its own
 * @a: records are kept here
 *
 * A test that was inconclusive is run again when all others have ended, alone, at most
 * POOL_RETRIES_MAX times. Ends early, with all its workers ended, at SIGINT, SIGTERM, SIGHUP or
 * SIGQUIT where these are not ignored, and at SIGPIPE.
 * Tests that are being played then have no verdict; at a signal, or when the time is up, opt->cut is
 * called for each. A test that would have been run again is told
 * of as it is, and says so.
 * Return: 0; the number of the signal that ended the run; -ERR_TIMEOUT when its time was up
 */
int pool_run(struct arena *a, const struct pool_test *test, size_t n,
	     const struct pool_options *opt);

/** pool_reap() - for who runs one after the other: let go of workers that have ended after pool_run(),
 * which waits for none, and of any other child of this process that has */
void pool_reap(void);

/** pool_jobs_max() - how many tests at once this process may have files open for */
unsigned int pool_jobs_max(void);

/** pool_default_jobs() - how many tests at once the machine bears with this stack */
unsigned int pool_default_jobs(const struct target_row *stack);

#endif
