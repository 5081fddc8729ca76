# SPDX-License-Identifier: Apache-2.0
#
# Procs shared by the OpenSTA scripts. Debian's sta exits 0 whatever happens: every script
# does its work inside one catch and writes its metrics file last, so the file proves success.
#
# Environment   QADAM_KIT      folder of the process kit (kit.tcl)
#               QADAM_LIBS     Tcl list of Liberty files
#               QADAM_NETLISTS Tcl list of Verilog netlists
#               QADAM_TOP      module
#               QADAM_OUT      metrics file to write

# A process fact. The file is evaluated here, not sourced: sta's own source runs at global level.
proc kit {fact} {
  set in [open $::env(QADAM_KIT)/kit.tcl]
  eval [read $in]
  close $in
  return $kit($fact)
}

# One "name value" line per metric, in the order of writing.
proc write_metrics {metrics} {
  set out [open $::env(QADAM_OUT).tmp w]
  foreach {name value} $metrics {
    puts $out "$name $value"
  }
  close $out
  file rename -force $::env(QADAM_OUT).tmp $::env(QADAM_OUT)
}

# Run proc main; its result is the list of metrics.
proc run {script} {
  if {[catch main result]} {
    puts stderr "$script: $result"
  } else {
    write_metrics $result
  }
}

proc load_design {} {
  foreach lib $::env(QADAM_LIBS) {
    if {[read_liberty $lib] eq "0"} {
      error "cannot read $lib"
    }
  }
  foreach netlist $::env(QADAM_NETLISTS) {
    read_verilog $netlist
  }
  link_design $::env(QADAM_TOP)
}

proc data_inputs {} {
  set ports {}
  foreach port [all_inputs] {
    if {[get_name $port] ni {clk_i rst_ni}} {
      lappend ports $port
    }
  }
  return $ports
}

# Clock of period_ns; every input arrives and every output is taken at its edge. Inputs come with a
# clock of their own, so that paths from them are told from paths of clk.
proc constrain {period_ns} {
  create_clock -name clk -period $period_ns [get_ports clk_i]
  create_clock -name outside -period $period_ns
  set_input_delay 0 -clock outside [data_inputs]
  set_output_delay 0 -clock clk [all_outputs]
  foreach port [get_ports -quiet rst_ni] {
    set_false_path -from $port
  }
}

# Slews at the boundary and loads behind it, from the kit. No wires: no wire load is set.
proc surround {} {
  set_input_transition [kit input_transition_ns] [data_inputs]
  set_input_transition [kit clock_transition_ns] [get_ports clk_i]
  set_load [kit load_ff] [all_outputs]
}

# A scratchpad word is never read in the cycle in which it is written (asserted in
# simulation), so no path starts at a latch's clock or runs through an open latch.
proc cut_latches {} {
  foreach {cell gate data out} [kit latches] {
    foreach lib_cell [get_lib_cells -quiet */$cell] {
      set_disable_timing -from $gate -to $out $lib_cell
      set_disable_timing -from $data -to $out $lib_cell
    }
  }
}
