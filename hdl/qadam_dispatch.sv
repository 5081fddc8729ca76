// SPDX-License-Identifier: Apache-2.0
//
// Command dispatcher: fetches blocks of 8 commands through the load unit into two memories and
// hands the commands to the units in list order, one at a time.
//
// A command is read in 512 / BusWidth + 1 cycles and then waits until its unit can take it. END
// waits until everything is idle. An unknown opcode stops the list and raises illegal_o until the
// reset.

module qadam_dispatch #(
    parameter int unsigned BusWidth = 64
) (
    input  logic                clk_i,
    input  logic                rst_ni,
    input  logic                start_i,
    input  logic [        63:0] address_i,       // first block
    output logic                busy_o,
    output logic                done_o,          // one cycle
    output logic                illegal_o,
    output logic [         2:0] state_o,         // 0 idle, 1 boot, 2 block, 3 read, 4 issue
    // command words from the load unit
    input  logic                word_valid_i,
    input  logic [        23:0] word_addr_i,
    input  logic [BusWidth-1:0] word_data_i,
    input  logic                fetch_done_i,
    // units; valid stays until ready
    output logic                load_valid_o,
    input  logic                load_ready_i,
    output logic                store_valid_o,
    input  logic                store_ready_i,
    output qadam_pkg::dma_t     dma_o,
    output logic                compute_valid_o,
    input  logic                compute_ready_i,
    output logic [       511:0] command_o,
    input  logic                idle_i           // all units
);

  localparam int unsigned WORDS = 512 / BusWidth;          // bus words per command
  localparam int unsigned BLOCK_WORDS = 8 * WORDS;
  localparam int unsigned AW = $clog2(BLOCK_WORDS);

  localparam logic [2:0] IDLE = 3'd0;
  localparam logic [2:0] BOOT = 3'd1;   // ask for the first block
  localparam logic [2:0] BLOCK = 3'd2;  // wait for a block
  localparam logic [2:0] READ = 3'd3;   // read a command
  localparam logic [2:0] ISSUE = 3'd4;

  logic [2:0] state_q;
  logic [2:0] index_q;
  logic [5:0] word_q;
  logic read_block_q, write_block_q;
  logic [1:0] full_q;
  logic arrive_q;
  logic [511:0] command_q;
  logic [7:0] opcode;
  logic issue, issued, is_dma;

  // ---- Two blocks of command memory -------------------------------------------------------------

  logic [2*BusWidth-1:0] rdata;
  logic read;
  assign read = state_q == READ && 32'(word_q) < WORDS;

  for (genvar b = 0; b < 2; b++) begin : gen_block
    logic we, re;
    assign we = word_valid_i && 32'(write_block_q) == b;
    assign re = read && 32'(read_block_q) == b;
    qadam_sram #(
        .Words(BLOCK_WORDS),
        .Width(BusWidth),
        .Lanes(1)
    ) u_sram (
        .clk_i,
        .req_i  (we || re),
        .we_i   (we),
        .addr_i (we ? word_addr_i[AW-1:0] : AW'({29'd0, index_q} * WORDS + 32'(word_q))),
        .wmask_i('1),
        .wdata_i(word_data_i),
        .rdata_o(rdata[BusWidth*b+:BusWidth])
    );
  end

  // ---- Reading and handing out ----------------------------------------------------------------

  assign opcode = command_q[7:0];
  assign is_dma = opcode == qadam_pkg::OP_LOAD || opcode == qadam_pkg::OP_FETCH;
  assign issue = state_q == ISSUE;
  assign load_valid_o = issue && is_dma || state_q == BOOT;
  assign store_valid_o = issue && opcode == qadam_pkg::OP_STORE;
  assign compute_valid_o = issue && (opcode == qadam_pkg::OP_COMPUTE ||
                                     opcode == qadam_pkg::OP_CONFIG);
  assign issued = load_valid_o && load_ready_i || store_valid_o && store_ready_i ||
                  compute_valid_o && compute_ready_i;
  assign done_o = issue && opcode == qadam_pkg::OP_END && idle_i;
  assign illegal_o = issue && !(load_valid_o || store_valid_o || compute_valid_o ||
                                opcode == qadam_pkg::OP_END);
  assign busy_o = state_q != IDLE;
  assign state_o = state_q;
  assign command_o = command_q;

  always_comb begin
    dma_o.fetch = state_q == BOOT || opcode == qadam_pkg::OP_FETCH;
    dma_o.wait_token = !dma_o.fetch && command_q[qadam_pkg::FLAG_WAIT_A];
    dma_o.signal_token = !dma_o.fetch && command_q[qadam_pkg::FLAG_SIGNAL_A];
    dma_o.address = state_q == BOOT ? address_i : command_q[32+:64];
    dma_o.glb_addr = command_q[96+:24];
    dma_o.words = dma_o.fetch ? 24'(BLOCK_WORDS) : command_q[128+:24];
    dma_o.segments = dma_o.fetch ? 24'd1 : command_q[160+:24];
    dma_o.segment_stride = command_q[192+:32];
    dma_o.planes = dma_o.fetch ? 24'd1 : command_q[224+:24];
    dma_o.plane_stride = command_q[256+:32];
    dma_o.total = dma_o.fetch ? 24'(BLOCK_WORDS) : command_q[288+:24];
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q <= IDLE;
      index_q <= '0;
      read_block_q <= 1'b0;
      write_block_q <= 1'b0;
      full_q <= '0;
    end else begin
      if (fetch_done_i) begin
        full_q[write_block_q] <= 1'b1;
        write_block_q <= ~write_block_q;
      end
      unique case (state_q)
        IDLE: begin
          if (start_i) state_q <= BOOT;
          index_q <= '0;
          read_block_q <= 1'b0;
          write_block_q <= 1'b0;
          full_q <= '0;
        end
        BOOT: if (issued) state_q <= BLOCK;
        BLOCK: if (full_q[read_block_q]) state_q <= READ;
        READ: if (32'(word_q) == WORDS) state_q <= ISSUE;
        default: begin
          if (done_o) begin
            state_q <= IDLE;
          end else if (issued) begin
            index_q <= index_q + 3'd1;
            state_q <= READ;
            if (index_q == 3'd7) begin
              full_q[read_block_q] <= 1'b0;
              read_block_q <= ~read_block_q;
              state_q <= BLOCK;
            end
          end
        end
      endcase
    end
  end

  logic [BusWidth-1:0] arrived;
  assign arrived = rdata[32'(read_block_q)*BusWidth+:BusWidth];

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) arrive_q <= 1'b0;
    else arrive_q <= read;
  end

  always_ff @(posedge clk_i) begin
    word_q <= state_q == READ ? word_q + 6'd1 : '0;
    if (arrive_q) command_q <= 512'({arrived, command_q} >> BusWidth);
  end

  logic unused_high;
  assign unused_high = ^word_addr_i;

endmodule
