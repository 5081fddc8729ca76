#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Checks that figures are what their text sources draw.
#
# usage: docs/figures/check.sh FILE.svg...
#
# Prints "N passed, N failed".

set -u
passed=0
failed=0
for svg in "$@"; do
  if docs/figures/draw.sh "${svg%.svg}.pic" | cmp - "$svg"; then
    passed=$((passed + 1))
  else
    echo "$svg: not what ${svg%.svg}.pic draws; run 'make figures'"
    failed=$((failed + 1))
  fi
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
