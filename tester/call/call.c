/* SPDX-License-Identifier: BSD-2-Clause */
#include "call/call.h"

#include <inttypes.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"

const struct call_row *call_find(const char *name)
{
	for (size_t i = 0; i < CALL_COUNT; i++) {
		if (strcmp(call_table[i].name, name) == 0)
			return &call_table[i];
	}
	return NULL;
}

bool call_gives_fd(const struct call_spec *spec)
{
	const struct call_row *row = spec->row;

	if (row->gives_fd)
		return true;
	for (unsigned int i = 0; i < row->n_fd_commands; i++) {
		if (spec->n_args > 1 && spec->arg[1].num == row->fd_command[i])
			return true;
	}
	return false;
}

struct mapping {
	struct arena *a;
	call_map_fn *map;
	void *ctx;
	int64_t bad;
};

/* A negative number is no label; it goes to the stack as it is. */
static bool map_label(struct mapping *m, int64_t *fd)
{
	int64_t handle;

	if (*fd < 0)
		return true;
	handle = m->map(m->ctx, *fd);
	if (handle < 0) {
		m->bad = *fd;
		return false;
	}
	*fd = handle;
	return true;
}

static bool map_poll(struct mapping *m, struct call_arg *arg)
{
	struct call_pollfd *copy = ARENA_ARRAY(m->a, struct call_pollfd, arg->u.poll.n);

	for (size_t i = 0; i < arg->u.poll.n; i++) {
		copy[i] = arg->u.poll.list[i];
		if (!map_label(m, &copy[i].fd))
			return false;
	}
	arg->u.poll.list = copy;
	return true;
}

static bool map_epoll(struct mapping *m, struct call_arg *arg)
{
	struct call_epoll_event *copy = ARENA_NEW(m->a, struct call_epoll_event);
	int64_t fd;

	*copy = *arg->u.epoll;
	arg->u.epoll = copy;
	if (copy->data_kind != EPOLL_DATA_FD)
		return true;
	fd = (int64_t)copy->data;
	if (!map_label(m, &fd))
		return false;
	copy->data = (uint64_t)fd;
	return true;
}

static bool map_arg(struct mapping *m, struct call_arg *arg)
{
	int64_t handle;

	switch (arg->kind) {
	case ARG_FD:
		return map_label(m, &arg->num);
	case ARG_FD_NEW:
		handle = arg->num < 0 ? arg->num : m->map(m->ctx, arg->num);
		arg->num = handle < 0 ? -1 : handle;
		return true;
	case ARG_POLL:
		return arg->is_null || map_poll(m, arg);
	case ARG_EPOLL_EVENT:
		return arg->is_null || map_epoll(m, arg);
	case ARG_INT: case ARG_DOMAIN: case ARG_BUF_OUT: case ARG_BUF_IN: case ARG_LEN:
	case ARG_COUNT: case ARG_ADDR_LOCAL: case ARG_ADDR_REMOTE: case ARG_ADDR_FAMILY:
	case ARG_ADDR_GIVEN: case ARG_ADDR_RESULT: case ARG_ADDR_LEN: case ARG_IOV: case ARG_IOV_IN:
	case ARG_MSG: case ARG_MSG_IN: case ARG_MSG_LIST: case ARG_MSG_LIST_IN: case ARG_EPOLL_IN:
	case ARG_OPTVAL: case ARG_OPTVAL_IN: case ARG_OPTLEN: case ARG_OPTLEN_IN:
	case ARG_INT_RESULT: case ARG_OFFSET: case ARG_FD_PAIR: case ARG_STRING: case ARG_NULL:
	case ARG_TIMEOUT: case ARG_KIND_COUNT:
		return true;
	}
	return true;
}

struct call_arg *call_map_fds(struct arena *a, const struct call_spec *spec, call_map_fn *map,
			      void *ctx, int64_t *bad)
{
	struct mapping m = { .a = a, .map = map, .ctx = ctx };
	struct call_arg *copy = ARENA_ARRAY(a, struct call_arg, CALL_MAX_ARGS);

	for (size_t i = 0; i < spec->n_args; i++) {
		copy[i] = spec->arg[i];
		if (!map_arg(&m, &copy[i])) {
			*bad = m.bad;
			return NULL;
		}
	}
	return copy;
}

void call_text(const struct call_spec *spec, struct buf *out)
{
	buf_printf(out, "%s(", spec->row->name);
	for (size_t i = 0; i < spec->n_args; i++) {
		const struct call_arg *arg = &spec->arg[i];

		buf_puts(out, i ? ", " : "");
		if (arg->written)
			buf_puts(out, arg->written);
		else
			buf_printf(out, "%" PRId64, arg->num);
	}
	buf_putc(out, ')');
}

size_t call_optval_room(const struct call_optval *opt)
{
	enum { ANY_BYTES = 1024 };      /* what "..." may be */

	switch (opt->form) {
	case OPT_INT:
		return sizeof(int32_t);
	case OPT_BYTES:
		return opt->n_bytes;
	case OPT_ANY:
		return ANY_BYTES;
	}
	return 0;
}
