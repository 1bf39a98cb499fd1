/* SPDX-License-Identifier: BSD-2-Clause */
/* String literals and the characters of strings, which are UTF-8 as the script is. */
#include <string.h>

#include "script/expr_impl.h"

bool expr_utf8_put(struct buf *b, uint32_t code)
{
	if (code == 0 || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
		return false;
	if (code < 0x80) {
		buf_putc(b, (char)code);
	} else if (code < 0x800) {
		buf_putc(b, (char)(0xc0 | (code >> 6)));
		buf_putc(b, (char)(0x80 | (code & 0x3f)));
	} else if (code < 0x10000) {
		buf_putc(b, (char)(0xe0 | (code >> 12)));
		buf_putc(b, (char)(0x80 | ((code >> 6) & 0x3f)));
		buf_putc(b, (char)(0x80 | (code & 0x3f)));
	} else {
		buf_putc(b, (char)(0xf0 | (code >> 18)));
		buf_putc(b, (char)(0x80 | ((code >> 12) & 0x3f)));
		buf_putc(b, (char)(0x80 | ((code >> 6) & 0x3f)));
		buf_putc(b, (char)(0x80 | (code & 0x3f)));
	}
	return true;
}

static bool is_first_byte(char c)
{
	return ((unsigned char)c & 0xc0) != 0x80;
}

size_t value_chars(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += is_first_byte(*s);
	return n;
}

const char *value_char_at(const char *s, size_t i)
{
	while (*s && !is_first_byte(*s))
		s++;
	while (i > 0 && *s) {
		do
			s++;
		while (*s && !is_first_byte(*s));
		i--;
	}
	return s;
}

static int digit_of(char c)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	const char *d = c ? strchr(digits, c) : NULL;

	return d ? (int)((d - digits) % 16) : 16;
}

/* At most @max digits of @base at @*pos; how many there were is the caller's to judge. */
static uint32_t escape_number(const struct expr_parser *p, uint32_t *pos, uint32_t max, int base)
{
	uint32_t code = 0;

	for (uint32_t n = 0; n < max && *pos < p->len && digit_of(p->text[*pos]) < base; n++)
		code = code * (uint32_t)base + (uint32_t)digit_of(p->text[(*pos)++]);
	return code;
}

static const struct {
	char letter, meaning;
} simple_escapes[] = {
	{ 'n', '\n' }, { 't', '\t' }, { 'r', '\r' },   { '\\', '\\' }, { '\'', '\'' }, { '"', '"' },
	{ 'a', '\a' }, { 'b', '\b' }, { 'f', '\f' },   { 'v', '\v' },
};

static const struct {
	char letter;
	uint32_t digits;
} number_escapes[] = { { 'x', 2 }, { 'u', 4 }, { 'U', 8 } };

/* The letters behind a backslash; @*pos is at the first of them. False: not a legal escape. */
static bool escape(const struct expr_parser *p, uint32_t *pos, struct buf *out)
{
	char c = p->text[(*pos)++];

	if (c == '\n')
		return true;
	if (c == '\r' && *pos < p->len && p->text[*pos] == '\n') {
		++*pos;
		return true;
	}
	for (size_t i = 0; i < ARRAY_LEN(simple_escapes); i++) {
		if (c == simple_escapes[i].letter) {
			buf_putc(out, simple_escapes[i].meaning);
			return true;
		}
	}
	for (size_t i = 0; i < ARRAY_LEN(number_escapes); i++) {
		uint32_t from = *pos, code;

		if (c != number_escapes[i].letter)
			continue;
		code = escape_number(p, pos, number_escapes[i].digits, 16);
		return *pos - from == number_escapes[i].digits && expr_utf8_put(out, code);
	}
	if (digit_of(c) < 8) {
		--*pos;
		return expr_utf8_put(out, escape_number(p, pos, 3, 8));
	}
	if (c == 'N' || c == '\0')
		return false;
	buf_putc(out, '\\'); /* Python keeps what it does not know */
	buf_putc(out, c);
	return true;
}

static bool closes(const struct expr_parser *p, uint32_t pos, char quote, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		if (pos + i >= p->len || p->text[pos + i] != quote)
			return false;
	}
	return true;
}

/* Reads up to the closing quotes; *pos is then behind them. False after an error. */
static bool read_literal(struct expr_parser *p, uint32_t *pos, uint32_t n_quotes, struct buf *out)
{
	char quote = p->text[p->pos];

	while (*pos < p->len && !closes(p, *pos, quote, n_quotes)) {
		uint32_t from = *pos;
		char c = p->text[(*pos)++];

		if (c == '\n' && n_quotes == 1)
			break;
		if (c == '\r' && *pos < p->len && p->text[*pos] == '\n')
			continue;
		if (c == '\\' && *pos < p->len) {
			if (escape(p, pos, out))
				continue;
			expr_fail(p, from, *pos, NULL, "no such character escape");
			return false;
		}
		if (c == '\0') {
			expr_fail(p, from, *pos, NULL, "a NUL byte cannot stand in a string");
			return false;
		}
		buf_putc(out, c);
		if (out->len > EXPR_STR_MAX_BYTES) {
			expr_fail(p, p->pos, *pos, NULL, "the string is too long");
			return false;
		}
	}
	if (closes(p, *pos, quote, n_quotes)) {
		*pos += n_quotes;
		return true;
	}
	expr_fail(p, p->pos, p->pos + n_quotes, NULL, "the string has no closing %c", quote);
	return false;
}

void expr_lex_string(struct expr_parser *p)
{
	char quote = p->text[p->pos];
	uint32_t n_quotes = closes(p, p->pos, quote, 3) ? 3 : 1;
	uint32_t pos = p->pos + n_quotes;
	struct buf out = { 0 };

	if (read_literal(p, &pos, n_quotes, &out)) {
		p->tok = (struct lexeme){ .kind = LEX_VALUE, .off = p->pos, .end = pos };
		p->tok.value = (struct value){ .kind = VALUE_STR };
		p->tok.value.s = arena_strndup(p->arena, buf_str(&out), out.len);
		p->pos = pos;
	}
	buf_fini(&out);
}
