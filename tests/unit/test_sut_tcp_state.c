/* SPDX-License-Identifier: BSD-2-Clause */
#include "sut_script.h"
#include "unit.h"

/* The eleven states, each with every kind of segment and call that the RFC names for it. */

#define OPEN "listen 1|< S 0:0(0) win 1000 <mss 1000>|> S. 0:0(0) ack 1 <mss 1460>|wait 10|" \
	     "< . 1:1(0) ack 1 win 1000|accept|> -|"
#define ACTIVE "sysctl net.ipv4.tcp_timestamps 0|connect = -115|" \
	       "> S 0:0(0) <mss 1460,sackOK,ws 8>|"
#define SYN_RCVD "listen 1|< S 0:0(0) win 1000 <mss 1000>|> S. 0:0(0) ack 1 <mss 1460>|"
#define FIN_WAIT_1 OPEN "shutdown 1|> F. 1:1(0) ack 1|"
#define FIN_WAIT_2 FIN_WAIT_1 "< . 1:1(0) ack 2 win 1000|"
#define CLOSE_WAIT OPEN "< F. 1:1(0) ack 1 win 1000|> . 1:1(0) ack 2|"
#define LAST_ACK CLOSE_WAIT "shutdown 1|> F. 1:1(0) ack 2|"
#define CLOSING FIN_WAIT_1 "< F. 1:1(0) ack 1 win 1000|> . 2:2(0) ack 2|"
#define TIME_WAIT FIN_WAIT_2 "< F. 1:1(0) ack 2 win 1000|> . 2:2(0) ack 2|"

struct row {
	const char *name, *lines;
};

static const struct row closed_rows[] = {
	{ "ACK", "< . 5:5(0) ack 9 win 10|> R 9:9(0)" },
	{ "SYN", "< S 5:5(0) win 10|> R. 0:0(0) ack 6" },
	{ "SYN with data", "< S 5:105(100) win 10|> R. 0:0(0) ack 106" },
	{ "FIN with ACK", "< F. 5:5(0) ack 9 win 10|> R 9:9(0)" },
	{ "data without ACK", "< P 5:15(10) win 10|> R. 0:0(0) ack 15" },
	{ "RST", "< R 5:5(0) win 10|> -" },
	{ "RST with ACK", "< R. 5:5(0) ack 7 win 10|> -" },
};

static const struct row listen_rows[] = {
	{ "SYN", "listen 1|< S 0:0(0) win 1000|> S. 0:0(0) ack 1 <mss 1460>|state SYN_RECEIVED" },
	{ "SYN with data", "listen 1|< S 0:100(100) win 1000|> S. 0:0(0) ack 1 <mss 1460>" },
	{ "signed SYN", "listen 1|< S 0:0(0) win 1000 <md5>|> -|state CLOSED" },
	{ "SYN with FIN", "listen 1|< FS 0:0(0) win 1000|> -|state CLOSED" },
	{ "ACK", "listen 1|< . 5:5(0) ack 9 win 10|> R 9:9(0)" },
	{ "SYN-ACK", "listen 1|< S. 5:5(0) ack 9 win 10|> R 9:9(0)" },
	{ "RST", "listen 1|< R 5:5(0) win 10|> -" },
	{ "nothing at all", "listen 1|< P 5:9(4) win 10|> -" },
	{ "accept when empty", "listen 1|accept = -11" },
	{ "close", "listen 1|close|< S 0:0(0) win 1000|> R. 0:0(0) ack 1" },
	{ "half-open and close", SYN_RCVD "close|quiet 5000|state CLOSED" },
};

