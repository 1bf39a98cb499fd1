/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/err.h"
#include "script/bind_impl.h"

static void bind_mtu(struct bind *b, const struct ast_item *i, enum icmp_rest rest,
		     bool may_range, struct plan_icmp *out)
{
	uint64_t max = b->ip_version == 4 ? UINT16_MAX : UINT32_MAX;

	bind_item_number(b, i, max, may_range, &out->mtu);
	if (rest == ICMP_REST_MTU)
		return;
	diag_error(b->d, i->span, "this ICMP message carries no MTU");
	diag_hint(b->d, b->ip_version == 4 ? "only unreachable frag_needed does"
						  : "only packet_too_big does");
}

static void bind_icmp_fields(struct bind *b, const struct ast_packet *p, struct plan_icmp *out)
{
	enum icmp_rest rest = icmp_rest_of(b->ip_version, out->type, out->code);

	for (const struct ast_item *i = p->fields; i; i = i->next) {
		if (strcmp(i->name.text, "mtu") == 0) {
			bind_mtu(b, i, rest, !p->is_inbound, out);
		} else if (strcmp(i->name.text, "id") == 0) {
			bind_item_number(b, i, UINT16_MAX, !p->is_inbound, &out->id);
			if (rest != ICMP_REST_ID)
				diag_error(b->d, i->span, "only echo messages carry an id");
		} else {
			diag_error(b->d, i->name.span, "unknown ICMP field '%s'", i->name.text);
		}
	}
}

static void bind_echo(struct bind *b, const struct ast_packet *p, struct plan_icmp *out)
{
	uint64_t v;

	switch (p->echo) {
	case AST_ECHO_NONE:
		out->echo = PLAN_ECHO_TCP;
		break;
	case AST_ECHO_TCP:
		out->echo = PLAN_ECHO_TCP;
		bind_seq(b, p->echo_seq, &out->echo_seq, &out->echo_len);
		if (p->echo_seq->len_end)
			diag_error(b->d, p->echo_seq->span, "an echoed packet has one length");
		break;
	case AST_ECHO_UDP:
		out->echo = PLAN_ECHO_UDP;
		if (bind_number(b, p->echo_len, "the UDP payload length", 65507, &v))
			out->echo_len = (uint32_t)v;
		break;
	case AST_ECHO_RAW:
		out->echo = PLAN_ECHO_RAW;
		if (!bind_number(b, p->echo_len, "the ICMP length", 65535 - 40, &v))
			break;
		out->echo_len = (uint32_t)v;
		if (v < 8)
			diag_error(b->d, p->echo_len->span, "an ICMP message has at least 8 bytes");
		break;
	}
}

void bind_icmp(struct bind *b, const struct ast_packet *p, struct plan_packet *out)
{
	const char *code = p->icmp_code ? p->icmp_code->text : NULL;
	struct plan_icmp *icmp = ARENA_NEW(b->a, struct plan_icmp);
	const char *nearest = NULL;
	bool is_code = false;

	out->proto = b->ip_version == 4 ? WIRE_ICMPV4 : WIRE_ICMPV6;
	out->icmp = icmp;
	out->seq_span = p->icmp_type->span;
	if (p->icmp_code)
		out->seq_span = span_join(out->seq_span, p->icmp_code->span);
	if (icmp_parse(b->ip_version, p->icmp_type->text, code, &icmp->type, &icmp->code,
		       &is_code, &nearest) < 0) {
		const struct ast_tok *t = is_code ? p->icmp_code : p->icmp_type;

		diag_error(b->d, t->span, "unknown ICMPv%u %s '%s'", b->ip_version,
			   is_code ? "code" : "type", t->text);
		diag_did_you_mean(b->d, nearest);
		return;
	}
	bind_icmp_fields(b, p, icmp);
	bind_echo(b, p, icmp);
}
