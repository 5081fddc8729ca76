#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Checks that the plot and the table of docs/pe_types.md are those of docs/pe_report.csv.
#
# usage: docs/figures/check_plot.sh CSV SVG PAGE

set -eu
here=$(dirname "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$here/pe_table.sh" "$1" >"$work/table"
while read -r line; do
  grep -qxF "$line" "$3" || { echo "$3 lacks: $line"; exit 1; }
done <"$work/table"
"$here/pe_report.py" "$1" "$work/svg"
cmp "$work/svg" "$2" || { echo "$2: not what pe_report.py draws from $1"; exit 1; }
