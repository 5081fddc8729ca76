#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Simulates a mapped netlist against its RTL with Verilator.
#
# usage: synth_flows/gates/simulate.sh DIR pe|mac [+vectors=N] [+stimuli=FILE] [+waves=FILE]
#
# DIR is that of `qadam synth-pe DESIGN -o DIR`. The testbench, UNIT_gates_tb.sv, says what the
# options do. It is built in DIR if anything changed, with waves a second time: recording every net
# makes it several times as large. Verilator's run time is built once, in the cache.
# Prints "N vectors"; exit status 1 when an output differs.

set -eu
dir=$1
unit=$2
shift 2
here=$(dirname "$0")
case $unit in
pe) module=qadam_pe ;;
mac) module=qadam_mac_unit ;;
*) echo "simulate.sh: '$unit' is neither pe nor mac" >&2; exit 2 ;;
esac
kind=gates
optimize=-O1
trace=
case $* in
*+waves=*)
  kind=waves
  optimize=-O0
  trace="--trace --trace-depth 2"
  ;;
esac
build=$dir/${unit}_$kind
runtime=${QADAM_CACHE:-build/cache}/$kind-runtime
program=$build/V${unit}_gates_tb

# The parameters of the testbench: those of the PE that it has.
parameters() {
  type=$(sed -n 's/^ *"pe_type": "\([^"]*\)".*/\1/p' "$dir/design/manifest.json" | head -n 1)
  ! grep -q '"kind": "float"' "$here/../../pe_lib/$type/traits.json" || echo "-GFloat=1"
  while read -r name value; do
    ! grep -q "parameter int unsigned $name " "$here/${unit}_gates_tb.sv" || echo "-G$name=$value"
  done <"$dir/synthesis/pe.params"
}

# Verilator 5.006 breaks netlists without -fno-const-bit-op-tree.
build() {
  sed "s/^module $module /module ${module}_gates /" "$dir/synthesis/$unit.v" >"$build/gates.v"
  grep '^rtl/' "$dir/design/filelist.f" | sed -e '/qadam_top/d' -e "s,^,$dir/design/," \
    >"$build/rtl.f"
  # shellcheck disable=SC2046,SC2086 # one word a parameter
  verilator --cc --exe --main --timing $trace -O3 -fno-const-bit-op-tree \
    -Wno-fatal -Wno-lint -Wno-style -Wno-COMBDLY -Wno-LATCH --Mdir "$build" \
    --top-module "${unit}_gates_tb" $(parameters) -I"$dir/design/rtl" -f "$build/rtl.f" \
    "$here/qadam_mac_unit.sv" "$here/${unit}_gates_tb.sv" "$build/gates.v" \
    "$dir/synthesis/cells.v" ||
    return 1
  ! [ -d "$runtime" ] || cp "$runtime"/*.o "$build"
  make -s -C "$build" -f "V${unit}_gates_tb.mk" OPT_FAST=$optimize OPT_SLOW=-O0 \
    OPT_GLOBAL=-O1 ||
    return 1
  if ! [ -d "$runtime" ]; then
    mkdir -p "$runtime.$$"
    cp "$build"/verilated*.o "$runtime.$$"
    mv "$runtime.$$" "$runtime" || rm -rf "$runtime.$$"
  fi
}

key=$(cat "$dir/synthesis/$unit.v" "$dir/synthesis/cells.v" "$dir/synthesis/pe.params" \
  "$dir"/design/rtl/*.sv \
  "$here/${unit}_gates_tb.sv" "$here/qadam_mac_unit.sv" "$here/simulate.sh" | cksum)
if [ "$key" != "$(cat "$build/key" 2>/dev/null)" ]; then
  rm -rf "$build"
  mkdir -p "$build"
  build >"$build.log" 2>&1 || { tail -n 20 "$build.log" >&2; exit 1; }
  echo "$key" >"$build/key"
fi
status=0
"$program" "$@" +verilator+seed+1 >"$build.run" 2>&1 || status=1
grep -v 'finish$' "$build.run"
exit $status
