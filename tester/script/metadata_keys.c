/* SPDX-License-Identifier: BSD-2-Clause */
/* What stands behind each word of the //! header. */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/util.h"
#include "script/metadata_impl.h"

struct span meta_span_of(size_t from, size_t to)
{
	return (struct span){ (uint32_t)from, (uint32_t)(to > from ? to - from : 1) };
}

bool meta_is_blank(char c)
{
	return c == ' ' || c == '\t';
}

bool meta_is_name_char(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-';
}

void meta_skip_blanks(const struct meta_reader *r, struct meta_part *p)
{
	while (p->at < p->end && meta_is_blank(r->text[p->at]))
		p->at++;
}

/* Blanks, and the commas that may stand between the words of a list. */
static void skip_separators(const struct meta_reader *r, struct meta_part *p)
{
	while (p->at < p->end && (meta_is_blank(r->text[p->at]) || r->text[p->at] == ','))
		p->at++;
}

/* "quoted text" at p->at, without its quotes; NULL after an error */
static const char *quoted(struct meta_reader *r, struct meta_part *p)
{
	size_t open = p->at, from = ++p->at;
	const char *s;

	while (p->at < p->end && r->text[p->at] != '"')
		p->at++;
	if (p->at == p->end) {
		diag_error(r->diags, meta_span_of(open, p->end), "the quoted text has no closing \"");
		return NULL;
	}
	s = arena_strndup(r->arena, r->text + from, p->at - from);
	p->at++;
	return s;
}

/* A word up to a blank, or up to a comma too; NULL after an error */
static const char *word(struct meta_reader *r, struct meta_part *p, const char *stops)
{
	size_t from = p->at;

	if (p->at < p->end && r->text[p->at] == '"')
		return quoted(r, p);
	while (p->at < p->end && r->text[p->at] && !strchr(stops, r->text[p->at]))
		p->at++;
	if (p->at < p->end && !r->text[p->at]) {
		diag_error(r->diags, meta_span_of(p->at, p->at + 1), "a NUL byte in the //! header");
		return NULL;
	}
	return arena_strndup(r->arena, r->text + from, p->at - from);
}

static void read_title(struct meta_reader *r, struct meta_part key, struct meta_part p)
{
	if (r->out->title) {
		diag_error(r->diags, meta_span_of(key.at, key.end), "the title is given twice");
		return;
	}
	if (p.at == p.end)
		diag_error(r->diags, meta_span_of(key.at, key.end), "the title is empty");
	else if (r->text[p.at] == '"')
		r->out->title = quoted(r, &p);
	else
		r->out->title = arena_strndup(r->arena, r->text + p.at, p.end - p.at);
}

static void read_id(struct meta_reader *r, struct meta_part key, struct meta_part p)
{
	size_t from = p.at;
	const char *text = word(r, &p, " \t");

	if (!text)
		return;
	if (r->out->id) {
		diag_error(r->diags, meta_span_of(key.at, key.end), "the id is given twice");
	} else if (p.at != p.end || !*text || strpbrk(text, "[]@*?")) {
		diag_error(r->diags, meta_span_of(from, p.end), "an id is one word without [ ] @ * ?");
		diag_hint(r->diags, "for example: //! id: rfc9293/reset/stray-syn");
	} else {
		r->out->id = text;
		r->out->id_span = meta_span_of(from, p.at);
	}
}

void meta_read_list(struct meta_reader *r, struct meta_part key, struct meta_part p, struct meta_word **list)
{
	skip_separators(r, &p);
	if (p.at == p.end)
		diag_error(r->diags, meta_span_of(key.at, key.end), "nothing follows '%.*s'",
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
		(*list)->span = meta_span_of(from, p.at);
		list = &(*list)->next;
		skip_separators(r, &p);
	}
}

static void read_req(struct meta_reader *r, struct meta_part key, struct meta_part p)
{
	meta_read_list(r, key, p, &r->out->req);
}

static void read_needs(struct meta_reader *r, struct meta_part key, struct meta_part p)
{
	meta_read_list(r, key, p, &r->out->needs);
}

static void read_catches(struct meta_reader *r, struct meta_part key, struct meta_part p)
{
	meta_read_list(r, key, p, &r->out->catches);
}

