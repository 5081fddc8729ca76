// SPDX-License-Identifier: Apache-2.0
//
// Slot sequencer: turns steps into beats and hands them down the chain, one row per slot.
//
// A slot begins in the cycle after load_o (the end of a slot, or an idle array takes a step). Its
// length is the maximum of T (if any row has a beat), the drain of the psums emitted in the last
// slot, SLOT_MIN and the time the two feeds need, rounded up to an even number of cycles. rows_o
// is the work of each array row in this slot, above_o what it takes over with the next one: the
// work of the row above, or in the chain's first row the beat that enters. The pending vectors say
// what the feeds have to do in the coming slot; they are valid at load_o.
//
// All that a slot's end changes rests from one end to the next, at least SLOT_MIN cycles. Whatever
// takes more than a mux is therefore computed in the first cycles of the slot before, in stages of
// one register each, and whether a cycle is a slot's last is known in the cycle before.

module qadam_sequencer #(
    parameter int unsigned Rows = 12,
    parameter int unsigned ActLanes = 4,
    localparam int unsigned DescWidth = qadam_pkg::DESC_WIDTH,
    localparam int unsigned StepWidth = qadam_pkg::STEP_WIDTH
) (
    input  logic                                    clk_i,
    input  logic                                    rst_ni,
    // configuration; T is config_beat_i, the filters of one pass config_pass_words_i
    input  qadam_pkg::config_t                      config_i,
    input  logic                                    config_take_i,  // a new one, while idle
    input  logic [                            23:0] config_beat_i,
    input  logic [                            23:0] config_pass_words_i,
    input  logic [                        Rows-1:0] row_used_i,
    input  logic [                        Rows-1:0] row_head_i,       // first row of the chain
    input  logic [                        Rows-1:0] row_group_head_i, // first row of a group
    // next step; taken in the cycle of step_take_o
    input  logic                                    step_valid_i,
    input  qadam_pkg::step_t                        step_i,
    output logic                                    step_take_o,
    // feeds: no transfer left after the next cycle (filters: none that the next slot needs)
    input  logic                                    ifmap_soon_i,
    input  logic                                    filter_soon_i,
    // step retired by the psum unit
    input  logic                                    retire_i,
    // slots
    output logic                                    load_o,           // last cycle before a slot
    output logic                                    drain_o,          // ... that drains psums
    output qadam_pkg::desc_t                        drain_desc_o,     // of this beat
    output logic                                    array_start_o,
    output logic                                    running_o,
    output logic                                    overrun_o,        // beyond T in this slot
    output logic                                    head_active_o,    // first chain row has a beat
    output logic                                    head_bubble_o,    // ... or a bubble of a step
    output logic [              Rows*DescWidth-1:0] rows_o,
    output logic [              Rows*DescWidth-1:0] above_o,          // of the row above, or head
    output logic [                        Rows-1:0] ifmap_pending_o,
    output logic [                      4*Rows-1:0] ifmap_next_o,     // {deliver, context}
    output logic [                        Rows-1:0] filter_pending_o,
    // loads that the rows have handed in, and the rows that start a pass in the next slot
    output logic [                     24*Rows-1:0] load_addr_o,
    output logic [                        Rows-1:0] load_bank_o,
    output logic [                        Rows-1:0] due_o,
    // contexts of the steps in flight
    output logic [qadam_pkg::CONTEXTS*StepWidth-1:0] contexts_o,
    output logic                                    contexts_free_o   // no step in flight
);

  localparam logic [1:0] IDLE = 2'd0;    // between steps
  localparam logic [1:0] BUBBLE = 2'd1;  // idle beats at the start of a step
  localparam logic [1:0] BEAT = 2'd2;

  if ($bits(head_q) != DescWidth || $bits(step_i) != StepWidth) begin : gen_check_widths
    $error("qadam_pkg: DESC_WIDTH or STEP_WIDTH is not the size of its struct");
  end

  logic advance, clear_ring;

  // ---- Contexts -------------------------------------------------------------------------------

  localparam int unsigned CTX_BITS = $clog2(qadam_pkg::CONTEXTS);

  qadam_pkg::step_t step_q;  // the step whose beats are made
  qadam_pkg::step_t next_q;  // the step taken last
  logic [CTX_BITS-1:0] ctx_alloc_q, ctx_q, next_ctx_q;
  logic [CTX_BITS:0] ctx_used_q;
  logic take, taken_q;

  // A context is written in the cycle after its step is taken; nothing reads it before.
  for (genvar c = 0; c < qadam_pkg::CONTEXTS; c++) begin : gen_context
    logic [StepWidth-1:0] context_q;
    always_ff @(posedge clk_i) if (taken_q && 32'(next_ctx_q) == c) context_q <= next_q;
    assign contexts_o[StepWidth*c+:StepWidth] = context_q;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      ctx_alloc_q <= '0;
      ctx_used_q <= '0;
    end else begin
      if (take) ctx_alloc_q <= ctx_alloc_q + 1'b1;
      ctx_used_q <= ctx_used_q + (CTX_BITS + 1)'(take) - (CTX_BITS + 1)'(retire_i);
    end
  end
  assign contexts_free_o = ctx_used_q == '0;

  // GLB distance from one channel group to the next block to be read, one per context: computed in
  // the two cycles after a step is taken, long before its first beat.
  logic taken2_q;
  logic [23:0] pitch_low_q, pitch_high_q;
  logic [24*qadam_pkg::CONTEXTS-1:0] group_pitch;
  logic [7:0] pitch_factor;

  assign pitch_factor = 32'(config_i.qt) == ActLanes ? config_i.kw : 8'd1;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) {taken_q, taken2_q} <= '0;
    else {taken_q, taken2_q} <= {take, taken_q};
  end
  always_ff @(posedge clk_i) begin
    if (taken_q) begin
      pitch_low_q <= next_q.blk_pitch * 24'(pitch_factor[3:0]);
      pitch_high_q <= next_q.blk_pitch * 24'(pitch_factor[7:4]);
    end
  end
  for (genvar c = 0; c < qadam_pkg::CONTEXTS; c++) begin : gen_pitch
    logic [23:0] pitch_q;
    always_ff @(posedge clk_i) begin
      if (taken2_q && 32'(next_ctx_q) == c) pitch_q <= pitch_low_q + (pitch_high_q << 4);
    end
    assign group_pitch[24*c+:24] = pitch_q;
  end

  // ---- Beats of the current step --------------------------------------------------------------

  logic [1:0] state_q, state_d;
  logic [7:0] bubbles_q, bubbles_d;
  logic first_q, first_d;  // the next beat is the step's first
  logic next_valid_q, next_valid_d;  // next_q has handed in its first loads and waits
  logic dir_q, dir_d, bank_q, bank_d;
  logic [15:0] beat_q, beat_d, pass_q, pass_d, ring_q, ring_d, pos_q, pos_d;
  logic [23:0] addr_q, addr_d, filter_q, filter_d;
  qadam_pkg::desc_t head_d, head_q;

  logic takes, enters, enter, entered_q, step_ready;
  assign step_ready = step_valid_i && 32'(ctx_used_q) < qadam_pkg::CONTEXTS;

  function automatic logic [15:0] ring_add(input logic [15:0] base, input logic [15:0] step,
                                           input logic [15:0] words);
    ring_add = base + step >= words ? base + step - words : base + step;
  endfunction

  function automatic logic [15:0] ring_sub(input logic [15:0] base, input logic [15:0] step,
                                           input logic [15:0] words);
    ring_sub = base < step ? base + words - step : base - step;
  endfunction

  // The next beat, as far as it does not depend on a step that comes. Stage 1: where it is in the
  // step; the candidates for the window's place.
  logic new_pass_q, shift_q, last_beat_q, last_pass_q;
  logic [15:0] window_up_q, window_down_q, ring_up_q, ring_down_q, pos_up_q, pos_down_q;
  logic [23:0] addr_up_q, addr_down_q, start_addr_q, next_filter_q;

  always_ff @(posedge clk_i) begin
    new_pass_q <= beat_q == '0;
    shift_q <= beat_q != '0 && (pass_q == '0 || beat_q >= 16'(config_i.rk));
    last_beat_q <= beat_q + 16'd1 == step_q.beats;
    last_pass_q <= pass_q + 16'd1 == step_q.passes;
    window_up_q <= ring_add(ring_q, config_i.sq, config_i.ring_words);
    window_down_q <= ring_sub(ring_q, config_i.sq, config_i.ring_words);
    ring_up_q <= ring_add(ring_q, config_i.adv_words, config_i.ring_words);
    ring_down_q <= ring_sub(ring_q, config_i.adv_words, config_i.ring_words);
    pos_up_q <= pos_q + 16'(config_i.a);
    pos_down_q <= pos_q - 16'(config_i.a);
    addr_up_q <= addr_q + 24'(config_i.pos_step);
    addr_down_q <= addr_q - 24'(config_i.pos_step);
    start_addr_q <= step_q.origin + (dir_q ? step_q.end_addr : '0);
    next_filter_q <= filter_q + config_pass_words_i;
  end

  // Stage 2: where the window goes.
  logic turn;
  logic [15:0] next_ring_q, next_pos_q;
  logic [23:0] next_addr_q;

  assign turn = new_pass_q && !first_q;
  always_ff @(posedge clk_i) begin
    if (first_q) begin
      next_ring_q <= dir_q ? window_down_q : window_up_q;
      next_pos_q <= dir_q ? step_q.end_pos : '0;
      next_addr_q <= start_addr_q;
    end else if (turn) begin
      next_ring_q <= ring_q;
      next_pos_q <= pos_q;
      next_addr_q <= addr_q;
    end else begin
      next_ring_q <= dir_q ? ring_down_q : ring_up_q;
      next_pos_q <= dir_q ? pos_down_q : pos_up_q;
      next_addr_q <= dir_q ? addr_down_q : addr_up_q;
    end
  end

  // Stage 3: what is delivered for it.
  logic [15:0] feed_ring_q, feed_pos_q;
  logic [23:0] feed_addr_q;

  always_ff @(posedge clk_i) begin
    if (shift_q && !dir_q) begin
      feed_ring_q <= window_up_q;
      feed_pos_q <= next_pos_q + 16'(config_i.sk) - 16'(config_i.a);
      feed_addr_q <= next_addr_q + 24'($signed(config_i.new_offset));
    end else begin
      feed_ring_q <= next_ring_q;
      feed_pos_q <= next_pos_q;
      feed_addr_q <= next_addr_q;
    end
  end

  // What a slot's end would do in this cycle.
  always_comb begin
    takes = 1'b0;
    state_d = state_q;
    bubbles_d = bubbles_q;
    first_d = first_q;
    dir_d = dir_q;
    bank_d = bank_q;
    beat_d = beat_q;
    pass_d = pass_q;
    ring_d = ring_q;
    pos_d = pos_q;
    addr_d = addr_q;
    filter_d = filter_q;
    next_valid_d = next_valid_q;
    enters = 1'b0;
    head_d = '0;
    unique case (state_q)
      IDLE:
      if (step_ready) begin
        takes = 1'b1;
        head_d.load = 1'b1;
        head_d.bubble = 1'b1;
        head_d.bank = bank_q;
        head_d.ctx = ctx_alloc_q;
        head_d.filter_addr = step_i.filter_base;
        filter_d = step_i.filter_base;
        enters = 1'b1;
        bubbles_d = config_i.bubbles - 8'd1;
        state_d = config_i.bubbles == 8'd1 ? BEAT : BUBBLE;
      end
      BUBBLE: begin
        head_d.bubble = 1'b1;
        bubbles_d = bubbles_q - 8'd1;
        if (bubbles_q == 8'd1) state_d = BEAT;
      end
      default: begin
        // where the window goes
        ring_d = next_ring_q;
        pos_d = next_pos_q;
        addr_d = next_addr_q;
        if (turn) dir_d = !dir_q;
        // what the rows are told
        head_d.active = 1'b1;
        head_d.new_pass = new_pass_q;
        head_d.new_step = first_q;
        head_d.last = last_beat_q && last_pass_q;
        head_d.dir = dir_d;
        head_d.ctx = ctx_q;
        head_d.ring = next_ring_q;
        head_d.lane = step_q.lane0;
        if (new_pass_q) bank_d = !bank_q;
        head_d.bank = bank_d;
        if (first_q) head_d.deliver = qadam_pkg::DELIVER_NEW;
        else if (shift_q) head_d.deliver = qadam_pkg::DELIVER_SHIFT;
        head_d.wring = feed_ring_q;
        head_d.pos = feed_pos_q;
        head_d.ifmap_addr = feed_addr_q;
        if (new_pass_q && !last_pass_q) begin
          head_d.load = 1'b1;
          filter_d = next_filter_q;
        end else if (last_pass_q && !next_valid_q && step_ready) begin
          takes = 1'b1;  // the next step's filters load while this one's last pass runs
          next_valid_d = 1'b1;
          head_d.load = 1'b1;
          filter_d = step_i.filter_base;
        end
        head_d.filter_addr = filter_d;
        // what comes next
        first_d = 1'b0;
        beat_d = last_beat_q ? '0 : beat_q + 16'd1;
        if (last_beat_q) pass_d = pass_q + 16'd1;
        if (last_beat_q && last_pass_q) begin
          state_d = IDLE;
          if (next_valid_d) begin
            enters = 1'b1;
            next_valid_d = 1'b0;
            bubbles_d = config_i.ready_bubbles;
            state_d = config_i.ready_bubbles == '0 ? BEAT : BUBBLE;
          end
        end
      end
    endcase
    if (enters) begin
      first_d = 1'b1;
      beat_d = '0;
      pass_d = '0;
    end
  end
  assign take = advance && takes;
  assign enter = advance && enters;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q <= IDLE;
      next_valid_q <= 1'b0;
      first_q <= 1'b0;
      dir_q <= 1'b0;
      bank_q <= 1'b0;
      ring_q <= '0;
      head_q <= '0;
    end else if (config_take_i) begin
      dir_q <= 1'b0;  // every configuration starts alike
    end else if (advance) begin
      state_q <= state_d;
      first_q <= first_d;
      next_valid_q <= next_valid_d;
      dir_q <= dir_d;
      bank_q <= bank_d;
      ring_q <= clear_ring ? '0 : ring_d;
      head_q <= head_d;
    end
  end

  always_ff @(posedge clk_i) begin
    if (advance) begin
      bubbles_q <= bubbles_d;
      beat_q <= beat_d;
      pass_q <= pass_d;
      pos_q <= pos_d;
      addr_q <= addr_d;
      filter_q <= filter_d;
    end
    if (take) begin
      next_q <= step_i;
      next_ctx_q <= ctx_alloc_q;
    end
    if (entered_q) begin
      step_q <= next_q;
      ctx_q <= next_ctx_q;
    end
  end

  // A step that enters is read from the next cycle on.
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) entered_q <= 1'b0;
    else entered_q <= enter;
  end

  assign step_take_o = take;

  // ---- Chain ----------------------------------------------------------------------------------

  logic [Rows-1:0] row_active, head_active, head_bubble;
  logic [4*Rows-1:0] row_next;  // of the coming slot: {deliver, context}

  // The work that a row takes over; rows above the chain have none.
  logic [Rows*DescWidth-1:0] above;

  for (genvar r = 0; r < Rows; r++) begin : gen_above
    logic [DescWidth-1:0] handed_on;
    if (r == 0) begin : gen_top
      assign handed_on = '0;
    end else begin : gen_inner
      assign handed_on = rows_o[DescWidth*(r-1)+:DescWidth];
    end
    assign above[DescWidth*r+:DescWidth] = head_q & {DescWidth{row_head_i[r]}} | handed_on;
  end
  assign above_o = above;

  for (genvar r = 0; r < Rows; r++) begin : gen_row

    qadam_chain_row #(
        .ActLanes(ActLanes)
    ) u_row (
        .clk_i,
        .rst_ni,
        .config_i,
        .used_i       (row_used_i[r]),
        .head_i       (row_head_i[r]),
        .group_head_i (row_group_head_i[r]),
        .group_pitch_i(group_pitch),
        .advance_i    (advance),
        .above_i      (above[DescWidth*r+:DescWidth]),
        .desc_o       (rows_o[DescWidth*r+:DescWidth]),
        .head_active_o(head_active[r]),
        .head_bubble_o(head_bubble[r]),
        .load_addr_o  (load_addr_o[24*r+:24]),
        .load_bank_o  (load_bank_o[r]),
        .due_o        (due_o[r]),
        .active_d_o   (row_active[r]),
        .load_d_o     (filter_pending_o[r]),
        .deliver_d_o  (row_next[4*r+2+:2]),
        .ctx_d_o      (row_next[4*r+:2])
    );

    // The group whose first row is r is fed from the row above it in the coming slot.
    if (r == 0) begin : gen_feed_top
      assign ifmap_pending_o[r] = row_head_i[r] && head_d.deliver != qadam_pkg::DELIVER_NONE;
      assign ifmap_next_o[4*r+:4] = {head_d.deliver, ctx_q};
    end else begin : gen_feed
      assign ifmap_pending_o[r] = row_head_i[r] ? head_d.deliver != qadam_pkg::DELIVER_NONE
                                                : row_group_head_i[r] &&
                                                  row_next[4*(r-1)+2+:2] != qadam_pkg::DELIVER_NONE;
      assign ifmap_next_o[4*r+:4] = row_head_i[r] ? {head_d.deliver, ctx_q}
                                                  : row_next[4*(r-1)+:4];
    end
  end
  assign head_active_o = |head_active;
  assign head_bubble_o = |head_bubble;

  // ---- Slots ----------------------------------------------------------------------------------

  logic end_q, end_d, running_q, rows_busy_q, busy_d, drain_d, any_active_q, start_q;
  logic beat_done_q, drain_done_q;
  logic [23:0] count_q, beat_need_q, drain_need_q;
  qadam_pkg::desc_t bottom;
  qadam_pkg::step_t bottom_step;

  assign bottom = rows_o[DescWidth*(Rows-1)+:DescWidth];
  qadam_context_mux u_bottom_step (
      .contexts_i(contexts_o),
      .ctx_i     (bottom.ctx),
      .step_o    (bottom_step)
  );
  assign drain_d = running_q && bottom.active;
  // A bubble or a beat always follows, but for the end of a step without a next one.
  assign busy_d = rows_busy_q || state_q != IDLE || step_ready;

  assign end_d = running_q && !advance && !count_q[0] &&
                 count_q + 24'd2 >= 24'(qadam_pkg::SLOT_MIN) && beat_done_q && drain_done_q &&
                 ifmap_soon_i && filter_soon_i;
  assign advance = end_q || !running_q && step_ready;
  assign clear_ring = !busy_d;
  assign load_o = advance && busy_d;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      running_q <= 1'b0;
      end_q <= 1'b0;
      rows_busy_q <= 1'b0;
      start_q <= 1'b0;
    end else begin
      if (advance) running_q <= busy_d;
      end_q <= end_d;
      rows_busy_q <= (|row_active) || (|filter_pending_o) || drain_d;
      start_q <= running_q && !advance && count_q == 24'(qadam_pkg::ARRAY_DELAY) - 24'd1;
    end
  end

  // beat_done_q, drain_done_q: the next cycle may be the last for the beats, for the drain.
  always_ff @(posedge clk_i) begin
    beat_done_q <= count_q + 24'd3 >= beat_need_q;
    drain_done_q <= count_q + 24'd3 >= drain_need_q;
    if (advance) begin
      count_q <= '0;
      beat_need_q <= (|row_active) ? config_beat_i : '0;
      drain_need_q <= drain_d ? 24'(bottom_step.psum_stride) : '0;
      any_active_q <= |row_active;
    end else begin
      count_q <= count_q + 24'd1;
    end
  end

  assign drain_o = advance && drain_d;
  assign drain_desc_o = bottom;
  assign running_o = running_q;
  assign array_start_o = start_q;
  assign overrun_o = running_q && count_q >= beat_need_q && any_active_q;

  logic unused_fields;
  assign unused_fields = ^{config_i, step_q, row_next[4*(Rows-1)+:4], bottom_step, bottom};

endmodule
