/* SPDX-License-Identifier: BSD-2-Clause */
#include <check.h>
#include <string.h>

#include "codec.h"
#include "impl.h"
#include "sut_one_host.h"
#include "unit.h"

enum { AF_4 = 2, AF_6 = 10, STREAM = 1, DGRAM = 2, LEVEL_IP = 0, IP_OPTIONS = 4 };

static int set(int h, const void *value, uint32_t n)
{
	return sut_setsockopt(host.s, h, LEVEL_IP, IP_OPTIONS, value, n);
}

static void accept_routes(const char *all, const char *device)
{
	ck_assert_int_eq(sut_sysctl_set(host.s, "net.ipv4.conf.all.accept_source_route", all), 0);
	ck_assert_int_eq(sut_sysctl_set(host.s, "net.ipv4.conf.tun0.accept_source_route", device),
			 0);
}

/* ---- what an application may set: as Linux answers ---- */

#define HOP(d) 192, 0, 2, d
#define FAR(d) 10, 0, 0, d

static const struct {
	const char *what;
	uint8_t bytes[16];
	uint32_t n, back;          /* set; got again, 0: refused */
} settings[] = {
	{ "loose route", { 131, 7, 4, HOP(1) }, 7, 8 },
	{ "strict route of two", { 137, 11, 4, HOP(1), HOP(5) }, 11, 12 },
	{ "after a NOP", { 1, 131, 7, 4, HOP(1) }, 8, 8 },
	{ "half an address", { 131, 6, 4, 192, 0, 2 }, 6, 0 },
	{ "no address", { 131, 3, 4 }, 3, 0 },
	{ "a hop passed", { 131, 7, 8, HOP(1) }, 7, 0 },
	{ "one and a quarter", { 131, 8, 4, HOP(1), 1 }, 8, 0 },
	{ "two routes", { 131, 7, 4, HOP(1), 137, 7, 4, HOP(1) }, 14, 0 },
	{ "type alone", { 131 }, 1, 0 },
	{ "length of one", { 148, 1 }, 2, 0 },
	{ "past the end", { 148, 5, 0, 0 }, 4, 0 },
	{ "record", { 7, 11, 4 }, 11, 12 },
	{ "record without pointer", { 7, 2 }, 2, 0 },
	{ "record before its room", { 7, 3, 3 }, 3, 0 },
	{ "record without room", { 7, 3, 4 }, 3, 4 },
	{ "record of a part", { 7, 6, 4 }, 6, 0 },
	{ "two records", { 7, 3, 4, 7, 3, 4 }, 6, 0 },
	{ "stamp", { 68, 8, 5, 0 }, 8, 8 },
	{ "stamp too short", { 68, 3, 5 }, 3, 0 },
	{ "stamp before its room", { 68, 4, 4, 0 }, 4, 0 },
	{ "stamp without room", { 68, 4, 5, 0 }, 4, 4 },
	{ "stamp that cannot count", { 68, 4, 5, 0xf0 }, 4, 0 },
	{ "given addresses need not", { 68, 4, 5, 0xf3 }, 4, 4 },
	{ "stamp of a part", { 68, 8, 5, 1 }, 8, 0 },
	{ "stamp with address", { 68, 12, 5, 1 }, 12, 12 },
	{ "two stamps", { 68, 4, 5, 0, 68, 4, 5, 0 }, 8, 0 },
	{ "alert", { 148, 4, 0, 0 }, 4, 4 },
	{ "short alert", { 148, 3, 0 }, 3, 0 },
	{ "security label", { 134, 6, 0, 0, 0, 1 }, 6, 0 },
	{ "unknown", { 94, 4, 0xaa, 0x55 }, 4, 4 },
	{ "one byte", { 1 }, 1, 4 },
};

START_TEST(settings_are_checked_and_shown)
{
	int domain = _i % 2 ? AF_6 : AF_4, type = _i / 2 % 2 ? DGRAM : STREAM;
	size_t row = (size_t)_i / 4;
	int h = sut_socket(host.s, domain, type, 0);
	uint8_t got[40];
	uint32_t n = sizeof(got);

	ck_assert_msg(set(h, settings[row].bytes, settings[row].n) ==
			      (settings[row].back ? 0 : SUT_EINVAL), "%s", settings[row].what);
	ck_assert_int_eq(sut_getsockopt(host.s, h, LEVEL_IP, IP_OPTIONS, got, &n), 0);
	ck_assert_uint_eq(n, settings[row].back);
	ck_assert_mem_eq(got, settings[row].bytes, n);
}
END_TEST

