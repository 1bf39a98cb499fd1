/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Assertions. A comment begins with "//" here as everywhere in a script, but in the language of
 * expressions the same sign divides. What would make sense both ways is refused: taken as a
 * comment it would silently leave out a part of what is asserted.
 */
#include <string.h>

#include "base/diag.h"
#include "script/bind_impl.h"

/* Whether the source has an expression there, all of whose names exist. */
static bool is_expression(const struct bind *b, uint32_t off, uint32_t end)
{
	struct bind silent = *b;
	struct diags d;
	struct expr *e;

	diags_init(&d, b->a, b->plan->src);
	silent.d = &d;
	e = expr_parse(b->a, b->plan->src->text + off, end - off, off, b->defs, &d);
	if (e)
		bind_assert_names(&silent, e);
	return e && d.n_errors == 0;
}

static uint32_t line_end(const struct source *src, uint32_t off)
{
	while (off < src->len && src->text[off] != '\n' && src->text[off] != '\r')
		off++;
	return off;
}

/* The "//" comment that begins first within [*@off, @end); *@off moves behind it. */
static bool next_comment(const struct source *src, uint32_t *off, uint32_t end, struct span *out)
{
	const char *s = src->text, *close;

	for (uint32_t at = *off; at + 1 < end; at++) {
		if (s[at] == '"') {
			close = memchr(s + at + 1, '"', end - at - 1);
			at = close ? (uint32_t)(close - s) : at;
		} else if (s[at] == '/' && s[at + 1] == '*') {
			close = memmem(s + at + 2, end - at - 2, "*/", 2);
			at = close ? (uint32_t)(close - s) + 1 : at;
		} else if (s[at] == '/' && s[at + 1] == '/') {
			*off = line_end(src, at);
			*out = (struct span){ at, *off - at };
			return true;
		}
	}
	return false;
}

static void check_comments(struct bind *b, struct span text)
{
	const struct source *src = b->plan->src;
	uint32_t off = text.off, end = line_end(src, text.off + text.len);
	struct span c;

	while (next_comment(src, &off, end, &c)) {
		bool has_blank = c.off > text.off && strchr(" \t\r\n", src->text[c.off - 1]);

		if (has_blank && !is_expression(b, c.off + 2, c.off + c.len) &&
		    !is_expression(b, text.off, c.off + c.len))
			continue;
		diag_error(b->d, (struct span){ c.off, 2 },
			   "'//' begins a comment, but could be meant to divide");
		diag_hint(b->d, "to divide write int(a / b); a comment wants a blank before it and "
				"words that are no expression, or a line of its own");
	}
}

void bind_assert(struct bind *b, const struct ast_event *e, struct plan_step *out)
{
	size_t before = b->d->n_errors;

	out->kind = PLAN_ASSERT;
	check_comments(b, e->text->span);
	if (b->d->n_errors > before)
		return;
	out->u.expr = expr_parse(b->a, e->text->text, e->text->len, e->text->span.off, b->defs,
				 b->d);
	if (out->u.expr)
		bind_assert_names(b, out->u.expr);
}
