#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Runs one check of `make test` or `make lint` and records its counts.
#
# usage: ci/check.sh NAME "TOOL..." COMMAND [ARGUMENT...]
#
# A check whose TOOLs are not all there is skipped by name. The command's output goes
# to build/checks/NAME.log and is shown when it fails. Its counts are the last line
# "N passed, N failed[, N skipped]" of that output, or Criterion's synthesis, or else
# one check with the exit status as its verdict. Exit status 77 is a skip, a report of a
# sanitizer a failure. The counts go to build/checks/NAME.result.
# Exit 0 always: ci/summary.sh gives the verdict.

set -u
name=$1
tools=$2
shift 2
dir=build/checks
mkdir -p "$dir"

# Record the counts $1 passed, $2 failed, $3 skipped and say so; $4 is a remark.
record() {
  printf '%s %s %s %s\n' "$name" "$1" "$2" "$3" >"$dir/$name.result"
  line="$1 passed, $2 failed"
  [ "$3" = 0 ] || line="$line, $3 skipped"
  printf '%-24s %s%s\n' "$name" "$line" "${4:+ ($4)}"
}

for tool in $tools; do
  if ! command -v "$tool" >/dev/null; then
    record 0 0 1 "no $tool"
    exit 0
  fi
done

started=$(date +%s)
status=0
"$@" >"$dir/$name.log" 2>&1 </dev/null || status=$?
seconds=$(($(date +%s) - started))

plain='^([0-9]+) passed, ([0-9]+) failed(, ([0-9]+) skipped)?$'
criterion='.*Passing: ([0-9]+) \| Failing: ([0-9]+) \| Crashing: ([0-9]+).*'
counts=$(sed -nE -e 's/\x1b\[[0-9;]*m//g' \
  -e "s/$plain/\1 \2 0\4/p" -e "s/$criterion/\1 \2+\3 0/p" \
  "$dir/$name.log" | tail -n 1)
if [ "$status" = 77 ]; then
  record 0 0 1 "$(tail -n 1 "$dir/$name.log")"
  exit 0
fi
if [ -z "$counts" ]; then
  counts="$((status == 0)) $((status != 0)) 0"
fi
# shellcheck disable=SC2086 # three words
set -- $counts
passed=$1 failed=$(($2)) skipped=${3#0}
[ -n "$skipped" ] || skipped=0
if [ "$status" != 0 ] && [ "$failed" = 0 ]; then
  failed=1
fi
# A leak shows only when a test's process ends, after its verdict.
if [ "$failed" = 0 ] && grep -q '^SUMMARY: [A-Za-z]*Sanitizer' "$dir/$name.log"; then
  failed=1
fi
record "$passed" "$failed" "$skipped" "$seconds s"
if [ "$failed" != 0 ]; then
  tail -n 40 "$dir/$name.log" | sed 's/^/    /'
  echo "    ... all of it: $dir/$name.log"
fi
