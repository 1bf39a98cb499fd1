/* SPDX-License-Identifier: BSD-2-Clause */
#include <check.h>
#include <string.h>

#include "sut_one_host.h"
#include "unit.h"

enum { AF_4 = 2, AF_6 = 10, DGRAM = 2, IP = 0, SOCKET = 1, IPV6 = 41 };
enum { F_PEEK = 2, F_TRUNC = 0x20, F_CTRUNC = 8, F_ERRQUEUE = 0x2000, F_OOB = 1 };
enum { P_IN = 0x41, P_OUT = 0x304, P_ERR = 8, P_HUP = 0x10, P_RDHUP = 0x2000 };

/* The three forms in which a script runs: how the socket is made and what is on the wire. */
struct form {
	int domain, wire;
};

static const struct form forms[] = { { AF_4, 4 }, { AF_6, 6 }, { AF_6, 4 } };

/* An address on the wire as the socket of this form names it. */
static struct sut_addr as_seen(const struct form *f, struct sut_addr a)
{
	return f->domain == AF_6 && f->wire == 4 ? sut_mapped(a) : a;
}

static int bound_socket(const struct form *f, uint16_t port)
{
	struct sut_endpoint any = { { f->domain == AF_6 ? 6 : 4, { 0 } }, port };
	int h = sut_socket(host.s, f->domain, DGRAM, 0);

	ck_assert_int_ge(h, 0);
	ck_assert_int_eq(sut_bind(host.s, h, &any), 0);
	return h;
}

static int connected_socket(const struct form *f, uint16_t port, uint16_t to)
{
	struct sut_endpoint peer = { as_seen(f, sut_remote(f->wire)), to };
	int h = bound_socket(f, port);

	ck_assert_int_eq(sut_connect(host.s, h, &peer), 0);
	return h;
}

static void feed_udp(int wire, uint16_t sport, uint16_t dport, const char *text)
{
	struct sut_pkt p = sut_udp_pkt(sut_remote(wire), sut_local(wire), sport, dport, text,
				       strlen(text));

	sut_feed(&host, &p);
}

/* Receive into @room bytes of @out. */
static int64_t receive(int h, char *out, size_t room, int flags, struct sut_msg *m)
{
	struct sut_iovec iov = { out, room };
	int64_t rc;

	m->iov = &iov;
	m->n_iov = 1;
	rc = sut_recvmsg(host.s, h, m, flags);
	m->iov = NULL;
	m->n_iov = 0;
	return rc;
}

static int64_t receive_plain(int h, char *out, size_t room, int flags)
{
	struct sut_msg m = { 0 };

	return receive(h, out, room, flags, &m);
}

static int64_t send_to(int h, const struct sut_endpoint *to, const char *text, int flags)
{
	struct sut_iovec iov = { (void *)(uintptr_t)text, strlen(text) };
	struct sut_msg m = { .to = to, .iov = &iov, .n_iov = 1 };

	return sut_sendmsg(host.s, h, &m, flags);
}

static void set_int(int h, int level, int name, int v)
{
	ck_assert_int_eq(sut_setsockopt(host.s, h, level, name, &v, sizeof(v)), 0);
}

static int get_int(int h, int level, int name)
{
	int v = -77;
	uint32_t n = sizeof(v);

	ck_assert_int_eq(sut_getsockopt(host.s, h, level, name, &v, &n), 0);
	ck_assert_uint_eq(n, sizeof(v));
	return v;
}

static int poll_mask(int h)
{
	struct sut_pollfd p = { h, 0x7fff, 0 };

	sut_poll(host.s, &p, 1);
	return p.revents;
}

static bool addr_same(const struct sut_addr *a, const struct sut_addr *b)
{
	return a->family == b->family && !memcmp(a->b, b->b, a->family == 6 ? 16 : 4);
}

/* ---- data ---- */

START_TEST(echo_server_works)
{
	const struct form *f = &forms[_i];
	struct sut_addr remote = as_seen(f, sut_remote(f->wire));
	int h = bound_socket(f, 7);
	struct sut_msg m = { 0 };
	char text[16];
	struct sut_pkt out;
	size_t at;

	ck_assert_int_eq(receive(h, text, sizeof(text), 0, &m), SUT_EAGAIN);
	feed_udp(f->wire, 1234, 7, "hello");
	ck_assert_int_eq(poll_mask(h), P_IN | P_OUT);
	ck_assert_int_eq(receive(h, text, sizeof(text), 0, &m), 5);
	ck_assert_mem_eq(text, "hello", 5);
	ck_assert(addr_same(&m.from.addr, &remote));
	ck_assert_uint_eq(m.from.port, 1234);
	ck_assert_int_eq(send_to(h, &m.from, "olleh", 0), 5);
	out = sut_take(&host);
	at = sut_at(&out);
	ck_assert_uint_eq(out.n, at + 8 + 5);
	ck_assert_uint_eq(sut_be16(out.b + at), 7);
	ck_assert_uint_eq(sut_be16(out.b + at + 2), 1234);
	ck_assert_uint_eq(sut_be16(out.b + at + 4), 13);
	ck_assert_mem_eq(out.b + at + 8, "olleh", 5);
	ck_assert_int_eq(sut_counter(host.s, f->wire == 6 ? "Udp6InDatagrams" : "UdpInDatagrams"),
			 1);
	ck_assert_int_eq(sut_counter(host.s, f->wire == 6 ? "Udp6OutDatagrams" : "UdpOutDatagrams"),
			 1);
	ck_assert_int_eq(sut_close(host.s, h), 0);
}
END_TEST

START_TEST(datagrams_keep_their_bounds)
{
	int h = bound_socket(&forms[0], 7);
	struct sut_msg m = { 0 };
	char text[16];

	feed_udp(4, 1, 7, "abcdef");
	feed_udp(4, 1, 7, "");
	feed_udp(4, 1, 7, "ghi");
	ck_assert_int_eq(receive(h, text, 2, F_PEEK, &m), 2);
	ck_assert_int_eq(m.flags, F_TRUNC);
	ck_assert_int_eq(receive(h, text, 2, F_PEEK | F_TRUNC, &m), 6);
	ck_assert_int_eq(receive(h, text, 4, 0, &m), 4);
	ck_assert_int_eq(m.flags, F_TRUNC);
	ck_assert_int_eq(receive(h, text, 4, 0, &m), 0);
	ck_assert_int_eq(m.flags, 0);
	ck_assert_int_eq(receive(h, text, 4, 0, &m), 3);
	ck_assert_int_eq(receive(h, text, 4, 0, &m), SUT_EAGAIN);
}
END_TEST

