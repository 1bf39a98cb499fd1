/* SPDX-License-Identifier: BSD-2-Clause */
/* Values as text: Python's str() and repr(), times with their unit, states by name. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "script/code_names.h"
#include "script/expr_impl.h"

/* @digits (at most 17) and the decimal exponent of the first of them, as Python lays them out. */
static void put_digits(const char *digits, int exponent, struct buf *out)
{
	int n = (int)strlen(digits);

	if (exponent < -4 || exponent >= 16) {
		buf_putc(out, digits[0]);
		if (n > 1)
			buf_printf(out, ".%s", digits + 1);
		buf_printf(out, "e%c%02d", exponent < 0 ? '-' : '+', abs(exponent));
	} else if (exponent < 0) {
		buf_puts(out, "0.");
		buf_pad(out, '0', (size_t)(-exponent - 1));
		buf_puts(out, digits);
	} else if (n <= exponent + 1) {
		buf_puts(out, digits);
		buf_pad(out, '0', (size_t)(exponent + 1 - n));
		buf_puts(out, ".0");
	} else {
		buf_add(out, digits, (size_t)(exponent + 1));
		buf_printf(out, ".%s", digits + exponent + 1);
	}
}

/* The fewest digits that read back as the same number. */
static void put_float(double f, struct buf *out)
{
	char text[40], digits[20];
	int precision = 0;
	size_t n = 0;

	if (isnan(f) || isinf(f)) {
		buf_puts(out, isnan(f) ? "nan" : f < 0 ? "-inf" : "inf");
		return;
	}
	do
		snprintf(text, sizeof(text), "%.*e", precision, fabs(f));
	while (precision++ < 16 && strtod(text, NULL) != fabs(f));
	for (const char *c = text; *c != 'e'; c++) {
		if (*c != '.')
			digits[n++] = *c;
	}
	while (n > 1 && digits[n - 1] == '0')
		n--;
	digits[n] = '\0';
	if (signbit(f))
		buf_putc(out, '-');
	put_digits(digits, (int)strtol(strchr(text, 'e') + 1, NULL, 10), out);
}

/* Rounded to nanoseconds, in the largest unit that leaves no zero before the point. */
static void put_time(double f, struct buf *out)
{
	static const struct {
		int64_t ns;
		int digits;
		const char *unit;
	} units[] = {
		{ 1000000000, 9, "s" }, { 1000000, 6, "ms" }, { 1000, 3, "us" }, { 1, 0, "ns" },
	};
	int64_t ns;
	size_t i = 0;

	if (!(fabs(f) < 9e9)) {
		put_float(f, out);
		buf_putc(out, 's');
		return;
	}
	ns = llround(fabs(f) * 1e9);
	if (f < 0 && ns)
		buf_putc(out, '-');
	while (ns && ns < units[i].ns)
		i++;
	buf_printf(out, "%lld", (long long)(ns / units[i].ns));
	if (ns % units[i].ns) {
		buf_printf(out, ".%0*lld", units[i].digits, (long long)(ns % units[i].ns));
		while (out->data[out->len - 1] == '0')
			out->len--;
	}
	buf_puts(out, units[i].unit);
}

static void put_quoted(const char *s, struct buf *out)
{
	static const char letters[] = "\n\t\r\\", names[] = "ntr\\";
	char quote = strchr(s, '\'') && !strchr(s, '"') ? '"' : '\'';

	buf_putc(out, quote);
	for (; *s; s++) {
		const char *simple = strchr(letters, *s);

		if (simple)
			buf_printf(out, "\\%c", names[simple - letters]);
		else if (*s == quote)
			buf_printf(out, "\\%c", quote);
		else if ((unsigned char)*s < 0x20 || *s == 0x7f)
			buf_printf(out, "\\x%02x", (unsigned char)*s);
		else
			buf_putc(out, *s);
	}
	buf_putc(out, quote);
}

static void put_tuple(const struct value *v, struct buf *out)
{
	buf_putc(out, v->i ? '[' : '(');
	for (size_t i = 0; i < v->n; i++) {
		if (i)
			buf_puts(out, ", ");
		value_repr(&v->item[i], out);
	}
	if (v->n == 1 && !v->i)
		buf_putc(out, ',');
	buf_putc(out, v->i ? ']' : ')');
}

void value_repr(const struct value *v, struct buf *out)
{
	if (v->kind == VALUE_STR)
		put_quoted(v->s, out);
	else
		value_text(v, out);
}

void value_text(const struct value *v, struct buf *out)
{
	switch (v->kind) {
	case VALUE_NONE:
		buf_puts(out, "None");
		return;
	case VALUE_BOOL:
		buf_puts(out, v->i ? "True" : "False");
		return;
	case VALUE_INT:
		buf_printf(out, "%lld", (long long)v->i);
		return;
	case VALUE_FLOAT:
		if (value_is_percent(v))
			buf_printf(out, "%.15g%%", v->f);
		else
			put_float(v->f, out);
		return;
	case VALUE_STR:
		buf_puts(out, v->s);
		return;
	case VALUE_TUPLE:
		put_tuple(v, out);
		return;
	case VALUE_STATE:
		buf_puts(out, code_state_name((enum tcp_state)v->i));
		return;
	case VALUE_TIME:
		put_time(v->f, out);
		return;
	}
}
