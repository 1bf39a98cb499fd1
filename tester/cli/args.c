/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/shell.h"
#include "base/suggest.h"
#include "cli/cli.h"
#include "report/report.h"
#include "suite/only.h"
#include "suite/suite.h"
#include "target/fault.h"
#include "target/target.h"

/*
 * Our own reader of options instead of getopt_long(): the flags come from two tables, a misspelt
 * one is answered with the nearest name, and there is no file-level state.
 */

static int bad(struct cli *c, const char **why, const char *value, const char *wanted)
{
	*why = arena_printf(c->arena, "'%s' is not %s", value, wanted);
	return -ERR_SYNTAX;
}

static int set_stack(struct cli *c, const char *value, const char **why)
{
	(void)why;
	c->stack = value;
	return 0;
}

static int set_variant(struct cli *c, const char *value, const char **why)
{
	char *rest = arena_strdup(c->arena, value), *save = NULL;

	c->modes = 0;
	for (char *w = strtok_r(rest, ",", &save); w; w = strtok_r(NULL, ",", &save)) {
		int mode = ip_mode_find(w);

		if (strcmp(w, "all") == 0)
			c->modes = (1u << IP_MODE_COUNT) - 1;
		else if (mode >= 0)
			c->modes |= 1u << mode;
		else
			return bad(c, why, w, "one of ipv4, ipv4-mapped-ipv6, ipv6, all");
	}
	return c->modes ? 0 : bad(c, why, value, "a list of variants");
}

static int set_preset(struct cli *c, const char *value, const char **why)
{
	struct buf names = { 0 };

	c->preset = preset_find(value);
	if (c->preset)
		return 0;
	for (size_t i = 0; i < preset_table_len; i++)
		buf_printf(&names, "%s%s", i ? ", " : "one of ", preset_table[i].name);
	bad(c, why, value, buf_str(&names));
	buf_fini(&names);
	return -ERR_SYNTAX;
}

static int set_jobs(struct cli *c, const char *value, const char **why)
{
	char *end;
	long n = strtol(value, &end, 10);

	if (end == value || *end || n < 1 || n > 1024)
		return bad(c, why, value, "a number from 1 to 1024");
	c->jobs = (unsigned int)n;
	return 0;
}

static int set_seconds(struct cli *c, const char *value, int64_t *us, const char **why)
{
	char *end;
	double seconds = strtod(value, &end);

	if (end != value && strcmp(end, "s") == 0)
		end++;
	/* Less than a microsecond would be none. */
	if (end == value || *end || !isfinite(seconds) || seconds < 1e-6 || seconds > 1e6)
		return bad(c, why, value, "a number of seconds");
	*us = (int64_t)(seconds * 1e6);
	return 0;
}

static int set_timeout(struct cli *c, const char *value, const char **why)
{
	return set_seconds(c, value, &c->timeout_us, why);
}

static int set_total_timeout(struct cli *c, const char *value, const char **why)
{
	return set_seconds(c, value, &c->total_timeout_us, why);
}

static int set_filter(struct cli *c, const char *value, const char **why)
{
	if (!value[*value == '!'])
		return bad(c, why, value, "a part of a test's id or path, or a glob for one");
	*ARENA_PUSH(c->arena, c->pattern, c->n_patterns, c->patterns_cap, const char *) = value;
	return 0;
}

/* @n from 1 to @max, up to the byte @end. */
static bool read_count(const char *value, char end, unsigned long max, uint32_t *n,
		       const char **rest)
{
	char *stop;
	unsigned long read;

	errno = 0;
	read = strtoul(value, &stop, 10);
	if (*value < '0' || *value > '9' || errno || *stop != end || read < 1 || read > max)
		return false;
	*n = (uint32_t)read;
	*rest = stop;
	return true;
}

enum { SHARDS_MAX = 10000, REPEAT_MAX = 1000000 };

static int set_shard(struct cli *c, const char *value, const char **why)
{
	const char *rest = value;

	if (read_count(value, '/', SHARDS_MAX, &c->shard, &rest) &&
	    read_count(rest + 1, '\0', SHARDS_MAX, &c->n_shards, &rest) && c->shard <= c->n_shards)
		return 0;
	return bad(c, why, value, "a part of a whole, such as 2/4");
}

