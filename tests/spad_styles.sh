#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The scratchpad's simulation model, its latches and its flops behave alike.

set -eu
out=build/spad_styles
for variant in model:1 SYNTHESIS:1 SYNTHESIS:0; do
  dir=$out/$(echo "$variant" | tr ':' '_')
  mkdir -p "$dir"
  verilator --binary --timing -O1 -fno-const-bit-op-tree -Wno-fatal --Mdir "$dir" \
    "+define+${variant%:*}" "-GLatch=${variant#*:}" --top-module spad_tb \
    hdl/qadam_clkgate.sv hdl/qadam_spad_word.sv hdl/qadam_spad.sv tests/spad_tb.sv \
    >"$dir.log" 2>&1 || { tail -n 5 "$dir.log"; exit 1; }
  "$dir/Vspad_tb" >"$dir.log" 2>&1 || { echo "$variant:"; tail -n 5 "$dir.log"; exit 1; }
done
