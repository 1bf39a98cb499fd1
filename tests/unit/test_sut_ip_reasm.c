/* SPDX-License-Identifier: BSD-2-Clause */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "impl.h"
#include "ip.h"
#include "sut_one_host.h"
#include "unit.h"

/* Fragments, and what becomes of them. */

enum { ICMP4 = 1, TCP = 6, UDP = 17, FRAGMENT = 44, ICMP6 = 58, DSTOPTS = 60 };
enum { WHOLE_BYTES = 72 };     /* of the echo requests here: 8 of header, 64 of data */

static int family(int i)
{
	return i ? 6 : 4;
}

static int64_t counter(int f, const char *name)
{
	char full[40];
	int64_t v;

	snprintf(full, sizeof(full), "%s%s", f == 6 ? "Ip6" : "Ip", name);
	v = sut_counter(host.s, full);
	ck_assert_msg(v >= 0, "no counter %s", full);
	return v;
}

static void set(const char *name, const char *value)
{
	ck_assert_int_eq(sut_sysctl_set(host.s, name, value), 0);
}

static void wait_s(int64_t seconds)
{
	sut_advance(host.s, sut_now(host.s) + seconds * NS_PER_S);
}

/* No two bytes of it are alike. */
static struct sut_pkt echo_request(int f)
{
	uint8_t data[WHOLE_BYTES - 8];

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i + 1);
	return sut_icmp_pkt(sut_remote(f), sut_local(f), f == 6 ? 128 : 8, 0, 0x12340007, data,
			    sizeof(data));
}

/* How a fragment is cut: bytes @at to @end of the payload. */
struct cut {
	size_t at, end;
	bool has_more;
};

static struct sut_pkt fragment6(const struct sut_pkt *whole, const struct cut *c, uint32_t id)
{
	struct sut_pkt p = { .n = 48 + c->end - c->at };

	memcpy(p.b, whole->b, 40);
	sut_put16(p.b + 4, (unsigned)p.n - 40);
	p.b[6] = FRAGMENT;
	p.b[40] = whole->b[6];
	sut_put16(p.b + 42, (unsigned)c->at | c->has_more);
	sut_put16(p.b + 44, id >> 16);
	sut_put16(p.b + 46, id & 65535);
	if (c->end <= whole->n - 40)
		memcpy(p.b + 48, whole->b + 40 + c->at, c->end - c->at);
	return p;
}

/* What lies beyond @whole is zeros. */
static struct sut_pkt fragment(const struct sut_pkt *whole, size_t at, size_t end, bool has_more,
			       uint32_t id)
{
	const struct cut c = { at, end, has_more };
	size_t header = sut_at(whole);
	struct sut_pkt p = { .n = header + end - at };

	if (whole->b[0] >> 4 == 6)
		return fragment6(whole, &c, id);
	memcpy(p.b, whole->b, header);
	sut_put16(p.b + 2, (unsigned)p.n);
	sut_put16(p.b + 4, id);
	sut_put16(p.b + 6, (unsigned)(at / 8) | (has_more ? 0x2000 : 0));
	if (end <= whole->n - header)
		memcpy(p.b + header, whole->b + header + at, end - at);
	sut_fix_ip(&p);
	return p;
}

static void feed(const struct sut_pkt *whole, size_t at, size_t end, uint32_t id)
{
	struct sut_pkt p = fragment(whole, at, end, end < whole->n - sut_at(whole), id);

	sut_feed(&host, &p);
}

static void expect_nothing(void)
{
	ck_assert_uint_eq(sut_take(&host).n, 0);
}

/* The answer to an echo request, every byte where it was. */
static void expect_reply(const struct sut_pkt *request)
{
	struct sut_pkt out = sut_take(&host);
	size_t at = sut_at(request);

	ck_assert_uint_eq(out.n, request->n);
	ck_assert_uint_eq(out.b[at], request->b[0] >> 4 == 6 ? 129 : 0);
	ck_assert_mem_eq(out.b + at + 4, request->b + at + 4, request->n - at - 4);
	expect_nothing();
}

/* Nothing waits, and no memory is counted. */
static void expect_empty(void)
{
	ck_assert_ptr_null(host.s->ip->reasm);
	ck_assert_int_eq(host.s->ip->reasm_memory_bytes[0], 0);
	ck_assert_int_eq(host.s->ip->reasm_memory_bytes[1], 0);
	ck_assert_int_eq(sut_next_deadline(host.s), INT64_MAX);
}

/* ---- what becomes whole ---- */

/* The @n-th order of four. */
static void permutation(int n, size_t order[4])
{
	size_t left[4] = { 0, 1, 2, 3 };

	for (int i = 4; i > 0; i--) {
		int pick = n % i;

		order[4 - i] = left[pick];
		for (int k = pick; k + 1 < i; k++)
			left[k] = left[k + 1];
		n /= i;
	}
}

