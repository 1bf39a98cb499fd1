/* SPDX-License-Identifier: BSD-2-Clause */
/* FORMAT % ARGUMENTS as in Python: flags, width, precision; %d %i %u %o %x %e %f %g %c %s %r. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "script/expr_impl.h"

enum { WIDTH_MAX = 1000, PRECISION_MAX = 100 };

struct spec {
	bool is_alternate, is_zero_padded, is_left, has_space, has_plus;
	int width, precision; /* precision -1: none */
	char type;
};

struct formatter {
	struct arena *arena;
	const char *at;
	const struct value *arg;
	size_t n_args, used;
	struct buf out;
	const char *why;
};

static int fail(struct formatter *f, const char *why)
{
	f->why = why;
	return -ERR_RANGE;
}

static const struct value *next_arg(struct formatter *f)
{
	return f->used < f->n_args ? &f->arg[f->used++] : NULL;
}

static int read_number(struct formatter *f, int max, int *out)
{
	const struct value *v;

	*out = 0;
	if (*f->at == '*') {
		f->at++;
		v = next_arg(f);
		if (!v || v->kind != VALUE_INT || v->i < -max || v->i > max)
			return fail(f, "'*' in a format needs a small whole number");
		*out = (int)v->i;
		return 0;
	}
	while (isdigit((unsigned char)*f->at)) {
		*out = *out * 10 + (*f->at++ - '0');
		if (*out > max)
			return fail(f, "a width or precision in the format is too large");
	}
	return 0;
}

static int read_spec(struct formatter *f, struct spec *s)
{
	int rc = 0;

	*s = (struct spec){ .precision = -1 };
	for (; *f->at && strchr("#0- +", *f->at); f->at++) {
		s->is_alternate |= *f->at == '#';
		s->is_zero_padded |= *f->at == '0';
		s->is_left |= *f->at == '-';
		s->has_space |= *f->at == ' ';
		s->has_plus |= *f->at == '+';
	}
	rc = read_number(f, WIDTH_MAX, &s->width);
	if (s->width < 0) {
		s->is_left = true;
		s->width = -s->width;
	}
	if (rc == 0 && *f->at == '.') {
		f->at++;
		rc = read_number(f, PRECISION_MAX, &s->precision);
		if (s->precision < 0)
			s->precision = 0;
	}
	if (rc < 0)
		return rc;
	if (*f->at && strchr("hlL", *f->at))
		f->at++;
	s->type = *f->at;
	if (!s->type)
		return fail(f, "the format ends within a % conversion");
	f->at++;
	return 0;
}

/* @prefix (sign, 0x) goes before the zeros; @body behind them. */
static void put_padded(struct formatter *f, const struct spec *s, const char *prefix,
		       const char *body, bool may_zero)
{
	size_t n = strlen(prefix) + value_chars(body);
	size_t pad = (size_t)s->width > n ? (size_t)s->width - n : 0;
	bool zeros = s->is_zero_padded && may_zero && !s->is_left;

	if (!s->is_left && !zeros)
		buf_pad(&f->out, ' ', pad);
	buf_puts(&f->out, prefix);
	if (zeros)
		buf_pad(&f->out, '0', pad);
	buf_puts(&f->out, body);
	if (s->is_left)
		buf_pad(&f->out, ' ', pad);
}

static const char *sign_of(const struct spec *s, bool is_negative)
{
	return is_negative ? "-" : s->has_plus ? "+" : s->has_space ? " " : "";
}

static int put_int(struct formatter *f, const struct spec *s, const struct value *v)
{
	bool is_decimal = strchr("diu", s->type) != NULL;
	char digits[40], body[PRECISION_MAX + 41], prefix[4];
	bool is_negative;
	uint64_t u;
	int64_t i = v->i;

	if (v->kind == VALUE_FLOAT && is_decimal) {
		if (!(fabs(v->f) < 9223372036854775808.0))
			return fail(f, "the number does not fit in 64 bits");
		i = (int64_t)v->f;
	} else if (v->kind != VALUE_INT && v->kind != VALUE_BOOL) {
		f->why = arena_printf(f->arena, "%%%c wants a whole number, not %s", s->type,
				      v->kind == VALUE_FLOAT ? "a fraction" : value_kind_text(v));
		return -ERR_RANGE;
	}
	is_negative = i < 0;
	u = is_negative ? 0 - (uint64_t)i : (uint64_t)i;
	snprintf(digits, sizeof(digits),
		 s->type == 'x'   ? "%llx"
		 : s->type == 'X' ? "%llX"
		 : s->type == 'o' ? "%llo"
				  : "%llu",
		 (unsigned long long)u);
	snprintf(body, sizeof(body), "%.*s%s",
		 s->precision > (int)strlen(digits) ? s->precision - (int)strlen(digits) : 0,
		 "00000000000000000000000000000000000000000000000000"
		 "00000000000000000000000000000000000000000000000000",
		 digits);
	snprintf(prefix, sizeof(prefix), "%s%s%.1s", sign_of(s, is_negative),
		 s->is_alternate && !is_decimal ? "0" : "",
		 s->is_alternate && !is_decimal ? &s->type : "");
	put_padded(f, s, prefix, body, true);
	return 0;
}