static const struct row syn_sent_rows[] = {
	{ "SYN-ACK", ACTIVE "state SYN_SENT|< S. 0:0(0) ack 1 win 500 <mss 1000>|"
		     "> . 1:1(0) ack 1|state ESTABLISHED|connect|connect = -106" },
	{ "SYN", ACTIVE "< S 0:0(0) win 500 <mss 1000>|> S. 0:0(0) ack 1 <mss 1460,sackOK,ws 8>|"
		 "state SYN_RECEIVED|< . 1:1(0) ack 1 win 500|> -|state ESTABLISHED" },
	{ "SYN, SYN-ACK", ACTIVE "< S 0:0(0) win 500 <mss 1000>|"
		  "> S. 0:0(0) ack 1 <mss 1460,sackOK,ws 8>|< S. 0:0(0) ack 1 win 500|"
		  "> . 1:1(0) ack 1|state ESTABLISHED|write 10 = 10|> P. 1:11(10) ack 1" },
	{ "SYN, RST", ACTIVE "< S 0:0(0) win 500|> S. 0:0(0) ack 1 <mss 1460,sackOK,ws 8>|"
	  "< R 1:1(0) win 0|state CLOSED|error = 104" },
	{ "SYN, bad ACK", ACTIVE "< S 0:0(0) win 500|> S. 0:0(0) ack 1 <mss 1460,sackOK,ws 8>|"
	  "< . 1:1(0) ack 7 win 500|> R 7:7(0)|state SYN_RECEIVED" },
	{ "RST with ACK", ACTIVE "< R. 0:0(0) ack 1 win 0|state CLOSED|error = 111" },
	{ "RST without ACK", ACTIVE "< R 0:0(0) win 0|> -|state SYN_SENT" },
	{ "RST with wrong ACK", ACTIVE "< R. 0:0(0) ack 2 win 0|> -|state SYN_SENT" },
	{ "wrong ACK", ACTIVE "< S. 0:0(0) ack 2 win 9|> R 2:2(0)|state SYN_SENT|"
		       "+2 > S 0:0(0) <mss 1460,sackOK,ws 8>" },
	{ "old ACK", ACTIVE "< . 0:0(0) ack 0 win 9|> R 0:0(0)|state SYN_SENT" },
	{ "ACK alone", ACTIVE "< . 0:0(0) ack 1 win 9|> -|state SYN_SENT" },
	{ "FIN", ACTIVE "< F 0:0(0) win 9|> -|state SYN_SENT" },
	{ "send", ACTIVE "write 9 = -11" },
	{ "receive", ACTIVE "read 9 = -11" },
	{ "connect again", ACTIVE "connect = -114" },
	{ "shutdown", ACTIVE "shutdown 1|state CLOSED|quiet 3000" },
	{ "close, late answer", ACTIVE "close|state CLOSED|< S. 0:0(0) ack 1 win 500|> R 1:1(0)" },
	{ "refused, then again", ACTIVE "< R. 0:0(0) ack 1 win 0|connect = -111|"
				 "connect = -115|> S 0:0(0) <mss 1460,sackOK,ws 8>" },
};

static const struct row syn_received_rows[] = {
	{ "ACK", SYN_RCVD "< . 1:1(0) ack 1 win 9|> -|state ESTABLISHED" },
	{ "ACK with data and FIN", SYN_RCVD "< FP. 1:11(10) ack 1 win 9|state CLOSE_WAIT|accept|"
				   "read 20 = 10|read 20" },
	{ "bad ACK", SYN_RCVD "< . 1:1(0) ack 2 win 9|> R 2:2(0)|state SYN_RECEIVED" },
	{ "same SYN", SYN_RCVD "< S 0:0(0) win 1000 <mss 1000>|> S. 0:0(0) ack 1 <mss 1460>" },
	{ "same SYN twice", SYN_RCVD "< S 0:0(0) win 1000|> S. 0:0(0) ack 1 <mss 1460>|"
			    "< S 0:0(0) win 1000|> -" },
	{ "new SYN in window", SYN_RCVD "< S 9:9(0) win 1000|> R. 0:0(0) ack 10|state CLOSED" },
	{ "outside the window", SYN_RCVD "< . 90000:90000(0) ack 1 win 9|> . 1:1(0) ack 1" },
	{ "signed ACK", SYN_RCVD "< . 1:1(0) ack 1 win 9 <md5>|> -|state SYN_RECEIVED" },
	{ "RST", SYN_RCVD "< R 1:1(0) win 0|> -|state CLOSED" },
	{ "RST in window", SYN_RCVD "< R 5:5(0) win 0|> . 1:1(0) ack 1|state SYN_RECEIVED" },
	{ "RST outside", SYN_RCVD "< R 90000:90000(0) win 0|> -|state SYN_RECEIVED" },
	{ "RST before its ACK", SYN_RCVD "< R. 2:2(0) ack 100 win 0|> . 1:1(0) ack 1" },
	{ "no ACK", SYN_RCVD "< P 1:9(8) win 9|> -|state SYN_RECEIVED" },
};

