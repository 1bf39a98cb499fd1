/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Precedence climbing over lexemes. Each level of nesting costs one step of p->depth and each node
 * knows how deep its tree is, so neither parsing nor evaluating can exhaust the stack.
 */
#include <string.h>

#include "script/expr_impl.h"

static struct node *parse_cond(struct expr_parser *p);

static const char *const keywords[] = {
	"False", "None",   "True",  "and",   "as",       "assert", "async",  "await", "break",
	"class", "continue", "def", "del",   "elif",     "else",   "except", "finally", "for",
	"from",  "global", "if",    "import", "in",      "is",     "lambda", "nonlocal", "not",
	"or",    "pass",   "raise", "return", "try",     "while",  "with",   "yield",
};

bool expr_is_keyword(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(keywords); i++) {
		if (strcmp(keywords[i], name) == 0)
			return true;
	}
	return false;
}

bool expr_at_word(const struct expr_parser *p, const char *word)
{
	return p->tok.kind == LEX_NAME && strcmp(p->tok.name, word) == 0;
}

bool expr_at_punct(const struct expr_parser *p, char c)
{
	return p->tok.kind == LEX_PUNCT && p->tok.punct == c;
}

static bool at_op(const struct expr_parser *p, enum expr_op op)
{
	return p->tok.kind == LEX_OP && p->tok.op == op;
}

const char *expr_lexeme_text(struct expr_parser *p)
{
	if (p->tok.kind == LEX_END)
		return "the end";
	if (p->tok.kind == LEX_NEWLINE)
		return "the end of the line";
	return arena_printf(p->arena, "'%.*s'", (int)(p->tok.end - p->tok.off),
			    p->text + p->tok.off);
}

struct node *expr_node(struct expr_parser *p, enum node_kind kind, uint32_t off)
{
	struct node *n = ARENA_NEW(p->arena, struct node);

	n->kind = kind;
	n->off = off;
	n->end = p->prev_end > off ? p->prev_end : off;
	n->span = (struct span){ p->base + off, n->end - off };
	n->id = p->n_nodes++;
	n->depth = 1;
	return n;
}

bool expr_node_add(struct expr_parser *p, struct node *n, struct node *kid)
{
	if (!kid)
		return false;
	*ARENA_PUSH(p->arena, n->kid, n->n_kids, n->cap_kids, struct node *) = kid;
	if (kid->depth >= n->depth)
		n->depth = kid->depth + 1;
	if (n->depth <= EXPR_DEPTH_MAX)
		return true;
	expr_fail(p, n->off, n->end, NULL, "the expression is nested too deeply");
	return false;
}

const struct node *expr_node_part(const struct node *n, size_t i)
{
	const struct node *kid = n->kid[i];

	if (n->kind != NODE_BOOL || i == 0 || kid->kind != NODE_COMPARE ||
	    n->kid[i - 1]->kind != NODE_COMPARE || kid->kid[0] != n->kid[i - 1]->kid[1])
		return kid;
	return kid->kid[1];
}

static struct node *unary_node(struct expr_parser *p, uint32_t off, enum expr_op op,
			       struct node *kid)
{
	struct node *n;

	if (!kid)
		return NULL;
	n = expr_node(p, NODE_UNARY, off);
	n->op = op;
	return expr_node_add(p, n, kid) ? n : NULL;
}

static struct node *pair_node(struct expr_parser *p, enum node_kind kind, uint32_t off,
			      enum expr_op op, struct node *a, struct node *b)
{
	struct node *n;

	if (!a || !b)
		return NULL;
	n = expr_node(p, kind, off);
	n->op = op;
	return expr_node_add(p, n, a) && expr_node_add(p, n, b) ? n : NULL;
}

static bool enter(struct expr_parser *p)
{
	if (++p->depth <= EXPR_DEPTH_MAX)
		return true;
	expr_fail(p, p->tok.off, p->tok.end, NULL, "the expression is nested too deeply");
	return false;
}

