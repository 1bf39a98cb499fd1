/* SPDX-License-Identifier: BSD-2-Clause */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/util.h"
#include "cli/cli.h"
#include "cli/tables.h"
#include "suite/requirements.h"

/*
 * "complete -- WORD...": what can stand in place of the last word, for the completion functions of
 * shells. A line is "CANDIDATE<tab>HELP", or a request to the shell: ":pkt" scripts and folders,
 * ":files", ":dirs".
 */

/* Options whose values are the names of a table. Lists are separated by commas. */
static const struct {
	const char *option, *table;
	bool is_list;
} value_tables[] = {
	{ "stack", "stacks", false },
	{ "stacks", "stacks", true },
	{ "preset", "presets", false },
	{ "profile", "profiles", false },
	{ "variant", "variants", true },
	{ "ip_version", "variants", false },
};

/* --only KIND:VALUE, of the kinds whose values are the names of a table. */
static const struct {
	const char *kind, *table;
} kind_tables[] = {
	{ "state", "states" },
	{ "needs", "needs" },
	{ "profile", "profiles" },
};

static const struct {
	const char *value_name, *request;
} value_files[] = {
	{ "DIR", ":dirs" },
	{ "FILE", ":files" },
	{ "FILE,...", ":files" },
	{ "COMMAND", ":files" },
};

/* What was typed of the word: candidates begin with it. */
struct completer {
	struct arena *arena;
	const struct command *command;
	const char *typed;
	const char *before;          /* printed before each candidate: "--stack=", "ipv4," */
	const char *option;          /* looked for by find_option(): "--json", "-j" */
	const char *value_name;      /* of the option found; NULL: none, or it takes no value */
	const char *option_name;     /* without dashes */
};

static void offer(void *ctx, const struct table_row *row)
{
	const struct completer *c = ctx;

	if (strncmp(row->name, c->typed, strlen(c->typed)) == 0)
		printf("%s%s\t%s\n", c->before, row->name, row->text ? row->text : "");
}

static void offer_letter(void *ctx, const struct table_row *row)
{
	char word[3] = { '-', row->letter, '\0' };
	struct table_row short_row = { .name = word, .text = row->text };

	if (row->letter)
		offer(ctx, &short_row);
}

static void offer_table(struct completer *c, const char *name)
{
	table_find(name)->each(c->arena, offer, c);
}

static bool is_same_name(const char *a, const char *b)
{
	for (; *a && *b; a++, b++) {
		if (*a != *b && !((*a == '-' || *a == '_') && (*b == '-' || *b == '_')))
			return false;
	}
	return *a == *b;
}

static void match_option(void *ctx, const struct table_row *row)
{
	struct completer *c = ctx;
	size_t n = strlen(c->option);
	bool is_letter = row->letter && c->option[0] == '-' && c->option[1] != '-' && n > 1 &&
			 c->option[n - 1] == row->letter;

	if (c->option_name || (!is_letter && !is_same_name(row->name, c->option)))
		return;
	c->option_name = arena_strdup(c->arena, row->name + 2);
	c->value_name = row->value;
}

/* Some of packetdrill's flags are options of ours by the same name. */
static void offer_flag(void *ctx, const struct table_row *row)
{
	struct completer *c = ctx;

	c->option = row->name;
	c->option_name = NULL;
	table_each_option(c->command, match_option, c);
	if (!c->option_name)
		offer(c, row);
}

static void offer_options(struct completer *c)
{
	table_each_option(c->command, offer_letter, c);
	table_each_option(c->command, offer, c);
	if (c->command->has_flags)
		table_find("flags")->each(c->arena, offer_flag, c);
}

/* The option that a word names, for its value. */
static bool find_option(struct completer *c, const char *word)
{
	c->option = word;
	c->option_name = c->value_name = NULL;
	table_each_option(c->command, match_option, c);
	if (c->command->has_flags)
		table_find("flags")->each(c->arena, match_option, c);
	return c->value_name != NULL;
}

