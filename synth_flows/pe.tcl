# SPDX-License-Identifier: Apache-2.0
#
# Maps the PE, or its MAC between registers, to the cell library as one flat module.
#
# Spads and MAC are mapped as modules of their own and dissolved afterwards: each cell's name
# then tells which part it belongs to, and no cell serves two parts.
#
# Inputs    QADAM_LIBERTY   cell library
#           QADAM_KIT       folder of the process kit (kit.tcl)
#           QADAM_FLOW      folder of these scripts
#           QADAM_TOP       qadam_pe or qadam_mac_unit
#           QADAM_WORK      holds pe.il
# Outputs   QADAM_WORK/pe.json, mapped; long nets are not yet buffered (netlist.h)

yosys -import

source $::env(QADAM_FLOW)/map.tcl

proc main {} {
  set work $::env(QADAM_WORK)
  set top $::env(QADAM_TOP)
  read_liberty -lib -ignore_miss_func $::env(QADAM_LIBERTY)
  read_rtlil $work/pe.il
  hierarchy -check -top $top
  map_gates $top {qadam_spad qadam_mac}
  map_cells $top {qadam_spad qadam_mac} qadam_spad
  setattr -mod -unset keep_hierarchy *
  flatten
  finish $top
  stat -liberty $::env(QADAM_LIBERTY)
  write_json $work/pe.json
}

main
