/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCPDRILL_CLI_CLI_H
#define TCPDRILL_CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/buf.h"
#include "script/config.h"

struct arena;
struct only;
struct proof;
struct settler;
struct history;
struct suite;
struct suite_home;
struct target_row;
struct suite_variants;

#define DEFAULT_STACK "bundled"
#define DEFAULT_SEED 1
#define TCPDRILL_VERSION "0.1.0"

/* Exit statuses beyond those of verdicts [architecture 6]. */
enum { EXIT_USAGE = 2, EXIT_NOTHING = 4 };

/* What the command line says, whatever the command. */
struct cli {
	struct arena *arena;
	const struct command *command;
	struct run_config config;
	const char **path;           /* everything that is no option */
	size_t n_paths, paths_cap;
	const struct preset_row *preset;
	const char *stack;
	unsigned int modes;          /* bit per enum ip_mode that --variant named; 0: not given */
	unsigned int jobs;           /* 0: not given */
	int64_t timeout_us, total_timeout_us;
	const char **pattern;        /* --filter, as given */
	size_t n_patterns, patterns_cap;
	uint32_t shard, n_shards;    /* n_shards 0: not given */
	uint32_t repeat;             /* 0: not given */
	bool only_failed, until_fail, fail_fast, calibrate;
	const char *beside_calibrate;    /* the first option that means nothing with it; NULL: none */
	uint64_t seed;
	const char *pcap_dir;
	const char *stacks;          /* --stacks, as given; NULL: all */
	const char *out_json, *out_markdown;  /* of list, coverage, matrix, compare */
	struct only *only;           /* --only */
	size_t n_only, only_cap;
	const char **report_path;    /* per row of report_table; NULL: none was given */
	const char *profile;         /* NULL: of each script's header; else instead of that */
	const char *fault;           /* NULL, or one that the bundled stack shall have */
	bool trace, no_shell, strict_end, passed;
	bool is_strict, no_expect;
	bool in_place, only_check, diff, expand;
	bool help;
	struct buf again;            /* the options as given, for "again:" lines, */
	struct buf chosen;           /* but for these, which say what tests to run, */
	struct buf settings;         /* and the first, but for the stack */
	const char *program;         /* what to call to be called again */
	char **argv;                 /* as we were called */
};

/* One row per command. */
struct command {
	const char *name;
	unsigned int id;             /* bit for cli_option.commands */
	const char *args;            /* after the options in the usage line */
	const char *help;            /* one line */
	const char *more;            /* NULL, or text below the options in its own help */
	bool has_flags;              /* packetdrill's flags are taken, too */
	const char *stack;           /* when none is given; NULL: DEFAULT_STACK */
	bool is_hidden;              /* not in the list of commands */
	int (*run)(struct cli *c);   /* its return value is the exit status */
};

extern const struct command command_table[];
extern const size_t command_table_len;

/* Bits of the commands. */
enum {
	CMD_RUN = 1,
	CMD_CHECK = 2,
	CMD_FMT = 4,
	CMD_LIST = 8,
	CMD_DOCTOR = 16,
	CMD_HELP = 32,
	CMD_VERSION = 64,
	CMD_PACKETDRILL = 128,
	CMD_COMPLETE = 256,
	CMD_FILL = 512,
	CMD_COVERAGE = 1024,
	CMD_MATRIX = 2048,
	CMD_COMPARE = 4096,
	CMD_ANY = 8191,
};

/* An option of our own; packetdrill's flags are rows of option_table. */
struct cli_option {
	const char *name;
	char letter;                 /* 0: none */
	const char *value_name;      /* NULL: takes no value */
	unsigned int commands;
	int (*set)(struct cli *c, const char *value, const char **why);
	const char *help;
};

extern const struct cli_option cli_option_table[];
extern const size_t cli_option_table_len;

/** cli_main() - the whole program; returns its exit status */
int cli_main(int argc, char **argv);

/**
 * cli_parse() - options and paths of one command
 * @argv: the words after the command, ended by NULL; borrowed
 * @why:  on failure, one line, in the arena
 *
 * --name=value, --name value, -x value, -xvalue; "-" and "_" in names are the same; unique
 * abbreviations; "--" ends the options.
 * Return: 0 or a negative error
 */
int cli_parse(struct cli *c, char **argv, const char **why);

/** cli_command_find() - the command with this name, hidden ones too, or NULL */
const struct command *cli_command_find(const char *name);

/** cli_help() - print the help of one command, or of the program when @command is NULL */
void cli_help(const struct command *command);

/** cli_error() - print a line that begins with the program's and the command's name */
void cli_error(const struct cli *c, const char *fmt, ...) PRINTF_LIKE(2, 3);

/**
 * cli_select() - the tests that paths, variants and filters name
 * @h: filled with the record of the last run here
 *
 * Without paths, --failed takes those of the last run.
 * Return: 0, or an exit status after an error line: no test is an error, too
 */
int cli_select(struct cli *c, const char *stack, struct suite *s, struct history *h);

/** cli_collect() - the scripts that the paths name. 0, or an exit status after an error line */
int cli_collect(struct cli *c, struct suite *s);

/** cli_variants() - which variants were asked for */
struct suite_variants cli_variants(const struct cli *c);

/** cli_config() - the configuration for one variant, preset included */
struct run_config cli_config(struct cli *c, enum ip_mode mode);

/** cli_doctor_advice() - print what the machine must have, and of what it might have that which
 * @reasons (of tests that could not run) speak of */
void cli_doctor_advice(struct cli *c, const char *reasons, FILE *out);

/** cli_calibrate() - print what this machine can keep; returns an exit status */
int cli_calibrate(struct cli *c, const struct target_row *stack);

/** cli_collect_proof() - the scripts that the paths name, and the requirements that they prove. 0, or
 * an exit status after an error line */
int cli_collect_proof(struct cli *c, struct suite *s, struct proof *out);

/** cli_settler() - what is expected of @stack. 0, or an exit status after errors */
int cli_settler(struct cli *c, const struct suite *s, const struct target_row *stack,
		struct settler *out);

/** cli_is_whole() - whether the folder of a suite is among the paths */
bool cli_is_whole(const struct cli *c, const struct suite_home *home);

/** cli_check_headers() - print what is wrong with the headers of scripts; the number of errors */
size_t cli_check_headers(struct cli *c, const struct suite *s);

/** cli_warn_expected() - where whole suites were asked for, warn of expectations that fit none of their
 * tests */
void cli_warn_expected(const struct cli *c, const struct settler *t);

/** cli_check_expected() - look for errors in what the suites expect, and print them; their number */
size_t cli_check_expected(struct cli *c, const struct suite *s);

int cmd_run(struct cli *c);
int cmd_check(struct cli *c);
int cmd_fmt(struct cli *c);
int cmd_list(struct cli *c);
int cmd_doctor(struct cli *c);
int cmd_help(struct cli *c);
int cmd_version(struct cli *c);
int cmd_packetdrill(struct cli *c);
int cmd_complete(struct cli *c);
int cmd_fill(struct cli *c);
int cmd_coverage(struct cli *c);
int cmd_matrix(struct cli *c);
int cmd_compare(struct cli *c);

#endif
