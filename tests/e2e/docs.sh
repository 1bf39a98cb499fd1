#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC1090,SC1091,SC2154,SC2016,SC2086
# What the documentation says is tried: every example is checked, complete scripts are run.
. "$E2E_LIB"

socket='0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3'
stacks=$("$TCPDRILL" list stacks | sed 's/ .*//')
"$TCPDRILL" doctor >doctor.txt 2>&1 || stacks=$(echo "$stacks" | grep -v '^kernel$')

# judged NAME STATUS PATTERN OPTION...: as t, of a run; a machine too busy to judge, or that lacks a
# program, is no failure
judged() {
	"$TCPDRILL" run "$4" "$5" "$6" ${7:+"$7"} ${8:+"$8"} >judged.txt 2>&1
	status=$?
	if [ $status -eq 5 ]; then
		echo "skipped: $1: inconclusive"
	elif [ $status -eq 3 ]; then
		echo "skipped: $1: $(grep '^environment.*: ' judged.txt | head -n 1)"
	else
		t "$1" "$2" "$3" sh -c "cat judged.txt; exit $status"
	fi
}

# try NAME FILE: by the kind in the name of the file
try() {
	variant=ipv4
	case $2 in
	*.ipv6.pkt) variant=ipv6 ;;
	esac
	case $2 in
	*.script.*)
		for stack in $stacks; do
			judged "$1@$stack" 0 ': [0-9]+ pass$' --stack "$stack" --variant $variant "$2"
		done
		t "$1-canonical" 0 '' "$TCPDRILL" fmt "$2"
		;;
	*.fails.*)
		for stack in $stacks; do
			judged "$1@$stack" 1 ': 1 fail$' --stack "$stack" "$2"
		done
		;;
	*.top.*)
		(cat "$2" && echo "$socket") >try.pkt
		t "$1" 0 '^OK' "$TCPDRILL" check --variant $variant try.pkt
		;;
	*.events.*)
		(echo "$socket" && cat "$2") >try.pkt
		t "$1" 0 '^OK' "$TCPDRILL" check --variant $variant try.pkt
		;;
	*.wrong.*)
		(echo "$socket" && cat "$2") >try.pkt
		t "$1" 2 '^try.pkt:2:[0-9]+: error' "$TCPDRILL" check try.pkt
		;;
	*.wrong-alone.*)
		t "$1" 2 ':1:[0-9]+: error' "$TCPDRILL" check "$2"
		;;
	*.syntax.*) ;;
	*) echo "FAILED: $1: no such kind of example" ;;
	esac
}

# What differs from run to run: how long it took, and how late the tester was. In virtual time all else
# is the same.
same_times() {
	sed -E -f "$ROOT/tests/support/late.sed" | sed -E 's/[0-9.]+ (ms|s)\)$/T)/; s/ in [0-9.]+ (ms|s): / in T: /'
}

# sessions FILE: every command of a console block, with the output that the page shows
sessions() {
	awk '/^```console/ { on = 1; next } /^```/ { on = 0 } on' "$1" >session.txt
	sed -n 's/^\$ tcpdrill //p' session.txt >commands.txt
	while read -r command; do
		case " $command" in
		*" --stack "*) need=$(echo "$command" | sed 's/.*--stack \([a-z]*\).*/\1/') ;;
		*) need= ;;
		esac
		if [ -n "$need" ] && ! echo "$stacks" | grep -q "^$need$"; then
			echo "skipped: tcpdrill $command: no such stack here"
			continue
		fi
		awk -v want="$ tcpdrill $command" '
			/^\$ / { on = $0 == want; next } on' session.txt | same_times >want.txt
		PATH=$(dirname "$TCPDRILL"):$PATH tcpdrill $command 2>&1 </dev/null | same_times >got.txt
		if grep -q '^inconclusive' got.txt; then
			echo "skipped: tcpdrill $command: inconclusive"
			continue
		fi
		t "shown: $command" 0 '' diff want.txt got.txt
	done <commands.txt
}

