/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The //! header. It is read from the bare text: the cases it names are needed before the script
 * can be parsed. Two passes in one: lines at the top are read, and the rest is looked through for
 * the marks behind events and for lines that came too late, stepping over commands, code, strings and
 * block comments.
 */
#include "script/metadata.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/err.h"
#include "base/suggest.h"
#include "base/util.h"

struct reader {
	struct arena *arena;
	const struct source *src;
	struct diags *diags;
	struct metadata *out;
	const char *text;
	size_t len;
	bool has_timeout;
};

/* A part of one line: offsets into the text. */
struct part {
	size_t at, end;
};

static struct span span_of(size_t from, size_t to)
{
	return (struct span){ (uint32_t)from, (uint32_t)(to > from ? to - from : 1) };
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool is_name_char(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-';
}

static void skip_blanks(const struct reader *r, struct part *p)
{
	while (p->at < p->end && is_blank(r->text[p->at]))
		p->at++;
}

/* Blanks, and the commas that may stand between the words of a list. */
static void skip_separators(const struct reader *r, struct part *p)
{
	while (p->at < p->end && (is_blank(r->text[p->at]) || r->text[p->at] == ','))
		p->at++;
}

/* "quoted text" at p->at, without its quotes; NULL after an error */
static const char *quoted(struct reader *r, struct part *p)
{
	size_t open = p->at, from = ++p->at;
	const char *s;

	while (p->at < p->end && r->text[p->at] != '"')
		p->at++;
	if (p->at == p->end) {
		diag_error(r->diags, span_of(open, p->end), "the quoted text has no closing \"");
		return NULL;
	}
	s = arena_strndup(r->arena, r->text + from, p->at - from);
	p->at++;
	return s;
}

/* A word up to a blank, or up to a comma too; NULL after an error */
static const char *word(struct reader *r, struct part *p, const char *stops)
{
	size_t from = p->at;

	if (p->at < p->end && r->text[p->at] == '"')
		return quoted(r, p);
	while (p->at < p->end && r->text[p->at] && !strchr(stops, r->text[p->at]))
		p->at++;
	if (p->at < p->end && !r->text[p->at]) {
		diag_error(r->diags, span_of(p->at, p->at + 1), "a NUL byte in the //! header");
		return NULL;
	}
	return arena_strndup(r->arena, r->text + from, p->at - from);
}

static void read_title(struct reader *r, struct part key, struct part p)
{
	if (r->out->title) {
		diag_error(r->diags, span_of(key.at, key.end), "the title is given twice");
		return;
	}
	if (p.at == p.end)
		diag_error(r->diags, span_of(key.at, key.end), "the title is empty");
	else if (r->text[p.at] == '"')
		r->out->title = quoted(r, &p);
	else
		r->out->title = arena_strndup(r->arena, r->text + p.at, p.end - p.at);
}

static void read_id(struct reader *r, struct part key, struct part p)
{
	size_t from = p.at;
	const char *text = word(r, &p, " \t");

	if (!text)
		return;
	if (r->out->id) {
		diag_error(r->diags, span_of(key.at, key.end), "the id is given twice");
	} else if (p.at != p.end || !*text || strpbrk(text, "[]@*?")) {
		diag_error(r->diags, span_of(from, p.end), "an id is one word without [ ] @ * ?");
		diag_hint(r->diags, "for example: //! id: rfc9293/reset/stray-syn");
	} else {
		r->out->id = text;
		r->out->id_span = span_of(from, p.at);
	}
}

static void read_list(struct reader *r, struct part key, struct part p, struct meta_word **list)
{
	skip_separators(r, &p);
	if (p.at == p.end)
		diag_error(r->diags, span_of(key.at, key.end), "nothing follows '%.*s'",
			   (int)(key.end - key.at), r->text + key.at);
	while (*list)
		list = &(*list)->next;
	while (p.at < p.end) {
		size_t from = p.at;
		const char *text = word(r, &p, " \t,");

		if (!text)
			return;
		*list = ARENA_NEW(r->arena, struct meta_word);
		(*list)->text = text;
		(*list)->span = span_of(from, p.at);
		list = &(*list)->next;
		skip_separators(r, &p);
	}
}

static void read_req(struct reader *r, struct part key, struct part p)
{
	read_list(r, key, p, &r->out->req);
}

static void read_needs(struct reader *r, struct part key, struct part p)
{
	read_list(r, key, p, &r->out->needs);
}

static void read_catches(struct reader *r, struct part key, struct part p)
{
	read_list(r, key, p, &r->out->catches);
}

static void read_timeout(struct reader *r, struct part key, struct part p)
{
	static const struct {
		const char *name;
		double us;
	} units[] = { { "", 1e6 }, { "s", 1e6 }, { "ms", 1e3 }, { "us", 1 }, { "min", 60e6 } };
	const char *s = arena_strndup(r->arena, r->text + p.at, p.end - p.at);
	size_t n_digits = strspn(s, "0123456789.");
	char *unit = NULL;
	double v = n_digits ? strtod(arena_strndup(r->arena, s, n_digits), &unit) : 0;
	size_t i = 0;

	if (r->has_timeout)
		diag_error(r->diags, span_of(key.at, key.end), "the timeout is given twice");
	r->has_timeout = true;
	while (i < ARRAY_LEN(units) && strcmp(units[i].name, s + n_digits) != 0)
		i++;
	if (!n_digits || *unit || i == ARRAY_LEN(units)) {
		diag_error(r->diags, p.end > p.at ? span_of(p.at, p.end) : span_of(key.at, key.end),
			   "the timeout is no time");
		diag_hint(r->diags, "for example: //! timeout: 5s (units: us, ms, s, min)");
		return;
	}
	if (!(v * units[i].us >= 1 && v * units[i].us <= 24 * 3600e6)) {
		diag_error(r->diags, span_of(p.at, p.end),
			   "a timeout is more than nothing and at most a day");
		return;
	}
	r->out->timeout_us = llround(v * units[i].us);
}

static bool has_define(const struct meta_case *c, const char *name)
{
	for (const struct meta_define *d = c->defines; d; d = d->next) {
		if (strcmp(d->name, name) == 0)
			return true;
	}
	return false;
}

/*
 * What NAME= is followed by. As for -D, "text" stands for a string and `text` for a command, so the
 * marks stay: they say which.
 */
static const char *definition(struct reader *r, struct part *p)
{
	char mark = p->at < p->end ? r->text[p->at] : '\0';
	size_t from = p->at;

	if (mark != '"' && mark != '`')
		return word(r, p, " \t,");
	for (p->at++; p->at < p->end && r->text[p->at] != mark; p->at++)
		p->at += mark == '"' && r->text[p->at] == '\\' && p->at + 1 < p->end;
	if (p->at >= p->end) {
		diag_error(r->diags, span_of(from, p->end), "the %s has no closing %c",
			   mark == '"' ? "quoted text" : "command", mark);
		return NULL;
	}
	p->at++;
	return arena_strndup(r->arena, r->text + from, p->at - from);
}

/* A=1 B="two words" C=`a command` */
static bool read_defines(struct reader *r, struct part *p, struct meta_case *c)
{
	struct meta_define **end = &c->defines;

	for (skip_separators(r, p); p->at < p->end; skip_separators(r, p)) {
		size_t from = p->at;
		struct meta_define *d = ARENA_NEW(r->arena, struct meta_define);

		while (p->at < p->end &&
		       (isalnum((unsigned char)r->text[p->at]) || r->text[p->at] == '_'))
			p->at++;
		d->name = arena_strndup(r->arena, r->text + from, p->at - from);
		if (p->at == from || isdigit((unsigned char)r->text[from]) || p->at == p->end ||
		    r->text[p->at] != '=') {
			while (p->at < p->end && !is_blank(r->text[p->at]))
				p->at++;
			diag_error(r->diags, span_of(from, p->at), "a case is made of NAME=VALUE");
			diag_hint(r->diags, "for example: //! case small: MSS=536 WIN=1000");
			return false;
		}
		if (has_define(c, d->name)) {
			diag_error(r->diags, span_of(from, p->at),
				   "'%s' is given twice in this case", d->name);
			return false;
		}
		p->at++;
		d->value = definition(r, p);
		if (!d->value)
			return false;
		*end = d;
		end = &d->next;
	}
	return true;
}

static void read_case(struct reader *r, struct part key, struct part p)
{
	struct meta_case *c = ARENA_NEW(r->arena, struct meta_case), **end = &r->out->cases;
	size_t from = p.at;

	while (p.at < p.end && is_name_char(r->text[p.at]))
		p.at++;
	c->name = arena_strndup(r->arena, r->text + from, p.at - from);
	c->span = span_of(from, p.at);
	if (p.at == from || (p.at < p.end && !is_blank(r->text[p.at]) && r->text[p.at] != ':')) {
		diag_error(r->diags,
			   from < p.end ? span_of(from, p.at + 1) : span_of(key.at, key.end),
			   "a case needs a name of letters, digits, '_' and '-'");
		diag_hint(r->diags, "for example: //! case small: MSS=536 WIN=1000");
		return;
	}
	for (; *end; end = &(*end)->next) {
		if (strcmp((*end)->name, c->name) == 0) {
			diag_error(r->diags, c->span, "there is another case '%s'", c->name);
			return;
		}
	}
	skip_blanks(r, &p);
	if (p.at < p.end && r->text[p.at] == ':')
		p.at++;
	if (read_defines(r, &p, c))
		*end = c;
}

static const struct {
	const char *name;
	void (*read)(struct reader *r, struct part key, struct part value);
} keys[] = {
	{ "title", read_title },     { "req", read_req },   { "needs", read_needs },
	{ "catches", read_catches }, { "case", read_case }, { "timeout", read_timeout },
	{ "id", read_id },
};

static void unknown_key(struct reader *r, struct part key)
{
	struct suggest s;
	const char *name = arena_strndup(r->arena, r->text + key.at, key.end - key.at);

	if (key.at == key.end) {
		diag_error(r->diags, span_of(key.at, key.at + 1), "expected a word after //!");
		diag_hint(r->diags, "one of: title, req, needs, catches, case, timeout, id");
		return;
	}
	diag_error(r->diags, span_of(key.at, key.end), "unknown header line '%s'", name);
	suggest_init(&s, name);
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		suggest_offer(&s, keys[i].name);
	if (suggest_best(&s))
		diag_did_you_mean(r->diags, suggest_best(&s));
	else
		diag_hint(r->diags, "one of: title, req, needs, catches, case, timeout, id");
}

/* @p: what stands behind //! on its line */
static void read_line(struct reader *r, struct part p)
{
	struct part key;

	while (p.end > p.at && (is_blank(r->text[p.end - 1]) || r->text[p.end - 1] == '\r'))
		p.end--;
	skip_blanks(r, &p);
	if (p.at == p.end)
		return;
	key.at = p.at;
	while (p.at < p.end && is_name_char(r->text[p.at]))
		p.at++;
	key.end = p.at;
	skip_blanks(r, &p);
	if (p.at < p.end && r->text[p.at] == ':')
		p.at++;
	skip_blanks(r, &p);
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		if (strlen(keys[i].name) == key.end - key.at &&
		    memcmp(keys[i].name, r->text + key.at, key.end - key.at) == 0) {
			keys[i].read(r, key, p);
			return;
		}
	}
	unknown_key(r, key);
}

