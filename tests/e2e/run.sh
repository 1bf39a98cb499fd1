# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC1090,SC1091,SC2154,SC2016
# Running scripts: folders, time limits, deaths, floods, interruption.
. "$E2E_LIB"
need_kernel

# What is late on a busy machine is none of what is tested here.
calm=--tolerance_usecs=500000

mkdir sub
cat >sub/good.pkt <<EOF
$calm
0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 setsockopt(3, SOL_SOCKET, SO_REUSEADDR, [1], 4) = 0
+0 bind(3, ..., ...) = 0
+0 listen(3, 1) = 0
+0 < S 0:0(0) win 32792 <mss 1000>
+0 > S. 0:0(0) ack 1 <...>
+.01 < . 1:1(0) ack 1 win 257
+0 accept(3, ..., ...) = 4
EOF
echo 'beside' >sub/beside.txt
printf '%s\n0 `grep -q beside beside.txt`\n' "$calm" >sub/folder.pkt
printf '0 `sleep 100`\n' >sleeps.pkt
printf '0 `yes a-flood`\n' >flood.pkt
printf '0 `kill -9 $PPID; sleep 1`\n' >dies.pkt
printf '%s\n0 `sleep 1000 & echo $! >pid.txt`\n' "$calm" >leaves.pkt
cat >fails.pkt <<'EOF'
0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 close(3) = -1 EBADF (Bad file descriptor)
EOF

t passes 0 '^1 test on kernel in .*: 1 pass$' "$TCPDRILL" run --stack kernel sub/good.pkt
t variants 0 ': 3 pass$' "$TCPDRILL" run --stack kernel --variant all sub/good.pkt
t folder-of-script 0 ': 1 pass$' "$TCPDRILL" run --stack kernel sub/folder.pkt
t shows-passed 0 '^pass +good\[ipv4\]@kernel' "$TCPDRILL" run --stack kernel --passed sub
t fails 1 '^fail +fails\[ipv4\]@kernel' "$TCPDRILL" run --stack kernel fails.pkt
t says-how-to-repeat 1 '^again: [^ ]*tcpdrill run --stack kernel fails.pkt$' "$TCPDRILL" run --stack kernel fails.pkt
t time-limit 1 '^(timeout|fail) +sleeps' "$TCPDRILL" run --stack kernel --timeout 0.5 sleeps.pkt
t flood-is-bounded 1 '^(timeout|fail) +flood' "$TCPDRILL" run --stack kernel --timeout 1 flood.pkt
t flood-is-short 0 '^small' sh -c '[ "$(wc -c <out.txt)" -lt 10000 ] && echo small'
t death 1 '^(crash|fail) +dies' "$TCPDRILL" run --stack kernel dies.pkt
t leaves-nothing 0 ': 1 pass$' "$TCPDRILL" run --stack kernel leaves.pkt
t no-shell 0 '^skip +leaves.*--no-shell' "$TCPDRILL" run --stack kernel --no-shell leaves.pkt
# Code that the built-in evaluator cannot take is a program, too; so is an interpreter by name.
code() {
	printf '%s\n+0 %%{ %s }%%\n' "$1" "$2" >code.pkt
	"$TCPDRILL" run --stack kernel --no-shell code.pkt
}
socket='0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3'
t no-shell-code 0 '^1 test .*: 1 pass$' code "$socket" 'assert tcpi_state == TCP_CLOSE'
t no-shell-python 0 '^skip +code.*--no-shell' code "$socket" 'import os'
t no-shell-interpreter 0 '^skip +code.*--no-shell' code "--code_command=bash $socket" 'assert True'
slow_code() {
	code "$socket" "$1" >/dev/null
	"$TCPDRILL" run --stack kernel --timeout 1 code.pkt
}
t time-limit-python 1 '^code.pkt:2:4: error: the Python program did not end' \
	slow_code 'import time; time.sleep(100)'
