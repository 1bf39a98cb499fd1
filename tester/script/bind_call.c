/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Theory of operation: the row of a call (call/call_table.c) names the kind of every argument; each
 * kind has one function here or in a file beside this one (bind_value.c numbers and strings,
 * bind_message.c buffers and messages, bind_optval.c options, bind_event.c poll and epoll,
 * bind_address.c addresses). All arguments are bound even when one is wrong, so that one run shows
 * every mistake. Relations between arguments (a count and its list) are checked at the end.
 */
#include "script/bind_call.h"

#include <inttypes.h>
#include <limits.h>
#include <string.h>

#include "base/err.h"
#include "base/suggest.h"
#include "script/bind_call_impl.h"
#include "script/symbols.h"

typedef bool bind_arg_fn(struct binder *b, const struct ast_expr *e, struct call_arg *out);

static bool bind_int_arg(struct binder *b, const struct ast_expr *e, struct call_arg *out)
{
	return bind_int_within(b, e, INT_MIN, UINT32_MAX, &out->num);
}

static bool bind_domain(struct binder *b, const struct ast_expr *e, struct call_arg *out)
{
	out->is_any = expr_is_any(e);
	out->num = b->env->socket_domain;
	return out->is_any || bind_int_arg(b, e, out);
}

static bool bind_label(struct binder *b, const struct ast_expr *e, int64_t *out)
{
	if (e->kind == EXPR_TOKEN && (e->tok.kind == TOK_INT || e->tok.kind == TOK_HEX))
		return bind_int_within(b, e, INT_MIN, INT_MAX, out);
	return wrong_form(b, e, "a descriptor: the number that the script gave it");
}

static bool bind_fd(struct binder *b, const struct ast_expr *e, struct call_arg *out)
{
	return bind_label(b, e, &out->num);
}

static bool bind_buffer_arg(struct binder *b, const struct ast_expr *e, struct call_arg *out)
{
	return bind_buffer(b, e, &out->is_null);
}

static bool bind_len(struct binder *b, const struct ast_expr *e, struct call_arg *out)
{
	return bind_int_within(b, e, 0, INT64_MAX, &out->num);
}

static bool bind_given_address(struct binder *b, const struct ast_expr *e, struct call_arg *out)
{
	out->kind = ARG_ADDR_GIVEN;
	return bind_sockaddr(b, e, &out->u.addr);
}

static bool bind_addr_local(struct binder *b, const struct ast_expr *e, struct call_arg *out)
{
	out->is_null = expr_is_null(e);
	if (out->is_null || expr_is_any(e))
		return true;
	return bind_given_address(b, e, out);
}

/* A number in place of the peer's address is a family: AF_UNSPEC disconnects. */
static bool bind_addr_remote(struct binder *b, const struct ast_expr *e, struct call_arg *out)
{
	if (expr_is_any(e))
		return true;
	if (e->kind == EXPR_STRUCT)
		return bind_given_address(b, e, out);
	out->is_null = e->kind == EXPR_TOKEN && e->tok.kind == TOK_WORD && expr_is_null(e);
	if (out->is_null)
		return true;
	out->kind = ARG_ADDR_FAMILY;
	return bind_int_within(b, e, 0, UINT16_MAX, &out->num);
}

static bool bind_addr_result(struct binder *b, const struct ast_expr *e, struct call_arg *out)
{
	out->is_any = expr_is_any(e);
	out->is_null = expr_is_null(e);
	if (out->is_any || out->is_null)
		return true;
	return bind_sockaddr(b, e, &out->u.addr);
}

static bool bind_addr_len(struct binder *b, const struct ast_expr *e, struct call_arg *out)
{
	out->is_any = expr_is_any(e);
	if (out->is_any)
		return true;
	if (e->kind == EXPR_LIST && expr_count(e->kids) == 1)
		e = e->kids;
	return bind_int_within(b, e, 0, INT_MAX, &out->num);
}

static bool bind_iov_arg(struct binder *b, const struct ast_expr *e, struct call_arg *out)
{
	return bind_iov(b, e, &out->u.iov.bytes, &out->u.iov.n);
}

static bool is_received(const struct call_arg *arg)
{
	return arg->kind == ARG_MSG_IN || arg->kind == ARG_MSG_LIST_IN;
}

static bool bind_msg_arg(struct binder *b, const struct ast_expr *e, struct call_arg *out)
{
	out->u.msgs.n = 1;
	out->u.msgs.list = ARENA_NEW(b->a, struct call_msg);
	return bind_msg(b, e, is_received(out), out->u.msgs.list);
}

