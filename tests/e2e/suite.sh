# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC1090,SC1091,SC2154,SC2016
# A suite with requirements and expectations: bad input, what compare and matrix say of the kernel.
. "$E2E_LIB"

mkdir -p s/deep s/expect
(head -n 1 "$ROOT/scripts/requirements.tsv" && grep -E '^9293/(MUST-1|MUST-13|SHLD-3)	' \
	"$ROOT/scripts/requirements.tsv") >s/requirements.tsv
socket='0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3'
printf '//! req: 9293/MUST-1\n%s\n' "$socket" >s/deep/good.pkt
cp s/deep/good.pkt good.pkt

t id-below-suite 0 '^deep/good\[ipv4\]@bundled' "$TCPDRILL" list s/deep/good.pkt
t id-from-inside 0 '^deep/good\[ipv4\]@bundled' sh -c 'cd s/deep && "$TCPDRILL" list good.pkt'
t foreign-ids-are-free 0 '^OK: 1 script' sh -c \
	'echo "//! req: anything at all" | cat - good.pkt >free.pkt && "$TCPDRILL" check free.pkt'

t foreign-requirements-are-doubtful 0 '^free.pkt:1:10: warning: nobody knows .*: no requirements.tsv' \
	"$TCPDRILL" check free.pkt
t own-requirements-are-not 0 '^none$' sh -c \
	'"$TCPDRILL" check s >o 2>&1 && ! grep warning o && echo none'

# ---- bad input ----

printf '//! req: 9293/MUST-11\n%s\n' "$socket" >s/bad.pkt
t unknown-requirement 2 "^s/bad.pkt:1:10: error: unknown requirement '9293/MUST-11'" \
	"$TCPDRILL" check s/bad.pkt
t unknown-requirement-hint 2 "hint: did you mean '9293/MUST-1'" "$TCPDRILL" check s/bad.pkt
t unknown-requirement-list 2 "^s/bad.pkt:1:10: error: unknown requirement '9293/MUST-11'" \
	"$TCPDRILL" list s
t unknown-requirement-listed 2 '^bad\[ipv4\]@bundled  \[9293/MUST-11\]' "$TCPDRILL" list s
t unknown-requirement-run 2 "^s/bad.pkt:1:10: error: unknown requirement" "$TCPDRILL" run s/bad.pkt
printf '//! req: 9293/MUST-1\n%s //! req 9293/SHLD-3\n' "$socket" >s/bad.pkt
t mark-not-in-header-coverage 2 "^s/bad.pkt:2:53: error: '9293/SHLD-3' is not among" \
	"$TCPDRILL" coverage s
t header-is-seen-all-the-same 0 '^none$' sh -c \
	'"$TCPDRILL" coverage s 2>&1 | grep -i "without a requirement" || echo none'
t mark-not-in-header 2 "^s/bad.pkt:2:53: error: '9293/SHLD-3' is not among" "$TCPDRILL" check s/bad.pkt
printf '//! id: deep/good\n%s\n' "$socket" >s/bad.pkt
t same-id 2 "^s/bad.pkt:1:9: error: 'deep/good' is the id of another script" "$TCPDRILL" check s
t same-id-list 2 "^s/bad.pkt:1:9: error: 'deep/good' is the id of another script" "$TCPDRILL" list s
t same-id-run 2 "^s/bad.pkt:1:9: error: 'deep/good' is the id of another script" "$TCPDRILL" run s
rm s/bad.pkt
echo 'deep/good fial "x" https://example.org' >s/expect/bundled.txt
for command in run check; do
	t "malformed-expectation-$command" 2 \
		"s/expect/bundled.txt:1:11: error: 'fial' cannot be expected" "$TCPDRILL" $command s
done
t expectations-ignored 0 ': 1 pass' "$TCPDRILL" run --no-expect s
echo 'deep/god fail "x" https://example.org' >s/expect/bundled.txt
# To run the whole suite is to notice; a part says nothing.
t left-over-told-by-run 0 "/s/expect/bundled.txt:1:1: warning: no test has an id like 'deep/god'" \
	"$TCPDRILL" run s