static struct node *parse_value(struct expr_parser *p)
{
	uint32_t off = p->tok.off;
	struct value v = p->tok.value;
	struct node *n;

	expr_lex_next(p);
	while (v.kind == VALUE_STR && p->tok.kind == LEX_VALUE && p->tok.value.kind == VALUE_STR) {
		v.s = arena_printf(p->arena, "%s%s", v.s, p->tok.value.s);
		if (strlen(v.s) > EXPR_STR_MAX_BYTES) {
			expr_fail(p, off, p->tok.end, NULL, "the string is too long");
			return NULL;
		}
		expr_lex_next(p);
	}
	n = expr_node(p, NODE_CONST, off);
	n->value = v;
	return n;
}

/* Items up to the closing bracket, which is consumed; @n gets them as children. */
static bool parse_items(struct expr_parser *p, struct node *n, char close, bool *saw_comma)
{
	*saw_comma = false;
	while (!expr_at_punct(p, close)) {
		if (!expr_node_add(p, n, parse_cond(p)))
			return false;
		if (!expr_at_punct(p, ','))
			break;
		*saw_comma = true;
		expr_lex_next(p);
	}
	return true;
}

/* The bracket at @open must end here. */
static bool expect_close(struct expr_parser *p, char close, uint32_t open)
{
	if (expr_at_punct(p, close)) {
		expr_lex_next(p);
		return true;
	}
	if (p->tok.kind == LEX_END)
		expr_fail(p, open, open + 1, NULL, "'%c' is never closed", p->text[open]);
	else if (p->tok.kind == LEX_ASSIGN && p->tok.op == OP_NONE)
		expr_fail(p, p->tok.off, p->tok.end, "write == to compare", "'=' does not compare");
	else
		expr_fail(p, p->tok.off, p->tok.end, NULL, "expected ',' or '%c' instead of %s",
			  close, expr_lexeme_text(p));
	return false;
}

static struct node *parse_brackets(struct expr_parser *p)
{
	uint32_t open = p->tok.off;
	bool is_list = expr_at_punct(p, '['), saw_comma;
	char close = is_list ? ']' : ')';
	struct node *n = expr_node(p, NODE_TUPLE, open);

	n->is_list = is_list;
	expr_lex_next(p);
	if (!parse_items(p, n, close, &saw_comma) || !expect_close(p, close, open))
		return NULL;
	n->end = p->prev_end;
	n->span.len = n->end - n->off;
	return is_list || saw_comma || n->n_kids == 0 ? n : n->kid[0];
}

static struct node *parse_call_args(struct expr_parser *p, struct node *n)
{
	uint32_t open = p->tok.off;

	expr_lex_next(p);
	while (!expr_at_punct(p, ')')) {
		struct node *arg;

		if (p->tok.kind == LEX_PERCENT && strcmp(n->name, "within") == 0 && n->n_kids == 2)
			arg = parse_value(p);
		else
			arg = parse_cond(p);
		if (!expr_node_add(p, n, arg))
			return NULL;
		if (n->n_kids > EXPR_ARGS_MAX) {
			expr_fail(p, n->off, p->prev_end, NULL, "too many arguments");
			return NULL;
		}
		if (!expr_at_punct(p, ','))
			break;
		expr_lex_next(p);
	}
	if (!expect_close(p, ')', open))
		return NULL;
	n->end = p->prev_end;
	n->span.len = n->end - n->off;
	return n;
}

/* How many arguments a function of our own takes; those of the environment are bind's to judge. */
static struct node *check_call(struct expr_parser *p, struct node *n)
{
	const struct expr_builtin *fn = n ? expr_builtin_find(n->name) : NULL;

