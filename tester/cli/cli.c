/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/cli.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/printable.h"
#include "base/processors.h"
#include "base/suggest.h"
#include "run/pool.h"
#include "suite/only.h"
#include "suite/suite.h"
#include "target/target.h"

/*
 * Theory of operation
 *
 * The first word of the command line is a command, a row of command_table; the rest is read by
 * args.c from two tables, our own options and packetdrill's flags. --help and errors are printed
 * from the same rows. A program called "packetdrill" (a link to this one) has no command word and
 * behaves as that program does.
 */

const struct command command_table[] = {
	{ .name = "run",
	  .id = CMD_RUN,
	  .args = "PATH...",
	  .help = "run scripts (files and folders) against a stack",
	  .more = "Exit status: 0 all passed, were skipped or failed as expected; 1 a test\n"
		  "failed, crashed or took too long; 2 errors in a script or on the command\n"
		  "line; 3 the machine cannot run it; 4 nothing ran; 5 the tester itself was\n"
		  "too late to judge; 130 interrupted.\n",
	  .has_flags = true,
	  .run = cmd_run },
	{ .name = "check",
	  .id = CMD_CHECK,
	  .args = "PATH...",
	  .help = "look for errors in scripts without running them",
	  .has_flags = true,
	  .run = cmd_check },
	{ .name = "fmt",
	  .id = CMD_FMT,
	  .args = "PATH...|-",
	  .help = "print scripts in canonical form",
	  .run = cmd_fmt },
	{ .name = "list",
	  .id = CMD_LIST,
	  .args = "PATH...|TABLE",
	  .help = "list tests, or a table of what scripts can say",
	  .has_flags = true,
	  .run = cmd_list },
	{ .name = "coverage",
	  .id = CMD_COVERAGE,
	  .args = "[PATH...]",
	  .help = "show which requirements have scripts, and which have none",
	  .more = "Without PATH, the folder 'scripts' or this one is looked at.\n",
	  .run = cmd_coverage },
	{ .name = "matrix",
	  .id = CMD_MATRIX,
	  .args = "[PATH...]",
	  .help = "run scripts on several stacks; show what each requirement comes to",
	  .more = "Without PATH, the folder 'scripts' or this one is run. The exit status is that of\n"
		  "'run': the worst verdict on any stack decides.\n",
	  .has_flags = true,
	  .run = cmd_matrix },
	{ .name = "compare",
	  .id = CMD_COMPARE,
	  .args = "SCRIPT",
	  .help = "run a script on two stacks and show both traces side by side",
	  .more = "Marks: '!' the first divergence, '*' another one, '~' the same event with other\n"
		  "details: window, options, or a delay that differs by 5 ms and by a twentieth.\n"
		  "Exit status: 0 the stacks do the same, 1 they diverge, 4 one skips the script, so\n"
		  "there is nothing to compare; else as 'run'.\n",
	  .has_flags = true,
	  .run = cmd_compare },
	{ .name = "doctor",
	  .id = CMD_DOCTOR,
	  .args = "",
	  .help = "say what this machine lacks and how to mend it",
	  .run = cmd_doctor },
	{ .name = "help",
	  .id = CMD_HELP,
	  .args = "[COMMAND]",
	  .help = "explain a command",
	  .run = cmd_help },
	{ .name = "version",
	  .id = CMD_VERSION,
	  .args = "",
	  .help = "print the version",
	  .run = cmd_version },
	{ .name = "packetdrill",
	  .id = CMD_PACKETDRILL,
	  .args = "SCRIPT...",
	  .help = "behave as packetdrill does: stop at the first failure, exit with 0 or 1",
	  .has_flags = true,
	  .stack = "kernel",
	  .is_hidden = true,
	  .run = cmd_packetdrill },
	{ .name = "complete",
	  .id = CMD_COMPLETE,
	  .args = "-- WORD...",
	  .help = "print what can stand in place of the last word, for shells",
	  .is_hidden = true,
	  .run = cmd_complete },
	{ .name = "fill",
	  .id = CMD_FILL,
	  .args = "TEMPLATE",
	  .help = "print a man page or a syntax file from its template",
	  .is_hidden = true,
	  .run = cmd_fill },
};

