# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC1090,SC1091,SC2154,SC2016
# Which tests are run, how often, and when to stop.
. "$E2E_LIB"

mkdir s
for name in a b c; do
	echo '0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3' >s/$name.pkt
done
cat >s/bad.pkt <<'EOF'
0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 close(3) = -1 EBADF (Bad file descriptor)
EOF
cp s/bad.pkt bad.pkt.kept

# Filters.
t part 0 '^1 test on .*: 1 pass$' "$TCPDRILL" run -k a -k '!bad' s
t part-of-path 0 ': 1 pass$' "$TCPDRILL" run -k s/c s
t glob 0 ': 3 pass$' "$TCPDRILL" run -k '?[ipv4]*' s
t variants-by-name 0 ': 3 pass$' "$TCPDRILL" run --variant all -k '*[ipv6]*' -k '!bad' s
t nothing-fits 4 "of 4 tests none fits --filter 'nono'$" "$TCPDRILL" run -k nono s
t one-fits-not 0 "no test fits --filter 'nono'\$" "$TCPDRILL" run -k c -k nono s
t one-fits-not-runs 0 ': 1 pass$' "$TCPDRILL" run -k c -k nono s
t all-fit 1 '^0$' sh -c '"$TCPDRILL" run -k s/c -k s/a -k "!zzz" s 2>&1 | grep -c "no test fits"'
mkdir nothing
t one-folder-empty 0 "no scripts .* in 'nothing'\$" "$TCPDRILL" run nothing s/a.pkt
t id-is-no-path 2 "cannot open 's/a\[ipv4\]@bundled': .*chosen by its id with --filter\$" \
	"$TCPDRILL" run 's/a[ipv4]@bundled'
t id-chooses 0 ': 1 pass$' "$TCPDRILL" run -k 's/a[ipv4]@bundled' s/a.pkt
t empty-filter 2 "filter: '!' is not a part of a test's id" "$TCPDRILL" run -k '!' s
t list-fits 0 '^c\[ipv4\]@bundled$' "$TCPDRILL" list -k c s

# A test is told apart by its id, so each file is run once, however often it is named.
for twice in 's/a.pkt s/a.pkt' 's/a.pkt ./s/a.pkt' 's/a.pkt s/../s/a.pkt'; do
	t "once-$twice" 0 '^1 test on .*: 1 pass$' sh -c "\"\$TCPDRILL\" run $twice"
done
t once-unless-repeated 0 '^2 tests on .*: 2 pass$' "$TCPDRILL" run --repeat 2 s/a.pkt s/a.pkt

# Shards: together they are all, and the same each time.
shards() {
	for i in 1 2 3; do
		"$TCPDRILL" list --variant all --shard $i/3 s
	done | sort >shards.txt
	"$TCPDRILL" list --variant all s | sort | diff - shards.txt && echo same
}
t shards 0 '^same$' shards
for bad in 0/2 3/2 2 2/ /2 a/b 1/2/3 -1/2; do
	t "shard-$bad" 2 "shard: '$bad' is not a part of a whole" "$TCPDRILL" run --shard $bad s
done
t shard-too-small 4 'none is in shard 1/10000' "$TCPDRILL" run --shard 1/10000 s
t repeat-none 2 "repeat: '0' is not a number from 1" "$TCPDRILL" run --repeat 0 s
t no-time 2 "total-timeout: '0' is not a number of seconds" "$TCPDRILL" run --total-timeout 0 s

# Only what failed, from the record of the last run.
t failed-before 4 'no test is on record that failed' "$TCPDRILL" run --failed s
t fails 1 ': 3 pass, 1 fail$' "$TCPDRILL" run s
t failed-only 1 '^1 test on .*: 1 fail$' "$TCPDRILL" run --failed s
t failed-without-path 1 '^1 test on .*: 1 fail$' "$TCPDRILL" run --failed
t failed-listed 0 '^bad\[ipv4\]@bundled$' "$TCPDRILL" list --failed
t failed-elsewhere 4 'no test is on record' sh -c 'mkdir -p d; cd d && "$TCPDRILL" run --failed ../s'
t failed-of-others 4 'of 1 test none failed when last run' "$TCPDRILL" run --failed s/a.pkt
t failed-kept 0 ': 1 pass$' "$TCPDRILL" run -k a -k '!bad' s
t failed-still 1 ': 1 fail$' "$TCPDRILL" run --failed s
cp s/a.pkt s/bad.pkt
t failed-mended 0 ': 1 pass$' "$TCPDRILL" run --failed s
t failed-no-more 4 'no test is on record' "$TCPDRILL" run --failed s
cp bad.pkt.kept s/bad.pkt

