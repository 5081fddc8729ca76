# SPDX-License-Identifier: Apache-2.0
#
# The modules that are synthesized each for itself, and what each is made of.
#
# A unit is synthesized once and kept by what it depends on; all other hierarchy is dissolved into
# the unit that holds it. Two kinds:
#
#   block   mapped to cells; the design is timed with its macro view
#   module  mapped to cells; stays a module of the design
#
# The top module is of the kind top. In a flat design blocks and array are of the kind logic: simple
# gates, dissolved into the top module. WIDE: mapped with the fast ABC script; DEEP: with the one
# that spends area on fewer levels.

set BLOCKS {qadam_row qadam_collector qadam_glb}
set MODULES {qadam_array qadam_chain_row qadam_sequencer qadam_config qadam_ifmap_feed
  qadam_filter_feed qadam_psum_unit qadam_regs qadam_dispatch qadam_load qadam_store}
set WIDE {qadam_collector qadam_glb}
set DEEP {qadam_top qadam_chain_row qadam_sequencer qadam_config qadam_load qadam_ifmap_feed
  qadam_filter_feed qadam_psum_unit}

# Read an RTLIL file: for every module its sources, parameters and instances, as the arrays
# source, parameters and children of the caller.
proc read_modules {file} {
  upvar source source parameters parameters children children
  set in [open $file]
  set src ""
  set module ""
  while {[gets $in line] >= 0} {
    if {[string match "attribute \\\\src *" $line]} {
      regexp {"([^":]*):} $line all src
    } elseif {[string match "module *" $line]} {
      set module [lindex [split $line] 1]
      set source($module) $src
      set parameters($module) {}
      set children($module) {}
    } elseif {[string match "  parameter *" $line]} {
      lappend parameters($module) [string range $line 2 end]
    } elseif {[regexp {^  cell (\S+) } $line all type]} {
      if {$type ni $children($module)} {
        lappend children($module) $type
      }
    }
  }
  close $in
}
