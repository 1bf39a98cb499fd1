/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Values: truth, arithmetic, indexing. Whole numbers are 64 bits wide; what Python would carry
 * on in more bits is an error here, so that no result is ever silently wrong.
 *
 * Times have a unit: they add to times, scale by numbers, and their quotient is a number.
 */
#include <math.h>
#include <string.h>

#include "script/expr_impl.h"

static const char too_big[] = "the result does not fit in 64 bits";
static const char by_zero[] = "division by zero";
static const char need_unit[] =
	"a time and a plain number do not go together; give the number a unit (0.2s, 30ms)";

bool value_is_number(const struct value *v)
{
	return v->kind == VALUE_BOOL || v->kind == VALUE_INT || v->kind == VALUE_FLOAT;
}

bool value_is_percent(const struct value *v)
{
	return v->kind == VALUE_FLOAT && v->s;
}

double value_float(const struct value *v)
{
	return v->kind == VALUE_FLOAT || v->kind == VALUE_TIME ? v->f : (double)v->i;
}

struct value value_bool(bool b)
{
	return (struct value){ .kind = VALUE_BOOL, .i = b };
}

int value_str(struct arena *a, const char *s, size_t n, struct value *out, const char **why)
{
	if (n > EXPR_STR_MAX_BYTES) {
		*why = "the string gets too long";
		return -ERR_RANGE;
	}
	*out = (struct value){ .kind = VALUE_STR, .s = arena_strndup(a, s, n) };
	return 0;
}

const char *value_kind_text(const struct value *v)
{
	switch (v->kind) {
	case VALUE_NONE:
		return "None";
	case VALUE_BOOL:
		return "True or False";
	case VALUE_INT:
	case VALUE_FLOAT:
		return value_is_percent(v) ? "a percentage" : "a number";
	case VALUE_STR:
		return "a string";
	case VALUE_TUPLE:
		return v->i ? "a list" : "a tuple";
	case VALUE_STATE:
		return "a state";
	case VALUE_TIME:
		return "a time";
	}
	return "?";
}

int value_truth(const struct value *v, const char **why)
{
	switch (v->kind) {
	case VALUE_NONE:
		return 0;
	case VALUE_BOOL:
	case VALUE_INT:
		return v->i != 0;
	case VALUE_FLOAT:
	case VALUE_TIME:
		return v->f != 0;
	case VALUE_STR:
		return v->s[0] != '\0';
	case VALUE_TUPLE:
		return v->n > 0;
	case VALUE_STATE:
		*why = "a state is neither true nor false; compare it, as in "
		       "state() == ESTABLISHED";
		return -ERR_RANGE;
	}
	return -ERR_RANGE;
}

bool value_int_add(int64_t x, int64_t y, int64_t *out)
{
	if (y > 0 ? x > INT64_MAX - y : x < INT64_MIN - y)
		return false;
	*out = x + y;
	return true;
}

static bool int_sub(int64_t x, int64_t y, int64_t *out)
{
	if (y > 0 ? x < INT64_MIN + y : x > INT64_MAX + y)
		return false;
	*out = x - y;
	return true;
}

bool value_int_mul(int64_t x, int64_t y, int64_t *out)
{
	if (x != 0 && y != 0) {
		/* INT64_MIN / -1 would itself overflow */
		if ((x == -1 && y == INT64_MIN) || (y == -1 && x == INT64_MIN))
			return false;
		if (x > 0 ? (y > 0 ? x > INT64_MAX / y : y < INT64_MIN / x)
			  : (y > 0 ? x < INT64_MIN / y : y < INT64_MAX / x))
			return false;
	}
	*out = x * y;
	return true;
}

/* Python rounds the quotient down and gives the remainder the divisor's sign. */
static bool int_floor_div(int64_t x, int64_t y, int64_t *quotient, int64_t *remainder)
{
	if (y == -1) {
		*remainder = 0;
		return int_sub(0, x, quotient);
	}
	*quotient = x / y;
	*remainder = x % y;
	if (*remainder != 0 && (*remainder < 0) != (y < 0)) {
		*remainder += y;
		--*quotient;
	}
	return true;
}

