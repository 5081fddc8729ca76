// SPDX-License-Identifier: Apache-2.0
//
// A MAC between registers, as it is in the PE: to measure and check it alone.
//
// With t the cycle of read_en_i: the operands are in registers in t+1; mac_en_i[k] is the enable
// of the MAC's registers written in cycle t+1+k; psum_i is taken in every cycle and is the MAC's
// psum in the next; sum_en_i is the enable of the sum register.

module qadam_mac_unit #(
    parameter int unsigned ActWidth = 16,
    parameter int unsigned WeightWidth = 16,
    parameter int unsigned PsumWidth = 32,
    parameter int unsigned MulLatency = 1,
    parameter int unsigned AddLatency = 1,
    localparam int unsigned MacStages = MulLatency + AddLatency - 1
) (
    input  logic                   clk_i,
    input  logic                   read_en_i,
    input  logic [   ActWidth-1:0] act_i,
    input  logic [WeightWidth-1:0] weight_i,
    input  logic [  MacStages-1:0] mac_en_i,
    input  logic [  PsumWidth-1:0] psum_i,
    input  logic                   sum_en_i,
    output logic [  PsumWidth-1:0] sum_o,
    output logic                   ovf_o
);

  logic [ActWidth-1:0] act_q;
  logic [WeightWidth-1:0] weight_q;
  logic [PsumWidth-1:0] psum_q, sum;
  logic ovf;

  always_ff @(posedge clk_i) begin
    psum_q <= psum_i;
    if (read_en_i) begin
      act_q <= act_i;
      weight_q <= weight_i;
    end
    if (sum_en_i) begin
      sum_o <= sum;
      ovf_o <= ovf;
    end
  end

  qadam_mac #(
      .ActWidth   (ActWidth),
      .WeightWidth(WeightWidth),
      .PsumWidth  (PsumWidth)
  ) u_mac (
      .clk_i,
      .en_i    (mac_en_i),
      .act_i   (act_q),
      .weight_i(weight_q),
      .psum_i  (psum_q),
      .psum_o  (sum),
      .ovf_o   (ovf)
  );

endmodule
