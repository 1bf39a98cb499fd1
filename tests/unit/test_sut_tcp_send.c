/* SPDX-License-Identifier: BSD-2-Clause */
#include "sut_invariant.h"
#include "sut_script.h"
#include "unit.h"

/* What leaves and when: segmentation, Nagle, timers, probes, recovery. */

/* RTT 100 ms, MSS 1000, no options but those named. */
#define OPEN_WITH(opts, win)                                                                       \
	"listen 1|< S 0:0(0) win 32792 <mss 1000" opts ">|> S. 0:0(0) ack 1 <mss 1460" opts ">|"   \
	"wait 100|< . 1:1(0) ack 1 win " #win "|accept|> -|"
#define PLAIN OPEN_WITH("", 32792)
#define SACK OPEN_WITH(",sackOK", 32792)
#define SCALED "listen 1|< S 0:0(0) win 32792 <mss 1000,sackOK,ws 7>|" \
	       "> S. 0:0(0) ack 1 <mss 1460,sackOK,ws 8>|wait 100|< . 1:1(0) ack 1 win 320|accept|"
#define TEN "write 10000 = 10000|> P. 1:2001(2000) ack 1|> P. 2001:4001(2000) ack 1|" \
	    "> P. 4001:6001(2000) ack 1|> P. 6001:8001(2000) ack 1|> P. 8001:10001(2000) ack 1|> -|"
#define SYN "S 0:0(0) <mss 1460,sackOK,ws 8>|"
#define NO_TS "sysctl net.ipv4.tcp_timestamps 0|"

struct row {
	const char *name, *lines;
};

static const struct row handshake_rows[] = {
	{ "SYN schedule", NO_TS "sysctl net.ipv4.tcp_syn_retries 5|connect = -115|> " SYN
	  "+1000 > " SYN "+1000 > " SYN "+1000 > " SYN "+1000 > " SYN "+1000 > " SYN
	  "+2000 > " SYN "+4000 > " SYN "+8000 > " SYN "+16000 > " SYN
	  "quiet 31999|state SYN_SENT|quiet 1|state CLOSED|error = 110" },
	{ "SYNCNT", NO_TS "sysctl net.ipv4.tcp_syn_linear_timeouts 0|connect = -115|> " SYN
	  "opt 6 7 2|+1000 > " SYN "+2000 > " SYN "quiet 3999|state SYN_SENT|quiet 1|error = 110" },
	{ "SYN-ACK schedule", "listen 1|< S 0:0(0) win 9|> S. 0:0(0) ack 1 <mss 1460>|"
	  "+1000 > S. 0:0(0) ack 1 <mss 1460>|+2000 > S. 0:0(0) ack 1 <mss 1460>|"
	  "+4000 > S. 0:0(0) ack 1 <mss 1460>|+8000 > S. 0:0(0) ack 1 <mss 1460>|"
	  "+16000 > S. 0:0(0) ack 1 <mss 1460>|quiet 31999|state SYN_RECEIVED|quiet 1|state CLOSED" },
	{ "SYN-ACK, rto_max", "sysctl net.ipv4.tcp_rto_max_ms 1000|listen 1|< S 0:0(0) win 9|"
	  "> S. 0:0(0) ack 1 <mss 1460>|+1000 > S. 0:0(0) ack 1 <mss 1460>|"
	  "+1000 > S. 0:0(0) ack 1 <mss 1460>|+1000 > S. 0:0(0) ack 1 <mss 1460>" },
	{ "ambiguous SYN: RTO 3 s", "listen 1|< S 0:0(0) win 9000|> S. 0:0(0) ack 1 <mss 1460>|"
	  "+1000 > S. 0:0(0) ack 1 <mss 1460>|< . 1:1(0) ack 1 win 9000|accept|write 9 = 9|"
	  "> P. 1:10(9) ack 1|+3000 > P. 1:10(9) ack 1" },
	{ "deferred accept", "listen 1|opt 6 9 5|< S 0:0(0) win 9|> S. 0:0(0) ack 1 <mss 1460>|"
	  "< . 1:1(0) ack 1 win 9|accept = -11|+7000 > S. 0:0(0) ack 1 <mss 1460>|accept = -11|"
	  "< . 1:1(0) ack 1 win 9|accept" },
	{ "deferred accept, data", "listen 1|opt 6 9 5|< S 0:0(0) win 9|> S. 0:0(0) ack 1 <mss 1460>|"
	  "< P. 1:9(8) ack 1 win 9|accept|read 9 = 8" },
	{ "options of both sides", "listen 1|< S 0:0(0) win 9 <mss 900,sackOK,ts 5 0,ws 3>|"
	  "> S. 0:0(0) ack 1 <mss 1460,sackOK,ts 1 5,ws 8>" },
	{ "only what was offered", "listen 1|< S 0:0(0) win 9 <ts 5 0>|"
				   "> S. 0:0(0) ack 1 <mss 1460,ts 1 5>" },
	{ "only what we allow", "sysctl net.ipv4.tcp_sack 0|sysctl net.ipv4.tcp_window_scaling 0|"
	  "listen 1|< S 0:0(0) win 9 <mss 900,sackOK,ts 5 0,ws 3>|"
	  "> S. 0:0(0) ack 1 <mss 1460,ts 1 5>" },
	{ "MAXSEG", "listen 1|opt 6 2 700|< S 0:0(0) win 9|> S. 0:0(0) ack 1 <mss 700>" },
	{ "initial window", PLAIN "win 65535" },
};

