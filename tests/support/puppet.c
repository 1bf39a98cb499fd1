/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Theory of operation: the puppet keeps its script as a list and marks what is done. Time is a
 * number that only sleeping, waiting and what "takes" time move on. The next packet is the first
 * outbound line not sent yet, provided that no cue before it is outstanding; its time counts from
 * the event before it. Files: puppet_load.c the script and its notes, puppet_packet.c bytes,
 * puppet_call.c answers.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/util.h"
#include "puppet_impl.h"
#include "wire/wire.h"

static const int64_t START_NS = 1234567890123;       /* no clock begins at 0 */
static const int64_t REAL_OFFSET_NS = 1700000000000000000;

static struct puppet *puppet_of(struct target *t)
{
	return (struct puppet *)t;      /* the target is its first member */
}

static int puppet_open(struct arena *a, const struct target_config *config, struct target **out,
		       const char **why)
{
	struct puppet *p = ARENA_NEW(a, struct puppet);

	p->target = (struct target){ .ops = &puppet_ops, .clock = TARGET_CLOCK_VIRTUAL,
				     .caps = ~0U };
	p->a = a;
	p->config = *config;
	p->now_ns = p->zero_ns = START_NS;
	if (puppet_load(p, config->work_dir, why) < 0)
		return -ERR_ENVIRONMENT;
	*out = &p->target;
	return 0;
}

static void puppet_close(struct target *t)
{
	(void)t;                        /* all of it is the arena's */
}

static int64_t puppet_now_ns(struct target *t)
{
	return puppet_of(t)->now_ns;
}

int64_t puppet_real_ns(const struct puppet *p, int64_t script_ns)
{
	return p->zero_ns + script_ns + REAL_OFFSET_NS;
}

static int64_t puppet_real_to_clock_ns(struct target *t, int64_t real_ns)
{
	(void)t;
	return real_ns - REAL_OFFSET_NS;
}

/* ---- the list ---- */

static bool is_cue(const struct puppet_step *s)
{
	return s->step->kind != PLAN_PACKET_OUT;
}

static struct puppet_step *next_cue(struct puppet *p, enum plan_step_kind kind,
				    const struct call_row *row)
{
	for (size_t i = 0; i < p->n_steps; i++) {
		struct puppet_step *s = &p->step[i];

		if (!s->is_done && s->step->kind == kind && (!row || s->step->u.call->row == row))
			return s;
	}
	return NULL;
}

static void done(struct puppet *p, struct puppet_step *s)
{
	if (!s)
		return;
	s->is_done = true;
	s->done_ns = p->now_ns;
}

/* When @s happens if the event before it happened at @base_ns. */
static int64_t due_ns(const struct puppet *p, const struct puppet_step *s, int64_t base_ns)
{
	const struct plan_time *t = &s->step->time;

	return (t->kind == PLAN_TIME_ABSOLUTE ? p->zero_ns : base_ns) + t->start_us * 1000;
}

static struct puppet_step *next_packet(struct puppet *p, int64_t *at_ns)
{
	int64_t base_ns = p->zero_ns;

	for (size_t i = 0; i < p->n_steps; i++) {
		struct puppet_step *s = &p->step[i];

		if (s->is_done) {
			base_ns = s->done_ns;
			continue;
		}
		if (is_cue(s))
			return NULL;
		*at_ns = due_ns(p, s, base_ns);
		return s;
	}
	return NULL;
}

/* ---- time passes ---- */

/* A late tester is one whose sleep takes too long. */
static void puppet_sleep_until(struct target *t, int64_t at_ns)
{
	struct puppet *p = puppet_of(t);

	if (at_ns > p->now_ns)
		p->now_ns = at_ns;
	for (size_t i = 0; i < p->n_steps; i++) {
		struct puppet_step *s = &p->step[i];

		if (s->is_done || !is_cue(s))
			continue;
		p->now_ns += s->late_us * 1000;
		s->late_us = 0;
		return;
	}
}

static int puppet_wait(struct target *t, int64_t deadline_ns, struct target_event *ev)
{
	struct puppet *p = puppet_of(t);
	int64_t until_ns = deadline_ns > p->now_ns ? deadline_ns : p->now_ns, at_ns = INT64_MAX;
	struct puppet_step *s = next_packet(p, &at_ns);

	*ev = (struct target_event){ .kind = TARGET_DEADLINE };
	if (p->pending && p->pending_end_ns <= until_ns && (!s || p->pending_end_ns <= at_ns)) {
		ev->kind = TARGET_CALL_RETURNED;
		ev->at_ns = p->pending_end_ns;
		ev->result = p->pending;
		p->pending = NULL;
	} else if (s && at_ns <= until_ns) {
		ev->kind = TARGET_PACKET;
		ev->at_ns = at_ns;
		puppet_packet(p, s, &ev->bytes, &ev->n_bytes);
		s->is_done = true;
		s->done_ns = at_ns;
	} else {
		ev->at_ns = until_ns;
	}
	if (ev->at_ns > p->now_ns)
		p->now_ns = ev->at_ns;
	if (ev->kind == TARGET_PACKET)
		p->now_ns += s->late_us * 1000;
	return 0;
}