static bool bind_msg_list(struct binder *b, const struct ast_expr *e, struct call_arg *out)
{
	size_t i = 0;

	if (e->kind != EXPR_LIST)
		return wrong_form(b, e, "a list of messages");
	out->u.msgs.n = expr_count(e->kids);
	out->u.msgs.list = ARENA_ARRAY(b->a, struct call_msg, out->u.msgs.n);
	for (const struct ast_expr *k = e->kids; k; k = k->next) {
		if (!bind_msg(b, k, is_received(out), &out->u.msgs.list[i++]))
			return false;
	}
	return true;
}

static bool bind_poll(struct binder *b, const struct ast_expr *e, struct call_arg *out)
{
	size_t i = 0;

	out->is_null = expr_is_null(e);
	if (out->is_null)
		return true;
	if (e->kind != EXPR_LIST)
		return wrong_form(b, e, "a list, such as [{fd=3, events=POLLIN, revents=0}]");
	out->u.poll.n = expr_count(e->kids);
	out->u.poll.list = ARENA_ARRAY(b->a, struct call_pollfd, out->u.poll.n);
	for (const struct ast_expr *k = e->kids; k; k = k->next) {
		if (!bind_pollfd(b, k, &out->u.poll.list[i++]))
			return false;
	}
	return true;
}

static bool bind_epoll_arg(struct binder *b, const struct ast_expr *e, struct call_arg *out)
{
	out->is_null = expr_is_null(e);
	out->is_any = out->kind == ARG_EPOLL_IN && expr_is_any(e);
	if (out->is_null || out->is_any)
		return true;
	out->u.epoll = ARENA_NEW(b->a, struct call_epoll_event);
	return bind_epoll(b, e, out->u.epoll);
}

static bool bind_optval_arg(struct binder *b, const struct ast_expr *e, struct call_arg *out)
{
	out->is_null = expr_is_null(e);
	if (out->is_null)
		return true;
	out->u.opt = ARENA_NEW(b->a, struct call_optval);
	return bind_optval(b, e, out->kind == ARG_OPTVAL_IN, out->u.opt);
}

static bool bind_optlen(struct binder *b, const struct ast_expr *e, struct call_arg *out)
{
	out->is_any = expr_is_any(e);
	return out->is_any || bind_int_within(b, e, INT_MIN, UINT32_MAX, &out->num);
}

static bool bind_bracketed(struct binder *b, const struct ast_expr *e, struct call_arg *out,
			   const char *expected)
{
	const struct ast_expr *inner = e->kind == EXPR_LIST ? e->kids : e;

	out->is_any = inner && expr_is_any(inner);
	if (out->is_any)
		return true;
	if (e->kind != EXPR_LIST || expr_count(e->kids) != 1)
		return wrong_form(b, e, expected);
	return bind_int_within(b, e->kids, INT_MIN, UINT32_MAX, &out->num);
}

static bool bind_optlen_in(struct binder *b, const struct ast_expr *e, struct call_arg *out)
{
	return bind_bracketed(b, e, out, "the length in brackets, such as [4]");
}

static bool bind_int_result(struct binder *b, const struct ast_expr *e, struct call_arg *out)
{
	return bind_bracketed(b, e, out, "the expected number in brackets, such as [5]");
}

static bool bind_offset(struct binder *b, const struct ast_expr *e, struct call_arg *out)
{
	out->is_null = expr_is_null(e);
	return out->is_null || bind_bracketed(b, e, out, "the offset in brackets, such as [0]");
}

static bool bind_fd_pair(struct binder *b, const struct ast_expr *e, struct call_arg *out)
{
	if (e->kind != EXPR_LIST || expr_count(e->kids) != 2)
		return wrong_form(b, e, "two labels in brackets");
	return bind_label(b, e->kids, &out->num) && bind_label(b, e->kids->next, &out->num2);
}

static bool bind_path(struct binder *b, const struct ast_expr *e, struct call_arg *out)
{
	const uint8_t *bytes;
	size_t n;

	if (!bind_string(b, e, &bytes, &n))
		return false;
	out->text = (const char *)bytes;
	if (strlen(out->text) == n)
		return true;
	diag_error(b->d, e->span, "a path cannot hold a NUL byte");
	return false;
}