static int set_repeat(struct cli *c, const char *value, const char **why)
{
	const char *rest = value;

	if (read_count(value, '\0', REPEAT_MAX, &c->repeat, &rest))
		return 0;
	return bad(c, why, value, "a number from 1 to 1000000");
}

static int set_seed(struct cli *c, const char *value, const char **why)
{
	char *end;

	errno = 0;
	c->seed = strtoull(value, &end, 0);
	/* More has no place in JSON. */
	if (end == value || *end || errno || strchr(value, '-') || c->seed > INT64_MAX)
		return bad(c, why, value, "a number below 2^63");
	return 0;
}

#define TEXT_SETTER(fn, field)                                                                     \
	static int fn(struct cli *c, const char *value, const char **why)                          \
	{                                                                                          \
		if (!*value)                                                                       \
			return bad(c, why, value, "a name");                                       \
		c->field = value;                                                                  \
		return 0;                                                                          \
	}

TEXT_SETTER(set_pcap, pcap_dir)
TEXT_SETTER(set_stacks, stacks)
TEXT_SETTER(set_out_json, out_json)
TEXT_SETTER(set_out_markdown, out_markdown)

static int set_only(struct cli *c, const char *value, const char **why)
{
	return only_read(c->arena, value,
			 ARENA_PUSH(c->arena, c->only, c->n_only, c->only_cap, struct only), why);
}

static int set_report(struct cli *c, const char *format, const char *value, const char **why)
{
	size_t row = (size_t)(report_find(format) - report_table);

	if (!*value)
		return bad(c, why, value, "a name");
	if (!c->report_path)
		c->report_path = ARENA_ARRAY(c->arena, const char *, report_table_len);
	if (c->report_path[row]) {
		*why = arena_printf(c->arena, "there can be one such report, and '%s' was to be it",
				    c->report_path[row]);
		return -ERR_SYNTAX;
	}
	c->report_path[row] = value;
	return 0;
}

