/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Theory of operation: the engine walks the steps of a plan. For each it works out when the step
 * is due (engine_time.c), lets the target's clock get there, and does what the step says
 * (engine_steps.c): injects, calls, runs a command, evaluates; or takes captured packets from the
 * queue and hands them to the judge until one matches. The first finding that is no warning ends
 * the walk; what the stack has sent by then is still traced, though not judged. Then, whatever
 * happened: the cleanup command, the collected Python program, the pending call, surplus packets.
 * The verdict follows from the findings, and never blames the stack for what the tester or the
 * machine did.
 *
 * The engine owns no clock: all times come from the target, so that a stack in virtual time runs
 * the same code in no time at all.
 */
#include "run/engine.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "run/engine_impl.h"
#include "script/symbols.h"

enum {
	CALL_WATCHDOG_MS = 5000,
	PYTHON_LIMIT_MS = 60000,
	MS = 1000000,
	CLEANUP_MS = 1000,           /* at least, though the test's time be up */
	SURPLUS_MAX = 10,            /* more of them tell no more */
};

/* ---- traces ---- */

void engine_trace(struct engine *e, const char *fmt, ...)
{
	va_list ap;

	if (!e->opt->trace)
		return;
	va_start(ap, fmt);
	buf_vprintf(&e->output, fmt, ap);
	va_end(ap);
	buf_putc(&e->output, '\n');
}

void engine_trace_packet(struct engine *e, bool is_inbound, const uint8_t *bytes, size_t n,
			 int64_t at_us)
{
	if (!e->opt->trace && !e->opt->verbose)
		return;
	if (e->opt->verbose)
		buf_printf(&e->output, "%s packet: %9.6f ",
			   is_inbound ? "inbound injected" : "outbound sniffed",
			   (double)at_us / 1e6);
	else
		buf_printf(&e->output, "%.6f %c ", (double)at_us / 1e6, is_inbound ? '<' : '>');
	judge_live_text(e->judge, bytes, n, is_inbound, e->opt->verbose, &e->output);
	buf_putc(&e->output, '\n');
}

void engine_trace_call(struct engine *e, const struct plan_step *step)
{
	if (e->opt->verbose)
		buf_printf(&e->output, "%s syscall: %9.6f\n", step->u.call->row->name,
			   (double)engine_now_us(e) / 1e6);
}

/* Descriptors are the script's, not the target's. */
void engine_trace_result(struct engine *e, const struct plan_step *step,
			 const struct call_result *res, int64_t at_us)
{
	const struct call_spec *spec = step->u.call;
	const char *error = res->value < 0 ? symbol_errno_name(res->err) : NULL;
	int64_t value = res->value >= 0 && call_gives_fd(spec) ? spec->result : res->value;
	struct buf text = { 0 };

	if (!e->opt->trace)
		return;
	call_text(spec, &text);
	engine_trace(e, "%.6f %s = %" PRId64 "%s%s", (double)at_us / 1e6, buf_str(&text), value,
		     error ? " " : "", error ? error : "");
	buf_fini(&text);
}

/* ---- opening ---- */

/* In calls, mapped sockets see IPv4 addresses within ::ffff:0:0/96 [RFC4291 2.5.5.2]. */
static struct ip_addr in_calls(const struct run_config *c, const struct ip_addr *a)
{
	struct ip_addr mapped = { .family = 6, .b = { [10] = 0xff, [11] = 0xff } };

	if (c->ip_mode != IP_MODE_MAPPED || a->family != 4)
		return *a;
	memcpy(mapped.b + 12, a->b, 4);
	return mapped;
}

