/* SPDX-License-Identifier: BSD-2-Clause */
#include <check.h>
#include <string.h>

#include "sut_host.h"
#include "unit.h"

/* IP_PKTOPTIONS and IPV6_2292PKTOPTIONS of TCP sockets: what Linux 6.18 answers to the same. */

enum { AF_4 = 2, AF_6 = 10, STREAM = 1, DGRAM = 2, NONBLOCK = 04000, IP = 0, IPV6 = 41 };
enum { PKTOPTIONS4 = 9, PKTOPTIONS6 = 6 };
enum { PEER_PORT = 4321, PORT = 8080, ISS = 1000, FILL = 0xee, ROOM = 200 };

/* What is asked for; all of it makes three messages. */
enum ask { INFO = 1, TTL = 2, TOS = 4, ALL = 7 };

static struct sut_host host;
static int domain, wire;               /* family of the socket and of the packets */
static uint32_t their_seq, our_seq;    /* next bytes of the peer and of the stack */

static void setup(void)
{
	host = (struct sut_host){ 0 };
	domain = AF_6;
	wire = 6;
	ck_assert_ptr_nonnull(sut_host_start(&host));
}

static void teardown(void)
{
	sut_host_stop(&host);
}

static int set_int(int h, int level, int name, int v)
{
	return sut_setsockopt(host.s, h, level, name, &v, sizeof(v));
}

static void ask_for(int h, int level, unsigned what)
{
	static const struct {
		unsigned what;
		int v4, v6;
	} names[] = { { INFO, 8, 49 }, { TTL, 12, 51 }, { TOS, 13, 66 } };

	for (size_t i = 0; i < 3; i++)
		ck_assert_int_eq(set_int(h, level, level == IP ? names[i].v4 : names[i].v6,
					 (what & names[i].what) != 0), 0);
}

/* ---- segments that differ in TTL and DS field ---- */

/* @at: beyond the next byte of the peer */
static void feed(uint16_t port, uint16_t flags, int at, const char *text, uint8_t tos, uint8_t ttl)
{
	struct sut_seg g = { PEER_PORT, port, their_seq + (uint32_t)at, our_seq, flags, 65000 };
	struct sut_pkt p = sut_tcp_pkt(sut_remote(wire), sut_local(wire), &g, text, strlen(text));

	if (wire == 6) {
		p.b[0] = (uint8_t)(0x60 | tos >> 4);
		p.b[1] = (uint8_t)(tos << 4);
		p.b[7] = ttl;
	} else {
		p.b[1] = tos;
		p.b[8] = ttl;
	}
	sut_fix_ip(&p);
	sut_feed(&host, &p);
	for (p = sut_take(&host); p.n; p = sut_take(&host)) {
		g = sut_seg_of(&p);
		if (!(g.flags & SUT_RST))
			our_seq = g.seq + ((g.flags & SUT_SYN) != 0) + ((g.flags & SUT_FIN) != 0);
	}
}

static void feed_next(uint16_t port, uint16_t flags, const char *text, uint8_t tos, uint8_t ttl)
{
	feed(port, flags, 0, text, tos, ttl);
	their_seq += (uint32_t)strlen(text) + ((flags & (SUT_SYN | SUT_FIN)) != 0);
}

static int new_socket(void)
{
	int h = sut_socket(host.s, domain, STREAM | NONBLOCK, 0);

	ck_assert_int_ge(h, 0);
	return h;
}

/* Bound to the address, so that it is there to be told. */
static int listener(unsigned what)
{
	struct sut_endpoint local = { sut_local(wire), PORT };
	int h = new_socket();

	if (domain == AF_6 && wire == 4)
		local.addr = sut_mapped(local.addr);
	ask_for(h, IP, what);
	if (domain == AF_6)
		ask_for(h, IPV6, what);
	ck_assert_int_eq(sut_bind(host.s, h, &local), 0);
	ck_assert_int_eq(sut_listen(host.s, h, 5), 0);
	return h;
}

/* SYN: DS field 0x20, TTL 50; ACK: 0x2a and 51. */
static int accepted(int l)
{
	their_seq += ISS;
	our_seq = 0;
	feed_next(PORT, SUT_SYN, "", 0x20, 50);
	feed(PORT, SUT_SYN, -1, "", 0x24, 52);
	feed_next(PORT, SUT_ACK, "", 0x2a, 51);
	return sut_accept(host.s, l, NONBLOCK, NULL);
}

