/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_CLI_TABLES_H
#define TCPDRILL_CLI_TABLES_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct command;

/*
 * One view of all tables of the program: "list", the completion of shells, the man pages and the
 * syntax file are made from it, so that none of them has to be told of a new row. NULL: the table
 * has no such thing.
 */
struct table_row {
	const char *name;            /* what is written: mss, --mtu, AF_INET */
	const char *value;           /* what follows it: BYTES, 2 */
	const char *text;            /* one line */
	const char *group;           /* rows of one group stand together */
	const char *example;
	const char *source;          /* RFC and section */
	const char *fallback;        /* the value when it is not given */
	char letter;                 /* of an option; 0: none */
};

typedef void table_row_fn(void *ctx, const struct table_row *row);

enum table_form {
	TABLE_ROWS,                  /* a name and a sentence each */
	TABLE_NAMES,                 /* names alone, by group */
	TABLE_FLAGS,                 /* as TABLE_ROWS; names are options of the command line */
};

struct table {
	const char *name;
	enum table_form form;
	/* Calls @fn for every row; rows live in @a or are constant. */
	void (*each)(struct arena *a, table_row_fn *fn, void *ctx);
	const char *help;
};

extern const struct table table_list[];
extern const size_t table_list_len;

/** table_find() - the table with this name, or NULL */
const struct table *table_find(const char *name);

/** table_print() - its rows, a line or two each, to the standard output */
void table_print(struct arena *a, const struct table *t);

/** table_each_option() - the options of one command, packetdrill's flags not among them */
void table_each_option(const struct command *command, table_row_fn *fn, void *ctx);

#endif
