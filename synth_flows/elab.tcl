# SPDX-License-Identifier: Apache-2.0
#
# Elaborates a design: everything but the PE, cut into units, and the parameters of the PE.
#
# Inputs    QADAM_DESIGN    folder of the generated design, entered first
#           QADAM_FILES     Tcl list of its Verilog files, relative
#           QADAM_INCLUDES  Tcl list of its include folders, relative
#           QADAM_TOP       top module
#           QADAM_FLOW      folder of these scripts
#           QADAM_FLAT      1: no blocks and modules, all but the PE is dissolved into the top
# Outputs   QADAM_WORK/top.il     the design, PE as a black box
#           QADAM_WORK/pe.params  "name value" lines
#           QADAM_WORK/units.txt  a line "NAME KIND" for each unit (units.tcl), the top
#                                 module last
#           QADAM_WORK/NAME.key   what the unit depends on: "kind", "parameter", "child" (a unit
#                                 or the PE in it) and "file" lines, files relative to
#                                 QADAM_DESIGN

yosys -import

source $::env(QADAM_FLOW)/modules.tcl
source $::env(QADAM_FLOW)/units.tcl

# Files that hold no module: packages and headers, which any module may use.
proc common_files {} {
  set found {}
  foreach file $::env(QADAM_FILES) {
    set in [open $file]
    if {![regexp -line {^\s*module\s} [read $in]]} {
      lappend found $file
    }
    close $in
  }
  foreach dir $::env(QADAM_INCLUDES) {
    lappend found {*}[glob -nocomplain $dir/*.svh]
  }
  return [lsort $found]
}

# "file" lines of a module and of all below it down to the next units, "child" lines of these.
proc made_of {module units} {
  upvar source source children children
  set seen [list $module]
  set lines {}
  for {set i 0} {$i < [llength $seen]} {incr i} {
    set name [lindex $seen $i]
    lappend lines "file $source($name)"
    foreach child $children($name) {
      if {$child in $units} {
        lappend lines "child [string range $child 1 end]"
      } elseif {[info exists source($child)] && $child ni $seen} {
        lappend seen $child
      }
    }
  }
  return [lsort -unique $lines]
}

# Give the units plain names: the source name, numbered from the second copy on.
proc name_units {} {
  set names {}
  set dissolved [expr {$::env(QADAM_FLAT) ? [concat $::BLOCKS qadam_array] : ""}]
  foreach {kind bases} [list block $::BLOCKS module $::MODULES top $::env(QADAM_TOP)] {
    foreach base $bases {
      set uses 0
      foreach module [modules_of $base] {
        set name [expr {[incr uses] > 1 ? "${base}_$uses" : $base}]
        rename_module $module $name
        lappend names $name [expr {$base in $dissolved ? "logic" : $kind}]
      }
    }
  }
  return $names
}

proc rename_module {module name} {
  if {$module ne $name} {
    chtype -set $name t:$module
    yosys rename $module $name
  }
}

proc write_units {work units} {
  array set source {}
  array set parameters {}
  array set children {}
  read_modules $work/top.il
  set common [common_files]
  set borders [list \\qadam_pe]
  foreach {name kind} $units {
    lappend borders \\$name
  }
  set list [open $work/units.txt w]
  foreach {name kind} $units {
    set key [open $work/$name.key w]
    puts $key "kind $kind"
    foreach line [lsort $parameters(\\$name)] {
      puts $key $line
    }
    foreach path $common {
      puts $key "file $path"
    }
    puts $key [join [made_of \\$name $borders] \n]
    close $key
    puts $list "$name $kind"
  }
  close $list
}

# Parameters of the PE from the text, where the PE is still whole.
proc write_pe_parameters {work pe} {
  array set source {}
  array set parameters {}
  array set children {}
  select $pe
  write_rtlil -selected $work/pe_head.il
  select -clear
  read_modules $work/pe_head.il
  file delete $work/pe_head.il
  set out [open $work/pe.params w]
  set name [expr {[string index $pe 0] eq "$" ? $pe : "\\$pe"}]
  foreach line $parameters($name) {
    if {[regexp {^parameter \\(\S+) (\d+)$} $line all name value]} {
      puts $out "$name $value"
    }
  }
  close $out
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
  write_pe_parameters $work $pe
  rename_module $pe qadam_pe
  blackbox qadam_pe
  hierarchy -check -top $::env(QADAM_TOP)
  set units [name_units]
  write_rtlil $work/top.il
  write_units $work $units
}

main
