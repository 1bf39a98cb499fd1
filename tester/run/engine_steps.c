/* SPDX-License-Identifier: BSD-2-Clause */
/* What each kind of step does. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/util.h"
#include "run/engine_impl.h"
#include "run/environment.h"

enum {
	WAIT_MIN_US = 2000000,         /* beyond the expected time (language: 2.6) */
	QUIET_GRACE_US = 20000,        /* for a packet of the last moment to reach the capture */
	PENDING_CALL_US = 1000000,
};

static const int64_t NEVER_US = INT64_MAX / 4000;

/* ---- packets in ---- */

static int step_packet_in(struct engine *e, const struct plan_step *step, const struct due *d)
{
	const struct run_config *cfg = &e->plan->config;
	const struct plan_packet *p = step->u.packet;
	const uint8_t *bytes;
	size_t n;
	uint16_t gso = cfg->mss_bytes && p->payload_len > cfg->mss_bytes
			       ? (uint16_t)cfg->mss_bytes
			       : 0;
	int64_t at_ns, at_us;

	if (judge_build(e->judge, step, &bytes, &n) < 0)
		return -ERR_STATE;
	if (engine_wait_until(e, step, d) < 0)
		return -ERR_TIMEOUT;
	if (e->target->ops->inject(e->target, bytes, n, gso, &at_ns) < 0) {
		judge_finding(e->judge, FINDING_ENVIRONMENT, step->span, NULL, NULL,
			      "the packet could not be handed to the stack: %s", strerror(errno));
		return -ERR_IO;
	}
	at_us = (at_ns - e->zero_ns) / 1000;
	judge_note_injected(e->judge, step, bytes, n, at_us);
	engine_trace_packet(e, true, bytes, n, at_us);
	engine_log_injected(e, step, bytes, n, at_ns);
	e->last_scheduled_us = d->from_us;
	e->acted_us = at_us;
	return 0;
}

/* ---- packets out ---- */

static int64_t script_end_us(const struct engine *e)
{
	return (e->end_ns - e->zero_ns) / 1000;
}

static int64_t virtual_end_us(const struct engine *e, int64_t reached_us)
{
	int64_t end_us = script_end_us(e);

	return end_us > reached_us ? end_us : reached_us + e->opt->timeout_us;
}

static int64_t give_up_at(const struct engine *e, const struct plan_step *step,
			  const struct due *d)
{
	int64_t limit_us = WAIT_MIN_US + d->to_us - e->last_nominal_us;

	if (step->time.kind == PLAN_TIME_ANY) {
		/* The test's own time-out ends it. In virtual time a script may be beyond that. */
		if (e->target->clock == TARGET_CLOCK_VIRTUAL && e->opt->timeout_us > 0)
			return virtual_end_us(e, d->reached_us);
		return NEVER_US;
	}
	limit_us -= limit_us % 1000000;        /* whole seconds, as scripts are tuned to */
	if (limit_us < d->to_us + d->tolerance_us - d->reached_us + 100000)
		limit_us = d->to_us + d->tolerance_us - d->reached_us + 100000;
	return d->reached_us + limit_us;
}

static enum judge_answer meet(struct engine *e, const struct plan_step *step,
			      const struct judge_window *w, struct captured *c, int64_t *at_us)
{
	const struct finding *before = e->log ? engine_last_finding(e) : NULL;
	enum judge_answer answer = judge_packet(e->judge, step, w, c->bytes, c->n, c->at_us);

	*at_us = c->at_us;
	engine_log_judged(e, c, step, answer, before);
	if (answer == JUDGE_MISMATCH)
		engine_doubt_timing(e, step, w, c->at_us);
	engine_drop_packet(c);
	return answer;
}

static int step_packet_out(struct engine *e, const struct plan_step *step, const struct due *d)
{
	const struct judge_window w = {
		.is_any = step->time.kind == PLAN_TIME_ANY,
		.is_range = d->from_us != d->to_us,
		.from_us = d->from_us,
		.to_us = d->to_us,
		.tolerance_us = d->tolerance_us,
		.since_start_us = d->from_us,
	};
	int64_t deadline_us = give_up_at(e, step, d), at_us;
	struct captured c;
	int rc;

	if (judge_expects(e->judge, step) < 0)
		return -ERR_STATE;
	while ((rc = engine_next_packet(e, deadline_us, &c)) > 0) {
		switch (meet(e, step, &w, &c, &at_us)) {
		case JUDGE_IGNORED:
		case JUDGE_MORE:
			break;
		case JUDGE_MATCHED:
			return 0;
		case JUDGE_MISMATCH:
			return -ERR_STATE;
		}
	}
	if (rc < 0)
		return rc;
	at_us = engine_now_us(e);
	/* Had there been more time, it might still have come when it should. */
	if (!w.is_any && at_us <= d->to_us + d->tolerance_us)
		return engine_end(e, step->span, "before this packet was due");
	judge_missing(e->judge, step, at_us, at_us - d->reached_us);
	return -ERR_TIMEOUT;
}

