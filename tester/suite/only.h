/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_SUITE_ONLY_H
#define TCPDRILL_SUITE_ONLY_H

#include <stdbool.h>
#include <stddef.h>

#include "suite/suite.h"

/*
 * A choice of scripts by what their headers say: [!]KIND:VALUE,VALUE... - one of the values must
 * fit, or with '!' none may. A word without KIND is of the kind "req".
 */
struct only {
	const struct only_row *row;
	bool is_negated;
	const char *values;          /* as given, separated by commas */
	const char *text;            /* all of it, as given */
};

/* One row per kind. */
struct only_row {
	const char *name;
	bool (*fits)(const struct suite_script *script, const char *value);
	/* Whether it fits one requirement; NULL: the kind speaks of something else. */
	bool (*fits_row)(const struct requirement *r, const char *value);
	/* What of a requirement is written there; NULL: nothing of it is. */
	const char *(*value_of)(const struct requirement *r);
	/* Words of a header that are such values; NULL: there are none. */
	const struct meta_word *(*words_of)(const struct metadata *meta);
	/* Whether such a value can be; NULL: any can. */
	bool (*is_value)(const char *value);
	bool is_of_table;            /* what no row of a table of requirements has, cannot be meant */
	const char *values;          /* what can stand there, for messages */
	const char *help;
};

extern const struct only_row only_table[];
extern const size_t only_table_len;

/** only_read() - from its text. 0, or -ERR_SYNTAX with *@why (a line, in @a) */
int only_read(struct arena *a, const char *text, struct only *out, const char **why);

/** only_is_likely() - whether a word that is no path is meant so: RFC/..., KIND:..., or either with '!';
 * never what ends in ".pkt" */
bool only_is_likely(const char *text);

/** only_fits() - whether the script is chosen */
bool only_fits(const struct only *o, const struct suite_script *script);

/**
 * only_hint() - what a word that is no path may have been meant as, although it is not written so:
 * 9293 or foo:bar. A line in @a, or NULL
 */
const char *only_hint(struct arena *a, const char *word);

/**
 * only_check() - whether the tables of the suites of @s know what is asked for
 * Return: 0, also where there is no table; -ERR_UNKNOWN with *@why (a line, in @a)
 */
int only_check(struct arena *a, const struct only *o, const struct suite *s, const char **why);

/** only_why_none() - why no script of @s fits: a line in @a */
const char *only_why_none(struct arena *a, const struct only *o, const struct suite *s);

/** only_fits_row() - whether the requirement is chosen, as far as @o speaks of requirements */
bool only_fits_row(const struct only *o, const struct requirement *r);

/**
 * only_req_fits() - whether a requirement lies below @prefix: its id begins so, or it is of that
 * RFC and of that section or one below it (9293/3.10.7.4, 9293/3.10, 9293)
 * @r: the row of @id; NULL when no table knows it
 */
bool only_req_fits(const struct requirement *r, const char *id, const char *prefix);

#endif
