#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# A campaign of two tiny designs with one PE through the real flow: killed in the middle,
# resumed; the PE is made once; the table is the same bytes each time.
#
# usage: tests/campaign_real.sh PROGRAM

set -eu
qadam=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export QADAM_CACHE="$work/cache"
cat >space.json <<'END'
{"name": "tiny", "pe_type": "lightpe1", "rows": 1, "cols": [1, 2], "ifmap_spad_words": 2,
 "filter_spad_words": 4, "psum_spad_words": 2, "glb_kib": 1, "bus_bits": 32,
 "dram_bytes_per_cycle": 4}
END

fail() {
  echo "$1"
  sed 's/^/    /' out.txt
  exit 1
}

"$qadam" campaign space.json -o out -j 2 >out.txt 2>&1 &
campaign=$!
sleep 5
kill -9 "$campaign" || fail "it has ended within 5 s"
wait "$campaign" 2>/dev/null || true
"$qadam" campaign space.json -o out -j 2 --holdout 50 >out.txt 2>&1 || fail "it has failed"
grep -q '^2 designs: 2 finished, 0 failed$' out.txt || fail "not two finished"
# Before the kill the PE was made, or not; never is it made twice.
cached=$(grep -h '"pe_from_cache"' out/*.json | sort | tr -d ' \n')
case $cached in
  '"pe_from_cache":false,"pe_from_cache":true,' | '"pe_from_cache":true,"pe_from_cache":true,') ;;
  *) fail "$cached" ;;
esac
"$qadam" results out --csv a.csv >out.txt 2>&1 || fail "results has failed"
"$qadam" results out --csv b.csv >/dev/null
cmp a.csv b.csv
grep -q '^2 results, 1 of them for testing; 0 failed; 2 designs are planned$' out.txt ||
  fail "a wrong table"
# One PE more: the array grows by it, nothing else does by as much.
awk -F, '
  NR == 1 { for (i = 1; i <= NF; i++) column[$i] = i }
  NR > 1 {
    n++
    cols[n] = $column["cols"]
    pe = $column["area_um2.pe"]
    array[n] = $column["area_um2.pe_array"]
  }
  END {
    if (n != 2 || cols[1] != 1 || cols[2] != 2 || !(array[2] - array[1] >= pe)) {
      print "a.csv: array of 1 PE " array[1] ", of 2 " array[2] ", PE " pe
      exit 1
    }
  }' a.csv
