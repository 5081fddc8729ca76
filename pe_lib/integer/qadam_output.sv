// SPDX-License-Identifier: Apache-2.0
//
// Output stage, one lane: act = saturate(round_half_even(relu(psum) / 2^shift)).
//
// Two cycles: psum_i of cycle n gives act_o in cycle n+2. shift_i < PsumWidth.

module qadam_output #(
    parameter int unsigned PsumWidth = 32,
    parameter int unsigned ActWidth = 16
) (
    input  logic                 clk_i,
    input  logic [PsumWidth-1:0] psum_i,
    input  logic                 relu_i,
    input  logic [          7:0] shift_i,
    output logic [ ActWidth-1:0] act_o
);

  logic signed [PsumWidth-1:0] rectified, floor_d, floor_q;
  logic [PsumWidth-1:0] unit, half_mask, sticky_mask;
  logic half_q, sticky_q, up, negative, at_max, saturate;

  assign unit = PsumWidth'(1) << shift_i;
  assign half_mask = unit >> 1;
  assign sticky_mask = (unit - PsumWidth'(1)) & ~half_mask;
  assign rectified = (relu_i && psum_i[PsumWidth-1]) ? '0 : psum_i;
  assign floor_d = rectified >>> shift_i;

  always_ff @(posedge clk_i) begin
    floor_q <= floor_d;
    half_q <= |(rectified & half_mask);
    sticky_q <= |(rectified & sticky_mask);
  end

  // Out of range before rounding, or rounded up from the largest act. Rounded up from one below
  // the smallest act is the smallest, to which it is saturated here.
  assign up = half_q & (sticky_q | floor_q[0]);
  assign negative = floor_q[PsumWidth-1];
  assign at_max = !negative && &floor_q[ActWidth-2:0] && up;
  assign saturate = at_max ||
                    floor_q[PsumWidth-1:ActWidth-1] != {(PsumWidth - ActWidth + 1) {negative}};

  always_ff @(posedge clk_i) begin
    act_o <= saturate ? {negative, {(ActWidth - 1) {~negative}}}
                      : floor_q[ActWidth-1:0] + ActWidth'(up);
  end

endmodule
