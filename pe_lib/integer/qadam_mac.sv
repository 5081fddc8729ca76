// SPDX-License-Identifier: Apache-2.0
//
// Integer multiply-accumulate: psum_o = psum_i + act_i * weight_i, two's complement.
//
// The product of the operands of cycle n is in a register in cycle n+1 (MulLatency 1) and is
// added to the psum_i of that cycle; psum_o is combinational in psum_i (the PE registers it:
// AddLatency 1). en_i enables the product register. The sum wraps at PsumWidth; ovf_o
// tells that it did.

module qadam_mac #(
    parameter int unsigned ActWidth = 16,
    parameter int unsigned WeightWidth = 16,
    parameter int unsigned PsumWidth = 32
) (
    input  logic                   clk_i,
    input  logic                   en_i,
    input  logic [   ActWidth-1:0] act_i,
    input  logic [WeightWidth-1:0] weight_i,
    input  logic [  PsumWidth-1:0] psum_i,
    output logic [  PsumWidth-1:0] psum_o,
    output logic                   ovf_o
);

  localparam int unsigned PRODUCT_WIDTH = ActWidth + WeightWidth;

  if (PsumWidth < PRODUCT_WIDTH) begin : gen_check_psum
    $error("PsumWidth must hold a whole product: ActWidth + WeightWidth bits");
  end

  logic signed [PRODUCT_WIDTH-1:0] product_q;
  logic signed [PsumWidth-1:0] addend;

  always_ff @(posedge clk_i) begin
    if (en_i) product_q <= PRODUCT_WIDTH'($signed(act_i)) * PRODUCT_WIDTH'($signed(weight_i));
  end

  assign addend = PsumWidth'(product_q);
  assign psum_o = psum_i + addend;
  assign ovf_o = (psum_i[PsumWidth-1] == addend[PsumWidth-1]) &&
                 (psum_o[PsumWidth-1] != psum_i[PsumWidth-1]);

endmodule
