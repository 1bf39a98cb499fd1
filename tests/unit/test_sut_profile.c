/* SPDX-License-Identifier: BSD-2-Clause */
#include "profile.h"
#include "sut_script.h"
#include "unit.h"

/* Profiles by name, and each field in which rfc differs from linux, by itself. */

#define OPEN_WITH(before, opts, rtt)                                                               \
	before "listen 5|< S 0:0(0) win 32792 <mss 1000" opts ">|"                                 \
	"> S. 0:0(0) ack 1 <mss 1460" opts ">|wait " #rtt "|< . 1:1(0) ack 1 win 32792|accept|> -|"
#define PLAIN OPEN_WITH("", "", 10)
#define SACK OPEN_WITH("sysctl net.ipv4.tcp_early_retrans 0|", ",sackOK", 10)
#define RENO OPEN_WITH("sysctl net.ipv4.tcp_congestion_control reno|", "", 100)
#define TS_WITH(then) "listen 5|< S 0:0(0) win 32792 <mss 1000,ts 1000 0>|" \
		      "> S. 0:0(0) ack 1 <mss 1460,ts 1 1000>|wait 10|" then
#define TS TS_WITH("< . 1:1(0) ack 1 win 32792 <ts 1010 1>|accept|> -|")
#define ACTIVE "sysctl net.ipv4.tcp_timestamps 0|connect = -115|> S 0:0(0) <mss 1460,sackOK,ws 8>|"
#define SMALL OPEN_WITH("sysctl net.ipv4.tcp_rmem 10000 10000 10000|" \
			"sysctl net.ipv4.tcp_window_scaling 0|", "", 10)
#define TIME_WAIT PLAIN "close|> F. 1:1(0) ack 1|< F. 1:1(0) ack 2 win 9|> . 2:2(0) ack 2|" \
			"wait 600|state TIME_WAIT|"
#define TS_TIME_WAIT TS "close|> F. 1:1(0) ack 1 <ts 11 1010>|< F. 1:1(0) ack 2 win 9 <ts 1100 11>|" \
			"> . 2:2(0) ack 2 <ts 11 1100>|wait 600|state TIME_WAIT|"
#define HALF_ACKED PLAIN "write 1000 = 1000|> P. 1:1001(1000) ack 1|wait 10|" \
			 "< . 1:1(0) ack 1001 win 32792|write 1000 = 1000|> P. 1001:2001(1000) ack 1|"
#define DUP "< . 1:1(0) ack 1 win 32792|"
#define PAIR(a, b) "> P. " #a ":" #b "(2000) ack 1|"
#define FLIGHT PAIR(1, 2001) PAIR(2001, 4001) PAIR(4001, 6001) PAIR(6001, 8001) PAIR(8001, 10001)
#define TAIL OPEN_WITH("sysctl net.ipv4.tcp_congestion_control reno|", ",sackOK", 100)              \
	     "write 10000 = 10000|" FLIGHT "wait 100|< . 1:1(0) ack 1 win 32792 <sack 1001-4001>|"  \
	     "> . 1:1001(1000) ack 1|wait 10|"
#define DUPS DUP DUP DUP DUP DUP

#define FIELD(f) offsetof(struct profile, f), sizeof(profile_rfc.f)

