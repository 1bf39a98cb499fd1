# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC1090,SC1091,SC2154,SC2016
# What goes wrong on the command line or in a script: a clear line and the right exit status.
. "$E2E_LIB"

cat >good.pkt <<'EOF'
0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
EOF
echo '0 sokcet(..., SOCK_STREAM, IPPROTO_TCP) = 3' >bad.pkt
mkdir empty other
: >other/readme
printf '\000\377\376\033[2J%%{ \n`' >bytes.pkt

t no-command 2 '^usage: tcpdrill' "$TCPDRILL"
t unknown-command 2 "no command 'rum', did you mean 'run'" "$TCPDRILL" rum
t no-path 2 'which scripts' "$TCPDRILL" run
t missing-file 2 "cannot open 'none.pkt': No such file" "$TCPDRILL" run none.pkt
t empty-folder 4 "no scripts \(\*.pkt\) in 'empty'" "$TCPDRILL" run empty
t folder-without-scripts 4 "no scripts \(\*.pkt\) in 'other'" "$TCPDRILL" run other
t bad-flag 2 "unknown option '--toleranse_usecs', did you mean '--tolerance_usecs'" \
	"$TCPDRILL" run --toleranse_usecs=1 good.pkt
t bad-letter 2 "unknown option '-x'" "$TCPDRILL" run -x good.pkt
t bad-value 2 "--mtu: 'x' is not a number" "$TCPDRILL" run --mtu x good.pkt
t missing-value 2 "option '--mtu' needs a value" "$TCPDRILL" run good.pkt --mtu
t surplus-value 2 "option '--no-shell' takes no value" "$TCPDRILL" run --no-shell=1 good.pkt
t ambiguous 2 "option '--tol' is ambiguous" "$TCPDRILL" run --tol 4 good.pkt
t unknown-stack 2 "no stack 'kernal'" "$TCPDRILL" run --stack kernal good.pkt
t unknown-variant 2 "'ipv5' is not one of" "$TCPDRILL" run --variant ipv4,ipv5 good.pkt
t unknown-preset 2 "'gogle' is not one of kselftest, google" "$TCPDRILL" run --preset gogle good.pkt
t no-variant-left 4 'no script has a variant' sh -c \
	'echo "--ip_version=ipv6" | cat - good.pkt >six.pkt; "$TCPDRILL" run --variant ipv4 six.pkt'
t unsupported-mode 2 '--wire_client is not supported yet' "$TCPDRILL" run --wire_client good.pkt
t json-nowhere 2 "cannot write 'none/x.json'" "$TCPDRILL" run --json none/x.json good.pkt
t script-error 2 "^bad.pkt:1:3: error: unknown system call 'sokcet'" "$TCPDRILL" run bad.pkt
t any-bytes 2 '^bytes.pkt:[0-9]+:[0-9]+: error: ' "$TCPDRILL" run bytes.pkt
t check-good 0 '^OK: 1 script' "$TCPDRILL" check good.pkt
t check-bad 2 '^1 error in 1 of 2 scripts' "$TCPDRILL" check good.pkt bad.pkt
t check-flag-family 2 'does not fit --ip_version ipv4' "$TCPDRILL" check --remote_ip 2001:db8::1 good.pkt
t unknown-need 2 "unknown need 'kernal>=6.1'" sh -c \
	'echo "//! needs: kernal>=6.1" | cat - good.pkt >need.pkt; "$TCPDRILL" check need.pkt'
t unmet-need 0 'skip +need.*needs kernel 99.1 or newer' sh -c \
	'echo "//! needs: kernel>=99.1" | cat - good.pkt >need.pkt; "$TCPDRILL" run --stack kernel need.pkt'
t dry-run 0 '1 pass' "$TCPDRILL" run --dry_run good.pkt
t help 0 '--tolerance_usecs N' "$TCPDRILL" run --help
t help-command 0 'usage: tcpdrill fmt' "$TCPDRILL" help fmt
t version 0 '^tcpdrill [0-9]' "$TCPDRILL" --version
t full-disk 2 'cannot write the output' sh -c '"$TCPDRILL" list flags >/dev/full'
for table in $("$TCPDRILL" list tables | sed 's/ .*//'); do
	t "list-$table" 0 '^.+ ?' "$TCPDRILL" list "$table"
done
t list-constant 0 '^AF_INET6 10 +FAMILY$' "$TCPDRILL" list constants
t list-all-constants 0 '^same$' sh -c \
	'[ $("$TCPDRILL" list constants | wc -l) = $(grep -cE "^(HOST|NUM|ALIAS)\(" \
	"$ROOT/tester/script/symbols.def") ] && echo same'

# What is said of a file cannot steer the terminal by its name.
t hostile-path 2 "cannot open 'no\\\\x1b\\[31m'" "$TCPDRILL" run "$(printf 'no\033[31m')"
