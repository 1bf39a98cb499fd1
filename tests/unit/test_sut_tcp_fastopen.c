/* SPDX-License-Identifier: BSD-2-Clause */
#include "sut_script.h"
#include "unit.h"

/* Fast Open [RFC7413]: who may send data with a SYN, who takes it, and what becomes of it. The figures
 * were seen on Linux 6.18. */

#define BITS(n) "sysctl net.ipv4.tcp_fastopen " #n "|"
#define PLAIN "sysctl net.ipv4.tcp_timestamps 0|sysctl net.ipv4.tcp_sack 0|" \
	      "sysctl net.ipv4.tcp_window_scaling 0|"
#define QUEUE(n) "opt 6 23 " #n "|"
#define CONNECT_OPTION "opt 6 30 1|"
#define NO_COOKIE_OPTION "opt 6 34 1|"
#define PAUSE(s) "sysctl net.ipv4.tcp_fastopen_blackhole_timeout_sec " #s "|"
/* TCP_INFO: of the word at 4 the second byte has the options, the last one why it failed. */
#define HALF_OPEN_WITH_DATA "info 0 = 3|info 4 = 40960|"          /* SYN_RECV; 32 | 128 */
#define UNACKED(n) "info 24 = " #n "|"

/* A listener without cookies, and a SYN that it takes. */
#define SERVER PLAIN BITS(0x203) "listen 5|" QUEUE(5)
#define SYN_DATA "< S 0:100(100) win 32792 <mss 1000>|> S. 0:0(0) ack 101 <mss 1460>|"
#define ACCEPTED SERVER SYN_DATA "accept|"

/* A client with a cookie; its connection was reset. */
#define CLIENT PLAIN BITS(1)
#define ASK "open 500 = -115|> S 0:0(0) <mss 1460,fo ->|"
#define RESET "wait 10|< R. 1:1(0) ack 1 win 0|error = 104|close|"
#define KNOWN CLIENT ASK "< S. 0:0(0) ack 1 win 9000 <mss 1000,fo 0a0b0c0d>|> . 1:1(0) ack 1|" RESET
#define SYN_FULL "open 5000 = 960|> S 0:960(960) <mss 1460,fo 0a0b0c0d>|"

struct row {
	const char *name, *lines;
};