cp out.txt last.txt
t time-limit-python-in-time 0 '^timeout +code.* \(1\.[0-9] s\)$' cat last.txt
t time-limit-python-bundled 1 '^code.pkt:2:4: error: the Python program did not end' \
	"$TCPDRILL" run --timeout 1 code.pkt
cp out.txt last.txt
t time-limit-python-bundled-in-time 0 '^timeout +code.* \(1\.[0-9] s\)$' cat last.txt
# A test ends when its time is up, and says where it stood.
ends() {
	printf '%s\n+0 bind(3, ..., ...) = 0\n+0 listen(3, 1) = 0\n%s\n' "$socket" "$1" >ends.pkt
	"$TCPDRILL" run --stack kernel --timeout 1 ends.pkt
}
t time-limit-call 1 '^ends.pkt:4:1: error: .* 1 s, was up before accept\(\) returned' \
	ends '+0 accept(3, ..., ...) = 4'
cp out.txt last.txt
t time-limit-call-in-time 0 '^timeout +ends.* \(1\.[0-9] s\)$' cat last.txt
t time-limit-sleep 1 '^ends.pkt:4:1: error: .* 1 s, was up before this line was due' ends '+9 close(3) = 0'
cp out.txt last.txt
t time-limit-sleep-in-time 0 '^timeout +ends.* \(1\.[0-9] s\)$' cat last.txt
t time-limit-cleanup 1 '^timeout' ends '+9 close(3) = 0
`sleep 0.2; echo cleaned >cleaned.txt`'
t time-limit-cleaned-up 0 '^cleaned' cat cleaned.txt
t no-shell-init-script 0 '^skip +code.*--no-shell' code "--init_scripts=x $socket" 'assert True'
t worst-decides 1 '1 pass, 1 fail' "$TCPDRILL" run --stack kernel sub/good.pkt fails.pkt
t json-lines 0 '^1 test' "$TCPDRILL" run --stack kernel --json r.json sub/good.pkt
t json-has-run 0 '^\{"type":"run"' cat r.json
t json-has-test 0 '"verdict":"pass"' cat r.json
t json-has-summary 0 '^\{"type":"summary".*"pass":1' cat r.json
t json-stdout 0 '^\{"type":"summary"' sh -c '"$TCPDRILL" run --stack kernel --json - sub/good.pkt 2>/dev/null'
t json-full 2 "cannot write all of '/dev/full'" "$TCPDRILL" run --stack kernel --json /dev/full sub/good.pkt
t output-full 2 'cannot write the output' sh -c '"$TCPDRILL" run --stack kernel sub/good.pkt >/dev/full'
t pcap 0 '' "$TCPDRILL" run --stack kernel --pcap caps sub/good.pkt
t pcap-written 0 'sub\+good\[ipv4\]@kernel.pcapng' ls caps
t many-at-once 0 ': 8 pass$' "$TCPDRILL" run --stack kernel -j4 --repeat 8 sub/good.pkt

# Interrupted: reports are written, the status says so, the sleeping command is gone.
# Background jobs of a shell ignore SIGINT; a shell of its own in a new session does not.
interrupted() {
	"$TCPDRILL" run --stack kernel --json i.json sleeps.pkt &
	pid=$!
	sleep 0.5
	kill -TERM $pid
	wait $pid
}
t interrupted 143 '^interrupted after 0 of 1 tests' interrupted
t interrupted-json 0 '"interrupted":true' cat i.json

# Ctrl-C: at once, and every report is whole.
cp sub/good.pkt good.pkt
t ctrl-c 130 '^interrupted after 1 of 2 tests .*: 1 pass$' timeout --preserve-status -s INT 0.7 \
	"$TCPDRILL" run --stack kernel --json i.json --tap i.tap --junit i.xml good.pkt sleeps.pkt
