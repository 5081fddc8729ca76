// SPDX-License-Identifier: Apache-2.0
//
// Multiply-accumulate of the example type shift6: two shifts and an add for a 6-bit weight.

module qadam_mac #(
    parameter int unsigned ActWidth = 8,
    parameter int unsigned WeightWidth = 6,
    parameter int unsigned PsumWidth = 26
) (
    input  logic                   clk_i,
    input  logic                   en_i,
    input  logic [   ActWidth-1:0] act_i,
    input  logic [WeightWidth-1:0] weight_i,
    input  logic [  PsumWidth-1:0] psum_i,
    output logic [  PsumWidth-1:0] psum_o,
    output logic                   ovf_o
);

  localparam int unsigned PRODUCT_WIDTH = ActWidth + 10;

  logic signed [PRODUCT_WIDTH-1:0] first, second, sum, product_q;
  logic signed [PsumWidth-1:0] addend;

  assign first = PRODUCT_WIDTH'($signed(act_i)) << (4'd9 - 4'(weight_i[4:2]));
  assign second = first >>> weight_i[1:0];
  always_comb begin
    sum = first;
    if (weight_i[1:0] != '0) sum = first + second;
    if (weight_i[4:2] == '1) sum = '0;
  end

  always_ff @(posedge clk_i) begin
    if (en_i) product_q <= weight_i[5] ? -sum : sum;
  end

  assign addend = PsumWidth'(product_q);
  assign psum_o = psum_i + addend;
  assign ovf_o = (psum_i[PsumWidth-1] == addend[PsumWidth-1]) &&
                 (psum_o[PsumWidth-1] != psum_i[PsumWidth-1]);

endmodule
