/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/space.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/arena.h"
#include "base/err.h"

struct ts_entry {
	uint32_t script_val;
	uint32_t live_val;
	UT_hash_handle hh;
};

/* Ll - Ls: how far the stack's numbers lie from those its SYN has in the script. */
static uint32_t local_shift(const struct conn *c)
{
	return c->has_local_isn ? c->local_isn_live.v - c->local_isn_script.v : 0;
}

static uint32_t local_isn(const struct conn *c)
{
	return c->has_local_isn ? c->local_isn_live.v : 0;
}

static uint32_t remote_isn(const struct conn *c)
{
	return c->has_remote_isn ? c->remote_isn : 0;
}

struct seq_live space_seq_in(const struct conn *c, bool is_syn, struct seq_script s)
{
	return (struct seq_live){ is_syn ? s.v : s.v + remote_isn(c) };
}

struct seq_live space_ack_in(const struct conn *c, bool is_syn, struct seq_script s)
{
	return (struct seq_live){ s.v + (is_syn ? local_shift(c) : local_isn(c)) };
}

struct seq_script space_seq_out(const struct conn *c, bool is_syn, struct seq_live s)
{
	return (struct seq_script){ s.v - (is_syn ? local_shift(c) : local_isn(c)) };
}

struct seq_script space_ack_out(const struct conn *c, bool is_syn, struct seq_live s)
{
	return (struct seq_script){ is_syn ? s.v : s.v - remote_isn(c) };
}

void space_begin_anew(struct conn *c, struct seq_script script, const struct wire_view *live)
{
	bool is_answer = c->has_next_isn && (live->tcp_flags & TCP_SYN) &&
			 (live->tcp_flags & TCP_ACK) && live->ack != c->remote_isn + 1 &&
			 live->ack - (c->next_isn + 1) <= UINT16_MAX;

	if (!is_answer || space_seq_out(c, true, (struct seq_live){ live->seq }).v == script.v)
		return;
	space_forget_timestamps(c);
	c->remote_isn = c->next_isn;
	c->has_next_isn = c->has_local_isn = false;
	conn_restart_data(c);
}

void space_learn_local(struct conn *c, struct seq_script script, struct seq_live live)
{
	c->local_isn_script = script;
	c->local_isn_live = live;
	c->has_local_isn = true;
}

/* The options of @out are a copy in @a whose acknowledgment numbers are @shift less. */
static void shift_ack_options(struct arena *a, const struct wire_view *live, uint32_t shift,
			      struct wire_view *out)
{
	out->opts.opt = ARENA_ARRAY(a, struct tcpopt, live->opts.n + 1);
	for (size_t i = 0; i < live->opts.n; i++) {
		struct tcpopt *o = &out->opts.opt[i];

		*o = live->opts.opt[i];
		for (unsigned int k = 0; k < o->n_values; k++) {
			if (tcpopt_value_space(o, k) == TCPOPT_ACK_SPACE)
				o->value[k] -= shift;
		}
	}
}

void space_view_out(struct arena *a, const struct conn *c, const struct wire_view *live,
		    struct wire_view *out)
{
	bool is_syn = live->tcp_flags & TCP_SYN;
	struct seq_live zero = { 0 };

	*out = *live;
	if (live->proto != WIRE_TCP)
		return;
	out->seq = space_seq_out(c, is_syn, (struct seq_live){ live->seq }).v;
	if (live->tcp_flags & TCP_ACK)
		out->ack = space_ack_out(c, is_syn, (struct seq_live){ live->ack }).v;
	shift_ack_options(a, live, 0U - space_ack_out(c, is_syn, zero).v, out);
}

void space_view_in(struct arena *a, const struct conn *c, const struct wire_view *live,
		   struct wire_view *out)
{
	bool is_syn = live->tcp_flags & TCP_SYN;
	struct seq_script zero = { 0 };

	*out = *live;
	if (live->proto != WIRE_TCP)
		return;
	out->seq = live->seq - space_seq_in(c, is_syn, zero).v;
	if (live->tcp_flags & TCP_ACK)
		out->ack = live->ack - space_ack_in(c, is_syn, zero).v;
	shift_ack_options(a, live, space_ack_in(c, is_syn, zero).v, out);
}

void space_learn_ts(struct conn *c, uint32_t script_val, uint32_t live_val)
{
	struct ts_entry *e = NULL;

	if (!c->has_ts_base) {
		c->has_ts_base = true;
		c->ts_base_script = script_val;
		c->ts_base_live = live_val;
	}
	HASH_FIND(hh, c->ts_map, &script_val, sizeof(script_val), e);
	if (!e) {
		e = calloc(1, sizeof(*e));
		if (!e)
			abort();
		e->script_val = script_val;
		HASH_ADD(hh, c->ts_map, script_val, sizeof(e->script_val), e);
	}
	e->live_val = live_val;
}

void space_forget_timestamps(struct conn *c)
{
	struct ts_entry *e, *next;

	HASH_ITER(hh, c->ts_map, e, next) {
		HASH_DEL(c->ts_map, e);
		free(e);
	}
	c->has_ts_base = false;
}

int space_ts_ecr_in(const struct conn *c, uint32_t script_ecr, bool scaled, uint32_t *live_ecr)
{
	struct ts_entry *e = NULL;

	HASH_FIND(hh, c->ts_map, &script_ecr, sizeof(script_ecr), e);
	if (e) {
		*live_ecr = e->live_val;
		return 0;
	}
	if (scaled && c->has_ts_base) {
		*live_ecr = c->ts_base_live + (script_ecr - c->ts_base_script);
		return 0;
	}
	return -ERR_UNKNOWN;
}

bool space_ts_val_out(const struct conn *c, struct tcpopt *o)
{
	if (!c->has_ts_base || o->n_values == 0 || tcpopt_value_space(o, 0) != TCPOPT_TS_VAL)
		return false;
	o->value[0] = c->ts_base_script + (o->value[0] - c->ts_base_live);
	return true;
}