START_TEST(forty_bytes_fit_and_none_take_them_away)
{
	int h = sut_socket(host.s, AF_4, STREAM, 0);
	uint8_t bytes[41], got[41];
	uint32_t n = sizeof(got);

	memset(bytes, 1, sizeof(bytes));
	ck_assert_int_eq(set(h, bytes, 41), SUT_EINVAL);
	ck_assert_int_eq(set(h, bytes, 40), 0);
	ck_assert_int_eq(sut_getsockopt(host.s, h, LEVEL_IP, IP_OPTIONS, got, &n), 0);
	ck_assert_uint_eq(n, 40);
	n = 3;
	ck_assert_int_eq(sut_getsockopt(host.s, h, LEVEL_IP, IP_OPTIONS, got, &n), 0);
	ck_assert_uint_eq(n, 3);
	ck_assert_int_eq(set(h, NULL, 4), SUT_EFAULT);
	ck_assert_int_eq(set(h, NULL, 0), 0);
	ck_assert_int_eq(sut_getsockopt(host.s, h, LEVEL_IP, IP_OPTIONS, got, &n), 0);
	ck_assert_uint_eq(n, 0);
}
END_TEST

START_TEST(what_follows_the_end_is_cleared)
{
	static const uint8_t bytes[] = { 1, 0, 5, 6, 7 }, want[8] = { 1 };
	struct ip_options o;

	ck_assert_int_eq(ip_options_set(&o, bytes, sizeof(bytes)), 0);
	ck_assert_uint_eq(o.n, 8);
	ck_assert_mem_eq(o.b, want, 8);
}
END_TEST

/* ---- what stands in a packet ---- */

/* To 192.0.2.1 from 192.168.0.1, at 01:01:01.001 of some day: 3661001 ms, 0x0037dcc9. */
static const struct {
	uint8_t set[16];
	uint32_t n;
	uint8_t dst[4];            /* 0: nothing may leave */
	uint8_t sent[16];
	size_t n_sent;
} packets[] = {
	{ { 131, 7, 4, FAR(9) }, 7, { FAR(9) }, { 131, 7, 4, HOP(1) }, 8 },
	{ { 131, 11, 4, FAR(9), FAR(8) }, 11, { FAR(9) }, { 131, 11, 4, FAR(8), HOP(1) }, 12 },
	{ { 1, 131, 7, 4, FAR(9) }, 8, { FAR(9) }, { 1, 131, 7, 4, HOP(1) }, 8 },
	{ { 137, 7, 4, 192, 168, 9, 9 }, 7, { 192, 168, 9, 9 }, { 137, 7, 4, HOP(1) }, 8 },
	{ { 137, 7, 4, FAR(9) }, 7, { 0 }, { 0 }, 0 },
	{ { 7, 11, 4 }, 11, { HOP(1) }, { 7, 11, 8, 192, 168, 0, 1 }, 12 },
	{ { 7, 3, 4 }, 3, { HOP(1) }, { 7, 3, 4 }, 4 },
	{ { 68, 8, 5, 0 }, 8, { HOP(1) }, { 68, 8, 9, 0, 0, 0x37, 0xdc, 0xc9 }, 8 },
	{ { 68, 12, 5, 1 }, 12, { HOP(1) },
	  { 68, 12, 13, 1, 192, 168, 0, 1, 0, 0x37, 0xdc, 0xc9 }, 12 },
	{ { 68, 12, 5, 3, 192, 168, 0, 1 }, 12, { HOP(1) },
	  { 68, 12, 13, 3, 192, 168, 0, 1, 0, 0x37, 0xdc, 0xc9 }, 12 },
	{ { 68, 12, 5, 3, HOP(1) }, 12, { HOP(1) }, { 68, 12, 5, 3, HOP(1) }, 12 },
	{ { 68, 8, 5, 2 }, 8, { HOP(1) }, { 68, 8, 5, 2 }, 8 },
	{ { 68, 4, 5, 0 }, 4, { HOP(1) }, { 68, 4, 5, 0 }, 4 },
};