# Commands of a page: each block ends well, where the names in it stand for something.
commands() {
	mkdir -p scripts linux/tools/testing/selftests/net/packetdrill
	printf '%s\n+0   close(3) = 0\n' '0    socket(..., SOCK_STREAM, IPPROTO_TCP) = 3' >scripts/one.pkt
	"$TCPDRILL" fmt -w scripts
	cp scripts/one.pkt script.pkt
	cp scripts/one.pkt linux/tools/testing/selftests/net/packetdrill/
	sed '$s/0$/-1 EBADF (Bad file descriptor)/' script.pkt >failing.pkt
	for file in [0-9]*.sh; do
		[ -e "$file" ] || continue
		"$TCPDRILL" run --json results.jsonl failing.pkt >out.txt
		grep -q '^ *jq ' "$file" && ! have "$1-$file" jq && continue
		if grep -q 'stack kernel' "$file" && ! echo "$stacks" | grep -q '^kernel$'; then
			echo "skipped: $1-$file: no kernel here"
			continue
		fi
		t "$1-$file" 0 '' env PATH="$(dirname "$TCPDRILL"):$PATH" sh -e "./$file"
		cp out.txt said.txt
		t "$1-$file-says-no-error" 1 '' grep -iE 'error|not found|unknown|usage' said.txt
		! grep -q '^jq ' "$file" || grep -q '^tcpdrill' "$file" ||
			t "$1-$file-says-what" 0 '^failing.*(close|return value)' cat said.txt
	done
}

# What the page gives for CIs: it is YAML, its commands run, and the script for git bisect tells all apart.
jobs() {
	cat >jobs.py <<'END'
import sys, yaml
for block in open(sys.argv[1], encoding="utf-8").read().split("```yaml\n")[1:]:
    job = yaml.safe_load(block.split("```")[0])
    steps = job["steps"] if "steps" in job else [{"run": r} for r in job["tcp"]["script"]]
    for step in steps:
        if "run" in step:
            print(step["run"].replace("sudo -E ", ""))
END
	have jobs py:yaml || return
	"$python" jobs.py "$1" >jobs.txt
	t jobs 0 '^4$' sh -c 'grep -c tcpdrill jobs.txt'
	while read -r command; do
		case "$command $stacks" in
		*"stack kernel"*kernel* | *"run --junit"* | *doctor*)
			t "job: $command" 0 '' env PATH="$(dirname "$TCPDRILL"):$PATH" sh -c "$command" ;;
		*) echo "skipped: job: $command: no kernel here" ;;
		esac
	done <jobs.txt
	printf 'all:\n\t@true\n' >Makefile
	t bisect-good 0 '' env PATH="$(dirname "$TCPDRILL"):$PATH" sh ./judge.sh
	cp failing.pkt scripts/
	t bisect-bad 1 '' env PATH="$(dirname "$TCPDRILL"):$PATH" sh ./judge.sh
	rm scripts/*
	t bisect-skip 125 '' env PATH="$(dirname "$TCPDRILL"):$PATH" sh ./judge.sh
}

for page in "$ROOT"/docs/man/*.in "$ROOT"/docs/tutorial.md "$ROOT"/README.md; do
	name=$(basename "$page" .in)
	mkdir -p "$name"
	cd "$name" || exit 1
	t "$name-examples" 0 '' "$ROOT/tests/support/examples" "$page"
	n=0
	for file in *.pkt; do
		[ -e "$file" ] || continue
		try "$name-${file%.pkt}" "$file"
		n=$((n + 1))
	done
	[ "$name" = README.md ] || commands "$name"
	[ "$name" != tutorial.md ] || jobs "$page"
	case $page in
	*/tutorial.md)
		for file in file-*.pkt; do
			plain=${file#file-}
			mv "$file" "${plain%%.*}.pkt"
		done
		sessions "$page"
		;;
	esac
	case $name:$n in
	tcpdrill-script.5:[0-9] | tutorial.md:[0-5]) echo "FAILED: $name: only $n examples found" ;;
	esac
	cd ..
done

# ---- the pages ----

