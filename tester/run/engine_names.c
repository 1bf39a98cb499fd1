/* SPDX-License-Identifier: BSD-2-Clause */
/* What names, packets and state() mean in the expressions of a running script. */
#include <inttypes.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/info_names.h"
#include "run/engine_impl.h"
#include "script/code_names.h"
#include "script/packet_members.h"

int engine_info(struct engine *e, const char **why)
{
	const struct conn *c = judge_sut(e->judge);
	int rc;

	if (e->has_info)
		return 0;
	if (!c) {
		*why = "there is no socket yet";
		return -ERR_UNKNOWN;
	}
	if (c->handle < 0) {
		*why = "the socket under test has no descriptor (not accepted yet, or closed)";
		return -ERR_UNKNOWN;
	}
	rc = e->target->ops->info(e->target, c->handle, &e->info, &e->n_info, why);
	e->has_info = rc == 0;
	return rc;
}

/* Rates without a limit are 2^64 - 1, which is more than a whole number here can be. */
static struct value unsigned_value(int64_t bits)
{
	if (bits >= 0)
		return (struct value){ .kind = VALUE_INT, .i = bits };
	return (struct value){ .kind = VALUE_FLOAT, .f = (double)(uint64_t)bits };
}

static int name(void *ctx, const char *word, struct value *out, const char **why)
{
	struct engine *e = ctx;
	enum tcp_state state;
	int rc;

	*out = (struct value){ .kind = VALUE_INT };
	if (code_constant(word, &out->i))
		return 0;
	if (code_state(word, &state)) {
		*out = (struct value){ .kind = VALUE_STATE, .i = state };
		return 0;
	}
	rc = engine_info(e, why);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < e->n_info; i++) {
		if (strcmp(e->info[i].name, word) == 0) {
			*out = unsigned_value(e->info[i].value);
			return 0;
		}
	}
	for (size_t i = 0; i < info_names_len; i++) {
		if (strcmp(info_names[i], word) == 0) {
			*why = arena_printf(e->a, "this stack has no variable '%s'", word);
			return -ERR_UNSUPPORTED;
		}
	}
	*why = arena_printf(e->a, "unknown name '%s'", word);
	return -ERR_UNKNOWN;
}

static int member(void *ctx, const char *object, const char *word, struct value *out,
		  const char **why)
{
	struct engine *e = ctx;
	const struct packet_member *m = packet_member_find(word);
	const struct wire_view *view;
	int64_t at_us;

	if (judge_packet_named(e->judge, object, &view, &at_us) < 0) {
		*why = arena_printf(e->a, "no packet was bound to '%s' yet", object);
		return -ERR_UNKNOWN;
	}
	if (strcmp(word, "time") == 0) {
		*out = (struct value){ .kind = VALUE_TIME, .f = (double)at_us / 1e6 };
		return 0;
	}
	*out = (struct value){ .kind = VALUE_INT };
	if (!m || !m->get(view, &out->i)) {
		*why = arena_printf(e->a, "the packet '%s' has no %s", object, word);
		return -ERR_STATE;
	}
	return 0;
}

/* Where to look for the connection under test when no descriptor leads to it. */
static void tuple_of(const struct conn *c, struct target_tuple *out)
{
	*out = (struct target_tuple){ .local = c->local, .remote = c->remote,
				      .local_port = c->local_port,
				      .remote_port = c->remote_port };
}

static int state_of_sut(struct engine *e, enum tcp_state *out)
{
	const struct conn *c = judge_sut(e->judge);
	struct target_tuple t;

	if (!c) {
		*out = TCP_STATE_CLOSED;
		return 0;
	}
	tuple_of(c, &t);
	if (c->handle >= 0 && (c->state == CONN_NEW || c->state == CONN_LISTENING ||
			       c->local_port == 0))
		return e->target->ops->state(e->target, c->handle, &t, out);
	return e->target->ops->state(e->target, -1, &t, out);
}

void engine_trace_state(struct engine *e)
{
	const struct conn *c = judge_sut(e->judge);
	enum tcp_state state;

	if (!e->opt->trace_states || !c || c->proto != WIRE_TCP ||
	    state_of_sut(e, &state) < 0 || state == e->traced_state)
		return;
	e->traced_state = state;
	engine_trace(e, "%.6f state() == %s", (double)engine_now_us(e) / 1e6,
		     target_state_name[state]);
}

static int call(void *ctx, const char *function, const struct value *arg, size_t n,
		struct value *out, const char **why)
{
	struct engine *e = ctx;
	enum tcp_state state;
	int64_t handle = -1;
	int rc;

	if (strcmp(function, "state") != 0) {
		*why = arena_printf(e->a, "there is no function %s()", function);
		return -ERR_UNKNOWN;
	}
	if (n == 1) {
		handle = arg[0].kind == VALUE_INT ? judge_handle(e->judge, arg[0].i) : -1;
		if (handle < 0) {
			*why = "state() wants a descriptor that is open in this script";
			return -ERR_UNKNOWN;
		}
		rc = e->target->ops->state(e->target, handle, NULL, &state);
	} else {
		rc = state_of_sut(e, &state);
	}
	if (rc < 0) {
		*why = "this stack does not show TCP states";
		return rc;
	}
	*out = (struct value){ .kind = VALUE_STATE, .i = state };
	return 0;
}

struct expr_env engine_expr_env(struct engine *e)
{
	return (struct expr_env){ .ctx = e, .arena = e->a, .name = name, .member = member,
				  .call = call };
}
