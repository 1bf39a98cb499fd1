/* SPDX-License-Identifier: BSD-2-Clause */
#include "sut_invariant.h"
#include "sut_script.h"
#include "unit.h"

/* What is done with what arrives: acknowledgments, holes, windows, timestamps. */

#define OPEN_WITH(before, opts, rtt)                                                               \
	before "listen 1|< S 0:0(0) win 32792 <mss 1000" opts ">|"                                 \
	"> S. 0:0(0) ack 1 <mss 1460" opts ">|wait " #rtt "|< . 1:1(0) ack 1 win 32792|accept|> -|"
#define PLAIN OPEN_WITH("", "", 10)
#define SACK OPEN_WITH("", ",sackOK", 10)
#define SACK_131072 OPEN_WITH("sysctl net.ipv4.tcp_rmem 4096 131072 15728640|", ",sackOK", 10)
#define SCALED "listen 1|< S 0:0(0) win 32792 <mss 1000,ws 7>|" \
	       "> S. 0:0(0) ack 1 <mss 1460,ws 8>|wait 10|< . 1:1(0) ack 1 win 320|accept|> -|"
#define TS "listen 1|< S 0:0(0) win 32792 <mss 1000,sackOK,ts 1000 0>|" \
	   "> S. 0:0(0) ack 1 <mss 1460,sackOK,ts 1 1000>|wait 10|" \
	   "< . 1:1(0) ack 1 win 32792 <ts 1010 1>|accept|> -|"
/* Sixteen segments are acknowledged at once; the seventeenth waits. */
#define Q(a, b) "< . " #a ":" #b "(1000) ack 1 win 9|> . 1:1(0) ack " #b "|"
#define SIXTEEN Q(1, 1001) Q(1001, 2001) Q(2001, 3001) Q(3001, 4001) Q(4001, 5001) Q(5001, 6001) \
	Q(6001, 7001) Q(7001, 8001) Q(8001, 9001) Q(9001, 10001) Q(10001, 11001) Q(11001, 12001) \
	Q(12001, 13001) Q(13001, 14001) Q(14001, 15001) Q(15001, 16001)

struct row {
	const char *name, *lines;
};

static const struct row ack_rows[] = {
	{ "first data at once", PLAIN "< . 1:1001(1000) ack 1 win 9|> . 1:1(0) ack 1001" },
	{ "quick acks end", SCALED SIXTEEN "read 99999 = 16000|"
	  "< . 16001:17001(1000) ack 1 win 9|> -|+40 > . 1:1(0) ack 17001" },
	{ "every second segment", SCALED "opt 1 18 100000|" SIXTEEN "< . 16001:17001(1000) ack 1 win 9|> -|"
	  "< . 17001:18001(1000) ack 1 win 9|> . 1:1(0) ack 18001" },
	{ "FIN first of all", PLAIN "< F. 1:1(0) ack 1 win 9|> . 1:1(0) ack 2" },
	{ "FIN later waits", PLAIN "< P. 1:1001(1000) ack 1 win 9|> . 1:1(0) ack 1001|"
	  "< F. 1001:1001(0) ack 1 win 9|> -|+40 > . 1:1(0) ack 1002" },
	{ "our FIN carries it", PLAIN "< P. 1:1001(1000) ack 1 win 9|> . 1:1(0) ack 1001|"
	  "read 9999 = 1000|< F. 1001:1001(0) ack 1 win 9|> -|close|> F. 1:1(0) ack 1002|quiet 100" },
	{ "data carries it", PLAIN "< P. 1:101(100) ack 1 win 9999|> . 1:1(0) ack 101|write 9 = 9|"
	  "> P. 1:10(9) ack 101|< P. 101:201(100) ack 10 win 9999|> -|write 9 = 9|"
	  "> P. 10:19(9) ack 201|quiet 200" },
	{ "pingpong waits", PLAIN "< P. 1:101(100) ack 1 win 9999|> . 1:1(0) ack 101|write 9 = 9|"
	  "> P. 1:10(9) ack 101|< P. 101:201(100) ack 10 win 9999|> -|+40 > . 10:10(0) ack 201" },
	{ "QUICKACK off", PLAIN "opt 6 12 0|< P. 1:101(100) ack 1 win 9|> -|+40 > . 1:1(0) ack 101" },
	{ "QUICKACK on sends", PLAIN "opt 6 12 0|< P. 1:101(100) ack 1 win 9|> -|opt 6 12 1|"
			       "> . 1:1(0) ack 101" },
};

