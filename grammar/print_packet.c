/* SPDX-License-Identifier: BSD-2-Clause */
/* Packets as canonical text, in the fixed order of their parts. */
#include "base/buf.h"
#include "grammar/ast.h"
#include "grammar/print_impl.h"

static void put_item(const struct ast_item *i, struct buf *out)
{
	buf_puts(out, i->name.raw);
	if (i->value.kind)
		buf_printf(out, " %s", i->value.raw);
	if (i->value_end)
		buf_printf(out, "~%s", i->value_end->raw);
}

static void put_items(const struct ast_item *i, const char *sep, struct buf *out)
{
	for (; i; i = i->next) {
		put_item(i, out);
		if (i->next)
			buf_puts(out, sep);
	}
}

static void put_toks(const struct ast_tok *t, const char *sep, struct buf *out)
{
	for (; t; t = t->next) {
		buf_puts(out, t->raw);
		if (t->next)
			buf_puts(out, sep);
	}
}

static void put_ip_header(const struct ast_header *h, const char *word, struct buf *out)
{
	buf_printf(out, "%s ", word);
	if (h->ip_info) {
		buf_putc(out, '[');
		put_items(h->ip_info, ", ", out);
		buf_puts(out, "] ");
	}
	buf_printf(out, "%s > %s", h->src.raw, h->dst.raw);
}

/* An item without value is the list of flags. */
static void put_gre(const struct ast_header *h, struct buf *out)
{
	buf_puts(out, "gre");
	for (const struct ast_item *i = h->gre_items; i; i = i->next) {
		buf_putc(out, ' ');
		put_item(i, out);
		if (i->value.kind)
			continue;
		buf_puts(out, " [");
		put_toks(h->gre_flags, ", ", out);
		buf_putc(out, ']');
	}
}

static void put_mpls(const struct ast_header *h, struct buf *out)
{
	buf_puts(out, "mpls");
	for (const struct ast_mpls *m = h->mpls; m; m = m->next) {
		buf_puts(out, " (");
		put_items(m->items, ", ", out);
		buf_putc(out, ')');
	}
}

static void put_outer(const struct ast_header *h, struct buf *out)
{
	for (; h; h = h->next) {
		switch (h->kind) {
		case AST_HEADER_IPV4:
			put_ip_header(h, "ipv4", out);
			break;
		case AST_HEADER_IPV6:
			put_ip_header(h, "ipv6", out);
			break;
		case AST_HEADER_GRE:
			put_gre(h, out);
			break;
		case AST_HEADER_MPLS:
			put_mpls(h, out);
			break;
		}
		buf_puts(out, ": ");
	}
}

static void put_seq(const struct ast_seq *s, struct buf *out)
{
	if (s->is_ignored)
		buf_puts(out, "...");
	else
		buf_printf(out, "%s:%s", s->start.raw, s->end.raw);
	buf_printf(out, "(%s", s->len.raw);
	if (s->len_end)
		buf_printf(out, "~%s", s->len_end->raw);
	buf_puts(out, s->is_absolute ? ")!" : ")");
}

static void put_fields(const struct ast_packet *k, struct buf *out)
{
	if (k->fields)
		buf_putc(out, ' ');
	put_items(k->fields, " ", out);
}

static void put_options(const struct ast_packet *k, struct buf *out)
{
	switch (k->optlist) {
	case AST_OPTS_NONE:
		return;
	case AST_OPTS_ANY:
		buf_puts(out, " <...>");
		return;
	case AST_OPTS_LIST:
		break;
	}
	buf_puts(out, " <");
	for (const struct ast_opt *o = k->opts; o; o = o->next) {
		put_toks(o->toks, " ", out);
		if (o->next)
			buf_putc(out, ',');
	}
	buf_putc(out, '>');
}

static void put_ports(const struct ast_packet *k, struct buf *out)
{
	if (k->src_port)
		buf_printf(out, "%s > %s ", k->src_port->raw, k->dst_port->raw);
}

static void put_tcp(const struct ast_packet *k, struct buf *out)
{
	if (k->psp_spi)
		buf_printf(out, "encap psp spi %s ", k->psp_spi->raw);
	put_ports(k, out);
	buf_printf(out, "%s ", k->flags.raw);
	put_seq(&k->seq, out);
	put_fields(k, out);
	put_options(k, out);
}

static void put_icmp(const struct ast_packet *k, struct buf *out)
{
	buf_printf(out, "icmp %s", k->icmp_type->raw);
	if (k->icmp_code)
		buf_printf(out, " %s", k->icmp_code->raw);
	put_fields(k, out);
	switch (k->echo) {
	case AST_ECHO_NONE:
		break;
	case AST_ECHO_TCP:
		buf_puts(out, " [");
		put_seq(k->echo_seq, out);
		buf_putc(out, ']');
		break;
	case AST_ECHO_UDP:
		buf_printf(out, " [udp (%s)]", k->echo_len->raw);
		break;
	case AST_ECHO_RAW:
		buf_printf(out, " [raw (%s)]", k->echo_len->raw);
		break;
	}
}

static void put_ip_info(const struct ast_packet *k, struct buf *out)
{
	if (!k->has_ip_info)
		return;
	buf_putc(out, k->ip_bracket);
	put_items(k->ip_info, ", ", out);
	buf_puts(out, k->ip_bracket == '(' ? ") " : "] ");
}

void print_packet(const struct ast_packet *k, struct buf *out)
{
	buf_puts(out, k->is_inbound ? "< " : "> ");
	put_outer(k->outer, out);
	put_ip_info(k, out);
	switch (k->proto) {
	case AST_TCP:
		put_tcp(k, out);
		break;
	case AST_UDP:
		buf_puts(out, "udp ");
		put_ports(k, out);
		buf_printf(out, "(%s)", k->length->raw);
		break;
	case AST_ICMP:
		put_icmp(k, out);
		break;
	case AST_RAW_BYTES:
		buf_printf(out, "raw %s", k->bytes->raw);
		break;
	}
	if (k->overrides) {
		buf_putc(out, ' ');
		print_overrides(k->overrides, out);
	}
	if (k->as_name)
		buf_printf(out, " as %s", k->as_name->raw);
}
