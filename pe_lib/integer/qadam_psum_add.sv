// SPDX-License-Identifier: Apache-2.0
//
// Adder of the psum accumulator at the global buffer, one lane. It is combinational and its user
// registers the sum (PsumAddLatency 1).
// Two's complement; wraps at PsumWidth and says so in ovf_o.

module qadam_psum_add #(
    parameter int unsigned PsumWidth = 32
) (
    input  logic                 clk_i,
    input  logic [PsumWidth-1:0] a_i,
    input  logic [PsumWidth-1:0] b_i,
    output logic [PsumWidth-1:0] sum_o,
    output logic                 ovf_o
);

  assign sum_o = a_i + b_i;
  assign ovf_o = (a_i[PsumWidth-1] == b_i[PsumWidth-1]) && (sum_o[PsumWidth-1] != a_i[PsumWidth-1]);

  logic unused_clk;
  assign unused_clk = clk_i;

endmodule
