/* SPDX-License-Identifier: BSD-2-Clause */
#include "wire/tcpopt.h"

#include <ctype.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/suggest.h"

/* The words of one option and where we are in them. */
struct words {
	struct arena *arena;
	const char *const *word;
	size_t n, at;
	struct tcpopt_want *out;
	size_t *bad;
	const char **why;
	const char **hint;
};

static int fail(struct words *p, size_t bad, int rc, const char *why)
{
	/* Words that are missing are blamed on the last one there is. */
	*p->bad = bad < p->n ? bad : p->n - 1;
	*p->why = why;
	return rc;
}

/* Decimal digits from @s to @end; -ERR_SYNTAX, or -ERR_RANGE above @max. */
static int parse_number(const char *s, const char *end, uint32_t max, uint32_t *out)
{
	uint64_t v = 0;

	if (s == end)
		return -ERR_SYNTAX;
	for (const char *c = s; c < end; c++) {
		if (!isdigit((unsigned char)*c))
			return -ERR_SYNTAX;
		if (v <= max)
			v = v * 10 + (uint64_t)(*c - '0');
	}
	if (v > max)
		return -ERR_RANGE;
	*out = (uint32_t)v;
	return 0;
}

static uint32_t max_of(const struct tcpopt_field *f)
{
	return f->width_bytes >= 4 ? UINT32_MAX : (1u << (8 * f->width_bytes)) - 1;
}

/* N, N~M, * or ..., each with ! behind it or not: the next value of the option. */
static int parse_value(struct words *p, const struct tcpopt_field *f, const char *s,
		       const char *end)
{
	struct tcpopt_want *w = p->out;
	uint8_t i = w->opt.n_values++;
	uint32_t max = max_of(f);
	const char *tilde;
	int rc;

	if (end > s && end[-1] == '!') {
		w->is_literal[i] = true;
		end--;
	}
	if ((end - s == 1 && *s == '*') || (end - s == 3 && !memcmp(s, "...", 3))) {
		w->any[i] = true;
		w->high[i] = max;
		return 0;
	}
	tilde = memchr(s, '~', (size_t)(end - s));
	rc = parse_number(s, tilde ? tilde : end, max, &w->opt.value[i]);
	w->high[i] = w->opt.value[i];
	if (rc == 0 && tilde)
		rc = parse_number(tilde + 1, end, max, &w->high[i]);
	if (rc == -ERR_RANGE)
		return fail(p, p->at, rc, arena_printf(p->arena, "number above %u", max));
	if (rc == 0 && w->high[i] < w->opt.value[i])
		return fail(p, p->at, -ERR_RANGE, "the range ends below its start");
	if (rc)
		return fail(p, p->at, rc,
			    arena_printf(p->arena, "expected a number, LOW~HIGH or *, not '%s'",
					 p->word[p->at]));
	return 0;
}

/* Which word must stand here: for the first field of all rows with this name. */
static int expected_name(struct words *p, const struct tcpopt_row *row, size_t field)
{
	const char *list = arena_printf(p->arena, "'%s'", row->field[field].name);

	for (size_t i = 0; field == 0 && i < tcpopt_table_len; i++) {
		const struct tcpopt_row *r = &tcpopt_table[i];

		if (r != row && !strcmp(r->name, row->name))
			list = arena_printf(p->arena, "%s or '%s'", list, r->field[0].name);
	}
	return fail(p, p->at, -ERR_SYNTAX,
		    arena_printf(p->arena, "expected %s in option '%s'", list, row->name));
}

static int parse_fields(struct words *p, const struct tcpopt_row *row)
{
	for (size_t i = 0; i < row->n_fields; i++) {
		const struct tcpopt_field *f = &row->field[i];
		int rc;

		if (p->at == p->n && i > 0 && row->may_be_short)
			return 0;
		if (f->name[0]) {
			if (p->at == p->n || strcmp(p->word[p->at], f->name))
				return expected_name(p, row, i);
			p->at++;
		}
		if (p->at == p->n)
			return fail(p, p->at, -ERR_SYNTAX,
				    arena_printf(p->arena, "a number is missing after '%s'",
						 p->word[p->n - 1]));
		rc = parse_value(p, f, p->word[p->at], strchr(p->word[p->at], '\0'));
		if (rc)
			return rc;
		p->at++;
	}
	return 0;
}

