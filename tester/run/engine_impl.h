/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_RUN_ENGINE_IMPL_H
#define TCPDRILL_RUN_ENGINE_IMPL_H

#include "base/buf.h"
#include "base/util.h"
#include "judge/judge.h"
#include "run/engine.h"
#include "run/pycode.h"
#include "script/plan.h"
#include "target/target.h"

/* Private to run/engine*.c. */

/* An outbound packet that was captured and not judged yet. */
struct captured {
	uint8_t *bytes;                /* malloc'ed; freed when consumed */
	size_t n;
	int64_t at_us;
	uint64_t log_id;               /* in the packet log */
};

struct packet_log;

struct engine {
	struct arena *a;
	const struct plan *plan;
	const struct engine_options *opt;
	const struct target_row *stack;
	struct target *target;
	struct judge *judge;
	struct call_addresses addresses;
	int64_t zero_ns;               /* script time zero on the target's clock */
	int64_t end_ns;                /* of the whole test on the target's clock; INT64_MAX: none.
					  A stack in virtual time may go beyond it */
	int64_t wall_end_ns;           /* the same in our time, to which all is held that takes some */

	struct packet_log *log;        /* NULL: none is wanted */
	int64_t real_shift_ns;         /* from the target's clock to the time since 1970 */

	struct captured *queue;        /* ring-free: consumed from head, appended at n */
	size_t head, n_queue, cap_queue;

	/* time bases (language: 2.3, 2.5) */
	int64_t last_nominal_us;
	int64_t acted_us;              /* when the last packet really went in, or call came back */
	int64_t call_took_us;          /* of a call that was the last step */
	int64_t last_scheduled_us;     /* of an inbound packet */
	enum plan_step_kind last_kind;
	bool has_last;

	/* the blocking call in flight */
	const struct plan_step *pending;
	struct judge_window pending_window;

	struct code_vars *vars;
	struct pycode *pycode;
	const struct target_info *info; /* of this step, read once */
	size_t n_info;
	bool has_info;

	int64_t stalled_us[2];         /* target's stalled_us() as this step and the one before began */
	int64_t late_us;               /* worst lateness of our own actions */
	bool is_over;                  /* the time was up before what was found could show */
	bool was_late;                 /* beyond the tolerance: no verdict about the stack */
	bool told_late;                /* a finding says how much */
	const char *doubt;             /* what the machine lacked, though its command went on */
	enum tcp_state traced_state;   /* as last shown in the trace */
	struct buf output;
};

/* When an event is due, on the script's clock. */
struct due {
	int64_t from_us, to_us;
	int64_t until_us;
	int64_t reached_us;
	int64_t tolerance_us;
};

/** engine_now_us() - script time now */
int64_t engine_now_us(const struct engine *e);

/** engine_wall_ns() - our own time, by which the test's is limited */
int64_t engine_wall_ns(const struct engine *e);

/** engine_is_over() - whether the test's time is up */
bool engine_is_over(const struct engine *e);

/**
 * engine_end() - the test's time is up: that is the verdict, at @span, where it stood
 * @at: "before this line was due"
 * Return: -ERR_TIMEOUT
 */
int engine_end(struct engine *e, struct span span, const char *at);

/** engine_due() - when @step is due, seen from now */
struct due engine_due(struct engine *e, const struct plan_step *step);

/** engine_tolerance_us() - for a distance between two events (language: 2.5) */
int64_t engine_tolerance_us(const struct engine *e, int64_t distance_us);

/**
 * engine_wait_until() - let time pass until the step is due, then see how late we are
 * Return: 0; negative after a finding (late beyond tolerance)
 */
int engine_wait_until(struct engine *e, const struct plan_step *step, const struct due *d);

/**
 * engine_note_late() - we, or a call's thread, awoke @late_us after what was waited for
 *
 * Beyond the tolerance all that is relative to "now" has been put off, and what the stack did
 * meanwhile is not its fault.
 */
void engine_note_late(struct engine *e, int64_t late_us);

/**
 * engine_doubt_timing() - something happened at @at_us, which @w was to hold: when it does not, and
 * our own lateness so far could explain that, nothing is proved about the stack
 */
