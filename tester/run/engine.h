/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_RUN_ENGINE_H
#define TCPDRILL_RUN_ENGINE_H

#include <stdbool.h>
#include <stdint.h>

struct arena;
struct plan;
struct target_row;
struct test_record;

/* What a test asks of the processor. Until the first of these it is being set up, which is work. */
enum engine_work {
	ENGINE_IDLE,                 /* only waits from now on, and must be served when it wakes */
	ENGINE_BUSY,                 /* a command in the middle: has begun work that cannot wait */
	ENGINE_ASKS,                 /* cleanup, Python: has work that can; begins when told so */
};

typedef void engine_work_fn(void *ctx, enum engine_work work);

struct engine_options {
	bool trace;                  /* every event as text into record->output */
	bool trace_states;           /* with trace: the state under test when a step has changed it, and
					when the script ends */
	bool verbose;                /* packetdrill's -v: packets and calls */
	bool strict_end;             /* unread packets at the end are an error */
	bool no_shell;               /* refuse scripts that run commands */
	bool pass_output;            /* commands and python write to our stdout */
	uint32_t believed_line;      /* 0, or where a late stack is believed on a busy machine, too */
	int64_t timeout_us;          /* of the whole test, 0: none */
	const char *pcap_path;       /* NULL: none */
	uint64_t seed;               /* of a stack that draws at random */
	const char *profile;         /* of the stack; NULL: its own */
	const char *fault;           /* of the bundled stack, in the test build; NULL: none */
	engine_work_fn *on_work;     /* NULL: nobody cares */
	void *work_ctx;
	const char *work_dir;        /* where shell commands run; NULL: the current directory */
};

/**
 * engine_run() - play one plan against one stack
 * @a:    findings and texts of the record are allocated here
 * @rec:  id fields are the caller's; verdict, reason, times (of the target's clock), findings,
 *        output are filled
 *
 * Must be called inside a sandbox when the target wants one. Never fails itself: what goes wrong
 * is a verdict.
 */
void engine_run(struct arena *a, const struct plan *p, const struct target_row *stack,
		const struct engine_options *opt, struct test_record *rec);

#endif
