// SPDX-License-Identifier: Apache-2.0
//
// Storage of one scratchpad write group: latches behind one clock gate, or flops with an
// enable. Synthesis only; simulation uses the memory in qadam_spad.
//
// The latches are open in the second half of the write cycle, while we_i and wdata_i of that cycle
// are still there; so the gate gets the inverted clock, and we_i has to arrive in the first half.

module qadam_spad_word #(
    parameter int unsigned Width = 16,
    parameter int unsigned Latch = 1
) (
    input  logic             clk_i,
    input  logic             clk_n_i,  // inverted clock
    input  logic             we_i,
    input  logic [Width-1:0] wdata_i,
    output logic [Width-1:0] rdata_o
);

  if (Latch != 0) begin : gen_latch
    logic gate;
    qadam_clkgate u_gate (
        .clk_i(clk_n_i),
        .en_i (we_i),
        .clk_o(gate)
    );
    always_latch if (gate) rdata_o = wdata_i;

    logic unused_clk;
    assign unused_clk = clk_i;
  end else begin : gen_flop
    logic unused_clk;
    assign unused_clk = clk_n_i;
    always_ff @(posedge clk_i) if (we_i) rdata_o <= wdata_i;
  end

endmodule