static const struct row segment_rows[] = {
	{ "one write", PLAIN "write 300 = 300|> P. 1:301(300) ack 1" },
	{ "initial window of ten", SCALED TEN },
	{ "half of the window", OPEN_WITH("", 32792) TEN },
	{ "Nagle holds a short one", PLAIN "write 300 = 300|> P. 1:301(300) ack 1|write 300 = 300|> -|"
	  "wait 100|< . 1:1(0) ack 301 win 32792|> P. 301:601(300) ack 1" },
	{ "NODELAY does not", PLAIN "opt 6 1 1|write 300 = 300|> P. 1:301(300) ack 1|write 9 = 9|"
	  "> P. 301:310(9) ack 1" },
	{ "Minshall", PLAIN "write 1000 = 1000|> P. 1:1001(1000) ack 1|write 300 = 300|"
		      "> P. 1001:1301(300) ack 1|write 9 = 9|> -" },
	{ "cork", PLAIN "opt 6 3 1|write 40 = 40|> -|wait 50|write 40 = 40|> -|opt 6 3 0|"
		  "> P. 1:81(80) ack 1" },
	{ "cork lets full ones go", PLAIN "opt 6 3 1|write 1300 = 1300|> . 1:1001(1000) ack 1|> -" },
	{ "MSG_MORE and the timer", PLAIN "opt 6 1 1|more 40 = 40|> -|+300 > P. 1:41(40) ack 1" },
	{ "MSG_MORE, then without", PLAIN "more 40 = 40|> -|write 40 = 40|> P. 1:81(80) ack 1" },
	{ "half of a small window", "listen 1|< S 0:0(0) win 700 <mss 1000>|"
	  "> S. 0:0(0) ack 1 <mss 1460>|< . 1:1(0) ack 1 win 700|accept|write 1000 = 1000|"
	  "> . 1:351(350) ack 1|> P. 351:701(350) ack 1|> -" },
	{ "peer without MSS", "listen 1|< S 0:0(0) win 9999|> S. 0:0(0) ack 1 <mss 1460>|"
	  "< . 1:1(0) ack 1 win 9999|accept|write 1000 = 1000|> P. 1:1001(1000) ack 1|info 16 = 536" },
	{ "buffer full", PLAIN "opt 1 7 5000|write 90000 = 26000" },
	{ "empty write", PLAIN "write 0|> -" },
	{ "write after shutdown", PLAIN "shutdown 1|> F. 1:1(0) ack 1|write 9 = -32" },
	{ "outq", PLAIN "write 300 = 300|outq 0 = 300|< . 1:1(0) ack 101 win 9|outq 0 = 200" },
};

