# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC1090,SC1091,SC2154,SC2016
# The whole suite in virtual time: the same bytes, times and words each time, in however many jobs.
. "$E2E_LIB"

# play NAME JOBS: captures and events of all tests, less what a clock on the wall says
play() {
	"$TCPDRILL" run --stack bundled --variant all --trace --passed -j"$2" --pcap "$1" \
		--json "$1.json" "$ROOT/scripts" >/dev/null 2>&1
	[ "$(grep -c '"type":"test"' "$1.json")" -gt 50 ] || return 1
	grep '"type":"test"' "$1.json" | sed -E 's/"(wall|late)_us":[0-9]+/"\1_us":0/g' |
		sort >"$1.txt"
}
same() {
	diff -r "$1" "$2" && diff "$1.txt" "$2.txt" | cut -c1-300 | head -n 20 >differ.txt
	[ -s differ.txt ] && cat differ.txt && return 1
	cmp -s "$1.txt" "$2.txt" && echo same
}
t first 0 '' play first 1
t again 0 '' play again 1
t two-jobs 0 '' play jobs 2
t same-each-time 0 '^same$' same first again
t same-in-two-jobs 0 '^same$' same first jobs
