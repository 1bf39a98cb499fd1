/* SPDX-License-Identifier: BSD-2-Clause */
#include "suite/only.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/suggest.h"
#include "base/tcp_state.h"
#include "base/util.h"

static const struct requirement *row_of(const struct suite_script *script, const char *id)
{
	if (!script->home || !script->home->reqs)
		return NULL;
	return requirements_find(script->home->reqs, id);
}

/* RFC/SECTION with nothing behind it, or a section of it. */
static bool is_section(const struct requirement *r, const char *prefix)
{
	size_t n_rfc = strlen(r->rfc), n;
	const char *section = prefix + n_rfc + 1;

	if (strncmp(prefix, r->rfc, n_rfc) != 0)
		return false;
	if (!prefix[n_rfc] || (prefix[n_rfc] == '/' && !*section))
		return true;
	if (prefix[n_rfc] != '/')
		return false;
	n = strlen(section);
	return strncmp(r->section, section, n) == 0 && (!r->section[n] || r->section[n] == '.');
}

/* What is only a number must end where a number ends: 9293/MUST-1 is not 9293/MUST-13. */
bool only_req_fits(const struct requirement *r, const char *id, const char *prefix)
{
	size_t n = strlen(prefix);

	if (r && is_section(r, prefix))
		return true;
	return n && strncmp(id, prefix, n) == 0 &&
	       !(isdigit((unsigned char)prefix[n - 1]) && isdigit((unsigned char)id[n]));
}

static bool fits_req(const struct suite_script *script, const char *value)
{
	for (const struct meta_word *w = script->meta.req; w; w = w->next) {
		if (only_req_fits(row_of(script, w->text), w->text, value))
			return true;
	}
	return false;
}

/* Upper and lower case, '-', '_' and blanks are the same. */
static bool is_same_word(const char *a, const char *b)
{
	for (; *a && *b; a++, b++) {
		char x = *a == '-' || *a == ' ' ? '_' : (char)tolower((unsigned char)*a);
		char y = *b == '-' || *b == ' ' ? '_' : (char)tolower((unsigned char)*b);

		if (x != y)
			return false;
	}
	return *a == *b;
}

static bool is_level(const char *value)
{
	for (size_t i = 0; i < REQ_LEVEL_COUNT; i++) {
		if (is_same_word(req_level_name[i], value))
			return true;
	}
	return false;
}

static bool has_row(const struct suite_script *script, const char *value,
		    bool (*fits)(const struct requirement *r, const char *value))
{
	for (const struct meta_word *w = script->meta.req; w; w = w->next) {
		const struct requirement *r = row_of(script, w->text);

		if (r && fits(r, value))
			return true;
	}
	return false;
}

static const char *id_of(const struct requirement *r)
{
	return r->id;
}

static const char *area_of(const struct requirement *r)
{
	return r->area;
}

static bool is_below(const struct requirement *r, const char *value)
{
	return only_req_fits(r, r->id, value);
}

static bool is_of_level(const struct requirement *r, const char *value)
{
	return is_same_word(req_level_name[r->level], value);
}

static bool is_of_area(const struct requirement *r, const char *value)
{
	return is_same_word(r->area, value);
}

static bool fits_level(const struct suite_script *script, const char *value)
{
	return has_row(script, value, is_of_level);
}

static bool fits_area(const struct suite_script *script, const char *value)
{
	return has_row(script, value, is_of_area);
}

static const char *const state_name[] = {
#define X(s) #s,
	TCP_STATES(X)
#undef X
};

static const char *state_of(const char *value)
{
	for (size_t i = 0; i < ARRAY_LEN(state_name); i++) {
		if (is_same_word(state_name[i], value))
			return state_name[i];
	}
	return NULL;
}

static bool is_state(const char *value)
{
	return state_of(value) != NULL;
}

/* Whether a line that asserts has the word. */
static bool fits_state(const struct suite_script *script, const char *value)
{
	const char *word = state_of(value);
	size_t n = strlen(word);

	for (uint32_t i = 1; script->src.text && i <= script->src.n_lines; i++) {
		size_t len;
		const char *line = source_line(&script->src, i, &len), *at = line;
		const char *comment = memmem(line, len, "//", 2);

		if (comment)
			len = (size_t)(comment - line);
		if (!memmem(line, len, "assert", 6))
			continue;
		while ((at = memmem(at, len - (size_t)(at - line), word, n)) != NULL) {
			bool begins = at == line || !(isalnum((unsigned char)at[-1]) || at[-1] == '_');
			bool ends = !(isalnum((unsigned char)at[n]) || at[n] == '_');

			if (begins && ends)
				return true;
			at += n;
		}
	}
	return false;
}

static bool begins_word(const struct meta_word *w, const char *value, size_t n)
{
	while (w && strncmp(w->text, value, n) != 0)
		w = w->next;
	return w != NULL;
}

static bool fits_needs(const struct suite_script *script, const char *value)
{
	return begins_word(script->meta.needs, value, strlen(value));
}

