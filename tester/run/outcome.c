/* SPDX-License-Identifier: BSD-2-Clause */
#include "run/outcome.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "judge/verdict.h"

enum { FINDING_KINDS = FINDING_INTERNAL + 1 };

/* ---- writing ---- */

static void add_number(struct buf *out, int64_t n)
{
	buf_printf(out, "%" PRId64 "\t", n);
}

static void add_text(struct buf *out, const char *text)
{
	for (text = text ? text : ""; *text; text++) {
		size_t n = strcspn(text, "\\\t\n");

		buf_add(out, text, n);
		text += n;
		if (!*text)
			break;
		buf_putc(out, '\\');
		buf_putc(out, *text == '\t' ? 't' : *text == '\n' ? 'n' : *text);
	}
	buf_putc(out, '\t');
}

static void add_finding(struct buf *out, const struct finding *f)
{
	add_number(out, f->kind);
	add_number(out, f->is_warning);
	add_number(out, f->line);
	add_number(out, f->col);
	add_text(out, f->message);
	add_text(out, f->text);
	add_number(out, (int64_t)f->n_fields);
	for (size_t i = 0; i < f->n_fields; i++) {
		add_text(out, f->field[i].name);
		add_text(out, f->field[i].expected);
		add_text(out, f->field[i].actual);
		add_number(out, f->field[i].differs);
	}
}

void outcome_write(const struct test_record *r, struct buf *out)
{
	int64_t n_findings = 0;

	for (const struct finding *f = r->findings; f; f = f->next)
		n_findings++;
	add_number(out, r->verdict);
	add_number(out, r->wall_us);
	add_number(out, r->late_us);
	add_number(out, r->retries);
	add_text(out, r->variant);
	add_text(out, r->reason);
	add_text(out, r->output);
	add_number(out, n_findings);
	for (const struct finding *f = r->findings; f; f = f->next)
		add_finding(out, f);
	buf_putc(out, '\n');
}

/* ---- reading ---- */

struct reader {
	struct arena *arena;
	const char *at, *end;
	bool is_bad;
};

/* The text up to the next tab, as it stands. */
static const char *cut(struct reader *r, size_t *n)
{
	const char *from = r->at, *tab = memchr(from, '\t', (size_t)(r->end - from));

	*n = tab ? (size_t)(tab - from) : 0;
	r->is_bad |= !tab;
	r->at = tab ? tab + 1 : r->end;
	return from;
}

static char plain(char escaped)
{
	return escaped == 't' ? '\t' : escaped == 'n' ? '\n' : escaped;
}

static const char *take_text(struct reader *r)
{
	size_t n, len = 0;
	const char *from = cut(r, &n);
	char *text = ARENA_ARRAY(r->arena, char, n + 1);

	for (size_t i = 0; i < n; i++) {
		if (from[i] == '\\' && i + 1 < n)
			text[len++] = plain(from[++i]);
		else
			text[len++] = from[i];
	}
	return text;
}

static int64_t take_signed(struct reader *r)
{
	size_t n, i;
	const char *from = cut(r, &n);
	size_t n_sign = n && *from == '-';
	int64_t value = 0;

	for (i = n_sign; i < n && from[i] >= '0' && from[i] <= '9' && value <= (INT64_MAX - 9) / 10; i++)
		value = value * 10 + (from[i] - '0');
	r->is_bad |= n == n_sign || i < n;
	return n_sign ? -value : value;
}

/* One from 0 to @max. */
static int64_t take_number(struct reader *r, int64_t max)
{
	int64_t value = take_signed(r);

	if (value >= 0 && value <= max)
		return value;
	r->is_bad = true;
	return 0;
}

/* Of what has @n_tabs at the least, there cannot be more than what is left of the line has. */
static size_t take_count(struct reader *r, int64_t n_tabs)
{
	return (size_t)take_number(r, (r->end - r->at) / n_tabs);
}

static struct finding *take_finding(struct reader *r)
{
	struct finding *f = ARENA_NEW(r->arena, struct finding);

	f->kind = (enum finding_kind)take_number(r, FINDING_KINDS - 1);
	f->is_warning = take_number(r, 1) != 0;
	f->line = (uint32_t)take_number(r, UINT32_MAX);
	f->col = (uint32_t)take_number(r, UINT32_MAX);
	f->message = take_text(r);
	f->text = take_text(r);
	f->n_fields = take_count(r, 4);
	f->field = ARENA_ARRAY(r->arena, struct finding_field, f->n_fields);
	for (size_t i = 0; i < f->n_fields; i++) {
		f->field[i].name = take_text(r);
		f->field[i].expected = take_text(r);
		f->field[i].actual = take_text(r);
		f->field[i].differs = take_number(r, 1) != 0;
	}
	return f;
}

int outcome_read(struct arena *a, const char *line, size_t n, struct test_record *out)
{
	struct reader r = { .arena = a, .at = line, .end = line + n };
	struct finding **tail = &out->findings;
	size_t n_findings;

	*out = (struct test_record){ .verdict = (enum verdict)take_number(&r, VERDICT_COUNT - 1) };
	out->wall_us = take_signed(&r);
	out->late_us = take_signed(&r);
	out->retries = (uint32_t)take_number(&r, UINT32_MAX);
	out->variant = take_text(&r);
	out->reason = take_text(&r);
	out->output = take_text(&r);
	n_findings = take_count(&r, 7);
	for (size_t i = 0; i < n_findings && !r.is_bad; i++) {
		*tail = take_finding(&r);
		tail = &(*tail)->next;
	}
	if (r.at < r.end && *r.at == '\n')
		r.at++;
	return r.is_bad || r.at != r.end ? -ERR_SYNTAX : 0;
}
