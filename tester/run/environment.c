/* SPDX-License-Identifier: BSD-2-Clause */
#include "run/environment.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "base/arena.h"
#include "base/util.h"

/*
 * How tools say that the machine, not the stack's behaviour, is in the way: one row each. The
 * subject is the word that follows @subject_after in the command's text or output.
 */
struct complaint {
	const char *says;              /* in the output */
	const char *subject_after;     /* NULL: no subject */
	const char *command_word;      /* the line of the command to look in has this word */
	bool in_output;                /* look for the subject there instead */
	bool is_decisive;              /* the test means nothing without it, even if scripts go on */
	bool is_of_stack;              /* a part of the stack under test */
	const char *meaning;           /* what stands before the subject */
	const char *rest;              /* and behind it */
};

static const struct complaint complaints[] = {
	{ "Specified qdisc kind is unknown", " root ", "qdisc", false, true, true,
	  "the queueing discipline '", "' is not in this kernel" },
	{ "Specified qdisc not found", " root ", "qdisc", false, true, true,
	  "the queueing discipline '", "' is not in this kernel" },
	{ "cannot stat /proc/sys/", "cannot stat ", NULL, true, false, true,
	  "this stack has no ", "" },
	{ ": command not found", NULL, NULL, true, false, false,
	  "a program it needs is not installed", "" },
	{ ": not found", NULL, NULL, true, false, false,
	  "a program it needs is not installed", "" },
	{ "Operation not permitted", NULL, NULL, true, false, false,
	  "the machine does not permit it", "" },
	{ "Read-only file system", NULL, NULL, true, false, false,
	  "a setting is read-only here", "" },
};

static char *word_after(struct arena *a, const char *text, const char *mark, const char *line_has)
{
	const char *from = line_has ? strstr(text, line_has) : text;
	size_t n = 0;

	/* the last line that fits: an earlier one may have succeeded */
	for (const char *next = from; line_has && next; next = strstr(next + 1, line_has))
		from = next;
	from = from ? strstr(from, mark) : NULL;
	if (!from)
		return arena_strdup(a, "it asks for");
	from += strlen(mark);
	while (from[n] && !isspace((unsigned char)from[n]) && from[n] != ':')
		n++;
	return arena_strndup(a, from, n);
}

static const char *explain(struct arena *a, const struct complaint *c, const char *text,
			   const char *output)
{
	if (!c->subject_after)
		return c->meaning;
	return arena_printf(a, "%s%s%s", c->meaning,
			    word_after(a, c->in_output ? output : text, c->subject_after,
				       c->command_word),
			    c->rest);
}

const char *environment_explain(struct arena *a, const char *text, int status, const char *output,
				bool *is_of_stack)
{
	*is_of_stack = false;
	for (size_t i = 0; output && i < ARRAY_LEN(complaints); i++) {
		if (!strstr(output, complaints[i].says))
			continue;
		*is_of_stack = complaints[i].is_of_stack;
		return explain(a, &complaints[i], text, output);
	}
	return status == 127 ? "a program it needs is not installed" : NULL;
}

const char *environment_doubt(struct arena *a, const char *text, const char *output)
{
	for (size_t i = 0; output && i < ARRAY_LEN(complaints); i++) {
		if (complaints[i].is_decisive && strstr(output, complaints[i].says))
			return explain(a, &complaints[i], text, output);
	}
	return NULL;
}
