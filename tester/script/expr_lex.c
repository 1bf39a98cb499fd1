/* SPDX-License-Identifier: BSD-2-Clause */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "script/expr_impl.h"

static const struct {
	const char *text;
	int strength;
} ops[] = {
	{ "", 0 },
#define X(name, strength, text) { text, strength },
	EXPR_OPS(X)
#undef X
};

const char *expr_op_text(enum expr_op op)
{
	return ops[op].text;
}

int expr_op_strength(enum expr_op op)
{
	return ops[op].strength;
}

/* Longest first, so that the first match is the right one. */
static const struct {
	const char *text;
	enum expr_op op;
	enum lex_kind kind;
} signs[] = {
	{ "**=", OP_POW, LEX_ASSIGN },    { "//=", OP_FLOOR_DIV, LEX_ASSIGN },
	{ "<<=", OP_SHL, LEX_ASSIGN },    { ">>=", OP_SHR, LEX_ASSIGN },
	{ "**", OP_POW, LEX_OP },         { "//", OP_FLOOR_DIV, LEX_OP },
	{ "<<", OP_SHL, LEX_OP },         { ">>", OP_SHR, LEX_OP },
	{ "==", OP_EQ, LEX_OP },          { "!=", OP_NE, LEX_OP },
	{ "<=", OP_LE, LEX_OP },          { ">=", OP_GE, LEX_OP },
	{ "+=", OP_ADD, LEX_ASSIGN },     { "-=", OP_SUB, LEX_ASSIGN },
	{ "*=", OP_MUL, LEX_ASSIGN },     { "/=", OP_DIV, LEX_ASSIGN },
	{ "%=", OP_MOD, LEX_ASSIGN },     { "&=", OP_BIT_AND, LEX_ASSIGN },
	{ "|=", OP_BIT_OR, LEX_ASSIGN },  { "^=", OP_BIT_XOR, LEX_ASSIGN },
	{ "=", OP_NONE, LEX_ASSIGN },     { "<", OP_LT, LEX_OP },
	{ ">", OP_GT, LEX_OP },           { "+", OP_ADD, LEX_OP },
	{ "-", OP_SUB, LEX_OP },          { "*", OP_MUL, LEX_OP },
	{ "/", OP_DIV, LEX_OP },          { "%", OP_MOD, LEX_OP },
	{ "&", OP_BIT_AND, LEX_OP },      { "|", OP_BIT_OR, LEX_OP },
	{ "^", OP_BIT_XOR, LEX_OP },      { "~", OP_INVERT, LEX_OP },
};

/* What other languages write, and what to write here. */
static const struct {
	const char *text, *hint;
} foreign[] = {
	{ "===", "write == to compare" },
	{ "&&", "write 'and'" },
	{ "||", "write 'or'" },
	{ "<>", "write !=" },
	{ ":=", "write == to compare" },
	{ "?", "write VALUE if CONDITION else OTHER" },
};

void expr_fail(struct expr_parser *p, uint32_t off, uint32_t end, const char *hint, const char *fmt,
	       ...)
{
	va_list ap;

	p->tok.kind = LEX_BAD;
	if (p->failed)
		return;
	p->failed = true;
	if (!p->diags)
		return;
	va_start(ap, fmt);
	diag_error(p->diags, (struct span){ p->base + off, end > off ? end - off : 1 }, "%s",
		   arena_vprintf(p->arena, fmt, ap));
	va_end(ap);
	if (hint)
		diag_hint(p->diags, "%s", hint);
}

/* The byte at @pos, 0 behind the end: text may hold NUL bytes, which no rule accepts. */
static char at(const struct expr_parser *p, uint32_t pos)
{
	return pos < p->len ? p->text[pos] : '\0';
}

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

static bool looks_at(const struct expr_parser *p, const char *s)
{
	size_t n = strlen(s);

	return p->len - p->pos >= n && memcmp(p->text + p->pos, s, n) == 0;
}

/* Blanks, comments and joined lines; stops at a newline that counts. */
static void skip_blanks(struct expr_parser *p)
{
	bool is_newline_blank = !p->is_code || p->brackets > 0;

	while (p->pos < p->len) {
		char c = p->text[p->pos];

		if (c == ' ' || c == '\t' || c == '\f' || (c == '\r' && at(p, p->pos + 1) == '\n'))
			p->pos++;
		else if (c == '\n' && is_newline_blank)
			p->pos++;
		else if (c == '\\' && looks_at(p, "\\\n"))
			p->pos += 2;
		else if (c == '\\' && looks_at(p, "\\\r\n"))
			p->pos += 3;
		else if (c == '#' && p->is_code)
			while (p->pos < p->len && p->text[p->pos] != '\n')
				p->pos++;
		else
			return;
	}
}