static const struct row server_rows[] = {
	{ "data is read before the handshake is over", ACCEPTED HALF_OPEN_WITH_DATA
	  "state SYN_RECEIVED|read 1000 = 100|< . 101:101(0) ack 1 win 9000|> -|"
	  "state ESTABLISHED" },
	{ "answered, too", ACCEPTED "read 1000 = 100|write 200 = 200|> P. 1:201(200) ack 101|"
	  "< . 101:101(0) ack 201 win 9000|> -|state ESTABLISHED|" UNACKED(0) },
	{ "ready for both", ACCEPTED "poll = 325" },
	{ "no data", SERVER "< S 0:0(0) win 9000 <mss 1000,fo 00112233>|"
	  "> S. 0:0(0) ack 1 <mss 1460>|accept|info 4 = 32768|write 10 = 10|> P. 1:11(10) ack 1" },
	{ "no data and no option", SERVER "< S 0:0(0) win 9000 <mss 1000>|"
	  "> S. 0:0(0) ack 1 <mss 1460>|accept = -11" },
	{ "off", PLAIN BITS(0x201) "listen 5|" QUEUE(5) "< S 0:100(100) win 9000 <mss 1000>|"
	  "> S. 0:0(0) ack 1 <mss 1460>|accept = -11" },
	{ "no queue", PLAIN BITS(0x203) "listen 5|< S 0:100(100) win 9000 <mss 1000>|"
	  "> S. 0:0(0) ack 1 <mss 1460>|accept = -11" },
	{ "every listener", PLAIN BITS(0x603) "listen 5|" SYN_DATA "accept" },
	{ "not those that were there", PLAIN BITS(0x203) "listen 5|" BITS(0x603)
	  "< S 0:100(100) win 9000 <mss 1000>|> S. 0:0(0) ack 1 <mss 1460>" },
	{ "the listener's own choice", PLAIN BITS(3) "listen 5|" QUEUE(5) NO_COOKIE_OPTION
	  SYN_DATA "accept" },
	{ "without it a cookie is needed", PLAIN BITS(3) "listen 5|" QUEUE(5)
	  "< S 0:100(100) win 9000 <mss 1000>|> S. 0:0(0) ack 1 <mss 1460>|accept = -11" },
	{ "the queue is full", SERVER QUEUE(1) SYN_DATA "close|"
	  "> R. 1:1(0) ack 101" },
	{ "a window that is not scaled", BITS(0x203) "listen 5|" QUEUE(5)
	  "< S 0:10(10) win 150 <mss 1000,ws 7>|> S. 0:0(0) ack 11 <mss 1460,ws 8>|accept|"
	  "write 300 = 300|> P. 1:151(150) ack 11|> -|"
	  "< . 11:11(0) ack 151 win 150|> P. 151:301(150) ack 11" },
	{ "the SYN-ACK again, and nothing else", ACCEPTED "write 200 = 200|> P. 1:201(200) ack 101|"
	  "+1000 > S. 0:0(0) ack 101 <mss 1460>|+2000 > S. 0:0(0) ack 101 <mss 1460>|"
	  "< . 101:101(0) ack 1 win 9000|> P. 1:201(200) ack 101" },
	{ "until it is enough", "sysctl net.ipv4.tcp_synack_retries 1|" ACCEPTED "read 100 = 100|"
	  "+1000 > S. 0:0(0) ack 101 <mss 1460>|+2000 > S. 0:0(0) ack 101 <mss 1460>|quiet 5000|"
	  "error = 110|state CLOSED" },
	{ "the SYN again", ACCEPTED "< S 0:100(100) win 9000 <mss 1000>|> S. 0:0(0) ack 101 <mss 1460>|"
	  "< S 0:100(100) win 9000 <mss 1000>|> -|wait 500|< S 0:100(100) win 9000 <mss 1000>|"
	  "> S. 0:0(0) ack 101 <mss 1460>" },
	{ "another SYN", ACCEPTED "< S 200:200(0) win 9000|> R. 0:0(0) ack 201|state SYN_RECEIVED" },
	{ "outside the window", ACCEPTED "< . 90000:90000(0) ack 1 win 9000|> . 1:1(0) ack 101|"
	  "state SYN_RECEIVED" },
	{ "a wrong ACK", ACCEPTED "< . 101:101(0) ack 0 win 9000|> R 0:0(0)|"
	  "< . 101:101(0) ack 9 win 9000|> R 9:9(0)|state SYN_RECEIVED" },
	{ "an ACK with data", ACCEPTED "< P. 101:201(100) ack 1 win 9000|> . 1:1(0) ack 201|"
	  "read 1000 = 200" },
	{ "an ACK with FIN", ACCEPTED "< F. 101:101(0) ack 1 win 9000|> . 1:1(0) ack 102|"
	  "state CLOSE_WAIT" },
	{ "reset", ACCEPTED "< R 101:101(0) win 0|> -|read 1000 = 100|read 1000 = -104|state CLOSED" },
	{ "a reset that cannot be believed", ACCEPTED "< R 150:150(0) win 0|> . 1:1(0) ack 101|"
	  "state SYN_RECEIVED" },
	{ "a reset from nowhere", ACCEPTED "< R 90000:90000(0) win 0|> -|state SYN_RECEIVED" },
	{ "closed before", ACCEPTED "read 100 = 100|close|> F. 1:1(0) ack 101|state FIN_WAIT_1|"
	  "+1000 > S. 0:0(0) ack 101 <mss 1460>|< . 101:101(0) ack 2 win 9000|> -|state FIN_WAIT_2" },
	{ "closed before, with an answer", ACCEPTED "read 100 = 100|write 10 = 10|> P. 1:11(10) ack 101|"
	  "close|> F. 11:11(0) ack 101|+1000 > S. 0:0(0) ack 101 <mss 1460>|"
	  "< . 101:101(0) ack 12 win 9000|> -|state FIN_WAIT_2" },
	{ "closed unread", ACCEPTED "close|> R. 1:1(0) ack 101|state CLOSED" },
	{ "shut down before", ACCEPTED "read 100 = 100|shutdown 1|> -|write 1 = -32|"
	  "< . 101:101(0) ack 1 win 9000|> F. 1:1(0) ack 101" },
	{ "the listener goes", SERVER SYN_DATA "close|> R. 1:1(0) ack 101|state CLOSED" },
	{ "a time stamp", BITS(0x203) "listen 5|" QUEUE(5) "< S 0:10(10) win 900 <mss 1000,sackOK,ts 7 0>|"
	  "> S. 0:0(0) ack 11 <mss 1460,sackOK,ts 1 7>|accept|wait 20|"
	  "< . 11:11(0) ack 1 win 900 <ts 8 1>|> -|state ESTABLISHED|info 68 = 20000|write 9 = 9|"
	  "> P. 1:10(9) ack 11 <ts 21 8>" },
	{ "disconnected", ACCEPTED "disconnect|> R. 1:1(0) ack 101" },
};

