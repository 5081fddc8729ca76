// SPDX-License-Identifier: Apache-2.0
//
// IEEE 754 binary32 adder: sum_o = a_i + b_i, rounded to nearest, ties to even.
//
// Subnormal operands and results, infinities and NaN; every NaN result is 0x7fc00000; an exact zero
// sum of different signs is +0. With FTZ 1 subnormal operands count as zeros of their sign
// and subnormal results become zeros. Three registers, en_i[k] enables that of stage k; sum_o is
// combinational behind the last, and its user registers it.

module qadam_fp_add (
    input  logic        clk_i,
    input  logic [ 2:0] en_i,
    input  logic [31:0] a_i,
    input  logic [31:0] b_i,
    output logic [31:0] sum_o
);

  // ---- Stage 0: the larger magnitude first ------------------------------------------------------

  logic [31:0] a, b, more, less, more0_q, less0_q;
  logic [7:0] distance0_q;

  assign a = qadam_float_pkg::FTZ != 0 && a_i[30:23] == '0 ? {a_i[31], 31'd0} : a_i;
  assign b = qadam_float_pkg::FTZ != 0 && b_i[30:23] == '0 ? {b_i[31], 31'd0} : b_i;
  assign {more, less} = a[30:0] >= b[30:0] ? {a, b} : {b, a};

  always_ff @(posedge clk_i) begin
    if (en_i[0]) begin
      more0_q <= more;
      less0_q <= less;
      distance0_q <= (more[30:23] - 8'(more[30:23] != '0)) - (less[30:23] - 8'(less[30:23] != '0));
    end
  end

  // ---- Stage 1: align with guard, round and sticky bit, add or subtract -------------------------

  logic [26:0] upper, lower, aligned;
  logic [27:0] sum1_q;  // bit 26 has the weight of exponent1_q
  logic [53:0] wide;
  logic [7:0] exponent1_q;
  logic subtract, sign1_q, subtract1_q, nan1_q, inf1_q;

  assign subtract = more0_q[31] ^ less0_q[31];
  assign upper = {more0_q[30:23] != '0, more0_q[22:0], 3'd0};
  assign lower = {less0_q[30:23] != '0, less0_q[22:0], 3'd0};
  assign wide = {lower, 27'd0} >> (distance0_q > 8'd27 ? 5'd27 : distance0_q[4:0]);
  assign aligned = {wide[53:28], wide[27:0] != '0};

  always_ff @(posedge clk_i) begin
    if (en_i[1]) begin
      sum1_q <= subtract ? 28'(upper) - 28'(aligned) : 28'(upper) + 28'(aligned);
      exponent1_q <= more0_q[30:23] == '0 ? 8'd1 : more0_q[30:23];
      sign1_q <= more0_q[31];
      subtract1_q <= subtract;
      nan1_q <= more0_q[30:23] == '1 &&
                (more0_q[22:0] != '0 || (less0_q[30:23] == '1 && subtract));
      inf1_q <= more0_q[30:23] == '1;
    end
  end

  // ---- Stage 2: left by the leading zeros, but only until the exponent is 1 ---------------------

  logic [4:0] zeros, shift;
  logic [27:0] sum2_q;
  logic [8:0] exponent2_q;
  logic limited, sign2_q, nan2_q, inf2_q;

  qadam_fp_zeros #(
      .Width(28)
  ) u_zeros (
      .value_i(sum1_q),
      .zeros_o(zeros)
  );

  assign limited = 8'(zeros) > exponent1_q;
  assign shift = limited ? exponent1_q[4:0] : zeros;

  always_ff @(posedge clk_i) begin
    if (en_i[2]) begin
      sum2_q <= sum1_q << shift;
      exponent2_q <= 9'(exponent1_q) + 9'd1 - 9'(shift);
      sign2_q <= sum1_q == '0 && subtract1_q ? 1'b0 : sign1_q;
      nan2_q <= nan1_q;
      inf2_q <= inf1_q;
    end
  end

  // ---- Stage 3: round, pack ---------------------------------------------------------------------

  logic [30:0] rounded;
  logic up, inf;

  assign up = sum2_q[3] && (sum2_q[4] || sum2_q[2:0] != '0);
  assign rounded = {sum2_q[27] ? exponent2_q[7:0] : 8'd0, sum2_q[26:4]} + 31'(up);
  assign inf = inf2_q || exponent2_q >= 9'd255;

  always_comb begin
    if (nan2_q) sum_o = 32'h7fc00000;
    else if (inf) sum_o = {sign2_q, 31'h7f800000};
    else if (qadam_float_pkg::FTZ != 0 && !sum2_q[27]) sum_o = {sign2_q, 31'd0};
    else sum_o = {sign2_q, rounded};
  end

endmodule
