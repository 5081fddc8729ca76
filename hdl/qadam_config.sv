// SPDX-License-Identifier: Apache-2.0
//
// Array configuration: decodes a CONFIG command and derives what each array row and column
// has to know, by walking over rows and columns, one per cycle.
//
// take_i starts it; busy_o is high until the configuration is complete, max(Rows, Cols) + 2 cycles
// later.

module qadam_config #(
    parameter int unsigned Rows = 12,
    parameter int unsigned Cols = 14,
    parameter int unsigned AddLatency = 1
) (
    input  logic                 clk_i,
    input  logic                 rst_ni,
    input  logic                 take_i,
    input  logic [        511:0] command_i,
    output logic                 busy_o,
    output qadam_pkg::config_t   config_o,
    output logic [         23:0] beat_o,         // T
    output logic [         23:0] pass_words_o,   // bus words of the filters of one pass
    output logic [         15:0] q_o,            // spad words per position
    output logic [     Rows-1:0] row_used_o,
    output logic [     Rows-1:0] row_head_o,     // first row of the chain
    output logic [     Rows-1:0] row_group_head_o,
    output logic [   8*Rows-1:0] row_group_o,    // channel group
    output logic [   8*Rows-1:0] row_index_o,    // row within its set
    output logic [     Cols-1:0] col_used_o,
    output logic [   8*Cols-1:0] col_set_o,
    output logic [   8*Cols-1:0] col_j_o,
    output logic [  16*Cols-1:0] col_ja_o        // j * a
);

  localparam int unsigned WALK = Rows > Cols ? Rows : Cols;

  qadam_pkg::config_t config_q;
  logic busy_q, used;
  logic [7:0] step_q, group_q, index_q, set_q, j_q;
  logic [15:0] ja_q, period;
  logic last_index, last_j;

  function automatic logic [31:0] field(input logic [511:0] command, input int unsigned word);
    field = command[32*word+:32];
  endfunction

  logic [31:0] w1, w2, w3, w4, w5, w6, w7, w8;
  assign w1 = field(command_i, 1);
  assign w2 = field(command_i, 2);
  assign w3 = field(command_i, 3);
  assign w4 = field(command_i, 4);
  assign w5 = field(command_i, 5);
  assign w6 = field(command_i, 6);
  assign w7 = field(command_i, 7);
  assign w8 = field(command_i, 8);

  always_ff @(posedge clk_i) begin
    if (take_i) begin
      config_q.chain_rows <= w1[7:0];
      config_q.rk <= w1[15:8];
      config_q.e <= w1[23:16];
      config_q.t <= w1[31:24];
      config_q.sq <= w2[15:0];
      config_q.p <= w2[31:16];
      config_q.ring_words <= w3[15:0];
      config_q.adv_words <= w3[31:16];
      config_q.a <= w4[7:0];
      config_q.sk <= w4[15:8];
      config_q.kw <= w4[23:16];
      config_q.qt <= w4[31:24];
      config_q.kf <= w5[15:0];
      config_q.row_words <= w5[31:16];
      config_q.kp <= w6[7:0];
      config_q.pt <= w6[15:8];
      config_q.shift <= w6[23:16];
      config_q.relu <= w6[24];
      config_q.bubbles <= w7[7:0];
      config_q.ready_bubbles <= w7[23:16];
      config_q.x_step <= w7[15:8];
      config_q.pos_step <= w8[15:0];
      config_q.new_offset <= w8[31:16];
    end
  end
  assign config_o = config_q;

  // The walk: row step_q and column step_q get their place.
  assign busy_o = busy_q;
  assign used = 32'(step_q) + 32'(config_q.chain_rows) >= Rows;
  assign last_index = index_q + 8'd1 == config_q.rk;
  assign last_j = j_q + 8'd1 == config_q.e;
  assign period = 32'(config_q.p) > AddLatency + 1 ? config_q.p : 16'(AddLatency + 1);

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) busy_q <= 1'b0;
    else if (take_i) busy_q <= 1'b1;
    else if (32'(step_q) == WALK) busy_q <= 1'b0;
  end

  always_ff @(posedge clk_i) begin
    if (take_i) begin
      {step_q, group_q, index_q, set_q, j_q} <= '0;
      ja_q <= '0;
      pass_words_o <= '0;
    end else if (busy_q) begin
      step_q <= step_q + 8'd1;
      beat_o <= 24'(period) * 24'(config_q.sq);
      q_o <= 16'(config_q.kw) * 16'(config_q.qt);
      if (used && 32'(step_q) < Rows) begin
        pass_words_o <= pass_words_o + 24'(config_q.row_words);
        index_q <= last_index ? '0 : index_q + 8'd1;
        if (last_index) group_q <= group_q + 8'd1;
      end
      j_q <= last_j ? '0 : j_q + 8'd1;
      ja_q <= last_j ? '0 : ja_q + 16'(config_q.a);
      if (last_j) set_q <= set_q + 8'd1;
    end
  end

  for (genvar r = 0; r < Rows; r++) begin : gen_row
    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) begin
        row_used_o[r] <= 1'b0;
        row_head_o[r] <= 1'b0;
        row_group_head_o[r] <= 1'b0;
      end else if (busy_q && 32'(step_q) == r) begin
        row_used_o[r] <= used;
        row_head_o[r] <= used && group_q == '0 && index_q == '0;
        row_group_head_o[r] <= used && index_q == '0;
      end
    end
    always_ff @(posedge clk_i) begin
      if (busy_q && 32'(step_q) == r) begin
        row_group_o[8*r+:8] <= group_q;
        row_index_o[8*r+:8] <= index_q;
      end
    end
  end

  for (genvar c = 0; c < Cols; c++) begin : gen_col
    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) col_used_o[c] <= 1'b0;
      else if (busy_q && 32'(step_q) == c) col_used_o[c] <= set_q < config_q.t;
    end
    always_ff @(posedge clk_i) begin
      if (busy_q && 32'(step_q) == c) begin
        col_set_o[8*c+:8] <= set_q;
        col_j_o[8*c+:8] <= j_q;
        col_ja_o[16*c+:16] <= ja_q;
      end
    end
  end

  logic unused_bits;
  assign unused_bits = ^{command_i, w6, w7};

endmodule
