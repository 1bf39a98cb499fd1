/* SPDX-License-Identifier: BSD-2-Clause */
/* Statistics and output. */
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"

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

void figure_title(const char *title)
{
	printf("\n%s\n", title);
}

/* Enough digits to tell two runs apart, not more. */
static int digits(double v)
{
	return v >= 1000 ? 0 : v >= 10 ? 1 : 3;
}

static json_t *keep(struct bench *b, const char *name, const char *unit, const char *goal)
{
	json_t *o = json_object();

	json_object_set_new(o, "name", json_string(name));
	json_object_set_new(o, "unit", json_string(unit));
	if (goal)
		json_object_set_new(o, "goal", json_string(goal));
	json_array_append_new(b->figures, o);
	return o;
}

static void print(const char *name, double v, const char *unit, const char *rest, const char *goal)
{
	printf("  %-34s %10.*f %-8s %-34s %s\n", name, digits(v), v, unit, rest, goal ? goal : "");
	fflush(stdout);
}

void figure_add(struct bench *b, const char *name, const char *unit, const char *goal,
		struct samples *s)
{
	double least = samples_at(s, 0), median = samples_at(s, 0.5), most = samples_at(s, 1);
	char rest[80];
	json_t *o = keep(b, name, unit, goal);

	json_object_set_new(o, "median", json_real(median));
	json_object_set_new(o, "least", json_real(least));
	json_object_set_new(o, "most", json_real(most));
	json_object_set_new(o, "runs", json_integer((json_int_t)s->n));
	snprintf(rest, sizeof(rest), "least %.*f, most %.*f, %zu runs", digits(least), least,
		 digits(most), most, s->n);
	print(name, median, unit, rest, goal);
}

void figure_one(struct bench *b, const char *name, const char *unit, const char *goal, double v)
{
	json_object_set_new(keep(b, name, unit, goal), "value", json_real(v));
	print(name, v, unit, "", goal);
}

void figure_skip(struct bench *b, const char *name, const char *reason)
{
	json_t *o = json_object();

	json_object_set_new(o, "name", json_string(name));
	json_object_set_new(o, "reason", json_string(reason));
	json_array_append_new(b->skipped, o);
	printf("  %-34s skipped: %s\n", name, reason);
}
