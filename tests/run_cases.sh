#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Runs the cases of the command line, tests/cases/NAME/:
#   cmd     shell lines, run in a scratch copy of the folder; $QADAM is the program
#   expect  what they print, standard output and standard error together, exactly
#   status  their exit status, 0 if there is no such file
#   needs   tools without which the case is skipped, one a line, if any
# Adding a case adds a folder, not code.
#
# usage: tests/run_cases.sh PROGRAM [NAME]...
#
# Prints what differs and "N passed, N failed, N skipped". UPDATE=1 in the environment
# writes expect and status from what the program does; look at the difference then.

set -u
here=$(cd "$(dirname "$0")" && pwd)
QADAM=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
export QADAM
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0
skipped=0

# Does case $1 need a tool that is not there?
lacks_tool() {
  [ -f "$here/cases/$1/needs" ] || return 1
  while read -r tool; do
    command -v "$tool" >/dev/null || return 0
  done <"$here/cases/$1/needs"
  return 1
}

run_case() {
  cp -r "$here/cases/$1" "$work/run"
  status=0
  (cd "$work/run" && rm -f expect status needs && LC_ALL=C sh ./cmd) \
    >"$work/out" 2>&1 </dev/null || status=$?
  rm -rf "$work/run"
  if [ -n "${UPDATE:-}" ]; then
    cp "$work/out" "$here/cases/$1/expect"
    rm -f "$here/cases/$1/status"
    [ "$status" = 0 ] || echo "$status" >"$here/cases/$1/status"
  fi
  want=$(cat "$here/cases/$1/status" 2>/dev/null || echo 0)
  if [ "$status" != "$want" ]; then
    echo "tests/cases/$1: exit status = $status, want $want"
    sed 's/^/  /' "$work/out"
    return 1
  fi
  if ! diff -u "$here/cases/$1/expect" "$work/out" >"$work/diff"; then
    echo "tests/cases/$1: output differs, - wanted, + got"
    tail -n +3 "$work/diff"
    return 1
  fi
}

# shellcheck disable=SC2046 # names are plain words
[ $# -gt 0 ] || set -- $(cd "$here/cases" && ls)
for name in "$@"; do
  if lacks_tool "$name"; then
    skipped=$((skipped + 1))
  elif run_case "$name"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
  fi
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
