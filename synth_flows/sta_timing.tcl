# SPDX-License-Identifier: Apache-2.0
#
# Minimum clock period of a netlist, its critical path and, if asked, the timing of its ports.
#
# Inputs        see sta_common.tcl
# Variables     QADAM_INTERFACE  1: also the timing of every port (for a macro view)
# Metrics       period_ns; start, end: pins of the critical path; depth: its cells
#               setup PORT TYPE NS        worst bit of an input bus against the clock
#               output PORT LOAD_FF DELAY_NS SLEW_NS   worst bit of an output bus

source $::env(QADAM_FLOW)/sta_common.tcl

proc meets {period_ns} {
  constrain $period_ns
  return [expr {[worst_slack] >= 0}]
}

# Smallest period without violation, to 0.5 ps. Paths of a whole period give it at once;
# paths of half a period (clock gates, latches) need the search.
proc minimum_period {} {
  set high 16.0
  while {![meets $high]} {
    set high [expr {$high * 2}]
    if {$high > 1000} {
      error "no clock period up to 1000 ns is long enough"
    }
  }
  set guess [expr {$high - [worst_slack]}]
  set low 0.0
  if {$guess > 0} {
    foreach share {1.0004 1.1} {
      if {$guess * $share < $high && [meets [expr {$guess * $share}]]} {
        set high [expr {$guess * $share}]
        break
      }
    }
    if {![meets [expr {$guess * 0.9996}]]} {
      set low [expr {$guess * 0.9996}]
    }
  }
  while {$high - $low > 0.0005} {
    set middle [expr {($high + $low) / 2}]
    if {[meets $middle]} {
      set high $middle
    } else {
      set low $middle
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

# Time that a signal must be at an input before the edge that takes it.
proc input_timing {period_ns} {
  array set worst {}
  foreach port [data_inputs] {
    set bus [bus_of $port]
    foreach end [find_timing_paths -from $port -path_delay max] {
      if {[$end is_output_delay]} {
        error "a path runs through the PE from $bus"
      }
      set edge [closing_edge $end $period_ns]
      set ns [expr {([$end data_arrival_time] + [$end margin]) * 1e9}]
      if {![info exists worst($bus,$edge)] || $ns > $worst($bus,$edge)} {
        set worst($bus,$edge) $ns
      }
    }
  }
  set metrics {}
  foreach key [lsort [array names worst]] {
    lassign [split $key ,] bus edge
    lappend metrics setup "$bus setup_$edge [format %.5f $worst($key)]"
  }
  return $metrics
}

# Clock to output, over a few loads.
proc output_timing {} {
  set metrics {}
  foreach load {1 10 40} {
    set_load $load [all_outputs]
    array unset worst
    array unset slews
    foreach port [all_outputs] {
      set bus [bus_of $port]
      foreach end [find_timing_paths -to $port -path_delay max] {
        set ns [expr {[$end data_arrival_time] * 1e9}]
        if {![info exists worst($bus)] || $ns > $worst($bus)} {
          set worst($bus) $ns
          set vertex [$end vertex]
          set slews($bus) [expr {max([lindex [$vertex slews rise] 1],
                                     [lindex [$vertex slews fall] 1]) * 1e9}]
        }
      }
    }
    foreach bus [lsort [array names worst]] {
      lappend metrics output \
        "$bus $load [format %.5f $worst($bus)] [format %.5f $slews($bus)]"
    }
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
    set metrics [concat $metrics [input_timing $relaxed] [output_timing]]
  }
  return $metrics
}

run sta_timing.tcl
