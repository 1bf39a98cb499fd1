/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_SCRIPT_EXPR_H
#define TCPDRILL_SCRIPT_EXPR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/source.h"

struct arena;
struct buf;
struct definition;
struct diags;

/*
 * Expressions of "assert EXPR" events and the statements of %{ }% blocks. Both share one parser
 * and one evaluator: a subset of Python with packet and state access added for assert. Parsing
 * and evaluating are pure; names are looked up through struct expr_env.
 */

enum value_kind {
	VALUE_NONE,
	VALUE_BOOL,      /* i */
	VALUE_INT,       /* i */
	VALUE_FLOAT,     /* f */
	VALUE_STR,       /* s */
	VALUE_TUPLE,     /* item, n: also lists */
	VALUE_STATE,     /* i: enum tcp_state; printed by name, compared with state names only */
	VALUE_TIME,      /* f: seconds; printed with unit */
};

struct value {
	enum value_kind kind;
	int64_t i;
	double f;
	const char *s;
	const struct value *item;
	size_t n;
};

/* Where names get their values. Functions return 0, or -ERR_UNKNOWN with *why (in the arena). */
struct expr_env {
	void *ctx;
	struct arena *arena;
	/* tcpi_rtt, TCP_ESTABLISHED, ESTABLISHED, SK_MEMINFO_DROPS, ... */
	int (*name)(void *ctx, const char *name, struct value *out, const char **why);
	/* syn1.win, syn1.time: @object is bound by "as" */
	int (*member)(void *ctx, const char *object, const char *member, struct value *out,
		      const char **why);
	/* state(4), state(); @n arguments already evaluated */
	int (*call)(void *ctx, const char *function, const struct value *arg, size_t n,
		    struct value *out, const char **why);
};

struct expr;          /* one expression */
struct code;          /* the statements of one %{ }% block */
struct code_vars;     /* variables that live across the blocks of a script */

/**
 * expr_parse() - the expression of an assert event
 * @text: its text, @len bytes; @base: offset of text[0] in the source, for spans
 * @defs: words that stand for a number, a time, a string or another word; or NULL
 *
 * Return: the expression in @a, or NULL after a positioned error in @d
 */
struct expr *expr_parse(struct arena *a, const char *text, size_t len, uint32_t base,
			const struct definition *defs, struct diags *d);

/* Names used by an expression, so that bind can check them before anything runs. */
enum expr_use { EXPR_USE_NAME, EXPR_USE_OBJECT, EXPR_USE_FUNCTION };
typedef void expr_visit_fn(void *ctx, enum expr_use use, const char *name, const char *member,
			   size_t n_args, struct span span);

/** expr_visit() - call @fn for every free name, object.member and function of the expression */
void expr_visit(const struct expr *e, expr_visit_fn *fn, void *ctx);

/** expr_has_builtin() - whether the evaluator itself knows the function (within, abs, min, ...) */
bool expr_has_builtin(const char *function);

/* Why an assertion did not hold. */
struct expr_failure {
	struct span span;         /* the smallest part to blame */
	const char *message;      /* "state(4) == ESTABLISHED is false" or an evaluation error */
	const char *values;       /* "state(4) is SYN_SENT" ...: one part and its value a line */
};

/**
 * expr_check() - evaluate to true or false
 * Return: 1 holds, 0 does not (*f filled), negative error (*f filled) when it cannot be evaluated
 */
int expr_check(const struct expr *e, const struct expr_env *env, struct expr_failure *f);

/**
 * code_parse() - the statements of a %{ }% block, when all lie in the built-in subset
 * @text: byte for byte; @base: offset of text[0] in the source
 *
 * Subset [architecture 7]: assert EXPR[, MESSAGE]; NAME = EXPR and augmented forms; print(...);
 * pass; several lines, line continuation by \ and by brackets, `;`, # comments; comparisons
 * (chained), arithmetic, and/or/not, in, tuples and lists, string % formatting, abs min max len int
 * float round sum. Return: the block in @a; NULL when it is outside the subset (no diagnostics)
 */
struct code *code_parse(struct arena *a, const char *text, size_t len, uint32_t base);

/** code_vars_new() - the empty scope of one run */
struct code_vars *code_vars_new(struct arena *a);

/**
 * code_run() - execute a block
 * @printed: what print() wrote is appended
 * Return: 0; 1 when an assert failed (*f filled); negative error when it cannot be evaluated
 */
int code_run(const struct code *c, struct code_vars *vars, const struct expr_env *env,
	     struct buf *printed, struct expr_failure *f);

/** value_text() - append a value as a person (and Python's str()) writes it */
void value_text(const struct value *v, struct buf *out);

#endif