START_TEST(fragments_come_in_any_order)
{
	static const size_t cut[] = { 0, 16, 24, 56, WHOLE_BYTES };
	int f = family(_i / 24);
	struct sut_pkt whole = echo_request(f);
	size_t order[4];

	permutation(_i % 24, order);
	for (size_t i = 0; i < 4; i++) {
		expect_nothing();
		feed(&whole, cut[order[i]], cut[order[i] + 1], 7);
	}
	expect_reply(&whole);
	expect_empty();
	ck_assert_int_eq(counter(f, "ReasmReqds"), 4);
	ck_assert_int_eq(counter(f, "ReasmOKs"), 1);
	ck_assert_int_eq(counter(f, "ReasmFails"), 0);
	ck_assert_int_eq(counter(f, "InDelivers"), 1);
}
END_TEST

/* Each of the fragments comes twice, at once or after all others. */
START_TEST(copies_are_dropped_alone)
{
	static const size_t order[][5] = { { 0, 0, 1, 2 }, { 0, 1, 1, 2 }, { 2, 2, 1, 0 },
					   { 0, 2, 0, 1 }, { 1, 2, 1, 0 }, { 2, 0, 2, 1 } };
	static const size_t cut[] = { 0, 16, 40, WHOLE_BYTES };
	int f = family(_i % 2);
	struct sut_pkt whole = echo_request(f);

	for (size_t i = 0; i < 4; i++) {
		size_t k = order[_i / 2][i];

		expect_nothing();
		feed(&whole, cut[k], cut[k + 1], 7);
	}
	expect_reply(&whole);
	expect_empty();
}
END_TEST

/* The checksum of the transport is looked at when all is there. */
START_TEST(checksums_count_for_the_whole)
{
	int f = family(_i);
	struct sut_pkt whole = echo_request(f);

	whole.b[sut_at(&whole) + 60] ^= 1;
	feed(&whole, 0, 40, 7);
	feed(&whole, 40, WHOLE_BYTES, 7);
	expect_nothing();
	ck_assert_int_eq(counter(f, "ReasmOKs"), 1);
	ck_assert_int_eq(sut_counter(host.s, f == 6 ? "Icmp6InCsumErrors" : "IcmpInCsumErrors"), 1);
}
END_TEST

static int64_t receive(int h, uint8_t *bytes, size_t n)
{
	struct sut_iovec v = { bytes, n };
	struct sut_msg m = { .iov = &v, .n_iov = 1 };

	return sut_recvmsg(host.s, h, &m, 0x40);
}

/* All that the length field can say, and eight bytes more. */
START_TEST(the_longest_datagram_is_taken)
{
	enum { PORT = 9, EACH = 1400, SMALL = 65535 - 20, LARGE = 65535 };
	static uint8_t bytes[LARGE];
	int f = family(_i % 2);
	size_t most = f == 6 ? LARGE : SMALL, n = _i < 2 ? most : (most + 8) / 8 * 8;
	struct sut_pkt whole = sut_ip_pkt(sut_remote(f), sut_local(f), UDP, bytes, EACH, 0);
	struct sut_endpoint any = { { (uint8_t)f, { 0 } }, PORT };
	int h = sut_socket(host.s, f == 6 ? 10 : 2, 2, 0);

	ck_assert_int_eq(sut_bind(host.s, h, &any), 0);
	sut_put16(whole.b + sut_at(&whole) + 2, PORT);
	sut_put16(whole.b + sut_at(&whole) + 4, (unsigned)most);
	/* of zeros but for the header, twice the length and the port */
	sut_put16(whole.b + sut_at(&whole) + 6, 0);
	if (f == 6) {
		uint32_t sum = sut_sum(whole.b + 8, 32) + UDP + 2 * LARGE + PORT;

		sut_put16(whole.b + 46, sut_fold(sum));
	}
	for (size_t at = 0; at < n; at += EACH) {
		size_t end = at + EACH < n ? at + EACH : n;
		struct sut_pkt p = fragment(&whole, at, end, end < n, 7);

		sut_feed(&host, &p);
	}
	ck_assert_int_eq(receive(h, bytes, sizeof(bytes)),
			 n == most ? (int64_t)most - 8 : SUT_EAGAIN);
}
END_TEST