START_TEST(parts_are_gathered_and_scattered)
{
	int h = connected_socket(&forms[0], 7, 9);
	char a[2], b[5];
	struct sut_iovec out[] = { { (void *)(uintptr_t)"ab", 2 }, { NULL, 2 }, { NULL, 0 },
				   { (void *)(uintptr_t)"c", 1 } };
	struct sut_iovec in[] = { { a, 2 }, { NULL, 1 }, { b, 5 } };
	struct sut_msg m = { .iov = out, .n_iov = 4 };
	struct sut_pkt p;

	ck_assert_int_eq(sut_sendmsg(host.s, h, &m, 0), 5);
	p = sut_take(&host);
	ck_assert_mem_eq(p.b + 28, "ab\0\0c", 5);
	feed_udp(4, 9, 7, "vwxyz");
	m = (struct sut_msg){ .iov = in, .n_iov = 3 };
	ck_assert_int_eq(sut_recvmsg(host.s, h, &m, 0), 5);
	ck_assert_mem_eq(a, "vw", 2);
	ck_assert_mem_eq(b, "yz", 2);
}
END_TEST

START_TEST(bad_checksums_and_lengths_are_counted)
{
	static const struct {
		size_t at;
		uint8_t value;
		const char *counter;
	} row[] = { { 20 + 7, 0xee, "UdpInCsumErrors" }, { 20 + 5, 7, "UdpInErrors" },
		    { 20 + 5, 200, "UdpInErrors" }, { 20 + 5, 12, "UdpInErrors" } };
	char text[16];
	int h = bound_socket(&forms[0], 7);

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct sut_pkt p = sut_udp_pkt(sut_remote4, sut_local4, 1, 7, "abc", 3);
		int64_t before = sut_counter(host.s, row[i].counter);

		p.b[row[i].at] = row[i].value;
		sut_feed(&host, &p);
		ck_assert_int_eq(sut_counter(host.s, row[i].counter), before + 1);
	}
	ck_assert_int_eq(receive_plain(h, text, sizeof(text), 0), SUT_EAGAIN);
}
END_TEST

/* A datagram without checksum is good over IPv4 only [RFC768], [RFC8200 8.1]. */
START_TEST(missing_checksum_is_for_ipv4)
{
	const struct form *f = &forms[_i];
	struct sut_pkt p = sut_udp_pkt(sut_remote(f->wire), sut_local(f->wire), 1, 7, "abc", 3);
	int h = bound_socket(f, 7);
	char text[16];

	sut_put16(p.b + sut_at(&p) + 6, 0);
	sut_feed(&host, &p);
	ck_assert_int_eq(receive_plain(h, text, sizeof(text), 0), f->wire == 6 ? SUT_EAGAIN : 3);
}
END_TEST

START_TEST(zero_checksum_is_sent_as_ones)
{
	int h = connected_socket(&forms[0], 7, 9);
	char payload[3] = { 0, 0, 0 };
	struct sut_iovec iov = { payload, 2 };
	struct sut_msg m = { .iov = &iov, .n_iov = 1 };
	struct sut_pkt p;
	unsigned sum;

	/* choose the payload so that the sum comes out as 0 */
	ck_assert_int_eq(sut_sendmsg(host.s, h, &m, 0), 2);
	p = sut_take(&host);
	sum = sut_be16(p.b + 20 + 6);
	payload[0] = (char)(sum >> 8);
	payload[1] = (char)sum;
	ck_assert_int_eq(sut_sendmsg(host.s, h, &m, 0), 2);
	p = sut_take(&host);
	ck_assert_uint_eq(sut_be16(p.b + 20 + 6), 0xffff);
}
END_TEST

START_TEST(receive_buffer_is_bounded)
{
	int h = bound_socket(&forms[0], 7), n = 0;
	char text[16];

	set_int(h, SOCKET, 8, 1000);
	for (int i = 0; i < 100; i++)
		feed_udp(4, 1, 7, "abc");
	while (receive_plain(h, text, sizeof(text), 0) == 3)
		n++;
	ck_assert_int_eq(n, 2);
	ck_assert_int_eq(sut_counter(host.s, "UdpRcvbufErrors"), 100 - n);
	feed_udp(4, 1, 7, "abc");
	ck_assert_int_eq(receive_plain(h, text, sizeof(text), 0), 3);
}
END_TEST

/* ---- who gets it ---- */

START_TEST(closest_socket_gets_it)
{
	struct form f4 = forms[0];
	struct sut_endpoint specific = { sut_local4, 7 };
	char text[16];
	int any, exact, on = 1;

	any = sut_socket(host.s, f4.domain, DGRAM, 0);
	set_int(any, SOCKET, 2, on);
	ck_assert_int_eq(sut_bind(host.s, any, &(struct sut_endpoint){ { 4, { 0 } }, 7 }), 0);
	exact = sut_socket(host.s, f4.domain, DGRAM, 0);
	set_int(exact, SOCKET, 2, on);
	ck_assert_int_eq(sut_bind(host.s, exact, &specific), 0);
	feed_udp(4, 1, 7, "abc");
	ck_assert_int_eq(receive_plain(any, text, sizeof(text), 0), SUT_EAGAIN);
	ck_assert_int_eq(receive_plain(exact, text, sizeof(text), 0), 3);
	ck_assert_int_eq(sut_connect(host.s, any, &(struct sut_endpoint){ sut_remote4, 1 }), 0);
	feed_udp(4, 1, 7, "abc");
	ck_assert_int_eq(receive_plain(any, text, sizeof(text), 0), 3);
	feed_udp(4, 2, 7, "abc");
	ck_assert_int_eq(receive_plain(exact, text, sizeof(text), 0), 3);
}
END_TEST

/* However the sockets came: the one bound to the address is closer than the wildcard. */
START_TEST(address_counts_more_than_age)
{
	char text[16];
	int h[2];

	for (int i = 0; i < 2; i++) {
		struct sut_endpoint e = { i == _i ? sut_local4 : (struct sut_addr){ 4, { 0 } }, 7 };

		h[i] = sut_socket(host.s, AF_4, DGRAM, 0);
		set_int(h[i], SOCKET, 2, 1);
		ck_assert_int_eq(sut_bind(host.s, h[i], &e), 0);
	}
	feed_udp(4, 1, 7, "abc");
	ck_assert_int_eq(receive_plain(h[_i], text, sizeof(text), 0), 3);
	ck_assert_int_eq(receive_plain(h[!_i], text, sizeof(text), 0), SUT_EAGAIN);
}
END_TEST

