// SPDX-License-Identifier: Apache-2.0
//
// Clock gate: clk_o follows clk_i in cycles whose enable was high at the rising edge.
// Mapped to a library cell in synthesis; used by the latch scratchpads only.

module qadam_clkgate (
    input  logic clk_i,
    input  logic en_i,
    output logic clk_o
);

  logic en_q;
  always_latch if (!clk_i) en_q = en_i;
  assign clk_o = clk_i & en_q;

endmodule