static const struct row timer_rows[] = {
	{ "RTO without SACK", PLAIN "write 500 = 500|> P. 1:501(500) ack 1|+300 > P. 1:501(500) ack 1|"
	  "+600 > P. 1:501(500) ack 1|+1200 > P. 1:501(500) ack 1|info 80 = 1" },
	{ "RTO resends one segment", PLAIN TEN "+300 > . 1:1001(1000) ack 1|"
	  "< . 1:1(0) ack 10001 win 32792|> -|quiet 5000" },
	{ "after an RTO slow start", PLAIN TEN "+300 > . 1:1001(1000) ack 1|wait 100|"
	  "< . 1:1(0) ack 1001 win 32792|> . 1001:2001(1000) ack 1|> . 2001:3001(1000) ack 1|> -" },
	{ "loss probe", SACK TEN "+202 > P. 9001:10001(1000) ack 1" },
	{ "the ACK of a needless loss probe", SACK TEN "+202 > P. 9001:10001(1000) ack 1|"
	  "< . 1:1(0) ack 10001 win 32792|< . 1:1(0) ack 10001 win 32792|write 1000 = 1000|"
	  "> P. 10001:11001(1000) ack 1|wait 100|< . 1:1(0) ack 11001 win 32792|info 80 = 20" },
	{ "loss probe of one", SACK "write 500 = 500|> P. 1:501(500) ack 1|"
			       "+300 > P. 1:501(500) ack 1|+300 > P. 1:501(500) ack 1|"
			       "+600 > P. 1:501(500) ack 1" },
	{ "Karn", PLAIN "write 500 = 500|> P. 1:501(500) ack 1|+300 > P. 1:501(500) ack 1|wait 50|"
	  "< . 1:1(0) ack 501 win 9000|info 68 = 100000|write 9 = 9|> P. 501:510(9) ack 1|"
	  "+600 > P. 501:510(9) ack 1" },
	{ "give up", PLAIN "sysctl net.ipv4.tcp_retries2 2|write 9 = 9|> P. 1:10(9) ack 1|"
	  "+300 > P. 1:10(9) ack 1|+600 > P. 1:10(9) ack 1|quiet 1199|"
	  "state ESTABLISHED|quiet 1|state CLOSED|error = 110" },
	{ "user timeout", PLAIN "opt 6 18 1000|write 9 = 9|> P. 1:10(9) ack 1|"
	  "+300 > P. 1:10(9) ack 1|+600 > P. 1:10(9) ack 1|quiet 399|state ESTABLISHED|quiet 1|"
	  "state CLOSED" },
	{ "FIN is resent", PLAIN "close|> F. 1:1(0) ack 1|+300 > F. 1:1(0) ack 1|"
			   "+600 > F. 1:1(0) ack 1" },
	{ "window probes", PLAIN "< . 1:1(0) ack 1 win 0|write 500 = 500|> -|+300 > . 0:0(0) ack 1|"
	  "+600 > . 0:0(0) ack 1|+1200 > . 0:0(0) ack 1|< . 1:1(0) ack 1 win 900|"
	  "> P. 1:501(500) ack 1" },
	{ "a probe that is answered", PLAIN "< . 1:1(0) ack 1 win 0|write 500 = 500|"
	  "+300 > . 0:0(0) ack 1|< . 1:1(0) ack 1 win 0|+600 > . 0:0(0) ack 1" },
	{ "part of a segment fits", PLAIN "< P. 1:2(1) ack 1 win 9000|> . 1:1(0) ack 2|< . 2:2(0) ack 1 win 200|"
				    "write 500 = 500|> -|+300 > P. 1:201(200) ack 2" },
	{ "the SYN's window does not count", OPEN_WITH("", 200) "write 500 = 500|"
					     "> P. 1:201(200) ack 1" },
	{ "window closed over data", PLAIN "write 9 = 9|> P. 1:10(9) ack 1|< . 1:1(0) ack 1 win 0|"
	  "+300 > P. 1:10(9) ack 1|info 0 = 1025|+600 > P. 1:10(9) ack 1|info 0 = 1025" },
	{ "a loss probe starts no give-up", SACK "opt 6 18 3000|write 9 = 9|> P. 1:10(9) ack 1|"
	  "+300 > P. 1:10(9) ack 1|info 36 = 0|+300 > P. 1:10(9) ack 1|+600 > P. 1:10(9) ack 1|"
	  "+1200 > P. 1:10(9) ack 1|quiet 1199|state ESTABLISHED|quiet 2|state CLOSED|error = 110" },
	{ "keep-alive", PLAIN "opt 1 9 1|opt 6 4 2|opt 6 5 1|opt 6 6 3|+2000 > . 0:0(0) ack 1|"
	  "+1000 > . 0:0(0) ack 1|+1000 > . 0:0(0) ack 1|+1000 > R. 1:1(0) ack 1|state CLOSED|"
	  "error = 110" },
	{ "keep-alive answered", PLAIN "opt 6 4 2|opt 6 5 1|opt 1 9 1|+2000 > . 0:0(0) ack 1|"
	  "< . 1:1(0) ack 1 win 9|+2000 > . 0:0(0) ack 1" },
	{ "orphan", PLAIN "sysctl net.ipv4.tcp_orphan_retries 1|write 9 = 9|> P. 1:10(9) ack 1|close|"
	  "> F. 10:10(0) ack 1|+300 > FP. 1:10(9) ack 1|quiet 599|"
	  "state FIN_WAIT_1|quiet 1|state CLOSED" },
};

