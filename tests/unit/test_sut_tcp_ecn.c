/* SPDX-License-Identifier: BSD-2-Clause */
#include "sut_script.h"
#include "unit.h"

/* Explicit congestion notification [RFC3168]: who agrees, what is marked, what a mark does. */

#define ALLOW(n) "sysctl net.ipv4.tcp_ecn " #n "|"
#define RENO "sysctl net.ipv4.tcp_congestion_control reno|"
#define NO_TS "sysctl net.ipv4.tcp_timestamps 0|"
#define SYN "S 0:0(0) <mss 1460,sackOK,ws 8>|"
#define OFFER "SEW 0:0(0) <mss 1460,sackOK,ws 8>|"
#define CONNECT NO_TS "connect = -115|> "

/* RTT 100 ms, MSS 1000, no options; ECN agreed. */
#define OPEN "listen 1|< SEW 0:0(0) win 32792 <mss 1000>|> SE. 0:0(0) ack 1 <mss 1460>|wait 100|" \
	     "< . 1:1(0) ack 1 win 32792|accept|"
#define SERVER ALLOW(2) RENO OPEN
#define SACKS ALLOW(2) RENO "listen 1|< SEW 0:0(0) win 32792 <mss 1000,sackOK>|" \
	      "> SE. 0:0(0) ack 1 <mss 1460,sackOK>|wait 100|< . 1:1(0) ack 1 win 32792|accept|"
#define CLIENT ALLOW(1) CONNECT OFFER
#define TEN "write 10000 = 10000|> P. 1:2001(2000) ack 1 [ect0]|" \
	    "> P. 2001:4001(2000) ack 1 [ect0]|> P. 4001:6001(2000) ack 1 [ect0]|" \
	    "> P. 6001:8001(2000) ack 1 [ect0]|> P. 8001:10001(2000) ack 1 [ect0]|> -|"
/* As many as are acknowledged at once in the beginning. */
#define IN(from, to) "< P. " #from ":" #to "(100) ack 1 win 9000 [ect0]|> . 1:1(0) ack " #to "|"
#define SIXTEEN IN(1, 101) IN(101, 201) IN(201, 301) IN(301, 401) IN(401, 501) IN(501, 601) \
	IN(601, 701) IN(701, 801) IN(801, 901) IN(901, 1001) IN(1001, 1101) IN(1101, 1201)  \
	IN(1201, 1301) IN(1301, 1401) IN(1401, 1501) IN(1501, 1601)
/* TCP_INFO; the options are the second byte of the second word. */
#define STATE_OPEN "info 0 = 1|"
#define STATE_CWR "info 0 = 513|"       /* ESTABLISHED, ca_state 2 */
#define OPTIONS(n) "info 4 = " #n "|"
#define SSTHRESH(n) "info 76 = " #n "|"
#define DELIVERED_CE(n) "info 196 = " #n "|"

struct row {
	const char *name, *lines;
};

