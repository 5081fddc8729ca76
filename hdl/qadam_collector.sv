// SPDX-License-Identifier: Apache-2.0
//
// Column collector: two banks of PsumWords psums. One bank takes the psums that the bottom
// PE emits, one per cycle; the other is read PsumLanes at a time.

module qadam_collector #(
    parameter int unsigned PsumWords = 24,
    parameter int unsigned PsumLanes = 2,
    parameter int unsigned Width = 33,
    parameter int unsigned Latch = 1
) (
    input  logic                       clk_i,
    // emission
    input  logic                       we_i,
    input  logic                       bank_i,
    input  logic [                7:0] entry_i,
    input  logic [      PsumWords-1:0] sel_i,     // entry_i, one-hot
    input  logic [          Width-1:0] psum_i,
    // read, combinational: psums group_i * PsumLanes + lane
    input  logic                       bank_r_i,
    input  logic [                7:0] group_i,
    output logic [PsumLanes*Width-1:0] psum_o
);

  localparam int unsigned GROUPS = (PsumWords + PsumLanes - 1) / PsumLanes;
  localparam int unsigned WORDS = 2 * GROUPS;
  localparam int unsigned AW = $clog2(WORDS);
  localparam int unsigned LANE_BITS = $clog2(PsumLanes);

  logic [AW-1:0] waddr, raddr;
  assign waddr = AW'(entry_i >> LANE_BITS) + (bank_i ? AW'(GROUPS) : '0);
  assign raddr = AW'(group_i) + (bank_r_i ? AW'(GROUPS) : '0);

  for (genvar l = 0; l < PsumLanes; l++) begin : gen_lane
    logic [GROUPS-1:0] sel;
    for (genvar g = 0; g < GROUPS; g++) begin : gen_sel
      if (g * PsumLanes + l < PsumWords) begin : gen_word
        assign sel[g] = sel_i[g*PsumLanes+l];
      end else begin : gen_none
        assign sel[g] = 1'b0;
      end
    end

    qadam_spad #(
        .Words (WORDS),
        .Width (Width),
        .Lanes (1),
        .Masked(0),
        .Latch (Latch)
    ) u_spad (
        .clk_i,
        .we_i    (we_i && (entry_i & 8'(PsumLanes - 1)) == 8'(l)),
        .wgroup_i(waddr),
        .wsel_i  ({sel & {GROUPS{bank_i}}, sel & {GROUPS{!bank_i}}}),
        .wmask_i ('1),
        .wdata_i (psum_i),
        .raddr_i (raddr),
        .rsel_i  (WORDS'(1) << raddr),
        .rdata_o (psum_o[l*Width+:Width])
    );
  end

  logic unused_high;
  assign unused_high = ^{group_i, entry_i};

endmodule
