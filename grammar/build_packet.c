/* SPDX-License-Identifier: BSD-2-Clause */
/* Packets: outer headers, IP information, the innermost protocol and its parts. */
#include <string.h>

#include "base/arena.h"
#include "base/diag.h"
#include "grammar/build.h"
#include "grammar/parse_impl.h"

struct item_list item_list(const struct item_list *list, struct ast_item *item)
{
	struct item_list out = list ? *list : (struct item_list){ 0 };

	if (out.tail)
		out.tail->next = item;
	else
		out.head = item;
	out.tail = item;
	return out;
}

struct opt_list opt_list(struct parse *p, const struct opt_list *list, struct span span,
			 struct ast_tok *toks)
{
	struct opt_list out = list ? *list : (struct opt_list){ 0 };
	struct ast_opt *o = ARENA_NEW(p->arena, struct ast_opt);

	o->span = span;
	o->toks = toks;
	if (out.tail)
		out.tail->next = o;
	else
		out.head = o;
	out.tail = o;
	return out;
}

struct mpls_list mpls_list(struct parse *p, const struct mpls_list *list, struct span span,
			   struct ast_item *items)
{
	struct mpls_list out = *list;
	struct ast_mpls *m = ARENA_NEW(p->arena, struct ast_mpls);

	m->span = span;
	m->items = items;
	if (out.tail)
		out.tail->next = m;
	else
		out.head = m;
	out.tail = m;
	return out;
}

void build_packet_start(struct parse *p, bool is_inbound)
{
	p->packet = ARENA_NEW(p->arena, struct ast_packet);
	p->packet->is_inbound = is_inbound;
	p->in_packet = p->at_head = true;
}

void build_packet_end(struct parse *p, struct ast_expr *overrides, const struct ast_tok *as_name)
{
	p->packet->overrides = overrides;
	p->packet->as_name = build_kept(p, as_name);
	if (p->packet->echo != AST_ECHO_NONE && p->packet->proto != AST_ICMP)
		diag_error(p->diags, p->packet->echo_seq->span,
			   "only an icmp packet echoes another packet");
}

struct ast_item *build_item(struct parse *p, struct span span, const struct ast_tok *name,
			    const struct ast_tok *value, const struct ast_tok *value_end)
{
	struct ast_item *i = ARENA_NEW(p->arena, struct ast_item);

	i->span = span;
	i->name = *name;
	if (value)
		i->value = *value;
	i->value_end = build_kept(p, value_end);
	return i;
}

void build_ip_info(struct parse *p, char bracket, struct ast_item *items)
{
	p->packet->has_ip_info = true;
	p->packet->ip_bracket = bracket;
	p->packet->ip_info = items;
	p->at_head = true;
}

/* What was read as the packet's own information belongs to an outer header. */
void build_take_ip_info(struct parse *p)
{
	p->outer_info = p->packet->ip_info;
	p->packet->ip_info = NULL;
	p->packet->has_ip_info = false;
	p->packet->ip_bracket = '\0';
}

void build_outer(struct parse *p, struct span span, struct ast_header *h)
{
	h->span = span;
	if (p->packet->outer)
		p->last_outer->next = h;
	else
		p->packet->outer = h;
	p->last_outer = h;
	p->at_head = true;
}

static struct ast_header *header_new(struct parse *p, enum ast_header_kind kind)
{
	struct ast_header *h = ARENA_NEW(p->arena, struct ast_header);

	h->kind = kind;
	return h;
}

struct ast_header *build_ip_header(struct parse *p, enum ast_header_kind kind,
				   const struct ast_tok *src, const struct ast_tok *dst)
{
	struct ast_header *h = header_new(p, kind);

	h->ip_info = p->outer_info;
	h->src = *src;
	h->dst = *dst;
	return h;
}

struct ast_header *build_gre_header(struct parse *p, struct ast_item *items)
{
	struct ast_header *h = header_new(p, AST_HEADER_GRE);

	h->gre_items = items;
	h->gre_flags = p->gre_flags;
	p->gre_flags = NULL;
	return h;
}

struct ast_header *build_mpls_header(struct parse *p, struct ast_mpls *entries)
{
	struct ast_header *h = header_new(p, AST_HEADER_MPLS);

	h->mpls = entries;
	return h;
}

void build_encap(struct parse *p, struct span span, const struct ast_tok *psp,
		 const struct ast_tok *spi, const struct ast_tok *value)
{
	if (strcmp(psp->text, "psp") != 0 || strcmp(spi->text, "spi") != 0) {
		diag_error(p->diags, span, "an encapsulation that is not known");
		diag_hint(p->diags, "write: encap psp spi NUMBER");
		return;
	}
	p->packet->psp_spi = build_kept(p, value);
}

