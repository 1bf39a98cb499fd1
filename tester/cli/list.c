/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "call/call.h"
#include "cli/cli.h"
#include "judge/verdict.h"
#include "report/report.h"
#include "run/needs.h"
#include "suite/suite.h"
#include "target/target.h"
#include "wire/tcpopt.h"

static void list_options(void)
{
	for (size_t i = 0; i < tcpopt_table_len; i++) {
		const struct tcpopt_row *r = &tcpopt_table[i];

		printf("%-10s  %-42s  %s [%s]\n", r->name, r->example, r->help, r->source);
	}
}

static void list_calls(void)
{
	for (size_t i = 0; i < CALL_COUNT; i++)
		printf("%-14s  %s\n%16s%s\n", call_table[i].name, call_table[i].help, "",
		       call_table[i].example);
}

static void list_flags(void)
{
	for (size_t i = 0; i < option_table_len; i++) {
		const struct option_row *r = &option_table[i];

		printf("--%s%s%-*s  %s [%s]\n", r->name, r->value_name ? "=" : "",
		       (int)(28 - strlen(r->name)), r->value_name ? r->value_name : "", r->help,
		       r->default_text);
	}
}

static void list_verdicts(void)
{
	for (int v = 0; v < VERDICT_COUNT; v++)
		printf("%-14s  exit status %d\n", verdict_name[v],
		       verdict_exit_status((enum verdict)v));
}

static void list_needs(void)
{
	for (size_t i = 0; i < need_table_len; i++)
		printf("%-18s  %s\n", need_table[i].syntax, need_table[i].help);
}

static void list_states(void)
{
	for (int s = 0; s < TCP_STATE_COUNT; s++)
		puts(target_state_name[s]);
}

static void list_stacks(void)
{
	for (size_t i = 0; i < target_table_len; i++)
		printf("%-12s  %s\n", target_table[i].name, target_table[i].help);
}

static void list_presets(void)
{
	for (size_t i = 0; i < preset_table_len; i++)
		printf("%-12s  %s\n", preset_table[i].name, preset_table[i].help);
}

static void list_reports(void)
{
	for (size_t i = 0; i < report_table_len; i++)
		printf("%-12s  %s\n", report_table[i].name, report_table[i].help);
}

static void list_tables(void);

/* What can be listed besides tests: each prints one of the tables that the program itself uses. */
static const struct listing {
	const char *name;
	void (*print)(void);
	const char *help;
} listing[] = {
	{ "options", list_options, "TCP options, as scripts write them" },
	{ "calls", list_calls, "system calls" },
	{ "flags", list_flags, "packetdrill's flags, for the command line and the top of scripts" },
	{ "needs", list_needs, "what a script may ask for: //! needs: WORD" },
	{ "states", list_states, "TCP states, for assert" },
	{ "verdicts", list_verdicts, "outcomes of a test" },
	{ "stacks", list_stacks, "stacks that can be tested" },
	{ "presets", list_presets, "sets of flags of other suites' runners" },
	{ "reports", list_reports, "report formats" },
	{ "tables", list_tables, "this list" },
};

static void list_tables(void)
{
	for (size_t i = 0; i < ARRAY_LEN(listing); i++)
		printf("%-12s  %s\n", listing[i].name, listing[i].help);
}

static bool print_listing(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(listing); i++) {
		if (strcmp(listing[i].name, name) == 0) {
			listing[i].print();
			return true;
		}
	}
	return false;
}

int cmd_list(struct cli *c)
{
	struct suite s = { 0 };
	struct suite_variants variants = cli_variants(c);
	int status;

	if (!c->n_paths) {
		puts("'tcpdrill list PATH...' lists the tests of scripts, 'tcpdrill list TABLE' "
		     "one of:");
		list_tables();
		return 0;
	}
	if (c->n_paths == 1 && print_listing(c->path[0]))
		return 0;
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