static bool looks_at(const struct reader *r, size_t at, const char *s)
{
	size_t n = strlen(s);

	return r->len - at >= n && memcmp(r->text + at, s, n) == 0;
}

/* The offset behind the next @close at or after @at; the end when there is none. */
static size_t behind(const struct reader *r, size_t at, const char *close)
{
	while (at < r->len && !looks_at(r, at, close))
		at++;
	return at < r->len ? at + strlen(close) : r->len;
}

/* The newline that ends the line, or the end. */
static size_t line_end(const struct reader *r, size_t at)
{
	const char *newline = memchr(r->text + at, '\n', r->len - at);

	return newline ? (size_t)(newline - r->text) : r->len;
}

/* The end of what begins at @at and may hold anything: a comment, command, block or string. */
static size_t skip_opaque(const struct reader *r, size_t at)
{
	size_t eol, close;

	if (looks_at(r, at, "//"))
		return line_end(r, at);
	if (looks_at(r, at, "/*"))
		return behind(r, at + 2, "*/");
	if (looks_at(r, at, "%{"))
		return behind(r, at + 2, "}%");
	if (r->text[at] == '`')
		return behind(r, at + 1, "`");
	if (r->text[at] != '"')
		return at + 1;
	eol = line_end(r, at);
	close = behind(r, at + 1, "\"");
	return close < eol ? close : eol;
}