START_TEST(port_zero_is_nobodys)
{
	int h = sut_socket(host.s, AF_4, DGRAM, 0);
	char text[16];

	feed_udp(4, 1, 0, "abc");
	ck_assert_int_eq(receive_plain(h, text, sizeof(text), 0), SUT_EAGAIN);
	ck_assert_int_eq(sut_counter(host.s, "UdpNoPorts"), 1);
}
END_TEST

START_TEST(connected_socket_hears_only_its_peer)
{
	const struct form *f = &forms[_i];
	int h = connected_socket(f, 7, 9);
	char text[16];

	feed_udp(f->wire, 8, 7, "abc");
	ck_assert_int_eq(receive_plain(h, text, sizeof(text), 0), SUT_EAGAIN);
	ck_assert_uint_ne(sut_take(&host).n, 0);
	feed_udp(f->wire, 9, 7, "abc");
	ck_assert_int_eq(receive_plain(h, text, sizeof(text), 0), 3);
	ck_assert_int_eq(sut_connect(host.s, h, NULL), 0);
	feed_udp(f->wire, 8, 7, "abc");
	ck_assert_int_eq(receive_plain(h, text, sizeof(text), 0), 3);
}
END_TEST

START_TEST(v6only_sockets_hear_no_ipv4)
{
	int h = sut_socket(host.s, AF_6, DGRAM, 0);
	struct sut_endpoint mapped = { sut_mapped(sut_remote4), 9 };
	struct sut_endpoint mapped_local = { sut_mapped(sut_local4), 7 };
	char text[16];

	set_int(h, IPV6, 26, 1);
	ck_assert_int_eq(sut_bind(host.s, h, &mapped_local), SUT_EINVAL);
	ck_assert_int_eq(sut_bind(host.s, h, &(struct sut_endpoint){ { 6, { 0 } }, 7 }), 0);
	feed_udp(4, 1, 7, "abc");
	ck_assert_int_eq(receive_plain(h, text, sizeof(text), 0), SUT_EAGAIN);
	ck_assert_int_eq(sut_connect(host.s, h, &mapped), SUT_ENETUNREACH);
	ck_assert_int_eq(send_to(h, &mapped, "x", 0), SUT_ENETUNREACH);
	bound_socket(&forms[0], 7);
}
END_TEST

START_TEST(broadcasts_reach_all_sockets)
{
	static const struct sut_addr to = { 4, { 192, 168, 255, 255 } };
	struct sut_pkt p = sut_udp_pkt(sut_remote4, to, 1, 7, "abc", 3);
	char text[16];
	int h[2];

	for (int i = 0; i < 2; i++) {
		h[i] = sut_socket(host.s, AF_4, DGRAM, 0);
		set_int(h[i], SOCKET, 2, 1);
		ck_assert_int_eq(sut_bind(host.s, h[i],
					  &(struct sut_endpoint){ { 4, { 0 } }, 7 }), 0);
	}
	sut_feed(&host, &p);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(receive_plain(h[i], text, sizeof(text), 0), 3);
}
END_TEST

START_TEST(reuseport_group_shares)
{
	int h[2], got[2] = { 0, 0 };
	char text[16];

	for (int i = 0; i < 2; i++) {
		h[i] = sut_socket(host.s, AF_4, DGRAM, 0);
		set_int(h[i], SOCKET, 15, 1);
		ck_assert_int_eq(sut_bind(host.s, h[i],
					  &(struct sut_endpoint){ { 4, { 0 } }, 7 }), 0);
	}
	for (uint16_t port = 1; port <= 64; port++)
		feed_udp(4, port, 7, "abc");
	for (int i = 0; i < 2; i++)
		while (receive_plain(h[i], text, sizeof(text), 0) == 3)
			got[i]++;
	ck_assert_int_eq(got[0] + got[1], 64);
	ck_assert_int_gt(got[0], 10);
	ck_assert_int_gt(got[1], 10);
}
END_TEST

/* ---- ports ---- */

enum bind_how { PLAIN, REUSEADDR, REUSEPORT, V6ONLY };

static const struct {
	int domain[2];
	const char *addr[2];       /* any, ours, mapped */
	enum bind_how how[2];
	int rc;
} conflicts[] = {
	{ { AF_4, AF_4 }, { "any", "any" }, { PLAIN, PLAIN }, SUT_EADDRINUSE },
	{ { AF_4, AF_4 }, { "any", "ours" }, { PLAIN, PLAIN }, SUT_EADDRINUSE },
	{ { AF_4, AF_4 }, { "ours", "any" }, { PLAIN, PLAIN }, SUT_EADDRINUSE },
	{ { AF_4, AF_4 }, { "any", "any" }, { REUSEADDR, REUSEADDR }, 0 },
	{ { AF_4, AF_4 }, { "any", "any" }, { REUSEADDR, PLAIN }, SUT_EADDRINUSE },
	{ { AF_4, AF_4 }, { "any", "any" }, { PLAIN, REUSEADDR }, SUT_EADDRINUSE },
	{ { AF_4, AF_4 }, { "any", "any" }, { REUSEPORT, REUSEPORT }, 0 },
	{ { AF_4, AF_4 }, { "any", "any" }, { REUSEPORT, REUSEADDR }, SUT_EADDRINUSE },
	{ { AF_6, AF_4 }, { "any", "any" }, { PLAIN, PLAIN }, SUT_EADDRINUSE },
	{ { AF_4, AF_6 }, { "any", "any" }, { PLAIN, PLAIN }, SUT_EADDRINUSE },
	{ { AF_4, AF_6 }, { "ours", "any" }, { PLAIN, PLAIN }, SUT_EADDRINUSE },
	{ { AF_6, AF_4 }, { "any", "any" }, { V6ONLY, PLAIN }, 0 },
	{ { AF_4, AF_6 }, { "any", "any" }, { PLAIN, V6ONLY }, 0 },
	{ { AF_6, AF_4 }, { "ours", "any" }, { PLAIN, PLAIN }, 0 },
	{ { AF_6, AF_4 }, { "mapped", "any" }, { PLAIN, PLAIN }, SUT_EADDRINUSE },
	{ { AF_6, AF_4 }, { "mapped", "ours" }, { PLAIN, PLAIN }, SUT_EADDRINUSE },
	{ { AF_6, AF_6 }, { "ours", "any" }, { PLAIN, PLAIN }, SUT_EADDRINUSE },
};

