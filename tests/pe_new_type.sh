#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Adds PE types from folders alone: copies the tree and what is built of it, puts
# tests/pe_example/shift6 into pe_lib/, and then lists, proves and simulates that type.
# Integer types of other widths than those of pe_lib/ are made from int8 and proved.
#
# usage: tests/pe_new_type.sh

set -eu
libraries=build/pe/shift6.so
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/build"
for name in Makefile ci designs docs gen hdl models pdk pe_lib synth_flows tests verif; do
  cp -a "$name" "$work/$name"
done
for name in obj golden pe; do
  cp -a "build/$name" "$work/build/$name"
done
cp -r tests/pe_example/shift6 "$work/pe_lib/shift6"
cd "$work"
widths="2x2 3x5 5x3 2x16 16x2"
for width in $widths; do
  act=${width%x*}
  weight=${width#*x}
  type=int${act}x$weight
  mkdir "pe_lib/$type"
  sed "s/int8/$type/g" pe_lib/int8/golden.c >"pe_lib/$type/golden.c"
  sed -e "s/int8/$type/; s/\"act_bits\": 8/\"act_bits\": $act/" \
    -e "s/\"weight_bits\": 8/\"weight_bits\": $weight/" pe_lib/int8/traits.json \
    >"pe_lib/$type/traits.json"
  libraries="$libraries build/pe/$type.so"
done
# shellcheck disable=SC2086 # one word a file
if ! make -s -j1 build/qadam build/tests/pe_proof $libraries >make.log 2>&1; then
  cat make.log
  exit 1
fi
export QADAM_CACHE="$work/cache"
build/qadam pe-list | grep '^shift6 '
build/tests/pe_proof build/pe/shift6.so shift6
for width in $widths; do
  build/tests/pe_proof "build/pe/int$width.so" "int$width"
done
sed 's/int16/shift6/; /psum_bits/d' designs/small_int16.json >design.json
build/qadam generate design.json -o out
build/qadam simulate design.json --network resnet20-cifar10 --layer fc --jobs 1
