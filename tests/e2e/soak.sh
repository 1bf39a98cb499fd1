# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC1090,SC1091,SC2154
# Killed outright at any moment, a run leaves nothing; "make soak" does this longer.
. "$E2E_LIB"

# Whenever its workers die, each test has one verdict, and those that it was given with others, too.
workers_killed() {
	"$TCPDRILL" run -j4 --repeat 10 --json killed.jsonl "$ROOT/scripts" >/dev/null 2>&1 &
	runner=$!
	while kill -0 $runner; do
		for worker in $(cat /proc/$runner/task/$runner/children); do
			kill -KILL "$worker"
			sleep 0.007
		done
	done 2>/dev/null
	wait $runner
	grep -c '"verdict":"crash"' killed.jsonl
	sed -n 's/^{"type":"run".*"tests":\([0-9]*\).*/\1/p' killed.jsonl >wanted.txt
	grep -o '^{"type":"test","id":"[^"]*"' killed.jsonl | sort -u | wc -l >different.txt
	grep -c '^{"type":"test"' killed.jsonl >all.txt
	cmp wanted.txt different.txt && cmp wanted.txt all.txt
}
if [ -r /proc/$$/task/$$/children ]; then
	t each-has-one-verdict 0 '^[1-9]' workers_killed
else
	echo "skipped: soak/each-has-one-verdict: /proc does not tell who is whose child"
fi

t killed-at-random 0 '^soak: 12 passed, 0 failed' "$ROOT/tests/support/soak" 12
