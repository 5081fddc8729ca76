#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Synthesizes a design of 2 x 2 PEs and reports it with a predicted layer, so that every
# stage of the flow runs once.
#
# usage: tests/synth_smoke.sh PROGRAM
#
# Exit status 1 when a stage fails, or when the areas of the blocks do not add up.

set -eu
qadam=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat >"$work/design.json" <<'END'
{"name": "smoke", "pe_type": "int16", "rows": 2, "cols": 2, "ifmap_spad_words": 8,
 "filter_spad_words": 16, "psum_spad_words": 4, "glb_kib": 2, "bus_bits": 32,
 "dram_bytes_per_cycle": 4}
END
cat >"$work/network.json" <<'END'
{"name": "smoke_net", "input": {"channels": 2, "height": 6, "width": 6},
 "layers": [{"name": "conv", "op": "conv", "inputs": ["input"], "filters": 4,
             "kernel": [2, 2], "stride": 1, "pad": 0}]}
END
"$qadam" synth "$work/design.json" --json "$work/synth.json"
"$qadam" predict "$work/design.json" --network "$work/network.json" --json "$work/layers.json"
"$qadam" report --synth "$work/synth.json" --simulation "$work/layers.json"

# The design's own keys are in its result.
sed -n '/"parameters"/,/}/p' "$work/synth.json" | grep -q '"filter_spad_words": 16' ||
  { echo "parameters: no filter_spad_words of 16"; exit 1; }

# Blocks of area_um2 against its total, to a part in a million.
tr -d '", ' <"$work/synth.json" | awk -F: '
  $1 == "area_um2" { inside = 1 }
  inside && $1 == "total" { total = $2 }
  inside && ($1 == "pe_array" || $1 == "glb" || $1 == "other") { sum += $2 }
  inside && $1 ~ /}/ { inside = 0 }
  END {
    if (!(total > 0) || (sum - total) ^ 2 > (1e-6 * total) ^ 2) {
      print "area_um2: pe_array + glb + other = " sum ", total = " total
      exit 1
    }
  }'
