/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_CLI_GRID_H
#define TCPDRILL_CLI_GRID_H

#include <stddef.h>
#include <stdio.h>

struct arena;

/* A table for people, row after row, its heading first. Texts are borrowed and may hold anything. */
struct grid {
	struct arena *arena;
	const char **cell;
	size_t n, cap, n_columns;
};

/** grid_add() - the next cell */
void grid_add(struct grid *g, const char *text);

/** grid_add_count() - the same, for a number; nothing is "-" */
void grid_add_count(struct grid *g, size_t n);

/** grid_is_empty() - whether there is nothing but the heading */
static inline int grid_is_empty(const struct grid *g)
{
	return g->n <= g->n_columns;
}

/**
 * grid_print_columns() - as text
 * @width: of the lines, in characters; columns for which there is no room go to a line of their own,
 *         and the last one is wrapped. 0: as wide as it gets
 */
void grid_print_columns(const struct grid *g, FILE *out, size_t width);

/** grid_print_markdown() - as GitHub's Markdown; no text is markup, but links stay links */
void grid_print_markdown(const struct grid *g, FILE *out);

/** output_width() - characters in a line of the standard output: as COLUMNS says, or the terminal; 0
 * when it is none */
size_t output_width(void);

/** text_width() - characters of UTF-8 text */
size_t text_width(const char *text);

/** text_fold() - the bytes of @text that fit into @width characters, up to a blank if there is one;
 * the blank itself does not count. At least one character */
size_t text_fold(const char *text, size_t width);

#endif