#define REPORT_SETTER(format)                                                                      \
	static int set_##format(struct cli *c, const char *value, const char **why)                \
	{                                                                                          \
		return set_report(c, #format, value, why);                                         \
	}

REPORT_SETTER(json)
REPORT_SETTER(junit)
REPORT_SETTER(tap)
REPORT_SETTER(ktap)
REPORT_SETTER(markdown)

static int set_profile(struct cli *c, const char *value, const char **why)
{
	if (!target_profile_known(value))
		return bad(c, why, value, arena_printf(c->arena, "a profile of a stack: %s",
						       target_profile_names(c->arena)));
	c->profile = value;
	return 0;
}

/* Only the test build has faults in its stack. */
#ifdef SUT_FAULTS
static int set_fault(struct cli *c, const char *value, const char **why)
{
	if (!fault_find(value))
		return bad(c, why, value, "a fault; 'tcpdrill list faults' shows them");
	c->fault = value;
	return 0;
}
#endif

#define FLAG_SETTER(fn, field)                                                                     \
	static int fn(struct cli *c, const char *value, const char **why)                          \
	{                                                                                          \
		(void)value;                                                                       \
		(void)why;                                                                         \
		c->field = true;                                                                   \
		return 0;                                                                          \
	}

FLAG_SETTER(set_failed, only_failed)
FLAG_SETTER(set_until_fail, until_fail)
FLAG_SETTER(set_fail_fast, fail_fast)
FLAG_SETTER(set_calibrate, calibrate)
FLAG_SETTER(set_trace, trace)
FLAG_SETTER(set_no_shell, no_shell)
FLAG_SETTER(set_strict_end, strict_end)
FLAG_SETTER(set_passed, passed)
FLAG_SETTER(set_strict, is_strict)
FLAG_SETTER(set_no_expect, no_expect)
FLAG_SETTER(set_in_place, in_place)
FLAG_SETTER(set_only_check, only_check)
FLAG_SETTER(set_expand, expand)
FLAG_SETTER(set_diff, diff)
FLAG_SETTER(set_help, help)
FLAG_SETTER(set_verbose, config.verbose)

static int set_define(struct cli *c, const char *value, const char **why)
{
	const char *hint = NULL;

	return run_config_set(&c->config, c->arena, option_find("define", false, &hint), value,
			      why);
}

enum {
	PLAYS = CMD_RUN | CMD_MATRIX | CMD_COMPARE,
	CHOOSES = CMD_RUN | CMD_CHECK | CMD_LIST | CMD_COVERAGE | CMD_MATRIX,
	RUNS = CMD_RUN | CMD_PACKETDRILL,
	BINDS = RUNS | PLAYS | CMD_CHECK | CMD_LIST,
};

const struct cli_option cli_option_table[] = {
	{ "stack", 0, "NAME", CMD_RUN | CMD_LIST, set_stack,
	  "stack to test; 'list stacks' shows them [" DEFAULT_STACK "]" },
	{ "stacks", 0, "LIST", CMD_MATRIX | CMD_COMPARE, set_stacks,
	  "stacks to test, separated by commas [all]" },
	{ "profile", 0, "NAME", PLAYS, set_profile,
	  "how stacks that can do otherwise shall behave, whatever scripts say; 'list profiles' shows "
	  "NAME" },
	{ "only", 0, "[!]KIND:VALUE", CHOOSES, set_only,
	  "only scripts whose headers say so; 'list kinds' shows KIND; several add up" },
	{ "variant", 0, "LIST", PLAYS | CMD_CHECK | CMD_LIST, set_variant,
	  "ipv4, ipv4-mapped-ipv6, ipv6 or all [ipv4, or as the script says]" },
	{ "preset", 0, "NAME", PLAYS | CMD_CHECK | CMD_LIST, set_preset,
	  "flags and variants as a suite's own runner gives them: kselftest, google" },
	{ "define", 'D', "NAME=VALUE", BINDS, set_define, "replace the word NAME in scripts" },
	{ "filter", 'k', "PATTERN", CMD_RUN | CMD_LIST, set_filter,
	  "only tests with PATTERN in their id or path; with * or ? it is a glob for the whole of "
	  "it, with ! before it a test must not fit; several add up" },
	{ "shard", 0, "M/N", CMD_RUN | CMD_LIST, set_shard,
	  "only part M of N, of the same size or so; the same tests everywhere" },
	{ "failed", 0, NULL, CMD_RUN | CMD_LIST, set_failed,
	  "only tests that failed when last run from this folder; paths may be left out" },
	{ "repeat", 0, "N", CMD_RUN, set_repeat, "run each test N times, with the next seed each time" },
	{ "until-fail", 0, NULL, CMD_RUN, set_until_fail,
	  "run all over and over, with the next seed each time, until one fails (at most as often "
	  "as --repeat says); only the last time is reported" },
	{ "fail-fast", 0, NULL, CMD_RUN, set_fail_fast, "end the run at the first test that fails" },
	{ "jobs", 'j', "N", CMD_RUN | CMD_MATRIX, set_jobs,
	  "tests at once [bundled: the processors; kernel: eight times as many]" },
	{ "calibrate", 0, NULL, CMD_RUN | CMD_DOCTOR, set_calibrate,
	  "run no script, but measure how late tests would be here, and for which -j" },
	{ "total-timeout", 0, "SECONDS", CMD_RUN, set_total_timeout,
	  "time for the whole run [none]" },
	{ "timeout", 0, "SECONDS", PLAYS, set_timeout,
	  "time for each test [as its header says, or 180]" },
	{ "pcap", 0, "DIR", CMD_RUN, set_pcap,
	  "write packets to DIR as pcapng, each with its line and how that went" },
	{ "json", 0, "FILE", CMD_RUN, set_json,
	  "write results as JSON lines; '-' is the standard output" },
	{ "junit", 0, "FILE", CMD_RUN, set_junit, "write them as JUnit XML, for GitLab and Jenkins" },
	{ "tap", 0, "FILE", CMD_RUN, set_tap, "write them as TAP 13, for prove" },
	{ "ktap", 0, "FILE", CMD_RUN, set_ktap, "write them as KTAP, for the kernel's tools" },
	{ "markdown", 0, "FILE", CMD_RUN, set_markdown, "write them as a page of Markdown" },
	{ "json", 0, "FILE", CMD_LIST | CMD_COVERAGE | CMD_MATRIX | CMD_COMPARE, set_out_json,
	  "write it as JSON; '-' is the standard output" },
	{ "markdown", 0, "FILE", CMD_COVERAGE | CMD_MATRIX, set_out_markdown,
	  "write it as a page of Markdown" },
	{ "passed", 0, NULL, CMD_RUN, set_passed, "also show tests that pass, one line each" },
	{ "verbose", 'v', NULL, RUNS, set_verbose, "also show tests that pass, calls and packets" },
	{ "trace", 0, NULL, RUNS, set_trace, "show every event of the engine" },
	{ "no-shell", 0, NULL, RUNS | PLAYS, set_no_shell, "refuse scripts that run commands" },
	{ "strict-end", 0, NULL, RUNS | CMD_MATRIX, set_strict_end,
	  "packets that no line of the script wanted are a failure" },
	{ "strict", 0, NULL, CMD_RUN | CMD_MATRIX, set_strict,
	  "a violated SHOULD is a failure; a violated MAY never is" },
	{ "no-expect", 0, NULL, CMD_RUN | CMD_MATRIX, set_no_expect,
	  "do not use what the suite's expect/STACK.txt says" },
	{ "seed", 0, "N", BINDS, set_seed, "what random choices follow from [1]" },
#ifdef SUT_FAULTS
	{ "fault", 0, "NAME", PLAYS, set_fault,
	  "a fault that the bundled stack shall have; where stacks are compared, the last one" },
#endif
	{ "write", 'w', NULL, CMD_FMT, set_in_place, "change the files instead of printing" },
	{ "expand", 0, NULL, CMD_FMT, set_expand,
	  "put the events of its opening into the script, as tools without openings want it" },
	{ "check", 0, NULL, CMD_FMT, set_only_check,
	  "print the names of files that would change, exit 1 if there are any" },
	{ "diff", 0, NULL, CMD_FMT, set_diff, "print the changes instead of the result" },
	{ "help", 'h', NULL, CMD_ANY, set_help, "this text" },
};

const size_t cli_option_table_len = ARRAY_LEN(cli_option_table);

/* What a word such as --mtu names: a row of one of the two tables. */
struct match {
	const struct cli_option *own;
	const struct option_row *flag;
	size_t n;                    /* rows that begin so */
	struct suggest near;
};

static const char *match_name(const struct match *m)
{
	return m->own ? m->own->name : m->flag->name;
}

static const char *match_value_name(const struct match *m)
{
	return m->own ? m->own->value_name : m->flag->value_name;
}

static char plain(char c)
{
	return c == '-' ? '_' : c;
}

/* 2: the same name, 1: begins with it, 0: neither. */
static int compare(const char *name, const char *given, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (plain(name[i]) != plain(given[i]))
			return 0;
	}
	return name[n] ? 1 : 2;
}

