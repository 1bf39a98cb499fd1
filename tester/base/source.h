/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_BASE_SOURCE_H
#define TCPDRILL_BASE_SOURCE_H

#include <stddef.h>
#include <stdint.h>

struct arena;

/* A place in the script: @off bytes from its start, @len bytes long. {0, 0} means "nowhere". */
struct span {
	uint32_t off;
	uint32_t len;
};

/* The text of one script with its line index. Lives in an arena. */
struct source {
	const char *path;        /* as the user named it */
	const char *text;        /* NUL-terminated; may hold NUL bytes inside */
	size_t len;              /* bytes, at most SOURCE_MAX_BYTES */
	uint32_t *line_off;      /* offset of the first byte of each line */
	size_t n_lines;
	const struct source_insert *insert;   /* NULL unless made by source_insert() */
};

/* The text of one file put into another. Lines are those of the outer file, as if it stood alone. */
struct source_insert {
	const struct source *outer, *inner;   /* borrowed */
	uint32_t at;             /* in the outer text: what stands there moves behind the inner text */
	uint32_t inner_off;      /* where the part of the inner text begins; it reaches to the end */
	struct span asked;       /* what in the outer text asks for it; before @at */
};

/* A byte of the file that it was read from. */
struct source_origin {
	const struct source *src;
	uint32_t off;
};

enum { SOURCE_MAX_BYTES = 256 * 1024 * 1024 };

/* Both count from 1; a tab is one column. */
struct place {
	uint32_t line;
	uint32_t col;
};

/**
 * source_load() - read a script file
 * @a:    the text and index are allocated here
 * @path: copied
 * @out:  filled on success
 *
 * Return: 0; -ERR_IO with errno set; -ERR_RANGE when it is larger than SOURCE_MAX_BYTES
 */
int source_load(struct arena *a, const char *path, struct source *out);

/** source_from_text() - make a source of @len bytes at @text (copied) under the name @path */
void source_from_text(struct arena *a, const char *path, const char *text, size_t len,
		      struct source *out);

/**
 * source_insert() - a source made of two: @ins->outer with @ins->inner in it
 *
 * Its path is that of the outer. The joint text is allocated in @a; both sources are borrowed.
 */
void source_insert(struct arena *a, const struct source_insert *ins, struct source *out);

/** source_origin() - where the byte at @off was read from; of a plain source, there */
struct source_origin source_origin(const struct source *src, uint32_t off);

/** source_place() - line and column of the byte at @off; of an inserted one, those of what asks for it */
struct place source_place(const struct source *src, uint32_t off);

/** source_line() - the text of line @line (from 1) without its newline; its length in *@len */
const char *source_line(const struct source *src, uint32_t line, size_t *len);

/** span_join() - the smallest span that holds both; a span of length 0 at 0 is ignored */
struct span span_join(struct span a, struct span b);

#endif
