/* SPDX-License-Identifier: BSD-2-Clause */
#include "sut_invariant.h"
#include "sut_pair.h"
#include "unit.h"

/* Two instances back to back over a bad link: every byte arrives once, in order, unchanged. */

enum { SEEDS = 2000, SEEDS_FAILING = 400 };

/* One direction of a transfer. */
struct flow {
	int from;
	int h_from, h_to;
	uint32_t total, sent, got;
	bool is_shut, is_at_end;
	uint32_t key;
};

static uint8_t flow_byte(const struct flow *f, uint32_t i)
{
	return (uint8_t)(f->key + i * 7 + i / 253);
}

static int64_t call_io(struct sut *s, int h, void *bytes, size_t n, bool is_send)
{
	struct sut_iovec v = { bytes, n };
	struct sut_msg m = { .iov = &v, .n_iov = 1 };

	return is_send ? sut_sendmsg(s, h, &m, 0x4000) : sut_recvmsg(s, h, &m, 0);
}

static bool flow_send(struct sut_pair *p, struct flow *f)
{
	uint8_t bytes[5000];
	uint32_t n = 1 + (uint32_t)(sut_pair_random(p) % sizeof(bytes));
	int64_t rc;

	if (f->is_shut)
		return false;
	if (f->sent == f->total) {
		f->is_shut = true;
		ck_assert_int_eq(sut_shutdown(p->host[f->from].s, f->h_from, 1), 0);
		return true;
	}
	if (n > f->total - f->sent)
		n = f->total - f->sent;
	for (uint32_t i = 0; i < n; i++)
		bytes[i] = flow_byte(f, f->sent + i);
	rc = call_io(p->host[f->from].s, f->h_from, bytes, n, true);
	if (rc == SUT_EAGAIN || rc == SUT_ENOMEM || rc == SUT_ENOBUFS)
		return false;
	sut_must(rc > 0, ": %d", (int)rc);
	f->sent += (uint32_t)rc;
	return true;
}

static bool flow_receive(struct sut_pair *p, struct flow *f)
{
	uint8_t bytes[7000];
	size_t room = 1 + sut_pair_random(p) % sizeof(bytes);
	int64_t rc;

	if (f->is_at_end)
		return false;
	rc = call_io(p->host[!f->from].s, f->h_to, bytes, room, false);
	if (rc == SUT_EAGAIN)
		return false;
	sut_must(rc >= 0, ": %d after %u", (int)rc, f->got);
	if (!rc) {
		ck_assert_uint_eq(f->got, f->total);
		f->is_at_end = true;
	}
	for (int64_t i = 0; i < rc; i++)
		sut_must(bytes[i] == flow_byte(f, f->got + (uint32_t)i), ": byte %u of %u",
			 f->got + (uint32_t)i, f->total);
	f->got += (uint32_t)rc;
	sut_must(f->got <= f->sent);
	return true;
}

/* Without a step in between, as often as something moves; sometimes it dawdles. */
static void flow_run(struct sut_pair *p, struct flow *f, unsigned lazy_percent)
{
	if (!sut_pair_chance(p, lazy_percent)) {
		while (flow_send(p, f))
			;
	}
	if (!sut_pair_chance(p, lazy_percent)) {
		while (flow_receive(p, f))
			;
	}
}

/* Both sides of the pair do Fast Open: is that what the variant wants? */
static bool is_fast(const struct sut_pair *p)
{
	char text[20];

	ck_assert_int_eq(sut_sysctl_get(p->host[1].s, "net.ipv4.tcp_fastopen", text, sizeof(text)), 0);
	return strcmp(text, "1") != 0;
}

enum { KEY_TO_CLIENT = 3, KEY_TO_SERVER = 90, FIRST_BYTES = 3000 };

/* CONNECT by the first bytes; how many the SYN took. */
static uint32_t open_fast(struct sut_pair *p, int h, const struct sut_endpoint *to)
{
	const struct flow f = { .key = KEY_TO_SERVER };
	uint8_t bytes[FIRST_BYTES];
	struct sut_iovec v = { bytes, 1 + (size_t)(sut_pair_random(p) % sizeof(bytes)) };
	struct sut_msg m = { .to = to, .iov = &v, .n_iov = 1 };
	int64_t rc;

	for (uint32_t i = 0; i < v.bytes; i++)
		bytes[i] = flow_byte(&f, i);
	rc = sut_sendmsg(p->host[1].s, h, &m, 0x20004040);
	sut_must(rc > 0 || rc == SUT_EINPROGRESS, ": %d", (int)rc);
	return rc > 0 ? (uint32_t)rc : 0;
}

/* So often is a SYN-ACK sent. */
enum { SYNACKS = 6 };

/* @sent: of the client's data, by the SYN. False: the link has lost each SYN-ACK, or its ACK, which happens
 * once in 100,000 times. */