/* Whether a stack has such a profile, others know. */
static void read_profile(struct meta_reader *r, struct meta_part key, struct meta_part p)
{
	size_t from = p.at;
	const char *text = word(r, &p, " \t,");

	if (!text)
		return;
	if (r->out->profile) {
		diag_error(r->diags, meta_span_of(key.at, key.end), "the profile is given twice");
	} else if (p.at != p.end || !*text) {
		diag_error(r->diags, from < p.end ? meta_span_of(from, p.end)
						  : meta_span_of(key.at, key.end),
			   "a profile is one word");
		diag_hint(r->diags, "for example: //! profile: rfc");
	} else {
		r->out->profile = text;
		r->out->profile_span = meta_span_of(from, p.at);
	}
}

static void read_timeout(struct meta_reader *r, struct meta_part key, struct meta_part p)
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
		diag_error(r->diags, meta_span_of(key.at, key.end), "the timeout is given twice");
	r->has_timeout = true;
	while (i < ARRAY_LEN(units) && strcmp(units[i].name, s + n_digits) != 0)
		i++;
	if (!n_digits || *unit || i == ARRAY_LEN(units)) {
		diag_error(r->diags, p.end > p.at ? meta_span_of(p.at, p.end) : meta_span_of(key.at, key.end),
			   "the timeout is no time");
		diag_hint(r->diags, "for example: //! timeout: 5s (units: us, ms, s, min)");
		return;
	}
	if (!(v * units[i].us >= 1 && v * units[i].us <= 24 * 3600e6)) {
		diag_error(r->diags, meta_span_of(p.at, p.end),
			   "a timeout is more than nothing and at most a day");
		return;
	}
	r->out->timeout_us = llround(v * units[i].us);
}

/* What data is: see base/payload.h. */
static void read_payload(struct meta_reader *r, struct meta_part key, struct meta_part p)
{
	const char *text = arena_strndup(r->arena, r->text + p.at, p.end - p.at);
	bool is_numbered = strcmp(text, "numbered") == 0;

	if (r->out->payload_span.len) {
		diag_error(r->diags, meta_span_of(key.at, key.end), "the payload is given twice");
		return;
	}
	r->out->payload_span = p.end > p.at ? meta_span_of(p.at, p.end)
					    : meta_span_of(key.at, key.end);
	r->out->is_numbered = is_numbered;
	if (!is_numbered && strcmp(text, "zeros") != 0) {
		diag_error(r->diags, r->out->payload_span,
			   "payload is 'zeros' (also without this line) or 'numbered'");
		diag_hint(r->diags, "for example: //! payload: numbered");
	}
}

static bool has_define(const struct meta_define *d, const char *name)
{
	for (; d; d = d->next) {
		if (strcmp(d->name, name) == 0)
			return true;
	}
	return false;
}

/*
 * What NAME= is followed by. As for -D, "text" stands for a string and `text` for a command, so the
 * marks stay: they say which.
 */
static const char *definition(struct meta_reader *r, struct meta_part *p)
{
	char mark = p->at < p->end ? r->text[p->at] : '\0';
	size_t from = p->at;

	if (mark != '"' && mark != '`')
		return word(r, p, " \t,");
	for (p->at++; p->at < p->end && r->text[p->at] != mark; p->at++)
		p->at += mark == '"' && r->text[p->at] == '\\' && p->at + 1 < p->end;
	if (p->at >= p->end) {
		diag_error(r->diags, meta_span_of(from, p->end), "the %s has no closing %c",
			   mark == '"' ? "quoted text" : "command", mark);
		return NULL;
	}
	p->at++;
	return arena_strndup(r->arena, r->text + from, p->at - from);
}

/* What stands where NAME=VALUE should. */
static void bad_define(struct meta_reader *r, struct meta_part *p, size_t from, const char *what)
{
	while (p->at < p->end && !meta_is_blank(r->text[p->at]))
		p->at++;
	diag_error(r->diags, meta_span_of(from, p->at), "%s", what);
}

/* NAME= at p->at, and its place; NULL when there is none */
static const char *define_name(struct meta_reader *r, struct meta_part *p)
{
	size_t from = p->at;

	while (p->at < p->end && (isalnum((unsigned char)r->text[p->at]) || r->text[p->at] == '_'))
		p->at++;
	if (p->at == from || isdigit((unsigned char)r->text[from]) || p->at == p->end ||
	    r->text[p->at] != '=')
		return NULL;
	p->at++;
	return arena_strndup(r->arena, r->text + from, p->at - 1 - from);
}

