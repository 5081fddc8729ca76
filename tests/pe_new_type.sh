#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Adds a PE type from a folder alone: copies the tree and what is built of it, puts
# tests/pe_example/shift6 into pe_lib/, and then lists, proves and simulates that type.
#
# usage: tests/pe_new_type.sh

set -eu
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
if ! make -s -j1 build/qadam build/tests/pe_proof build/pe/shift6.so >make.log 2>&1; then
  cat make.log
  exit 1
fi
export QADAM_CACHE="$work/cache"
build/qadam pe-list | grep '^shift6 '
build/tests/pe_proof build/pe/shift6.so shift6
sed 's/int16/shift6/; /psum_bits/d' designs/small_int16.json >design.json
build/qadam generate design.json -o out
build/qadam simulate design.json --network resnet20-cifar10 --layer fc --jobs 1
