/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Theory of operation: the result of a call is compared by the kinds of its arguments, as it was
 * bound and marshalled by them. Nothing stops at the first difference; whoever shows the findings
 * has all of them. Pure: no clock, no descriptor; what of the run matters is in call_match_env.
 */
#include "judge/call_match.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "base/payload.h"
#include "judge/call_match_impl.h"

enum { TEXT_MAX_BYTES = 64 };

void finding_add(struct matcher *m, struct span span, const char *what, const char *expected,
		 const char *actual)
{
	struct call_finding *f = ARENA_PUSH(m->a, m->found, m->n, m->cap, struct call_finding);

	f->span = span;
	f->what = *m->prefix ? arena_printf(m->a, "%s%s", m->prefix, what) : what;
	f->expected = expected;
	f->actual = actual;
}

void finding_numbers(struct matcher *m, struct span span, const char *what, int64_t expected,
		     int64_t actual)
{
	if (expected != actual)
		finding_add(m, span, what, arena_printf(m->a, "%" PRId64, expected),
			    arena_printf(m->a, "%" PRId64, actual));
}

static const char *take_text(struct matcher *m, struct buf *b)
{
	const char *text = arena_strdup(m->a, buf_str(b));

	buf_fini(b);
	return text;
}

const char *flags_text(struct matcher *m, enum symbol_group group, uint64_t bits)
{
	struct buf b = { 0 };

	symbol_flags_text(group, bits, &b);
	return take_text(m, &b);
}

const char *call_value_text(struct matcher *m, enum symbol_group group, int64_t value)
{
	struct buf b = { 0 };

	symbol_value_text(group, value, &b);
	return take_text(m, &b);
}

/* As a string of a script. */
const char *bytes_text(struct matcher *m, const uint8_t *bytes, size_t n)
{
	struct buf b = { 0 };

	buf_putc(&b, '"');
	for (size_t i = 0; i < n && i < TEXT_MAX_BYTES; i++) {
		if (bytes[i] == '"' || bytes[i] == '\\')
			buf_printf(&b, "\\%c", bytes[i]);
		else if (bytes[i] < 0x80 && isprint(bytes[i]))
			buf_putc(&b, (char)bytes[i]);
		else
			buf_printf(&b, "\\x%02x", bytes[i]);
	}
	buf_putc(&b, '"');
	if (n > TEXT_MAX_BYTES)
		buf_printf(&b, " and %zu bytes more", n - TEXT_MAX_BYTES);
	return take_text(m, &b);
}

static const char *errno_text(struct matcher *m, int err)
{
	const char *name = symbol_errno_name(err);

	return name ? arena_printf(m->a, "%s (%s)", name, strerror(err))
		    : arena_printf(m->a, "error %d", err);
}

static const char *actual_value_text(struct matcher *m)
{
	if (m->res->value < 0 && m->res->err)
		return arena_printf(m->a, "%" PRId64 " %s", m->res->value,
				    errno_text(m, m->res->err));
	return arena_printf(m->a, "%" PRId64, m->res->value);
}

/* Whether any value from 0 on meets the script's [language 4.1]. */
static bool is_met_by_any(const struct call_spec *spec)
{
	return spec->result >= 0 && (spec->row->any_non_negative || call_gives_fd(spec));
}

static const char *expected_value_text(struct matcher *m)
{
	const struct call_spec *spec = m->spec;

	if (is_met_by_any(spec))
		return "0 or more";
	if (spec->has_errno)
		return arena_printf(m->a, "%" PRId64 " %s", spec->result, errno_text(m, spec->err));
	return arena_printf(m->a, "%" PRId64, spec->result);
}

static void match_value(struct matcher *m)
{
	const struct call_spec *spec = m->spec;
	const struct call_result *res = m->res;
	bool is_equal = is_met_by_any(spec) ? res->value >= 0 : res->value == spec->result;

	if (!spec->is_any_result && !is_equal) {
		finding_add(m, spec->result_span, "return value", expected_value_text(m),
			    actual_value_text(m));
		return;
	}
	if (spec->has_errno && res->value < 0 && res->err != spec->err)
		finding_add(m, spec->result_span, "errno", errno_text(m, spec->err),
			    errno_text(m, res->err));
}

