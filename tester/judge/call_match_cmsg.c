/* SPDX-License-Identifier: BSD-2-Clause */
/* Control messages: in order; count, level, type, length, then data [language 4.7]. */
#include <inttypes.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "judge/call_match_impl.h"

enum { NLA_HEADER_BYTES = 4, NLA_ALIGN_BYTES = 4, NLA_PAD = 0, SOCK_ERR_BYTES = 16 };

static const char *type_text(struct matcher *m, int32_t level, int32_t type)
{
	static const struct {
		int32_t level;
		enum symbol_group group;
	} by_level[] = {
		{ SOL_SOCKET, SYMBOL_SCM },
		{ IPPROTO_IP, SYMBOL_IP },
		{ IPPROTO_IPV6, SYMBOL_IPV6 },
		{ IPPROTO_TCP, SYMBOL_TCP },
	};

	for (size_t i = 0; i < ARRAY_LEN(by_level); i++) {
		if (by_level[i].level == level)
			return call_value_text(m, by_level[i].group, type);
	}
	return arena_printf(m->a, "%d", type);
}

static const char *head_text(struct matcher *m, const struct call_cmsg *c)
{
	return arena_printf(m->a, "%s, %s", call_value_text(m, SYMBOL_SOL, c->level),
			    type_text(m, c->level, c->type));
}

static const char *member(struct matcher *m, size_t i, const char *name)
{
	return arena_printf(m->a, "cmsg %zu: %s", i, name);
}

static void match_int(struct matcher *m, size_t i, const struct call_cmsg *e,
		      const struct call_cmsg *got)
{
	int32_t actual;

	memcpy(&actual, got->bytes, sizeof(actual));
	finding_numbers(m, e->span, member(m, i, "cmsg_data"), (int32_t)e->num, actual);
}

/* Compares two numbers that may have names. */
static void match_named(struct matcher *m, size_t i, const struct call_cmsg *e, const char *name,
			enum symbol_group group, const uint32_t v[2])
{
	if (v[0] != v[1])
		finding_add(m, e->span, member(m, i, name), call_value_text(m, group, v[0]),
			    call_value_text(m, group, v[1]));
}

/* struct sock_extended_err; the offender's address behind it is not compared. */
static void match_sock_err(struct matcher *m, size_t i, const struct call_cmsg *e,
			   const struct call_cmsg *got)
{
	const struct call_sock_err *x = &e->err;
	uint32_t err, info, data;
	const uint8_t *p = got->bytes;

	memcpy(&err, p, sizeof(err));
	memcpy(&info, p + 8, sizeof(info));
	memcpy(&data, p + 12, sizeof(data));
	match_named(m, i, e, "ee_errno", SYMBOL_ERRNO, (uint32_t[2]){ x->ee_errno, err });
	match_named(m, i, e, "ee_origin", SYMBOL_SO_EE, (uint32_t[2]){ x->origin, p[4] });
	finding_numbers(m, e->span, member(m, i, "ee_type"), x->type, p[5]);
	finding_numbers(m, e->span, member(m, i, "ee_code"), x->code, p[6]);
	finding_numbers(m, e->span, member(m, i, "ee_info"), x->info, info);
	finding_numbers(m, e->span, member(m, i, "ee_data"), x->data, data);
}

static const char *time_text(struct matcher *m, int64_t ns)
{
	return arena_printf(m->a, "%s%" PRId64 ".%09" PRId64 " s", ns < 0 ? "-" : "",
			    (int64_t)llabs(ns / 1000000000), (int64_t)llabs(ns % 1000000000));
}

/* The first of the three stamps; a script cannot write the others. */
static void match_stamp(struct matcher *m, size_t i, const struct call_cmsg *e,
			const struct call_cmsg *got)
{
	long stamp[2];
	int64_t at_ns, off_ns;

	if (!e->time_ns)
		return;
	memcpy(stamp, got->bytes, sizeof(stamp));
	at_ns = m->env->script_time_ns(m->env->ctx, (int64_t)stamp[0] * 1000000000 + stamp[1]);
	off_ns = llabs(at_ns - e->time_ns);
	if (off_ns > m->env->tolerance_ns)
		finding_add(m, e->span, member(m, i, "time stamp"), time_text(m, e->time_ns),
			    time_text(m, at_ns));
}

struct attribute {
	uint16_t type;
	size_t n_bytes;
	uint64_t value;
};

