# SPDX-License-Identifier: Apache-2.0
#
# Maps the PE to the cell library as one flat module.
#
# Inputs    QADAM_LIBERTY   cell library
#           QADAM_KIT       folder of the process kit (kit.tcl)
#           QADAM_FLOW      folder of these scripts
#           QADAM_WORK      holds pe.il
# Outputs   QADAM_WORK/pe.json, mapped; long nets are not yet buffered (netlist.h)

yosys -import

source $::env(QADAM_FLOW)/map.tcl

proc main {} {
  set work $::env(QADAM_WORK)
  read_liberty -lib -ignore_miss_func $::env(QADAM_LIBERTY)
  read_rtlil $work/pe.il
  hierarchy -check -top qadam_pe
  map_logic qadam_pe qadam_spad qadam_spad
  setattr -mod -unset keep_hierarchy *
  flatten
  finish qadam_pe
  stat -liberty $::env(QADAM_LIBERTY)
  write_json $work/pe.json
}

main
