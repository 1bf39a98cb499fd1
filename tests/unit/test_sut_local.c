/* SPDX-License-Identifier: BSD-2-Clause */
/* Several addresses of one host, and routes that say which of them is used. */
#include <arpa/inet.h>
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "bytes.h"
#include "impl.h"
#include "sut_one_host.h"
#include "unit.h"

enum { DOMAIN4 = 2, DOMAIN6 = 10, STREAM = 1, DGRAM = 2 };

/* All zeros of no family for NULL. */
static struct sut_addr addr(const char *text)
{
	struct sut_addr a = { 0 };

	if (!text)
		return a;
	a.family = strchr(text, ':') ? 6 : 4;
	ck_assert_int_eq(inet_pton(a.family == 6 ? AF_INET6 : AF_INET, text, a.b), 1);
	return a;
}

static int add(const char *a, uint8_t prefix)
{
	struct sut_addr b = addr(a);

	return sut_address_add(host.s, &b, prefix);
}

static int drop(const char *a, uint8_t prefix)
{
	struct sut_addr b = addr(a);

	return sut_address_remove(host.s, &b, prefix);
}

static struct sut_route route_to(const char *dst, uint8_t prefix, const char *via, const char *src)
{
	return (struct sut_route){ .dst = addr(dst), .prefix = prefix, .via = addr(via),
				   .src = addr(src) };
}

static int add_route(const char *dst, uint8_t prefix, const char *via, const char *src)
{
	struct sut_route r = route_to(dst, prefix, via, src);

	return sut_route_add(host.s, &r, false);
}

static int drop_route(const char *dst, uint8_t prefix, const char *via, const char *src)
{
	struct sut_route r = route_to(dst, prefix, via, src);

	return sut_route_remove(host.s, &r);
}

/* What a new connection to @dst has; "" when there is no way there. */
static const char *source(const char *dst)
{
	static char text[INET6_ADDRSTRLEN];
	struct sut_addr a = addr(dst), src;

	if (ip_source(host.s, &a, &src))
		return "";
	return inet_ntop(src.family == 6 ? AF_INET6 : AF_INET, src.b, text, sizeof(text));
}

/* ---- which address ---- */

/* Networks of the host: 192.168/16 (two in it), 10/8, 10.9/16; fd3d:a0b:17d6::/64, fd00:1::/64. */
static void many(void)
{
	ck_assert_int_eq(add("192.168.0.7", 16), 0);
	ck_assert_int_eq(add("10.0.0.1", 8), 0);
	ck_assert_int_eq(add("10.9.0.1", 16), 0);
	ck_assert_int_eq(add("fd00:1::1", 64), 0);
	ck_assert_int_eq(add("fe80::1", 64), 0);
}

