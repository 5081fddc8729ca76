// SPDX-License-Identifier: Apache-2.0
//
// Number of leading zeros of value_i; Width if it is 0.

module qadam_fp_zeros #(
    parameter int unsigned Width = 28,
    localparam int unsigned CountWidth = $clog2(Width + 1)
) (
    input  logic [     Width-1:0] value_i,
    output logic [CountWidth-1:0] zeros_o
);

  // Padded with ones below to 2^LEVELS bits; each level asks whether the upper half is zero.
  localparam int unsigned LEVELS = $clog2(Width + 1);
  localparam int unsigned SIZE = 1 << LEVELS;

  logic [SIZE-1:0] rest;
  always_comb begin
    rest = {value_i, {(SIZE - Width) {1'b1}}};
    for (int unsigned k = 0; k < LEVELS; k++) begin
      zeros_o[LEVELS-1-k] = rest >> (SIZE - (SIZE >> (k + 1))) == '0;
      if (zeros_o[LEVELS-1-k]) rest = rest << (SIZE >> (k + 1));
    end
  end

endmodule