/* ---- what the tester does ---- */

static int puppet_inject(struct target *t, const uint8_t *bytes, size_t n, uint16_t gso_bytes,
			 int64_t *done_ns)
{
	struct puppet *p = puppet_of(t);
	struct wire_packet packet;
	const char *why;

	(void)gso_bytes;
	if (!p->has_remote_isn && wire_decode(bytes, n, &packet, &why) == 0 &&
	    (wire_get(&packet, WIRE_F_TCP_FLAGS) & TCP_SYN)) {
		p->has_remote_isn = true;
		p->remote_isn = (uint32_t)wire_get(&packet, WIRE_F_TCP_SEQ);
	}
	done(p, next_cue(p, PLAN_PACKET_IN, NULL));
	*done_ns = p->now_ns;
	return 0;
}

static int64_t return_ns(const struct puppet *p, const struct puppet_step *s)
{
	const struct plan_time *t = &s->step->time;

	if (!t->has_until)
		return p->now_ns;
	if (t->kind == PLAN_TIME_ABSOLUTE)
		return p->zero_ns + t->until_us * 1000;
	return p->now_ns + (t->until_us - t->start_us) * 1000;
}

static int puppet_call(struct target *t, const struct call_request *req, struct call_result *res,
		       const char **why)
{
	struct puppet *p = puppet_of(t);
	struct puppet_step *s = next_cue(p, PLAN_CALL, req->spec->row);

	if (s && s->unsupported) {
		*why = s->unsupported;
		return -ERR_UNSUPPORTED;
	}
	p->is_active |= req->spec->row->effect == EFFECT_CONNECT;
	*res = (struct call_result){ .start_ns = p->now_ns };
	puppet_answer(p, s ? s->step->u.call : req->spec, s, res);
	done(p, s);
	p->now_ns += s ? s->takes_us * 1000 : 0;
	res->late_ns = s ? s->starved_us * 1000 : 0;
	res->end_ns = (s ? return_ns(p, s) : p->now_ns) + res->late_ns;
	if (res->end_ns <= p->now_ns)
		return TARGET_CALL_DONE;
	if (!req->spec->may_block) {
		p->now_ns += p->config.watchdog_ns;
		if (p->target.clock == TARGET_CLOCK_REAL && p->now_ns > req->deadline_ns)
			p->now_ns = req->deadline_ns;
		return -ERR_TIMEOUT;
	}
	p->pending = ARENA_NEW(p->a, struct call_result);
	*p->pending = *res;
	p->pending_end_ns = res->end_ns;
	return TARGET_CALL_PENDING;
}

static int puppet_command(struct target *t, const char *text, int64_t deadline_ns,
			  struct target_command_result *res, const char **why)
{
	struct puppet *p = puppet_of(t);
	struct puppet_step *s = next_cue(p, PLAN_COMMAND, NULL);

	(void)text;
	(void)why;
	*res = (struct target_command_result){ .output = "" };
	if (!s)
		return 0;
	done(p, s);
	p->now_ns += s->takes_us * 1000;
	res->status = s->status;
	res->output = s->output ? s->output : "";
	res->timed_out = p->now_ns > deadline_ns;
	return 0;
}

/* ---- what the tester asks ---- */

static int puppet_state(struct target *t, int64_t handle, const struct target_tuple *tuple,
			enum tcp_state *out)
{
	struct puppet *p = puppet_of(t);
	const char *name = NULL;

	(void)handle;
	(void)tuple;
	for (size_t i = 0; i < p->n_steps; i++) {
		if (p->step[i].is_done && p->step[i].state)
			name = p->step[i].state;
	}
	for (int i = 0; name && i < TCP_STATE_COUNT; i++) {
		if (strcmp(target_state_name[i], name) == 0) {
			*out = (enum tcp_state)i;
			return 0;
		}
	}
	return -ERR_UNSUPPORTED;
}

static int puppet_info(struct target *t, int64_t handle, const struct target_info **out, size_t *n,
		       const char **why)
{
	struct puppet *p = puppet_of(t);

	(void)handle;
	*out = p->info;
	*n = p->n_info;
	*why = "the puppet has no variables";
	return p->n_info ? 0 : -ERR_UNSUPPORTED;
}

static uint64_t puppet_drops(struct target *t)
{
	return puppet_of(t)->n_drops;
}

static int puppet_reserve_port(struct target *t, uint16_t *port)
{
	(void)t;
	*port = PUPPET_PEER_PORT;
	return 0;
}

const struct target_ops puppet_ops = {
	.open = puppet_open,
	.now_ns = puppet_now_ns,
	.sleep_until = puppet_sleep_until,
	.inject = puppet_inject,
	.call = puppet_call,
	.wait = puppet_wait,
	.command = puppet_command,
	.state = puppet_state,
	.info = puppet_info,
	.real_to_clock_ns = puppet_real_to_clock_ns,
	.drops = puppet_drops,
	.reserve_port = puppet_reserve_port,
	.close = puppet_close,
};
