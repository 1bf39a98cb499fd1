/* SPDX-License-Identifier: BSD-2-Clause */
/* Statistics and output. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "bench.h"

/* ---- statistics ---- */

void samples_add(struct samples *s, double v)
{
	if (s->n == s->cap) {
		s->cap = s->cap ? s->cap * 2 : 64;
		s->v = realloc(s->v, s->cap * sizeof(*s->v));
		if (!s->v)
			abort();
	}
	s->v[s->n++] = v;
}

void samples_free(struct samples *s)
{
	free(s->v);
	*s = (struct samples){ 0 };
}

static int compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

double samples_at(struct samples *s, double q)
{
	size_t i = (size_t)(q * (double)s->n);

	if (!s->n)
		return 0;
	qsort(s->v, s->n, sizeof(*s->v), compare);
	return s->v[i < s->n ? i : s->n - 1];
}

/* ---- keeping ---- */

void figure_set(struct bench *b, enum who who, enum figure_id id, size_t column, struct samples *s)
{
	b->cell[id][who][column] = (struct cell){ .runs = s->n, .median = samples_at(s, 0.5),
						  .least = samples_at(s, 0),
						  .most = samples_at(s, 1) };
	samples_free(s);
}

void figure_one(struct bench *b, enum who who, enum figure_id id, size_t column, double v)
{
	b->cell[id][who][column] = (struct cell){ .runs = 1, .median = v, .least = v, .most = v };
}

/* Once for all columns that lack it. */
void figure_missing(struct bench *b, const char *what, const char *reason)
{
	const char *said = json_string_value(json_object_get(b->missing, what));

	if (said && strcmp(reason, said) == 0)
		return;
	json_object_set_new(b->missing, what, json_string(reason));
	bench_say(b, "\nNot measured: `%s`: %s\n", what, reason);
}

size_t group_columns(enum group_id group)
{
	size_t n = 0;

	while (n < COLUMN_MAX && group_table[group].column[n])
		n++;
	return n ? n : 1;
}

/* ---- printing ---- */

void bench_say(struct bench *b, const char *fmt, ...)
{
	va_list ap, again;

	va_start(ap, fmt);
	va_copy(again, ap);
	vprintf(fmt, ap);
	vfprintf(b->page, fmt, again);
	va_end(again);
	va_end(ap);
	fflush(stdout);
}

/* Enough digits to tell two runs apart, not more; thousands get a comma. */
static const char *number(double v, char *out, size_t size)
{
	long long whole = (long long)(v + 0.5);

	if (v >= 1e6)
		snprintf(out, size, "%lld,%03lld,%03lld", whole / 1000000, whole / 1000 % 1000,
			 whole % 1000);
	else if (v >= 999.5)
		snprintf(out, size, "%lld,%03lld", whole / 1000, whole % 1000);
	else if (v == (double)(long long)v)
		snprintf(out, size, "%lld", whole);
	else
		snprintf(out, size, "%.*f", v >= 100 ? 0 : v >= 10 ? 1 : v >= 1 ? 2 : 3, v);
	return out;
}

static bool is_measured(const struct bench *b, enum who who, enum figure_id id)
{
	for (size_t c = 0; c < COLUMN_MAX; c++) {
		if (b->cell[id][who][c].runs)
			return true;
	}
	return false;
}

/* What stands in a column: of a single figure median, least and most; else one value for each. */
static double value(const struct figure *f, const struct cell *c, size_t column, bool is_single)
{
	const double single[] = { c->median, c->least, c->most };

	if (is_single)
		return single[column];
	return f->is_count ? c->most : c->median;
}

static void print_row(struct bench *b, enum who who, enum figure_id id, size_t n, bool is_single)
{
	const struct figure *f = &figure_table[id];
	char what[64], text[40];

	if (!is_measured(b, who, id))
		return;
	snprintf(what, sizeof(what), "%s%s, %s", who == WHO_PACKETDRILL ? "packetdrill: " : "",
		 f->what, f->unit);
	bench_say(b, "| %-36s |", what);
	for (size_t i = 0; i < n; i++) {
		const struct cell *c = &b->cell[id][who][is_single ? 0 : i];

		bench_say(b, " %9s |", c->runs ? number(value(f, c, i, is_single), text, sizeof(text))
					       : "");
	}
	bench_say(b, " %-12s | %-28s |\n", f->aim && who == WHO_TCPDRILL ? f->aim : "", f->name);
}

static bool has_row(const struct bench *b, enum group_id group)
{
	for (enum figure_id id = 0; id < FIG_COUNT; id++) {
		for (enum who who = 0; who < WHO_COUNT; who++) {
			if (figure_table[id].group == group && is_measured(b, who, id))
				return true;
		}
	}
	return false;
}

void group_print(struct bench *b, enum group_id group)
{
	static const char *const single[] = { "median", "least", "most" };
	const char *const *column = group_table[group].column;
	bool is_single = !column[0];
	size_t n = is_single ? ARRAY_LEN(single) : group_columns(group);

	if (!has_row(b, group))
		return;
	bench_say(b, "\n| %-36s |", "");
	for (size_t i = 0; i < n; i++)
		bench_say(b, " %9s |", is_single ? single[i] : column[i]);
	bench_say(b, " %-12s | %-28s |\n|---|", "aim", "name");
	for (size_t i = 0; i < n; i++)
		bench_say(b, "--:|");
	bench_say(b, "---|---|\n");
	for (enum figure_id id = 0; id < FIG_COUNT; id++) {
		if (figure_table[id].group != group)
			continue;
		for (enum who who = 0; who < WHO_COUNT; who++)
			print_row(b, who, id, n, is_single);
	}
}

/* ---- the file ---- */

static json_t *cells_json(const struct cell *cell, enum group_id group)
{
	const char *const *column = group_table[group].column;
	json_t *all = json_object();

	for (size_t i = 0; i < group_columns(group); i++) {
		json_t *o;

		if (!cell[i].runs)
			continue;
		o = json_object();
		json_object_set_new(o, "median", json_real(cell[i].median));
		json_object_set_new(o, "least", json_real(cell[i].least));
		json_object_set_new(o, "most", json_real(cell[i].most));
		json_object_set_new(o, "runs", json_integer((json_int_t)cell[i].runs));
		json_object_set_new(all, column[i] ? column[i] : "all", o);
	}
	return all;
}

json_t *figures_json(const struct bench *b)
{
	static const char *const who_name[] = { "tcpdrill", "packetdrill" };
	json_t *all = json_object();

	for (enum figure_id id = 0; id < FIG_COUNT; id++) {
		const struct figure *f = &figure_table[id];
		json_t *o = json_object();

		json_object_set_new(o, "what", json_string(f->what));
		json_object_set_new(o, "unit", json_string(f->unit));
		if (f->aim)
			json_object_set_new(o, "aim", json_string(f->aim));
		for (enum who who = 0; who < WHO_COUNT; who++) {
			if (is_measured(b, who, id))
				json_object_set_new(o, who_name[who],
						    cells_json(b->cell[id][who], f->group));
		}
		json_object_set_new(all, f->name, o);
	}
	return all;
}
