/* SPDX-License-Identifier: BSD-2-Clause */
#include <check.h>
#include <string.h>

#include "bytes.h"
#include "codec.h"
#include "impl.h"
#include "sut_one_host.h"
#include "unit.h"

static int family(int i)
{
	return i ? 6 : 4;
}

static int64_t counter(const char *name)
{
	int64_t v = sut_counter(host.s, name);

	ck_assert_msg(v >= 0, "no counter %s", name);
	return v;
}

static struct sut_pkt echo_request(int f)
{
	return sut_icmp_pkt(sut_remote(f), sut_local(f), f == 6 ? 128 : 8, 0, 0x12340007, "abcde",
			    5);
}

/* ---- checksums ---- */

START_TEST(sum_does_not_depend_on_alignment_or_pieces)
{
	uint8_t b[64 + 8];

	for (size_t i = 0; i < sizeof(b); i++)
		b[i] = (uint8_t)(i * 37 + 200);
	for (size_t off = 0; off < 8; off++)
		for (size_t n = 0; n <= 64; n++) {
			uint16_t want = sut_fold(sut_sum(b + off, n));
			size_t cut = n / 4 * 2;
			uint32_t one = codec_sum(0, b + off, cut);
			uint32_t two = codec_sum(one, b + off + cut, n - cut);

			ck_assert_uint_eq(codec_sum_finish(codec_sum(0, b + off, n)), want);
			ck_assert_uint_eq(codec_sum_finish(two), want);
		}
	ck_assert_uint_eq(codec_sum(77, NULL, 100), 77);
}
END_TEST

START_TEST(addresses_are_classified)
{
	static const struct {
		struct sut_addr a;
		bool multicast, broadcast, loopback, mapped;
	} row[] = {
		{ { 4, { 224, 0, 0, 1 } }, true, false, false, false },
		{ { 4, { 239, 255, 255, 255 } }, true, false, false, false },
		{ { 4, { 223, 255, 255, 255 } }, false, false, false, false },
		{ { 4, { 240, 0, 0, 1 } }, false, false, false, false },
		{ { 4, { 255, 255, 255, 255 } }, false, true, false, false },
		{ { 4, { 127, 1, 2, 3 } }, false, false, true, false },
		{ { 6, { 0xff, 2 } }, true, false, false, false },
		{ { 6, { [15] = 1 } }, false, false, true, false },
		{ { 6, { [10] = 0xff, 0xff, 10, 0, 0, 1 } }, false, false, false, true },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		ck_assert_int_eq(codec_addr_is_multicast(&row[i].a), row[i].multicast);
		ck_assert_int_eq(codec_addr_is_broadcast(&row[i].a), row[i].broadcast);
		ck_assert_int_eq(codec_addr_is_loopback(&row[i].a), row[i].loopback);
		ck_assert_int_eq(codec_addr_is_mapped(&row[i].a), row[i].mapped);
	}
}
END_TEST

START_TEST(mapping_goes_both_ways)
{
	struct sut_addr m = codec_addr_map(&sut_local4), back = codec_addr_unmap(&m);

	ck_assert(codec_addr_is_mapped(&m));
	ck_assert(addr_eq(&back, &sut_local4));
	m = codec_addr_map(&sut_local6);
	ck_assert(addr_eq(&m, &sut_local6));
}
END_TEST

/* ---- echo ---- */

