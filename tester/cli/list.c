/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include "cli/cli.h"
#include "cli/tables.h"
#include "suite/history.h"
#include "suite/suite.h"

int cmd_list(struct cli *c)
{
	struct suite s = { 0 };
	struct history h;
	const struct table *table = c->n_paths == 1 ? table_find(c->path[0]) : NULL;
	int status;

	if (!c->n_paths && !c->only_failed) {
		puts("'tcpdrill list PATH...' lists the tests of scripts, 'tcpdrill list TABLE' "
		     "one of:");
		table_print(c->arena, table_find("tables"));
		return 0;
	}
	if (table) {
		table_print(c->arena, table);
		return 0;
	}
	status = cli_select(c, c->stack, &s, &h);
	if (status)
		return status;
	for (size_t i = 0; i < s.n_tests; i++) {
		const char *title = s.test[i].script->meta.title;

		printf("%s%s%s\n", s.test[i].id, title ? "  " : "", title ? title : "");
	}
	return 0;
}
