/* SPDX-License-Identifier: BSD-2-Clause */
#include "sut_invariant.h"
#include "sut_script.h"
#include "unit.h"

/* Memory that fails at every place, and peers that send anything. */

/* ---- allocation failure ---- */

/* A connection's life; results do not matter, only that it ends. */
static void live_through(struct sut_peer *p)
{
	struct sut_endpoint local = { sut_local(4), p->local_port };
	struct sut *s = p->host.s;
	int l = sut_socket(s, 2, 1, 0), c;
	uint8_t bytes[4000];

	sut_bind(s, l, &local);
	sut_listen(s, l, 2);
	sut_feed_text(p, "S 0:0(0) win 32792 <mss 1000,sackOK,ts 5 0,ws 3>");
	sut_next(p);
	sut_feed_text(p, ". 1:1(0) ack 1 win 9000 <ts 6 1>");
	c = sut_accept(s, l, 0, NULL);
	sut_feed_text(p, "P. 1:101(100) ack 1 win 9000 <ts 6 1>");
	sut_feed_text(p, "P. 301:401(100) ack 1 win 9000 <ts 6 1>");
	sut_feed_text(p, "P. 201:251(50) ack 1 win 9000 <ts 6 1>");
	sut_feed_text(p, "P. 51:351(300) ack 1 win 9000 <ts 6 1>");
	sut_read(p, c, bytes, sizeof(bytes), 0);
	sut_write(p, c, NULL, 20000, 0x4000);
	sut_feed_text(p, ". 401:401(0) ack 1 win 9000 <ts 6 1,sack 1500-4000>");
	sut_feed_text(p, ". 401:401(0) ack 1 win 9000 <ts 6 1,sack 5001-8001>");
	sut_wait_ms(p, 500);
	sut_check_invariants(s);
	sut_feed_text(p, ". 401:401(0) ack 5001 win 9000 <ts 7 1>");
	sut_check_invariants(s);
	sut_close(s, c);
	sut_wait_ms(p, 3000);
	sut_feed_text(p, "F. 401:401(0) ack 20002 win 9000 <ts 8 1>");
	sut_wait_ms(p, 200);
	sut_close(s, l);
	sut_wait_ms(p, 2000000);
}

static void active_life(struct sut_peer *p)
{
	struct sut_endpoint local = { sut_local(4), 9000 }, remote = { sut_remote(4), 9001 };
	struct sut *s = p->host.s;
	int c = sut_socket(s, 2, 1, 0);

	p->local_port = 9000;
	p->remote_port = 9001;
	p->knows_isn = false;
	sut_bind(s, c, &local);
	sut_connect(s, c, &remote);
	while (strcmp(sut_next(p), "-"))
		;
	sut_feed_text(p, "S 0:0(0) win 32792 <mss 1000,sackOK>");
	sut_feed_text(p, "S. 0:0(0) ack 1 win 32792 <mss 1000,sackOK>");
	sut_write(p, c, NULL, 3000, 0x4000);
	sut_shutdown(s, c, 1);
	sut_feed_text(p, "F. 1:1(0) ack 3002 win 32792");
	sut_wait_ms(p, 100000);
	sut_close(s, c);
	sut_wait_ms(p, 2000000);
}

static bool fail_at(int64_t n, bool and_after, enum sut_profile profile, int64_t *total)
{
	static struct sut_peer p;

	memset(&p, 0, sizeof(p));
	p.host.profile = profile;
	p.host.fail_at = n;
	p.host.fail_on = and_after;
	sut_peer_start(&p, true);
	if (p.host.s) {
		live_through(&p);
		active_life(&p);
	}
	*total = p.host.allocations;
	sut_peer_stop(&p);
	return n <= *total;
}

START_TEST(test_allocation)
{
	int64_t total = 0, n = 1;

	while (fail_at(n, _i % 2, (enum sut_profile)(_i / 2), &total))
		n++;
	ck_assert_int_gt(n, 30);
}
END_TEST

/* ---- segments of every kind ---- */

static uint32_t draw(uint64_t *rng, uint32_t below)
{
	*rng = *rng * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(*rng >> 33) % below;
}

/* Mostly near what matters, sometimes anywhere. */
static uint32_t near(uint64_t *rng, uint32_t what)
{
	switch (draw(rng, 6)) {
	case 0:
		return what;
	case 1:
		return what + 1;
	case 2:
		return what - 1;
	case 3:
		return what + draw(rng, 5000);
	case 4:
		return what - draw(rng, 5000);
	default:
		return draw(rng, UINT32_MAX);
	}
}

static const uint8_t usual_flags[] = { 0x10, 0x10, 0x10, 0x18, 0x11, 0x02, 0x12, 0x04, 0x14, 0x30 };

