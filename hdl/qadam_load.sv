// SPDX-License-Identifier: Apache-2.0
//
// Load unit: DMA from DRAM into the GLB, and command fetches, strictly in order.
//
// The request side runs ahead of the data side by up to four transfers and MAX_OUTSTANDING bursts.
// A transfer that waits for a token does so before its first request. Read data is taken in every
// cycle. word_valid_o: an assembled bus word, for the GLB or (word_fetch_o) the command memory.

module qadam_load #(
    parameter int unsigned BusWidth = 64,
    parameter int unsigned AxiWidth = 64
) (
    input  logic                clk_i,
    input  logic                rst_ni,
    // next transfer
    input  logic                valid_i,
    output logic                ready_o,
    input  qadam_pkg::dma_t     dma_i,
    output logic                idle_o,
    output logic                wait_o,          // a transfer waits for its token
    // begin no further burst; no burst is open
    input  logic                stop_i,
    output logic                quiet_o,
    // tokens
    input  logic                token_i,         // a compute->load token is there
    output logic                token_take_o,
    output logic                token_give_o,    // a load->compute token
    // bus words
    output logic                word_valid_o,
    output logic                word_fetch_o,
    output logic [        23:0] word_addr_o,     // GLB address, or index within the block
    output logic [BusWidth-1:0] word_data_o,
    output logic                fetch_done_o,    // a command block is complete
    output logic                error_o,
    // AXI read channels
    output logic                arvalid_o,
    input  logic                arready_i,
    output logic [        63:0] araddr_o,
    output logic [         7:0] arlen_o,
    input  logic                rvalid_i,
    output logic                rready_o,
    input  logic [AxiWidth-1:0] rdata_i,
    input  logic [         1:0] rresp_i,
    input  logic                rlast_i
);

  localparam int unsigned MAX_OUTSTANDING = 16;
  localparam int unsigned RATIO = BusWidth / AxiWidth;
  localparam int unsigned RATIO_BITS = $clog2(RATIO);

  // ---- Request side ---------------------------------------------------------------------------

  logic start, bursts_idle, burst_valid, burst_take, burst_last;
  logic [12:0] burst_words;
  logic [4:0] outstanding_q;
  logic queue_full, queue_empty;

  // The waiting transfer, and its start.
  logic wait_valid_q;
  qadam_pkg::dma_t wait_q;

  assign ready_o = !wait_valid_q;
  assign start = wait_valid_q && bursts_idle && !queue_full && (token_i || !wait_q.wait_token);
  assign token_take_o = start && wait_q.wait_token;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) wait_valid_q <= 1'b0;
    else if (valid_i && ready_o) wait_valid_q <= 1'b1;
    else if (start) wait_valid_q <= 1'b0;
  end
  always_ff @(posedge clk_i) if (valid_i && ready_o) wait_q <= dma_i;

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
      .burst_addr_o (araddr_o),
      .burst_words_o(burst_words),
      .burst_last_o (burst_last)
  );

  logic held_q;  // an address was shown and not yet taken
  assign arvalid_o = burst_valid && (held_q || 32'(outstanding_q) < MAX_OUTSTANDING && !stop_i);
  assign arlen_o = 8'((16'(burst_words) << RATIO_BITS) - 16'd1);
  assign burst_take = arvalid_o && arready_i;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) held_q <= 1'b0;
    else held_q <= arvalid_o && !arready_i;
  end
  assign quiet_o = !arvalid_o && outstanding_q == '0;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) outstanding_q <= '0;
    else outstanding_q <= outstanding_q + 5'(burst_take) - 5'(rvalid_i && rlast_i);
  end

  // ---- Transfers whose data is to come --------------------------------------------------------

  typedef struct packed {
    logic        fetch;
    logic        signal_token;
    logic [23:0] glb_addr;
    logic [23:0] total;
  } target_t;
  target_t target_in, target;
  localparam int unsigned TARGET_WIDTH = $bits(target_in);

  logic [4*TARGET_WIDTH-1:0] queue_q;
  logic [2:0] queue_count_q;
  logic pop;

  assign target_in.fetch = wait_q.fetch;
  assign target_in.signal_token = wait_q.signal_token;
  assign target_in.glb_addr = wait_q.glb_addr;
  assign target_in.total = wait_q.total;
  assign queue_full = queue_count_q == 3'd4;
  assign queue_empty = queue_count_q == 3'd0;
  assign target = queue_q[TARGET_WIDTH-1:0];

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) queue_count_q <= '0;
    else queue_count_q <= queue_count_q + 3'(start) - 3'(pop);
  end
  for (genvar i = 0; i < 4; i++) begin : gen_queue
    logic [TARGET_WIDTH-1:0] above;
    if (i < 3) begin : gen_inner
      assign above = queue_q[TARGET_WIDTH*(i+1)+:TARGET_WIDTH];
    end else begin : gen_end
      assign above = target_in;
    end
    always_ff @(posedge clk_i) begin
      if (start && 32'(queue_count_q) - 32'(pop) == i) begin
        queue_q[TARGET_WIDTH*i+:TARGET_WIDTH] <= target_in;
      end else if (pop) begin
        queue_q[TARGET_WIDTH*i+:TARGET_WIDTH] <= above;
      end
    end
  end

  // ---- Data side ------------------------------------------------------------------------------

  logic [23:0] word_q;
  logic word_done, transfer_done;
  logic [BusWidth-1:0] word;

  assign rready_o = 1'b1;
  assign transfer_done = word_done && word_q + 24'd1 == target.total;
  assign pop = transfer_done;

  if (RATIO == 1) begin : gen_whole
    assign word_done = rvalid_i;
    assign word = rdata_i;
  end else begin : gen_assemble
    logic [RATIO_BITS-1:0] part_q;
    logic [BusWidth-AxiWidth-1:0] parts_q;
    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) part_q <= '0;
      else if (rvalid_i) part_q <= part_q + 1'b1;
    end
    always_ff @(posedge clk_i) begin
      if (rvalid_i) parts_q <= (BusWidth - AxiWidth)'({rdata_i, parts_q} >> AxiWidth);
    end
    assign word_done = rvalid_i && (&part_q);
    assign word = {rdata_i, parts_q};
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      word_valid_o <= 1'b0;
      token_give_o <= 1'b0;
      fetch_done_o <= 1'b0;
      error_o <= 1'b0;
      word_q <= '0;
    end else begin
      word_valid_o <= word_done;
      token_give_o <= transfer_done && target.signal_token;
      fetch_done_o <= transfer_done && target.fetch;
      error_o <= rvalid_i && rresp_i != 2'b00;
      if (transfer_done) word_q <= '0;
      else if (word_done) word_q <= word_q + 24'd1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (word_done) begin
      word_fetch_o <= target.fetch;
      word_addr_o <= (target.fetch ? '0 : target.glb_addr) + word_q;
      word_data_o <= word;
    end
  end

  assign idle_o = !wait_valid_q && bursts_idle && queue_empty;
  assign wait_o = wait_valid_q && wait_q.wait_token && !token_i;

  logic unused_last;
  assign unused_last = burst_last;

endmodule