static bool int_pow(int64_t x, int64_t y, int64_t *out)
{
	int64_t r = 1;

	while (y > 0) {
		if ((y & 1) && !value_int_mul(r, x, &r))
			return false;
		y >>= 1;
		if (y > 0 && !value_int_mul(x, x, &x))
			return false;
	}
	*out = r;
	return true;
}

static bool int_shl(int64_t x, int64_t y, int64_t *out)
{
	*out = 0;
	if (x == 0)
		return true;
	return y < 63 && value_int_mul(x, (int64_t)1 << y, out);
}

static int64_t int_shr(int64_t x, int64_t y)
{
	int64_t q, r;

	if (y >= 63)
		return x < 0 ? -1 : 0;
	int_floor_div(x, (int64_t)1 << y, &q, &r);
	return q;
}

static int range(const char **why, const char *text)
{
	*why = text;
	return -ERR_RANGE;
}

/* @op on whole numbers; / and negative powers are not for here. */
static int int_binary(enum expr_op op, int64_t x, int64_t y, int64_t *out, const char **why)
{
	int64_t other;
	bool fits = true;

	if ((op == OP_FLOOR_DIV || op == OP_MOD) && y == 0)
		return range(why, by_zero);
	if ((op == OP_SHL || op == OP_SHR) && y < 0)
		return range(why, "a shift by less than 0 bits");
	if (op == OP_ADD)
		fits = value_int_add(x, y, out);
	else if (op == OP_SUB)
		fits = int_sub(x, y, out);
	else if (op == OP_MUL)
		fits = value_int_mul(x, y, out);
	else if (op == OP_FLOOR_DIV)
		fits = int_floor_div(x, y, out, &other);
	else if (op == OP_MOD)
		int_floor_div(x, y, &other, out); /* a remainder always fits */
	else if (op == OP_POW)
		fits = int_pow(x, y, out);
	else if (op == OP_SHL)
		fits = int_shl(x, y, out);
	else if (op == OP_SHR)
		*out = int_shr(x, y);
	else if (op == OP_BIT_AND)
		*out = x & y;
	else if (op == OP_BIT_OR)
		*out = x | y;
	else
		*out = x ^ y;
	return fits ? 0 : range(why, too_big);
}

static double float_floor_mod(double x, double y, double *quotient)
{
	double mod = fmod(x, y), div = (x - mod) / y;

	if (mod != 0 && (y < 0) != (mod < 0)) {
		mod += y;
		div -= 1;
	} else if (mod == 0) {
		mod = copysign(0, y);
	}
	if (div != 0) {
		*quotient = floor(div);
		if (div - *quotient > 0.5)
			*quotient += 1;
	} else {
		*quotient = copysign(0, x / y);
	}
	return mod;
}

static int float_pow(double x, double y, double *out, const char **why)
{
	if (x == 0 && y < 0)
		return range(why, "0 cannot be raised to a negative power");
	if (x < 0 && isfinite(x) && isfinite(y) && y != floor(y))
		return range(why, "a negative number to a broken power is no real number");
	*out = pow(x, y);
	if (isinf(*out) && isfinite(x) && isfinite(y))
		return range(why, "the result is too large");
	return 0;
}

static int float_binary(enum expr_op op, double x, double y, double *out, const char **why)
{
	double other;

	if ((op == OP_DIV || op == OP_FLOOR_DIV || op == OP_MOD) && y == 0)
		return range(why, by_zero);
	if (op == OP_ADD)
		*out = x + y;
	else if (op == OP_SUB)
		*out = x - y;
	else if (op == OP_MUL)
		*out = x * y;
	else if (op == OP_DIV)
		*out = x / y;
	else if (op == OP_MOD)
		*out = float_floor_mod(x, y, &other);
	else if (op == OP_FLOOR_DIV)
		float_floor_mod(x, y, out);
	else if (op == OP_POW)
		return float_pow(x, y, out, why);
	else
		return -ERR_UNKNOWN; /* bits of a float: the caller says what does not fit */
	return 0;
}

static int number_binary(enum expr_op op, const struct value *x, const struct value *y,
			 struct value *out, const char **why)
{
	bool is_float = x->kind == VALUE_FLOAT || y->kind == VALUE_FLOAT || op == OP_DIV ||
			(op == OP_POW && y->i < 0);
	bool is_bits = op == OP_BIT_AND || op == OP_BIT_OR || op == OP_BIT_XOR;