/* A name is whole, or ends with '*'; part of one would be the name of another fault. */
static bool fits_catches(const struct suite_script *script, const char *value)
{
	size_t n = strlen(value);

	/* With its NUL byte it is the beginning of nothing else. */
	return begins_word(script->meta.catches, value, n && value[n - 1] == '*' ? n - 1 : n + 1);
}

static const struct meta_word *needs_of(const struct metadata *meta)
{
	return meta->needs;
}

static const struct meta_word *catches_of(const struct metadata *meta)
{
	return meta->catches;
}

/* As it stands in the header: which one a stack has by itself, nobody here knows. */
static bool fits_profile(const struct suite_script *script, const char *value)
{
	return script->meta.profile && strcmp(script->meta.profile, value) == 0;
}

const struct only_row only_table[] = {
	{ .name = "req", .fits = fits_req, .fits_row = is_below, .value_of = id_of,
	  .values = "an id or the beginning of one, or RFC/SECTION",
	  .help = "proves a requirement: 9293/MUST-13, 9293/3.10.7.4, 5961" },
	{ .name = "level", .fits = fits_level, .fits_row = is_of_level, .is_value = is_level,
	  .values = "must, must-not, should, should-not or may",
	  .help = "proves a requirement of this level" },
	{ .name = "area", .fits = fits_area, .fits_row = is_of_area, .value_of = area_of,
	  .is_of_table = true, .values = "an area of requirements.tsv",
	  .help = "proves a requirement of this area: reset, time-wait" },
	{ .name = "state", .fits = fits_state, .is_value = is_state,
	  .values = "a state of TCP", .help = "asserts this state" },
	{ .name = "needs", .fits = fits_needs, .words_of = needs_of,
	  .values = "a need or the beginning of one", .help = "has such a need: kernel" },
	{ .name = "catches", .fits = fits_catches, .words_of = catches_of,
	  .values = "a fault, or the beginning of its name and '*'",
	  .help = "catches this fault: NO_BACKOFF, KEEPALIVE_*" },
	{ .name = "profile", .fits = fits_profile,
	  .values = "a profile", .help = "asks for this profile of a stack" },
};

const size_t only_table_len = ARRAY_LEN(only_table);

static const struct only_row *find(const char *name, size_t n)
{
	for (size_t i = 0; i < only_table_len; i++) {
		if (strlen(only_table[i].name) == n && memcmp(only_table[i].name, name, n) == 0)
			return &only_table[i];
	}
	return NULL;
}

static int unknown_kind(struct arena *a, const char *name, const char **why)
{
	struct suggest near;

	suggest_init(&near, name);
	for (size_t i = 0; i < only_table_len; i++)
		suggest_offer(&near, only_table[i].name);
	*why = suggest_best(&near)
		       ? arena_printf(a, "no scripts are told by their '%s', did you mean '%s'?",
				      name, suggest_best(&near))
		       : arena_printf(a, "no scripts are told by their '%s', but by one of: req, level, "
				      "area, state, needs, catches, profile", name);
	return -ERR_SYNTAX;
}

/* Calls @fn for every value until it says yes. */
static bool any_value(const char *values, bool (*fn)(const void *ctx, const char *value),
		      const void *ctx)
{
	struct buf value = { 0 };
	bool is_found = false;

	while (!is_found) {
		size_t n = strcspn(values, ",");

		buf_clear(&value);
		buf_add(&value, values, n);
		is_found = fn(ctx, buf_str(&value));
		if (!values[n])
			break;
		values += n + 1;
	}
	buf_fini(&value);
	return is_found;
}

static bool is_wrong(const void *row, const char *value)
{
	const struct only_row *r = row;

	return !*value || (r->is_value && !r->is_value(value));
}

int only_read(struct arena *a, const char *text, struct only *out, const char **why)
{
	const char *word = text + (*text == '!');
	size_t n = strcspn(word, ":");

	*out = (struct only){ .is_negated = *text == '!', .row = &only_table[0], .values = word,
			      .text = text };
	if (word[n]) {
		out->row = find(word, n);
		if (!out->row)
			return unknown_kind(a, arena_strndup(a, word, n), why);
		out->values = word + n + 1;
	}
	if (!any_value(out->values, is_wrong, out->row))
		return 0;
	*why = arena_printf(a, "'%s': what is wanted is %s", text, out->row->values);
	return -ERR_SYNTAX;
}

bool only_is_likely(const char *text)
{
	const char *word = text + (*text == '!');
	size_t n = strlen(word), n_digits = strspn(word, "0123456789"), n_kind = strcspn(word, ":");

	if (n > 4 && strcmp(word + n - 4, ".pkt") == 0)
		return false;
	return (n_digits && word[n_digits] == '/') || (word[n_kind] && find(word, n_kind));
}

struct only_ask {
	const struct only_row *row;
	const struct suite_script *script;
};