static bool offer(struct match *m, const struct cli_option *own, const struct option_row *flag,
		  const char *given)
{
	const char *name = own ? own->name : flag->name;
	int likeness = compare(name, given, strlen(given));

	suggest_offer(&m->near, name);
	if (likeness) {
		m->own = own;
		m->flag = flag;
		m->n = likeness == 2 ? 1 : m->n + 1;
	}
	return likeness == 2;
}

static bool find_long(const struct cli *c, const char *given, struct match *m)
{
	*m = (struct match){ 0 };
	suggest_init(&m->near, given);
	for (size_t i = 0; i < cli_option_table_len; i++) {
		const struct cli_option *o = &cli_option_table[i];

		if ((o->commands & c->command->id) && offer(m, o, NULL, given))
			return true;
	}
	for (size_t i = 0; c->command->has_flags && i < option_table_len; i++) {
		/* Some of packetdrill's flags are options of ours by the same name. */
		if (m->own && strcmp(m->own->name, option_table[i].name) == 0)
			continue;
		if (offer(m, NULL, &option_table[i], given))
			return true;
	}
	return m->n == 1 && *given;
}

static bool is_one_of(const char *name, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(list[i], name) == 0)
			return true;
	}
	return false;
}

static int set_match(struct cli *c, const struct match *m, const char *value, const char **why)
{
	static const char *const calibrates[] = { "calibrate", "stack", "tolerance_usecs", "help" };
	const char *reason = NULL;
	int rc = m->own ? m->own->set(c, value, &reason)
			: run_config_set(&c->config, c->arena, m->flag, value, &reason);

	if (rc < 0)
		*why = arena_printf(c->arena, "--%s: %s", match_name(m), reason);
	if (!c->beside_calibrate && !is_one_of(match_name(m), calibrates, ARRAY_LEN(calibrates)))
		c->beside_calibrate = match_name(m);
	return rc;
}

