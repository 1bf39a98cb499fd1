/* SPDX-License-Identifier: BSD-2-Clause */
/* Time bases, waiting, and the queue of what the stack sent meanwhile. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/duration.h"
#include "base/err.h"
#include "run/engine_impl.h"

int64_t engine_now_us(const struct engine *e)
{
	return (e->target->ops->now_ns(e->target) - e->zero_ns) / 1000;
}

int64_t engine_wall_ns(const struct engine *e)
{
	const struct target_ops *ops = e->target->ops;

	return ops->wall_ns ? ops->wall_ns(e->target) : ops->now_ns(e->target);
}

bool engine_is_over(const struct engine *e)
{
	const struct target *t = e->target;

	if (t->clock == TARGET_CLOCK_REAL)
		return t->ops->now_ns(e->target) >= e->end_ns;
	return t->ops->wall_ns && t->ops->wall_ns(e->target) >= e->wall_end_ns;
}

int engine_end(struct engine *e, struct span span, const char *at)
{
	e->is_over = true;
	judge_finding(e->judge, FINDING_TIMING, span, NULL,
		      "--timeout, or a line '//! timeout: 5s', says how long a test may take",
		      "the test's time, %.3g s, was up %s", (double)e->opt->timeout_us / 1e6, at);
	return -ERR_TIMEOUT;
}

static int64_t to_ns(const struct engine *e, int64_t script_us)
{
	return e->zero_ns + script_us * 1000;
}

int64_t engine_tolerance_us(const struct engine *e, int64_t distance_us)
{
	const struct run_config *c = &e->plan->config;
	int64_t percent = (int64_t)(c->tolerance_percent / 100 * (double)distance_us);

	return percent > c->tolerance_us ? percent : c->tolerance_us;
}

/*
 * A burst of inbound packets runs on its own schedule, so that it does not drift; everything else
 * is relative to the moment at which it is reached (language: 2.3).
 */
static int64_t relative_base(const struct engine *e, const struct plan_step *step, int64_t now_us)
{
	if (e->has_last && step->kind == PLAN_PACKET_IN && e->last_kind == PLAN_PACKET_IN)
		return e->last_scheduled_us;
	return now_us;
}

struct due engine_due(struct engine *e, const struct plan_step *step)
{
	const struct plan_time *t = &step->time;
	struct due d = { .reached_us = engine_now_us(e) };
	int64_t base = relative_base(e, step, d.reached_us);

	switch (t->kind) {
	case PLAN_TIME_ABSOLUTE:
	case PLAN_TIME_ABSOLUTE_RANGE:
		base = 0;
		break;
	case PLAN_TIME_RELATIVE:
	case PLAN_TIME_RELATIVE_RANGE:
		break;
	case PLAN_TIME_ANY:
		base = d.reached_us;
		break;
	}
	d.from_us = base + t->start_us;
	d.to_us = base + t->end_us;
	d.until_us = base + t->until_us;
	d.tolerance_us = engine_tolerance_us(e, d.from_us - e->last_nominal_us);
	return d;
}

/* Whose fault is it? Ours when we woke up late; that of the line before when it took so long. */
static int report_late(struct engine *e, const struct plan_step *step, const struct due *d,
		       int64_t late_us)
{
	bool reached_late = d->reached_us > d->from_us + d->tolerance_us;

	double late_ms = (double)late_us / 1e3;
	struct duration_text tolerance = duration_ms(d->tolerance_us);

	if (reached_late && e->last_kind == PLAN_CALL) {
		judge_finding(e->judge, FINDING_TIMING, step->time.span, NULL,
			      "a call that is meant to block is written with '...' and its end",
			      "the call before this line took so long that this line is %.3f ms "
			      "late (tolerance %s)", late_ms, tolerance.text);
		return -ERR_TIMEOUT;
	}
	e->was_late = true;
	if (reached_late) {
		judge_finding(e->judge, FINDING_TIMING, step->time.span, NULL,
			      "after something slow, such as a command, use a relative time: +0",
			      "what stands before this line took so long that this line is "
			      "%.3f ms late (tolerance %s)", late_ms, tolerance.text);
	} else {
		engine_note_late(e, late_us);
		e->told_late = true;
		judge_finding(e->judge, FINDING_TIMING, step->time.span,
			      "tcpdrill was not given the processor in time; this says nothing "
			      "about the stack", "on a busy machine try -j1, or a larger "
			      "--tolerance_usecs",
			      "tcpdrill itself was %.3f ms late for this line (tolerance %s)",
			      late_ms, tolerance.text);
	}
	return -ERR_TIMEOUT;
}