/* A second connection from the peer's side, while the first is known: other numbers. */
static const struct row limit_rows[] = {
	{ "a child that was reset counts for a minute", SERVER QUEUE(1) SYN_DATA "accept|"
	  "< R 101:101(0) win 0|close|wait 59000|"
	  "< S 1000:1100(100) win 9000 <mss 1000>|> S. 0:0(0) ack 1001 <mss 1460>|"
	  "< R 1001:1001(0) win 0|wait 1001|"
	  "< S 2000:2100(100) win 9000 <mss 1000>|> S. 0:0(0) ack 2101 <mss 1460>" },
	{ "not one that nobody accepted", SERVER QUEUE(1) SYN_DATA "< R 101:101(0) win 0|"
	  "< S 1000:1100(100) win 9000 <mss 1000>|> S. 0:0(0) ack 1101 <mss 1460>" },
	{ "nor one whose handshake is over", SERVER QUEUE(1) SYN_DATA "accept|"
	  "< . 101:101(0) ack 1 win 9000|< R 101:101(0) win 0|"
	  "< S 1000:1100(100) win 9000 <mss 1000>|> S. 0:0(0) ack 1101 <mss 1460>" },
};

static const struct row client_rows[] = {
	{ "asks, remembers, sends", KNOWN SYN_FULL "< S. 0:0(0) ack 961 win 9000 <mss 1000>|"
	  "> . 961:961(0) ack 1|info 4 = 8192|write 10 = 10|> P. 961:971(10) ack 1" },
	{ "off", PLAIN BITS(2) "open 500 = -95" },
	{ "no cookie comes", CLIENT ASK "< S. 0:0(0) ack 1 win 9000 <mss 1000>|> . 1:1(0) ack 1|"
	  "info 4 = 33554432|" RESET "open 500 = -115|> S 0:0(0) <mss 1460,fox ->" },
	{ "nor by the older form", CLIENT ASK "< S. 0:0(0) ack 1 win 9000|> . 1:1(0) ack 1|" RESET
	  "open 500 = -115|> S 0:0(0) <mss 1460,fox ->|< S. 0:0(0) ack 1 win 9000|> . 1:1(0) ack 1|"
	  RESET ASK },
	{ "the older form is kept", CLIENT ASK "< S. 0:0(0) ack 1 win 9000|> . 1:1(0) ack 1|" RESET
	  "open 500 = -115|> S 0:0(0) <mss 1460,fox ->|"
	  "< S. 0:0(0) ack 1 win 9000 <mss 1000,fox 11223344>|> . 1:1(0) ack 1|" RESET
	  "open 5000 = 960|> S 0:960(960) <mss 1460,fox 11223344>" },
	{ "an odd cookie is none", CLIENT ASK "< S. 0:0(0) ack 1 win 9000 <mss 1000,fo 0a0b0c0d0e>|"
	  "> . 1:1(0) ack 1|" RESET "open 5 = -115|> S 0:0(0) <mss 1460,fox ->" },
	{ "nobody asked for one", CLIENT "connect = -115|> S 0:0(0) <mss 1460>|"
	  "< S. 0:0(0) ack 1 win 9000 <mss 1000,fo 0a0b0c0d>|> . 1:1(0) ack 1|" RESET ASK },
	{ "the SYN's data is not acknowledged", KNOWN SYN_FULL "< S. 0:0(0) ack 1 win 9000 <mss 1000>|"
	  "> P. 1:961(960) ack 1|info 4 = 67108864|" UNACKED(1)
	  "< . 1:1(0) ack 961 win 9000|> -|" UNACKED(0) },
	{ "in part", KNOWN SYN_FULL "< S. 0:0(0) ack 501 win 9000 <mss 1000>|> P. 501:961(460) ack 1" },
	{ "no answer", KNOWN SYN_FULL "+1000 > S 0:0(0) <mss 1460>|"
	  "< S. 0:0(0) ack 1 win 9000 <mss 1000>|> P. 1:961(960) ack 1|info 4 = 100663296" },
	{ "a late answer", KNOWN SYN_FULL "+1000 > S 0:0(0) <mss 1460>|"
	  "< S. 0:0(0) ack 961 win 9000 <mss 1000>|> . 961:961(0) ack 1|state ESTABLISHED" },
	{ "refused", KNOWN SYN_FULL "< R. 0:0(0) ack 961 win 0|error = 111|state CLOSED" },
	{ "data with the SYN-ACK", KNOWN SYN_FULL "< S. 0:50(50) ack 961 win 9000 <mss 1000>|"
	  "> . 961:961(0) ack 51|read 100 = 50" },
	{ "a new cookie, a new MSS", KNOWN SYN_FULL
	  "< S. 0:0(0) ack 961 win 9000 <mss 500,fo 01020304>|> . 961:961(0) ack 1|wait 1|"
	  "< R. 1:1(0) ack 961 win 0|error = 104|close|"
	  "open 5000 = 460|> S 0:460(460) <mss 1460,fo 01020304>" },
	{ "the path is the limit", CLIENT ASK "< S. 0:0(0) ack 1 win 9000 <mss 9000,fo 0a0b0c0d>|"
	  "> . 1:1(0) ack 1|" RESET "open 5000 = 1420|> S 0:1420(1420) <mss 1460,fo 0a0b0c0d>" },
	{ "no cookie is needed", PLAIN BITS(5) "open 5000 = 1420|> S 0:1420(1420) <mss 1460>" },
	{ "of one socket", CLIENT "socket|" NO_COOKIE_OPTION "open 100 = 100|> S 0:100(100) <mss 1460>" },
	{ "twice", KNOWN SYN_FULL "open 10 = -114|> -" },
	{ "nothing to send", KNOWN "open 0 = -115|> S 0:0(0) <mss 1460,fo 0a0b0c0d>" },
	{ "on an open connection", KNOWN SYN_FULL "< S. 0:0(0) ack 961 win 9000 <mss 1000>|"
	  "> . 961:961(0) ack 1|open 10 = 10|> P. 961:971(10) ack 1|open 10 = -106|> -" },
	{ "a call that may block", KNOWN "block 2000 = -11|> S 0:960(960) <mss 1460,fo 0a0b0c0d>|"
	  "block 2000 = -11|> -|< S. 0:0(0) ack 961 win 9000 <mss 1000>|> -|block 2000 = 2000|"
	  "> P. 961:2001(1040) ack 1" },
	{ "and that waits no longer", KNOWN "block 2000 = -11|> S 0:960(960) <mss 1460,fo 0a0b0c0d>|"
	  "open 2000 = 960|< S. 0:0(0) ack 961 win 9000 <mss 1000>|> . 961:961(0) ack 1|"
	  "write 10 = 10|> P. 961:971(10) ack 1" },
	{ "without a cookie", CLIENT "block 100 = -11|> S 0:0(0) <mss 1460,fo ->|"
	  "< S. 0:0(0) ack 1 win 9000 <mss 1000>|> -|block 100 = 100|> P. 1:101(100) ack 1" },
	{ "that the SYN took whole", KNOWN "block 100 = -11|> S 0:100(100) <mss 1460,fo 0a0b0c0d>|"
	  "< S. 0:0(0) ack 101 win 9000 <mss 1000>|> . 101:101(0) ack 1|block 100 = 100|> -" },
	{ "and that is refused", KNOWN "block 100 = -11|> S 0:100(100) <mss 1460,fo 0a0b0c0d>|"
	  "< R. 0:0(0) ack 101 win 0|block 100 = -111" },
	{ "crossing SYNs", KNOWN SYN_FULL "< S 0:0(0) win 9000 <mss 1000>|"
	  "> S. 0:0(0) ack 1 <mss 1460>|< . 1:1(0) ack 1 win 9000|> -|state ESTABLISHED|"
	  "+200 > P. 1:961(960) ack 1" },
	{ "closed before the answer", KNOWN SYN_FULL "close|> -|state CLOSED" },
};

