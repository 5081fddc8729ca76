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
"$home/../docs/figures/pe_table.sh" "$csv"