START_TEST(packets_carry_what_was_set)
{
	struct codec_ip ip = { .version = 4, .src = sut_local4, .dst = sut_remote4 };
	struct ip_options o;
	uint8_t out[40];
	bool leaves;

	sut_advance(host.s, (INT64_C(86400000) + 3661001) * NS_PER_MS);
	ck_assert_int_eq(ip_options_set(&o, packets[_i].set, packets[_i].n), 0);
	leaves = ip_options_write(host.s, &o, &ip, out);
	ck_assert_int_eq(leaves, packets[_i].n_sent != 0);
	ck_assert_uint_eq(ip.n_options, packets[_i].n_sent);
	if (!leaves)
		return;
	ck_assert_mem_eq(ip.options, packets[_i].sent, ip.n_options);
	ck_assert_mem_eq(ip.dst.b, packets[_i].dst, 4);
}
END_TEST

START_TEST(ipv6_and_sockets_without_carry_none)
{
	struct codec_ip v6 = { .version = 6, .src = sut_local6, .dst = sut_remote6 };
	struct codec_ip v4 = { .version = 4, .src = sut_local4, .dst = sut_remote4 };
	struct ip_options o, none = { 0 };
	uint8_t out[40];

	ck_assert_int_eq(ip_options_set(&o, packets[0].set, packets[0].n), 0);
	ck_assert(ip_options_write(host.s, &o, &v6, out) && !v6.n_options);
	ck_assert(ip_options_write(host.s, &none, &v4, out) && !v4.n_options);
	ck_assert(ip_options_write(host.s, NULL, &v4, out) && !v4.n_options);
	ck_assert(addr_eq(&v4.dst, &sut_remote4));
	ck_assert_uint_eq(ip_options_bytes(&o, &sut_remote4), 8);
	ck_assert_uint_eq(ip_options_bytes(&o, &sut_remote6), 0);
}
END_TEST

/* ---- what comes: from 192.0.2.1 to 192.168.0.1, both settings on ---- */

static const struct {
	uint8_t got[20];
	size_t n;
	enum ip_verdict verdict;
	uint8_t back[20];
	size_t n_back;
} arrivals[] = {
	/* completed: the way back begins with the last hop */
	{ { 131, 11, 12, FAR(5), FAR(6) }, 12, IP_TAKE, { 131, 11, 4, FAR(6), FAR(5) }, 12 },
	{ { 137, 7, 8, FAR(5) }, 8, IP_TAKE, { 137, 7, 4, FAR(5) }, 8 },
	{ { 1, 131, 7, 8, FAR(5) }, 8, IP_TAKE, { 131, 7, 4, FAR(5) }, 8 },
	{ { 131, 7, 200, FAR(5) }, 8, IP_TAKE, { 131, 7, 4, FAR(5) }, 8 },
	/* the sender itself is no hop */
	{ { 131, 11, 12, HOP(1), FAR(6) }, 12, IP_TAKE, { 131, 7, 4, FAR(6) }, 8 },
	{ { 131, 7, 8, HOP(1) }, 8, IP_TAKE, { 0 }, 0 },
	{ { 131, 3, 4, 0 }, 4, IP_TAKE, { 0 }, 0 },
	/* what is left leads to us, or to somebody else */
	{ { 131, 11, 8, FAR(5), 192, 168, 0, 1 }, 12, IP_TAKE, { 131, 7, 4, FAR(5) }, 8 },
	{ { 131, 11, 8, FAR(5), FAR(6) }, 12, IP_NOT_FOR_US, { 0 }, 0 },
	{ { 131, 7, 4, FAR(5) }, 8, IP_NOT_FOR_US, { 0 }, 0 },
	{ { 131, 2, 0, 0 }, 4, IP_MALFORMED, { 0 }, 0 },
	{ { 131, 8, 9, FAR(5), 0 }, 8, IP_MALFORMED, { 0 }, 0 },
	{ { 131, 7, 3, FAR(5) }, 8, IP_MALFORMED, { 0 }, 0 },
	{ { 131, 11, 6, FAR(5), FAR(6) }, 12, IP_MALFORMED, { 0 }, 0 },
	{ { 131, 7, 8, FAR(5), 131, 7, 8, FAR(5) }, 16, IP_MALFORMED, { 0 }, 0 },
	/* no routes */
	{ { 7, 7, 4 }, 8, IP_TAKE, { 0 }, 0 },
	{ { 0, 131, 7, 4 }, 4, IP_TAKE, { 0 }, 0 },
	{ { 148, 4, 131, 7 }, 4, IP_TAKE, { 0 }, 0 },
};