static int connecting(uint16_t *port, unsigned what)
{
	struct sut_endpoint peer = { sut_remote(wire), PEER_PORT };
	int h = new_socket();
	struct sut_pkt p;

	if (domain == AF_6 && wire == 4)
		peer.addr = sut_mapped(peer.addr);
	ask_for(h, IP, what);
	if (domain == AF_6)
		ask_for(h, IPV6, what);
	ck_assert_int_eq(sut_connect(host.s, h, &peer), SUT_EINPROGRESS);
	p = sut_take(&host);
	*port = sut_seg_of(&p).sport;
	our_seq = sut_seg_of(&p).seq + 1;
	their_seq = ISS;
	return h;
}

/* ---- what is shown ---- */

/* The three messages with all that is in them, padding apart. */
struct shown {
	int interface, ttl, tos;
	struct sut_addr addr;
};

static const uint8_t *message(const uint8_t *at, int level, int type, size_t n, void *value)
{
	uint64_t length;
	int head[2];

	memcpy(&length, at, 8);
	memcpy(head, at + 8, 8);
	ck_assert_uint_eq(length, 16 + n);
	ck_assert_int_eq(head[0], level);
	ck_assert_int_eq(head[1], type);
	memcpy(value, at + 16, n);
	for (at += 16 + n; n % 8; n++)
		ck_assert_uint_eq(*at++, FILL);
	return at;
}

static struct shown look4(int h)
{
	uint8_t b[ROOM], info[12];
	struct shown s = { .addr.family = 4 };
	uint32_t n = sizeof(b);
	const uint8_t *at = b;

	memset(b, FILL, sizeof(b));
	ask_for(h, IP, ALL);
	ck_assert_int_eq(sut_getsockopt(host.s, h, IP, PKTOPTIONS4, b, &n), 0);
	ck_assert_uint_eq(n, 80);
	at = message(at, IP, 8, 12, info);
	at = message(at, IP, 2, 4, &s.ttl);
	message(at, IP, 1, 4, &s.tos);
	memcpy(&s.interface, info, 4);
	ck_assert_mem_eq(info + 4, info + 8, 4);
	memcpy(s.addr.b, info + 4, 4);
	return s;
}

/* Asking for all is of this look only: it would change what is remembered. */
static struct shown look6(int h, unsigned asked)
{
	uint8_t b[ROOM], info[20];
	struct shown s = { .addr.family = 6 };
	uint32_t n = sizeof(b);
	const uint8_t *at = b;

	memset(b, FILL, sizeof(b));
	ask_for(h, IPV6, ALL);
	ck_assert_int_eq(sut_getsockopt(host.s, h, IPV6, PKTOPTIONS6, b, &n), 0);
	ask_for(h, IPV6, asked);
	ck_assert_uint_eq(n, 88);
	at = message(at, IPV6, 50, 20, info);
	at = message(at, IPV6, 52, 4, &s.ttl);
	message(at, IPV6, 67, 4, &s.tos);
	memcpy(s.addr.b, info, 16);
	memcpy(&s.interface, info + 16, 4);
	return s;
}

static void check(const char *when, struct shown s, int interface, struct sut_addr addr, int ttl,
		  int tos)
{
	ck_assert_msg(s.interface == interface && s.ttl == ttl && s.tos == tos &&
		      !memcmp(s.addr.b, addr.b, addr.family == 6 ? 16 : 4),
		      "%s: interface %d, TTL %d, DS field 0x%x, address ends in %d, not "
		      "%d, %d, 0x%x, %d", when, s.interface, s.ttl, (unsigned)s.tos,
		      s.addr.b[s.addr.family == 6 ? 15 : 3], interface, ttl, (unsigned)tos,
		      addr.b[addr.family == 6 ? 15 : 3]);
}

static const struct sut_addr none4 = { .family = 4 }, none6 = { .family = 6 };
static const struct sut_addr stand_in = { 4, { 127, 0, 0, 6 } };

/* ---- IPv4 ---- */