const size_t command_table_len = ARRAY_LEN(command_table);

const struct command *cli_command_find(const char *name)
{
	for (size_t i = 0; i < command_table_len; i++) {
		if (strcmp(command_table[i].name, name) == 0)
			return &command_table[i];
	}
	return NULL;
}

/* How a command is called: the hidden one by the name of a link. */
static void print_name(FILE *out, const struct command *command)
{
	if (!command)
		fputs("tcpdrill", out);
	else if (command->id == CMD_PACKETDRILL)
		fputs(command->name, out);
	else
		fprintf(out, "tcpdrill %s", command->name);
}

void cli_error(const struct cli *c, const char *fmt, ...)
{
	struct buf line = { 0 }, safe = { 0 };
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&line, fmt, ap);
	va_end(ap);
	/* Names of files are in it. */
	printable_add(&safe, buf_str(&line), true);
	print_name(stderr, c->command);
	fprintf(stderr, ": %s\n", buf_str(&safe));
	buf_fini(&safe);
	buf_fini(&line);
}

static void print_option(const char *name, char letter, const char *value_name, const char *help,
			 const char *default_text)
{
	int n;

	if (letter)
		n = printf("  -%c, --%s", letter, name);
	else
		n = printf("      --%s", name);
	if (value_name)
		n += printf(" %s", value_name);
	printf("%*s%s", n < 32 ? 32 - n : 2, "", help);
	if (default_text && value_name && strcmp(default_text, "none") != 0)
		printf(" [%s]", default_text);
	putchar('\n');
}

static void help_options(const struct command *command)
{
	puts("\nOptions:");
	for (size_t i = 0; i < cli_option_table_len; i++) {
		const struct cli_option *o = &cli_option_table[i];

		if (o->commands & command->id)
			print_option(o->name, o->letter, o->value_name, o->help, NULL);
	}
	if (!command->has_flags)
		return;
	puts("\nFlags of packetdrill, which may stand at the top of a script, too:");
	for (size_t i = 0; i < option_table_len; i++)
		print_option(option_table[i].name, 0, option_table[i].value_name,
			     option_table[i].help, option_table[i].default_text);
}

void cli_help(const struct command *command)
{
	if (command) {
		fputs("usage: ", stdout);
		print_name(stdout, command);
		printf(" [OPTIONS] %s\n\n%s\n", command->args, command->help);
		help_options(command);
		if (command->more)
			printf("\n%s", command->more);
		return;
	}
	puts("usage: tcpdrill COMMAND [OPTIONS] [PATH...]\n\n"
	     "Plays timed packet scripts (.pkt) against a TCP stack and judges every packet.\n\n"
	     "Commands:");
	for (size_t i = 0; i < command_table_len; i++) {
		if (!command_table[i].is_hidden)
			printf("  %-8s  %s\n", command_table[i].name, command_table[i].help);
	}
	puts("\n'tcpdrill help COMMAND' lists the options of a command. A link to this program\n"
	     "that is called 'packetdrill' behaves as packetdrill does.");
}

int cmd_help(struct cli *c)
{
	const struct command *about = NULL;

	if (c->n_paths) {
		about = cli_command_find(c->path[0]);
		if (!about) {
			cli_error(c, "no command '%s'", c->path[0]);
			return EXIT_USAGE;
		}
	}
	cli_help(about);
	return 0;
}

int cmd_version(struct cli *c)
{
	(void)c;
	puts("tcpdrill " TCPDRILL_VERSION);
	return 0;
}

/* Where the scripts lie when only requirements are named. */
static const char usual_suite[] = "scripts";

/* Which of the choices is to blame, and what may have been meant by it. */
static int none_chosen(struct cli *c, const struct suite *s)
{
	for (size_t k = 0; k < c->n_only; k++) {
		const struct only *o = &c->only[k];
		size_t i = 0;

		while (i < s->n_scripts && !only_fits(o, s->script[i]))
			i++;
		if (i < s->n_scripts)
			continue;
		cli_error(c, "%s", only_why_none(c->arena, o, s));
		return EXIT_NOTHING;
	}
	cli_error(c, "no script fits all that --only says");
	return EXIT_NOTHING;
}