static bool has_route(int i)
{
	uint8_t first = arrivals[i].got[0] == 1 ? arrivals[i].got[1] : arrivals[i].got[0];

	return first == 131 || first == 137;
}

START_TEST(routes_are_turned)
{
	struct codec_ip ip = { .version = 4, .src = sut_remote4, .dst = sut_local4,
			       .options = arrivals[_i].got, .n_options = arrivals[_i].n };
	struct ip_options back;

	accept_routes("1", "1");
	ck_assert_int_eq(ip_options_judge(host.s, &ip, &back), arrivals[_i].verdict);
	ck_assert_uint_eq(back.n, arrivals[_i].n_back);
	ck_assert_mem_eq(back.b, arrivals[_i].back, back.n);
	ck_assert(!back.is_own);
	ck_assert_uint_eq(back.route_at, back.n ? 1 : 0);
}
END_TEST

START_TEST(both_settings_must_allow_routes)
{
	static const char *const one[2] = { "0", "1" };
	struct codec_ip ip = { .version = 4, .src = sut_remote4, .dst = sut_local4,
			       .options = arrivals[_i].got, .n_options = arrivals[_i].n };
	struct ip_options back;

	for (int k = 0; k < 3; k++) {
		enum ip_verdict want = arrivals[_i].verdict;

		if (has_route(_i) && want == IP_TAKE)
			want = IP_NOT_FOR_US;
		accept_routes(one[k & 1], one[k >> 1]);
		ck_assert_int_eq(ip_options_judge(host.s, &ip, &back), want);
		ck_assert_uint_eq(back.n, 0);
	}
}
END_TEST

START_TEST(routes_are_refused_by_default)
{
	char text[8];

	ck_assert_int_eq(sut_sysctl_get(host.s, "net.ipv4.conf.all.accept_source_route", text,
					sizeof(text)), 0);
	ck_assert_str_eq(text, "0");
	ck_assert_int_eq(sut_sysctl_get(host.s, "net.ipv4.conf.tun0.accept_source_route", text,
					sizeof(text)), 0);
	ck_assert_str_eq(text, "1");
}
END_TEST

/* ---- in the stack ---- */

static const uint8_t came[] = { 131, 11, 12, FAR(5), FAR(6), 0 };
static const uint8_t returns[] = { 131, 11, 4, FAR(5), HOP(1), 0 };
static const uint8_t came_later[] = { 131, 7, 8, FAR(7), 0 };

static struct sut_pkt with_options(struct sut_pkt p, const uint8_t *options, size_t n)
{
	for (size_t i = p.n; i-- > 20;)
		p.b[i + n] = p.b[i];
	memcpy(p.b + 20, options, n);
	p.n += n;
	p.b[0] = (uint8_t)(0x40 + (20 + n) / 4);
	sut_put16(p.b + 2, (unsigned)p.n);
	sut_fix_ip(&p);
	return p;
}

static void goes_to(const struct sut_pkt *p, struct sut_addr first, const uint8_t *options, size_t n)
{
	ck_assert_uint_eq(sut_at(p), 20 + n);
	ck_assert_mem_eq(p->b + 16, first.b, 4);
	if (n)
		ck_assert_mem_eq(p->b + 20, options, n);
}

static const struct sut_addr far6 = { 4, { FAR(6) } };
static const struct sut_addr far7 = { 4, { FAR(7) } }, far9 = { 4, { FAR(9) } };

