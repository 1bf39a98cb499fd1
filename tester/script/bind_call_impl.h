/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_SCRIPT_BIND_CALL_IMPL_H
#define TCPDRILL_SCRIPT_BIND_CALL_IMPL_H

#include "base/arena.h"
#include "base/diag.h"
#include "script/bind_call.h"

/* Shared by the files of bind_call; every bind_*() that returns false has added an error. */
struct binder {
	struct arena *a;
	struct diags *d;
	const struct bind_call_env *env;
	const struct call_row *row;
};

/* A member of a structure: bind_fields() finds it by its name. */
struct field {
	const char *name;
	bool is_required;
	const struct ast_expr *node;      /* the member itself, or NULL */
	const struct ast_expr *value;     /* its value, or NULL */
};

/* bind_value.c: numbers, strings, text */
bool expr_is_any(const struct ast_expr *e);
bool expr_is_null(const struct ast_expr *e);
bool expr_is_string(const struct ast_expr *e);
bool expr_is_call(const struct ast_expr *e, const char *name);
size_t expr_count(const struct ast_expr *first);
const char *expr_text(struct binder *b, const struct ast_expr *e);
bool wrong_form(struct binder *b, const struct ast_expr *e, const char *expected);
bool bind_int(struct binder *b, const struct ast_expr *e, int64_t *out);
bool bind_int_within(struct binder *b, const struct ast_expr *e, int64_t low, int64_t high,
		     int64_t *out);
bool bind_string(struct binder *b, const struct ast_expr *e, const uint8_t **bytes, size_t *n);
bool bind_fields(struct binder *b, const struct ast_expr *e, struct field *field, size_t n,
		 const char *expected);

/* bind_address.c */
bool bind_ip(struct binder *b, const struct ast_expr *e, struct ip_addr *out);
bool bind_sockaddr(struct binder *b, const struct ast_expr *e, struct call_sockaddr *out);

/* bind_message.c: buffers, iovecs, msghdr, control messages */
bool bind_buffer(struct binder *b, const struct ast_expr *e, bool *is_null);
bool bind_iov(struct binder *b, const struct ast_expr *e, size_t **bytes, size_t *n);
bool bind_msg(struct binder *b, const struct ast_expr *e, bool is_received, struct call_msg *out);

/* bind_optval.c */
bool bind_optval(struct binder *b, const struct ast_expr *e, bool is_result,
		 struct call_optval *out);

/* bind_event.c: poll, epoll, timeouts */
bool bind_pollfd(struct binder *b, const struct ast_expr *e, struct call_pollfd *out);
bool bind_epoll(struct binder *b, const struct ast_expr *e, struct call_epoll_event *out);
bool bind_timespec(struct binder *b, const struct ast_expr *e, int64_t *out_ns);

#endif
