#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Compares the kit with the full library on the PE of every type: one netlist each, mapped with the
# kit, timed and its power taken with the full library, with the kit and unscaled energies (counted
# as the full library's are), and with the kit as it is used.
#
# usage: pdk/compare_types.sh PROGRAM FULL.lib[.gz] OUT.csv TYPE...
#
# Without FULL.lib the comparison is skipped by name. Prints the table and writes it to OUT.csv.
# Exit status 1 when area, period or power (unscaled) differ by more than 5 %.

set -eu
qadam=$1
full=$2
out=$3
shift 3
here=$(dirname "$0")
if ! [ -f "$full" ]; then
  echo "kit-compare: skipped, there is no $full"
  exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
case $full in
*.gz) gunzip -c "$full" >"$work/full.lib" ;;
*) cp "$full" "$work/full.lib" ;;
esac

# Area of a netlist with a library's cells.
area() {
  awk '
    FNR == NR && $1 == "cell" { split($0, word, /[()" ]+/); name = word[3] }
    FNR == NR && $1 == "area" { um2[name] = $3 + 0 }
    FNR != NR && ($1 in um2) { sum += um2[$1] }
    END { printf "%.3f\n", sum }' "$1" "$2"
}

echo 'type,library,area_um2,period_ns,internal_mw,switching_mw,leakage_mw' >"$work/table.csv"
for type; do
  "$qadam" synth-pe "designs/eyeriss_$type.json" -o "$work/$type" >/dev/null
  dir=$work/$type/synthesis
  cp "$work/full.lib" "$dir/full.lib"
  "$here/compare.sh" "$dir/pe.v" qadam_pe "$dir/full.lib" "$dir/cells_unscaled.lib" \
    "$dir/cells.lib" >"$work/rows"
  tail -n +2 "$work/rows" | while read -r library period power; do
    echo "$type,${library%.lib},$(area "$dir/$library" "$dir/pe.v"),$period,$(echo "$power" |
      tr ' ' ,)"
  done >>"$work/table.csv"
  rm -rf "${work:?}/$type"
done
awk -F, '
  function off(a, b) { return 100 * (a / b - 1) }
  NR == 1 { next }
  { power = $5 + $6 + $7 }
  $2 == "full" { area = $3; period = $4; reference = power }
  $2 == "cells_unscaled" {
    a = off($3, area); t = off($4, period); p = off(power, reference)
    line = sprintf("| %s | %.0f (%+.2f %%) | %.3f (%+.1f %%) | %.2f (%+.1f %%) |", $1, area, a,
      period, t, reference, p)
    bad += a ^ 2 > 25 || t ^ 2 > 25 || p ^ 2 > 25
  }
  $2 == "cells" { printf "%s %.2f |\n", line, power; rows++ }
  END { exit bad > 0 || rows == 0 }' "$work/table.csv" || status=1
cp "$work/table.csv" "$out"
exit "${status:-0}"