/* A=1 B="two words" C=`a command`; @what: what is wrong when it is something else, with an example */
static bool read_defines(struct meta_reader *r, struct meta_part *p, const char *what,
			 const char *example, struct meta_define **list)
{
	struct meta_define **end = list;

	for (skip_separators(r, p); p->at < p->end; skip_separators(r, p)) {
		size_t from = p->at;
		struct meta_define *d = ARENA_NEW(r->arena, struct meta_define);

		d->name = define_name(r, p);
		if (!d->name) {
			bad_define(r, p, from, what);
			diag_hint(r->diags, "for example: %s", example);
			return false;
		}
		d->span = meta_span_of(from, from + strlen(d->name));
		if (has_define(*list, d->name)) {
			diag_error(r->diags, d->span, "'%s' is given twice", d->name);
			return false;
		}
		d->value = definition(r, p);
		if (!d->value)
			return false;
		*end = d;
		end = &d->next;
	}
	return true;
}

/* Where "//!" begins in @p, outside of quotes; its end when it does not. */
static size_t find_mark(const struct meta_reader *r, struct meta_part p)
{
	char quote = '\0';

	for (; p.at < p.end; p.at++) {
		char c = r->text[p.at];

		if (quote == '"' && c == '\\')
			p.at++;
		else if (quote)
			quote = c == quote ? '\0' : quote;
		else if (c == '"' || c == '`')
			quote = c;
		else if (p.end - p.at >= 3 && memcmp(r->text + p.at, "//!", 3) == 0)
			return p.at;
	}
	return p.end;
}

/* Takes "//! req ID..." off the end of @p. */
static void take_mark(struct meta_reader *r, struct meta_part *p, struct meta_case *c)
{
	size_t mark = find_mark(r, *p);

	if (mark == p->end)
		return;
	if (!meta_read_mark(r, (struct meta_part){ mark + 3, p->end }, &c->req)) {
		diag_error(r->diags, meta_span_of(mark, p->end),
			   "behind a case its own requirements can stand");
		diag_hint(r->diags, "for example: //! case small: MSS=536 //! req 9293/MUST-16");
	}
	p->end = mark;
}

static void read_case(struct meta_reader *r, struct meta_part key, struct meta_part p)
{
	struct meta_case *c = ARENA_NEW(r->arena, struct meta_case), **end = &r->out->cases;
	size_t from = p.at;

	take_mark(r, &p, c);
	while (p.at < p.end && meta_is_name_char(r->text[p.at]))
		p.at++;
	c->name = arena_strndup(r->arena, r->text + from, p.at - from);
	c->span = meta_span_of(from, p.at);
	if (p.at == from || (p.at < p.end && !meta_is_blank(r->text[p.at]) && r->text[p.at] != ':')) {
		diag_error(r->diags,
			   from < p.end ? meta_span_of(from, p.at + 1) : meta_span_of(key.at, key.end),
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
	meta_skip_blanks(r, &p);
	if (p.at < p.end && r->text[p.at] == ':')
		p.at++;
	if (read_defines(r, &p, "a case is made of NAME=VALUE",
			 "//! case small: MSS=536 WIN=1000", &c->defines))
		*end = c;
}

/* Parameters follow the name behind blanks, as in a case. */
static void read_opening(struct meta_reader *r, struct meta_part key, struct meta_part p)
{
	struct meta_opening *o = ARENA_NEW(r->arena, struct meta_opening);
	size_t from = p.at;

	while (p.at < p.end && meta_is_name_char(r->text[p.at]))
		p.at++;
	o->name = arena_strndup(r->arena, r->text + from, p.at - from);
	o->span = from < p.end ? meta_span_of(from, p.at) : meta_span_of(key.at, key.end);
	o->line = meta_span_of(key.at, p.end);
	if (r->out->opening) {
		diag_error(r->diags, meta_span_of(key.at, key.end), "there is an opening already");
	} else if (p.at == from || (p.at < p.end && !meta_is_blank(r->text[p.at]))) {
		diag_error(r->diags, o->span,
			   "the name of an opening is made of letters, digits, '_' and '-'");
		diag_hint(r->diags, "for example: //! opening: passive WIN=1000");
	} else if (read_defines(r, &p, "behind an opening stand NAME=VALUE",
				"//! opening: passive WIN=1000", &o->defines)) {
		r->out->opening = o;
	}
}

const struct meta_key meta_key[] = {
	{ "title", read_title },     { "req", read_req },   { "needs", read_needs },
	{ "catches", read_catches }, { "case", read_case }, { "opening", read_opening },
	{ "timeout", read_timeout }, { "id", read_id },     { "profile", read_profile },
	{ "payload", read_payload }, { NULL, NULL },
};