	if (!n || (!fn && !p->is_code))
		return n;
	if (!fn || (p->is_code && fn->is_assert_only)) {
		expr_fail(p, n->off, n->end, NULL, "no such function '%s'", n->name);
		return NULL;
	}
	if (n->n_kids >= fn->min_args && n->n_kids <= fn->max_args)
		return n;
	if (fn->min_args == fn->max_args)
		expr_fail(p, n->off, n->end, NULL, "%s() takes %zu arguments, not %zu", fn->name,
			  fn->min_args, n->n_kids);
	else
		expr_fail(p, n->off, n->end, NULL, "%s() does not take %zu arguments", fn->name,
			  n->n_kids);
	if (p->diags && strcmp(fn->name, "within") == 0)
		diag_hint(p->diags, "write within(VALUE, EXPECTED, TOLERANCE): 5%% or 10ms");
	return NULL;
}

static struct node *parse_member(struct expr_parser *p, struct node *n)
{
	expr_lex_next(p);
	if (p->is_code || p->tok.kind != LEX_NAME || expr_is_keyword(p->tok.name)) {
		expr_fail(p, p->tok.off, p->tok.end, NULL, "expected a field name after '.'");
		return NULL;
	}
	n->kind = NODE_MEMBER;
	n->member = p->tok.name;
	expr_lex_next(p);
	n->end = p->prev_end;
	n->span.len = n->end - n->off;
	return n;
}

/* Functions are no values here; whoever treats them as such is served by python3. */
static bool is_python_function(const char *name)
{
	static const char *const others[] = {
		"all",    "any",   "ascii",  "bin",   "bytes", "chr",        "complex", "dict",
		"divmod", "enumerate", "eval", "exec", "filter", "format",   "frozenset", "getattr",
		"globals", "hash", "hex",    "id",    "input", "isinstance", "iter",    "list",
		"locals", "map",   "next",   "object", "oct",  "open",       "ord",     "pow",
		"print",  "range", "repr",   "reversed", "set", "slice",     "sorted",  "tuple",
		"type",   "vars",  "zip",
	};
	const struct expr_builtin *fn = expr_builtin_find(name);

	if (fn)
		return !fn->is_assert_only;
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		if (strcmp(others[i], name) == 0)
			return true;
	}
	return strncmp(name, "__", 2) == 0;
}

static struct node *parse_name(struct expr_parser *p)
{
	static const struct {
		const char *word;
		struct value value;
	} words[] = {
		{ "None", { .kind = VALUE_NONE } },
		{ "True", { .kind = VALUE_BOOL, .i = 1 } },
		{ "False", { .kind = VALUE_BOOL, .i = 0 } },
	};
	const char *name = p->tok.name;
	uint32_t off = p->tok.off;
	struct node *n;

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (strcmp(name, words[i].word) != 0)
			continue;
		p->tok.value = words[i].value;
		return parse_value(p);
	}
	if (expr_is_keyword(name)) {
		expr_fail(p, off, p->tok.end, NULL, "expected a value instead of '%s'", name);
		return NULL;
	}
	expr_lex_next(p);
	n = expr_node(p, NODE_NAME, off);
	n->name = name;
	if (expr_at_punct(p, '(')) {
		n->kind = NODE_CALL;
		return check_call(p, parse_call_args(p, n));
	}
	if (expr_at_punct(p, '.'))
		return parse_member(p, n);
	if (p->is_code && is_python_function(name)) {
		expr_fail(p, off, p->prev_end, NULL, "'%s' is a function", name);
		return NULL;
	}
	return n;
}

static struct node *parse_atom(struct expr_parser *p)
{
	if (p->tok.kind == LEX_VALUE)
		return parse_value(p);
	if (p->tok.kind == LEX_NAME)
		return parse_name(p);
	if (expr_at_punct(p, '(') || expr_at_punct(p, '['))
		return parse_brackets(p);
	if (p->tok.kind == LEX_PERCENT)
		expr_fail(p, p->tok.off, p->tok.end, "for example within(x, y, 10%)",
			  "a percentage can only be the tolerance of within()");
	else if (expr_at_punct(p, ')') || expr_at_punct(p, ']'))
		expr_fail(p, p->tok.off, p->tok.end, NULL, "expected a value before '%c'",
			  p->tok.punct);
	else
		expr_fail(p, p->tok.off, p->tok.end, NULL, "expected a value instead of %s",
			  expr_lexeme_text(p));
	return NULL;
}

