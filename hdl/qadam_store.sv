// SPDX-License-Identifier: Apache-2.0
//
// Store unit: DMA from the GLB to DRAM, strictly in order.
//
// A transfer reads its GLB words ahead into a small FIFO. Each burst is one address cycle followed
// by its data beats. The transfer is complete, and its token given, when all responses are in.

module qadam_store #(
    parameter int unsigned BusWidth = 64,
    parameter int unsigned AxiWidth = 64
) (
    input  logic                  clk_i,
    input  logic                  rst_ni,
    // next transfer
    input  logic                  valid_i,
    output logic                  ready_o,
    input  qadam_pkg::dma_t       dma_i,
    output logic                  idle_o,
    output logic                  wait_o,         // a transfer waits for its token
    // begin no further burst; no burst is open
    input  logic                  stop_i,
    output logic                  quiet_o,
    // tokens
    input  logic                  token_i,        // a compute->store token is there
    output logic                  token_take_o,
    output logic                  token_give_o,   // a store->compute token
    output logic                  error_o,
    // GLB read
    output logic                  glb_req_o,
    output logic [          23:0] glb_addr_o,
    input  logic [  BusWidth-1:0] glb_data_i,
    // AXI write channels
    output logic                  awvalid_o,
    input  logic                  awready_i,
    output logic [          63:0] awaddr_o,
    output logic [           7:0] awlen_o,
    output logic                  wvalid_o,
    input  logic                  wready_i,
    output logic [  AxiWidth-1:0] wdata_o,
    output logic                  wlast_o,
    input  logic                  bvalid_i,
    output logic                  bready_o,
    input  logic [           1:0] bresp_i
);

  localparam int unsigned RATIO = BusWidth / AxiWidth;
  localparam int unsigned RATIO_BITS = $clog2(RATIO);
  localparam int unsigned FIFO = 4;

  // ---- The waiting transfer and its start -----------------------------------------------------

  logic wait_valid_q, start, active_q;
  qadam_pkg::dma_t wait_q;
  logic bursts_idle, burst_valid, burst_take, burst_last, transfer_done, signal_q;
  logic [12:0] burst_words;

  assign ready_o = !wait_valid_q;
  assign start = wait_valid_q && !active_q && (token_i || !wait_q.wait_token);
  assign token_take_o = start && wait_q.wait_token;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      wait_valid_q <= 1'b0;
      active_q <= 1'b0;
    end else begin
      if (valid_i && ready_o) wait_valid_q <= 1'b1;
      else if (start) wait_valid_q <= 1'b0;
      if (start) active_q <= 1'b1;
      else if (transfer_done) active_q <= 1'b0;
    end
  end
  always_ff @(posedge clk_i) begin
    if (valid_i && ready_o) wait_q <= dma_i;
    if (start) signal_q <= wait_q.signal_token;
  end

  qadam_dma_bursts #(
      .BusWidth(BusWidth),
      .AxiWidth(AxiWidth)
  ) u_bursts (
      .clk_i,
      .rst_ni,
      .start_i      (start),
      .dma_i        (wait_q),
      .idle_o       (bursts_idle),
      .burst_valid_o(burst_valid),
      .burst_take_i (burst_take),
      .burst_addr_o (awaddr_o),
      .burst_words_o(burst_words),
      .burst_last_o (burst_last)
  );

  // ---- GLB words ahead ------------------------------------------------------------------------

  logic [23:0] next_q, words_left_q;
  logic [2:0] credit_q;
  logic [BusWidth*FIFO-1:0] fifo_q;
  logic [2:0] level_q;
  logic arrive_q, pop, more;

  assign more = words_left_q != '0;
  assign glb_req_o = active_q && more && credit_q != '0;
  assign glb_addr_o = next_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      arrive_q <= 1'b0;
      level_q <= '0;
      credit_q <= 3'(FIFO);
    end else begin
      arrive_q <= glb_req_o;
      level_q <= level_q + 3'(arrive_q) - 3'(pop);
      credit_q <= credit_q - 3'(glb_req_o) + 3'(pop);
    end
  end

  always_ff @(posedge clk_i) begin
    if (start) begin
      next_q <= wait_q.glb_addr;
      words_left_q <= wait_q.total;
    end else if (glb_req_o) begin
      next_q <= next_q + 24'd1;
      words_left_q <= words_left_q - 24'd1;
    end
  end

  for (genvar i = 0; i < FIFO; i++) begin : gen_fifo
    logic [BusWidth-1:0] above;
    if (i < FIFO - 1) begin : gen_inner
      assign above = fifo_q[BusWidth*(i+1)+:BusWidth];
    end else begin : gen_end
      assign above = glb_data_i;
    end
    always_ff @(posedge clk_i) begin
      if (arrive_q && 32'(level_q) - 32'(pop) == i) fifo_q[BusWidth*i+:BusWidth] <= glb_data_i;
      else if (pop) fifo_q[BusWidth*i+:BusWidth] <= above;
    end
  end

  // ---- Bursts ---------------------------------------------------------------------------------

  logic data_q, last_word, last_part, beat;
  logic [12:0] words_q;
  logic [15:0] responses_q;
  logic burst_end;

  logic held_q;  // an address was shown and not yet taken
  assign awvalid_o = burst_valid && !data_q && (held_q || !stop_i);
  assign quiet_o = !awvalid_o && !data_q && responses_q == '0;
  assign awlen_o = 8'((16'(burst_words) << RATIO_BITS) - 16'd1);
  assign burst_take = awvalid_o && awready_i;
  assign wvalid_o = data_q && level_q != '0;
  assign beat = wvalid_o && wready_i;
  assign last_word = words_q == 13'd1;
  assign wlast_o = last_word && last_part;
  assign pop = beat && last_part;
  assign burst_end = beat && wlast_o;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) held_q <= 1'b0;
    else held_q <= awvalid_o && !awready_i;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) data_q <= 1'b0;
    else if (burst_take) data_q <= 1'b1;
    else if (burst_end) data_q <= 1'b0;
  end
  always_ff @(posedge clk_i) begin
    if (burst_take) words_q <= burst_words;
    else if (pop) words_q <= words_q - 13'd1;
  end

  if (RATIO == 1) begin : gen_whole
    assign last_part = 1'b1;
    assign wdata_o = fifo_q[BusWidth-1:0];
  end else begin : gen_parts
    logic [RATIO_BITS-1:0] part_q;
    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) part_q <= '0;
      else if (beat) part_q <= part_q + 1'b1;
    end
    assign last_part = &part_q;
    assign wdata_o = fifo_q[32'(part_q)*AxiWidth+:AxiWidth];
  end

  // ---- Responses ------------------------------------------------------------------------------

  assign bready_o = 1'b1;
  assign transfer_done = active_q && bursts_idle && !data_q && responses_q == '0;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      responses_q <= '0;
      token_give_o <= 1'b0;
      error_o <= 1'b0;
    end else begin
      responses_q <= responses_q + 16'(burst_take) - 16'(bvalid_i);
      token_give_o <= transfer_done && signal_q;
      error_o <= bvalid_i && bresp_i != 2'b00;
    end
  end

  assign idle_o = !wait_valid_q && !active_q;
  assign wait_o = wait_valid_q && wait_q.wait_token && !token_i;

  logic unused_last;
  assign unused_last = burst_last;

endmodule