/* Virtual time costs nothing: a script may play for days of it. */
static int64_t wait_limit_ns(const struct engine *e, int64_t deadline_us)
{
	int64_t deadline_ns = to_ns(e, deadline_us);

	if (e->target->clock == TARGET_CLOCK_REAL && deadline_ns > e->end_ns)
		return e->end_ns;
	return deadline_ns;
}

int engine_wait_until(struct engine *e, const struct plan_step *step, const struct due *d)
{
	int64_t late_us, until_ns = wait_limit_ns(e, d->from_us);

	if (engine_drain(e) < 0)
		return -ERR_STATE;
	engine_log_settle(e, until_ns);
	if (!e->has_last)
		return 0;              /* the first event makes time zero: it cannot be late */
	e->target->ops->sleep_until(e->target, until_ns);
	if (until_ns < to_ns(e, d->from_us))
		return engine_end(e, step->span, "before this line was due");
	late_us = engine_now_us(e) - d->from_us;
	if (late_us > d->tolerance_us)
		return report_late(e, step, d, late_us);
	if (late_us > e->late_us && d->reached_us <= d->from_us)
		e->late_us = late_us;
	return 0;
}

static int64_t stalled_us(const struct engine *e)
{
	return e->target->ops->stalled_us ? e->target->ops->stalled_us(e->target) : 0;
}

void engine_note_stalls(struct engine *e)
{
	e->stalled_us[1] = e->stalled_us[0];
	e->stalled_us[0] = stalled_us(e);
}

static int64_t stolen_us(const struct engine *e)
{
	return e->target->ops->stolen_us ? e->target->ops->stolen_us(e->target) : 0;
}

/* The machine as a whole may have kept the stack waiting for a processor, not only us. */
static int64_t stalled_lately_us(const struct engine *e)
{
	return stalled_us(e) - e->stalled_us[1] + stolen_us(e);
}

/* It was late there each time before, too: that something else came between just then, again and
 * again, is not likely. */
static bool is_believed(const struct engine *e, const struct plan_step *step)
{
	uint32_t line = e->opt->believed_line;
	uint32_t end = step->span.off + step->span.len;
	const struct source *src = e->plan->src;

	/* The lines of an opening all count as the one that asks for them. */
	if (source_origin(src, step->span.off).src != source_origin(src, 0).src)
		return false;
	return line && line >= step->line && line <= source_place(e->plan->src, end).line;
}

void engine_doubt_timing(struct engine *e, const struct plan_step *step,
			 const struct judge_window *w, int64_t at_us)
{
	int64_t late_us = at_us - w->to_us - w->tolerance_us;
	int64_t early_us = w->from_us - w->tolerance_us - at_us;

	if (w->is_any || (late_us <= 0 && early_us <= 0))
		return;
	/* A call that took long puts off the line behind it, and none can tell who was slow. */
	if (early_us > 0 && e->last_kind == PLAN_CALL && e->call_took_us >= early_us &&
	    !is_believed(e, step))
		engine_note_late(e, e->call_took_us);
	/* A starved stack is late, never early. */
	if (late_us > 0 && stalled_lately_us(e) >= late_us && !is_believed(e, step))
		engine_note_late(e, stalled_lately_us(e));
	if (e->late_us >= late_us && e->late_us >= early_us)
		e->was_late = true;
}

static void enqueue(struct engine *e, const struct target_event *ev)
{
	struct captured *c;

	if (e->head == e->n_queue)
		e->head = e->n_queue = 0;
	if (e->n_queue == e->cap_queue) {
		e->cap_queue = e->cap_queue ? e->cap_queue * 2 : 64;
		e->queue = realloc(e->queue, e->cap_queue * sizeof(*e->queue));
		if (!e->queue)
			abort();
	}
	c = &e->queue[e->n_queue++];
	*c = (struct captured){ .bytes = malloc(ev->n_bytes ? ev->n_bytes : 1),
				.n = ev->n_bytes,
				.at_us = (ev->at_ns - e->zero_ns) / 1000 };
	if (!c->bytes)
		abort();
	memcpy(c->bytes, ev->bytes, ev->n_bytes);
	c->log_id = engine_log_captured(e, c->bytes, c->n, ev->at_ns);
	engine_trace_packet(e, false, c->bytes, c->n, c->at_us);
}

void engine_drop_packet(struct captured *c)
{
	free(c->bytes);
	c->bytes = NULL;
}