START_TEST(ipv4_shows_the_end_of_a_passive_open)
{
	int l, h;

	domain = _i ? AF_6 : AF_4;
	wire = 4;
	l = listener(ALL);
	h = accepted(l);
	check("listener", look4(l), 0, sut_local4, 1, 0);
	check("accepted", look4(h), 2, sut_local4, 51, 0x2a);
	feed_next(PORT, SUT_ACK, "abc", 0x30, 52);
	check("data", look4(h), 2, sut_local4, 51, 0x2a);
	if (domain == AF_6)
		check("as IPv6", look6(h, ALL), 2, sut_mapped(sut_remote4), 51, 0);
	feed(PORT, SUT_RST, 0, "", 0x34, 53);
	check("reset", look4(h), 2, sut_local4, 51, 0x2a);
	ck_assert_int_eq(sut_connect(host.s, h, NULL), 0);
	check("disconnected", look4(h), 2, sut_local4, 51, 0x2a);
}
END_TEST

START_TEST(ipv4_shows_nothing_of_an_active_open)
{
	uint16_t port;
	int h;

	domain = _i ? AF_6 : AF_4;
	wire = 4;
	check("fresh", look4(new_socket()), 0, none4, 1, 0);
	h = connecting(&port, ALL);
	check("SYN sent", look4(h), 0, sut_local4, 1, 0);
	feed_next(port, SUT_SYN | SUT_ACK, "", 0x2a, 50);
	feed_next(port, SUT_ACK, "abc", 0x30, 51);
	ck_assert_int_eq(sut_state(host.s, h), SUT_ESTABLISHED);
	check("data", look4(h), 0, sut_local4, 1, 0);
	if (domain == AF_6)
		check("as IPv6", look6(h, ALL), 0, none6, 1, 0);
	ck_assert_int_eq(sut_connect(host.s, h, NULL), 0);
	check("disconnected", look4(h), 0, none4, 1, 0);
}
END_TEST

START_TEST(ipv4_has_nothing_of_ipv6)
{
	int l = listener(ALL), h = accepted(l);

	check("listener", look4(l), 0, stand_in, 1, 0);
	check("accepted", look4(h), 0, stand_in, 1, 0);
	check("fresh", look4(new_socket()), 0, none4, 1, 0);
}
END_TEST

/* ---- IPv6 ---- */

/* By what the listener asks for: what is shown after the handshake, and after an ACK 0x34/53. */
static const struct kept {
	unsigned asked;
	bool is_syn;
	int ttl, tos, ttl_next, tos_next;
} kept[] = {
	{ 0, false, 51, 0x2a, 51, 0x2a },
	{ TOS, false, 51, 0x2a, 51, 0x34 },
	{ TTL, true, 50, 0x20, 53, 0x2a },
	{ INFO, true, 50, 0x20, 51, 0x2a },
	{ TTL | TOS, true, 50, 0x20, 53, 0x34 },
	{ ALL, true, 50, 0x20, 53, 0x34 },
};

START_TEST(ipv6_keeps_what_is_asked_for)
{
	const struct kept *k = &kept[_i];
	int l = listener(k->asked), h = accepted(l);

	check("listener", look6(l, k->asked), 0, none6, 1, 0);
	check("accepted", look6(h, k->asked), 2, k->is_syn ? sut_local6 : sut_remote6, k->ttl,
	      k->tos);
	feed(PORT, SUT_ACK, 0, "", 0x34, 53);
	if (!k->asked)
		check("ACK", look6(h, 0), 2, sut_remote6, k->ttl, k->tos);
	else
		check("ACK", look6(h, k->asked), 2, sut_remote6, k->ttl_next, k->tos_next);
	feed_next(PORT, SUT_ACK, "abc", 0x38, 54);
	if (k->asked & TOS)
		ck_assert_int_eq(look6(h, k->asked).tos, 0x38);
}
END_TEST

/* After each segment: is it the one that is shown? */
static const struct later {
	const char *what;
	uint16_t flags;
	int at;
	const char *text;
	int n_next;               /* by how much the next byte of the peer moves */
	bool is_shown;
} later[] = {
	{ "data", SUT_ACK, 0, "abc", 3, true },
	{ "an ACK", SUT_ACK, 0, "", 0, true },
	{ "out of order", SUT_ACK, 10, "zzz", 0, false },
	{ "old data", SUT_ACK, -3, "abc", 0, true },
	{ "what fills the hole", SUT_ACK, 0, "0123456789", 13, false },
	{ "a keep-alive", SUT_ACK, -1, "", 0, false },
	{ "a FIN", SUT_ACK | SUT_FIN, 0, "", 1, true },
	{ "a reset", SUT_RST, 0, "", 0, false },
};

