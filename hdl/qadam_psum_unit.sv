// SPDX-License-Identifier: Apache-2.0
//
// Psum unit: drains the collectors into the GLB.
//
// For every word (PsumLanes psums of one column): read the stored psums, or on FIRST steps the
// bias, add, and write them back, or on LAST steps write the acts that the output stage makes of
// them. One word per cycle, columns set by set; the write follows the read by 4 + PsumAddLatency
// cycles, an odd number, so that the two are in different macros (psum blocks are even-sized and
// start on even cycles and addresses).
// A job enters at load_i, the cycle before its slot; its first read is in slot cycle
// READ_DELAY. retire_o: the last word of a step is being written.

module qadam_psum_unit #(
    parameter int unsigned Cols = 14,
    parameter int unsigned BusWidth = 64,
    parameter int unsigned ActWidth = 16,
    parameter int unsigned ActMemWidth = 16,
    parameter int unsigned ActLanes = 4,
    parameter int unsigned PsumWidth = 32,
    parameter int unsigned PsumLanes = 2,
    parameter int unsigned MulLatency = 1,
    parameter int unsigned AddLatency = 1,
    parameter int unsigned PsumAddLatency = 1,
    localparam int unsigned StepWidth = qadam_pkg::STEP_WIDTH
) (
    input  logic                                        clk_i,
    input  logic                                        rst_ni,
    input  qadam_pkg::config_t                          config_i,
    input  logic [qadam_pkg::CONTEXTS*StepWidth-1:0]    contexts_i,
    // job: the beat that the bottom row has just finished
    input  logic                                        load_i,
    input  qadam_pkg::desc_t                            desc_i,
    // collectors
    output logic                                        read_bank_o,
    output logic [                                 7:0] read_group_o,
    input  logic [Cols*PsumLanes*(PsumWidth+1)-1:0]     collect_i,
    // GLB
    output logic                                        read_req_o,
    output logic [                                23:0] read_addr_o,
    input  logic [                        BusWidth-1:0] read_data_i,
    output logic                                        write_req_o,
    output logic [                                23:0] write_addr_o,
    output logic [                        ActLanes-1:0] write_mask_o,
    output logic [                        BusWidth-1:0] write_data_o,
    // events
    output logic                                        retire_o,
    output logic                                        retire_load_o,   // with SIGNAL_A
    output logic                                        retire_store_o,  // with SIGNAL_B
    output logic                                        fire_o,          // a word is drained
    output logic [                                 7:0] overflows_o,     // psums that overflowed
    output logic                                        busy_o
);

  localparam int unsigned READ_DELAY = qadam_pkg::ARRAY_DELAY + 2 + MulLatency + AddLatency;
  localparam int unsigned PSUM_MEM = BusWidth / PsumLanes;
  localparam int unsigned WORD = PsumLanes * (PsumWidth + 1);
  localparam int unsigned SUM = 2 + PsumAddLatency;  // stage in which the sum register is written
  localparam int unsigned LAST = SUM + 3;            // stage of the GLB write

  // A psum is read again two slots later at the earliest; its write must have been before.
  if (PsumAddLatency % 2 == 0 || PsumAddLatency > 7) begin : gen_check_latency
    $error("PsumAddLatency must be odd and at most 7");
  end

  // ---- Jobs wait until the array's last results are in the collectors --------------------------

  typedef struct packed {
    logic       valid;
    logic       new_pass;
    logic       new_step;
    logic       last;
    logic       dir;
    logic [1:0] ctx;
  } job_t;
  job_t job_in, job, active_q;
  localparam int unsigned JOB_WIDTH = $bits(job_in);

  logic [JOB_WIDTH*READ_DELAY-1:0] wait_q;

  always_comb begin
    job_in = '0;
    if (load_i) begin
      job_in.valid = 1'b1;
      job_in.new_pass = desc_i.new_pass;
      job_in.new_step = desc_i.new_step;
      job_in.last = desc_i.last;
      job_in.dir = desc_i.dir;
      job_in.ctx = desc_i.ctx;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) wait_q <= '0;
    else wait_q <= (JOB_WIDTH * READ_DELAY)'({wait_q, job_in});
  end
  assign job = wait_q[JOB_WIDTH*(READ_DELAY-2)+:JOB_WIDTH];

  // The step of a job, known two cycles before the job starts, and sums of it one cycle before.
  // Jobs are a slot apart, so it rests until the job has started.
  job_t early;
  qadam_pkg::step_t early_step, start_q;
  logic [23:0] first_end_q, pass_pitch_q, pass_end_q;

  assign early = wait_q[JOB_WIDTH*(READ_DELAY-4)+:JOB_WIDTH];
  qadam_context_mux u_start (
      .contexts_i,
      .ctx_i (early.ctx),
      .step_o(early_step)
  );
  always_ff @(posedge clk_i) begin
    if (early.valid) start_q <= early_step;
    first_end_q <= start_q.psum_base + start_q.psum_end;       // of the step's first pass
    pass_pitch_q <= start_q.psum_end + 24'(start_q.psum_stride);  // from pass to pass
    pass_end_q <= (start_q.psum_end << 1) + 24'(start_q.psum_stride);
  end

  // ---- D0: counters and addresses --------------------------------------------------------------

  // Of the step of the job at work.
  typedef struct packed {
    logic        first;
    logic        last;
    logic [7:0]  ev;
    logic [15:0] beats;
    logic [23:0] ofmap_pitch;
  } work_t;

  work_t step_q;
  logic [23:0] pass_base_q, pass_base, bias_pass_q, bias_pass, x_addr_q, x_addr, linear_q;
  logic [23:0] bias_set_q, ofmap_pass_q, ofmap_pass, ofmap_set_q, ofmap_q, row_q;
  logic [23:0] ofmap_next, bias_end;
  logic [15:0] x_q, x;
  logic [7:0] lane_pass_q, lane_pass, lane_set_q, lane_q, lane_next;
  logic [7:0] set_q, j_q, col_q, col_set_q, word_q;
  logic busy_q, bank_q, last_word, last_j, last_set;

  assign last_word = word_q + 8'd1 == config_i.kp;
  assign last_j = j_q + 8'd1 == step_q.ev;
  assign last_set = set_q + 8'd1 == config_i.t;
  assign bias_end = bias_set_q + 24'(config_i.kp);
  assign lane_next = 32'(lane_q) + 32'(config_i.pt) == ActLanes ? '0 : lane_q + config_i.pt;
  assign ofmap_next = 32'(lane_q) + 32'(config_i.pt) == ActLanes ? ofmap_q + step_q.ofmap_pitch
                                                                 : ofmap_q;

  // A new pass starts where the last one ended; if that is still busy, this is its last word.
  always_comb begin
    pass_base = pass_base_q;
    bias_pass = bias_pass_q;
    ofmap_pass = ofmap_pass_q;
    lane_pass = lane_pass_q;
    if (job.new_step) begin
      pass_base = start_q.psum_base;
      bias_pass = start_q.bias_base;
      ofmap_pass = start_q.ofmap_base;
      lane_pass = '0;
    end else if (job.new_pass) begin
      pass_base = pass_base_q + pass_pitch_q;
      bias_pass = busy_q ? bias_end : bias_set_q;
      ofmap_pass = busy_q ? ofmap_next : ofmap_set_q;
      lane_pass = busy_q ? lane_next : lane_set_q;
    end
    if (job.new_pass) begin
      x = job.dir ? start_q.beats - 16'd1 : '0;
      x_addr = !job.dir ? pass_base : job.new_step ? first_end_q : pass_base_q + pass_end_q;
    end else begin
      x = job.dir ? x_q - 16'd1 : x_q + 16'd1;
      x_addr = job.dir ? x_addr_q - 24'(start_q.psum_stride) : x_addr_q + 24'(start_q.psum_stride);
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) busy_q <= 1'b0;
    else if (job.valid) busy_q <= 1'b1;
    else if (last_word && last_j && last_set) busy_q <= 1'b0;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) bank_q <= 1'b1;
    else if (job.valid) bank_q <= ~bank_q;
  end

  always_ff @(posedge clk_i) begin
    if (job.valid) begin
      active_q <= job;
      step_q <= {start_q.first, start_q.last, start_q.ev, start_q.beats, start_q.ofmap_pitch};
      pass_base_q <= pass_base;
      bias_pass_q <= bias_pass;
      ofmap_pass_q <= ofmap_pass;
      lane_pass_q <= lane_pass;
      x_q <= x;
      x_addr_q <= x_addr;
      linear_q <= '0;
      bias_set_q <= bias_pass;
      ofmap_set_q <= ofmap_pass;
      ofmap_q <= ofmap_pass;
      lane_set_q <= lane_pass;
      lane_q <= lane_pass;
      row_q <= 24'(x);
      {set_q, j_q, col_q, col_set_q, word_q} <= '0;
    end else if (busy_q) begin
      linear_q <= linear_q + 24'd1;
      if (!last_word) begin
        word_q <= word_q + 8'd1;
        ofmap_q <= ofmap_next;
        lane_q <= lane_next;
      end else begin
        word_q <= '0;
        if (!last_j) begin
          j_q <= j_q + 8'd1;
          col_q <= col_q + 8'd1;
          row_q <= row_q + 24'(step_q.beats);
          ofmap_q <= ofmap_set_q;
          lane_q <= lane_set_q;
        end else begin
          j_q <= '0;
          row_q <= 24'(x_q);
          set_q <= set_q + 8'd1;
          col_q <= col_set_q + config_i.e;
          col_set_q <= col_set_q + config_i.e;
          bias_set_q <= bias_end;
          ofmap_set_q <= ofmap_next;
          lane_set_q <= lane_next;
          ofmap_q <= ofmap_next;
          lane_q <= lane_next;
        end
      end
    end
  end

  assign busy_o = busy_q;
  assign fire_o = busy_q;

  // ---- D1: GLB read, collector read ------------------------------------------------------------

  logic [Cols-1:0] col1_q;
  logic fire1_q, last1_q, out1_q;
  logic [23:0] write1_q;
  logic [7:0] lane1_q;
  logic [1:0] ctx1_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) fire1_q <= 1'b0;
    else fire1_q <= busy_q;
  end

  always_ff @(posedge clk_i) begin
    if (busy_q) begin
      read_addr_o <= step_q.first ? bias_set_q + 24'(word_q) : x_addr_q + linear_q;
      write1_q <= step_q.last ? ofmap_q + row_q : x_addr_q + linear_q;
      read_group_o <= word_q;
      read_bank_o <= bank_q;
      col1_q <= Cols'(1) << col_q;
      lane1_q <= lane_q;
      out1_q <= step_q.last;
      ctx1_q <= active_q.ctx;
      last1_q <= active_q.last && last_word && last_j && last_set;
    end
  end
  assign read_req_o = fire1_q;

  logic [WORD-1:0] collected;
  always_comb begin
    collected = '0;
    for (int unsigned c = 0; c < Cols; c++) begin
      collected = collected | (collect_i[WORD*c+:WORD] & {WORD{col1_q[c]}});
    end
  end

  // ---- D2 GLB data, D3 to SUM add, two stages of output, LAST write ----------------------------

  logic [LAST:2] fire, last, out;  // index = stage
  logic [LAST*24-1:24] waddr;      // of stage s at [24*(s-1) +: 24]
  logic [LAST*8-1:8] lane;
  logic [LAST*2-1:2] ctx;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) fire <= '0;
    else fire <= {fire[LAST-1:2], fire1_q};
  end
  always_ff @(posedge clk_i) begin
    last <= {last[LAST-1:2], last1_q};
    out <= {out[LAST-1:2], out1_q};
    waddr <= {waddr[(LAST-1)*24-1:24], write1_q};
    lane <= {lane[(LAST-1)*8-1:8], lane1_q};
    ctx <= {ctx[(LAST-1)*2-1:2], ctx1_q};
  end

  logic [WORD-1:0] collected2_q, collected3_q;
  logic [BusWidth-1:0] stored3_q;
  always_ff @(posedge clk_i) begin
    if (fire1_q) collected2_q <= collected;
    if (fire[2]) begin
      collected3_q <= collected2_q;
      stored3_q <= read_data_i;
    end
  end

  logic [PsumLanes*PsumWidth-1:0] sum_q, sum_q2, sum_q3;
  logic [PsumLanes*ActWidth-1:0] acts;
  logic [PsumLanes-1:0] overflow;

  for (genvar l = 0; l < PsumLanes; l++) begin : gen_lane
    logic [PsumWidth-1:0] sum;
    logic add_overflow;
    logic [PsumAddLatency-1:0] sticky;  // of the array's psum, beside the adder
    assign sticky[0] = collected3_q[(PsumWidth+1)*l+PsumWidth];
    for (genvar k = 1; k < PsumAddLatency; k++) begin : gen_sticky
      logic sticky_q;
      always_ff @(posedge clk_i) sticky_q <= sticky[k-1];
      assign sticky[k] = sticky_q;
    end
    qadam_psum_add #(
        .PsumWidth(PsumWidth)
    ) u_add (
        .clk_i,
        .a_i  (collected3_q[(PsumWidth+1)*l+:PsumWidth]),
        .b_i  (stored3_q[PSUM_MEM*l+:PsumWidth]),
        .sum_o(sum),
        .ovf_o(add_overflow)
    );
    assign overflow[l] = fire[SUM] && 32'(config_i.pt) > l &&
                         (add_overflow || sticky[PsumAddLatency-1]);
    always_ff @(posedge clk_i) if (fire[SUM]) sum_q[PsumWidth*l+:PsumWidth] <= sum;

    qadam_output #(
        .PsumWidth(PsumWidth),
        .ActWidth (ActWidth)
    ) u_output (
        .clk_i,
        .psum_i (sum_q[PsumWidth*l+:PsumWidth]),
        .relu_i (config_i.relu),
        .shift_i(config_i.shift),
        .act_o  (acts[ActWidth*l+:ActWidth])
    );
  end

  always_ff @(posedge clk_i) begin
    if (fire[SUM+1]) sum_q2 <= sum_q;
    if (fire[SUM+2]) sum_q3 <= sum_q2;
  end

  // Write word: PsumLanes psums, or pt acts from lane first_lane on; lane 0 clears the rest.
  logic [BusWidth-1:0] psum_word, act_word;
  logic [ActLanes-1:0] act_mask;
  logic [7:0] first_lane;
  assign first_lane = lane[8*(LAST-1)+:8];

  for (genvar l = 0; l < PsumLanes; l++) begin : gen_psum_lane
    assign psum_word[PSUM_MEM*l+:PSUM_MEM] = PSUM_MEM'($signed(sum_q3[PsumWidth*l+:PsumWidth]));
  end
  for (genvar l = 0; l < ActLanes; l++) begin : gen_act_lane
    logic [31:0] from;
    assign from = l & (32'(config_i.pt) - 32'd1);
    assign act_mask[l] = 8'(l) >= first_lane && 32'(l) < 32'(first_lane) + 32'(config_i.pt);
    assign act_word[ActMemWidth*l+:ActMemWidth] =
        act_mask[l] ? ActMemWidth'($signed(acts[ActWidth*from+:ActWidth])) : '0;
  end

  assign write_req_o = fire[LAST];
  assign write_addr_o = waddr[24*(LAST-1)+:24];
  assign write_data_o = out[LAST] ? act_word : psum_word;
  assign write_mask_o = !out[LAST] || first_lane == '0 ? '1 : act_mask;

  // ---- Events ----------------------------------------------------------------------------------

  qadam_pkg::step_t retired;
  qadam_context_mux u_retired (
      .contexts_i,
      .ctx_i (ctx[2*(LAST-1)+:2]),
      .step_o(retired)
  );
  assign retire_o = fire[LAST] && last[LAST];
  assign retire_load_o = retire_o && retired.signal_load;
  assign retire_store_o = retire_o && retired.signal_store;

  always_comb begin
    overflows_o = '0;
    for (int unsigned l = 0; l < PsumLanes; l++) overflows_o = overflows_o + 8'(overflow[l]);
  end

  logic unused_fields;
  assign unused_fields = ^{start_q, early, retired, desc_i, config_i, active_q, ofmap_pass_q,
                           lane_pass_q, bias_pass_q, stored3_q};

endmodule