START_TEST(echo_is_answered)
{
	int f = family(_i);
	struct sut_pkt in = echo_request(f), out;
	size_t at;

	/* TOS or traffic class 0xb8 */
	in.b[0] |= f == 6 ? 0x0b : 0;
	in.b[1] = f == 6 ? 0x80 : 0xb8;
	sut_fix_ip(&in);
	sut_feed(&host, &in);
	out = sut_take(&host);
	at = sut_at(&out);
	ck_assert_uint_eq(out.n, in.n);
	ck_assert_uint_eq(out.b[at], f == 6 ? 129 : 0);
	ck_assert_mem_eq(out.b + at + 4, in.b + at + 4, 4 + 5);
	ck_assert_mem_eq(out.b + (f == 6 ? 8 : 12), sut_local(f).b, f == 6 ? 16 : 4);
	ck_assert_mem_eq(out.b + (f == 6 ? 24 : 16), sut_remote(f).b, f == 6 ? 16 : 4);
	ck_assert_uint_eq(f == 6 ? out.b[7] : out.b[8], 64);
	ck_assert_uint_eq(f == 6 ? sut_be16(out.b) >> 4 & 255 : out.b[1], 0xb8);
	ck_assert_uint_eq(sut_take(&host).n, 0);
	ck_assert_int_eq(counter(f == 6 ? "Icmp6OutEchoReplies" : "IcmpOutEchoReps"), 1);
}
END_TEST

START_TEST(echo_can_be_switched_off)
{
	int f = family(_i);
	struct sut_pkt in = echo_request(f);
	const char *name = f == 6 ? "net.ipv6.icmp.echo_ignore_all" :
				    "net.ipv4.icmp_echo_ignore_all";

	ck_assert_int_eq(sut_sysctl_set(host.s, name, "1"), 0);
	sut_feed(&host, &in);
	ck_assert_uint_eq(sut_take(&host).n, 0);
}
END_TEST

/* A packet may arrive with the last of its TTL, and padded. */
START_TEST(small_ttl_and_padding_are_taken)
{
	int f = family(_i);

	for (uint8_t ttl = 0; ttl < 2; ttl++) {
		struct sut_pkt in = echo_request(f), out;

		in.b[f == 6 ? 7 : 8] = ttl;
		sut_fix_ip(&in);
		in.n += 6;
		sut_feed(&host, &in);
		out = sut_take(&host);
		ck_assert_uint_eq(out.n, in.n - 6);
	}
}
END_TEST

/* ---- what is dropped, and how it is counted ---- */

struct damage {
	const char *what;
	int family;
	size_t at;                 /* byte to change, then the IPv4 checksum is made right again */
	uint8_t value;
	bool keep_sum;             /* leave the wrong checksum */
	const char *counter;
};

static const struct damage damages[] = {
	{ "version 5", 4, 0, 0x55, false, "IpInHdrErrors" },
	{ "header length 16", 4, 0, 0x44, true, "IpInHdrErrors" },
	{ "header length 60 without it", 4, 0, 0x4f, true, "IpExtInTruncatedPkts" },
	{ "total length too long", 4, 3, 200, false, "IpExtInTruncatedPkts" },
	{ "total length inside the header", 4, 3, 19, false, "IpExtInTruncatedPkts" },
	{ "header checksum", 4, 11, 0, true, "IpExtInCsumErrors" },
	{ "more fragments", 4, 6, 0x20, false, "IpReasmReqds" },
	{ "fragment offset", 4, 7, 1, false, "IpReasmReqds" },
	{ "not our address", 4, 19, 2, false, "IpInAddrErrors" },
	{ "to multicast", 4, 16, 224, false, "IpInAddrErrors" },
	{ "from multicast", 4, 12, 224, false, "IpInAddrErrors" },
	{ "from loopback", 4, 12, 127, false, "IpInAddrErrors" },
	{ "version 7", 6, 0, 0x70, false, "IpInHdrErrors" },
	{ "payload length too long", 6, 5, 200, false, "Ip6InTruncatedPkts" },
	{ "not our address", 6, 39, 2, false, "Ip6InAddrErrors" },
	{ "to multicast", 6, 24, 0xff, false, "Ip6InAddrErrors" },
	{ "from multicast", 6, 8, 0xff, false, "Ip6InAddrErrors" },
	{ "ICMP checksum", 4, 20 + 3, 0xff, false, "IcmpInCsumErrors" },
	{ "ICMPv6 checksum", 6, 40 + 3, 0xff, false, "Icmp6InCsumErrors" },
};

