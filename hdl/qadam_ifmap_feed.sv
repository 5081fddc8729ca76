// SPDX-License-Identifier: Apache-2.0
//
// Ifmap feed: reads the positions that the channel groups need from the GLB and puts them on the
// ifmap bus, one bus word per cycle, zeros where the ifmap has nothing.
//
// The transfers of a slot start in its first cycle: groups from the top row down; per group
// positions, then ifmap rows, then bus words. Transfer n of a slot leaves on the bus 4 cycles
// after slot cycle n. done_o is combinational: no transfer is left after this cycle.

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
    input  logic [                         Rows-1:0] row_head_i,
    input  logic [                       8*Rows-1:0] row_group_i,
    // slot
    input  logic                                     load_i,
    input  logic [                         Rows-1:0] pending_i,
    input  qadam_pkg::desc_t                         head_i,
    input  logic [               Rows*DescWidth-1:0] rows_i,
    input  logic [qadam_pkg::CONTEXTS*StepWidth-1:0] contexts_i,
    output logic                                     done_o,
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

  // ---- Stage 1: which transfer ----------------------------------------------------------------

  logic [Rows-1:0] pending_q, sel;
  logic [DescWidth-1:0] source_bits;
  logic [7:0] group;
  qadam_pkg::desc_t source;
  qadam_pkg::step_t step;
  logic [15:0] k_q, y_q, w_q, k_ring_q, count;
  logic [23:0] k_addr_q, y_addr_q, w_addr_q;
  logic fire, last_w, last_y, last_k;

  assign sel = pending_q & (~pending_q + Rows'(1));

  always_comb begin
    source_bits = '0;
    group = '0;
    for (int unsigned r = 0; r < Rows; r++) begin
      group = group | (row_group_i[8*r+:8] & {8{sel[r]}});
      source_bits = source_bits | (head_i & {DescWidth{sel[r] & row_head_i[r]}});
      if (r > 0) begin
        source_bits = source_bits |
                      (rows_i[DescWidth*(r-1)+:DescWidth] & {DescWidth{sel[r] & ~row_head_i[r]}});
      end
    end
  end
  assign source = source_bits;
  qadam_context_mux u_step (
      .contexts_i,
      .ctx_i (source.ctx),
      .step_o(step)
  );

  assign fire = |pending_q;
  assign count = source.deliver == qadam_pkg::DELIVER_NEW ? 16'(config_i.sk) : 16'(config_i.a);
  assign last_w = w_q + 16'd1 == 16'(config_i.kw);
  assign last_y = y_q + 16'd1 == step.y_rows;
  assign last_k = k_q + 16'd1 == count;
  assign done_o = (pending_q & ~(sel & {Rows{last_w && last_y && last_k}})) == '0;
  assign fire_o = fire;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) pending_q <= '0;
    else if (load_i) pending_q <= pending_i;
    else if (last_w && last_y && last_k) pending_q <= pending_q & ~sel;
  end

  always_ff @(posedge clk_i) begin
    if (load_i || fire && last_w && last_y && last_k) begin
      {k_q, y_q, w_q} <= '0;
      {k_addr_q, y_addr_q, w_addr_q} <= '0;
      k_ring_q <= '0;
    end else if (fire) begin
      if (!last_w) begin
        w_q <= w_q + 16'd1;
        w_addr_q <= w_addr_q + step.blk_pitch;
      end else begin
        w_q <= '0;
        w_addr_q <= '0;
        if (!last_y) begin
          y_q <= y_q + 16'd1;
          y_addr_q <= y_addr_q + 24'(step.row_pitch);
        end else begin
          y_q <= '0;
          y_addr_q <= '0;
          k_q <= k_q + 16'd1;
          k_addr_q <= k_addr_q + 24'(config_i.x_step);
          k_ring_q <= k_ring_q + config_q_i;
        end
      end
    end
  end

  // ---- Stage 2: addresses ---------------------------------------------------------------------

  qadam_pkg::desc_t source_q;
  qadam_pkg::step_t step2;
  logic fire_q;
  logic [7:0] group_q;
  logic [15:0] y2_q, w2_q, pos_q, ring_sum_q, ring;
  logic [23:0] near_q, far_q;
  logic exists;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) fire_q <= 1'b0;
    else fire_q <= fire;
  end

  always_ff @(posedge clk_i) begin
    if (fire) begin
      source_q <= source;
      group_q <= group;
      y2_q <= y_q;
      w2_q <= w_q;
      pos_q <= source.pos + k_q;
      ring_sum_q <= source.wring + k_ring_q;
      near_q <= source.ifmap_addr + k_addr_q;
      far_q <= y_addr_q + w_addr_q;
    end
  end

  qadam_context_mux u_step2 (
      .contexts_i,
      .ctx_i (source_q.ctx),
      .step_o(step2)
  );
  assign exists = pos_q >= step2.pos_lo && pos_q < step2.pos_hi && y2_q >= step2.y_lo &&
                  y2_q < step2.y_hi && 16'(source_q.blk) + w2_q < step2.blocks;
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
      glb_addr_o <= near_q + far_q;
      exists2_q <= exists;
      group2_q <= group_q;
      ev2_q <= step2.ev;
      lane2_q <= source_q.lane;
      y3_q <= y2_q;
      ring2_q <= ring + 16'(w2_q * 16'(ActLanes));
    end
    if (fire2_q) begin
      exists3_q <= exists2_q;
      group3_q <= group2_q;
      ev3_q <= ev2_q;
      lane3_q <= lane2_q;
      y4_q <= y3_q;
      ring3_q <= ring2_q;
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
  assign unused_fields = ^{step, step2, source_q, source, config_i};

endmodule