t left-over-told-by-matrix 0 "bundled.txt:1:1: warning: no test has an id like 'deep/god'" \
	"$TCPDRILL" matrix --stacks bundled s
for part in s/deep '-k deep s' '--shard 1/1 s' 's level:must' '--no-expect s'; do
	t "left-over-not-told-$part" 0 '^none$' sh -c \
		"\"\$TCPDRILL\" run $part >o 2>&1 && ! grep warning o && echo none"
done
t left-over-expectation 2 "bundled.txt:1:1: error: no test has an id like 'deep/god'" "$TCPDRILL" check s
printf 'deep/go* fail "x" https://example.org\ndeep/good fail "y" https://example.org\n' \
	>s/expect/bundled.txt
t shadowed-expectation 2 "bundled.txt:2:1: error: lines above speak of all that 'deep/good' fits" \
	"$TCPDRILL" check s
sed -i '1s/fail/fail <0.1/' s/expect/bundled.txt
t other-versions-shadow-nothing 0 '^OK: 1 script' "$TCPDRILL" check s
echo 'deep/god fail "x" https://example.org' >s/expect/bundled.txt
t left-over-only-for-all 0 '^OK: 1 script' "$TCPDRILL" check s/deep
mv s/expect/bundled.txt s/expect/bundle.txt
t expectation-of-nobody 2 "there is no stack 'bundle'" "$TCPDRILL" check s
rm s/expect/bundle.txt
cp s/requirements.tsv kept.tsv
tail -n 1 kept.tsv >>s/requirements.tsv
t same-requirement 2 "s/requirements.tsv:5:1: error: the id '9293/.*' is given twice, first in line 4" \
	"$TCPDRILL" check s
sed '2s/MUST	/MUSTY	/' kept.tsv >s/requirements.tsv
t bad-level 2 "s/requirements.tsv:2:[0-9]+: error: 'MUSTY' is no level" "$TCPDRILL" run s
cp kept.tsv s/requirements.tsv

# ---- what coverage and matrix say of errors, and of what no requirement shows ----

printf '//! req: 9293/MUST-11\n%s\n' "$socket" >s/bad.pkt
t coverage-unknown 2 "^s/bad.pkt:1:10: error: unknown requirement '9293/MUST-11'" "$TCPDRILL" coverage s
t matrix-unknown 2 "^s/bad.pkt:1:10: error: unknown requirement '9293/MUST-11'" \
	"$TCPDRILL" matrix --stacks bundled s
printf '//! req: 9293/MUST-1\n//! catches: nothing-known\n%s\n' "$socket" >s/bad.pkt
t coverage-catches 2 "^s/bad.pkt:2:14: error: unknown fault 'nothing-known'" "$TCPDRILL" coverage s
t matrix-catches 2 "^s/bad.pkt:2:14: error: unknown fault 'nothing-known'" \
	"$TCPDRILL" matrix --stacks bundled s
printf '//! title: \033[2J clears\n%s\n+0 close(3) = -1 EBADF (open)\n' "$socket" >s/bad.pkt
t matrix-without-requirement 1 '^- +bundled +fail +bad\[ipv4\] +line 3: close' \
	"$TCPDRILL" matrix --stacks bundled s
t matrix-without-title 1 '^bad +fail +\\x1b\[2J clears$' "$TCPDRILL" matrix --stacks bundled s
for command in list coverage 'coverage --markdown -'; do
	t "no-escapes-$command" 0 '^none$' sh -c \
		'"$TCPDRILL" '"$command"' s >o; grep -q x1b o && ! grep -q "$(printf "\033")" o && echo none'
done
rm s/bad.pkt
t part-of-suite 0 '^2 requirements are left out' "$TCPDRILL" coverage s/deep
t part-has-no-gaps 0 '^none$' sh -c \
	'"$TCPDRILL" coverage s/deep | grep -q "without a script" || echo none'
