# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC1090,SC1091,SC2154,SC2016
# Reports: each is read by a reader that is not ours, and each option writes one.
. "$E2E_LIB"
golden=$ROOT/tests/golden/report
unset GITHUB_ACTIONS GITHUB_STEP_SUMMARY GITHUB_WORKSPACE

# with PROGRAM NAME ...: the test t NAME ..., or a line that it was skipped for lack of PROGRAM
with() {
	_needs=$1
	shift
	if have "reports: $1" "$_needs"; then
		t "$@"
	fi
}

# ---- the golden files, which a unit test holds against what is printed ----

with xmllint junit-schema 0 'validates' \
	xmllint --noout --schema "$ROOT/tests/support/junit.xsd" "$golden/junit.xml"
cat >junit.py <<'END'
import sys, xml.etree.ElementTree as tree
suite = tree.parse(sys.argv[1]).getroot().find("testsuite")
cases = suite.findall("testcase")
for kind in "failure", "error", "skipped":
    name = kind if kind == "skipped" else kind + "s"
    assert len(suite.findall("testcase/" + kind)) == int(suite.get(name)), kind
assert len(cases) == int(suite.get("tests"))
flaky = [c for c in cases if c.find("flakyFailure") is not None]
assert len(flaky) == int(suite.get("flakes")), flaky
assert all(c.find("failure") is None and c.find("error") is None for c in flaky)
assert {p.get("name") for p in suite.findall("properties/property")} >= {"stack", "seed", "late_us"}
said = [c.find("failure").text for c in cases if c.find("failure") is not None]
print(len(cases), "cases;", "]]> <![CDATA[" in "".join(filter(None, said)) and "hostile text whole")
END
with python3 junit-python 0 '^20 cases; hostile text whole$' python3 junit.py "$golden/junit.xml"

# By a reader that others wrote for what CIs take: it counts for itself.
cat >parser.py <<'END'
import sys
from junitparser import Attr, Element, JUnitXml
class Flaky(Element):
    _tag = "flakyFailure"
    message = Attr()
said = {}
for suite in JUnitXml.fromfile(sys.argv[1]):
    written = suite.tests, suite.failures, suite.errors, suite.skipped
    for case in suite:
        for r in case.result:
            said[type(r).__name__, r.type] = r.message
        for f in case.iterchildren(Flaky):
            said.setdefault("flaky", []).append(f.message)
    suite.update_statistics()
    assert written == (suite.tests, suite.failures, suite.errors, suite.skipped)
assert set(said) == {("Failure", "fail"), ("Failure", "xpass"), ("Skipped", None), ("Error", "error"),
    ("Error", "environment"), ("Error", "timeout"), ("Error", "crash"), ("Error", "inconclusive"),
    "flaky"}, said
assert said["Error", "crash"] == "the worker was killed by signal 11 (Segmentation fault)"
print(*said["flaky"], sep="; ")
END
have 'reports: junit-junitparser' py:junitparser &&
	t junit-junitparser 0 '^line 4: injected 7.5 ms late; line 7: tcp.seq differs' \
		"$python" parser.py "$golden/junit.xml"

# What prove counts as failed, and what as skipped or expected; forged lines count for nothing.
with prove tap-prove 1 'Failed tests: +2, 5-10, 13, 15, 18-20$' prove -e cat "$golden/tap.txt"
with prove tap-counts 1 '^Files=1, Tests=20,' prove -e cat "$golden/tap.txt"
with prove tap-skips 1 'less 2 skipped subtests: 6 okay' prove -e cat "$golden/tap.txt"
with prove tap-no-parse-error 1 '^none' \
	sh -c 'prove -e cat "$1" >p.txt 2>&1; s=$?; grep -q "Parse errors" p.txt || echo none; exit $s' \
	- "$golden/tap.txt"
with prove ktap-prove 1 'Failed tests: +2, 5-10, 13, 15, 18-20$' prove -e cat "$golden/ktap.txt"
cat >tap.py <<'END'
import sys, yaml
documents, text = [], None
for line in open(sys.argv[1], encoding="utf-8"):
    if line == "  ---\n":
        text = ""
    elif line == "  ...\n":
        documents.append(yaml.safe_load(text))
        text = None
    elif text is not None:
        text += line
