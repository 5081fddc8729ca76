# SPDX-License-Identifier: Apache-2.0
#
# Maps everything but the PE to the cell library; SRAM macros and the PE are black boxes.
#
# The modules in BLOCKS stay modules: what is used many times is synthesized once, and area
# can be told apart. All other hierarchy is dissolved into them.
#
# Inputs    QADAM_LIBERTY, QADAM_KIT, QADAM_FLOW, QADAM_TOP as in pe.tcl
#           QADAM_WORK   holds top.il
# Outputs   QADAM_WORK/top.json, mapped; long nets are not yet buffered (netlist.h)

yosys -import

source $::env(QADAM_FLOW)/map.tcl

set BLOCKS {qadam_array qadam_row qadam_collector qadam_glb}
set WIDE {qadam_collector qadam_glb}

proc main {} {
  set work $::env(QADAM_WORK)
  read_liberty -lib -ignore_miss_func $::env(QADAM_LIBERTY)
  read_rtlil $work/top.il
  hierarchy -check -top $::env(QADAM_TOP)
  map_logic $::env(QADAM_TOP) $::BLOCKS $::WIDE
  finish $::env(QADAM_TOP)
  write_json $work/top.json
}

main
