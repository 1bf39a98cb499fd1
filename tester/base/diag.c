/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/diag.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/printable.h"

/* A line of more bytes is shown around the caret only. */
enum { EXCERPT_MAX_BYTES = 160 };

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

static bool is_continuation(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/* Bytes at @s that are shown together: a character, or one byte that cannot be shown as it is. */
static size_t shown_bytes(const char *s, size_t n)
{
	size_t len = printable_bytes(s, n);

	return len ? len : 1;
}

/* A line of a script: hostile text stays text, and tabs stay, so that marks line up. */
static void put_line(struct buf *out, const char *s, size_t n)
{
	for (size_t i = 0, step; i < n; i += step) {
		step = shown_bytes(s + i, n - i);
		if (s[i] == '\t' || printable_bytes(s + i, n - i))
			buf_add(out, s + i, step);
		else
			printable_add_byte(out, s[i]);
	}
}

/* The part of a line that is shown: all, or what lies around the caret at @col. */
struct window {
	size_t from, to;
};

static struct window window_at(const char *line, size_t len, size_t col)
{
	struct window w = { 0, len };

	if (len <= EXCERPT_MAX_BYTES)
		return w;
	if (col > EXCERPT_MAX_BYTES / 2)
		w.from = col - EXCERPT_MAX_BYTES / 2;
	if (len > w.from + EXCERPT_MAX_BYTES)
		w.to = w.from + EXCERPT_MAX_BYTES;
	while (w.from < col && is_continuation(line[w.from]))
		w.from++;
	while (w.to < len && w.to > col && is_continuation(line[w.to]))
		w.to--;
	return w;
}

/* What stands under byte @at of a line: where a span begins, goes on, or nothing. */
static char mark_at(const struct span *span, size_t n, uint32_t line_off, size_t at)
{
	char mark = ' ';

	for (size_t i = 0; i < n; i++) {
		if (span[i].off < line_off || span[i].off - line_off > at)
			continue;
		if (span[i].off - line_off == at)
			return '^';
		if (at - (span[i].off - line_off) < span[i].len)
			mark = '~';
	}
	return mark;
}

/* Marks for every column of text, none behind the last; tabs stay, so that it lines up. */
static void put_marks(const struct span *span, size_t n, uint32_t line_off, const char *line,
		      struct window w, struct buf *out)
{
	size_t last = out->len;

	for (size_t i = w.from; i < w.to; i += shown_bytes(line + i, w.to - i)) {
		char mark = mark_at(span, n, line_off, i);
		bool is_escaped = line[i] != '\t' && !printable_bytes(line + i, w.to - i);

		buf_putc(out, line[i] == '\t' && mark != '^' ? '\t' : mark);
		if (is_escaped)
			buf_pad(out, mark == ' ' ? ' ' : '~', PRINTABLE_BYTE_CHARS - 1);
		if (mark != ' ')
			last = out->len;
	}
	if (mark_at(span, n, line_off, w.to) == '^')
		buf_putc(out, '^');             /* what is wanted at the end of the line */
	else
		out->len = last;
}

/* What stands in another file than the script says why it counts. */
static void put_asker(const struct source *src, uint32_t off, struct buf *out)
{
	struct place at = source_place(src, off);

	if (!src->insert || source_origin(src, off).src != src->insert->inner)
		return;
	buf_printf(out, "      | which line %u of ", at.line);
	printable_add_line(out, src->path);
	buf_puts(out, " asks for\n");
}

void diag_excerpt(const struct source *src, struct span span, struct buf *out)
{
	diag_excerpt_marks(src, &span, 1, out);
}

void diag_excerpt_marks(const struct source *src, const struct span *span, size_t n,
			struct buf *out)
{
	static const char cut[] = "...";
	size_t len, col, gutter = out->len;
	struct source_origin from;
	struct window w;
	struct place at;
	const char *line;

	if (!src || n == 0 || (span->off == 0 && span->len == 0))
		return;
	from = source_origin(src, span->off);
	at = source_place(from.src, from.off);
	line = source_line(from.src, at.line, &len);
	col = at.col - 1 < len ? at.col - 1 : len;
	w = window_at(line, len, col);
	buf_printf(out, "%5u | ", at.line);
	gutter = out->len - gutter;
	buf_puts(out, w.from ? cut : "");
	put_line(out, line + w.from, w.to - w.from);
	buf_puts(out, w.to < len ? cut : "");
	buf_putc(out, '\n');
	buf_pad(out, ' ', gutter - 2);
	buf_puts(out, w.from ? "|    " : "| ");
	put_marks(span, n, span->off - (uint32_t)col, line, w, out);
	buf_putc(out, '\n');
	put_asker(src, span->off, out);
}

void diag_put_place(const struct source *src, struct span span, struct buf *out)
{
	struct source_origin from = source_origin(src, span.off);
	struct place at = source_place(from.src, from.off);
	bool placed = span.off || span.len;

	printable_add_line(out, placed ? from.src->path : src->path);
	if (placed)
		buf_printf(out, ":%u:%u", at.line, at.col);
}

static void render_one(const struct diags *d, const struct diag *n, struct buf *out)
{
	static const char *const word[] = { "error", "warning", "note" };

	if (d->src)
		diag_put_place(d->src, n->span, out);
	else
		buf_puts(out, "tcpdrill");
	buf_printf(out, ": %s: ", word[n->severity]);
	printable_add_line(out, n->message);
	buf_putc(out, '\n');
	diag_excerpt(d->src, n->span, out);
	if (n->hint) {
		buf_puts(out, "      hint: ");
		printable_add_line(out, n->hint);
		buf_putc(out, '\n');
	}
}

void diags_render(const struct diags *d, struct buf *out)
{
	size_t more = d->n_errors > DIAGS_MAX ? d->n_errors - DIAGS_MAX : 0;

	for (const struct diag *n = d->first; n; n = n->next)
		render_one(d, n, out);
	if (more) {
		printable_add_line(out, d->src ? d->src->path : "tcpdrill");
		buf_printf(out, ": %zu more error%s not shown\n", more, more == 1 ? "" : "s");
	}
}