START_TEST(an_echo_returns_the_way_it_came)
{
	struct sut_pkt in = sut_icmp_pkt(sut_remote4, sut_local4, 8, 0, 1, "abc", 3), out;

	in = with_options(in, came, sizeof(came));
	sut_feed(&host, &in);
	ck_assert_uint_eq(sut_take(&host).n, 0);
	accept_routes("1", "1");
	sut_feed(&host, &in);
	out = sut_take(&host);
	goes_to(&out, far6, returns, sizeof(returns));
}
END_TEST

START_TEST(a_reset_returns_the_way_it_came)
{
	struct sut_seg syn = { 5000, 6000, 100, 0, SUT_SYN, 1000 };
	struct sut_pkt in = sut_tcp_pkt(sut_remote4, sut_local4, &syn, NULL, 0), out;

	accept_routes("1", "1");
	in = with_options(in, came, sizeof(came));
	sut_feed(&host, &in);
	out = sut_take(&host);
	ck_assert_uint_eq(sut_seg_of(&out).flags, SUT_RST | SUT_ACK);
	goes_to(&out, far6, returns, sizeof(returns));
}
END_TEST

START_TEST(datagrams_go_by_the_route)
{
	static const uint8_t sent[] = { 131, 7, 4, HOP(1), 0 };
	struct sut_endpoint peer = { sut_remote4, 9 };
	int h = sut_socket(host.s, AF_4, DGRAM, 0);
	struct sut_iovec iov = { "abc", 3 };
	struct sut_msg m = { .iov = &iov, .n_iov = 1 };
	struct sut_pkt out;

	ck_assert_int_eq(set(h, packets[0].set, packets[0].n), 0);
	ck_assert_int_eq(sut_connect(host.s, h, &peer), 0);
	ck_assert_int_eq(sut_sendmsg(host.s, h, &m, 0), 3);
	out = sut_take(&host);
	goes_to(&out, far9, sent, sizeof(sent));
	ck_assert_int_eq(set(h, packets[4].set, packets[4].n), 0);
	ck_assert_int_eq(sut_sendmsg(host.s, h, &m, 0), SUT_ENETUNREACH);
}
END_TEST

static void feed_tcp(struct sut_seg g, const uint8_t *options, size_t n, size_t n_payload)
{
	struct sut_pkt p = sut_tcp_pkt(sut_remote4, sut_local4, &g, "0123456789", n_payload);

	if (n)
		p = with_options(p, options, n);
	sut_feed(&host, &p);
}

/* A listener's connection that came by @came: its socket, and the SYN-ACK it sent. */
static int accepted(struct sut_pkt *synack)
{
	struct sut_endpoint any = { { 4, { 0 } }, 6000 };
	int l = sut_socket(host.s, AF_4, STREAM, 0), h;
	struct sut_seg g = { 5000, 6000, 100, 0, SUT_SYN, 1000 };

	accept_routes("1", "1");
	ck_assert_int_eq(set(l, packets[0].set, packets[0].n), 0);
	ck_assert_int_eq(sut_bind(host.s, l, &any), 0);
	ck_assert_int_eq(sut_listen(host.s, l, 4), 0);
	feed_tcp(g, came, sizeof(came), 0);
	*synack = sut_take(&host);
	g.seq = 101;
	g.ack = sut_seg_of(synack).seq + 1;
	g.flags = SUT_ACK;
	feed_tcp(g, NULL, 0, 0);
	h = sut_accept(host.s, l, 0, NULL);
	ck_assert_int_ge(h, 0);
	return h;
}

/* Ten bytes at 101 by some way, then the ACK that it draws. */
static struct sut_pkt answer_to_data(const struct sut_pkt *synack, uint32_t seq, const uint8_t *way,
				     size_t n)
{
	struct sut_seg g = { 5000, 6000, seq, sut_seg_of(synack).seq + 1, SUT_ACK | SUT_PSH, 1000 };

	feed_tcp(g, way, n, 10);
	sut_advance(host.s, sut_now(host.s) + NS_PER_S);
	return sut_take(&host);
}

START_TEST(a_listener_answers_by_the_way_back)
{
	struct sut_pkt synack, out;

	accepted(&synack);
	goes_to(&synack, far6, returns, sizeof(returns));
	out = answer_to_data(&synack, 101, NULL, 0);
	goes_to(&out, far6, returns, sizeof(returns));
}
END_TEST

