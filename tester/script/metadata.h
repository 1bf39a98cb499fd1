/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_SCRIPT_METADATA_H
#define TCPDRILL_SCRIPT_METADATA_H

#include <stddef.h>
#include <stdint.h>

#include "grammar/ast.h"

struct arena;
struct diags;

/* One word of a list in the header, with its place. */
struct meta_word {
	const char *text;
	struct span span;
	struct meta_word *next;
};

/* //! case NAME: A=1 B="text" C=`command`; a value keeps its marks, as in -D */
struct meta_case {
	const char *name;
	struct meta_define {
		const char *name, *value;
		struct meta_define *next;
	} *defines;
	struct span span;
	struct meta_case *next;
};

/* The //! header of a script [architecture 7]; other tools see comments. */
struct metadata {
	const char *title;            /* NULL when absent */
	struct meta_word *req;        /* requirement ids */
	struct meta_word *needs;      /* capabilities, kernel>=6.1, congestion:cubic, ... */
	struct meta_word *catches;    /* fault names */
	struct meta_case *cases;
	int64_t timeout_us;           /* 0 when absent */
};

/**
 * metadata_read() - from the comments at the top of @src (before anything else but blank lines,
 * other comments and options). Works on the text alone, since cases must be known before parsing.
 * Return: 0, or -ERR_SYNTAX after positioned errors in @d (unknown key with nearest name, double
 * title, bad case, bad timeout)
 */
int metadata_read(struct arena *a, const struct source *src, struct metadata *out,
		  struct diags *d);

#endif