	*out = (struct value){ .kind = is_float ? VALUE_FLOAT : VALUE_INT };
	if (is_float)
		return float_binary(op, value_float(x), value_float(y), &out->f, why);
	if (is_bits && x->kind == VALUE_BOOL && y->kind == VALUE_BOOL)
		out->kind = VALUE_BOOL;
	return int_binary(op, x->i, y->i, &out->i, why);
}

/* At least one side is a time. */
static int time_binary(enum expr_op op, const struct value *x, const struct value *y,
		       struct value *out, const char **why)
{
	bool both = x->kind == VALUE_TIME && y->kind == VALUE_TIME;
	bool is_sum = op == OP_ADD || op == OP_SUB || op == OP_MOD;

	if (is_sum && !both)
		return range(why, need_unit);
	if (op == OP_POW || (op == OP_MUL && both) ||
	    ((op == OP_DIV || op == OP_FLOOR_DIV) && x->kind != VALUE_TIME))
		return -ERR_UNKNOWN;
	*out = (struct value){ .kind = VALUE_TIME };
	if ((op == OP_DIV || op == OP_FLOOR_DIV) && both)
		out->kind = VALUE_FLOAT;
	return float_binary(op, value_float(x), value_float(y), &out->f, why);
}

static int repeat_str(struct arena *a, const char *s, int64_t times, struct value *out,
		      const char **why)
{
	size_t n = strlen(s);
	struct buf b = { 0 };
	int rc;

	if (times > 0 && n > 0 && (uint64_t)times > EXPR_STR_MAX_BYTES / n)
		return range(why, "the string gets too long");
	for (int64_t i = 0; n > 0 && i < times; i++)
		buf_add(&b, s, n);
	rc = value_str(a, buf_str(&b), b.len, out, why);
	buf_fini(&b);
	return rc;
}

static int repeat_tuple(struct arena *a, const struct value *v, int64_t times, struct value *out,
			const char **why)
{
	struct value *item;
	size_t n;

	if (times > 0 && v->n > 0 && (uint64_t)times > EXPR_ITEMS_MAX / v->n)
		return range(why, "the list gets too long");
	n = times > 0 ? v->n * (size_t)times : 0;
	item = ARENA_ARRAY(a, struct value, n);
	for (size_t i = 0; i < n; i++)
		item[i] = v->item[i % v->n];
	*out = (struct value){ .kind = VALUE_TUPLE, .i = v->i, .item = item, .n = n };
	return value_weigh(out, why);
}

static int concat(struct arena *a, const struct value *x, const struct value *y,
		  struct value *out, const char **why)
{
	struct value *item;

	if (x->kind == VALUE_STR) {
		const char *s = arena_printf(a, "%s%s", x->s, y->s);

		return value_str(a, s, strlen(s), out, why);
	}
	item = ARENA_ARRAY(a, struct value, x->n + y->n);
	if (x->n)
		memcpy(item, x->item, x->n * sizeof(*item));
	if (y->n)
		memcpy(item + x->n, y->item, y->n * sizeof(*item));
	*out = (struct value){ .kind = VALUE_TUPLE, .i = x->i, .item = item, .n = x->n + y->n };
	return value_weigh(out, why);
}

static bool is_whole(const struct value *v)
{
	return v->kind == VALUE_INT || v->kind == VALUE_BOOL;
}

static int sequence_binary(struct arena *a, enum expr_op op, const struct value *x,
			   const struct value *y, struct value *out, const char **why)
{
	if (op == OP_MUL && is_whole(x)) {
		const struct value *swap = x;

		x = y;
		y = swap;
	}
	if (op == OP_MUL && is_whole(y) && x->kind == VALUE_STR)
		return repeat_str(a, x->s, y->i, out, why);
	if (op == OP_MUL && is_whole(y) && x->kind == VALUE_TUPLE)
		return repeat_tuple(a, x, y->i, out, why);
	if (op == OP_ADD && x->kind == y->kind && (x->kind == VALUE_STR || x->i == y->i))
		return concat(a, x, y, out, why);
	return -ERR_UNKNOWN;
}