static const struct {
	const char *dst;           /* of a route, NULL: none is added */
	uint8_t prefix;
	const char *via, *src, *to, *from;
} sources[] = {
	{ NULL, 0, NULL, NULL, "192.0.2.1", "192.168.0.1" },
	{ NULL, 0, NULL, NULL, "192.168.0.2", "192.168.0.1" },
	{ NULL, 0, NULL, NULL, "10.1.2.3", "10.0.0.1" },
	{ NULL, 0, NULL, NULL, "10.9.2.3", "10.9.0.1" },
	{ NULL, 0, NULL, NULL, "10.9.0.1", "" },
	{ NULL, 0, NULL, NULL, "fd00:1::9", "fd00:1::1" },
	{ NULL, 0, NULL, NULL, "fd3d:a0b:17d6::9", "fd3d:a0b:17d6::1" },
	{ NULL, 0, NULL, NULL, "fe80::9", "fe80::1" },
	{ NULL, 0, NULL, NULL, "fe00::9", "fd00:1::1" },    /* as far; the newest of its scope */
	{ "192.0.2.0", 24, NULL, "192.168.0.7", "192.0.2.1", "192.168.0.7" },
	{ "192.0.2.0", 24, NULL, "192.168.0.7", "192.0.3.1", "192.168.0.1" },
	{ "192.0.2.0", 24, NULL, NULL, "192.0.2.1", "192.168.0.1" },
	{ "192.0.2.0", 24, "10.1.1.1", NULL, "192.0.2.1", "10.0.0.1" },
	{ "192.0.2.0", 24, "10.9.1.1", NULL, "192.0.2.1", "10.0.0.1" },   /* the oldest that has it */
	{ "192.0.2.0", 24, "10.9.1.1", "10.9.0.1", "192.0.2.1", "10.9.0.1" },
	{ "10.9.8.0", 22, NULL, "192.168.0.1", "10.9.11.255", "192.168.0.1" },
	{ "10.9.8.0", 22, NULL, "192.168.0.1", "10.9.12.0", "10.9.0.1" },
	{ "0.0.0.0", 0, NULL, "10.0.0.1", "192.0.2.1", "10.0.0.1" },
	{ "fd00:1::", 65, NULL, "fd3d:a0b:17d6::1", "fd00:1::9", "fd3d:a0b:17d6::1" },
	{ "fd00:1::", 65, NULL, "fd3d:a0b:17d6::1", "fd00:1::8000:0:0:9", "fd00:1::1" },
};

START_TEST(route_says_which_address)
{
	many();
	if (sources[_i].dst)
		ck_assert_int_eq(add_route(sources[_i].dst, sources[_i].prefix, sources[_i].via,
					   sources[_i].src), 0);
	ck_assert_str_eq(source(sources[_i].to), sources[_i].from);
}
END_TEST

START_TEST(lower_metric_is_taken)
{
	struct sut_route r = route_to("192.0.2.0", 24, NULL, "192.168.0.1");

	many();
	r.metric = 5;
	ck_assert_int_eq(sut_route_add(host.s, &r, false), 0);
	ck_assert_int_eq(sut_route_add(host.s, &r, false), SUT_EEXIST);
	r.src = addr("192.168.0.7");
	r.metric = 4;
	ck_assert_int_eq(sut_route_add(host.s, &r, false), 0);
	ck_assert_str_eq(source("192.0.2.1"), "192.168.0.7");
	r.src = addr("10.0.0.1");
	ck_assert_int_eq(sut_route_add(host.s, &r, true), 0);
	ck_assert_str_eq(source("192.0.2.1"), "10.0.0.1");
	r = route_to("192.0.2.0", 24, NULL, NULL);
	ck_assert_int_eq(sut_route_remove(host.s, &r), 0);
	ck_assert_str_eq(source("192.0.2.1"), "192.168.0.1");
	ck_assert_int_eq(sut_route_remove(host.s, &r), 0);
	ck_assert_int_eq(sut_route_remove(host.s, &r), SUT_ESRCH);
}
END_TEST

/* ---- what is refused ---- */

static const struct {
	const char *a;
	uint8_t prefix;
	int rc;
} bad_addresses[] = {
	{ "192.168.0.1", 16, SUT_EEXIST },   { "192.168.0.1", 33, SUT_EINVAL },
	{ "fd3d:a0b:17d6::1", 128, SUT_EEXIST }, { "fd00:1::1", 129, SUT_EINVAL },
	{ "0.0.0.0", 8, SUT_EINVAL },        { "224.0.0.1", 8, SUT_EINVAL },
	{ "::ffff:10.0.0.1", 96, SUT_EINVAL },   { NULL, 0, SUT_EINVAL },
};

START_TEST(bad_addresses_are_refused)
{
	ck_assert_int_eq(add(bad_addresses[_i].a, bad_addresses[_i].prefix), bad_addresses[_i].rc);
}
END_TEST

