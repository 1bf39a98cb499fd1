# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC1090,SC1091,SC2154
# Killed outright at any moment, a run leaves nothing; "make soak" does this longer.
. "$E2E_LIB"

t killed-at-random 0 '^soak: 12 passed, 0 failed' "$ROOT/tests/support/soak" 12
