// SPDX-License-Identifier: Apache-2.0
//
// The step of one context, out of all contexts; combinational.

module qadam_context_mux #(
    parameter int unsigned Width = qadam_pkg::STEP_WIDTH
) (
    input  logic [qadam_pkg::CONTEXTS*Width-1:0] contexts_i,
    input  logic [                          1:0] ctx_i,
    output logic [                    Width-1:0] step_o
);

  // Written as AND-OR: a part select with a variable index would become a shifter.
  always_comb begin
    step_o = '0;
    for (int unsigned c = 0; c < qadam_pkg::CONTEXTS; c++) begin
      step_o = step_o | (contexts_i[c*Width+:Width] & {Width{32'(ctx_i) == c}});
    end
  end

endmodule
