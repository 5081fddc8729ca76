#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Checks that a plot is what pe_report.py draws from its table.
#
# usage: docs/figures/check_plot.sh CSV SVG

set -eu
drawn=$(mktemp)
trap 'rm -f "$drawn"' EXIT
"$(dirname "$0")/pe_report.py" "$1" "$drawn"
cmp "$drawn" "$2" || { echo "$2: not what pe_report.py draws from $1"; exit 1; }
