/* SPDX-License-Identifier: BSD-2-Clause */
#include "target/pcap_file.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "target/clock.h"

enum { SNAPLEN_BYTES = 262144 };

struct pcap_file {
	pcap_t *format;
	pcap_dumper_t *file;
};

int pcap_file_open(struct arena *a, const char *path, struct pcap_file **out, const char **why)
{
	struct pcap_file *f = ARENA_NEW(a, struct pcap_file);

	f->format = pcap_open_dead_with_tstamp_precision(DLT_RAW, SNAPLEN_BYTES,
							 PCAP_TSTAMP_PRECISION_NANO);
	if (f->format)
		f->file = pcap_dump_open(f->format, path);
	if (f->file) {
		*out = f;
		return 0;
	}
	*why = arena_printf(a, "cannot write the capture file: %s",
			    f->format ? pcap_geterr(f->format) : strerror(errno));
	pcap_file_close(f);
	return -ERR_ENVIRONMENT;
}

void pcap_file_add(struct pcap_file *f, const uint8_t *bytes, size_t n, int64_t at_ns)
{
	struct timespec at = clock_timespec(at_ns);
	struct pcap_pkthdr hdr = { .caplen = (bpf_u_int32)n, .len = (bpf_u_int32)n };

	hdr.ts.tv_sec = at.tv_sec;
	hdr.ts.tv_usec = at.tv_nsec;    /* nanoseconds: the file's precision */
	pcap_dump((u_char *)f->file, &hdr, bytes);
}

void pcap_file_close(struct pcap_file *f)
{
	if (!f)
		return;
	if (f->file)
		pcap_dump_close(f->file);
	if (f->format)
		pcap_close(f->format);
}
