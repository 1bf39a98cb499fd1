# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC1090,SC1091,SC2154,SC2016
# The bundled stack, from the outside: the default, the same each time, many at once.
. "$E2E_LIB"

mkdir sub
cat >sub/good.pkt <<'END'
0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 bind(3, ..., ...) = 0
+0 listen(3, 1) = 0
+0 < S 0:0(0) win 32792 <mss 1000>
+0 > S. 0:0(0) ack 1 <...>
+.01 < . 1:1(0) ack 1 win 257
+0 accept(3, ..., ...) = 4
+60 write(4, ..., 100) = 100
+0 > P. 1:101(100) ack 1
+.01 < . 1:1(0) ack 101 win 257
+3600 close(4) = 0
+0 > F. 101:101(0) ack 1
END
echo '0 pipe([3, 4]) = 0' >lacks.pkt
printf '0 socket(..., SOCK_DGRAM, IPPROTO_UDP) = 3\n+0 close(3) = -1 EBADF (x)\n' >fails.pkt
printf '0 `test -e beside.txt && test "$(cat /proc/sys/net/ipv4/ip_default_ttl)" = 64`\n' >sub/shell.pkt
echo beside >sub/beside.txt

# Few errors end a half-open connection; what is cut after a smaller MTU leaves as it would at first.
cat >icmp.pkt <<'END'
//! case protocol: TYPE=type_3 CODE=protocol_unreachable EVENTS=POLLIN READY=1
//! case port: TYPE=type_3 CODE=port_unreachable EVENTS=POLLIN READY=1
//! case reassembly: TYPE=type_11 CODE=code_1 EVENTS=POLLIN READY=1
//! case host: TYPE=type_3 CODE=host_unreachable EVENTS=0 READY=0
//! case time: TYPE=type_11 CODE=code_0 EVENTS=0 READY=0
0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0
+0 bind(3, ..., ...) = 0
+0 listen(3, 1) = 0
+0 < S 0:0(0) win 32792 <mss 1460>
+0 > S. 0:0(0) ack 1 <...>
+.01 < icmp TYPE CODE [0:0(0)]
+0 < . 1:1(0) ack 1 win 32792
+.01 poll([{fd=3, events=POLLIN, revents=EVENTS}], 1, 0) = READY
END
cat >mtu.pkt <<'END'
0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 bind(3, ..., ...) = 0
+0 listen(3, 1) = 0
+0 < S 0:0(0) win 32792 <mss 1460>
+0 > S. 0:0(0) ack 1 <...>
+.01 < . 1:1(0) ack 1 win 32792
+0 accept(3, ..., ...) = 4
+0 write(4, ..., 4000) = 4000
+0 > P. 1:2921(2920) ack 1
+0 > P. 2921:4001(1080) ack 1
+.01 < icmp unreachable frag_needed mtu 1280 [1:1461(1460)]
+0 > P. 1:2481(2480) ack 1
+0 > . 2481:2921(440) ack 1
END
t icmp-half-open 0 ': 5 pass' "$TCPDRILL" run icmp.pkt
t icmp-mtu 0 ': 1 pass' "$TCPDRILL" run mtu.pkt
t is-the-default 0 '^1 test on bundled in .*: 1 pass$' "$TCPDRILL" run sub/good.pkt
t variants 0 ': 3 pass$' "$TCPDRILL" run --variant all sub/good.pkt
t hours-are-short 0 '^short' sh -c 'timeout 5 "$TCPDRILL" run sub/good.pkt >/dev/null && echo short'
# The limit of a test is one of our time: hours of the stack's leave a command all of it, and Python.
printf '0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n+500 `true`\n+0 close(3) = 0\n' >later.pkt
t commands-have-our-time 0 ': 1 pass$' "$TCPDRILL" run later.pkt
t commands-have-our-time-limited 0 ': 1 pass$' "$TCPDRILL" run --timeout 3 later.pkt
printf '0 `true`\n+500 `sleep 100`\n' >sleeps.pkt
t commands-are-limited 1 '^timeout +sleeps.* \((9[0-9][0-9]\.[0-9] ms|1\.[0-9] s)\)$' \
	"$TCPDRILL" run --timeout 1 sleeps.pkt
t lacks 0 '^skip .*no call pipe' "$TCPDRILL" run lacks.pkt
t fails 1 '^fail +fails\[ipv4\]@bundled' "$TCPDRILL" run fails.pkt
t no-shell 0 '^skip +.*--no-shell' "$TCPDRILL" run --no-shell sub/shell.pkt
t worst-decides 1 '1 pass, 1 fail' "$TCPDRILL" run fails.pkt sub/good.pkt

few_files() {
	# shellcheck disable=SC3045  # all shells that are a sh somewhere know -n
	(ulimit -n 50 && "$TCPDRILL" run -j 30 sub/good.pkt) 2>&1
}
t says-when-slots-are-fewer 0 '^tcpdrill run: -j 30: more than 8 tests at once would need' few_files

# Many, mixed, by workers that play one after the other: each has its own record, in however many jobs.
many() {
	"$TCPDRILL" run -j"$jobs" --json many.json --repeat 20 sub/good.pkt fails.pkt lacks.pkt
}
for jobs in 1 2 5; do
	t "many-$jobs" 1 '^60 tests .*: 20 pass, 20 skip, 20 fail' many