static void offer_kind(void *ctx, const struct table_row *row)
{
	const struct completer *c = ctx;

	offer(ctx, &(struct table_row){ .name = arena_printf(c->arena, "%s:", row->name),
					.text = row->text });
}

/* As one types them: must-not. */
static void offer_levels(struct completer *c)
{
	for (int i = 0; i < REQ_LEVEL_COUNT; i++) {
		char *name = arena_strdup(c->arena, req_level_name[i]);

		for (char *s = name; *s; s++)
			*s = *s == ' ' ? '-' : (char)tolower((unsigned char)*s);
		offer(c, &(struct table_row){ .name = name });
	}
}

/* A choice by header, with or without the ! before it. */
static void offer_choice(struct completer *c)
{
	size_t not = *c->typed == '!', n = strcspn(c->typed + not, ":");
	const char *kind = c->typed + not;

	c->before = arena_printf(c->arena, "%s%s", c->before, not ? "!" : "");
	c->typed = kind;
	if (!kind[n]) {
		table_find("kinds")->each(c->arena, offer_kind, c);
		return;
	}
	c->before = arena_printf(c->arena, "%s%.*s", c->before, (int)n + 1, kind);
	c->typed += n + 1;
	for (size_t i = 0; i < ARRAY_LEN(kind_tables); i++) {
		if (strlen(kind_tables[i].kind) == n && strncmp(kind_tables[i].kind, kind, n) == 0)
			offer_table(c, kind_tables[i].table);
	}
	if (strncmp(kind, "level:", n + 1) == 0)
		offer_levels(c);
}

/* c->typed is a part of the value of the option found. */
static void offer_values(struct completer *c)
{
	const char *comma = strrchr(c->typed, ',');

	if (is_same_name(c->option_name, "only"))
		offer_choice(c);
	for (size_t i = 0; i < ARRAY_LEN(value_tables); i++) {
		if (!is_same_name(value_tables[i].option, c->option_name))
			continue;
		if (value_tables[i].is_list && comma) {
			c->before = arena_printf(c->arena, "%s%.*s", c->before,
						 (int)(comma + 1 - c->typed), c->typed);
			c->typed = comma + 1;
		}
		offer_table(c, value_tables[i].table);
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(value_files); i++) {
		if (strcmp(value_files[i].value_name, c->value_name) == 0)
			puts(value_files[i].request);
	}
}

static void offer_arguments(struct completer *c)
{
	if (c->command->id == CMD_HELP)
		offer_table(c, "commands");
	if (c->command->id == CMD_LIST)
		offer_table(c, "tables");
	if (strstr(c->command->args, "PATH"))
		puts(":pkt");
}

static void complete_word(struct completer *c, const char *const *word, size_t n)
{
	const char *equals = strchr(c->typed, '=');
	bool has_ended = false;

	for (size_t i = 1; i + 1 < n; i++) {
		bool is_value = !has_ended && word[i][0] == '-' && !strchr(word[i], '=') &&
				find_option(c, word[i]);

		has_ended |= strcmp(word[i], "--") == 0;
		if (is_value && i + 2 == n) {
			offer_values(c);
			return;
		}
		i += is_value;
	}
	if (has_ended || c->typed[0] != '-') {
		offer_arguments(c);
	} else if (!equals) {
		offer_options(c);
	} else if (find_option(c, arena_strndup(c->arena, c->typed, (size_t)(equals - c->typed)))) {
		c->before = arena_strndup(c->arena, c->typed, (size_t)(equals + 1 - c->typed));
		c->typed = equals + 1;
		offer_values(c);
	}
}

int cmd_complete(struct cli *cli)
{
	struct completer c = { .arena = cli->arena, .before = "" };

	if (!cli->n_paths)
		return 0;
	c.typed = cli->path[cli->n_paths - 1];
	if (cli->n_paths == 1) {
		offer_table(&c, "commands");
		return 0;
	}
	c.command = cli_command_find(cli->path[0]);
	if (c.command && !c.command->is_hidden)
		complete_word(&c, cli->path, cli->n_paths);
	return 0;
}
