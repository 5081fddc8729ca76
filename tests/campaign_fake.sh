#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Stands in for qadam's synth and simulate in the tests of campaigns, so that a design
# takes no time.
#
# usage: tests/campaign_fake.sh synth DESIGN -o DIR --json FILE
#        tests/campaign_fake.sh simulate DESIGN --network NET --layer LAYER ... --json FILE
#
# $FAKE_LOG gets a line "start HASH" and a line "end HASH" from synth, and "clash HASH" when
# the PE is being made at the same time for another design. $FAKE_SLEEP seconds lie between;
# a design with $FAKE_BAD rows fails, one with $FAKE_KILLED rows is killed. The figures
# follow from the rows.

set -eu
design=$2
rows=$(sed -n 's/^ *"rows": \([0-9]*\),$/\1/p' "$design")
if [ "$1" = simulate ]; then
  echo "{\"network\": \"$4\", \"layers\": [{\"name\": \"$6\"}],
    \"total\": {\"cycles\": ${rows}00, \"accesses\": {\"bus_words\": $rows}}}" >"${10}"
  exit 0
fi
work=$4
json=$6
hash=$(basename "$(dirname "$design")")
hash=${hash%-*}
pe=$QADAM_CACHE/fake-$(grep -E '"(pe_type|[a-z]*_spad_words|bus_bits)"' "$design" | cksum |
  cut -d' ' -f1)
cached=true
echo "start $hash" >>"$FAKE_LOG"
if mkdir "$pe" 2>/dev/null; then
  cached=false
elif [ ! -e "$pe/made" ]; then
  echo "clash $hash" >>"$FAKE_LOG"
fi
sleep "${FAKE_SLEEP:-0}"
touch "$pe/made"
mkdir -p "$work/synthesis"
echo "tool of $hash" >"$work/synthesis/tool.log"
if [ "$rows" = "${FAKE_BAD:-0}" ]; then
  echo "qadam: tool.log: the tool failed" >&2
  exit 1
fi
if [ "$rows" = "${FAKE_KILLED:-0}" ]; then
  kill -9 $$
fi
cat >"$json" <<END
{"design": "fake", "area_um2": {"total": ${rows}000.5, "pe": 7.25}, "fmax_mhz": 500.0,
 "power_mw": {"total": $rows.125}, "runtime_s": 0.5, "pe_from_cache": $cached}
END
echo "end $hash" >>"$FAKE_LOG"