static const struct row handshake_rows[] = {
	{ "no offer unless told", ALLOW(0) CONNECT SYN },
	{ "nor by default", ALLOW(2) CONNECT SYN },
	{ "an offer that is accepted", CLIENT "< SE. 0:0(0) ack 1 win 9000 <mss 1000>|"
	  "> . 1:1(0) ack 1|write 100 = 100|> P. 1:101(100) ack 1 [ect0]" },
	{ "refused", CLIENT "< S. 0:0(0) ack 1 win 9000 <mss 1000>|> . 1:1(0) ack 1|"
	  "write 100 = 100|> P. 1:101(100) ack 1" },
	{ "mirrored", CLIENT "< SEW. 0:0(0) ack 1 win 9000 <mss 1000>|> . 1:1(0) ack 1|"
	  "write 100 = 100|> P. 1:101(100) ack 1" },
	{ "the wrong one of two", CLIENT "< SW. 0:0(0) ack 1 win 9000 <mss 1000>|> . 1:1(0) ack 1|"
	  "write 100 = 100|> P. 1:101(100) ack 1" },
	{ "unasked", ALLOW(2) CONNECT SYN "< SE. 0:0(0) ack 1 win 9000 <mss 1000>|"
	  "> . 1:1(0) ack 1|write 100 = 100|> P. 1:101(100) ack 1" },
	{ "a SYN again makes no offer", CLIENT "+1000 > " SYN "+1000 > " SYN },
	{ "but may be told to", "sysctl net.ipv4.tcp_ecn_fallback 0|" CLIENT "+1000 > " OFFER
	  "+1000 > " OFFER },
	{ "the first offer counts after it", CLIENT "+1000 > " SYN
	  "< SE. 0:0(0) ack 1 win 9000 <mss 1000>|> . 1:1(0) ack 1|write 100 = 100|"
	  "> PW. 1:101(100) ack 1 [ect0]" },
	{ "a new attempt offers again", CLIENT "+1000 > " SYN "< R. 0:0(0) ack 1 win 0|error = 111|"
	  "connect = -103|connect = -115|> " OFFER },
	{ "servers", ALLOW(2) OPEN "write 100 = 100|> P. 1:101(100) ack 1 [ect0]" },
	{ "servers that offer, too", ALLOW(1) OPEN "write 100 = 100|> P. 1:101(100) ack 1 [ect0]" },
	{ "servers without it", ALLOW(0) "listen 1|< SEW 0:0(0) win 9|> S. 0:0(0) ack 1 <mss 1460>" },
	{ "half an offer", ALLOW(2) "listen 1|< SE 0:0(0) win 9|> S. 0:0(0) ack 1 <mss 1460>" },
	{ "the other half", ALLOW(2) "listen 1|< SW 0:0(0) win 9|> S. 0:0(0) ack 1 <mss 1460>" },
	{ "a capable SYN", ALLOW(2) "listen 1|< SEW 0:0(0) win 9 [ect0]|"
			   "> S. 0:0(0) ack 1 <mss 1460>" },
	{ "a SYN-ACK again", ALLOW(2) "listen 1|< SEW 0:0(0) win 9|> SE. 0:0(0) ack 1 <mss 1460>|"
			     "+1000 > SE. 0:0(0) ack 1 <mss 1460>" },
	{ "crossing offers", CLIENT "< SEW 0:0(0) win 9000 <mss 1000>|"
	  "> SE. 0:0(0) ack 1 <mss 1460,sackOK,ws 8>|< SE. 0:0(0) ack 1 win 9000 <mss 1000>|"
	  "> . 1:1(0) ack 1|write 100 = 100|> P. 1:101(100) ack 1 [ect0]" },
	{ "an offer crosses none", CLIENT "< S 0:0(0) win 9000 <mss 1000>|"
	  "> S. 0:0(0) ack 1 <mss 1460,sackOK,ws 8>" },
	{ "an ECHO in SYN-SENT reduces nothing", CLIENT "< SE. 0:0(0) ack 1 win 9000 <mss 1000>|"
	  "> . 1:1(0) ack 1|info 0 = 1" },
};

