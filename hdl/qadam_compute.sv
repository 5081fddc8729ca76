// SPDX-License-Identifier: Apache-2.0
//
// Compute unit: takes CONFIG and COMPUTE commands and runs them on the array.
//
// Holds one waiting command besides the steps in flight. A CONFIG is taken when nothing is in
// flight.

module qadam_compute #(
    parameter int unsigned Rows = 12,
    parameter int unsigned Cols = 14,
    parameter int unsigned IfmapWords = 24,
    parameter int unsigned FilterWords = 224,
    parameter int unsigned PsumWords = 24,
    parameter int unsigned ActWidth = 16,
    parameter int unsigned WeightWidth = 16,
    parameter int unsigned ActMemWidth = 16,
    parameter int unsigned WeightMemWidth = 16,
    parameter int unsigned PsumWidth = 32,
    parameter int unsigned PsumLanes = 2,
    parameter int unsigned BusWidth = 64,
    parameter int unsigned MulLatency = 1,
    parameter int unsigned AddLatency = 1,
    parameter int unsigned PsumAddLatency = 1,
    parameter int unsigned LatchSpads = 1,
    localparam int unsigned ActLanes = BusWidth / ActMemWidth,
    localparam int unsigned WeightLanes = BusWidth / WeightMemWidth,
    localparam int unsigned DescWidth = qadam_pkg::DESC_WIDTH,
    localparam int unsigned StepWidth = qadam_pkg::STEP_WIDTH
) (
    input  logic                  clk_i,
    input  logic                  rst_ni,
    // commands
    input  logic                  valid_i,
    output logic                  ready_o,
    input  logic [         511:0] command_i,
    output logic                  idle_o,
    // tokens
    input  logic                  token_loaded_i,
    input  logic                  token_stored_i,
    output logic                  takes_loaded_o,
    output logic                  takes_stored_o,
    output logic                  retire_load_o,
    output logic                  retire_store_o,
    // GLB: reads for ifmap, filter and psum unit, write for the psum unit
    output logic [           2:0] glb_read_req_o,
    output logic [      3*24-1:0] glb_read_addr_o,
    input  logic [3*BusWidth-1:0] glb_read_data_i,
    output logic                  glb_write_req_o,
    output logic [          23:0] glb_write_addr_o,
    output logic [  ActLanes-1:0] glb_write_mask_o,
    output logic [  BusWidth-1:0] glb_write_data_o,
    // for the counters
    output logic                  slot_o,          // last cycle before a slot
    output logic                  running_o,
    output logic                  overrun_o,
    output logic                  head_active_o,
    output logic                  head_bubble_o,
    output logic                  wait_load_o,     // a step waits for its data
    output logic                  wait_store_o,    // ... for its output buffer
    output logic                  ifmap_fire_o,
    output logic                  filter_fire_o,
    output logic                  filter_wait_o,   // the next slot waits for filters
    output logic                  psum_fire_o,
    output logic [           7:0] overflows_o,
    output logic [      7*32-1:0] accesses_o
);

  // ---- Waiting command --------------------------------------------------------------------------

  logic wait_valid_q, config_take, config_busy, step_take, step_valid, is_config, contexts_free;
  logic psum_busy;
  logic [511:0] wait_q;
  qadam_pkg::step_t step;

  assign ready_o = !wait_valid_q;
  assign is_config = wait_q[7:0] == qadam_pkg::OP_CONFIG;
  assign config_take = wait_valid_q && is_config && !running_o && contexts_free && !config_busy;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) wait_valid_q <= 1'b0;
    else if (valid_i && ready_o) wait_valid_q <= 1'b1;
    else if (config_take || step_take) wait_valid_q <= 1'b0;
  end
  always_ff @(posedge clk_i) if (valid_i && ready_o) wait_q <= command_i;

  always_comb begin
    step.wait_load = wait_q[qadam_pkg::FLAG_WAIT_A];
    step.wait_store = wait_q[qadam_pkg::FLAG_WAIT_B];
    step.signal_load = wait_q[qadam_pkg::FLAG_SIGNAL_A];
    step.signal_store = wait_q[qadam_pkg::FLAG_SIGNAL_B];
    step.first = wait_q[qadam_pkg::FLAG_FIRST];
    step.last = wait_q[qadam_pkg::FLAG_LAST];
    step.origin = wait_q[32*1+:24];
    step.ev = wait_q[32*1+24+:8];
    step.row_pitch = wait_q[32*2+:16];
    step.y_rows = wait_q[32*2+16+:16];
    step.blk_pitch = wait_q[32*3+:24];
    step.lane0 = wait_q[32*3+24+:8];
    step.pos_lo = wait_q[32*4+:16];
    step.pos_hi = wait_q[32*4+16+:16];
    step.y_lo = wait_q[32*5+:16];
    step.y_hi = wait_q[32*5+16+:16];
    step.beats = wait_q[32*6+:16];
    step.passes = wait_q[32*6+16+:16];
    step.end_pos = wait_q[32*7+:16];
    step.blocks = wait_q[32*7+16+:16];
    step.end_addr = wait_q[32*8+:24];
    step.filter_base = wait_q[32*9+:24];
    step.psum_base = wait_q[32*10+:24];
    step.psum_end = wait_q[32*11+:24];
    step.bias_base = wait_q[32*12+:24];
    step.ofmap_base = wait_q[32*13+:24];
    step.ofmap_pitch = wait_q[32*14+:24];
    step.psum_stride = wait_q[32*15+:16];
  end

  logic step_waits, lacks_load, lacks_store;
  assign step_waits = wait_valid_q && !is_config && !config_busy;
  assign lacks_load = step.wait_load && !token_loaded_i;
  assign lacks_store = step.wait_store && !token_stored_i;
  assign step_valid = step_waits && !lacks_load && !lacks_store;
  assign wait_load_o = step_waits && lacks_load;
  assign wait_store_o = step_waits && !lacks_load && lacks_store;
  assign takes_loaded_o = step_take && step.wait_load;
  assign takes_stored_o = step_take && step.wait_store;
  assign idle_o = !wait_valid_q && !config_busy && !running_o && contexts_free && !psum_busy;

  // ---- Configuration ----------------------------------------------------------------------------

  qadam_pkg::config_t cfg;
  logic [23:0] cfg_beat, cfg_pass_words;
  logic [15:0] cfg_q;
  logic [Rows-1:0] row_used, row_head, row_group_head;
  logic [8*Rows-1:0] row_group, row_index;
  logic [Cols-1:0] col_used;
  logic [8*Cols-1:0] col_set, col_j;
  logic [16*Cols-1:0] col_ja;

  qadam_config #(
      .Rows      (Rows),
      .Cols      (Cols),
      .AddLatency(AddLatency)
  ) u_config (
      .clk_i,
      .rst_ni,
      .take_i          (config_take),
      .command_i       (wait_q),
      .busy_o          (config_busy),
      .config_o        (cfg),
      .beat_o          (cfg_beat),
      .pass_words_o    (cfg_pass_words),
      .q_o             (cfg_q),
      .row_used_o      (row_used),
      .row_head_o      (row_head),
      .row_group_head_o(row_group_head),
      .row_group_o     (row_group),
      .row_index_o     (row_index),
      .col_used_o      (col_used),
      .col_set_o       (col_set),
      .col_j_o         (col_j),
      .col_ja_o        (col_ja)
  );

  // ---- Slots ------------------------------------------------------------------------------------

  logic load, drain, array_start, ifmap_soon, filter_soon, retire;
  qadam_pkg::desc_t drain_desc;
  logic [Rows*DescWidth-1:0] rows, above;
  logic [Rows-1:0] ifmap_pending, filter_pending, filter_due, load_bank;
  logic [24*Rows-1:0] load_addr;
  logic [4*Rows-1:0] ifmap_next;
  logic [qadam_pkg::CONTEXTS*StepWidth-1:0] contexts;

  qadam_sequencer #(
      .Rows    (Rows),
      .ActLanes(ActLanes)
  ) u_sequencer (
      .clk_i,
      .rst_ni,
      .config_i           (cfg),
      .config_take_i      (config_take),
      .config_beat_i      (cfg_beat),
      .config_pass_words_i(cfg_pass_words),
      .row_used_i         (row_used),
      .row_head_i         (row_head),
      .row_group_head_i   (row_group_head),
      .step_valid_i       (step_valid),
      .step_i             (step),
      .step_take_o        (step_take),
      .ifmap_soon_i       (ifmap_soon),
      .filter_soon_i      (filter_soon),
      .retire_i           (retire),
      .load_o             (load),
      .drain_o            (drain),
      .drain_desc_o       (drain_desc),
      .array_start_o      (array_start),
      .running_o,
      .overrun_o,
      .head_active_o,
      .head_bubble_o,
      .rows_o             (rows),
      .above_o            (above),
      .ifmap_pending_o    (ifmap_pending),
      .ifmap_next_o       (ifmap_next),
      .filter_pending_o   (filter_pending),
      .load_addr_o        (load_addr),
      .load_bank_o        (load_bank),
      .due_o              (filter_due),
      .contexts_o         (contexts),
      .contexts_free_o    (contexts_free)
  );
  assign slot_o = load;

  // ---- Feeds ------------------------------------------------------------------------------------

  logic ifmap_valid;
  logic [Rows-1:0] filter_valid;
  logic [7:0] ifmap_group, ifmap_ev, filter_set;
  logic [15:0] ifmap_y, ifmap_addr, filter_group;
  logic [ActLanes*ActWidth-1:0] ifmap_data;
  logic [WeightLanes*WeightWidth-1:0] filter_data;

  qadam_ifmap_feed #(
      .Rows       (Rows),
      .BusWidth   (BusWidth),
      .ActWidth   (ActWidth),
      .ActMemWidth(ActMemWidth),
      .ActLanes   (ActLanes)
  ) u_ifmap_feed (
      .clk_i,
      .rst_ni,
      .config_i   (cfg),
      .config_q_i (cfg_q),
      .row_group_i(row_group),
      .load_i     (load),
      .pending_i  (ifmap_pending),
      .next_i     (ifmap_next),
      .above_i    (above),
      .contexts_i (contexts),
      .soon_o     (ifmap_soon),
      .fire_o     (ifmap_fire_o),
      .glb_req_o  (glb_read_req_o[0]),
      .glb_addr_o (glb_read_addr_o[23:0]),
      .glb_data_i (glb_read_data_i[BusWidth-1:0]),
      .valid_o    (ifmap_valid),
      .group_o    (ifmap_group),
      .y_o        (ifmap_y),
      .ev_o       (ifmap_ev),
      .addr_o     (ifmap_addr),
      .data_o     (ifmap_data)
  );

  qadam_filter_feed #(
      .Rows          (Rows),
      .BusWidth      (BusWidth),
      .WeightWidth   (WeightWidth),
      .WeightMemWidth(WeightMemWidth),
      .WeightLanes   (WeightLanes)
  ) u_filter_feed (
      .clk_i,
      .rst_ni,
      .config_i  (cfg),
      .load_i    (load),
      .pending_i (filter_pending),
      .addr_i    (load_addr),
      .bank_i    (load_bank),
      .due_i     (filter_due),
      .soon_o    (filter_soon),
      .wait_o    (filter_wait_o),
      .fire_o    (filter_fire_o),
      .glb_req_o (glb_read_req_o[1]),
      .glb_addr_o(glb_read_addr_o[24+:24]),
      .glb_data_i(glb_read_data_i[BusWidth+:BusWidth]),
      .valid_o   (filter_valid),
      .set_o     (filter_set),
      .group_o   (filter_group),
      .data_o    (filter_data)
  );

  // ---- Array ------------------------------------------------------------------------------------

  logic [8*Rows-1:0] row_ev;
  logic [2*Rows-1:0] row_ctx;
  logic read_bank;
  logic [7:0] read_group;
  logic [Cols*PsumLanes*(PsumWidth+1)-1:0] collected;

  // Valid ofmap rows of each context's step, and of each row's step.
  logic [8*qadam_pkg::CONTEXTS-1:0] context_ev;
  qadam_pkg::step_t context_step;
  qadam_pkg::desc_t row_desc;
  always_comb begin
    for (int unsigned c = 0; c < qadam_pkg::CONTEXTS; c++) begin
      context_step = contexts[StepWidth*c+:StepWidth];
      context_ev[8*c+:8] = context_step.ev;
    end
    for (int unsigned r = 0; r < Rows; r++) begin
      row_desc = rows[DescWidth*r+:DescWidth];
      row_ctx[2*r+:2] = row_desc.ctx;
    end
  end
  for (genvar r = 0; r < Rows; r++) begin : gen_row_ev
    qadam_context_mux #(
        .Width(8)
    ) u_ev (
        .contexts_i(context_ev),
        .ctx_i     (row_ctx[2*r+:2]),
        .step_o    (row_ev[8*r+:8])
    );
  end

  qadam_array #(
      .Rows       (Rows),
      .Cols       (Cols),
      .IfmapWords (IfmapWords),
      .FilterWords(FilterWords),
      .PsumWords  (PsumWords),
      .ActWidth   (ActWidth),
      .WeightWidth(WeightWidth),
      .PsumWidth  (PsumWidth),
      .PsumLanes  (PsumLanes),
      .ActLanes   (ActLanes),
      .WeightLanes(WeightLanes),
      .MulLatency (MulLatency),
      .AddLatency (AddLatency),
      .LatchSpads (LatchSpads)
  ) u_array (
      .clk_i,
      .rst_ni,
      .config_i      (cfg),
      .row_used_i    (row_used),
      .row_head_i    (row_head),
      .row_group_i   (row_group),
      .row_index_i   (row_index),
      .col_used_i    (col_used),
      .col_set_i     (col_set),
      .col_j_i       (col_j),
      .col_ja_i      (col_ja),
      .start_i       (array_start),
      .desc_i        (rows),
      .ev_i          (row_ev),
      .ifmap_valid_i (ifmap_valid),
      .ifmap_group_i (ifmap_group),
      .ifmap_y_i     (ifmap_y),
      .ifmap_ev_i    (ifmap_ev),
      .ifmap_addr_i  (ifmap_addr),
      .ifmap_data_i  (ifmap_data),
      .filter_valid_i(filter_valid),
      .filter_set_i  (filter_set),
      .filter_group_i(filter_group),
      .filter_data_i (filter_data),
      .read_bank_i   (read_bank),
      .read_group_i  (read_group),
      .collect_o     (collected),
      .accesses_o    (accesses_o)
  );

  // ---- Psums ------------------------------------------------------------------------------------

  qadam_psum_unit #(
      .Cols       (Cols),
      .BusWidth   (BusWidth),
      .ActWidth   (ActWidth),
      .ActMemWidth(ActMemWidth),
      .ActLanes   (ActLanes),
      .PsumWidth  (PsumWidth),
      .PsumLanes  (PsumLanes),
      .MulLatency (MulLatency),
      .AddLatency (AddLatency),
      .PsumAddLatency(PsumAddLatency)
  ) u_psum_unit (
      .clk_i,
      .rst_ni,
      .config_i      (cfg),
      .contexts_i    (contexts),
      .load_i        (drain),
      .desc_i        (drain_desc),
      .read_bank_o   (read_bank),
      .read_group_o  (read_group),
      .collect_i     (collected),
      .read_req_o    (glb_read_req_o[2]),
      .read_addr_o   (glb_read_addr_o[48+:24]),
      .read_data_i   (glb_read_data_i[2*BusWidth+:BusWidth]),
      .write_req_o   (glb_write_req_o),
      .write_addr_o  (glb_write_addr_o),
      .write_mask_o  (glb_write_mask_o),
      .write_data_o  (glb_write_data_o),
      .retire_o      (retire),
      .retire_load_o,
      .retire_store_o,
      .fire_o        (psum_fire_o),
      .overflows_o,
      .busy_o        (psum_busy)
  );

  logic unused_fields;
  assign unused_fields = ^{row_desc, context_step};

endmodule
