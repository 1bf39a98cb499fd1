/* SPDX-License-Identifier: BSD-2-Clause */
#include "suite/requirements.h"

#include <string.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/suggest.h"
#include "base/util.h"
#include "script/metadata.h"

const char *const req_level_name[REQ_LEVEL_COUNT] = {
#define X(id, name, force) name,
	REQ_LEVELS(X)
#undef X
};

const char *const req_witness_name[REQ_WITNESS_COUNT] = {
#define X(id, name) name,
	REQ_WITNESSES(X)
#undef X
};

enum req_force req_level_force(enum req_level level)
{
	static const enum req_force force[REQ_LEVEL_COUNT] = {
#define X(id, name, force) force,
		REQ_LEVELS(X)
#undef X
	};

	return force[level];
}

enum { COLUMNS = 10 };

static const char *const column_name[COLUMNS] = {
	"id",         "rfc", "section", "level",   "area", "requirement",
	"observable", "how", "implied", "note",
};

/* One line, cut at its tabs. */
struct row_reader {
	struct arena *arena;
	const struct source *src;
	struct diags *diags;
	const char *field[COLUMNS];
	struct span span[COLUMNS];
	size_t n;
};

static void cut(struct row_reader *r, uint32_t line)
{
	size_t len;
	const char *text = source_line(r->src, line, &len), *end = text + len;
	uint32_t off = r->src->line_off[line - 1];
	const char *tab;

	r->n = 0;
	for (const char *from = text; from; from = tab ? tab + 1 : NULL) {
		uint32_t n;

		tab = memchr(from, '\t', (size_t)(end - from));
		n = (uint32_t)((tab ? tab : end) - from);
		if (r->n < COLUMNS) {
			r->field[r->n] = arena_strndup(r->arena, from, n);
			r->span[r->n] = (struct span){ off + (uint32_t)(from - text), n ? n : 1 };
		}
		r->n++;
	}
}

static bool is_title(struct row_reader *r)
{
	cut(r, 1);
	for (size_t i = 0; i < COLUMNS; i++) {
		if (i < r->n && strcmp(r->field[i], column_name[i]) == 0)
			continue;
		diag_error(r->diags, i < r->n ? r->span[i] : (struct span){ 0, 1 },
			   "column %zu of a table of requirements is '%s'", i + 1, column_name[i]);
		return false;
	}
	return true;
}

/* The index of @word among @names; negative after an error at @column. */
static int word_of(struct row_reader *r, size_t column, const char *const *names, size_t n)
{
	struct suggest near;

	for (size_t i = 0; i < n; i++) {
		if (strcmp(names[i], r->field[column]) == 0)
			return (int)i;
	}
	suggest_init(&near, r->field[column]);
	for (size_t i = 0; i < n; i++)
		suggest_offer(&near, names[i]);
	diag_error(r->diags, r->span[column], "'%s' is no %s", r->field[column],
		   column_name[column]);
	diag_did_you_mean(r->diags, suggest_best(&near));
	return -ERR_UNKNOWN;
}

/* RFC/NAME, where RFC is the number in the second column. */
static bool is_id(const struct row_reader *r)
{
	size_t n = strlen(r->field[1]);

	return n && strspn(r->field[1], "0123456789") == n &&
	       strncmp(r->field[0], r->field[1], n) == 0 && r->field[0][n] == '/' &&
	       r->field[0][n + 1] && !strpbrk(r->field[0], " ,\"");
}

