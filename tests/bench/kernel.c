/* SPDX-License-Identifier: BSD-2-Clause */
/* Figures that need the kernel target: start, lateness of injection, tests a second. */
#include <dirent.h>
#include <inttypes.h>
#include <limits.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench.h"

enum {
	START_RUNS = 31,
	LATENESS_RUNS = 5,
	LATENESS_PACKETS = 1000,
	LATENESS_STEP_NS = 1000000,
	JOBS_SCRIPTS = 24,
	JOBS_RUNS = 3,
};

/* ---- capture files ---- */

/* Takes the times of all frames that are @n_bytes long (0: any) from the one file in @folder. */
static int read_times(const char *folder, size_t n_bytes, struct samples *ns, int64_t base_ns)
{
	char path[PATH_MAX] = "", why[PCAP_ERRBUF_SIZE];
	DIR *dir = opendir(folder);
	struct pcap_pkthdr *hdr;
	const unsigned char *bytes;
	pcap_t *file;

	if (!dir)
		return -1;
	for (struct dirent *d; (d = readdir(dir));) {
		if (d->d_name[0] != '.')
			snprintf(path, sizeof(path), "%s/%s", folder, d->d_name);
	}
	closedir(dir);
	file = *path ? pcap_open_offline_with_tstamp_precision(
			       path, PCAP_TSTAMP_PRECISION_NANO, why)
		     : NULL;
	if (!file)
		return -1;
	while (pcap_next_ex(file, &hdr, &bytes) == 1) {
		if (n_bytes && hdr->len != n_bytes)
			continue;
		samples_add(ns, (double)((int64_t)hdr->ts.tv_sec * 1000000000 +
					 (int64_t)hdr->ts.tv_usec - base_ns));
	}
	pcap_close(file);
	unlink(path);
	return 0;
}

/* ---- start ---- */

struct start {
	struct samples wall, cpu, first;
	bool cpu_is_complete;
};

static void report_start(struct bench *b, const char *who, struct start *s)
{
	char name[80];

	if (s->first.n) {
		snprintf(name, sizeof(name), "start.%s.first_frame", who);
		figure_add(b, name, "ms", "<= 8", &s->first);
	}
	snprintf(name, sizeof(name), "start.%s.wall", who);
	figure_add(b, name, "ms", "<= 45", &s->wall);
	snprintf(name, sizeof(name), "start.%s.%s", who,
		 s->cpu_is_complete ? "cpu" : "cpu_of_waited_for");
	figure_add(b, name, "ms", "<= 20", &s->cpu);
	samples_free(&s->wall);
	samples_free(&s->cpu);
	samples_free(&s->first);
}

/* Runs @argv until there are enough runs; 0, or -1 after saying what is wrong. */
static int run_start(struct bench *b, const char *who, const char *const argv[], struct start *s)
{
	char name[80];

	for (int i = 0; i < START_RUNS; i++) {
		struct measured m;

		if (process_run(argv, &m) < 0 || m.status != 0) {
			snprintf(name, sizeof(name), "start.%s", who);
			figure_skip(b, name, "the handshake did not pass");
			return -1;
		}
		samples_add(&s->wall, m.wall_ms);
		samples_add(&s->cpu, m.cpu_ms);
		s->cpu_is_complete = m.cpu_is_complete;
	}
	return 0;
}

/* The first frame comes behind socket(), setsockopt(), bind() and listen(), all due at once. */
static void first_frame(const struct bench *b, const char *script, struct samples *first)
{
	char folder[PATH_MAX];
	const char *argv[] = { b->program, "run", "--stack", "kernel", "--variant", "ipv4",
			       "--pcap", folder, script, NULL };

	snprintf(folder, sizeof(folder), "%s/start", b->folder);
	for (int i = 0; i < START_RUNS; i++) {
		struct samples ns = { 0 };
		struct measured m;

		if (process_run(argv, &m) == 0 && m.status == 0 &&
		    read_times(folder, 0, &ns, m.exec_ns) == 0 && ns.n)
			samples_add(first, ns.v[0] / 1e6);
		samples_free(&ns);
	}
}

void bench_start(struct bench *b)
{
	char script[PATH_MAX];
	const char *ours[] = { b->program, "run", "--stack", "kernel", "--variant", "ipv4", script,
			       NULL };
	const char *theirs[] = { b->packetdrill, script, NULL };
	struct start s = { 0 }, p = { 0 };
	FILE *f = script_open(b, "handshake.pkt", script);

	script_handshake(f);
	fclose(f);
	figure_title("A passive handshake on the kernel target, from exec on");
	if (b->no_kernel) {
		figure_skip(b, "start", b->no_kernel);
		return;
	}
	first_frame(b, script, &s.first);
	if (run_start(b, "tcpdrill", ours, &s) == 0)
		report_start(b, "tcpdrill", &s);
	if (!b->packetdrill)
		figure_skip(b, "start.packetdrill", "no packetdrill on the PATH");
	else if (run_start(b, "packetdrill", theirs, &p) == 0)
		report_start(b, "packetdrill", &p);
}

