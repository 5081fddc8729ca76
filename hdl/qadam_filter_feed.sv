// SPDX-License-Identifier: Apache-2.0
//
// Filter feed: reads the filters of the rows' next passes from the GLB and puts them on the filter
// bus, one bus word per cycle.
//
// A row that starts a pass hands in the load for its next one (pending_i, with load_i), which has
// time until the row starts that pass. Rows that do so in the next slot (due_i) go first, from the
// top; meanwhile the others wait, one of them perhaps in the middle. Those take turns from the one
// that was last downwards and then from the top again. A row's words come set by set. done_o: no
// due row waits for a transfer after this cycle. The words go to the bank that the row does not
// use; bank 1 starts at write group kf.

`include "qadam_assert.svh"

module qadam_filter_feed #(
    parameter int unsigned Rows = 12,
    parameter int unsigned BusWidth = 64,
    parameter int unsigned WeightWidth = 16,
    parameter int unsigned WeightMemWidth = 16,
    parameter int unsigned WeightLanes = 4
) (
    input  logic                               clk_i,
    input  logic                               rst_ni,
    input  qadam_pkg::config_t                 config_i,
    // rows that hand in a load in the coming slot, and their loads from then on: GLB address and
    // the bank in use
    input  logic                               load_i,
    input  logic [                   Rows-1:0] pending_i,
    input  logic [                24*Rows-1:0] addr_i,
    input  logic [                   Rows-1:0] bank_i,
    input  logic [                   Rows-1:0] due_i,
    output logic                               done_o,
    output logic                               wait_o,     // a due row waits in this cycle
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

  // Place within a row's words.
  typedef struct packed {
    logic [15:0] word;
    logic [15:0] group;
    logic [7:0]  pe_set;
  } place_t;

  logic [Rows-1:0] pending_q, due, turn, turn_sel, sel, left, from_q, from_turn;
  logic [23:0] addr;
  logic use_turn, bank, fire, last_word, last_group;
  place_t place, next_place, turn_q, due_q;  // the latter two rest at 0

  // from_q: the row whose turn it is, and those below it.
  assign turn = |(pending_q & from_q) ? pending_q & from_q : pending_q;
  assign turn_sel = turn & (~turn + Rows'(1));
  assign due = pending_q & due_i;
  assign use_turn = due == '0 || turn_q.word != '0 && |(due & turn_sel);
  assign sel = use_turn ? turn_sel : due & (~due + Rows'(1));
  assign place = use_turn ? turn_q : due_q;

  always_comb begin
    addr = '0;
    for (int unsigned r = 0; r < Rows; r++) addr = addr | (addr_i[24*r+:24] & {24{sel[r]}});
  end
  assign bank = |(bank_i & sel);

  assign fire = |pending_q;
  assign last_group = place.group + 16'd1 == config_i.kf;
  assign last_word = place.word + 16'd1 == config_i.row_words;
  assign left = last_word ? pending_q & ~sel : pending_q;
  assign done_o = (left & due_i) == '0;
  assign wait_o = due != '0;
  assign fire_o = fire;

  always_comb begin
    next_place.word = place.word + 16'd1;
    next_place.group = last_group ? '0 : place.group + 16'd1;
    next_place.pe_set = place.pe_set + 8'(last_group);
    if (last_word) next_place = '0;
  end

  assign from_turn = ~(turn_sel - Rows'(1));
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      pending_q <= '0;
      from_q <= '0;
      turn_q <= '0;
      due_q <= '0;
    end else begin
      pending_q <= load_i ? left | pending_i : left;
      if (fire && use_turn) begin
        from_q <= last_word ? from_turn & ~turn_sel : from_turn;
        turn_q <= next_place;
      end
      if (fire && !use_turn) due_q <= next_place;
    end
  end

  `QADAM_ASSERT(OneLoadPerRow, !load_i || (pending_i & left) == '0)

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
      row2_q <= fire ? sel : '0;
      row3_q <= row2_q;
      row4_q <= row3_q;
      valid_o <= row4_q;
    end
  end

  always_ff @(posedge clk_i) begin
    if (fire) begin
      addr2_q <= addr + 24'(place.word);
      set2_q <= place.pe_set;
      group2_q <= place.group + (bank ? '0 : config_i.kf);
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
  assign unused_fields = ^{config_i, glb_data_i};

endmodule
