# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC1090,SC1091,SC2154,SC2016
# Captures of real runs, as others read them.
. "$E2E_LIB"
need_kernel

cat >good.pkt <<'END'
0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 setsockopt(3, SOL_SOCKET, SO_REUSEADDR, [1], 4) = 0
+0 bind(3, ..., ...) = 0
+0 listen(3, 1) = 0
+.01 < S 0:0(0) win 32792 <mss 1000>
+0 > S. 0:0(0) ack 1 <...>
+.01 < . 1:1(0) ack 1 win 257
+0 accept(3, ..., ...) = 4
END
{
	cat good.pkt
	echo '+0 write(4, ..., 100) = 100'
	echo '+.01 > P. 1:101(100) ack 2'
} >bad.pkt
t pcap-of-all 1 '1 pass, 1 fail$' \
	"$TCPDRILL" run --stack kernel --tolerance_usecs 100000 --pcap caps good.pkt bad.pkt
t pcap-names 0 '^bad\[ipv4\]@kernel.pcapng good\[ipv4\]@kernel.pcapng $' sh -c 'ls caps | tr "\n" " "'
t pcap-no-folder 2 "cannot make the folder 'no/where'" \
	"$TCPDRILL" run --stack kernel --pcap no/where good.pkt
t pcap-comments 0 '^line 6: matches$' sh -c 'strings -n 8 "caps/good[ipv4]@kernel.pcapng"'

have pcap tshark || exit 0

# What tshark shows: direction, flags, comment; and that it has nothing to complain about.
shark() {
	tshark -r "caps/$1[ipv4]@kernel.pcapng" -T fields -E separator=' ' \
		-e frame.packet_flags_direction -e tcp.flags.str -e frame.comment 2>shark.err |
		tr -d '\267·'
	cat shark.err
}
t tshark-injected 0 '^0x0*1 [^ ]*S[^ ]* line 5: injected$' shark good
t tshark-matches 0 '^0x0*2 [^ ]*A[^ ]*S[^ ]* line 6: matches$' shark good
t tshark-all 0 '^3$' sh -c 'tshark -r "caps/good[ipv4]@kernel.pcapng" 2>/dev/null | wc -l'
t tshark-fails 0 '^0x0*2 .* line 10: fails: .*acknowledgment' shark bad
t tshark-content 0 'no complaint' sh -c 'tshark -r "caps/bad[ipv4]@kernel.pcapng" >all.txt 2>&1 &&
	! grep -iE "malformed|truncated|damaged|bad" all.txt && echo no complaint'
t tshark-ordered 0 '^ordered$' sh -c '
	tshark -r "caps/bad[ipv4]@kernel.pcapng" -T fields -e frame.time_delta 2>/dev/null >delta.txt
	grep -q "^0\.0[01]" delta.txt && ! grep -q "^-" delta.txt && echo ordered'