static bool pair_connect(struct sut_pair *p, int *client, int *server, uint32_t *sent)
{
	int queue = 3;
	struct sut_endpoint at = { sut_local4, 8080 };
	int l = sut_socket(p->host[0].s, 2, 1, 0);
	int64_t rc;

	ck_assert_int_eq(sut_bind(p->host[0].s, l, &at), 0);
	ck_assert_int_eq(sut_listen(p->host[0].s, l, 3), 0);
	*client = sut_socket(p->host[1].s, 2, 1, 0);
	if (is_fast(p)) {
		ck_assert_int_eq(sut_setsockopt(p->host[0].s, l, 6, 23, &queue, sizeof(queue)), 0);
		*sent = open_fast(p, *client, &at);
	} else {
		rc = sut_connect(p->host[1].s, *client, &at);
		ck_assert_int_eq(rc, SUT_EINPROGRESS);
	}
	*server = SUT_EAGAIN;
	for (int i = 0; i < 5000 && *server < 0; i++) {
		if (!sut_pair_step(p)) {
			sut_must(p->n_lost >= SYNACKS);
			return false;
		}
		*server = sut_accept(p->host[0].s, l, 0, NULL);
	}
	ck_assert_msg(*server >= 0, "no connection");
	ck_assert_int_eq(sut_close(p->host[0].s, l), 0);
	return true;
}

static void pair_run(struct sut_pair *p, uint32_t bytes, unsigned lazy_percent, int client,
		     int server, uint32_t sent)
{
	struct flow f[2] = { { .from = 0, .total = bytes, .key = KEY_TO_CLIENT },
			     { .from = 1, .total = sent + bytes / 2, .sent = sent,
			       .key = KEY_TO_SERVER } };
	int64_t steps = 0;

	f[0].h_from = f[1].h_to = server;
	f[1].h_from = f[0].h_to = client;
	while (!f[0].is_at_end || !f[1].is_at_end) {
		flow_run(p, &f[0], lazy_percent);
		flow_run(p, &f[1], lazy_percent);
		sut_check_invariants(p->host[0].s);
		sut_check_invariants(p->host[1].s);
		sut_must(sut_pair_step(p) || (f[0].is_at_end && f[1].is_at_end) || lazy_percent,
			 ": stuck at %u of %u, %u of %u", f[0].got, f[0].total, f[1].got,
			 f[1].total);
		sut_must(++steps < 100000, ": %u of %u, %u of %u", f[0].got, f[0].total, f[1].got,
			 f[1].total);
	}
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(sut_close(p->host[i].s, f[!i].h_to), 0);
	while (sut_pair_step(p))
		sut_must(++steps < 200000);
}

static void pair_transfer(struct sut_pair *p, uint32_t bytes, unsigned lazy_percent)
{
	int client, server;
	uint32_t sent = 0;

	if (pair_connect(p, &client, &server, &sent))
		pair_run(p, bytes, lazy_percent, client, server, sent);
}

static const struct sut_sysctl_setting variant[][3] = {
	{ { "net.ipv4.tcp_sack", "1" }, { "net.ipv4.tcp_timestamps", "1" },
	  { "net.ipv4.tcp_congestion_control", "cubic" } },
	{ { "net.ipv4.tcp_sack", "0" }, { "net.ipv4.tcp_timestamps", "1" },
	  { "net.ipv4.tcp_congestion_control", "reno" } },
	{ { "net.ipv4.tcp_sack", "1" }, { "net.ipv4.tcp_timestamps", "0" },
	  { "net.ipv4.tcp_window_scaling", "0" } },
	{ { "net.ipv4.tcp_sack", "0" }, { "net.ipv4.tcp_timestamps", "0" },
	  { "net.ipv4.tcp_rmem", "4096 9000 9000" } },
	{ { "net.ipv4.tcp_shrink_window", "1" }, { "net.ipv4.tcp_wmem", "4096 8000 8000" },
	  { "net.ipv4.tcp_rmem", "4096 20000 40000" } },
	{ { "net.ipv4.tcp_fastopen", "0x207" }, { "net.ipv4.tcp_timestamps", "1" },
	  { "net.ipv4.tcp_fastopen_blackhole_timeout_sec", "5" } },
	{ { "net.ipv4.tcp_fastopen", "0x207" }, { "net.ipv4.tcp_timestamps", "0" },
	  { "net.ipv4.tcp_sack", "0" } },
};

enum { VARIANTS = sizeof(variant) / sizeof(variant[0]) };

/* SOAK_SEEDS asks for more. */
static uint64_t seeds(void)
{
	const char *more = getenv("SOAK_SEEDS");

	return more ? strtoull(more, NULL, 10) : SEEDS;
}

/* Each pair of profiles has its turn. */
static void choose_profiles(struct sut_pair *p, uint64_t seed)
{
	p->host[0].profile = (enum sut_profile)(seed % SUT_PROFILE_COUNT);
	p->host[1].profile = (enum sut_profile)(seed / SUT_PROFILE_COUNT % SUT_PROFILE_COUNT);
}