t whole-has-gaps 0 '^9293/SHLD-3 +SHOULD +teardown' "$TCPDRILL" coverage s
t narrow 0 '^    deep/good$' env COLUMNS=24 "$TCPDRILL" coverage s
t one-output 2 "both go to '-'" "$TCPDRILL" coverage --json - --markdown - s
t nothing-only-deviates 0 '^[0-9]+ tests on bundled in [0-9.]+ m?s: [0-9]+ pass(, [0-9]+ skip)?( |$)' \
	"$TCPDRILL" run --variant all "$ROOT/scripts"

# Neither what is advised nor what is optional fails; --strict is for advice.
cp s/requirements.tsv kept.tsv
sed -i '/MUST-1	/s/MUST	/MAY	/' s/requirements.tsv
printf '//! req: %s\n%s\n+0 close(3) = -1 EBADF (open)\n' 9293/MUST-1 "$socket" >s/optional.pkt
printf '//! req: %s\n%s\n+0 close(3) = -1 EBADF (open)\n' 9293/SHLD-3 "$socket" >s/advised.pkt
t optional-deviates 0 '^deviates +optional.*: 9293/MUST-1 \(MAY\): ' "$TCPDRILL" run s/optional.pkt
t advised-deviates 0 '^deviates +advised.*: 9293/SHLD-3 \(SHOULD\): ' "$TCPDRILL" run s/advised.pkt
t optional-deviates-when-strict 0 ': 1 deviates$' "$TCPDRILL" run --strict s/optional.pkt
t advised-fails-when-strict 1 ': 1 fail$' "$TCPDRILL" run --strict s/advised.pkt
t deviates-is-explained 0 '^deviates +only what is advised or optional \(SHOULD, MAY\)' \
	"$TCPDRILL" list verdicts
rm s/optional.pkt s/advised.pkt
mv kept.tsv s/requirements.tsv

# What fails in one case is charged to what that case is about.
cat >s/cases.pkt <<EOF2
//! req: 9293/MUST-1 9293/SHLD-3
//! case good: RESULT=0 //! req 9293/MUST-1
//! case bad: RESULT=5 //! req 9293/SHLD-3
$socket
+0 listen(3, 1) = RESULT
EOF2
t case-deviates 0 ': 1 pass, 1 deviates$' "$TCPDRILL" run s/cases.pkt
t case-listed 0 '^cases\[bad\]\[ipv4\]@bundled  \[9293/SHLD-3\]$' "$TCPDRILL" list s/cases.pkt
t case-charged 0 '^9293/SHLD-3 +SHOULD +deviates +cases$' "$TCPDRILL" matrix --stacks bundled s/cases.pkt
t case-not-charged 0 '^9293/MUST-1 +MUST +pass +cases$' "$TCPDRILL" matrix --stacks bundled s/cases.pkt
t case-formatted 0 '^//! case good: RESULT=0 //! req 9293/MUST-1$' "$TCPDRILL" fmt s/cases.pkt
rm s/cases.pkt

t choice-among-paths 0 '^deep/good' "$TCPDRILL" list s 9293/3.1
t choice-not-among-paths 4 "none of 1 scripts fits '!9293/MUST-1'" "$TCPDRILL" list s '!9293/MUST-1'
t choice-alone 0 ': 1 pass' sh -c 'cp -r s scripts && "$TCPDRILL" run level:must'
t choice-bad 2 'must, must-not' "$TCPDRILL" run s level:musty
t no-choice-but-a-file 2 "cannot open '9293/x.pkt'" "$TCPDRILL" run 9293/x.pkt
rm -r scripts
t unknown-kind 2 "did you mean 'level'" "$TCPDRILL" list --only levl:must s
t unknown-level 2 'must, must-not' "$TCPDRILL" list --only level:musty s
t nothing-left 4 'there is a requirement 9293/SHLD-3, but none of 1 scripts proves it' "$TCPDRILL" run --only level:should s
t unknown-area 2 "'area:time-wat': no requirement is of the area 'time-wat', did you mean 'time-wait'" \
	"$TCPDRILL" list s area:window area:time-wat
