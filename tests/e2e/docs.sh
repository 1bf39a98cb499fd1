#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC1090,SC1091,SC2154,SC2016
# What the documentation says is tried: every example is checked, complete scripts are run.
. "$E2E_LIB"

socket='0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3'
stacks=$("$TCPDRILL" list stacks | sed 's/ .*//')
"$TCPDRILL" doctor >doctor.txt 2>&1 || stacks=$(echo "$stacks" | grep -v '^kernel$')

# try NAME FILE: by the kind in the name of the file
try() {
	variant=ipv4
	case $2 in
	*.ipv6.pkt) variant=ipv6 ;;
	esac
	case $2 in
	*.script.*)
		for stack in $stacks; do
			t "$1@$stack" 0 ': 1 pass$' "$TCPDRILL" run --stack "$stack" --variant $variant "$2"
		done
		t "$1-canonical" 0 '' "$TCPDRILL" fmt "$2"
		;;
	*.fails.*)
		for stack in $stacks; do
			t "$1@$stack" 1 ': 1 fail$' "$TCPDRILL" run --stack "$stack" "$2"
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
	*.syntax.*) ;;
	*) echo "FAILED: $1: no such kind of example" ;;
	esac
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
	case $name:$n in
	tcpdrill-script.5:[0-9] | tutorial.md:[0-5]) echo "FAILED: $name: only $n examples found" ;;
	esac
	cd ..
done
