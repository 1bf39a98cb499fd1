/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/diag.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"

/* A line longer than this is shown around the caret only. */
enum { EXCERPT_MAX_COLUMNS = 160 };

void diags_init(struct diags *d, struct arena *a, const struct source *src)
{
	*d = (struct diags){ .arena = a, .src = src };
}

static void add(struct diags *d, enum severity severity, struct span span, const char *fmt,
		va_list ap)
{
	struct diag *n;

	if (severity == SEVERITY_ERROR && d->n_errors++ >= DIAGS_MAX)
		return;
	n = ARENA_NEW(d->arena, struct diag);
	n->severity = severity;
	n->span = span;
	n->message = arena_vprintf(d->arena, fmt, ap);
	if (d->last)
		d->last->next = n;
	else
		d->first = n;
	d->last = n;
}

void diag_error(struct diags *d, struct span span, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(d, SEVERITY_ERROR, span, fmt, ap);
	va_end(ap);
}

void diag_warning(struct diags *d, struct span span, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(d, SEVERITY_WARNING, span, fmt, ap);
	va_end(ap);
}

void diag_hint(struct diags *d, const char *fmt, ...)
{
	va_list ap;

	if (!d->last || d->n_errors > DIAGS_MAX)
		return;
	va_start(ap, fmt);
	d->last->hint = arena_vprintf(d->arena, fmt, ap);
	va_end(ap);
}

void diag_did_you_mean(struct diags *d, const char *name)
{
	if (name)
		diag_hint(d, "did you mean '%s'?", name);
}

/* Bytes that a terminal would act on are shown as '?', so that hostile text stays text. */
static char printable(char c)
{
	unsigned char u = (unsigned char)c;

	return u == '\t' || (u >= 0x20 && u != 0x7f) ? c : '?';
}

void diag_excerpt(const struct source *src, struct span span, struct buf *out)
{
	struct place at;
	const char *line;
	size_t len, from = 0, col, marks;

	if (!src || (span.off == 0 && span.len == 0))
		return;
	at = source_place(src, span.off);
	line = source_line(src, at.line, &len);
	col = at.col - 1 < len ? at.col - 1 : len;
	if (len > EXCERPT_MAX_COLUMNS && col > EXCERPT_MAX_COLUMNS / 2)
		from = col - EXCERPT_MAX_COLUMNS / 2;
	if (len > from + EXCERPT_MAX_COLUMNS)
		len = from + EXCERPT_MAX_COLUMNS;
	buf_printf(out, "%5u | ", at.line);
	for (size_t i = from; i < len; i++)
		buf_putc(out, printable(line[i]));
	buf_puts(out, "\n      | ");
	for (size_t i = from; i < col; i++)
		buf_putc(out, line[i] == '\t' ? '\t' : ' ');
	marks = span.len ? span.len : 1;
	if (marks > len - col)
		marks = len > col ? len - col : 1;
	buf_putc(out, '^');
	buf_pad(out, '~', marks - 1);
	buf_putc(out, '\n');
}

static void render_one(const struct diags *d, const struct diag *n, struct buf *out)
{
	static const char *const word[] = { "error", "warning", "note" };
	const char *path = d->src ? d->src->path : "tcpdrill";

	if (d->src && (n->span.off || n->span.len)) {
		struct place at = source_place(d->src, n->span.off);

		buf_printf(out, "%s:%u:%u: ", path, at.line, at.col);
	} else {
		buf_printf(out, "%s: ", path);
	}
	buf_printf(out, "%s: %s\n", word[n->severity], n->message);
	diag_excerpt(d->src, n->span, out);
	if (n->hint)
		buf_printf(out, "      hint: %s\n", n->hint);
}

void diags_render(const struct diags *d, struct buf *out)
{
	for (const struct diag *n = d->first; n; n = n->next)
		render_one(d, n, out);
	if (d->n_errors > DIAGS_MAX)
		buf_printf(out, "%s: %zu more errors not shown\n",
			   d->src ? d->src->path : "tcpdrill", d->n_errors - DIAGS_MAX);
}