static void add_option(struct buf *out, const char *name, const char *value)
{
	buf_printf(out, " --%s", name);
	if (value)
		shell_add_word(out, value);
}

/* Options that a repeated run needs; which tests it is about, and their seeds, the report knows. */
static void remember(struct cli *c, const struct match *m, const char *value)
{
	static const char *const left_out[] = {
		"pcap", "jobs", "verbose", "passed", "failed", "repeat", "until-fail", "fail-fast",
		"total-timeout", "seed",
	};
	static const char *const choice[] = { "variant", "filter", "shard", "only" };
	const char *name = match_name(m);
	struct buf *out = is_one_of(name, choice, ARRAY_LEN(choice)) ? &c->chosen : &c->again;

	if (report_find(name) || is_one_of(name, left_out, ARRAY_LEN(left_out)))
		return;
	add_option(out, name, value);
	if (out == &c->again && strcmp(name, "stack") != 0)
		add_option(&c->settings, name, value);
}

static int parse_long(struct cli *c, char ***argv, const char **why)
{
	char *word = **argv + 2;
	const char *equals = strchr(word, '=');
	const char *name = equals ? arena_strndup(c->arena, word, (size_t)(equals - word)) : word;
	const char *value = equals ? equals + 1 : NULL;
	struct match m;

	if (!find_long(c, name, &m)) {
		const char *best = suggest_best(&m.near);

		*why = arena_printf(c->arena, m.n > 1 ? "option '--%s' is ambiguous"
						      : "unknown option '--%s'",
				    name);
		if (best && m.n <= 1)
			*why = arena_printf(c->arena, "%s, did you mean '--%s'?", *why, best);
		return -ERR_UNKNOWN;
	}
	if (!match_value_name(&m) && value) {
		*why = arena_printf(c->arena, "option '--%s' takes no value", match_name(&m));
		return -ERR_SYNTAX;
	}
	if (match_value_name(&m) && !value) {
		value = (*argv)[1];
		if (!value) {
			*why = arena_printf(c->arena, "option '--%s' needs a value (%s)",
					    match_name(&m), match_value_name(&m));
			return -ERR_SYNTAX;
		}
		(*argv)++;
	}
	remember(c, &m, value);
	return set_match(c, &m, value, why);
}

static const struct cli_option *find_letter(const struct cli *c, char letter)
{
	for (size_t i = 0; i < cli_option_table_len; i++) {
		const struct cli_option *o = &cli_option_table[i];

		if (o->letter == letter && (o->commands & c->command->id))
			return o;
	}
	return NULL;
}

/* -v, -j4, -j 4, -DNAME=value, several letters in one word. */
static int parse_letters(struct cli *c, char ***argv, const char **why)
{
	for (const char *letter = **argv + 1; *letter; letter++) {
		struct match m = { .own = find_letter(c, *letter), .n = 1 };
		const char *value = NULL;
		int rc;

		if (!m.own) {
			*why = arena_printf(c->arena, "unknown option '-%c'", *letter);
			return -ERR_UNKNOWN;
		}
		if (m.own->value_name) {
			value = letter[1] ? letter + 1 : *++*argv;
			if (!value) {
				--*argv;
				*why = arena_printf(c->arena, "option '-%c' needs a value (%s)",
						    m.own->letter, m.own->value_name);
				return -ERR_SYNTAX;
			}
		}
		remember(c, &m, value);
		rc = set_match(c, &m, value, why);
		if (rc < 0 || value)
			return rc;
	}
	return 0;
}

static void add_path(struct cli *c, const char *path)
{
	*ARENA_PUSH(c->arena, c->path, c->n_paths, c->paths_cap, const char *) = path;
}

int cli_parse(struct cli *c, char **argv, const char **why)
{
	for (; *argv; argv++) {
		int rc = 0;

		if (strcmp(*argv, "--") == 0) {
			while (*++argv)
				add_path(c, *argv);
			return 0;
		}
		if (strncmp(*argv, "--", 2) == 0)
			rc = parse_long(c, &argv, why);
		else if ((*argv)[0] == '-' && (*argv)[1])
			rc = parse_letters(c, &argv, why);
		else
			add_path(c, *argv);
		if (rc < 0)
			return rc;
	}
	return 0;
}
