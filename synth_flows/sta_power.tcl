# SPDX-License-Identifier: Apache-2.0
#
# Power of a netlist at a stated clock and activity.
#
# Every data pin toggles QADAM_ACTIVITY times a cycle and is high half of the time. Clock
# gates of scratchpads pass the share of clock pulses that their spad's write rate says: each
# gate's output is declared as a clock of that many pulses, because OpenSTA 2.0.17 lets
# every clock pin toggle twice a cycle whatever gates it. SRAM macros are accessed at the given
# rates. No wires, no clock tree.
#
# With QADAM_TOGGLES every net has the toggles and duty of a simulation instead, and power is told
# apart by parts.
#
# Inputs        see sta_common.tcl
# Variables     QADAM_PERIOD_NS  clock period
#               QADAM_ACTIVITY   toggles per cycle
#               QADAM_WRITES     {pattern words_per_cycle words ...}: clock gates whose name
#                                matches pattern belong to a memory of that many words
#               QADAM_SRAM       {reads_per_cycle writes_per_cycle} of one macro
#               QADAM_PART       pattern of instance names to tell apart; "" = none
#               QADAM_TOGGLES    file of lines "NET TOGGLES DUTY", per cycle; "" = none
#               QADAM_PARTS      with it: file of lines "INSTANCE PART"; all others are part rest
# Metrics       internal_mw, switching_mw, leakage_mw, clock_gates
#               with QADAM_PART: part_internal_mw, part_switching_mw, part_leakage_mw
#               with QADAM_TOGGLES: internal_mw, switching_mw, leakage_mw, and PART_dynamic_mw,
#               PART_leakage_mw for each part

source $::env(QADAM_FLOW)/sta_common.tcl

# Pulses per cycle of a clock gate, by its name.
proc gate_rate {name} {
  foreach {pattern rate words} $::env(QADAM_WRITES) {
    if {[string match $pattern $name]} {
      return [expr {double($rate) / $words}]
    }
  }
  return 1.0
}

proc slow_gates {period_ns} {
  set prefix [kit clock_gate]
  set output [kit clock_gate_output]
  set count 0
  foreach cell [get_cells -quiet -hierarchical *] {
    if {[string match $prefix* [get_property $cell ref_name]]} {
      set name [get_full_name $cell]
      set rate [gate_rate $name]
      incr count
      if {$rate < 1} {
        create_clock -name gate$count -period [expr {$period_ns / max($rate, 1e-6)}] \
          [get_pins [string map {[ \\[ ] \\] \\ \\\\} $name]/$output]
      }
    }
  }
  return $count
}

# What the SRAM macros dissipate at the given access rates, minus what design_power counted.
# A macro's view charges a read when req_i & !we_i and a write when req_i & we_i. With a global
# activity OpenSTA takes one duty d for all pins, so d = 1/2 gives (read + write)/4 per cycle
# and d = 1 gives write: from these two the energies are known.
proc macro_correction {} {
  lassign $::env(QADAM_SRAM) reads writes
  set macros {}
  foreach cell [get_cells -quiet -hierarchical *] {
    if {[string match qadam_sram_* [get_property $cell ref_name]]} {
      lappend macros $cell
    }
  }
  if {$macros eq ""} {
    return 0
  }
  set half 0
  set one 0
  foreach cell $macros {
    set half [expr {$half + [lindex [sta::instance_power $cell [sta::cmd_corner]] 0]}]
  }
  set_power_activity -global -activity $::env(QADAM_ACTIVITY) -duty 1.0
  foreach cell $macros {
    set one [expr {$one + [lindex [sta::instance_power $cell [sta::cmd_corner]] 0]}]
  }
  return [expr {$reads * (4 * $half - $one) + $writes * $one - $half}]
}

# Words of a file, as a list.
proc words_of {path} {
  set in [open $path]
  set text [read $in]
  close $in
  return [split [string trim $text] " \n"]
}

# Read the netlist with a flop instead of each data input, named INPUT_*: OpenSTA 2.0.17 propagates
# activities from input ports over those that are set, but not over those of registers.
proc load_registered {} {
  set in [open [lindex $::env(QADAM_NETLISTS) 0]]
  set text [read $in]
  close $in
  set flops {}
  set names {}
  foreach {line range high name} [regexp -all -inline -line \
    {^  input (\[([0-9]+):0\] )?(\w+);$} $text] {
    if {$name eq "clk_i"} {
      continue
    }
    lappend names $name
    append flops "  wire $range$name;\n"
    for {set bit 0} {$bit <= [expr {$range eq "" ? 0 : $high}]} {incr bit} {
      set net [expr {$range eq "" ? $name : "$name\[$bit\]"}]
      append flops "  DFF_X1 INPUT_${name}_$bit (.D(1'b0), .CK(clk_i), .Q($net));\n"
    }
    set text [string map [list "$line\n" {}] $text]
  }
  regexp -line {^module \w+ \((.*)\);$} $text head ports
  set kept {}
  foreach port [split [string map {, { }} $ports]] {
    if {$port ne "" && $port ni $names} {
      lappend kept $port
    }
  }
  set text [string map [list $head "module $::env(QADAM_TOP) ([join $kept {, }]);" \
    "endmodule" "${flops}endmodule"] $text]
  set registered $::env(QADAM_OUT).v
  set out [open $registered w]
  puts $out $text
  close $out
  set ::env(QADAM_NETLISTS) [list $registered]
  load_design
}