static const struct {
	const char *dst;
	uint8_t prefix;
	const char *via, *src;
	int rc;
} bad_routes[] = {
	{ "192.0.2.0", 33, NULL, NULL, SUT_EINVAL },
	{ NULL, 0, NULL, NULL, SUT_EINVAL },
	{ "192.0.2.0", 24, NULL, "192.168.0.9", SUT_EINVAL },
	{ "192.0.2.0", 24, NULL, "fd3d:a0b:17d6::1", SUT_EINVAL },
	{ "192.0.2.0", 24, "fd3d:a0b:17d6::9", NULL, SUT_EINVAL },
	{ "fd00:2::", 64, "fd3d:a0b:17d6::1", NULL, SUT_EINVAL },
	{ "192.168.9.9", 16, NULL, NULL, SUT_EEXIST },
	{ "192.0.3.0", 24, "198.51.100.1", NULL, SUT_ENETUNREACH },
	{ "fd00:2::", 64, "fd00:1::1", NULL, SUT_EHOSTUNREACH },
};

START_TEST(bad_routes_are_refused)
{
	struct sut_route all = { .dst.family = 4 };

	ck_assert_int_eq(sut_route_remove(host.s, &all), 0);
	all.dst.family = 6;
	ck_assert_int_eq(sut_route_remove(host.s, &all), 0);
	ck_assert_int_eq(add_route(bad_routes[_i].dst, bad_routes[_i].prefix, bad_routes[_i].via,
				   bad_routes[_i].src), bad_routes[_i].rc);
}
END_TEST

START_TEST(room_ends)
{
	char text[32];
	int n = 1, rc = 0;

	for (; rc == 0; n++) {
		snprintf(text, sizeof(text), "10.1.%d.1", n);
		rc = add(text, 24);
	}
	ck_assert_int_eq(rc, SUT_ENOBUFS);
	ck_assert_int_eq(n, SUT_ADDRESSES_MAX);    /* two were there, the last one found no room */
	for (n = 0, rc = 0; rc == 0; n++) {
		snprintf(text, sizeof(text), "198.51.%d.0", n);
		rc = add_route(text, 24, NULL, NULL);
	}
	ck_assert_int_eq(rc, SUT_ENOBUFS);
	ck_assert_int_le(n, SUT_ROUTES_MAX);
	ck_assert_int_eq(drop("10.1.1.1", 24), 0);
	ck_assert_int_eq(add("10.1.99.1", 24), 0);
}
END_TEST

/* ---- what goes ---- */

START_TEST(secondaries_go_with_their_primary)
{
	struct sut_addr a = addr("192.168.0.7"), other = addr("192.168.0.8");

	many();
	ck_assert_int_eq(add("192.168.0.8", 24), 0);
	ck_assert_int_eq(drop("192.168.0.1", 24), SUT_EADDRNOTAVAIL);
	ck_assert_int_eq(drop("192.168.0.1", 16), 0);
	ck_assert(!ip_is_ours(host.s, &a));
	ck_assert(ip_is_ours(host.s, &other));
	ck_assert_str_eq(source("192.0.2.1"), "10.0.0.1");
	ck_assert_int_eq(drop("192.168.0.1", 16), SUT_EADDRNOTAVAIL);
}
END_TEST

START_TEST(primary_stays_without_its_secondary)
{
	many();
	ck_assert_int_eq(drop("192.168.0.7", 16), 0);
	ck_assert_str_eq(source("192.168.3.3"), "192.168.0.1");
	ck_assert_int_eq(drop_route("192.168.0.0", 16, NULL, "192.168.0.1"), 0);
}
END_TEST

START_TEST(networks_go_with_their_address)
{
	struct sut_route all = { .dst.family = 4 };

	many();
	ck_assert_int_eq(sut_route_remove(host.s, &all), 0);
	ck_assert_str_eq(source("10.1.1.1"), "10.0.0.1");
	ck_assert_int_eq(drop("10.0.0.1", 8), 0);
	ck_assert_str_eq(source("10.1.1.1"), "");
	ck_assert_str_eq(source("10.9.1.1"), "10.9.0.1");
}
END_TEST