static const struct row hole_rows[] = {
	{ "duplicate ACKs", PLAIN "< . 1001:2001(1000) ack 1 win 9|> . 1:1(0) ack 1|"
	  "< . 2001:3001(1000) ack 1 win 9|> . 1:1(0) ack 1|< . 1:1001(1000) ack 1 win 9|"
	  "> . 1:1(0) ack 3001|read 9999 = 3000" },
	{ "old FINs, each answered", SACK "< P. 1:101(100) ack 1 win 9|> . 1:1(0) ack 101|"
	  "< F. 1:1(0) ack 1 win 9|> . 1:1(0) ack 101 <sack 1-2>|"
	  "< F. 1:1(0) ack 1 win 9|> . 1:1(0) ack 101 <sack 1-2>" },
	{ "longer with the same start", SACK "< F. 101:102(1) ack 1 win 9|"
	  "> . 1:1(0) ack 1 <sack 101-103>|< . 101:201(100) ack 1 win 9|"
	  "> . 1:1(0) ack 1 <sack 101-103 101-201>|< . 1:101(100) ack 1 win 9|"
	  "> . 1:1(0) ack 201|state ESTABLISHED|read 999 = 200" },
	{ "SACK, latest first", SACK "< . 1001:2001(1000) ack 1 win 9|"
	  "> . 1:1(0) ack 1 <sack 1001-2001>|< . 3001:4001(1000) ack 1 win 9|"
	  "> . 1:1(0) ack 1 <sack 3001-4001 1001-2001>|< . 2001:3001(1000) ack 1 win 9|"
	  "> . 1:1(0) ack 1 <sack 1001-4001>" },
	{ "no more than four", SACK "sysctl net.ipv4.tcp_comp_sack_nr 0|"
	  "< . 1001:1101(100) ack 1 win 9|> . 1:1(0) ack 1 <sack 1001-1101>|"
	  "< . 2001:2101(100) ack 1 win 9|> . 1:1(0) ack 1 <sack 2001-2101 1001-1101>|"
	  "< . 3001:3101(100) ack 1 win 9|> . 1:1(0) ack 1 <sack 3001-3101 2001-2101 1001-1101>|"
	  "< . 4001:4101(100) ack 1 win 9|"
	  "> . 1:1(0) ack 1 <sack 4001-4101 3001-3101 2001-2101 1001-1101>|"
	  "< . 5001:5101(100) ack 1 win 9|"
	  "> . 1:1(0) ack 1 <sack 5001-5101 4001-4101 3001-3101 2001-2101>" },
	{ "three with timestamps", TS "sysctl net.ipv4.tcp_comp_sack_nr 0|"
	  "< . 1001:1101(100) ack 1 win 9 <ts 1011 1>|> . 1:1(0) ack 1 <ts 11 1010,sack 1001-1101>|"
	  "< . 2001:2101(100) ack 1 win 9 <ts 1011 1>|"
	  "> . 1:1(0) ack 1 <ts 11 1010,sack 2001-2101 1001-1101>|"
	  "< . 3001:3101(100) ack 1 win 9 <ts 1011 1>|"
	  "> . 1:1(0) ack 1 <ts 11 1010,sack 3001-3101 2001-2101 1001-1101>|"
	  "< . 4001:4101(100) ack 1 win 9 <ts 1011 1>|"
	  "> . 1:1(0) ack 1 <ts 11 1010,sack 4001-4101 3001-3101 2001-2101>" },
	{ "compressed after three", SACK "< . 1001:1101(100) ack 1 win 9|"
	  "> . 1:1(0) ack 1 <sack 1001-1101>|< . 1101:1201(100) ack 1 win 9|"
	  "> . 1:1(0) ack 1 <sack 1001-1201>|< . 1201:1301(100) ack 1 win 9|"
	  "> . 1:1(0) ack 1 <sack 1001-1301>|< . 1301:1401(100) ack 1 win 9|> -|"
	  "+1 > . 1:1(0) ack 1 <sack 1001-1401>" },
	{ "D-SACK of old data", SACK "< . 1:1001(1000) ack 1 win 9|> . 1:1(0) ack 1001|"
	  "< . 1:1001(1000) ack 1 win 9|> . 1:1(0) ack 1001 <sack 1-1001>|"
	  "< . 1001:2001(1000) ack 1 win 9|> . 1:1(0) ack 2001" },
	{ "D-SACK of partly old data", SACK "< . 1:1001(1000) ack 1 win 9|> . 1:1(0) ack 1001|"
	  "< . 501:1501(1000) ack 1 win 9|> . 1:1(0) ack 1501 <sack 501-1001>|read 9999 = 1500" },
	{ "D-SACK beside blocks", SACK "< . 1001:2001(1000) ack 1 win 9|"
	  "> . 1:1(0) ack 1 <sack 1001-2001>|< . 1001:2001(1000) ack 1 win 9|"
	  "> . 1:1(0) ack 1 <sack 1001-2001 1001-2001>" },
	{ "one segment over many", SACK "sysctl net.ipv4.tcp_comp_sack_nr 0|"
	  "< . 1001:3001(2000) ack 1 win 9|> . 1:1(0) ack 1 <sack 1001-3001>|"
	  "< . 4001:5001(1000) ack 1 win 9|> . 1:1(0) ack 1 <sack 4001-5001 1001-3001>|"
	  "< . 7001:8001(1000) ack 1 win 9|> . 1:1(0) ack 1 <sack 7001-8001 4001-5001 1001-3001>|"
	  "< . 1:6001(6000) ack 1 win 9|> . 1:1(0) ack 6001 <sack 1001-3001 7001-8001>|"
	  "< . 6001:8001(2000) ack 1 win 9|> . 1:1(0) ack 8001 <sack 7001-8001>|"
	  "< . 1:1001(1000) ack 1 win 9|> . 1:1(0) ack 8001 <sack 1-1001>|read 9999 = 8000" },
	{ "dsack off", SACK "sysctl net.ipv4.tcp_dsack 0|< . 1:1001(1000) ack 1 win 9|"
	  "> . 1:1(0) ack 1001|< . 1:1001(1000) ack 1 win 9|> . 1:1(0) ack 1001" },
	{ "FIN beyond a hole", SACK "< F. 1001:2001(1000) ack 1 win 9|"
	  "> . 1:1(0) ack 1 <sack 1001-2002>|state ESTABLISHED|< . 1:1001(1000) ack 1 win 9|"
	  "> . 1:1(0) ack 2002|state CLOSE_WAIT|read 9999 = 2000|read 9" },
	{ "RST at the end of what is SACKed", SACK "< . 1001:2001(1000) ack 1 win 9|"
	  "> . 1:1(0) ack 1 <sack 1001-2001>|< R 2001:2001(0) win 0|state CLOSED" },
};

