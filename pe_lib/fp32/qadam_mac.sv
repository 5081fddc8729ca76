// SPDX-License-Identifier: Apache-2.0
//
// Binary32 multiply-accumulate: psum_o = psum_i + act_i * weight_i, product and sum each rounded
// to nearest even.
//
// MulLatency 4, AddLatency 4: the operands of cycle n meet the psum_i of cycle n+4, and psum_o is
// there in cycle n+7 for the PE's sum register. en_i[k] enables the registers of stage k.
// ovf_o is 0: a sum too large is an infinity.

module qadam_mac #(
    parameter int unsigned ActWidth = 32,
    parameter int unsigned WeightWidth = 32,
    parameter int unsigned PsumWidth = 32
) (
    input  logic                   clk_i,
    input  logic [            6:0] en_i,
    input  logic [   ActWidth-1:0] act_i,
    input  logic [WeightWidth-1:0] weight_i,
    input  logic [  PsumWidth-1:0] psum_i,
    output logic [  PsumWidth-1:0] psum_o,
    output logic                   ovf_o
);

  if (ActWidth != 32 || WeightWidth != 32 || PsumWidth != 32) begin : gen_check_width
    $error("ActWidth, WeightWidth and PsumWidth must be 32");
  end

  logic [31:0] product;

  qadam_fp_mul u_mul (
      .clk_i,
      .en_i     (en_i[3:0]),
      .a_i      (act_i),
      .b_i      (weight_i),
      .product_o(product)
  );

  qadam_fp_add u_add (
      .clk_i,
      .en_i (en_i[6:4]),
      .a_i  (psum_i),
      .b_i  (product),
      .sum_o(psum_o)
  );

  assign ovf_o = 1'b0;

endmodule