/* ---- quiet ---- */

static int step_quiet(struct engine *e, const struct plan_step *step, const struct due *d)
{
	int64_t end_us = d->from_us + step->u.quiet_us, until_us = end_us;
	bool is_cut;
	int rc = 0;

	if (engine_wait_until(e, step, d) < 0)
		return -ERR_TIMEOUT;
	if (e->target->clock == TARGET_CLOCK_REAL)
		until_us += QUIET_GRACE_US;
	is_cut = e->target->clock == TARGET_CLOCK_REAL && until_us > script_end_us(e);
	if (is_cut)
		end_us = until_us = script_end_us(e);
	e->target->ops->sleep_until(e->target, e->zero_ns + until_us * 1000);
	engine_note_late(e, engine_now_us(e) - until_us);
	if (engine_drain(e) < 0)
		return -ERR_STATE;
	/* What was sent before and not read yet breaks the quiet, too: no line can want it now. */
	for (size_t i = e->head; i < e->n_queue; i++) {
		struct captured *c = &e->queue[i];

		if (c->at_us > end_us || !judge_owns(e->judge, c->bytes, c->n))
			continue;
		judge_surplus(e->judge, step, c->bytes, c->n, c->at_us,
			      c->at_us < d->from_us, false);
		engine_log_judged(e, c, step, JUDGE_MISMATCH, NULL);
		rc = -ERR_STATE;
	}
	if (rc == 0 && is_cut)
		return engine_end(e, step->span, "before this was over");
	return rc;
}

/* ---- calls ---- */

static int64_t map_label(void *ctx, int64_t label)
{
	return judge_handle(ctx, label);
}

static int64_t script_time_ns(void *ctx, int64_t real_ns)
{
	const struct engine *e = ctx;

	return e->target->ops->real_to_clock_ns(e->target, real_ns) - e->zero_ns;
}

static int call_failed_to_run(struct engine *e, const struct plan_step *step, int rc,
			      const char *why)
{
	const char *name = step->u.call->row->name;

	if (rc == -ERR_TIMEOUT && engine_is_over(e)) {
		return engine_end(e, step->span,
				  arena_printf(e->a, "before %s() returned", name));
	} else if (rc == -ERR_TIMEOUT) {
		judge_finding(e->judge, FINDING_CALL, step->span, NULL,
			      "if it is meant to block, write when it starts and when it returns: "
			      "+0...0.5",
			      "%s() blocks, but is not written as a call that may", name);
		return rc;
	}
	judge_finding(e->judge, rc == -ERR_UNSUPPORTED ? FINDING_UNSUPPORTED : FINDING_INTERNAL,
		      step->span, NULL, NULL, "%s(): %s", name, why);
	return rc;
}

static struct judge_window return_window(const struct engine *e, const struct plan_step *step,
					 const struct due *d)
{
	return (struct judge_window){
		.is_any = !step->time.has_until,
		.from_us = d->until_us,
		.to_us = d->until_us,
		.tolerance_us = engine_tolerance_us(e, d->until_us - d->from_us),
	};
}

static int start_call(struct engine *e, const struct plan_step *step, const struct due *d,
		      const struct call_request *req)
{
	struct judge_window w = return_window(e, step, d);
	struct call_result *res = ARENA_NEW(e->a, struct call_result);
	const char *why = "";
	int64_t began_us, ended_us;
	int rc;

	engine_trace_call(e, step);
	began_us = engine_now_us(e);
	rc = e->target->ops->call(e->target, req, res, &why);
	if (rc < 0)
		return call_failed_to_run(e, step, rc, why);
	if (rc == TARGET_CALL_PENDING) {
		engine_trace(e, "%.6f %s() blocks", (double)engine_now_us(e) / 1e6,
			     step->u.call->row->name);
		e->pending = step;
		e->pending_window = w;
		/* To hand a call to its thread is our work, and puts off the next line. */
		e->acted_us = engine_now_us(e);
		engine_note_late(e, e->acted_us - began_us);
		return 0;
	}
	ended_us = (res->end_ns - e->zero_ns) / 1000;
	e->acted_us = ended_us;
	e->call_took_us = ended_us - began_us;
	engine_note_late(e, res->late_ns / 1000);
	engine_doubt_timing(e, step, &w, ended_us);
	/* What it sent was sent after it began. */
	engine_trace_result(e, step, res, began_us);
	return judge_call_returned(e->judge, step, res, &w, ended_us, script_time_ns, e)
		       ? 0
		       : -ERR_STATE;
}

