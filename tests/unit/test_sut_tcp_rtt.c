/* SPDX-License-Identifier: BSD-2-Clause */
#include "sut_script.h"
#include "unit.h"

/* Round-trip time, and the figures that TCP_INFO makes of a connection. */

/* Samples one after the other, and what each leaves; linux-tcp 7.1 worked by hand. */
static const struct {
	int64_t sample_us;
	uint32_t srtt8_us, mdev_us, rttvar_us, rto_ms;
} rtt_rows[] = {
	{ 10000, 80000, 20000, 200000, 210 },
	{ 20000, 90000, 25000, 200000, 212 },      /* 11250 us, rounded up */
	{ 5000, 83750, 25000, 200000, 211 },       /* better, but within the deviation */
	{ 1000, 74282, 25402, 200000, 210 },       /* far better: counts an eighth */
	{ 900000, 964997, 909767, 909767, 1031 },
};

START_TEST(test_estimator)
{
	static struct sut_peer p;
	struct tcb *t;

	sut_peer_start(&p, true);
	t = tcb_new(p.host.s, 4);
	ck_assert_ptr_nonnull(t);
	ck_assert_int_eq(t->rtt.rto_ns, 1000 * (int64_t)SUT_MS);
	for (size_t i = 0; i < ARRAY_LEN(rtt_rows); i++) {
		rtt_sample(t, rtt_rows[i].sample_us);
		rtt_set_rto(t);
		ck_assert_uint_eq(t->rtt.srtt8_us, rtt_rows[i].srtt8_us);
		ck_assert_uint_eq(t->rtt.mdev_us, rtt_rows[i].mdev_us);
		ck_assert_uint_eq(t->rtt.rttvar_us, rtt_rows[i].rttvar_us);
		ck_assert_int_eq(t->rtt.rto_ns, rtt_rows[i].rto_ms * (int64_t)SUT_MS);
	}
	sut_peer_stop(&p);
}
END_TEST

/* Once per round trip the variance comes down by a quarter of what it is too high. */
START_TEST(test_variance_decays)
{
	static struct sut_peer p;
	struct tcb *t;

	sut_peer_start(&p, true);
	t = tcb_new(p.host.s, 4);
	ck_assert_ptr_nonnull(t);
	rtt_sample(t, 400000);
	ck_assert_uint_eq(t->rtt.rttvar_us, 800000);
	t->una = t->rtt.rtt_seq + 1;
	t->nxt = t->una + 10;
	t->rtt.mdev_max_us = 200000;
	t->rtt.mdev_us = 100000;
	rtt_sample(t, 400000);
	ck_assert_uint_eq(t->rtt.rttvar_us, 650000);
	ck_assert_uint_eq(t->rtt.rtt_seq, t->nxt);
	sut_peer_stop(&p);
}
END_TEST

/* The minimum of the last five minutes. */
START_TEST(test_minimum)
{
	static struct sut_peer p;
	struct tcb *t;

	sut_peer_start(&p, true);
	t = tcb_new(p.host.s, 4);
	ck_assert_ptr_nonnull(t);
	ck_assert_uint_eq(rtt_min_us(t), UINT32_MAX);
	rtt_min_update(t, 5000);
	rtt_min_update(t, 9000);
	ck_assert_uint_eq(rtt_min_us(t), 5000);
	sut_wait_ms(&p, 200000);
	rtt_min_update(t, 8000);
	ck_assert_uint_eq(rtt_min_us(t), 5000);
	sut_wait_ms(&p, 101000);
	rtt_min_update(t, 9000);
	ck_assert_uint_eq(rtt_min_us(t), 8000);
	rtt_min_update(t, 0);
	ck_assert_uint_eq(rtt_min_us(t), 1);
	sut_peer_stop(&p);
}
END_TEST

#define OPEN(win)                                                                                  \
	"listen 1|< S 0:0(0) win 32792 <mss 1000,sackOK>|> S. 0:0(0) ack 1 <mss 1460,sackOK>|"     \
	"wait 10|< . 1:1(0) ack 1 win " #win "|accept|"

