/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_BASE_DIAG_H
#define TCPDRILL_BASE_DIAG_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/source.h"
#include "base/util.h"

struct arena;
struct buf;

enum severity { SEVERITY_ERROR, SEVERITY_WARNING, SEVERITY_NOTE };

/* One message about a script, as data; nothing is printed until someone renders it. */
struct diag {
	enum severity severity;
	struct span span;        /* what the caret points at; length 0 at 0 = the whole file */
	const char *message;     /* one line, no full stop */
	const char *hint;        /* NULL or one line: how to mend it */
	struct diag *next;
};

/* The messages of one script, in the order they were found. At most DIAGS_MAX errors are kept. */
struct diags {
	struct arena *arena;
	const struct source *src;
	struct diag *first, *last;
	size_t n_errors;         /* all that were found, kept or not */
};

enum { DIAGS_MAX = 20 };

/** diags_init() - an empty list whose messages live in @a and speak of @src (may be NULL) */
void diags_init(struct diags *d, struct arena *a, const struct source *src);

/** diag_error() - add an error at @span */
void diag_error(struct diags *d, struct span span, const char *fmt, ...) PRINTF_LIKE(3, 4);

/** diag_warning() - add a warning at @span */
void diag_warning(struct diags *d, struct span span, const char *fmt, ...) PRINTF_LIKE(3, 4);

/** diag_hint() - give the newest message a hint; nothing happens when there is no message */
void diag_hint(struct diags *d, const char *fmt, ...) PRINTF_LIKE(2, 3);

/** diag_did_you_mean() - as diag_hint(): "did you mean 'X'?"; nothing when @name is NULL */
void diag_did_you_mean(struct diags *d, const char *name);

/**
 * diags_render() - print all messages as
 *	FILE:LINE:COL: error: MESSAGE
 *	   12 | the source line
 *	      |     ^~~~
 *	      hint: HINT
 */
void diags_render(const struct diags *d, struct buf *out);

/** diag_put_place() - print FILE:LINE:COL of @span, FILE alone for a span that is nowhere */
void diag_put_place(const struct source *src, struct span span, struct buf *out);

/**
 * diag_excerpt() - print the source line that holds @span and a caret line under it, each behind
 * a gutter with the line number; nothing for a span that is nowhere. Of an inserted line follows which
 * line asks for it
 */
void diag_excerpt(const struct source *src, struct span span, struct buf *out);

/** diag_excerpt_marks() - the same for @n spans: the line of the first one, with a caret under each
 * that lies on it */
void diag_excerpt_marks(const struct source *src, const struct span *span, size_t n,
			struct buf *out);

#endif