static bool bind_null(struct binder *b, const struct ast_expr *e, struct call_arg *out)
{
	out->is_null = expr_is_null(e);
	return out->is_null || wrong_form(b, e, "NULL, which is all that is possible here");
}

static bool bind_timeout(struct binder *b, const struct ast_expr *e, struct call_arg *out)
{
	out->is_null = expr_is_null(e);
	return out->is_null || bind_timespec(b, e, &out->num);
}

/* ADDR_FAMILY and ADDR_GIVEN are forms that LOCAL and REMOTE can take; no row asks for them. */
static bind_arg_fn *const bind_arg[ARG_KIND_COUNT] = {
	[ARG_INT] = bind_int_arg, [ARG_DOMAIN] = bind_domain, [ARG_FD] = bind_fd,
	[ARG_FD_NEW] = bind_fd, [ARG_BUF_OUT] = bind_buffer_arg, [ARG_BUF_IN] = bind_buffer_arg,
	[ARG_LEN] = bind_len, [ARG_COUNT] = bind_len, [ARG_ADDR_LOCAL] = bind_addr_local,
	[ARG_ADDR_REMOTE] = bind_addr_remote, [ARG_ADDR_FAMILY] = bind_addr_remote,
	[ARG_ADDR_GIVEN] = bind_given_address, [ARG_ADDR_RESULT] = bind_addr_result,
	[ARG_ADDR_LEN] = bind_addr_len, [ARG_IOV] = bind_iov_arg, [ARG_IOV_IN] = bind_iov_arg,
	[ARG_MSG] = bind_msg_arg, [ARG_MSG_IN] = bind_msg_arg, [ARG_MSG_LIST] = bind_msg_list,
	[ARG_MSG_LIST_IN] = bind_msg_list, [ARG_POLL] = bind_poll,
	[ARG_EPOLL_EVENT] = bind_epoll_arg, [ARG_EPOLL_IN] = bind_epoll_arg,
	[ARG_OPTVAL] = bind_optval_arg, [ARG_OPTVAL_IN] = bind_optval_arg,
	[ARG_OPTLEN] = bind_optlen, [ARG_OPTLEN_IN] = bind_optlen_in,
	[ARG_INT_RESULT] = bind_int_result, [ARG_OFFSET] = bind_offset,
	[ARG_FD_PAIR] = bind_fd_pair, [ARG_STRING] = bind_path, [ARG_NULL] = bind_null,
	[ARG_TIMEOUT] = bind_timeout,
};

static bool bind_args(struct binder *b, const struct ast_call *c, struct call_spec *out)
{
	bool is_good = true;
	size_t i = 0;

	out->arg = ARENA_ARRAY(b->a, struct call_arg, b->row->max_args);
	for (const struct ast_expr *e = c->args; e; e = e->next, i++) {
		struct call_arg *arg = &out->arg[i];

		arg->kind = b->row->arg[i];
		arg->span = e->span;
		arg->written = expr_text(b, e);
		is_good &= bind_arg[arg->kind](b, e, arg);
	}
	out->n_args = i;
	return is_good;
}

static bool check_arity(struct binder *b, const struct ast_call *c)
{
	const struct call_row *row = b->row;
	size_t n = expr_count(c->args);

	if (n >= row->min_args && n <= row->max_args)
		return true;
	if (row->min_args == row->max_args)
		diag_error(b->d, c->name.span, "%s takes %u argument%s, not %zu", row->name,
			   row->min_args, row->min_args == 1 ? "" : "s", n);
	else
		diag_error(b->d, c->name.span, "%s takes %u to %u arguments, not %zu", row->name,
			   row->min_args, row->max_args, n);
	diag_hint(b->d, "for example: %s", row->example);
	return false;
}

/* How long the list is that an ARG_COUNT counts; -1 when there is none. */
static int64_t list_length(const struct call_arg *list)
{
	if (list->is_null)
		return -1;
	if (list->kind == ARG_POLL)
		return (int64_t)list->u.poll.n;
	if (list->kind == ARG_IOV || list->kind == ARG_IOV_IN)
		return (int64_t)list->u.iov.n;
	return (int64_t)list->u.msgs.n;
}

static bool check_count(struct binder *b, const struct call_arg *arg)
{
	int64_t n = list_length(arg - 1);

	if (n < 0 || arg->num == n)
		return true;
	diag_error(b->d, arg->span, "the count is %" PRId64 ", but the list has %" PRId64,
		   arg->num, n);
	diag_hint(b->d, "write %" PRId64, n);
	return false;
}

