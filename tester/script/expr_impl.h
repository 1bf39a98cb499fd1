/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_SCRIPT_EXPR_IMPL_H
#define TCPDRILL_SCRIPT_EXPR_IMPL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/diag.h"
#include "base/err.h"
#include "script/expr.h"

/* Shared by the expr*.c and code*.c files only. */

enum {
	EXPR_DEPTH_MAX = 200,          /* levels of a tree: recursion stays far from the end */
	EXPR_STR_MAX_BYTES = 65536,    /* longest string a script can build */
	EXPR_ITEMS_MAX = 100000,       /* parts of a tuple, nested ones included */
	EXPR_NEST_MAX = 50,            /* tuples within tuples */
	EXPR_ARGS_MAX = 64,            /* arguments of one call */
};

/* Operators, with binding strength (0: not a binary arithmetic operator) and text. */
#define EXPR_OPS(X)                                                                                \
	X(OR, 0, "or") X(AND, 0, "and") X(NOT, 0, "not")                                           \
	X(EQ, 0, "==") X(NE, 0, "!=") X(LT, 0, "<") X(LE, 0, "<=") X(GT, 0, ">") X(GE, 0, ">=")    \
	X(IN, 0, "in") X(NOT_IN, 0, "not in") X(IS, 0, "is") X(IS_NOT, 0, "is not")                \
	X(BIT_OR, 1, "|") X(BIT_XOR, 2, "^") X(BIT_AND, 3, "&")                                    \
	X(SHL, 4, "<<") X(SHR, 4, ">>") X(ADD, 5, "+") X(SUB, 5, "-")                              \
	X(MUL, 6, "*") X(DIV, 6, "/") X(FLOOR_DIV, 6, "//") X(MOD, 6, "%")                         \
	X(INVERT, 0, "~") X(POW, 0, "**")

enum expr_op {
	OP_NONE,
#define X(name, strength, text) OP_##name,
	EXPR_OPS(X)
#undef X
};

/** expr_op_text() - the operator as written */
const char *expr_op_text(enum expr_op op);

/** expr_op_strength() - 1 (loosest) to 6 for the left-associative arithmetic operators, else 0 */
int expr_op_strength(enum expr_op op);

/* ---- words of the text ---- */

enum lex_kind {
	LEX_END,
	LEX_NEWLINE,     /* code only, outside brackets; value.i: indentation of the next line */
	LEX_VALUE,       /* number, string, time: value */
	LEX_PERCENT,     /* 10% : value, assert only */
	LEX_NAME,        /* name; keywords too */
	LEX_OP,          /* op */
	LEX_ASSIGN,      /* = and += -= ...: op is OP_NONE or the operator */
	LEX_PUNCT,       /* ( ) [ ] , . : ; in punct */
	LEX_BAD,         /* error was reported */
};

struct lexeme {
	enum lex_kind kind;
	enum expr_op op;
	char punct;
	const char *name;
	struct value value;
	uint32_t off, end;   /* in the text, not the source */
};

struct expr_parser {
	struct arena *arena;
	struct diags *diags; /* NULL: errors are only counted (code blocks) */
	const struct definition *defs;
	const char *text;
	uint32_t len, base;
	bool is_code;
	bool failed;
	uint32_t pos;
	uint32_t prev_end;   /* end of the lexeme before tok */
	unsigned int brackets, depth;
	uint32_t n_nodes;
	uint32_t open_bracket;
	struct lexeme tok;
};

/** expr_lex_start() - make the first lexeme current */
void expr_lex_start(struct expr_parser *p);

/** expr_lex_next() - make the next lexeme current; after an error it is LEX_BAD for good */
void expr_lex_next(struct expr_parser *p);

/** expr_fail() - report the first error, at text bytes @off up to @end; hint may be NULL */
void expr_fail(struct expr_parser *p, uint32_t off, uint32_t end, const char *hint, const char *fmt,
	       ...) PRINTF_LIKE(5, 6);