/* As if it had come so: nothing of the fragments is left in the header. */
START_TEST(errors_quote_the_whole)
{
	int f = family(_i);
	struct sut_pkt whole = sut_udp_pkt(sut_remote(f), sut_local(f), 1, 2, "abcdefghijklmnop", 16);
	struct sut_pkt out;

	feed(&whole, 0, 16, 7);
	feed(&whole, 16, 24, 7);
	out = sut_take(&host);
	if (f == 4) {
		sut_put16(whole.b + 4, 7);
		sut_fix_ip(&whole);
	}
	ck_assert_uint_eq(out.n, sut_at(&out) + 8 + whole.n);
	ck_assert_mem_eq(out.b + sut_at(&out) + 8, whole.b, whole.n);
}
END_TEST

/* ---- what does not ---- */

/* Fragments one after the other, ended by one with at == end. @is_end: the last ends the datagram,
 * so that what was missing makes nothing whole. */
static const struct {
	const char *what;
	struct cut cut[5];
	bool is_end;
} quarrels[] = {
	{ "overlap on the right", { { 0, 24, true }, { 16, 40, true } }, true },
	{ "overlap on the left", { { 16, 40, true }, { 0, 24, true } }, true },
	{ "around", { { 16, 24, true }, { 8, 40, true } }, true },
	{ "with the last", { { 0, 24, true }, { 16, 72, false } }, true },
	{ "over a gap", { { 0, 16, true }, { 32, 40, true }, { 8, 40, true } }, true },
	{ "within one", { { 0, 24, true }, { 8, 16, true } }, false },
	{ "at the front of one", { { 0, 24, true }, { 0, 16, true } }, false },
	{ "within two that came in order", { { 0, 16, true }, { 16, 32, true }, { 8, 24, true } },
	  false },
	{ "within two that did not", { { 16, 32, true }, { 0, 16, true }, { 8, 24, true } }, true },
	{ "within two of which one came early",
	  { { 32, 48, true }, { 0, 16, true }, { 16, 32, true }, { 8, 24, true } }, true },
	{ "two lasts", { { 40, 72, false }, { 40, 64, false } }, true },
	{ "more beyond the last", { { 40, 72, false }, { 72, 80, true } }, true },
	{ "last before what came", { { 40, 64, true }, { 24, 40, false } }, true },
	{ "the last twice", { { 40, 72, false }, { 40, 72, false } }, false },
	{ "nothing in it", { { 0, 24, true }, { 24, 24, true } }, true },
	{ "nothing in the last", { { 0, 24, true }, { 24, 24, false } }, true },
};

/* Is it the row's end? A fragment without payload is none. */
static bool is_cut(const struct cut *c)
{
	return c->at || c->end;
}

START_TEST(fragments_that_quarrel)
{
	int f = family(_i % 2), row = _i / 2;
	struct sut_pkt whole = echo_request(f);
	struct ip_datagram *d;

	for (const struct cut *c = quarrels[row].cut; is_cut(c); c++) {
		struct sut_pkt p = fragment(&whole, c->at, c->end, c->has_more, 7);

		sut_feed(&host, &p);
	}
	d = host.s->ip->reasm;
	ck_assert_msg(!d == quarrels[row].is_end, "%s", quarrels[row].what);
	ck_assert_int_eq(counter(f, "ReasmFails"), quarrels[row].is_end);
	expect_nothing();
	wait_s(100);
	expect_empty();
}
END_TEST

/* Those of IPv4; nobody asks for the others. */
START_TEST(overlaps_are_counted)
{
	struct sut_pkt whole = echo_request(family(_i));

	feed(&whole, 0, 24, 7);
	feed(&whole, 16, 40, 7);
	ck_assert_int_eq(sut_counter(host.s, "IpExtReasmOverlaps"), family(_i) == 4);
}
END_TEST

/* What differs, and whether the fragment is of the datagram all the same. */
struct key {
	const char *what;
	int family;
	size_t at;                 /* a byte of the second fragment */
	bool belongs;
};

static const struct key keys[] = {
	{ "source", 4, 15, false },        { "identification", 4, 5, false },
	{ "protocol", 4, 9, false },       { "TTL", 4, 8, true },
	{ "source", 6, 23, false },        { "identification", 6, 44, false },
	{ "identification", 6, 47, false }, { "next header", 6, 40, true },
	{ "hop limit", 6, 7, true },       { "flow label", 6, 3, true },
	{ "reserved byte", 6, 41, true },
};

START_TEST(fragments_belong_by_their_key)
{
	const struct key *k = &keys[_i];
	struct sut_pkt whole = echo_request(k->family), p;

	feed(&whole, 0, 40, 7);
	p = fragment(&whole, 40, WHOLE_BYTES, false, 7);
	p.b[k->at] ^= 2;
	sut_fix_ip(&p);
	sut_feed(&host, &p);
	if (k->belongs) {
		expect_reply(&whole);
		return;
	}
	expect_nothing();
	feed(&whole, 40, WHOLE_BYTES, 7);
	expect_reply(&whole);
}
END_TEST