START_TEST(damaged_packets_are_dropped_and_counted)
{
	const struct damage *d = &damages[_i];
	struct sut_pkt p = echo_request(d->family);

	ck_assert_int_eq(counter(d->counter), 0);
	p.b[d->at] = d->value;
	if (!d->keep_sum && p.b[0] >> 4 == 4)
		sut_fix_ip(&p);
	sut_feed(&host, &p);
	ck_assert_msg(counter(d->counter) == 1, "%s: %s", d->what, d->counter);
	ck_assert_msg(sut_take(&host).n == 0, "%s: answered", d->what);
}
END_TEST

START_TEST(own_and_mapped_sources_are_not_believed)
{
	int f = family(_i);
	struct sut_addr src = f == 6 ? sut_mapped(sut_remote4) : sut_local4;
	struct sut_pkt p = sut_icmp_pkt(src, sut_local(f), f == 6 ? 128 : 8, 0, 1, "x", 1);

	sut_feed(&host, &p);
	ck_assert_uint_eq(sut_take(&host).n, 0);
	ck_assert_int_eq(counter(f == 6 ? "Ip6InAddrErrors" : "IpInAddrErrors"), 1);
}
END_TEST

/* No truncation is read beyond its end or answered (the buffers are exact, see sut_feed). */
START_TEST(truncations_are_survived)
{
	int f = family(_i);
	struct sut_pkt echo = echo_request(f);
	struct sut_pkt udp = sut_udp_pkt(sut_remote(f), sut_local(f), 1, 2, "abc", 3);
	struct sut_pkt err = sut_icmp_pkt(sut_remote(f), sut_local(f), f == 6 ? 1 : 3, 3, 0, udp.b,
					  udp.n);
	const struct sut_pkt *kinds[] = { &echo, &udp, &err };

	for (size_t k = 0; k < 3; k++)
		for (size_t n = 0; n < kinds[k]->n; n++) {
			struct sut_pkt cut = *kinds[k];

			cut.n = n;
			sut_feed(&host, &cut);
			ck_assert_uint_eq(sut_take(&host).n, 0);
		}
}
END_TEST

/* The quoted packet may end anywhere: at the outer level all is well. */
START_TEST(truncated_quotes_are_survived)
{
	int f = family(_i);
	struct sut_pkt quoted = sut_udp_pkt(sut_local(f), sut_remote(f), 1, 2, "abc", 3);
	size_t least = sut_at(&quoted) + 8;

	for (size_t n = 0; n <= quoted.n; n++) {
		struct sut_pkt p = sut_icmp_pkt(sut_remote(f), sut_local(f), f == 6 ? 1 : 3,
						f == 6 ? 4 : 3, 0, quoted.b, n);
		int64_t before = counter(f == 6 ? "Icmp6InErrors" : "IcmpInErrors");

		sut_feed(&host, &p);
		ck_assert_int_eq(counter(f == 6 ? "Icmp6InErrors" : "IcmpInErrors") - before,
				 n < least);
	}
}
END_TEST

static uint32_t step(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 8;
}

START_TEST(random_damage_is_survived)
{
	int f = family(_i);
	struct sut_pkt quoted = sut_udp_pkt(sut_local(f), sut_remote(f), 1, 2, "abc", 3);
	struct sut_pkt kinds[] = {
		echo_request(f), sut_udp_pkt(sut_remote(f), sut_local(f), 1, 2, "abc", 3),
		sut_icmp_pkt(sut_remote(f), sut_local(f), f == 6 ? 1 : 3, 3, 0, quoted.b, quoted.n),
	};
	uint32_t state = 42;

	for (int round = 0; round < 20000; round++) {
		struct sut_pkt p = kinds[step(&state) % 3];

		for (uint32_t k = step(&state) % 4 + 1; k; k--)
			p.b[step(&state) % p.n] = (uint8_t)step(&state);
		if (step(&state) % 2)
			p.n = step(&state) % (p.n + 1);
		if (p.n >= 20 && p.b[0] >> 4 == 4 && sut_at(&p) <= p.n && sut_at(&p) >= 20)
			sut_fix_ip(&p);
		sut_feed(&host, &p);
		while (sut_take(&host).n)
			;
	}
	ck_assert_int_eq(counter("IpInReceives") + counter("Ip6InReceives"), 20000);
}
END_TEST

