/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_SCRIPT_METADATA_H
#define TCPDRILL_SCRIPT_METADATA_H

#include <stdbool.h>
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

/* A=1 B="text" C=`command`; a value keeps its marks, as in -D */
struct meta_define {
	const char *name, *value;
	struct span span;             /* of the name */
	struct meta_define *next;
};

/* //! case NAME: A=1 B="text" //! req ID... */
struct meta_case {
	const char *name;
	struct meta_define *defines;
	struct meta_word *req;        /* what it proves, among the ids of the header; NULL: all of them */
	struct span span;
	struct meta_case *next;
};

/* //! opening: NAME A=1: events that stand before those of the script, see script/opening.h */
struct meta_opening {
	const char *name;
	struct meta_define *defines;  /* its parameters */
	struct span span;             /* of the name */
	struct span line;             /* from the word "opening" to the end of the line */
	uint32_t at;                  /* where its events belong: behind header and init command */
};

/* "//! req ID..." behind an event: what that line proves, among the ids of the header. */
struct meta_mark {
	uint32_t first_line, line;    /* where the event begins; where the mark is */
	struct meta_word *req;
	struct meta_mark *next;
};

/* The //! header of a script [architecture 7]; other tools see comments. */
struct metadata {
	const char *title;            /* NULL when absent */
	const char *id;               /* NULL when absent: the path is the id */
	struct span id_span;
	struct meta_word *req;        /* requirement ids */
	struct meta_word *needs;      /* capabilities, kernel>=6.1, congestion:cubic, ... */
	struct meta_word *catches;    /* fault names */
	const char *profile;          /* of a stack that has several; NULL when absent: its own */
	struct span profile_span;
	struct meta_case *cases;
	struct meta_opening *opening; /* NULL when absent */
	int64_t timeout_us;           /* 0 when absent */
	bool is_numbered;             /* //! payload: numbered; see base/payload.h */
	struct span payload_span;     /* len 0 when absent */
	struct meta_mark *marks;      /* in the order of their lines */
};

/**
 * metadata_read() - from the comments at the top of @src (before anything else but blank lines,
 * other comments and options), and from the //! req behind events. Works on the text alone, since cases
 * must be known before parsing.
 * Return: 0, or -ERR_SYNTAX after positioned errors in @d (unknown key with nearest name, double
 * title, bad case, bad timeout, unknown payload, a requirement behind a case or an event that is not
 * in the header)
 */
int metadata_read(struct arena *a, const struct source *src, struct metadata *out,
		  struct diags *d);

/** metadata_opening() - the opening that the header of @src asks for, or NULL. Says nothing of errors,
 * and does not read on behind the header. */
const struct meta_opening *metadata_opening(struct arena *a, const struct source *src);

/** metadata_header_end() - the start of the line behind the last //! and option at the top */
uint32_t metadata_header_end(struct arena *a, const struct source *src);

/** metadata_req() - the requirements that a test of this case (NULL or "": of none) is about */
const struct meta_word *metadata_req(const struct metadata *meta, const char *case_name);

/** metadata_marked() - the requirements named behind the event that has this line, or NULL */
const struct meta_word *metadata_marked(const struct metadata *meta, uint32_t line);

#endif
