/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reports, records and expectations tell tests apart by their ids, which begin with the names of
 * their scripts: so each file is there once, however often it was named, and no two bear one name.
 */
#include <stdbool.h>
#include <string.h>

#include "base/arena.h"
#include "base/hash.h"
#include "suite/names.h"
#include "suite/suite.h"

/* Scripts by a text that each has, of those with the same one the first. */
struct group {
	const char *text;            /* NULL: none */
	struct suite_script *first;
	bool has_id;                 /* one of them has an id in its header */
};

struct table {
	struct group *group;
	size_t n;
};

static struct table new_table(struct arena *a, const struct suite *s)
{
	size_t n = 2 * s->n_scripts + 1;

	return (struct table){ ARENA_ARRAY(a, struct group, n), n };
}

/* The group of @script, which is the first of it if there was none. */
static struct group *group_of(struct table *t, const char *text, struct suite_script *script)
{
	size_t at = (size_t)hash_text(text) % t->n;

	while (t->group[at].text && strcmp(t->group[at].text, text) != 0)
		at = (at + 1) % t->n;
	if (!t->group[at].text)
		t->group[at] = (struct group){ .text = text, .first = script };
	return &t->group[at];
}

void suite_drop_doubles(struct arena *a, struct suite *s)
{
	struct table t = new_table(a, s);
	size_t n = 0;

	for (size_t i = 0; i < s->n_scripts; i++) {
		struct suite_script *script = s->script[i];

		if (group_of(&t, script->real, script)->first == script)
			s->script[n++] = script;
	}
	s->n_scripts = n;
}

/* Two folders may hold scripts of one name: all but the first go by their paths. What an id has to do
 * with is not for us to change. */
static void tell_apart(struct arena *a, struct suite *s)
{
	struct table t = new_table(a, s);

	for (size_t i = 0; i < s->n_scripts; i++)
		group_of(&t, s->script[i]->name, s->script[i])->has_id |= s->script[i]->meta.id != NULL;
	for (size_t i = 0; i < s->n_scripts; i++) {
		struct suite_script *script = s->script[i];
		const struct group *g = group_of(&t, script->name, script);

		if (g->first != script && !g->has_id)
			script->name = suite_name_of(a, script->path);
	}
}

/* Each of those that still have one name knows another one. */
static void find_namesakes(struct arena *a, struct suite *s)
{
	struct table t = new_table(a, s);

	for (size_t i = 0; i < s->n_scripts; i++)
		s->script[i]->namesake = NULL;
	for (size_t i = 0; i < s->n_scripts; i++) {
		struct suite_script *script = s->script[i];
		struct suite_script *first = group_of(&t, script->name, script)->first;

		if (first == script)
			continue;
		script->namesake = first;
		if (!first->namesake)
			first->namesake = script;
	}
}

void suite_name_all(struct arena *a, struct suite *s)
{
	for (size_t i = 0; i < s->n_scripts; i++) {
		if (s->script[i]->meta.id)
			s->script[i]->name = s->script[i]->meta.id;
	}
	tell_apart(a, s);
	find_namesakes(a, s);
}
