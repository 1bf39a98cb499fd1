/* SPDX-License-Identifier: BSD-2-Clause */
#include <arpa/inet.h>
#include <sys/socket.h>

#include "script/bind_call_impl.h"

/* 1.2.3.4, 2001:db8::1, inet_addr("1.2.3.4") or inet6_addr("2001:db8::1") */
bool bind_ip(struct binder *b, const struct ast_expr *e, struct ip_addr *out)
{
	uint8_t family = expr_is_call(e, "inet_addr") ? 4 : expr_is_call(e, "inet6_addr") ? 6 : 0;
	const uint8_t *text;
	size_t n;

	if (e->kind == EXPR_TOKEN && (e->tok.kind == TOK_IPV4 || e->tok.kind == TOK_IPV6)) {
		if (ip_addr_parse(e->tok.text, out) == 0)
			return true;
		return wrong_form(b, e, "an IP address");
	}
	if (!family || expr_count(e->kids) != 1)
		return wrong_form(b, e, "inet_addr(\"1.2.3.4\") or inet6_addr(\"2001:db8::1\")");
	if (!bind_string(b, e->kids, &text, &n))
		return false;
	if (ip_addr_parse((const char *)text, out) == 0 && out->family == family)
		return true;
	diag_error(b->d, e->kids->span, "'%s' is not an IPv%d address", (const char *)text, family);
	return false;
}

/* htons(80) and plain 80 as it lies in memory: what people mean in either case. */
static bool bind_port(struct binder *b, const struct ast_expr *e, uint16_t *out)
{
	int64_t port;

	if (!bind_int_within(b, e, 0, UINT16_MAX, &port))
		return false;
	*out = ntohs((uint16_t)port);
	return true;
}

/* {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("1.2.3.4")} and its IPv6 twin */
bool bind_sockaddr(struct binder *b, const struct ast_expr *e, struct call_sockaddr *out)
{
	enum { FAMILY, PORT, ADDR, PORT6, ADDR6, N };
	struct field field[N] = {
		[FAMILY] = { .name = "sa_family", .is_required = true },
		[PORT] = { .name = "sin_port" }, [ADDR] = { .name = "sin_addr" },
		[PORT6] = { .name = "sin6_port" }, [ADDR6] = { .name = "sin6_addr" },
	};
	static const char form[] =
		"{sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr(\"1.2.3.4\")}";
	const struct ast_expr *port, *addr;
	int64_t family;

	if (!bind_fields(b, e, field, N, form) || !bind_int(b, field[FAMILY].value, &family))
		return false;
	port = field[PORT].value ? field[PORT].value : field[PORT6].value;
	addr = field[ADDR].value ? field[ADDR].value : field[ADDR6].value;
	if (!port || !addr) {
		diag_error(b->d, e->span, "port or address is missing");
		diag_hint(b->d, "expected %s", form);
		return false;
	}
	if (!bind_port(b, port, &out->port) || !bind_ip(b, addr, &out->ip))
		return false;
	if (family == (out->ip.family == 4 ? AF_INET : AF_INET6))
		return true;
	diag_error(b->d, field[FAMILY].value->span, "the address is not of this family");
	return false;
}