/* ---- lateness ---- */

/* Acknowledgments of nothing new: the stack takes them without an answer. */
static void write_ticks(const struct bench *b, char *path)
{
	FILE *f = script_open(b, "ticks.pkt", path);

	script_handshake(f);
	for (int i = 0; i < LATENESS_PACKETS; i++)
		fputs("+.001 < . 1:1(0) ack 1 win 257\n", f);
	fclose(f);
}

/*
 * Lateness of each packet against the schedule that the promptest one sets: what a packet needs at
 * the least from its due time to the device is not counted, what one needs more than that is.
 */
static int add_lateness(struct samples *ns, struct samples *late)
{
	double least = 0;

	if (ns->n <= LATENESS_PACKETS)
		return -1;
	/* The last ones: those before are the handshake. */
	for (size_t i = 0; i < LATENESS_PACKETS; i++) {
		double *v = &ns->v[ns->n - LATENESS_PACKETS];

		v[i] -= (double)i * LATENESS_STEP_NS;
		if (i == 0 || v[i] < least)
			least = v[i];
	}
	for (size_t i = ns->n - LATENESS_PACKETS; i < ns->n; i++)
		samples_add(late, (ns->v[i] - least) / 1e6);
	return 0;
}

void bench_lateness(struct bench *b)
{
	struct samples p50 = { 0 }, p99 = { 0 }, most = { 0 };
	char script[PATH_MAX], folder[PATH_MAX];
	const char *argv[] = { b->program, "run", "--stack", "kernel", "--variant", "ipv4",
			       "--pcap", folder, script, NULL };

	figure_title("Lateness of 1,000 inbound packets, 1 ms apart");
	if (b->no_kernel) {
		figure_skip(b, "lateness", b->no_kernel);
		return;
	}
	write_ticks(b, script);
	snprintf(folder, sizeof(folder), "%s/ticks", b->folder);
	for (int i = 0; i < LATENESS_RUNS; i++) {
		struct samples ns = { 0 }, late = { 0 };
		struct measured m;

		if (process_run(argv, &m) == 0 && read_times(folder, 0, &ns, m.exec_ns) == 0 &&
		    add_lateness(&ns, &late) == 0) {
			samples_add(&p50, samples_at(&late, 0.5));
			samples_add(&p99, samples_at(&late, 0.99));
			samples_add(&most, samples_at(&late, 1));
		}
		samples_free(&ns);
		samples_free(&late);
	}
	if (p50.n) {
		figure_add(b, "lateness.p50", "ms", NULL, &p50);
		figure_add(b, "lateness.p99", "ms", "<= 0.3", &p99);
		figure_add(b, "lateness.max", "ms", NULL, &most);
	} else {
		figure_skip(b, "lateness", "the script did not come to its end");
	}
	samples_free(&p50);
	samples_free(&p99);
	samples_free(&most);
}

/* ---- many tests ---- */

static void bench_jobs_n(struct bench *b, const char *folder, const char *jobs)
{
	const char *argv[] = { b->program, "run", "--stack", "kernel", "--variant", "ipv4", "-j",
			       jobs, folder, NULL };
	struct samples rate = { 0 };
	char name[40];

	snprintf(name, sizeof(name), "jobs.%s.tests_per_second", jobs);
	for (int i = 0; i < JOBS_RUNS; i++) {
		struct measured m;

		if (process_run(argv, &m) == 0 && m.status == 0)
			samples_add(&rate, JOBS_SCRIPTS / (m.wall_ms / 1e3));
	}
	if (rate.n)
		figure_add(b, name, "1/s", NULL, &rate);
	else
		figure_skip(b, name, "not all tests passed in any run");
	samples_free(&rate);
}

void bench_jobs(struct bench *b)
{
	static const char *const jobs[] = { "1", "2", "4" };
	char folder[PATH_MAX - 64], path[PATH_MAX], name[40];

	figure_title("Small tests on the kernel target, 20 ms long each");
	if (b->no_kernel) {
		figure_skip(b, "jobs", b->no_kernel);
		return;
	}
	snprintf(folder, sizeof(folder), "%s/many", b->folder);
	mkdir(folder, 0700);
	for (int i = 0; i < JOBS_SCRIPTS; i++) {
		FILE *f;

		snprintf(name, sizeof(name), "many/test-%02d.pkt", i);
		f = script_open(b, name, path);
		script_handshake(f);
		fputs("+.01 < F. 1:1(0) ack 1 win 257\n+.01 close(4) = 0\n", f);
		fclose(f);
	}
	for (size_t i = 0; i < sizeof(jobs) / sizeof(*jobs); i++)
		bench_jobs_n(b, folder, jobs[i]);
}
