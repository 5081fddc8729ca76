#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Adds up the results of ci/check.sh.
#
# usage: ci/summary.sh [--no-skips] RESULT...
#
# Names what failed and what was skipped; the last line is "N passed, N failed" with
# ", N skipped" when there were any. Exit 1 on a failure, with --no-skips on a skip
# also, and when nothing ran.

set -eu
strict=0
if [ "${1-}" = --no-skips ]; then
  strict=1
  shift
fi
cat /dev/null "$@" | awk -v strict="$strict" '
  { passed += $2; failed += $3; skipped += $4 }
  $3 { print "failed: " $1 }
  $4 { print "skipped: " $1 }
  END {
    line = (passed + 0) " passed, " (failed + 0) " failed"
    print line (skipped ? ", " skipped " skipped" : "")
    exit failed || (strict && skipped) || !passed
  }'