static const struct {
	const char *name, *lines;
} info_rows[] = {
	{ "after the handshake", OPEN(9000) "info 8 = 210000|info 68 = 10000|info 72 = 5000|"
	  "info 76 = 2147483647|info 80 = 10|info 84 = 1460|info 88 = 3|info 16 = 1000|"
	  "info 20 = 536|info 136 = 0|info 140 = 2|info 120 = 0|info 192 = 1|info 228 = 9000" },
	{ "active", "sysctl net.ipv4.tcp_timestamps 0|connect = -115|"
	  "> S 0:0(0) <mss 1460,sackOK,ws 8>|wait 10|< S. 0:0(0) ack 1 win 9000 <mss 1000>|"
	  "> . 1:1(0) ack 1|info 136 = 2|info 140 = 1|info 120 = 1|info 192 = 1|info 68 = 10000" },
	{ "in SYN-SENT", "connect = -115|info 16 = 524|info 24 = 1|info 80 = 10" },
	{ "data out", OPEN(9000) "write 2500 = 2500|info 24 = 3|info 144 = 0|info 156 = 3|"
	  "info 200 = 2500|wait 10|< . 1:1(0) ack 2501 win 9000|info 24|info 120 = 2500|"
	  "info 192 = 4|info 160 = 300000" },
	{ "retransmitted", OPEN(9000) "write 500 = 500|wait 211|info 100 = 1|info 208 = 500" },
	{ "data in", OPEN(9000) "< P. 1:101(100) ack 1 win 9|info 128 = 100|info 152 = 1|wait 7|"
	  "info 52 = 7|< P. 301:401(100) ack 1 win 9|info 224 = 1|info 128 = 100" },
	{ "limited by the window", OPEN(0) "write 500 = 500|wait 150|info 176 = 150000|"
	  "info 168 = 150000|< . 1:1(0) ack 1 win 9000|wait 50|info 176 = 150000|info 168 = 200000|"
	  "< . 1:1(0) ack 501 win 9000|wait 50|info 168 = 200000" },
	{ "limited by the buffer", OPEN(9000) "opt 1 7 2304|write 90000 = 6000|"
	  "write 9 = -11|poll 0" },
};

START_TEST(test_info)
{
	sut_run(info_rows[_i].name, 4, info_rows[_i].lines);
}
END_TEST

/* [RFC6937 3], and the worked example of a single loss among ten. */
static const struct {
	uint32_t ssthresh, out, delivered, prr_out, prior_cwnd;
	bool has_una_moved;
	uint32_t newly_lost, cwnd;
} prr_rows[] = {
	{ 7, 6, 1, 0, 10, false, 1, 7 },       /* the worked example */
	{ 7, 6, 1, 1, 10, false, 0, 7 },
	{ 7, 9, 1, 0, 10, false, 1, 10 },      /* above: in proportion, at least one at first */
	{ 7, 9, 1, 1, 10, false, 0, 9 },       /* ceil(7/10) - 1 */
	{ 10, 4, 2, 2, 20, true, 0, 7 },       /* progress: one more than was delivered */
	{ 10, 4, 2, 2, 20, true, 1, 6 },       /* but not with a new loss */
	{ 10, 9, 5, 0, 20, true, 0, 10 },      /* never beyond ssthresh */
};

START_TEST(test_prr)
{
	struct tcb t = { .ssthresh = prr_rows[_i].ssthresh, .packets_out = prr_rows[_i].out,
			 .prr_out = prr_rows[_i].prr_out, .prior_cwnd = prr_rows[_i].prior_cwnd };

	prr_on_ack(&t, prr_rows[_i].delivered, prr_rows[_i].has_una_moved, prr_rows[_i].newly_lost);
	ck_assert_uint_eq(t.cwnd, prr_rows[_i].cwnd);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sut_tcp_rtt");
	TCase *tc = tcase_create("rtt");

	tcase_add_test(tc, test_estimator);
	tcase_add_test(tc, test_variance_decays);
	tcase_add_test(tc, test_minimum);
	tcase_add_loop_test(tc, test_info, 0, (int)ARRAY_LEN(info_rows));
	tcase_add_loop_test(tc, test_prr, 0, (int)ARRAY_LEN(prr_rows));
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
