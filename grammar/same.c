/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether two trees say the same: all but spans, raw text and comments. */
#include <string.h>

#include "grammar/parse.h"

static bool same_tok(const struct ast_tok *a, const struct ast_tok *b)
{
	return a->kind == b->kind && a->len == b->len &&
	       (a->len == 0 || memcmp(a->text, b->text, a->len) == 0);
}

/* A token that may be absent. */
static bool same_rare(const struct ast_tok *a, const struct ast_tok *b)
{
	return a && b ? same_tok(a, b) : a == b;
}

static bool same_toks(const struct ast_tok *a, const struct ast_tok *b)
{
	for (; a && b; a = a->next, b = b->next) {
		if (!same_tok(a, b))
			return false;
	}
	return a == b;
}

static bool same_items(const struct ast_item *a, const struct ast_item *b)
{
	for (; a && b; a = a->next, b = b->next) {
		if (!same_tok(&a->name, &b->name) || !same_tok(&a->value, &b->value) ||
		    !same_rare(a->value_end, b->value_end))
			return false;
	}
	return a == b;
}

static bool same_exprs(const struct ast_expr *a, const struct ast_expr *b)
{
	for (; a && b; a = a->next, b = b->next) {
		if (a->kind != b->kind || a->has_equals != b->has_equals ||
		    !same_tok(&a->tok, &b->tok) || !same_exprs(a->count, b->count) ||
		    !same_exprs(a->kids, b->kids))
			return false;
	}
	return a == b;
}

static bool same_mpls(const struct ast_mpls *a, const struct ast_mpls *b)
{
	for (; a && b; a = a->next, b = b->next) {
		if (!same_items(a->items, b->items))
			return false;
	}
	return a == b;
}

static bool same_headers(const struct ast_header *a, const struct ast_header *b)
{
	for (; a && b; a = a->next, b = b->next) {
		if (a->kind != b->kind || !same_items(a->ip_info, b->ip_info) ||
		    !same_tok(&a->src, &b->src) || !same_tok(&a->dst, &b->dst) ||
		    !same_items(a->gre_items, b->gre_items) ||
		    !same_toks(a->gre_flags, b->gre_flags) || !same_mpls(a->mpls, b->mpls))
			return false;
	}
	return a == b;
}

static bool same_opts(const struct ast_opt *a, const struct ast_opt *b)
{
	for (; a && b; a = a->next, b = b->next) {
		if (!same_toks(a->toks, b->toks))
			return false;
	}
	return a == b;
}

static bool same_seq(const struct ast_seq *a, const struct ast_seq *b)
{
	return a->is_ignored == b->is_ignored && a->is_absolute == b->is_absolute &&
	       same_tok(&a->start, &b->start) && same_tok(&a->end, &b->end) &&
	       same_tok(&a->len, &b->len) && same_rare(a->len_end, b->len_end);
}

static bool same_echo_seq(const struct ast_seq *a, const struct ast_seq *b)
{
	return a && b ? same_seq(a, b) : a == b;
}

static bool same_icmp(const struct ast_packet *a, const struct ast_packet *b)
{
	return same_rare(a->icmp_type, b->icmp_type) && same_rare(a->icmp_code, b->icmp_code) &&
	       a->echo == b->echo && same_echo_seq(a->echo_seq, b->echo_seq) &&
	       same_rare(a->echo_len, b->echo_len);
}

static bool same_packet(const struct ast_packet *a, const struct ast_packet *b)
{
	if (!a || !b)
		return a == b;
	return a->is_inbound == b->is_inbound && same_headers(a->outer, b->outer) &&
	       a->has_ip_info == b->has_ip_info && a->ip_bracket == b->ip_bracket &&
	       same_items(a->ip_info, b->ip_info) && same_rare(a->psp_spi, b->psp_spi) &&
	       a->proto == b->proto && same_rare(a->src_port, b->src_port) &&
	       same_rare(a->dst_port, b->dst_port) && same_tok(&a->flags, &b->flags) &&
	       same_seq(&a->seq, &b->seq) && same_items(a->fields, b->fields) &&
	       a->optlist == b->optlist && same_opts(a->opts, b->opts) &&
	       same_rare(a->length, b->length) && same_icmp(a, b) &&
	       same_rare(a->bytes, b->bytes) && same_exprs(a->overrides, b->overrides) &&
	       same_rare(a->as_name, b->as_name);
}

static bool same_call(const struct ast_call *a, const struct ast_call *b)
{
	if (!a || !b)
		return a == b;
	return same_tok(&a->name, &b->name) && same_exprs(a->args, b->args) &&
	       same_exprs(a->result, b->result) && same_rare(a->err_name, b->err_name) &&
	       same_rare(a->note, b->note);
}

static bool same_event(const struct ast_event *a, const struct ast_event *b)
{
	return a->kind == b->kind && a->time.kind == b->time.kind &&
	       same_tok(&a->time.start, &b->time.start) && same_rare(a->time.end, b->time.end) &&
	       same_rare(a->time.until, b->time.until) && same_rare(a->word, b->word) &&
	       same_rare(a->text, b->text) && same_packet(a->packet, b->packet) &&
	       same_call(a->call, b->call);
}

static bool same_options(const struct ast_option *a, const struct ast_option *b)
{
	for (; a && b; a = a->next, b = b->next) {
		if (!same_tok(&a->name, &b->name) || !same_tok(&a->value, &b->value) ||
		    !same_tok(&a->define, &b->define))
			return false;
	}
	return a == b;
}

bool grammar_same(const struct ast_script *a, const struct ast_script *b)
{
	const struct ast_event *x = a->events, *y = b->events;

	if (!same_options(a->options, b->options) || !same_tok(&a->init, &b->init) ||
	    !same_tok(&a->cleanup, &b->cleanup))
		return false;
	for (; x && y; x = x->next, y = y->next) {
		if (!same_event(x, y))
			return false;
	}
	return x == y;
}
