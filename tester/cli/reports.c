/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/reports.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/arena.h"
#include "cli/cli.h"
#include "target/clock.h"

enum {
	PROGRESS_US = 100000,
	SUMMARY_MAX_BYTES = 900 * 1024,        /* GitHub takes one MiB per step */
};

/* The value of a variable, or NULL when it is empty. */
static const char *variable(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

/* As GitHub sets it; others that set it have been seen to write "false". */
static bool is_in_github(void)
{
	const char *value = variable("GITHUB_ACTIONS");

	return value && strcmp(value, "true") == 0;
}

static bool is_terminal(FILE *out)
{
	const char *kind = variable("TERM");

	return isatty(fileno(out)) && kind && strcmp(kind, "dumb") != 0;
}

/* ---- where annotations of GitHub point to ---- */

/* The working folder below the top of the repository, when that is known. */
static const char *folder_in_repository(struct arena *a)
{
	const char *top = variable("GITHUB_WORKSPACE");
	char here[PATH_MAX];
	size_t n;

	if (!top || !getcwd(here, sizeof(here)))
		return "";
	n = strlen(top);
	if (strncmp(here, top, n) != 0 || (here[n] && here[n] != '/'))
		return "";
	return arena_strdup(a, here + n + (here[n] == '/'));
}

static const char *make_token(struct arena *a)
{
	uint64_t part[2] = { 0 };

	if (getrandom(part, sizeof(part), 0) != sizeof(part))
		return NULL;
	return arena_printf(a, "tcpdrill-%016" PRIx64 "%016" PRIx64, part[0], part[1]);
}

/* ---- opening ---- */

static void init(struct reports *rs, struct cli *c, const struct report_run *run)
{
	*rs = (struct reports){ .cli = c, .run = *run, .begun_us = clock_now_ns() / NS_PER_US };
}

static void add(struct reports *rs, const char *format, FILE *out, FILE *file, const char *path,
		size_t max_bytes)
{
	const struct cli *c = rs->cli;
	struct report_options opt = {
		.out = out,
		.err = stderr,
		.is_verbose = c->config.verbose || c->passed,
		.is_complete = c->config.verbose || c->trace || c->config.debug,
		.has_color = is_terminal(out) && !variable("NO_COLOR"),
		.is_live = is_terminal(out) && (rs->run.n_tests > 1 || c->until_fail),
		.max_bytes = max_bytes,
	};

	if (opt.is_live && report_find(format)->progress) {
		rs->is_live = true;
		rs->live_fd = fileno(out);
	} else {
		rs->is_shared |= isatty(fileno(out));
	}
	rs->at[rs->n++] = (struct open_report){
		.report = report_new(report_find(format), &opt, &rs->run),
		.file = file,
		.path = path,
	};
}

static int open_file(struct reports *rs, const char *format, const char *path, const char *mode,
		     size_t max_bytes)
{
	FILE *file = fopen(path, mode);

	if (!file) {
		cli_error(rs->cli, "cannot write '%s': %s", path, strerror(errno));
		return EXIT_USAGE;
	}
	add(rs, format, file, file, path, max_bytes);
	return 0;
}

/* Two of them in one file, or on the standard output, would be neither. */
static int refuse_same(struct reports *rs)
{
	const char **path = rs->cli->report_path;

	for (size_t i = 0; i < report_table_len; i++) {
		for (size_t k = 0; path[i] && k < i; k++) {
			if (!path[k] || strcmp(path[i], path[k]) != 0)
				continue;
			cli_error(rs->cli, "--%s and --%s both go to %s", report_table[k].name,
				  report_table[i].name,
				  strcmp(path[i], "-") == 0 ? "the standard output" : path[i]);
			return EXIT_USAGE;
		}
	}
	return 0;
}

/* @for_people: filled with where the report for people goes. */
static int open_asked_for(struct reports *rs, FILE **for_people)
{
	const char **path = rs->cli->report_path;
	int status;

	if (!path)
		return 0;
	status = refuse_same(rs);
	for (size_t i = 0; !status && i < report_table_len; i++) {
		if (!path[i])
			continue;
		if (strcmp(path[i], "-") == 0) {
			*for_people = stderr;
			add(rs, report_table[i].name, stdout, NULL, path[i], 0);
		} else {
			status = open_file(rs, report_table[i].name, path[i], "we", 0);
		}
	}
	return status;
}

int reports_open(struct reports *rs, struct cli *c, const struct report_run *run)
{
	const char *summary = variable("GITHUB_STEP_SUMMARY");
	FILE *for_people = stdout;
	int status;

	init(rs, c, run);
	rs->run.folder = folder_in_repository(c->arena);
	rs->run.token = is_in_github() ? make_token(c->arena) : NULL;
	status = open_asked_for(rs, &for_people);
	/* GitHub's wrap what is printed for people: they begin before it and end after it. */
	if (!status && summary && rs->run.token)
		status = open_file(rs, "markdown", summary, "ae", SUMMARY_MAX_BYTES);
	if (!status && rs->run.token)
		add(rs, "github", for_people, NULL, NULL, 0);
	if (!status)
		add(rs, "terminal", for_people, NULL, NULL, 0);
	return status;
}

void reports_open_one(struct reports *rs, struct cli *c, const struct report_run *run,
		      const char *format)
{
	init(rs, c, run);
	add(rs, format, stdout, NULL, NULL, 0);
}

/* ---- feeding ---- */

void reports_hide(struct reports *rs)
{
	for (size_t i = 0; rs->is_live && i < rs->n; i++)
		report_hide(rs->at[i].report);
}

static unsigned int columns(const struct reports *rs)
{
	struct winsize size = { 0 };

	return ioctl(rs->live_fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

void reports_test(struct reports *rs, const struct test_record *rec)
{
	if (rs->is_shared)
		reports_hide(rs);
	rs->n_failed += report_is_failure(rec->verdict);
	report_count(&rs->totals, rec);
	for (size_t i = 0; i < rs->n; i++)
		report_test(rs->at[i].report, rec);
}

void reports_progress(struct reports *rs, size_t n_running, size_t n_done, uint32_t time)
{
	int64_t now = clock_now_ns() / NS_PER_US;
	struct report_progress p = {
		.time = time,
		.n_done = n_done,
		.n_running = n_running,
		.n_failed = rs->n_failed,
		.elapsed_us = now - rs->begun_us,
	};

	if (now - rs->shown_us < PROGRESS_US)
		return;
	rs->shown_us = now;
	p.columns = columns(rs);
	for (size_t i = 0; i < rs->n; i++)
		report_progress(rs->at[i].report, &p);
}

static bool is_written(const struct reports *rs, const struct open_report *o)
{
	if (!o->file || !ferror(o->file))
		return true;
	cli_error(rs->cli, "cannot write all of '%s'", o->path);
	return false;
}

int reports_end(struct reports *rs, enum report_cut cut, int status)
{
	rs->totals.wall_us = clock_now_ns() / NS_PER_US - rs->begun_us;
	rs->totals.cut = cut;
	rs->totals.exit_status = status;
	/* The last that began ends first. */
	for (size_t i = rs->n; i-- > 0;) {
		report_end(rs->at[i].report, &rs->totals);
		if (!is_written(rs, &rs->at[i]) && !status)
			status = EXIT_USAGE;
	}
	return status;
}

void reports_close(struct reports *rs)
{
	for (size_t i = 0; i < rs->n; i++) {
		report_free(rs->at[i].report);
		if (rs->at[i].file)
			fclose(rs->at[i].file);
	}
	rs->n = 0;
}