/** expr_lex_string() - read a string literal at p->pos into p->tok */
void expr_lex_string(struct expr_parser *p);

/** expr_define_apply() - make the name @tok what it stands for, if it is defined */
void expr_define_apply(const struct expr_parser *p, struct lexeme *tok);

/** expr_utf8_put() - append a code point; false when there is no such one */
bool expr_utf8_put(struct buf *b, uint32_t code);

/* ---- tree ---- */

enum node_kind {
	NODE_CONST,      /* value */
	NODE_NAME,       /* name */
	NODE_MEMBER,     /* name.member */
	NODE_CALL,       /* name(kids) */
	NODE_UNARY,      /* op kid */
	NODE_BINARY,     /* kid op kid */
	NODE_COMPARE,    /* kid op kid */
	NODE_BOOL,       /* kids joined by op: OP_AND, OP_OR; links of a chained comparison too */
	NODE_COND,       /* kids: value, condition, other value */
	NODE_TUPLE,      /* kids; is_list for [ ] */
	NODE_INDEX,      /* kid [ kid ] */
};

/* A node may stand in two lists (the middle of a < b < c), hence no link in the node itself. */
struct node {
	enum node_kind kind;
	enum expr_op op;
	bool is_list;
	struct span span;        /* in the source */
	uint32_t off, end;       /* in the text, brackets around it left out */
	uint32_t id;             /* place of its value in struct eval */
	unsigned int depth;
	struct value value;
	const char *name, *member;
	struct node **kid;
	size_t n_kids, cap_kids;
};

struct expr {
	const char *text;
	uint32_t len;
	uint32_t n_nodes;
	struct node *root;
	struct node *message;    /* after a comma, or NULL */
};

/** expr_node_part() - child @i to walk to, such that the b of a < b < c is met once */
const struct node *expr_node_part(const struct node *n, size_t i);

/** expr_parse_one() - one expression without commas; NULL after an error */
struct node *expr_parse_one(struct expr_parser *p);

/** expr_parse_list() - an expression, or a tuple without brackets */
struct node *expr_parse_list(struct expr_parser *p);

/** expr_node() - a new node over the text from @off to the end of the lexeme read last */
struct node *expr_node(struct expr_parser *p, enum node_kind kind, uint32_t off);

/** expr_node_add() - append a child; false (and an error) when the tree gets too deep */
bool expr_node_add(struct expr_parser *p, struct node *n, struct node *kid);

/** expr_is_keyword() - whether Python reserves the word */
bool expr_is_keyword(const char *name);

/** expr_at_word() - whether the current lexeme is this word */
bool expr_at_word(const struct expr_parser *p, const char *word);

/** expr_at_punct() - whether the current lexeme is this character */
bool expr_at_punct(const struct expr_parser *p, char c);

/** expr_lexeme_text() - the current lexeme for a message: "'x'", "the end" */
const char *expr_lexeme_text(struct expr_parser *p);

/* ---- values ----
 * A number may carry the name of the constant it came from in .s (TCP_ESTABLISHED), which is how a
 * state can be compared with it; a percentage is a VALUE_FLOAT with "%" there. Results of operators
 * carry nothing. All functions below are pure; @why is static text or in the arena.
 */

/** value_is_number() - bool, int or float */
bool value_is_number(const struct value *v);

/** value_is_percent() - a tolerance like 10% */
bool value_is_percent(const struct value *v);

/** value_float() - of a number or time */
double value_float(const struct value *v);

/** value_bool() - a VALUE_BOOL */
struct value value_bool(bool b);

/** value_str() - a VALUE_STR; -ERR_RANGE when it is too long */
int value_str(struct arena *a, const char *s, size_t n, struct value *out, const char **why);

/** value_truth() - 1, 0, or negative for what is neither */
int value_truth(const struct value *v, const char **why);