static const struct row connect_rows[] = {
	{ "waits for data", KNOWN "socket|" CONNECT_OPTION "connect|> -|state SYN_SENT|poll = 260|"
	  "connect = -106|write 5000 = -11|> S 0:960(960) <mss 1460,fo 0a0b0c0d>|poll = 0|"
	  "< S. 0:0(0) ack 961 win 9000 <mss 1000>|> -|write 5000 = 5000" },
	{ "without a cookie it does not", CLIENT "socket|" CONNECT_OPTION "connect = -115|"
	  "> S 0:0(0) <mss 1460,fo ->|< S. 0:0(0) ack 1 win 9000 <mss 1000,fo 0a0b0c0d>|"
	  "> . 1:1(0) ack 1|connect|write 9 = 9|> P. 1:10(9) ack 1" },
	{ "closed before data", KNOWN "socket|" CONNECT_OPTION "connect|close|> -|state CLOSED" },
	{ "is off", PLAIN BITS(2) "socket|opt 6 30 1 = -95" },
	{ "comes too late", CLIENT "connect = -115|opt 6 30 1 = -22" },
};

static const struct row pause_rows[] = {
	{ "three time-outs", KNOWN PAUSE(60) SYN_FULL "+1000 > S 0:0(0) <mss 1460>|"
	  "+1000 > S 0:0(0) <mss 1460>|open 5 = -114|+1000 > S 0:0(0) <mss 1460>|close|"
	  "open 500 = -115|> S 0:0(0) <mss 1460>|close|wait 59000|open 500 = -115|"
	  "> S 0:0(0) <mss 1460>|close|wait 1000|open 500 = 500|"
	  "> S 0:500(500) <mss 1460,fo 0a0b0c0d>" },
	{ "longer each time", KNOWN PAUSE(60) SYN_FULL "wait 3500|> S 0:0(0) <mss 1460>|"
	  "> S 0:0(0) <mss 1460>|> S 0:0(0) <mss 1460>|close|wait 60000|" SYN_FULL "wait 3500|"
	  "> S 0:0(0) <mss 1460>|> S 0:0(0) <mss 1460>|> S 0:0(0) <mss 1460>|close|wait 90000|"
	  "open 500 = -115|> S 0:0(0) <mss 1460>|close|wait 30000|" SYN_FULL },
	{ "two are no sign", KNOWN PAUSE(60) SYN_FULL "wait 2500|> S 0:0(0) <mss 1460>|"
	  "> S 0:0(0) <mss 1460>|close|" SYN_FULL },
	{ "a success forgives", KNOWN PAUSE(60) SYN_FULL "wait 3500|> S 0:0(0) <mss 1460>|"
	  "> S 0:0(0) <mss 1460>|> S 0:0(0) <mss 1460>|close|wait 60000|" SYN_FULL
	  "< S. 0:0(0) ack 961 win 9000 <mss 1000>|> . 961:961(0) ack 1|"
	  "< P. 1:9(8) ack 961 win 9000|> . 961:961(0) ack 9|< R. 9:9(0) ack 961 win 0|close|"
	  SYN_FULL "wait 3500|> S 0:0(0) <mss 1460>|> S 0:0(0) <mss 1460>|> S 0:0(0) <mss 1460>|"
	  "close|wait 60000|" SYN_FULL },
	{ "a reset in the window", KNOWN PAUSE(60) SYN_FULL "< S. 0:0(0) ack 961 win 9000 <mss 1000>|"
	  "> . 961:961(0) ack 1|< R. 50:50(0) ack 961 win 0|> . 961:961(0) ack 1|"
	  "< R. 1:1(0) ack 961 win 0|close|open 500 = -115|> S 0:0(0) <mss 1460>" },
	{ "a FIN beyond a hole", KNOWN PAUSE(60) SYN_FULL "< S. 0:0(0) ack 961 win 9000 <mss 1000>|"
	  "> . 961:961(0) ack 1|< F. 50:50(0) ack 961 win 9|> . 961:961(0) ack 1|"
	  "< R. 1:1(0) ack 961 win 0|close|open 500 = -115|> S 0:0(0) <mss 1460>" },
	{ "another time is a new beginning", KNOWN PAUSE(60) SYN_FULL "wait 3500|> S 0:0(0) <mss 1460>|"
	  "> S 0:0(0) <mss 1460>|> S 0:0(0) <mss 1460>|close|" PAUSE(61) SYN_FULL },
	{ "switched off", KNOWN SYN_FULL "wait 3500|> S 0:0(0) <mss 1460>|> S 0:0(0) <mss 1460>|"
	  "> S 0:0(0) <mss 1460>|close|" SYN_FULL },
};

