/* SPDX-License-Identifier: BSD-2-Clause */
/* The capture file, held against a strict reader of ours and against libpcap's; and the order in
 * which packets get into it. */
#include "base/pcapng.h"

#include <check.h>
#include <errno.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/util.h"
#include "pcapng_read.h"
#include "run/packet_log.h"
#include "unit.h"

enum { LONG_COMMENT_BYTES = 5000 };

static const uint8_t bytes[70] = { 0x45, 0, 0, 70, 1, 2, 3, 4, 64, 6 };

static const int64_t at_ns[] = { 0, 1, 1789123456123456789, INT64_C(4294967296), INT64_MAX };

static void temporary(char path[32])
{
	strcpy(path, "/tmp/test_pcapng.XXXXXX");
	close(mkstemp(path));
}

static void write_one(const char *path, const struct pcapng_frame *f)
{
	struct pcapng p;

	ck_assert_int_eq(pcapng_open(&p, path), 0);
	pcapng_add(&p, f);
	ck_assert_int_eq(pcapng_close(&p), 0);
}

/* Lengths around each padding, comments likewise. */
START_TEST(frames_read_back)
{
	struct pcapng_frame f = {
		.at_ns = at_ns[_i % (int)ARRAY_LEN(at_ns)],
		.direction = _i % 2 ? PCAPNG_INBOUND : PCAPNG_OUTBOUND,
		.bytes = bytes,
		.n_bytes = 20 + (size_t)_i,
	};
	char path[32], comment[32] = "";
	struct pcapng_read r;
	const char *why;

	memset(comment, 'c', (size_t)_i % 9);
	f.comment = comment;
	temporary(path);
	write_one(path, &f);
	why = pcapng_read(&r, path);
	ck_assert_msg(!why, "%s", why);
	ck_assert_uint_eq(r.n, 1);
	ck_assert_uint_eq(r.frame[0].at_ns, (uint64_t)f.at_ns);
	ck_assert_uint_eq(r.frame[0].flags, (unsigned int)f.direction);
	ck_assert_uint_eq(r.frame[0].n_bytes, f.n_bytes);
	ck_assert_mem_eq(r.frame[0].bytes, bytes, f.n_bytes);
	if (*comment)
		ck_assert_str_eq(r.frame[0].comment, comment);
	else
		ck_assert_ptr_null(r.frame[0].comment);
	pcapng_read_free(&r);
	unlink(path);
}
END_TEST

START_TEST(libpcap_reads_it)
{
	struct pcapng_frame f = { .at_ns = at_ns[2], .direction = PCAPNG_INBOUND, .bytes = bytes,
				  .n_bytes = 69, .comment = "line 1: injected" };
	char path[32], why[PCAP_ERRBUF_SIZE];
	struct pcap_pkthdr *hdr;
	const unsigned char *got;
	pcap_t *p;

	temporary(path);
	write_one(path, &f);
	p = pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO, why);
	ck_assert_msg(p != NULL, "%s", why);
	ck_assert_int_eq(pcap_datalink(p), DLT_RAW);
	ck_assert_int_eq(pcap_next_ex(p, &hdr, &got), 1);
	ck_assert_int_eq(hdr->ts.tv_sec, at_ns[2] / 1000000000);
	ck_assert_int_eq(hdr->ts.tv_usec, at_ns[2] % 1000000000);
	ck_assert_uint_eq(hdr->caplen, 69);
	ck_assert_uint_eq(hdr->len, 69);
	ck_assert_mem_eq(got, bytes, 69);
	ck_assert_int_eq(pcap_next_ex(p, &hdr, &got), PCAP_ERROR_BREAK);
	pcap_close(p);
	unlink(path);
}
END_TEST

/* Cut before a character, not within it. */
START_TEST(long_comments_are_cut)
{
	char comment[LONG_COMMENT_BYTES + 1] = "", path[32];
	struct pcapng_frame f = { .at_ns = 1, .direction = PCAPNG_INBOUND, .bytes = bytes,
				  .n_bytes = 20, .comment = comment };
	struct pcapng_read r;
	size_t n;

	memset(comment, 'x', (size_t)_i);
	for (n = (size_t)_i; n + 3 <= LONG_COMMENT_BYTES; n += 3)
		memcpy(comment + n, "\xe2\x82\xac", 3);
	temporary(path);
	write_one(path, &f);
	ck_assert_ptr_null(pcapng_read(&r, path));
	n = strlen(r.frame[0].comment);
	ck_assert_uint_ge(n, 4092);
	ck_assert_uint_le(n, 4096);
	ck_assert_uint_eq((n - (size_t)_i) % 3, 0);
	ck_assert_mem_eq(r.frame[0].comment, comment, n);
	pcapng_read_free(&r);
	unlink(path);
}
END_TEST

START_TEST(what_cannot_be_written_is_told)
{
	struct pcapng_frame f = { .at_ns = 1, .bytes = bytes, .n_bytes = 20 };
	struct pcapng p;

	ck_assert_int_lt(pcapng_open(&p, "/nowhere/at/all"), 0);
	ck_assert_int_eq(errno, ENOENT);
	if (access("/dev/full", W_OK) < 0 || pcapng_open(&p, "/dev/full") < 0)
		return;
	pcapng_add(&p, &f);
	ck_assert_int_lt(pcapng_close(&p), 0);
	ck_assert_int_eq(errno, ENOSPC);
}
END_TEST

