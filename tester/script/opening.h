/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_SCRIPT_OPENING_H
#define TCPDRILL_SCRIPT_OPENING_H

#include "base/source.h"
#include "script/metadata.h"

struct arena;
struct ast_option;
struct ast_script;
struct definition;
struct diags;

/*
 * Events that many scripts begin with, kept once: "//! opening: NAME A=1" puts those of the file
 * openings/NAME.opening in front of a script's own. The file is looked for in the folder of the script and
 * upwards; the nearest is taken. It holds a title, its parameters with their defaults as
 * --define=A=0 lines, an init command if it needs one, and events.
 */
struct opening {
	const struct meta_opening *asked;
	struct source src;                   /* of its file; ends with a newline */
	uint32_t events_at;                  /* behind its header */
	const struct ast_option *params;     /* --define lines */
};

/**
 * opening_find() - read the file that @asked names
 * @script: who asks: where the search begins
 * @d:      errors at @asked: no such file (with the nearest name), an error in its header, a
 *          parameter that it does not have
 * Return: 0, or -ERR_IO, -ERR_SYNTAX, -ERR_UNKNOWN
 */
int opening_find(struct arena *a, const struct source *script, const struct meta_opening *asked,
		 struct opening *out, struct diags *d);

/** opening_join() - @script with the events of @o in their place; both are borrowed */
void opening_join(struct arena *a, const struct source *script, const struct opening *o,
		  struct source *out);

/**
 * opening_definitions() - the parameters as the header gives them, else with their defaults,
 * behind @outer, which are the narrower say
 * Return: the list, in @a
 */
const struct definition *opening_definitions(struct arena *a, const struct opening *o,
					     const struct definition *outer);

/** opening_check() - an error for each --define of @s that names a parameter: it would not count */
void opening_check(const struct opening *o, const struct ast_script *s, struct diags *d);

/**
 * opening_expand() - the same script without an opening, for tools that do not know the //! header:
 * the line that asks becomes --define lines
 */
void opening_expand(struct arena *a, const struct source *script, const struct opening *o,
		    struct source *out);

#endif