t unknown-area-not-wanted 2 "no requirement is of the area 'nothere'; 'tcpdrill coverage' shows all" \
	"$TCPDRILL" list s '!area:window,nothere'
t known-but-not-proven 4 'there is a requirement 9293/SHLD-3, but none of 1 scripts proves it' \
	"$TCPDRILL" list s 9293/SHLD-3
t known-but-not-observable 4 'none of [0-9]+ scripts proves 9293/MUST-9, which nobody can observe: ..' \
	"$TCPDRILL" list "$ROOT/scripts" 9293/MUST-9
t unknown-like-a-known 4 "none of 1 scripts fits '9293/MUST-133', did you mean '9293/MUST-13'" \
	"$TCPDRILL" list s 9293/MUST-133
t rfc-without-slash 2 "cannot open '9293': .*; the requirements of RFC 9293 are chosen by '9293/'" \
	"$TCPDRILL" list s 9293
t not-rfc-without-slash 2 "; the requirements of RFC 9293 are chosen by '!9293/'" "$TCPDRILL" list s '!9293'
t no-kind 2 "cannot open 'foo:bar': .* but not by their 'foo'; 'tcpdrill list kinds' shows" \
	"$TCPDRILL" list s foo:bar
t no-path 2 "cannot open 'foo': No such file or directory$" "$TCPDRILL" list s foo
printf '//! req: 9293/MUST-1\n//! catches: NO_BACKOFF\n%s\n' "$socket" >s/catches.pkt
t catches-whole 0 '^catches' "$TCPDRILL" list s catches:NO_BACKOFF
t catches-glob 0 '^catches' "$TCPDRILL" list s 'catches:NO_*'
t catches-part 4 "none of 2 scripts fits 'catches:NO_BACKOF', did you mean 'NO_BACKOFF'" \
	"$TCPDRILL" list s catches:NO_BACKOF
rm s/catches.pkt
t nothing-fits-both 4 'no script fits all that --only says' sh -c \
	'printf "//! req: 9293/SHLD-3\n0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n" >s/should.pkt
	"$TCPDRILL" list s level:must level:should; s=$?; rm s/should.pkt; exit $s'
t coverage-of-none 0 '^9293/SHLD-3 +SHOULD +-$' "$TCPDRILL" coverage s 9293/SHLD-3
t coverage-of-nothing 4 'no requirement and no script' "$TCPDRILL" coverage s 9293/MUST-77
t unknown-stacks 2 "no stack 'kernal'" "$TCPDRILL" matrix --stacks kernal s
t stack-twice 2 "names 'bundled' twice" "$TCPDRILL" matrix --stacks bundled,bundled s
t no-stacks 2 'names no stack' "$TCPDRILL" matrix --stacks , s
t no-table 4 'no requirements.tsv' "$TCPDRILL" coverage good.pkt
t matrix-nowhere 2 "cannot write 'none/x'" "$TCPDRILL" matrix --stacks bundled --json none/x s
t coverage-usual-folder 0 '^9293/MUST-1 .*deep/good' sh -c 'cp -r s scripts && "$TCPDRILL" coverage'
t compare-two 2 'must name two' "$TCPDRILL" compare --stacks bundled good.pkt
t compare-one 2 'name one' "$TCPDRILL" compare --stacks bundled,kernel good.pkt s

# ---- for programs ----

