#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The mapped netlists of a PE and its MAC against their RTL: simulation, and proof for the MAC.
#
# usage: tests/pe_gates.sh PROGRAM VECTORS DESIGN...
#
# Prints one line for each design. Exit status 1 when outputs differ, when the MAC cannot be proved
# equivalent, when a MAC without a large multiplier is proved so even with a gate changed, or when
# a LightPE has a multiplier.

set -eu
qadam=$1
vectors=$2
shift 2
gates=$(dirname "$0")/../synth_flows/gates
failed=0

# Is the MAC of DIR, with one gate changed, not proved?
refuses_mutant() {
  rm -rf "$1.mutant"
  mkdir "$1.mutant"
  cp -r "$1/design" "$1/synthesis" "$1.mutant"
  sed '0,/  NAND2_X1 /s//  NOR2_X1 /' "$1/synthesis/mac.v" >"$1.mutant/synthesis/mac.v"
  ! "$gates/equiv.sh" "$1.mutant" >/dev/null &&
    grep -q "NOT EQUIVALENT" "$1.mutant/mac_equiv/dsec.log"
}

# check DESIGN DIR
check() {
  "$qadam" synth-pe "$1" -o "$2" >"$2.txt" || return 1
  for unit in mac pe; do
    "$gates/simulate.sh" "$2" "$unit" "+vectors=$vectors" >"$2.$unit" ||
      { echo "$unit: $(cat "$2.$unit")"; return 1; }
    cmp -s "$2.$unit" - <<END || { echo "$unit: $(cat "$2.$unit")"; return 1; }
$vectors vectors
END
  done
  proof=$("$gates/equiv.sh" "$2") || { echo "$proof"; return 1; }
  case $proof in
  *mapped,*) ;; # finding what is wrong in a large multiplier takes long
  *) refuses_mutant "$2" || { echo "a changed gate was not seen"; return 1; } ;;
  esac
  case $1 in
  *lightpe*)
    case $proof in
    *" 0 multipliers") ;;
    *) echo "a multiplier in a LightPE"; return 1 ;;
    esac
    ;;
  esac
  echo "PE and MAC like their RTL in $vectors cycles each, MAC proved $proof"
}

for design; do
  dir=build/pe-gates/$(basename "$design" .json)
  mkdir -p build/pe-gates
  status=0
  text=$(check "$design" "$dir" 2>&1) || status=1
  if [ $status = 0 ]; then
    echo "$(basename "$design" .json): $text"
  else
    echo "$(basename "$design" .json): FAILED: $text"
    failed=$((failed + 1))
  fi
done
[ "$failed" = 0 ]