static const struct row icmp_rows[] = {
	{ "the path is too narrow for the SYN", KNOWN SYN_FULL "icmp 3 4 800 0|> S 0:0(0) <mss 760>|"
	  "< S. 0:0(0) ack 1 win 9000 <mss 1000>|> P. 1:961(960) ack 1|info 4 = 100663296" },
	{ "an old message", KNOWN SYN_FULL "icmp 3 4 800 9000|> -" },
	{ "an error before it is accepted", SERVER SYN_DATA "icmp 3 1 0 0|state CLOSED|accept|"
	  "read 1000 = 100|read 1000 = -113" },
	{ "an error after", ACCEPTED "icmp 3 1 0 0|state SYN_RECEIVED|< . 101:101(0) ack 1 win 9|"
	  "state ESTABLISHED|error = 0" },
	{ "of a client", KNOWN SYN_FULL "icmp 3 1 0 0|state CLOSED|error = 113" },
};

static const struct row option_rows[] = {
	{ "a negative queue", "listen 5|opt 6 23 -1 = -22" },
	{ "after the end", "listen 5|opt 6 23 4|opt 6 34 1|opt 6 34 2 = -22|opt 6 30 2 = -22" },
	{ "no listener", "connect = -115|> S 0:0(0) <mss 1460,sackOK,ts 1 0,ws 8>|opt 6 23 1 = -22|"
	  "opt 6 34 1 = -22" },
};