t ctrl-c-json 0 '"interrupted":true' tail -n1 i.json
t ctrl-c-tap 0 '^Bail out! interrupted' tail -n1 i.tap
t ctrl-c-junit 0 '</testsuites>' tail -n1 i.xml
# While it is run again: what it came to before is told, and that there was to be more.
printf '0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n+1 close(3) = 0\n' >second.pkt
t ctrl-c-again 130 '^interrupted: 1 test on kernel .*: 1 inconclusive$' timeout --preserve-status -s INT 1.6 \
	"$TCPDRILL" run --stack kernel --tolerance_usecs 1 --tolerance_percent 0 --json i.json second.pkt
t ctrl-c-again-says 0 '"reason":"line 2: .*; the run ended before it was run again"' sed -n 2p i.json
printf '0 `sleep 1.2`\n' >short.pkt
t ctrl-backslash 131 '^interrupted after 1 of 2 tests .*: 1 pass$' timeout --preserve-status -s QUIT 0.7 \
	"$TCPDRILL" run --stack kernel --json i.json good.pkt sleeps.pkt
t ctrl-backslash-json 0 '"interrupted":true' tail -n1 i.json
# What is ignored from the start, as by nohup, ends nothing.
ignored() {
	(trap '' "$1" && exec "$TCPDRILL" run --stack kernel short.pkt) &
	pid=$!
	sleep 0.5
	kill -"$1" $pid
	wait $pid
}
t ignored-hup 0 '^1 test .*: 1 pass$' ignored HUP
t ignored-int 0 '^1 test .*: 1 pass$' ignored INT
t ignored-quit 0 '^1 test .*: 1 pass$' ignored QUIT
cp good.pkt other.pkt
t total-timeout 1 '^out of time \(--total-timeout\) after 1 of 3 tests .*: 1 pass$' \
	"$TCPDRILL" run --stack kernel -j1 --total-timeout 0.7 --json i.json good.pkt sleeps.pkt other.pkt
t total-timeout-names 0 '"at_work":\[\{"id":"sleeps\[ipv4\]@kernel","wall_us":[0-9]{6}' tail -n1 i.json
t total-timeout-json 0 '"interrupted":false,.*"cut_short":"total-timeout","not_run":2' tail -n1 i.json
t total-timeout-alone 1 '^out of time \(--total-timeout\) after 0 of 1 tests' \
	"$TCPDRILL" run --stack kernel -j1 --total-timeout 0.7 sleeps.pkt
t total-timeout-first-time 1 '^out of time \(--total-timeout\) after 0 of 1 tests' \
	"$TCPDRILL" run --stack kernel -j1 --total-timeout 0.7 --until-fail sleeps.pkt

# A NUL byte in what a command printed hides nothing.
printf '0 `printf "one\\000two three"; exit 1`\n' >nul.pkt
t output-nul 1 '^ +one\\x00two three$' "$TCPDRILL" run --stack kernel nul.pkt

# A command finds signals as any program does.
printf '0 `yes | head -n 1; trap - PIPE; sh -c "kill -PIPE \\$\\$" || echo as usual >pipe.txt`\n' >pipe.pkt
t commands-find-sigpipe-as-usual 0 '^as usual$' sh -c '"$TCPDRILL" run --stack kernel pipe.pkt; cat pipe.txt'

# A tester that was stopped for a while: how late it was stands in each report, and is no failure.
cat >late.pkt <<'EOF'
0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 bind(3, ..., ...) = 0
+0 listen(3, 1) = 0
+0 `(sleep 0.1; kill -STOP $PACKETDRILL_PID; sleep 0.4; kill -CONT $PACKETDRILL_PID) >stop.txt 2>&1 &`
+.3 < S 0:0(0) win 32792 <mss 1000>
+.05 > S. 0:0(0) ack 1 <...>
EOF
t late 5 '^inconclusive +late.* \(run 3 times, the tester was up to [0-9]{2,}\.[0-9]+ ms late\)$' \
	"$TCPDRILL" run --stack kernel --json late.json --junit late.xml late.pkt
