#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Stands in for qadam's synth in the tests of campaigns, so that a design takes no time.
#
# usage: tests/campaign_fake.sh synth DESIGN -o DIR --json FILE
#
# $FAKE_LOG gets a line "start HASH PID" and a line "end HASH PID". $FAKE_SLEEP seconds lie
# between; a design with $FAKE_BAD rows fails. The figures follow from the rows.

set -eu
design=$2
work=$4
json=$6
hash=$(basename "$(dirname "$design")")
hash=${hash%-*}
echo "start $hash $$" >>"$FAKE_LOG"
sleep "${FAKE_SLEEP:-0}"
mkdir -p "$work/synthesis"
echo "tool of $hash" >"$work/synthesis/tool.log"
rows=$(sed -n 's/^ *"rows": \([0-9]*\),$/\1/p' "$design")
if [ "$rows" = "${FAKE_BAD:-0}" ]; then
  echo "qadam: tool.log: the tool failed" >&2
  exit 1
fi
if [ "$rows" = "${FAKE_KILLED:-0}" ]; then
  kill -9 $$
fi
cat >"$json" <<END
{"design": "fake", "area_um2": {"total": ${rows}000.5, "pe": 7.25}, "fmax_mhz": 500.0,
 "power_mw": {"total": $rows.125}, "runtime_s": 0.5, "pe_from_cache": false}
END
echo "end $hash $$" >>"$FAKE_LOG"
