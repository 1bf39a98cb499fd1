/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_RUN_POOL_IMPL_H
#define TCPDRILL_RUN_POOL_IMPL_H

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "run/board.h"
#include "run/player.h"
#include "run/pool.h"
#include "run/prepare.h"
#include "run/worker.h"

/* Private to run/pool*.c. */

enum { US_PER_S = 1000000 };

/* Whether a worker may use a processor (pool_slot.c). */
enum work {
	WORK_NONE,                   /* it waits, for the script's times or for its turn to end */
	WORK_ASKED,                  /* it waits for our word */
	WORK_HELD,
};

struct slot {
	unsigned int seat;           /* on the board */
	bool is_busy;
	bool is_alone;               /* its worker plays one test, which we have prepared */
	bool has_told;               /* of that one */
	struct arena *arena;         /* of what is prepared here */
	struct prepared prepared;
	struct player player;
	struct worker worker;
	size_t printer;              /* the test that has printed what we have of its output */
	enum work work;
	int64_t work_until_us;       /* while it is held */
};

/* What is known of a test that was played and may be played again. */
struct attempts {
	uint32_t n;
	uint32_t line;               /* where each of them failed; 0: not always at the same line */
	const struct test_record *last;
};

struct pool {
	struct arena *arena;
	const struct pool_test *test;
	const struct pool_options *opt;
	struct board *board;
	struct slot *slot;
	unsigned int n_slots;
	struct pollfd *fd;           /* the signals', then FDS_PER_SLOT per slot */
	int signal_fd, signal;
	sigset_t old_mask;
	unsigned int n_working, work_max;    /* workers that hold a processor */
	struct attempts *attempts;   /* per test */
	const struct test_record **waiting;  /* per test: its record, until it is its turn */
	size_t n_tests, n_told;      /* those before n_told have been told, or never will be */
	bool is_shared;              /* workers take their tests themselves, in the order of the suite */
	size_t *queue;               /* else: tests to run in this pass, and which is next */
	size_t n_queue, next;
	size_t *again;               /* tests for the next pass */
	size_t n_again;
	pid_t *ending;               /* workers that have reported and may still be exiting */
	size_t n_ending;
	int look_ms;                 /* while it is shared: how soon we look at the board */
	int64_t tick_us;             /* when the next opt->tick is due */
	int64_t end_us;              /* of the whole run; INT64_MAX: none */
	bool is_stopped;             /* whoever takes the records has had enough */
	bool is_over;                /* the time of the whole run was up */
};

int64_t pool_now_us(void);

/** pool_deliver() - a test was played: tell of it, or put it aside to be played again */
void pool_deliver(struct pool *p, const struct test_record *rec, size_t index);

/** slot_start_alone() - play one test in a worker of its own; what needs none is done at once */
void slot_start_alone(struct pool *p, struct slot *s, size_t index);

/** slot_start_shared() - let a worker play a test that was taken for it, and those that nobody has */
void slot_start_shared(struct pool *p, struct slot *s, size_t index);

/** slot_serve() - take what the worker has sent, see whether it ended or must be ended */
void slot_serve(struct pool *p, struct slot *s, bool has_ended);

/** slot_abandon() - kill the worker; the test that it plays has no verdict */
void slot_abandon(struct pool *p, struct slot *s);

/** slot_cut() - as slot_abandon(), but all that it has sent is told, and its test to opt->cut */
void slot_cut(struct pool *p, struct slot *s);

/** slot_give_work() - let those who asked begin their work, as far as there are processors */
void slot_give_work(struct pool *p);

/** slot_next_us() - when something is to be done for it without being told */
int64_t slot_next_us(const struct pool *p, const struct slot *s);

#endif