/** value_binary() - arithmetic */
int value_binary(struct arena *a, enum expr_op op, const struct value *x, const struct value *y,
		 struct value *out, const char **why);

/** value_unary() - OP_SUB, OP_ADD, OP_INVERT */
int value_unary(enum expr_op op, const struct value *x, struct value *out, const char **why);

/** value_compare() - 1, 0 or negative; all comparison operators */
int value_compare(struct arena *a, enum expr_op op, const struct value *x, const struct value *y,
		  const char **why);

/** value_same() - Python's == without errors: kinds that do not fit are unequal */
bool value_same(const struct value *x, const struct value *y);

/** value_index() - x[i] */
int value_index(struct arena *a, const struct value *x, const struct value *i, struct value *out,
		const char **why);

/** value_weigh() - -ERR_RANGE when a tuple has grown beyond the limits */
int value_weigh(const struct value *v, const char **why);

/** value_copy() - a copy that shares nothing with @v */
struct value value_copy(struct arena *a, const struct value *v);

/** value_repr() - as value_text(), strings in quotes */
void value_repr(const struct value *v, struct buf *out);

/** value_kind_text() - "a number", "a state", ... */
const char *value_kind_text(const struct value *v);

/** value_format() - Python's format % arguments */
int value_format(struct arena *a, const char *fmt, const struct value *args, struct value *out,
		 const char **why);

/** value_chars() - length of a string in characters */
size_t value_chars(const char *s);

/** value_char_at() - first byte of character @i */
const char *value_char_at(const char *s, size_t i);

/** value_int_mul() - *out = x * y; false on overflow */
bool value_int_mul(int64_t x, int64_t y, int64_t *out);

/** value_int_add() - *out = x + y; false on overflow */
bool value_int_add(int64_t x, int64_t y, int64_t *out);

/* ---- functions ---- */

struct expr_builtin {
	const char *name;
	size_t min_args, max_args;
	bool is_assert_only;
	int (*run)(struct arena *a, const struct value *arg, size_t n, struct value *out,
		   const char **why);
};

/** expr_builtin_find() - the row, or NULL */
const struct expr_builtin *expr_builtin_find(const char *name);

/** expr_within_allows() - the distance that within(x, y, tol) allows */
double expr_within_allows(const struct value *y, const struct value *tol);

/* ---- evaluation ---- */

struct code_vars {
	struct arena *arena;
	struct code_var {
		const char *name;
		struct value value;
		struct code_var *next;
	} *first;
};

struct eval {
	const struct expr_env *env;
	const char *text;         /* of the whole expression or block */
	struct code_vars *vars;   /* NULL for assert events */
	struct value *seen;       /* by node id; each node is evaluated at most once */
	bool *has_seen;
	struct span bad;          /* where evaluation failed */
	const char *why;
};

/** eval_init() - room for @n_nodes values in the environment's arena */
void eval_init(struct eval *ev, const struct expr_env *env, const char *text, uint32_t n_nodes,
	       struct code_vars *vars);

/** eval_node() - 0, or negative with ev->bad and ev->why */
int eval_node(struct eval *ev, const struct node *n, struct value *out);

/** eval_fail() - record why @n cannot be evaluated; returns @err */
int eval_fail(struct eval *ev, const struct node *n, int err, const char *why);

/** eval_assert() - evaluate to 1, 0 or a negative error; @f is filled unless 1 */
int eval_assert(struct eval *ev, const struct node *root, const struct node *message,
		struct expr_failure *f);

/** expr_error_explain() - fill @f for an evaluation error under @root */
void expr_error_explain(struct eval *ev, const struct node *root, struct expr_failure *f);

/** expr_node_text() - source text of a node, blanks squeezed, into @out */
void expr_node_text(const char *text, const struct node *n, struct buf *out);

/** expr_false_explain() - fill @f for an assertion that is false */
void expr_false_explain(struct eval *ev, const struct node *root, const char *said,
			struct expr_failure *f);

#endif