/* ---- IPv4 options and IPv6 extension headers ---- */

static struct sut_pkt with_options4(const uint8_t *options, size_t n)
{
	struct sut_pkt p = echo_request(4);

	/* By hand: valgrind takes the checked memmove of glibc for a memcpy that overlaps. */
	for (size_t i = p.n; i-- > 20;)
		p.b[i + n] = p.b[i];
	memcpy(p.b + 20, options, n);
	p.n += n;
	p.b[0] = (uint8_t)(0x40 + (20 + n) / 4);
	sut_put16(p.b + 2, (unsigned)p.n);
	sut_fix_ip(&p);
	return p;
}

START_TEST(options_of_ipv4_are_checked)
{
	static const struct {
		uint8_t bytes[8];
		bool is_good;
	} row[] = {
		{ { 1, 1, 1, 0 }, true },
		{ { 148, 4, 0, 0 }, true },
		{ { 7, 7, 4, 0, 0, 0, 0, 0 }, true },
		{ { 0, 9, 9, 9 }, true },
		{ { 148, 0, 0, 0 }, false },
		{ { 148, 1, 0, 0 }, false },
		{ { 148, 9, 0, 0, 0, 0, 0, 0 }, false },
		{ { 1, 1, 1, 1, 1, 1, 1, 148 }, false },
		{ { 1, 1, 1, 1, 1, 1, 148, 3 }, false },
		{ { 131, 7, 4, 10, 0, 0, 1, 0 }, false },
		{ { 137, 7, 4, 10, 0, 0, 1, 0 }, false },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct sut_pkt p = with_options4(row[i].bytes, 8);

		sut_feed(&host, &p);
		ck_assert_msg((sut_take(&host).n != 0) == row[i].is_good, "row %zu", i);
	}
}
END_TEST

/* Extension headers @chain of @n bytes, the last naming ICMPv6, before an echo request. */
static struct sut_pkt with_chain6(uint8_t first, const uint8_t *chain, size_t n)
{
	struct sut_pkt p = echo_request(6);

	memmove(p.b + 40 + n, p.b + 40, p.n - 40);
	memcpy(p.b + 40, chain, n);
	p.n += n;
	p.b[6] = first;
	sut_put16(p.b + 4, (unsigned)p.n - 40);
	return p;
}

START_TEST(extension_headers_are_walked)
{
	static const struct {
		uint8_t first, bytes[16];
		size_t n;
		bool is_good;
	} row[] = {
		{ 0, { 58, 0, 1, 4 }, 8, true },                        /* padding only */
		{ 60, { 58, 0, 1, 4 }, 8, true },
		{ 60, { 58, 0, 0x1e, 4 }, 8, true },                    /* skip if unknown */
		{ 60, { 58, 0, 0x5e, 4 }, 8, false },                   /* drop if unknown */
		{ 60, { 58, 0, 1, 5 }, 8, false },                      /* option past the end */
		{ 60, { 58, 9, 1, 4 }, 8, false },                      /* header past the end */
		{ 43, { 58, 0, 0, 0 }, 8, true },                       /* no segments left */
		{ 43, { 58, 0, 0, 1 }, 8, false },
		{ 44, { 58, 0, 0, 0 }, 8, true },                       /* atomic fragment */
		/* hop-by-hop options not first, and first */
		{ 60, { 0, 0, 1, 4, 0, 0, 0, 0, 58, 0, 1, 4 }, 16, false },
		{ 0, { 60, 0, 1, 4, 0, 0, 0, 0, 58, 0, 1, 4 }, 16, true },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct sut_pkt p = with_chain6(row[i].first, row[i].bytes, row[i].n);

		sut_feed(&host, &p);
		ck_assert_msg((sut_take(&host).n != 0) == row[i].is_good, "row %zu", i);
	}
}
END_TEST