static int bind_as(int domain, const char *addr, enum bind_how how)
{
	static const int level[] = { 0, SOCKET, SOCKET, IPV6 }, name[] = { 0, 2, 15, 26 };
	struct sut_endpoint e = { { domain == AF_6 ? 6 : 4, { 0 } }, 7 };
	int h = sut_socket(host.s, domain, DGRAM, 0);

	if (!strcmp(addr, "ours"))
		e.addr = sut_local(e.addr.family);
	else if (!strcmp(addr, "mapped"))
		e.addr = sut_mapped(sut_local4);
	if (how != PLAIN)
		set_int(h, level[how], name[how], 1);
	return sut_bind(host.s, h, &e);
}

START_TEST(port_conflicts)
{
	ck_assert_int_eq(bind_as(conflicts[_i].domain[0], conflicts[_i].addr[0],
				 conflicts[_i].how[0]), 0);
	ck_assert_int_eq(bind_as(conflicts[_i].domain[1], conflicts[_i].addr[1],
				 conflicts[_i].how[1]), conflicts[_i].rc);
}
END_TEST

START_TEST(chosen_ports_lie_in_the_range_and_run_out)
{
	struct sut_endpoint any = { { 4, { 0 } }, 0 }, name;
	bool seen[10] = { false };

	ck_assert_int_eq(sut_sysctl_set(host.s, "net.ipv4.ip_local_port_range", "5000 5009"), 0);
	for (int i = 0; i < 10; i++) {
		int h = sut_socket(host.s, AF_4, DGRAM, 0);

		ck_assert_int_eq(sut_bind(host.s, h, &any), 0);
		ck_assert_int_eq(sut_getsockname(host.s, h, &name), 0);
		ck_assert(name.port >= 5000 && name.port <= 5009 && !seen[name.port - 5000]);
		seen[name.port - 5000] = true;
	}
	ck_assert_int_eq(sut_bind(host.s, sut_socket(host.s, AF_4, DGRAM, 0), &any),
			 SUT_EADDRINUSE);
	ck_assert_int_eq(send_to(sut_socket(host.s, AF_4, DGRAM, 0),
				 &(struct sut_endpoint){ sut_remote4, 9 }, "x", 0), SUT_EAGAIN);
}
END_TEST

START_TEST(names_follow_the_calls)
{
	const struct form *f = &forms[_i];
	struct sut_endpoint peer = { as_seen(f, sut_remote(f->wire)), 9 }, name;
	struct sut_addr local = as_seen(f, sut_local(f->wire));
	struct sut_addr any = { f->domain == AF_6 ? 6 : 4, { 0 } };
	int h = sut_socket(host.s, f->domain, DGRAM, 0);

	ck_assert_int_eq(sut_getsockname(host.s, h, &name), 0);
	ck_assert(addr_same(&name.addr, &any) && name.port == 0);
	ck_assert_int_eq(sut_getpeername(host.s, h, &name), SUT_ENOTCONN);
	ck_assert_int_eq(sut_connect(host.s, h, &peer), 0);
	ck_assert_int_eq(sut_getsockname(host.s, h, &name), 0);
	ck_assert(addr_same(&name.addr, &local) && name.port >= 32768);
	ck_assert_int_eq(sut_getpeername(host.s, h, &name), 0);
	ck_assert(addr_same(&name.addr, &peer.addr) && name.port == 9);
	ck_assert_int_eq(sut_connect(host.s, h, NULL), 0);
	ck_assert_int_eq(sut_getsockname(host.s, h, &name), 0);
	ck_assert(addr_same(&name.addr, &any) && name.port == 0);
}
END_TEST

/* ---- ICMP errors ---- */

static const struct {
	uint8_t wire, type, code;
	int connected;             /* what a connected socket gets: SUT_E*, 0: nothing */
	int asked;                 /* what one with RECVERR gets */
} icmp_errors[] = {
	{ 4, 3, 0, 0, SUT_ENETUNREACH }, { 4, 3, 1, 0, SUT_EHOSTUNREACH },
	{ 4, 3, 2, SUT_ENOPROTOOPT, SUT_ENOPROTOOPT },
	{ 4, 3, 3, SUT_ECONNREFUSED, SUT_ECONNREFUSED },
	{ 4, 3, 4, SUT_EMSGSIZE, SUT_EMSGSIZE }, { 4, 3, 5, 0, SUT_EOPNOTSUPP },
	{ 4, 3, 6, SUT_ENETUNREACH, SUT_ENETUNREACH }, { 4, 3, 7, SUT_EHOSTDOWN, SUT_EHOSTDOWN },
	{ 4, 3, 8, SUT_ENONET, SUT_ENONET }, { 4, 3, 9, SUT_ENETUNREACH, SUT_ENETUNREACH },
	{ 4, 3, 10, SUT_EHOSTUNREACH, SUT_EHOSTUNREACH }, { 4, 3, 11, 0, SUT_ENETUNREACH },
	{ 4, 3, 12, 0, SUT_EHOSTUNREACH }, { 4, 3, 13, SUT_EHOSTUNREACH, SUT_EHOSTUNREACH },
	{ 4, 3, 14, SUT_EHOSTUNREACH, SUT_EHOSTUNREACH },
	{ 4, 3, 15, SUT_EHOSTUNREACH, SUT_EHOSTUNREACH }, { 4, 3, 16, 0, 0 },
	{ 4, 4, 0, 0, 0 }, { 4, 11, 0, 0, SUT_EHOSTUNREACH }, { 4, 12, 0, SUT_EPROTO, SUT_EPROTO },
	{ 6, 1, 0, 0, SUT_ENETUNREACH }, { 6, 1, 1, SUT_EACCES, SUT_EACCES },
	{ 6, 1, 3, 0, SUT_EHOSTUNREACH }, { 6, 1, 4, SUT_ECONNREFUSED, SUT_ECONNREFUSED },
	{ 6, 1, 5, SUT_EACCES, SUT_EACCES }, { 6, 1, 6, SUT_EACCES, SUT_EACCES },
	{ 6, 2, 0, SUT_EMSGSIZE, SUT_EMSGSIZE }, { 6, 3, 0, 0, SUT_EHOSTUNREACH },
	{ 6, 4, 0, SUT_EPROTO, SUT_EPROTO }, { 6, 100, 0, 0, SUT_EPROTO },
	{ 6, 1, 7, SUT_EPROTO, SUT_EPROTO }, { 4, 11, 1, 0, 0 },
};

