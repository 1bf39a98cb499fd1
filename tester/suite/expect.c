/* SPDX-License-Identifier: BSD-2-Clause */
#include "suite/expect.h"

#include <ctype.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/diag.h"
#include "base/err.h"
#include "base/suggest.h"
#include "base/util.h"

/* What can be expected, and which verdicts that covers. Who expects a deviation does not expect that
 * something which binds is violated, too. */
static const struct outcome {
	enum verdict verdict;
	unsigned int covers;
} outcomes[] = {
	{ VERDICT_FAIL, 1u << VERDICT_FAIL | 1u << VERDICT_DEVIATES },
	{ VERDICT_DEVIATES, 1u << VERDICT_DEVIATES },
	{ VERDICT_TIMEOUT, 1u << VERDICT_TIMEOUT },
	{ VERDICT_CRASH, 1u << VERDICT_CRASH },
};

static const char *const op_text[EXPECT_OP_COUNT] = {
#define X(id, text) text,
	EXPECT_OPS(X)
#undef X
};

enum { DIGITS_MAX = 9 };         /* of a number of a version */

/* One line of the file; @at and @end are offsets into its text. */
struct line_reader {
	struct arena *arena;
	const char *stack, *text;
	struct diags *diags;
	size_t at, end;
};

struct token {
	const char *text;
	struct span span;
	bool is_quoted;
};

static void skip_blanks(struct line_reader *r)
{
	while (r->at < r->end && isspace((unsigned char)r->text[r->at]))
		r->at++;
}

/* False at the end of the line, or after an error (then @out->text is NULL). */
static bool next_token(struct line_reader *r, struct token *out)
{
	size_t from;

	*out = (struct token){ .text = "", .span = { (uint32_t)(r->end ? r->end - 1 : 0), 1 } };
	skip_blanks(r);
	if (r->at == r->end || r->text[r->at] == '#')
		return false;
	from = r->at;
	out->is_quoted = r->text[r->at] == '"';
	if (out->is_quoted) {
		r->at++;
		while (r->at < r->end && r->text[r->at] != '"')
			r->at++;
		out->span = (struct span){ (uint32_t)from, (uint32_t)(r->at - from) };
		if (r->at == r->end) {
			diag_error(r->diags, out->span, "the reason has no closing \"");
			out->text = NULL;
			return false;
		}
		out->text = arena_strndup(r->arena, r->text + from + 1, r->at - from - 1);
		r->at++;
		return true;
	}
	while (r->at < r->end && !isspace((unsigned char)r->text[r->at]))
		r->at++;
	out->span = (struct span){ (uint32_t)from, (uint32_t)(r->at - from) };
	out->text = arena_strndup(r->arena, r->text + from, r->at - from);
	return true;
}

static bool read_outcome(struct line_reader *r, struct expectation *row)
{
	struct token t;
	struct suggest near;

	if (!next_token(r, &t)) {
		if (!t.text)
			return false;
		diag_error(r->diags, t.span, "an outcome must follow the pattern");
		diag_hint(r->diags, "one of: fail, deviates, timeout, crash");
		return false;
	}
	suggest_init(&near, t.text);
	for (size_t i = 0; i < ARRAY_LEN(outcomes); i++) {
		row->outcome = outcomes[i].verdict;
		if (strcmp(verdict_name[row->outcome], t.text) == 0)
			return true;
		suggest_offer(&near, verdict_name[row->outcome]);
	}
	diag_error(r->diags, t.span, "'%s' cannot be expected", t.text);
	if (suggest_best(&near))
		diag_did_you_mean(r->diags, suggest_best(&near));
	else
		diag_hint(r->diags, "one of: fail, deviates, timeout, crash");
	return false;
}

/* Up to EXPECT_NUMBERS numbers with dots between; how many, and what follows in *@rest. */
static size_t numbers(const char *text, unsigned int v[EXPECT_NUMBERS], const char **rest)
{
	size_t n = 0;

	memset(v, 0, EXPECT_NUMBERS * sizeof(*v));
	while (n < EXPECT_NUMBERS && isdigit((unsigned char)*text)) {
		size_t n_digits = strspn(text, "0123456789");

		if (n_digits > DIGITS_MAX)
			break;
		v[n++] = (unsigned int)strtoul(text, NULL, 10);
		text += n_digits;
		if (n < EXPECT_NUMBERS && text[0] == '.' && isdigit((unsigned char)text[1]))
			text++;
		else
			break;
	}
	*rest = text;
	return n;
}

/* kernel>=6.1, or >=6.1 */
static bool read_range(struct line_reader *r, const struct token *t, struct expectation *row)
{
	size_t n_name = strcspn(t->text, "<>=");
	struct expect_range *range = ARENA_NEW(r->arena, struct expect_range), **end = &row->ranges;
	const char *text = t->text + n_name, *rest = text;
	size_t op = 0;

	if (n_name && (strlen(r->stack) != n_name || strncmp(t->text, r->stack, n_name) != 0)) {
		diag_error(r->diags, t->span, *text ? "versions here are of '%s'"
						    : "expected a version of '%s' or the reason",
			   r->stack);
		diag_hint(r->diags, "for example: PATTERN fail %s>=6.1 <6.12 \"reason\" LINK",
			  r->stack);
		return false;
	}
	while (op < EXPECT_OP_COUNT && strncmp(text, op_text[op], strlen(op_text[op])) != 0)
		op++;
	if (op < EXPECT_OP_COUNT)
		range->n = numbers(text + strlen(op_text[op]), range->v, &rest);
	if (op == EXPECT_OP_COUNT || !range->n || *rest) {
		diag_error(r->diags, t->span, "'%s' is no range of versions", t->text);
		diag_hint(r->diags, "for example: %s>=6.1 <6.12", r->stack);
		return false;
	}
	range->op = (enum expect_op)op;
	while (*end)
		end = &(*end)->next;
	*end = range;
	return true;
}

