# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC1090,SC1091,SC2154,SC2016
# How a stack that has a choice shall behave: the header, the option, and where it is told.
. "$E2E_LIB"

syn='0 < S 0:0(0) win 1000 <mss 1000,nop,nop,TS val 7 ecr 0>'
mkdir -p s
(head -n 1 "$ROOT/scripts/requirements.tsv" && grep -E '^7323/5.2-rst-ts	|^9293/MUST-1	' \
	"$ROOT/scripts/requirements.tsv") >s/requirements.tsv
# The reset of a closed port has a time stamp in the profile rfc, and none by itself.
printf '//! title: With\n//! req: 7323/5.2-rst-ts\n//! profile: rfc\n%s\n+0 > R. 0:0(0) ack 1 <nop,nop,TS val 0 ecr 7>\n' \
	"$syn" >s/with.pkt
printf '//! title: Without\n//! req: 9293/MUST-1\n%s\n+0 > R. 0:0(0) ack 1\n' "$syn" >s/without.pkt
sed '/profile/s/rfc/linux/; s/7323.*/9293\/MUST-1/; s/ <nop,nop,TS val 0.*//' s/with.pkt >s/own.pkt

# ---- what is played ----

t header 0 ': 3 pass' "$TCPDRILL" run s
t option-wins 1 ': 1 pass, 2 fail$' "$TCPDRILL" run --profile rfc s
t option-wins-over-header 1 ': 2 pass, 1 deviates$|: 2 pass, 1 fail$' "$TCPDRILL" run --strict --profile linux s
t shown 1 '^fail +without\[ipv4\]@bundled  Without  \(profile rfc\)' "$TCPDRILL" run --profile rfc s
t own-is-not-shown 1 '^fail +with\[ipv4\]@bundled  With(  \([0-9.]+ ms\))?$' \
	"$TCPDRILL" run --strict --profile linux s
t again 1 '^again: .* run --profile rfc s/' "$TCPDRILL" run --profile rfc s
t no-fault-of-the-script 0 '^OK: 3 scripts' "$TCPDRILL" check s

# ---- bad input ----

t unknown-option 2 "^tcpdrill run: --profile: 'rcf' is not a profile of a stack: linux, rfc" \
	"$TCPDRILL" run --profile rcf s
for command in matrix compare; do
	t "unknown-option-$command" 2 "profile: 'rcf' is not a profile of a stack" \
		"$TCPDRILL" $command --profile rcf s
	t "kernel-has-none-$command" 2 "profile: no stack that --stacks names has a profile 'rfc'" \
		"$TCPDRILL" $command --stacks kernel --profile rfc s
done
t kernel-has-none 2 "profile: the kernel stack has no profile 'rfc'" \
	"$TCPDRILL" run --stack kernel --profile rfc s
printf '//! profile: rcf\n%s\n' "$syn" >bad.pkt
t unknown-header-check 2 "^bad.pkt:1:14: error: no stack has a profile 'rcf'" "$TCPDRILL" check bad.pkt
t unknown-header-run 2 "^bad.pkt:1:14: error: no stack has a profile 'rcf'" "$TCPDRILL" run bad.pkt
t unknown-header-hint 2 '^ +hint: the profiles are: linux, rfc' "$TCPDRILL" check bad.pkt
t unknown-header-overruled 2 "^bad.pkt:1:14: error: no stack has a profile 'rcf'" \
	"$TCPDRILL" run --profile rfc bad.pkt
cp bad.pkt s/bad.pkt
t unknown-header-coverage 2 "^s/bad.pkt:1:14: error: no stack has a profile 'rcf'" "$TCPDRILL" coverage s
t unknown-header-matrix 2 "^s/bad.pkt:1:14: error: no stack has a profile 'rcf'" \
	"$TCPDRILL" matrix --stacks bundled s
rm s/bad.pkt

# ---- where it is told ----

t matrix-marks 0 '^7323/5.2-rst-ts +SHOULD +pass +with \(profile rfc\)$' \
	"$TCPDRILL" matrix --stacks bundled s
t matrix-explains 0 '^\(profile NAME\): the script asks' "$TCPDRILL" matrix --stacks bundled s
t matrix-own-is-plain 0 '^9293/MUST-1 +MUST +pass +own without$' "$TCPDRILL" matrix --stacks bundled s
t matrix-option-is-named 1 '^requirement +level +bundled:rfc +scripts$' \
	"$TCPDRILL" matrix --stacks bundled --profile rfc s
t matrix-option-is-no-mark 1 '^7323/5.2-rst-ts +SHOULD +pass +with$' \
	"$TCPDRILL" matrix --stacks bundled --profile rfc s
t matrix-markdown 0 '^\| 7323/5.2-rst-ts .* with \(profile rfc\) \|$' \
	"$TCPDRILL" matrix --stacks bundled --markdown - s
t matrix-markdown-explains 0 '^\(profile NAME\): ' "$TCPDRILL" matrix --stacks bundled --markdown - s
t matrix-json 0 '"profile": "rfc"' "$TCPDRILL" matrix --stacks bundled --json - s
t coverage-marks 0 '^7323/5.2-rst-ts +SHOULD +with \(profile rfc\)$' "$TCPDRILL" coverage s
nothing_marked() {
	rm s/with.pkt && "$TCPDRILL" coverage s >none.txt && ! grep profile none.txt
}
# The test build's stack beside itself, with a fault that changes nothing here.
t compare-marks 0 '^  bundled:PAWS_OFF \(profile rfc\): pass$' "$FAULTY" compare --fault PAWS_OFF s/with.pkt
t compare-json 0 '"profile": "rfc"' "$FAULTY" compare --fault PAWS_OFF --json - s/with.pkt
t compare-option 0 '^  bundled:rfc:PAWS_OFF: pass$' \
	"$FAULTY" compare --fault PAWS_OFF --profile rfc s/with.pkt
t record 0 '"stack":"bundled","profile":"rfc","title":"With"' "$TCPDRILL" run --json - s
t record-own 0 '"stack":"bundled","profile":"","title":"Without"' "$TCPDRILL" run --json - s
t list-json 0 '"profile":"rfc","title":"With"' "$TCPDRILL" list --json - s
t only 0 '^1 test on' "$TCPDRILL" run profile:rfc s
t only-unknown-kind 2 'but by one of: .*, profile$' "$TCPDRILL" run --only xyzzy:rfc s
t table 0 '^rfc +as the RFCs ask' "$TCPDRILL" list profiles
t complete 0 '^rfc	' "$TCPDRILL" complete -- run --profile r
t complete-only 0 '^profile:rfc	' "$TCPDRILL" complete -- run --only profile:
t fmt-keeps 0 '^//! title: With //! req: 7323/5.2-rst-ts //! profile: rfc   *0 <' \
	sh -c '"$TCPDRILL" fmt s/with.pkt | tr "\n" " "'
t nothing-marked-without 0 '' nothing_marked
