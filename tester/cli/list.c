/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include "cli/cli.h"
#include "cli/tables.h"
#include "suite/suite.h"

int cmd_list(struct cli *c)
{
	struct suite s = { 0 };
	struct suite_variants variants = cli_variants(c);
	const struct table *table = c->n_paths == 1 ? table_find(c->path[0]) : NULL;
	int status;

	if (!c->n_paths) {
		puts("'tcpdrill list PATH...' lists the tests of scripts, 'tcpdrill list TABLE' "
		     "one of:");
		table_print(c->arena, table_find("tables"));
		return 0;
	}
	if (table) {
		table_print(c->arena, table);
		return 0;
	}
	status = cli_collect(c, &s);
	if (status)
		return status;
	suite_expand(c->arena, &s, &variants, c->stack);
	for (size_t i = 0; i < s.n_tests; i++) {
		const char *title = s.test[i].script->meta.title;

		printf("%s%s%s\n", s.test[i].id, title ? "  " : "", title ? title : "");
	}
	return s.n_tests ? 0 : EXIT_NOTHING;
}