# Give the driver of every net its toggles and duty. Clock gates get a slower clock instead:
# a gate whose output toggles twice a cycle passes every pulse.
proc set_toggles {period_ns} {
  array set toggles {}
  foreach {net rate duty} [words_of $::env(QADAM_TOGGLES)] {
    set toggles($net) [list $rate $duty]
  }
  set prefix [kit clock_gate]
  set missing {}
  foreach cell [get_cells *] {
    set gate [string match $prefix* [get_property $cell ref_name]]
    foreach pin [get_pins -of_objects $cell] {
      if {[get_property $pin direction] ne "output"} {
        continue
      }
      set nets [get_nets -of_objects $pin]
      if {$nets in {{} NULL}} { ;# unconnected
        continue
      }
      set net [get_full_name $nets]
      if {![info exists toggles($net)]} {
        lappend missing $net
        continue
      }
      lassign $toggles($net) rate duty
      if {$gate} {
        create_clock -name gate[incr count] -period [expr {2 * $period_ns / max($rate, 1e-6)}] $pin
      } else {
        sta::set_power_pin_activity $pin $rate $duty
      }
    }
  }
  if {$missing ne ""} {
    error "no toggles for [llength $missing] nets: [lrange $missing 0 5]"
  }
}

# Sums of internal, switching and leakage power, element by element.
proc add_power {a b} {
  set sums {}
  foreach x $a y $b {
    lappend sums [expr {$x + $y}]
  }
  return $sums
}

# Internal, switching and leakage power in W as metrics in mW.
proc power_metrics {prefix power} {
  set metrics {}
  foreach name {internal switching leakage} watt $power {
    lappend metrics ${prefix}${name}_mw [expr {$watt * 1e3}]
  }
  return $metrics
}

# Power of the instances whose name matches QADAM_PART.
proc part_metrics {} {
  set sums {0.0 0.0 0.0}
  foreach cell [get_cells -quiet -hierarchical *] {
    if {[string match $::env(QADAM_PART) [get_full_name $cell]]} {
      set sums [add_power $sums [lrange [sta::instance_power $cell [sta::cmd_corner]] 0 2]]
    }
  }
  return [power_metrics part_ $sums]
}

# Dynamic and leakage power by part.
proc power_by_part {} {
  array set part_of [words_of $::env(QADAM_PARTS)]
  array set dynamic {}
  array set leakage {}
  set sums {0.0 0.0 0.0}
  foreach cell [get_cells *] {
    set name [get_full_name $cell]
    if {[string match INPUT_* $name]} {
      continue
    }
    set part rest
    if {[info exists part_of($name)]} {
      set part $part_of($name)
    }
    lassign [sta::instance_power $cell [sta::cmd_corner]] internal switching leak
    set dynamic($part) [expr {[info exists dynamic($part)] ? $dynamic($part) : 0.0}]
    set leakage($part) [expr {[info exists leakage($part)] ? $leakage($part) : 0.0}]
    set dynamic($part) [expr {$dynamic($part) + $internal + $switching}]
    set leakage($part) [expr {$leakage($part) + $leak}]
    set sums [add_power $sums [list $internal $switching $leak]]
  }
  set metrics [power_metrics "" $sums]
  foreach part [lsort [array names dynamic]] {
    lappend metrics ${part}_dynamic_mw [expr {$dynamic($part) * 1e3}] \
      ${part}_leakage_mw [expr {$leakage($part) * 1e3}]
  }
  return $metrics
}

proc main {} {
  if {$::env(QADAM_TOGGLES) ne ""} {
    load_registered
  } else {
    load_design
  }
  surround
  constrain $::env(QADAM_PERIOD_NS)
  if {$::env(QADAM_TOGGLES) ne ""} {
    set_toggles $::env(QADAM_PERIOD_NS)
    return [power_by_part]
  }
  set gates [slow_gates $::env(QADAM_PERIOD_NS)]
  set_power_activity -global -activity $::env(QADAM_ACTIVITY) -duty 0.5
  lassign [sta::design_power [sta::cmd_corner]] internal switching leakage
  set part {}
  if {$::env(QADAM_PART) ne ""} {
    set part [part_metrics]
  }
  set internal [expr {$internal + [macro_correction]}]
  return [concat [power_metrics "" [list $internal $switching $leakage]] clock_gates $gates $part]
}

run sta_power.tcl