START_TEST(fragments_to_two_addresses_are_apart)
{
	struct sut_pkt whole = echo_request(4), other = whole;

	ck_assert_int_eq(sut_address_add(host.s, &(struct sut_addr){ 4, { 192, 168, 0, 2 } }, 16), 0);
	other.b[19] = 2;
	sut_fix_ip(&other);
	feed(&whole, 0, 40, 7);
	feed(&other, 40, WHOLE_BYTES, 7);
	expect_nothing();
	feed(&whole, 40, WHOLE_BYTES, 7);
	expect_reply(&whole);
}
END_TEST

/* Of an odd fragment IPv4 takes the whole units. */
START_TEST(odd_fragments_are_cut)
{
	struct sut_pkt whole = echo_request(4), p = fragment(&whole, 0, 27, true, 7);

	sut_feed(&host, &p);
	feed(&whole, 24, WHOLE_BYTES, 7);
	expect_reply(&whole);
}
END_TEST

/* ---- marks ---- */

/* By the set of codepoints (bit 0: Not-ECT, 1: ECT(1), 2: ECT(0), 3: CE): the whole one's, -1 when
 * there is none, -2: that of the first. */
static const int mark_of[16] = { -1, 0, 1, -1, 2, -1, -2, -1, 3, -1, 3, -1, 3, -1, 3, -1 };

START_TEST(marks_are_combined)
{
	int f = family(_i % 2), set_of = _i / 2 / 4, first = _i / 2 % 4, want = mark_of[set_of];
	struct sut_pkt whole = echo_request(f), out;
	size_t at = 0;

	if (!(set_of >> first & 1))
		return;
	/* the first has one codepoint, then each of the set has eight bytes, and one of them the rest */
	for (int k = 0; k <= 4; k++) {
		int mark = k ? k - 1 : first;
		size_t end = k < 4 ? at + 8 : WHOLE_BYTES;
		struct sut_pkt p;

		if (k && !(set_of >> mark & 1)) {
			if (k < 4)
				continue;
			mark = first;
		}
		p = fragment(&whole, at, end, end < WHOLE_BYTES, 7);
		p.b[1] = (uint8_t)(f == 6 ? mark << 4 : mark);
		sut_fix_ip(&p);
		sut_feed(&host, &p);
		at = end;
	}
	out = sut_take(&host);
	ck_assert_msg((out.n > 0) == (want != -1), "set %d", set_of);
	if (out.n)
		ck_assert_int_eq(f == 6 ? out.b[1] >> 4 & 3 : out.b[1] & 3, want == -2 ? first : want);
	ck_assert_int_eq(counter(f, "ReasmFails"), want == -1);
	expect_empty();
}
END_TEST

/* ---- time ---- */

START_TEST(time_runs_from_the_first_to_come)
{
	int f = family(_i);
	int64_t time_s = f == 6 ? 60 : 30, due = sut_now(host.s) + time_s * NS_PER_S;
	struct sut_pkt whole = echo_request(f), first = fragment(&whole, 0, 24, true, 7), out;
	size_t at = sut_at(&whole);

	sut_feed(&host, &first);
	wait_s(20);
	feed(&whole, 24, 48, 7);
	ck_assert_int_eq(sut_next_deadline(host.s), due);
	sut_advance(host.s, due - 1);
	expect_nothing();
	sut_advance(host.s, due);
	out = sut_take(&host);
	ck_assert_uint_eq(out.n, at + 8 + first.n);
	ck_assert_uint_eq(out.b[at], f == 6 ? 3 : 11);
	ck_assert_uint_eq(out.b[at + 1], 1);
	ck_assert_mem_eq(out.b + at + 8, first.b, first.n);
	ck_assert_int_eq(counter(f, "ReasmTimeout"), 1);
	ck_assert_int_eq(counter(f, "ReasmFails"), 1);
	ck_assert_int_eq(sut_counter(host.s, f == 6 ? "Icmp6OutTimeExcds" : "IcmpOutTimeExcds"), 1);
	expect_empty();
	feed(&whole, 48, WHOLE_BYTES, 7);
	expect_nothing();
}
END_TEST

START_TEST(without_the_first_nobody_is_told)
{
	int f = family(_i);
	struct sut_pkt whole = echo_request(f);

	feed(&whole, 24, 48, 7);
	feed(&whole, 48, WHOLE_BYTES, 7);
	wait_s(61);
	expect_nothing();
	expect_empty();
	ck_assert_int_eq(counter(f, "ReasmTimeout"), 1);
}
END_TEST