# What failed stays on record until it has passed, whatever else is run, and by whatever path.
mkdir -p dA dB && cp s/bad.pkt dA && cp s/bad.pkt dB
run() {
	"$TCPDRILL" run "$@"
}
runs_others() {
	run dA >/dev/null 2>&1
	run s/a.pkt >/dev/null 2>&1
	run --failed
}
t failed-before-others 1 '^1 test on .*: 1 fail$' runs_others
t failed-absolute 1 '^1 test on .*: 1 fail$' run --failed "$PWD/dA/bad.pkt"
t failed-of-two 1 '^2 tests on .*: 2 fail$' run dA dB
t failed-of-one-of-two 1 '^1 test on .*: 1 fail$' run --failed dB
t failed-by-link 1 '^1 test on .*: 1 fail$' sh -c 'ln -s dB dC && "$TCPDRILL" run --failed dC'
t failed-of-both 1 '^2 tests on .*: 2 fail$' run --failed
t failed-of-another-stack 4 'failed on kernel .* failed on bundled \(2\), add --stack bundled$' \
	run --failed --stack kernel
t failed-with-options-told 1 'tests were run without options$' run --failed --mtu 1400
t failed-with-options 1 'tests were run with --mtu 1400$' run --failed
t failed-options-told-once 1 '^0$' sh -c '"$TCPDRILL" run --failed 2>&1 | grep -c "tests were run"'
t failed-gone 1 "failed: 'dA', where tests had failed, is no longer there$" sh -c 'rm -r dA && "$TCPDRILL" run --failed'
t failed-gone-once 1 '^0$' sh -c '"$TCPDRILL" run --failed 2>&1 | grep -c "no longer there"'
t failed-all-gone 4 "'dC', where tests had failed" sh -c 'rm -r dB && "$TCPDRILL" run --failed'
odd() {
	name=$(printf 'odd\344%%\n.pkt')
	cp s/bad.pkt "$name"
	XDG_STATE_HOME=$PWD/odd run "$name" >/dev/null 2>&1
	XDG_STATE_HOME=$PWD/odd run --failed
}
t failed-odd-name 1 '^1 test on .*: 1 fail$' odd
t failed-nowhere 2 'neither XDG_STATE_HOME nor HOME' env -u HOME -u XDG_STATE_HOME \
	"$TCPDRILL" run --failed s
t homeless 0 '^1 test .*: 1 pass$' env -u HOME -u XDG_STATE_HOME "$TCPDRILL" run s/a.pkt
t cannot-remember 1 ': 3 pass, 1 fail$' env XDG_STATE_HOME=/dev/null "$TCPDRILL" run s
t cannot-remember-silently 1 '' sh -c 'XDG_STATE_HOME=/dev/null "$TCPDRILL" run s 2>&1 | grep /dev/null'

# Again and again.
t once-of-folder 1 '^4 tests on .*: 3 pass, 1 fail$' "$TCPDRILL" run s s/a.pkt s
t repeat 1 '^20 tests on .*: 15 pass, 5 fail$' "$TCPDRILL" run --repeat 5 s
t repeat-numbered 1 '^fail +bad\[ipv4\]@bundled#5' "$TCPDRILL" run --repeat 5 s
t repeat-failed 1 '^1 test on .*: 1 fail$' "$TCPDRILL" run --failed s
t until-most 0 'no test failed up to time 6, with seed 6$' "$TCPDRILL" run --until-fail --repeat 6 s/a.pkt
t until-once-reported 0 '^1 test on .*: 1 pass$' "$TCPDRILL" run --until-fail --repeat 6 s/a.pkt
t until-fail 1 'a test failed at time 1, with seed 1$' "$TCPDRILL" run --until-fail s
t until-time 0 'no test failed up to time [0-9]+, with' \
	"$TCPDRILL" run --until-fail --total-timeout 0.5 s/a.pkt
t fail-fast 1 '^ended by --fail-fast after 2 of 4 tests .*: 1 pass, 1 fail$' "$TCPDRILL" run --fail-fast -j3 \
	s/a.pkt s/bad.pkt s/b.pkt s/c.pkt
t again-is-exact 1 '^again: [^ ]*tcpdrill run s/bad.pkt$' \
	"$TCPDRILL" run -k b --fail-fast --repeat 2 s

# Each time has a seed of its own, with which it can be had again.
cat >luck.pkt <<'EOF'
0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 bind(3, ..., ...) = 0
+0 listen(3, 1) = 0
+0 < S 0:0(0) win 32792 <mss 1000>
+0 > S. 0:0(0) ack 1 <...> as synack
+0 assert synack.seq_on_wire % 8 != 3
EOF
t luck-begins-well 0 ': 1 pass$' "$TCPDRILL" run luck.pkt
t luck-ends 1 '^--until-fail: a test failed at time [0-9]+, with seed [0-9]+$' \
	"$TCPDRILL" run --until-fail --repeat 1000 --json luck.json luck.pkt
