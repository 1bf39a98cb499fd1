/* SPDX-License-Identifier: BSD-2-Clause */
#include <ctype.h>
#include <string.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/err.h"
#include "base/suggest.h"
#include "script/bind_impl.h"

/* Words inside ( ) or [ ] before the transport part [language 3.2, 9.1]. */
struct ip_word {
	const char *name;
	enum plan_ecn ecn;       /* what it demands; ECN_UNCHECKED: takes a value */
	uint8_t tos;
	uint32_t max;            /* of the value */
	enum { IP_VALUE_NONE, IP_VALUE_TOS, IP_VALUE_TTL, IP_VALUE_FLOW_LABEL, IP_VALUE_ECN,
	       IP_VALUE_OPTIONS } value;
};

static const struct ip_word ip_words[] = {
	{ "noecn", ECN_EXACT, 0, 0, IP_VALUE_NONE },
	{ "ect1", ECN_EXACT, 1, 0, IP_VALUE_NONE },
	{ "ect0", ECN_EXACT, 2, 0, IP_VALUE_NONE },
	{ "ce", ECN_EXACT, 3, 0, IP_VALUE_NONE },
	{ "ect01", ECN_ECT01, 0, 0, IP_VALUE_NONE },
	{ "tos", ECN_UNCHECKED, 0, 0xff, IP_VALUE_TOS },
	{ "class", ECN_UNCHECKED, 0, 0xff, IP_VALUE_TOS },
	{ "ttl", ECN_UNCHECKED, 0, 0xff, IP_VALUE_TTL },
	{ "hlim", ECN_UNCHECKED, 0, 0xff, IP_VALUE_TTL },
	{ "flowlabel", ECN_UNCHECKED, 0, 0xfffff, IP_VALUE_FLOW_LABEL },
	{ "ecn", ECN_UNCHECKED, 0, 0, IP_VALUE_ECN },
	{ "options", ECN_UNCHECKED, 0, 0, IP_VALUE_OPTIONS },
};

static const struct ip_word *ip_word_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(ip_words); i++) {
		if (strcmp(ip_words[i].name, name) == 0)
			return &ip_words[i];
	}
	return NULL;
}

static const char *ip_word_nearest(const char *name)
{
	struct suggest s;

	suggest_init(&s, name);
	for (size_t i = 0; i < ARRAY_LEN(ip_words); i++)
		suggest_offer(&s, ip_words[i].name);
	return suggest_best(&s);
}

void bind_item_number(struct bind *b, const struct ast_item *i, uint64_t max, bool may_range,
		      struct plan_num *out)
{
	uint64_t v;

	if (out->has)
		diag_error(b->d, i->span, "'%s' is given twice", i->name.text);
	*out = (struct plan_num){ .span = i->span };
	if (i->value.kind == TOK_STAR) {
		out->any = true;
		if (!may_range)
			diag_error(b->d, i->value.span, "an injected packet needs a number here");
		return;
	}
	if (!bind_number(b, &i->value, i->name.text, max, &v))
		return;
	out->has = true;
	out->v = out->high = (uint32_t)v;
	if (!i->value_end)
		return;
	if (!may_range)
		diag_error(b->d, i->span, "an injected packet needs one number, not a range");
	if (bind_number(b, i->value_end, i->name.text, max, &v)) {
		out->high = (uint32_t)v;
		if (out->high < out->v)
			diag_error(b->d, i->span, "this range is backwards");
	}
}

/* Hex digits, blanks between them or not: the bytes, *@n of them; NULL after a diagnosis. */
static const uint8_t *hex_bytes(struct bind *b, struct span span, const char *text, const char *what,
				size_t *n)
{
	uint8_t *out = ARENA_ARRAY(b->a, uint8_t, strlen(text) / 2 + 1);
	int high = -1;

	*n = 0;
	for (; *text; text++) {
		int v = isdigit((unsigned char)*text) ? *text - '0'
						      : tolower((unsigned char)*text) - 'a' + 10;

		if (isspace((unsigned char)*text))
			continue;
		if (!isxdigit((unsigned char)*text)) {
			diag_error(b->d, span, "%s are written as hex digits", what);
			return NULL;
		}
		if (high < 0) {
			high = v;
		} else {
			out[(*n)++] = (uint8_t)(high << 4 | v);
			high = -1;
		}
	}
	if (high < 0 && *n > 0)
		return out;
	diag_error(b->d, span, "%s are an even number of hex digits", what);
	return NULL;
}

enum { IPV4_OPTIONS_MAX_BYTES = 40 };

