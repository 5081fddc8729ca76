# SPDX-License-Identifier: Apache-2.0
#
# Synthesizes one unit of a design (units.tcl); the units in it, SRAM macros and the PE are black
# boxes. Units become cells of the library; but those of the kind logic (units.tcl) simple gates,
# which the top module takes in before it is mapped.
#
# Inputs    QADAM_LIBERTY   cell library
#           QADAM_KIT       folder of the process kit (kit.tcl)
#           QADAM_FLOW      folder of these scripts
#           QADAM_UNITS     folder that holds top.il and units.txt
#           QADAM_GATES     Tcl list of the logic units' unit.il, for the top module
#           QADAM_TOP       the unit's module
#           QADAM_WORK      folder for the outputs
# Outputs   QADAM_WORK/unit.il of a logic unit, else QADAM_WORK/unit.json; long nets are not yet
#           buffered (netlist.h)

yosys -import

source $::env(QADAM_FLOW)/map.tcl
source $::env(QADAM_FLOW)/units.tcl

# The design's units: name and kind of each.
proc units {} {
  set in [open $::env(QADAM_UNITS)/units.txt]
  set text [read $in]
  close $in
  return [split [string trim $text] " \n"]
}

# Put the gates of the logic units into the top module.
proc join_gates {top units} {
  foreach {name kind} $units {
    if {$kind eq "logic"} {
      delete $name
    }
  }
  foreach file $::env(QADAM_GATES) {
    read_rtlil $file
  }
  hierarchy -check -top $top
  flatten
  opt -fast
}

proc main {} {
  set top $::env(QADAM_TOP)
  set units [units]
  array set kinds $units
  read_liberty -lib -ignore_miss_func $::env(QADAM_LIBERTY)
  read_rtlil $::env(QADAM_UNITS)/top.il
  foreach {name kind} $units {
    if {$name ne $top} {
      blackbox $name
    }
  }
  hierarchy -check -top $top
  map_gates $top {}
  if {$kinds($top) eq "logic"} {
    select $top
    write_rtlil -selected $::env(QADAM_WORK)/unit.il
    return
  }
  if {$kinds($top) eq "top"} {
    join_gates $top $units
  }
  set base [regsub {_[0-9]+$} $top {}]
  map_cells $top {} [expr {$base in $::WIDE ? $top : ""}] \
    [expr {$base in $::DEEP ? "abc_control.abc" : "abc_logic.abc"}]
  finish $top
  json -o $::env(QADAM_WORK)/unit.json $top
}

main