static struct node *parse_postfix(struct expr_parser *p)
{
	uint32_t off = p->tok.off;
	struct node *n = parse_atom(p);

	while (n && expr_at_punct(p, '[')) {
		uint32_t open = p->tok.off;
		struct node *index;

		expr_lex_next(p);
		index = parse_cond(p);
		if (!index || !expect_close(p, ']', open))
			return NULL;
		n = pair_node(p, NODE_INDEX, off, OP_NONE, n, index);
	}
	if (n && (expr_at_punct(p, '.') || expr_at_punct(p, '('))) {
		expr_fail(p, p->tok.off, p->tok.end, NULL, "'%c' cannot follow this", p->tok.punct);
		return NULL;
	}
	return n;
}

/* Signs bind looser than ** on their right but may begin its right side: -2**-1 is -(2**(-1)). */
static struct node *parse_unary(struct expr_parser *p)
{
	bool is_sign = at_op(p, OP_SUB) || at_op(p, OP_ADD) || at_op(p, OP_INVERT);
	uint32_t off = p->tok.off;
	enum expr_op op = p->tok.op;
	struct node *n = is_sign ? NULL : parse_postfix(p);

	if (!is_sign && !(n && at_op(p, OP_POW)))
		return n;
	if (!enter(p))
		return NULL;
	expr_lex_next(p);
	if (is_sign)
		n = unary_node(p, off, op, parse_unary(p));
	else
		n = pair_node(p, NODE_BINARY, off, OP_POW, n, parse_unary(p));
	p->depth--;
	return n;
}

static struct node *parse_arith(struct expr_parser *p, int strength)
{
	uint32_t off = p->tok.off;
	struct node *n = parse_unary(p);

	while (n && p->tok.kind == LEX_OP && expr_op_strength(p->tok.op) >= strength) {
		enum expr_op op = p->tok.op;

		expr_lex_next(p);
		n = pair_node(p, NODE_BINARY, off, op, n,
			      parse_arith(p, expr_op_strength(op) + 1));
	}
	return n;
}

/* The comparison operator at the current lexeme, consumed; OP_NONE when there is none. */
static enum expr_op take_comparison(struct expr_parser *p)
{
	enum expr_op op = OP_NONE;

	if (p->tok.kind == LEX_OP && p->tok.op >= OP_EQ && p->tok.op <= OP_GE)
		op = p->tok.op;
	else if (expr_at_word(p, "in"))
		op = OP_IN;
	else if (expr_at_word(p, "is"))
		op = OP_IS;
	else if (expr_at_word(p, "not"))
		op = OP_NOT_IN;
	else
		return OP_NONE;
	expr_lex_next(p);
	if (op == OP_NOT_IN) {
		if (!expr_at_word(p, "in")) {
			expr_fail(p, p->tok.off, p->tok.end, NULL, "expected 'in' after 'not'");
			return OP_NONE;
		}
		expr_lex_next(p);
	} else if (op == OP_IS && expr_at_word(p, "not")) {
		op = OP_IS_NOT;
		expr_lex_next(p);
	}
	return op;
}

static bool is_singleton(const struct node *n)
{
	return n->kind == NODE_CONST &&
	       (n->value.kind == VALUE_NONE || n->value.kind == VALUE_BOOL);
}

/* a < b < c becomes (a < b) and (b < c) with one and the same b, evaluated once. */
static struct node *parse_comparison(struct expr_parser *p)
{
	uint32_t off = p->tok.off, link_off = off;
	struct node *left = parse_arith(p, 1), *chain = NULL, *link = NULL;
	enum expr_op op;

