// SPDX-License-Identifier: Apache-2.0
//
// The accelerator: registers, command dispatch, load, compute and store units, GLB, PE array.
//
// See docs/architecture.md for what it does, its command list and its registers.

module qadam_accel #(
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
    parameter int unsigned AxiWidth = 64,
    parameter int unsigned GlbWords = 13824,
    parameter int unsigned GlbBankWords = 512,
    parameter int unsigned MulLatency = 1,
    parameter int unsigned AddLatency = 1,
    parameter int unsigned PsumAddLatency = 1,
    parameter int unsigned LatchSpads = 1
) (
    input  logic                  clk_i,
    input  logic                  rst_ni,
    // control: AXI4-Lite subordinate
    input  logic                  s_axil_awvalid_i,
    output logic                  s_axil_awready_o,
    input  logic [          11:0] s_axil_awaddr_i,
    input  logic                  s_axil_wvalid_i,
    output logic                  s_axil_wready_o,
    input  logic [          31:0] s_axil_wdata_i,
    input  logic [           3:0] s_axil_wstrb_i,
    output logic                  s_axil_bvalid_o,
    input  logic                  s_axil_bready_i,
    output logic [           1:0] s_axil_bresp_o,
    input  logic                  s_axil_arvalid_i,
    output logic                  s_axil_arready_o,
    input  logic [          11:0] s_axil_araddr_i,
    output logic                  s_axil_rvalid_o,
    input  logic                  s_axil_rready_i,
    output logic [          31:0] s_axil_rdata_o,
    output logic [           1:0] s_axil_rresp_o,
    // data: AXI4 manager
    output logic                  m_axi_awvalid_o,
    input  logic                  m_axi_awready_i,
    output logic [          63:0] m_axi_awaddr_o,
    output logic [           7:0] m_axi_awlen_o,
    output logic [           2:0] m_axi_awsize_o,
    output logic [           1:0] m_axi_awburst_o,
    output logic                  m_axi_wvalid_o,
    input  logic                  m_axi_wready_i,
    output logic [  AxiWidth-1:0] m_axi_wdata_o,
    output logic [AxiWidth/8-1:0] m_axi_wstrb_o,
    output logic                  m_axi_wlast_o,
    input  logic                  m_axi_bvalid_i,
    output logic                  m_axi_bready_o,
    input  logic [           1:0] m_axi_bresp_i,
    output logic                  m_axi_arvalid_o,
    input  logic                  m_axi_arready_i,
    output logic [          63:0] m_axi_araddr_o,
    output logic [           7:0] m_axi_arlen_o,
    output logic [           2:0] m_axi_arsize_o,
    output logic [           1:0] m_axi_arburst_o,
    input  logic                  m_axi_rvalid_i,
    output logic                  m_axi_rready_o,
    input  logic [  AxiWidth-1:0] m_axi_rdata_i,
    input  logic [           1:0] m_axi_rresp_i,
    input  logic                  m_axi_rlast_i,
    // done or error
    output logic                  irq_o
);

  localparam int unsigned ActLanes = BusWidth / ActMemWidth;
  localparam int unsigned COUNTERS = 25;

  if (AxiWidth > BusWidth) begin : gen_check_axi
    $error("AxiWidth must not exceed BusWidth: the GLB takes one bus word per cycle");
  end
  if (PsumWidth > BusWidth / PsumLanes) begin : gen_check_lanes
    $error("PsumLanes psums must fit into a bus word");
  end
  if (ActLanes < PsumLanes) begin : gen_check_act_lanes
    $error("an act in memory must not be wider than a psum in memory");
  end

  // ---- Control ----------------------------------------------------------------------------------

  logic start, busy, done, illegal, read_error, write_error;
  logic abort_request, aborting, resetting, failed, stop, unit_rst_n, list_busy, list_done;
  logic [11:0] units;
  logic [63:0] list_address;
  logic [64*COUNTERS-1:0] counts;

  qadam_regs #(
      .Counters(COUNTERS)
  ) u_regs (
      .clk_i,
      .rst_ni,
      .awvalid_i    (s_axil_awvalid_i),
      .awready_o    (s_axil_awready_o),
      .awaddr_i     (s_axil_awaddr_i),
      .wvalid_i     (s_axil_wvalid_i),
      .wready_o     (s_axil_wready_o),
      .wdata_i      (s_axil_wdata_i),
      .wstrb_i      (s_axil_wstrb_i),
      .bvalid_o     (s_axil_bvalid_o),
      .bready_i     (s_axil_bready_i),
      .arvalid_i    (s_axil_arvalid_i),
      .arready_o    (s_axil_arready_o),
      .araddr_i     (s_axil_araddr_i),
      .rvalid_o     (s_axil_rvalid_o),
      .rready_i     (s_axil_rready_i),
      .rdata_o      (s_axil_rdata_o),
      .start_o      (start),
      .abort_o      (abort_request),
      .address_o    (list_address),
      .busy_i       (busy),
      .done_i       (done),
      .read_error_i (read_error),
      .write_error_i(write_error),
      .illegal_i    (illegal),
      .units_i      (units),
      .resetting_i  (resetting),
      .counts_i     (counts),
      .irq_o
  );
  assign s_axil_bresp_o = 2'b00;
  assign s_axil_rresp_o = 2'b00;

  logic load_valid, load_ready, store_valid, store_ready, compute_valid, compute_ready;
  logic load_idle, store_idle, compute_idle, load_waits, store_waits, load_quiet, store_quiet;
  logic running, wait_load, wait_store;
  logic [2:0] dispatch_state;
  logic word_valid, word_fetch, fetch_done;
  logic [23:0] word_addr;
  logic [BusWidth-1:0] word_data;
  logic [511:0] command;
  qadam_pkg::dma_t dma;

  qadam_dispatch #(
      .BusWidth(BusWidth)
  ) u_dispatch (
      .clk_i,
      .rst_ni(unit_rst_n),
      .start_i        (start),
      .address_i      (list_address),
      .busy_o         (list_busy),
      .done_o         (list_done),
      .illegal_o      (illegal),
      .state_o        (dispatch_state),
      .word_valid_i   (word_valid && word_fetch),
      .word_addr_i    (word_addr),
      .word_data_i    (word_data),
      .fetch_done_i   (fetch_done),
      .load_valid_o   (load_valid),
      .load_ready_i   (load_ready),
      .store_valid_o  (store_valid),
      .store_ready_i  (store_ready),
      .dma_o          (dma),
      .compute_valid_o(compute_valid),
      .compute_ready_i(compute_ready),
      .command_o      (command),
      .idle_i         (load_idle && store_idle && compute_idle)
  );

  // ---- Abort ------------------------------------------------------------------------------------

  qadam_abort u_abort (
      .clk_i,
      .rst_ni,
      .request_i  (abort_request),
      .error_i    (read_error || write_error || illegal),
      .running_i  (list_busy),
      .quiet_i    (load_quiet && store_quiet),
      .stop_o     (stop),
      .unit_rst_no(unit_rst_n),
      .busy_o     (aborting),
      .requested_o(resetting),
      .done_o     (failed)
  );
  assign busy = list_busy || aborting;
  assign done = list_done && !stop || failed;
  assign units = {stop, store_waits, load_waits, wait_store, wait_load, running, !compute_idle,
                  !store_idle, !load_idle, dispatch_state};

  // ---- Tokens -----------------------------------------------------------------------------------

  logic load_gives, load_takes, store_gives, store_takes;
  logic step_takes_load, step_takes_store, retire_load, retire_store;
  logic token_loaded, token_freed, token_stored, token_computed;

  qadam_tokens u_loaded (
      .clk_i,
      .rst_ni(unit_rst_n),
      .give_i(load_gives),
      .take_i(step_takes_load),
      .any_o (token_loaded)
  );
  qadam_tokens u_freed (
      .clk_i,
      .rst_ni(unit_rst_n),
      .give_i(retire_load),
      .take_i(load_takes),
      .any_o (token_freed)
  );
  qadam_tokens u_computed (
      .clk_i,
      .rst_ni(unit_rst_n),
      .give_i(retire_store),
      .take_i(store_takes),
      .any_o (token_computed)
  );
  qadam_tokens u_stored (
      .clk_i,
      .rst_ni(unit_rst_n),
      .give_i(store_gives),
      .take_i(step_takes_store),
      .any_o (token_stored)
  );

  // ---- GLB --------------------------------------------------------------------------------------

  logic [1:0] glb_write_req;
  logic [2*24-1:0] glb_write_addr;
  logic [2*ActLanes-1:0] glb_write_mask;
  logic [2*BusWidth-1:0] glb_write_data;
  logic [3:0] glb_read_req;
  logic [4*24-1:0] glb_read_addr;
  logic [4*BusWidth-1:0] glb_read_data;

  qadam_glb #(
      .Words    (GlbWords),
      .BankWords(GlbBankWords),
      .Width    (BusWidth),
      .Lanes    (ActLanes)
  ) u_glb (
      .clk_i,
      .rst_ni(unit_rst_n),
      .write_req_i (glb_write_req),
      .write_addr_i(glb_write_addr),
      .write_mask_i(glb_write_mask),
      .write_data_i(glb_write_data),
      .read_req_i  (glb_read_req),
      .read_addr_i (glb_read_addr),
      .read_data_o (glb_read_data)
  );

  // ---- Load and store units ---------------------------------------------------------------------

  qadam_load #(
      .BusWidth(BusWidth),
      .AxiWidth(AxiWidth)
  ) u_load (
      .clk_i,
      .rst_ni(unit_rst_n),
      .valid_i     (load_valid),
      .ready_o     (load_ready),
      .dma_i       (dma),
      .idle_o      (load_idle),
      .wait_o      (load_waits),
      .stop_i      (stop),
      .quiet_o     (load_quiet),
      .token_i     (token_freed),
      .token_take_o(load_takes),
      .token_give_o(load_gives),
      .word_valid_o(word_valid),
      .word_fetch_o(word_fetch),
      .word_addr_o (word_addr),
      .word_data_o (word_data),
      .fetch_done_o(fetch_done),
      .error_o     (read_error),
      .arvalid_o   (m_axi_arvalid_o),
      .arready_i   (m_axi_arready_i),
      .araddr_o    (m_axi_araddr_o),
      .arlen_o     (m_axi_arlen_o),
      .rvalid_i    (m_axi_rvalid_i),
      .rready_o    (m_axi_rready_o),
      .rdata_i     (m_axi_rdata_i),
      .rresp_i     (m_axi_rresp_i),
      .rlast_i     (m_axi_rlast_i)
  );
  assign glb_write_req[0] = word_valid && !word_fetch;
  assign glb_write_addr[23:0] = word_addr;
  assign glb_write_mask[ActLanes-1:0] = '1;
  assign glb_write_data[BusWidth-1:0] = word_data;

  qadam_store #(
      .BusWidth(BusWidth),
      .AxiWidth(AxiWidth)
  ) u_store (
      .clk_i,
      .rst_ni(unit_rst_n),
      .valid_i     (store_valid),
      .ready_o     (store_ready),
      .dma_i       (dma),
      .idle_o      (store_idle),
      .wait_o      (store_waits),
      .stop_i      (stop),
      .quiet_o     (store_quiet),
      .token_i     (token_computed),
      .token_take_o(store_takes),
      .token_give_o(store_gives),
      .error_o     (write_error),
      .glb_req_o   (glb_read_req[3]),
      .glb_addr_o  (glb_read_addr[24*3+:24]),
      .glb_data_i  (glb_read_data[BusWidth*3+:BusWidth]),
      .awvalid_o   (m_axi_awvalid_o),
      .awready_i   (m_axi_awready_i),
      .awaddr_o    (m_axi_awaddr_o),
      .awlen_o     (m_axi_awlen_o),
      .wvalid_o    (m_axi_wvalid_o),
      .wready_i    (m_axi_wready_i),
      .wdata_o     (m_axi_wdata_o),
      .wlast_o     (m_axi_wlast_o),
      .bvalid_i    (m_axi_bvalid_i),
      .bready_o    (m_axi_bready_o),
      .bresp_i     (m_axi_bresp_i)
  );
  assign m_axi_wstrb_o = '1;
  assign m_axi_awsize_o = 3'($clog2(AxiWidth / 8));
  assign m_axi_arsize_o = 3'($clog2(AxiWidth / 8));
  assign m_axi_awburst_o = 2'b01;
  assign m_axi_arburst_o = 2'b01;

  // ---- Compute unit -----------------------------------------------------------------------------

  logic ifmap_fire, filter_fire, filter_wait, psum_fire, slot, overrun, head_active, head_bubble;
  logic [7:0] overflows;
  logic [7*32-1:0] accesses;

  qadam_compute #(
      .Rows          (Rows),
      .Cols          (Cols),
      .IfmapWords    (IfmapWords),
      .FilterWords   (FilterWords),
      .PsumWords     (PsumWords),
      .ActWidth      (ActWidth),
      .WeightWidth   (WeightWidth),
      .ActMemWidth   (ActMemWidth),
      .WeightMemWidth(WeightMemWidth),
      .PsumWidth     (PsumWidth),
      .PsumLanes     (PsumLanes),
      .BusWidth      (BusWidth),
      .MulLatency    (MulLatency),
      .AddLatency    (AddLatency),
      .PsumAddLatency(PsumAddLatency),
      .LatchSpads    (LatchSpads)
  ) u_compute (
      .clk_i,
      .rst_ni(unit_rst_n),
      .valid_i         (compute_valid),
      .ready_o         (compute_ready),
      .command_i       (command),
      .idle_o          (compute_idle),
      .token_loaded_i  (token_loaded),
      .token_stored_i  (token_stored),
      .takes_loaded_o  (step_takes_load),
      .takes_stored_o  (step_takes_store),
      .retire_load_o   (retire_load),
      .retire_store_o  (retire_store),
      .glb_read_req_o  (glb_read_req[2:0]),
      .glb_read_addr_o (glb_read_addr[3*24-1:0]),
      .glb_read_data_i (glb_read_data[3*BusWidth-1:0]),
      .glb_write_req_o (glb_write_req[1]),
      .glb_write_addr_o(glb_write_addr[24+:24]),
      .glb_write_mask_o(glb_write_mask[ActLanes+:ActLanes]),
      .glb_write_data_o(glb_write_data[BusWidth+:BusWidth]),
      .slot_o          (slot),
      .running_o       (running),
      .overrun_o       (overrun),
      .head_active_o   (head_active),
      .head_bubble_o   (head_bubble),
      .wait_load_o     (wait_load),
      .wait_store_o    (wait_store),
      .ifmap_fire_o    (ifmap_fire),
      .filter_fire_o   (filter_fire),
      .filter_wait_o   (filter_wait),
      .psum_fire_o     (psum_fire),
      .overflows_o     (overflows),
      .accesses_o      (accesses)
  );

  // ---- Counters ---------------------------------------------------------------------------------

  // What a cycle is spent on; exactly one of the classes, counters 2 to 9.
  logic [7:0] spent;
  always_comb begin
    spent = '0;
    if (running && overrun) begin
      if (ifmap_fire) spent[1] = 1'b1;
      else if (filter_wait) spent[2] = 1'b1;
      else spent[3] = 1'b1;
    end else if (running && head_active) begin
      spent[0] = 1'b1;
    end else if (running && head_bubble) begin
      spent[4] = 1'b1;
    end else if (wait_load) begin
      spent[5] = 1'b1;
    end else if (wait_store) begin
      spent[6] = 1'b1;
    end else begin
      spent[7] = 1'b1;
    end
  end

  logic [32*COUNTERS-1:0] increments;
  always_comb begin
    increments = '0;
    increments[32*0] = 1'b1;
    increments[32*1] = slot;
    for (int unsigned k = 0; k < 8; k++) increments[32*(2+k)] = spent[k];
    increments[32*10] = ifmap_fire;
    increments[32*11] = filter_fire;
    increments[32*12] = psum_fire;
    increments[32*13+:3] = 3'(glb_read_req[0]) + 3'(glb_read_req[1]) + 3'(glb_read_req[2]) +
                           3'(glb_read_req[3]);
    increments[32*14+:3] = 3'(glb_write_req[0]) + 3'(glb_write_req[1]);
    increments[32*15] = m_axi_rvalid_i;
    increments[32*16] = m_axi_wvalid_o && m_axi_wready_i;
    increments[32*17+:8] = overflows;
    increments[32*18+:7*32] = accesses;
  end

  // Silicon has the first 18; the accesses inside PEs are counted in simulation only.
`ifdef SYNTHESIS
  localparam int unsigned BUILT = 18;
`else
  localparam int unsigned BUILT = COUNTERS;
`endif
  for (genvar k = 0; k < COUNTERS; k++) begin : gen_counter
    if (k < BUILT) begin : gen_built
      logic [47:0] count_q;
      always_ff @(posedge clk_i or negedge rst_ni) begin
        if (!rst_ni) count_q <= '0;
        else if (start) count_q <= '0;
        else if (busy) count_q <= count_q + 48'(increments[32*k+:32]);
      end
      assign counts[64*k+:64] = 64'(count_q);
    end else begin : gen_absent
      assign counts[64*k+:64] = '0;
    end
  end

endmodule