static uint8_t wanted_byte(const struct matcher *m, size_t i)
{
	const uint32_t *position = m->env->position;

	return payload_byte((struct payload){ position, position ? position[i] : 0 }, 0);
}

/* In a stream, bytes are counted as sequence numbers in a script are. */
static const char *data_name(struct matcher *m, size_t i)
{
	return m->env->position
		       ? arena_printf(m->a, "byte %" PRIu32 " of the stream", m->env->position[i] + 1)
		       : arena_printf(m->a, "received byte %zu", i);
}

/* What the packets carry is what a read must give; a script cannot say otherwise. */
static void match_data(struct matcher *m, struct span span)
{
	const struct call_result *res = m->res;
	size_t first = 0, n_wrong = 0;
	char *value;

	for (size_t i = res->n_data; res->has_payload && i-- > 0;) {
		if (res->data[i] == wanted_byte(m, i))
			continue;
		first = i;
		n_wrong++;
	}
	if (!n_wrong)
		return;
	value = arena_printf(m->a, "0x%02x", res->data[first]);
	if (n_wrong > 1)
		value = arena_printf(m->a, m->env->position ? "%s (%zu bytes are wrong)"
							    : "%s (%zu bytes are not 0)",
				     value, n_wrong);
	finding_add(m, span, data_name(m, first),
		    arena_printf(m->a, "0x%02x", wanted_byte(m, first)), value);
}

static void match_msgs(struct matcher *m, const struct call_arg *arg, bool is_received)
{
	const struct call_result *res = m->res;

	for (size_t i = 0; i < arg->u.msgs.n && i < res->n_msgs; i++) {
		const struct call_msg *msg = &arg->u.msgs.list[i];
		const struct call_msg_result *got = &res->msgs[i];

		m->prefix = arg->u.msgs.n > 1 ? arena_printf(m->a, "message %zu: ", i + 1) : "";
		if (msg->has_len)
			finding_numbers(m, msg->len_span, "msg_len", msg->len, got->len);
		if (!is_received)
			continue;
		if (msg->has_flags && msg->flags != got->flags)
			finding_add(m, msg->flags_span, "msg_flags",
				    flags_text(m, SYMBOL_MSG, (uint32_t)msg->flags),
				    flags_text(m, SYMBOL_MSG, (uint32_t)got->flags));
		match_cmsgs(m, msg, got);
	}
	m->prefix = "";
	if (is_received)
		match_data(m, arg->span);
}

static void match_poll(struct matcher *m, const struct call_arg *arg)
{
	for (size_t i = 0; i < arg->u.poll.n && i < m->res->n_revents; i++) {
		const struct call_pollfd *p = &arg->u.poll.list[i];

		if (p->revents == m->res->revents[i])
			continue;
		finding_add(m, p->span, arena_printf(m->a, "revents of fd %" PRId64, p->fd),
			    flags_text(m, SYMBOL_POLL, (uint16_t)p->revents),
			    flags_text(m, SYMBOL_POLL, (uint16_t)m->res->revents[i]));
	}
}

/* The data of a live event as the script would write it. */
static int64_t script_data(struct matcher *m, enum call_epoll_data kind)
{
	uint64_t data = m->res->epoll.data;

	switch (kind) {
	case EPOLL_DATA_FD:
		return m->res->n_epoll ? m->env->label(m->env->ctx, (int32_t)(uint32_t)data) : 0;
	case EPOLL_DATA_U32:
		return (int64_t)(uint32_t)data;
	case EPOLL_DATA_NONE: case EPOLL_DATA_PTR: case EPOLL_DATA_U64:
		return (int64_t)data;
	}
	return 0;
}