/* Nor about an ICMP error, nor about a broadcast. */
START_TEST(some_are_never_told)
{
	struct sut_pkt err = sut_icmp_pkt(sut_remote4, sut_local4, 3, 0, 0, "abcdefghijklmnop", 16);
	struct sut_pkt all = sut_udp_pkt(sut_remote4, (struct sut_addr){ 4, { 192, 168, 255, 255 } },
					 1, 2, "abcdefghijklmnop", 16);

	feed(&err, 0, 16, 7);
	feed(&all, 0, 16, 7);
	wait_s(30);
	expect_nothing();
	expect_empty();
}
END_TEST

/* Each has its own, whichever was set when it began; they end in the order of their times. */
START_TEST(times_can_be_set)
{
	struct sut_pkt whole4 = echo_request(4), whole6 = echo_request(6);
	int64_t now = sut_now(host.s);

	feed(&whole6, 0, 24, 1);
	set("net.ipv6.ip6frag_time", "5");
	feed(&whole6, 0, 24, 2);
	feed(&whole4, 0, 24, 3);
	set("net.ipv4.ipfrag_time", "1");
	feed(&whole4, 0, 24, 4);
	for (size_t i = 0; i < 4; i++) {
		static const int64_t after_s[] = { 1, 5, 30, 60 };
		static const int version[] = { 4, 6, 4, 6 };

		ck_assert_int_eq(sut_next_deadline(host.s), now + after_s[i] * NS_PER_S);
		sut_advance(host.s, now + after_s[i] * NS_PER_S);
		ck_assert_int_eq(sut_take(&host).b[0] >> 4, version[i]);
	}
	expect_empty();
	set("net.ipv4.ipfrag_time", "0");
	feed(&whole4, 0, 24, 5);
	feed(&whole4, 24, WHOLE_BYTES, 5);
	ck_assert_uint_eq(sut_take(&host).b[20], 11);
}
END_TEST

/* The odd end that was left out is not in the quote either. */
START_TEST(quotes_are_of_what_was_kept)
{
	struct sut_pkt whole = echo_request(4), odd = fragment(&whole, 0, 27, true, 7), out;

	sut_feed(&host, &odd);
	wait_s(30);
	out = sut_take(&host);
	ck_assert_uint_eq(out.n, 28 + 20 + 24);
	ck_assert_mem_eq(out.b + 28, odd.b, 20 + 24);
}
END_TEST

/* ---- bounds ---- */

/* Over the bound nothing is taken, until time has run out for what is held. */
START_TEST(memory_is_bounded)
{
	int f = family(_i);
	struct sut_pkt whole = echo_request(f);

	set(f == 6 ? "net.ipv6.ip6frag_high_thresh" : "net.ipv4.ipfrag_high_thresh", "5000");
	for (uint32_t id = 1; id <= 100; id++)
		feed(&whole, 0, 40, id);
	ck_assert_int_ge(counter(f, "ReasmFails"), 90);
	ck_assert_int_gt(host.s->ip->reasm_memory_bytes[f == 6], 5000);
	ck_assert_int_lt(host.s->ip->reasm_memory_bytes[f == 6], 5000 + 2000);
	feed(&whole, 40, WHOLE_BYTES, 1);
	expect_nothing();
	wait_s(61);
	expect_empty();
	while (sut_take(&host).n)
		;
	feed(&whole, 0, 40, 1);
	feed(&whole, 40, WHOLE_BYTES, 1);
	expect_reply(&whole);
}
END_TEST

START_TEST(no_memory_is_no_reassembly)
{
	struct sut_pkt whole = echo_request(4);

	set("net.ipv4.ipfrag_high_thresh", "0");
	feed(&whole, 0, 40, 7);
	expect_empty();
	feed(&whole, 40, WHOLE_BYTES, 7);
	expect_nothing();
	ck_assert_int_eq(counter(4, "ReasmFails"), 2);
}
END_TEST

/* Between two fragments 63 others may come, 64 end the datagram; in IPv6 any number. */
START_TEST(identifications_come_round)
{
	int f = family(_i % 2);
	uint32_t others = _i / 2 % 2 ? 64 : 63;
	bool is_off = _i >= 4, is_end = f == 4 && others == 64 && !is_off;
	struct sut_pkt whole = echo_request(f);

	if (is_off)
		set("net.ipv4.ipfrag_max_dist", "0");
	feed(&whole, 0, 40, 7);
	for (uint32_t i = 0; i < others; i++)
		feed(&whole, 0, 40, 100 + i);
	feed(&whole, 40, WHOLE_BYTES, 7);
	ck_assert_int_eq(counter(f, "ReasmFails"), is_end);
	if (is_end)
		expect_nothing();
	else
		expect_reply(&whole);
}
END_TEST

