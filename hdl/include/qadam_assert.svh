// SPDX-License-Identifier: Apache-2.0
//
// The assertion macro of the project; empty in synthesis.

`ifndef QADAM_ASSERT_SVH
`define QADAM_ASSERT_SVH
`ifdef SYNTHESIS
`define QADAM_ASSERT(name, prop)
`else
`define QADAM_ASSERT(name, prop) \
  name: assert property (@(posedge clk_i) disable iff (!rst_ni) (prop)) \
    else $error("%m: %s", `"name`");
`endif
`endif