static const struct row established_rows[] = {
	{ "data", OPEN "< P. 1:11(10) ack 1 win 1000|> . 1:1(0) ack 11|read 20 = 10" },
	{ "FIN", CLOSE_WAIT "state CLOSE_WAIT|read 9|poll 0 = 8517" },
	{ "RST", OPEN "< R 1:1(0) win 0|> -|state CLOSED|read 9 = -104|read 9|write 1 = -32" },
	{ "RST in window", OPEN "< R 5:5(0) win 0|> . 1:1(0) ack 1|state ESTABLISHED" },
	{ "RST outside", OPEN "< R 900000:900000(0) win 0|> -|state ESTABLISHED" },
	{ "SYN", OPEN "< S 1:1(0) win 9|> . 1:1(0) ack 1|state ESTABLISHED" },
	{ "signed data", OPEN "< P. 1:11(10) ack 1 win 1000 <md5>|quiet 500|read 20 = -11" },
	{ "signed RST", OPEN "< R 1:1(0) win 0 <md5>|> -|state ESTABLISHED" },
	{ "SYN outside", OPEN "< S 900000:900000(0) win 9|> . 1:1(0) ack 1|state ESTABLISHED" },
	{ "challenges are limited", OPEN "< S 1:1(0) win 9|> . 1:1(0) ack 1|< S 1:1(0) win 9|> -|"
	  "wait 499|< R 5:5(0) win 0|> -|wait 1|< R 5:5(0) win 0|> . 1:1(0) ack 1" },
	{ "ACK of the future", OPEN "< . 1:1(0) ack 9 win 9|> . 1:1(0) ack 1|state ESTABLISHED" },
	{ "ACK of the past", OPEN "< . 1:1(0) ack 4294900000 win 9|> . 1:1(0) ack 1" },
	{ "future ACK with data", OPEN "< P. 1:9(8) ack 9 win 9|> . 1:1(0) ack 1|read 9 = -11" },
	{ "no ACK flag", OPEN "< P 1:9(8) win 9|> -|read 9 = -11" },
	{ "old data", OPEN "< . 1:9(8) ack 1 win 9|> . 1:1(0) ack 9|< . 1:9(8) ack 1 win 9|"
		      "> . 1:1(0) ack 9|read 90 = 8" },
	{ "keep-alive probe", OPEN "< . 0:0(0) ack 1 win 9|> . 1:1(0) ack 1" },
	{ "close", OPEN "close|> F. 1:1(0) ack 1|state FIN_WAIT_1" },
	{ "close with unread data", OPEN "< P. 1:11(10) ack 1 win 1000|> . 1:1(0) ack 11|close|"
	  "> R. 1:1(0) ack 11|state CLOSED" },
	{ "close with linger 0", OPEN "linger 0|close|> R. 1:1(0) ack 1|state CLOSED" },
	{ "close with linger", OPEN "linger 2|close = -11|> F. 1:1(0) ack 1|close = -11|"
	  "< . 1:1(0) ack 2 win 9|close|state FIN_WAIT_2" },
	{ "close with linger, in vain", OPEN "linger 1|close = -11|wait 1000|close" },
	{ "disconnect", OPEN "disconnect|> R. 1:1(0) ack 1|state CLOSED" },
	{ "FIN after data", OPEN "write 500 = 500|close|> P. 1:501(500) ack 1|> F. 501:501(0) ack 1" },
	{ "urgent", OPEN "< .PU 1:11(10) ack 1 win 9 urg 5|> . 1:1(0) ack 11|readoob = 1|"
	  "read 99 = 4|discard 99 = 5" },
	{ "urgent again", OPEN "< .PU 1:11(10) ack 1 win 9 urg 10|> . 1:1(0) ack 11|readoob = 1|"
	  "read 99 = 9|< .PU 11:21(10) ack 1 win 9 urg 10|> . 1:1(0) ack 21|readoob = 1|"
	  "discard 99 = 9" },
	{ "urgent to come", OPEN "< .U 1:1(0) ack 1 win 9 urg 5|readoob = -11" },
	{ "data of no use to a request", SYN_RCVD "< P. 70001:70101(100) ack 1 win 9|"
	  "> . 1:1(0) ack 1|< P. 70001:70101(100) ack 1 win 9|> . 1:1(0) ack 1|"
	  "< . 70001:70001(0) ack 1 win 9|> . 1:1(0) ack 1|< . 70001:70001(0) ack 1 win 9|> -" },
	{ "shutdown in SYN-RECEIVED", ACTIVE "< S 0:0(0) win 1000 <mss 1000>|"
	  "> S. 0:0(0) ack 1 <mss 1460,sackOK,ws 8>|shutdown 1|> -|state SYN_RECEIVED|write 9 = -11|"
	  "< . 1:1(0) ack 1 win 1000|> F. 1:1(0) ack 1|state FIN_WAIT_1" },
	{ "an urgent byte alone", OPEN "< .PU 1:2(1) ack 1 win 9 urg 1|> . 1:1(0) ack 2|poll = 262|"
	  "opt 1 10 1|poll = 327" },
	{ "urgent pointer of zero", OPEN "< .PU 1:11(10) ack 1 win 9|> . 1:1(0) ack 11|readoob = 1|"
	  "discard 99 = 9" },
	{ "a second mark before the first was read", OPEN "< .PU 1:2(1) ack 1 win 9 urg 1|"
	  "> . 1:1(0) ack 2|< .PU 2:12(10) ack 1 win 9 urg 10|> . 1:1(0) ack 12|discard 99 = 9|inq = 0" },
	{ "a failed attempt is told once", ACTIVE "< R. 0:0(0) ack 1 win 0|state CLOSED|error = 111|"
	  "connect = -103|connect = -115" },
	{ "an attempt that failed after the handshake", ACTIVE "< S. 0:0(0) ack 1 win 9 <mss 1000>|"
	  "> . 1:1(0) ack 1|< R 1:1(0) win 0|connect = -104|connect = -115" },
	{ "urgent in several segments", OPEN "oob 3000 = 3000|> U. 1:501(500) ack 1 urg 3000|"
	  "> U. 501:1001(500) ack 1 urg 2500|< P. 1:11(10) ack 1 win 1000|"
	  "> U. 1001:1001(0) ack 11 urg 2000" },
	{ "sends urgent", OPEN "oob 3 = 3|> PU. 1:4(3) ack 1 urg 3" },
	{ "peek", OPEN "< P. 1:11(10) ack 1 win 9|> . 1:1(0) ack 11|peek 6 = 6|read 4 = 4|"
		  "peek 99 = 6|inq 0 = 6|read 99 = 6|inq 0" },
};

