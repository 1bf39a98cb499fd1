/* SPDX-License-Identifier: BSD-2-Clause */
#include <unistd.h>

#include "base/arena.h"
#include "cli/cli.h"
#include "cli/proof_print.h"

int cli_collect_proof(struct cli *c, struct suite *s, struct proof *out)
{
	const struct suite_home *home = NULL;
	int status;

	if (!c->n_paths)
		*ARENA_PUSH(c->arena, c->path, c->n_paths, c->paths_cap, const char *) =
			access("scripts", R_OK) == 0 ? "scripts" : ".";
	status = cli_collect(c, s);
	if (status)
		return status;
	for (const struct suite_home *h = s->homes; h; h = h->next) {
		if (!h->reqs)
			continue;
		if (home) {
			cli_error(c, "these scripts are of several suites: %s and %s", home->path,
				  h->path);
			return EXIT_USAGE;
		}
		home = h;
	}
	if (!home) {
		cli_error(c, "no requirements.tsv beside or above these scripts");
		return EXIT_NOTHING;
	}
	proof_build(c->arena, s, home, out);
	return 0;
}

int cmd_coverage(struct cli *c)
{
	struct suite s = { 0 };
	struct proof proof;
	struct proof_page page = { .arena = c->arena, .proof = &proof, .name = "coverage" };
	int status = cli_collect_proof(c, &s, &proof);

	return status ? status : proof_print(c, &page);
}