/* A run of line ends and empty lines is one LEX_NEWLINE that knows how far the next line is in. */
static void lex_newline(struct expr_parser *p)
{
	uint32_t off = p->pos, indent = 0;

	while (at(p, p->pos) == '\n') {
		uint32_t from = ++p->pos;

		indent = 0;
		for (; at(p, p->pos) == ' ' || at(p, p->pos) == '\t'; p->pos++)
			indent += p->text[p->pos] == '\t' ? 8 - indent % 8 : 1;
		if (memchr(p->text + from, ' ', p->pos - from) &&
		    memchr(p->text + from, '\t', p->pos - from))
			expr_fail(p, from, p->pos, NULL, "tabs and blanks are mixed");
		skip_blanks(p);
	}
	if (p->failed)
		return;
	p->tok = (struct lexeme){ .kind = LEX_NEWLINE, .off = off, .end = p->pos };
	p->tok.value.i = p->pos < p->len ? indent : 0;
}

static uint32_t digits_end(const struct expr_parser *p, uint32_t pos, const char *set)
{
	while (at(p, pos) && strchr(set, at(p, pos)))
		pos++;
	return pos;
}

/* 0x1f 0o17 0b11; 0 when there is no prefix. */
static int radix(const struct expr_parser *p)
{
	char c = (char)tolower((unsigned char)at(p, p->pos + 1));

	if (at(p, p->pos) != '0')
		return 0;
	return c == 'x' ? 16 : c == 'o' ? 8 : c == 'b' ? 2 : 0;
}

static int digit_of(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *d = c ? strchr(digits, tolower((unsigned char)c)) : NULL;

	return d ? (int)(d - digits) : 16;
}

static void lex_radix(struct expr_parser *p, int base)
{
	uint32_t end = p->pos + 2;
	int64_t v = 0;

	for (int digit; (digit = digit_of(at(p, end))) < base; end++) {
		if (v > (INT64_MAX - digit) / base) {
			expr_fail(p, p->pos, end + 1, NULL, "the number does not fit in 64 bits");
			return;
		}
		v = v * base + digit;
	}
	if (end == p->pos + 2 || is_word(at(p, end))) {
		expr_fail(p, p->pos, end + 1, NULL, "a digit does not belong to this number");
		return;
	}
	p->tok = (struct lexeme){ .kind = LEX_VALUE, .off = p->pos, .end = end };
	p->tok.value = (struct value){ .kind = VALUE_INT, .i = v };
	p->pos = end;
}

static const struct {
	const char *name;
	double seconds;
} units[] = { { "ns", 1e-9 }, { "us", 1e-6 }, { "ms", 1e-3 }, { "s", 1.0 } };

/* What stands directly behind a number in an assert event: a unit, or % of a tolerance. */
static void lex_suffix(struct expr_parser *p, double number)
{
	uint32_t from = p->tok.end, end = from, next;

	if (at(p, from) == '%') {
		next = digits_end(p, from + 1, " \t");
		if (next < p->len && at(p, next) != ')' && at(p, next) != ',')
			return;
		p->tok.kind = LEX_PERCENT;
		p->tok.value = (struct value){ .kind = VALUE_FLOAT, .f = number, .s = "%" };
		p->tok.end = from + 1;
		return;
	}
	while (is_word(at(p, end)))
		end++;
	if (end == from)
		return;
	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		if (strlen(units[i].name) == end - from &&
		    memcmp(units[i].name, p->text + from, end - from) == 0) {
			p->tok.value = (struct value){ .kind = VALUE_TIME };
			p->tok.value.f = number * units[i].seconds;
			p->tok.end = end;
			return;
		}
	}
	expr_fail(p, p->tok.off, end, "units of time are ns, us, ms and s",
		  "'%.*s' is neither a number nor a time", (int)(end - p->tok.off),
		  p->text + p->tok.off);
}

static uint32_t float_end(const struct expr_parser *p, uint32_t end, bool *is_float)
{
	uint32_t exponent;

	if (at(p, end) == '.') {
		*is_float = true;
		end = digits_end(p, end + 1, "0123456789");
	}
	if (at(p, end) != 'e' && at(p, end) != 'E')
		return end;
	exponent = end + 1;
	if (at(p, exponent) == '+' || at(p, exponent) == '-')
		exponent++;
	if (digits_end(p, exponent, "0123456789") == exponent)
		return end;
	*is_float = true;
	return digits_end(p, exponent, "0123456789");
}