static void feed_anything(struct sut_peer *p, const struct tcb *t, uint64_t *rng)
{
	uint8_t h[60] = { 0 };
	size_t n = 20 + 4 * draw(rng, 11);
	uint8_t flags = draw(rng, 5) ? usual_flags[draw(rng, sizeof(usual_flags))]
				     : (uint8_t)draw(rng, 256);

	sut_put16(h, p->remote_port);
	sut_put16(h + 2, p->local_port);
	sut_put32(h + 4, near(rng, t ? t->rcv_nxt : 0));
	sut_put32(h + 8, near(rng, t ? t->nxt : 0));
	sut_put16(h + 12, (unsigned)(n / 4) << 12 | flags);
	sut_put16(h + 14, draw(rng, 3) ? 30000 : draw(rng, 65536));
	sut_put16(h + 18, draw(rng, 3) ? 0 : draw(rng, 2000));
	for (size_t i = 20; i < n; i++)
		h[i] = (uint8_t)(draw(rng, 3) ? draw(rng, 12) : draw(rng, 256));
	/* Now and then a SACK block that could be true. */
	if (n >= 32 && t && !draw(rng, 3)) {
		memcpy(h + 20, "\1\1\5\12", 4);
		sut_put32(h + 24, near(rng, t->una));
		sut_put32(h + 28, near(rng, t->nxt));
	}
	sut_feed_segment(p, h, n, sut_be32(h + 4) - p->isn_peer,
			 draw(rng, 2) ? draw(rng, 3000) : 0);
}

static struct tcb *any_connection(const struct sut *s)
{
	struct tcb *t = s->tcp->all;

	while (t && t->c.state == SUT_LISTEN)
		t = t->all_next;
	return t;
}

static void act(struct sut_peer *p, int c, uint64_t *rng)
{
	uint8_t bytes[3000];
	int64_t n;

	switch (draw(rng, 12)) {
	case 0:
	case 1:
		sut_write(p, c, NULL, draw(rng, 9000), draw(rng, 4) ? 0x4000 : 0xc001);
		break;
	case 2:
	case 3:
		n = sut_read(p, c, bytes, sizeof(bytes), draw(rng, 5) ? 0 : (int)draw(rng, 4));
		(void)n;
		break;
	case 4:
		if (!draw(rng, 40))
			sut_shutdown(p->host.s, c, (int)draw(rng, 3));
		break;
	case 5:
	case 6:
		sut_wait_ms(p, (int64_t)draw(rng, 400));
		break;
	default:
		break;
	}
}

/* A connection of which the peer has sent a SYN with data, and nothing else. */
static int half_open(struct sut_peer *p, const char *opts)
{
	int queue = 5, l = sut_listener(p, 5), h;

	ck_assert_int_eq(sut_sysctl_set(p->host.s, "net.ipv4.tcp_fastopen", "0x207"), 0);
	ck_assert_int_eq(sut_setsockopt(p->host.s, l, 6, 23, &queue, sizeof(queue)), 0);
	sut_feed_tcp(p, "S 0:300(300) win 3000 <%s>", opts);
	ck_assert_ptr_nonnull(strstr(sut_next(p), " ack 301 "));
	h = sut_accept(p->host.s, l, 0, NULL);
	ck_assert_int_ge(h, 0);
	return h;
}

START_TEST(test_anything)
{
	static const char *const offers[] = { "mss 1000,sackOK,ws 2", "mss 500,sackOK,ts 1 0,ws 9",
					      "mss 1400" };
	static struct sut_peer p;
	uint64_t rng = (uint64_t)_i * 7919 + 1;

	for (int life = 0; life < 30; life++) {
		int c;

		memset(&p, 0, sizeof(p));
		p.host.profile = (enum sut_profile)(life / 2 % SUT_PROFILE_COUNT);
		sut_peer_start(&p, life % 2);
		c = _i % 4 ? sut_passive(&p, offers[life % 3], 3000, 20)
			   : half_open(&p, offers[life % 3]);
		for (int i = 0; i < 150; i++) {
			act(&p, c, &rng);
			feed_anything(&p, any_connection(p.host.s), &rng);
			sut_check_invariants(p.host.s);
		}
		sut_close(p.host.s, c);
		sut_wait_ms(&p, 1000);
		sut_check_invariants(p.host.s);
		sut_peer_stop(&p);
	}
}
END_TEST

/* A peer that never answers: everything ends by itself, and nothing is left. */
START_TEST(test_everything_ends)
{
	static struct sut_peer p;
	int c, most = 0;

	memset(&p, 0, sizeof(p));
	p.host.profile = (enum sut_profile)(_i / 2);
	sut_peer_start(&p, true);
	c = _i % 2 ? sut_passive(&p, "mss 1000,sackOK,ws 2", 3000, 20)
		   : half_open(&p, "mss 1000,sackOK,ws 2");
	sut_write(&p, c, NULL, 50000, 0x4000);
	sut_close(p.host.s, c);
	while (sut_next_deadline(p.host.s) != INT64_MAX) {
		sut_advance(p.host.s, sut_next_deadline(p.host.s));
		while (strcmp(sut_next(&p), "-"))
			;
		ck_assert_int_lt(++most, 1000);
	}
	ck_assert_ptr_null(any_connection(p.host.s));
	sut_peer_stop(&p);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sut_tcp_hostile");
	TCase *tc = tcase_create("hostile");

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, test_allocation, 0, 2 * SUT_PROFILE_COUNT);
	tcase_add_loop_test(tc, test_anything, 0, 60);
	tcase_add_loop_test(tc, test_everything_ends, 0, 2 * SUT_PROFILE_COUNT);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
