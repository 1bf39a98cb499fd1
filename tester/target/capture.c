/* SPDX-License-Identifier: BSD-2-Clause */
#include "target/capture.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdbool.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "target/clock.h"

enum {
	/* libpcap gives every frame of an immediate capture a slot of this size, in blocks of a
	 * power of two: with the slot's own header this fills 64 KiB. Linux bounds a TCP packet
	 * to be segmented by 65,215 bytes of payload. */
	SNAPLEN_BYTES = 65400,
	/* The queue below is ours and grows; the ring only bridges the time to the next drain. */
	RING_BYTES = 8 * 1024 * 1024,
};

/* One frame of the queue, or a spare. */
struct queued {
	struct queued *next;
	int64_t at_ns;
	bool is_recorded;
	struct buf bytes;
};

struct capture {
	struct arena *arena;
	pcap_t *pcap;
	int fd;
	struct queued *first, **end;
	struct queued *taken;         /* lent out by capture_take() */
	struct queued *spare;
	pcap_t *file_format;          /* NULL without a file */
	pcap_dumper_t *file;
};

static int open_file(struct arena *a, struct capture *c, const char *path, const char **why)
{
	c->file_format = pcap_open_dead_with_tstamp_precision(DLT_RAW, 262144,
							      PCAP_TSTAMP_PRECISION_NANO);
	if (c->file_format)
		c->file = pcap_dump_open(c->file_format, path);
	if (c->file)
		return 0;
	*why = arena_printf(a, "cannot write the capture file: %s",
			    c->file_format ? pcap_geterr(c->file_format) : strerror(errno));
	return -ERR_ENVIRONMENT;
}

/* Only what leaves: the kernel then does not even copy what we inject. */
static int set_filter(pcap_t *p)
{
	struct bpf_program program;
	int rc;

	if (pcap_compile(p, &program, "outbound and (ip or ip6)", 1, PCAP_NETMASK_UNKNOWN) < 0)
		return -1;
	rc = pcap_setfilter(p, &program);
	pcap_freecode(&program);
	return rc;
}

static int activate(struct arena *a, struct capture *c, const char **why)
{
	char text[PCAP_ERRBUF_SIZE] = "";
	int rc;

	pcap_set_snaplen(c->pcap, SNAPLEN_BYTES);
	pcap_set_buffer_size(c->pcap, RING_BYTES);
	pcap_set_immediate_mode(c->pcap, 1);
	pcap_set_tstamp_precision(c->pcap, PCAP_TSTAMP_PRECISION_NANO);
	rc = pcap_activate(c->pcap);
	if (rc >= 0 && set_filter(c->pcap) == 0 && pcap_setnonblock(c->pcap, 1, text) == 0) {
		c->fd = pcap_get_selectable_fd(c->pcap);
		return 0;
	}
	*why = arena_printf(a, "cannot capture: %s",
			    *text ? text : *pcap_geterr(c->pcap) ? pcap_geterr(c->pcap)
								 : pcap_statustostr(rc));
	return -ERR_ENVIRONMENT;
}

int capture_open(struct arena *a, const char *device, const char *pcap_path,
		 struct capture **out, const char **why)
{
	struct capture *c = ARENA_NEW(a, struct capture);
	char text[PCAP_ERRBUF_SIZE];
	int rc = 0;

	c->arena = a;
	c->end = &c->first;
	c->pcap = pcap_create(device, text);
	if (!c->pcap) {
		*why = arena_printf(a, "cannot capture on %s: %s", device, text);
		return -ERR_ENVIRONMENT;
	}
	rc = activate(a, c, why);
	if (rc == 0 && pcap_path)
		rc = open_file(a, c, pcap_path, why);
	if (rc < 0) {
		capture_close(c);
		c = NULL;
	}
	*out = c;
	return rc;
}

int capture_fd(const struct capture *c)
{
	return c->fd;
}