/* ---- the order of packets ---- */

static uint64_t add(struct packet_log *log, int64_t ns, const char *comment)
{
	return packet_log_add(log, &(struct pcapng_frame){ .at_ns = ns,
							   .direction = PCAPNG_INBOUND,
							   .bytes = bytes,
							   .n_bytes = 20,
							   .comment = comment });
}

static void expect_comments(const char *path, const char *want)
{
	struct buf got = { 0 };
	struct pcapng_read r;
	const char *why = pcapng_read(&r, path);

	ck_assert_msg(!why, "%s", why);
	for (size_t i = 0; i < r.n; i++)
		buf_printf(&got, "%d %s;", (int)r.frame[i].at_ns, r.frame[i].comment);
	ck_assert_str_eq(buf_str(&got), want);
	buf_fini(&got);
	pcapng_read_free(&r);
}

START_TEST(packets_are_in_order)
{
	char path[32];
	struct packet_log *log;
	uint64_t first, second;

	temporary(path);
	log = packet_log_open(path);
	ck_assert_ptr_nonnull(log);
	add(log, 10, "in");
	second = add(log, 30, NULL);
	add(log, 40, "in");
	first = add(log, 20, NULL);
	packet_log_settle(log, 35);
	expect_comments(path, "10 in;");
	packet_log_note(log, second, "second");
	packet_log_settle(log, 35);
	expect_comments(path, "10 in;");
	packet_log_note(log, first, "first");
	packet_log_note(log, first, "again");
	packet_log_settle(log, 35);
	expect_comments(path, "10 in;20 first;30 second;");
	first = add(log, 50, NULL);
	packet_log_note(log, first, "fifty");
	packet_log_note(log, first, "again");
	second = add(log, 45, NULL);
	add(log, 60, NULL);
	packet_log_note(log, second, "late");
	ck_assert_int_eq(packet_log_close(log, "rest"), 0);
	expect_comments(path, "10 in;20 first;30 second;40 in;45 late;50 fifty;60 rest;");
	unlink(path);
}
END_TEST

enum { N = 2000, LAG = 50 };

/* Seven at a time come in the wrong order. */
static int64_t time_of(int i)
{
	return 100 * (i / 7) + 90 - 10 * (i % 7);
}

static const char *comment_of(int i)
{
	return i % 3 == 0 ? "in" : i < N - LAG ? "out" : "rest";
}

/* Many that wait: none is lost, none before its turn, each with its own comment. */
START_TEST(many_packets_are_in_order)
{
	uint64_t id[N];
	char path[32];
	struct packet_log *log;
	struct pcapng_read r;

	temporary(path);
	log = packet_log_open(path);
	for (int i = 0; i < N; i++) {
		id[i] = add(log, time_of(i), i % 3 ? NULL : "in");
		if (i >= LAG)
			packet_log_note(log, id[i - LAG], "out");
		if (i % 20 == 0)
			packet_log_settle(log, 100 * (int64_t)(i / 7));
	}
	ck_assert_int_eq(packet_log_close(log, "rest"), 0);
	ck_assert_ptr_null(pcapng_read(&r, path));
	ck_assert_uint_eq(r.n, N);
	for (size_t i = 1; i < r.n; i++)
		ck_assert_uint_lt(r.frame[i - 1].at_ns, r.frame[i].at_ns);
	for (int i = 0; i < N / 7 * 7; i++) {
		const struct pcapng_read_frame *f = &r.frame[i / 7 * 7 + 6 - i % 7];

		ck_assert_int_eq((int64_t)f->at_ns, time_of(i));
		ck_assert_str_eq(f->comment, comment_of(i));
	}
	pcapng_read_free(&r);
	unlink(path);
}
END_TEST

/* A note is found after many packets that needed none, of which some still wait. */
START_TEST(a_late_note_is_found)
{
	char path[32];
	struct packet_log *log;
	struct pcapng_read r;
	uint64_t last;

	temporary(path);
	log = packet_log_open(path);
	for (int i = 0; i < 500; i++) {
		add(log, i, "in");
		packet_log_settle(log, i - 5);
	}
	last = add(log, 500, NULL);
	packet_log_note(log, last, "out");
	ck_assert_int_eq(packet_log_close(log, "rest"), 0);
	ck_assert_ptr_null(pcapng_read(&r, path));
	ck_assert_uint_eq(r.n, 501);
	ck_assert_str_eq(r.frame[500].comment, "out");
	pcapng_read_free(&r);
	unlink(path);
}
END_TEST

START_TEST(no_log_is_no_work)
{
	ck_assert_uint_eq(add(NULL, 1, "x"), 0);
	packet_log_note(NULL, 1, "x");
	packet_log_settle(NULL, 1);
	ck_assert_int_eq(packet_log_close(NULL, "x"), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("pcapng");
	TCase *t = tcase_create("pcapng");

	tcase_add_loop_test(t, frames_read_back, 0, 50);
	tcase_add_test(t, libpcap_reads_it);
	tcase_add_loop_test(t, long_comments_are_cut, 0, 3);
	tcase_add_test(t, what_cannot_be_written_is_told);
	tcase_add_test(t, packets_are_in_order);
	tcase_add_test(t, many_packets_are_in_order);
	tcase_add_test(t, a_late_note_is_found);
	tcase_add_test(t, no_log_is_no_work);
	suite_add_tcase(s, t);
	return unit_run(s);
}
