/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Theory of operation
 *
 * Each line of a trace becomes an event with a key: what must be equal on both sides. The longest
 * common subsequence of keys pairs the events. So one packet more on one side does not make all that
 * follows differ. Between two such pairs, events of the same kind that have most in common stand
 * beside each other, to show in what they differ; the others stand alone.
 */
#include "suite/compare.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/util.h"

enum { DELAY_MIN_US = 5000, DELAY_SHARE = 20 };

/* ---- pairing ---- */

static bool is_same(const struct compare_event *x, const struct compare_event *y)
{
	return x->kind == y->kind && strcmp(x->key, y->key) == 0;
}

static void add_row(struct arena *a, struct comparison *c, const struct compare_event *x,
		    const struct compare_event *y)
{
	struct compare_row *r =
		ARENA_PUSH(a, c->row, c->n_rows, c->rows_cap, struct compare_row);

	r->side[0] = x;
	r->side[1] = y;
	r->diverges = !x || !y || !is_same(x, y) || strcmp(x->result, y->result) != 0;
}

/* When exactly it came is not known, or depends on who got a processor first. */
static bool is_loose(const struct compare_event *e)
{
	return e->kind == COMPARE_STATE || e->is_return;
}

/* How well two events go together; 0: not at all. Any number of makeshifts is worth less than one
 * pair of events that are the same, and that have their place. */
static uint32_t worth(const struct compare_event *x, const struct compare_event *y)
{
	uint32_t n = 1;

	if (is_same(x, y))
		return is_loose(x) ? COMPARE_FIELDS + 2 : COMPARE_EVENTS_MAX * (COMPARE_FIELDS + 3);
	if (x->kind != y->kind ||
	    (x->kind == COMPARE_CALL && !compare_is_same_call(x->key, y->key)))
		return 0;
	for (int i = 0; i < COMPARE_FIELDS; i++)
		n += *x->field[i] && strcmp(x->field[i], y->field[i]) == 0;
	return n;
}

static uint32_t larger(uint32_t x, uint32_t y)
{
	return x > y ? x : y;
}

/* at [i * (y->n + 1) + k]: what the best pairing of x from i on and of y from k on is worth */
static uint32_t *best_worths(const struct compare_events *x, const struct compare_events *y)
{
	size_t width = y->n + 1;
	uint32_t *best = calloc((x->n + 1) * width, sizeof(*best));

	if (!best)
		abort();
	for (size_t i = x->n; i-- > 0;) {
		for (size_t k = y->n; k-- > 0;) {
			uint32_t *at = &best[i * width + k];
			uint32_t both = worth(&x->event[i], &y->event[k]);

			*at = larger(at[width], at[1]);
			if (both)
				*at = larger(*at, at[width + 1] + both);
		}
	}
	return best;
}

static void pair(struct arena *a, struct comparison *c, const struct compare_events *x,
		 const struct compare_events *y)
{
	uint32_t *best = best_worths(x, y);
	size_t width = y->n + 1, i = 0, k = 0;

	while (i < x->n && k < y->n) {
		const uint32_t *at = &best[i * width + k];
		uint32_t both = worth(&x->event[i], &y->event[k]);

		if (both && *at == at[width + 1] + both)
			add_row(a, c, &x->event[i++], &y->event[k++]);
		else if (*at == at[width])
			add_row(a, c, &x->event[i++], NULL);
		else
			add_row(a, c, NULL, &y->event[k++]);
	}
	while (i < x->n)
		add_row(a, c, &x->event[i++], NULL);
	while (k < y->n)
		add_row(a, c, NULL, &y->event[k++]);
	free(best);
}

/* ---- details ---- */

static void add_detail(struct arena *a, struct comparison *c, size_t row, const char *what,
		       const char *x, const char *y)
{
	*ARENA_PUSH(a, c->detail, c->n_details, c->details_cap, struct compare_detail) =
		(struct compare_detail){ .row = row, .what = what, .text = { x, y } };
	c->row[row].has_details = true;
}

/* Time stamps are each stack's own: only that they are there counts. */
static const char *plain_options(struct arena *a, const char *options)
{
	struct buf text = { 0 };
	const char *s;

	while (*options) {
		if (strncmp(options, "val ", 4) == 0 || strncmp(options, "ecr ", 4) == 0) {
			buf_add(&text, options, 4);
			options += 4 + strcspn(options + 4, " ,>");
		} else {
			buf_putc(&text, *options++);
		}
	}
	s = arena_strdup(a, buf_str(&text));
	buf_fini(&text);
	return s;
}

