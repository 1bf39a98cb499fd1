/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "cli/cli.h"
#include "suite/choose.h"
#include "suite/history.h"
#include "suite/suite.h"

/* Of those on record, this one can be run by what is asked for now. */
static bool is_of(const struct history_test *t, const char *stack)
{
	return strcmp(t->stack, stack) == 0;
}

static size_t count_of(const struct history *h, const char *stack)
{
	size_t n = 0;

	for (size_t i = 0; i < h->n_failed; i++)
		n += is_of(&h->failed[i], stack);
	return n;
}

static int none_on_record(const struct cli *c, const struct history *h, const char *stack)
{
	const char *other = h->n_failed ? h->failed[0].stack : NULL;

	if (other)
		cli_error(c, "--failed: no test is on record that failed on %s when last run from "
			     "this folder; for what failed on %s (%zu), add --stack %s",
			  stack, other, count_of(h, other), other);
	else
		cli_error(c, "--failed: no test is on record that failed when last run from this "
			     "folder");
	return EXIT_NOTHING;
}

static bool has_path(const struct cli *c, const char *path)
{
	for (size_t i = 0; i < c->n_paths; i++) {
		if (strcmp(c->path[i], path) == 0)
			return true;
	}
	return false;
}

/* The paths by which the runs had found what failed. */
static int take_paths(struct cli *c, const struct history *h, const char *stack)
{
	const char *gone = NULL;

	for (size_t i = 0; i < h->n_failed; i++) {
		const char *path = h->failed[i].path;

		if (!is_of(&h->failed[i], stack) || has_path(c, path))
			continue;
		if (access(path, F_OK) == 0)
			*ARENA_PUSH(c->arena, c->path, c->n_paths, c->paths_cap, const char *) = path;
		else
			gone = path;
	}
	if (gone)
		cli_error(c, "--failed: '%s', where tests had failed, is no longer there", gone);
	return c->n_paths ? 0 : EXIT_NOTHING;
}

/* Without a record there is nothing to choose by. */
static int use_history(struct cli *c, const struct history *h, const char *stack)
{
	if (!h->file) {
		cli_error(c, "--failed: no record of the last run is kept, for neither "
			     "XDG_STATE_HOME nor HOME is set");
		return EXIT_USAGE;
	}
	if (!count_of(h, stack))
		return none_on_record(c, h, stack);
	return c->n_paths ? 0 : take_paths(c, h, stack);
}

/* Options are not taken from the record: what was given now may be meant to differ. But a variant
 * that only a preset has would be passed over, and a test may fail with an option only.
 * @s: what is chosen; NULL: all on record are */
static void tell_options(struct cli *c, const struct history *h, const char *stack,
			 const struct suite *s)
{
	const struct history_test *other = NULL;
	const char *now = buf_str(&c->settings);
	size_t n = s ? s->n_tests : h->n_failed;

	for (size_t i = 0; i < n && !other; i++) {
		const struct history_test *t = s ? history_find(h, &s->test[i]) : &h->failed[i];

		if (t && is_of(t, stack) && strcmp(t->options, now) != 0)
			other = t;
	}
	if (other && c->command->id == CMD_RUN)
		cli_error(c, "--failed: when they failed, tests were run with%s",
			  *other->options ? other->options : "out options");
}

/* Of several patterns, one that is misspelt would go unnoticed. */
static void tell_unfit(const struct cli *c, const struct suite *s)
{
	for (size_t k = 0; c->n_patterns > 1 && k < c->n_patterns; k++) {
		const char *pattern = c->pattern[k];
		size_t i = 0;

		while (i < s->n_tests && *pattern != '!' && !choice_fits_test(pattern, &s->test[i]))
			i++;
		if (i == s->n_tests)
			cli_error(c, "no test fits --filter '%s'", pattern);
	}
}

static int none_left(const struct cli *c, size_t n_before)
{
	const char *s = n_before == 1 ? "" : "s";

	if (c->only_failed)
		cli_error(c, "no test to run: of %zu test%s none failed when last run and is "
			     "wanted now", n_before, s);
	else if (c->n_patterns)
		cli_error(c, "no test to run: of %zu test%s none fits --filter '%s'%s", n_before, s,
			  c->pattern[0], c->n_patterns > 1 ? " and the others" : "");
	else
		cli_error(c, "no test to run: of %zu test%s none is in shard %u/%u", n_before, s,
			  c->shard, c->n_shards);
	return EXIT_NOTHING;
}

int cli_select(struct cli *c, const char *stack, struct suite *s, struct history *h)
{
	struct suite_variants variants = cli_variants(c);
	struct choice choice = { .pattern = c->pattern,
				 .n_patterns = c->n_patterns,
				 .shard = c->shard,
				 .n_shards = c->n_shards,
				 .failed = c->only_failed ? h : NULL };
	bool has_paths = c->n_paths > 0;
	size_t n_before;
	int status = 0;

	history_load(c->arena, h);
	if (c->only_failed)
		status = use_history(c, h, stack);
	if (!status)
		status = cli_collect(c, s);
	if (status)
		return status;
	suite_expand(c->arena, s, &variants, stack);
	if (!s->n_tests) {
		cli_error(c, "no test to run: no script has a variant that was asked for");
		return EXIT_NOTHING;
	}
	n_before = s->n_tests;
	tell_unfit(c, s);
	choose(s, &choice);
	if (c->only_failed)
		tell_options(c, h, stack, has_paths ? s : NULL);
	return s->n_tests ? 0 : none_left(c, n_before);
}
