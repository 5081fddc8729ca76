#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Campaigns with a stand-in for synthesis: killed and resumed, failing, damaged, of another
# version, in parts, on full and read-only disks.
#
# usage: tests/campaign.sh PROGRAM
#
# Prints "N passed, N failed, N skipped". Disks are tmpfs mounts and need root.

set -u
here=$(cd "$(dirname "$0")" && pwd)
qadam=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
work=$(mktemp -d)
passed=0
failed=0
skipped=0
fault=0
mounted=

# shellcheck disable=SC2317 # called by trap
cleanup() {
  [ -z "$mounted" ] || umount "$mounted"
  rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 1' HUP INT PIPE TERM

complain() {
  echo "$test: $1"
  [ ! -f out.txt ] || sed 's/^/    /' out.txt
  fault=1
}

# campaign STATUS OPTION...: run it on space.json into out, expect the exit status.
campaign() {
  want=$1
  shift
  status=0
  "$qadam" campaign space.json -o out --program "$here/campaign_fake.sh" "$@" \
    >out.txt 2>&1 || status=$?
  [ "$status" = "$want" ] || complain "exit status = $status, want $want"
}

expect() {
  grep -q -- "$1" out.txt || complain "no line with: $1"
}

results() {
  find out -maxdepth 1 -name '????????????????.json' | sort
}

# expect_count N: so many results.
expect_count() {
  count=$(results | wc -l)
  [ "$count" = "$1" ] || complain "$count results, want $1"
}

# Nothing but results is left in the folder, and files of locks, which mean nothing.
expect_clean() {
  left=$(find out -mindepth 1 ! -name '????????????????.json' ! -path out/.campaign \
    ! -path out/.campaign/plan.json ! -path out/.campaign/work ! -path 'out/.campaign/locks*')
  [ -z "$left" ] || complain "left over: $left"
}

# run_test NAME: in a folder of its own.
run_test() {
  test=$1
  fault=0
  mkdir "$work/$test"
  cd "$work/$test" || exit 1
  export QADAM_CACHE="$PWD/cache" FAKE_LOG="$PWD/log"
  unset FAKE_SLEEP FAKE_BAD FAKE_KILLED
  : >log
  cat >space.json <<'END'
{"name": "t", "pe_type": ["int16", "lightpe1"],
 "rows": {"from": 1, "to": 5, "step": 1}, "cols": [1, 2], "ifmap_spad_words": [2, 4],
 "filter_spad_words": 4, "psum_spad_words": 2, "glb_kib": 1, "bus_bits": 32,
 "dram_bytes_per_cycle": 4}
END
  "$test"
  if [ "$fault" = 0 ]; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
  fi
}

# Processes that work below this folder.
workers() {
  for process in /proc/[0-9]*; do
    if tr '\0' ' ' 2>/dev/null <"$process/cmdline" | grep -q -- "$PWD/[o]ut/.campaign"; then
      echo "${process#/proc/}"
    fi
  done
}

# Finished results are what they were, byte by byte.
check_snapshot() {
  [ ! -s snapshot ] || sha256sum --quiet -c snapshot || complain "a finished result has changed"
}

# Killed ten times at any moment: what is finished stays as it is, and is not done again.
killed() {
  export FAKE_SLEEP=0.5
  : >snapshot
  : >stamps
  round=0
  while [ "$round" -lt 10 ]; do
    round=$((round + 1))
    "$qadam" campaign space.json -o "$PWD/out" -j 3 --program "$here/campaign_fake.sh" \
      >out.txt 2>&1 &
    campaign=$!
    count=$(wc -l <snapshot)
    tries=0
    while [ "$(results | wc -l)" = "$count" ] && [ "$tries" -lt 300 ]; do
      tries=$((tries + 1))
      sleep 0.1
    done
    sleep "0.$((round % 4))"
    kill -9 "$campaign" || complain "round $round: it had ended already"
    wait "$campaign" 2>/dev/null
    tries=0
    while [ -n "$(workers)" ] && [ "$tries" -lt 20 ]; do
      tries=$((tries + 1))
      sleep 0.1
    done
    [ -z "$(workers)" ] || complain "workers live on after kill -9: $(workers)"
    check_snapshot
    # shellcheck disable=SC2046 # names without blanks
    stat -c '%n %i %Y' $(results) /dev/null >stamps.new
    while read -r stamp; do
      grep -qxF -- "$stamp" stamps.new || complain "a finished result was written again"
    done <stamps
    grep -v '^/dev/null' stamps.new >stamps
    # shellcheck disable=SC2046
    sha256sum $(results) /dev/null | grep -v /dev/null >snapshot
    sed 's/  .*\// /; s/\.json//' snapshot | cut -d' ' -f2 >finished
    wc -l <log >mark
    mv finished before
  done
  [ "$(wc -l <before)" -ge 10 ] || complain "$(wc -l <before) finished in ten rounds"
  campaign 0 -j 3
  expect '^40 designs: 40 finished, 0 failed$'
  check_snapshot
  tail -n +"$(($(cat mark) + 1))" log | while read -r word hash _; do
    if [ "$word" = start ] && grep -q "$hash" before; then
      echo "$hash"
    fi
  done >twice
  [ ! -s twice ] || complain "computed twice: $(cat twice)"
  expect_count 40
  expect_clean
  "$qadam" results out >out.txt 2>&1 || complain "a result is not intact"
  : >log
  campaign 0
  [ ! -s log ] || complain "work was done again"
}

# Ctrl-C and the like end the children; the exit status is the signal's.
interrupted() {
  export FAKE_SLEEP=5
  for signal in INT TERM HUP; do
    env --default-signal=INT,HUP "$qadam" campaign space.json -o "$PWD/out" -j 3 \
      --program "$here/campaign_fake.sh" >out.txt 2>&1 &
    campaign=$!
    sleep 0.7
    kill -"$signal" "$campaign"
    status=0
    wait "$campaign" 2>/dev/null || status=$?
    [ "$(kill -l "$status")" = "$signal" ] || complain "$signal: exit status $status"
    [ -z "$(workers)" ] || complain "$signal: workers live on: $(workers)"
    expect_clean
  done
  env --ignore-signal=HUP "$qadam" campaign space.json -o "$PWD/out" -j 3 \
    --program "$here/campaign_fake.sh" >out.txt 2>&1 &
  campaign=$!
  sleep 0.7
  kill -HUP "$campaign"
  sleep 0.3
  kill -0 "$campaign" || complain "it has ended by a signal that it was to ignore"
  kill -TERM "$campaign"
  wait "$campaign" 2>/dev/null
}

# A PE is made for one design at a time, and two campaigns share the work.
shared() {
  export FAKE_SLEEP=0.1
  "$qadam" campaign space.json -o out -j 4 --program "$here/campaign_fake.sh" >other 2>&1 &
  campaign 0 -j 4
  wait $! || complain "the other campaign failed"
  expect_count 40
  [ "$(grep -c '^start' log)" = 40 ] || complain "$(grep -c '^start' log) starts, want 40"
  firsts=$(cat out.txt other | grep -c 'mm2.* s$')
  [ "$firsts" = 4 ] || complain "$firsts designs made a PE, want 4"
  ! grep clash log || complain "a PE was made twice at a time"
  expect_clean
}

# Layers are simulated too, and their figures are in the table.
simulated() {
  campaign 0 --simulate resnet20-cifar10:conv1 --simulate resnet20-cifar10:fc
  "$qadam" results out --csv t.csv >out.txt || complain "results failed"
  head -n 1 t.csv | grep -q ',resnet20-cifar10:conv1.cycles,' || complain "$(head -n 1 t.csv)"
  head -n 1 t.csv | grep -q ',resnet20-cifar10:fc.accesses.bus_words$' ||
    complain "$(head -n 1 t.csv)"
  [ "$(tail -n 1 t.csv | sed 's/.*,//')" = 5 ] || complain "$(tail -n 1 t.csv)"
  campaign 1 --simulate resnet20-cifar10:conv1
  expect 'out: 40 results are of another version (layers)'
  campaign 1 --simulate nowhere:conv1
  expect 'models/networks/nowhere.json: cannot be read'
}

# A failed design is noted, with its log, and done again only when asked.
failing() {
  export FAKE_BAD=3 FAKE_KILLED=4
  campaign 1 --json summary.json
  expect '^40 designs: 24 finished, 16 failed; --retry does these again$'
  expect 'FAILED: synth failed (exit status 1): tool.log: the tool failed$'
  expect 'FAILED: synth was ended by signal 9 (out of memory?)$'
  [ "$(grep -c '^    "[0-9a-f]*"' summary.json)" = 16 ] || complain "summary.json is wrong"
  log=$(find out/failed -name '*.log' | sort | head -n 1)
  grep -q '^== tool.log' "$log" || complain "$log lacks the tool's log"
  : >log
  unset FAKE_BAD FAKE_KILLED
  campaign 1
  [ ! -s log ] || complain "failed designs were done again"
  "$qadam" results out >out.txt || complain "results failed"
  expect '^24 results, 0 of them for testing; 16 failed; 40 designs are planned$'
  expect 'failed: synth failed (exit status 1): tool.log: the tool failed$'
  campaign 0 --retry
  [ "$(grep -c '^start' log)" = 16 ] || complain "not all failed designs were done again"
  expect_count 40
  [ -z "$(ls out/failed)" ] || complain "notes of failure are left"
}

# Damaged results are named and made again, and not read.
damaged() {
  campaign 0
  # shellcheck disable=SC2046 # names without blanks
  set -- $(results)
  truncate -s 200 "$1"
  sed -i 's/"fmax_mhz": 500/"fmax_mhz": 900/' "$2"
  cp "$4" "$3"
  : >"$5"
  status=0
  "$qadam" results out --csv t.csv >out.txt 2>&1 || status=$?
  [ "$status" = 1 ] || complain "results: exit status $status, want 1"
  expect "out/$(basename "$1"): is damaged: is not valid JSON"
  expect "out/$(basename "$2"): is damaged: its check does not fit"
  expect "out/$(basename "$3"): is damaged: it holds the design"
  expect "4 files are damaged, 0 results are of another version: --skip-bad"
  [ ! -e t.csv ] || complain "a table was written"
  "$qadam" results out --skip-bad --csv t.csv >out.txt 2>&1 || complain "--skip-bad failed"
  expect '^36 results'
  : >log
  campaign 0
  expect "$(basename "$2"): is damaged: its check does not fit what it holds; it is made"
  [ "$(grep -c '^start' log)" = 4 ] || complain "$(cat log)"
  expect_count 40
}

# Results of another version are named, and neither used nor replaced unasked.
versions() {
  campaign 0
  "$qadam" results out --csv a.csv >/dev/null || complain "results failed"
  "$qadam" results out --csv b.csv >/dev/null
  cmp a.csv b.csv || complain "the table differs from itself"
  [ "$(wc -l <a.csv)" = 41 ] || complain "a.csv has not 41 lines"
  : >log
  campaign 1 --clock-ns 3
  expect 'out: 40 results are of another version (clock_ns): --again makes them again'
  campaign 0 --clock-ns 3 --any-version
  [ ! -s log ] || complain "--any-version has done work"
  "$qadam" results out >out.txt 2>&1 && complain "results of another version are used"
  expect 'is of another version: it differs in clock_ns$'
  expect '40 results are of another version (clock_ns): --skip-bad'
  "$qadam" results out --any-version >out.txt 2>&1 || complain "--any-version failed"
  expect '^40 results'
  campaign 0 --clock-ns 3 --again
  [ "$(grep -c '^start' log)" = 40 ] || complain "--again has not done all"
  "$qadam" results out >out.txt 2>&1 || complain "results failed after --again"
}

# Parts add up to the whole; a larger sample goes on from the smaller one.
parts() {
  campaign 0 --part 1/3 --sample 10 --holdout 20
  campaign 0 --part 3/3 --sample 10 --holdout 20
  campaign 0 --part 2/3 --sample 10 --holdout 20
  expect_count 20
  [ "$(grep -c '^start' log)" = 20 ] || complain "parts overlap"
  "$qadam" results out >out.txt || complain "results failed"
  expect '^20 results, 4 of them for testing'
  campaign 0 --sample 15 --holdout 20
  [ "$(grep -c '^start' log)" = 30 ] || complain "a larger sample is not a continuation"
  expect_count 30
}

# A disk of $1 MiB at $PWD/disk.
mount_disk() {
  mkdir disk
  mount -t tmpfs -o "size=${1}m" tmpfs disk 2>/dev/null || return 1
  mounted=$PWD/disk
}

unmount_disk() {
  umount "$mounted"
  mounted=
}

disks() {
  if ! mount_disk 70; then
    echo "full and read-only disks: skipped, tmpfs cannot be mounted"
    skipped=$((skipped + 1))
    passed=$((passed - 1))
    return
  fi
  ln -s disk/out out
  mkdir disk/out
  head -c 30M /dev/zero >disk/other
  campaign 1
  expect 'out: the disk is full: [0-9]* MiB are free, a design needs 64$'
  rm disk/other
  export FAKE_SLEEP=0.3
  (sleep 1 && head -c 30M /dev/zero >disk/other) &
  campaign 1
  wait $!
  expect 'out: the disk is full: [0-9]* MiB are free, a design needs 64$'
  [ ! -d out/failed ] || complain "a full disk was noted as the fault of a design"
  rm disk/other
  mount -o remount,ro "$mounted"
  campaign 1
  expect 'Read-only file system'
  mount -o remount,rw "$mounted"
  campaign 0 -j 8
  unmount_disk
}

run_test killed
run_test interrupted
run_test shared
run_test simulated
run_test failing
run_test damaged
run_test versions
run_test parts
run_test disks
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
