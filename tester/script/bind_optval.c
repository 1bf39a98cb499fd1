/* SPDX-License-Identifier: BSD-2-Clause */
/* Values of socket options [language 4.6]: integers, or the bytes as the kernel takes them. */
#include <assert.h>
#include <limits.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "base/bytes.h"
#include "script/bind_call_impl.h"

static void set_bytes(struct binder *b, const void *bytes, size_t n, struct call_optval *out)
{
	out->form = OPT_BYTES;
	out->bytes = (const uint8_t *)arena_strndup(b->a, bytes, n);
	out->n_bytes = n;
}

/* {onoff=1, linger=0}; a member may be "...", which sets 0 and compares with anything. */
static bool bind_linger(struct binder *b, const struct ast_expr *e, struct call_optval *out)
{
	enum { N = 2 };
	struct field field[N] = {
		{ .name = "onoff", .is_required = true }, { .name = "linger", .is_required = true },
	};
	struct linger value;
	int32_t v[N] = { 0 };
	uint8_t *is_compared = arena_alloc(b->a, sizeof(value), 1);

	static_assert(sizeof(value) == sizeof(v), "struct linger is two integers");
	if (!bind_fields(b, e, field, N, "{onoff=1, linger=0}"))
		return false;
	for (size_t i = 0; i < N; i++) {
		int64_t num = 0;

		if (expr_is_any(field[i].value))
			continue;
		if (!bind_int_within(b, field[i].value, INT_MIN, INT_MAX, &num))
			return false;
		v[i] = (int32_t)num;
		memset(is_compared + i * sizeof(v[0]), 1, sizeof(v[0]));
	}
	value = (struct linger){ .l_onoff = v[0], .l_linger = v[1] };
	set_bytes(b, &value, sizeof(value), out);
	out->is_compared = is_compared;
	return true;
}

/* {flags 0x2000 sum 0 off 0 key 7 seq 0}: the header of RFC 2784 and 2890 with its present parts */
static bool bind_gre(struct binder *b, const struct ast_expr *e, struct call_optval *out)
{
	enum { FLAGS, SUM, OFF, KEY, SEQ, N };
	enum { HAS_SUM = 0x8000, HAS_KEY = 0x2000, HAS_SEQ = 0x1000 };
	struct field field[N] = {
		[FLAGS] = { .name = "flags", .is_required = true }, [SUM] = { .name = "sum" },
		[OFF] = { .name = "off" }, [KEY] = { .name = "key" }, [SEQ] = { .name = "seq" },
	};
	static const int64_t high[N] = { 0xffff, 0xffff, 0xffff, UINT32_MAX, UINT32_MAX };
	int64_t v[N] = { 0 };
	uint8_t bytes[16] = { 0 };
	size_t n = 4;

	if (!bind_fields(b, e, field, N, "{flags 0x0 sum 0 off 0 key 0 seq 0}"))
		return false;
	for (size_t i = 0; i < N; i++) {
		if (field[i].value && !bind_int_within(b, field[i].value, 0, high[i], &v[i]))
			return false;
	}
	put_be16(bytes, (uint16_t)v[FLAGS]);
	if (v[FLAGS] & HAS_SUM) {
		put_be16(bytes + n, (uint16_t)v[SUM]);
		put_be16(bytes + n + 2, (uint16_t)v[OFF]);
		n += 4;
	}
	if (v[FLAGS] & HAS_KEY) {
		put_be32(bytes + n, (uint32_t)v[KEY]);
		n += 4;
	}
	if (v[FLAGS] & HAS_SEQ) {
		put_be32(bytes + n, (uint32_t)v[SEQ]);
		n += 4;
	}
	set_bytes(b, bytes, n, out);
	return true;
}

/* (label 3, tc 0, [S], ttl 9): one entry of a stack, four bytes [RFC3032 2.1] */
static bool bind_mpls_entry(struct binder *b, const struct ast_expr *e, uint8_t out[4])
{
	enum { LABEL, TC, TTL, N };
	static const struct {
		const char *name;
		int64_t high;
		unsigned int shift;
	} part[N] = { { "label", 0xfffff, 12 }, { "tc", 7, 9 }, { "ttl", 255, 0 } };
	uint32_t entry = 0;
	int64_t num;

	for (const struct ast_expr *k = e->kids; k; k = k->next) {
		size_t i = 0;

		if (k->kind == EXPR_LIST && k->kids && k->kids->kind == EXPR_TOKEN &&
		    strcmp(k->kids->tok.text, "S") == 0) {
			entry |= 0x100;
			continue;
		}
		while (i < N && (k->kind != EXPR_FIELD || strcmp(k->tok.text, part[i].name) != 0))
			i++;
		if (i == N)
			return wrong_form(b, k, "(label 3, tc 0, [S], ttl 9)");
		if (!bind_int_within(b, k->kids, 0, part[i].high, &num))
			return false;
		entry |= (uint32_t)num << part[i].shift;
	}
	put_be32(out, entry);
	return true;
}