cat >read.py <<'END'
import json, sys
j = json.load(sys.stdin)
row = {r["id"]: r for r in j["rows"]}
assert row["9293/MUST-1"]["scripts"] == ["deep/good"]
assert row["9293/MUST-1"]["stacks"]["bundled"]["verdict"] == "pass"
assert row["9293/SHLD-3"]["stacks"] == {}
assert j["rfcs"][-1]["name"] == "all" and j["rfcs"][-1]["bundled"] == {"pass": 1}
assert j["stacks"][0]["name"] == "bundled"
print("read")
END
cat >tests.py <<'END'
import json, sys
t = [json.loads(line) for line in sys.stdin]
assert [x["id"] for x in t] == ["deep/good[ipv4]@bundled", "deep/good[ipv6]@bundled"]
assert t[0]["suite"].endswith("/s") and t[0]["req"] == ["9293/MUST-1"] and t[1]["variant"] == "ipv6"
assert t[0]["payload"] == "zeros"
assert t[0]["type"] == "test" and t[0]["case"] == "" and t[0]["script"] == "s/deep/good.pkt"
print("read")
END
t list-json-of-table 2 'not for tables' "$TCPDRILL" list --json - flags
printf '//! payload: numbered\n//! opening: one\n+1 close(3) = 0\n' >numbered.pkt
mkdir openings
printf '//! title: x\n0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n' >openings/one.opening
t list-json-payload 0 '"payload":"numbered"' "$TCPDRILL" list --json - numbered.pkt
t payload-beside-opening 0 OK "$TCPDRILL" check numbered.pkt
printf '//! payload: numbered\n0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n' >openings/one.opening
t payload-of-opening 2 'the header of an opening has a title only' "$TCPDRILL" check numbered.pkt
rm -r openings numbered.pkt
t list-json-nowhere 2 "cannot write 'none/x'" "$TCPDRILL" list --json none/x s
if have suite/json python3; then
	t list-json 0 '^read$' sh -c \
		'"$TCPDRILL" list --variant ipv4,ipv6 --json - s | python3 tests.py'
	t list-on-terminal 0 '^suite /.*/s' python3 -c \
		'import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)' "$TCPDRILL" list s
	t matrix-json 0 '^read$' sh -c \
		'"$TCPDRILL" matrix --stacks bundled --json - s | python3 read.py'
	t coverage-json 0 '"type": "coverage"' "$TCPDRILL" coverage --json - s
fi

# ---- two stacks ----

need_kernel
t matrix-two 0 '^9293/MUST-1 +MUST +pass +pass +deep/good$' "$TCPDRILL" matrix --stacks kernel,bundled s
cat >opens.pkt <<'EOF2'
0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 bind(3, ..., ...) = 0
+0 listen(3, 1) = 0
+0 < S 0:0(0) win 32792 <mss 1000>
* > S. 0:0(0) ack 1 <...>
+.01 < . 1:1(0) ack 1 win 257
+0 accept(3, ..., ...) = 4
EOF2
t compare-same 0 '^No divergence: ' "$TCPDRILL" compare opens.pkt
t compare-states 0 ' state\(\) == ESTABLISHED +\| .* state\(\) == ESTABLISHED' \
	"$TCPDRILL" compare opens.pkt
# In order of time, whatever the trace began with.
compare_order() {
	"$TCPDRILL" compare opens.pkt >order.txt
	awk -F ' [|] ' '$2 ~ /^[0-9]+[.][0-9]+ / {
			split($2, word, " ")
			bad += word[1] + 0 < last
			last = word[1] + 0
			n++
		}
		END { if (n > 8 && !bad) print "in order" }' order.txt
	cat order.txt
}
t compare-order 0 '^in order$' compare_order
printf '//! needs: virtual-clock\n%s\n' "$socket" >virtual.pkt
t compare-skipped 4 '^Nothing to compare: kernel did not play the script' "$TCPDRILL" compare virtual.pkt
t compare-skipped-why 4 "^  kernel: skip: needs 'virtual-clock'" "$TCPDRILL" compare virtual.pkt
t compare-skipped-json 4 '"compared": false' "$TCPDRILL" compare --json - virtual.pkt
t compare-json 0 '"first_divergence": null' "$TCPDRILL" compare --json - opens.pkt
cat >lacks.pkt <<'EOF2'
0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 pipe([4, 5]) = 0
EOF2
t compare-diverges 1 '^First divergence: bundled: nothing; kernel: at 0.[0-9]+ pipe' \
	"$TCPDRILL" compare lacks.pkt
t compare-marks 1 '^! +\| +0.[0-9]+ pipe' "$TCPDRILL" compare lacks.pkt
