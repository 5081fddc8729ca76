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
# Inputs        see sta_common.tcl
# Variables     QADAM_PERIOD_NS  clock period
#               QADAM_ACTIVITY   toggles per cycle
#               QADAM_WRITES     {pattern words_per_cycle words ...}: clock gates whose name
#                                matches pattern belong to a memory of that many words
#               QADAM_SRAM       {reads_per_cycle writes_per_cycle} of one macro
# Metrics       internal_mw, switching_mw, leakage_mw, clock_gates

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

proc main {} {
  load_design
  surround
  constrain $::env(QADAM_PERIOD_NS)
  set gates [slow_gates $::env(QADAM_PERIOD_NS)]
  set_power_activity -global -activity $::env(QADAM_ACTIVITY) -duty 0.5
  lassign [sta::design_power [sta::cmd_corner]] internal switching leakage
  set internal [expr {$internal + [macro_correction]}]
  return [list internal_mw [expr {$internal * 1e3}] switching_mw [expr {$switching * 1e3}] \
    leakage_mw [expr {$leakage * 1e3}] clock_gates $gates]
}

run sta_power.tcl
