#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Proves a mapped MAC equivalent to its RTL: sequential equivalence by ABC (dsec), registers
# starting at zero, all enables free.
#
# usage: synth_flows/gates/equiv.sh DIR
#
# DIR is that of `qadam synth-pe DESIGN -o DIR`. No prover that we have decides multipliers of more
# than 8 bits of operands when the two sides add up partial products in different orders. With
# those, the RTL's arithmetic is first mapped to generic gates as the flow does it, and the proof is
# from there on: flops, ABC, sizes and buffers. Prints what was proved; exit status 1 if it
# could not be.

set -eu
dir=$1
home=$(dirname "$0")/../..
out=$dir/mac_equiv
mkdir -p "$out"

param() {
  sed -n "s/^$1 //p" "$dir/synthesis/pe.params"
}

# Elaborated MAC, multipliers still whole.
elaborate() {
  set -- "$dir"/design/rtl/qadam_float_pkg.sv "$dir"/design/rtl/qadam_fp_*.sv \
    "$dir/design/rtl/qadam_mac.sv" "$home/synth_flows/gates/qadam_mac_unit.sv"
  for file; do
    [ ! -f "$file" ] || echo "read_verilog -sv -defer -DSYNTHESIS $file"
  done
  printf 'chparam'
  for name in ActWidth WeightWidth PsumWidth MulLatency AddLatency; do
    printf ' -set %s %s' "$name" "$(param "$name")"
  done
  echo " qadam_mac_unit"
  printf '%s\n' "hierarchy -check -top qadam_mac_unit" proc flatten "opt -full"
}

{
  elaborate
  echo "tee -o $out/multipliers select -count t:\$mul"
} >"$out/count.ys"
yosys -q -s "$out/count.ys" >"$out/count.log" 2>&1
multipliers=$(sed -n 's/ objects\..*//p' "$out/multipliers")

if [ "$multipliers" = 0 ] || [ $(($(param ActWidth) + $(param WeightWidth))) -le 8 ]; then
  what="its RTL"
  arithmetic="techmap"
else
  what="its RTL with arithmetic as mapped"
  arithmetic="synth -run coarse:fine -top qadam_mac_unit; opt -fast -full;
    techmap -map +/techmap.v -map $home/synth_flows/techmap/sklansky.v"
fi
{
  elaborate
  printf '%s\n' "$arithmetic" | tr ';' '\n'
  # No opt after dfflegalize: it would make enables again.
  printf '%s\n' opt "dfflegalize -cell \$_DFF_P_ x" opt_clean "setundef -zero" \
    "write_blif $out/rtl.blif"
} >"$out/rtl.ys"
cat >"$out/gates.ys" <<END
read_verilog $dir/synthesis/cells.v $dir/synthesis/mac.v
hierarchy -check -top qadam_mac_unit
proc
flatten
simplemap
opt
opt_clean -purge
write_blif $out/gates.blif
END
for side in rtl gates; do
  yosys -q -s "$out/$side.ys" >"$out/$side.log" 2>&1 || { tail -n 5 "$out/$side.log" >&2; exit 1; }
  yosys-abc -q "read_blif $out/$side.blif; strash; zero; write_aiger $out/$side.aig" \
    >>"$out/$side.log" 2>&1
done
yosys-abc -q "dsec $out/rtl.aig $out/gates.aig" >"$out/dsec.log" 2>&1
if ! grep -q 'Networks are equivalent' "$out/dsec.log"; then
  echo "not equivalent to $what, or not decided: $out/dsec.log"
  exit 1
fi
echo "equivalent to $what, $multipliers multipliers"