/* Fragments of other hosts do not count, nor those before the one that came last. */
START_TEST(identifications_are_of_one_host)
{
	struct sut_pkt whole = echo_request(4), other = whole;

	other.b[15] = 99;
	sut_fix_ip(&other);
	feed(&whole, 0, 24, 7);
	for (uint32_t i = 0; i < 200; i++)
		feed(&other, 0, 40, 100 + i);
	for (uint32_t i = 0; i < 60; i++)
		feed(&whole, 0, 40, 100 + i);
	feed(&whole, 24, 40, 7);
	for (uint32_t i = 0; i < 60; i++)
		feed(&whole, 0, 40, 200 + i);
	feed(&whole, 40, WHOLE_BYTES, 7);
	expect_reply(&whole);
}
END_TEST

/* Whatever fails, the next datagram is put together, and nothing is left. */
START_TEST(each_allocation_may_fail)
{
	int f = family(_i);
	struct sut_pkt whole = echo_request(f);
	int64_t n = 1;

	for (bool is_done = false; !is_done; n++) {
		int64_t fails = counter(f, "ReasmFails");

		host.fail_at = host.allocations + n;
		feed(&whole, 24, 48, 7);
		feed(&whole, 48, WHOLE_BYTES, 7);
		feed(&whole, 0, 24, 7);
		is_done = host.allocations < host.fail_at;
		host.fail_at = 0;
		/* the last of them is the answer's */
		ck_assert_int_eq(sut_take(&host).n != 0, is_done);
		ck_assert_int_eq(counter(f, "ReasmFails") - fails, n <= 5);
		wait_s(61);
		expect_empty();
		while (sut_take(&host).n)
			;
		feed(&whole, 0, 24, 7);
		feed(&whole, 24, WHOLE_BYTES, 7);
		expect_reply(&whole);
	}
	ck_assert_int_eq(n, 1 + 6 + 1);
}
END_TEST

/* ---- IPv6 alone ---- */

static void expect_problem(const struct sut_pkt *about, uint8_t code, uint32_t pointer)
{
	struct sut_pkt out = sut_take(&host);

	ck_assert_uint_eq(out.n, 48 + about->n);
	ck_assert_uint_eq(out.b[40], 4);
	ck_assert_uint_eq(out.b[41], code);
	ck_assert_uint_eq(sut_be16(out.b + 44) * 65536u + sut_be16(out.b + 46), pointer);
	ck_assert_mem_eq(out.b + 48, about->b, about->n);
	expect_empty();
}

START_TEST(impossible_fragments_are_reported)
{
	struct sut_pkt whole = echo_request(6), p;

	p = fragment(&whole, 0, 27, true, 7);
	sut_feed(&host, &p);
	expect_problem(&p, 0, 4);
	p = fragment(&whole, 24, 28, true, 7);
	sut_feed(&host, &p);
	expect_problem(&p, 0, 4);
	p = fragment(&whole, 65528, 65528 + 8, false, 7);
	sut_feed(&host, &p);
	expect_problem(&p, 0, 42);
	ck_assert_int_eq(sut_counter(host.s, "Ip6InHdrErrors"), 3);
	p = fragment(&whole, 65528, 65535, false, 7);
	sut_feed(&host, &p);
	expect_nothing();
}
END_TEST

/* The first fragment has @n bytes of a chain that begins with @next. */
static const struct {
	uint8_t next, bytes[32];
	size_t n;
	bool is_good;
} chains[] = {
	{ TCP, { 0 }, 16, false },
	{ TCP, { 0 }, 24, true },
	{ UDP, { 0 }, 8, true },
	{ ICMP6, { 0x80 }, 8, true },
	{ 253, { 0 }, 8, true },
	{ 59, { 0 }, 8, true },
	{ DSTOPTS, { UDP, 0, 1, 4 }, 8, false },
	{ DSTOPTS, { UDP, 0, 1, 4 }, 16, true },
	{ DSTOPTS, { UDP, 1, 1, 12 }, 8, false },
	{ DSTOPTS, { DSTOPTS, 0, 1, 4, 0, 0, 0, 0, TCP, 0, 1, 4 }, 32, false },
	{ DSTOPTS, { 59, 0, 1, 4 }, 8, true },
};

START_TEST(first_fragments_need_all_headers)
{
	struct sut_pkt whole = sut_ip_pkt(sut_remote6, sut_local6, chains[_i].next, chains[_i].bytes,
					  chains[_i].n, 0);
	struct sut_pkt p = fragment(&whole, 0, chains[_i].n, true, 7);

	sut_feed(&host, &p);
	if (chains[_i].is_good)
		expect_nothing();
	else
		expect_problem(&p, 3, 0);
}
END_TEST