/* Drops the scripts that --only does not choose. */
static int choose(struct cli *c, struct suite *s)
{
	struct suite_script **chosen =
		ARENA_ARRAY(c->arena, struct suite_script *, s->n_scripts + 1);
	const char *why = NULL;
	size_t n = 0;

	for (size_t k = 0; k < c->n_only; k++) {
		if (only_check(c->arena, &c->only[k], s, &why) < 0) {
			cli_error(c, "%s", why);
			return EXIT_USAGE;
		}
	}

	for (size_t i = 0; i < s->n_scripts; i++) {
		size_t k = 0;

		while (k < c->n_only && only_fits(&c->only[k], s->script[i]))
			k++;
		if (k == c->n_only)
			chosen[n++] = s->script[i];
	}
	/* That there are none is what coverage is asked for. */
	if (s->n_scripts && !n && c->command->id != CMD_COVERAGE)
		return none_chosen(c, s);
	s->script = chosen;
	s->n_scripts = s->scripts_cap = n;
	return 0;
}

/* Words among the paths that are a choice as of --only: 9293/3.10.7.4, level:must, !needs:root. */
static int take_choices(struct cli *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n_paths; i++) {
		const char *word = c->path[i], *why = NULL;

		if (!only_is_likely(word) || access(word, F_OK) == 0) {
			c->path[n++] = word;
			continue;
		}
		if (only_read(c->arena, word,
			      ARENA_PUSH(c->arena, c->only, c->n_only, c->only_cap, struct only),
			      &why) < 0) {
			cli_error(c, "%s", why);
			return EXIT_USAGE;
		}
	}
	if (!n && c->n_paths)
		c->path[n++] = access(usual_suite, R_OK) == 0 ? usual_suite : ".";
	c->n_paths = n;
	return 0;
}

/* As reports name tests: "folder/script[ipv4]@bundled". */
static bool is_like_id(const char *word)
{
	const char *end = strstr(word, "]@");

	return end && memchr(word, '[', (size_t)(end - word));
}

/* What a word that is no path may have been meant as. */
static const char *hint_for(struct cli *c, const char *word)
{
	return is_like_id(word) ? "a test is chosen by its id with --filter" : only_hint(c->arena, word);
}

static int add_paths(struct cli *c, struct suite *s, bool *has_empty)
{
	for (size_t i = 0; i < c->n_paths; i++) {
		const char *why = NULL;
		int rc = suite_add_path(c->arena, s, c->path[i], &why);
		const char *hint = rc == -ERR_IO && access(c->path[i], F_OK) != 0
					   ? hint_for(c, c->path[i])
					   : NULL;

		if (rc < 0)
			cli_error(c, "%s%s%s", why, hint ? "; " : "", hint ? hint : "");
		if (rc == -ERR_UNKNOWN)
			*has_empty = true;
		else if (rc < 0)
			return EXIT_USAGE;
	}
	return 0;
}

/*
 * How many threads may read headers. Where a real clock counts, none but ours: ended threads leave
 * stacks and heaps behind, and each worker locks all memory that it inherits, which then takes it
 * milliseconds, just when its test begins.
 */
static unsigned int readers(const struct cli *c)
{
	const struct target_row *row = target_find(c->stack);

	if (c->command->id != CMD_RUN || !row || row->is_system)
		return 1;
	return c->jobs ? c->jobs : processors_count();
}

int cli_collect(struct cli *c, struct suite *s)
{
	bool has_empty = false;
	int status = take_choices(c);

	if (!status && !c->n_paths) {
		cli_error(c, "which scripts? name files or folders");
		return EXIT_USAGE;
	}
	if (status)
		return status;
	suite_read_ahead(c->arena, s, readers(c));
	status = add_paths(c, s, &has_empty);
	suite_read(c->arena, s);
	if (status)
		return status;
	for (const struct suite_home *h = s->homes; h; h = h->next) {
		if (!h->errors)
			continue;
		fputs(h->errors, stderr);
		return EXIT_USAGE;
	}
	return has_empty && !s->n_scripts ? EXIT_NOTHING : choose(c, s);
}

static bool is_given(const struct run_config *config, const char *option)
{
	const char *hint = NULL;
	const struct option_row *row = option_find(option, false, &hint);

	return (config->set_outside >> (row - option_table)) & 1;
}