static const struct row receive_rows[] = {
	{ "a mark is echoed until CWR", SERVER "< P. 1:1001(1000) ack 1 win 9000 [ce]|"
	  "> E. 1:1(0) ack 1001|< P. 1001:2001(1000) ack 1 win 9000 [ect0]|"
	  "> E. 1:1(0) ack 2001|< PW. 2001:3001(1000) ack 1 win 9000 [ect0]|> . 1:1(0) ack 3001" },
	{ "on data as well", SERVER "< P. 1:1001(1000) ack 1 win 9000 [ce]|> E. 1:1(0) ack 1001|"
	  "write 100 = 100|> PE. 1:101(100) ack 1001 [ect0]" },
	{ "on a FIN", SERVER "< P. 1:1001(1000) ack 1 win 9000 [ce]|> E. 1:1(0) ack 1001|"
		      "shutdown 1|> FE. 1:1(0) ack 1001" },
	{ "CWR on a marked segment", SERVER "< P. 1:1001(1000) ack 1 win 9000 [ce]|"
	  "> E. 1:1(0) ack 1001|< PW. 1001:2001(1000) ack 1 win 9000 [ce]|> E. 1:1(0) ack 2001" },
	{ "CWR on a pure ACK", SERVER "< P. 1:1001(1000) ack 1 win 9000 [ce]|> E. 1:1(0) ack 1001|"
	  "< W. 1001:1001(0) ack 1 win 9000|> -|< P. 1001:2001(1000) ack 1 win 9000 [ect0]|"
	  "> . 1:1(0) ack 2001" },
	{ "ahead of a hole", SERVER "< P. 1001:2001(1000) ack 1 win 9000 [ce]|> E. 1:1(0) ack 1" },
	{ "old data", SERVER "< P. 1:1001(1000) ack 1 win 9000 [ect0]|> . 1:1(0) ack 1001|wait 600|"
	  "< P. 1:1001(1000) ack 1 win 9000 [ce]|> . 1:1(0) ack 1001" },
	{ "a pure ACK", SERVER "< . 1:1(0) ack 1 win 9000 [ce]|> -|write 100 = 100|"
		       "> P. 1:101(100) ack 1 [ect0]" },
	{ "not agreed", ALLOW(0) "listen 1|< SEW 0:0(0) win 9|> S. 0:0(0) ack 1 <mss 1460>|"
	  "< . 1:1(0) ack 1 win 9|accept|< P. 1:1001(1000) ack 1 win 9000 [ce]|"
	  "> . 1:1(0) ack 1001|" OPTIONS(0) },
	{ "the first mark is not made to wait", SERVER "opt 6 12 0|"
	  "< P. 1:101(100) ack 1 win 9000 [ect0]|> -|< P. 101:201(100) ack 1 win 9000 [ce]|"
	  "> E. 1:1(0) ack 201" },
	{ "nor is CWR", SERVER "< P. 1:101(100) ack 1 win 9000 [ce]|> E. 1:1(0) ack 101|"
	  "opt 6 12 0|< PW. 101:201(100) ack 1 win 9000 [ect0]|> . 1:1(0) ack 201" },
	{ "nor unmarked data after marked", SERVER "< P. 1:101(100) ack 1 win 9000 [ect0]|"
	  "> . 1:1(0) ack 101|opt 6 12 0|< P. 101:201(100) ack 1 win 9000|> . 1:1(0) ack 201" },
	{ "two quick ACKs for a mark", SERVER SIXTEEN "< P. 1601:1701(100) ack 1 win 9000 [ect0]|> -|"
	  "< P. 1701:1801(100) ack 1 win 9000 [ce]|> E. 1:1(0) ack 1801|"
	  "< P. 1801:1901(100) ack 1 win 9000 [ect0]|> E. 1:1(0) ack 1901|"
	  "< P. 1901:2001(100) ack 1 win 9000 [ect0]|> -" },
	{ "TCP_INFO", SERVER OPTIONS(2048) "< P. 1:101(100) ack 1 win 9000 [ect0]|"
		      OPTIONS(6144) },
};

/* The figures of these were seen on Linux 6.18. */
static const struct row send_rows[] = {
	{ "one reduction in a window", SACKS TEN "wait 100|write 20000 = 20000|"
	  "< E. 1:1(0) ack 1001 win 32792|" STATE_CWR SSTHRESH(5) DELIVERED_CE(1)
	  "> W. 10001:11001(1000) ack 1 [ect0]|wait 1|"
	  "< E. 1:1(0) ack 2001 win 32792|> -|wait 1|< E. 1:1(0) ack 3001 win 32792|"
	  "> . 11001:12001(1000) ack 1 [ect0]|wait 1|< E. 1:1(0) ack 4001 win 32792|> -|wait 1|"
	  "< E. 1:1(0) ack 5001 win 32792|> . 12001:13001(1000) ack 1 [ect0]|" STATE_CWR SSTHRESH(5)
	  DELIVERED_CE(5) },
	{ "the next window, the next one", SACKS "write 3000 = 3000|"
	  "> P. 1:2001(2000) ack 1 [ect0]|> P. 2001:3001(1000) ack 1 [ect0]|wait 100|< E. 1:1(0) ack 3001 win 32792|" STATE_CWR
	  SSTHRESH(5) DELIVERED_CE(3) "write 3000 = 3000|> PW. 3001:5001(2000) ack 1 [ect0]|"
	  "> P. 5001:6001(1000) ack 1 [ect0]|wait 100|"
	  "< E. 1:1(0) ack 4001 win 32792|" SSTHRESH(2) "info 80 = 3|"
	  "wait 100|< . 1:1(0) ack 6001 win 32792|" STATE_CWR "write 500 = 500|"
	  "> PW. 6001:6501(500) ack 1 [ect0]|wait 100|< . 1:1(0) ack 6501 win 32792|" STATE_OPEN },
	{ "a mark and a loss are one", SACKS TEN "wait 100|write 20000 = 20000|"
	  "< E. 1:1(0) ack 1001 win 32792|> W. 10001:11001(1000) ack 1 [ect0]|" SSTHRESH(5)
	  "wait 10|< E. 1:1(0) ack 1001 win 32792 <sack 2001-5001>|> . 1001:2001(1000) ack 1|"
	  SSTHRESH(5) DELIVERED_CE(4) },
	{ "a time-out tells of its reduction", SERVER "write 1000 = 1000|"
	  "> P. 1:1001(1000) ack 1 [ect0]|+300 > P. 1:1001(1000) ack 1|"
	  "< . 1:1(0) ack 1001 win 32792|write 100 = 100|> PW. 1001:1101(100) ack 1 [ect0]" },
	{ "a window of one", SACKS "write 1000 = 1000|> P. 1:1001(1000) ack 1 [ect0]|"
	  "+300 > P. 1:1001(1000) ack 1|+300 > P. 1:1001(1000) ack 1|< E. 1:1(0) ack 1001 win 32792|" STATE_CWR SSTHRESH(2)
	  "info 80 = 2" },
	{ "cubic", ALLOW(2) OPEN TEN "wait 100|< E. 1:1(0) ack 1001 win 32792|" SSTHRESH(7) },
	{ "nothing out", SERVER "< E. 1:1(0) ack 1 win 32792|" STATE_OPEN DELIVERED_CE(0) },
	{ "not agreed", ALLOW(0) RENO "listen 1|< S 0:0(0) win 32792 <mss 1000>|"
	  "> S. 0:0(0) ack 1 <mss 1460>|< . 1:1(0) ack 1 win 32792|accept|write 500 = 500|"
	  "> P. 1:501(500) ack 1|< E. 1:1(0) ack 501 win 32792|" STATE_OPEN DELIVERED_CE(0) },
	{ "a window probe", SERVER "write 500 = 500|> P. 1:501(500) ack 1 [ect0]|"
	  "< E. 1:1(0) ack 501 win 0|write 500 = 500|+294 > . 500:500(0) ack 1|"
	  "< . 1:1(0) ack 501 win 9000|> PW. 501:1001(500) ack 1 [ect0]" },
	{ "a reset", SERVER "linger 0|close|> R. 1:1(0) ack 1" },
};

