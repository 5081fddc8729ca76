// SPDX-License-Identifier: Apache-2.0
//
// Slot sequencer: turns steps into beats and hands them down the chain, one row per slot.
//
// A slot begins in the cycle after load_o (the end of a slot, or an idle array takes a step). Its
// length is the maximum of T (if any row has a beat), the drain of the psums emitted in the last
// slot, SLOT_MIN and the time the two feeds need, rounded up to an even number of cycles. head_o
// is the beat that enters the chain with the next slot; rows_o is the work of each array row in
// this slot. The pending vectors say what the feeds have to do in the coming slot; they are valid
// at load_o.

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
    // feeds: no transfer left after this cycle (filters: none that the next slot needs)
    input  logic                                    ifmap_done_i,
    input  logic                                    filter_done_i,
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
    output qadam_pkg::desc_t                        head_o,
    output logic [              Rows*DescWidth-1:0] rows_o,
    output logic [                        Rows-1:0] ifmap_pending_o,
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

  if ($bits(head_o) != DescWidth || $bits(step_i) != StepWidth) begin : gen_check_widths
    $error("qadam_pkg: DESC_WIDTH or STEP_WIDTH is not the size of its struct");
  end

  logic advance, clear_ring;

  // ---- Contexts -------------------------------------------------------------------------------

  localparam int unsigned CTX_BITS = $clog2(qadam_pkg::CONTEXTS);

  qadam_pkg::step_t step_q;  // the step whose beats are made
  qadam_pkg::step_t next_q;  // the step taken last
  logic [CTX_BITS-1:0] ctx_alloc_q, ctx_q, next_ctx_q;
  logic [CTX_BITS:0] ctx_used_q;
  logic take;

  for (genvar c = 0; c < qadam_pkg::CONTEXTS; c++) begin : gen_context
    logic [StepWidth-1:0] context_q;
    always_ff @(posedge clk_i) if (take && 32'(ctx_alloc_q) == c) context_q <= step_i;
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

  // GLB distance from one channel group to the next block to be read, one per context; computed
  // in the cycle after a step is taken, long before its first beat.
  logic taken_q;
  logic [23:0] group_pitch_d;
  logic [24*qadam_pkg::CONTEXTS-1:0] group_pitch;

  assign group_pitch_d = 32'(config_i.qt) == ActLanes ? 24'(next_q.blk_pitch * 24'(config_i.kw))
                                                      : next_q.blk_pitch;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) taken_q <= 1'b0;
    else taken_q <= take;
  end
  for (genvar c = 0; c < qadam_pkg::CONTEXTS; c++) begin : gen_pitch
    logic [23:0] pitch_q;
    always_ff @(posedge clk_i) if (taken_q && 32'(next_ctx_q) == c) pitch_q <= group_pitch_d;
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

  logic enter, step_ready, new_pass, turn, last_beat, last_pass, shift;
  logic [15:0] ring_up_window, ring_down_window, ring_up, ring_down;

  assign step_ready = step_valid_i && 32'(ctx_used_q) < qadam_pkg::CONTEXTS;
  assign new_pass = beat_q == '0;
  assign turn = new_pass && !first_q;
  assign last_beat = beat_q + 16'd1 == step_q.beats;
  assign last_pass = pass_q + 16'd1 == step_q.passes;
  assign shift = !new_pass && (pass_q == '0 || beat_q >= 16'(config_i.rk));

  function automatic logic [15:0] ring_add(input logic [15:0] base, input logic [15:0] step,
                                           input logic [15:0] words);
    ring_add = base + step >= words ? base + step - words : base + step;
  endfunction

  function automatic logic [15:0] ring_sub(input logic [15:0] base, input logic [15:0] step,
                                           input logic [15:0] words);
    ring_sub = base < step ? base + words - step : base - step;
  endfunction

  assign ring_up_window = ring_add(ring_q, config_i.sq, config_i.ring_words);
  assign ring_down_window = ring_sub(ring_q, config_i.sq, config_i.ring_words);
  assign ring_up = ring_add(ring_q, config_i.adv_words, config_i.ring_words);
  assign ring_down = ring_sub(ring_q, config_i.adv_words, config_i.ring_words);

  always_comb begin
    take = 1'b0;
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
    enter = 1'b0;
    head_d = '0;
    if (advance) begin
      unique case (state_q)
        IDLE:
        if (step_ready) begin
          take = 1'b1;
          head_d.load = 1'b1;
          head_d.bubble = 1'b1;
          head_d.bank = bank_q;
          head_d.ctx = ctx_alloc_q;
          head_d.filter_addr = step_i.filter_base;
          filter_d = step_i.filter_base;
          enter = 1'b1;
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
          if (first_q) begin
            ring_d = dir_q ? ring_down_window : ring_up_window;
            pos_d = dir_q ? step_q.end_pos : '0;
            addr_d = dir_q ? step_q.origin + step_q.end_addr : step_q.origin;
          end else if (turn) begin
            dir_d = !dir_q;
          end else begin
            ring_d = dir_q ? ring_down : ring_up;
            pos_d = dir_q ? pos_q - 16'(config_i.a) : pos_q + 16'(config_i.a);
            addr_d = dir_q ? addr_q - 24'(config_i.pos_step) : addr_q + 24'(config_i.pos_step);
          end
          // what the rows are told
          head_d.active = 1'b1;
          head_d.new_pass = new_pass;
          head_d.new_step = first_q;
          head_d.last = last_beat && last_pass;
          head_d.dir = dir_d;
          head_d.ctx = ctx_q;
          head_d.ring = ring_d;
          head_d.lane = step_q.lane0;
          if (new_pass) bank_d = !bank_q;
          head_d.bank = bank_d;
          if (first_q) head_d.deliver = qadam_pkg::DELIVER_NEW;
          else if (shift) head_d.deliver = qadam_pkg::DELIVER_SHIFT;
          if (shift && !dir_q) begin
            head_d.wring = ring_up_window;
            head_d.pos = pos_d + 16'(config_i.sk) - 16'(config_i.a);
            head_d.ifmap_addr = addr_d + 24'($signed(config_i.new_offset));
          end else begin
            head_d.wring = ring_d;
            head_d.pos = pos_d;
            head_d.ifmap_addr = addr_d;
          end
          if (new_pass && !last_pass) begin
            head_d.load = 1'b1;
            filter_d = filter_q + config_pass_words_i;
          end else if (last_pass && !next_valid_q && step_ready) begin
            take = 1'b1;  // the next step's filters load while this one's last pass runs
            next_valid_d = 1'b1;
            head_d.load = 1'b1;
            filter_d = step_i.filter_base;
          end
          head_d.filter_addr = filter_d;
          // what comes next
          first_d = 1'b0;
          beat_d = last_beat ? '0 : beat_q + 16'd1;
          if (last_beat) pass_d = pass_q + 16'd1;
          if (last_beat && last_pass) begin
            state_d = IDLE;
            if (next_valid_d) begin
              enter = 1'b1;
              next_valid_d = 1'b0;
              bubbles_d = config_i.ready_bubbles;
              state_d = config_i.ready_bubbles == '0 ? BEAT : BUBBLE;
            end
          end
        end
      endcase
      if (enter) begin
        first_d = 1'b1;
        beat_d = '0;
        pass_d = '0;
      end
    end
  end

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
    if (enter) begin
      step_q <= take ? step_i : next_q;
      ctx_q <= take ? ctx_alloc_q : next_ctx_q;
    end
  end

  assign step_take_o = take;
  assign head_o = head_q;

  // ---- Chain ----------------------------------------------------------------------------------

  logic [Rows-1:0] row_active, row_deliver, head_active, head_bubble;

  for (genvar r = 0; r < Rows; r++) begin : gen_row
    logic [DescWidth-1:0] above;
    if (r == 0) begin : gen_top
      assign above = row_head_i[r] ? head_q : '0;
    end else begin : gen_inner
      assign above = row_head_i[r] ? head_q : rows_o[DescWidth*(r-1)+:DescWidth];
    end

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
        .above_i      (above),
        .desc_o       (rows_o[DescWidth*r+:DescWidth]),
        .head_active_o(head_active[r]),
        .head_bubble_o(head_bubble[r]),
        .load_addr_o  (load_addr_o[24*r+:24]),
        .load_bank_o  (load_bank_o[r]),
        .due_o        (due_o[r]),
        .active_d_o   (row_active[r]),
        .load_d_o     (filter_pending_o[r]),
        .deliver_d_o  (row_deliver[r])
    );

    // The group whose first row is r is fed from the row above it in the coming slot.
    if (r == 0) begin : gen_feed_top
      assign ifmap_pending_o[r] = row_head_i[r] && head_d.deliver != qadam_pkg::DELIVER_NONE;
    end else begin : gen_feed
      assign ifmap_pending_o[r] = row_head_i[r] ? head_d.deliver != qadam_pkg::DELIVER_NONE
                                                : row_group_head_i[r] && row_deliver[r-1];
    end
  end
  assign head_active_o = |head_active;
  assign head_bubble_o = |head_bubble;

  // ---- Slots ----------------------------------------------------------------------------------

  logic slot_end, running_q, busy_d, drain_d, any_active_q;
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
  assign busy_d = (|row_active) || (|filter_pending_o) || drain_d || head_d.active ||
                  head_d.load || state_d != IDLE;

  assign slot_end = running_q && count_q[0] && count_q + 24'd1 >= 24'(qadam_pkg::SLOT_MIN) &&
                      count_q + 24'd1 >= beat_need_q && count_q + 24'd1 >= drain_need_q &&
                      ifmap_done_i && filter_done_i;
  assign advance = slot_end || !running_q && step_ready;
  assign clear_ring = !busy_d;
  assign load_o = advance && busy_d;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) running_q <= 1'b0;
    else if (advance) running_q <= busy_d;
  end

  always_ff @(posedge clk_i) begin
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
  assign array_start_o = running_q && count_q == 24'(qadam_pkg::ARRAY_DELAY);
  assign overrun_o = running_q && count_q >= beat_need_q && any_active_q;

  logic unused_fields;
  assign unused_fields = ^{config_i, step_q, row_deliver[Rows-1], bottom_step, bottom};

endmodule