/* IPv4 options; the header's length counts words, so zeros fill the last. */
static void bind_ip_options(struct bind *b, const struct ast_item *i, bool is_inbound,
			    struct plan_ip *out)
{
	const char *text = i->value.kind == TOK_HEX ? i->value.text + 2 : "-";
	const uint8_t *bytes;
	size_t n;

	if (!is_inbound)
		diag_error(b->d, i->span, "IP options can be given to injected packets only");
	if (b->plan->config.ip_mode == IP_MODE_IPV6)
		diag_error(b->d, i->span, "IPv6 has no such options; '//! needs: ipv4' says so");
	bytes = hex_bytes(b, i->span, text, "IP options", &n);
	if (!bytes)
		return;
	if (n > IPV4_OPTIONS_MAX_BYTES) {
		diag_error(b->d, i->span, "%zu bytes of IP options: there is room for %d", n,
			   IPV4_OPTIONS_MAX_BYTES);
		return;
	}
	out->options = bytes;
	out->n_options = (uint8_t)n;
}

static void set_ecn(struct bind *b, const struct ast_item *i, const struct ip_word *w,
		    struct plan_ip *out)
{
	if (out->ecn != ECN_UNCHECKED)
		diag_error(b->d, i->span, "ECN bits or TOS are given twice");
	out->ecn = w->ecn;
	out->tos = w->tos;
}

static void ip_item_value(struct bind *b, const struct ast_item *i, const struct ip_word *w,
			  bool is_inbound, struct plan_ip *out)
{
	struct plan_num tos = { 0 };
	const struct ip_word *ecn;

	switch (w->value) {
	case IP_VALUE_NONE:
		set_ecn(b, i, w, out);
		break;
	case IP_VALUE_TOS:
		bind_item_number(b, i, w->max, false, &tos);
		set_ecn(b, i, &(struct ip_word){ .ecn = ECN_TOS, .tos = (uint8_t)tos.v }, out);
		break;
	case IP_VALUE_TTL:
		bind_item_number(b, i, w->max, !is_inbound, &out->ttl);
		break;
	case IP_VALUE_FLOW_LABEL:
		bind_item_number(b, i, w->max, false, &out->flow_label);
		break;
	case IP_VALUE_ECN:
		ecn = i->value.kind == TOK_WORD ? ip_word_find(i->value.text) : NULL;
		if (!ecn || ecn->ecn == ECN_UNCHECKED)
			diag_error(b->d, i->span, "ecn needs one of noecn, ect0, ect1, ect01, ce");
		else
			set_ecn(b, i, ecn, out);
		break;
	case IP_VALUE_OPTIONS:
		bind_ip_options(b, i, is_inbound, out);
		break;
	}
}

void bind_ip_info(struct bind *b, const struct ast_item *items, bool is_inbound,
		  struct plan_ip *out)
{
	for (const struct ast_item *i = items; i; i = i->next) {
		const struct ip_word *w = ip_word_find(i->name.text);

		out->span = span_join(out->span, i->span);
		if (!w) {
			diag_error(b->d, i->name.span, "unknown IP field '%s'", i->name.text);
			diag_did_you_mean(b->d, ip_word_nearest(i->name.text));
			continue;
		}
		ip_item_value(b, i, w, is_inbound, out);
		if (is_inbound && out->ecn == ECN_ECT01)
			diag_error(b->d, i->span, "an injected packet is either ect0 or ect1");
	}
}

static void bind_raw(struct bind *b, const struct ast_packet *p, struct plan_packet *out)
{
	out->is_raw = true;
	if (!p->is_inbound)
		diag_error(b->d, p->proto_word->span, "only an inbound packet can be raw bytes");
	out->raw = hex_bytes(b, p->bytes->span, p->bytes->text, "raw bytes", &out->n_raw);
}

static void bind_override(struct bind *b, const struct ast_expr *f, struct plan_packet *out)
{
	struct wire_override *o = &out->overrides[out->n_overrides];
	const char *nearest;
	uint64_t value;

	if (f->kind != EXPR_FIELD || !f->kids || f->kids->kind != EXPR_TOKEN) {
		diag_error(b->d, f->span, "an override is written as field = number");
		diag_hint(b->d, "for instance { tcp.checksum = bad, ip.ttl = 1 }");
		return;
	}
	if (strcmp(f->tok.text, "tcp.checksum") == 0 && strcmp(f->kids->tok.text, "bad") == 0) {
		out->has_bad_checksum = true;
		return;
	}
	if (wire_field_by_name(b->ip_version, f->tok.text, &o->field, &nearest) < 0) {
		diag_error(b->d, f->tok.span, "unknown header field '%s'", f->tok.text);
		diag_did_you_mean(b->d, nearest);
		return;
	}
	if (!bind_number(b, &f->kids->tok, f->tok.text,
			 wire_field_table[o->field].width_bits >= 64
				 ? UINT64_MAX
				 : (UINT64_C(1) << wire_field_table[o->field].width_bits) - 1,
			 &value))
		return;
	o->value = value;
	out->n_overrides++;
}