/* The first event only; without one, zeros [language 4.5]. */
static void match_epoll(struct matcher *m, const struct call_arg *arg)
{
	static const char *const name[] = {
		[EPOLL_DATA_NONE] = "data", [EPOLL_DATA_FD] = "fd", [EPOLL_DATA_PTR] = "ptr",
		[EPOLL_DATA_U32] = "u32", [EPOLL_DATA_U64] = "u64",
	};
	const struct call_epoll_event *e = arg->u.epoll;
	uint32_t events = m->res->n_epoll ? m->res->epoll.events : 0;
	int64_t data;

	if (arg->is_null || arg->is_any)
		return;
	if (e->events != events)
		finding_add(m, e->span, "events of the first event",
			    flags_text(m, SYMBOL_EPOLL, e->events),
			    flags_text(m, SYMBOL_EPOLL, events));
	data = script_data(m, e->data_kind);
	if (e->data_kind == EPOLL_DATA_FD && data < 0 && (int64_t)e->data >= 0)
		finding_add(m, e->span, "fd of the first event",
			    arena_printf(m->a, "%" PRIu64, e->data),
			    "a descriptor without a label");
	else
		finding_numbers(m, e->span,
				arena_printf(m->a, "%s of the first event", name[e->data_kind]),
				(int64_t)e->data, data);
}

static const char *address_text(struct matcher *m, const struct ip_addr *ip, uint16_t port)
{
	char text[IP_ADDR_TEXT_MAX];

	if (!ip->family)
		return "no address";
	return arena_printf(m->a, ip->family == 6 ? "[%s]:%u" : "%s:%u", ip_addr_text(ip, text),
			    port);
}

static void match_address(struct matcher *m, const struct call_arg *arg)
{
	const struct call_sockaddr *e = &arg->u.addr;

	if (arg->is_any || arg->is_null)
		return;
	if (ip_addr_equal(&e->ip, &m->res->addr) && e->port == m->res->port)
		return;
	finding_add(m, arg->span, "address", address_text(m, &e->ip, e->port),
		    address_text(m, &m->res->addr, m->res->port));
}

static void match_arg(struct matcher *m, const struct call_arg *arg)
{
	switch (arg->kind) {
	case ARG_BUF_IN: case ARG_IOV_IN: match_data(m, arg->span); return;
	case ARG_MSG: case ARG_MSG_LIST: match_msgs(m, arg, false); return;
	case ARG_MSG_IN: case ARG_MSG_LIST_IN: match_msgs(m, arg, true); return;
	case ARG_POLL: match_poll(m, arg); return;
	case ARG_EPOLL_IN: match_epoll(m, arg); return;
	case ARG_ADDR_RESULT: match_address(m, arg); return;
	case ARG_INT_RESULT:
		if (!arg->is_any)
			finding_numbers(m, arg->span, "value that it gives", arg->num,
					m->res->int_result);
		return;
	case ARG_INT: case ARG_DOMAIN: case ARG_FD: case ARG_FD_NEW: case ARG_LEN: case ARG_COUNT:
	case ARG_BUF_OUT: case ARG_ADDR_LOCAL: case ARG_ADDR_REMOTE: case ARG_ADDR_FAMILY:
	case ARG_ADDR_GIVEN: case ARG_ADDR_LEN: case ARG_IOV: case ARG_EPOLL_EVENT: case ARG_OPTVAL:
	case ARG_OPTVAL_IN: case ARG_OPTLEN: case ARG_OPTLEN_IN: case ARG_OFFSET: case ARG_FD_PAIR:
	case ARG_STRING: case ARG_NULL: case ARG_TIMEOUT: case ARG_KIND_COUNT:
		return;
	}
}

size_t call_match(struct arena *a, const struct call_spec *spec, const struct call_result *res,
		  const struct call_match_env *env, struct call_finding **out)
{
	struct matcher m = { .a = a, .spec = spec, .res = res, .env = env, .prefix = "" };
	bool is_output = res->value >= 0 && (spec->is_any_result || spec->result >= 0);

	match_value(&m);
	for (size_t i = 0; i < spec->n_args; i++) {
		const struct call_arg *arg = &spec->arg[i];

		if (arg->kind == ARG_OPTVAL_IN)
			match_option(&m, arg, arg + 1);
		else if (is_output)
			match_arg(&m, arg);
	}
	*out = m.found;
	return m.n;
}