/* @before: what is the same in both. */
static const struct row {
	const char *name;
	size_t at, n_bytes;        /* of the field */
	const char *before, *as_linux, *as_rfc;
} rows[] = {
	{ "data on a SYN-ACK", FIELD(takes_synack_data),
	  ACTIVE "< S. 0:100(100) ack 1 win 500 <mss 1000>|",
	  "> . 1:1(0) ack 1|read 200 = -11", "> . 1:1(0) ack 101|> -|discard 200 = 100" },
	{ "FIN on a SYN-ACK", FIELD(takes_synack_data),
	  ACTIVE "< FS. 0:0(0) ack 1 win 500 <mss 1000>|",
	  "> . 1:1(0) ack 1|state ESTABLISHED", "> . 1:1(0) ack 2|> -|state CLOSE_WAIT" },
	{ "reset in SYN-SENT", FIELD(checks_syn_sent_reset), ACTIVE "< R. 5:5(0) ack 1 win 0|",
	  "state CLOSED|error = 111",
	  "state SYN_SENT|< R. 0:0(0) ack 1 win 0|state CLOSED|error = 111" },
	{ "reset in SYN-RECEIVED", FIELD(half_open_reset_refuses),
	  ACTIVE "< S 0:0(0) win 500|> S. 0:0(0) ack 1 <mss 1460,sackOK,ws 8>|"
	  "< R 1:1(0) win 0|state CLOSED|", "error = 104", "error = 111" },
	{ "another SYN in SYN-RECEIVED", FIELD(half_open_syn_resets),
	  "listen 1|< S 0:0(0) win 1000|> S. 0:0(0) ack 1 <mss 1460>|< S 100:100(0) win 1000|",
	  "> R. 0:0(0) ack 101|state CLOSED", "> -|state CLOSED" },
	{ "MSS after a narrow path", FIELD(mss_from_interface),
	  PLAIN "write 1000 = 1000|> P. 1:1001(1000) ack 1|icmp 3 4 700 1|"
	  "> P. 1:1001(1000) ack 1|< R 1:1(0) win 0|state CLOSED|< S 9000:9000(0) win 1000 <mss 1000>|",
	  "> S. 0:0(0) ack 9001 <mss 660>", "> S. 0:0(0) ack 9001 <mss 1460>" },
	{ "at the right edge", FIELD(edge_is_outside),
	  SMALL "win 4380|< . 4381:4381(0) ack 1 win 9|", "> -", "> . 1:1(0) ack 1" },
	{ "at the edge of a closed window", FIELD(edge_is_outside),
	  SMALL "win 4380|< . 1:4381(4380) ack 1 win 9|+40 > . 1:1(0) ack 4381|win 0|"
	  "< . 4381:4381(0) ack 1 win 9|", "> -", "> -" },
	{ "beyond the window", FIELD(trims_to_window),
	  SMALL "win 4380|< F. 1:6001(6000) ack 1 win 9|",
	  "+40 > . 1:1(0) ack 6002|state CLOSE_WAIT", "+40 > . 1:1(0) ack 4381|state ESTABLISHED" },
	{ "beyond what is queued", FIELD(trims_to_window),
	  SMALL "win 4380|< . 1:1001(1000) ack 1 win 9|> . 1:1(0) ack 1001|"
	  "< . 1001:6001(5000) ack 1 win 9|", "> . 1:1(0) ack 1001", "+40 > . 1:1(0) ack 4381" },
	{ "an edge that was withdrawn", FIELD(honours_edges),
	  OPEN_WITH("sysctl net.ipv4.tcp_rmem 4096 131072 67108864|"
		    "sysctl net.ipv4.tcp_shrink_window 1|", ",sackOK,ws 11", 10)
	  "< . 1:101(100) ack 1 win 9|> . 1:1(0) ack 101|< . 64240:64241(1) ack 1 win 9|",
	  "> . 1:1(0) ack 101", "> . 1:1(0) ack 101 <sack 64240-64241>" },
	{ "no time stamp", FIELD(needs_timestamp), TS "< P. 1:101(100) ack 1 win 9|",
	  "> . 1:1(0) ack 101 <ts 11 1010>|read 200 = 100", "> -|read 200 = -11" },
	{ "no time stamp on a reset", FIELD(needs_timestamp), TS "< R 1:1(0) win 0|", "state CLOSED",
	  "state CLOSED" },
	{ "no time stamp on the third segment", FIELD(needs_timestamp),
	  TS_WITH("< . 1:1(0) ack 1 win 9|"), "state ESTABLISHED", "state SYN_RECEIVED" },
	{ "no time stamp in TIME-WAIT", FIELD(needs_timestamp),
	  TS_TIME_WAIT "< F. 1:1(0) ack 2 win 9|", "> . 2:2(0) ack 2 <ts 611 1100>", "> -" },
	{ "every second segment", FIELD(acks_every_second),
	  PLAIN "opt 6 12 0|< . 1:1001(1000) ack 1 win 9|> -|< . 1001:2001(1000) ack 1 win 9|",
	  "> -|+40 > . 1:1(0) ack 2001", "> . 1:1(0) ack 2001" },
	{ "port unreachable", FIELD(hard_errors_abort),
	  PLAIN "write 10 = 10|> P. 1:11(10) ack 1|icmp 3 3 0 1|", "state ESTABLISHED|error = 111",
	  "state CLOSED|error = 111" },
	{ "host unreachable", FIELD(hard_errors_abort),
	  PLAIN "write 10 = 10|> P. 1:11(10) ack 1|icmp 3 1 0 1|",
	  "state ESTABLISHED|error = 113", "state ESTABLISHED|error = 113" },
	{ "an old port unreachable", FIELD(hard_errors_abort), PLAIN "icmp 3 3 0 900|",
	  "state ESTABLISHED", "state ESTABLISHED" },
	{ "a path narrower than what has passed", FIELD(mtu_timeouts),
	  HALF_ACKED "icmp 3 4 700 1001|", "> P. 1001:2001(1000) ack 1|info 60 = 700",
	  "> -|info 60 = 1500|< . 1:1(0) ack 2001 win 32792|info 60 = 1500" },
	{ "the same, and its segment times out", FIELD(mtu_timeouts),
	  HALF_ACKED "icmp 3 4 700 1001|", "> P. 1001:2001(1000) ack 1|info 60 = 700",
	  "+210 > . 1001:1661(660) ack 1|info 60 = 700" },
	{ "a path wider than what has passed", FIELD(mtu_timeouts),
	  HALF_ACKED "icmp 3 4 1100 1001|info 60 = 1100|", "> -", "> -" },
	{ "reset of a closed port", FIELD(reset_echoes_timestamp), "< S 0:0(0) win 9 <ts 777 0>|",
	  "> R. 0:0(0) ack 1", "> R. 0:0(0) ack 1 <ts 1 777>" },
	{ "the same without a time stamp", FIELD(reset_echoes_timestamp), "< S 0:0(0) win 9|",
	  "> R. 0:0(0) ack 1", "> R. 0:0(0) ack 1" },
	{ "abort", FIELD(reset_waits), PLAIN "linger 0|close|> R. 1:1(0) ack 1|", "state CLOSED",
	  "state TIME_WAIT|wait 59999|state TIME_WAIT|wait 1|state CLOSED" },
	{ "abort in CLOSE-WAIT", FIELD(reset_waits),
	  PLAIN "< F. 1:1(0) ack 1 win 9|> . 1:1(0) ack 2|linger 0|close|> R. 1:1(0) ack 2|",
	  "state CLOSED", "state TIME_WAIT" },
	{ "close with unread data", FIELD(reset_waits),
	  PLAIN "< P. 1:101(100) ack 1 win 9|> . 1:1(0) ack 101|close|> R. 1:1(0) ack 101|",
	  "state CLOSED", "state TIME_WAIT" },
	{ "abort in SYN-SENT", FIELD(reset_waits), ACTIVE "linger 0|close|> -|", "state CLOSED",
	  "state CLOSED" },
	{ "abort in SYN-RECEIVED", FIELD(reset_waits),
	  ACTIVE "< S 0:0(0) win 500|> S. 0:0(0) ack 1 <mss 1460,sackOK,ws 8>|linger 0|close|"
	  "> R. 1:1(0) ack 1|", "state CLOSED", "state TIME_WAIT" },
	{ "abort, twice closed", FIELD(reset_waits),
	  PLAIN "shutdown 1|> F. 1:1(0) ack 1|< F. 1:1(0) ack 1 win 9|> . 2:2(0) ack 2|linger 0|close|",
	  "> -|state CLOSED", "> -|state CLOSED" },
	{ "closing in SYN-RECEIVED with data", FIELD(close_waits_for_data),
	  "sysctl net.ipv4.tcp_fastopen 5|sysctl net.ipv4.tcp_timestamps 0|open 100 = 100|"
	  "> S 0:100(100) <mss 1460,sackOK,ws 8>|< S 0:0(0) win 9000|"
	  "> S. 0:0(0) ack 1 <mss 1460,sackOK,ws 8>|close|",
	  "> F. 101:101(0) ack 1|state FIN_WAIT_1",
	  "> -|state SYN_RECEIVED|< . 1:1(0) ack 1 win 9000|> P. 1:101(100) ack 1|"
	  "> F. 101:101(0) ack 1|state FIN_WAIT_1" },
	{ "closing again in CLOSING", FIELD(second_close_fails),
	  PLAIN "shutdown 1|> F. 1:1(0) ack 1|< F. 1:1(0) ack 1 win 9|> . 2:2(0) ack 2|",
	  "shutdown 1|> -|state CLOSING", "shutdown 1 = -107|> -|state CLOSING" },
	{ "closing again in FIN-WAIT-1", FIELD(second_close_fails),
	  PLAIN "shutdown 1|> F. 1:1(0) ack 1|", "shutdown 1|> -", "shutdown 1|> -" },
	{ "closing again in LAST-ACK", FIELD(second_close_fails),
	  PLAIN "< F. 1:1(0) ack 1 win 9|> . 1:1(0) ack 2|shutdown 1|> F. 1:1(0) ack 2|",
	  "shutdown 1|> -|state LAST_ACK", "shutdown 1 = -107|> -|state LAST_ACK" },
	{ "abort in TIME-WAIT", FIELD(abort_ends_wait),
	  PLAIN "shutdown 1|> F. 1:1(0) ack 1|< F. 1:1(0) ack 2 win 9|> . 2:2(0) ack 2|linger 0|close|",
	  "> -|state TIME_WAIT", "> -|state CLOSED|< F. 1:1(0) ack 2 win 9|> R 2:2(0)" },
	{ "reset in TIME-WAIT", FIELD(wait_challenges_reset), TIME_WAIT "< R 3:3(0) win 0|",
	  "> -|state TIME_WAIT", "> . 2:2(0) ack 2|state TIME_WAIT|< R 2:2(0) win 0|state CLOSED" },
	{ "reset outside in TIME-WAIT", FIELD(wait_challenges_reset), TIME_WAIT "< R 1:1(0) win 0|",
	  "> -|state TIME_WAIT", "> -|state TIME_WAIT" },
	{ "data without ACK in TIME-WAIT", FIELD(wait_needs_ack), TIME_WAIT "< P 2:102(100) win 9|",
	  "> . 2:2(0) ack 2", "> -" },
	{ "old data without ACK in TIME-WAIT", FIELD(wait_needs_ack), TIME_WAIT "< F 1:1(0) win 9|",
	  "> . 2:2(0) ack 2", "> . 2:2(0) ack 2" },
	{ "lower SYN in TIME-WAIT", FIELD(wait_follows_rfc6191), TIME_WAIT "< S 0:0(0) win 9|",
	  "> . 2:2(0) ack 2", "> -|state TIME_WAIT" },
	{ "higher SYN in TIME-WAIT", FIELD(wait_follows_rfc6191), TIME_WAIT "< S 9:9(0) win 9|",
	  "> S. 0:0(0) ack 10 <mss 1460>", "> S. 0:0(0) ack 10 <mss 1460>" },
	{ "lower SYN that has time stamps", FIELD(wait_follows_rfc6191),
	  TIME_WAIT "< S 0:0(0) win 9 <ts 5 0>|", "> . 2:2(0) ack 2", "state SYN_RECEIVED" },
	{ "later SYN in TIME-WAIT", FIELD(wait_follows_rfc6191),
	  TS_TIME_WAIT "< S 0:0(0) win 9 <ts 1101 0>|", "state SYN_RECEIVED", "state SYN_RECEIVED" },
	{ "higher SYN of the same time", FIELD(wait_follows_rfc6191),
	  TS_TIME_WAIT "< S 9:9(0) win 9 <ts 1100 0>|", "state SYN_RECEIVED", "state SYN_RECEIVED" },
	{ "lower SYN of the same time", FIELD(wait_follows_rfc6191),
	  TS_TIME_WAIT "< S 0:0(0) win 9 <ts 1100 0>|", "> . 2:2(0) ack 2 <ts 611 1100>", "> -" },
	{ "earlier SYN in TIME-WAIT", FIELD(wait_follows_rfc6191),
	  TS_TIME_WAIT "< S 9:9(0) win 9 <ts 900 0>|", "> . 2:2(0) ack 2 <ts 611 1100>", "> -" },
	{ "higher SYN without time stamps", FIELD(wait_follows_rfc6191),
	  TS_TIME_WAIT "< S 9:9(0) win 9|", "state SYN_RECEIVED", "state SYN_RECEIVED" },
	{ "SYN with ACK in TIME-WAIT", FIELD(wait_follows_rfc6191), TIME_WAIT "< S. 0:0(0) ack 2 win 9|",
	  "> . 2:2(0) ack 2", "> . 2:2(0) ack 2" },
	{ "window probe", FIELD(probes_with_octet),
	  PLAIN "< . 1:1(0) ack 1 win 0|write 100 = 100|> -|",
	  "+210 > . 0:0(0) ack 1|< . 1:1(0) ack 1 win 0|+420 > . 0:0(0) ack 1|"
	  "< . 1:1(0) ack 1 win 9000|> P. 1:101(100) ack 1",
	  "+210 > . 1:2(1) ack 1|< . 1:1(0) ack 1 win 0|+420 > . 1:2(1) ack 1|"
	  "+840 > . 1:2(1) ack 1|info 80 = 10" },
	{ "an octet that is taken", FIELD(probes_with_octet),
	  PLAIN "< . 1:1(0) ack 1 win 0|write 100 = 100|",
	  "+210 > . 0:0(0) ack 1",
	  "+210 > . 1:2(1) ack 1|< . 1:1(0) ack 2 win 0|+209 > . 2:3(1) ack 1|"
	  "< . 1:1(0) ack 3 win 9000|> P. 3:101(98) ack 1|< . 1:1(0) ack 101 win 9000|quiet 5000" },
	{ "an octet that is refused", FIELD(probes_with_octet),
	  PLAIN "< . 1:1(0) ack 1 win 0|write 100 = 100|",
	  "+210 > . 0:0(0) ack 1",
	  "+210 > . 1:2(1) ack 1|< . 1:1(0) ack 1 win 9000|> . 1:2(1) ack 1|info 80 = 10|"
	  "< . 1:1(0) ack 2 win 9000|> P. 2:101(99) ack 1|< . 1:1(0) ack 101 win 9000|quiet 5000" },
	{ "a single octet", FIELD(probes_with_octet),
	  PLAIN "< . 1:1(0) ack 1 win 0|write 1 = 1|", "+210 > . 0:0(0) ack 1",
	  "+210 > P. 1:2(1) ack 1|+420 > P. 1:2(1) ack 1|< . 1:1(0) ack 2 win 0|quiet 5000" },
	{ "a FIN behind a closed window", FIELD(probes_with_octet),
	  PLAIN "< . 1:1(0) ack 1 win 0|close|", "> -|+210 > . 0:0(0) ack 1",
	  "> -|+210 > . 0:0(0) ack 1" },
	{ "probes without an answer", FIELD(probes_with_octet),
	  "sysctl net.ipv4.tcp_retries2 2|" PLAIN "< . 1:1(0) ack 1 win 0|write 9 = 9|",
	  "+210 > . 0:0(0) ack 1|+420 > . 0:0(0) ack 1|quiet 9000|state CLOSED|error = 110",
	  "+210 > . 1:2(1) ack 1|+420 > . 1:2(1) ack 1|quiet 9000|state CLOSED|error = 110" },
	{ "first flight of large segments", FIELD(initial_window_bytes),
	  "mtu 9000|listen 1|< S 0:0(0) win 65535 <mss 8960>|> S. 0:0(0) ack 1 <mss 8960>|wait 10|"
	  "< . 1:1(0) ack 1 win 65535|accept|", "info 80 = 10", "info 80 = 2" },
	{ "first flight of usual segments", FIELD(initial_window_bytes),
	  PLAIN, "info 80 = 10", "info 80 = 10" },
	{ "pause", FIELD(restarts_at_once),
	  RENO "sysctl net.ipv4.tcp_slow_start_after_idle 1|write 10000 = 10000|wait 100|"
	  "< . 1:1(0) ack 10001 win 32792|write 20000 = 20000|wait 100|"
	  "< . 1:1(0) ack 30001 win 32792|info 80 = 40|wait 310|write 9 = 9|",
	  "info 80 = 20", "info 80 = 10" },
	{ "time-out after SACK", FIELD(timeout_forgets_sack),
	  SACK "write 3000 = 3000|" PAIR(1, 2001) "> P. 2001:3001(1000) ack 1|wait 10|"
	  "< . 1:1(0) ack 1 win 32792 <sack 1001-2001>|",
	  "+5 > . 1:1001(1000) ack 1|+210 > . 1:1001(1000) ack 1|info 28 = 1",
	  "+5 > . 1:1001(1000) ack 1|+210 > . 1:1001(1000) ack 1|info 28 = 0" },
	{ "a tail that may be lost", FIELD(rescues_tail), TAIL "< . 1:1(0) ack 7001 win 32792|",
	  "> -", "> P. 9001:10001(1000) ack 1|< . 1:1(0) ack 8001 win 32792|> -" },
	{ "a tail, and no more than what was lost has come", FIELD(rescues_tail),
	  TAIL "< . 1:1(0) ack 1001 win 32792 <sack 2001-7001>|", "> -", "> -" },
	{ "a tail, and nothing has come", FIELD(rescues_tail),
	  TAIL "< . 1:1(0) ack 1 win 32792 <sack 1001-8001>|", "> -", "> -" },
	{ "a tail behind a hole", FIELD(rescues_tail),
	  TAIL "< . 1:1(0) ack 6001 win 32792 <sack 7001-8001>|", "> . 6001:7001(1000) ack 1|> -",
	  "> . 6001:7001(1000) ack 1|> P. 9001:10001(1000) ack 1|> -" },
	{ "a tail behind data", FIELD(rescues_tail),
	  TAIL "write 20000 = 20000|> . 10001:11001(1000) ack 1|< . 1:1(0) ack 7001 win 32792|",
	  "> . 11001:12001(1000) ack 1", "> . 11001:12001(1000) ack 1" },
	{ "round trip after time-outs", FIELD(rtt_timeouts),
	  OPEN_WITH("", "", 100) "write 9 = 9|> P. 1:10(9) ack 1|+300 > P. 1:10(9) ack 1|"
	  "+600 > P. 1:10(9) ack 1|info 68 = 100000|+1200 > P. 1:10(9) ack 1|",
	  "info 68 = 100000|< . 1:1(0) ack 10 win 9000|write 9 = 9|> P. 10:19(9) ack 1|wait 200|"
	  "< . 1:1(0) ack 19 win 9000|info 68 = 112500",
	  "info 68 = 0|< . 1:1(0) ack 10 win 9000|write 9 = 9|> P. 10:19(9) ack 1|wait 200|"
	  "< . 1:1(0) ack 19 win 9000|info 68 = 200000" },
	{ "more duplicates than segments", FIELD(limits_duplicates),
	  RENO "write 30000 = 30000|" FLIGHT "wait 100|" DUPS DUPS DUPS DUPS DUPS DUPS,
	  "info 156 = 31|info 76 = 5", "info 156 = 16|info 76 = 5" },
	{ "least time-out that limits trying", FIELD(retries_model_rto_ns),
	  "sysctl net.ipv4.tcp_retries2 2|" PLAIN "write 9 = 9|> P. 1:10(9) ack 1|wait 4000|",
	  "state CLOSED", "state ESTABLISHED" },
	{ "restart after an early loss", FIELD(fallback_window_bytes),
	  RENO "sysctl net.ipv4.tcp_slow_start_after_idle 1|write 10000 = 10000|"
	  FLIGHT "wait 100|" DUP DUP DUP "> . 1:1001(1000) ack 1|wait 100|"
	  "< . 1:1(0) ack 10001 win 32792|info 80 = 5|wait 2000|write 9 = 9|",
	  "info 80 = 5", "info 80 = 4" },
};

