# SPDX-License-Identifier: Apache-2.0
#
# Elaborates a design: everything but the PE, and the parameters the PE is used with.
#
# Inputs    QADAM_DESIGN    folder of the generated design, entered first
#           QADAM_FILES     Tcl list of its Verilog files, relative
#           QADAM_INCLUDES  Tcl list of its include folders, relative
#           QADAM_TOP       top module
#           QADAM_FLOW      folder of these scripts
# Outputs   QADAM_WORK/top.il     the design, PE as a black box
#           QADAM_WORK/pe.params  "name value" lines

yosys -import

source $::env(QADAM_FLOW)/modules.tcl

# Parameters of a module, from its RTLIL text.
proc parameters_of {module file} {
  select $module
  write_rtlil -selected $file
  select -clear
  set in [open $file]
  set text [read $in]
  close $in
  file delete $file
  set found {}
  set inside 0
  foreach line [split $text \n] {
    if {[string match "module *" $line]} {
      set inside 1
    } elseif {$inside && [regexp {^  parameter \\(\S+) (\d+)$} $line all name value]} {
      lappend found "$name $value"
    } elseif {$inside && [regexp {^  (wire|cell|process)} $line]} {
      break
    }
  }
  return $found
}

proc main {} {
  set work $::env(QADAM_WORK)
  cd $::env(QADAM_DESIGN)
  read_sources $::env(QADAM_FILES)
  hierarchy -check -top $::env(QADAM_TOP)

  set names [modules_of qadam_pe]
  if {[llength $names] != 1} {
    error "expected one qadam_pe, found [llength $names]: $names"
  }
  set pe [lindex $names 0]
  if {$pe ne "qadam_pe"} {
    chtype -set qadam_pe t:$pe
    yosys rename $pe qadam_pe
  }
  set out [open $work/pe.params w]
  puts $out [join [parameters_of qadam_pe $work/pe_head.il] \n]
  close $out
  blackbox qadam_pe
  hierarchy -check -top $::env(QADAM_TOP)
  write_rtlil $work/top.il
}

main
