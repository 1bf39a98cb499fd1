/* SPDX-License-Identifier: BSD-2-Clause */
#include "sysctl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ip.h"
#include "profile.h"

/*
 * Theory of operation: sysctl.def is the one list of names. A row tells where in struct
 * sysctl_values its numbers or text live, so that the rest of the stack reads plain fields. Text is
 * parsed into a copy first: a write that is refused changes nothing.
 */

#define FIELD(f) offsetof(struct sysctl_values, f)
#define ROOM(f) sizeof(((struct sysctl_values *)0)->f)
#define ROW(n, kind, f, count, first, lo, hi) \
	{ .name = n, .form = SYSCTL_FORM_##kind, .offset = FIELD(f), .room = count, \
	  .initial = first, .min = lo, .max = hi },
#define NUM(n, f, first, lo, hi) ROW(n, NUMBERS, f, 1, first, lo, hi)
#define VEC(n, f, count, first, lo, hi) ROW(n, NUMBERS, f, count, first, lo, hi)
#define INERT(n, id, first, lo, hi) ROW(n, NUMBERS, inert_##id, 1, first, lo, hi)
#define TEXT(n, f, kind, first) ROW(n, kind, f, ROOM(f), first, 0, 0)

static const struct sysctl_row rows[] = {
#include "sysctl.def"
};

#undef ROW
#undef NUM
#undef VEC
#undef INERT
#undef TEXT

const struct sysctl_row *sysctl_row(size_t i)
{
	return i < ARRAY_LEN(rows) ? &rows[i] : NULL;
}

const char *sut_sysctl_name(size_t i)
{
	return i < ARRAY_LEN(rows) ? rows[i].name : NULL;
}

static const struct sysctl_row *find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (!strcmp(rows[i].name, name))
			return &rows[i];
	return NULL;
}

