#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Checks what a generated design has for other flows: the FuseSoC core file, and config.mk,
# constraints and macro views for OpenROAD-flow-scripts.
#
# usage: tests/handoff.sh PROGRAM DESIGN...
#
# config.mk is read by make, from another folder; its sources are elaborated by Yosys with
# nothing but the platform's clock gate beside them.

set -eu
here=$(cd "$(dirname "$0")" && pwd)
program=$1
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if ! /usr/bin/python3 -c 'import yaml' 2>/dev/null; then
  echo "no python3-yaml"
  exit 77
fi
echo 'module CLKGATE_X1 (input CK, input E, output GCK); endmodule' >"$work/cells.v"
cat >"$work/show.mk" <<'END'
include $(DESIGN_CONFIG)
show: ; @$(foreach v,$(NAMES),printf '%s\t%s\n' '$(v)' '$($(v))';)
END
passed=0
for design in "$@"; do
  "$program" generate "$design" -o "$work/design" >"$work/log"
  make --no-print-directory -C / -f "$work/show.mk" DESIGN_CONFIG="$work/design/orfs/config.mk" \
    NAMES="$(sed -n 's/^export \([A-Z_]*\) =.*/\1/p' "$work/design/orfs/config.mk" | tr '\n' ' ')" \
    show >"$work/variables"
  /usr/bin/python3 "$here/handoff.py" "$work/design" "$work/variables"
  value() {
    awk -F '\t' -v name="$1" '$1 == name { print $2 }' "$work/variables"
  }
  {
    # shellcheck disable=SC2046 # words of make
    echo read_verilog -sv -defer $(value VERILOG_DEFINES | sed 's/-D /-D/g') \
      -I"$(value VERILOG_INCLUDE_DIRS)" $(value VERILOG_FILES)
    echo read_verilog -lib "$work/cells.v"
    echo hierarchy -check -top "$(value DESIGN_NAME)"
    echo stat
  } >"$work/check.ys"
  yosys -q -s "$work/check.ys" >"$work/out" 2>&1 || {
    tail -n 5 "$work/out"
    echo "$design: the sources of config.mk do not elaborate"
    exit 1
  }
  passed=$((passed + 1))
done
echo "$passed passed, 0 failed"
