#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Fits made-up results (tests/fit_results.py) from files and from a table, with a report.
#
# usage: tests/fit_made_up.sh PROGRAM
#
# Checks that designs held out are met to 1 %, what noise of 0.5 % leaves; that table and
# files give the same models of area, energy and leakage; that the report is whole. Prints
# "N passed, N failed".

set -eu
qadam=$1
here=$(dirname "$0")
/usr/bin/python3 -c 'import matplotlib' 2>/dev/null || { echo "no python3-matplotlib"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0

# check NAME COMMAND...: counts the command's verdict.
check() {
  name=$1
  shift
  if "$@" >"$work/out" 2>&1; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "$name:"
    cat "$work/out"
  fi
}

# Held-out MAPE of the chosen structures of all types: at most $2 for each of the quantities.
errors_below() {
  awk -F, -v limit="$2" '
    $4 == 1 && $5 == "held_out" { rows++; if (!($8 <= limit)) { print; bad = 1 } }
    END { exit bad || rows != 10 }' "$1"
}

mkdir "$work/results"
"$here/fit_results.py" "$work/results" 80 int16 lightpe1
"$here/fit_results.py" "$work/results.csv" 80 int16 lightpe1
check "fit of files" "$qadam" fit "$work/results" -o "$work/files.json" --degree 3 \
  --tool-version 0.1.0 --report "$work/report"
cp "$work/out" "$work/of_files"
check "fit of a table" "$qadam" fit "$work/results.csv" -o "$work/table.json" --degree 3
grep -v fmax "$work/out" >"$work/of_table"
grep -v fmax "$work/of_files" >"$work/of_files_too"
check "table and files" cmp "$work/of_table" "$work/of_files_too"
check "held-out errors" errors_below "$work/report/errors.csv" 1
for plot in estimates residuals; do
  check "$plot.svg" grep -q "held out" "$work/report/$plot.svg"
done
check "report.md" grep -q '^| lightpe1 | area_um2 | \*\*parts\*\* | 16 | held out |' \
  "$work/report/report.md"

# refused TEXT EDIT: the table, edited, is refused with TEXT.
refused() {
  sed "$2" "$work/results.csv" >"$work/bad.csv"
  "$qadam" fit "$work/bad.csv" -o "$work/bad.json" 2>"$work/why" && return 1
  grep -q "$1" "$work/why" || { cat "$work/why"; return 1; }
}
check "row cut off" refused 'bad.csv:3: 45 fields, must be 46' '3s/,[^,]*$//'
check "no number" refused 'bad.csv:3: .*no number .power_mw/activity/glb_write' '3s/,[0-9.]*$/,x/'
check "no table" refused 'bad.csv:1: is no table of qadam results' '1s/design_hash/hash/'
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
