/* SPDX-License-Identifier: BSD-2-Clause */
/* The functions that the evaluator knows: Python's few, and within() of assert events. */
#include <ctype.h>
#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "script/expr_impl.h"

static int refuse(struct arena *a, const char *function, const struct value *v, const char **why)
{
	*why = arena_printf(a, "%s() does not work on %s", function, value_kind_text(v));
	return -ERR_RANGE;
}

static int run_abs(struct arena *a, const struct value *arg, size_t n, struct value *out,
		   const char **why)
{
	bool is_negative = signbit(value_float(arg));

	(void)n;
	if (!value_is_number(arg) && arg->kind != VALUE_TIME)
		return refuse(a, "abs", arg, why);
	return value_unary(is_negative ? OP_SUB : OP_ADD, arg, out, why);
}

/* The arguments, or the parts of the only one. */
static int choose(struct arena *a, const struct value *arg, size_t n, enum expr_op op,
		  struct value *out, const char **why)
{
	if (n == 1 && arg->kind != VALUE_TUPLE)
		return refuse(a, op == OP_LT ? "min" : "max", arg, why);
	if (n == 1) {
		n = arg->n;
		arg = arg->item;
	}
	if (n == 0) {
		*why = "there is nothing to choose from";
		return -ERR_RANGE;
	}
	*out = arg[0];
	for (size_t i = 1; i < n; i++) {
		int better = value_compare(a, op, &arg[i], out, why);

		if (better < 0)
			return better;
		if (better)
			*out = arg[i];
	}
	return 0;
}

static int run_min(struct arena *a, const struct value *arg, size_t n, struct value *out,
		   const char **why)
{
	return choose(a, arg, n, OP_LT, out, why);
}

static int run_max(struct arena *a, const struct value *arg, size_t n, struct value *out,
		   const char **why)
{
	return choose(a, arg, n, OP_GT, out, why);
}

static int run_len(struct arena *a, const struct value *arg, size_t n, struct value *out,
		   const char **why)
{
	(void)n;
	if (arg->kind != VALUE_STR && arg->kind != VALUE_TUPLE)
		return refuse(a, "len", arg, why);
	*out = (struct value){ .kind = VALUE_INT };
	out->i = (int64_t)(arg->kind == VALUE_STR ? value_chars(arg->s) : arg->n);
	return 0;
}

/* A whole number from a float that must fit. */
static int whole(double f, struct value *out, const char **why)
{
	if (!(fabs(f) < 9223372036854775808.0)) {
		*why = "the number does not fit in 64 bits";
		return -ERR_RANGE;
	}
	*out = (struct value){ .kind = VALUE_INT, .i = (int64_t)f };
	return 0;
}

static bool all_blank(const char *s)
{
	while (isspace((unsigned char)*s))
		s++;
	return *s == '\0';
}

static int run_int(struct arena *a, const struct value *arg, size_t n, struct value *out,
		   const char **why)
{
	char *end;

	(void)n;
	if (arg->kind == VALUE_FLOAT)
		return whole(trunc(arg->f), out, why);
	if (arg->kind != VALUE_STR && !value_is_number(arg))
		return refuse(a, "int", arg, why);
	*out = (struct value){ .kind = VALUE_INT, .i = arg->i };
	if (arg->kind != VALUE_STR)
		return 0;
	errno = 0;
	out->i = strtoll(arg->s, &end, 10);
	if (!errno && end != arg->s && all_blank(end))
		return 0;
	*why = "the string holds no whole number of 64 bits";
	return -ERR_RANGE;
}

static int run_float(struct arena *a, const struct value *arg, size_t n, struct value *out,
		     const char **why)
{
	char *end;

	(void)n;
	if (arg->kind != VALUE_STR && arg->kind != VALUE_TIME && !value_is_number(arg))
		return refuse(a, "float", arg, why);
	*out = (struct value){ .kind = VALUE_FLOAT };
	if (arg->kind != VALUE_STR) {
		out->f = value_float(arg);
		return 0;
	}
	out->f = strtod(arg->s, &end);
	if (end != arg->s && all_blank(end) && !strpbrk(arg->s, "xX"))
		return 0;
	*why = "the string holds no number";
	return -ERR_RANGE;
}

