/* SPDX-License-Identifier: BSD-2-Clause */
/* Start and lateness of injection, on the kernel target. */
#include <dirent.h>
#include <inttypes.h>
#include <limits.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

enum {
	START_RUNS = 31,
	LATENESS_RUNS = 5,
	LATENESS_PACKETS = 1000,
	LATENESS_STEP_NS = 1000000,
};

/* ---- capture files ---- */

/* Takes the times of all frames from the one file in @folder, as differences to @base_ns. */
static int read_times(const char *folder, struct samples *ns, int64_t base_ns)
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
	while (pcap_next_ex(file, &hdr, &bytes) == 1)
		samples_add(ns, (double)((int64_t)hdr->ts.tv_sec * 1000000000 +
					 (int64_t)hdr->ts.tv_usec - base_ns));
	pcap_close(file);
	unlink(path);
	return 0;
}

/* Runs @script on the kernel and takes when its packets passed the device. */
static int run_and_capture(const struct bench *b, enum who who, const char *script,
			   struct samples *ns)
{
	char folder[PATH_MAX - 320];
	const char *ours[] = { b->program, "run", "--stack", "kernel", "--variant", "ipv4",
			       "--pcap", folder, script, NULL };
	const char *theirs[] = { b->packetdrill, script, NULL };
	struct measured m;

	snprintf(folder, sizeof(folder), "%s/pcap", b->folder);
	if (who == WHO_PACKETDRILL)
		return apart_run(theirs, &m, ns) < 0 || m.status ? -1 : 0;
	if (process_run(ours, &m) < 0 || m.status)
		return -1;
	return read_times(folder, ns, m.exec_ns);
}

/* ---- start ---- */

static int run_handshake(const struct bench *b, enum who who, const char *script,
			 struct measured *m)
{
	const char *ours[] = { b->program, "run", "--stack", "kernel", "--variant", "ipv4", script,
			       NULL };
	const char *theirs[] = { b->packetdrill, script, NULL };
	int rc = who == WHO_TCPDRILL ? process_run(ours, m) : apart_run(theirs, m, NULL);

	return rc < 0 || m->status ? -1 : 0;
}

/* The first frame comes behind socket(), setsockopt(), bind() and listen(), all due at once. */
static void measure_start(struct bench *b, enum who who, const char *script)
{
	struct samples wall = { 0 }, cpu = { 0 }, first = { 0 };
	struct measured m = { 0 };

	for (int i = 0; i < START_RUNS; i++) {
		struct samples ns = { 0 };

		if (run_and_capture(b, who, script, &ns) == 0 && ns.n)
			samples_add(&first, ns.v[0] / 1e6);
		samples_free(&ns);
		if (run_handshake(b, who, script, &m) < 0)
			continue;
		samples_add(&wall, m.wall_ms);
		samples_add(&cpu, m.cpu_ms);
	}
	if (!wall.n)
		figure_missing(b, who == WHO_TCPDRILL ? "start.*" : "start.*, packetdrill's",
			       "the handshake did not pass");
	else if (!m.cpu_is_complete)
		figure_missing(b, "start.cpu", "perf_event_open is not permitted: what stands there "
			       "is without processes that nobody waited for");
	figure_set(b, who, FIG_START_FIRST_FRAME, 0, &first);
	figure_set(b, who, FIG_START_WALL, 0, &wall);
	figure_set(b, who, FIG_START_CPU, 0, &cpu);
}

void bench_start(struct bench *b)
{
	char script[PATH_MAX];
	FILE *f = script_open(b, "handshake.pkt", script);

	script_handshake(f);
	fclose(f);
	if (b->no_kernel) {
		figure_missing(b, "start.*", b->no_kernel);
		return;
	}
	measure_start(b, WHO_TCPDRILL, script);
	if (b->packetdrill)
		measure_start(b, WHO_PACKETDRILL, script);
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

static void measure_late(struct bench *b, enum who who, const char *script, size_t column)
{
	struct samples p50 = { 0 }, p99 = { 0 }, most = { 0 };

	for (int i = 0; i < LATENESS_RUNS; i++) {
		struct samples ns = { 0 }, late = { 0 };

		if (run_and_capture(b, who, script, &ns) == 0 && add_lateness(&ns, &late) == 0) {
			samples_add(&p50, samples_at(&late, 0.5));
			samples_add(&p99, samples_at(&late, 0.99));
			samples_add(&most, samples_at(&late, 1));
		}
		samples_free(&ns);
		samples_free(&late);
	}
	if (!p50.n)
		figure_missing(b, who == WHO_TCPDRILL ? "late.*" : "late.*, packetdrill's",
			       "the script did not come to its end");
	figure_set(b, who, FIG_LATE_P50, column, &p50);
	figure_set(b, who, FIG_LATE_P99, column, &p99);
	figure_set(b, who, FIG_LATE_MAX, column, &most);
}

void bench_late(struct bench *b)
{
	enum { IDLE, BUSY };
	enum who n_who = b->packetdrill ? WHO_COUNT : WHO_PACKETDRILL;
	char script[PATH_MAX];
	struct load load;

	if (b->no_kernel) {
		figure_missing(b, "late.*", b->no_kernel);
		return;
	}
	write_ticks(b, script);
	for (enum who who = 0; who < n_who; who++) {
		measure_late(b, who, script, IDLE);
		load_begin(&load);
		measure_late(b, who, script, BUSY);
		load_end(&load);
	}
}
