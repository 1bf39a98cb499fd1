/* SPDX-License-Identifier: BSD-2-Clause */
/* Traces as text become events that can be paired. */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/util.h"
#include "suite/compare.h"

/* What the engine traces behind the last line of a script that was played to its end. */
static const char script_end[] = "the script ends";

const char *const compare_field_name[COMPARE_FIELDS] = {
	[COMPARE_IP] = "IP header", [COMPARE_FLAGS] = "flags", [COMPARE_NUMBERS] = "numbers",
	[COMPARE_ACK] = "ack", [COMPARE_MORE] = "other",
};

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
static const char *plain_numbers(struct arena *a, const char *numbers)
{
	uint32_t from, to;
	int used = 0;

	if (sscanf(numbers, "%" SCNu32 ":%" SCNu32 "%n", &from, &to, &used) != 2)
		return numbers;
	return arena_printf(a, "0:%" PRIu32 "%s", to - from, numbers + used);
}

/* The next word, which is cut off *@rest; "" when there is none. */
static const char *take_word(struct arena *a, const char **rest)
{
	size_t n = strcspn(*rest, " ");
	const char *word = arena_strndup(a, *rest, n);

	*rest += n;
	*rest += strspn(*rest, " ");
	return word;
}

/* "[ect0] S. 0:0(0) ack 1 urg 2"; what is no TCP segment, or a piece of one, is a single field. */
static void read_fields(struct arena *a, struct compare_event *e, const char *text)
{
	const char *rest = text, *end;

	while (*rest == '[' && (end = strchr(rest, ']')) != NULL)
		rest = end + 1 + strspn(end + 1, " ");
	end = rest;
	e->field[COMPARE_FLAGS] = take_word(a, &rest);
	if (!isdigit((unsigned char)*rest) || !memchr(rest, ':', strcspn(rest, " "))) {
		e->field[COMPARE_FLAGS] = "";
		e->field[COMPARE_MORE] = text;
		return;
	}
	while (end > text && end[-1] == ' ')
		end--;
	e->field[COMPARE_IP] = arena_strndup(a, text, (size_t)(end - text));
	e->field[COMPARE_NUMBERS] = take_word(a, &rest);
	if (e->kind == COMPARE_OUT && strchr(e->field[COMPARE_FLAGS], 'S'))
		e->field[COMPARE_NUMBERS] = plain_numbers(a, e->field[COMPARE_NUMBERS]);
	if (strncmp(rest, "ack ", 4) == 0) {
		rest += 4;
		e->field[COMPARE_ACK] = take_word(a, &rest);
	}
	e->field[COMPARE_MORE] = arena_strdup(a, rest);
}

static const char *key_of(struct arena *a, const struct compare_event *e)
{
	struct buf key = { 0 };
	const char *s;

	buf_putc(&key, e->kind == COMPARE_IN ? '<' : '>');
	for (int i = 0; i < COMPARE_FIELDS; i++) {
		if (*e->field[i])
			buf_printf(&key, "%s%s", i == COMPARE_ACK ? " ack " : " ", e->field[i]);
	}
	s = arena_strdup(a, buf_str(&key));
	buf_fini(&key);
	return s;
}

/* Cuts " win N" and " <options>" off the text. */
static void read_packet(struct arena *a, struct compare_event *e)
{
	char *front = arena_strdup(a, e->text + 2), *options = strchr(front, '<'), *win;

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
	read_fields(a, e, front);
	e->key = key_of(a, e);
}

bool compare_is_same_call(const char *x, const char *y)
{
	size_t n = strcspn(x, "(");

	return n == strcspn(y, "(") && strncmp(x, y, n) == 0;
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
	for (int i = 0; i < COMPARE_FIELDS; i++)
		e->field[i] = "";
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

/*
 * Packets are read from the capture when a line needs them, so a trace is not in order: what a packet
 * did to the state may stand above it. In virtual time both have the same time.
 */
static void put_in_order(struct compare_events *es)
{
	for (size_t i = 1; i < es->n; i++) {
		struct compare_event e = es->event[i];
		size_t k = i;

		while (k > 0 && (es->event[k - 1].at_us > e.at_us ||
				 (es->event[k - 1].at_us == e.at_us && e.kind == COMPARE_OUT &&
				  es->event[k - 1].kind == COMPARE_STATE))) {
			es->event[k] = es->event[k - 1];
			k--;
		}
		es->event[k] = e;
	}
}

/* "read() blocks", then perhaps other events, then "read(4, ..., 10) = 5". */
static void mark_returns(struct compare_events *es)
{
	const char *blocks = NULL;

	for (size_t i = 0; i < es->n; i++) {
		struct compare_event *e = &es->event[i];

		if (e->kind != COMPARE_CALL)
			continue;
		if (strstr(e->text, "() blocks")) {
			blocks = e->text;
		} else if (blocks && compare_is_same_call(blocks, e->text)) {
			e->is_return = true;
			blocks = NULL;
		}
	}
}

static void measure_delays(struct compare_events *es)
{
	size_t n_acts = 0;

	for (size_t i = 0; i < es->n; i++) {
		struct compare_event *e = &es->event[i];

		e->since_us = e->at_us - es->acted_us;
		e->n_acts = n_acts;
		if (e->kind == COMPARE_IN || (e->kind == COMPARE_CALL && !e->is_return)) {
			es->acted_us = e->at_us;
			n_acts++;
		}
	}
}

struct compare_events compare_read(struct arena *a, const char *trace)
{
	struct compare_events out = { .end_us = COMPARE_NO_END };

	for (; *trace; trace += strcspn(trace, "\n"), trace += *trace == '\n') {
		size_t n = strcspn(trace, "\n");
		struct compare_event e = { 0 };
		const char *rest;

		if (!read_time(trace, n, &e.at_us, &rest))
			continue;
		e.text = arena_strndup(a, rest, n - (size_t)(rest - trace));
		if (strcmp(e.text, script_end) == 0) {
			out.end_us = e.at_us;
			continue;
		}
		if (out.n == COMPARE_EVENTS_MAX) {
			out.is_cut = true;
			break;
		}
		read_event(a, &e);
		*ARENA_PUSH(a, out.event, out.n, out.cap, struct compare_event) = e;
	}
	put_in_order(&out);
	mark_returns(&out);
	measure_delays(&out);
	return out;
}