t late-in-json 0 '"late_us":[0-9]{5,},"retries":2' sed -n 2p late.json
t late-each-run 0 '^2$' sh -c 'grep -c "<rerunFailure message=.line 5: tcpdrill itself was [0-9]*\.[0-9]* ms late" late.xml'
# A tolerance has the digits that it was given with.
t late-by-little 5 'late for this line \(tolerance 0\.001 ms\)$' \
	"$TCPDRILL" run --stack kernel --tolerance_usecs 1 --tolerance_percent 0 --ktap k.tap second.pkt
t late-by-little-in-totals 1 '' grep -q 'up to 0.0 ms late' k.tap
t late-in-summary 0 '"late_us":[0-9]{5,}' tail -n 1 late.json
t late-but-judged 0 '^late +late\[ipv4\]@kernel: the tester was up to [0-9]{2,}\.[0-9]+ ms late$' \
	"$TCPDRILL" run --stack kernel --tolerance_usecs 2000000 --markdown late.md late.pkt
t late-on-page 0 '^- pass `late\[ipv4\]@kernel`: the tester was up to [0-9]{2,}' cat late.md
t late-is-no-failure 5 '^--until-fail: no test failed up to time 2, with seed 2 \(2 inconclusive\)$' \
	"$TCPDRILL" run --stack kernel --until-fail --repeat 2 late.pkt
printf '`tc qdisc add dev tun0 root no-such`\n0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n' >lacks.pkt
t cannot-fail 3 '^--until-fail: a test cannot be run here, at time 1, with seed 1$' \
	"$TCPDRILL" run --stack kernel --until-fail lacks.pkt
t lacks-again 0 '^again: .* lacks.pkt$' sh -c '"$TCPDRILL" run --stack kernel lacks.pkt 2>&1 | tail -n 1'
t lacks-advice 3 '^(tcpdrill doctor shows|[a-zA-Z]+  )' "$TCPDRILL" run --stack kernel lacks.pkt

# What this machine can keep.
t calibrate-tolerance 0 '^suggested: -j1 --tolerance_usecs [0-9]+000: even alone' \
	"$TCPDRILL" run --stack kernel --calibrate --tolerance_usecs 2
t calibrate-no-jobs 2 'so --jobs means nothing with it$' "$TCPDRILL" run --calibrate -j4
t calibrate-no-report 2 'so --junit means nothing with it$' "$TCPDRILL" run --junit x --calibrate
t calibrate-no-path 2 'so it takes no path$' "$TCPDRILL" doctor --calibrate good.pkt
t calibrate-levels 0 '^  -j2 +[0-9-]+ .* [0-9]+$' "$TCPDRILL" doctor --calibrate
cp out.txt last.txt
t calibrate 0 '^suggested: -j' cat last.txt
t calibrate-virtual 0 '^bundled plays in virtual time' "$TCPDRILL" run --calibrate

# Killed outright: the namespaces and all that ran in them go with it.
printf '0 `sleep 98.7`\n' >sleeps.pkt
killed() {
	"$TCPDRILL" run --stack kernel sleeps.pkt &
	pid=$!
	sleep 0.5
	kill -KILL $pid
	wait $pid
	sleep 0.5
	cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\000' ' ' | grep -o 'sleep 98[.]7' || echo nothing is left
}
t killed 0 '^nothing is left$' killed

# What was sent before a failure is shown, though no line looked at it.
cat >sends.pkt <<'EOF'
0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0
+0 connect(3, ..., ...) = -1 EINPROGRESS (in progress)
+0 > S 0:0(0) <...>
+1.5 assert state(3) == CLOSED
EOF
t sent-before-failure 1 '^outbound sniffed packet:  1\.[0-9]+ S ' \
	"$TCPDRILL" run --stack kernel -v sends.pkt
