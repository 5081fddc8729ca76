#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Builds the modules of a PE type as a library for tests/pe_proof.c.
#
# usage: tests/pe_build.sh --runtime OBJECT
#        tests/pe_build.sh TYPE OBJECT LIBRARY
#
# OBJECT is Verilator's run time, compiled once for all types.

set -eu
include=$(verilator --getenv VERILATOR_ROOT)/include
if [ "$1" = --runtime ]; then
  exec "${CXX:-g++}" -std=c++17 -O1 -fPIC -I"$include" -r -nostdlib \
    "$include/verilated.cpp" "$include/verilated_threads.cpp" -o "$2"
fi
type=$1
runtime=$2
library=$3
work=$library.build

# trait KEY [DEFAULT]
trait() {
  value=$(sed -n "s/.*\"$1\" *: *\([0-9]*\).*/\1/p" "pe_lib/$type/traits.json")
  echo "${value:-${2:-}}"
}

rm -rf "$work"
mkdir -p "$work"
# shellcheck disable=SC2046 # one word a file
translate() {
  verilator --cc -O3 -fno-const-bit-op-tree -Wall --assert -Mdir "$work" \
    --top-module qadam_pe_harness -GActWidth="$(trait act_bits)" \
    -GWeightWidth="$(trait weight_bits)" -GPsumWidth="$(trait psum_bits_default)" \
    -GMulLatency="$(trait mul_latency)" -GAddLatency="$(trait add_latency)" \
    tests/qadam_pe_harness.sv $(pe_lib/sources.sh "$type")
}
compile() {
  "${CXX:-g++}" -std=c++17 -O2 -fPIC -shared -I. -I"$work" -I"$include" -I"$include/vltstd" \
    "$work"/*.cpp tests/pe_shim.cpp "$runtime" -pthread -o "$work/library"
}
if ! { translate && compile; } >"$work.log" 2>&1; then
  cat "$work.log" >&2
  exit 1
fi
mv "$work/library" "$library"
rm -rf "$work" "$work.log"
