/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/diag.h"
#include "base/err.h"
#include "base/suggest.h"
#include "script/bind_impl.h"

enum { PACKET_MAX_BYTES = 65535 };

void bind_seq(struct bind *b, const struct ast_seq *s, struct seq_script *start, uint32_t *len)
{
	uint64_t from = 0, to = 0, n = 0;

	if (!bind_number(b, &s->len, "the payload length", PACKET_MAX_BYTES, &n))
		return;
	*len = (uint32_t)n;
	if (s->is_ignored)
		return;
	if (!bind_number(b, &s->start, "a sequence number", UINT32_MAX, &from) ||
	    !bind_number(b, &s->end, "a sequence number", UINT32_MAX, &to))
		return;
	start->v = (uint32_t)from;
	if (to != from + n) {
		diag_error(b->d, s->span, "%" PRIu64 ":%" PRIu64 "(%" PRIu64
			   ") does not add up: the end must be start + length", from, to, n);
		if (from + n <= UINT32_MAX)
			diag_hint(b->d, "%" PRIu64 ":%" PRIu64 "(%" PRIu64 ")? SYN and FIN are not "
					"counted", from, from + n, n);
		else
			diag_hint(b->d, "sequence numbers of a script do not wrap");
	}
}

static void bind_tcp_fields(struct bind *b, const struct ast_packet *p, struct plan_packet *out)
{
	const struct {
		const char *name;
		uint64_t max;
		struct plan_num *num;
	} field[] = {
		{ "ack", UINT32_MAX, &out->ack },
		{ "win", UINT16_MAX, &out->win },
		{ "urg", UINT16_MAX, &out->urg },
	};

	for (const struct ast_item *i = p->fields; i; i = i->next) {
		struct suggest near;
		size_t k = 0;

		while (k < ARRAY_LEN(field) && strcmp(field[k].name, i->name.text) != 0)
			k++;
		if (k < ARRAY_LEN(field)) {
			bind_item_number(b, i, field[k].max, !p->is_inbound, field[k].num);
			continue;
		}
		suggest_init(&near, i->name.text);
		for (k = 0; k < ARRAY_LEN(field); k++)
			suggest_offer(&near, field[k].name);
		diag_error(b->d, i->name.span, "unknown TCP field '%s'", i->name.text);
		diag_did_you_mean(b->d, suggest_best(&near));
	}
}

static bool has_wildcard(const struct tcpopt_want *w)
{
	for (unsigned int i = 0; i < w->opt.n_values; i++) {
		if (w->any[i] || w->high[i] != w->opt.value[i])
			return true;
	}
	return false;
}

/* The words of an option, in room that the next option uses again; their number. */
static size_t opt_words(struct bind *b, const struct ast_opt *o)
{
	size_t n = 0;

	for (const struct ast_tok *t = o->toks; t; t = t->next)
		*ARENA_PUSH(b->a, b->word, n, b->cap_word, const char *) = t->text;
	return n;
}

static struct tcpopt_want *parse_opt(struct bind *b, const struct ast_opt *o)
{
	struct tcpopt_want *want = ARENA_NEW(b->a, struct tcpopt_want);
	const struct ast_tok *t = o->toks;
	const char *why = "", *hint = NULL;
	size_t n = opt_words(b, o), bad = 0;

	if (tcpopt_parse(b->a, b->word, n, want, &bad, &why, &hint) == 0)
		return want;
	for (; bad > 0 && t && t->next; bad--)
		t = t->next;
	diag_error(b->d, t ? t->span : o->span, "%s", why);
	diag_did_you_mean(b->d, hint);
	return NULL;
}

static const struct bind_bare_opt *find_bare(const struct bind *b, const struct ast_opt *o)
{
	for (size_t i = 0; i < b->n_bare && o->toks && !o->toks->next; i++) {
		if (strcmp(b->bare[i].name, o->toks->text) == 0)
			return &b->bare[i];
	}
	return NULL;
}

/* One option; its encoded length, or 0 after an error. */
static size_t bind_opt(struct bind *b, const struct ast_opt *o, bool is_inbound,
		       struct plan_opt *out)
{
	const struct bind_bare_opt *bare = find_bare(b, o);
	uint8_t wire[TCPOPT_MAX_BYTES];
	int rc;

	out->span = o->span;
	out->want = bare ? bare->want : parse_opt(b, o);
	if (bare || !out->want)
		return bare ? bare->len : 0;
	if (is_inbound && has_wildcard(out->want))
		diag_error(b->d, o->span, "an injected option needs exact values");
	rc = tcpopt_encode(&out->want->opt, wire);
	if (rc < 0) {
		diag_error(b->d, o->span, "this option does not fit into a TCP header");
		return 0;
	}
	if (!o->toks->next && b->n_bare < BIND_BARE_OPTS)
		b->bare[b->n_bare++] = (struct bind_bare_opt){ o->toks->text, out->want,
							       (size_t)rc };
	return (size_t)rc;
}

