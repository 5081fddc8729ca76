#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Measures the PE and the MAC of designs alone and makes one table of them.
#
# usage: synth_flows/pe_report.sh PROGRAM CSV DESIGN...
#
# Each design's PE is synthesized (or taken from the cache), its gates are simulated with random
# data, one MAC per cycle, and its energy is measured on their toggles. Writes the table to CSV,
# sorted by area, and prints it for people. Netlists and reports stay in build/pe-report.

set -eu
qadam=$1
csv=$2
shift 2
home=$(dirname "$0")
work=build/pe-report
cycles=4000
mkdir -p "$work"

for design; do
  dir=$work/$(basename "$design" .json)
  "$qadam" synth-pe "$design" -o "$dir" >"$dir.txt"
  "$home/gates/simulate.sh" "$dir" pe "+vectors=$cycles" "+waves=$dir/waves.vcd" >"$dir.pe"
  "$qadam" synth-pe "$design" -o "$dir" --waves "$dir/waves.vcd" --csv "$dir/row.csv" >"$dir.txt"
  rm -f "$dir/waves.vcd"
  set -- "$@" "$dir/row.csv"
  shift
done
head -n 1 "$1" >"$work/table.csv"
tail -q -n 1 "$@" | sort -t, -k5,5n >>"$work/table.csv"
mkdir -p "$(dirname "$csv")"
cp "$work/table.csv" "$csv"

awk -F, '
  NR == 1 {
    for (i = 1; i <= NF; i++) column[$i] = i
    print "| PE type | PE um2 | ifmap spad | filter spad | psum spad | MAC | rest " \
      "| PE ns (MHz) | MAC ns (MHz) | pJ per MAC op. | of that MAC | leakage mW |"
    print "|---|---|---|---|---|---|---|---|---|---|---|---|"
    next
  }
  function v(name) { return $column[name] }
  {
    pe = v("pe_period_ns")
    mac = v("mac_period_ns")
    printf "| `%s` | %.0f | %.0f | %.0f | %.0f | %.0f | %.0f | %.3f (%.0f) | %.3f (%.0f) " \
      "| %.2f | %.2f | %.3f |\n",
      v("pe_type"), v("pe_um2"), v("ifmap_spad_um2"), v("filter_spad_um2"), v("psum_spad_um2"),
      v("mac_um2"), v("rest_um2"), pe, 1000 / pe, mac, 1000 / mac, v("pe_pj"), v("mac_pj"),
      v("pe_leakage_mw")
  }' "$csv"