static const struct row stamp_rows[] = {
	{ "echo", TS "< P. 1:101(100) ack 1 win 9 <ts 1020 1>|> . 1:1(0) ack 101 <ts 11 1020>" },
	{ "clock", TS "wait 1000|< P. 1:101(100) ack 1 win 9 <ts 2020 1>|"
		   "> . 1:1(0) ack 101 <ts 1011 2020>" },
	{ "an old one", TS "< P. 1:101(100) ack 1 win 9 <ts 900 1>|> . 1:1(0) ack 1 <ts 11 1010>|"
			"read 9 = -11" },
	{ "old and no data", TS "< P. 1:101(100) ack 1 win 9 <ts 1020 1>|"
	  "> . 1:1(0) ack 101 <ts 11 1020>|< . 1:1(0) ack 1 win 9 <ts 900 1>|> -" },
	{ "RST with an old one", TS "< R 1:1(0) win 0 <ts 1 1>|state CLOSED" },
	{ "none is accepted", TS "< P. 1:101(100) ack 1 win 9|> . 1:1(0) ack 101 <ts 11 1010>" },
	{ "bad ACK leaves it", TS "< P. 1:101(100) ack 99 win 9 <ts 1020 1>|"
			       "> . 1:1(0) ack 1 <ts 11 1010>" },
	{ "hole leaves it", TS "< P. 101:201(100) ack 1 win 9 <ts 1020 1>|"
			    "> . 1:1(0) ack 1 <ts 11 1010,sack 101-201>" },
	{ "third ACK with a wrong echo", "listen 1|< S 0:0(0) win 9 <ts 1000 0>|"
	  "> S. 0:0(0) ack 1 <mss 1460,ts 1 1000>|wait 10|< . 1:1(0) ack 1 win 9 <ts 1010 7>|"
	  "> . 1:1(0) ack 1 <ts 11 1000>|state SYN_RECEIVED" },
};

