# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC1090,SC1091,SC2154,SC2016
# Captures of real runs, as others read them.
. "$E2E_LIB"

# On every stack that can be had; the kernel needs privilege.
stacks=$("$TCPDRILL" list stacks | sed 's/ .*//')
if ! "$TCPDRILL" doctor >doctor.txt 2>&1; then
	stacks=$(echo "$stacks" | grep -v '^kernel$')
	echo 'skipped: pcap@kernel: the kernel target cannot run here'
fi

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
# captures STACK: what is written
captures() {
	t "pcap-of-all@$1" 1 '1 pass, 1 fail$' \
		"$TCPDRILL" run --stack "$1" --tolerance_usecs 100000 --pcap "$1" good.pkt bad.pkt
	t "pcap-names@$1" 0 "^bad\\[ipv4\\]@$1.pcapng good\\[ipv4\\]@$1.pcapng \$" \
		sh -c "ls $1 | tr '\\n' ' '"
	mv "$1/bad[ipv4]@$1.pcapng" "$1/bad" && mv "$1/good[ipv4]@$1.pcapng" "$1/good"
	have "pcap-comments@$1" strings && t "pcap-comments@$1" 0 '^line 6: matches$' strings -n 8 "$1/good"
}
for stack in $stacks; do
	captures "$stack"
done
t pcap-no-folder 2 "cannot make the folder 'no/where'" "$TCPDRILL" run --pcap no/where good.pkt
t pcap-into-file 2 "pcap: 'good.pkt' is no folder" "$TCPDRILL" run --pcap good.pkt good.pkt

# Each test has a file of its own, whatever its name.
mkdir -p dA dB
for name in dA/x dA_x dA+x dA~+x dA_y dB/x; do
	cp good.pkt $name.pkt
done
t pcap-alike 0 ': 6 pass$' "$TCPDRILL" run --pcap alike dA/x.pkt dA_x.pkt dA+x.pkt dA~+x.pkt dA_y.pkt dB
t pcap-alike-apart 0 '^6$' sh -c 'ls alike | wc -l'
for name in 'dA+x[ipv4]@bundled' 'dA_x[ipv4]@bundled' 'dA~+x[ipv4]@bundled' 'dA~~~+x[ipv4]@bundled' \
	'dA_y[ipv4]@bundled' 'x[ipv4]@bundled'; do
	t "pcap-named-$name" 0 '' test -s "alike/$name.pcapng"
done
part=0123456789012345678901234567890123456789012345678901234567890123456789
long=$part/$part/$part/$part
mkdir -p $long && cp good.pkt $long/1.pkt && cp good.pkt $long/2.pkt
t pcap-long 0 ': 2 pass$' "$TCPDRILL" run --pcap long $long/1.pkt $long/2.pkt
t pcap-long-apart 0 '^2$' sh -c 'ls long | grep -c "^0123.*~#................\.pcapng$"'

have pcap tshark || exit 0

# What tshark shows: direction, flags, comment; and that it has nothing to complain about.
shark() {
	tshark -r "$1" -T fields -E separator=' ' \
		-e frame.packet_flags_direction -e tcp.flags.str -e frame.comment 2>shark.err |
		tr -d '\267·'
	cat shark.err
}
for stack in $stacks; do
	t "tshark-injected@$stack" 0 '^0x0*1 [^ ]*S[^ ]* line 5: injected$' shark "$stack/good"
	t "tshark-matches@$stack" 0 '^0x0*2 [^ ]*A[^ ]*S[^ ]* line 6: matches$' shark "$stack/good"
	t "tshark-all@$stack" 0 '^3$' sh -c 'tshark -r "$1/good" 2>/dev/null | wc -l' sh "$stack"
	t "tshark-fails@$stack" 0 '^0x0*2 .* line 10: fails: .*acknowledgment' shark "$stack/bad"
	t "tshark-content@$stack" 0 'no complaint' sh -c 'tshark -r "$1/bad" >all.txt 2>&1 &&
		! grep -iE "malformed|truncated|damaged|bad" all.txt && echo no complaint' sh "$stack"
	t "tshark-ordered@$stack" 0 '^ordered$' sh -c '
		tshark -r "$1/bad" -T fields -e frame.time_delta 2>/dev/null >delta.txt
		grep -q "^0\.0[01]" delta.txt && ! grep -q "^-" delta.txt && echo ordered' sh "$stack"
done
