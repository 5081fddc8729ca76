#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Lints one parameter set of the accelerator, as hdl/lint_sets or FILE has it.
#
# usage: ci/lint_rtl.sh verilator|yosys SET [FILE]
#
# Any warning is a failure.

set -eu
tool=$1
set_name=$2
line=$(grep "^$set_name " "${3:-hdl/lint_sets}" | cut -d'|' -f1)
# shellcheck disable=SC2086 # words of the line
set -- $line
type=$2
shift 2
top=qadam_accel
work=build/lint/$tool-$set_name
mkdir -p "$work"
sources="$(cat hdl/hdl.f) $(pe_lib/sources.sh "$type")"

case $tool in
verilator)
  for parameter in "$@"; do
    set -- "$@" "-G$parameter"
    shift
  done
  # shellcheck disable=SC2086 # one word a file
  verilator --lint-only -Wall --assert -Ihdl/include --top-module "$top" "$@" \
    ci/waivers.vlt $sources
  ;;
yosys)
  {
    # shellcheck disable=SC2086 # one word a file
    echo read_verilog -sv -defer -DSYNTHESIS -Ihdl/include $sources
    printf 'chparam'
    for parameter in "$@"; do
      printf ' -set %s %s' "${parameter%%=*}" "${parameter#*=}"
    done
    echo " $top"
    echo "hierarchy -check -top $top"
    echo "proc"
    echo "check -assert"
  } >"$work/check.ys"
  status=0
  yosys -q -s "$work/check.ys" >"$work/out" 2>&1 || status=1
  cat "$work/out"
  if grep -q '^Warning' "$work/out"; then
    status=1
  fi
  exit $status
  ;;
esac
