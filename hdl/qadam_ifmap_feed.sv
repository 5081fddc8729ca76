// SPDX-License-Identifier: Apache-2.0
//
// Ifmap feed: reads the positions that the channel groups need from the GLB and puts them on the
// ifmap bus, one bus word per cycle, zeros where the ifmap has nothing.
//
// The transfers of a slot start in its first cycle: groups from the top row down; per group
// positions, then ifmap rows, then bus words. Transfer n of a slot leaves on the bus 4 cycles
// after slot cycle n. soon_o: no transfer is left after the next cycle if the slot goes on that
// long; valid from slot cycle 2 on.
//
// What is to be fed in the coming slot (pending_i, next_i) rests from the first cycle of a slot to
// its end, so the first groups are found ahead, in stages; a slot has time for them.

`include "qadam_assert.svh"

module qadam_ifmap_feed #(
    parameter int unsigned Rows = 12,
    parameter int unsigned BusWidth = 64,
    parameter int unsigned ActWidth = 16,
    parameter int unsigned ActMemWidth = 16,
    parameter int unsigned ActLanes = 4,
    localparam int unsigned DescWidth = qadam_pkg::DESC_WIDTH,
    localparam int unsigned StepWidth = qadam_pkg::STEP_WIDTH
) (
    input  logic                                     clk_i,
    input  logic                                     rst_ni,
    input  qadam_pkg::config_t                       config_i,
    input  logic [                             15:0] config_q_i,   // q, words per position
    input  logic [                       8*Rows-1:0] row_group_i,
    // slot
    input  logic                                     load_i,
    input  logic [                         Rows-1:0] pending_i,    // rows that start a group
    input  logic [                       4*Rows-1:0] next_i,       // their {deliver, context}
    input  logic [               Rows*DescWidth-1:0] above_i,      // what they are fed for now
    input  logic [qadam_pkg::CONTEXTS*StepWidth-1:0] contexts_i,
    output logic                                     soon_o,
    output logic                                     fire_o,       // a transfer in this cycle
    // GLB read
    output logic                                     glb_req_o,
    output logic [                             23:0] glb_addr_o,
    input  logic [                     BusWidth-1:0] glb_data_i,
    // ifmap bus
    output logic                                     valid_o,
    output logic [                              7:0] group_o,
    output logic [                             15:0] y_o,
    output logic [                              7:0] ev_o,
    output logic [                             15:0] addr_o,
    output logic [            ActLanes*ActWidth-1:0] data_o
);

  // What a group needs, from the beat that it is fed for.
  typedef struct packed {
    logic [7:0]  count;      // positions
    logic [15:0] y_rows;
    logic [15:0] row_pitch;
    logic [23:0] blk_pitch;
  } need_t;

  // The four bits of the selected row.
  function automatic logic [3:0] pick(input logic [4*Rows-1:0] from, input logic [Rows-1:0] row);
    pick = '0;
    for (int unsigned r = 0; r < Rows; r++) pick = pick | (from[4*r+:4] & {4{row[r]}});
  endfunction

  // The first of the selected rows.
  function automatic logic [Rows-1:0] lowest(input logic [Rows-1:0] rows);
    lowest = rows & (~rows + Rows'(1));
  endfunction

  // ---- The groups of the coming slot, ahead -----------------------------------------------------

  logic [Rows-1:0] first_q, second_q, others_q;
  logic [3:0] first_beat_q;
  qadam_pkg::step_t first_step;
  need_t first_need_q;

  qadam_context_mux u_first_step (
      .contexts_i,
      .ctx_i (first_beat_q[1:0]),
      .step_o(first_step)
  );

  always_ff @(posedge clk_i) begin
    first_q <= lowest(pending_i);
    second_q <= lowest(pending_i & ~first_q);
    others_q <= pending_i & ~first_q & ~second_q;
    first_beat_q <= pick(next_i, first_q);
    first_need_q.count <= first_beat_q[3:2] == qadam_pkg::DELIVER_NEW ? config_i.sk : config_i.a;
    first_need_q.y_rows <= first_step.y_rows;
    first_need_q.row_pitch <= first_step.row_pitch;
    first_need_q.blk_pitch <= first_step.blk_pitch;
  end

  // ---- Stage 1: which transfer ----------------------------------------------------------------

  // Beats that the groups of this slot are fed for, and which of these have only one transfer.
  logic [4*Rows-1:0] beats;
  logic [Rows-1:0] single_q;
  logic [qadam_pkg::CONTEXTS-1:0] one_row;
  qadam_pkg::desc_t beat;
  qadam_pkg::step_t one_step;
  logic one_word_q, sk_one_q, a_one_q;
  logic [7:0] last_index_q, second_index_q;  // of the words of a position

  for (genvar r = 0; r < Rows; r++) begin : gen_single
    always_ff @(posedge clk_i) begin
      single_q[r] <= one_word_q && |(one_row & (qadam_pkg::CONTEXTS'(1) << beats[4*r+:2])) &&
                     (beats[4*r+2+:2] == qadam_pkg::DELIVER_NEW ? sk_one_q : a_one_q);
    end
  end

  always_comb begin
    for (int unsigned r = 0; r < Rows; r++) begin
      beat = above_i[DescWidth*r+:DescWidth];
      beats[4*r+:4] = {beat.deliver, beat.ctx};
    end
  end

  always_comb begin
    for (int unsigned c = 0; c < qadam_pkg::CONTEXTS; c++) begin
      one_step = contexts_i[StepWidth*c+:StepWidth];
      one_row[c] = one_step.y_rows == 16'd1;
    end
  end

  always_ff @(posedge clk_i) begin
    one_word_q <= config_i.kw == 8'd1;
    sk_one_q <= config_i.sk == 8'd1;
    a_one_q <= config_i.a == 8'd1;
    last_index_q <= config_i.kw - 8'd1;
    second_index_q <= config_i.kw - 8'd2;
  end

  // Group in transfer, the one after it, and all others; counters with their next two values.
  logic [Rows-1:0] sel_q, next_q, rest_q;
  logic [3:0] next_beat;
  qadam_pkg::step_t next_step;
  need_t need_q;
  logic [7:0] w_q, k_q, k1_q, k2_q;
  logic [15:0] y_q, y1_q, y2_q, k_ring_q;
  logic [23:0] k_addr_q, y_addr_q, w_addr_q;
  logic fire, last_w, last_y, last_k, group_end, then_w, then_y, then_k;

  assign next_beat = pick(beats, next_q);
  qadam_context_mux u_next_step (
      .contexts_i,
      .ctx_i (next_beat[1:0]),
      .step_o(next_step)
  );

  assign fire = |sel_q;
  assign last_w = w_q == last_index_q;
  assign last_y = y1_q == need_q.y_rows;
  assign last_k = k1_q == need_q.count;
  assign group_end = fire && last_w && last_y && last_k;
  assign fire_o = fire;

  // The next transfer of the group is the last word, row, position.
  assign then_w = last_w ? one_word_q : w_q == second_index_q;
  assign then_y = !last_w ? last_y : last_y ? need_q.y_rows == 16'd1 : y2_q == need_q.y_rows;
  assign then_k = !(last_w && last_y) ? last_k : k2_q == need_q.count;
  assign soon_o = !fire ? 1'b1 :
                  group_end ? next_q == '0 || rest_q == '0 && |(next_q & single_q) :
                  next_q == '0 && then_w && then_y && then_k;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      {sel_q, next_q, rest_q} <= '0;
    end else if (load_i) begin
      sel_q <= first_q;
      next_q <= second_q;
      rest_q <= others_q;
    end else if (group_end) begin
      sel_q <= next_q;
      next_q <= lowest(rest_q);
      rest_q <= rest_q & ~lowest(rest_q);
    end
  end

  always_ff @(posedge clk_i) begin
    if (load_i) begin
      need_q <= first_need_q;
    end else if (group_end) begin
      need_q.count <= next_beat[3:2] == qadam_pkg::DELIVER_NEW ? config_i.sk : config_i.a;
      need_q.y_rows <= next_step.y_rows;
      need_q.row_pitch <= next_step.row_pitch;
      need_q.blk_pitch <= next_step.blk_pitch;
    end
  end

  always_ff @(posedge clk_i) begin
    if (load_i || group_end) begin
      {k_q, k1_q, k2_q} <= {8'd0, 8'd1, 8'd2};
      {k_addr_q, k_ring_q} <= '0;
    end else if (fire && last_w && last_y) begin
      {k_q, k1_q, k2_q} <= {k1_q, k2_q, k2_q + 8'd1};
      k_addr_q <= k_addr_q + 24'(config_i.x_step);
      k_ring_q <= k_ring_q + config_q_i;
    end
    if (load_i || fire && last_w && last_y) begin
      {y_q, y1_q, y2_q} <= {16'd0, 16'd1, 16'd2};
      y_addr_q <= '0;
    end else if (fire && last_w) begin
      {y_q, y1_q, y2_q} <= {y1_q, y2_q, y2_q + 16'd1};
      y_addr_q <= y_addr_q + 24'(need_q.row_pitch);
    end
    if (load_i || fire && last_w) begin
      {w_q, w_addr_q} <= '0;
    end else if (fire) begin
      w_q <= w_q + 8'd1;
      w_addr_q <= w_addr_q + need_q.blk_pitch;
    end
  end

  logic [DescWidth-1:0] source_bits;
  logic [7:0] group;
  qadam_pkg::desc_t source;
  always_comb begin
    source_bits = '0;
    group = '0;
    for (int unsigned r = 0; r < Rows; r++) begin
      group = group | (row_group_i[8*r+:8] & {8{sel_q[r]}});
      source_bits = source_bits | (above_i[DescWidth*r+:DescWidth] & {DescWidth{sel_q[r]}});
    end
  end
  assign source = source_bits;

  logic ahead_done;
  assign ahead_done = first_q == lowest(pending_i) && second_q == lowest(pending_i & ~first_q) &&
                      others_q == (pending_i & ~first_q & ~second_q) &&
                      first_beat_q == pick(next_i, first_q);
  `QADAM_ASSERT(AheadDone, !load_i || ahead_done)

  // ---- Stage 2: addresses ---------------------------------------------------------------------

  qadam_pkg::desc_t source_q;
  qadam_pkg::step_t step2;
  logic fire_q;
  logic [7:0] group_q;
  logic [7:0] w2_q, w3_q;
  logic [15:0] row2_q, pos_q, ring_sum_q, ring;
  logic [23:0] base2_q, k_addr2_q, far_q;
  logic exists;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) fire_q <= 1'b0;
    else fire_q <= fire;
  end

  always_ff @(posedge clk_i) begin
    if (fire) begin
      source_q <= source;
      group_q <= group;
      row2_q <= y_q;
      w2_q <= w_q;
      pos_q <= source.pos + 16'(k_q);
      ring_sum_q <= source.wring + k_ring_q;
      base2_q <= source.ifmap_addr;
      k_addr2_q <= k_addr_q;
      far_q <= y_addr_q + w_addr_q;
    end
  end

  qadam_context_mux u_step2 (
      .contexts_i,
      .ctx_i (source_q.ctx),
      .step_o(step2)
  );
  assign exists = pos_q >= step2.pos_lo && pos_q < step2.pos_hi &&
                  row2_q >= step2.y_lo && row2_q < step2.y_hi &&
                  16'(source_q.blk) + 16'(w2_q) < step2.blocks;
  assign ring = ring_sum_q >= config_i.ring_words ? ring_sum_q - config_i.ring_words : ring_sum_q;

  // ---- Stage 3: GLB request -------------------------------------------------------------------

  logic fire2_q, exists2_q, fire3_q, exists3_q;
  logic [7:0] group2_q, group3_q, ev2_q, ev3_q, lane2_q, lane3_q;
  logic [15:0] y3_q, y4_q, ring2_q, ring3_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      glb_req_o <= 1'b0;
      fire2_q <= 1'b0;
      fire3_q <= 1'b0;
      valid_o <= 1'b0;
    end else begin
      glb_req_o <= fire_q && exists;
      fire2_q <= fire_q;
      fire3_q <= fire2_q;
      valid_o <= fire3_q;
    end
  end

  always_ff @(posedge clk_i) begin
    if (fire_q) begin
      glb_addr_o <= base2_q + k_addr2_q + far_q;
      exists2_q <= exists;
      group2_q <= group_q;
      ev2_q <= step2.ev;
      lane2_q <= source_q.lane;
      y3_q <= row2_q;
      ring2_q <= ring;
      w3_q <= w2_q;
    end
    if (fire2_q) begin
      exists3_q <= exists2_q;
      group3_q <= group2_q;
      ev3_q <= ev2_q;
      lane3_q <= lane2_q;
      y4_q <= y3_q;
      ring3_q <= ring2_q + 16'(w3_q) * 16'(ActLanes);
    end
  end

  // ---- Stage 4: align: the group's qt lanes, repeated over the bus ------------------------------

  logic [BusWidth-1:0] shifted;
  logic [ActLanes*ActWidth-1:0] aligned;

  assign shifted = glb_data_i >> (32'(lane3_q) * ActMemWidth);
  for (genvar l = 0; l < ActLanes; l++) begin : gen_lane
    logic [31:0] from;
    assign from = l & (32'(config_i.qt) - 32'd1);
    assign aligned[ActWidth*l+:ActWidth] = shifted[ActMemWidth*from+:ActWidth];
  end

  always_ff @(posedge clk_i) begin
    if (fire3_q) begin
      data_o <= exists3_q ? aligned : '0;
      group_o <= group3_q;
      y_o <= y4_q;
      ev_o <= ev3_q;
      addr_o <= ring3_q;
    end
  end

  logic unused_fields;
  assign unused_fields = ^{first_step, next_step, one_step, step2, beat, source_q, source,
                           config_i};

endmodule