here=$PWD
t install 0 '' make -s -C "$ROOT" install DESTDIR="$here/root" PREFIX=/usr
share=$here/root/usr/share
for page in man1/tcpdrill.1 man5/tcpdrill-script.5 man5/tcpdrill-report.5; do
	if have "mandoc-$page" mandoc; then
		mandoc -Tlint "$share/man/$page" 2>&1 |
			grep -v -e 'referenced manual not found' -e 'outdated mandoc.db' >lint.txt
		t "mandoc-$page" 1 '' grep . lint.txt
		t "mandoc-prints-$page" 0 '^# DESCRIPTION' mandoc -Tmarkdown "$share/man/$page"
	fi
	if have "groff-$page" groff; then
		groff -mdoc -Tascii -ww -z "$share/man/$page" >lint.txt 2>&1
		t "groff-$page" 1 '' grep . lint.txt
		t "groff-prints-$page" 0 'DESCRIPTION' groff -mdoc -Tascii -P-c -P-b -P-u "$share/man/$page"
	fi
	t "filled-$page" 1 '' grep '^\.\\" @' "$share/man/$page"
done

# documented PAGE TABLE: every name of the table is on the page
documented() {
	for name in $("$TCPDRILL" list "$2" | sed 's/^ .*//; s/ .*//'); do
		grep -q -- "\\\\&$(echo "$name" | sed 's/-/\\\\-/g')" "$1" || echo "$name"
	done
}

for table in options calls constants icmp fields members variables states needs; do
	documented "$share/man/man5/tcpdrill-script.5" $table >missing.txt
	t "documented-$table" 1 '' grep . missing.txt
done
documented "$share/man/man5/tcpdrill-report.5" verdicts >missing.txt
t documented-verdicts 1 '' grep . missing.txt
"$TCPDRILL" run --help | sed -n 's/^ .*--\([a-z_-]*\).*/\1/p' >names.txt
tr -d '\\' <"$share/man/man1/tcpdrill.1" >page.txt
while read -r name; do grep -q -- "Fl.*&-$name" page.txt || echo "$name"; done <names.txt >missing.txt
t documented-options 1 '' grep . missing.txt

# Every member that a report has is on its page.
"$TCPDRILL" run --json report.jsonl tutorial.md/first.pkt tutorial.md/server.pkt >out.txt 2>&1
grep -oE '"[a-z_]+":' report.jsonl | tr -d '":' | sort -u | grep -vxE "$("$TCPDRILL" list verdicts |
	sed 's/ .*//' | tr '\n' '|')type" >members.txt
while read -r name; do
	grep -qE "(Cm|Ql) .*&?\\b$name\\b" "$share/man/man5/tcpdrill-report.5" || echo "$name"
done <members.txt >missing.txt
t documented-members 1 '' grep . missing.txt
t some-members 0 '^findings$' cat members.txt

# ---- completion ----

