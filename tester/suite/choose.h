/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_SUITE_CHOOSE_H
#define TCPDRILL_SUITE_CHOOSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct suite;
struct suite_test;
struct history;

/* Which tests of a suite are wanted. All zero: all of them. */
struct choice {
	/* Each a part of an id or a path or, with '*' or '?' in it, a glob for a whole one; "!"
	 * before it means those it does not fit. */
	const char **pattern;
	size_t n_patterns;
	uint32_t shard, n_shards;            /* from 1; n_shards 0: all */
	const struct history *failed;        /* those that failed last time; NULL: all */
};

/** choice_fits() - whether @pattern, without "!", fits @text; '*' any text, '?' any character */
bool choice_fits(const char *pattern, const char *text);

/** choice_fits_test() - whether it fits the test's id or the path of its script */
bool choice_fits_test(const char *pattern, const struct suite_test *t);

/**
 * choice_shard() - which of @n_shards, from 1, a test belongs to
 *
 * It follows from the id alone (FNV-1a, 64 bit), so that machines agree without talking and a test
 * stays where it is when others come or go.
 */
uint32_t choice_shard(const char *id, uint32_t n_shards);

/** choose() - leave only the wanted tests in @s, in their order */
void choose(struct suite *s, const struct choice *c);

#endif
