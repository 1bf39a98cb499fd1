/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/conn.h"

#include "base/arena.h"
#include "judge/space.h"

struct conn *conn_new(struct arena *a, struct conn *older, enum wire_proto proto)
{
	struct conn *c = ARENA_NEW(a, struct conn);

	*c = (struct conn){ .older = older, .proto = proto, .label = -1, .handle = -1 };
	return c;
}

void conn_fini(struct conn *c)
{
	space_forget_timestamps(c);
}

void conn_restart_data(struct conn *c)
{
	c->n_written = c->n_read = 0;
	c->urgent = NULL;
}

static bool has_ports(const struct wire_view *v)
{
	return v->proto == WIRE_TCP || v->proto == WIRE_UDP;
}

/* The SYN of a connect() is known by where it goes: its source port is the stack's choice. */
static bool is_connecting_syn(const struct conn *c, const struct wire_view *v)
{
	return c->state == CONN_CONNECTING && v->dst_port == c->remote_port &&
	       (v->proto != WIRE_TCP || (v->tcp_flags & TCP_SYN));
}

/* Nobody can answer from a multicast or the limited broadcast address: who does, uses its own. */
static bool is_for_many(const struct ip_addr *a)
{
	return a->family == 4 ? a->b[0] >= 224 : a->b[0] == 0xff;
}

bool conn_owns(const struct conn *c, const struct wire_view *v)
{
	if (v->proto != c->proto || c->remote.family == 0 || !ip_addr_equal(&v->dst, &c->remote))
		return false;
	if (c->local.family && !is_for_many(&c->local) && !ip_addr_equal(&v->src, &c->local))
		return false;
	if (!has_ports(v) || is_connecting_syn(c, v))
		return true;
	return c->local_port != 0 && v->src_port == c->local_port && v->dst_port == c->remote_port;
}

bool conn_was_sent(const struct conn *c, const struct wire_view *v)
{
	struct wire_view back = *v;

	back.src = v->dst;
	back.dst = v->src;
	back.src_port = v->dst_port;
	back.dst_port = v->src_port;
	return conn_owns(c, &back);
}
