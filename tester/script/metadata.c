/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The //! header. It is read from the bare text: the cases it names are needed before the script
 * can be parsed. Two passes in one: lines at the top are read, and the rest is looked through for
 * the marks behind events and for lines that came too late, stepping over commands, code, strings and
 * block comments.
 */
#include <ctype.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/diag.h"
#include "base/err.h"
#include "base/suggest.h"
#include "script/metadata_impl.h"

static void unknown_key(struct meta_reader *r, struct meta_part key)
{
	struct suggest s;
	struct buf all = { 0 };
	const char *name = arena_strndup(r->arena, r->text + key.at, key.end - key.at);

	suggest_init(&s, name);
	for (const struct meta_key *k = meta_key; k->name; k++) {
		suggest_offer(&s, k->name);
		buf_printf(&all, "%s%s", k == meta_key ? "" : ", ", k->name);
	}
	if (key.at == key.end)
		diag_error(r->diags, meta_span_of(key.at, key.at + 1), "expected a word after //!");
	else
		diag_error(r->diags, meta_span_of(key.at, key.end), "unknown header line '%s'",
			   name);
	if (key.at != key.end && suggest_best(&s))
		diag_did_you_mean(r->diags, suggest_best(&s));
	else
		diag_hint(r->diags, "one of: %s", buf_str(&all));
	buf_fini(&all);
}

/* @p: what stands behind //! on its line */
static void read_line(struct meta_reader *r, struct meta_part p)
{
	struct meta_part key;

	while (p.end > p.at && (meta_is_blank(r->text[p.end - 1]) || r->text[p.end - 1] == '\r'))
		p.end--;
	meta_skip_blanks(r, &p);
	if (p.at == p.end)
		return;
	key.at = p.at;
	while (p.at < p.end && meta_is_name_char(r->text[p.at]))
		p.at++;
	key.end = p.at;
	meta_skip_blanks(r, &p);
	if (p.at < p.end && r->text[p.at] == ':')
		p.at++;
	meta_skip_blanks(r, &p);
	for (const struct meta_key *k = meta_key; k->name; k++) {
		if (strlen(k->name) == key.end - key.at &&
		    memcmp(k->name, r->text + key.at, key.end - key.at) == 0) {
			k->read(r, key, p);
			return;
		}
	}
	unknown_key(r, key);
}

static bool looks_at(const struct meta_reader *r, size_t at, const char *s)
{
	size_t n = strlen(s);

	return r->len - at >= n && memcmp(r->text + at, s, n) == 0;
}

/* The offset behind the next @close at or after @at; the end when there is none. */
static size_t behind(const struct meta_reader *r, size_t at, const char *close)
{
	while (at < r->len && !looks_at(r, at, close))
		at++;
	return at < r->len ? at + strlen(close) : r->len;
}

/* The newline that ends the line, or the end. */
static size_t line_end(const struct meta_reader *r, size_t at)
{
	const char *newline = memchr(r->text + at, '\n', r->len - at);

	return newline ? (size_t)(newline - r->text) : r->len;
}

/* The end of what begins at @at and may hold anything: a comment, command, block or string. */
static size_t skip_opaque(const struct meta_reader *r, size_t at)
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

/* Behind a byte order mark. */
static size_t text_start(const struct meta_reader *r)
{
	static const char bom[] = "\xef\xbb\xbf";

	return looks_at(r, 0, bom) ? sizeof(bom) - 1 : 0;
}

/* Lines at the top; returns where the first event, or anything else, begins. @header_end: of the last
 * line that is no comment */
