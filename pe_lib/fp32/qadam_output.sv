// SPDX-License-Identifier: Apache-2.0
//
// Output stage, one lane, binary32: act = relu_i and negative ? +0 : psum. Nothing is scaled.
//
// Two cycles: psum_i of cycle n gives act_o in cycle n+2.

module qadam_output #(
    parameter int unsigned PsumWidth = 32,
    parameter int unsigned ActWidth = 32
) (
    input  logic                 clk_i,
    input  logic [PsumWidth-1:0] psum_i,
    input  logic                 relu_i,
    input  logic [          7:0] shift_i,
    output logic [ ActWidth-1:0] act_o
);

  logic [PsumWidth-1:0] rectified_q;

  always_ff @(posedge clk_i) begin
    rectified_q <= relu_i && psum_i[PsumWidth-1] ? '0 : psum_i;
    act_o <= rectified_q;
  end

  logic unused_shift;
  assign unused_shift = ^shift_i;

endmodule