static bool is_delay(int64_t x, int64_t y)
{
	int64_t more = x > y ? x : y, less = x > y ? y : x;

	return more - less > DELAY_MIN_US && more - less > more / DELAY_SHARE;
}

static const char *as_ms(struct arena *a, int64_t us)
{
	return arena_printf(a, "%.3f ms", (double)us / 1e3);
}

static const char *or_none(const char *text)
{
	return *text ? text : "none";
}

static void find_details(struct arena *a, struct comparison *c, size_t row)
{
	const struct compare_event *x = c->row[row].side[0], *y = c->row[row].side[1];

	if (!x || !y)
		return;
	for (int i = 0; i < COMPARE_FIELDS; i++) {
		if (strcmp(x->field[i], y->field[i]) != 0)
			add_detail(a, c, row, compare_field_name[i], or_none(x->field[i]),
				   or_none(y->field[i]));
	}
	if (strcmp(x->window, y->window) != 0)
		add_detail(a, c, row, "window", or_none(x->window), or_none(y->window));
	if (strcmp(plain_options(a, x->options), plain_options(a, y->options)) != 0)
		add_detail(a, c, row, "options", or_none(x->options), or_none(y->options));
	if (x->kind == COMPARE_OUT && is_delay(x->since_us, y->since_us))
		add_detail(a, c, row, "delay", as_ms(a, x->since_us), as_ms(a, y->since_us));
}

/*
 * Is the script of @other too short to tell whether that comes there, too? Only what came by itself,
 * after a while, after the last that the tester did.
 */
static bool is_beyond_end(const struct compare_event *e, const struct compare_events *own,
			  const struct compare_events *other)
{
	int64_t left_us = other->end_us - other->acted_us - e->since_us;

	if ((e->kind != COMPARE_OUT && e->kind != COMPARE_STATE) || e->at_us < own->acted_us ||
	    other->end_us == COMPARE_NO_END || e->since_us <= DELAY_MIN_US)
		return false;
	return left_us <= DELAY_MIN_US || left_us <= e->since_us / DELAY_SHARE;
}

static void forgive_end(struct arena *a, struct comparison *c, const struct compare_events *x,
			const struct compare_events *y)
{
	for (size_t row = 0; row < c->n_rows; row++) {
		struct compare_row *r = &c->row[row];
		const char *when;

		if (!r->diverges || (r->side[0] && r->side[1]) ||
		    !(r->side[0] ? is_beyond_end(r->side[0], x, y)
				 : is_beyond_end(r->side[1], y, x)))
			continue;
		when = as_ms(a, (r->side[0] ? r->side[0] : r->side[1])->since_us);
		r->diverges = false;
		add_detail(a, c, row, "delay", r->side[0] ? when : "beyond the end",
			   r->side[0] ? "beyond the end" : when);
	}
}

/* The lone row of the other side, between the same acts, that is the same as this one. */
static struct compare_row *twin_of(const struct comparison *c, const struct compare_event *x)
{
	for (size_t row = 0; row < c->n_rows; row++) {
		const struct compare_event *y = c->row[row].side[1];

		if (!c->row[row].side[0] && c->row[row].diverges && is_loose(y) &&
		    y->n_acts == x->n_acts && is_same(x, y) && strcmp(x->result, y->result) == 0)
			return &c->row[row];
	}
	return NULL;
}

/* States and returns that both sides have, though not in the same order. */
static void forgive_order(struct comparison *c)
{
	for (size_t row = 0; row < c->n_rows; row++) {
		struct compare_row *r = &c->row[row], *twin;

		if (!r->diverges || r->side[1] || !is_loose(r->side[0]))
			continue;
		twin = twin_of(c, r->side[0]);
		if (twin)
			r->diverges = twin->diverges = false;
	}
}

struct comparison compare_traces(struct arena *a, const struct compare_events *x,
				 const struct compare_events *y)
{
	struct comparison c = { .is_cut = x->is_cut || y->is_cut };

	pair(a, &c, x, y);
	for (size_t i = 0; i < c.n_rows; i++)
		find_details(a, &c, i);
	forgive_order(&c);
	forgive_end(a, &c, x, y);
	while (c.first < c.n_rows && !c.row[c.first].diverges)
		c.first++;
	c.diverges = c.first < c.n_rows;
	return c;
}
