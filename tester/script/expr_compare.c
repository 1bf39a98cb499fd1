/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Comparing values: Python's rules for its kinds; for ours (states, times) what does not fit is an
 * error instead of False, since an assertion that can never hold, or never fail, helps nobody.
 */
#include <math.h>
#include <string.h>

#include "script/code_names.h"
#include "script/expr_impl.h"

enum order { ORDER_LESS = -1, ORDER_SAME = 0, ORDER_MORE = 1, ORDER_NONE = 2 };

static enum order order_int(int64_t x, int64_t y)
{
	return x < y ? ORDER_LESS : x > y ? ORDER_MORE : ORDER_SAME;
}

static enum order order_float(double x, double y)
{
	return x < y ? ORDER_LESS : x > y ? ORDER_MORE : x == y ? ORDER_SAME : ORDER_NONE;
}

/* Exact also where a double cannot hold the whole number. */
static enum order order_int_float(int64_t x, double y)
{
	enum order o;

	if (isnan(y))
		return ORDER_NONE;
	if (y >= 9223372036854775808.0)
		return ORDER_LESS;
	if (y < -9223372036854775808.0)
		return ORDER_MORE;
	o = order_int(x, (int64_t)trunc(y));
	return o == ORDER_SAME ? order_float(0, y - trunc(y)) : o;
}

static enum order reversed(enum order o)
{
	return o == ORDER_LESS ? ORDER_MORE : o == ORDER_MORE ? ORDER_LESS : o;
}

static enum order order_number(const struct value *x, const struct value *y)
{
	bool x_float = x->kind == VALUE_FLOAT, y_float = y->kind == VALUE_FLOAT;

	if (x_float && y_float)
		return order_float(x->f, y->f);
	if (x_float)
		return reversed(order_int_float(y->i, x->f));
	return y_float ? order_int_float(x->i, y->f) : order_int(x->i, y->i);
}

/* Times are whole nanoseconds; sums and differences of seconds as doubles are not quite. */
static enum order order_time(double x, double y)
{
	return fabs(x - y) < 0.5e-9 ? ORDER_SAME : order_float(x, y);
}

bool value_same(const struct value *x, const struct value *y)
{
	if (value_is_number(x) && value_is_number(y))
		return order_number(x, y) == ORDER_SAME;
	if (x->kind != y->kind)
		return false;
	switch (x->kind) {
	case VALUE_NONE:
		return true;
	case VALUE_BOOL:
	case VALUE_INT:
	case VALUE_STATE:
		return x->i == y->i;
	case VALUE_FLOAT:
		return x->f == y->f;
	case VALUE_TIME:
		return order_time(x->f, y->f) == ORDER_SAME;
	case VALUE_STR:
		return strcmp(x->s, y->s) == 0;
	case VALUE_TUPLE:
		break;
	}
	if (x->n != y->n || x->i != y->i)
		return false;
	for (size_t i = 0; i < x->n; i++) {
		if (!value_same(&x->item[i], &y->item[i]))
			return false;
	}
	return true;
}

static int misfit(struct arena *a, const struct value *x, const struct value *y, const char **why)
{
	*why = arena_printf(a, "%s cannot be compared with %s", value_kind_text(x),
			    value_kind_text(y));
	return -ERR_RANGE;
}

/* One side is a state: the other must be one, or the constant of one. */
static int compare_state(struct arena *a, enum expr_op op, struct value x, struct value y,
			 const char **why)
{
	const struct code_name *row = NULL;

	if (x.kind != VALUE_STATE) {
		struct value swap = x;

		x = y;
		y = swap;
	}
	if (y.kind == VALUE_INT && y.s)
		row = code_constant_find(y.s);
	if (row && row->group == CODE_GROUP_STATE)
		y = (struct value){ .kind = VALUE_STATE, .i = row->state };
	if (y.kind == VALUE_STATE && (op == OP_EQ || op == OP_NE))
		return (x.i == y.i) == (op == OP_EQ);
	if (y.kind == VALUE_STATE)
		*why = "states have no order; use == or !=";
	else if (y.kind == VALUE_STR)
		*why = "a state is compared with a word without quotes: state() == ESTABLISHED";
	else if (value_is_number(&y))
		*why = "a state cannot be compared with a number; compare state() with ESTABLISHED "
		       "and tcpi_state with TCP_ESTABLISHED";
	else
		return misfit(a, &x, &y, why);
	return -ERR_RANGE;
}