enum { N_ROWS = sizeof(rows) / sizeof(rows[0]) };

static void take_field(struct profile *to, const struct row *r)
{
	memcpy((char *)to + r->at, (const char *)&profile_rfc + r->at, r->n_bytes);
}

static void play(const struct row *r, const struct profile *profile, const char *lines)
{
	struct sut_run *run = malloc(sizeof(*run));

	ck_assert_ptr_nonnull(run);
	sut_run_start(run, r->name, 4);
	run->p.host.s->profile = profile;
	if (r->before)
		sut_run_lines(run, r->before);
	sut_run_lines(run, lines);
	sut_run_stop(run);
	free(run);
}

START_TEST(fields_as_linux)
{
	play(&rows[_i], &profile_linux, rows[_i].as_linux);
}
END_TEST

START_TEST(fields_as_rfc)
{
	struct profile mixed = profile_linux;

	take_field(&mixed, &rows[_i]);
	play(&rows[_i], &mixed, rows[_i].as_rfc);
}
END_TEST

/* A field that differs and has no row would not be tested. */
START_TEST(every_difference_has_a_row)
{
	struct profile mixed;

	memcpy(&mixed, &profile_linux, sizeof(mixed));
	mixed.name = profile_rfc.name;
	mixed.text = profile_rfc.text;
	mixed.sysctl = profile_rfc.sysctl;
	mixed.n_sysctl = profile_rfc.n_sysctl;
	for (size_t i = 0; i < N_ROWS; i++) {
		ck_assert_msg(memcmp((const char *)&profile_linux + rows[i].at,
				     (const char *)&profile_rfc + rows[i].at, rows[i].n_bytes) != 0,
			      "%s", rows[i].name);
		take_field(&mixed, &rows[i]);
	}
	ck_assert_int_eq(memcmp(&mixed, &profile_rfc, sizeof(mixed)), 0);
}
END_TEST