int value_binary(struct arena *a, enum expr_op op, const struct value *x, const struct value *y,
		 struct value *out, const char **why)
{
	bool x_counts = value_is_number(x) || x->kind == VALUE_TIME;
	bool y_counts = value_is_number(y) || y->kind == VALUE_TIME;
	int rc;

	if (op == OP_MOD && x->kind == VALUE_STR)
		return value_format(a, x->s, y, out, why);
	if (value_is_number(x) && value_is_number(y))
		rc = number_binary(op, x, y, out, why);
	else if (x_counts && y_counts)
		rc = time_binary(op, x, y, out, why);
	else if (x->kind == VALUE_STR || x->kind == VALUE_TUPLE || y->kind == VALUE_STR ||
		 y->kind == VALUE_TUPLE)
		rc = sequence_binary(a, op, x, y, out, why);
	else
		rc = -ERR_UNKNOWN;
	if (rc != -ERR_UNKNOWN)
		return rc;
	*why = arena_printf(a, "'%s' does not work between %s and %s", expr_op_text(op),
			    value_kind_text(x), value_kind_text(y));
	return -ERR_RANGE;
}

int value_unary(enum expr_op op, const struct value *x, struct value *out, const char **why)
{
	bool is_float = x->kind == VALUE_FLOAT || x->kind == VALUE_TIME;
	int64_t i;
	double f;

	if (!is_whole(x) && !(is_float && op != OP_INVERT))
		return range(why, op == OP_INVERT ? "'~' works on whole numbers only"
						  : "a sign works on numbers and times only");
	i = op == OP_INVERT ? ~x->i : x->i;
	f = op == OP_SUB ? -x->f : x->f;
	if (op == OP_SUB && !is_float && !int_sub(0, x->i, &i))
		return range(why, too_big);
	/* @out may be @x */
	*out = is_float ? (struct value){ .kind = x->kind, .f = f }
			: (struct value){ .kind = VALUE_INT, .i = i };
	return 0;
}

int value_index(struct arena *a, const struct value *x, const struct value *i, struct value *out,
		const char **why)
{
	size_t n = x->kind == VALUE_STR ? value_chars(x->s) : x->n;
	int64_t at = i->i;
	const char *c;

	if (x->kind != VALUE_STR && x->kind != VALUE_TUPLE) {
		*why = arena_printf(a, "%s has no parts to choose by [ ]", value_kind_text(x));
		return -ERR_RANGE;
	}
	if (!is_whole(i))
		return range(why, "an index must be a whole number");
	if (at < 0)
		at += (int64_t)n;
	if (at < 0 || at >= (int64_t)n) {
		*why = arena_printf(a, "index %lld is out of range: there are %zu parts",
				    (long long)i->i, n);
		return -ERR_RANGE;
	}
	if (x->kind == VALUE_TUPLE) {
		*out = x->item[at];
		return 0;
	}
	c = value_char_at(x->s, (size_t)at);
	return value_str(a, c, (size_t)(value_char_at(c, 1) - c), out, why);
}

static bool weigh(const struct value *v, unsigned int nest, size_t *budget)
{
	size_t cost = 1 + (v->kind == VALUE_STR ? strlen(v->s) / 64 : 0);

	if (*budget < cost || nest > EXPR_NEST_MAX)
		return false;
	*budget -= cost;
	for (size_t i = 0; v->kind == VALUE_TUPLE && i < v->n; i++) {
		if (!weigh(&v->item[i], nest + 1, budget))
			return false;
	}
	return true;
}

int value_weigh(const struct value *v, const char **why)
{
	size_t budget = EXPR_ITEMS_MAX;

	return weigh(v, 0, &budget) ? 0 : range(why, "the tuple gets too large");
}

struct value value_copy(struct arena *a, const struct value *v)
{
	struct value copy = *v, *item;

	if (v->kind == VALUE_STR)
		copy.s = arena_strdup(a, v->s);
	if (v->kind != VALUE_TUPLE)
		return copy;
	item = ARENA_ARRAY(a, struct value, v->n);
	for (size_t i = 0; i < v->n; i++)
		item[i] = value_copy(a, &v->item[i]);
	copy.item = item;
	return copy;
}