static bool overrides_data_offset(const struct ast_packet *p)
{
	if (!p->overrides)
		return false;
	for (const struct ast_expr *f = p->overrides->kids; f; f = f->next) {
		if (f->kind == EXPR_FIELD && strcmp(f->tok.text, "tcp.data_offset") == 0)
			return true;
	}
	return false;
}

static void bind_opts(struct bind *b, const struct ast_packet *p, struct plan_packet *out)
{
	size_t total = 0, n = 0, errors = b->d->n_errors;

	out->opts_span = p->opts_span;
	if (p->optlist != AST_OPTS_LIST) {
		out->opts_kind = p->optlist == AST_OPTS_ANY ? PLAN_OPTS_ANY : PLAN_OPTS_NONE;
		if (p->is_inbound && p->optlist == AST_OPTS_ANY)
			diag_error(b->d, p->opts_span,
				   "an injected packet needs its options spelt out, not <...>");
		return;
	}
	out->opts_kind = PLAN_OPTS_LIST;
	for (const struct ast_opt *o = p->opts; o; o = o->next)
		n++;
	out->opts = ARENA_ARRAY(b->a, struct plan_opt, n);
	for (const struct ast_opt *o = p->opts; o; o = o->next)
		total += bind_opt(b, o, p->is_inbound, &out->opts[out->n_opts++]);
	if (b->d->n_errors > errors)
		return;
	if (total > TCPOPT_MAX_BYTES) {
		diag_error(b->d, p->opts_span, "%zu bytes of options, but a TCP header holds %d",
			   total, TCPOPT_MAX_BYTES);
	} else if (total % 4 != 0 && !overrides_data_offset(p)) {
		diag_error(b->d, p->opts_span,
			   "%zu bytes of options: their length must be a multiple of 4", total);
		diag_hint(b->d, "add %zu nop", 4 - total % 4);
	}
}

static void bind_flag_set(struct bind *b, const struct ast_packet *p, const char *text,
			  uint16_t *flags, bool *is_ace)
{
	if (wire_flags_parse(text, flags, is_ace) == 0)
		return;
	diag_error(b->d, p->flags.span, "'%s' is no set of TCP flags", text);
	diag_hint(b->d, "letters F S R P U E W A, '.' for ACK, a digit 0-7 for the ACE counter "
			"behind it, '-' for none: S. or P. or .5");
}

/* One set, or alternatives: R|R. A SYN decides from where numbers count, so all have it or none. */
static void bind_flags(struct bind *b, const struct ast_packet *p, struct plan_packet *out)
{
	char *rest = arena_strdup(b->a, p->flags.text), *bar = strchr(rest, '|');
	uint16_t *other = NULL;
	size_t cap = 0;
	bool is_ace = false;

	if (bar)
		*bar = '\0';
	bind_flag_set(b, p, rest, &out->flags, &out->is_ace);
	if (bar && p->is_inbound)
		diag_error(b->d, p->flags.span, "an injected packet needs one set of flags");
	while (bar) {
		uint16_t *next = ARENA_PUSH(b->a, other, out->n_other_flags, cap, uint16_t);

		rest = bar + 1;
		bar = strchr(rest, '|');
		if (bar)
			*bar = '\0';
		bind_flag_set(b, p, rest, next, &is_ace);
		out->is_ace |= is_ace;
		if ((*next ^ out->flags) & TCP_SYN)
			diag_error(b->d, p->flags.span,
				   "flags with and without S: numbers cannot count from the SYN "
				   "and from 1");
	}
	out->other_flags = other;
}

/* ...(low~high) */
static void bind_longest(struct bind *b, const struct ast_packet *p, struct plan_packet *out)
{
	const struct ast_seq *s = &p->seq;
	uint64_t n = 0;

	out->payload_len_high = out->payload_len;
	if (!s->len_end || !bind_number(b, s->len_end, "the payload length", PACKET_MAX_BYTES, &n))
		return;
	out->payload_len_high = (uint32_t)n;
	if (out->payload_len_high < out->payload_len)
		diag_error(b->d, s->span, "this range is backwards");
}

void bind_tcp(struct bind *b, const struct ast_packet *p, struct plan_packet *out,
	      struct span event)
{
	out->proto = WIRE_TCP;
	out->flags_span = p->flags.span;
	out->seq_span = p->seq.span;
	out->seq_is_ignored = p->seq.is_ignored;
	out->seq_is_absolute = p->seq.is_absolute;
	bind_flags(b, p, out);
	if (p->seq.is_ignored && p->is_inbound)
		diag_error(b->d, p->seq.span, "an injected packet needs its sequence number");
	bind_seq(b, &p->seq, &out->seq, &out->payload_len);
	bind_longest(b, p, out);
	bind_tcp_fields(b, p, out);
	if (p->is_inbound && !out->win.has && !out->win.span.len) {
		struct span at = p->seq.span;

		diag_error(b->d, at.len ? at : event, "an inbound TCP packet needs a window");
		diag_hint(b->d, "write 'win N' after the ack number");
	}
	bind_opts(b, p, out);
}