/* An option header before the fragment header stays, one behind it is a part of the whole. */
START_TEST(extension_headers_stand_on_both_sides)
{
	static const uint8_t options[8] = { ICMP6, 0, 1, 4 };
	struct sut_pkt echo = echo_request(6), whole, p;
	uint8_t payload[8 + WHOLE_BYTES];

	memcpy(payload, options, 8);
	memcpy(payload + 8, echo.b + 40, WHOLE_BYTES);
	whole = sut_ip_pkt(sut_remote6, sut_local6, DSTOPTS, payload, sizeof(payload), 0);
	feed(&whole, 40, sizeof(payload), 7);
	p = fragment(&whole, 0, 40, true, 7);
	memmove(p.b + 48, p.b + 40, p.n - 40);
	memcpy(p.b + 40, (const uint8_t[]){ FRAGMENT, 0, 1, 4, 0, 0, 0, 0 }, 8);
	p.b[6] = DSTOPTS;
	p.n += 8;
	sut_put16(p.b + 4, (unsigned)p.n - 40);
	sut_feed(&host, &p);
	expect_reply(&echo);
}
END_TEST

START_TEST(atomic_fragments_stand_alone)
{
	struct sut_pkt whole = echo_request(6), atomic;

	feed(&whole, 0, 40, 7);
	atomic = fragment(&whole, 0, WHOLE_BYTES, false, 7);
	sut_feed(&host, &atomic);
	expect_reply(&whole);
	ck_assert_int_eq(counter(6, "ReasmReqds"), 2);
	ck_assert_int_eq(counter(6, "ReasmOKs"), 1);
	feed(&whole, 40, WHOLE_BYTES, 7);
	expect_reply(&whole);
	expect_empty();
}
END_TEST

/* A fragment header within what was put together, or behind an atomic one: dropped. */
START_TEST(fragments_of_fragments_are_dropped)
{
	struct sut_pkt echo = echo_request(6), inner = fragment(&echo, 0, WHOLE_BYTES - 8, _i % 2, 9);
	size_t n = inner.n - 40;
	struct sut_pkt whole = inner;

	feed(&whole, 0, 40, 7);
	feed(&whole, 40, n, 7);
	expect_nothing();
	ck_assert_int_eq(counter(6, "ReasmOKs"), 1);
	ck_assert_int_eq(counter(6, "InHdrErrors"), 1);
	whole = fragment(&whole, 0, n, false, 7);
	sut_feed(&host, &whole);
	expect_nothing();
	ck_assert_int_eq(counter(6, "InHdrErrors"), 2);
	expect_empty();
}
END_TEST

/* ---- IPv4 alone ---- */

/* Of the headers that of the first fragment stays, options too. */
START_TEST(header_of_the_first_stays)
{
	static const uint8_t nops[4] = { 1, 1, 1, 0 };
	struct sut_pkt whole = echo_request(4), p;

	p = fragment(&whole, 40, WHOLE_BYTES, false, 7);
	p.b[1] = 0x20;
	sut_fix_ip(&p);
	sut_feed(&host, &p);
	p = fragment(&whole, 0, 40, true, 7);
	memmove(p.b + 24, p.b + 20, p.n - 20);
	memcpy(p.b + 20, nops, 4);
	p.n += 4;
	p.b[0] = 0x46;
	p.b[1] = 0x48;
	sut_put16(p.b + 2, (unsigned)p.n);
	sut_fix_ip(&p);
	sut_feed(&host, &p);
	p = sut_take(&host);
	ck_assert_uint_eq(p.b[1], 0x48);
	ck_assert_uint_eq(p.n, whole.n);
	ck_assert_mem_eq(p.b + 24, whole.b + 24, whole.n - 24);
}
END_TEST

/* A source-routed one is answered by the way that it came, also when it never becomes whole. */
START_TEST(source_routes_lead_back)
{
	static const uint8_t route[12] = { 131, 11, 12, 192, 0, 2, 9, 192, 0, 2, 8, 0 };
	struct sut_pkt whole = echo_request(4), p, out;

	set("net.ipv4.conf.all.accept_source_route", "1");
	p = fragment(&whole, 0, 40, true, 7);
	memmove(p.b + 32, p.b + 20, p.n - 20);
	memcpy(p.b + 20, route, 12);
	p.n += 12;
	p.b[0] = 0x48;
	sut_put16(p.b + 2, (unsigned)p.n);
	sut_fix_ip(&p);
	for (int is_whole = 0; is_whole < 2; is_whole++) {
		sut_feed(&host, &p);
		if (is_whole)
			feed(&whole, 40, WHOLE_BYTES, 7);
		else
			wait_s(30);
		out = sut_take(&host);
		ck_assert_uint_eq(out.b[0], 0x48);
		ck_assert_mem_eq(out.b + 16, ((const uint8_t[]){ 192, 0, 2, 8 }), 4);
		ck_assert_uint_eq(out.b[32], is_whole ? 0 : 11);
	}
}
END_TEST