/* ---- errors that are sent ---- */

START_TEST(unknown_protocol_is_unreachable)
{
	int f = family(_i);
	struct sut_pkt in = sut_ip_pkt(sut_remote(f), sut_local(f), 253, (const uint8_t *)"abcd", 4,
				       0), out;
	size_t at;

	sut_feed(&host, &in);
	out = sut_take(&host);
	at = sut_at(&out);
	ck_assert_uint_eq(out.b[at], f == 6 ? 4 : 3);
	ck_assert_uint_eq(out.b[at + 1], f == 6 ? 1 : 2);
	ck_assert_uint_eq(out.b[at + 7], f == 6 ? 6 : 0);
	ck_assert_mem_eq(out.b + at + 8, in.b, in.n);
}
END_TEST

START_TEST(errors_are_limited_per_destination)
{
	int f = family(_i);
	struct sut_pkt in = sut_udp_pkt(sut_remote(f), sut_local(f), 1, 2, "abc", 3);
	int sent = 0;

	for (int i = 0; i < 20; i++) {
		sut_feed(&host, &in);
		sent += sut_take(&host).n != 0;
	}
	ck_assert_int_eq(sent, 6);
	ck_assert_int_eq(counter(f == 6 ? "Icmp6OutRateLimitHost" : "IcmpOutRateLimitHost"), 14);
	sut_advance(host.s, sut_now(host.s) + 999999999);
	sut_feed(&host, &in);
	ck_assert_uint_eq(sut_take(&host).n, 0);
	sut_advance(host.s, sut_now(host.s) + 1);
	sut_feed(&host, &in);
	ck_assert_uint_ne(sut_take(&host).n, 0);
}
END_TEST

START_TEST(errors_are_limited_over_all_destinations)
{
	int sent = 0;

	for (int i = 0; i < 100; i++) {
		struct sut_addr src = { 4, { 192, 0, 2, (uint8_t)(i + 1) } };
		struct sut_pkt in = sut_udp_pkt(src, sut_local4, 1, 2, "abc", 3);

		sut_feed(&host, &in);
		sent += sut_take(&host).n != 0;
	}
	ck_assert_int_eq(sent, 50);
	ck_assert_int_eq(counter("IcmpOutRateLimitGlobal"), 50);
}
END_TEST

START_TEST(errors_are_not_answered_with_errors)
{
	int f = family(_i);
	struct sut_pkt inner = sut_udp_pkt(sut_local(f), sut_remote(f), 1, 2, "abc", 3);
	struct sut_pkt in = sut_icmp_pkt(sut_remote(f), sut_local(f), f == 6 ? 1 : 3, 3, 0, inner.b,
					 inner.n);

	sut_feed(&host, &in);
	ck_assert_uint_eq(sut_take(&host).n, 0);
}
END_TEST

START_TEST(broadcasts_are_not_answered)
{
	static const struct sut_addr to[] = { { 4, { 255, 255, 255, 255 } },
					      { 4, { 192, 168, 255, 255 } } };

	for (size_t i = 0; i < 2; i++) {
		struct sut_pkt udp = sut_udp_pkt(sut_remote4, to[i], 1, 2, "abc", 3);
		struct sut_pkt echo = sut_icmp_pkt(sut_remote4, to[i], 8, 0, 1, "x", 1);
		struct sut_pkt odd = sut_ip_pkt(sut_remote4, to[i], 253, (const uint8_t *)"abcd",
						4, 0);

		sut_feed(&host, &udp);
		sut_feed(&host, &echo);
		sut_feed(&host, &odd);
		ck_assert_uint_eq(sut_take(&host).n, 0);
	}
}
END_TEST

