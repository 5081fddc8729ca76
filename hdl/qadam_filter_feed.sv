// SPDX-License-Identifier: Apache-2.0
//
// Filter feed: reads the filters that array rows load in this slot from the GLB and puts them on
// the filter bus, one bus word per cycle.
//
// The transfers of a slot start in its first cycle: rows from the top down; per row sets, then bus
// words. Timing and done_o as in qadam_ifmap_feed. The words go to the bank that the row does
// not use; bank 1 starts at write group kf.

module qadam_filter_feed #(
    parameter int unsigned Rows = 12,
    parameter int unsigned BusWidth = 64,
    parameter int unsigned WeightWidth = 16,
    parameter int unsigned WeightMemWidth = 16,
    parameter int unsigned WeightLanes = 4,
    localparam int unsigned DescWidth = qadam_pkg::DESC_WIDTH
) (
    input  logic                               clk_i,
    input  logic                               rst_ni,
    input  qadam_pkg::config_t                 config_i,
    // slot
    input  logic                               load_i,
    input  logic [                   Rows-1:0] pending_i,
    input  logic [         Rows*DescWidth-1:0] rows_i,
    output logic                               done_o,
    output logic                               fire_o,     // a transfer in this cycle
    // GLB read
    output logic                               glb_req_o,
    output logic [                       23:0] glb_addr_o,
    input  logic [               BusWidth-1:0] glb_data_i,
    // filter bus
    output logic [                   Rows-1:0] valid_o,
    output logic [                        7:0] set_o,
    output logic [                       15:0] group_o,
    output logic [WeightLanes*WeightWidth-1:0] data_o
);

  // ---- Stage 1: which transfer ----------------------------------------------------------------

  logic [Rows-1:0] pending_q, sel;
  logic [DescWidth-1:0] source_bits;
  qadam_pkg::desc_t source;
  logic [15:0] word_q, group_q;
  logic [7:0] set_q;
  logic fire, last_word, last_group;

  assign sel = pending_q & (~pending_q + Rows'(1));

  always_comb begin
    source_bits = '0;
    for (int unsigned r = 0; r < Rows; r++) begin
      source_bits = source_bits | (rows_i[DescWidth*r+:DescWidth] & {DescWidth{sel[r]}});
    end
  end
  assign source = source_bits;

  assign fire = |pending_q;
  assign last_group = group_q + 16'd1 == config_i.kf;
  assign last_word = word_q + 16'd1 == config_i.row_words;
  assign done_o = (pending_q & ~(sel & {Rows{last_word}})) == '0;
  assign fire_o = fire;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) pending_q <= '0;
    else if (load_i) pending_q <= pending_i;
    else if (last_word) pending_q <= pending_q & ~sel;
  end

  always_ff @(posedge clk_i) begin
    if (load_i || fire && last_word) begin
      word_q <= '0;
      group_q <= '0;
      set_q <= '0;
    end else if (fire) begin
      word_q <= word_q + 16'd1;
      group_q <= last_group ? '0 : group_q + 16'd1;
      if (last_group) set_q <= set_q + 8'd1;
    end
  end

  // ---- Stages 2 to 4: address, GLB, bus ---------------------------------------------------------

  logic [Rows-1:0] row2_q, row3_q, row4_q;
  logic [7:0] set2_q, set3_q, set4_q;
  logic [15:0] group2_q, group3_q, group4_q;
  logic [23:0] addr2_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      row2_q <= '0;
      row3_q <= '0;
      row4_q <= '0;
      valid_o <= '0;
    end else begin
      row2_q <= sel;
      row3_q <= row2_q;
      row4_q <= row3_q;
      valid_o <= row4_q;
    end
  end

  always_ff @(posedge clk_i) begin
    if (fire) begin
      addr2_q <= source.filter_addr + 24'(word_q);
      set2_q <= set_q;
      group2_q <= group_q + (source.bank ? '0 : config_i.kf);
    end
    if (|row2_q) begin
      glb_addr_o <= addr2_q;
      set3_q <= set2_q;
      group3_q <= group2_q;
    end
    if (|row3_q) begin
      set4_q <= set3_q;
      group4_q <= group3_q;
    end
    if (|row4_q) begin
      set_o <= set4_q;
      group_o <= group4_q;
    end
  end
  assign glb_req_o = |row3_q;

  for (genvar l = 0; l < WeightLanes; l++) begin : gen_lane
    always_ff @(posedge clk_i) begin
      if (|row4_q) data_o[WeightWidth*l+:WeightWidth] <= glb_data_i[WeightMemWidth*l+:WeightWidth];
    end
  end

  logic unused_fields;
  assign unused_fields = ^{source, config_i, glb_data_i};

endmodule