struct suite_variants cli_variants(const struct cli *c)
{
	struct suite_variants v = { .modes = c->modes };

	v.name_restricts = c->preset && c->preset->name_restricts;
	if (c->modes)
		return v;
	if (is_given(&c->config, "ip_version")) {
		v.modes = 1u << c->config.ip_mode;
		v.overrides_script = true;
	} else if (c->preset && c->preset->all_variants) {
		v.modes = (1u << IP_MODE_COUNT) - 1;
	} else {
		v.modes = 1u << IP_MODE_IPV4;
		v.is_default = true;
	}
	return v;
}

struct run_config cli_config(struct cli *c, enum ip_mode mode)
{
	const char *why = NULL;
	struct run_config config = c->config;

	run_config_set(&config, c->arena, option_find("ip_version", false, &why),
		       ip_mode_name[mode], &why);
	if (c->preset)
		c->preset->apply(&config, c->arena, mode);
	return config;
}

static void init(struct cli *c)
{
	*c = (struct cli){ .arena = arena_new(), .seed = DEFAULT_SEED };
	run_config_defaults(&c->config);
}

static int usage_status(const struct cli *c)
{
	return c->command && c->command->id == CMD_PACKETDRILL ? 1 : EXIT_USAGE;
}

static int run_command(struct cli *c, char **argv)
{
	const char *why = NULL;
	int rc;

	c->stack = c->command->stack ? c->command->stack : DEFAULT_STACK;
	rc = cli_parse(c, argv, &why);

	if (rc < 0) {
		cli_error(c, "%s", why);
		if (c->command->id == CMD_PACKETDRILL)
			fprintf(stderr, "usage: %s [FLAGS] %s\n", c->command->name,
				c->command->args);
		else
			fprintf(stderr, "'tcpdrill help %s' lists the options\n", c->command->name);
		return usage_status(c);
	}
	if (c->help) {
		cli_help(c->command);
		return 0;
	}
	if (c->config.unsupported) {
		cli_error(c, "--%s is not supported yet", c->config.unsupported);
		return usage_status(c);
	}
	return c->command->run(c);
}

static int unknown_command(struct cli *c, const char *name)
{
	struct suggest near;

	suggest_init(&near, name);
	for (size_t i = 0; i < command_table_len; i++) {
		if (!command_table[i].is_hidden)
			suggest_offer(&near, command_table[i].name);
	}
	if (suggest_best(&near))
		cli_error(c, "no command '%s', did you mean '%s'?", name, suggest_best(&near));
	else
		cli_error(c, "no command '%s'; 'tcpdrill help' lists them", name);
	return EXIT_USAGE;
}

static int dispatch(struct cli *c, char **argv)
{
	const char *slash = argv[0] ? strrchr(argv[0], '/') : NULL;
	const char *name = slash ? slash + 1 : argv[0] ? argv[0] : "";

	c->argv = argv;
	c->program = slash ? argv[0] : "tcpdrill";
	if (strcmp(name, "packetdrill") == 0) {
		c->command = cli_command_find(name);
		return run_command(c, argv + 1);
	}
	if (!argv[0] || !argv[1]) {
		cli_help(NULL);
		return EXIT_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
		cli_help(NULL);
		return 0;
	}
	if (strcmp(argv[1], "--version") == 0)
		return cmd_version(c);
	c->command = cli_command_find(argv[1]);
	if (!c->command || c->command->id == CMD_PACKETDRILL) {
		c->command = NULL;
		return unknown_command(c, argv[1]);
	}
	return run_command(c, argv + 2);
}

int cli_main(int argc, char **argv)
{
	struct cli c;
	int status;

	(void)argc;
	init(&c);
	status = dispatch(&c, argv);
	if (fflush(stdout) != 0 || ferror(stdout)) {        /* now, or in an earlier flush */
		if (status != 128 + SIGPIPE)
			fputs("tcpdrill: cannot write the output\n", stderr);
		status = status ? status : EXIT_USAGE;
	}
	buf_fini(&c.again);
	buf_fini(&c.chosen);
	buf_fini(&c.settings);
	arena_free(c.arena);
	return status;
}
