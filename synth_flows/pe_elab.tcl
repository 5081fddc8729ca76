# SPDX-License-Identifier: Apache-2.0
#
# Elaborates the PE alone, in a process of its own so that the same sources and parameters
# give the same text: that text is the key under which the PE's results are kept.
#
# Inputs    QADAM_DESIGN, QADAM_FILES, QADAM_INCLUDES, QADAM_FLOW as in elab.tcl;
#           the generated top and the SRAM macros are left out of QADAM_FILES
#           QADAM_WORK/pe.params
# Outputs   QADAM_WORK/pe.il, QADAM_WORK/pe_rtl.v

yosys -import

source $::env(QADAM_FLOW)/modules.tcl

proc main {} {
  set work $::env(QADAM_WORK)
  cd $::env(QADAM_DESIGN)
  read_sources $::env(QADAM_FILES)
  set in [open $work/pe.params]
  set settings {}
  foreach {name value} [read $in] {
    lappend settings -set $name $value
  }
  close $in
  chparam {*}$settings qadam_pe
  hierarchy -check -top qadam_pe
  set names [modules_of qadam_pe]
  if {$names ne "qadam_pe"} {
    yosys rename [lindex $names 0] qadam_pe
  }
  yosys proc
  opt_clean
  setattr -mod -unset src
  setattr -unset src
  write_rtlil $work/pe.il
  write_verilog -noattr $work/pe_rtl.v
}

main