static bool bind_mpls(struct binder *b, const struct ast_expr *e, struct call_optval *out)
{
	size_t n = expr_count(e->kids);
	uint8_t *bytes = arena_alloc(b->a, n * 4, 1);

	out->form = OPT_BYTES;
	out->bytes = bytes;
	out->n_bytes = n * 4;
	for (const struct ast_expr *k = e->kids; k; k = k->next, bytes += 4) {
		if (k->kind != EXPR_GROUP)
			return wrong_form(b, k, "(label 3, tc 0, [S], ttl 9)");
		if (!bind_mpls_entry(b, k, bytes))
			return false;
	}
	return true;
}

static bool bind_sockaddr_bytes(struct binder *b, const struct ast_expr *e, struct call_optval *out)
{
	struct call_sockaddr addr;
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };

	if (!bind_sockaddr(b, e, &addr))
		return false;
	in.sin_port = in6.sin6_port = htons(addr.port);
	memcpy(&in.sin_addr, addr.ip.b, sizeof(in.sin_addr));
	memcpy(&in6.sin6_addr, addr.ip.b, sizeof(in6.sin6_addr));
	if (addr.ip.family == 4)
		set_bytes(b, &in, sizeof(in), out);
	else
		set_bytes(b, &in6, sizeof(in6), out);
	return true;
}

static const char any_form[] = "[NUMBER], \"string\", a structure or an address";

/* Structures are known by their first member. */
static bool bind_struct(struct binder *b, const struct ast_expr *e, struct call_optval *out)
{
	static const struct {
		const char *member;
		bool (*bind)(struct binder *b, const struct ast_expr *e, struct call_optval *out);
	} by_member[] = {
		{ "onoff", bind_linger }, { "linger", bind_linger }, { "flags", bind_gre },
		{ "sa_family", bind_sockaddr_bytes },
	};
	const struct ast_expr *first = e->kids;

	if (first && first->kind == EXPR_GROUP)
		return bind_mpls(b, e, out);
	for (size_t i = 0; first && first->kind == EXPR_FIELD && i < ARRAY_LEN(by_member); i++) {
		if (strcmp(first->tok.text, by_member[i].member) == 0)
			return by_member[i].bind(b, e, out);
	}
	wrong_form(b, e, "a structure that is known");
	diag_hint(b->d, "{onoff=, linger=}, {sa_family=, sin_port=, sin_addr=}, "
			"{flags 0x0 sum 0 off 0 key 0 seq 0} or {(label 3, tc 0, [S], ttl 9)}");
	return false;
}

static bool bind_range(struct binder *b, const struct ast_expr *e, struct call_optval *out)
{
	if (!bind_int_within(b, e->kids, INT_MIN, UINT32_MAX, &out->num) ||
	    !bind_int_within(b, e->kids->next, INT_MIN, UINT32_MAX, &out->num_high))
		return false;
	if (out->num <= out->num_high)
		return true;
	diag_error(b->d, e->span, "this range is backwards");
	return false;
}

static bool bind_list(struct binder *b, const struct ast_expr *e, bool is_result,
		      struct call_optval *out)
{
	out->form = OPT_INT;
	if (expr_count(e->kids) != 1)
		return wrong_form(b, e, "one number in the brackets");
	if (is_result && expr_is_any(e->kids)) {
		out->form = OPT_ANY;
		return true;
	}
	if (is_result && e->kids->kind == EXPR_RANGE)
		return bind_range(b, e->kids, out);
	if (!bind_int_within(b, e->kids, INT_MIN, UINT32_MAX, &out->num))
		return false;
	out->num_high = out->num;
	return true;
}

bool bind_optval(struct binder *b, const struct ast_expr *e, bool is_result,
		 struct call_optval *out)
{
	struct ip_addr ip;

	out->span = e->span;
	if (e->kind == EXPR_LIST)
		return bind_list(b, e, is_result, out);
	if (e->kind == EXPR_STRUCT)
		return bind_struct(b, e, out);
	if (expr_is_string(e)) {
		out->form = OPT_BYTES;
		return bind_string(b, e, &out->bytes, &out->n_bytes);
	}
	if (expr_is_call(e, "inet_addr") || expr_is_call(e, "inet6_addr")) {
		if (!bind_ip(b, e, &ip))
			return false;
		set_bytes(b, ip.b, ip_addr_size(&ip), out);
		return true;
	}
	if (is_result && expr_is_any(e)) {
		out->form = OPT_ANY;
		return true;
	}
	return wrong_form(b, e, any_form);
}