START_TEST(ipv6_follows_what_ends_at_the_next_number)
{
	int h = accepted(listener(ALL));
	uint8_t tos = 0x20, ttl = 50, n = 0x2c;

	for (size_t i = 0; i < sizeof(later) / sizeof(later[0]); i++, n += 5) {
		const struct later *r = &later[i];

		feed(PORT, r->flags, r->at, r->text, n, (uint8_t)(n + 100));
		their_seq += (uint32_t)r->n_next;
		if (r->is_shown) {
			tos = n;
			ttl = (uint8_t)(n + 100);
		}
		check(r->what, look6(h, ALL), 2, sut_remote6, ttl, tos);
	}
}
END_TEST

START_TEST(ipv6_shows_an_active_open)
{
	struct sut_endpoint other = { sut_remote6, PEER_PORT };
	uint16_t port;
	int h;

	other.addr.b[15] = 9;
	check("fresh", look6(new_socket(), 0), 0, none6, 1, 0);
	h = connecting(&port, ALL);
	check("SYN sent", look6(h, ALL), 0, none6, 1, 0);
	feed_next(port, SUT_SYN | SUT_ACK, "", 0x2a, 50);
	check("SYN-ACK", look6(h, ALL), 2, sut_remote6, 50, 0x2a);
	feed_next(port, SUT_ACK, "abc", 0x30, 51);
	check("data", look6(h, ALL), 2, sut_remote6, 51, 0x30);
	ck_assert_int_eq(sut_connect(host.s, h, NULL), 0);
	check("disconnected", look6(h, ALL), 2, sut_remote6, 51, 0x30);
	ck_assert_int_eq(sut_connect(host.s, h, &other), SUT_EINPROGRESS);
	check("again", look6(h, ALL), 2, other.addr, 51, 0x30);
}
END_TEST

/* Options are those of the listener until accept(). */
START_TEST(ipv6_sees_data_before_accept)
{
	int l = listener(TOS), h;

	their_seq = ISS;
	feed_next(PORT, SUT_SYN, "", 0x20, 50);
	feed_next(PORT, SUT_ACK, "", 0x2a, 51);
	ask_for(l, IPV6, 0);
	feed_next(PORT, SUT_ACK, "abc", 0x30, 52);
	h = sut_accept(host.s, l, NONBLOCK, NULL);
	check("data", look6(h, TOS), 2, sut_remote6, 51, 0x30);
}
END_TEST

START_TEST(ipv6_keeps_no_syn_that_ends_time_wait)
{
	int l = listener(ALL), h = accepted(l);

	ck_assert_int_eq(sut_close(host.s, h), 0);
	feed(PORT, 0, 0, "", 0, 64);
	feed_next(PORT, SUT_ACK | SUT_FIN, "", 0x30, 52);
	their_seq += 100000;
	h = accepted(l);
	check("reused", look6(h, ALL), 2, sut_remote6, 51, 0x2a);
}
END_TEST

/* ---- room and errors ---- */

/* Messages of 28, 20 and 20 bytes, or of 36, 20 and 20, each padded to 8 where there is room. */
static const struct room {
	uint32_t room, used;
} rooms[2][16] = {
	{ { 0, 0 }, { 15, 0 }, { 16, 16 }, { 20, 20 }, { 27, 27 }, { 28, 28 }, { 32, 32 },
	  { 47, 32 }, { 48, 48 }, { 50, 50 }, { 60, 56 }, { 71, 56 }, { 72, 72 }, { 76, 76 },
	  { 80, 80 }, { 90, 80 } },
	{ { 0, 0 }, { 15, 0 }, { 16, 16 }, { 20, 20 }, { 35, 35 }, { 36, 36 }, { 40, 40 },
	  { 55, 40 }, { 56, 56 }, { 60, 60 }, { 64, 64 }, { 79, 64 }, { 80, 80 }, { 84, 84 },
	  { 88, 88 }, { 98, 88 } },
};

static const uint32_t message_starts[2][3] = { { 0, 32, 56 }, { 0, 40, 64 } };