static int64_t script_time_ns(void *ctx, int64_t real_ns)
{
	const struct engine *e = ctx;

	return e->target->ops->real_to_clock_ns(e->target, real_ns) - e->zero_ns;
}

static int call_returned(struct engine *e, const struct target_event *ev)
{
	const struct plan_step *step = e->pending;
	int64_t at_us = (ev->at_ns - e->zero_ns) / 1000;

	e->pending = NULL;
	if (!step)
		return 0;
	engine_note_late(e, ev->result->late_ns / 1000);
	engine_doubt_timing(e, step, &e->pending_window, at_us);
	engine_trace_result(e, step, ev->result, at_us);
	return judge_call_returned(e->judge, step, ev->result, &e->pending_window, at_us,
				   script_time_ns, e)
		       ? 0
		       : -ERR_STATE;
}

void engine_note_late(struct engine *e, int64_t late_us)
{
	if (late_us > e->late_us)
		e->late_us = late_us;
	if (late_us > e->plan->config.tolerance_us)
		e->was_late = true;
}

/* A little is always stolen, and a long test is not to be run again for that. */
void engine_doubt_times(struct engine *e, const struct plan_step *step)
{
	int64_t us = stolen_us(e);

	if (us >= engine_now_us(e) / 100 && !is_believed(e, step))
		engine_note_late(e, us);
}

/* One event from the target: 1 something happened, 0 the deadline did, negative after a finding. */
static int take_event(struct engine *e, int64_t deadline_ns)
{
	int64_t from_ns = e->target->ops->now_ns(e->target), due_ns;
	struct target_event ev;

	if (e->target->ops->wait(e->target, deadline_ns, &ev) < 0) {
		judge_finding(e->judge, FINDING_ENVIRONMENT, (struct span){ 0, 0 }, NULL, NULL,
			      "the capture of outbound packets failed");
		return -ERR_IO;
	}
	due_ns = ev.kind == TARGET_DEADLINE ? deadline_ns : ev.at_ns;
	if (due_ns < from_ns)
		due_ns = from_ns;
	engine_note_late(e, (e->target->ops->now_ns(e->target) - due_ns) / 1000);
	switch (ev.kind) {
	case TARGET_DEADLINE:
		return 0;
	case TARGET_PACKET:
		enqueue(e, &ev);
		return 1;
	case TARGET_CALL_RETURNED:
		return call_returned(e, &ev) < 0 ? -ERR_STATE : 1;
	}
	return 0;
}

int engine_drain(struct engine *e)
{
	int rc;

	do {
		rc = take_event(e, e->target->ops->now_ns(e->target));
	} while (rc > 0);
	return rc;
}

void engine_take_rest(struct engine *e)
{
	struct target_event ev;
	int64_t now_ns = e->target->ops->now_ns(e->target);

	while (e->target->ops->wait(e->target, now_ns, &ev) == 0 && ev.kind != TARGET_DEADLINE) {
		if (ev.kind == TARGET_PACKET) {
			enqueue(e, &ev);
		} else if (e->pending) {
			engine_trace_result(e, e->pending, ev.result,
					    (ev.at_ns - e->zero_ns) / 1000);
			e->pending = NULL;
		}
	}
}

int engine_next_packet(struct engine *e, int64_t deadline_us, struct captured *out)
{
	int64_t deadline_ns = wait_limit_ns(e, deadline_us);

	while (e->head == e->n_queue) {
		int rc = take_event(e, deadline_ns);

		if (rc <= 0)
			return rc;
	}
	*out = e->queue[e->head++];
	return 1;
}

static bool may_return_in_time(const struct engine *e)
{
	const struct judge_window *w = &e->pending_window;

	return w->is_any || engine_now_us(e) <= w->to_us + w->tolerance_us;
}

int engine_finish_call(struct engine *e, int64_t deadline_us)
{
	int64_t deadline_ns = wait_limit_ns(e, deadline_us);

	while (e->pending) {
		int rc = take_event(e, deadline_ns);

		if (rc < 0)
			return rc;
		if (rc == 0 && e->pending) {
			e->is_over = may_return_in_time(e) && engine_is_over(e);
			judge_finding(e->judge, FINDING_CALL, e->pending->span,
				      arena_printf(e->a, "expected to return at %.6f s; it is now "
						   "%.6f s", (double)e->pending_window.from_us / 1e6,
						   (double)engine_now_us(e) / 1e6),
				      NULL, "%s() did not return", e->pending->u.call->row->name);
			return -ERR_TIMEOUT;
		}
	}
	return 0;
}
