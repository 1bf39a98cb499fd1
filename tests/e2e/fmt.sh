# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC1090,SC1091,SC2154,SC2016
# tcpdrill fmt: prints, checks, shows and writes.
. "$E2E_LIB"

printf '0   socket(...,SOCK_STREAM,IPPROTO_TCP)=3 // s\n' >a.pkt
cp a.pkt original.pkt

t prints 0 '^ *0 +socket\(\.\.\., SOCK_STREAM, IPPROTO_TCP\) = 3 +// s$' "$TCPDRILL" fmt a.pkt
t print-changes-nothing 0 '' cmp a.pkt original.pkt
t stdin 0 '^ *0 +socket\(\.\.\., SOCK_STREAM' sh -c '"$TCPDRILL" fmt - <a.pkt'
t check-finds 1 '^a.pkt$' "$TCPDRILL" fmt --check a.pkt
t diff-shows 0 '^-0   socket' "$TCPDRILL" fmt --diff a.pkt
t diff-changes-nothing 0 '' cmp a.pkt original.pkt
chmod 640 a.pkt
t writes 0 '' "$TCPDRILL" fmt -w a.pkt
t was-written 1 '' cmp -s a.pkt original.pkt
t keeps-mode 0 '^-rw-r-----' ls -l a.pkt
t leaves-nothing 0 '^2$' sh -c 'ls *.pkt* | wc -l'
t is-stable 0 '' "$TCPDRILL" fmt --check a.pkt
printf '//! case a: N=5 F=P.\n0 < F 1:N(4) ack 1 win 9\n' >case.pkt
t cases 0 '^ *0 +< F 1:N\(4\) ack 1 win 9$' "$TCPDRILL" fmt case.pkt
echo '0 <' >bad.pkt
cp bad.pkt bad.original
t error 2 '^bad.pkt:[12]:[0-9]+: error' "$TCPDRILL" fmt -w bad.pkt
t error-changes-nothing 0 '' cmp bad.pkt bad.original
t no-path 2 'which scripts' "$TCPDRILL" fmt
mkdir openings
printf -- '--define=N=3\n0 socket(..., SOCK_STREAM, IPPROTO_TCP) = N\n' >openings/one.opening
printf '//! opening: one\n+1 close(3) = 0\n' >opened.pkt
t opening-stays 0 '^//! opening: one' "$TCPDRILL" fmt opened.pkt
t opening-expands 0 '^--define=N=3 0 socket\(\.\.\., SOCK_STREAM, IPPROTO_TCP\) = N \+1 close' \
	sh -c '"$TCPDRILL" fmt --expand opened.pkt | tr -s " \n" " "'
t expanded-runs 0 '1 pass' sh -c '"$TCPDRILL" fmt --expand -w opened.pkt && rm -r openings &&
	"$TCPDRILL" run --variant ipv4 opened.pkt'
mkdir openings
printf -- '--define=N=3\n0 socket(..., SOCK_STREAM, IPPROTO_TCP) = N' >openings/one.opening
printf '//! opening: one\n//! title: x' >unended.pkt
t opening-of-a-script-without-an-end 0 '^//! title: x$' "$TCPDRILL" fmt --expand unended.pkt
