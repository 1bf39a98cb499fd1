/* SPDX-License-Identifier: BSD-2-Clause */
#include <unistd.h>

#include "base/arena.h"
#include "base/diag.h"
#include "cli/cli.h"
#include "cli/proof_print.h"
#include "run/needs.h"

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
	proof_choose(out, c->only, c->n_only, cli_is_whole(c, home));
	return 0;
}

static size_t check_header(struct cli *c, const struct suite_script *script)
{
	struct metadata meta;
	struct buf text = { 0 };
	struct diags d;

	if (!script->src.text) {
		cli_error(c, "cannot read '%s'", script->path);
		return 1;
	}
	diags_init(&d, c->arena, &script->src);
	if (metadata_read(c->arena, &script->src, &meta, &d) == 0) {
		needs_check(&meta, &d);
		catches_check(&meta, &d);
		profile_check(&meta, &d);
		suite_check(script, &d);
	}
	diags_render(&d, &text);
	fputs(buf_str(&text), stderr);
	buf_fini(&text);
	return d.n_errors;
}

size_t cli_check_headers(struct cli *c, const struct suite *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n_scripts; i++)
		n += check_header(c, s->script[i]);
	return n;
}

int cmd_coverage(struct cli *c)
{
	struct suite s = { 0 };
	struct proof proof;
	struct proof_page page = { .arena = c->arena, .proof = &proof, .name = "coverage" };
	int status = cli_collect_proof(c, &s, &proof);

	if (status)
		return status;
	if (proof.n_left_out == proof.n_rows && !proof.n_scripts) {
		cli_error(c, "no requirement and no script is as --only says");
		return EXIT_NOTHING;
	}
	status = proof_print(c, &page);
	/* What names a requirement that there is not covers none. */
	return cli_check_headers(c, &s) ? EXIT_USAGE : status;
}
