/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Theory of operation: "make bench" runs this with the program to measure (TCPDRILL in the
 * environment, else build/tcpdrill), the folder to write to and the one with the scripts of the suite
 * figures. Each figure is a row of figure_table.c and is measured several times; the median counts,
 * since a machine that does other things makes single runs meaningless. No figure passes or fails,
 * and one that cannot be measured here says why. What is printed is Markdown, and goes to bench.md,
 * too, to be put into docs/performance.md, which says what each figure means and what bounds it;
 * bench.json holds all of it for programs.
 *
 *	kernel.c    start and lateness       cost.c      what an event costs
 *	jobs.c      tests a second           suite.c     wall time and verdicts of many scripts
 *	gain.c      a second worker
 *	script.c    parse and bind           judge.c     comparing packets
 *	bundled.c   the bundled stack        transfer.c  bulk data between two of them
 *	process.c   running and counting     apart.c     the same for packetdrill
 *	load.c      a busy machine           scripts.c   what is run
 *	figure.c    statistics, output
 *
 * Scripts, records and what tcpdrill remembers of its last run lie in bench.d beside them. It is
 * removed at the end, and at the beginning what a run that was ended left there.
 */
#include "bench.h"

#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/util.h"

/* Of the file that is written: more when what a member means changes or when one goes. */
enum { FORMAT = 1 };

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st;
	(void)kind;
	(void)ftw;
	return remove(path);
}

static int clear_folder(const char *folder)
{
	nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	return mkdir(folder, 0700);
}

/* The reason in the record of a test that the environment did not allow; NULL: it passed. */
static char *read_reason(const char *path)
{
	char line[16384], *reason = strdup("the trial run left no record");
	FILE *f = fopen(path, "re");

	while (f && fgets(line, sizeof(line), f)) {
		json_t *o = json_loads(line, 0, NULL);
		const char *verdict = json_string_value(json_object_get(o, "verdict"));
		const char *why = json_string_value(json_object_get(o, "reason"));

		if (verdict) {
			free(reason);
			reason = NULL;
			if (strcmp(verdict, "pass") != 0)
				reason = strdup(why && *why ? why : verdict);
		}
		json_decref(o);
	}
	if (f)
		fclose(f);
	return reason;
}

/* Whether the kernel target works here, by trying. */
static char *try_kernel(const struct bench *b)
{
	char script[PATH_MAX], record[PATH_MAX];
	const char *argv[] = { b->program, "run", "--stack", "kernel", "--variant", "ipv4",
			       "--json", record, script, NULL };
	FILE *f = script_open(b, "trial.pkt", script);
	struct measured m;

	script_handshake(f);
	fclose(f);
	snprintf(record, sizeof(record), "%s/trial.json", b->folder);
	if (process_run(argv, &m) < 0)
		return strdup("the program could not be run");
	return read_reason(record);
}

static json_t *describe_machine(struct bench *b)
{
	struct utsname u;
	double load = 0;
	json_t *o = json_object();

	uname(&u);
	if (getloadavg(&load, 1) < 1)
		load = -1;
	json_object_set_new(o, "system", json_string(u.sysname));
	json_object_set_new(o, "release", json_string(u.release));
	json_object_set_new(o, "machine", json_string(u.machine));
	json_object_set_new(o, "processors", json_integer(sysconf(_SC_NPROCESSORS_ONLN)));
	json_object_set_new(o, "load", json_real(load));
	/* Behind the numbers of the release stands a name that somebody gave it. */
	bench_say(b, "%s %.*s on %s, %ld processors, load %.2f.\n", u.sysname,
		  (int)strspn(u.release, "0123456789."), u.release, u.machine,
		  sysconf(_SC_NPROCESSORS_ONLN), load);
	if (!b->packetdrill)
		bench_say(b, "No packetdrill on the PATH to compare with.\n");
	return o;
}