/* As RFC 5681 has it for three sizes of segments, and as RFC 6928. */
START_TEST(initial_windows)
{
	static const struct {
		const char *open;
		const struct profile *profile;
		int segs;
	} want[] = {
		{ "536", &profile_rfc5681, 4 }, { "1460", &profile_rfc5681, 3 },
		{ "4000", &profile_rfc5681, 2 }, { "536", &profile_rfc, 10 },
		{ "1460", &profile_rfc, 10 }, { "4000", &profile_rfc, 3 },
		{ "4000", &profile_linux, 10 },
	};
	const struct row r = { .name = "initial window" };
	char lines[300];

	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		snprintf(lines, sizeof(lines), "mtu 9000|listen 1|< S 0:0(0) win 65535 <mss %s>|"
			 "> S. 0:0(0) ack 1 <mss 8960>|wait 10|< . 1:1(0) ack 1 win 65535|accept|"
			 "info 80 = %d", want[i].open, want[i].segs);
		play(&r, want[i].profile, lines);
	}
}
END_TEST

START_TEST(names)
{
	for (size_t i = 0; i < SUT_PROFILE_COUNT; i++) {
		ck_assert_int_eq(sut_profile_find(sut_profile_name(i)), (int)i);
		ck_assert_str_ne(sut_profile_text(i), "");
		ck_assert_ptr_eq(profile_find((enum sut_profile)i)->name, sut_profile_name(i));
	}
	ck_assert_ptr_null(sut_profile_name(SUT_PROFILE_COUNT));
	ck_assert_ptr_null(sut_profile_text(SUT_PROFILE_COUNT));
	ck_assert_ptr_null(profile_find(SUT_PROFILE_COUNT));
	ck_assert_int_eq(sut_profile_find("nobody"), SUT_ENOENT);
	ck_assert_int_eq(sut_profile_find(""), SUT_ENOENT);
	ck_assert_str_eq(sut_profile_name(SUT_PROFILE_LINUX), "linux");
	ck_assert_str_eq(sut_profile_name(SUT_PROFILE_RFC), "rfc");
}
END_TEST