static int step_call(struct engine *e, const struct plan_step *step, const struct due *d)
{
	const struct call_spec *spec = step->u.call;
	struct call_request *req = ARENA_NEW(e->a, struct call_request);
	int64_t bad = -1;

	*req = (struct call_request){ .spec = spec, .addresses = &e->addresses,
				      .keep_buffers = e->plan->config.send_omit_free,
				      .deadline_ns = e->end_ns };
	if (engine_wait_until(e, step, d) < 0)
		return -ERR_TIMEOUT;
	if (e->pending && engine_finish_call(e, engine_now_us(e) + PENDING_CALL_US) < 0)
		return -ERR_STATE;
	if (judge_call_begins(e->judge, step) < 0)
		return -ERR_STATE;
	req->payload = judge_next_written(e->judge, step);
	req->arg = call_map_fds(e->a, spec, map_label, e->judge, &bad);
	if (!req->arg) {
		judge_finding(e->judge, FINDING_INTERNAL, step->span, NULL, NULL,
			      "descriptor %" PRId64 " is not open in this script", bad);
		return -ERR_STATE;
	}
	return start_call(e, step, d, req);
}

/* ---- commands ---- */

/* What it printed, under a heading of its own. */
static const char *printed(struct engine *e, const struct target_command_result *res)
{
	if (!res->output || !*res->output)
		return e->opt->pass_output ? NULL : "it printed nothing";
	return arena_printf(e->a, "it printed:\n%s", res->output);
}

static const char *ending(struct engine *e, int status)
{
	enum { KILLED = 128 };        /* + signal, as shells say it */

	if (status > KILLED && status - KILLED <= SIGRTMAX)
		return arena_printf(e->a, "was killed by signal %d (%s)", status - KILLED,
				    strsignal(status - KILLED));
	return arena_printf(e->a, "failed with exit status %d", status);
}

static int command_failed(struct engine *e, const char *text, struct span span, const char *what,
			  bool is_setup, const struct target_command_result *res)
{
	bool is_of_stack = false;
	const char *missing = environment_explain(e->a, text, res->status, res->output,
						  &is_of_stack);
	enum finding_kind kind = missing || is_setup ? FINDING_ENVIRONMENT : FINDING_COMMAND;
	const char *detail = printed(e, res);

	if (is_of_stack && !e->stack->is_system)
		kind = FINDING_UNSUPPORTED;
	e->is_over |= res->timed_out;
	if (res->timed_out)
		judge_finding(e->judge, FINDING_COMMAND, span, detail, NULL,
			      "%s did not end before the test's time was up", what);
	else if (missing)
		judge_finding(e->judge, kind, span, detail, NULL, "%s failed: %s", what, missing);
	else
		judge_finding(e->judge, kind, span, detail, NULL, "%s %s", what,
			      ending(e, res->status));
	return -ERR_STATE;
}

int engine_command(struct engine *e, const char *text, struct span span, const char *what,
		   bool is_setup)
{
	struct target_command_result res = { 0 };
	const char *why = "";

	if (e->target->ops->command(e->target, text, e->wall_end_ns, &res, &why) < 0) {
		judge_finding(e->judge, FINDING_ENVIRONMENT, span, NULL, NULL,
			      "%s could not be started: %s", what, why);
		return -ERR_ENVIRONMENT;
	}
	if (res.status != 0 || res.timed_out)
		return command_failed(e, text, span, what, is_setup, &res);
	if (res.refused || res.unsupported) {
		judge_finding(e->judge, res.unsupported ? FINDING_UNSUPPORTED
				       : is_setup       ? FINDING_ENVIRONMENT
							: FINDING_COMMAND,
			      span, res.output, NULL, "%s: %s", what,
			      res.unsupported ? res.unsupported : res.refused);
		return -ERR_STATE;
	}
	if (!e->doubt)
		e->doubt = environment_doubt(e->a, text, res.output);
	if (res.output && *res.output)
		engine_trace(e, "%s", res.output);
	return 0;
}