/* Lines at the top; returns where the first event, or anything else, begins. */
static size_t read_top(struct reader *r)
{
	size_t at = 0;

	while (at < r->len) {
		if (isspace((unsigned char)r->text[at])) {
			at++;
		} else if (looks_at(r, at, "//!")) {
			read_line(r, (struct part){ at + 3, line_end(r, at) });
			at = line_end(r, at);
		} else if (looks_at(r, at, "//") || looks_at(r, at, "/*")) {
			at = skip_opaque(r, at);
		} else if (looks_at(r, at, "--")) {
			at = line_end(r, at);
		} else {
			break;
		}
	}
	return at;
}

static bool has_word(const struct meta_word *w, const char *text)
{
	while (w && strcmp(w->text, text) != 0)
		w = w->next;
	return w != NULL;
}

/* The line, at @line or above, that looks like the beginning of an event: a time, or a command. */
static uint32_t event_line(const struct source *src, uint32_t line)
{
	for (uint32_t i = line; i > 0; i--) {
		size_t len, at = 0;
		const char *text = source_line(src, i, &len);

		while (at < len && is_blank(text[at]))
			at++;
		if (at < len && (isdigit((unsigned char)text[at]) || strchr("+*`%", text[at])))
			return i;
	}
	return line;
}

/* "//! req ID..." behind an event; any other comment there is only a comment. @at: of the slashes */
static void read_mark(struct reader *r, size_t at)
{
	struct part p = { at + 3, line_end(r, at) }, key;
	struct meta_mark *m, **end = &r->out->marks;

	while (p.end > p.at && isspace((unsigned char)r->text[p.end - 1]))
		p.end--;
	skip_blanks(r, &p);
	key.at = p.at;
	while (p.at < p.end && is_name_char(r->text[p.at]))
		p.at++;
	key.end = p.at;
	if (key.end - key.at != 3 || memcmp(r->text + key.at, "req", 3) != 0)
		return;
	m = ARENA_NEW(r->arena, struct meta_mark);
	if (p.at < p.end && r->text[p.at] == ':')
		p.at++;
	read_list(r, key, p, &m->req);
	for (const struct meta_word *w = m->req; w; w = w->next) {
		if (has_word(r->out->req, w->text))
			continue;
		diag_error(r->diags, w->span, "'%s' is not among the requirements of the header",
			   w->text);
		diag_hint(r->diags, "add it to the //! req line at the top");
	}
	m->line = source_place(r->src, (uint32_t)at).line;
	m->first_line = event_line(r->src, m->line);
	while (*end)
		end = &(*end)->next;
	*end = m;
}

