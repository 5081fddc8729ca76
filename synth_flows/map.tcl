# SPDX-License-Identifier: Apache-2.0
#
# Procs shared by the Yosys scripts: from elaborated RTL to a mapped netlist.
#
# Coarse synthesis, Sklansky adders, flops and latches by name, then ABC with driving cell and
# load of the kit. Modules with wide AND-OR reads get a script without the ABC passes that do not
# scale. Uses QADAM_LIBERTY, QADAM_KIT, QADAM_FLOW and QADAM_WORK.

source $::env(QADAM_FLOW)/modules.tcl

# A process fact from kit.tcl.
proc kit {fact} {
  set in [open $::env(QADAM_KIT)/kit.tcl]
  eval [read $in]
  close $in
  return $kit($fact)
}

# Driving cell and load for ABC, from the kit.
proc write_constraints {file} {
  set out [open $file w]
  puts $out "set_driving_cell [kit driving_cell]"
  puts $out "set_load [kit load_ff] \[all_outputs\]"
  close $out
}

# Makes simple gates of top and all below. Modules in keep stay modules, all others are dissolved.
proc map_gates {top keep} {
  techmap -map $::env(QADAM_FLOW)/techmap/clkgate.v
  foreach name [modules_of $keep] {
    setattr -mod -set keep_hierarchy 1 $name
  }
  flatten
  synth -run coarse:fine -top $top
  opt -fast -full
  memory_map
  opt -undriven -fine
  techmap -map +/techmap.v -map $::env(QADAM_FLOW)/techmap/sklansky.v
  opt -fast
}

# Maps gates to cells of the library with an ABC script; modules in wide get the fast one.
proc map_cells {top keep wide {logic abc_logic.abc}} {
  set flow $::env(QADAM_FLOW)
  set lib $::env(QADAM_LIBERTY)
  set constr $::env(QADAM_WORK)/abc.constr
  write_constraints $constr

  dfflibmap -liberty $lib
  techmap -map $flow/techmap/latch.v
  opt -fast
  opt_clean -purge
  set fast [modules_of $wide]
  foreach name [concat $top [modules_of $keep]] {
    set script $logic
    if {$name in $fast} {
      set script abc_wide.abc
    }
    abc -liberty $lib -constr $constr -script $flow/$script $name
    opt_clean -purge $name
  }
}

# Ties, checks and clean-up of a mapped design.
proc finish {top} {
  setundef -zero
  opt_clean -purge
  check -assert
}