void engine_doubt_timing(struct engine *e, const struct plan_step *step,
			 const struct judge_window *w, int64_t at_us);

/** engine_doubt_times() - an assertion about times of packets failed: has the machine delayed them? */
void engine_doubt_times(struct engine *e, const struct plan_step *step);

/** engine_note_stalls() - a step begins: remember how much this machine was short of processors */
void engine_note_stalls(struct engine *e);

/** engine_drain() - take in all events that have happened; negative after a finding */
int engine_drain(struct engine *e);

/**
 * engine_take_rest() - the test has failed: take in what has happened until now, for the trace
 *
 * Nobody judges it any more, and it changes no verdict.
 */
void engine_take_rest(struct engine *e);

/**
 * engine_next_packet() - the oldest captured packet, waiting for one until @deadline_us
 * @out: to be freed with engine_drop_packet()
 * Return: 1 with a packet; 0 when none came; negative after a finding
 */
int engine_next_packet(struct engine *e, int64_t deadline_us, struct captured *out);

/** engine_drop_packet() - free a consumed packet */
void engine_drop_packet(struct captured *c);

/** engine_work() - tell whoever shares out the processors */
void engine_work(const struct engine *e, enum engine_work work);

/** engine_step() - play one step. 0, or negative after a finding */
int engine_step(struct engine *e, const struct plan_step *step);

/** engine_command() - run shell text; negative after a finding */
int engine_command(struct engine *e, const char *text, struct span span, const char *what,
		   bool is_setup);

/** engine_expr_env() - how names in expressions get their values in this run */
struct expr_env engine_expr_env(struct engine *e);

/** engine_info() - variables of the socket under test, once a step. 0 or negative with *why */
int engine_info(struct engine *e, const char **why);

/** engine_trace() - a line of the trace when it is wanted */
void engine_trace(struct engine *e, const char *fmt, ...) PRINTF_LIKE(2, 3);

/** engine_trace_packet() - a packet for --trace and -v */
void engine_trace_packet(struct engine *e, bool is_inbound, const uint8_t *bytes, size_t n,
			 int64_t at_us);

/** engine_log_open() - begin the capture file that is wanted, if one is; 0 or -ERR_IO with errno */
int engine_log_open(struct engine *e);

/** engine_log_injected() - a packet of @step was handed to the stack at @at_ns */
void engine_log_injected(struct engine *e, const struct plan_step *step, const uint8_t *bytes,
			 size_t n, int64_t at_ns);

/** engine_log_captured() - the stack has sent a packet at @at_ns. Its number in the log */
uint64_t engine_log_captured(struct engine *e, const uint8_t *bytes, size_t n, int64_t at_ns);

/** engine_log_judged() - what the judge said to a packet that met @step; @before: the last finding
 * before it */
void engine_log_judged(struct engine *e, const struct captured *c, const struct plan_step *step,
		       enum judge_answer answer, const struct finding *before);

/** engine_log_note() - anything else that became of a packet */
void engine_log_note(struct engine *e, const struct captured *c, const char *comment);

/** engine_log_settle() - all packets from before now are known, and there is time until @until_ns */
void engine_log_settle(struct engine *e, int64_t until_ns);

/** engine_log_close() - take in what the stack has sent since, write the rest; the result of the
 * test is known already */
void engine_log_close(struct engine *e);

/** engine_last_finding() - or NULL */
const struct finding *engine_last_finding(const struct engine *e);

/** engine_trace_result() - a call and what it returned, for --trace */
void engine_trace_result(struct engine *e, const struct plan_step *step,
			 const struct call_result *res, int64_t at_us);

/** engine_trace_call() - a call that begins, for -v (language: 7.5) */
void engine_trace_call(struct engine *e, const struct plan_step *step);

/** engine_trace_state() - the state of the connection under test, when it is not what it was */
void engine_trace_state(struct engine *e);

/** engine_finish_call() - wait for the pending call, at most until @deadline_us */
int engine_finish_call(struct engine *e, int64_t deadline_us);

#endif