SUT_ROW_TEST(handshake_rows)
SUT_ROW_TEST(receive_rows)
SUT_ROW_TEST(send_rows)

/* What nstat shows of four marks, and of an echo that acknowledges one segment. */
START_TEST(marks_are_counted)
{
	static const char *const by_family[2][4] = {
		{ "IpExtInNoECTPkts", "IpExtInECT1Pkts", "IpExtInECT0Pkts", "IpExtInCEPkts" },
		{ "Ip6InNoECTPkts", "Ip6InECT1Pkts", "Ip6InECT0Pkts", "Ip6InCEPkts" },
	};
	static const int want[4] = { 3, 1, 2, 1 };
	struct sut_run *r = malloc(sizeof(*r));

	ck_assert_ptr_nonnull(r);
	sut_run_start(r, "counters", _i ? 6 : 4);
	sut_run_lines(r, SERVER "< P. 1:101(100) ack 1 win 9000 [ect0]|> . 1:1(0) ack 101|"
		      "< P. 101:201(100) ack 1 win 9000 [ect1]|> . 1:1(0) ack 201|"
		      "< P. 201:301(100) ack 1 win 9000 [ce]|> E. 1:1(0) ack 301|write 100 = 100|"
		      "> PE. 1:101(100) ack 301 [ect0]|< E. 301:301(0) ack 101 win 9000|"
		      "< PW. 301:401(100) ack 101 win 9000 [ect0]|> . 101:101(0) ack 401");
	for (size_t i = 0; i < 4; i++)
		ck_assert_int_eq(sut_counter(r->p.host.s, by_family[_i][i]), want[i]);
	ck_assert_int_eq(sut_counter(r->p.host.s, "TcpExtTCPDeliveredCE"), 1);
	sut_run_stop(r);
	free(r);
}
END_TEST

#define ADD_ROWS(tc, table) \
	tcase_add_loop_test(tc, test_##table, 0, (int)(sizeof(table) / sizeof(table[0])))

int main(void)
{
	Suite *suite = suite_create("sut_tcp_ecn");
	TCase *tc = tcase_create("ecn");

	ADD_ROWS(tc, handshake_rows);
	ADD_ROWS(tc, receive_rows);
	ADD_ROWS(tc, send_rows);
	tcase_add_loop_test(tc, marks_are_counted, 0, 2);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