static bool touch(const struct ast_tok *a, const struct ast_tok *b)
{
	return !b || a->span.off + a->span.len == b->span.off;
}

bool build_flags(struct parse *p, struct span span, const struct ast_tok *a,
		 const struct ast_tok *b, const struct ast_tok *c, struct ast_tok *flags)
{
	const struct ast_tok *stray = !touch(a, b) ? b : b && !touch(b, c) ? c : NULL;

	/* A lone dot behind a word can only be meant as a flag. */
	if (stray && strcmp(stray->text, ".") != 0) {
		diag_error(p->diags, stray->span,
			   "found '%s' behind the TCP flags, expected a sequence range such as "
			   "1:1001(1000)",
			   stray->raw);
		p->is_resyncing = true;
		return false;
	}
	*flags = *a;
	if (b)
		*flags = build_pair(p, span, flags, "", b);
	if (c)
		*flags = build_pair(p, span, flags, "", c);
	flags->kind = TOK_WORD;
	return true;
}

void build_seq(struct parse *p, struct span span, const struct ast_tok *start,
	       const struct ast_tok *end, const struct ast_tok *len)
{
	p->seq = (struct ast_seq){ .span = span, .is_absolute = p->is_absolute, .len = *len };
	p->seq.start = *start;
	p->seq.end = *end;
}

void build_length(struct parse *p, struct span span, const struct ast_tok *low,
		  const struct ast_tok *high)
{
	p->seq = (struct ast_seq){ .span = span, .is_absolute = p->is_absolute, .len = *low };
	p->seq.is_ignored = true;
	p->seq.len_end = build_kept(p, high);
}

void build_ports(struct parse *p, const struct ast_tok *src, const struct ast_tok *dst)
{
	p->packet->src_port = build_kept(p, src);
	p->packet->dst_port = build_kept(p, dst);
}

void build_tcp(struct parse *p, struct ast_item *fields)
{
	p->packet->seq = p->seq;
	p->packet->fields = fields;
}

void build_opts(struct parse *p, struct span span, struct ast_opt *opts)
{
	bool is_any = opts && !opts->next && !opts->toks->next && opts->toks->kind == TOK_ELLIPSIS;

	p->packet->optlist = is_any ? AST_OPTS_ANY : AST_OPTS_LIST;
	p->packet->opts_span = span;
	p->packet->opts = is_any ? NULL : opts;
}

void build_udp(struct parse *p, const struct ast_tok *word, const struct ast_tok *len)
{
	p->packet->proto = AST_UDP;
	p->packet->proto_word = build_kept(p, word);
	p->packet->length = build_kept(p, len);
}

void build_raw_bytes(struct parse *p, const struct ast_tok *word, const struct ast_tok *bytes)
{
	p->packet->proto = AST_RAW_BYTES;
	p->packet->proto_word = build_kept(p, word);
	p->packet->bytes = build_kept(p, bytes);
}

void build_icmp(struct parse *p, const struct ast_tok *word, const struct ast_tok *type,
		const struct ast_tok *code, struct ast_item *fields)
{
	p->packet->proto = AST_ICMP;
	p->packet->proto_word = build_kept(p, word);
	p->packet->icmp_type = build_kept(p, type);
	p->packet->icmp_code = build_kept(p, code);
	p->packet->fields = fields;
}

void build_echo(struct parse *p, const struct ast_tok *word, const struct ast_tok *len)
{
	p->packet->echo_len = build_kept(p, len);
	if (strcmp(word->text, "udp") == 0) {
		p->packet->echo = AST_ECHO_UDP;
	} else if (strcmp(word->text, "raw") == 0) {
		p->packet->echo = AST_ECHO_RAW;
	} else {
		diag_error(p->diags, word->span, "an echoed packet of unknown kind '%s'",
			   word->text);
		diag_hint(p->diags, "write [1:1001(1000)] for TCP, [udp (100)] or [raw (64)]");
	}
}

void build_echo_tcp(struct parse *p)
{
	if (p->packet->echo != AST_ECHO_NONE)
		diag_error(p->diags, p->seq.span, "a second echoed packet");
	p->packet->echo = AST_ECHO_TCP;
	p->packet->echo_seq = ARENA_NEW(p->arena, struct ast_seq);
	*p->packet->echo_seq = p->seq;
}