START_TEST(a_later_route_counts_if_the_segment_does)
{
	static const uint8_t later[] = { 131, 7, 4, HOP(1), 0 };
	struct sut_pkt synack, out;

	accepted(&synack);
	/* far outside the window */
	out = answer_to_data(&synack, 0x40000000, came_later, sizeof(came_later));
	goes_to(&out, far6, returns, sizeof(returns));
	out = answer_to_data(&synack, 101, came_later, sizeof(came_later));
	goes_to(&out, far7, later, sizeof(later));
}
END_TEST

START_TEST(what_the_application_sets_stays)
{
	static const uint8_t mine[] = { 131, 7, 4, HOP(1), 0 };
	struct sut_pkt synack, out;
	int h = accepted(&synack);

	ck_assert_int_eq(set(h, packets[0].set, packets[0].n), 0);
	out = answer_to_data(&synack, 101, came_later, sizeof(came_later));
	goes_to(&out, far9, mine, sizeof(mine));
	ck_assert_int_eq(set(h, NULL, 0), 0);
	out = answer_to_data(&synack, 111, came_later, sizeof(came_later));
	goes_to(&out, sut_remote4, NULL, 0);
}
END_TEST

START_TEST(an_active_opener_learns_nothing)
{
	struct sut_endpoint peer = { sut_remote4, 6000 };
	int h = sut_socket(host.s, AF_4, STREAM, 0);
	struct sut_pkt out;
	struct sut_seg g;

	accept_routes("1", "1");
	ck_assert_int_eq(sut_connect(host.s, h, &peer), SUT_EINPROGRESS);
	out = sut_take(&host);
	goes_to(&out, sut_remote4, NULL, 0);
	g = sut_seg_of(&out);
	g = (struct sut_seg){ 6000, g.sport, 300, g.seq + 1, SUT_SYN | SUT_ACK, 1000 };
	feed_tcp(g, came, sizeof(came), 0);
	out = sut_take(&host);
	ck_assert_uint_eq(sut_seg_of(&out).flags, SUT_ACK);
	goes_to(&out, sut_remote4, NULL, 0);
}
END_TEST

/* A SYN that no strict route lets leave waits for its timer, as one that was lost. */
START_TEST(a_far_strict_route_sends_nothing)
{
	struct sut_endpoint peer = { sut_remote4, 6000 };
	int h = sut_socket(host.s, AF_4, STREAM, 0);

	ck_assert_int_eq(set(h, packets[4].set, packets[4].n), 0);
	ck_assert_int_eq(sut_connect(host.s, h, &peer), SUT_EINPROGRESS);
	ck_assert_uint_eq(sut_take(&host).n, 0);
	ck_assert_int_eq(set(h, packets[0].set, packets[0].n), 0);
	sut_advance(host.s, sut_now(host.s) + 2 * NS_PER_S);
	ck_assert_uint_ne(sut_take(&host).n, 0);
}
END_TEST

static Suite *options_suite(void)
{
	Suite *s = suite_create("sut_ip_options");
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, settings_are_checked_and_shown, 0, 4 * ARRAY_LEN(settings));
	tcase_add_test(t, forty_bytes_fit_and_none_take_them_away);
	tcase_add_test(t, what_follows_the_end_is_cleared);
	tcase_add_loop_test(t, packets_carry_what_was_set, 0, ARRAY_LEN(packets));
	tcase_add_test(t, ipv6_and_sockets_without_carry_none);
	tcase_add_loop_test(t, routes_are_turned, 0, ARRAY_LEN(arrivals));
	tcase_add_loop_test(t, both_settings_must_allow_routes, 0, ARRAY_LEN(arrivals));
	tcase_add_test(t, routes_are_refused_by_default);
	tcase_add_test(t, an_echo_returns_the_way_it_came);
	tcase_add_test(t, a_reset_returns_the_way_it_came);
	tcase_add_test(t, datagrams_go_by_the_route);
	tcase_add_test(t, a_listener_answers_by_the_way_back);
	tcase_add_test(t, a_later_route_counts_if_the_segment_does);
	tcase_add_test(t, what_the_application_sets_stays);
	tcase_add_test(t, an_active_opener_learns_nothing);
	tcase_add_test(t, a_far_strict_route_sends_nothing);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return unit_run(options_suite());
}
