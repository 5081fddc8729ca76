// SPDX-License-Identifier: Apache-2.0
//
// Token counter between two units: give_i adds one, take_i removes one; any_o says that
// there is one to take (registered).

`include "qadam_assert.svh"

module qadam_tokens (
    input  logic clk_i,
    input  logic rst_ni,
    input  logic give_i,
    input  logic take_i,
    output logic any_o
);

  logic [7:0] count_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) count_q <= '0;
    else count_q <= count_q + 8'(give_i) - 8'(take_i);
  end
  assign any_o = count_q != '0;

  `QADAM_ASSERT(TakeOnlyIfAny, !take_i || any_o)
  `QADAM_ASSERT(NoWrap, !(give_i && !take_i && (&count_q)))

endmodule
