/* SPDX-License-Identifier: BSD-2-Clause */
#include "suite/compare.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/util.h"

/*
 * Theory of operation
 *
 * Each line of a trace becomes an event with a key: what must be equal on both sides. The longest
 * common subsequence of keys pairs the events; the others stand alone. So one packet more on one
 * side does not make all that follows differ.
 */

enum { DELAY_MIN_US = 5000, DELAY_SHARE = 20 };

/* ---- reading ---- */

/* "0.010000 " at the front; the rest in *@rest. */
static bool read_time(const char *line, size_t n, int64_t *us, const char **rest)
{
	int64_t seconds = 0, part = 0;
	size_t i = 0, digits = 0;
	bool is_negative = n && line[0] == '-';

	i += is_negative;
	for (; i < n && isdigit((unsigned char)line[i]) && digits < 12; i++, digits++)
		seconds = seconds * 10 + (line[i] - '0');
	if (!digits || i >= n || line[i] != '.')
		return false;
	for (i++, digits = 0; i < n && isdigit((unsigned char)line[i]) && digits < 6; i++, digits++)
		part = part * 10 + (line[i] - '0');
	if (digits != 6 || i >= n || line[i] != ' ')
		return false;
	*us = (seconds * 1000000 + part) * (is_negative ? -1 : 1);
	*rest = line + i + 1;
	return true;
}

/* The number of a SYN is each stack's own: what counts is how far it reaches. */
static void add_numbers(struct buf *key, const char *text, bool is_syn)
{
	uint32_t from, to;
	int used = 0;
	const char *numbers = is_syn ? strchr(text, ' ') : NULL;

	if (numbers && sscanf(numbers, " %" SCNu32 ":%" SCNu32 "%n", &from, &to, &used) == 2) {
		buf_add(key, text, (size_t)(numbers - text));
		buf_printf(key, " 0:%" PRIu32, to - from);
		text = numbers + used;
	}
	buf_puts(key, text);
}

/* Cuts " win N" and " <options>" off the text. */
static void read_packet(struct arena *a, struct compare_event *e)
{
	const char *text = e->text + 2;
	char *front = arena_strdup(a, text), *options = strchr(front, '<'), *win;
	struct buf key = { 0 };

	e->window = e->options = "";
	if (options) {
		e->options = arena_strdup(a, options);
		while (options > front && options[-1] == ' ')
			options--;
		*options = '\0';
	}
	win = strstr(front, " win ");
	if (win) {
		size_t n = strcspn(win + 5, " ");

		e->window = arena_strndup(a, win + 5, n);
		memmove(win, win + 5 + n, strlen(win + 5 + n) + 1);
	}
	buf_puts(&key, e->kind == COMPARE_IN ? "< " : "> ");
	add_numbers(&key, front, e->kind == COMPARE_OUT && front[0] == 'S');
	e->key = arena_strdup(a, buf_str(&key));
	buf_fini(&key);
}

static void read_call(struct arena *a, struct compare_event *e)
{
	const char *equals = NULL;

	for (const char *s = e->text; (s = strstr(s, ") = ")) != NULL; s++)
		equals = s;
	e->key = equals ? arena_strndup(a, e->text, (size_t)(equals + 1 - e->text)) : e->text;
	e->result = equals ? equals + 4 : "";
}

static void read_event(struct arena *a, struct compare_event *e)
{
	e->key = e->text;
	e->result = e->window = e->options = "";
	if (strncmp(e->text, "< ", 2) == 0 || strncmp(e->text, "> ", 2) == 0) {
		e->kind = e->text[0] == '<' ? COMPARE_IN : COMPARE_OUT;
		read_packet(a, e);
	} else if (strncmp(e->text, "state() == ", 11) == 0) {
		e->kind = COMPARE_STATE;
	} else {
		e->kind = COMPARE_CALL;
		read_call(a, e);
	}
}

struct compare_events compare_read(struct arena *a, const char *trace)
{
	struct compare_events out = { 0 };
	int64_t acted_us = 0;

	while (*trace) {
		size_t n = strcspn(trace, "\n");
		struct compare_event e = { 0 };
		const char *rest;

		if (read_time(trace, n, &e.at_us, &rest)) {
			if (out.n == COMPARE_EVENTS_MAX) {
				out.is_cut = true;
				break;
			}
			e.text = arena_strndup(a, rest, n - (size_t)(rest - trace));
			read_event(a, &e);
			e.since_us = e.at_us - acted_us;
			if (e.kind == COMPARE_IN || e.kind == COMPARE_CALL)
				acted_us = e.at_us;
			*ARENA_PUSH(a, out.event, out.n, out.cap, struct compare_event) = e;
		}
		trace += n + (trace[n] == '\n');
	}
	return out;
}

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
	r->diverges = !x || !y || strcmp(x->result, y->result) != 0;
	if (r->diverges && !c->diverges) {
		c->diverges = true;
		c->first = c->n_rows - 1;
	}
}

static void pair(struct arena *a, struct comparison *c, const struct compare_events *x,
		 const struct compare_events *y)
{
	size_t width = y->n + 1, i = 0, k = 0;
	/* at [i][k]: how many of x from i on and of y from k on can be paired */
	uint32_t *common = calloc((x->n + 1) * width, sizeof(*common));

	if (!common)
		abort();
	for (i = x->n; i-- > 0;) {
		for (k = y->n; k-- > 0;) {
			uint32_t down = common[(i + 1) * width + k], right = common[i * width + k + 1];

			common[i * width + k] = is_same(&x->event[i], &y->event[k])
							? common[(i + 1) * width + k + 1] + 1
						: down > right ? down
							       : right;
		}
	}
	i = k = 0;
	while (i < x->n || k < y->n) {
		if (i < x->n && k < y->n && is_same(&x->event[i], &y->event[k]))
			add_row(a, c, &x->event[i++], &y->event[k++]);
		else if (k == y->n || (i < x->n && common[(i + 1) * width + k] >=
							   common[i * width + k + 1]))
			add_row(a, c, &x->event[i++], NULL);
		else
			add_row(a, c, NULL, &y->event[k++]);
	}
	free(common);
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

static void find_details(struct arena *a, struct comparison *c, size_t row)
{
	const struct compare_event *x = c->row[row].side[0], *y = c->row[row].side[1];

	if (!x || !y)
		return;
	if (strcmp(x->window, y->window) != 0)
		add_detail(a, c, row, "window", x->window, y->window);
	if (strcmp(plain_options(a, x->options), plain_options(a, y->options)) != 0)
		add_detail(a, c, row, "options", *x->options ? x->options : "none",
			   *y->options ? y->options : "none");
	if (x->kind == COMPARE_OUT && is_delay(x->since_us, y->since_us))
		add_detail(a, c, row, "delay", as_ms(a, x->since_us), as_ms(a, y->since_us));
}

struct comparison compare_traces(struct arena *a, const struct compare_events *x,
				 const struct compare_events *y)
{
	struct comparison c = { .is_cut = x->is_cut || y->is_cut };

	pair(a, &c, x, y);
	for (size_t i = 0; i < c.n_rows; i++)
		find_details(a, &c, i);
	return c;
}
