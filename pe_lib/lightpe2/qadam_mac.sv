// SPDX-License-Identifier: Apache-2.0
//
// LightPE-2 multiply-accumulate without a multiplier: psum_o = psum_i + act_i * weight.
//
// The weight word is two terms {sign, exponent n}: each (-1)^sign * 2^-n for n = 0..6, zero for
// n = 7; the weight is their sum. The product is two shifts, act_i << (6 - n), and one add, in
// units of 2^-6. It is in a register in the cycle after the operands (MulLatency 1). A negative
// term is inverted; of the two ones that complete the negations, one is the carry in of that add
// and one that of the accumulation. psum_o is combinational in psum_i (AddLatency 1). The sum
// wraps at PsumWidth; ovf_o tells that it did.

module qadam_mac #(
    parameter int unsigned ActWidth = 8,
    parameter int unsigned WeightWidth = 8,
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
  localparam int unsigned SUM_WIDTH = TERM_WIDTH + 1;

  if (WeightWidth != 8) begin : gen_check_weight
    $error("WeightWidth must be 8: two terms of four bits");
  end
  if (PsumWidth < SUM_WIDTH + 1) begin : gen_check_psum
    $error("PsumWidth must hold a whole product: ActWidth + 8 bits");
  end

  // act_i times one term, without the one that completes a negation.
  function automatic logic signed [TERM_WIDTH-1:0] term(input logic signed [ActWidth-1:0] act,
                                                        input logic [3:0] code);
    term = code[2:0] == 3'd7 ? '0 : TERM_WIDTH'(act) << (3'd6 - code[2:0]);
    term = term ^ {TERM_WIDTH{code[3]}};
  endfunction

  logic signed [TERM_WIDTH-1:0] high, low;
  logic signed [SUM_WIDTH-1:0] sum, sum_q;
  logic signed [PsumWidth-1:0] addend;
  logic negative_q, unused_term, unused_one;

  assign high = term(act_i, weight_i[7:4]);
  assign low = term(act_i, weight_i[3:0]);
  assign {sum, unused_term} = {SUM_WIDTH'(high), 1'b1} + {SUM_WIDTH'(low), weight_i[3]};

  always_ff @(posedge clk_i) begin
    if (en_i) begin
      sum_q <= sum;
      negative_q <= weight_i[7];
    end
  end

  assign addend = PsumWidth'(sum_q);
  assign {psum_o, unused_one} = {psum_i, 1'b1} + {addend, negative_q};
  assign ovf_o = (psum_i[PsumWidth-1] == addend[PsumWidth-1]) &&
                 (psum_o[PsumWidth-1] != psum_i[PsumWidth-1]);

endmodule