assert all(d["verdict"] and d["late_us"] >= 0 and d["retries"] >= 0 for d in documents)
assert any("\n  ...\n---\n- \"x\"" in d.get("details", "") for d in documents)
print(len(documents), "documents")
END
have 'reports: tap-yaml' py:yaml &&
	t tap-yaml 0 '^1[0-9] documents$' "$python" tap.py "$golden/tap.txt"

with jq json-jq 0 '^20 tests, worst fail$' \
	jq -rs '[.[] | select(.type == "test")] as $t | .[-1] as $s
		| if ($t | length) == $s.tests and .[0].format == 1 and ([$s.verdicts[]] | add) == $s.tests
		  then "\($s.tests) tests, worst \($t[1].verdict)" else error("does not add up") end' \
	"$golden/json.txt"
cat >lines.py <<'END'
import json, sys
lines = [json.loads(line) for line in open(sys.argv[1], encoding="utf-8")]
assert lines[0]["type"] == "run" and lines[-1]["type"] == "summary"
assert sum(lines[-1]["verdicts"].values()) == len(lines) - 2
print(len(lines) - 2, "tests")
END
with python3 json-python 0 '^20 tests$' python3 lines.py "$golden/json.txt"

# ---- the options; --dry_run needs no stack ----

printf '0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n' >good.pkt
printf '0 sokcet(..., SOCK_STREAM, IPPROTO_TCP) = 3\n' >bad.pkt
run() {
	"$TCPDRILL" run --stack kernel --dry_run "$@"
}
t all-at-once 2 '^2 tests on kernel' run --json a.json --junit a.xml --tap a.tap --ktap a.ktap \
	--markdown a.md good.pkt bad.pkt
t wrote-json 0 '"verdict":"error"' cat a.json
t wrote-begun 0 "\"begun\":\"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z\",\"kernel\":\"[^\"]+\",\"command\":\"[^ ]*tcpdrill run --stack" \
	sed -n 1p a.json
t wrote-junit 0 '<error message="unknown system call' cat a.xml
t wrote-tap 0 '^not ok 2 - bad\[ipv4\]@kernel$' cat a.tap
t wrote-ktap 0 '^not ok 2 bad\[ipv4\]@kernel # ERROR unknown' cat a.ktap
t wrote-markdown 0 '^- \*\*error\*\* `bad\[ipv4\]@kernel`' cat a.md
with xmllint wrote-valid-junit 0 'validates' \
	xmllint --noout --schema "$ROOT/tests/support/junit.xsd" a.xml
t on-stdout 0 '^ok 1 - good' sh -c '"$TCPDRILL" run --stack kernel --dry_run --tap - good.pkt 2>/dev/null'
t people-on-stderr 0 '^1 test on kernel' \
	sh -c '"$TCPDRILL" run --stack kernel --dry_run --tap - good.pkt 2>&1 >/dev/null'
t two-on-stdout 2 '--json and --tap both go to the standard output' run --tap - --json - good.pkt
t twice-one-format 2 "json: there can be one such report, and 'a' was to be it\$" run --json a --json b good.pkt
t two-in-one-file 2 'both go to x$' run --tap x --ktap x good.pkt
t no-such-folder 2 "cannot write 'no/x.xml'" run --junit no/x.xml good.pkt
t no-value 2 'needs a value' run good.pkt --junit
t in-help 0 '^ +--junit FILE +write them as JUnit XML' "$TCPDRILL" run --help
t not-repeated 2 '^again: [^ ]*tcpdrill run --stack kernel --dry_run bad.pkt$' \
	run --junit x.xml bad.pkt
[ ! -w /dev/full ] || t full-disk 2 "cannot write all of '/dev/full'" run --junit /dev/full good.pkt

# ---- colours and progress: script(1) makes a terminal, where it is there ----