static int step_command(struct engine *e, const struct plan_step *step, const struct due *d)
{
	int rc;

	if (engine_wait_until(e, step, d) < 0)
		return -ERR_TIMEOUT;
	engine_work(e, ENGINE_BUSY);
	rc = engine_command(e, step->u.text.text, step->u.text.span, "the command", false);
	engine_work(e, ENGINE_IDLE);
	return rc;
}

/* ---- code and assertions ---- */

/*
 * What was asked is false (@rc 0 or 1), or cannot be told (negative, see engine_names.c): because
 * the stack lacks it, because its packet has no such option (ERR_STATE), or because of the script,
 * which asks too early or compares a state with a string: that says nothing about the stack.
 */
static int report_failure(struct engine *e, enum finding_kind kind, struct span fallback,
			  const struct expr_failure *f, int rc)
{
	if (rc == -ERR_UNSUPPORTED)
		kind = FINDING_UNSUPPORTED;
	else if (rc < 0 && rc != -ERR_STATE)
		kind = FINDING_INTERNAL;
	judge_finding(e->judge, kind, f->span.len ? f->span : fallback, f->values, NULL, "%s",
		      f->message);
	return -ERR_STATE;
}

static int step_code(struct engine *e, const struct plan_step *step, const struct due *d)
{
	struct expr_env env = engine_expr_env(e);
	struct expr_failure f = { 0 };
	const char *why = "";
	int rc;

	if (engine_wait_until(e, step, d) < 0)
		return -ERR_TIMEOUT;
	rc = engine_info(e, &why);
	if (rc < 0) {
		f.message = arena_printf(e->a, "the variables of this block cannot be read: %s",
					 why);
		return report_failure(e, FINDING_CODE, step->u.text.span, &f, rc);
	}
	if (!e->plan->code_is_builtin) {
		pycode_add(e->pycode, e->info, e->n_info, step->u.text.text, step->u.text.len,
			   step->line);
		return 0;
	}
	rc = code_run(step->u.text.code, e->vars, &env, &e->output, &f);
	return rc == 0 ? 0 : report_failure(e, FINDING_CODE, step->u.text.span, &f, rc);
}

static void note_time(void *ctx, enum expr_use use, const char *name, const char *member,
		      size_t n_args, struct span span)
{
	bool *has_time = ctx;

	(void)name;
	(void)n_args;
	(void)span;
	*has_time |= use == EXPR_USE_OBJECT && strcmp(member, "time") == 0;
}

/* Does it say when packets came? */
static bool reads_times(const struct expr *expr)
{
	bool has_time = false;

	expr_visit(expr, note_time, &has_time);
	return has_time;
}

static int step_assert(struct engine *e, const struct plan_step *step, const struct due *d)
{
	struct expr_env env = engine_expr_env(e);
	struct expr_failure f = { 0 };
	int rc;

	if (engine_wait_until(e, step, d) < 0)
		return -ERR_TIMEOUT;
	rc = expr_check(step->u.expr, &env, &f);
	if (rc == 0 && reads_times(step->u.expr))
		engine_doubt_times(e, step);
	return rc == 1 ? 0 : report_failure(e, FINDING_ASSERT, step->span, &f, rc);
}

/* ---- all ---- */

static int play(struct engine *e, const struct plan_step *step, const struct due *d)
{
	switch (step->kind) {
	case PLAN_PACKET_IN:
		return step_packet_in(e, step, d);
	case PLAN_PACKET_OUT:
		return step_packet_out(e, step, d);
	case PLAN_CALL:
		return step_call(e, step, d);
	case PLAN_COMMAND:
		return step_command(e, step, d);
	case PLAN_CODE:
		return step_code(e, step, d);
	case PLAN_ASSERT:
		return step_assert(e, step, d);
	case PLAN_QUIET:
		return step_quiet(e, step, d);
	}
	return -ERR_UNSUPPORTED;
}

int engine_step(struct engine *e, const struct plan_step *step)
{
	struct due d = engine_due(e, step);
	int rc;

	e->has_info = false;
	engine_note_stalls(e);
	/* Between a packet or call and the next line we do next to nothing: more was taken from us. */
	if (e->has_last && (e->last_kind == PLAN_PACKET_IN || e->last_kind == PLAN_CALL))
		engine_note_late(e, d.reached_us - e->acted_us);
	if (e->has_last && engine_is_over(e))
		rc = engine_end(e, step->span, "when this line was reached");
	else
		rc = play(e, step, &d);
	e->last_nominal_us = step->time.kind == PLAN_TIME_ANY ? d.reached_us : d.from_us;
	e->last_kind = step->kind;
	e->has_last = true;
	return rc;
}
