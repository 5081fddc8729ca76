#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Prints docs/pe_report.csv as the table of docs/pe_types.md.
#
# usage: docs/figures/pe_table.sh CSV

set -eu
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
  }' "$1"