SUT_ROW_TEST(server_rows)
SUT_ROW_TEST(limit_rows)
SUT_ROW_TEST(client_rows)
SUT_ROW_TEST(connect_rows)
SUT_ROW_TEST(pause_rows)
SUT_ROW_TEST(option_rows)

START_TEST(test_icmp_rows)
{
	sut_run(icmp_rows[_i].name, 4, icmp_rows[_i].lines);
}
END_TEST

/* ---- cookies ---- */

#define KEY_A "a1a1a1a1-b2b2b2b2-c3c3c3c3-d4d4d4d4"
#define KEY_ZERO "00000000-00000000-00000000-00000000"
#define KEYS(k) "sysctl net.ipv4.tcp_fastopen_key " k "|"

/* Of both keys, for the two hosts of these tests: seen on Linux. */
static const char *const cookie_a[2] = { "3021b9d889017eeb", "c1d1e9742a47a9bc" };
static const char *const cookie_zero[2] = { "b7c12350a90dc8f5", "82af1a8f9a205c34" };

/* A SYN with data and the option @given: is it taken, and what does the SYN-ACK carry? */
static void try_cookie(int i, const char *setup, const char *given, bool is_taken, const char *gets)
{
	struct sut_run *r = malloc(sizeof(*r));
	char text[200];

	ck_assert_ptr_nonnull(r);
	sut_run_start(r, given, i ? 6 : 4);
	sut_run_lines(r, setup);
	snprintf(text, sizeof(text), "S 0:100(100) win 9000 <mss 1000,%s>", given);
	sut_feed_text(&r->p, text);
	snprintf(text, sizeof(text), "S. 0:0(0) ack %d <mss 1460%s%s>", is_taken ? 101 : 1,
		 *gets ? "," : "", gets);
	sut_want(&r->p, text);
	ck_assert_int_eq(sut_accept(r->p.host.s, r->l, 0, NULL) >= 0, is_taken);
	/* once only */
	snprintf(text, sizeof(text), "S. 0:0(0) ack %d <mss 1460>", is_taken ? 101 : 1);
	sut_want_in(&r->p, 1000, text);
	sut_run_stop(r);
	free(r);
}

#define LISTENER(keys) PLAIN BITS(3) KEYS(keys) "listen 5|" QUEUE(5)

static const char *option(const char *form, const char *cookie)
{
	static char text[4][60];
	static int at;
	char *out = text[at++ % 4];

	snprintf(out, sizeof(text[0]), "%s %s", form, cookie);
	return out;
}

START_TEST(cookies_are_checked)
{
	const char *a = cookie_a[_i], *z = cookie_zero[_i];

	try_cookie(_i, LISTENER(KEY_A), option("fo", "-"), false, option("fo", a));
	try_cookie(_i, LISTENER(KEY_A), option("fox", "-"), false, option("fox", a));
	try_cookie(_i, LISTENER(KEY_A), option("fo", a), true, "");
	try_cookie(_i, LISTENER(KEY_A), option("fox", a), true, "");
	try_cookie(_i, LISTENER(KEY_A), option("fo", z), false, option("fo", a));
	try_cookie(_i, LISTENER(KEY_A), option("fo", cookie_a[!_i]), false, option("fo", a));
	try_cookie(_i, LISTENER(KEY_ZERO), option("fo", z), true, "");
	try_cookie(_i, LISTENER(KEY_A), "fo 30", false, "");
	try_cookie(_i, LISTENER(KEY_A), "fo 302122", false, "");
	try_cookie(_i, LISTENER(KEY_A), "fo 3021", false, "");
	try_cookie(_i, LISTENER(KEY_A), "fo 30212223", false, option("fo", a));
	try_cookie(_i, LISTENER(KEY_A), "fo 00112233445566778899aabbccddeeff00", false, "");
}
END_TEST

