// SPDX-License-Identifier: Apache-2.0
//
// IEEE 754 binary32 multiplier: product_o = a_i * b_i, rounded to nearest, ties to even.
//
// Subnormal operands and results, infinities and NaN; every NaN result is 0x7fc00000. With FTZ 1
// subnormal operands count as zeros of their sign and subnormal results, before rounding, become
// zeros. Four cycles; en_i[k] enables the registers of stage k, and the result is the last
// of them.

module qadam_fp_mul (
    input  logic        clk_i,
    input  logic [ 3:0] en_i,
    input  logic [31:0] a_i,
    input  logic [31:0] b_i,
    output logic [31:0] product_o
);

  // ---- Stage 0: unpack, two halves of the product of the significands ---------------------------

  logic [23:0] ma, mb;
  logic [35:0] low_q, high_q;
  logic [9:0] exponent0_q;  // of a product with its leading one at bit 46; two's complement
  logic sign0_q, nan0_q, inf0_q, a_sub, b_sub, a_max, b_max, a_zero, b_zero;

  assign a_sub = a_i[30:23] == '0;
  assign b_sub = b_i[30:23] == '0;
  assign a_max = a_i[30:23] == '1;
  assign b_max = b_i[30:23] == '1;
  assign ma = a_sub && qadam_float_pkg::FTZ != 0 ? '0 : {!a_sub, a_i[22:0]};
  assign mb = b_sub && qadam_float_pkg::FTZ != 0 ? '0 : {!b_sub, b_i[22:0]};
  assign a_zero = ma == '0;
  assign b_zero = mb == '0;

  always_ff @(posedge clk_i) begin
    if (en_i[0]) begin
      low_q <= 36'(ma) * 36'(mb[11:0]);
      high_q <= 36'(ma) * 36'(mb[23:12]);
      exponent0_q <= 10'(a_i[30:23]) + 10'(a_sub) + 10'(b_i[30:23]) + 10'(b_sub) - 10'd127;
      sign0_q <= a_i[31] ^ b_i[31];
      nan0_q <= (a_max && (a_i[22:0] != '0 || b_zero)) || (b_max && (b_i[22:0] != '0 || a_zero));
      inf0_q <= a_max || b_max;
    end
  end

  // ---- Stage 1: product -------------------------------------------------------------------------

  logic [47:0] product1_q;
  logic [9:0] exponent1_q;
  logic sign1_q, nan1_q, inf1_q;

  always_ff @(posedge clk_i) begin
    if (en_i[1]) begin
      product1_q <= {high_q, 12'd0} + 48'(low_q);
      exponent1_q <= exponent0_q;
      sign1_q <= sign0_q;
      nan1_q <= nan0_q;
      inf1_q <= inf0_q;
    end
  end

  // ---- Stage 2: shift amount and exponent -------------------------------------------------------

  // The product goes left by its leading zeros, but only until its exponent is 1, or right until
  // its exponent is 1. shift is that plus 26; products that go right by 26 or more round to zero.
  logic [5:0] zeros;
  logic [6:0] shift, shift2_q;
  logic [9:0] exponent, exponent2_q;
  logic [47:0] product2_q;
  logic sign2_q, nan2_q, inf2_q;

  if (qadam_float_pkg::FTZ != 0) begin : gen_flush
    assign zeros = 6'(!product1_q[47]);  // significands are 1 to 2, or 0
  end else begin : gen_zeros
    qadam_fp_zeros #(
        .Width(48)
    ) u_zeros (
        .value_i(product1_q),
        .zeros_o(zeros)
    );
  end

  always_comb begin
    exponent = 10'd1;
    if (qadam_float_pkg::FTZ != 0) begin
      shift = 7'(zeros) + 7'd26;
      exponent = exponent1_q + 10'd1 - 10'(zeros);
    end else if ($signed(exponent1_q) < -10'sd26) shift = '0;
    else if ($signed(exponent1_q) < $signed(10'(zeros))) shift = 7'(exponent1_q + 10'd26);
    else begin
      shift = 7'(zeros) + 7'd26;
      exponent = exponent1_q + 10'd1 - 10'(zeros);
    end
  end

  always_ff @(posedge clk_i) begin
    if (en_i[2]) begin
      shift2_q <= shift;
      exponent2_q <= exponent;
      product2_q <= product1_q;
      sign2_q <= sign1_q;
      nan2_q <= nan1_q;
      inf2_q <= inf1_q;
    end
  end

  // ---- Stage 3: shift, round, pack --------------------------------------------------------------

  logic [73:0] shifted;
  logic [30:0] rounded;
  logic up, inf, flush;

  assign flush = qadam_float_pkg::FTZ != 0 && (!shifted[73] || $signed(exponent2_q) < 10'sd1);
  assign shifted = 74'(product2_q) << shift2_q;
  assign up = shifted[49] && (shifted[50] || shifted[48:0] != '0);
  assign rounded = {shifted[73] ? exponent2_q[7:0] : 8'd0, shifted[72:50]} + 31'(up);
  assign inf = inf2_q || $signed(exponent2_q) >= 10'sd255;

  always_ff @(posedge clk_i) begin
    if (en_i[3]) begin
      if (nan2_q) product_o <= 32'h7fc00000;
      else if (inf) product_o <= {sign2_q, 31'h7f800000};
      else if (flush) product_o <= {sign2_q, 31'd0};
      else product_o <= {sign2_q, rounded};
    end
  end

endmodule