static const struct row loss_rows[] = {
	{ "three duplicate ACKs", PLAIN TEN "wait 100|< . 1:1(0) ack 1 win 32792|> -|"
	  "< . 1:1(0) ack 1 win 32792|> -|< . 1:1(0) ack 1 win 32792|> . 1:1001(1000) ack 1|> -|"
	  "info 76 = 7|< . 1:1(0) ack 10001 win 32792|info 80 = 7|> -" },
	{ "partial ACK without SACK", PLAIN TEN "wait 100|< . 1:1(0) ack 1 win 32792|"
	  "< . 1:1(0) ack 1 win 32792|< . 1:1(0) ack 1 win 32792|> . 1:1001(1000) ack 1|wait 100|"
	  "< . 1:1(0) ack 3001 win 32792|> . 3001:4001(1000) ack 1" },
	{ "all of the window, and new data out", PLAIN TEN "write 2000 = 2000|wait 100|"
	  "< . 1:1(0) ack 1 win 32792|> . 10001:11001(1000) ack 1|< . 1:1(0) ack 1 win 32792|"
	  "> P. 11001:12001(1000) ack 1|< . 1:1(0) ack 1 win 32792|> . 1:1001(1000) ack 1|"
	  "write 1000 = 1000|> -|wait 9|< . 1:1(0) ack 12001 win 32792|> P. 12001:13001(1000) ack 1|> -|"
	  "< . 1:1(0) ack 12001 win 32792|> -|info 88 = 3" },
	{ "limited transmit", PLAIN TEN "write 3000 = 3000|> -|wait 100|< . 1:1(0) ack 1 win 32792|"
	  "> . 10001:11001(1000) ack 1|wait 2|< . 1:1(0) ack 1 win 32792|> . 11001:12001(1000) ack 1|> -" },
	{ "Loss without SACK outlasts its mark", PLAIN "write 9 = 9|> P. 1:10(9) ack 1|"
	  "+300 > P. 1:10(9) ack 1|< . 1:1(0) ack 10 win 32792|info 0 = 1025|write 9 = 9|"
	  "> P. 10:19(9) ack 1|< . 1:1(0) ack 19 win 32792|info 0 = 1" },
	{ "more duplicates than segments", PLAIN "write 2000 = 2000|> P. 1:2001(2000) ack 1|"
	  "< . 1:1(0) ack 1 win 32792|info 88 = 3|< . 1:1(0) ack 1 win 32792|info 88 = 2" },
	{ "the window ends in a segment", SACK "write 6000 = 6000|> P. 1:2001(2000) ack 1|"
	  "> P. 2001:4001(2000) ack 1|> P. 4001:6001(2000) ack 1|wait 9|"
	  "< P. 1:2(1) ack 6001 win 100|> . 6001:6001(0) ack 2|write 50 = 50|> P. 6001:6051(50) ack 2|"
	  "< . 2:2(0) ack 6001 win 2090|write 9000 = 9000|> P. 6051:8051(2000) ack 2|> -" },
	{ "blocks that end inside segments", SACK TEN "wait 100|"
	  "< . 1:1(0) ack 1 win 32792 <sack 2001-4301,sack 2001-4301 4001-5001 7001-8001>|"
	  "> P. 1:2001(2000) ack 1|info 28 = 4" },
	{ "an ACK after data is no duplicate", PLAIN TEN "wait 9|< P. 1:2(1) ack 1 win 32792|"
	  "> . 10001:10001(0) ack 2|write 2000 = 2000|> -|< . 2:2(0) ack 1 win 32792|> -|< . 2:2(0) ack 1 win 32792|"
	  "> . 10001:11001(1000) ack 2|> -" },
	{ "three SACKed", SACK TEN "wait 100|< . 1:1(0) ack 1 win 32792 <sack 1001-2001>|> -|"
	  "< . 1:1(0) ack 1 win 32792 <sack 1001-3001>|> -|"
	  "< . 1:1(0) ack 1 win 32792 <sack 1001-4001>|> . 1:1001(1000) ack 1|> -|"
	  "info 28 = 3|info 32 = 1|info 36 = 1" },
	{ "an ACK in order is no reordering", SACK "write 1000 = 1000|> P. 1:1001(1000) ack 1|wait 100|"
	  "< . 1:1(0) ack 1001 win 32792|write 5000 = 5000|> P. 1001:3001(2000) ack 1|"
	  "> P. 3001:5001(2000) ack 1|> P. 5001:6001(1000) ack 1|wait 100|"
	  "< . 1:1(0) ack 1001 win 32792 <sack 2001-5001>|> . 1001:2001(1000) ack 1" },
	{ "new data in recovery", SACK TEN "wait 100|< . 1:1(0) ack 1 win 32792 <sack 1001-2001>|"
	  "< . 1:1(0) ack 1 win 32792 <sack 1001-3001>|< . 1:1(0) ack 1 win 32792 <sack 1001-4001>|"
	  "> . 1:1001(1000) ack 1|write 7000 = 7000|> -|"
	  "< . 1:1(0) ack 1 win 32792 <sack 1001-5001>|> . 10001:11001(1000) ack 1|> -" },
	{ "two holes", SACK TEN "wait 100|"
	  "< . 1:1(0) ack 1 win 32792 <sack 1001-2001,sack 1001-2001 3001-10001>|"
	  "> . 1:1001(1000) ack 1|> . 2001:3001(1000) ack 1|> -|< . 1:1(0) ack 10001 win 32792|> -" },
	{ "one SACKed, then time", SACK TEN "wait 100|"
	  "< . 1:1(0) ack 1 win 32792 <sack 1001-2001>|+27 > . 1:1001(1000) ack 1" },
	{ "D-SACK is no loss", SACK TEN "wait 100|< . 1:1(0) ack 10001 win 32792|"
	  "< . 1:1(0) ack 10001 win 32792 <sack 1-1001>|> -|info 216 = 1|info 80 = 20" },
	{ "duplicates widen the wait for reordered segments", SACK "write 4000 = 4000|"
	  "> P. 1:2001(2000) ack 1|> P. 2001:4001(2000) ack 1|wait 100|"
	  "< . 1:1(0) ack 1001 win 32792 <sack 2001-3001>|< . 1:1(0) ack 4001 win 32792|"
	  "write 4000 = 4000|> P. 4001:6001(2000) ack 1|> P. 6001:8001(2000) ack 1|wait 100|"
	  "< . 1:1(0) ack 4001 win 32792 <sack 5001-6001>|+27 > . 4001:5001(1000) ack 1|wait 5|"
	  "< . 1:1(0) ack 8001 win 32792|wait 95|< . 1:1(0) ack 8001 win 32792 <sack 4001-5001>|"
	  "write 4000 = 4000|> P. 8001:10001(2000) ack 1|> P. 10001:12001(2000) ack 1|wait 100|"
	  "< . 1:1(0) ack 8001 win 32792 <sack 9001-10001>|+52 > . 8001:9001(1000) ack 1" },
	{ "SACK out of nowhere", SACK TEN "wait 100|< . 1:1(0) ack 1 win 32792 <sack 50001-60001>|> -|"
	  "info 28" },
	{ "SACK of more than was sent", SACK TEN "wait 100|"
	  "< . 1:1(0) ack 1 win 32792 <sack 9001-20001>|> -|info 28" },
	{ "reneging", SACK TEN "wait 100|< . 1:1(0) ack 1 win 32792 <sack 2001-4001>|"
	  "< . 1:1(0) ack 2001 win 32792|+50 > . 2001:3001(1000) ack 1" },
	{ "a SACKed byte short of a segment", SACK TEN "wait 100|"
	  "< . 1:1(0) ack 1 win 32792 <sack 1002-4000>|info 28 = 1" },
};

