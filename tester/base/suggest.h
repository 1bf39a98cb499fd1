/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_BASE_SUGGEST_H
#define TCPDRILL_BASE_SUGGEST_H

#include <stddef.h>

/* Finds the name nearest to a misspelt word: feed it every candidate, then ask for the best. */
struct suggest {
	const char *word;
	const char *best;
	size_t best_distance;
};

/** suggest_init() - begin a search for names near @word (borrowed) */
void suggest_init(struct suggest *s, const char *word);

/** suggest_offer() - consider @name (borrowed) */
void suggest_offer(struct suggest *s, const char *name);

/** suggest_best() - the nearest name offered, or NULL when none is near enough to be helpful */
const char *suggest_best(const struct suggest *s);

#endif
