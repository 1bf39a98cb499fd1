/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_RUN_NEEDS_H
#define TCPDRILL_RUN_NEEDS_H

#include <stdbool.h>
#include <stddef.h>

#include "script/metadata.h"

struct arena;
struct diags;
struct target_row;

/* One kind of word after "needs:". */
struct need_row {
	const char *syntax;          /* kernel>=VERSION, tool:NAME, root, ... */
	const char *prefix;          /* what the word begins with */
	bool is_whole;               /* the prefix is the whole word */
	/* Whether it is met; else *why says what is missing. @rest: what follows the prefix */
	bool (*is_met)(struct arena *a, const char *rest, const char **why);
	bool (*is_valid)(const char *rest);  /* NULL: every rest is */
	unsigned int cap;            /* enum target_cap that the stack must have, or 0 */
	bool is_of_system;           /* asked of the operating system's stack only; others have it */
	const char *help;
};

extern const struct need_row need_table[];
extern const size_t need_table_len;

/** needs_check() - add a positioned error for every need that no row knows or that is malformed */
void needs_check(const struct metadata *meta, struct diags *d);

/** catches_check() - add a positioned error for every fault that "catches:" names and nobody knows */
void catches_check(const struct metadata *meta, struct diags *d);

/** profile_check() - add a positioned error when "profile:" names one that no stack has */
void profile_check(const struct metadata *meta, struct diags *d);

/** needs_unmet() - the reason to skip the test: the first need that is not met; NULL: all are.
 * Text in @a. Unknown words count as met; needs_check() has told of them. */
const char *needs_unmet(struct arena *a, const struct metadata *meta,
			const struct target_row *stack);

#endif
