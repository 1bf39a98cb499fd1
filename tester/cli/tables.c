/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/tables.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/info_names.h"
#include "base/tcp_state.h"
#include "base/util.h"
#include "call/call.h"
#include "cli/cli.h"
#include "judge/verdict.h"
#include "report/report.h"
#include "run/needs.h"
#include "script/code_names.h"
#include "script/packet_members.h"
#include "script/symbols.h"
#include "suite/only.h"
#include "target/fault.h"
#include "target/target.h"
#include "wire/tcpopt.h"
#include "wire/wire.h"

static void each_option(struct arena *a, table_row_fn *fn, void *ctx)
{
	(void)a;
	for (size_t i = 0; i < tcpopt_table_len; i++) {
		const struct tcpopt_row *r = &tcpopt_table[i];

		fn(ctx, &(struct table_row){ .name = r->name,
					     .text = r->help,
					     .example = r->example,
					     .source = r->source });
	}
}

static void each_call(struct arena *a, table_row_fn *fn, void *ctx)
{
	(void)a;
	for (size_t i = 0; i < CALL_COUNT; i++)
		fn(ctx, &(struct table_row){ .name = call_table[i].name,
					     .text = call_table[i].help,
					     .example = call_table[i].example });
}

static void each_constant(struct arena *a, table_row_fn *fn, void *ctx)
{
	static const char *const group[SYMBOL_GROUP_COUNT] = {
#define X(g) #g,
		SYMBOL_GROUPS(X)
#undef X
	};

	for (size_t i = 0; i < symbol_table_len; i++)
		fn(ctx, &(struct table_row){
				.name = symbol_table[i].name,
				.value = arena_printf(a, "%" PRId64, symbol_table[i].value),
				.group = group[symbol_table[i].group] });
}

static void each_flag(struct arena *a, table_row_fn *fn, void *ctx)
{
	for (size_t i = 0; i < option_table_len; i++) {
		const struct option_row *r = &option_table[i];

		fn(ctx, &(struct table_row){ .name = arena_printf(a, "--%s", r->name),
					     .value = r->value_name,
					     .text = r->help,
					     .fallback = r->default_text });
	}
}

static void each_icmp(struct arena *a, table_row_fn *fn, void *ctx)
{
	for (size_t i = 0; i < icmp_name_table_len; i++) {
		const struct icmp_name_row *r = &icmp_name_table[i];

		fn(ctx, &(struct table_row){
				.name = r->name,
				.value = arena_printf(a, "%u", r->is_code ? r->code : r->type),
				.group = r->is_code ? arena_printf(a, "IPv%u, codes of type %u",
								   r->ip_version, r->type)
						    : arena_printf(a, "IPv%u, types",
								   r->ip_version),
				.source = r->source });
	}
}

static void each_field(struct arena *a, table_row_fn *fn, void *ctx)
{
	for (size_t i = 0; i < wire_neutral_table_len; i++)
		fn(ctx, &(struct table_row){ .name = wire_neutral_table[i].name,
					     .text = "of whichever IP version there is",
					     .group = "both" });
	for (size_t i = 0; i < WIRE_FIELD_COUNT; i++) {
		const struct wire_field_row *r = &wire_field_table[i];

		fn(ctx, &(struct table_row){
				.name = r->name,
				.text = arena_printf(a, "%u bit%s", r->width_bits,
						     r->width_bits == 1 ? "" : "s"),
				.group = wire_header_table[r->proto].name,
				.source = r->source });
	}
}

static void each_member(struct arena *a, table_row_fn *fn, void *ctx)
{
	(void)a;
	for (size_t i = 0; i < packet_members_len; i++)
		fn(ctx, &(struct table_row){ .name = packet_members[i].name,
					     .text = packet_members[i].help });
}