START_TEST(quotes_are_as_long_as_allowed)
{
	int f = family(_i);
	uint8_t big[1400] = { 0 };
	struct sut_pkt in = sut_udp_pkt(sut_remote(f), sut_local(f), 1, 2, big, sizeof(big)), out;

	sut_feed(&host, &in);
	out = sut_take(&host);
	ck_assert_uint_eq(out.n, f == 6 ? 1280 : 576);
}
END_TEST

/* ---- TCP segments on their way down ---- */

static const uint8_t mss_option[4] = { 2, 4, 5, 0xb4 };

/* 2502 bytes in two parts, the second of them zeros, with every flag that moves when it is cut. */
static struct tcp_out super_segment(int f)
{
	static uint8_t data[1001];

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i + 1);
	return (struct tcp_out){
		.src = { sut_local(f), 80 }, .dst = { sut_remote(f), 81 }, .seq = 0xfffffff0u,
		.ack = 5, .win = 77,
		.flags = TCP_FLAG_ACK | TCP_FLAG_PSH | TCP_FLAG_FIN | TCP_FLAG_CWR | TCP_FLAG_ECE,
		.options = mss_option, .n_options = 4, .n_part = 2,
		.part = { { data, 1001 }, { NULL, 1501 } }, .mss_bytes = 1000, .ttl = 9, .tos = 2,
		.has_df = true, .ip_id = 65535, .flow_label = 0x12345,
	};
}

START_TEST(super_segments_are_cut_without_tso)
{
	static const uint16_t flags[] = { SUT_ACK | 0xc0, SUT_ACK | 0x40,
					  SUT_ACK | SUT_PSH | SUT_FIN | 0x40 };
	static const size_t bytes[] = { 1000, 1000, 502 };
	int f = family(_i);
	struct tcp_out seg = super_segment(f);

	ck_assert_int_eq(ip_send_tcp(host.s, &seg), 0);
	for (uint32_t i = 0; i < 3; i++) {
		struct sut_pkt p = sut_take(&host);
		struct sut_seg g = sut_seg_of(&p);
		const uint8_t *payload = p.b + sut_at(&p) + 24;

		ck_assert_uint_eq(p.n, sut_at(&p) + 24 + bytes[i]);
		ck_assert_uint_eq(g.flags, flags[i]);
		ck_assert_uint_eq(g.seq, 0xfffffff0u + i * 1000);
		ck_assert_uint_eq(g.win, 77);
		ck_assert_mem_eq(payload - 4, mss_option, 4);
		ck_assert_uint_eq(payload[0], i == 0 ? 1 : i == 1 ? 1001 % 256 : 0);
		ck_assert_uint_eq(payload[1], i == 0 ? 2 : 0);
		ck_assert_uint_eq(f == 6 ? p.b[7] : p.b[8], 9);
		if (f == 4)
			ck_assert_uint_eq(sut_be16(p.b + 4), (65535 + i) % 65536);
		else
			ck_assert_uint_eq(sut_be16(p.b + 2), 0x2345);
	}
	ck_assert_uint_eq(sut_take(&host).n, 0);
}
END_TEST

START_TEST(super_segments_leave_whole_with_tso)
{
	struct tcp_out seg = super_segment(family(_i));
	struct sut_link link;
	const uint8_t *bytes;
	int64_t at_ns;
	size_t n;

	sut_link_get(host.s, &link);
	link.has_tso = true;
	ck_assert_int_eq(sut_link_set(host.s, &link), 0);
	ck_assert_int_eq(ip_send_tcp(host.s, &seg), 0);
	ck_assert_int_eq(sut_output(host.s, &bytes, &n, &at_ns), 1);
	ck_assert_uint_eq(n, (family(_i) == 6 ? 40u : 20u) + 24 + 2502);
	ck_assert_int_eq(sut_output(host.s, &bytes, &n, &at_ns), 0);
}
END_TEST

