/* SPDX-License-Identifier: BSD-2-Clause */
/* Buffers, iovecs, msghdr and control messages [language 4.2, 4.3, 4.7]. */
#include <inttypes.h>
#include <limits.h>
#include <string.h>

#include "script/bind_call_impl.h"
#include "script/symbols.h"

/* "..." or NULL; what is sent is zeros, what is received is compared with zeros. */
bool bind_buffer(struct binder *b, const struct ast_expr *e, bool *is_null)
{
	*is_null = expr_is_null(e);
	if (*is_null || expr_is_any(e))
		return true;
	if (expr_is_string(e)) {
		diag_error(b->d, e->span, "a buffer cannot be given as text");
		diag_hint(b->d, "write ... ; data is zeros in packets and in calls");
		return false;
	}
	return wrong_form(b, e, "... or NULL for a buffer");
}

/* {..., 100} or {iov_base=..., iov_len=100} */
static bool bind_iovec(struct binder *b, const struct ast_expr *e, size_t *out)
{
	enum { BASE, LEN, N };
	struct field field[N] = {
		[BASE] = { .name = "iov_base", .is_required = true },
		[LEN] = { .name = "iov_len", .is_required = true },
	};
	static const char form[] = "{..., LENGTH}";
	const struct ast_expr *base = e->kids, *len;
	bool is_null;
	int64_t bytes;

	if (e->kind != EXPR_STRUCT || !base)
		return wrong_form(b, e, form);
	len = base->next;
	if (base->kind == EXPR_FIELD) {
		if (!bind_fields(b, e, field, N, form))
			return false;
		base = field[BASE].value;
		len = field[LEN].value;
	} else if (expr_count(base) != N) {
		return wrong_form(b, e, form);
	}
	if (!bind_buffer(b, base, &is_null) || !bind_int_within(b, len, 0, INT_MAX, &bytes))
		return false;
	*out = (size_t)bytes;
	return true;
}

bool bind_iov(struct binder *b, const struct ast_expr *e, size_t **bytes, size_t *n)
{
	size_t i = 0;

	if (e->kind != EXPR_LIST)
		return wrong_form(b, e, "a list of buffers, such as [{..., 100}]");
	*n = expr_count(e->kids);
	*bytes = ARENA_ARRAY(b->a, size_t, *n);
	for (const struct ast_expr *k = e->kids; k; k = k->next) {
		if (!bind_iovec(b, k, &(*bytes)[i++]))
			return false;
	}
	return true;
}

/* {ee_errno=0, ee_origin=5, ee_type=0, ee_code=1, ee_info=0, ee_data=0} */
static bool bind_sock_err(struct binder *b, const struct ast_expr *e, struct call_cmsg *out)
{
	enum { ERRNO, ORIGIN, TYPE, CODE, INFO, DATA, N };
	struct field field[N] = {
		[ERRNO] = { .name = "ee_errno", .is_required = true },
		[ORIGIN] = { .name = "ee_origin", .is_required = true },
		[TYPE] = { .name = "ee_type", .is_required = true },
		[CODE] = { .name = "ee_code", .is_required = true },
		[INFO] = { .name = "ee_info", .is_required = true },
		[DATA] = { .name = "ee_data", .is_required = true },
	};
	static const int64_t high[N] = {
		[ERRNO] = UINT32_MAX, [ORIGIN] = UINT8_MAX, [TYPE] = UINT8_MAX,
		[CODE] = UINT8_MAX, [INFO] = UINT32_MAX, [DATA] = UINT32_MAX,
	};
	int64_t v[N];

	if (!bind_fields(b, e, field, N,
			 "{ee_errno=, ee_origin=, ee_type=, ee_code=, ee_info=, ee_data=}"))
		return false;
	for (int i = 0; i < N; i++) {
		if (!bind_int_within(b, field[i].value, 0, high[i], &v[i]))
			return false;
	}
	out->kind = CMSG_DATA_SOCK_ERR;
	out->err = (struct call_sock_err){
		.ee_errno = (uint32_t)v[ERRNO], .origin = (uint8_t)v[ORIGIN],
		.type = (uint8_t)v[TYPE], .code = (uint8_t)v[CODE],
		.info = (uint32_t)v[INFO], .data = (uint32_t)v[DATA],
	};
	return true;
}