static size_t read_top(struct meta_reader *r, size_t *header_end)
{
	size_t at = text_start(r);

	*header_end = 0;
	while (at < r->len) {
		if (isspace((unsigned char)r->text[at])) {
			at++;
		} else if (looks_at(r, at, "//!")) {
			read_line(r, (struct meta_part){ at + 3, line_end(r, at) });
			*header_end = at = line_end(r, at);
		} else if (looks_at(r, at, "//") || looks_at(r, at, "/*")) {
			at = skip_opaque(r, at);
		} else if (looks_at(r, at, "--")) {
			*header_end = at = line_end(r, at);
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

		while (at < len && meta_is_blank(text[at]))
			at++;
		if (at < len && (isdigit((unsigned char)text[at]) || strchr("+*`%", text[at])))
			return i;
	}
	return line;
}

/* That these are ids of the header. */
static void check_marked(struct meta_reader *r, const struct meta_word *w)
{
	for (; w; w = w->next) {
		if (has_word(r->out->req, w->text))
			continue;
		diag_error(r->diags, w->span, "'%s' is not among the requirements of the header",
			   w->text);
		diag_hint(r->diags, "add it to the //! req line at the top");
	}
}

bool meta_read_mark(struct meta_reader *r, struct meta_part p, struct meta_word **list)
{
	struct meta_part key;

	while (p.end > p.at && isspace((unsigned char)r->text[p.end - 1]))
		p.end--;
	meta_skip_blanks(r, &p);
	key.at = p.at;
	while (p.at < p.end && meta_is_name_char(r->text[p.at]))
		p.at++;
	key.end = p.at;
	if (key.end - key.at != 3 || memcmp(r->text + key.at, "req", 3) != 0)
		return false;
	if (p.at < p.end && r->text[p.at] == ':')
		p.at++;
	meta_read_list(r, key, p, list);
	return true;
}

/* "//! req ID..." behind an event; any other comment there is only a comment. @at: of the slashes */
static void read_mark(struct meta_reader *r, size_t at)
{
	struct meta_mark *m, **end = &r->out->marks;
	struct meta_word *req = NULL;

	if (!meta_read_mark(r, (struct meta_part){ at + 3, line_end(r, at) }, &req))
		return;
	check_marked(r, req);
	m = ARENA_NEW(r->arena, struct meta_mark);
	m->req = req;
	m->line = source_place(r->src, (uint32_t)at).line;
	m->first_line = event_line(r->src, m->line);
	while (*end)
		end = &(*end)->next;
	*end = m;
}

static bool begins_line(const struct meta_reader *r, size_t at)
{
	while (at > 0 && r->text[at - 1] != '\n' && isspace((unsigned char)r->text[at - 1]))
		at--;
	return at > 0 && r->text[at - 1] == '\n';
}

static void read_rest(struct meta_reader *r, size_t at)
{
	/* Where something opaque may begin, or a NUL byte is. */
	for (; at < r->len; at = skip_opaque(r, at)) {
		at += strcspn(r->text + at, "/%`\"");
		if (at == r->len)
			return;
		if (!looks_at(r, at, "//!"))
			continue;
		if (!begins_line(r, at)) {
			read_mark(r, at);
			continue;
		}
		diag_error(r->diags, meta_span_of(at, at + 3),
			   "a header line behind the first event has no effect");
		diag_hint(r->diags, "//! lines belong to the top of the script");
	}
}

int metadata_read(struct arena *a, const struct source *src, struct metadata *out,
		  struct diags *d)
{
	struct meta_reader r = { .arena = a, .src = src, .diags = d, .out = out,
				 .text = src->text, .len = src->len };
	size_t errors = d->n_errors, header_end, first;

	*out = (struct metadata){ 0 };
	first = read_top(&r, &header_end);
	for (const struct meta_case *c = out->cases; c; c = c->next)
		check_marked(&r, c->req);
	read_rest(&r, first);
	return d->n_errors > errors ? -ERR_SYNTAX : 0;
}

static struct meta_reader silent_reader(struct arena *a, const struct source *src,
					struct metadata *out, struct diags *silent)
{
	diags_init(silent, a, src);
	*out = (struct metadata){ 0 };
	return (struct meta_reader){ .arena = a, .src = src, .diags = silent, .out = out,
				     .text = src->text, .len = src->len };
}

/* The start of the line behind that of @at. */
static uint32_t next_line(const struct meta_reader *r, size_t at)
{
	size_t end = line_end(r, at);

	return (uint32_t)(end < r->len ? end + 1 : r->len);
}

/* Behind the command at @at: on the next line unless something follows on the same one. */
static uint32_t behind_command(const struct meta_reader *r, size_t at)
{
	size_t end = skip_opaque(r, at), next = end;

	while (next < r->len && isspace((unsigned char)r->text[next]) && r->text[next] != '\n')
		next++;
	return (uint32_t)(next < r->len && r->text[next] != '\n' ? end
			  : next < r->len			   ? next + 1
								   : r->len);
}

const struct meta_opening *metadata_opening(struct arena *a, const struct source *src)
{
	struct metadata out;
	struct diags silent;
	struct meta_reader r = silent_reader(a, src, &out, &silent);
	size_t header_end, first = read_top(&r, &header_end);

	if (out.opening)
		out.opening->at = first < r.len && r.text[first] == '`'
					  ? behind_command(&r, first)
					  : next_line(&r, header_end);
	return out.opening;
}

uint32_t metadata_header_end(struct arena *a, const struct source *src)
{
	struct metadata out;
	struct diags silent;
	struct meta_reader r = silent_reader(a, src, &out, &silent);
	size_t header_end;

	read_top(&r, &header_end);
	return header_end ? next_line(&r, header_end) : (uint32_t)text_start(&r);
}

const struct meta_word *metadata_req(const struct metadata *meta, const char *case_name)
{
	for (const struct meta_case *c = meta->cases; c && case_name; c = c->next) {
		if (c->req && strcmp(c->name, case_name) == 0)
			return c->req;
	}
	return meta->req;
}

const struct meta_word *metadata_marked(const struct metadata *meta, uint32_t line)
{
	for (const struct meta_mark *m = meta->marks; m; m = m->next) {
		if (m->first_line <= line && line <= m->line)
			return m->req;
	}
	return NULL;
}