/* Whatever the order of sending, packets leave in the order of their departure, and not before. */
START_TEST(paced_packets_leave_at_their_time)
{
	static const int64_t after[] = { 0, 300, 100, 200, 100, 0 }, order[] = { 0, 5, 2, 4, 3, 1 };
	int64_t start = sut_now(host.s);

	for (uint32_t i = 0; i < 6; i++) {
		struct tcp_out seg = super_segment(4);

		seg.n_part = 0;
		seg.seq = i;
		seg.depart_ns = after[i] ? start + after[i] : 0;
		ck_assert_int_eq(ip_send_tcp(host.s, &seg), 0);
	}
	ck_assert_int_eq(sut_next_deadline(host.s), start + 100);
	for (size_t i = 0; i < 6; i++) {
		int64_t due = start + after[order[i]], at_ns;
		const uint8_t *bytes;
		struct sut_pkt p;
		size_t n;

		if (due > sut_now(host.s)) {
			ck_assert_int_eq(sut_next_deadline(host.s), due);
			sut_advance(host.s, due - 1);
			ck_assert_int_eq(sut_output(host.s, &bytes, &n, &at_ns), 0);
			sut_advance(host.s, due);
		}
		ck_assert_int_eq(sut_output(host.s, &bytes, &n, &at_ns), 1);
		ck_assert_int_eq(at_ns, due);
		p.n = n;
		memcpy(p.b, bytes, n);
		ck_assert_uint_eq(sut_seg_of(&p).seq, (uint32_t)order[i]);
	}
	ck_assert_int_eq(sut_next_deadline(host.s), INT64_MAX);
}
END_TEST

/* Nothing left at all: the caller is told. Some of it left: the rest is lost as on a wire. */
START_TEST(segments_survive_each_failing_allocation)
{
	for (int64_t k = 0; k < 3; k++) {
		struct tcp_out seg = super_segment(4);
		int64_t left = 0;

		host.fail_at = host.allocations + 1 + k;
		ck_assert_int_eq(ip_send_tcp(host.s, &seg), k ? 0 : SUT_ENOBUFS);
		while (sut_take(&host).n)
			left++;
		ck_assert_int_eq(left, k);
	}
}
END_TEST

/* ---- the instance ---- */

START_TEST(bad_configurations_are_refused)
{
	static const struct sut_sysctl_setting bad_name = { "net.ipv4.nonsense", "1" };
	static const struct sut_sysctl_setting bad_value = { "net.ipv4.tcp_sack", "x" };
	struct sut_config good = { .local4 = sut_local4, .prefix4 = 16, .mtu_bytes = 1500 };
	struct sut_config bad[6];
	struct sut *s = sut_create(&good);

	ck_assert_ptr_nonnull(s);
	sut_destroy(s);
	for (size_t i = 0; i < 6; i++)
		bad[i] = good;
	bad[0].mtu_bytes = 67;
	bad[1].mtu_bytes = 65536;
	bad[2].prefix4 = 33;
	bad[3].local4.family = 6;
	bad[4].sysctl = &bad_name;
	bad[5].sysctl = &bad_value;
	bad[4].n_sysctl = bad[5].n_sysctl = 1;
	for (size_t i = 0; i < 6; i++)
		ck_assert_msg(!sut_create(&bad[i]), "configuration %zu", i);
	ck_assert_ptr_null(sut_create(NULL));
	sut_destroy(NULL);
}
END_TEST

START_TEST(creation_survives_each_failing_allocation)
{
	struct sut_host h;

	for (int64_t n = 1;; n++) {
		h = (struct sut_host){ .fail_at = n };
		if (sut_host_start(&h))
			break;
		ck_assert_int_eq(h.live, 0);
		ck_assert_int_lt(n, 100);
	}
	sut_host_stop(&h);
}
END_TEST

START_TEST(echo_survives_each_failing_allocation)
{
	int f = family(_i);
	struct sut_pkt in = echo_request(f);

	host.fail_at = host.allocations + 1;
	sut_feed(&host, &in);
	ck_assert_uint_eq(sut_take(&host).n, 0);
	sut_feed(&host, &in);
	ck_assert_uint_ne(sut_take(&host).n, 0);
}
END_TEST

