# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC1090,SC1091,SC2154,SC2016
# The faults of the test build: there, and nowhere else.
. "$E2E_LIB"

"$FAULTY" list faults >list.txt
t number-in-readme 0 "^$(grep -c . <list.txt)\$" sed -n 's/.*by the \([0-9]*\) named faults of.*/\1/p' "$ROOT/README.md"
sed 's/ .*//' list.txt >names.txt
printf '//! title: T\n//! catches: NO_BACKOF\n0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n' >wrong.pkt
printf '//! title: T\n//! catches: NO_BACKOFF, PAWS_OFF\n0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n' >right.pkt

at_least() {
	[ "$(wc -l <names.txt)" -ge "$1" ] && [ -z "$(sort names.txt | uniq -d)" ]
}
t sixty-of-them 0 '' at_least 60

# What a row names as its source is a requirement of the suite, or a section.
sources() {
	sed 's/.*\[\(.*\)\]$/\1/' list.txt | grep -v '^RFC [0-9]' | sort -u >sources.txt
	cut -f1 "$ROOT/scripts/requirements.tsv" | sort >ids.txt
	comm -23 sources.txt ids.txt | grep . && return 1
	return 0
}
t sources-exist 0 '' sources

t shipped-has-no-option 2 "unknown option '--fault'" "$TCPDRILL" run --fault NO_BACKOFF right.pkt
t shipped-has-no-table 2 '' "$TCPDRILL" list faults
t unknown-fault 2 "'NO_BACKOF' is not a fault" "$FAULTY" run --fault NO_BACKOF right.pkt
t known-everywhere 0 '^OK' "$TCPDRILL" check right.pkt
t misspelt-claim 2 '^wrong\.pkt:2:14: error: unknown fault .NO_BACKOF' "$TCPDRILL" check wrong.pkt
t misspelt-claim-is-hinted 2 "did you mean 'NO_BACKOFF'" "$TCPDRILL" check wrong.pkt

# The stack beside itself with a fault; what the shipped program compares needs a kernel.
backoff="$ROOT/scripts/rfc6298/data-retransmission.pkt"
t compare-with-itself 1 '^~ 0.700000 > P. .* \| 0.480000 > P. ' "$FAULTY" compare --fault NO_BACKOFF "$backoff"
t compare-names-the-fault 1 '^  bundled:NO_BACKOFF: fail: ' "$FAULTY" compare --fault NO_BACKOFF "$backoff"
t compare-lists-delays 1 '^ +0.700000 > P. .*: delay 660.000 ms, 440.000 ms$' \
	"$FAULTY" compare --fault NO_BACKOFF "$backoff"
t fault-of-none 2 'fault is for the bundled stack' "$FAULTY" compare --fault NO_BACKOFF --stacks kernel "$backoff"
t no-stack-twice 2 "names 'bundled' twice" "$FAULTY" compare --stacks bundled,bundled "$backoff"
t matrix-with-fault 1 '^9293/MUST-19 +MUST +pass +fail +rfc6298' \
	"$FAULTY" matrix --fault NO_BACKOFF "$ROOT/scripts/rfc6298"
t matrix-names-the-fault 1 'bundled +bundled:NO_BACKOFF +scripts$' \
	"$FAULTY" matrix --fault NO_BACKOFF "$ROOT/scripts/rfc6298"
t compare-narrow 1 '^ +IPPROTO_TCP\) = 3 +\| +IPPROTO_TCP\) = 3$' \
	env COLUMNS=80 "$FAULTY" compare --fault NO_BACKOFF "$backoff"
t compare-fits 0 '^fits$' sh -c \
	'COLUMNS=80 "$FAULTY" compare --fault NO_BACKOFF "$0" | grep " |" >rows.txt
	[ -s rows.txt ] && ! grep -E ".{81}" rows.txt && echo fits' "$backoff"
t compare-wide 1 '\| 0.010000 > S. .* <mss 1460>$' \
	env COLUMNS=140 "$FAULTY" compare --fault NO_BACKOFF "$backoff"
mkdir -p known/expect
printf '0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n+0 close(3) = -1 EBADF (open)\n' >known/open.pkt
echo 'open fail "it is open" https://example.org' >known/expect/bundled.txt
t compare-settles 0 '^  bundled: xfail: it is open' "$FAULTY" compare --fault PAWS_OFF known/open.pkt
mkdir two
for i in 1 2; do
	printf '//! id: same\n0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n' >two/$i.pkt
done
t compare-same-id 2 "^two/1.pkt:1:9: error: 'same' is the id of another script" \
	"$FAULTY" compare --fault PAWS_OFF two
plays_nothing() {
	"$FAULTY" compare --fault PAWS_OFF "$1" 2>&1 | grep socket && return 1
	return 0
}
t compare-same-id-plays-nothing 0 '' plays_nothing two
for i in 1 2; do
	t "same-id-run-$i" 2 "^two/$i.pkt:1:9: error: 'same' is the id of another script" "$TCPDRILL" run two
done
echo '0 sokcet() = 3' >two/1.pkt
t compare-error 2 '^two/1.pkt:1:3: error: unknown system call' "$FAULTY" compare --fault PAWS_OFF two/1.pkt
t compare-nothing 2 '^Nothing happened that could be compared' "$FAULTY" compare --fault PAWS_OFF two/1.pkt
printf '//! needs: kernel>=999\n0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n' >two/2.pkt
printf '//! req: 1/x\n//! catches: NO_BACKOF\n0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n' >two/1.pkt
t compare-bad-header 2 "^two/1.pkt:2:14: error: unknown fault 'NO_BACKOF'" \
	"$FAULTY" compare --fault PAWS_OFF two/1.pkt
t compare-bad-header-plays-nothing 0 '' plays_nothing two/1.pkt
# Packets that differ stand beside each other.
t compare-pairs 1 '^! 0\.[0-9]+ > .* \| 0\.[0-9]+ > ' "$FAULTY" compare --fault ECN_REFUSAL_IGNORED \
	"$ROOT/scripts/rfc3168/refused.pkt"
t compare-says-in-what 1 '^ +0\.[0-9]+ > .*: IP header none, \[ect0\]$' "$FAULTY" compare \
	--fault ECN_REFUSAL_IGNORED "$ROOT/scripts/rfc3168/refused.pkt"

# Neither names nor code of them are in the stack that is shipped.
absent() {
	strings -a "$ROOT/$OUT/libsut.a" | grep -Fx -f names.txt && return 1
	nm "$ROOT/$OUT/libsut.a" 2>/dev/null | grep -i 'fault_' && return 1
	nm "$FAULTY" | grep -q sut_fault_find || return 1
	nm "$TCPDRILL" | grep -i sut_fault && return 1
	return 0
}
have faults/shipped-has-no-fault strings nm && t shipped-has-no-fault 0 '' absent

# Without a fault the test build sends and answers what the shipped one does.
traces() {
	"$1" run --pcap "$2" "$ROOT/scripts" >"$2.txt" 2>&1
}
same() {
	traces "$TCPDRILL" shipped
	traces "$FAULTY" faulty
	[ "$(ls shipped | wc -l)" -gt 50 ] && diff -r shipped faulty && echo same
}
t healthy-is-the-same 0 '^same$' same
