# SPDX-License-Identifier: Apache-2.0
#
# Reading a design and finding its modules by their source name.

# Read Verilog files for synthesis, parameters still open.
proc read_sources {files} {
  set includes {}
  foreach dir $::env(QADAM_INCLUDES) {
    lappend includes -I$dir
  }
  read_verilog -sv -defer {*}$includes {*}$files
}

# Names of all modules whose source name is one of bases: the name itself or a
# parameterised copy of it ($paramod...\base...).
proc modules_of {bases} {
  set file $::env(QADAM_WORK)/modules.txt
  tee -q -o $file ls
  set in [open $file]
  set text [read $in]
  close $in
  set found {}
  foreach line [split $text \n] {
    set name [string trim $line]
    foreach base $bases {
      if {$name eq $base || [regexp "^\\\$paramod.*\\\\$base\(\\\\.*\)?\$" $name]} {
        lappend found $name
      }
    }
  }
  return $found
}