static void read_rest(struct reader *r, size_t at)
{
	bool is_line_start = false;

	while (at < r->len) {
		if (is_line_start && looks_at(r, at, "//!")) {
			diag_error(r->diags, span_of(at, at + 3),
				   "a header line behind the first event has no effect");
			diag_hint(r->diags, "//! lines belong to the top of the script");
		} else if (looks_at(r, at, "//!")) {
			read_mark(r, at);
		}
		if (r->text[at] == '\n')
			is_line_start = true;
		else if (!isspace((unsigned char)r->text[at]))
			is_line_start = false;
		at = skip_opaque(r, at);
	}
}

int metadata_read(struct arena *a, const struct source *src, struct metadata *out,
		  struct diags *d)
{
	struct reader r = { .arena = a, .src = src, .diags = d, .out = out };
	size_t errors = d->n_errors;

	*out = (struct metadata){ 0 };
	r.text = src->text;
	r.len = src->len;
	read_rest(&r, read_top(&r));
	return d->n_errors > errors ? -ERR_SYNTAX : 0;
}

const struct meta_word *metadata_marked(const struct metadata *meta, uint32_t line)
{
	for (const struct meta_mark *m = meta->marks; m; m = m->next) {
		if (m->first_line <= line && line <= m->line)
			return m->req;
	}
	return NULL;
}