static void each_variable(struct arena *a, table_row_fn *fn, void *ctx)
{
	static const char *const group[] = {
		[CODE_GROUP_STATE] = "values of tcpi_state",
		[CODE_GROUP_CA_STATE] = "values of tcpi_ca_state",
		[CODE_GROUP_OPTION] = "bits of tcpi_options",
	};

	for (size_t i = 0; i < info_names_len; i++)
		fn(ctx, &(struct table_row){ .name = info_names[i], .group = "variables" });
	for (size_t i = 0; i < code_names_len; i++)
		fn(ctx, &(struct table_row){
				.name = code_names[i].name,
				.value = arena_printf(a, "%" PRId64, code_names[i].value),
				.group = group[code_names[i].group] });
}

static void each_need(struct arena *a, table_row_fn *fn, void *ctx)
{
	(void)a;
	for (size_t i = 0; i < need_table_len; i++)
		fn(ctx, &(struct table_row){ .name = need_table[i].syntax,
					     .text = need_table[i].help });
}

static void each_state(struct arena *a, table_row_fn *fn, void *ctx)
{
	static const char *const name[] = {
#define X(s) #s,
		TCP_STATES(X)
#undef X
	};

	(void)a;
	for (size_t i = 0; i < ARRAY_LEN(name); i++)
		fn(ctx, &(struct table_row){ .name = name[i] });
}

static void each_verdict(struct arena *a, table_row_fn *fn, void *ctx)
{
	for (int v = 0; v < VERDICT_COUNT; v++)
		fn(ctx, &(struct table_row){
				.name = verdict_name[v],
				.text = arena_printf(a, "%s: exit status %d", verdict_help[v],
						     verdict_exit_status((enum verdict)v)) });
}

static void each_stack(struct arena *a, table_row_fn *fn, void *ctx)
{
	(void)a;
	for (size_t i = 0; i < target_table_len; i++)
		fn(ctx, &(struct table_row){ .name = target_table[i].name,
					     .text = target_table[i].help });
}

static void each_profile(struct arena *a, table_row_fn *fn, void *ctx)
{
	struct target_profile p;

	(void)a;
	for (size_t i = 0; target_profile_each(i, &p); i++)
		fn(ctx, &(struct table_row){ .name = p.name, .text = p.help });
}

static void each_variant(struct arena *a, table_row_fn *fn, void *ctx)
{
	(void)a;
	for (int m = 0; m < IP_MODE_COUNT; m++)
		fn(ctx, &(struct table_row){ .name = ip_mode_name[m] });
}

static void each_preset(struct arena *a, table_row_fn *fn, void *ctx)
{
	(void)a;
	for (size_t i = 0; i < preset_table_len; i++)
		fn(ctx, &(struct table_row){ .name = preset_table[i].name,
					     .text = preset_table[i].help });
}

static void each_report(struct arena *a, table_row_fn *fn, void *ctx)
{
	(void)a;
	for (size_t i = 0; i < report_table_len; i++)
		fn(ctx, &(struct table_row){ .name = report_table[i].name,
					     .text = report_table[i].help });
}

static void each_kind(struct arena *a, table_row_fn *fn, void *ctx)
{
	(void)a;
	for (size_t i = 0; i < only_table_len; i++)
		fn(ctx, &(struct table_row){ .name = only_table[i].name,
					     .text = only_table[i].help });
}

#ifdef SUT_FAULTS
static void each_fault(struct arena *a, table_row_fn *fn, void *ctx)
{
	(void)a;
	for (size_t i = 0; i < fault_table_len; i++)
		fn(ctx, &(struct table_row){ .name = fault_table[i].name,
					     .text = fault_table[i].text,
					     .source = fault_table[i].source });
}
#endif

static void each_command(struct arena *a, table_row_fn *fn, void *ctx)
{
	(void)a;
	for (size_t i = 0; i < command_table_len; i++) {
		if (!command_table[i].is_hidden)
			fn(ctx, &(struct table_row){ .name = command_table[i].name,
						     .text = command_table[i].help });
	}
}

