// SPDX-License-Identifier: Apache-2.0
//
// The modules of a PE type for the proofs of tests/pe_proof.c, each with the register that its
// user has behind it.
//
// The psum of an operand pair comes MulLatency cycles after it and the sum is there AddLatency
// cycles later; a_i + b_i takes PsumAddLatency cycles, the output stage two.

module qadam_pe_harness #(
    parameter int unsigned ActWidth = 16,
    parameter int unsigned WeightWidth = 16,
    parameter int unsigned PsumWidth = 32,
    parameter int unsigned MulLatency = 1,
    parameter int unsigned AddLatency = 1
) (
    input  logic                   clk_i,
    // multiply-accumulate
    input  logic [   ActWidth-1:0] act_i,
    input  logic [WeightWidth-1:0] weight_i,
    input  logic [  PsumWidth-1:0] psum_i,
    output logic [  PsumWidth-1:0] sum_o,
    output logic                   ovf_o,
    // psum accumulator
    input  logic [  PsumWidth-1:0] a_i,
    input  logic [  PsumWidth-1:0] b_i,
    output logic [  PsumWidth-1:0] add_o,
    output logic                   add_ovf_o,
    // output stage
    input  logic [  PsumWidth-1:0] out_i,
    input  logic                   relu_i,
    input  logic [            7:0] shift_i,
    output logic [   ActWidth-1:0] out_o
);

  logic [PsumWidth-1:0] sum, add;
  logic ovf, add_ovf;

  qadam_mac #(
      .ActWidth   (ActWidth),
      .WeightWidth(WeightWidth),
      .PsumWidth  (PsumWidth)
  ) u_mac (
      .clk_i,
      .en_i    ({(MulLatency + AddLatency - 1) {1'b1}}),
      .act_i,
      .weight_i,
      .psum_i,
      .psum_o  (sum),
      .ovf_o   (ovf)
  );

  qadam_psum_add #(
      .PsumWidth(PsumWidth)
  ) u_add (
      .clk_i,
      .a_i,
      .b_i,
      .sum_o(add),
      .ovf_o(add_ovf)
  );

  qadam_output #(
      .PsumWidth(PsumWidth),
      .ActWidth (ActWidth)
  ) u_output (
      .clk_i,
      .psum_i (out_i),
      .relu_i,
      .shift_i,
      .act_o  (out_o)
  );

  always_ff @(posedge clk_i) begin
    sum_o <= sum;
    ovf_o <= ovf;
    add_o <= add;
    add_ovf_o <= add_ovf;
  end

endmodule
