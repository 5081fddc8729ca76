#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The regression goes on where it was, runs again what failed, and says how.
#
# usage: tests/regress_resume.sh PROGRAM

set -eu
program=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

# run STATUS OPTION...: run the program, expect the exit status.
run() {
  want=$1
  shift
  status=0
  "$program" --list "$work/list" -o "$work/results" "$@" >"$work/out" 2>&1 || status=$?
  [ "$status" = "$want" ] || complain "exit status $status, want $want"
}

complain() {
  echo "$1"
  sed 's/^/    /' "$work/out"
  failed=1
}

expect() {
  grep -q -- "$1" "$work/out" || complain "no line with: $1"
}

design=designs/small_int16.json
echo "a layers $design tests/networks/mixed.json" >"$work/list"
run 0
expect '^8 passed, 0 failed$'
expect ' never hit '
rm "$work/results/small_int16-mixed-fc1-s1.json" # as if it had been interrupted
run 0
expect '^7 cases are finished already$'
expect '^pass small_int16-mixed-fc1-s1:'
expect '^8 passed, 0 failed$'
run 0 --again
expect '^pass small_int16-mixed-conv1-s1:'
run 0 --only small_int16-mixed-conv1-s1
expect '^1 passed, 0 failed$'

# A whole network with a matmul is refused: a case that fails.
cat >"$work/attention.json" <<end
{"name": "attention", "input": {"channels": 4, "height": 1, "width": 4},
 "layers": [{"name": "conv", "op": "conv", "inputs": ["input"], "filters": 4, "kernel": 1},
            {"name": "scores", "op": "matmul", "inputs": ["input", "conv"]}]}
end
echo "a network $design $work/attention.json" >>"$work/list"
run 1
expect '^8 cases are finished already$'
expect '^FAIL small_int16-attention-whole-s1: layer scores: matmul runs neither'
expect '  again: build/tests/regress --list .*/list --only small_int16-attention-whole-s1$'
expect '^8 passed, 1 failed$'
run 1
expect '^FAIL small_int16-attention-whole-s1'
run 1 --only nothing
expect "no case 'nothing'"
[ "$failed" = 0 ] && echo "1 passed, 0 failed"
exit "$failed"