static int write_file(const char *to, json_t *machine, const struct bench *b)
{
	char path[PATH_MAX];
	json_t *o = json_object();
	int rc;

	json_object_set_new(o, "format", json_integer(FORMAT));
	json_object_set(o, "machine", machine);
	json_object_set_new(o, "figures", figures_json(b));
	json_object_set(o, "missing", b->missing);
	snprintf(path, sizeof(path), "%s/bench.json", to);
	rc = json_dump_file(o, path, JSON_INDENT(1) | JSON_REAL_PRECISION(6));
	if (rc == 0)
		printf("\nwritten to %s and %s/bench.md\n", path, to);
	else
		fprintf(stderr, "bench: cannot write %s: %s\n", path, strerror(errno));
	json_decref(o);
	return rc == 0 ? 0 : 1;
}

/* No name: all of them. */
static bool is_wanted(enum group_id group, char *const only[])
{
	for (size_t i = 0; only[i]; i++) {
		if (strcmp(only[i], group_table[group].name) == 0)
			return true;
	}
	return !only[0];
}

static void run_all(struct bench *b, char *const only[])
{
	static const struct {
		enum group_id group;
		void (*measure)(struct bench *);
		void (*measure_more)(struct bench *);
	} part[] = {
		{ GROUP_START, bench_start, NULL },
		{ GROUP_LATE, bench_late, NULL },
		{ GROUP_JOBS, bench_jobs, NULL },
		{ GROUP_SUITE, bench_suite, NULL },
		{ GROUP_GAIN, bench_gain, NULL },
		{ GROUP_SCRIPT, bench_script, bench_judge },
		{ GROUP_COST, bench_cost, NULL },
		{ GROUP_BUNDLED, bench_bundled, bench_transfer },
	};

	for (size_t i = 0; i < ARRAY_LEN(part); i++) {
		if (!is_wanted(part[i].group, only))
			continue;
		bench_say(b, "\n### %s\n", group_table[part[i].group].title);
		part[i].measure(b);
		if (part[i].measure_more)
			part[i].measure_more(b);
		group_print(b, part[i].group);
	}
}

/* Absolute, since tcpdrill plays scripts in their folder, and for its record of the last run. */
static char *prepare_folder(const char *to)
{
	char name[PATH_MAX - 64], *folder = NULL;

	snprintf(name, sizeof(name), "%s/bench.d", to);
	if (clear_folder(name) == 0)
		folder = realpath(name, NULL);
	if (!folder)
		fprintf(stderr, "bench: %s: %s\n", name, strerror(errno));
	else
		setenv("XDG_STATE_HOME", folder, 1);
	return folder;
}

static FILE *open_page(const char *to)
{
	char name[PATH_MAX];
	FILE *f;

	snprintf(name, sizeof(name), "%s/bench.md", to);
	f = fopen(name, "we");
	if (!f)
		fprintf(stderr, "bench: %s: %s\n", name, strerror(errno));
	return f;
}

static int measure(struct bench *b, const char *to, char *const only[])
{
	char *packetdrill = process_find("packetdrill"), *no_kernel = try_kernel(b);
	json_t *machine;
	int status;

	b->packetdrill = packetdrill;
	b->no_kernel = no_kernel;
	b->missing = json_object();
	machine = describe_machine(b);
	run_all(b, only);
	status = write_file(to, machine, b);
	json_decref(machine);
	json_decref(b->missing);
	free(packetdrill);
	free(no_kernel);
	return status;
}

int main(int argc, char **argv)
{
	const char *program = getenv("TCPDRILL");
	struct bench b = { .program = program ? program : "build/tcpdrill" };
	char *folder;
	int status = 1;

	if (argc == 5 && strcmp(argv[1], "play") == 0)
		return bench_play(atoi(argv[2]), argv[3], argv[4]);
	if (argc < 3) {
		fputs("usage: bench FOLDER SCRIPTS [GROUP...]\n", stderr);
		return 2;
	}
	b.scripts = argv[2];
	b.folder = folder = prepare_folder(argv[1]);
	b.page = folder ? open_page(argv[1]) : NULL;
	if (b.page) {
		status = measure(&b, argv[1], argv + 3);
		if (fclose(b.page) != 0)
			status = 1;
	}
	if (folder)
		nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(folder);
	return status;
}