/* An ICMP error about "abc" sent from port 7 to port 9. */
static void feed_icmp(int wire, uint8_t type, uint8_t code, uint32_t rest)
{
	struct sut_pkt quoted = sut_udp_pkt(sut_local(wire), sut_remote(wire), 7, 9, "abc", 3);
	struct sut_pkt p = sut_icmp_pkt(sut_remote(wire), sut_local(wire), type, code, rest,
					quoted.b, quoted.n);

	sut_feed(&host, &p);
}

static struct form form_of(int wire)
{
	return (struct form){ wire == 6 ? AF_6 : AF_4, wire };
}

START_TEST(icmp_errors_reach_connected_sockets)
{
	struct form f = form_of(icmp_errors[_i].wire);
	int h = connected_socket(&f, 7, 9);

	feed_icmp(f.wire, icmp_errors[_i].type, icmp_errors[_i].code, 1400);
	ck_assert_int_eq(poll_mask(h) & P_ERR, icmp_errors[_i].connected ? P_ERR : 0);
	ck_assert_int_eq(get_int(h, SOCKET, 4), -icmp_errors[_i].connected);
	ck_assert_int_eq(get_int(h, SOCKET, 4), 0);
}
END_TEST

START_TEST(icmp_errors_queue_for_those_who_ask)
{
	struct form f = form_of(icmp_errors[_i].wire);
	int h = bound_socket(&f, 7), want = icmp_errors[_i].asked;
	struct sut_cmsg c[2];
	struct sut_msg m = { .cmsg = c, .max_cmsg = 2 };
	char text[16];
	int error;

	set_int(h, f.wire == 6 ? IPV6 : IP, f.wire == 6 ? 25 : 11, 1);
	feed_icmp(f.wire, icmp_errors[_i].type, icmp_errors[_i].code, 1400);
	if (!want) {
		ck_assert_int_eq(receive(h, text, 16, F_ERRQUEUE, &m), SUT_EAGAIN);
		return;
	}
	ck_assert_int_eq(get_int(h, SOCKET, 4), -want);
	ck_assert_int_eq(poll_mask(h) & P_ERR, P_ERR);
	ck_assert_int_eq(receive(h, text, 16, F_ERRQUEUE, &m), 3);
	ck_assert_mem_eq(text, "abc", 3);
	ck_assert_int_eq(m.flags, F_ERRQUEUE);
	ck_assert_uint_eq(m.from.port, 9);
	ck_assert_uint_eq(m.n_cmsg, 1);
	ck_assert_int_eq(c[0].level, f.wire == 6 ? IPV6 : IP);
	ck_assert_int_eq(c[0].type, f.wire == 6 ? 25 : 11);
	ck_assert_uint_eq(c[0].n_bytes, f.wire == 6 ? 16 + 28 : 16 + 16);
	memcpy(&error, c[0].bytes, sizeof(error));
	ck_assert_int_eq(error, -want);
	ck_assert_uint_eq(c[0].bytes[4], f.wire == 6 ? 3 : 2);
	ck_assert_uint_eq(c[0].bytes[5], icmp_errors[_i].type);
	ck_assert_uint_eq(c[0].bytes[6], icmp_errors[_i].code);
	ck_assert_mem_eq(c[0].bytes + 16 + (f.wire == 6 ? 8 : 4), sut_remote(f.wire).b, 4);
	ck_assert_int_eq(receive(h, text, 16, F_ERRQUEUE, &m), SUT_EAGAIN);
	ck_assert_int_eq(poll_mask(h) & P_ERR, 0);
}
END_TEST

/* The family on the wire says which option counts, that of the socket what is delivered. */
START_TEST(mapped_sockets_ask_with_the_ipv4_option)
{
	struct sut_addr remote = sut_mapped(sut_remote4);
	int h = bound_socket(&forms[2], 7);
	struct sut_cmsg c[2];
	struct sut_msg m = { .cmsg = c, .max_cmsg = 2 };
	char text[16];

	set_int(h, IPV6, 25, 1);
	feed_icmp(4, 3, 3, 0);
	ck_assert_int_eq(receive(h, text, 16, F_ERRQUEUE, &m), SUT_EAGAIN);
	set_int(h, IP, 11, 1);
	feed_icmp(4, 3, 3, 0);
	ck_assert_int_eq(receive(h, text, 16, F_ERRQUEUE, &m), 3);
	ck_assert(addr_same(&m.from.addr, &remote));
	ck_assert_int_eq(c[0].level, IPV6);
	ck_assert_int_eq(c[0].type, 25);
	ck_assert_uint_eq(c[0].bytes[4], 2);
	ck_assert_mem_eq(c[0].bytes + 16 + 8, remote.b, 16);
}
END_TEST

START_TEST(error_queue_refills)
{
	int h = bound_socket(&forms[0], 7);
	char text[16];

	set_int(h, IP, 11, 1);
	for (int i = 0; i < 3; i++) {
		feed_icmp(4, 3, 3, 0);
		feed_icmp(4, 3, 1, 0);
		for (int k = 0; k < 2; k++)
			ck_assert_int_eq(receive_plain(h, text, 16, F_ERRQUEUE), 3);
		ck_assert_int_eq(receive_plain(h, text, 16, F_ERRQUEUE), SUT_EAGAIN);
	}
}
END_TEST

START_TEST(errors_about_packets_of_others_are_ignored)
{
	static const struct sut_addr other = { 4, { 192, 168, 0, 2 } };
	struct sut_pkt quoted = sut_udp_pkt(other, sut_remote4, 7, 9, "abc", 3);
	struct sut_pkt p = sut_icmp_pkt(sut_remote4, sut_local4, 3, 3, 0, quoted.b, quoted.n);
	int h = bound_socket(&forms[0], 7);

	set_int(h, IP, 11, 1);
	sut_feed(&host, &p);
	ck_assert_int_eq(get_int(h, SOCKET, 4), 0);
	ck_assert_int_eq(sut_counter(host.s, "IcmpInErrors"), 1);
}
END_TEST

START_TEST(unconnected_sockets_are_left_alone)
{
	int h = bound_socket(&forms[0], 7);

	feed_icmp(4, 3, 3, 0);
	ck_assert_int_eq(get_int(h, SOCKET, 4), 0);
}
END_TEST