START_TEST(two_keys_rotate)
{
	const char *a = cookie_a[_i], *z = cookie_zero[_i];

	try_cookie(_i, LISTENER(KEY_A "," KEY_ZERO), option("fo", a), true, "");
	try_cookie(_i, LISTENER(KEY_A "," KEY_ZERO), option("fo", z), true, option("fo", a));
	try_cookie(_i, LISTENER(KEY_ZERO "," KEY_A), option("fo", "-"), false, option("fo", z));
}
END_TEST

START_TEST(a_socket_has_keys_of_its_own)
{
	uint8_t keys[32] = { 0 }, got[40];
	struct sut_run *r = malloc(sizeof(*r));
	char text[100];
	uint32_t n = sizeof(got);

	ck_assert_ptr_nonnull(r);
	sut_run_start(r, "keys", _i ? 6 : 4);
	sut_run_lines(r, LISTENER(KEY_A));
	ck_assert_int_eq(sut_getsockopt(r->p.host.s, r->l, 6, 33, got, &n), 0);
	ck_assert_uint_eq(n, 16);
	ck_assert_uint_eq(got[0], 0xa1);
	ck_assert_uint_eq(got[15], 0xd4);
	ck_assert_int_eq(sut_setsockopt(r->p.host.s, r->l, 6, 33, keys, 17), SUT_EINVAL);
	ck_assert_int_eq(sut_setsockopt(r->p.host.s, r->l, 6, 33, keys, 32), 0);
	n = sizeof(got);
	ck_assert_int_eq(sut_getsockopt(r->p.host.s, r->l, 6, 33, got, &n), 0);
	ck_assert_uint_eq(n, 32);
	sut_feed_text(&r->p, "S 0:0(0) win 9000 <mss 1000,fo ->");
	snprintf(text, sizeof(text), "S. 0:0(0) ack 1 <mss 1460,fo %s>", cookie_zero[_i]);
	sut_want(&r->p, text);
	sut_run_stop(r);
	free(r);
}
END_TEST

/* Without being given one, a host makes a key of its seed when it first needs one. */
START_TEST(a_key_is_made)
{
	struct sut_run *r = malloc(sizeof(*r));
	char before[80], after[80];

	ck_assert_ptr_nonnull(r);
	sut_run_start(r, "key", 4);
	ck_assert_int_eq(sut_sysctl_get(r->p.host.s, "net.ipv4.tcp_fastopen_key", before, 80), 0);
	ck_assert_str_eq(before, KEY_ZERO);
	sut_run_lines(r, PLAIN BITS(3) "listen 5|" QUEUE(5));
	ck_assert_int_eq(sut_sysctl_get(r->p.host.s, "net.ipv4.tcp_fastopen_key", after, 80), 0);
	ck_assert_str_ne(before, after);
	sut_feed_text(&r->p, "S 0:0(0) win 9000 <mss 1000,fo ->");
	ck_assert_ptr_nonnull(strstr(sut_next(&r->p), "fo "));
	sut_run_stop(r);
	free(r);
}
END_TEST

/* ---- counters ---- */

static const struct {
	const char *name, *lines;
} counter_rows[] = {
	{ "TcpExtTCPFastOpenPassive", ACCEPTED },
	{ "TcpExtTCPFastOpenPassiveFail", PLAIN BITS(3) "listen 5|" QUEUE(5)
	  "< S 0:100(100) win 9 <mss 1000,fo 00112233>" },
	{ "TcpExtTCPFastOpenCookieReqd", PLAIN BITS(3) "listen 5|" QUEUE(5)
	  "< S 0:0(0) win 9 <mss 1000,fo ->" },
	{ "TcpExtTCPFastOpenListenOverflow", SERVER QUEUE(1) SYN_DATA "accept|"
	  "< R 101:101(0) win 0|close|< S 1000:1100(100) win 9 <mss 1000>" },
	{ "TcpExtTCPFastOpenActive", KNOWN SYN_FULL "< S. 0:0(0) ack 961 win 9000 <mss 1000>" },
	{ "TcpExtTCPFastOpenActiveFail", KNOWN SYN_FULL "< S. 0:0(0) ack 1 win 9000 <mss 1000>" },
	{ "TcpExtTCPFastOpenBlackhole", KNOWN PAUSE(60) SYN_FULL "wait 3500" },
	{ "TcpActiveOpens", CLIENT ASK },
	{ "TcpPassiveOpens", ACCEPTED },
};