static bool fits_value(const void *ctx, const char *value)
{
	const struct only_ask *ask = ctx;

	return ask->row->fits(ask->script, value);
}

bool only_fits(const struct only *o, const struct suite_script *script)
{
	const struct only_ask ask = { o->row, script };

	return any_value(o->values, fits_value, &ask) != o->is_negated;
}

struct only_ask_row {
	const struct only_row *row;
	const struct requirement *req;
};

static bool fits_row_value(const void *ctx, const char *value)
{
	const struct only_ask_row *ask = ctx;

	return ask->row->fits_row(ask->req, value);
}

bool only_fits_row(const struct only *o, const struct requirement *r)
{
	const struct only_ask_row ask = { o->row, r };

	return !o->row->fits_row || any_value(o->values, fits_row_value, &ask) != o->is_negated;
}

const char *only_hint(struct arena *a, const char *word)
{
	const char *name = word + (*word == '!');
	size_t n = strspn(name, "0123456789"), n_kind = strcspn(name, ":");

	if (n && !name[n])
		return arena_printf(a, "the requirements of RFC %s are chosen by '%s/'", name, word);
	if (name[n_kind] && !find(name, n_kind))
		return arena_printf(a, "scripts can be chosen by what they say, but not by their '%.*s'; "
				       "'tcpdrill list kinds' shows by what", (int)n_kind, name);
	return *word == '!' ? "what begins with '!' leaves scripts out by what they say; 'tcpdrill list "
			      "kinds' shows by what" : NULL;
}

/* What is near to what was asked for. */
static const char *suggest(const struct only *o, const char *value, const struct suite *s)
{
	struct suggest near;

	suggest_init(&near, value);
	for (const struct suite_home *h = s->homes; h && o->row->value_of; h = h->next) {
		for (size_t i = 0; h->reqs && i < h->reqs->n; i++)
			suggest_offer(&near, o->row->value_of(&h->reqs->row[i]));
	}
	for (size_t i = 0; i < s->n_scripts && o->row->words_of; i++) {
		for (const struct meta_word *w = o->row->words_of(&s->script[i]->meta); w; w = w->next)
			suggest_offer(&near, w->text);
	}
	return suggest_best(&near);
}

/* How many requirements fit; the last of them in *@out. */
static size_t count_rows(const struct only *o, const struct suite *s, const struct requirement **out)
{
	struct only asked = *o;
	size_t n = 0;

	asked.is_negated = false;
	for (const struct suite_home *h = s->homes; h && o->row->fits_row; h = h->next) {
		for (size_t i = 0; h->reqs && i < h->reqs->n; i++) {
			if (!only_fits_row(&asked, &h->reqs->row[i]))
				continue;
			*out = &h->reqs->row[i];
			n++;
		}
	}
	return n;
}

struct only_ask_suite {
	const struct only *only;
	const struct suite *suite;
	struct buf *unknown;         /* filled */
};

static bool is_unknown(const void *ctx, const char *value)
{
	const struct only_ask_suite *ask = ctx;
	struct only one = *ask->only;
	const struct requirement *r;

	one.values = value;
	if (count_rows(&one, ask->suite, &r))
		return false;
	buf_puts(ask->unknown, value);
	return true;
}

int only_check(struct arena *a, const struct only *o, const struct suite *s, const char **why)
{
	struct buf unknown = { 0 };
	const struct only_ask_suite ask = { o, s, &unknown };
	const struct suite_home *h = s->homes;
	const char *near;
	int rc = 0;

	while (h && !h->reqs)
		h = h->next;
	if (h && o->row->is_of_table && any_value(o->values, is_unknown, &ask)) {
		near = suggest(o, buf_str(&unknown), s);
		*why = arena_printf(a, "'%s': no requirement is of the %s '%s'%s%s%s", o->text,
				    o->row->name, buf_str(&unknown), near ? ", did you mean '" : "",
				    near ? near : "", near ? "'?" : "; 'tcpdrill coverage' shows all");
		rc = -ERR_UNKNOWN;
	}
	buf_fini(&unknown);
	return rc;
}

const char *only_why_none(struct arena *a, const struct only *o, const struct suite *s)
{
	const struct requirement *r = NULL;
	size_t n = o->is_negated ? 0 : count_rows(o, s, &r);
	const char *near = n ? NULL : suggest(o, o->values, s);

	if (n == 1 && r->witness == REQ_BY_NONE)
		return arena_printf(a, "none of %zu scripts proves %s, which nobody can observe: %s",
				    s->n_scripts, r->id, r->note);
	if (n == 1)
		return arena_printf(a, "there is a requirement %s, but none of %zu scripts proves it",
				    r->id, s->n_scripts);
	if (n)
		return arena_printf(a, "none of %zu scripts fits '%s', though %zu requirements do",
				    s->n_scripts, o->text, n);
	return arena_printf(a, "none of %zu scripts fits '%s'%s%s%s", s->n_scripts, o->text,
			    near ? ", did you mean '" : "", near ? near : "", near ? "'?" : "");
}
