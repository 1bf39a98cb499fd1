/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Theory of operation: expressions of assert events and statements of %{ }% blocks.
 *
 *	text -> expr_lex -> lexemes -> expr_parse -> tree -> expr_eval -> value, or a failure
 *
 * expr_lex.c, expr_str.c  words, numbers, strings; the only place that looks at bytes
 * expr_parse.c            precedence climbing; a bounded tree
 * expr_value.c, expr_compare.c, expr_text.c, expr_format.c, expr_builtin.c
 *                         values and what can be done with them; pure
 * expr_eval.c             walks the tree; names come from the caller's struct expr_env
 * expr_explain.c          turns a false assertion into sentences
 * code_parse.c, code.c    statements around expressions; code_names.c the constants of blocks
 *
 * The language is a subset of Python whose meaning is Python's: a block either lies in the subset
 * and means the same here, or is refused as a whole (code_parse() yields NULL) and python3 runs it.
 * Where the two would differ at run time (whole numbers beyond 64 bits, huge strings) evaluation
 * ends with an error, never with another value. There are no loops, so every run ends.
 *
 * Assert events add what a script knows and Python does not: states by name, times with units,
 * percentages, members of packets. Those kinds never mix silently with plain numbers.
 *
 * Rejected: one evaluator for the arguments of calls too, which are names and numbers only and are
 * resolved before anything runs; a byte code, since an expression is evaluated once.
 */
#include <string.h>

#include "script/code_names.h"
#include "script/expr_impl.h"

/* Something stands behind a complete expression. */
static void fail_rest(struct expr_parser *p)
{
	const char *hint = NULL;

	if (p->tok.kind == LEX_ASSIGN && p->tok.op == OP_NONE) {
		expr_fail(p, p->tok.off, p->tok.end, "write == to compare",
			  "'=' does not compare");
		return;
	}
	if (p->tok.kind == LEX_ASSIGN)
		hint = "assert events change nothing; %{ }% blocks have variables";
	else if (expr_at_punct(p, ')') || expr_at_punct(p, ']'))
		hint = "there is no opening bracket before it";
	expr_fail(p, p->tok.off, p->tok.end, hint, "%s cannot follow the expression",
		  expr_lexeme_text(p));
}

static bool check_assert(struct expr_parser *p, const struct expr *e)
{
	if (!p->failed && e->root->kind == NODE_TUPLE && e->root->n_kids > 0)
		expr_fail(p, e->root->off, e->root->end, "leave the brackets out",
			  "a tuple is always true");
	if (!p->failed && p->tok.kind != LEX_END)
		fail_rest(p);
	return !p->failed;
}

struct expr *expr_parse(struct arena *a, const char *text, size_t len, uint32_t base,
			const struct definition *defs, struct diags *d)
{
	struct expr_parser p = { .arena = a, .diags = d, .defs = defs, .base = base };
	struct expr *e = ARENA_NEW(a, struct expr);

	if (len > SOURCE_MAX_BYTES) {
		diag_error(d, (struct span){ base, 1 }, "the expression is too long");
		return NULL;
	}
	p.text = arena_strndup(a, text, len);
	p.len = (uint32_t)len;
	e->text = p.text;
	e->len = p.len;
	expr_lex_start(&p);
	if (p.tok.kind == LEX_END) {
		expr_fail(&p, 0, 1, "for example: assert state() == ESTABLISHED",
			  "there is nothing to assert");
		return NULL;
	}
	e->root = expr_parse_one(&p);
	if (e->root && expr_at_punct(&p, ',')) {
		expr_lex_next(&p);
		e->message = expr_parse_one(&p);
		if (!e->message)
			return NULL;
	}
	e->n_nodes = p.n_nodes;
	return e->root && check_assert(&p, e) ? e : NULL;
}

struct visitor {
	expr_visit_fn *fn;
	void *ctx;
};

static void visit(const struct node *n, const struct visitor *v)
{
	enum tcp_state state;

	if (n->kind == NODE_NAME && !code_constant_find(n->name) && !code_state(n->name, &state))
		v->fn(v->ctx, EXPR_USE_NAME, n->name, NULL, 0, n->span);
	else if (n->kind == NODE_MEMBER)
		v->fn(v->ctx, EXPR_USE_OBJECT, n->name, n->member, 0, n->span);
	else if (n->kind == NODE_CALL)
		v->fn(v->ctx, EXPR_USE_FUNCTION, n->name, NULL, n->n_kids, n->span);
	for (size_t i = 0; i < n->n_kids; i++)
		visit(expr_node_part(n, i), v);
}

void expr_visit(const struct expr *e, expr_visit_fn *fn, void *ctx)
{
	struct visitor v = { fn, ctx };

	visit(e->root, &v);
	if (e->message)
		visit(e->message, &v);
}

int expr_check(const struct expr *e, const struct expr_env *env, struct expr_failure *f)
{
	struct eval ev;

	eval_init(&ev, env, e->text, e->n_nodes, NULL);
	return eval_assert(&ev, e->root, e->message, f);
}