static struct capture_frame frame_of(const struct queued *q)
{
	return (struct capture_frame){ .at_ns = q->at_ns,
				       .bytes = (const uint8_t *)q->bytes.data,
				       .n_bytes = q->bytes.len };
}

static void write_frame(struct capture *c, struct capture_frame f)
{
	struct timespec real = clock_timespec(f.at_ns + clock_real_offset_ns());
	struct pcap_pkthdr hdr = { .caplen = (bpf_u_int32)f.n_bytes,
				   .len = (bpf_u_int32)f.n_bytes };

	hdr.ts.tv_sec = real.tv_sec;
	hdr.ts.tv_usec = real.tv_nsec;    /* nanoseconds: the file's precision */
	pcap_dump((u_char *)c->file, &hdr, f.bytes);
}

/* Writes the queued frames that are older than @before_ns. */
static void write_queued(struct capture *c, int64_t before_ns)
{
	for (struct queued *q = c->first; c->file && q && q->at_ns < before_ns; q = q->next) {
		if (!q->is_recorded)
			write_frame(c, frame_of(q));
		q->is_recorded = true;
	}
}

static struct queued *get_spare(struct capture *c)
{
	struct queued *q = c->spare;

	if (!q)
		return ARENA_NEW(c->arena, struct queued);
	c->spare = q->next;
	buf_clear(&q->bytes);
	return q;
}

static void enqueue(struct capture *c, const struct pcap_pkthdr *hdr, const u_char *bytes,
		    int64_t real_offset_ns)
{
	struct queued *q = get_spare(c);

	/* tv_usec holds nanoseconds: the precision that was asked for. */
	q->at_ns = (int64_t)hdr->ts.tv_sec * NS_PER_S + hdr->ts.tv_usec - real_offset_ns;
	q->is_recorded = false;
	q->next = NULL;
	buf_add(&q->bytes, bytes, hdr->caplen);
	*c->end = q;
	c->end = &q->next;
}

void capture_drain(struct capture *c)
{
	struct pcap_pkthdr *hdr;
	const u_char *bytes;
	int64_t real_offset_ns = 0;

	while (pcap_next_ex(c->pcap, &hdr, &bytes) == 1) {
		if (!real_offset_ns)
			real_offset_ns = clock_real_offset_ns();
		enqueue(c, hdr, bytes, real_offset_ns);
	}
}

int64_t capture_next_ns(const struct capture *c)
{
	return c->first ? c->first->at_ns : INT64_MAX;
}

static void give_back(struct capture *c, struct queued *q)
{
	if (!q)
		return;
	q->next = c->spare;
	c->spare = q;
}

struct capture_frame capture_take(struct capture *c)
{
	struct queued *q = c->first;

	write_queued(c, q->at_ns + 1);
	c->first = q->next;
	if (!c->first)
		c->end = &c->first;
	give_back(c, c->taken);
	c->taken = q;
	return frame_of(q);
}

void capture_record(struct capture *c, const uint8_t *bytes, size_t n, int64_t at_ns)
{
	if (!c->file)
		return;
	capture_drain(c);
	write_queued(c, at_ns);
	write_frame(c, (struct capture_frame){ .at_ns = at_ns, .bytes = bytes, .n_bytes = n });
}

uint64_t capture_drops(struct capture *c)
{
	struct pcap_stat stats;

	return pcap_stats(c->pcap, &stats) == 0 ? stats.ps_drop : 0;
}

static void free_list(struct queued *q)
{
	for (; q; q = q->next)
		buf_fini(&q->bytes);
}

void capture_close(struct capture *c)
{
	if (!c)
		return;
	if (c->file) {
		capture_drain(c);
		write_queued(c, INT64_MAX);
		pcap_dump_close(c->file);
	}
	if (c->file_format)
		pcap_close(c->file_format);
	give_back(c, c->taken);
	free_list(c->spare);
	free_list(c->first);
	pcap_close(c->pcap);
}