static bool read_row(struct row_reader *r, struct requirement *out)
{
	static const char *const yes_no[] = { "no", "yes" };
	static const size_t text[] = { 2, 4, 5 };  /* section, area, requirement */
	int level, witness, implied;

	if (r->n != COLUMNS) {
		diag_error(r->diags, r->span[0], "%zu columns instead of %d", r->n, (int)COLUMNS);
		return false;
	}
	if (!is_id(r)) {
		diag_error(r->diags, r->span[0], "an id is the number of the RFC, '/' and a name");
		return false;
	}
	for (size_t i = 0; i < ARRAY_LEN(text); i++) {
		if (*r->field[text[i]])
			continue;
		diag_error(r->diags, r->span[text[i]], "the column '%s' is empty",
			   column_name[text[i]]);
		return false;
	}
	level = word_of(r, 3, req_level_name, ARRAY_LEN(req_level_name));
	witness = word_of(r, 6, req_witness_name, ARRAY_LEN(req_witness_name));
	implied = word_of(r, 8, yes_no, ARRAY_LEN(yes_no));
	if (level < 0 || witness < 0 || implied < 0)
		return false;
	if ((witness == REQ_BY_NONE) != (*r->field[9] != '\0')) {
		diag_error(r->diags, r->span[9],
			   witness == REQ_BY_NONE ? "the note says why it cannot be observed"
						  : "a note is for what cannot be observed");
		return false;
	}
	*out = (struct requirement){
		.id = r->field[0], .rfc = r->field[1], .section = r->field[2],
		.level = (enum req_level)level, .area = r->field[4], .text = r->field[5],
		.witness = (enum req_witness)witness, .how = r->field[7],
		.is_implied = implied == 1, .note = r->field[9], .span = r->span[0],
	};
	return true;
}

/* Where @id is, or would be. */
static const struct requirement **slot_of(const struct requirements *r, const char *id)
{
	size_t at = (size_t)hash_text(id) % r->n_slots;

	while (r->slot[at] && strcmp(r->slot[at]->id, id) != 0)
		at = (at + 1) % r->n_slots;
	return &r->slot[at];
}

/* Of two rows with one id the later one is at fault. */
static void place_rows(struct arena *a, struct requirements *r, struct diags *d)
{
	r->n_slots = 2 * r->n + 1;
	r->slot = ARENA_ARRAY(a, const struct requirement *, r->n_slots);
	for (size_t i = 0; i < r->n; i++) {
		const struct requirement **slot = slot_of(r, r->row[i].id);

		if (*slot)
			diag_error(d, r->row[i].span,
				   "the id '%s' is given twice, first in line %u", r->row[i].id,
				   source_place(&r->src, (*slot)->span.off).line);
		else
			*slot = &r->row[i];
	}
}

int requirements_read(struct arena *a, const struct source *src, struct requirements *out,
		      struct diags *d)
{
	struct row_reader r = { .arena = a, .src = src, .diags = d };
	size_t errors = d->n_errors;

	*out = (struct requirements){ .src = *src };
	if (is_title(&r)) {
		for (uint32_t line = 2; line <= src->n_lines; line++) {
			struct requirement row;
			size_t len;

			source_line(src, line, &len);
			if (!len)
				continue;
			cut(&r, line);
			if (read_row(&r, &row))
				*ARENA_PUSH(a, out->row, out->n, out->cap, struct requirement) = row;
		}
	}
	place_rows(a, out, d);
	return d->n_errors > errors ? -ERR_SYNTAX : 0;
}

const struct requirement *requirements_find(const struct requirements *r, const char *id)
{
	return r->n_slots ? *slot_of(r, id) : NULL;
}

static void check_words(const struct requirements *r, const struct meta_word *w, struct diags *d)
{
	for (; w; w = w->next) {
		struct suggest near;

		if (requirements_find(r, w->text))
			continue;
		diag_error(d, w->span, "unknown requirement '%s'", w->text);
		suggest_init(&near, w->text);
		for (size_t i = 0; i < r->n; i++)
			suggest_offer(&near, r->row[i].id);
		if (suggest_best(&near))
			diag_did_you_mean(d, suggest_best(&near));
		else
			diag_hint(d, "%s holds all there are", r->src.path);
	}
}

void requirements_check(const struct requirements *r, const struct metadata *meta, struct diags *d)
{
	check_words(r, meta->req, d);
	for (const struct meta_mark *m = meta->marks; m; m = m->next)
		check_words(r, m->req, d);
}