/* The error comes once, from whichever call is next. */
START_TEST(error_is_reported_once)
{
	int h = connected_socket(&forms[0], 7, 9);
	char text[16];

	feed_icmp(4, 3, 3, 0);
	feed_udp(4, 9, 7, "abc");
	ck_assert_int_eq(send_to(h, NULL, "x", 0), SUT_ECONNREFUSED);
	ck_assert_uint_eq(sut_take(&host).n, 0);
	ck_assert_int_eq(send_to(h, NULL, "x", 0), 1);
	feed_icmp(4, 3, 3, 0);
	ck_assert_int_eq(receive_plain(h, text, 16, 0), SUT_ECONNREFUSED);
	ck_assert_int_eq(receive_plain(h, text, 16, 0), 3);
}
END_TEST

START_TEST(error_messages_without_room_are_cut)
{
	int h = bound_socket(&forms[0], 7);
	struct sut_msg m = { 0 };
	char text[2];

	set_int(h, IP, 11, 1);
	feed_icmp(4, 3, 3, 0);
	ck_assert_int_eq(receive(h, text, 2, F_ERRQUEUE, &m), 2);
	ck_assert_int_eq(m.flags, F_ERRQUEUE | F_TRUNC | F_CTRUNC);
}
END_TEST

/* ---- path MTU ---- */

static const struct {
	uint8_t wire;
	uint32_t told, mtu;
} mtus[] = {
	{ 4, 1400, 1400 }, { 4, 1500, 1500 }, { 4, 9000, 1500 }, { 4, 552, 552 }, { 4, 551, 552 },
	{ 4, 0, 552 }, { 6, 1400, 1400 }, { 6, 1280, 1280 }, { 6, 1279, 1500 }, { 6, 0, 1500 },
	{ 6, 70000, 1500 },
};

START_TEST(path_mtu_is_learnt)
{
	struct form f = form_of(mtus[_i].wire);
	int h = connected_socket(&f, 7, 9), level = f.wire == 6 ? IPV6 : IP;
	int name = f.wire == 6 ? 24 : 14, header = f.wire == 6 ? 48 : 28;
	static char big[2000];
	struct sut_iovec iov = { big, 0 };
	struct sut_msg m = { .iov = &iov, .n_iov = 1 };

	ck_assert_int_eq(get_int(h, level, name), 1500);
	feed_icmp(f.wire, f.wire == 6 ? 2 : 3, f.wire == 6 ? 0 : 4, mtus[_i].told);
	ck_assert_int_eq(get_int(h, level, name), (int)mtus[_i].mtu);
	get_int(h, SOCKET, 4);
	iov.bytes = mtus[_i].mtu - (size_t)header;
	ck_assert_int_eq(sut_sendmsg(host.s, h, &m, 0), (int64_t)iov.bytes);
	iov.bytes++;
	ck_assert_int_eq(sut_sendmsg(host.s, h, &m, 0), SUT_EMSGSIZE);
	sut_advance(host.s, sut_now(host.s) + INT64_C(600000000000));
	ck_assert_int_eq(get_int(h, level, name), 1500);
}
END_TEST

START_TEST(path_mtu_is_not_learnt_from_strangers)
{
	int h = connected_socket(&forms[0], 7, 8);

	feed_icmp(4, 3, 4, 1400);
	ck_assert_int_eq(get_int(h, IP, 14), 1500);
	sut_close(host.s, h);
	h = connected_socket(&forms[0], 7, 9);
	set_int(h, IP, 10, 0);
	feed_icmp(4, 3, 4, 1400);
	ck_assert_int_eq(get_int(h, IP, 14), 1500);
	ck_assert_int_eq(get_int(h, SOCKET, 4), 0);
}
END_TEST

START_TEST(path_mtu_only_shrinks)
{
	int h = connected_socket(&forms[0], 7, 9);

	feed_icmp(4, 3, 4, 1400);
	feed_icmp(4, 3, 4, 1450);
	ck_assert_int_eq(get_int(h, IP, 14), 1400);
	feed_icmp(4, 3, 4, 1300);
	ck_assert_int_eq(get_int(h, IP, 14), 1300);
}
END_TEST

START_TEST(path_mtu_can_be_flushed)
{
	int h = connected_socket(&forms[0], 7, 9);

	feed_icmp(4, 3, 4, 1400);
	ck_assert_int_eq(get_int(h, IP, 14), 1400);
	ck_assert_int_eq(sut_sysctl_set(host.s, "net.ipv4.route.flush", "1"), 0);
	ck_assert_int_eq(get_int(h, IP, 14), 1500);
}
END_TEST

START_TEST(more_paths_than_slots_replace_the_oldest)
{
	for (int i = 0; i < 40; i++) {
		struct sut_addr peer = { 4, { 192, 0, 2, (uint8_t)(10 + i) } };
		struct sut_endpoint to = { peer, 9 };
		struct sut_pkt quoted = sut_udp_pkt(sut_local4, peer, 7, 9, "abc", 3);
		struct sut_pkt p = sut_icmp_pkt(peer, sut_local4, 3, 4, 1400, quoted.b, quoted.n);
		int h = bound_socket(&forms[0], 7);

		ck_assert_int_eq(sut_connect(host.s, h, &to), 0);
		sut_advance(host.s, sut_now(host.s) + 1);
		sut_feed(&host, &p);
		ck_assert_int_eq(get_int(h, IP, 14), 1400);
		sut_close(host.s, h);
	}
}
END_TEST

/* ---- headers ---- */

START_TEST(header_fields_follow_options)
{
	const struct form *f = &forms[_i];
	int h = connected_socket(f, 7, 9);
	struct sut_pkt p;

	ck_assert_int_eq(send_to(h, NULL, "x", 0), 1);
	p = sut_take(&host);
	ck_assert_uint_eq(f->wire == 6 ? p.b[7] : p.b[8], 64);
	if (f->wire == 4)
		ck_assert_uint_eq(p.b[6], 0x40);
	else
		ck_assert_int_ne((p.b[1] & 15) | p.b[2] | p.b[3], 0);
	if (f->domain == AF_6) {
		set_int(h, IPV6, 16, 9);
		set_int(h, IPV6, 67, 0xb9);
	}
	set_int(h, IP, 2, 8);
	set_int(h, IP, 1, 0xb8);
	set_int(h, IP, 10, 0);
	ck_assert_int_eq(send_to(h, NULL, "x", 0), 1);
	p = sut_take(&host);
	if (f->wire == 6) {
		ck_assert_uint_eq(p.b[7], 9);
		ck_assert_int_eq((p.b[0] & 15) * 16 + p.b[1] / 16, 0xb9);
	} else {
		ck_assert_uint_eq(p.b[8], 8);
		ck_assert_uint_eq(p.b[1], 0xb8);
		ck_assert_uint_eq(p.b[6], 0);
	}
}
END_TEST

