/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/arena.h"
#include "cli/cli.h"
#include "suite/choose.h"
#include "suite/history.h"
#include "suite/suite.h"

/* Without a record there is nothing to choose by. */
static int use_history(struct cli *c, const struct history *h)
{
	if (!c->only_failed)
		return 0;
	if (!h->file) {
		cli_error(c, "--failed: no record of the last run is kept, for neither "
			     "XDG_STATE_HOME nor HOME is set");
		return EXIT_USAGE;
	}
	if (!h->n_failed) {
		cli_error(c, "--failed: no test is on record that failed when last run from this "
			     "folder");
		return EXIT_NOTHING;
	}
	if (!c->n_paths) {
		c->path = h->path;
		c->n_paths = c->paths_cap = h->n_paths;
	}
	return 0;
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
	size_t n_before;
	int status;

	history_load(c->arena, h);
	status = use_history(c, h);
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
	choose(s, &choice);
	return s->n_tests ? 0 : none_left(c, n_before);
}
