/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/util.h"
#include "cli/cli.h"
#include "cli/tables.h"

/*
 * "fill FILE": prints a man page or a syntax file from its template. A comment that begins with @
 * asks for what the program knows and is replaced by it:
 *	.\" @table NAME        the rows of a table, as a list of mdoc(7)
 *	.\" @command NAME      usage and options of a command, likewise
 *	.\" @file PATH         another file as it is
 *	" @syntax GROUP NAME   the names of a table, as items of a group of vim
 * So a new row is documented without anybody having to think of it.
 */

struct fill {
	struct arena *arena;
	const char *group;           /* of the row before; of vim: the syntax group */
	enum table_form form;
};

enum { LINE_MAX_CHARS = 56 };

/* An argument of a macro: never a macro itself, never punctuation. What is too long for a line of the
 * page is several of them, so that it can be broken there. */
static void put_argument(const char *text)
{
	bool is_long = strlen(text) > LINE_MAX_CHARS;

	fputs(" \\&", stdout);
	for (; *text; text++) {
		if (*text == '\\')
			fputs("\\e", stdout);
		else if (*text == '"')
			fputs("\\(dq", stdout);
		else if (*text == ' ')
			fputs(is_long ? " \\&" : "\\ ", stdout);
		else if (*text == '-')
			fputs("\\-", stdout);
		else
			putchar(*text);
	}
}

static void put_line(const char *text, size_t n)
{
	char before = '\0';

	if (*text == '.' || *text == '\'')
		fputs("\\&", stdout);
	for (; n-- > 0; before = *text++) {
		if (*text == '\\')
			fputs("\\e", stdout);
		else if (*text == ')' && before == '(')
			fputs("\\&)", stdout); /* not a reference to a manual page */
		else
			putchar(*text);
	}
	putchar('\n');
}

/* In lines that are not too long for the source of a man page. */
static void put_text(const char *text)
{
	enum { WIDTH = 76 };
	size_t n = strlen(text);

	while (n > WIDTH) {
		size_t at = WIDTH;

		while (at > 0 && text[at] != ' ')
			at--;
		if (!at)
			break;
		put_line(text, at);
		text += at + 1;
		n -= at + 1;
	}
	put_line(text, n);
}

static void put_flag(const struct table_row *row)
{
	fputs(".It Fl", stdout);
	if (row->letter)
		printf(" %c , Fl", row->letter);
	put_argument(row->name + 1);
	if (row->value) {
		fputs(" Ar", stdout);
		put_argument(row->value);
	}
	putchar('\n');
}

static void put_row(void *ctx, const struct table_row *row)
{
	struct fill *f = ctx;

	if (f->form == TABLE_FLAGS) {
		put_flag(row);
	} else {
		fputs(".It Cm", stdout);
		put_argument(row->name);
		putchar('\n');
	}
	if (row->text)
		put_text(row->text);
	if (row->source)
		printf("(%s)\n", row->source);
	if (row->fallback && row->value)
		printf("[%s]\n", row->fallback);
	if (row->example) {
		fputs(".Dl", stdout);
		put_argument(row->example);
		putchar('\n');
	}
}

static void put_name(void *ctx, const struct table_row *row)
{
	struct fill *f = ctx;

	if (row->group && (!f->group || strcmp(f->group, row->group) != 0)) {
		f->group = arena_strdup(f->arena, row->group);
		fputs(".It", stdout);
		put_argument(row->group);
		putchar('\n');
	}
	fputs(".Cm", stdout);
	put_argument(row->name);
	putchar('\n');
}

/* The rows of each group together, whatever their order in the table. */
struct sorter {
	struct arena *arena;
	struct table_row *row;
	size_t n, cap;
};

static void keep_row(void *ctx, const struct table_row *row)
{
	struct sorter *s = ctx;

	*ARENA_PUSH(s->arena, s->row, s->n, s->cap, struct table_row) = *row;
}