static const struct row window_rows[] = {
	{ "slow start", SCALED TEN "write 60000 = 60000|> -|wait 100|< . 1:1(0) ack 2001 win 320|"
	  "info 80 = 12|> P. 10001:12001(2000) ack 1|> P. 12001:14001(2000) ack 1|> -" },
	{ "no growth when unused", SCALED "write 5000 = 5000|> P. 1:2001(2000) ack 1|"
	  "> P. 2001:4001(2000) ack 1|> P. 4001:5001(1000) ack 1|wait 100|"
	  "< . 1:1(0) ack 5001 win 320|info 80 = 10" },
	{ "growth from six on", SCALED "write 6000 = 6000|> P. 1:2001(2000) ack 1|"
	  "> P. 2001:4001(2000) ack 1|> P. 4001:6001(2000) ack 1|wait 100|"
	  "< . 1:1(0) ack 2001 win 320|info 80 = 12|< . 1:1(0) ack 4001 win 320|info 80 = 12" },
	{ "restart after idle", SCALED "sysctl net.ipv4.tcp_slow_start_after_idle 1|" TEN
	  "wait 100|< . 1:1(0) ack 10001 win 320|info 80 = 20|wait 2000|write 1000 = 1000|"
	  "> P. 10001:11001(1000) ack 1|info 80 = 10" },
	{ "none when it is off", SCALED TEN "wait 100|< . 1:1(0) ack 10001 win 320|wait 2000|"
	  "write 1000 = 1000|> P. 10001:11001(1000) ack 1|info 80 = 20" },
};

