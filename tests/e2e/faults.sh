# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC1090,SC1091,SC2154,SC2016
# The faults of the test build: there, and nowhere else.
. "$E2E_LIB"

"$FAULTY" list faults >list.txt
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