done

# The same seed, the same bytes and times; another seed, others.
traces() {
	"$TCPDRILL" run --variant all --trace --passed --pcap "$1" --seed "$2" sub/good.pkt |
		sed 's/([0-9.]* ms)//; / tests on /d' >"$1.txt"
}
same() {
	traces one 1 && traces two 1 && traces three 2 || return 1
	diff -r one two && diff one.txt two.txt && ! diff -r one three >/dev/null && echo same
}
t same-each-time 0 '^same$' same

# Commands need namespaces, which not every machine allows.
if "$TCPDRILL" run sub/shell.pkt >shell.txt 2>&1; then
	t shell 0 ': 1 pass$' "$TCPDRILL" run sub/shell.pkt
	mkdir among
	for name in a b c e f g i j k; do
		cp sub/good.pkt among/$name.pkt
	done
	cp sub/beside.txt among && cp sub/shell.pkt among/d.pkt && cp sub/shell.pkt among/h.pkt
	t shell-among-others 0 '^11 tests .*: 11 pass$' "$TCPDRILL" run among
	t sysctls-of-the-machine-stay 0 '^stay' sh -c 'before=$(cat /proc/sys/net/ipv4/tcp_sack)
		printf "0 \`sysctl -q net.ipv4.tcp_sack=$((1 - before))\`\n" >sets.pkt
		"$TCPDRILL" run sets.pkt && [ "$(cat /proc/sys/net/ipv4/tcp_sack)" = "$before" ] && echo stay'

	# By one worker: a death is that test's alone, and nothing of a test comes to the next.
	mkdir batch && cp sub/good.pkt batch/a.pkt && cp sub/good.pkt batch/z.pkt
	printf '0 `kill -SEGV $PPID; sleep 1`\n' >batch/b.pkt
	printf '0 `sysctl -q net.ipv4.ip_default_ttl=77; ip link set tun0 mtu 1000`\n' >batch/c.pkt
	printf '0 `mount -t tmpfs none /proc/sys/net; ip link add d0 type ifb; true`\n' >batch/d.pkt
	printf '0 `setsid sleep 97.6 </dev/null >/dev/null 2>&1 &`\n' >batch/e.pkt
	cat >batch/f.pkt <<'END'
0 `test "$(cat /proc/sys/net/ipv4/ip_default_ttl)" = 64`
+0 `test "$(cat /sys/class/net/tun0/mtu 2>/dev/null || ip -o link show tun0 | sed 's/.*mtu \([0-9]*\).*/\1/')" = 1500`
+0 `! ip link show d0`
END
	# Six times: so many that tests with commands follow each other in one worker.
	batch() {
		"$TCPDRILL" run -j"$1" --repeat 6 batch >"batch$1.txt" 2>&1
		sed 's/ in [0-9.]* ms//' "batch$1.txt"
	}
	t batch-deaths 0 '^42 tests .*: 36 pass, 6 crash' batch 1
	t batch-deaths-jobs 0 '^42 tests .*: 36 pass, 6 crash' batch 2
	# Where all share one processor, the runner sees the end of a worker before that has exited.
	if taskset -c 0 true 2>/dev/null; then
		taskset -c 0 "$TCPDRILL" run -j2 --repeat 6 batch >batch0.txt 2>&1
	else
		cp batch1.txt batch0.txt
	fi
	for i in 0 1 2; do
		t batch-says-how-$i 0 '^6$' grep -c '^crash  *b.*killed by signal 11' batch$i.txt
	done
	t batch-leaves-nothing 0 '^nothing' sh -c 'sleep .3
		grep -qs "sleep.97\.6" /proc/[0-9]*/cmdline || echo nothing'
else
	echo "skipped: bundled/shell: commands cannot run here: $(grep -v '^$' shell.txt | head -n 1)"
fi

# A rate without a limit is all ones, and no negative number: in assert, in blocks that are evaluated
# here, and in those that python3 runs.
rates() {
	sed 9q sub/good.pkt >rates.pkt
	echo "+0 assert tcpi_max_pacing_rate > 1e19 and tcpi_pacing_rate > 0" >>rates.pkt
	printf '+0 %%{ assert tcpi_max_pacing_rate %s }%%\n' "$1" >>rates.pkt
	"$TCPDRILL" run rates.pkt
}
t rates-here 0 ': 1 pass$' rates '> 1000'
have bundled/rates-python python3 && t rates-python 0 ': 1 pass$' rates '== 2**64 - 1; import os'

# What was sent before a failure is shown, though no line looked at it.
cat >sends.pkt <<'EOF'
0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0
+0 connect(3, ..., ...) = -1 EINPROGRESS (in progress)
+0 > S 0:0(0) <...>
+3.5 assert state(3) == CLOSED
EOF
t sent-before-failure 1 '^outbound sniffed packet:  3.000000 S ' "$TCPDRILL" run -v sends.pkt
t sent-before-failure-traced 1 '^3.000000 > S ' "$TCPDRILL" run --trace sends.pkt