/* The kernel fills an integer option in four bytes; any other length is a mistake in the script. */
static bool check_optlen(struct binder *b, const struct call_arg *arg)
{
	const struct call_arg *value = arg - 1;

	if (arg->is_any)
		return true;
	if (arg->num < 0 || arg->num > USHRT_MAX) {
		diag_error(b->d, arg->span, "%" PRId64 " is no length of an option", arg->num);
		return false;
	}
	if (value->is_null || value->u.opt->form != OPT_INT || arg->num == sizeof(int32_t))
		return true;
	diag_error(b->d, arg->span, "an option that is a number has length 4");
	diag_hint(b->d, "write [4], or the value as a string");
	return false;
}

static bool check_relations(struct binder *b, const struct call_spec *spec)
{
	bool is_good = true;

	for (size_t i = 1; i < spec->n_args; i++) {
		if (spec->arg[i].kind == ARG_COUNT)
			is_good &= check_count(b, &spec->arg[i]);
		if (spec->arg[i].kind == ARG_OPTLEN_IN)
			is_good &= check_optlen(b, &spec->arg[i]);
	}
	return is_good;
}

static bool bind_errno(struct binder *b, const struct ast_call *c, struct call_spec *out)
{
	const struct symbol *s;

	if (!c->err_name)
		return true;
	out->result_span = span_join(out->result_span, c->err_name->span);
	if (!out->is_any_result && out->result != -1) {
		diag_error(b->d, c->err_name->span, "an error goes with the result -1 only");
		return false;
	}
	s = symbol_find(c->err_name->text);
	if (!s || s->group != SYMBOL_ERRNO) {
		diag_error(b->d, c->err_name->span, "unknown error '%s'", c->err_name->text);
		diag_did_you_mean(b->d, symbol_suggest(c->err_name->text));
		return false;
	}
	out->has_errno = true;
	out->err = (int32_t)s->value;
	return true;
}

static bool is_number_like(const struct ast_expr *e)
{
	if (e->kind == EXPR_OR) {
		for (const struct ast_expr *k = e->kids; k; k = k->next) {
			if (!is_number_like(k))
				return false;
		}
		return true;
	}
	return e->kind == EXPR_TOKEN && (e->tok.kind == TOK_INT || e->tok.kind == TOK_HEX ||
					 (e->tok.kind == TOK_WORD && symbol_find(e->tok.text)));
}

static bool bind_result(struct binder *b, const struct ast_call *c, struct call_spec *out)
{
	if (!c->result) {
		diag_error(b->d, c->name.span, "the result of the call is missing");
		diag_hint(b->d, "for example: %s", b->row->example);
		return false;
	}
	out->result_span = c->result->span;
	out->is_any_result = expr_is_any(c->result);
	if (!out->is_any_result && !is_number_like(c->result)) {
		diag_error(b->d, c->result->span, "the result must be a number");
		diag_hint(b->d, "an error is written as in: = -1 EAGAIN (words)");
		return false;
	}
	if (!out->is_any_result && !bind_int(b, c->result, &out->result))
		return false;
	return bind_errno(b, c, out);
}

static const struct call_row *find_row(struct diags *d, const struct ast_tok *name)
{
	const struct call_row *row = call_find(name->text);
	struct suggest s;

	if (row)
		return row;
	diag_error(d, name->span, "unknown system call '%s'", name->text);
	suggest_init(&s, name->text);
	for (size_t i = 0; i < CALL_COUNT; i++)
		suggest_offer(&s, call_table[i].name);
	diag_did_you_mean(d, suggest_best(&s));
	return NULL;
}

int bind_call(struct arena *a, const struct ast_call *c, const struct bind_call_env *env,
	      struct diags *d, struct call_spec *out)
{
	struct binder b = { .a = a, .d = d, .env = env, .row = find_row(d, &c->name) };
	bool is_good;

	*out = (struct call_spec){ .row = b.row, .span = c->name.span };
	if (!b.row || !check_arity(&b, c))
		return -ERR_SYNTAX;
	for (const struct ast_expr *e = c->args; e; e = e->next)
		out->span = span_join(out->span, e->span);
	is_good = bind_args(&b, c, out);
	if (is_good)
		is_good = check_relations(&b, out);
	is_good &= bind_result(&b, c, out);
	return is_good ? 0 : -ERR_SYNTAX;
}