static void get_all(int h, uint8_t b[ROOM], uint32_t *n)
{
	memset(b, FILL, ROOM);
	ck_assert_int_eq(sut_getsockopt(host.s, h, wire == 4 ? IP : IPV6,
					wire == 4 ? PKTOPTIONS4 : PKTOPTIONS6, *n ? b : NULL, n), 0);
}

START_TEST(short_buffers_get_what_has_room)
{
	const struct room *r = &rooms[_i / 16][_i % 16];
	const uint32_t *starts = message_starts[_i / 16];
	uint32_t n = ROOM, used = r->room, last = 0;
	uint8_t whole[ROOM], part[ROOM];
	uint64_t length;
	int h;

	wire = _i / 16 ? 6 : 4;
	domain = wire == 4 ? AF_4 : AF_6;
	h = accepted(listener(ALL));
	get_all(h, whole, &n);
	get_all(h, part, &used);
	ck_assert_uint_eq(used, r->used);
	for (size_t i = 0; i < 3 && starts[i] < used; i++)
		last = starts[i];
	/* its length is what there is of it */
	memcpy(&length, whole + last, 8);
	if (last + length > used)
		length = used - last;
	memcpy(whole + last, &length, 8);
	ck_assert_mem_eq(part, whole, used);
	for (size_t i = used; i < ROOM; i++)
		ck_assert_uint_eq(part[i], FILL);
}
END_TEST

START_TEST(nothing_asked_is_nothing_shown)
{
	uint8_t b[ROOM];
	uint32_t n = ROOM;

	wire = _i;
	domain = wire == 4 ? AF_4 : AF_6;
	get_all(accepted(listener(0)), b, &n);
	ck_assert_uint_eq(n, 0);
}
END_TEST

static const struct refusal {
	int domain, type, level, name, error;
} refusals[] = {
	{ AF_4, DGRAM, IP, PKTOPTIONS4, SUT_ENOPROTOOPT },
	{ AF_6, DGRAM, IP, PKTOPTIONS4, SUT_ENOPROTOOPT },
	{ AF_6, DGRAM, IPV6, PKTOPTIONS6, SUT_ENOPROTOOPT },
	{ AF_4, DGRAM, IPV6, PKTOPTIONS6, SUT_EOPNOTSUPP },
	{ AF_4, STREAM, IPV6, PKTOPTIONS6, SUT_EOPNOTSUPP },
};

START_TEST(other_sockets_lack_it)
{
	const struct refusal *r = &refusals[_i];
	int h = sut_socket(host.s, r->domain, r->type, 0);
	uint8_t b[ROOM];
	uint32_t n = ROOM;

	ck_assert_int_eq(sut_getsockopt(host.s, h, r->level, r->name, b, &n), r->error);
	ck_assert_uint_eq(n, ROOM);
	ck_assert_int_eq(set_int(h, r->level, r->name, 1), SUT_ENOPROTOOPT);
}
END_TEST

START_TEST(it_cannot_be_set)
{
	ck_assert_int_eq(set_int(new_socket(), IP, PKTOPTIONS4, 1), SUT_ENOPROTOOPT);
}
END_TEST

static Suite *pktoptions_suite(void)
{
	Suite *s = suite_create("pktoptions");
	TCase *t = tcase_create("tcp");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, ipv4_shows_the_end_of_a_passive_open, 0, 2);
	tcase_add_loop_test(t, ipv4_shows_nothing_of_an_active_open, 0, 2);
	tcase_add_test(t, ipv4_has_nothing_of_ipv6);
	tcase_add_loop_test(t, ipv6_keeps_what_is_asked_for, 0, sizeof(kept) / sizeof(kept[0]));
	tcase_add_test(t, ipv6_follows_what_ends_at_the_next_number);
	tcase_add_test(t, ipv6_shows_an_active_open);
	tcase_add_test(t, ipv6_sees_data_before_accept);
	tcase_add_test(t, ipv6_keeps_no_syn_that_ends_time_wait);
	tcase_add_loop_test(t, short_buffers_get_what_has_room, 0, 32);
	tcase_add_loop_test(t, nothing_asked_is_nothing_shown, 4, 5);
	tcase_add_loop_test(t, nothing_asked_is_nothing_shown, 6, 7);
	tcase_add_loop_test(t, other_sockets_lack_it, 0, sizeof(refusals) / sizeof(refusals[0]));
	tcase_add_test(t, it_cannot_be_set);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return unit_run(pktoptions_suite());
}