/* Half goes to the even neighbour, in decimal places too, as printf rounds. */
static int run_round(struct arena *a, const struct value *arg, size_t n, struct value *out,
		     const char **why)
{
	int64_t places = n == 2 ? arg[1].i : 0;

	if (!value_is_number(arg) && arg->kind != VALUE_TIME)
		return refuse(a, "round", arg, why);
	if (n == 2 && arg[1].kind != VALUE_INT)
		return refuse(a, "round", &arg[1], why);
	if (places < 0 || places > 300) {
		*why = "round() takes 0 to 300 places";
		return -ERR_RANGE;
	}
	if (arg->kind == VALUE_INT || arg->kind == VALUE_BOOL) {
		*out = (struct value){ .kind = VALUE_INT, .i = arg->i };
		return 0;
	}
	if (n == 1 && arg->kind == VALUE_FLOAT)
		return whole(rint(arg->f), out, why);
	*out = (struct value){ .kind = arg->kind };
	out->f = strtod(arena_printf(a, "%.*f", (int)places, arg->f), NULL);
	return 0;
}

static int run_sum(struct arena *a, const struct value *arg, size_t n, struct value *out,
		   const char **why)
{
	(void)n;
	if (arg->kind != VALUE_TUPLE)
		return refuse(a, "sum", arg, why);
	*out = (struct value){ .kind = VALUE_INT };
	for (size_t i = 0; i < arg->n; i++) {
		struct value total = *out;
		int rc;

		if (arg->item[i].kind == VALUE_STR)
			return refuse(a, "sum", &arg->item[i], why);
		if (i == 0 && arg->item[i].kind == VALUE_TIME)
			total = (struct value){ .kind = VALUE_TIME };
		rc = value_binary(a, OP_ADD, &total, &arg->item[i], out, why);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int run_str(struct arena *a, const struct value *arg, size_t n, struct value *out,
		   const char **why)
{
	struct buf text = { 0 };
	int rc;

	(void)n;
	value_text(arg, &text);
	rc = value_str(a, buf_str(&text), text.len, out, why);
	buf_fini(&text);
	return rc;
}

static int run_bool(struct arena *a, const struct value *arg, size_t n, struct value *out,
		    const char **why)
{
	int truth = value_truth(arg, why);

	(void)a;
	(void)n;
	*out = value_bool(truth > 0);
	return truth < 0 ? truth : 0;
}

double expr_within_allows(const struct value *y, const struct value *tol)
{
	return value_is_percent(tol) ? fabs(value_float(y)) * tol->f / 100 : value_float(tol);
}

/* |x - y| <= tol; the last bits that decimal fractions lose as doubles are not held against x. */
static int run_within(struct arena *a, const struct value *arg, size_t n, struct value *out,
		      const char **why)
{
	const struct value *x = &arg[0], *y = &arg[1], *tol = &arg[2];
	double slack = 4 * DBL_EPSILON * (fabs(value_float(x)) + fabs(value_float(y)));
	struct value distance;
	int rc;

	(void)n;
	if (!value_is_number(tol) && tol->kind != VALUE_TIME)
		return refuse(a, "within", tol, why);
	rc = value_binary(a, OP_SUB, x, y, &distance, why);
	if (rc < 0)
		return rc;
	if (value_float(tol) < 0) {
		*why = "a tolerance cannot be negative";
		return -ERR_RANGE;
	}
	if (!value_is_percent(tol) && value_float(tol) != 0 &&
	    (tol->kind == VALUE_TIME) != (distance.kind == VALUE_TIME)) {
		*why = distance.kind == VALUE_TIME
			       ? "the tolerance of times needs a unit (10ms) or a percentage (5%)"
			       : "the tolerance of plain numbers is a number or a percentage";
		return -ERR_RANGE;
	}
	*out = value_bool(fabs(value_float(&distance)) <= expr_within_allows(y, tol) + slack);
	return 0;
}

static const struct expr_builtin builtins[] = {
	{ .name = "abs", .min_args = 1, .max_args = 1, .run = run_abs },
	{ .name = "bool", .min_args = 1, .max_args = 1, .run = run_bool },
	{ .name = "float", .min_args = 1, .max_args = 1, .run = run_float },
	{ .name = "int", .min_args = 1, .max_args = 1, .run = run_int },
	{ .name = "len", .min_args = 1, .max_args = 1, .run = run_len },
	{ .name = "max", .min_args = 1, .max_args = EXPR_ARGS_MAX, .run = run_max },
	{ .name = "min", .min_args = 1, .max_args = EXPR_ARGS_MAX, .run = run_min },
	{ .name = "round", .min_args = 1, .max_args = 2, .run = run_round },
	{ .name = "str", .min_args = 1, .max_args = 1, .run = run_str },
	{ .name = "sum", .min_args = 1, .max_args = 1, .run = run_sum },
	{ .name = "within", .min_args = 3, .max_args = 3, .is_assert_only = true,
	  .run = run_within },
};

const struct expr_builtin *expr_builtin_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(builtins); i++) {
		if (strcmp(builtins[i].name, name) == 0)
			return &builtins[i];
	}
	return NULL;
}

bool expr_has_builtin(const char *function)
{
	return expr_builtin_find(function) != NULL;
}
