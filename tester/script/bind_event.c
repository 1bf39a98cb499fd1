/* SPDX-License-Identifier: BSD-2-Clause */
#include <limits.h>

#include "script/bind_call_impl.h"

/* {fd=3, events=POLLIN|POLLOUT, revents=POLLIN} */
bool bind_pollfd(struct binder *b, const struct ast_expr *e, struct call_pollfd *out)
{
	enum { FD, EVENTS, REVENTS, N };
	struct field field[N] = {
		[FD] = { .name = "fd", .is_required = true },
		[EVENTS] = { .name = "events", .is_required = true },
		[REVENTS] = { .name = "revents" },
	};
	int64_t events, revents = 0;

	if (!bind_fields(b, e, field, N, "{fd=3, events=POLLIN, revents=POLLIN}") ||
	    !bind_int_within(b, field[FD].value, INT_MIN, INT_MAX, &out->fd) ||
	    !bind_int_within(b, field[EVENTS].value, SHRT_MIN, USHRT_MAX, &events))
		return false;
	if (field[REVENTS].value &&
	    !bind_int_within(b, field[REVENTS].value, SHRT_MIN, USHRT_MAX, &revents))
		return false;
	out->events = (int16_t)events;
	out->revents = (int16_t)revents;
	out->span = field[REVENTS].node ? field[REVENTS].node->span : e->span;
	return true;
}

/* {events=EPOLLIN, fd=4}; the data member is one of fd, ptr, u32, u64 */
bool bind_epoll(struct binder *b, const struct ast_expr *e, struct call_epoll_event *out)
{
	enum { EVENTS, FIRST_DATA, N = FIRST_DATA + 4 };
	static const struct {
		enum call_epoll_data kind;
		int64_t low, high;
	} data[N] = {
		{ EPOLL_DATA_NONE, 0, 0 },
		{ EPOLL_DATA_FD, INT_MIN, INT_MAX },
		{ EPOLL_DATA_PTR, INT64_MIN, INT64_MAX },
		{ EPOLL_DATA_U32, 0, UINT32_MAX },
		{ EPOLL_DATA_U64, INT64_MIN, INT64_MAX },
	};
	struct field field[N] = {
		{ .name = "events", .is_required = true }, { .name = "fd" }, { .name = "ptr" },
		{ .name = "u32" }, { .name = "u64" },
	};
	int64_t events, value = 0;

	if (!bind_fields(b, e, field, N, "{events=EPOLLIN, fd=4}") ||
	    !bind_int_within(b, field[EVENTS].value, INT_MIN, UINT32_MAX, &events))
		return false;
	for (int i = FIRST_DATA; i < N; i++) {
		if (!field[i].value)
			continue;
		if (out->data_kind != EPOLL_DATA_NONE) {
			diag_error(b->d, field[i].node->span, "an event has one data member only");
			return false;
		}
		out->data_kind = data[i].kind;
		if (!bind_int_within(b, field[i].value, data[i].low, data[i].high, &value))
			return false;
	}
	if (out->data_kind == EPOLL_DATA_NONE) {
		diag_error(b->d, e->span, "the event lacks its data: one of fd, ptr, u32, u64");
		diag_hint(b->d, "for no event write {events=0, ptr=0}");
		return false;
	}
	out->events = (uint32_t)events;
	out->data = (uint64_t)value;
	out->span = e->span;
	return true;
}

/* {tv_sec=0, tv_nsec=500000} */
bool bind_timespec(struct binder *b, const struct ast_expr *e, int64_t *out_ns)
{
	enum { SEC, NSEC, N, MAX_SECONDS = 1000000000 };
	struct field field[N] = {
		[SEC] = { .name = "tv_sec", .is_required = true },
		[NSEC] = { .name = "tv_nsec", .is_required = true },
	};
	int64_t sec, nsec;

	if (!bind_fields(b, e, field, N, "NULL or {tv_sec=0, tv_nsec=0}") ||
	    !bind_int_within(b, field[SEC].value, 0, MAX_SECONDS, &sec) ||
	    !bind_int_within(b, field[NSEC].value, 0, 999999999, &nsec))
		return false;
	*out_ns = sec * 1000000000 + nsec;
	return true;
}