	while (left && !p->failed && (op = take_comparison(p)) != OP_NONE) {
		uint32_t right_off = p->tok.off;
		struct node *right = parse_arith(p, 1);

		if (right && (op == OP_IS || op == OP_IS_NOT) && !is_singleton(right)) {
			expr_fail(p, link_off, p->prev_end, "write == to compare",
				  "'is' compares with None, True and False only");
			return NULL;
		}
		if (link && !chain) {
			chain = expr_node(p, NODE_BOOL, off);
			chain->op = OP_AND;
			expr_node_add(p, chain, link);
		}
		link = pair_node(p, NODE_COMPARE, link_off, op, left, right);
		if (!link || (chain && !expr_node_add(p, chain, link)))
			return NULL;
		left = right;
		link_off = right_off;
	}
	if (chain) {
		chain->end = p->prev_end;
		chain->span.len = chain->end - chain->off;
	}
	return p->failed ? NULL : chain ? chain : link ? link : left;
}

static struct node *parse_not(struct expr_parser *p)
{
	uint32_t off = p->tok.off;
	struct node *n;

	if (!expr_at_word(p, "not"))
		return parse_comparison(p);
	if (!enter(p))
		return NULL;
	expr_lex_next(p);
	n = parse_not(p);
	p->depth--;
	return unary_node(p, off, OP_NOT, n);
}

static struct node *parse_bool(struct expr_parser *p, enum expr_op op)
{
	uint32_t off = p->tok.off;
	struct node *first = op == OP_OR ? parse_bool(p, OP_AND) : parse_not(p), *n;

	if (!first || !expr_at_word(p, expr_op_text(op)))
		return first;
	n = expr_node(p, NODE_BOOL, off);
	n->op = op;
	expr_node_add(p, n, first);
	while (expr_at_word(p, expr_op_text(op))) {
		expr_lex_next(p);
		if (!expr_node_add(p, n, op == OP_OR ? parse_bool(p, OP_AND) : parse_not(p)))
			return NULL;
	}
	n->end = p->prev_end;
	n->span.len = n->end - off;
	return p->failed ? NULL : n;
}

/* VALUE if CONDITION else OTHER */
static struct node *parse_cond(struct expr_parser *p)
{
	uint32_t off = p->tok.off;
	struct node *n, *condition, *other;

	if (!enter(p))
		return NULL;
	n = parse_bool(p, OP_OR);
	if (n && expr_at_word(p, "if")) {
		expr_lex_next(p);
		condition = parse_bool(p, OP_OR);
		if (condition && !expr_at_word(p, "else")) {
			expr_fail(p, p->tok.off, p->tok.end, NULL, "expected 'else' instead of %s",
				  expr_lexeme_text(p));
			return NULL;
		}
		expr_lex_next(p);
		other = condition ? parse_cond(p) : NULL;
		n = pair_node(p, NODE_COND, off, OP_NONE, n, condition);
		n = n && expr_node_add(p, n, other) ? n : NULL;
	}
	p->depth--;
	return n;
}

struct node *expr_parse_one(struct expr_parser *p)
{
	return parse_cond(p);
}

static bool ends_list(const struct expr_parser *p)
{
	return p->tok.kind == LEX_END || p->tok.kind == LEX_NEWLINE || p->tok.kind == LEX_ASSIGN ||
	       expr_at_punct(p, ';');
}

struct node *expr_parse_list(struct expr_parser *p)
{
	uint32_t off = p->tok.off;
	struct node *first = parse_cond(p), *n;

	if (!first || !expr_at_punct(p, ','))
		return first;
	n = expr_node(p, NODE_TUPLE, off);
	expr_node_add(p, n, first);
	while (expr_at_punct(p, ',')) {
		expr_lex_next(p);
		if (ends_list(p))
			break;
		if (!expr_node_add(p, n, parse_cond(p)))
			return NULL;
	}
	n->end = p->prev_end;
	n->span.len = n->end - off;
	return p->failed ? NULL : n;
}