/* Departures under a pacing discipline: linux-tcp 2.6 */
static const struct row paced_rows[] = {
	{ "the first ten at once, then spread", "fq|listen 1|"
	  "< S 0:0(0) win 32792 <mss 1460,sackOK,ws 7>|> S. 0:0(0) ack 1 <mss 1460,sackOK,ws 8>|"
	  "wait 100|< . 1:1(0) ack 1 win 500|accept|write 40000 = 40000|"
	  "> P. 1:2921(2920) ack 1|> P. 2921:5841(2920) ack 1|> P. 5841:8761(2920) ack 1|"
	  "> P. 8761:11681(2920) ack 1|> P. 11681:14601(2920) ack 1|> -|wait 105|"
	  "< . 1:1(0) ack 2921 win 500|> P. 14601:17521(2920) ack 1|wait 3|"
	  "< . 1:1(0) ack 5841 win 500|+1 > P. 17521:20441(2920) ack 1|wait 1|"
	  "< . 1:1(0) ack 8761 win 500|+7 > P. 20441:23361(2920) ack 1|"
	  "wait 2|< . 1:1(0) ack 11681 win 500|+5 > P. 23361:26281(2920) ack 1|"
	  "+7 > P. 26281:29201(2920) ack 1" },
};

SUT_ROW_TEST(handshake_rows)
SUT_ROW_TEST(segment_rows)
SUT_ROW_TEST(timer_rows)
SUT_ROW_TEST(loss_rows)
SUT_ROW_TEST(window_rows)
SUT_ROW_TEST(paced_rows)

#define ADD_ROWS(tc, table) \
	tcase_add_loop_test(tc, test_##table, 0, (int)(sizeof(table) / sizeof(table[0])))

int main(void)
{
	Suite *suite = suite_create("sut_tcp_send");
	TCase *tc = tcase_create("send");

	ADD_ROWS(tc, handshake_rows);
	ADD_ROWS(tc, segment_rows);
	ADD_ROWS(tc, timer_rows);
	ADD_ROWS(tc, loss_rows);
	ADD_ROWS(tc, window_rows);
	ADD_ROWS(tc, paced_rows);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
