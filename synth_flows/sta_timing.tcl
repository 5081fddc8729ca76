# SPDX-License-Identifier: Apache-2.0
#
# Minimum clock period of a netlist, its critical path and, if asked, the timing of its ports.
#
# Inputs        see sta_common.tcl
# Variables     QADAM_INTERFACE  1: also the timing of every port (for a macro view)
# Metrics       period_ns; start, end: pins of the critical path; depth: its cells
#               setup PORT TYPE NS        worst bit of an input bus against the clock
#               output PORT FROM LOAD_FF DELAY_NS SLEW_NS   worst bit of an output bus, from the
#                                         clock (clk_i) or straight from an input bus

source $::env(QADAM_FLOW)/sta_common.tcl

proc slack_at {period_ns} {
  constrain $period_ns
  return [worst_slack]
}

# Smallest period without violation and one just below it, to 0.5 ps. The slack grows by 1 ns per
# ns where whole periods bind, by half as much where half periods do (clock gates, latches), and is
# the least of such lines. Seen from a period that is long enough, zero is therefore no nearer than
# along the flat line, and seen from one that is too short no nearer than along the steep one: steps
# along them never go beyond it from below. Bisection ends what they do not.
proc minimum_period {} {
  set high 16.0
  while {[set slack [slack_at $high]] < 0} {
    set high [expr {$high * 2}]
    if {$high > 1000} {
      error "no clock period up to 1000 ns is long enough"
    }
  }
  set low 0.0
  set guess [expr {$high - 2 * $slack}]
  for {set steps 1} {$high - $low > 0.0005} {incr steps} {
    if {$guess <= $low || $guess >= $high || $steps % 8 == 0} {
      set guess [expr {($low + $high) / 2}]
    }
    set slack [slack_at $guess]
    if {$slack >= 0} {
      set high $guess
      set guess [expr {$guess - max(2 * $slack, 0.0004)}]
    } else {
      set low $guess
      set guess [expr {$guess + max(-$slack, 0.0001) + 0.0002}]
    }
  }
  return [list $high $low]
}

# The path of least slack: {start end depth}.
proc critical_path {} {
  set worst {}
  foreach end [find_timing_paths -path_delay max] {
    if {$worst eq "" || [$end slack] < [$worst slack]} {
      set worst $end
    }
  }
  if {$worst eq ""} {
    return {none none 0}
  }
  set pins [[$worst path] pins] ;# from the end back to the clock's source
  set start [lindex $pins end]
  if {[get_full_name $start] eq "clk_i" && [llength $pins] > 1} {
    set start [lindex $pins end-1]
  }
  return [list [get_full_name $start] [get_full_name [lindex $pins 0]] \
    [expr {[llength $pins] / 2}]]
}

proc bus_of {port} {
  return [regsub {\[[0-9]+\]$} [get_name $port] {}]
}

# The clock edge that ends an input path: a latch takes its data when it closes, half a
# period after it opened.
proc closing_edge {end period_ns} {
  set phase [expr {fmod([$end target_clk_time] * 1e9 / $period_ns + 0.25, 1.0)}]
  set opens_high [expr {$phase < 0.5}]
  if {[$end is_latch_check] == $opens_high} {
    return falling
  }
  return rising
}

# The ports of each bus: "BUS {port ...} ..." in order of the names.
proc buses {ports} {
  array set bits {}
  foreach port $ports {
    lappend bits([bus_of $port]) $port
  }
  set found {}
  foreach bus [lsort [array names bits]] {
    lappend found $bus $bits($bus)
  }
  return $found
}

# Time that a signal must be at an input before the edge that takes it. Paths that leave by an
# output instead are noted in through: "INPUT_BUS OUTPUT_BUS" pairs.
proc input_timing {period_ns through_name} {
  upvar $through_name through
  set through {}
  set metrics {}
  foreach {bus ports} [buses [data_inputs]] {
    array unset worst
    foreach end [find_timing_paths -from $ports -path_delay max -group_count 1000000] {
      if {[$end is_output_delay]} {
        lappend through "$bus [bus_of [[$end path] pin]]"
        continue
      }
      set edge [closing_edge $end $period_ns]
      set ns [expr {([$end data_arrival_time] + [$end margin]) * 1e9}]
      if {![info exists worst($edge)] || $ns > $worst($edge)} {
        set worst($edge) $ns
      }
    }
    foreach edge [lsort [array names worst]] {
      lappend metrics setup "$bus setup_$edge [format %.5f $worst($edge)]"
    }
  }
  set through [lsort -unique $through]
  return $metrics
}

# Delay and slew of the worst path to an output bus, or nothing.
proc arrival {from ports} {
  set worst {}
  foreach end [find_timing_paths -from $from -to $ports -path_delay max] {
    if {$worst eq "" || [$end data_arrival_time] > [$worst data_arrival_time]} {
      set worst $end
    }
  }
  if {$worst eq ""} {
    return {}
  }
  set vertex [$worst vertex]
  return [list [format %.5f [expr {[$worst data_arrival_time] * 1e9}]] [format %.5f \
    [expr {max([lindex [$vertex slews rise] 1], [lindex [$vertex slews fall] 1]) * 1e9}]]]
}

# Clock to output and input to output, over a few loads.
proc output_timing {through} {
  set metrics {}
  foreach {bus ports} [buses [all_outputs]] {
    foreach load {1 10 40} {
      set_load $load $ports
      set timing [arrival [get_clocks clk] $ports]
      if {$timing ne ""} {
        lappend metrics output "$bus clk_i $load $timing"
      }
      foreach pair $through {
        lassign $pair input output
        if {$output eq $bus} {
          lappend metrics output "$bus $input $load [arrival [get_ports $input*] $ports]"
        }
      }
    }
    set_load [kit load_ff] $ports
  }
  return $metrics
}

proc main {} {
  load_design
  surround
  cut_latches
  lassign [minimum_period] period low
  constrain $low
  lassign [critical_path] start end depth
  set metrics [list period_ns [format %.4f $period] start $start end $end depth $depth]
  if {$::env(QADAM_INTERFACE)} {
    set relaxed [expr {2 * $period}]
    constrain $relaxed
    lappend metrics {*}[input_timing $relaxed through] {*}[output_timing $through]
  }
  return $metrics
}

run sta_timing.tcl