/* The next attribute that is not padding; false at the end. */
static bool next_attribute(const struct call_cmsg *got, size_t *at, struct attribute *out)
{
	while (*at + NLA_HEADER_BYTES <= got->n_bytes) {
		const uint8_t *p = got->bytes + *at;
		uint16_t head[2], v16;
		uint32_t v32;
		size_t n;

		memcpy(head, p, sizeof(head));
		if (head[0] < NLA_HEADER_BYTES || head[0] > got->n_bytes - *at)
			return false;
		*at += (size_t)(head[0] + NLA_ALIGN_BYTES - 1) / NLA_ALIGN_BYTES * NLA_ALIGN_BYTES;
		n = (size_t)head[0] - NLA_HEADER_BYTES;
		p += NLA_HEADER_BYTES;
		if (head[1] == NLA_PAD)
			continue;
		*out = (struct attribute){ .type = head[1], .n_bytes = n, .value = n ? p[0] : 0 };
		if (n == sizeof(v16)) {
			memcpy(&v16, p, sizeof(v16));
			out->value = v16;
		} else if (n == sizeof(v32)) {
			memcpy(&v32, p, sizeof(v32));
			out->value = v32;
		} else if (n == sizeof(out->value)) {
			memcpy(&out->value, p, sizeof(out->value));
		}
		return true;
	}
	return false;
}

static bool is_same_value(struct matcher *m, const struct call_nla *e, uint64_t actual)
{
	const struct call_nla_row *row = call_nla_find(e->type);
	uint64_t off = actual > e->value ? actual - e->value : e->value - actual;

	if (row && row->is_duration_us && e->value)
		return off <= (uint64_t)m->env->tolerance_ns / 1000;
	return off == 0;
}

/* The option stats of SCM_TIMESTAMPING_OPT_STATS: order and kinds exact, values by their row. */
static void match_nla(struct matcher *m, size_t i, const struct call_cmsg *c,
		      const struct call_cmsg *got)
{
	struct attribute actual;
	size_t at = 0;

	for (const struct call_nla *e = c->nla; e; e = e->next) {
		const char *name = call_value_text(m, SYMBOL_TCP_NLA, e->type);

		if (!next_attribute(got, &at, &actual)) {
			finding_add(m, e->span, member(m, i, "attribute"), name, "none");
			return;
		}
		if (actual.type != e->type) {
			finding_add(m, e->span, member(m, i, "attribute"), name,
				    call_value_text(m, SYMBOL_TCP_NLA, actual.type));
			continue;
		}
		if (!e->is_any && !is_same_value(m, e, actual.value))
			finding_add(m, e->span, member(m, i, name),
				    arena_printf(m->a, "%" PRIu64, e->value),
				    arena_printf(m->a, "%" PRIu64, actual.value));
	}
	while (next_attribute(got, &at, &actual))
		finding_add(m, c->span, member(m, i, "attribute"), "none",
			    call_value_text(m, SYMBOL_TCP_NLA, actual.type));
}

static void match_bytes(struct matcher *m, size_t i, const struct call_cmsg *e,
			const struct call_cmsg *got)
{
	if (memcmp(e->bytes, got->bytes, e->n_bytes) != 0)
		finding_add(m, e->span, member(m, i, "cmsg_data"),
			    bytes_text(m, e->bytes, e->n_bytes),
			    bytes_text(m, got->bytes, got->n_bytes));
}

static void match_data(struct matcher *m, size_t i, const struct call_cmsg *e,
		       const struct call_cmsg *got)
{
	size_t n = call_cmsg_data_bytes(e);

	if (e->kind == CMSG_DATA_NLA) {
		match_nla(m, i, e, got);
		return;
	}
	finding_numbers(m, e->span, member(m, i, "length of the data"), (int64_t)n,
			(int64_t)got->n_bytes);
	if (got->n_bytes < (e->kind == CMSG_DATA_SOCK_ERR ? (size_t)SOCK_ERR_BYTES : n))
		return;
	switch (e->kind) {
	case CMSG_DATA_INT: match_int(m, i, e, got); return;
	case CMSG_DATA_SOCK_ERR: match_sock_err(m, i, e, got); return;
	case CMSG_DATA_TIMESTAMP: match_stamp(m, i, e, got); return;
	case CMSG_DATA_NLA: return;
	case CMSG_DATA_BYTES: match_bytes(m, i, e, got); return;
	}
}

void match_cmsgs(struct matcher *m, const struct call_msg *msg, const struct call_msg_result *got)
{
	const struct call_cmsg *e = msg->cmsgs, *g = got->cmsgs;

	for (size_t i = 1; e || g; i++) {
		const char *what = arena_printf(m->a, "cmsg %zu", i);

		if (!e || !g || e->level != g->level || e->type != g->type)
			finding_add(m, e ? e->span : msg->span, what, e ? head_text(m, e) : "none",
				    g ? head_text(m, g) : "none");
		else
			match_data(m, i, e, g);
		e = e ? e->next : NULL;
		g = g ? g->next : NULL;
	}
}