static bool read_link(struct line_reader *r, struct expectation *row)
{
	struct token t;

	if (!next_token(r, &t)) {
		if (t.text)
			diag_error(r->diags, t.span, "a link must follow the reason");
		return false;
	}
	if (strncmp(t.text, "https://", 8) != 0 && strncmp(t.text, "http://", 7) != 0) {
		diag_error(r->diags, t.span, "'%s' is no link (https://...)", t.text);
		return false;
	}
	row->link = t.text;
	if (next_token(r, &t)) {
		diag_error(r->diags, t.span, "nothing can follow the link but a comment");
		return false;
	}
	return t.text != NULL;
}

/* Return: whether there is a row on the line, and it is good */
static bool read_row(struct line_reader *r, struct expectation *row)
{
	struct token t;

	if (!next_token(r, &t))
		return false;
	if (t.is_quoted || !*t.text) {
		diag_error(r->diags, t.span, "a line begins with the pattern of an id");
		return false;
	}
	row->pattern = t.text;
	row->span = t.span;
	if (!read_outcome(r, row))
		return false;
	while (next_token(r, &t) && !t.is_quoted) {
		if (!read_range(r, &t, row))
			return false;
	}
	if (!t.text)
		return false;
	if (!t.is_quoted || !*t.text) {
		diag_error(r->diags, t.span, "the line needs a reason in quotes");
		return false;
	}
	row->reason = t.text;
	return read_link(r, row);
}

int expect_read(struct arena *a, const struct source *src, const char *stack,
		struct expectations *out, struct diags *d)
{
	size_t errors = d->n_errors;

	*out = (struct expectations){ .src = *src };
	for (uint32_t line = 1; line <= src->n_lines; line++) {
		struct line_reader r = { .arena = a, .stack = stack, .text = src->text, .diags = d };
		struct expectation row = { .line = line };
		size_t len;

		source_line(src, line, &len);
		r.at = src->line_off[line - 1];
		r.end = r.at + len;
		if (read_row(&r, &row))
			*ARENA_PUSH(a, out->row, out->n, out->cap, struct expectation) = row;
	}
	return d->n_errors > errors ? -ERR_SYNTAX : 0;
}

/* Brackets are part of ids, not of the pattern language. */
static bool is_match(const char *pattern, const char *text)
{
	struct buf escaped = { 0 };
	bool matches;

	for (; *pattern; pattern++) {
		if (strchr("[]\\", *pattern))
			buf_putc(&escaped, '\\');
		buf_putc(&escaped, *pattern);
	}
	matches = fnmatch(buf_str(&escaped), text, 0) == 0;
	buf_fini(&escaped);
	return matches;
}

bool expect_matches(const struct expectation *row, const char *id)
{
	size_t n_literal = strcspn(row->pattern, "*?");
	const char *at = strrchr(id, '@'), *bracket;
	struct buf front = { 0 };
	bool matches;

	/* Nearly all ids are told apart so. */
	if (strncmp(row->pattern, id, n_literal) != 0)
		return false;
	buf_add(&front, id, at ? (size_t)(at - id) : strlen(id));
	matches = is_match(row->pattern, buf_str(&front));
	while (!matches && (bracket = strrchr(buf_str(&front), '[')) != NULL) {
		front.len = (size_t)(bracket - front.data);
		matches = is_match(row->pattern, buf_str(&front));
	}
	buf_fini(&front);
	return matches;
}

static bool is_in(const struct expect_range *range, const char *version)
{
	unsigned int v[EXPECT_NUMBERS];
	const char *rest;
	int order = 0;

	numbers(version, v, &rest);
	for (size_t i = 0; i < range->n && !order; i++)
		order = (v[i] > range->v[i]) - (v[i] < range->v[i]);
	switch (range->op) {
	case EXPECT_GE:
		return order >= 0;
	case EXPECT_LE:
		return order <= 0;
	case EXPECT_GT:
		return order > 0;
	case EXPECT_LT:
		return order < 0;
	case EXPECT_EQ:
		return order == 0;
	case EXPECT_OP_COUNT:
		break;
	}
	return false;
}

const struct expectation *expect_find(const struct expectations *e, const char *id,
				      const char *version)
{
	for (size_t i = 0; i < e->n; i++) {
		const struct expect_range *range = e->row[i].ranges;

		while (range && is_in(range, version))
			range = range->next;
		if (!range && expect_matches(&e->row[i], id))
			return &e->row[i];
	}
	return NULL;
}

bool expect_covers(const struct expectation *row, enum verdict v)
{
	for (size_t i = 0; i < ARRAY_LEN(outcomes); i++) {
		if (outcomes[i].verdict == row->outcome)
			return outcomes[i].covers >> v & 1;
	}
	return false;
}
