#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Checks the composition of designs from blocks: synthesizes arrays of 2 x 2 PEs with small spads
# as blocks and flat, and compares.
#
# usage: tests/synth_check.sh PROGRAM [PE_TYPE...]
#
# Prints both results by type. Exit status 1 when area or maximum clock differ by more than 2 %.

set -eu
qadam=$1
shift
[ $# -gt 0 ] || set -- int16 lightpe1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# A number of a result: the last "KEY" after "OBJECT".
value() {
  tr -d '", ' <"$1" | awk -F: -v object="$2" -v key="$3" '
    $1 == object && (object == key || $2 ~ /^{/) { inside = 1 }
    inside && $1 == key { print $2; exit }'
}

status=0
for type; do
  cat >"$work/design.json" <<END
{"name": "check_$type", "pe_type": "$type", "rows": 2, "cols": 2, "ifmap_spad_words": 12,
 "filter_spad_words": 32, "psum_spad_words": 8, "glb_kib": 4, "bus_bits": 32,
 "dram_bytes_per_cycle": 4}
END
  "$qadam" synth "$work/design.json" --json "$work/blocks.json" >/dev/null
  "$qadam" synth "$work/design.json" --flat --json "$work/flat.json" >/dev/null
  for kind in blocks flat; do
    result=$work/$kind.json
    echo "$(value "$result" area_um2 total) $(value "$result" fmax_mhz fmax_mhz)" \
      "$(value "$result" power_mw total)"
  done | awk -v type="$type" '
    function difference(a, b) { return 100 * (a / b - 1) }
    { area[NR] = $1; clock[NR] = $2; power[NR] = $3 }
    END {
      da = difference(area[1], area[2])
      dc = difference(clock[1], clock[2])
      printf "%s: area %.0f um2, flat %.0f (%+.2f %%); clock %.1f MHz, flat %.1f (%+.2f %%); " \
        "power %.2f mW, flat %.2f (%+.2f %%)\n", type, area[1], area[2], da, clock[1], clock[2],
        dc, power[1], power[2], difference(power[1], power[2])
      exit !(NR == 2 && da ^ 2 <= 4 && dc ^ 2 <= 4)
    }' || status=1
done
exit $status
