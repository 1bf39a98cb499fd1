/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Statements of a %{ }% block. Whatever is not known here to mean what it means in Python makes the
 * whole block "outside the subset"; errors need no words, since python3 will then say its own.
 */
#include <string.h>

#include "script/code_impl.h"
#include "script/code_names.h"

struct code_parser {
	struct expr_parser expr;
	bool is_line_begun;      /* the line end before the current lexeme is already consumed */
};

static bool parse_line(struct code_parser *p, uint32_t indent, struct stmt ***end);

static void refuse(struct code_parser *p)
{
	expr_fail(&p->expr, p->expr.tok.off, p->expr.tok.end, NULL, "outside the subset");
}

/*
 * Names that python3 would get anew before every block: here they are the environment's, so a
 * script that assigns to one of them is left to python3.
 */
static bool may_assign(const char *name)
{
	static const char *const prefixes[] = { "tcpi_", "tcpv_",    "bbr_",
						"tcp_",  "dctcp_", "SK_MEMINFO_" };

	for (size_t i = 0; i < ARRAY_LEN(prefixes); i++) {
		if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0)
			return false;
	}
	return !code_constant_find(name) && strcmp(name, "print") != 0;
}

static bool is_target(const struct node *n)
{
	if (n->kind == NODE_NAME)
		return may_assign(n->name);
	if (n->kind != NODE_TUPLE || n->n_kids == 0)
		return false;
	for (size_t i = 0; i < n->n_kids; i++) {
		if (!is_target(n->kid[i]))
			return false;
	}
	return true;
}

static void parse_assert(struct code_parser *p, struct stmt *s)
{
	s->kind = STMT_ASSERT;
	expr_lex_next(&p->expr);
	s->value = expr_parse_one(&p->expr);
	if (s->value && expr_at_punct(&p->expr, ',')) {
		expr_lex_next(&p->expr);
		s->message = expr_parse_one(&p->expr);
	}
}

/* sep=..., end=... : the name was parsed, the current lexeme is '=' */
static void parse_print_option(struct code_parser *p, struct stmt *s, const struct node *name)
{
	struct node **slot = NULL;

	if (name->kind == NODE_NAME && strcmp(name->name, "sep") == 0)
		slot = &s->sep;
	else if (name->kind == NODE_NAME && strcmp(name->name, "end") == 0)
		slot = &s->end;
	if (!slot || *slot || p->expr.tok.op != OP_NONE) {
		refuse(p);
		return;
	}
	expr_lex_next(&p->expr);
	*slot = expr_parse_one(&p->expr);
}

static void parse_print(struct code_parser *p, struct stmt *s)
{
	struct expr_parser *e = &p->expr;

	s->kind = STMT_PRINT;
	expr_lex_next(e);
	if (!expr_at_punct(e, '(')) {
		refuse(p);
		return;
	}
	expr_lex_next(e);
	while (!e->failed && !expr_at_punct(e, ')')) {
		struct node *arg = expr_parse_one(e);

		if (!arg)
			return;
		if (e->tok.kind == LEX_ASSIGN)
			parse_print_option(p, s, arg);
		else if (s->sep || s->end || s->n_args >= EXPR_ARGS_MAX)
			refuse(p);
		else
			*ARENA_PUSH(e->arena, s->arg, s->n_args, s->cap_args, struct node *) = arg;
		if (!expr_at_punct(e, ','))
			break;
		expr_lex_next(e);
	}
	if (!expr_at_punct(e, ')'))
		refuse(p);
	expr_lex_next(e);
}

/* An expression, or what stands left of one or several '='. */
static void parse_assignment(struct code_parser *p, struct stmt *s)
{
	struct expr_parser *e = &p->expr;

	s->kind = STMT_EXPR;
	s->value = expr_parse_list(e);
	if (s->value && e->tok.kind == LEX_ASSIGN && e->tok.op != OP_NONE) {
		s->kind = STMT_AUGMENT;
		s->op = e->tok.op;
		*ARENA_PUSH(e->arena, s->target, s->n_targets, s->cap_targets, struct node *) =
			s->value;
		if (s->value->kind != NODE_NAME || !is_target(s->value))
			refuse(p);
		expr_lex_next(e);
		s->value = expr_parse_list(e);
		return;
	}
	while (s->value && e->tok.kind == LEX_ASSIGN && e->tok.op == OP_NONE) {
		s->kind = STMT_ASSIGN;
		*ARENA_PUSH(e->arena, s->target, s->n_targets, s->cap_targets, struct node *) =
			s->value;
		if (!is_target(s->value))
			refuse(p);
		expr_lex_next(e);
		s->value = expr_parse_list(e);
	}
}

