// SPDX-License-Identifier: Apache-2.0
//
// Adder of the psum accumulator at the global buffer, one lane, binary32.
//
// The operands of cycle n give sum_o in cycle n+4, which its user registers (PsumAddLatency 5: one
// more than the adder has, because that must be odd).

module qadam_psum_add #(
    parameter int unsigned PsumWidth = 32
) (
    input  logic                 clk_i,
    input  logic [PsumWidth-1:0] a_i,
    input  logic [PsumWidth-1:0] b_i,
    output logic [PsumWidth-1:0] sum_o,
    output logic                 ovf_o
);

  logic [31:0] a_q, b_q;

  always_ff @(posedge clk_i) begin
    a_q <= a_i;
    b_q <= b_i;
  end

  qadam_fp_add u_add (
      .clk_i,
      .en_i ('1),
      .a_i  (a_q),
      .b_i  (b_q),
      .sum_o
  );

  assign ovf_o = 1'b0;

endmodule