/* {scm_sec=0, scm_nsec=20000000}: script time */
static bool bind_timestamp(struct binder *b, const struct ast_expr *e, struct call_cmsg *out)
{
	enum { SEC, NSEC, N };
	struct field field[N] = {
		[SEC] = { .name = "scm_sec", .is_required = true },
		[NSEC] = { .name = "scm_nsec", .is_required = true },
	};
	int64_t sec, nsec;

	if (!bind_fields(b, e, field, N, "{scm_sec=, scm_nsec=}") ||
	    !bind_int_within(b, field[SEC].value, 0, INT_MAX, &sec) ||
	    !bind_int_within(b, field[NSEC].value, 0, 999999999, &nsec))
		return false;
	out->kind = CMSG_DATA_TIMESTAMP;
	out->time_ns = sec * 1000000000 + nsec;
	return true;
}

static bool bind_attribute(struct binder *b, const struct ast_expr *k, struct call_nla *out)
{
	const struct symbol *s = symbol_find(k->tok.text);
	int64_t value = 0;

	if (!s || s->group != SYMBOL_TCP_NLA) {
		diag_error(b->d, k->tok.span, "unknown attribute '%s'", k->tok.text);
		diag_did_you_mean(b->d, symbol_suggest(k->tok.text));
		return false;
	}
	out->type = (uint16_t)s->value;
	out->span = k->span;
	out->is_any = expr_is_any(k->kids);
	if (!out->is_any && !bind_int(b, k->kids, &value))
		return false;
	out->value = (uint64_t)value;
	return true;
}

/* {TCP_NLA_CA_STATE=TCP_CA_OPEN, TCP_NLA_SND_CWND=...} */
static bool bind_nla(struct binder *b, const struct ast_expr *e, struct call_cmsg *out)
{
	struct call_nla **tail = &out->nla;

	out->kind = CMSG_DATA_NLA;
	for (const struct ast_expr *k = e->kids; k; k = k->next) {
		if (k->kind != EXPR_FIELD || !k->kids)
			return wrong_form(b, k, "an attribute, such as TCP_NLA_SND_CWND=10");
		*tail = ARENA_NEW(b->a, struct call_nla);
		if (!bind_attribute(b, k, *tail))
			return false;
		tail = &(*tail)->next;
	}
	return true;
}

static bool bind_cmsg_struct(struct binder *b, const struct ast_expr *e, struct call_cmsg *out)
{
	static const struct {
		const char *prefix;
		bool (*bind)(struct binder *b, const struct ast_expr *e, struct call_cmsg *out);
	} by_member[] = {
		{ "ee_", bind_sock_err }, { "scm_", bind_timestamp }, { "", bind_nla },
	};
	const char *name = e->kids && e->kids->kind == EXPR_FIELD ? e->kids->tok.text : "";

	for (size_t i = 0; i < ARRAY_LEN(by_member); i++) {
		if (strncmp(name, by_member[i].prefix, strlen(by_member[i].prefix)) == 0)
			return by_member[i].bind(b, e, out);
	}
	return false;
}

static bool bind_cmsg_data(struct binder *b, const struct ast_expr *e, bool is_received,
			   struct call_cmsg *out)
{
	if (expr_is_string(e)) {
		out->kind = CMSG_DATA_BYTES;
		return bind_string(b, e, &out->bytes, &out->n_bytes);
	}
	if (e->kind != EXPR_STRUCT) {
		out->kind = CMSG_DATA_INT;
		return bind_int_within(b, e, INT_MIN, UINT32_MAX, &out->num);
	}
	if (!is_received)
		return wrong_form(b, e, "a number or a string as data of a message that is sent");
	return bind_cmsg_struct(b, e, out);
}

/* cmsg_len is what another system counts there, so it is accepted and not compared. */
static bool bind_cmsg(struct binder *b, const struct ast_expr *e, bool is_received,
		      struct call_cmsg *out)
{
	enum { LEN, LEVEL, TYPE, DATA, N };
	struct field field[N] = {
		[LEN] = { .name = "cmsg_len" },
		[LEVEL] = { .name = "cmsg_level", .is_required = true },
		[TYPE] = { .name = "cmsg_type", .is_required = true },
		[DATA] = { .name = "cmsg_data", .is_required = true },
	};
	int64_t level, type, len;

