/* SPDX-License-Identifier: BSD-2-Clause */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/suggest.h"
#include "script/bind_call_impl.h"
#include "script/symbols.h"

bool expr_is_any(const struct ast_expr *e)
{
	return e->kind == EXPR_TOKEN && e->tok.kind == TOK_ELLIPSIS;
}

bool expr_is_null(const struct ast_expr *e)
{
	if (e->kind != EXPR_TOKEN)
		return false;
	return (e->tok.kind == TOK_WORD && strcmp(e->tok.text, "NULL") == 0) ||
	       (e->tok.kind == TOK_INT && strcmp(e->tok.text, "0") == 0);
}

bool expr_is_string(const struct ast_expr *e)
{
	return e->kind == EXPR_STRINGS || (e->kind == EXPR_TOKEN && e->tok.kind == TOK_STRING);
}

bool expr_is_call(const struct ast_expr *e, const char *name)
{
	return e->kind == EXPR_CALL && strcmp(e->tok.text, name) == 0;
}

size_t expr_count(const struct ast_expr *first)
{
	size_t n = 0;

	for (; first; first = first->next)
		n++;
	return n;
}

static void add_text(struct buf *out, const struct ast_expr *e);

static void add_kids(struct buf *out, const struct ast_expr *e, const char *open,
		     const char *between, const char *close)
{
	buf_puts(out, open);
	for (const struct ast_expr *k = e->kids; k; k = k->next) {
		add_text(out, k);
		buf_puts(out, k->next ? between : "");
	}
	buf_puts(out, close);
}

static void add_text(struct buf *out, const struct ast_expr *e)
{
	const struct ast_expr *k = e->kids;

	switch (e->kind) {
	case EXPR_TOKEN:
		buf_puts(out, e->tok.raw ? e->tok.raw : e->tok.text);
		return;
	case EXPR_STRINGS:
		add_kids(out, e, "", " ", "");
		return;
	case EXPR_OR:
		add_kids(out, e, "", "|", "");
		return;
	case EXPR_RANGE:
		add_kids(out, e, "", "~", "");
		return;
	case EXPR_LIST:
		add_kids(out, e, "[", ", ", "]");
		return;
	case EXPR_STRUCT:
		/* Members without '=' are separated by blanks alone: {flags 0x0 sum 0}. */
		add_kids(out, e, "{",
			 k && k->kind == EXPR_FIELD && !k->has_equals ? " " : ", ", "}");
		return;
	case EXPR_GROUP:
		add_kids(out, e, "(", ", ", ")");
		return;
	case EXPR_FIELD:
		buf_puts(out, e->tok.text);
		if (e->count) {
			buf_putc(out, '(');
			add_text(out, e->count);
			buf_putc(out, ')');
		}
		add_kids(out, e, e->has_equals ? "=" : " ", "", "");
		return;
	case EXPR_CALL:
		buf_puts(out, e->tok.text);
		add_kids(out, e, "(", ", ", ")");
		return;
	}
}

/* The expression in one line, as the script has it but for blanks and comments. */
const char *expr_text(struct binder *b, const struct ast_expr *e)
{
	struct buf text = { 0 };
	const char *copy;

	add_text(&text, e);
	copy = arena_strdup(b->a, buf_str(&text));
	buf_fini(&text);
	return copy;
}

bool wrong_form(struct binder *b, const struct ast_expr *e, const char *expected)
{
	diag_error(b->d, e->span, "expected %s", expected);
	diag_hint(b->d, "for example: %s", b->row->example);
	return false;
}

static bool bind_number(struct binder *b, const struct ast_tok *tok, int64_t *out)
{
	bool is_hex = tok->kind == TOK_HEX || (tok->text[0] == '0' && (tok->text[1] | 0x20) == 'x');
	char *end;

	errno = 0;
	/* All 64 bits may be written in hexadecimal; the sign is then that of the number's bits. */
	*out = is_hex ? (int64_t)strtoull(tok->text, &end, 16) : strtoll(tok->text, &end, 10);
	if (errno == ERANGE || *end) {
		diag_error(b->d, tok->span, "'%s' is not a number of 64 bits", tok->text);
		return false;
	}
	return true;
}

static bool bind_symbol(struct binder *b, const struct ast_tok *tok, int64_t *out)
{
	const struct symbol *s = symbol_find(tok->text);

	if (!s) {
		diag_error(b->d, tok->span, "unknown constant '%s'", tok->text);
		diag_did_you_mean(b->d, symbol_suggest(tok->text));
		return false;
	}
	*out = s->value;
	return true;
}

/* htons(80), htonl(1): the number as it lies in memory. */
static bool bind_swapped(struct binder *b, const struct ast_expr *e, int64_t *out)
{
	bool is_short = expr_is_call(e, "htons");

	if ((!is_short && !expr_is_call(e, "htonl")) || expr_count(e->kids) != 1)
		return wrong_form(b, e, "a number");
	if (!bind_int_within(b, e->kids, 0, is_short ? UINT16_MAX : UINT32_MAX, out))
		return false;
	*out = is_short ? htons((uint16_t)*out) : htonl((uint32_t)*out);
	return true;
}

