// SPDX-License-Identifier: Apache-2.0
//
// LightPE-1 multiply-accumulate without a multiplier: psum_o = psum_i + act_i * weight.
//
// The weight word is {sign, exponent n}: (-1)^sign * 2^-n for n = 0..6, zero for n = 7. The
// product is act_i << (6 - n), negated by the sign, in units of 2^-6. It is in a register in the
// cycle after the operands (MulLatency 1), inverted for a negative weight; the one that
// completes the negation is the adder's carry in. psum_o is combinational in psum_i (AddLatency 1).
// The sum wraps at PsumWidth; ovf_o tells that it did.

module qadam_mac #(
    parameter int unsigned ActWidth = 8,
    parameter int unsigned WeightWidth = 4,
    parameter int unsigned PsumWidth = 24
) (
    input  logic                   clk_i,
    input  logic                   en_i,
    input  logic [   ActWidth-1:0] act_i,
    input  logic [WeightWidth-1:0] weight_i,
    input  logic [  PsumWidth-1:0] psum_i,
    output logic [  PsumWidth-1:0] psum_o,
    output logic                   ovf_o
);

  localparam int unsigned TERM_WIDTH = ActWidth + 6;

  if (WeightWidth != 4) begin : gen_check_weight
    $error("WeightWidth must be 4: sign and three bits of exponent");
  end
  if (PsumWidth < TERM_WIDTH + 1) begin : gen_check_psum
    $error("PsumWidth must hold a whole product: ActWidth + 7 bits");
  end

  logic signed [TERM_WIDTH-1:0] shifted, term_q;
  logic signed [PsumWidth-1:0] addend;
  logic negative_q, unused_one;

  assign shifted = weight_i[2:0] == 3'd7 ? '0
                                         : TERM_WIDTH'($signed(act_i)) << (3'd6 - weight_i[2:0]);

  always_ff @(posedge clk_i) begin
    if (en_i) begin
      term_q <= shifted ^ {TERM_WIDTH{weight_i[3]}};
      negative_q <= weight_i[3];
    end
  end

  assign addend = PsumWidth'(term_q);
  assign {psum_o, unused_one} = {psum_i, 1'b1} + {addend, negative_q};
  assign ovf_o = (psum_i[PsumWidth-1] == addend[PsumWidth-1]) &&
                 (psum_o[PsumWidth-1] != psum_i[PsumWidth-1]);

endmodule
