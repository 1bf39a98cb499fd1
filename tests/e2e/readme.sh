# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC1090,SC1091,SC2154,SC2016
# What README.md shows is what one gets: the failing run, but for its times.
. "$E2E_LIB"

cat >script.pkt <<'EOF'
//! title: Three fields of a SYN-ACK differ from what the script wants
0  socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 bind(3, ..., ...) = 0
+0 listen(3, 1) = 0

+0 < S 0:0(0) win 32792 <mss 1000>
+0 > SE. 0:0(0) ack 2 <mss 1400>
EOF

no_times() {
	sed -E 's/[0-9]+\.[0-9]+ (ms|s)/T/g'
}
PATH=$(dirname "$TCPDRILL"):$PATH tcpdrill run script.pkt 2>&1 | no_times >got.txt
sed -n '/^\$ tcpdrill run script.pkt/,/^```/p' "$ROOT/README.md" | sed '1d;$d' | no_times >want.txt
t failing-run 0 '' diff -u want.txt got.txt
t example 0 '^OK' sh -c 'sed -n "/^0    socket/,/^\`/p" "$ROOT/README.md" | sed "\$d" >shown.pkt &&
	"$TCPDRILL" check shown.pkt'

# Every verdict with its exit status, as one row has several names of the same status.
verdicts() {
	sed -n 's/^| \([a-z, ]*\) |.*| \([0-5]\) |$/\1|\2/p' "$ROOT/README.md" | while IFS='|' read -r names status; do
		echo "$names" | tr -d ' ' | tr ',' '\n' | sed "s/$/ $status/"
	done
}
"$TCPDRILL" list verdicts | sed 's/ .* / /' | sort >want.txt
verdicts | sort >got.txt
t verdicts 0 '^11$' sh -c 'diff -u want.txt got.txt && wc -l <got.txt'

# The totals of the suite, as far as they are the same on every machine: those of the bundled stack.
rows='^\| (MUST|MUST NOT|SHOULD|SHOULD NOT|MAY|all) \|'
grep -E "$rows" "$ROOT/README.md" | cut -d'|' -f2-5,7 >want.txt
"$TCPDRILL" matrix --stacks bundled --markdown - "$ROOT/scripts" | sed -n '/^## By level/,/^## By RFC/p' |
	grep -E "$rows" | cut -d'|' -f2-6 >got.txt
t totals 0 '^6$' sh -c 'diff -u want.txt got.txt && wc -l <got.txt'
