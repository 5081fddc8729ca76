// SPDX-License-Identifier: Apache-2.0
//
// Processing element: ifmap, filter and psum spads and one MAC.
//
// All control comes from the row; the PE holds data only. With t the cycle of read_en_i:
//   t                             ifmap and filter spads are read into the operand registers
//   t+1 .. t+MulLatency           the MAC makes the product
//   t+1+MulLatency                the psum spad is read (or zero, psum_init_i)
//   t+MulLatency+AddLatency       psum_en_i: the sum register is written
//   t+1+MulLatency+AddLatency     psum_we_i: the sum, or with psum_chain_i the sum of the PE
//                                 above (psum_i), is written into the psum spad
// mac_en_i[k] is the enable of the registers in the MAC that are written in cycle t+1+k:
// MulLatency of the product, then AddLatency - 1 of the sum. A psum is {sticky overflow, value}.
// psum_o is the sum register.

module qadam_pe #(
    parameter int unsigned IfmapWords = 24,
    parameter int unsigned FilterWords = 224,
    parameter int unsigned PsumWords = 24,
    parameter int unsigned ActWidth = 16,
    parameter int unsigned WeightWidth = 16,
    parameter int unsigned PsumWidth = 32,
    parameter int unsigned ActLanes = 4,
    parameter int unsigned WeightLanes = 4,
    parameter int unsigned MulLatency = 1,
    parameter int unsigned AddLatency = 1,
    parameter int unsigned LatchSpads = 1,
    localparam int unsigned MacStages = MulLatency + AddLatency - 1,
    localparam int unsigned IfmapGroups = (IfmapWords + ActLanes - 1) / ActLanes,
    localparam int unsigned FilterGroups = (FilterWords + WeightLanes - 1) / WeightLanes,
    localparam int unsigned IfmapAddrWidth = IfmapWords > 1 ? $clog2(IfmapWords) : 1,
    localparam int unsigned FilterAddrWidth = FilterWords > 1 ? $clog2(FilterWords) : 1,
    localparam int unsigned PsumAddrWidth = PsumWords > 1 ? $clog2(PsumWords) : 1,
    localparam int unsigned IfmapGroupWidth = IfmapGroups > 1 ? $clog2(IfmapGroups) : 1,
    localparam int unsigned FilterGroupWidth = FilterGroups > 1 ? $clog2(FilterGroups) : 1
) (
    input  logic                               clk_i,
    // ifmap bus
    input  logic                               ifmap_we_i,
    input  logic [        IfmapGroupWidth-1:0] ifmap_wgroup_i,
    input  logic [            IfmapGroups-1:0] ifmap_wsel_i,
    input  logic [               ActLanes-1:0] ifmap_wmask_i,
    input  logic [      ActLanes*ActWidth-1:0] ifmap_wdata_i,
    // filter bus
    input  logic                               filter_we_i,
    input  logic [       FilterGroupWidth-1:0] filter_wgroup_i,
    input  logic [           FilterGroups-1:0] filter_wsel_i,
    input  logic [WeightLanes*WeightWidth-1:0] filter_wdata_i,
    // operand read
    input  logic                               read_en_i,
    input  logic [         IfmapAddrWidth-1:0] ifmap_raddr_i,
    input  logic [             IfmapWords-1:0] ifmap_rsel_i,
    input  logic [        FilterAddrWidth-1:0] filter_raddr_i,
    input  logic [            FilterWords-1:0] filter_rsel_i,
    input  logic [              MacStages-1:0] mac_en_i,
    // psum read and add
    input  logic                               psum_en_i,
    input  logic                               psum_init_i,
    input  logic [          PsumAddrWidth-1:0] psum_raddr_i,
    input  logic [              PsumWords-1:0] psum_rsel_i,
    // psum write
    input  logic                               psum_we_i,
    input  logic                               psum_chain_i,
    input  logic [          PsumAddrWidth-1:0] psum_waddr_i,
    input  logic [              PsumWords-1:0] psum_wsel_i,
    // chain
    input  logic [                PsumWidth:0] psum_i,
    output logic [                PsumWidth:0] psum_o
);

  logic [ActWidth-1:0] act_d, act_q;
  logic [WeightWidth-1:0] weight_d, weight_q;
  logic [PsumWidth:0] psum, operand, sum_q;
  logic [PsumWidth-1:0] sum;
  logic overflow, sticky;

  qadam_spad #(
      .Words (IfmapWords),
      .Width (ActWidth),
      .Lanes (ActLanes),
      .Masked(1),
      .Latch (LatchSpads)
  ) u_ifmap_spad (
      .clk_i,
      .we_i    (ifmap_we_i),
      .wgroup_i(ifmap_wgroup_i),
      .wsel_i  (ifmap_wsel_i),
      .wmask_i (ifmap_wmask_i),
      .wdata_i (ifmap_wdata_i),
      .raddr_i (ifmap_raddr_i),
      .rsel_i  (ifmap_rsel_i),
      .rdata_o (act_d)
  );

  qadam_spad #(
      .Words (FilterWords),
      .Width (WeightWidth),
      .Lanes (WeightLanes),
      .Masked(0),
      .Latch (LatchSpads)
  ) u_filter_spad (
      .clk_i,
      .we_i    (filter_we_i),
      .wgroup_i(filter_wgroup_i),
      .wsel_i  (filter_wsel_i),
      .wmask_i ('1),
      .wdata_i (filter_wdata_i),
      .raddr_i (filter_raddr_i),
      .rsel_i  (filter_rsel_i),
      .rdata_o (weight_d)
  );

  qadam_spad #(
      .Words (PsumWords),
      .Width (PsumWidth + 1),
      .Lanes (1),
      .Masked(0),
      .Latch (LatchSpads)
  ) u_psum_spad (
      .clk_i,
      .we_i    (psum_we_i),
      .wgroup_i(psum_waddr_i),
      .wsel_i  (psum_wsel_i),
      .wmask_i ('1),
      .wdata_i (psum_chain_i ? psum_i : sum_q),
      .raddr_i (psum_raddr_i),
      .rsel_i  (psum_rsel_i),
      .rdata_o (psum)
  );

  always_ff @(posedge clk_i) begin
    if (read_en_i) begin
      act_q <= act_d;
      weight_q <= weight_d;
    end
  end

  assign operand = psum_init_i ? '0 : psum;

  qadam_mac #(
      .ActWidth   (ActWidth),
      .WeightWidth(WeightWidth),
      .PsumWidth  (PsumWidth)
  ) u_mac (
      .clk_i,
      .en_i    (mac_en_i),
      .act_i   (act_q),
      .weight_i(weight_q),
      .psum_i  (operand[PsumWidth-1:0]),
      .psum_o  (sum),
      .ovf_o   (overflow)
  );

  // The psum's sticky bit on its way beside the adder.
  logic [AddLatency-1:0] sticky_stage;
  assign sticky_stage[0] = operand[PsumWidth];
  for (genvar k = 1; k < AddLatency; k++) begin : gen_sticky
    logic sticky_q;
    always_ff @(posedge clk_i) if (mac_en_i[MulLatency+k-1]) sticky_q <= sticky_stage[k-1];
    assign sticky_stage[k] = sticky_q;
  end
  assign sticky = sticky_stage[AddLatency-1];

  always_ff @(posedge clk_i) begin
    if (psum_en_i) sum_q <= {sticky | overflow, sum};
  end

  assign psum_o = sum_q;

endmodule