START_TEST(link_that_drops_sends_nothing)
{
	struct sut_pkt in = echo_request(4);
	struct sut_link l;

	sut_link_get(host.s, &l);
	l.qdisc = SUT_QDISC_DROP;
	ck_assert_int_eq(sut_link_set(host.s, &l), 0);
	sut_feed(&host, &in);
	ck_assert_uint_eq(sut_take(&host).n, 0);
	ck_assert_int_eq(counter("IpOutDiscards"), 1);
	l.mtu_bytes = 67;
	ck_assert_int_eq(sut_link_set(host.s, &l), SUT_EINVAL);
}
END_TEST

START_TEST(counters_have_names)
{
	size_t n = 0;

	for (; sut_counter_name(n); n++) {
		ck_assert_int_ge(sut_counter(host.s, sut_counter_name(n)), 0);
		for (size_t i = 0; i < n; i++)
			ck_assert_str_ne(sut_counter_name(i), sut_counter_name(n));
	}
	ck_assert_uint_gt(n, 50);
	ck_assert_int_eq(sut_counter(host.s, "NoSuchThing"), -1);
}
END_TEST

START_TEST(time_never_runs_backwards)
{
	int64_t now = sut_now(host.s);

	sut_advance(host.s, now + 5);
	sut_advance(host.s, now - 5);
	ck_assert_int_eq(sut_now(host.s), now + 5);
	ck_assert_int_eq(sut_next_deadline(host.s), INT64_MAX);
}
END_TEST

static Suite *ip_suite(void)
{
	Suite *s = suite_create("sut_ip");
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, sum_does_not_depend_on_alignment_or_pieces);
	tcase_add_test(t, addresses_are_classified);
	tcase_add_test(t, mapping_goes_both_ways);
	tcase_add_loop_test(t, echo_is_answered, 0, 2);
	tcase_add_loop_test(t, echo_can_be_switched_off, 0, 2);
	tcase_add_loop_test(t, small_ttl_and_padding_are_taken, 0, 2);
	tcase_add_loop_test(t, damaged_packets_are_dropped_and_counted, 0,
			    sizeof(damages) / sizeof(damages[0]));
	tcase_add_loop_test(t, own_and_mapped_sources_are_not_believed, 0, 2);
	tcase_add_loop_test(t, truncations_are_survived, 0, 2);
	tcase_add_loop_test(t, truncated_quotes_are_survived, 0, 2);
	tcase_add_loop_test(t, random_damage_is_survived, 0, 2);
	tcase_add_test(t, options_of_ipv4_are_checked);
	tcase_add_test(t, extension_headers_are_walked);
	tcase_add_loop_test(t, unknown_protocol_is_unreachable, 0, 2);
	tcase_add_loop_test(t, errors_are_limited_per_destination, 0, 2);
	tcase_add_test(t, errors_are_limited_over_all_destinations);
	tcase_add_loop_test(t, errors_are_not_answered_with_errors, 0, 2);
	tcase_add_test(t, broadcasts_are_not_answered);
	tcase_add_loop_test(t, quotes_are_as_long_as_allowed, 0, 2);
	tcase_add_loop_test(t, super_segments_are_cut_without_tso, 0, 2);
	tcase_add_loop_test(t, super_segments_leave_whole_with_tso, 0, 2);
	tcase_add_test(t, paced_packets_leave_at_their_time);
	tcase_add_test(t, segments_survive_each_failing_allocation);
	tcase_add_test(t, bad_configurations_are_refused);
	tcase_add_test(t, creation_survives_each_failing_allocation);
	tcase_add_loop_test(t, echo_survives_each_failing_allocation, 0, 2);
	tcase_add_test(t, link_that_drops_sends_nothing);
	tcase_add_test(t, counters_have_names);
	tcase_add_test(t, time_never_runs_backwards);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return unit_run(ip_suite());
}