/* linux-tcp 9.3 and 1.5, worked examples; IPv4 only, since memory depends on header lengths. */
static const struct row window_rows[] = {
	{ "common configuration", SCALED "info 232 = 268640" },
	{ "first ACK", "sysctl net.ipv4.tcp_rmem 4096 540000 15728640|listen 1|"
	  "< S 0:0(0) win 9 <mss 1000,ws 7>|> S. 0:0(0) ack 1 <mss 1460,ws 8>|"
	  "< . 1:1(0) ack 1 win 9|accept|info 64 = 268540" },
	{ "right edge moves left", "sysctl net.ipv4.tcp_rmem 4096 32768 33554432|"
	  "sysctl net.ipv4.tcp_shrink_window 1|listen 1|< S 0:0(0) win 9999 <mss 1000,ws 7>|"
	  "> S. 0:0(0) ack 1 <mss 1460,ws 10>|wait 1|< . 1:1(0) ack 1 win 999|accept|gso 1000|"
	  "< P. 1:10001(10000) ack 1 win 999|> . 1:1(0) ack 10001|win 15|"
	  "< P. 10001:11024(1023) ack 1 win 999|> . 1:1(0) ack 11024|win 13|"
	  "< P. 11024:25362(14338) ack 1 win 999|> . 1:1(0) ack 11024|win 13|"
	  "< P. 11024:25361(14337) ack 1 win 999|+40 > . 1:1(0) ack 25361|win 0" },
	{ "growth by out-of-order data", "sysctl net.ipv4.tcp_rmem 4096 131072 33554432|listen 1|"
	  "< S 0:0(0) win 65535 <mss 1000,sackOK,ws 7>|> S. 0:0(0) ack 1 <mss 1460,sackOK,ws 10>|"
	  "wait 10|< . 1:1(0) ack 1 win 257|gso 1000|< . 2001:11001(9000) ack 1 win 257|"
	  "> . 1:1(0) ack 1 <sack 2001-11001>|win 81|accept|info 64 = 82240|info 20 = 1000" },
	{ "bytes that fit into the buffer before", "sysctl net.ipv4.tcp_rmem 4096 32768 131072|"
	  "sysctl net.ipv4.tcp_shrink_window 1|sysctl net.core.rmem_max 131072|listen 1|"
	  "< S 0:0(0) win 65535 <mss 1000,ws 7>|> S. 0:0(0) ack 1 <mss 1460,ws 2>|"
	  "< . 1:1(0) ack 1 win 257|accept|< P. 1:1001(1000) ack 1 win 257|"
	  "> . 1:1(0) ack 1001|win 3302|< P. 1001:1601(600) ack 1 win 257|> . 1:1(0) ack 1601|"
	  "win 3302|< P. 1601:2601(1000) ack 1 win 257|> . 1:1(0) ack 2601|win 3052" },
	{ "no growth without SACK", "sysctl net.ipv4.tcp_rmem 4096 131072 33554432|listen 1|"
	  "< S 0:0(0) win 65535 <mss 1000,ws 7>|> S. 0:0(0) ack 1 <mss 1460,ws 10>|wait 10|"
	  "< . 1:1(0) ack 1 win 257|gso 1000|< . 2001:11001(9000) ack 1 win 257|"
	  "> . 1:1(0) ack 1|win 63|accept|info 64 = 64240" },
	{ "a few bytes behind a hole", SACK_131072 "< P. 1:1461(1460) ack 1 win 9|> . 1:1(0) ack 1461|"
	  "info 64 = 67160|< P. 1462:1562(100) ack 1 win 9|> . 1:1(0) ack 1461 <sack 1462-1562>|"
	  "info 64 = 70080" },
	{ "equal sizes, but not in a row", SACK_131072 "< P. 1:1461(1460) ack 1 win 9|"
	  "> . 1:1(0) ack 1461|< P. 1461:2461(1000) ack 1 win 9|> . 1:1(0) ack 2461|"
	  "< P. 2461:2561(100) ack 1 win 9|> . 1:1(0) ack 2561|< P. 2561:3561(1000) ack 1 win 9|"
	  "> . 1:1(0) ack 3561|info 20 = 1460|< P. 3561:4561(1000) ack 1 win 9|"
	  "> . 1:1(0) ack 4561|info 20 = 1000" },
	{ "other options leave the clamp", "listen 1|opt 1 8 10000|< S 0:0(0) win 65535 <mss 1000>|"
	  "> S. 0:0(0) ack 1 <mss 1460>|< . 1:1(0) ack 1 win 257|accept|info 64 = 8540|opt 1 9 1|"
	  "< . 1:201(200) ack 1 win 257|> . 1:1(0) ack 201|info 64 = 8540" },
	{ "a hole needs a buffer", "sysctl net.ipv4.tcp_rmem 4096 20000 15728640|listen 1|"
	  "< S 0:0(0) win 9 <mss 1000,sackOK>|> S. 0:0(0) ack 1 <mss 1460,sackOK>|"
	  "< . 1:1(0) ack 1 win 9|accept|info 64 = 8540|< P. 2:1462(1460) ack 1 win 9|"
	  "> . 1:1(0) ack 1 <sack 2-1462>|< P. 2922:4382(1460) ack 1 win 9|"
	  "> . 1:1(0) ack 1 <sack 2922-4382 2-1462>|info 64 = 14600" },
	{ "the ratio lowers the threshold", "sysctl net.ipv4.tcp_rmem 4096 131072 15728640|listen 1|"
	  "< S 0:0(0) win 65535 <mss 1000>|> S. 0:0(0) ack 1 <mss 1460>|< . 1:1(0) ack 1 win 257|"
	  "accept|info 64 = 64076|< . 1:1001(1000) ack 1 win 257|> . 1:1(0) ack 1001|"
	  "info 64 = 56832" },
	{ "timestamps in the advertised size", "sysctl net.ipv4.tcp_rmem 4096 131072 15728640|listen 1|"
	  "< S 0:0(0) win 65535 <mss 1000,sackOK,ts 9 0>|> S. 0:0(0) ack 1 <mss 1460,sackOK,ts 1 9>|"
	  "< . 1:1(0) ack 1 win 257 <ts 9 0>|accept|info 84 = 1448|info 64 = 64088" },
	{ "every segment counts", "listen 1|< S 0:0(0) win 65535 <mss 1000>|"
	  "> S. 0:0(0) ack 1 <mss 1460>|< . 1:1(0) ack 1 win 257|accept|< P. 1:101(100) ack 1 win 257|"
	  "> . 1:1(0) ack 101|< P. 1:101(100) ack 9 win 257|> . 1:1(0) ack 101|info 152 = 2" },
	{ "window of a reset", "sysctl net.ipv4.tcp_rmem 4096 20000 20000|listen 1|"
	  "< S 0:0(0) win 65535 <mss 1000>|> S. 0:0(0) ack 1 <mss 1460>|< . 1:1(0) ack 1 win 257|"
	  "accept|< P. 1:8001(8000) ack 1 win 257|+40 > . 1:1(0) ack 8001|"
	  "close|> R. 1:1(0) ack 8001|win 8760" },
	{ "small buffer", "listen 1|opt 1 8 10000|< S 0:0(0) win 65535 <mss 1000,ws 7>|"
	  "> S. 0:0(0) ack 1 <mss 1460,ws 0>|win 8760|wait 10|< . 1:1(0) ack 1 win 257|accept|"
	  "gso 1000|< P. 1:4001(4000) ack 1 win 257|> . 1:1(0) ack 4001|win 5000|"
	  "< P. 4001:54001(50000) ack 1 win 257|> . 1:1(0) ack 4001|win 5000|read 4000 = 4000|"
	  "< P. 4001:54001(50000) ack 1 win 257|+40 > . 1:1(0) ack 54001|win 0" },
	{ "empty queue takes all", "listen 1|opt 1 8 20000|< S 0:0(0) win 65535 <mss 1000,ws 7>|"
	  "> S. 0:0(0) ack 1 <mss 1460,ws 0>|win 18980|wait 10|< . 1:1(0) ack 1 win 257|accept|"
	  "< P. 1:60001(60000) ack 1 win 257|+40 > . 1:1(0) ack 60001|win 0|"
	  "< F. 60001:60001(0) ack 1 win 257|+40 > . 1:1(0) ack 60002|win 0" },
	{ "data into a closed window", "listen 1|opt 1 8 20000|< S 0:0(0) win 9 <mss 1000,ws 7>|"
	  "> S. 0:0(0) ack 1 <mss 1460,ws 0>|< . 1:1(0) ack 1 win 257|accept|"
	  "< P. 1:60001(60000) ack 1 win 257|+40 > . 1:1(0) ack 60001|win 0|"
	  "< P. 60001:60011(10) ack 1 win 257|> . 1:1(0) ack 60001|win 0|read 99999 = 60000|"
	  "> . 1:1(0) ack 60001" },
	{ "far beyond the window", PLAIN "< P. 900001:900011(10) ack 1 win 9|> . 1:1(0) ack 1" },
};