/* One "LEFT:RIGHT"; a single * stands for both, and a ! behind the right edge covers the left. */
static int parse_group(struct words *p, const struct tcpopt_row *row)
{
	struct tcpopt_want *w = p->out;
	const char *s = p->word[p->at];
	const char *colon = strchr(s, ':');
	int rc;

	if (!colon && strcmp(s, "*") && strcmp(s, "..."))
		return fail(p, p->at, -ERR_SYNTAX,
			    arena_printf(p->arena, "expected LEFT:RIGHT, not '%s'", s));
	rc = parse_value(p, &row->field[0], s, colon ? colon : strchr(s, '\0'));
	if (rc)
		return rc;
	rc = parse_value(p, &row->field[1], colon ? colon + 1 : s, strchr(s, '\0'));
	if (rc == 0 && w->is_literal[w->opt.n_values - 1])
		w->is_literal[w->opt.n_values - 2] = true;
	return rc;
}

static int parse_groups(struct words *p, const struct tcpopt_row *row)
{
	if (p->at == p->n)
		return fail(
			p, p->at, -ERR_SYNTAX,
			arena_printf(p->arena, "'%s' needs at least one LEFT:RIGHT", row->name));
	for (; p->at < p->n; p->at++) {
		int rc;

		if (p->out->opt.n_values + 2 > TCPOPT_MAX_VALUES)
			return fail(p, p->at, -ERR_RANGE,
				    arena_printf(p->arena, "'%s' has room for %d blocks", row->name,
						 TCPOPT_MAX_VALUES / 2));
		rc = parse_group(p, row);
		if (rc)
			return rc;
	}
	return 0;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The word at p->at into the blob: @min to @max bytes. */
static int parse_hex(struct words *p, size_t min, size_t max)
{
	const char *s = p->word[p->at];
	size_t digits = strlen(s);

	if (strspn(s, "0123456789abcdefABCDEF") != digits)
		return fail(p, p->at, -ERR_SYNTAX,
			    arena_printf(p->arena, "'%s' is not made of hexadecimal digits", s));
	if (digits % 2)
		return fail(p, p->at, -ERR_SYNTAX,
			    arena_printf(p->arena, "odd number of hexadecimal digits in '%s'", s));
	if (digits / 2 < min || digits / 2 > max)
		return fail(p, p->at, -ERR_RANGE,
			    arena_printf(p->arena, "%zu bytes of data where %zu to %zu may stand",
					 digits / 2, min, max));
	for (size_t i = 0; i < digits / 2; i++)
		p->out->opt.blob[i] = (uint8_t)(hex_digit(s[2 * i]) * 16 + hex_digit(s[2 * i + 1]));
	p->out->opt.blob_len = (uint8_t)(digits / 2);
	p->at++;
	return 0;
}

static int parse_blob(struct words *p, const struct tcpopt_row *row)
{
	size_t head = row->has_exid ? 4 : 2;
	int rc;

	if (p->at == p->n) {
		if (row->min_bytes == head)
			return 0;
		return fail(p, p->at, -ERR_SYNTAX,
			    arena_printf(p->arena, "'%s' needs hexadecimal digits", row->name));
	}
	rc = parse_hex(p, row->min_bytes - head, row->max_bytes - head);
	if (rc == -ERR_RANGE)
		*p->hint = arena_printf(p->arena, "opt %u HEX", row->kind);
	return rc;
}

/* "len N" or "len none" of a raw option. */
static int parse_raw_length(struct words *p)
{
	struct tcpopt *o = &p->out->opt;
	uint32_t n = 0;
	int rc = -ERR_SYNTAX;

	p->at++;
	if (p->at < p->n && !strcmp(p->word[p->at], "none")) {
		o->len_form = TCPOPT_LEN_ABSENT;
	} else {
		if (p->at < p->n)
			rc = parse_number(p->word[p->at], strchr(p->word[p->at], '\0'), UINT8_MAX,
					  &n);
		if (rc)
			return fail(p, p->at, rc, "expected 'none' or 0 to 255 after 'len'");
		o->len_form = TCPOPT_LEN_GIVEN;
		o->len_octet = (uint8_t)n;
	}
	p->at++;
	return 0;
}

/* Where a row knows what was written raw, the option becomes that row's. */
static void normalise(struct tcpopt_want *w)
{
	uint8_t wire[TCPOPT_MAX_BYTES];
	int len = tcpopt_encode(&w->opt, wire);
	struct tcpopt known;

	if (len <= 0 || tcpopt_decode(wire, (size_t)len, &known) != len)
		return;
	w->opt = known;
	memcpy(w->high, known.value, sizeof(known.value));
}

/* opt KIND [len N|none] [HEX] */
static int parse_raw(struct words *p)
{
	struct tcpopt *o = &p->out->opt;
	uint32_t kind = 0;
	int rc = -ERR_SYNTAX;

	if (p->at < p->n)
		rc = parse_number(p->word[p->at], strchr(p->word[p->at], '\0'), UINT8_MAX, &kind);
	if (rc)
		return fail(p, p->at, rc, "expected the kind, 0 to 255, after 'opt'");
	o->kind = (uint8_t)kind;
	p->at++;
	if (p->at < p->n && kind < 2)
		return fail(p, p->at, -ERR_SYNTAX, "kinds 0 and 1 are single bytes");
	if (p->at < p->n && !strcmp(p->word[p->at], "len")) {
		rc = parse_raw_length(p);
		if (rc)
			return rc;
	}
	if (p->at < p->n && o->len_form != TCPOPT_LEN_ABSENT) {
		rc = parse_hex(p, 1, TCPOPT_MAX_BYTES - 2);
		if (rc)
			return rc;
	}
	normalise(p->out);
	return 0;
}

/* Rows that share a name differ in their first field. */
static const struct tcpopt_row *pick_row(const char *name, const char *next)
{
	const struct tcpopt_row *first = NULL;

	for (size_t i = 0; i < tcpopt_table_len; i++) {
		const struct tcpopt_row *row = &tcpopt_table[i];

		if (strcmp(row->name, name))
			continue;
		if (next && row->n_fields && !strcmp(row->field[0].name, next))
			return row;
		if (!first)
			first = row;
	}
	return first;
}

static int unknown_name(struct words *p)
{
	struct suggest s;

	suggest_init(&s, p->word[0]);
	for (size_t i = 0; i < tcpopt_table_len; i++)
		suggest_offer(&s, tcpopt_table[i].name);
	suggest_offer(&s, "opt");
	*p->hint = suggest_best(&s);
	return fail(p, 0, -ERR_UNKNOWN,
		    arena_printf(p->arena, "unknown TCP option '%s'", p->word[0]));
}

static int parse_row(struct words *p, const struct tcpopt_row *row)
{
	p->out->opt.row = row;
	p->out->opt.kind = row->kind;
	if (row->is_blob)
		return parse_blob(p, row);
	return row->repeats ? parse_groups(p, row) : parse_fields(p, row);
}

int tcpopt_parse(struct arena *a, const char *const *word, size_t n, struct tcpopt_want *out,
		 size_t *bad, const char **why, const char **hint)
{
	struct words p = { .arena = a,
			   .word = word,
			   .n = n,
			   .at = 1,
			   .out = out,
			   .bad = bad,
			   .why = why,
			   .hint = hint };
	int rc;

	*out = (struct tcpopt_want){ 0 };
	*bad = 0;
	*why = *hint = NULL;
	if (n == 0) {
		*why = "an option is missing";
		return -ERR_SYNTAX;
	}
	if (!strcmp(word[0], "opt")) {
		rc = parse_raw(&p);
	} else {
		const struct tcpopt_row *row = pick_row(word[0], n > 1 ? word[1] : NULL);

		rc = row ? parse_row(&p, row) : unknown_name(&p);
	}
	if (rc == 0 && p.at < n)
		rc = fail(&p, p.at, -ERR_SYNTAX,
			  arena_printf(a, "'%s' is too much for option '%s'", word[p.at], word[0]));
	return rc;
}