# completed LINE: what bash offers for it, one a line, sorted
completed() {
	bash --norc -c '
		. "$1"
		spec=$(complete -p tcpdrill) || exit 1
		function=${spec#*-F }
		function=${function%% *}
		COMP_LINE=$2 COMP_POINT=${#2}
		line=${2//=/ = }
		line=${line//:/ : }
		read -ra COMP_WORDS <<<"$line"
		case $2 in *" ") COMP_WORDS+=("") ;; esac
		COMP_WORDS[0]=$3
		COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
		$function "$3" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
		printf "%s\n" "${COMPREPLY[@]}" | sort
	' bash "$share/bash-completion/completions/tcpdrill" "$1" "$TCPDRILL"
}

mkdir -p work/folder
: >work/a.pkt
: >work/b.txt
if have bash-completion bash; then
	for row in 'tcpdrill ch|check' 'tcpdrill run --strict-|--strict-end' \
		'tcpdrill run --stack ker|kernel' 'tcpdrill run --stack=ker|kernel' \
		'tcpdrill run --variant ipv4,ipv6|ipv4,ipv6' 'tcpdrill run --json |a.pkt b.txt folder' \
		'tcpdrill run --pcap |folder' 'tcpdrill run |a.pkt folder' 'tcpdrill run -v a|a.pkt' \
		'tcpdrill run -- -|' 'tcpdrill help doc|doctor' 'tcpdrill list cons|constants' \
		'tcpdrill run --only le|level:' 'tcpdrill run --only level:must-|must-not' \
		'tcpdrill run --only=!state:ES|ESTABLISHED' 'tcpdrill run --only req:|' \
		'tcpdrill fmt --di|--diff' 'tcpdrill fmt --mt|' 'tcpdrill run --mt|--mtu'; do
		(cd work && completed "${row%|*}") >got.txt
		[ -n "${row##*|}" ] && echo "${row##*|}" | tr ' ' '\n' >want.txt || echo >want.txt
		t "complete: ${row%|*}" 0 '' diff want.txt got.txt
	done
fi
"$TCPDRILL" run --help | sed -n 's/^ .*\(--[a-z_-]*\).*/\1/p' | sort -u >want.txt
"$TCPDRILL" complete -- run --s | sed 's/\t.*//' | sort -u >got-s.txt
grep '^--s' want.txt >want-s.txt
t some-options 0 '^--stack$' cat want-s.txt
t complete-every-option 0 '' diff want-s.txt got-s.txt
if have zsh-syntax zsh; then
	t zsh-syntax 0 '' zsh -n "$share/zsh/site-functions/_tcpdrill"
fi
if have fish-completion fish; then
	t fish-syntax 0 '' fish -n "$share/fish/vendor_completions.d/tcpdrill.fish"
	t fish-completes 0 '^--strict-end' env HOME="$PWD" fish -c \
		"function tcpdrill; '$TCPDRILL' \$argv; end
		source '$share/fish/vendor_completions.d/tcpdrill.fish'
		complete -C 'tcpdrill run --strict-'"
fi

# ---- vim ----

# highlighted LINE COLUMN: the group of vim's syntax file for that character
highlighted() {
	vim -es -u NONE -i NONE -c "set nocp rtp^=$share/vim/vimfiles" -c 'filetype on' -c 'syntax on' \
		-c 'edit colours.pkt' -c "redir! >group.txt" \
		-c "echo synIDattr(synID($1, $2, 1), 'name')" -c 'redir END' -c 'qa!' >vim.txt 2>&1
	cat group.txt vim.txt
}

cat >colours.pkt <<'END'
//! title: colours
--mtu=1500
--nothing
0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 < S 0:0(0) win 1000 <mss 1000> { tcp.checksum = bad }
+0 assert state() == ESTABLISHED
+0 %{ assert tcpi_unacked == 1 }% // end
END
if ! vim --version 2>/dev/null | grep -q '+syntax'; then
	echo 'skipped: vim: there is no vim with +syntax'
else
	for row in 1:6:pktMetaKey 2:3:pktFlag 3:3:pktUnknownFlag 4:4:pktCall 4:16:pktConstant \
		5:4:pktIn 5:25:pktOption 5:37:pktField 6:4:pktStatement 6:22:pktState \
		7:15:pktVariable 7:36:pktComment; do
		group=${row##*:} place=${row%:*}
		t "vim-$row" 0 "^$group\$" highlighted "${place%:*}" "${place#*:}"
	done
fi

t uninstall 0 '' make -s -C "$ROOT" uninstall DESTDIR="$here/root" PREFIX=/usr
t uninstall-leaves-nothing 1 '' sh -c 'find root -type f | grep .'

# Every variable that is asked for is in the manual.
has_variables() {
	grep -rhoE '(getenv|variable)\("[A-Z_]+"' "$ROOT/tester" | sed 's/.*("//; s/"//' | sort -u >asked.txt
	while read -r name; do
		grep -qE "^\.It Ev (.* )?$name( |\$)" "$ROOT/docs/man/tcpdrill.1.in" || echo "$name is not"
	done <asked.txt >not.txt
	cat not.txt
	[ -s asked.txt ] && [ ! -s not.txt ]
}
t manual-has-all-variables 0 '' has_variables
