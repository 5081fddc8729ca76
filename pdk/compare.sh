#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Area, minimum period and power of one mapped netlist with several cell libraries.
#
# usage: pdk/compare.sh NETLIST.v TOP LIBRARY...
#
# Default wire loads of a library are dropped: they would be applied in silence. Power is at
# 2 ns, 0.1 toggles per cycle, all clock gates open.

set -eu
netlist=$1
top=$2
shift 2
home=$(dirname "$0")/..
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

export QADAM_FLOW="$home/synth_flows" QADAM_KIT="$home/pdk/freepdk45"
export QADAM_NETLISTS="$netlist" QADAM_TOP="$top" QADAM_LIBS="$work/cells.lib"
export QADAM_INTERFACE=0 QADAM_PERIOD_NS=2 QADAM_ACTIVITY=0.1
export QADAM_WRITES='' QADAM_SRAM='0 0' QADAM_PART='' QADAM_TOGGLES=''
echo 'library period_ns internal_mw switching_mw leakage_mw'
for library; do
  grep -v default_wire_load "$library" >"$work/cells.lib"
  for metric in timing power; do
    QADAM_OUT="$work/$metric" sta -no_splash -exit "$QADAM_FLOW/sta_$metric.tcl" \
      >"$work/$metric.log" 2>&1
    test -s "$work/$metric" || { tail -n 5 "$work/$metric.log" >&2; exit 1; }
  done
  cat "$work/timing" "$work/power" | awk -v name="$(basename "$library")" '
    { value[$1] = $2 }
    END { printf "%s %.4f %.3f %.3f %.3f\n", name, value["period_ns"], value["internal_mw"],
          value["switching_mw"], value["leakage_mw"] }'
done
