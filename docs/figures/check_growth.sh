#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Checks that the plot of docs/performance_model.md is that of docs/data/perf_growth.csv.
#
# usage: docs/figures/check_growth.sh CSV SVG

set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$(dirname "$0")/perf_growth.py" "$1" "$work/svg"
cmp "$work/svg" "$2" || { echo "$2: not what perf_growth.py draws from $1"; exit 1; }