void bind_overrides(struct bind *b, const struct ast_expr *e, struct plan_packet *out)
{
	size_t n = 0;

	if (!e)
		return;
	if (!out->is_inbound) {
		diag_error(b->d, e->span, "only an inbound packet can have fields overridden");
		diag_hint(b->d, "to check a field of an outbound packet bind it with 'as NAME' and "
				"assert on NAME.field");
		return;
	}
	for (const struct ast_expr *f = e->kids; f; f = f->next)
		n++;
	out->overrides = ARENA_ARRAY(b->a, struct wire_override, n);
	for (const struct ast_expr *f = e->kids; f; f = f->next)
		bind_override(b, f, out);
}

static void bind_as(struct bind *b, const struct ast_packet *p, struct plan_packet *out)
{
	if (!p->as_name)
		return;
	for (size_t i = 0; i < b->n_as; i++) {
		if (strcmp(b->as_name[i], p->as_name->text) == 0)
			diag_error(b->d, p->as_name->span, "the name '%s' is bound twice",
				   p->as_name->text);
	}
	*ARENA_PUSH(b->a, b->as_name, b->n_as, b->cap_as, const char *) = p->as_name->text;
	out->as_name = p->as_name->text;
}

static void bind_udp(struct bind *b, const struct ast_packet *p, struct plan_packet *out)
{
	uint64_t v;

	out->proto = WIRE_UDP;
	if (bind_number(b, p->length, "the UDP payload length", 65507, &v))
		out->payload_len = out->payload_len_high = (uint32_t)v;
	out->seq_span = p->length->span;
	if (p->fields)
		diag_error(b->d, p->fields->span, "a UDP packet has no '%s'", p->fields->name.text);
}

static void bind_port(struct bind *b, const struct ast_tok *t, struct plan_num *out)
{
	uint64_t v;

	if (!bind_number(b, t, "a port", 65535, &v))
		return;
	*out = (struct plan_num){ .has = true, .v = (uint32_t)v, .high = (uint32_t)v,
				  .span = t->span };
}

/* The grammar gives both ports or none. */
static const struct plan_ports *bind_ports(struct bind *b, const struct ast_packet *p)
{
	struct plan_ports *ports;

	if (!p->src_port)
		return NULL;
	ports = ARENA_NEW(b->a, struct plan_ports);
	bind_port(b, p->src_port, &ports->src);
	bind_port(b, p->dst_port, &ports->dst);
	return ports;
}

static const struct plan_ip *bind_inner_ip(struct bind *b, const struct ast_packet *p)
{
	static const struct plan_ip nothing = { .ecn = ECN_UNCHECKED };
	struct plan_ip *ip;

	if (!p->ip_info)
		return &nothing;
	ip = ARENA_NEW(b->a, struct plan_ip);
	bind_ip_info(b, p->ip_info, p->is_inbound, ip);
	return ip;
}

struct plan_packet *bind_packet(struct bind *b, const struct ast_packet *p, struct span event)
{
	struct plan_packet *out = ARENA_NEW(b->a, struct plan_packet);

	out->is_inbound = p->is_inbound;
	bind_outer(b, p->outer, p->is_inbound, out);
	out->ip = bind_inner_ip(b, p);
	out->ports = bind_ports(b, p);
	if (p->psp_spi) {
		diag_error(b->d, p->psp_spi->span, "PSP encryption is not supported yet");
		diag_hint(b->d, "packets within 'encap psp' need packetdrill's wire mode");
	}
	switch (p->proto) {
	case AST_TCP:
		bind_tcp(b, p, out, event);
		break;
	case AST_UDP:
		bind_udp(b, p, out);
		break;
	case AST_ICMP:
		bind_icmp(b, p, out);
		break;
	case AST_RAW_BYTES:
		bind_raw(b, p, out);
		break;
	}
	bind_overrides(b, p->overrides, out);
	bind_as(b, p, out);
	return out;
}
