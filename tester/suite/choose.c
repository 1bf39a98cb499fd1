/* SPDX-License-Identifier: BSD-2-Clause */
#include "suite/choose.h"

#include <string.h>

#include "base/hash.h"
#include "suite/history.h"
#include "suite/suite.h"

/* Not fnmatch(): ids have brackets, which there would be sets of characters. */
static bool glob_fits(const char *pattern, const char *text)
{
	const char *star = NULL, *from = NULL;

	for (;;) {
		if (*pattern == '*') {
			star = ++pattern;
			from = text;
		} else if (*text && (*pattern == '?' || *pattern == *text)) {
			pattern++;
			text++;
		} else if (!*text && !*pattern) {
			return true;
		} else if (star && *from) {
			/* The last star takes one more character. */
			pattern = star;
			text = ++from;
		} else {
			return false;
		}
	}
}

bool choice_fits(const char *pattern, const char *text)
{
	return strpbrk(pattern, "*?") ? glob_fits(pattern, text) : strstr(text, pattern) != NULL;
}

bool choice_fits_test(const char *pattern, const struct suite_test *t)
{
	return choice_fits(pattern, t->id) || choice_fits(pattern, t->script->path);
}

uint32_t choice_shard(const char *id, uint32_t n_shards)
{
	/* The low bits follow from the low bits of the characters alone. */
	return (uint32_t)(hash_text(id) >> 32) % n_shards + 1;
}

static bool has_fitting_name(const struct suite_test *t, const struct choice *c)
{
	bool has_positive = false, fits = false;

	for (size_t i = 0; i < c->n_patterns; i++) {
		bool is_not = c->pattern[i][0] == '!';
		const char *pattern = c->pattern[i] + is_not;
		bool fits_this = choice_fits_test(pattern, t);

		if (is_not && fits_this)
			return false;
		has_positive |= !is_not;
		fits |= !is_not && fits_this;
	}
	return fits || !has_positive;
}

static bool is_wanted(const struct suite_test *t, const struct choice *c)
{
	return has_fitting_name(t, c) && (!c->failed || history_find(c->failed, t)) &&
	       (!c->n_shards || choice_shard(t->id, c->n_shards) == c->shard);
}

void choose(struct suite *s, const struct choice *c)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n_tests; i++) {
		if (is_wanted(&s->test[i], c))
			s->test[n++] = s->test[i];
	}
	s->n_tests = n;
}
