# SPDX-License-Identifier: Apache-2.0
#
# Process facts of the FreePDK45 kit that are not in its Liberty view. Evaluated by
# proc kit of the scripts in synth_flows/.

array set kit {
  name                  freepdk45
  corner                typical
  voltage_v             1.1
  temperature_c         25
  wire_model            none
  driving_cell          BUF_X4
  load_ff               5.0
  input_transition_ns   0.02
  clock_transition_ns   0.02
  latches               {DLH_X1 G D Q  DLL_X1 GN D Q}
  clock_gate            CLKGATE
  clock_gate_output     GCK
}