static bool holds(enum expr_op op, enum order o)
{
	if (o == ORDER_NONE)
		return op == OP_NE;
	return op == OP_EQ   ? o == ORDER_SAME
	       : op == OP_NE ? o != ORDER_SAME
	       : op == OP_LT ? o == ORDER_LESS
	       : op == OP_LE ? o != ORDER_MORE
	       : op == OP_GT ? o == ORDER_MORE
			     : o != ORDER_LESS;
}

static bool is_zero(const struct value *v)
{
	return value_is_number(v) && value_float(v) == 0;
}

static int compare_time(struct arena *a, enum expr_op op, const struct value *x,
			const struct value *y, const char **why)
{
	bool x_fits = x->kind == VALUE_TIME || is_zero(x);
	bool y_fits = y->kind == VALUE_TIME || is_zero(y);

	if (x_fits && y_fits)
		return holds(op, order_time(value_float(x), value_float(y)));
	if (!value_is_number(x) && !value_is_number(y))
		return misfit(a, x, y, why);
	*why = "a time cannot be compared with a plain number; give the number a unit (0.2s, 30ms)";
	return -ERR_RANGE;
}

/* Tuples are ordered by their first items that differ. */
static int compare_tuples(struct arena *a, enum expr_op op, const struct value *x,
			  const struct value *y, const char **why)
{
	size_t n = x->n < y->n ? x->n : y->n;

	if (x->i != y->i)
		return op == OP_EQ || op == OP_NE ? op == OP_NE : misfit(a, x, y, why);
	for (size_t i = 0; i < n; i++) {
		int same = value_compare(a, OP_EQ, &x->item[i], &y->item[i], why);

		if (same < 0)
			return same;
		if (!same && (op == OP_EQ || op == OP_NE))
			return op == OP_NE;
		if (!same)
			return value_compare(a, op, &x->item[i], &y->item[i], why);
	}
	return holds(op, order_int((int64_t)x->n, (int64_t)y->n));
}

static int compare_in(struct arena *a, const struct value *x, const struct value *y,
		      const char **why)
{
	if (y->kind == VALUE_STR && x->kind == VALUE_STR)
		return strstr(y->s, x->s) != NULL;
	if (y->kind != VALUE_TUPLE) {
		*why = arena_printf(a, "'in' does not work between %s and %s", value_kind_text(x),
				    value_kind_text(y));
		return -ERR_RANGE;
	}
	for (size_t i = 0; i < y->n; i++) {
		int same = value_compare(a, OP_EQ, x, &y->item[i], why);

		if (same != 0)
			return same;
	}
	return 0;
}

static int opposite(int rc)
{
	return rc < 0 ? rc : !rc;
}

int value_compare(struct arena *a, enum expr_op op, const struct value *x, const struct value *y,
		  const char **why)
{
	if (op == OP_IN)
		return compare_in(a, x, y, why);
	if (op == OP_NOT_IN)
		return opposite(compare_in(a, x, y, why));
	if (op == OP_IS || op == OP_IS_NOT)
		return (x->kind == y->kind && value_same(x, y)) == (op == OP_IS);
	if (x->kind == VALUE_STATE || y->kind == VALUE_STATE)
		return compare_state(a, op, *x, *y, why);
	if (x->kind == VALUE_TIME || y->kind == VALUE_TIME)
		return compare_time(a, op, x, y, why);
	if (value_is_number(x) && value_is_number(y))
		return holds(op, order_number(x, y));
	if (x->kind == VALUE_TUPLE && y->kind == VALUE_TUPLE)
		return compare_tuples(a, op, x, y, why);
	if (op == OP_EQ || op == OP_NE)
		return value_same(x, y) == (op == OP_EQ);
	if (x->kind == VALUE_STR && y->kind == VALUE_STR)
		return holds(op, order_int(strcmp(x->s, y->s), 0));
	return misfit(a, x, y, why);
}