static struct stmt *parse_simple(struct code_parser *p)
{
	struct stmt *s = ARENA_NEW(p->expr.arena, struct stmt);

	if (expr_at_word(&p->expr, "pass"))
		expr_lex_next(&p->expr);
	else if (expr_at_word(&p->expr, "assert"))
		parse_assert(p, s);
	else if (expr_at_word(&p->expr, "print"))
		parse_print(p, s);
	else
		parse_assignment(p, s);
	return p->expr.failed ? NULL : s;
}

static bool at_line_end(const struct code_parser *p)
{
	return p->expr.tok.kind == LEX_NEWLINE || p->expr.tok.kind == LEX_END;
}

/* stmt; stmt; ... up to the end of the line, which is not consumed */
static bool parse_simple_line(struct code_parser *p, struct stmt ***end)
{
	do {
		struct stmt *s = parse_simple(p);

		if (!s)
			return false;
		**end = s;
		*end = &s->next;
		if (!expr_at_punct(&p->expr, ';'))
			break;
		expr_lex_next(&p->expr);
	} while (!at_line_end(p));
	if (!at_line_end(p))
		refuse(p);
	return !p->expr.failed;
}

/* Lines of one indentation; stops before the line end that leads to another one. */
static bool parse_block(struct code_parser *p, uint32_t indent, struct stmt **list)
{
	struct stmt **end = list;

	while (p->expr.tok.kind != LEX_END) {
		p->is_line_begun = false;
		if (!parse_line(p, indent, &end))
			return false;
		if (p->is_line_begun)
			continue;
		if (p->expr.tok.kind != LEX_NEWLINE || p->expr.tok.value.i != (int64_t)indent)
			break;
		expr_lex_next(&p->expr);
	}
	return !p->expr.failed;
}

/* What follows ':' */
static bool parse_suite(struct code_parser *p, uint32_t indent, struct stmt **list)
{
	uint32_t inner;

	if (!expr_at_punct(&p->expr, ':')) {
		refuse(p);
		return false;
	}
	expr_lex_next(&p->expr);
	if (p->expr.tok.kind != LEX_NEWLINE)
		return parse_simple_line(p, &list);
	inner = (uint32_t)p->expr.tok.value.i;
	if (inner <= indent) {
		refuse(p);
		return false;
	}
	expr_lex_next(&p->expr);
	return parse_block(p, inner, list);
}

/* To see whether elif or else follows, the line end before it must go. */
static struct stmt *parse_if(struct code_parser *p, uint32_t indent)
{
	struct stmt *s = ARENA_NEW(p->expr.arena, struct stmt);

	s->kind = STMT_IF;
	expr_lex_next(&p->expr);
	s->value = expr_parse_one(&p->expr);
	if (++p->expr.depth > EXPR_DEPTH_MAX)
		refuse(p);
	if (!s->value || p->expr.failed || !parse_suite(p, indent, &s->body))
		return NULL;
	if (p->expr.tok.kind == LEX_NEWLINE && p->expr.tok.value.i == (int64_t)indent) {
		expr_lex_next(&p->expr);
		p->is_line_begun = true;
	}
	if (expr_at_word(&p->expr, "elif")) {
		p->is_line_begun = false;
		s->other = parse_if(p, indent);
	} else if (expr_at_word(&p->expr, "else")) {
		p->is_line_begun = false;
		expr_lex_next(&p->expr);
		parse_suite(p, indent, &s->other);
	}
	p->expr.depth--;
	return p->expr.failed ? NULL : s;
}

static bool parse_line(struct code_parser *p, uint32_t indent, struct stmt ***end)
{
	struct stmt *s;

	if (!expr_at_word(&p->expr, "if"))
		return parse_simple_line(p, end);
	s = parse_if(p, indent);
	if (!s)
		return false;
	**end = s;
	*end = &s->next;
	return true;
}

struct code *code_parse(struct arena *a, const char *text, size_t len, uint32_t base)
{
	struct code_parser p = { .expr = { .arena = a, .base = base, .is_code = true } };
	struct code *c = ARENA_NEW(a, struct code);
	bool good;

	if (len > SOURCE_MAX_BYTES)
		return NULL;
	p.expr.text = arena_strndup(a, text, len);
	p.expr.len = (uint32_t)len;
	expr_lex_start(&p.expr);
	good = p.expr.tok.kind != LEX_NEWLINE || p.expr.tok.value.i == 0;
	if (p.expr.tok.kind == LEX_NEWLINE)
		expr_lex_next(&p.expr);
	if (!good || !parse_block(&p, 0, &c->body) || p.expr.tok.kind != LEX_END)
		return NULL;
	c->text = p.expr.text;
	c->n_nodes = p.expr.n_nodes;
	return c;
}