static const struct row closing_rows[] = {
	{ "FIN_WAIT_1: ACK", FIN_WAIT_2 "state FIN_WAIT_2" },
	{ "FIN_WAIT_1: FIN", CLOSING "state CLOSING" },
	{ "FIN_WAIT_1: FIN and ACK", FIN_WAIT_1 "< F. 1:1(0) ack 2 win 9|> . 2:2(0) ack 2|"
	  "state TIME_WAIT" },
	{ "FIN_WAIT_1: data", FIN_WAIT_1 "< . 1:9(8) ack 1 win 9|> . 2:2(0) ack 9|read 9 = 8" },
	{ "FIN_WAIT_1: RST", FIN_WAIT_1 "< R 1:1(0) win 0|state CLOSED" },
	{ "FIN_WAIT_1: orphan, data", OPEN "close|> F. 1:1(0) ack 1|< . 1:9(8) ack 1 win 9|"
	  "> R 1:1(0)|state CLOSED" },
	{ "FIN_WAIT_2: data", FIN_WAIT_2 "< . 1:9(8) ack 2 win 9|> . 2:2(0) ack 9|read 9 = 8" },
	{ "FIN_WAIT_2: FIN", TIME_WAIT "state TIME_WAIT" },
	{ "FIN_WAIT_2: RST", FIN_WAIT_2 "< R 1:1(0) win 0|state CLOSED" },
	{ "FIN_WAIT_2: no limit", FIN_WAIT_2 "quiet 300000|state FIN_WAIT_2" },
	{ "FIN_WAIT_2: orphan", FIN_WAIT_2 "close|state FIN_WAIT_2|quiet 59999|state FIN_WAIT_2|"
				"quiet 1|state CLOSED" },
	{ "FIN_WAIT_2: orphan, FIN", FIN_WAIT_2 "close|< F. 1:1(0) ack 2 win 9|> . 2:2(0) ack 2|"
	  "state TIME_WAIT" },
	{ "FIN_WAIT_2: orphan, data", FIN_WAIT_2 "close|< . 1:9(8) ack 2 win 9|> R 2:2(0)|"
	  "state CLOSED" },
	{ "FIN_WAIT_2: LINGER2", OPEN "opt 6 8 3|close|> F. 1:1(0) ack 1|< . 1:1(0) ack 2 win 9|"
	  "quiet 2999|state FIN_WAIT_2|quiet 1|state CLOSED" },
	{ "FIN_WAIT_2: LINGER2 < 0", FIN_WAIT_2 "opt 6 8 -1|close|> R. 2:2(0) ack 1|state CLOSED" },
	{ "CLOSE_WAIT: send", CLOSE_WAIT "write 9 = 9|> P. 1:10(9) ack 2" },
	{ "CLOSE_WAIT: data after FIN", CLOSE_WAIT "< . 2:9(7) ack 1 win 9|quiet 100|read 9" },
	{ "CLOSE_WAIT: RST", CLOSE_WAIT "< R 2:2(0) win 0|state CLOSED|write 1 = -32" },
	{ "CLOSE_WAIT: RST one below", CLOSE_WAIT "< R 1:1(0) win 0|state CLOSED" },
	{ "CLOSE_WAIT: FIN again", CLOSE_WAIT "< F. 1:1(0) ack 1 win 9|> . 1:1(0) ack 2" },
	{ "LAST_ACK: ACK", LAST_ACK "state LAST_ACK|< . 2:2(0) ack 2 win 9|> -|state CLOSED|"
			   "< . 2:2(0) ack 2 win 9|> R 2:2(0)" },
	{ "LAST_ACK: RST", LAST_ACK "< R 2:2(0) win 0|state CLOSED" },
	{ "CLOSING: ACK", CLOSING "< . 2:2(0) ack 2 win 9|> -|state TIME_WAIT" },
	{ "CLOSING: RST", CLOSING "< R 2:2(0) win 0|state CLOSED" },
	{ "TIME_WAIT: lasts", TIME_WAIT "close|quiet 59999|state TIME_WAIT|quiet 1|state CLOSED" },
	{ "TIME_WAIT: FIN again", TIME_WAIT "quiet 30000|< F. 1:1(0) ack 2 win 9|"
	  "> . 2:2(0) ack 2|quiet 59999|state TIME_WAIT|quiet 1|state CLOSED" },
	{ "TIME_WAIT: ACK", TIME_WAIT "< . 2:2(0) ack 2 win 9|> -|state TIME_WAIT" },
	{ "TIME_WAIT: RST", TIME_WAIT "< R 2:2(0) win 0|> -|state CLOSED" },
	{ "TIME_WAIT: RST elsewhere", TIME_WAIT "< R 9:9(0) win 0|> -|state TIME_WAIT" },
	{ "TIME_WAIT: rfc1337", TIME_WAIT "sysctl net.ipv4.tcp_rfc1337 1|< R 2:2(0) win 0|> -|"
	  "state TIME_WAIT" },
	{ "TIME_WAIT: old SYN", TIME_WAIT "< S 0:0(0) win 9|> . 2:2(0) ack 2|state TIME_WAIT" },
	{ "TIME_WAIT: new SYN", TIME_WAIT "< S 99:99(0) win 9 <mss 1000>|"
	  "> S. 0:0(0) ack 100 <mss 1460>|state SYN_RECEIVED" },
};