static void lex_number(struct expr_parser *p)
{
	bool is_float = false;
	uint32_t end = digits_end(p, p->pos, "0123456789");
	const char *s;
	double f;

	if (radix(p)) {
		lex_radix(p, radix(p));
		return;
	}
	end = float_end(p, end, &is_float);
	s = arena_strndup(p->arena, p->text + p->pos, end - p->pos);
	p->tok = (struct lexeme){ .kind = LEX_VALUE, .off = p->pos, .end = end };
	f = strtod(s, NULL);
	if (is_float) {
		p->tok.value = (struct value){ .kind = VALUE_FLOAT, .f = f };
	} else {
		errno = 0;
		p->tok.value = (struct value){ .kind = VALUE_INT, .i = strtoll(s, NULL, 10) };
		if (errno == ERANGE)
			expr_fail(p, p->pos, end, NULL, "the number does not fit in 64 bits");
		else if (s[0] == '0' && s[1])
			expr_fail(p, p->pos, end, "octal numbers are written 0o17",
				  "a number must not begin with 0");
	}
	if (!p->failed && !p->is_code)
		lex_suffix(p, f);
	else if (!p->failed && is_word(at(p, end)))
		expr_fail(p, p->pos, end + 1, NULL, "a letter directly behind a number");
	p->pos = p->tok.end;
}

static void lex_name(struct expr_parser *p)
{
	uint32_t end = p->pos;

	while (is_word(at(p, end)))
		end++;
	if (at(p, end) == '"' || at(p, end) == '\'') {
		expr_fail(p, p->pos, end + 1, "leave the letters out",
			  "strings with a prefix are not known here");
		return;
	}
	p->tok = (struct lexeme){ .kind = LEX_NAME, .off = p->pos, .end = end };
	p->tok.name = arena_strndup(p->arena, p->text + p->pos, end - p->pos);
	p->pos = end;
	expr_define_apply(p, &p->tok);
}

static void lex_punct(struct expr_parser *p, char c)
{
	p->tok = (struct lexeme){ .kind = LEX_PUNCT, .punct = c, .off = p->pos, .end = p->pos + 1 };
	if (c == '(' || c == '[')
		p->brackets++;
	else if ((c == ')' || c == ']') && p->brackets > 0)
		p->brackets--;
	p->pos++;
}

static void lex_unknown(struct expr_parser *p)
{
	unsigned char c = (unsigned char)p->text[p->pos];

	if (c == '!')
		expr_fail(p, p->pos, p->pos + 1, "write 'not'", "unknown operator '!'");
	else if (c > 0x20 && c < 0x7f)
		expr_fail(p, p->pos, p->pos + 1, NULL, "unexpected character '%c'", c);
	else
		expr_fail(p, p->pos, p->pos + 1, NULL, "unexpected byte 0x%02x", c);
}

static void lex_sign(struct expr_parser *p)
{
	for (size_t i = 0; i < ARRAY_LEN(foreign); i++) {
		if (looks_at(p, foreign[i].text)) {
			expr_fail(p, p->pos, p->pos + (uint32_t)strlen(foreign[i].text),
				  foreign[i].hint, "unknown operator '%s'", foreign[i].text);
			return;
		}
	}
	for (size_t i = 0; i < ARRAY_LEN(signs); i++) {
		if (!looks_at(p, signs[i].text))
			continue;
		p->tok = (struct lexeme){ .kind = signs[i].kind, .op = signs[i].op, .off = p->pos };
		p->pos += (uint32_t)strlen(signs[i].text);
		p->tok.end = p->pos;
		return;
	}
	if (p->text[p->pos] && strchr("()[],.:;", p->text[p->pos]))
		lex_punct(p, p->text[p->pos]);
	else
		lex_unknown(p);
}

void expr_lex_next(struct expr_parser *p)
{
	char c;

	p->prev_end = p->tok.end;
	if (p->failed) {
		p->tok.kind = LEX_BAD;
		return;
	}
	skip_blanks(p);
	if (p->pos >= p->len) {
		p->tok = (struct lexeme){ .kind = LEX_END, .off = p->len, .end = p->len };
		return;
	}
	c = p->text[p->pos];
	if (c == '\n')
		lex_newline(p);
	else if (isdigit((unsigned char)c) ||
		 (c == '.' && isdigit((unsigned char)at(p, p->pos + 1))))
		lex_number(p);
	else if (is_word(c))
		lex_name(p);
	else if (c == '"' || c == '\'')
		expr_lex_string(p);
	else
		lex_sign(p);
}

void expr_lex_start(struct expr_parser *p)
{
	p->tok = (struct lexeme){ .kind = LEX_END };
	expr_lex_next(p);
}