/* A number, a constant, or several of them joined by '|'. */
bool bind_int(struct binder *b, const struct ast_expr *e, int64_t *out)
{
	int64_t part;

	if (e->kind == EXPR_CALL)
		return bind_swapped(b, e, out);
	if (e->kind == EXPR_OR) {
		*out = 0;
		for (const struct ast_expr *k = e->kids; k; k = k->next) {
			if (!bind_int(b, k, &part))
				return false;
			*out |= part;
		}
		return true;
	}
	if (e->kind == EXPR_TOKEN && (e->tok.kind == TOK_INT || e->tok.kind == TOK_HEX))
		return bind_number(b, &e->tok, out);
	if (e->kind == EXPR_TOKEN && e->tok.kind == TOK_WORD)
		return bind_symbol(b, &e->tok, out);
	return wrong_form(b, e, "a number or a constant");
}

bool bind_int_within(struct binder *b, const struct ast_expr *e, int64_t low, int64_t high,
		     int64_t *out)
{
	if (!bind_int(b, e, out))
		return false;
	if (*out >= low && *out <= high)
		return true;
	diag_error(b->d, e->span, "%" PRId64 " is not within %" PRId64 " to %" PRId64, *out, low,
		   high);
	return false;
}

static int hex_digit(char c)
{
	if (!isxdigit((unsigned char)c))
		return -1;
	return isdigit((unsigned char)c) ? c - '0' : (c | 0x20) - 'a' + 10;
}

/* One character, with its escape if any, from the front of @s; how many it took, 0 when wrong. */
static size_t unescape(const char *s, size_t n, uint8_t *out)
{
	static const char from[] = "fnrtv\\\"", to[] = "\f\n\r\t\v\\\"";
	const char *at;

	*out = (uint8_t)s[0];
	if (s[0] != '\\')
		return 1;
	if (n < 2)
		return 0;
	if (s[1] == 'x') {
		if (n < 4 || hex_digit(s[2]) < 0 || hex_digit(s[3]) < 0)
			return 0;
		*out = (uint8_t)(hex_digit(s[2]) * 16 + hex_digit(s[3]));
		return 4;
	}
	at = s[1] ? strchr(from, s[1]) : NULL;
	if (!at)
		return 0;
	*out = (uint8_t)to[at - from];
	return 2;
}

static bool unescape_token(struct binder *b, const struct ast_tok *tok, struct buf *out)
{
	for (size_t at = 0, used; at < tok->len; at += used) {
		uint8_t byte;

		used = unescape(tok->text + at, tok->len - at, &byte);
		if (!used) {
			diag_error(b->d, tok->span, "unknown escape in a string");
			diag_hint(b->d, "known are \\f \\n \\r \\t \\v \\xHH \\\\ and \\\"");
			return false;
		}
		buf_add(out, &byte, 1);
	}
	return true;
}

/* The bytes of a string or of several adjacent ones; a NUL follows that is not counted. */
bool bind_string(struct binder *b, const struct ast_expr *e, const uint8_t **bytes, size_t *n)
{
	struct buf text = { 0 };
	bool is_good = true;

	if (!expr_is_string(e))
		return wrong_form(b, e, "a string in double quotes");
	if (e->kind == EXPR_TOKEN)
		is_good = unescape_token(b, &e->tok, &text);
	for (const struct ast_expr *k = e->kids; k && is_good; k = k->next)
		is_good = unescape_token(b, &k->tok, &text);
	*n = text.len;
	*bytes = (const uint8_t *)arena_strndup(b->a, buf_str(&text), text.len);
	buf_fini(&text);
	return is_good;
}

static bool unknown_field(struct binder *b, const struct ast_expr *k, const struct field *field,
			  size_t n)
{
	struct suggest s;

	diag_error(b->d, k->tok.span, "unknown member '%s'", k->tok.text);
	suggest_init(&s, k->tok.text);
	for (size_t i = 0; i < n; i++)
		suggest_offer(&s, field[i].name);
	diag_did_you_mean(b->d, suggest_best(&s));
	return false;
}

/* Sorts the members of a structure, in whatever order, into @field. */
bool bind_fields(struct binder *b, const struct ast_expr *e, struct field *field, size_t n,
		 const char *expected)
{
	if (e->kind != EXPR_STRUCT)
		return wrong_form(b, e, expected);
	for (const struct ast_expr *k = e->kids; k; k = k->next) {
		size_t i = 0;

		if (k->kind != EXPR_FIELD || !k->kids)
			return wrong_form(b, k, expected);
		while (i < n && strcmp(field[i].name, k->tok.text) != 0)
			i++;
		if (i == n)
			return unknown_field(b, k, field, n);
		if (field[i].node) {
			diag_error(b->d, k->span, "'%s' is given twice", field[i].name);
			return false;
		}
		field[i].node = k;
		field[i].value = k->kids;
	}
	for (size_t i = 0; i < n; i++) {
		if (field[i].is_required && !field[i].node) {
			diag_error(b->d, e->span, "'%s' is missing", field[i].name);
			diag_hint(b->d, "expected %s", expected);
			return false;
		}
	}
	return true;
}