void table_each_option(const struct command *command, table_row_fn *fn, void *ctx)
{
	for (size_t i = 0; i < cli_option_table_len; i++) {
		const struct cli_option *o = &cli_option_table[i];
		char name[64];

		if (!(o->commands & command->id))
			continue;
		snprintf(name, sizeof(name), "--%s", o->name);
		fn(ctx, &(struct table_row){ .name = name,
					     .value = o->value_name,
					     .text = o->help,
					     .letter = o->letter });
	}
}

static void each_table(struct arena *a, table_row_fn *fn, void *ctx)
{
	(void)a;
	for (size_t i = 0; i < table_list_len; i++)
		fn(ctx, &(struct table_row){ .name = table_list[i].name,
					     .text = table_list[i].help });
}

const struct table table_list[] = {
	{ "options", TABLE_ROWS, each_option, "TCP options, as scripts write them" },
	{ "calls", TABLE_ROWS, each_call, "system calls" },
	{ "constants", TABLE_NAMES, each_constant, "names of numbers, for calls" },
	{ "icmp", TABLE_NAMES, each_icmp, "ICMP types and codes" },
	{ "fields", TABLE_NAMES, each_field, "header fields, for packets wrong on purpose" },
	{ "members", TABLE_ROWS, each_member, "what assert can ask of a packet: NAME.win" },
	{ "variables", TABLE_NAMES, each_variable, "what assert and %{ }% can ask of a socket" },
	{ "states", TABLE_NAMES, each_state, "TCP states, for assert" },
	{ "flags", TABLE_FLAGS, each_flag,
	  "packetdrill's flags, for the command line and the top of scripts" },
	{ "needs", TABLE_ROWS, each_need, "what a script may ask for: //! needs: WORD" },
	{ "verdicts", TABLE_ROWS, each_verdict, "outcomes of a test" },
	{ "stacks", TABLE_ROWS, each_stack, "stacks that can be tested" },
	{ "profiles", TABLE_ROWS, each_profile,
	  "how a stack that has a choice can be asked to behave: //! profile: NAME" },
	{ "variants", TABLE_NAMES, each_variant, "kinds of addresses and sockets" },
	{ "presets", TABLE_ROWS, each_preset, "sets of flags of other suites' runners" },
	{ "reports", TABLE_ROWS, each_report, "report formats" },
	{ "kinds", TABLE_ROWS, each_kind, "what scripts can be chosen by: --only KIND:VALUE" },

#ifdef SUT_FAULTS
	{ "faults", TABLE_ROWS, each_fault, "what --fault can make wrong in the bundled stack" },
#endif
	{ "commands", TABLE_ROWS, each_command, "what this program can do" },
	{ "tables", TABLE_ROWS, each_table, "this list" },
};

const size_t table_list_len = ARRAY_LEN(table_list);

const struct table *table_find(const char *name)
{
	for (size_t i = 0; i < table_list_len; i++) {
		if (strcmp(table_list[i].name, name) == 0)
			return &table_list[i];
	}
	return NULL;
}

/* Width of the first column, so that what follows stands in one. */
struct printer {
	int width;
};

static int width_of(const struct table_row *row)
{
	return (int)(strlen(row->name) + (row->value ? strlen(row->value) + 1 : 0));
}

static void measure(void *ctx, const struct table_row *row)
{
	struct printer *p = ctx;

	if (width_of(row) > p->width)
		p->width = width_of(row);
}

static void print_row(void *ctx, const struct table_row *row)
{
	const struct printer *p = ctx;
	int pad = p->width - width_of(row);

	printf("%s%s%s", row->name, row->value ? " " : "", row->value ? row->value : "");
	if (row->text)
		printf("%*s  %s", pad, "", row->text);
	if (row->group)
		printf("%*s  %s", row->text ? 0 : pad, "", row->group);
	if (row->fallback || row->source)
		printf(" [%s]", row->fallback ? row->fallback : row->source);
	putchar('\n');
	if (row->example)
		printf("%*s  %s\n", p->width, "", row->example);
}

void table_print(struct arena *a, const struct table *t)
{
	struct printer p = { 0 };

	t->each(a, measure, &p);
	t->each(a, print_row, &p);
}
