/* SPDX-License-Identifier: BSD-2-Clause */
/* Expressions: arguments and results of calls, overrides of packets. */
#include "base/arena.h"
#include "base/diag.h"
#include "grammar/build.h"
#include "grammar/parse_impl.h"

struct expr_list expr_list(const struct expr_list *list, struct ast_expr *expr)
{
	struct expr_list out = list ? *list : (struct expr_list){ 0 };

	if (out.tail)
		out.tail->next = expr;
	else
		out.head = expr;
	out.tail = expr;
	return out;
}

struct expr_list expr_lists(struct expr_list a, struct expr_list b)
{
	a.tail->next = b.head;
	a.tail = b.tail;
	return a;
}

struct ast_expr *build_expr(struct parse *p, enum ast_expr_kind kind, struct span span,
			    struct ast_expr *kids)
{
	struct ast_expr *e = ARENA_NEW(p->arena, struct ast_expr);

	e->kind = kind;
	e->span = span;
	e->kids = kids;
	return e;
}

struct ast_expr *build_token(struct parse *p, const struct ast_tok *tok)
{
	struct ast_expr *e = build_expr(p, EXPR_TOKEN, tok->span, NULL);

	e->tok = *tok;
	return e;
}

struct ast_expr *build_or(struct parse *p, struct span span, struct expr_list terms)
{
	return terms.head->next ? build_expr(p, EXPR_OR, span, terms.head) : terms.head;
}

struct ast_expr *build_strings(struct parse *p, struct span span, struct expr_list strings)
{
	return strings.head->next ? build_expr(p, EXPR_STRINGS, span, strings.head) : strings.head;
}

struct ast_expr *build_named_call(struct parse *p, struct span span, const struct ast_tok *name,
				  struct ast_expr *args)
{
	struct ast_expr *e = build_expr(p, EXPR_CALL, span, args);

	e->tok = *name;
	return e;
}

struct ast_expr *build_field(struct parse *p, struct span span, const struct ast_tok *name,
			     bool has_equals, struct ast_expr *value)
{
	struct ast_expr *e = build_expr(p, EXPR_FIELD, span, value);

	e->tok = *name;
	e->has_equals = has_equals;
	return e;
}

struct ast_expr *build_counted(struct parse *p, struct span span, struct ast_expr *call,
			       struct ast_expr *value)
{
	struct ast_expr *e = build_field(p, span, &call->tok, true, value);

	e->count = call->kids;
	if (!call->kids || call->kids->next) {
		diag_error(p->diags, call->span, "'%s' takes one count in its brackets",
			   call->tok.text);
		diag_hint(p->diags, "for instance: %s(1)=...", call->tok.text);
	}
	return e;
}