static void run_row(const struct row *row)
{
	sut_run(row->name, 4, row->lines);
	sut_run(row->name, 6, row->lines);
}

#define ROW_TEST(table)                                                                            \
	START_TEST(test_##table)                                                                   \
	{                                                                                          \
		run_row(&table[_i]);                                                               \
	}                                                                                          \
	END_TEST

ROW_TEST(closed_rows)
ROW_TEST(listen_rows)
ROW_TEST(syn_sent_rows)
ROW_TEST(syn_received_rows)
ROW_TEST(established_rows)
ROW_TEST(closing_rows)

/* ---- the table of transitions ---- */

START_TEST(test_table)
{
	bool has_from[SUT_STATE_COUNT] = { false }, has_to[SUT_STATE_COUNT] = { false };

	for (size_t i = 0; i < tcp_transition_table_len; i++) {
		const struct tcp_transition *row = &tcp_transition_table[i];
		char text[200];

		ck_assert(tcp_state_may_change(row->from, row->to));
		ck_assert_int_gt(tcp_transition_text(i, text, sizeof(text)), 0);
		ck_assert_ptr_nonnull(strstr(text, tcp_state_name(row->to)));
		for (size_t k = 0; k < i; k++)
			ck_assert(tcp_transition_table[k].from != row->from ||
				  tcp_transition_table[k].to != row->to);
		has_from[row->from] = has_to[row->to] = true;
	}
	for (int i = 0; i < SUT_STATE_COUNT; i++)
		ck_assert_msg(has_from[i] && has_to[i], "%d", i);
	ck_assert_int_eq(tcp_transition_text(tcp_transition_table_len, NULL, 0), -1);
}
END_TEST

/* The whole table as text: a change of it is a change of the golden file. */
START_TEST(test_table_golden)
{
	FILE *f = fopen("tests/golden/sut/transitions.txt", "r");
	char want[200], got[200];

	ck_assert_msg(f != NULL, "run from the root of the project");
	for (size_t i = 0; i < tcp_transition_table_len; i++) {
		tcp_transition_text(i, got, sizeof(got));
		ck_assert_ptr_nonnull(fgets(want, sizeof(want), f));
		want[strcspn(want, "\n")] = 0;
		ck_assert_str_eq(got, want);
	}
	ck_assert_ptr_null(fgets(want, sizeof(want), f));
	fclose(f);
}
END_TEST

START_TEST(test_illegal_change)
{
	enum sut_tcp_state state = SUT_LISTEN;

	ck_assert(!tcp_state_may_change(SUT_LISTEN, SUT_ESTABLISHED));
	tcp_state_set(&state, SUT_ESTABLISHED);
}
END_TEST

#define ADD_ROWS(tc, table) \
	tcase_add_loop_test(tc, test_##table, 0, (int)(sizeof(table) / sizeof(table[0])))

int main(void)
{
	Suite *suite = suite_create("sut_tcp_state");
	TCase *tc = tcase_create("states");

	ADD_ROWS(tc, closed_rows);
	ADD_ROWS(tc, listen_rows);
	ADD_ROWS(tc, syn_sent_rows);
	ADD_ROWS(tc, syn_received_rows);
	ADD_ROWS(tc, established_rows);
	ADD_ROWS(tc, closing_rows);
	tcase_add_test(tc, test_table);
	tcase_add_test(tc, test_table_golden);
	tcase_add_test_raise_signal(tc, test_illegal_change, 6);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