# tty NAME=VALUE...: run on a terminal with these variables; escapes are shown as E
tty() {
	echo '"$TCPDRILL" run --passed good.pkt bad.pkt' >tty.sh
	env "$@" script -qec 'sh ./tty.sh' /dev/null </dev/null | tr '\r' '\n' |
		sed "s/$(printf '\033')/E/g"
}
with script tty-colors 0 '^E\[KE\[38;5;75mpassE\[0m  ' tty TERM=xterm NO_COLOR=
with script tty-progress 0 '^E\[K0/2 done, [12] running, 0 failed$' tty TERM=xterm NO_COLOR=1
with script tty-no-color 0 '^E\[Kpass  ' tty TERM=xterm NO_COLOR=1
with script tty-dumb 0 '^pass  ' tty TERM=dumb NO_COLOR=
# Of a test that is run until it fails: which time this is.
tty_times() {
	echo '"$TCPDRILL" run --until-fail --total-timeout 1.2 times.pkt' >tty.sh
	printf '0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n' >times.pkt
	TERM=xterm script -qec 'sh ./tty.sh' /dev/null </dev/null | tr '\r' '\n' | sed "s/$(printf '\033')/E/g"
}
with script tty-time 0 '^E\[Ktime [0-9]+: 0/1 done, [01] running, 0 failed$' tty_times
with script tty-time-erased 0 '^E\[K--until-fail: no test failed up to time' tty_times
# The progress is never in a line with what else is written to the terminal; nor does it wrap.
tty_shared() {
	echo 'stty cols 20 && "$TCPDRILL" run --json - good.pkt bad.pkt slow.pkt' >tty.sh
	printf '0 `sleep 0.5`\n' >slow.pkt
	TERM=xterm script -qec 'sh ./tty.sh' /dev/null </dev/null | tr '\r' '\n' |
		sed "s/$(printf '\033')/E/g" >shared.txt
	awk '/^E\[K[0-9]/ { print length($0) - 3 > "lengths.txt" }' shared.txt
	grep -v '^E\[K' shared.txt | grep 'done,'
	sort -n lengths.txt | tail -n 1
}
with script tty-shared 0 '^19$' tty_shared
with script tty-shared-apart 1 '' grep -E 'done.*type|type.*/[0-9] done' shared.txt

t quiet-otherwise 0 '^none$' sh -c 'TERM=xterm "$TCPDRILL" run --dry_run --stack kernel --repeat 2 good.pkt >q.txt
	sed "s/$(printf "\033")/E/g" q.txt | grep -q -e "E\[" -e running || echo none'

# ---- GitHub: commands around what is printed for people, and a page of its own ----

mkdir -p work/sub
cp bad.pkt work/sub/
top=$PWD
github() (
	cd work/sub || exit
	GITHUB_ACTIONS=true GITHUB_WORKSPACE=$top/work GITHUB_STEP_SUMMARY=$top/summary.md run "$@"
)
echo '# before' >summary.md
t github-path 2 '^::error file=sub/bad.pkt,' github ../sub/bad.pkt
echo '# before' >summary.md
t github-annotates 2 '^::error file=sub/bad.pkt,line=1,col=3,title=error%3A bad\[ipv4\]@kernel::' github bad.pkt
t github-starts-commands 0 '^equal$' sh -c '
	GITHUB_ACTIONS=true "$TCPDRILL" run --dry_run bad.pkt >g.txt 2>&1
	stop=$(sed -n "s/^::stop-commands:://p" g.txt)
	last=$(grep -n "^::$stop::\$" g.txt | cut -d: -f1)
	[ "$(grep -n "^again:" g.txt | cut -d: -f1)" -lt "$last" ] && echo equal'
t not-in-github 2 '^again: ' sh -c 'GITHUB_ACTIONS=false "$TCPDRILL" run --dry_run bad.pkt >f.txt 2>&1
	s=$?; grep -v :: f.txt; exit $s'
t not-in-github-no-commands 1 '' grep :: f.txt
t github-stops-commands 0 '^::stop-commands::tcpdrill-[0-9a-f]{32}$' head -n 1 g.txt
t github-summary 0 '^# tcpdrill: did not pass on `kernel`$' cat summary.md
t github-summary-appended 0 '^# before$' cat summary.md
