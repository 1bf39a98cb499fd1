# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC1090,SC1091,SC2154,SC2016
# A link named packetdrill behaves as that program does.
. "$E2E_LIB"

ln -s "$TCPDRILL" packetdrill
cat >good.pkt <<'EOF'
0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 bind(3, ..., ...) = 0
EOF
echo '0 sokcet(..., SOCK_STREAM, IPPROTO_TCP) = 3' >bad.pkt

t no-script 1 '^packetdrill: ' ./packetdrill
t bad-flag 1 "unknown option '--mtuu'" ./packetdrill --mtuu=1 good.pkt
t missing-file 1 "cannot open 'none.pkt'" ./packetdrill none.pkt
t script-error 1 '^bad.pkt:1:' ./packetdrill bad.pkt
t dry-run 0 '' ./packetdrill --dry_run good.pkt
t dry-run-error 1 '^bad.pkt:1:' ./packetdrill --dry_run good.pkt bad.pkt

need_kernel
mkdir sub
printf '0 `cat here.txt; pwd`\n' >sub/where.pkt
echo 'found it' >here.txt
printf '0 `exit 3`\n' >fails.pkt
cat >call.pkt <<'EOF'
0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 bind(3, ..., ...) = -1 EINVAL (Invalid argument)
EOF
t passes 0 '' ./packetdrill good.pkt
t prints-nothing-when-it-passes 0 '^nothing$' sh -c '[ -z "$(./packetdrill good.pkt 2>&1)" ] && echo nothing'
t folder-stays-and-output-passes 0 '^found it' ./packetdrill sub/where.pkt
t command-fails 1 '^fails.pkt:1: ' ./packetdrill fails.pkt
t call-fails 1 '^call.pkt:2: runtime error in bind call: ' ./packetdrill call.pkt
t stops-at-first 1 '^fails.pkt:1: ' ./packetdrill fails.pkt sub/where.pkt
t did-stop 1 '' sh -c './packetdrill fails.pkt sub/where.pkt 2>&1 | grep "found it"'
cat >syn.pkt <<'EOF'
0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 bind(3, ..., ...) = 0
+0 listen(3, 1) = 0
+0 < S 0:0(0) win 32792
EOF
t verbose 0 '^inbound injected packet: +[0-9.]+ S 0:0\(0\) win 32792' ./packetdrill -v syn.pkt