static int open_target(struct engine *e, const char **why)
{
	const struct run_config *c = &e->plan->config;
	const struct target_config config = {
		.ip_version = c->ip_mode == IP_MODE_IPV6 ? 6 : 4,
		.local = c->local,
		.remote = c->remote,
		.gateway = c->gateway,
		.local_prefix = c->local_prefix,
		.remote_prefix = c->remote_prefix,
		.is_anyip = c->is_anyip,
		.mtu_bytes = c->mtu_bytes,
		.speed_mbit = c->speed_mbit,
		.pass_output = e->opt->pass_output,
		.watchdog_ns = (int64_t)CALL_WATCHDOG_MS * MS,
		.work_dir = e->opt->work_dir,
		.seed = e->opt->seed,
		.profile = e->opt->profile,
		.fault = e->opt->fault,
	};

	e->addresses = (struct call_addresses){
		.local = in_calls(c, &c->local),
		.remote = in_calls(c, &c->remote),
		.bind_port = c->bind_port,
		.connect_port = c->connect_port,
	};
	return e->stack->ops->open(e->a, &config, &e->target, why);
}

static int make_judge(struct engine *e)
{
	struct judge_setup setup = { .local = e->plan->config.local,
				     .remote = e->plan->config.remote };

	if (e->target->ops->reserve_port(e->target, &setup.peer_port) < 0)
		return -ERR_ENVIRONMENT;
	setup.has_checksums = e->target->caps & TARGET_CAP_CHECKSUM;
	e->judge = judge_new(e->a, e->plan, &setup);
	return 0;
}

/* ---- the walk ---- */

static int init_scripts(struct engine *e)
{
	const char *s = e->plan->config.init_scripts;

	while (s && *s) {
		size_t n = strcspn(s, ",");
		char *path = arena_strndup(e->a, s, n);

		if (n && engine_command(e, path, (struct span){ 0, 0 },
					arena_printf(e->a, "the init script %s", path), true) < 0)
			return -ERR_STATE;
		s += n + (s[n] == ',');
	}
	return 0;
}

static int set_up(struct engine *e)
{
	e->zero_ns = e->target->ops->now_ns(e->target);
	if (init_scripts(e) < 0)
		return -ERR_STATE;
	if (!e->plan->init)
		return 0;
	return engine_command(e, e->plan->init, e->plan->init_span, "the init command", true);
}

/* An assertion that names its own requirements speaks of these only, and changes nothing: when it is
 * false, the others are still to be looked at. */
static bool stands_alone(const struct engine *e, const struct plan_step *step)
{
	const struct finding *f = engine_last_finding(e);

	return step->kind == PLAN_ASSERT && f && f->kind == FINDING_ASSERT &&
	       metadata_marked(&e->plan->meta, f->line);
}

static int walk(struct engine *e)
{
	const struct plan *p = e->plan;

	e->zero_ns = e->target->ops->now_ns(e->target);
	for (size_t i = 0; i < p->n_steps; i++) {
		int rc = engine_step(e, &p->steps[i]);

		engine_trace_state(e);
		if (rc < 0 && !stands_alone(e, &p->steps[i]))
			return rc;
	}
	return 0;
}

static void clean_up(struct engine *e)
{
	int64_t least_ns = engine_wall_ns(e) + (int64_t)CLEANUP_MS * MS;

	if (!e->plan->cleanup)
		return;
	if (e->wall_end_ns < least_ns)
		e->wall_end_ns = least_ns;
	engine_command(e, e->plan->cleanup, e->plan->cleanup_span, "the cleanup command", false);
}

/* The block of code that @line of the script is in; the first, when that is not known: 0. */
static struct span block_at(const struct engine *e, uint32_t line)
{
	struct span span = { 0, 0 };

	for (size_t i = 0; i < e->plan->n_steps; i++) {
		const struct plan_step *s = &e->plan->steps[i];

		if (s->kind == PLAN_CODE && (!span.len || s->line <= line))
			span = s->u.text.span;
	}
	return span;
}