seed=$(sed -n 's/.* with seed //p' out.txt)
cp out.txt luck.txt
t luck-says-seed 0 "^fail +luck.* \\(seed $seed\\) " cat luck.txt
t luck-in-json 0 "\"seed\":$seed," sed -n 2p luck.json
t luck-with-seed 1 ': 1 fail$' "$TCPDRILL" run --seed "$seed" luck.pkt
t luck-before 0 ': 1 pass$' "$TCPDRILL" run --seed $((seed - 1)) luck.pkt
t luck-at-once 1 ': 1 fail$' "$TCPDRILL" run --until-fail --seed "$seed" luck.pkt
t luck-repeated 1 "^fail +luck\\[ipv4\\]@bundled#$seed " "$TCPDRILL" run --repeat "$seed" luck.pkt
t seed-too-large 2 'is not a number below 2\^63' "$TCPDRILL" run --seed 9223372036854775808 luck.pkt
t seed-large 0 '"seed":9223372036854775807' "$TCPDRILL" run --seed 9223372036854775807 --json - s/a.pkt

# again NAME PATTERN COMMAND...: what the run says to call does run just what failed, in a shell
again() {
	_again=$1 _tests=$2
	shift 2
	"$@" >first.txt 2>&1
	sed -n 's/^again: //p' first.txt >again.sh
	t "again-$_again" 1 "$_tests" bash ./again.sh
}
mkdir h many
for name in '-dash' "quo'te" 'new
line' 'spa  ce' "$(printf 'esc\033[31m')" "$(printf 'latin\344')" 'dollar$HOME`x`' 'star*' 'hash#x' '~' '!x'; do
	cp s/bad.pkt "h/$name.pkt"
done
for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
	cp s/bad.pkt "many/f$i.pkt" && cp s/a.pkt "many/p$i.pkt"
done
t hostile-listed 0 '^new\\x0aline\[ipv4\]@bundled$' "$TCPDRILL" list h
t hostile-lines 0 '^11$' sh -c '"$TCPDRILL" list h | wc -l'
t hostile-told 1 '^fail +new\\x0aline\[ipv4\]@bundled  ' "$TCPDRILL" run --junit h.xml --json h.json h
t hostile-finding 1 '^h/new\\x0aline.pkt:2:15: error' "$TCPDRILL" run h
have select/hostile-junit xmllint && t hostile-junit 0 validates \
	xmllint --noout --schema "$ROOT/tests/support/junit.xsd" h.xml
have select/hostile-json jq && t hostile-json 0 '^11$' jq -s '.[-1].verdicts.fail' h.json

cat >cases.pkt <<'EOF'
//! case one: N=3
//! case two: N=4
0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 close(N) = 0
EOF
if have select/again bash; then
	again plain '^1 test on .*: 1 fail$' "$TCPDRILL" run s
	again names-by-record '^11 tests on .*: 11 fail$' "$TCPDRILL" run h
	again some-names '^[0-9] tests on .*: [0-9] fail$' "$TCPDRILL" run -k '!hash' -k '!spa' -k '!~' h
	again dashes '^1 test on .*: 1 fail$' sh -c 'cd h && cp -- *dash.pkt .. && cd .. && "$TCPDRILL" run -- -dash.pkt'
	again no-record '^11 tests on .*: 11 fail$' env -u HOME -u XDG_STATE_HOME "$TCPDRILL" run h
	again many '^12 tests on .*: 12 fail$' "$TCPDRILL" run many
	t again-many-is-short 0 '' sh -c '[ "$(wc -c <again.sh)" -lt 200 ]'
	again chosen '^11 tests on .*: 11 fail$' "$TCPDRILL" run -k many -k '!f12' --seed 7 many
	again repeated '^6 tests on .*: 6 fail$' "$TCPDRILL" run --repeat 3 -j1 --seed 4 s/bad.pkt many/f1.pkt
fi
# What a script runs in by itself needs no --variant; what was given stays as it was given.
{ echo '--ip_version=ipv4' && cat s/bad.pkt; } >own.pkt
{ echo '//! needs: ipv6' && cat s/bad.pkt; } >six.pkt
if have select/again-variants bash; then
	again overridden '^1 test on .*: 1 fail$' "$TCPDRILL" run --ip_version=ipv6 own.pkt
	again by-script '^3 tests on .*: 3 fail$' "$TCPDRILL" run own.pkt six.pkt s/bad.pkt
	again variants '^5 tests on .*: 5 fail$' "$TCPDRILL" run --variant ipv4-mapped-ipv6,ipv6 six.pkt s/bad.pkt \
		many/f1.pkt -k '!f1[ipv6]'
fi
again_case() {
	"$TCPDRILL" run --variant all cases.pkt | sed -n 's/^again: //p' >again.sh
	sh ./again.sh
}
t again-case 2 '^3 tests on .*: 3 error$' again_case

# Whoever reads the report may go: the run ends, its other reports are whole.
reader_goes() {
	{ "$TCPDRILL" run --passed --repeat 100000 --json gone.json --junit gone.xml s/a.pkt 2>gone.err
		echo "status $?" >gone.txt; } | head -n 1
	cat gone.txt gone.err
}
t reader-goes 0 '^status 141$' reader_goes
t reader-goes-quietly 1 '' grep . gone.err
t reader-goes-json 0 '"interrupted":true,"exit_status":141' tail -n 1 gone.json
t reader-goes-junit 0 '^</testsuites>$' tail -n 1 gone.xml
