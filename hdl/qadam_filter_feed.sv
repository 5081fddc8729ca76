// SPDX-License-Identifier: Apache-2.0
//
// Filter feed: reads the filters of the rows' next passes from the GLB and puts them on the filter
// bus, one bus word per cycle.
//
// A row that starts a pass hands in the load for its next one (pending_i, with load_i), which has
// time until the row starts that pass. Rows that do so in the next slot (due_i) go first, from the
// top; meanwhile the others wait, one of them perhaps in the middle. Those take turns from the one
// that was last downwards and then from the top again. A row's words come set by set. soon_o: no
// due row waits for a transfer after the next cycle if the slot goes on that long; valid from slot
// cycle 1 on. The words go to the bank that the row does not use; bank 1 starts at write group kf.

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
    output logic                               soon_o,
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

  // Index of the last word, of the one before it, and of the last group. The configuration rests
  // long before it is used.
  logic [15:0] last_index_q, second_index_q, group_index_q;
  always_ff @(posedge clk_i) begin
    last_index_q <= config_i.row_words - 16'd1;
    second_index_q <= config_i.row_words - 16'd2;
    group_index_q <= config_i.kf - 16'd1;
  end

  // from_q: the row whose turn it is, and those below it. middle_q: that row, if it has begun.
  logic [Rows-1:0] pending_q, due, following, turn_sel, due_sel, sel, left, from_q, middle_q;
  logic in_turn, use_turn, fire, one_word;
  place_t turn_q, turn_next, due_q, due_next;  // rest at 0
  logic turn_last_q, due_last_q, turn_second, due_second, turn_group, due_group;

  assign following = pending_q & from_q;
  assign turn_sel = |following ? following & (~following + Rows'(1))
                               : pending_q & (~pending_q + Rows'(1));
  assign due = pending_q & due_i;
  assign due_sel = due & (~due + Rows'(1));
  assign in_turn = |(due & middle_q);
  assign use_turn = due == '0 || in_turn;
  assign sel = use_turn ? turn_sel : due_sel;

  assign fire = |pending_q;
  assign one_word = last_index_q == '0;
  assign turn_second = turn_q.word == second_index_q;
  assign due_second = due_q.word == second_index_q;
  assign turn_group = turn_q.group == group_index_q;
  assign due_group = due_q.group == group_index_q;
  assign left = use_turn ? pending_q & ~(turn_sel & {Rows{turn_last_q}})
                         : pending_q & ~(due_sel & {Rows{due_last_q}});
  assign wait_o = due != '0;
  assign fire_o = fire;

  always_comb begin
    turn_next.word = turn_q.word + 16'd1;
    turn_next.group = turn_group ? '0 : turn_q.group + 16'd1;
    turn_next.pe_set = turn_q.pe_set + 8'(turn_group);
    if (turn_last_q) turn_next = '0;
    due_next.word = due_q.word + 16'd1;
    due_next.group = due_group ? '0 : due_q.group + 16'd1;
    due_next.pe_set = due_q.pe_set + 8'(due_group);
    if (due_last_q) due_next = '0;
  end

  logic turn_step, due_step;
  assign turn_step = fire && use_turn;
  assign due_step = !use_turn;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      pending_q <= '0;
      from_q <= '0;
      middle_q <= '0;
      turn_q <= '0;
      due_q <= '0;
    end else begin
      pending_q <= load_i ? left | pending_i : left;
      if (turn_step) begin
        from_q <= turn_last_q ? ~(turn_sel - Rows'(1)) & ~turn_sel : ~(turn_sel - Rows'(1));
        middle_q <= turn_last_q ? '0 : turn_sel;
        turn_q <= turn_next;
      end
      if (due_step) due_q <= due_next;
    end
  end

  // Is the word of each place the row's last?
  always_ff @(posedge clk_i) begin
    if (turn_step) turn_last_q <= turn_last_q ? one_word : turn_second;
    else turn_last_q <= turn_q.word == last_index_q;
    if (due_step) due_last_q <= due_last_q ? one_word : due_second;
    else due_last_q <= due_q.word == last_index_q;
  end

  // Due rows: none, 1, 2, or 3 for more; nodes of a binary tree, 2 bits each.
  localparam int unsigned LEAVES = 1 << $clog2(Rows);
  logic [2*(2*LEAVES-1)-1:0] few;
  logic [2:0] pair;
  logic now_last, now_second;
  always_comb begin
    few = '0;
    for (int unsigned r = 0; r < Rows; r++) few[2*(LEAVES-1+r)] = due[r];
    for (int unsigned n = LEAVES - 1; n > 0; n--) begin
      pair = 3'(few[2*(2*n-1)+:2]) + 3'(few[2*(2*n)+:2]);
      few[2*(n-1)+:2] = pair > 3'd3 ? 2'd3 : pair[1:0];
    end
  end
  assign now_last = in_turn ? turn_last_q : due_last_q;
  assign now_second = in_turn ? turn_second : due_second;
  assign soon_o = few[1:0] == 2'd0 || few[1:0] == 2'd1 && (now_last || now_second) ||
                  few[1:0] == 2'd2 && now_last && one_word;

  `QADAM_ASSERT(OneLoadPerRow, !load_i || (pending_i & left) == '0)
  `QADAM_ASSERT(Soon, !load_i |=> ((left & due_i) == '0) == $past(soon_o))

  // ---- Stages 2 to 4: address, GLB, bus ---------------------------------------------------------

  logic [Rows-1:0] row2_q, row3_q, row4_q;
  logic [7:0] set2_q, set3_q, set4_q;
  logic [15:0] word2_q, group2_q, group3_q, group4_q;
  logic [23:0] turn_addr, due_addr, addr2_q;
  logic bank2_q;

  always_comb begin
    turn_addr = '0;
    due_addr = '0;
    for (int unsigned r = 0; r < Rows; r++) begin
      turn_addr = turn_addr | (addr_i[24*r+:24] & {24{turn_sel[r]}});
      due_addr = due_addr | (addr_i[24*r+:24] & {24{due_sel[r]}});
    end
  end

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
      addr2_q <= use_turn ? turn_addr : due_addr;
      word2_q <= use_turn ? turn_q.word : due_q.word;
      set2_q <= use_turn ? turn_q.pe_set : due_q.pe_set;
      group2_q <= use_turn ? turn_q.group : due_q.group;
      bank2_q <= |(bank_i & sel);
    end
    if (|row2_q) begin
      glb_addr_o <= addr2_q + 24'(word2_q);
      set3_q <= set2_q;
      group3_q <= group2_q + (bank2_q ? '0 : config_i.kf);
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
