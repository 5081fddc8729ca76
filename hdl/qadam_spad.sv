// SPDX-License-Identifier: Apache-2.0
//
// Scratchpad of a PE: one read port, one write port of Lanes adjacent words.
//
// Word w is written from lane w mod Lanes when we_i is high, its group w / Lanes is
// selected and (with Masked) its lane's mask bit is set. Reading is combinational. Reading a
// word in the cycle in which it is written is forbidden, so that both styles behave alike.
// Addresses come twice, binary and one-hot: simulation uses the binary ones, synthesis the
// one-hot ones, which are decoded once per array row.
// Latches are open in the second half of the cycle of the write: we_i, wsel_i and wmask_i must be
// there in its first half, wdata_i before its end.

module qadam_spad #(
    parameter int unsigned Words = 24,
    parameter int unsigned Width = 16,
    parameter int unsigned Lanes = 1,
    parameter int unsigned Masked = 1,
    parameter int unsigned Latch = 1,
    localparam int unsigned Groups = (Words + Lanes - 1) / Lanes,
    localparam int unsigned AddrWidth = Words > 1 ? $clog2(Words) : 1,
    localparam int unsigned GroupWidth = Groups > 1 ? $clog2(Groups) : 1
) (
    input  logic                   clk_i,
    // write
    input  logic                   we_i,
    input  logic [ GroupWidth-1:0] wgroup_i,
    input  logic [     Groups-1:0] wsel_i,
    input  logic [      Lanes-1:0] wmask_i,
    input  logic [Lanes*Width-1:0] wdata_i,
    // read
    input  logic [  AddrWidth-1:0] raddr_i,
    input  logic [      Words-1:0] rsel_i,
    output logic [      Width-1:0] rdata_o
);

`ifdef SYNTHESIS
  logic [Words*Width-1:0] mem;
  logic clk_n;
  assign clk_n = ~clk_i;

  for (genvar g = 0; g < Groups; g++) begin : gen_group
    if (Masked == 0) begin : gen_whole
      localparam int unsigned SIZE = (g + 1) * Lanes > Words ? Words - g * Lanes : Lanes;
      qadam_spad_word #(
          .Width(SIZE * Width),
          .Latch(Latch)
      ) u_word (
          .clk_i,
          .clk_n_i(clk_n),
          .we_i(we_i & wsel_i[g]),
          .wdata_i(wdata_i[SIZE*Width-1:0]),
          .rdata_o(mem[g*Lanes*Width+:SIZE*Width])
      );
    end else begin : gen_lanes
      for (genvar l = 0; l < Lanes; l++) begin : gen_lane
        if (g * Lanes + l < Words) begin : gen_word
          qadam_spad_word #(
              .Width(Width),
              .Latch(Latch)
          ) u_word (
              .clk_i,
              .clk_n_i(clk_n),
              .we_i(we_i & wsel_i[g] & wmask_i[l]),
              .wdata_i(wdata_i[l*Width+:Width]),
              .rdata_o(mem[(g*Lanes+l)*Width+:Width])
          );
        end
      end
    end
  end

  always_comb begin
    rdata_o = '0;
    for (int unsigned w = 0; w < Words; w++) begin
      rdata_o = rdata_o | (mem[w*Width+:Width] & {Width{rsel_i[w]}});
    end
  end

  logic unused_binary;
  assign unused_binary = ^{raddr_i, wgroup_i, wmask_i};
`else
  logic [Width-1:0] mem_q[Words];

  always_ff @(posedge clk_i) begin
    if (we_i) begin
      for (int unsigned l = 0; l < Lanes; l++) begin
        if ((Masked == 0 || wmask_i[l]) && 32'(wgroup_i) * Lanes + l < Words) begin
          mem_q[AddrWidth'(32'(wgroup_i)*Lanes+l)] <= wdata_i[l*Width+:Width];
        end
      end
    end
  end

  assign rdata_o = mem_q[raddr_i];

  logic unused_onehot;
  assign unused_onehot = ^{rsel_i, wsel_i, Latch};
`endif

endmodule