static uint8_t *at(struct sut *s, const struct sysctl_row *r)
{
	return (uint8_t *)&s->sysctl + r->offset;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

static const char *skip_blanks(const char *p)
{
	while (is_blank(*p))
		p++;
	return p;
}

/* Up to @max numbers; fewer leave the rest as it was, surplus ones are ignored, as in Linux. */
static int parse_numbers(const struct sysctl_row *r, const char *text, int64_t *out)
{
	const char *p = skip_blanks(text);
	size_t n = 0;

	for (; *p && n < r->room; n++) {
		char *end;
		long long v;

		errno = 0;
		v = strtoll(p, &end, 0);
		if (end == p || errno || (*end && !is_blank(*end)) || v < r->min || v > r->max)
			return SUT_EINVAL;
		out[n] = v;
		p = skip_blanks(end);
	}
	return n ? 0 : SUT_EINVAL;
}

static int set_numbers(struct sut *s, const struct sysctl_row *r, const char *text)
{
	int64_t v[3];
	int rc;

	memcpy(v, at(s, r), r->room * sizeof(v[0]));
	rc = parse_numbers(r, text, v);
	if (rc)
		return rc;
	if (r->form == SYSCTL_FORM_PORT_RANGE && v[1] < v[0])
		return SUT_EINVAL;
	memcpy(at(s, r), v, r->room * sizeof(v[0]));
	return 0;
}

/* Is the word of @n bytes one of the words of @list? */
static bool has_word(const char *list, const char *word, size_t n)
{
	for (const char *p = skip_blanks(list); *p; p = skip_blanks(p)) {
		size_t len = strcspn(p, " \t\n");

		if (len == n && !memcmp(p, word, n))
			return true;
		p += len;
	}
	return false;
}

/* Words of @allowed only, at most @max; stored with one blank between. */
static int set_words(char *out, size_t room, const char *text, const char *allowed, size_t max)
{
	char copy[80];
	size_t n = 0, used = 0;

	for (const char *p = skip_blanks(text); *p; p = skip_blanks(p), n++) {
		size_t len = strcspn(p, " \t\n");

		if (!has_word(allowed, p, len) || n == max || used + len + 2 > sizeof(copy))
			return SUT_EINVAL;
		if (n)
			copy[used++] = ' ';
		memcpy(copy + used, p, len);
		used += len;
		p += len;
	}
	if (!n || used >= room)
		return SUT_EINVAL;
	memcpy(out, copy, used);
	out[used] = '\0';
	return 0;
}

/* Four words of up to 8 hex digits, dashes between. */
static bool parse_key(const char **p, unsigned word[4])
{
	for (size_t i = 0; i < 4; i++) {
		size_t n = strspn(*p, "0123456789abcdefABCDEF");

		if (!n || n > 8)
			return false;
		word[i] = (unsigned)strtoul(*p, NULL, 16);
		*p += n;
		if (i < 3 && *(*p)++ != '-')
			return false;
	}
	return true;
}

static int set_keys(char *out, size_t room, const char *text)
{
	const char *p = skip_blanks(text);
	char copy[80] = "";
	size_t used = 0;

	for (size_t i = 0; i < 2; i++) {
		unsigned w[4];

		if (!parse_key(&p, w))
			return SUT_EINVAL;
		used += (size_t)snprintf(copy + used, sizeof(copy) - used, "%s%08x-%08x-%08x-%08x",
					 i ? "," : "", w[0], w[1], w[2], w[3]);
		if (*p != ',')
			break;
		p++;
	}
	if (*skip_blanks(p) || used >= room)
		return SUT_EINVAL;
	memcpy(out, copy, used + 1);
	return 0;
}

/* All zeros is a key, too, once it was written. */
static int set_fast_open_keys(struct sut *s, char *out, size_t room, const char *text)
{
	int rc = set_keys(out, room, text);

	if (!rc)
		s->sysctl.tcp_fastopen_has_key = true;
	return rc;
}

static int set_row(struct sut *s, const struct sysctl_row *r, const char *value)
{
	static const char qdiscs[] = "pfifo_fast pfifo bfifo fq fq_codel sfq noqueue";
	char *text = (char *)at(s, r);

	switch (r->form) {
	case SYSCTL_FORM_NUMBERS:
	case SYSCTL_FORM_PORT_RANGE:
		return set_numbers(s, r, value);
	case SYSCTL_FORM_CC:
		return set_words(text, r->room, value, s->sysctl.tcp_available_congestion_control,
				 1);
	case SYSCTL_FORM_CC_LIST:
		return set_words(text, r->room, value, s->sysctl.tcp_available_congestion_control,
				 SIZE_MAX);
	case SYSCTL_FORM_QDISC:
		return set_words(text, r->room, value, qdiscs, 1);
	case SYSCTL_FORM_KEYS:
		return set_fast_open_keys(s, text, r->room, value);
	case SYSCTL_FORM_COMMAND:
		ip_forget_paths(s);
		return 0;
	case SYSCTL_FORM_READ_ONLY:
		return SUT_EPERM;
	}
	return SUT_EINVAL;
}

int sut_sysctl_set(struct sut *s, const char *name, const char *value)
{
	const struct sysctl_row *r = find(name);

	return r ? set_row(s, r, value) : SUT_ENOENT;
}

void sysctl_init(struct sut *s)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct sysctl_row *r = &rows[i];

		if (r->form == SYSCTL_FORM_NUMBERS || r->form == SYSCTL_FORM_PORT_RANGE)
			(void)set_numbers(s, r, r->initial);
		else if (r->form != SYSCTL_FORM_COMMAND)
			memcpy(at(s, r), r->initial, strlen(r->initial) + 1);
	}
	for (size_t i = 0; i < s->profile->n_sysctl; i++)
		(void)sut_sysctl_set(s, s->profile->sysctl[i].name, s->profile->sysctl[i].value);
}

static int print_numbers(struct sut *s, const struct sysctl_row *r, char *out, size_t room)
{
	int64_t v[3];
	size_t used = 0;

	memcpy(v, at(s, r), r->room * sizeof(v[0]));
	for (size_t i = 0; i < r->room && used < room; i++)
		used += (size_t)snprintf(out + used, room - used, "%s%lld", i ? "\t" : "",
					 (long long)v[i]);
	return used < room ? 0 : SUT_EINVAL;
}

int sut_sysctl_get(struct sut *s, const char *name, char *out, size_t room)
{
	const struct sysctl_row *r = find(name);
	size_t n;

	if (!r)
		return SUT_ENOENT;
	if (r->form == SYSCTL_FORM_COMMAND)
		return SUT_EPERM;
	if (r->form == SYSCTL_FORM_NUMBERS || r->form == SYSCTL_FORM_PORT_RANGE)
		return print_numbers(s, r, out, room);
	n = strlen((const char *)at(s, r)) + 1;
	if (n > room)
		return SUT_EINVAL;
	memcpy(out, at(s, r), n);
	return 0;
}
