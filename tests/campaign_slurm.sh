#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Campaigns on a Slurm cluster of one node, which this script starts in a temporary folder
# and ends again: submitted, resumed, failing, compared with a local run.
#
# usage: tests/campaign_slurm.sh PROGRAM
#
# Needs root (exit status 77 otherwise). Synthesis is a stand-in; names of folders have
# blanks, quotes and shell characters.

set -u
if [ "$(id -u)" != 0 ] || ! id munge >/dev/null 2>&1; then
  echo "Slurm's daemons need root and a user munge"
  exit 77
fi
here=$(cd "$(dirname "$0")" && pwd)
qadam=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
work=$(mktemp -d)
failed=0
chmod 755 "$work"

# Ask a daemon to end, and wait for it.
# shellcheck disable=SC2317 # called by trap
end_daemon() {
  pid=$(cat "$work/$1.pid" 2>/dev/null) || return
  kill "$pid" 2>/dev/null
  tries=0
  while [ "$tries" -lt 100 ] && grep -q . "/proc/$pid/cmdline" 2>/dev/null; do
    tries=$((tries + 1))
    sleep 0.1
  done
}

# shellcheck disable=SC2317
cleanup() {
  for name in slurmd slurmctld munged; do
    end_daemon "$name"
  done
  rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 1' HUP INT PIPE TERM

die() {
  echo "$1"
  tail -n 20 "$work"/*.log
  exit 1
}

complain() {
  echo "$1"
  sed 's/^/    /' out.txt
  find . -path '*/slurm/*.log' -exec tail -n 3 {} +
  failed=1
}

start_munge() {
  mkdir "$work/munge"
  head -c 1024 /dev/urandom >"$work/munge/key"
  chmod 400 "$work/munge/key"
  chown -R munge "$work/munge"
  setpriv --reuid=munge --regid=munge --clear-groups munged --force \
    --key-file="$work/munge/key" --socket="$work/munge/socket" \
    --pid-file="$work/munge/pid" --log-file="$work/munge/log" \
    --seed-file="$work/munge/seed" || die "munged does not start"
  cp "$work/munge/pid" "$work/munged.pid"
}

start_slurm() {
  host=$(hostname -s)
  port=$((20000 + $$ % 20000))
  mkdir "$work/state" "$work/spool"
  cat >"$work/slurm.conf" <<END
ClusterName=test
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$port
SlurmdPort=$((port + 1))
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$work/munge/socket
CryptoType=crypto/munge
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
ReturnToService=2
SchedulerParameters=sched_interval=2,batch_sched_delay=0
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd.pid
SlurmctldLogFile=$work/slurmctld.log
SlurmdLogFile=$work/slurmd.log
NodeName=$host NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=10 State=UP
END
  export SLURM_CONF="$work/slurm.conf"
  slurmctld || die "slurmctld does not start"
  slurmd || die "slurmd does not start"
  tries=0
  while [ "$(sinfo --noheader --format=%t 2>/dev/null)" != idle ]; do
    tries=$((tries + 1))
    [ "$tries" -lt 300 ] || die "the node does not come up"
    sleep 0.1
  done
}

# campaign STATUS OPTION...: run it on the space, expect the exit status.
campaign() {
  want=$1
  shift
  status=0
  "$qadam" campaign "$space" -o "$dir" --program "$here/campaign_fake.sh" "$@" \
    >out.txt 2>&1 || status=$?
  [ "$status" = "$want" ] || complain "exit status = $status, want $want"
}

expect() {
  grep -q -- "$1" out.txt || complain "no line with: $1"
}

start_munge
start_slurm
folder="$work/it's \$(touch oops) \"a\" & %j;b"
mkdir "$folder"
cd "$folder" || exit 1
export QADAM_CACHE="$folder/ca che" FAKE_LOG="$folder/log" FAKE_SLEEP=0.2
space="sp'ace %a.json"
dir="-o ut's \`x\`"
cat >"$space" <<'END'
{"name": "t", "pe_type": ["int16", "lightpe1"],
 "rows": {"from": 1, "to": 4, "step": 1}, "cols": [1, 2], "ifmap_spad_words": [2, 4],
 "filter_spad_words": 4, "psum_spad_words": 2, "glb_kib": 1, "bus_bits": 32,
 "dram_bytes_per_cycle": 4}
END

# The whole space, in four tasks; each design once; the same figures as a local run.
campaign 0 --slurm --wait --slurm-tasks 4 --slurm-option=--time=5 --holdout 25
expect '^Slurm job [0-9]*: tasks 1-4 of 4 parts$'
expect '^32 designs: 32 finished, 0 failed$'
[ "$(grep -c '^start' log)" = 32 ] || complain "$(grep -c '^start' log) starts, want 32"
local="$work/local"
QADAM_CACHE="$local-cache" "$qadam" campaign "$space" -o "$local" \
  --program "$here/campaign_fake.sh" --holdout 25 >out.txt 2>&1 || complain "the local run failed"
for name in "$dir" "$local"; do
  "$qadam" results --csv "$work/table.csv" -- "$name" >out.txt 2>&1 || complain "no table"
  sha256sum <"$work/table.csv"
done >sums
[ "$(sort -u sums | wc -l)" = 1 ] || complain "Slurm's table is not that of the local run"

# Only what is missing is submitted; what fails is noted, and done again when asked.
find . -name '[0-9a-f]*.json' -path '*ut*' ! -path '*/.campaign/*' | sort | head -n 3 |
  while read -r name; do
    rm "$name"
  done
: >log
campaign 0 --slurm --wait --slurm-tasks 16 --holdout 25
[ "$(grep -c '^start' log)" = 3 ] || complain "$(grep -c '^start' log) starts, want 3"
campaign 0 --slurm --wait --holdout 25
expect '^nothing is to be done$'
export FAKE_BAD=4
campaign 1 --slurm --wait --again --clock-ns 3 --holdout 25
expect '^32 designs: 24 finished, 8 failed; --retry does these again$'
unset FAKE_BAD
campaign 0 --slurm --wait --retry --again --clock-ns 3 --holdout 25
expect '^32 designs: 32 finished, 0 failed$'

# A job in the queue keeps a second one away.
export FAKE_SLEEP=20
campaign 0 --slurm --again --clock-ns 4
campaign 1 --slurm --again --clock-ns 4
expect 'job [0-9]* of this campaign is still in the queue'
scancel --user=root
[ ! -e oops ] || complain "a name was run as a command"
[ "$failed" = 0 ] && echo "1 passed, 0 failed"
exit "$failed"
