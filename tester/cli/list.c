/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include "base/buf.h"
#include "base/printable.h"
#include "cli/cli.h"
#include "cli/tables.h"
#include "suite/history.h"
#include "suite/suite.h"

static void print_test(const struct suite_test *t)
{
	const struct metadata *meta = &t->script->meta;

	struct buf line = { 0 };

	printable_add_line(&line, t->id);
	if (meta->title) {
		buf_puts(&line, "  ");
		printable_add_line(&line, meta->title);
	}
	for (const struct meta_word *w = meta->req; w; w = w->next) {
		buf_puts(&line, w == meta->req ? "  [" : " ");
		printable_add_line(&line, w->text);
	}
	printf("%s%s\n", buf_str(&line), meta->req ? "]" : "");
	buf_fini(&line);
}

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
	for (size_t i = 0; i < s.n_tests; i++)
		print_test(&s.test[i]);
	return s.n_tests ? 0 : EXIT_NOTHING;
}