static int put_float(struct formatter *f, const struct spec *s, const struct value *v)
{
	int precision = s->precision < 0 ? 6 : s->precision;
	char body[512];
	double x;

	if (!value_is_number(v) && v->kind != VALUE_TIME) {
		f->why = arena_printf(f->arena, "%%%c wants a number, not %s", s->type,
				      value_kind_text(v));
		return -ERR_RANGE;
	}
	if (s->is_alternate)
		return fail(f, "'#' is not known here for fractions");
	x = value_float(v);
	if (s->type == 'e' || s->type == 'E')
		snprintf(body, sizeof(body), "%.*e", precision, fabs(x));
	else if (s->type == 'f' || s->type == 'F')
		snprintf(body, sizeof(body), "%.*f", precision, fabs(x));
	else
		snprintf(body, sizeof(body), "%.*g", precision, fabs(x));
	for (char *c = body; isupper((unsigned char)s->type) && *c; c++)
		*c = (char)toupper((unsigned char)*c);
	put_padded(f, s, sign_of(s, signbit(x) && !isnan(x)), body, true);
	return 0;
}

static int put_str(struct formatter *f, const struct spec *s, const struct value *v)
{
	struct buf text = { 0 };

	if (s->type == 's')
		value_text(v, &text);
	else
		value_repr(v, &text);
	buf_str(&text);
	if (s->precision >= 0)
		text.len = (size_t)(value_char_at(text.data, (size_t)s->precision) - text.data);
	put_padded(f, s, "", buf_str(&text), false);
	buf_fini(&text);
	return 0;
}

static int put_char(struct formatter *f, const struct spec *s, const struct value *v)
{
	struct buf text = { 0 };
	bool good = false;

	if (v->kind == VALUE_INT && v->i > 0 && v->i <= 0x10ffff)
		good = expr_utf8_put(&text, (uint32_t)v->i);
	else if (v->kind == VALUE_STR && value_chars(v->s) == 1)
		good = (buf_puts(&text, v->s), true);
	if (good)
		put_padded(f, s, "", buf_str(&text), false);
	buf_fini(&text);
	return good ? 0 : fail(f, "%c wants one character or its number");
}

static int put_one(struct formatter *f)
{
	const struct value *v;
	struct spec s;
	int rc = read_spec(f, &s);

	if (rc < 0)
		return rc;
	if (s.type == '%') {
		buf_putc(&f->out, '%');
		return 0;
	}
	if (!strchr("diuoxXeEfFgGcsr", s.type)) {
		f->why = arena_printf(f->arena, "the format has an unknown conversion %%%c",
				      isprint((unsigned char)s.type) ? s.type : '?');
		return -ERR_RANGE;
	}
	v = next_arg(f);
	if (!v)
		return fail(f, "not enough arguments for the format");
	if (strchr("diuoxX", s.type))
		return put_int(f, &s, v);
	if (strchr("eEfFgG", s.type))
		return put_float(f, &s, v);
	return s.type == 'c' ? put_char(f, &s, v) : put_str(f, &s, v);
}

int value_format(struct arena *a, const char *fmt, const struct value *args, struct value *out,
		 const char **why)
{
	bool is_tuple = args->kind == VALUE_TUPLE && !args->i;
	struct formatter f = { .arena = a, .at = fmt };
	int rc = 0;

	f.arg = is_tuple ? args->item : args;
	f.n_args = is_tuple ? args->n : 1;
	while (rc == 0 && *f.at) {
		if (*f.at != '%') {
			buf_putc(&f.out, *f.at++);
			continue;
		}
		f.at++;
		rc = put_one(&f);
		if (rc == 0 && f.out.len > EXPR_STR_MAX_BYTES)
			rc = fail(&f, "the string gets too long");
	}
	/* like Python, a list is allowed to go unused */
	if (rc == 0 && f.used < f.n_args && !(args->kind == VALUE_TUPLE && args->i))
		rc = fail(&f, "not all arguments are used by the format");
	if (rc == 0)
		rc = value_str(a, buf_str(&f.out), f.out.len, out, &f.why);
	buf_fini(&f.out);
	if (rc < 0)
		*why = f.why;
	return rc;
}