	if (!bind_fields(b, e, field, N, "{cmsg_level=SOL_TCP, cmsg_type=TCP_CM_INQ, cmsg_data=5}"))
		return false;
	if (field[LEN].value && !expr_is_any(field[LEN].value) &&
	    !bind_int(b, field[LEN].value, &len))
		return false;
	if (!bind_int_within(b, field[LEVEL].value, INT_MIN, INT_MAX, &level) ||
	    !bind_int_within(b, field[TYPE].value, INT_MIN, INT_MAX, &type) ||
	    !bind_cmsg_data(b, field[DATA].value, is_received, out))
		return false;
	out->level = (int32_t)level;
	out->type = (int32_t)type;
	out->span = e->span;
	return true;
}

static bool bind_cmsgs(struct binder *b, const struct ast_expr *e, bool is_received,
		       struct call_msg *out)
{
	struct call_cmsg **tail = &out->cmsgs;

	if (e->kind != EXPR_LIST)
		return wrong_form(b, e, "a list of control messages, [{cmsg_level=, ...}] or []");
	for (const struct ast_expr *k = e->kids; k; k = k->next) {
		*tail = ARENA_NEW(b->a, struct call_cmsg);
		if (!bind_cmsg(b, k, is_received, *tail))
			return false;
		tail = &(*tail)->next;
		out->n_cmsgs++;
	}
	return true;
}

/* The 2 of msg_iov(2)=[...]; "..." counts by itself. */
static bool check_count(struct binder *b, const struct field *f, size_t n)
{
	int64_t count;

	if (!f->node || !f->node->count || expr_is_any(f->node->count))
		return true;
	if (!bind_int(b, f->node->count, &count))
		return false;
	if (count == (int64_t)n)
		return true;
	diag_error(b->d, f->node->count->span, "%s counts %" PRId64 ", but %zu are listed", f->name,
		   count, n);
	return false;
}

static bool bind_msg_numbers(struct binder *b, const struct field *flags, const struct field *len,
			     bool is_received, struct call_msg *out)
{
	int64_t num;

	out->has_flags = flags->value && !expr_is_any(flags->value);
	if (out->has_flags) {
		if (!bind_int_within(b, flags->value, INT_MIN, UINT32_MAX, &num))
			return false;
		if (num != 0 && !is_received)
			return wrong_form(b, flags->value, "msg_flags=0 in a message that is sent");
		out->flags = (int32_t)num;
		out->flags_span = flags->node->span;
	}
	out->has_len = len->value && !expr_is_any(len->value);
	if (!out->has_len)
		return true;
	out->len_span = len->node->span;
	return bind_int_within(b, len->value, 0, INT_MAX, &out->len);
}

/* {msg_name(...)=..., msg_iov(1)=[{..., 9}], msg_flags=0, msg_control=[]}, in any order */
bool bind_msg(struct binder *b, const struct ast_expr *e, bool is_received, struct call_msg *out)
{
	enum { NAME, IOV, FLAGS, CONTROL, LEN, N };
	struct field field[N] = {
		[NAME] = { .name = "msg_name" },
		[IOV] = { .name = "msg_iov", .is_required = true },
		[FLAGS] = { .name = "msg_flags" },
		[CONTROL] = { .name = "msg_control" },
		[LEN] = { .name = "msg_len" },
	};
	bool is_null = true;

	if (!bind_fields(b, e, field, N,
			 "{msg_name(...)=..., msg_iov(1)=[{..., 9}], msg_flags=0}"))
		return false;
	if (field[NAME].value && !bind_buffer(b, field[NAME].value, &is_null))
		return false;
	out->has_name = !is_null;
	out->span = e->span;
	if (!bind_iov(b, field[IOV].value, &out->iov_bytes, &out->n_iov) ||
	    !check_count(b, &field[IOV], out->n_iov) ||
	    !bind_msg_numbers(b, &field[FLAGS], &field[LEN], is_received, out))
		return false;
	if (field[CONTROL].value && !bind_cmsgs(b, field[CONTROL].value, is_received, out))
		return false;
	return check_count(b, &field[CONTROL], out->n_cmsgs);
}