#define ROW_TEST(table, v6)                                                                        \
	START_TEST(test_##table)                                                                   \
	{                                                                                          \
		sut_run(table[_i].name, 4, table[_i].lines);                                       \
		if (v6)                                                                            \
			sut_run(table[_i].name, 6, table[_i].lines);                               \
	}                                                                                          \
	END_TEST

ROW_TEST(ack_rows, true)
ROW_TEST(hole_rows, true)
ROW_TEST(stamp_rows, true)
ROW_TEST(window_rows, false)

/* What a packet costs; linux-tcp 9.1, for 40 bytes of headers. */
static const struct {
	uint32_t from, to, truesize;
} cost_rows[] = {
	{ 1, 184, 960 }, { 300, 600, 1280 }, { 632, 1592, 2304 }, { 1656, 3650, 4352 },
	{ 3991, 4344, 8448 }, { 8000, 8000, 12544 }, { 10000, 10000, 12544 },
	{ 20000, 20000, 20736 }, { 39000, 39000, 41216 }, { 60000, 60000, 61696 },
	{ 65000, 65000, 65792 },
};

START_TEST(test_truesize)
{
	ck_assert_uint_eq(tcp_truesize(cost_rows[_i].from + 40), cost_rows[_i].truesize);
	ck_assert_uint_eq(tcp_truesize(cost_rows[_i].to + 40), cost_rows[_i].truesize);
}
END_TEST

/* ---- reassembly against a model: any segments in any order, around the wrap ---- */

enum { STREAM = 3000, SEGMENTS = 400 };

struct model {
	uint8_t has[STREAM];
	uint32_t nxt;
};

static uint32_t draw(uint64_t *rng, uint32_t below)
{
	*rng = *rng * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(*rng >> 33) % below;
}

static void model_take(struct model *m, uint32_t seq, uint32_t len)
{
	for (uint32_t i = 0; i < len; i++) {
		if (seq + i >= 1 && seq + i <= STREAM)
			m->has[seq + i - 1] = 1;
	}
	while (m->nxt < STREAM && m->has[m->nxt])
		m->nxt++;
}

/* All SACK blocks tell the truth. */
static void check_sacks(const struct sut_run *r, const struct model *m)
{
	const struct tcb *t = r->p.host.s->tcp->all;

	for (uint8_t i = 0; i < t->n_sacks; i++) {
		for (uint32_t s = t->sacks[i].start; s != t->sacks[i].end; s++)
			sut_must(m->has[s - r->p.isn_peer - 1], ": byte %u is SACKed",
				 s - r->p.isn_peer);
	}
}

static void feed_random(struct sut_run *r, struct model *m, uint64_t *rng)
{
	uint32_t seq = 1 + draw(rng, STREAM), len = 1 + draw(rng, 200);
	char line[80];

	if (seq + len > STREAM + 1)
		len = STREAM + 1 - seq;
	if (!len)
		return;
	snprintf(line, sizeof(line), "< . %u:%u(%u) ack 1 win 9", seq, seq + len, len);
	sut_run_line(r, line);
	model_take(m, seq, len);
	while (strcmp(sut_next(&r->p), "-"))
		;
}

static void read_some(struct sut_run *r, struct model *m, uint32_t n)
{
	uint32_t before = r->read_at;
	int64_t got;

	r->line = "read";
	got = sut_run_read(r, n, 0);
	if (before == m->nxt)
		sut_must(got == SUT_EAGAIN);
	else
		sut_must(got == (int64_t)(n < m->nxt - before ? n : m->nxt - before));
}

START_TEST(test_reassembly)
{
	static const uint32_t origins[] = { 0, 0xffffff00, 0xfffffff0, 0x7ffffc00 };
	static struct sut_run r;
	struct model m = { .nxt = 0 };
	uint64_t rng = (uint64_t)_i;

	sut_run_start(&r, "reassembly", 4);
	r.p.isn_peer = origins[_i % 4];
	sut_run_lines(&r, _i % 3 ? SACK : PLAIN);
	for (int i = 0; i < SEGMENTS; i++) {
		feed_random(&r, &m, &rng);
		sut_must(r.p.host.s->tcp->all->rcv_nxt == r.p.isn_peer + 1 + m.nxt,
			 ": segment %d", i);
		sut_check_invariants(r.p.host.s);
		check_sacks(&r, &m);
		if (!draw(&rng, 4))
			read_some(&r, &m, 1 + draw(&rng, 500));
	}
	sut_run_stop(&r);
}
END_TEST

#define ADD_ROWS(tc, table) \
	tcase_add_loop_test(tc, test_##table, 0, (int)(sizeof(table) / sizeof(table[0])))

int main(void)
{
	Suite *suite = suite_create("sut_tcp_recv");
	TCase *tc = tcase_create("recv");

	ADD_ROWS(tc, ack_rows);
	ADD_ROWS(tc, hole_rows);
	ADD_ROWS(tc, stamp_rows);
	ADD_ROWS(tc, window_rows);
	tcase_add_loop_test(tc, test_truesize, 0, (int)(sizeof(cost_rows) / sizeof(cost_rows[0])));
	tcase_add_loop_test(tc, test_reassembly, 0, 40);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
