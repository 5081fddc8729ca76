#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Checks that illegal parameters of the RTL are refused with a sentence: every set of
# hdl/refused_sets.
#
# usage: tests/rtl_refused.sh TOOL...
#
# Each TOOL is verilator or yosys. Prints "N passed, N failed".

set -u
passed=0
failed=0
out=$(mktemp)
trap 'rm -f "$out"' EXIT
names=$(sed -n 's/^\([a-z][a-z0-9_]*\).*/\1/p' hdl/refused_sets)
for name in $names; do
  want=$(sed -n "s/^$name .*| //p" hdl/refused_sets)
  for tool in "$@"; do
    if ci/lint_rtl.sh "$tool" "$name" hdl/refused_sets >"$out" 2>&1; then
      echo "hdl/refused_sets: $name: accepted by $tool, want: $want"
      failed=$((failed + 1))
    elif ! grep -qF "$want" "$out"; then
      echo "hdl/refused_sets: $name: $tool does not say: $want"
      tail -n 3 "$out"
      failed=$((failed + 1))
    else
      passed=$((passed + 1))
    fi
  done
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