START_TEST(header_fields_follow_control_messages)
{
	const struct form *f = &forms[_i];
	int h = connected_socket(f, 7, 9), level = f->wire == 6 ? IPV6 : IP, v;
	struct sut_cmsg c[2] = { { level, f->wire == 6 ? 52 : 2, 4, { 5 } },
				 { level, f->wire == 6 ? 67 : 1, 4, { 0x20 } } };
	struct sut_iovec iov = { NULL, 1 };
	struct sut_msg m = { .iov = &iov, .n_iov = 1, .cmsg = c, .n_cmsg = 2 };
	struct sut_pkt p;

	ck_assert_int_eq(sut_sendmsg(host.s, h, &m, 0), 1);
	p = sut_take(&host);
	ck_assert_uint_eq(f->wire == 6 ? p.b[7] : p.b[8], 5);
	ck_assert_int_eq(f->wire == 6 ? (p.b[0] & 15) * 16 + p.b[1] / 16 : p.b[1], 0x20);
	v = 0;
	memcpy(c[0].bytes, &v, 4);
	ck_assert_int_eq(sut_sendmsg(host.s, h, &m, 0), SUT_EINVAL);
	c[0].n_bytes = 3;
	ck_assert_int_eq(sut_sendmsg(host.s, h, &m, 0), SUT_EINVAL);
	c[0] = (struct sut_cmsg){ level, 99, 4, { 0 } };
	ck_assert_int_eq(sut_sendmsg(host.s, h, &m, 0), SUT_EINVAL);
	c[0] = (struct sut_cmsg){ SOCKET, 37, 4, { 0 } };
	ck_assert_int_eq(sut_sendmsg(host.s, h, &m, 0), SUT_EOPNOTSUPP);
	ck_assert_uint_eq(sut_take(&host).n, 0);
}
END_TEST

START_TEST(control_messages_tell_of_the_packet)
{
	const struct form *f = &forms[_i];
	int h = bound_socket(f, 7);
	struct sut_cmsg c[8];
	struct sut_msg m = { .cmsg = c, .max_cmsg = 8 };
	char text[16];
	size_t n;

	set_int(h, SOCKET, 29, 1);
	set_int(h, IP, 12, 1);
	set_int(h, IP, 13, 1);
	set_int(h, IP, 8, 1);
	if (f->domain == AF_6) {
		set_int(h, IPV6, 51, 1);
		set_int(h, IPV6, 66, 1);
		set_int(h, IPV6, 49, 1);
	}
	feed_udp(f->wire, 1, 7, "abc");
	ck_assert_int_eq(receive(h, text, 16, 0, &m), 3);
	n = f->wire == 6 ? 4 : f->domain == AF_6 ? 5 : 4;
	ck_assert_uint_eq(m.n_cmsg, n);
	ck_assert_int_eq(c[0].level, SOCKET);
	ck_assert_uint_eq(c[0].n_bytes, 16);
	ck_assert_int_eq(c[n - 2].type, f->wire == 6 ? 52 : 2);
	ck_assert_uint_eq(c[n - 2].bytes[0], 255);
	feed_udp(f->wire, 1, 7, "abc");
	m.max_cmsg = 1;
	ck_assert_int_eq(receive(h, text, 16, 0, &m), 3);
	ck_assert_int_eq(m.flags, F_CTRUNC);
	ck_assert_uint_eq(m.n_cmsg, 1);
}
END_TEST

/* ---- refusals ---- */

START_TEST(bad_sends_are_refused)
{
	static char big[65536];
	static const struct sut_addr all = { 4, { 255, 255, 255, 255 } };
	struct sut_endpoint to = { sut_remote4, 9 }, no_port = { sut_remote4, 0 };
	struct sut_endpoint bcast = { all, 9 };
	struct sut_endpoint to6 = { sut_remote6, 9 }, self = { sut_local4, 9 };
	struct sut_iovec iov = { big, 65508 };
	struct sut_msg m = { .to = &to, .iov = &iov, .n_iov = 1 };
	int h = sut_socket(host.s, AF_4, DGRAM, 0);

	ck_assert_int_eq(send_to(h, NULL, "x", 0), SUT_EDESTADDRREQ);
	ck_assert_int_eq(send_to(h, &no_port, "x", 0), SUT_EINVAL);
	ck_assert_int_eq(send_to(h, &to6, "x", 0), SUT_EAFNOSUPPORT);
	ck_assert_int_eq(send_to(h, &bcast, "x", 0), SUT_EACCES);
	ck_assert_int_eq(send_to(h, &self, "x", 0), SUT_ENETUNREACH);
	ck_assert_int_eq(send_to(h, &to, "x", F_OOB), SUT_EOPNOTSUPP);
	ck_assert_int_eq(sut_sendmsg(host.s, h, &m, 0), SUT_EMSGSIZE);
	iov.bytes = SIZE_MAX;
	ck_assert_int_eq(sut_sendmsg(host.s, h, &m, 0), SUT_EINVAL);
	m.n_iov = 1025;
	ck_assert_int_eq(sut_sendmsg(host.s, h, &m, 0), SUT_EMSGSIZE);
	m.iov = NULL;
	ck_assert_int_eq(sut_sendmsg(host.s, h, &m, 0), SUT_EFAULT);
	ck_assert_int_eq(sut_sendmsg(host.s, h, NULL, 0), SUT_EFAULT);
	ck_assert_int_eq(sut_recvmsg(host.s, h, NULL, 0), SUT_EFAULT);
	set_int(h, SOCKET, 6, 1);
	ck_assert_int_eq(send_to(h, &bcast, "x", 0), 1);
	ck_assert_int_eq(sut_shutdown(host.s, h, 1), SUT_ENOTCONN);
	ck_assert_int_eq(sut_listen(host.s, h, 1), SUT_EOPNOTSUPP);
	ck_assert_int_eq(sut_accept(host.s, h, 0, NULL), SUT_EOPNOTSUPP);
}
END_TEST

