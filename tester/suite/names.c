/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reports, records and expectations tell tests apart by their ids, which begin with the names of
 * their scripts: so each file is there once, however often it was named, and no two bear one name.
 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "suite/names.h"
#include "suite/suite.h"

/* A script and its place in the suite. */
struct slot {
	struct suite_script *script;
	size_t at;
};

static int by_place(const struct slot *x, const struct slot *y)
{
	return x->at < y->at ? -1 : x->at > y->at;
}

static int by_file(const void *x, const void *y)
{
	const struct slot *a = x, *b = y;
	int rc = strcmp(a->script->real, b->script->real);

	return rc ? rc : by_place(a, b);
}

static int by_name(const void *x, const void *y)
{
	const struct slot *a = x, *b = y;
	int rc = strcmp(a->script->name, b->script->name);

	return rc ? rc : by_place(a, b);
}

static struct slot *sorted(struct arena *a, const struct suite *s,
			   int (*order)(const void *x, const void *y))
{
	struct slot *slot = ARENA_ARRAY(a, struct slot, s->n_scripts + 1);

	for (size_t i = 0; i < s->n_scripts; i++)
		slot[i] = (struct slot){ s->script[i], i };
	qsort(slot, s->n_scripts, sizeof(*slot), order);
	return slot;
}

void suite_drop_doubles(struct arena *a, struct suite *s)
{
	struct slot *slot = sorted(a, s, by_file);
	size_t n = 0;

	for (size_t i = 1; i < s->n_scripts; i++) {
		if (strcmp(slot[i].script->real, slot[i - 1].script->real) == 0)
			s->script[slot[i].at] = NULL;
	}
	for (size_t i = 0; i < s->n_scripts; i++) {
		if (s->script[i])
			s->script[n++] = s->script[i];
	}
	s->n_scripts = n;
}

/* Where the scripts end that have the same name as that at @from. */
static size_t group_end(const struct slot *slot, size_t from, size_t n)
{
	size_t end = from + 1;

	while (end < n && strcmp(slot[end].script->name, slot[from].script->name) == 0)
		end++;
	return end;
}

/* Two folders may hold scripts of one name: all but the first go by their paths. What an id has to do
 * with is not for us to change. */
static void tell_apart(struct arena *a, struct slot *slot, size_t n)
{
	bool has_id = false;

	for (size_t i = 0; i < n; i++)
		has_id |= slot[i].script->meta.id != NULL;
	for (size_t i = 1; i < n && !has_id; i++)
		slot[i].script->name = suite_name_of(a, slot[i].script->path);
}

void suite_name_all(struct arena *a, struct suite *s)
{
	struct slot *slot;

	for (size_t i = 0; i < s->n_scripts; i++) {
		if (s->script[i]->meta.id)
			s->script[i]->name = s->script[i]->meta.id;
	}
	slot = sorted(a, s, by_name);
	for (size_t i = 0, end; i < s->n_scripts; i = end) {
		end = group_end(slot, i, s->n_scripts);
		tell_apart(a, slot + i, end - i);
	}
	slot = sorted(a, s, by_name);
	for (size_t i = 0, end; i < s->n_scripts; i = end) {
		end = group_end(slot, i, s->n_scripts);
		for (size_t k = i; k < end; k++)
			slot[k].script->namesake = end - i == 1 ? NULL : slot[k == i ? i + 1 : i].script;
	}
}