START_TEST(preference_ends_with_its_address)
{
	struct sut_route all = { .dst.family = 4 };

	many();
	ck_assert_int_eq(sut_route_remove(host.s, &all), 0);
	ck_assert_int_eq(add_route("192.0.2.0", 24, NULL, "10.9.0.1"), 0);
	ck_assert_int_eq(add_route("fd00:2::", 64, NULL, "fd00:1::1"), 0);
	ck_assert_int_eq(drop("10.9.0.1", 16), 0);
	ck_assert_str_eq(source("192.0.2.1"), "");
	ck_assert_int_eq(drop("fd00:1::1", 64), 0);
	ck_assert_str_eq(source("fd00:2::9"), "fd3d:a0b:17d6::1");
}
END_TEST

START_TEST(last_address_takes_all_routes)
{
	ck_assert_int_eq(drop("192.168.0.1", 16), 0);
	ck_assert_str_eq(source("192.0.2.1"), "");
	ck_assert_int_eq(add("192.168.0.1", 16), 0);
	ck_assert_str_eq(source("192.0.2.1"), "");
	ck_assert_str_eq(source("192.168.2.1"), "192.168.0.1");
	sut_addresses_clear(host.s);
	ck_assert_str_eq(source("192.168.2.1"), "");
	ck_assert_str_eq(source("fd3d:a0b:17d6::9"), "");
}
END_TEST

/* ---- sockets and packets ---- */

static struct sut_addr from(const struct sut_pkt *p)
{
	struct sut_addr a = { .family = p->b[0] >> 4 };

	memcpy(a.b, p->b + (a.family == 6 ? 8 : 12), a.family == 6 ? 16 : 4);
	return a;
}

static const char *const seconds[] = { "192.168.0.7", "fd3d:a0b:17d6::7" };

/* Both kinds of socket, both families. */
START_TEST(bind_takes_each_address)
{
	struct sut_endpoint e = { addr(seconds[_i % 2]), 7 };
	int h = sut_socket(host.s, _i % 2 ? DOMAIN6 : DOMAIN4, _i / 2 ? STREAM : DGRAM, 0);

	ck_assert_int_eq(sut_bind(host.s, h, &e), SUT_EADDRNOTAVAIL);
	ck_assert_int_eq(add(seconds[_i % 2], _i % 2 ? 64 : 16), 0);
	ck_assert_int_eq(sut_bind(host.s, h, &e), 0);
}
END_TEST

START_TEST(answers_come_from_where_requests_went)
{
	int f = _i ? 6 : 4;
	struct sut_addr second = addr(seconds[_i]), got;
	struct sut_pkt echo = sut_icmp_pkt(sut_remote(f), second, f == 6 ? 128 : 8, 0, 7, "abc", 3);
	struct sut_pkt datagram = sut_udp_pkt(sut_remote(f), second, 1, 2, "abc", 3);
	struct sut_seg syn = { .sport = 1, .dport = 2, .flags = SUT_SYN, .win = 100 };
	struct sut_pkt segment = sut_tcp_pkt(sut_remote(f), second, &syn, NULL, 0);
	const struct sut_pkt *const in[] = { &echo, &datagram, &segment };

	for (size_t i = 0; i < ARRAY_LEN(in); i++) {
		sut_feed(&host, in[i]);
		ck_assert_uint_eq(sut_take(&host).n, 0);
	}
	ck_assert_int_eq(add(seconds[_i], f == 6 ? 64 : 16), 0);
	for (size_t i = 0; i < ARRAY_LEN(in); i++) {
		struct sut_pkt out;

		sut_feed(&host, in[i]);
		out = sut_take(&host);
		ck_assert_uint_ne(out.n, 0);
		got = from(&out);
		ck_assert_msg(addr_eq(&got, &second), "answer %zu", i);
	}
}
END_TEST