/* The collected program runs when all else has passed (language: 6.1). */
static void run_python(struct engine *e)
{
	const struct span nowhere = { 0, 0 };
	struct pycode_failure f = { 0 };
	int64_t left_ns = e->wall_end_ns - engine_wall_ns(e);
	int rc;

	if (!e->plan->has_code || e->plan->code_is_builtin)
		return;
	if (left_ns > (int64_t)PYTHON_LIMIT_MS * MS)
		left_ns = (int64_t)PYTHON_LIMIT_MS * MS;
	rc = pycode_run(e->pycode, e->plan->config.code_command, left_ns, &f, e->a);
	if (rc == 0 && f.output)
		buf_puts(&e->output, f.output);
	if (rc == 1)
		judge_finding(e->judge, FINDING_CODE, f.line ? block_at(e, f.line) : nowhere,
			      f.output, NULL, "%s", f.message);
	else if (rc == -ERR_ENVIRONMENT)
		judge_finding(e->judge, FINDING_ENVIRONMENT, nowhere, NULL,
			      "these blocks are more than the built-in evaluator understands",
			      "%s is not installed", e->plan->config.code_command);
	else if (rc < 0) {
		e->is_over = true;
		judge_finding(e->judge, FINDING_CODE, block_at(e, f.line), f.output, NULL,
			      "the Python program did not end in time");
	}
}

static void show_surplus(struct engine *e)
{
	struct captured c;
	size_t n = 0;

	if (engine_drain(e) < 0)
		return;
	while (e->head < e->n_queue) {
		bool is_ours;

		c = e->queue[e->head++];
		is_ours = judge_owns(e->judge, c.bytes, c.n);
		if (is_ours && n++ < SURPLUS_MAX)
			judge_surplus(e->judge, NULL, c.bytes, c.n, c.at_us, false,
				      !e->opt->strict_end);
		engine_log_note(e, &c, is_ours ? "no line wanted it" : "of another connection");
		engine_drop_packet(&c);
	}
	if (n > SURPLUS_MAX)
		judge_surplus_rest(e->judge, n - SURPLUS_MAX, !e->opt->strict_end);
}

void engine_work(const struct engine *e, enum engine_work work)
{
	if (e->opt->on_work)
		e->opt->on_work(e->opt->work_ctx, work);
}

static bool has_work_at_the_end(const struct engine *e, bool is_good)
{
	return e->plan->cleanup || (is_good && e->plan->has_code && !e->plan->code_is_builtin);
}

static void play(struct engine *e)
{
	int rc = set_up(e);

	engine_work(e, ENGINE_IDLE);
	if (rc == 0)
		rc = walk(e);
	if (rc == 0)
		rc = engine_finish_call(e, engine_now_us(e) + 1000000);
	if (rc == 0) {
		if (e->opt->trace_states)
			engine_trace(e, "%.6f the script ends", (double)engine_now_us(e) / 1e6);
		show_surplus(e);
	} else {
		engine_take_rest(e);
	}
	if (has_work_at_the_end(e, rc == 0))
		engine_work(e, ENGINE_ASKS);
	clean_up(e);
	if (rc == 0)
		run_python(e);
}

/* ---- the verdict ---- */

/* A late tester may have put the stack to another test than the script's: any finding is in doubt. */
static enum verdict verdict_of(const struct engine *e, const struct finding *f)
{
	switch (f->kind) {
	case FINDING_ENVIRONMENT:
		return VERDICT_ENVIRONMENT;
	case FINDING_UNSUPPORTED:
		return VERDICT_SKIP;
	case FINDING_INTERNAL:
		return VERDICT_ERROR;
	case FINDING_TIMING:
	case FINDING_MISSING_PACKET:
	case FINDING_PACKET:
	case FINDING_UNEXPECTED_PACKET:
	case FINDING_CALL:
	case FINDING_COMMAND:
	case FINDING_CODE:
	case FINDING_ASSERT:
		break;
	}
	return e->was_late ? VERDICT_INCONCLUSIVE : VERDICT_FAIL;
}

/* Something was missing though nothing failed for it: from the machine, if the stack is its. */
static enum verdict doubtful(const struct engine *e)
{
	return e->stack->is_system ? VERDICT_ENVIRONMENT : VERDICT_SKIP;
}