START_TEST(each_is_counted)
{
	struct sut_run *r = malloc(sizeof(*r));

	ck_assert_ptr_nonnull(r);
	sut_run_start(r, counter_rows[_i].name, 4);
	sut_run_lines(r, counter_rows[_i].lines);
	ck_assert_int_eq(sut_counter(r->p.host.s, counter_rows[_i].name), 1);
	sut_run_stop(r);
	free(r);
}
END_TEST

/* ---- memory ---- */

static const char life[] = PLAIN BITS(0x207) "listen 5|" QUEUE(1);

/* Results do not matter, only that it ends and nothing is left. */
static void live_through(struct sut_run *r)
{
	static const char *const segments[] = {
		"S 0:100(100) win 9000 <mss 1000>", "S 0:100(100) win 9000 <mss 1000>",
		". 101:101(0) ack 1 win 9000", "R 101:101(0) win 0",
		"S 1000:1100(100) win 9000 <mss 1000,fo 00112233>", "R 1101:1101(0) win 0",
	};
	struct sut *s = r->p.host.s;

	for (size_t i = 0; i < sizeof(segments) / sizeof(segments[0]); i++) {
		int c;

		sut_feed_text(&r->p, segments[i]);
		while (strcmp(sut_next(&r->p), "-"))
			;
		c = sut_accept(s, r->l, 0, NULL);
		if (c >= 0)
			sut_write(&r->p, c, NULL, 5000, 0x4000);
	}
	sut_close(s, r->l);
	r->p.local_port = 9000;
	r->p.knows_isn = false;
	sut_run_open(r, 5000, 0x40);
	while (strcmp(sut_next(&r->p), "-"))
		;
	sut_feed_text(&r->p, "S. 0:0(0) ack 1 win 9000 <mss 1000,fo 00112233>");
	sut_wait_ms(&r->p, 5000);
}

static bool fails_at(int64_t n, bool and_after)
{
	struct sut_run *r = malloc(sizeof(*r));
	bool was_reached;

	ck_assert_ptr_nonnull(r);
	sut_run_start(r, "memory", 4);
	sut_run_lines(r, life);
	r->p.host.fail_at = r->p.host.allocations + n;
	r->p.host.fail_on = and_after;
	live_through(r);
	was_reached = r->p.host.allocations >= r->p.host.fail_at;
	sut_run_stop(r);
	free(r);
	return was_reached;
}

START_TEST(memory_may_fail_anywhere)
{
	int64_t n = 1;

	while (fails_at(n, _i))
		n++;
	ck_assert_int_gt(n, 10);
}
END_TEST

#define ADD_ROWS(tc, table) \
	tcase_add_loop_test(tc, test_##table, 0, (int)(sizeof(table) / sizeof(table[0])))

int main(void)
{
	Suite *suite = suite_create("sut_tcp_fastopen");
	TCase *tc = tcase_create("fastopen");

	ADD_ROWS(tc, server_rows);
	ADD_ROWS(tc, limit_rows);
	ADD_ROWS(tc, client_rows);
	ADD_ROWS(tc, connect_rows);
	ADD_ROWS(tc, pause_rows);
	ADD_ROWS(tc, option_rows);
	ADD_ROWS(tc, icmp_rows);
	tcase_add_loop_test(tc, cookies_are_checked, 0, 2);
	tcase_add_loop_test(tc, two_keys_rotate, 0, 2);
	tcase_add_loop_test(tc, a_socket_has_keys_of_its_own, 0, 2);
	tcase_add_test(tc, a_key_is_made);
	tcase_add_loop_test(tc, each_is_counted, 0,
			    (int)(sizeof(counter_rows) / sizeof(counter_rows[0])));
	tcase_add_loop_test(tc, memory_may_fail_anywhere, 0, 2);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