START_TEST(test_bad_link)
{
	for (uint64_t seed = 1; seed <= seeds(); seed++) {
		struct sut_pair p = { .delay_ns = 10000000 };

		choose_profiles(&p, seed);
		sut_pair_start(&p, seed, variant[_i], 3);
		p.jitter_ns = (int64_t)(sut_pair_random(&p) % 30) * 1000000;
		p.loss_percent = (unsigned)(sut_pair_random(&p) % 12);
		p.dup_percent = (unsigned)(sut_pair_random(&p) % 6);
		pair_transfer(&p, 1 + (uint32_t)(sut_pair_random(&p) % 60000),
			      seed % 3 ? 0 : 40);
		sut_pair_stop(&p);
	}
}
END_TEST

/* A clean link: nothing may be sent twice. */
START_TEST(test_good_link)
{
	struct sut_pair p = { .delay_ns = 10000000 };
	int64_t again;

	choose_profiles(&p, (uint64_t)(_i / VARIANTS));
	sut_pair_start(&p, 5, variant[_i % VARIANTS], 3);
	pair_transfer(&p, 400000, 0);
	again = sut_counter(p.host[0].s, "TcpRetransSegs") +
		sut_counter(p.host[1].s, "TcpRetransSegs");
	ck_assert_int_eq(again, 0);
	sut_pair_stop(&p);
}
END_TEST

/* Memory that fails now and then costs time, never data. */
START_TEST(test_failing_memory)
{
	for (uint64_t seed = 1; seed <= SEEDS_FAILING; seed++) {
		struct sut_pair p = { .delay_ns = 10000000, .loss_percent = 1 };

		choose_profiles(&p, seed);
		sut_pair_start(&p, seed, variant[_i], 3);
		p.host[0].fail_at = p.host[0].allocations + 20 + (int64_t)(seed % 97);
		p.host[1].fail_at = p.host[1].allocations + 20 + (int64_t)(seed % 89);
		pair_transfer(&p, 30000, 0);
		sut_pair_stop(&p);
	}
}
END_TEST

/* Same seed, same bytes. */
static uint64_t transfer_digest(uint64_t seed)
{
	struct sut_pair p = { .delay_ns = 5000000, .jitter_ns = 9000000, .loss_percent = 5 };
	uint64_t digest;

	sut_pair_start(&p, seed, variant[0], 3);
	pair_transfer(&p, 50000, 10);
	digest = (uint64_t)p.now_ns * 31 + (uint64_t)p.n_sent * 17 + p.rng;
	sut_pair_stop(&p);
	return digest;
}

START_TEST(test_deterministic)
{
	for (uint64_t seed = 1; seed < 20; seed++)
		ck_assert_uint_eq(transfer_digest(seed), transfer_digest(seed));
	ck_assert_uint_ne(transfer_digest(1), transfer_digest(2));
}
END_TEST

/* ---- through the wrap of the sequence space, both ways at once ---- */

static uint32_t first_number(struct sut_pair *p, int i)
{
	const struct tcb *t = p->host[i].s->tcp->all;

	while (t->c.state == SUT_LISTEN)
		t = t->all_next;
	return t->iss;
}

/* An initial number counts a clock of 64 ns: so the clock decides where it lies. */
static int64_t offset_for(uint32_t iss, uint32_t want)
{
	return (int64_t)(uint32_t)(want - iss) * 64;
}

START_TEST(test_wrap)
{
	static const uint32_t starts[] = { 0xffffffff, 0xfffffffe, 0xffff0000, 0xffffd000,
					   0x7fffff00 };
	struct sut_pair p = { .delay_ns = 10000000 };
	int client, server;
	uint32_t sent = 0;

	sut_pair_start(&p, 9, variant[0], 3);
	ck_assert(pair_connect(&p, &client, &server, &sent));
	p.offset_ns[0] = offset_for(first_number(&p, 0), starts[_i]);
	p.offset_ns[1] = offset_for(first_number(&p, 1), starts[_i]);
	sut_pair_stop(&p);
	p.air = NULL;
	p.n_sent = p.n_lost = 0;
	for (int i = 0; i < 2; i++)
		p.host[i] = (struct sut_host){ 0 };
	sut_pair_start(&p, 9, variant[0], 3);
	ck_assert(pair_connect(&p, &client, &server, &sent));
	ck_assert_uint_eq(first_number(&p, 0), starts[_i]);
	ck_assert_uint_eq(first_number(&p, 1), starts[_i]);
	p.loss_percent = 4;
	p.jitter_ns = 15000000;
	pair_run(&p, 100000, 0, client, server, 0);
	sut_pair_stop(&p);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sut_tcp_pair");
	TCase *tc = tcase_create("pair");

	tcase_set_timeout(tc, 60 + (double)seeds() / 100);
	tcase_add_loop_test(tc, test_bad_link, 0, VARIANTS);
	tcase_add_loop_test(tc, test_good_link, 0,
			    VARIANTS * SUT_PROFILE_COUNT * SUT_PROFILE_COUNT);
	tcase_add_loop_test(tc, test_failing_memory, 0, VARIANTS);
	tcase_add_loop_test(tc, test_wrap, 0, 5);
	tcase_add_test(tc, test_deterministic);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