START_TEST(broadcast_is_of_each_network)
{
	struct sut_addr a = addr("10.9.255.255"), b = addr("10.255.255.255");

	ck_assert(ip_is_unicast(host.s, &a));
	ck_assert_int_eq(add("10.9.0.1", 16), 0);
	ck_assert(!ip_is_unicast(host.s, &a));
	ck_assert(ip_is_unicast(host.s, &b));
	ck_assert_int_eq(add("10.0.0.1", 8), 0);
	ck_assert(!ip_is_unicast(host.s, &b));
}
END_TEST

static struct sut_addr syn_source(int h)
{
	struct sut_endpoint peer = { sut_remote4, 9 };
	struct sut_pkt p;

	ck_assert_int_eq(sut_connect(host.s, h, &peer), SUT_EINPROGRESS);
	p = sut_take(&host);
	ck_assert_uint_ne(p.n, 0);
	return from(&p);
}

/* [RFC9293 MUST-44, MUST-45] */
START_TEST(connection_keeps_its_address)
{
	struct sut_addr second = addr("192.168.0.7"), got;
	struct sut_endpoint name;
	struct sut_pkt p;
	int h = sut_socket(host.s, DOMAIN4, STREAM, 0), g;

	ck_assert_int_eq(add("192.168.0.7", 16), 0);
	got = syn_source(h);
	ck_assert(addr_eq(&got, &sut_local4));
	ck_assert_int_eq(add_route("192.0.2.0", 24, NULL, "192.168.0.7"), 0);
	sut_advance(host.s, sut_now(host.s) + NS_PER_S * 3 / 2);
	p = sut_take(&host);
	ck_assert_uint_ne(p.n, 0);
	got = from(&p);
	ck_assert(addr_eq(&got, &sut_local4));
	ck_assert_int_eq(sut_getsockname(host.s, h, &name), 0);
	ck_assert(addr_eq(&name.addr, &sut_local4));
	g = sut_socket(host.s, DOMAIN4, STREAM, 0);
	got = syn_source(g);
	ck_assert(addr_eq(&got, &second));
}
END_TEST

START_TEST(no_route_no_connection)
{
	struct sut_route all = { .dst.family = 4 };
	struct sut_endpoint peer = { sut_remote4, 9 };
	int t = sut_socket(host.s, DOMAIN4, STREAM, 0), u = sut_socket(host.s, DOMAIN4, DGRAM, 0);

	ck_assert_int_eq(sut_route_remove(host.s, &all), 0);
	ck_assert_int_eq(sut_connect(host.s, t, &peer), SUT_ENETUNREACH);
	ck_assert_int_eq(sut_connect(host.s, u, &peer), SUT_ENETUNREACH);
	ck_assert_int_eq(add_route("192.0.2.1", 32, NULL, NULL), 0);
	ck_assert_int_eq(sut_connect(host.s, u, &peer), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("sut_local");
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, route_says_which_address, 0, (int)ARRAY_LEN(sources));
	tcase_add_test(t, lower_metric_is_taken);
	tcase_add_loop_test(t, bad_addresses_are_refused, 0, (int)ARRAY_LEN(bad_addresses));
	tcase_add_loop_test(t, bad_routes_are_refused, 0, (int)ARRAY_LEN(bad_routes));
	tcase_add_test(t, room_ends);
	tcase_add_test(t, secondaries_go_with_their_primary);
	tcase_add_test(t, primary_stays_without_its_secondary);
	tcase_add_test(t, networks_go_with_their_address);
	tcase_add_test(t, preference_ends_with_its_address);
	tcase_add_test(t, last_address_takes_all_routes);
	tcase_add_loop_test(t, bind_takes_each_address, 0, 4);
	tcase_add_loop_test(t, answers_come_from_where_requests_went, 0, 2);
	tcase_add_test(t, broadcast_is_of_each_network);
	tcase_add_test(t, connection_keeps_its_address);
	tcase_add_test(t, no_route_no_connection);
	suite_add_tcase(s, t);
	return unit_run(s);
}