START_TEST(shutdown_works_both_ways)
{
	int h = connected_socket(&forms[0], 7, 9);
	char text[16];

	feed_udp(4, 9, 7, "abc");
	ck_assert_int_eq(sut_shutdown(host.s, h, 0), 0);
	ck_assert_int_eq(poll_mask(h), P_IN | P_OUT | P_RDHUP);
	ck_assert_int_eq(receive_plain(h, text, 16, 0), 3);
	ck_assert_int_eq(receive_plain(h, text, 16, 0), 0);
	ck_assert_int_eq(send_to(h, NULL, "x", 0), 1);
	ck_assert_int_eq(sut_shutdown(host.s, h, 1), 0);
	ck_assert_int_eq(send_to(h, NULL, "x", 0), SUT_EPIPE);
	ck_assert_int_eq(poll_mask(h) & P_HUP, P_HUP);
	ck_assert_int_eq(sut_shutdown(host.s, h, 3), SUT_EINVAL);
}
END_TEST

START_TEST(ioctls_count_bytes)
{
	int h = bound_socket(&forms[0], 7), v = -1;

	ck_assert_int_eq(sut_ioctl(host.s, h, 0x541B, &v), 0);
	ck_assert_int_eq(v, 0);
	feed_udp(4, 9, 7, "abc");
	feed_udp(4, 9, 7, "abcd");
	ck_assert_int_eq(sut_ioctl(host.s, h, 0x541B, &v), 0);
	ck_assert_int_eq(v, 3);
	ck_assert_int_eq(sut_ioctl(host.s, h, 0x5411, &v), 0);
	ck_assert_int_eq(v, 0);
	ck_assert_int_eq(sut_ioctl(host.s, h, 0x1234, &v), SUT_ENOTTY);
}
END_TEST

/* ---- memory ---- */

static void use_sockets(void)
{
	int h = sut_socket(host.s, AF_4, DGRAM, 0), ep = sut_epoll_create(host.s, 0);
	struct sut_epoll_event ev = { 1, 0 };
	char text[16];
	int v = 1;

	sut_epoll_ctl(host.s, ep, 1, h, &ev);
	sut_setsockopt(host.s, h, IP, 11, &v, sizeof(v));
	sut_bind(host.s, h, &(struct sut_endpoint){ { 4, { 0 } }, 7 });
	sut_connect(host.s, h, &(struct sut_endpoint){ sut_remote4, 9 });
	feed_udp(4, 9, 7, "abc");
	feed_udp(4, 9, 8, "abc");
	feed_icmp(4, 3, 3, 0);
	send_to(h, NULL, "x", 0);
	send_to(h, NULL, "x", 0);
	receive_plain(h, text, 16, 0);
	sut_dup(host.s, h, 40);
	while (sut_take(&host).n)
		;
}

START_TEST(each_failing_allocation_is_survived)
{
	int64_t needed, start = host.allocations;

	use_sockets();
	needed = host.allocations - start;
	ck_assert_int_gt(needed, 8);
	sut_host_stop(&host);
	for (int64_t n = 1; n <= needed; n++)
		for (int on = 0; on < 2; on++) {
			host = (struct sut_host){ .fail_on = on };
			ck_assert_ptr_nonnull(sut_host_start(&host));
			host.fail_at = host.allocations + n;
			use_sockets();
			sut_host_stop(&host);
		}
	host = (struct sut_host){ 0 };
	sut_host_start(&host);
}
END_TEST

static Suite *udp_suite(void)
{
	Suite *s = suite_create("sut_udp");
	TCase *t = tcase_create("all");
	int n_forms = sizeof(forms) / sizeof(forms[0]);

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, echo_server_works, 0, n_forms);
	tcase_add_test(t, datagrams_keep_their_bounds);
	tcase_add_test(t, parts_are_gathered_and_scattered);
	tcase_add_test(t, bad_checksums_and_lengths_are_counted);
	tcase_add_loop_test(t, missing_checksum_is_for_ipv4, 0, n_forms);
	tcase_add_test(t, zero_checksum_is_sent_as_ones);
	tcase_add_test(t, receive_buffer_is_bounded);
	tcase_add_test(t, closest_socket_gets_it);
	tcase_add_loop_test(t, address_counts_more_than_age, 0, 2);
	tcase_add_test(t, port_zero_is_nobodys);
	tcase_add_loop_test(t, connected_socket_hears_only_its_peer, 0, n_forms);
	tcase_add_test(t, v6only_sockets_hear_no_ipv4);
	tcase_add_test(t, broadcasts_reach_all_sockets);
	tcase_add_test(t, reuseport_group_shares);
	tcase_add_loop_test(t, port_conflicts, 0, sizeof(conflicts) / sizeof(conflicts[0]));
	tcase_add_test(t, chosen_ports_lie_in_the_range_and_run_out);
	tcase_add_loop_test(t, names_follow_the_calls, 0, n_forms);
	tcase_add_loop_test(t, icmp_errors_reach_connected_sockets, 0,
			    sizeof(icmp_errors) / sizeof(icmp_errors[0]));
	tcase_add_loop_test(t, icmp_errors_queue_for_those_who_ask, 0,
			    sizeof(icmp_errors) / sizeof(icmp_errors[0]));
	tcase_add_test(t, mapped_sockets_ask_with_the_ipv4_option);
	tcase_add_test(t, error_queue_refills);
	tcase_add_test(t, errors_about_packets_of_others_are_ignored);
	tcase_add_test(t, unconnected_sockets_are_left_alone);
	tcase_add_test(t, error_is_reported_once);
	tcase_add_test(t, error_messages_without_room_are_cut);
	tcase_add_loop_test(t, path_mtu_is_learnt, 0, sizeof(mtus) / sizeof(mtus[0]));
	tcase_add_test(t, path_mtu_is_not_learnt_from_strangers);
	tcase_add_test(t, path_mtu_only_shrinks);
	tcase_add_test(t, path_mtu_can_be_flushed);
	tcase_add_test(t, more_paths_than_slots_replace_the_oldest);
	tcase_add_loop_test(t, header_fields_follow_options, 0, n_forms);
	tcase_add_loop_test(t, header_fields_follow_control_messages, 0, n_forms);
	tcase_add_loop_test(t, control_messages_tell_of_the_packet, 0, n_forms);
	tcase_add_test(t, bad_sends_are_refused);
	tcase_add_test(t, shutdown_works_both_ways);
	tcase_add_test(t, ioctls_count_bytes);
	tcase_add_test(t, each_failing_allocation_is_survived);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return unit_run(udp_suite());
}
