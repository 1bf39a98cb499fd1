/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_SCRIPT_METADATA_IMPL_H
#define TCPDRILL_SCRIPT_METADATA_IMPL_H

#include <stdbool.h>
#include <stddef.h>

#include "script/metadata.h"

/* One reading of a header: metadata.c finds the lines, metadata_keys.c reads them. */
struct meta_reader {
	struct arena *arena;
	const struct source *src;
	struct diags *diags;
	struct metadata *out;
	const char *text;
	size_t len;
	bool has_timeout;
};

/* A part of one line: offsets into the text. */
struct meta_part {
	size_t at, end;
};

/* A word of the header and what reads the value behind it. */
struct meta_key {
	const char *name;
	void (*read)(struct meta_reader *r, struct meta_part key, struct meta_part value);
};

/* Ends with a row without a name. */
extern const struct meta_key meta_key[];

/** meta_span_of() - of the bytes from @from up to @to, at least one */
struct span meta_span_of(size_t from, size_t to);

/** meta_is_blank() - a blank within a line */
bool meta_is_blank(char c);

/** meta_is_name_char() - part of a key or of the name of a case or an opening */
bool meta_is_name_char(char c);

/** meta_skip_blanks() - move the beginning of @p behind blanks */
void meta_skip_blanks(const struct meta_reader *r, struct meta_part *p);

/** meta_read_list() - the words of @p, which @key announces, behind those of @list */
void meta_read_list(struct meta_reader *r, struct meta_part key, struct meta_part p,
		    struct meta_word **list);

/**
 * meta_read_mark() - "req ID..." behind something else on its line
 * @p: what stands behind its //!
 *
 * Return: false when it is something else
 */
bool meta_read_mark(struct meta_reader *r, struct meta_part p, struct meta_word **list);

#endif