/* ---- anything ---- */

static uint32_t draw(uint64_t *rng, uint32_t below)
{
	*rng = *rng * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(*rng >> 33) % below;
}

/* Fragments of a few datagrams, most of which could be true, while time passes and memory fails. */
START_TEST(any_fragments_are_survived)
{
	uint64_t rng = (uint64_t)_i * 7919 + 1;

	set("net.ipv4.ipfrag_high_thresh", "20000");
	for (int round = 0; round < 5000; round++) {
		struct sut_pkt whole = echo_request(family((int)draw(&rng, 2))), p;
		size_t at = 8 * draw(&rng, draw(&rng, 50) ? 10 : 8192);
		size_t end = at + (draw(&rng, 4) ? 8 * draw(&rng, 6) : draw(&rng, 60));

		p = fragment(&whole, at, end, draw(&rng, 4), draw(&rng, 8));
		if (!draw(&rng, 10)) {
			p.b[draw(&rng, (uint32_t)p.n)] = (uint8_t)draw(&rng, 256);
			sut_fix_ip(&p);
		}
		host.fail_at = draw(&rng, 8) ? 0 : host.allocations + 1 + draw(&rng, 3);
		sut_feed(&host, &p);
		host.fail_at = 0;
		while (sut_take(&host).n)
			;
		if (!draw(&rng, 20))
			wait_s(draw(&rng, 15));
	}
	wait_s(61);
	expect_empty();
	ck_assert_int_gt(counter(4, "ReasmOKs") + counter(6, "ReasmOKs"), 50);
}
END_TEST

/* What waits is freed with the instance: sut_host_stop() counts. */
START_TEST(instances_may_end_before)
{
	struct sut_pkt whole4 = echo_request(4), whole6 = echo_request(6);

	feed(&whole4, 0, 40, 7);
	feed(&whole4, 40, 48, 7);
	feed(&whole6, 40, WHOLE_BYTES, 7);
	ck_assert_int_gt(host.live, 6);
}
END_TEST

static void add_common(TCase *t)
{
	tcase_add_loop_test(t, fragments_come_in_any_order, 0, 48);
	tcase_add_loop_test(t, copies_are_dropped_alone, 0, 12);
	tcase_add_loop_test(t, checksums_count_for_the_whole, 0, 2);
	tcase_add_loop_test(t, the_longest_datagram_is_taken, 0, 3);
	tcase_add_loop_test(t, errors_quote_the_whole, 0, 2);
	tcase_add_loop_test(t, fragments_that_quarrel, 0,
			    2 * sizeof(quarrels) / sizeof(quarrels[0]));
	tcase_add_loop_test(t, overlaps_are_counted, 0, 2);
	tcase_add_loop_test(t, fragments_belong_by_their_key, 0, sizeof(keys) / sizeof(keys[0]));
	tcase_add_test(t, fragments_to_two_addresses_are_apart);
	tcase_add_test(t, odd_fragments_are_cut);
	tcase_add_loop_test(t, marks_are_combined, 0, 2 * 16 * 4);
	tcase_add_loop_test(t, time_runs_from_the_first_to_come, 0, 2);
	tcase_add_loop_test(t, without_the_first_nobody_is_told, 0, 2);
	tcase_add_test(t, some_are_never_told);
	tcase_add_test(t, times_can_be_set);
	tcase_add_test(t, quotes_are_of_what_was_kept);
	tcase_add_loop_test(t, memory_is_bounded, 0, 2);
	tcase_add_test(t, no_memory_is_no_reassembly);
	tcase_add_loop_test(t, identifications_come_round, 0, 8);
	tcase_add_test(t, identifications_are_of_one_host);
	tcase_add_loop_test(t, each_allocation_may_fail, 0, 2);
	tcase_add_loop_test(t, any_fragments_are_survived, 0, 10);
	tcase_add_test(t, instances_may_end_before);
}

static Suite *ip_reasm_suite(void)
{
	Suite *s = suite_create("sut_ip_reasm");
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, setup, teardown);
	add_common(t);
	tcase_add_test(t, impossible_fragments_are_reported);
	tcase_add_loop_test(t, first_fragments_need_all_headers, 0,
			    sizeof(chains) / sizeof(chains[0]));
	tcase_add_test(t, extension_headers_stand_on_both_sides);
	tcase_add_test(t, atomic_fragments_stand_alone);
	tcase_add_loop_test(t, fragments_of_fragments_are_dropped, 0, 2);
	tcase_add_test(t, header_of_the_first_stays);
	tcase_add_test(t, source_routes_lead_back);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return unit_run(ip_reasm_suite());
}