/* Defaults of the profile come before those that the caller gives. */
START_TEST(sysctls)
{
	static const struct sut_sysctl_setting given[] = { { "net.ipv4.tcp_rto_min_us", "300000" } };
	static const struct {
		enum sut_profile profile;
		const char *syn_retries;
	} want[] = { { SUT_PROFILE_LINUX, "6" }, { SUT_PROFILE_RFC, "7" } };
	struct sut_config c = { .profile = want[_i].profile, .mtu_bytes = 1500, .sysctl = given,
				.n_sysctl = 1 };
	struct sut *s = sut_create(&c);
	char text[80];

	ck_assert_ptr_nonnull(s);
	ck_assert_int_eq(sut_sysctl_get(s, "net.ipv4.tcp_syn_retries", text, sizeof(text)), 0);
	ck_assert_str_eq(text, want[_i].syn_retries);
	ck_assert_int_eq(sut_sysctl_get(s, "net.ipv4.tcp_rto_min_us", text, sizeof(text)), 0);
	ck_assert_str_eq(text, "300000");
	sut_destroy(s);
	for (size_t i = 0; i < profile_rfc.n_sysctl; i++) {
		s = sut_create(&(struct sut_config){ .mtu_bytes = 1500 });
		ck_assert_int_eq(sut_sysctl_set(s, profile_rfc.sysctl[i].name,
						profile_rfc.sysctl[i].value), 0);
		sut_destroy(s);
	}
}
END_TEST

START_TEST(no_such_profile)
{
	struct sut_config c = { .profile = SUT_PROFILE_COUNT, .mtu_bytes = 1500 };

	ck_assert_ptr_null(sut_create(&c));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sut_profile");
	TCase *tc = tcase_create("profile");

	tcase_add_loop_test(tc, fields_as_linux, 0, N_ROWS);
	tcase_add_loop_test(tc, fields_as_rfc, 0, N_ROWS);
	tcase_add_test(tc, every_difference_has_a_row);
	tcase_add_test(tc, initial_windows);
	tcase_add_test(tc, names);
	tcase_add_loop_test(tc, sysctls, 0, 2);
	tcase_add_test(tc, no_such_profile);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
