/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tree as canonical text: one event a line, times right-aligned in a column, what the author
 * wrote (ast_tok.raw) with single blanks between, commands, code and assertions byte for byte.
 *
 * Comments and blank lines come from the spans: a comment goes before the first element that
 * begins behind it; one at the end of an element's line stays there; one inside an element, for
 * which canonical text has no place, goes on a line of its own before it. Runs of blank lines
 * become one.
 */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "grammar/parse.h"
#include "grammar/print_impl.h"

/* A longer time does not push all others to the right. */
enum { TIME_MAX_COLUMNS = 6 };

struct printer {
	const struct ast_script *script;
	const struct ast_comment *comment; /* next to be printed */
	struct buf *out;
	size_t time_columns;
	uint32_t line; /* of the source, where the last element ended */
};

static uint32_t first_line(const struct printer *pr, struct span s)
{
	return source_place(pr->script->src, s.off).line;
}

static uint32_t last_line(const struct printer *pr, struct span s)
{
	return source_place(pr->script->src, s.off + s.len - (s.len > 0)).line;
}

/* End the line before, and keep a blank line if the source has one or more before @line. */
static void new_line(struct printer *pr, uint32_t line)
{
	if (pr->line == 0)
		return;
	buf_puts(pr->out, line > pr->line + 1 ? "\n\n" : "\n");
}

/* Comments that begin before @off. */
static void put_comments(struct printer *pr, uint32_t off)
{
	for (; pr->comment && pr->comment->span.off < off; pr->comment = pr->comment->next) {
		uint32_t line = first_line(pr, pr->comment->span);

		if (line == pr->line && !pr->comment->is_own_line)
			buf_puts(pr->out, "  ");
		else
			new_line(pr, line);
		buf_puts(pr->out, pr->comment->text);
		pr->line = last_line(pr, pr->comment->span);
	}
}

/* Begin the line of the element at @s: comments before and inside it come first. */
static void begin(struct printer *pr, struct span s)
{
	uint32_t line = first_line(pr, s);

	put_comments(pr, s.off);
	new_line(pr, line);
	for (; pr->comment && pr->comment->span.off < s.off + s.len;
	     pr->comment = pr->comment->next) {
		buf_puts(pr->out, pr->comment->text);
		buf_putc(pr->out, '\n');
	}
	pr->line = last_line(pr, s);
}

static void put_option(struct printer *pr, const struct ast_option *o)
{
	begin(pr, o->span);
	buf_puts(pr->out, o->name.raw);
	if (o->define.kind && o->define.raw[0])
		buf_printf(pr->out, "=%s", o->define.raw);
	if (o->value.kind)
		buf_printf(pr->out, "=%s", o->value.raw);
}

static void put_command(struct printer *pr, const struct ast_tok *t)
{
	if (!t->kind)
		return;
	begin(pr, t->span);
	buf_puts(pr->out, t->raw);
}

static void put_time(const struct ast_time *t, struct buf *out)
{
	switch (t->kind) {
	case AST_TIME_ABSOLUTE:
		buf_puts(out, t->start.raw);
		break;
	case AST_TIME_RELATIVE:
		buf_printf(out, "+%s", t->start.raw);
		break;
	case AST_TIME_ANY:
		buf_putc(out, '*');
		break;
	case AST_TIME_ABSOLUTE_RANGE:
		buf_printf(out, "%s~%s", t->start.raw, t->end->raw);
		break;
	case AST_TIME_RELATIVE_RANGE:
		buf_printf(out, "+%s~+%s", t->start.raw, t->end->raw);
		break;
	}
	if (t->until)
		buf_printf(out, "...%s", t->until->raw);
}

static void put_event(struct printer *pr, const struct ast_event *e)
{
	size_t start, columns;

	begin(pr, e->span);
	start = pr->out->len;
	put_time(&e->time, pr->out);
	columns = pr->out->len - start;
	if (columns < pr->time_columns) {
		pr->out->len = start;
		buf_pad(pr->out, ' ', pr->time_columns - columns);
		put_time(&e->time, pr->out);
		columns = pr->time_columns;
	}
	buf_putc(pr->out, ' ');
	switch (e->kind) {
	case AST_EVENT_PACKET:
		print_packet(e->packet, pr->out);
		break;
	case AST_EVENT_CALL:
		print_call(e->call, columns + 1, pr->out);
		break;
	case AST_EVENT_COMMAND:
	case AST_EVENT_CODE:
		buf_puts(pr->out, e->text->raw);
		break;
	case AST_EVENT_ASSERT:
	case AST_EVENT_QUIET:
		buf_printf(pr->out, "%s %s", e->word->raw, e->text->raw);
		break;
	}
}

static size_t time_columns(const struct ast_script *s)
{
	struct buf text = { 0 };
	size_t max = 0;

	for (const struct ast_event *e = s->events; e; e = e->next) {
		buf_clear(&text);
		put_time(&e->time, &text);
		if (text.len > max && text.len <= TIME_MAX_COLUMNS)
			max = text.len;
	}
	buf_fini(&text);
	return max;
}

void grammar_print(const struct ast_script *s, struct buf *out)
{
	struct printer pr = { .script = s, .comment = s->comments, .out = out };

	pr.time_columns = time_columns(s);
	for (const struct ast_option *o = s->options; o; o = o->next)
		put_option(&pr, o);
	put_command(&pr, &s->init);
	for (const struct ast_event *e = s->events; e; e = e->next)
		put_event(&pr, e);
	put_command(&pr, &s->cleanup);
	put_comments(&pr, UINT32_MAX);
	buf_putc(out, '\n');
}