/* The first finding that is no warning decides: what follows may be its consequence. */
static void conclude(struct engine *e, struct test_record *rec)
{
	const struct finding *f = judge_findings(e->judge);

	rec->findings = judge_findings(e->judge);
	rec->late_us = e->late_us;
	rec->verdict = VERDICT_PASS;
	rec->reason = "";
	while (f && f->is_warning)
		f = f->next;
	if (!f) {
		if (e->doubt) {        /* what passes without it proves nothing */
			rec->verdict = doubtful(e);
			rec->reason = e->doubt;
		} else if (e->target->ops->drops(e->target) > 0) {
			rec->verdict = VERDICT_INCONCLUSIVE;
			rec->reason = "the capture lost packets, which may be some that nobody wanted";
		}
		return;
	}
	rec->verdict = e->is_over && f->kind != FINDING_MISSING_PACKET ? VERDICT_TIMEOUT
									 : verdict_of(e, f);
	rec->reason = f->line ? arena_printf(e->a, "line %" PRIu32 ": %s", f->line, f->message)
			      : f->message;
	if ((rec->verdict == VERDICT_FAIL || rec->verdict == VERDICT_INCONCLUSIVE) && e->doubt) {
		rec->verdict = doubtful(e);
		rec->reason = arena_printf(e->a, "%s; then %s", e->doubt, rec->reason);
	} else if (rec->verdict == VERDICT_FAIL && e->target->ops->drops(e->target) > 0) {
		rec->verdict = VERDICT_INCONCLUSIVE;
		rec->reason = arena_printf(e->a, "the capture lost packets; then %s", rec->reason);
	} else if (rec->verdict == VERDICT_INCONCLUSIVE && e->late_us > 0 && !e->told_late) {
		rec->reason = arena_printf(e->a, "%s; tcpdrill itself was up to %.3f ms late",
					   rec->reason, (double)e->late_us / 1e3);
	}
}

static void finish(struct engine *e, struct test_record *rec)
{
	while (e->head < e->n_queue)
		engine_drop_packet(&e->queue[e->head++]);
	free(e->queue);
	engine_log_close(e);
	rec->output = e->output.len ? arena_strdup(e->a, buf_str(&e->output)) : "";
	buf_fini(&e->output);
	judge_free(e->judge);
	if (e->target)
		e->target->ops->close(e->target);
}

static bool refuse(struct arena *a, const struct plan *p, const struct engine_options *opt,
		   struct test_record *rec)
{
	if (opt->no_shell && p->runs_commands) {
		rec->verdict = VERDICT_SKIP;
		rec->reason = "it runs commands, which --no-shell refuses";
		return true;
	}
	if (p->config.unsupported) {
		rec->verdict = VERDICT_ERROR;
		rec->reason = arena_printf(a, "--%s is not supported yet", p->config.unsupported);
		return true;
	}
	return false;
}

void engine_run(struct arena *a, const struct plan *p, const struct target_row *stack,
		const struct engine_options *opt, struct test_record *rec)
{
	struct engine e = { .a = a, .plan = p, .opt = opt, .stack = stack, .end_ns = INT64_MAX,
			    .wall_end_ns = INT64_MAX, .traced_state = TCP_STATE_CLOSED };
	const char *why = "";
	int64_t begun_ns;
	int rc;

	rec->output = "";
	rec->findings = NULL;
	if (refuse(a, p, opt, rec))
		return;
	rc = open_target(&e, &why);
	if (rc < 0) {
		rec->verdict = rc == -ERR_UNSUPPORTED ? VERDICT_SKIP : VERDICT_ENVIRONMENT;
		rec->reason = why;
		return;
	}
	begun_ns = e.target->ops->now_ns(e.target);
	if (opt->timeout_us > 0) {
		e.end_ns = begun_ns + opt->timeout_us * 1000;
		e.wall_end_ns = engine_wall_ns(&e) + opt->timeout_us * 1000;
	}
	e.vars = code_vars_new(a);
	e.pycode = pycode_new(a);
	if (engine_log_open(&e) < 0) {
		rec->verdict = VERDICT_ENVIRONMENT;
		rec->reason = arena_printf(a, "cannot write the capture file '%s': %s",
					   opt->pcap_path, strerror(errno));
	} else if (make_judge(&e) < 0) {
		rec->verdict = VERDICT_ENVIRONMENT;
		rec->reason = "no port can be reserved for the peer";
	} else {
		play(&e);
		conclude(&e, rec);
	}
	rec->wall_us = (e.target->ops->now_ns(e.target) - begun_ns) / 1000;
	finish(&e, rec);
}
