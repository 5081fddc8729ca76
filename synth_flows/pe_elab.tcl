# SPDX-License-Identifier: Apache-2.0
#
# Elaborates the PE alone, or its MAC between registers, in a process of its own so that the same
# sources and parameters give the same text: that text is the key under which the results are kept.
#
# Inputs    QADAM_DESIGN, QADAM_FILES, QADAM_INCLUDES, QADAM_FLOW as in elab.tcl;
#           the generated top and the SRAM macros are left out of QADAM_FILES
#           QADAM_TOP   qadam_pe or qadam_mac_unit
#           QADAM_WORK/pe.params
# Outputs   QADAM_WORK/pe.il, QADAM_WORK/pe_rtl.v

yosys -import

source $::env(QADAM_FLOW)/modules.tcl

# "name value" words of pe.params for the module.
proc parameters {top} {
  set in [open $::env(QADAM_WORK)/pe.params]
  set settings {}
  foreach {name value} [read $in] {
    if {$top eq "qadam_pe" ||
        $name in {ActWidth WeightWidth PsumWidth MulLatency AddLatency}} {
      lappend settings -set $name $value
    }
  }
  close $in
  return $settings
}

proc main {} {
  set top $::env(QADAM_TOP)
  set work $::env(QADAM_WORK)
  cd $::env(QADAM_DESIGN)
  set sources $::env(QADAM_FILES)
  if {$top ne "qadam_pe"} {
    lappend sources $::env(QADAM_FLOW)/gates/$top.sv
  }
  read_sources $sources
  chparam {*}[parameters $top] $top
  hierarchy -check -top $top
  set names [modules_of $top]
  if {$names ne $top} {
    yosys rename [lindex $names 0] $top
  }
  yosys proc
  opt_clean
  setattr -mod -unset src
  setattr -unset src
  write_rtlil $work/pe.il
  write_verilog -noattr $work/pe_rtl.v
}

main
