#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The main job from end to end: one design file to Verilog, simulation and prediction of
# real layers, synthesis, and one table.
#
# usage: ci/demo.sh [DIR]
#
# Results go to DIR, by default build/demo. The program is $QADAM, by default build/qadam.

set -eu
out=${1:-build/demo}
qadam=${QADAM:-build/qadam}
design=designs/eyeriss_int16.json
mkdir -p "$out"

step() {
  printf '\n== %s\n' "$*"
}

# simulate NETWORK LAYER...: run layers of a network on the RTL and predict them.
simulate() {
  network=$1
  shift
  for layer in "$@"; do
    set -- "$@" --layer "$layer"
    shift
  done
  step "$network on the simulated RTL, each output word checked"
  "$qadam" simulate "$design" --network "$network" "$@" --json "$out/$network.simulation.json"
  step "$network by the performance model"
  "$qadam" predict "$design" --network "$network" "$@" --json "$out/$network.prediction.json"
}

step "the design: $design"
cat "$design"
step "its Verilog"
"$qadam" generate "$design" -o "$out/verilog"

# Synthesis keeps one core busy for as long as the simulations need.
"$qadam" synth "$design" --json "$out/synthesis.json" >"$out/synthesis.txt" 2>&1 &
synthesis=$!

simulate resnet20-cifar10 conv2_1a conv3_1a
simulate vgg16-imagenet conv4_2 fc8

step "synthesis with Yosys, timing and power with OpenSTA"
status=0
wait "$synthesis" || status=1
cat "$out/synthesis.txt"
[ "$status" = 0 ] || exit 1

step "all together"
"$qadam" report --synth "$out/synthesis.json" \
  --simulation "$out/resnet20-cifar10.simulation.json" \
  --simulation "$out/vgg16-imagenet.simulation.json" --json "$out/report.json"

cat <<END

files:
  $out/verilog/README.md       the design as Verilog, to take away: start here
  $out/*.simulation.json       counters of every simulated layer
  $out/*.prediction.json       the same by the performance model
  $out/synthesis.json          area by block, critical path, power
  $out/report.json             the table above
END
