/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_GRAMMAR_PARSE_H
#define TCPDRILL_GRAMMAR_PARSE_H

#include "grammar/ast.h"

struct buf;
struct diags;

/* One -D NAME=value. Command line definitions beat those of the script (language: 1.4). */
struct definition {
	const char *name;
	const char *value;
	const struct definition *next;
};

/**
 * grammar_parse() - script text to tree
 * @a:    the tree is allocated here
 * @src:  the text; borrowed as long as the tree lives
 * @defs: definitions from outside, or NULL; words equal to a name are substituted
 * @d:    positioned errors are added here, up to DIAGS_MAX
 *
 * Return: the tree; NULL when there was an error (then @d has at least one)
 */
struct ast_script *grammar_parse(struct arena *a, const struct source *src,
				 const struct definition *defs, struct diags *d);

/**
 * grammar_print() - canonical text of a tree: the inverse of grammar_parse()
 *
 * Columns are aligned, comments and single blank lines kept. Printing what was parsed from the
 * output gives the same output; parsing it gives a tree equal to @s but for spans.
 */
void grammar_print(const struct ast_script *s, struct buf *out);

/** grammar_same() - whether two trees say the same, spans and comments aside */
bool grammar_same(const struct ast_script *a, const struct ast_script *b);

#endif
