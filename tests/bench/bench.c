/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Theory of operation: "make bench" runs this with the program to measure (TCPDRILL in the
 * environment, else build/tcpdrill) and the file to write as its only argument. Each figure is
 * measured several times; the median is printed with the least and the most, since a machine that
 * does other things makes single runs meaningless. No figure passes or fails. What each one means
 * and what bounds it is said in docs/performance.md.
 *
 *	kernel.c    start, lateness and tests a second on the kernel target
 *	script.c    parse and bind           judge.c     comparing packets
 *	bundled.c   the bundled stack        transfer.c  bulk data between two of them
 *	process.c   running and counting     scripts.c   what is run
 *	figure.c    statistics, output
 *
 * Scripts and records lie in a folder beside the file that is written. It is removed at the end, and
 * at the beginning what a run that was ended left there.
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

static json_t *describe_machine(void)
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
	printf("%s %s on %s, %ld processors, load %.2f: medians, with least and most\n", u.sysname,
	       u.release, u.machine, sysconf(_SC_NPROCESSORS_ONLN), load);
	return o;
}

static int write_file(const char *path, json_t *machine, const struct bench *b)
{
	json_t *o = json_object();
	int rc;

	json_object_set(o, "machine", machine);
	json_object_set(o, "figures", b->figures);
	json_object_set(o, "skipped", b->skipped);
	rc = json_dump_file(o, path, JSON_INDENT(1) | JSON_REAL_PRECISION(6));
	if (rc == 0)
		printf("\nwritten to %s\n", path);
	else
		fprintf(stderr, "bench: cannot write %s: %s\n", path, strerror(errno));
	json_decref(o);
	return rc == 0 ? 0 : 1;
}

static void run_all(struct bench *b)
{
	bench_start(b);
	bench_lateness(b);
	bench_jobs(b);
	bench_script(b);
	bench_judge(b);
	bench_bundled(b);
	bench_transfer(b);
}

int main(int argc, char **argv)
{
	const char *program = getenv("TCPDRILL");
	char folder[PATH_MAX - 64];
	struct bench b = { .program = program ? program : "build/tcpdrill" };
	char *packetdrill, *no_kernel;
	json_t *machine;
	int status;

	if (argc == 5 && strcmp(argv[1], "play") == 0)
		return bench_play(atoi(argv[2]), argv[3], argv[4]);
	if (argc != 2) {
		fputs("usage: bench FILE\n", stderr);
		return 2;
	}
	snprintf(folder, sizeof(folder), "%s.d", argv[1]);
	if (clear_folder(folder) < 0) {
		fprintf(stderr, "bench: %s: %s\n", folder, strerror(errno));
		return 1;
	}
	b.folder = folder;
	b.figures = json_array();
	b.skipped = json_array();
	machine = describe_machine();
	b.packetdrill = packetdrill = process_find("packetdrill");
	b.no_kernel = no_kernel = try_kernel(&b);
	run_all(&b);
	status = write_file(argv[1], machine, &b);
	nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	json_decref(machine);
	json_decref(b.figures);
	json_decref(b.skipped);
	free(packetdrill);
	free(no_kernel);
	return status;
}