static void put_names(struct fill *f, const struct table *t)
{
	struct sorter s = { .arena = f->arena };

	t->each(f->arena, keep_row, &s);
	if (s.n && !s.row[0].group) {
		for (size_t i = 0; i < s.n; i++)
			put_name(f, &s.row[i]);
		return;
	}
	puts(".Bl -tag -width Ds");
	for (size_t i = 0; i < s.n; i++) {
		const char *group = s.row[i].group;
		size_t first = 0;

		while (strcmp(s.row[first].group, group) != 0)
			first++;
		for (size_t k = i; first == i && k < s.n; k++) {
			if (strcmp(s.row[k].group, group) == 0)
				put_name(f, &s.row[k]);
		}
	}
	puts(".El");
}

static int put_table(struct fill *f, const char *name, const char *unused)
{
	const struct table *t = table_find(name);

	(void)unused;
	if (!t)
		return -1;
	f->group = NULL;
	f->form = t->form;
	if (t->form == TABLE_NAMES) {
		put_names(f, t);
		return 0;
	}
	puts(".Bl -tag -width Ds");
	t->each(f->arena, put_row, f);
	puts(".El");
	return 0;
}

static int put_command(struct fill *f, const char *name, const char *unused)
{
	const struct command *command = cli_command_find(name);

	(void)unused;
	if (!command)
		return -1;
	f->form = TABLE_FLAGS;
	puts(".Bl -tag -width Ds");
	table_each_option(command, put_row, f);
	puts(".El");
	return 0;
}

static int put_file(struct fill *f, const char *path, const char *unused)
{
	FILE *in = fopen(path, "re");
	int c;

	(void)f;
	(void)unused;
	if (!in)
		return -1;
	while ((c = getc(in)) != EOF)
		putchar(c);
	fclose(in);
	return 0;
}

static void put_syntax_row(void *ctx, const struct table_row *row)
{
	const struct fill *f = ctx;
	const char *name = row->name;
	size_t n = strcspn(name, ">:"); /* kernel>=VERSION: what the word begins with */

	if (name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")]) {
		printf("syn match %s \"\\V\\C", f->group);
		if (name[0] != '-')
			fputs("\\<", stdout);
		printf("%.*s%s\"\n", (int)n, name, name[n] ? "" : "\\>");
	} else {
		printf("syn keyword %s %s\n", f->group, name);
	}
}

static int put_syntax(struct fill *f, const char *group, const char *name)
{
	const struct table *t = table_find(name);

	if (!t)
		return -1;
	f->group = group;
	t->each(f->arena, put_syntax_row, f);
	return 0;
}

static const struct {
	const char *mark;
	int (*put)(struct fill *f, const char *first, const char *second);
} requests[] = {
	{ ".\\\" @table", put_table },
	{ ".\\\" @command", put_command },
	{ ".\\\" @file", put_file },
	{ "\" @syntax", put_syntax },
};

/* 1: it was a request; 0: an ordinary line; -1: a request that cannot be met */
static int fill_line(struct fill *f, const char *line)
{
	for (size_t i = 0; i < ARRAY_LEN(requests); i++) {
		size_t n = strlen(requests[i].mark);
		char first[256] = "", second[256] = "";

		if (strncmp(line, requests[i].mark, n) != 0 || line[n] != ' ')
			continue;
		sscanf(line + n, "%255s %255s", first, second);
		return requests[i].put(f, first, second) < 0 ? -1 : 1;
	}
	return 0;
}

int cmd_fill(struct cli *c)
{
	struct fill f = { .arena = c->arena };
	FILE *in = c->n_paths == 1 ? fopen(c->path[0], "re") : NULL;
	char *line = NULL;
	size_t cap = 0;
	int status = 0;

	if (!in) {
		cli_error(c, "%s", c->n_paths == 1 ? strerror(errno) : "needs one template");
		return EXIT_USAGE;
	}
	for (unsigned int n = 1; !status && getline(&line, &cap, in) > 0; n++) {
		int rc = fill_line(&f, line);

		if (rc == 0)
			fputs(line, stdout);
		if (rc < 0) {
			cli_error(c, "%s:%u: nothing to put here: %s", c->path[0], n, line);
			status = EXIT_USAGE;
		}
	}
	free(line);
	fclose(in);
	return status;
}
