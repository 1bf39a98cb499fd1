/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/err.h"
#include "script/bind_impl.h"

/* Bits of the first 16 of a GRE header [RFC2784 2, RFC2890 2] and their words in scripts. */
static const struct {
	const char *words;
	uint16_t bit;
} gre_flag_words[] = {
	{ "none", 0 },
	{ "checksum present", 0x8000 },
	{ "key present", 0x2000 },
	{ "sequence# present", 0x1000 },
};

static void bind_address(struct bind *b, const struct ast_tok *t, uint8_t family,
			 struct ip_addr *out)
{
	if (ip_addr_parse(t->text, out) < 0 || out->family != family)
		diag_error(b->d, t->span, "'%s' is no IPv%u address", t->text, family);
}

static void bind_gre_flags(struct bind *b, const struct ast_header *h, struct plan_outer *out)
{
	for (const struct ast_tok *t = h->gre_flags; t; t = t->next) {
		size_t i = 0;

		while (i < ARRAY_LEN(gre_flag_words) &&
		       strcmp(gre_flag_words[i].words, t->text) != 0)
			i++;
		if (i < ARRAY_LEN(gre_flag_words))
			out->gre_flags |= gre_flag_words[i].bit;
		else
			diag_error(b->d, t->span, "unknown GRE flag '%s'", t->text);
	}
}

static void bind_gre(struct bind *b, const struct ast_header *h, struct plan_outer *out)
{
	bind_gre_flags(b, h, out);
	for (const struct ast_item *i = h->gre_items; i; i = i->next) {
		struct plan_num n = { 0 };

		if (strcmp(i->name.text, "flags") == 0 && i->value.kind == TOK_NONE)
			continue;              /* its words are in gre_flags */
		bind_item_number(b, i, UINT32_MAX, false, &n);
		if (strcmp(i->name.text, "flags") == 0)
			out->gre_flags = (uint16_t)n.v;
		else if (strcmp(i->name.text, "sum") == 0)
			out->gre_checksum = n.v;
		else if (strcmp(i->name.text, "off") == 0)
			out->gre_offset = n.v;
		else if (strcmp(i->name.text, "key") == 0)
			out->gre_key = n.v;
		else if (strcmp(i->name.text, "seq") == 0)
			out->gre_seq = n.v;
		else
			diag_error(b->d, i->name.span, "unknown GRE field '%s'", i->name.text);
	}
}

static void bind_mpls(struct bind *b, const struct ast_mpls *m, struct plan_outer *out)
{
	out->proto = WIRE_MPLS;
	out->span = m->span;
	for (const struct ast_item *i = m->items; i; i = i->next) {
		struct plan_num n = { 0 };

		if (strcmp(i->name.text, "[S]") == 0) {
			out->mpls_s = true;
		} else if (strcmp(i->name.text, "label") == 0) {
			bind_item_number(b, i, 0xfffff, false, &n);
			out->mpls_label = n.v;
		} else if (strcmp(i->name.text, "tc") == 0) {
			bind_item_number(b, i, 7, false, &n);
			out->mpls_tc = (uint8_t)n.v;
		} else if (strcmp(i->name.text, "ttl") == 0) {
			bind_item_number(b, i, 255, false, &n);
			out->mpls_ttl = (uint8_t)n.v;
		} else {
			diag_error(b->d, i->name.span, "unknown MPLS field '%s'", i->name.text);
		}
	}
}

static size_t count_layers(const struct ast_header *h)
{
	size_t n = 0;

	for (; h; h = h->next) {
		if (h->kind != AST_HEADER_MPLS)
			n++;
		for (const struct ast_mpls *m = h->mpls; m; m = m->next)
			n++;
	}
	return n;
}

static void bind_one(struct bind *b, const struct ast_header *h, bool is_inbound,
		     struct plan_packet *out)
{
	struct plan_outer *o = &out->outer[out->n_outer];

	o->span = h->span;
	switch (h->kind) {
	case AST_HEADER_IPV4:
	case AST_HEADER_IPV6:
		o->proto = h->kind == AST_HEADER_IPV4 ? WIRE_IPV4 : WIRE_IPV6;
		bind_address(b, &h->src, h->kind == AST_HEADER_IPV4 ? 4 : 6, &o->src);
		bind_address(b, &h->dst, h->kind == AST_HEADER_IPV4 ? 4 : 6, &o->dst);
		bind_ip_info(b, h->ip_info, is_inbound, &o->ip);
		out->n_outer++;
		break;
	case AST_HEADER_GRE:
		o->proto = WIRE_GRE;
		bind_gre(b, h, o);
		out->n_outer++;
		break;
	case AST_HEADER_MPLS:
		for (const struct ast_mpls *m = h->mpls; m; m = m->next)
			bind_mpls(b, m, &out->outer[out->n_outer++]);
		break;
	}
}

void bind_outer(struct bind *b, const struct ast_header *h, bool is_inbound,
		struct plan_packet *out)
{
	size_t n = count_layers(h);

	if (n == 0)
		return;
	if (n > WIRE_MAX_LAYERS - 2) {
		diag_error(b->d, h->span, "at most %d outer headers are possible",
			   WIRE_MAX_LAYERS - 2);
		return;
	}
	out->outer = ARENA_ARRAY(b->a, struct plan_outer, n);
	for (; h; h = h->next)
		bind_one(b, h, is_inbound, out);
}
