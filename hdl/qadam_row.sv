// SPDX-License-Identifier: Apache-2.0
//
// One row of the array: the control of its PEs (addresses, bus matching, pipeline of enables) and
// the PEs themselves.
//
// start_i samples desc_i and starts one beat of steps (idx, f), see docs/architecture.md 2. A beat
// is never interrupted; the next start comes at the earliest when it is complete.

module qadam_row #(
    parameter int unsigned Cols = 14,
    parameter int unsigned IfmapWords = 24,
    parameter int unsigned FilterWords = 224,
    parameter int unsigned PsumWords = 24,
    parameter int unsigned ActWidth = 16,
    parameter int unsigned WeightWidth = 16,
    parameter int unsigned PsumWidth = 32,
    parameter int unsigned ActLanes = 4,
    parameter int unsigned WeightLanes = 4,
    parameter int unsigned MulLatency = 1,
    parameter int unsigned AddLatency = 1,
    parameter int unsigned LatchSpads = 1
) (
    input  logic                               clk_i,
    input  logic                               rst_ni,
    // configuration of the array, of this row and of the columns (stable while not idle)
    input  qadam_pkg::config_t                 config_i,
    input  logic                               used_i,        // part of the chain
    input  logic                               head_i,        // first row of the chain
    input  logic [                        7:0] group_i,       // channel group of this row
    input  logic [                        7:0] group_row_i,   // row within its set
    input  logic [                   Cols-1:0] col_used_i,
    input  logic [                 8*Cols-1:0] col_set_i,     // set of a column
    input  logic [                 8*Cols-1:0] col_j_i,       // ofmap row of a column in its set
    input  logic [                16*Cols-1:0] col_ja_i,      // the same times a
    // slot
    input  logic                               start_i,
    input  qadam_pkg::desc_t                   desc_i,
    input  logic [                        7:0] ev_i,          // valid ofmap rows of desc_i's step
    // ifmap bus, one cycle before the PEs write
    input  logic                               ifmap_valid_i,
    input  logic [                        7:0] ifmap_group_i,
    input  logic [                       15:0] ifmap_y_i,
    input  logic [                        7:0] ifmap_ev_i,
    input  logic [                       15:0] ifmap_addr_i,  // spad address of lane 0's word
    input  logic [      ActLanes*ActWidth-1:0] ifmap_data_i,
    // filter bus, one cycle before the PEs write
    input  logic                               filter_valid_i,
    input  logic [                        7:0] filter_set_i,
    input  logic [                       15:0] filter_group_i,
    input  logic [WeightLanes*WeightWidth-1:0] filter_data_i,
    // chain; active_soon_o tells the row below which columns of this row have a beat whose write
    // stage is the next cycle
    input  logic [                   Cols-1:0] active_soon_i,
    input  logic [   Cols*(PsumWidth+1)-1:0]   psum_i,
    output logic [                   Cols-1:0] active_soon_o,
    output logic [   Cols*(PsumWidth+1)-1:0]   psum_o,
    // emission: psum_o holds entry emit_entry_o, selected by emit_sel_o
    output logic                               emit_o,
    output logic [                        7:0] emit_entry_o,
    output logic [              PsumWords-1:0] emit_sel_o,
    // accesses of this cycle, 16 bits each: ifmap reads, ifmap writes, filter reads, filter
    // writes, psum reads, psum writes, MACs; simulation only, else 0
    output logic [                   7*16-1:0] accesses_o
);

  localparam int unsigned IFMAP_AW = IfmapWords > 1 ? $clog2(IfmapWords) : 1;
  localparam int unsigned FILTER_AW = FilterWords > 1 ? $clog2(FilterWords) : 1;
  localparam int unsigned PSUM_AW = PsumWords > 1 ? $clog2(PsumWords) : 1;
  localparam int unsigned IFMAP_GROUPS = (IfmapWords + ActLanes - 1) / ActLanes;
  localparam int unsigned FILTER_GROUPS = (FilterWords + WeightLanes - 1) / WeightLanes;
  localparam int unsigned IFMAP_GW = IFMAP_GROUPS > 1 ? $clog2(IFMAP_GROUPS) : 1;
  localparam int unsigned FILTER_GW = FILTER_GROUPS > 1 ? $clog2(FILTER_GROUPS) : 1;
  localparam int unsigned LANE_BITS = $clog2(ActLanes);
  localparam int unsigned READ_STAGE = 1 + MulLatency;            // psum read, after operand read
  localparam int unsigned SUM_STAGE = MulLatency + AddLatency;    // sum register
  localparam int unsigned WRITE_STAGE = READ_STAGE + AddLatency;  // psum write
  localparam int unsigned MAC_STAGES = SUM_STAGE - 1;             // registers in the MAC

  // Beat counters: f runs to period (p, or more if the adder's loop is longer), then idx. They run
  // in idle rows too, since the row above hands on its last group even then.
  logic [15:0] f_d, f_q, idx_d, idx_q, filter_addr_d, filter_addr_q, ring_d, ring_q, period;
  logic count_d, count_q, run_d, run_q, valid_d, valid0_q, first0_q, last0_q, last_f, beat_end;
  logic [Cols-1:0] cols_q, cols_d;

  assign period = 32'(config_i.p) > AddLatency + 1 ? config_i.p : 16'(AddLatency + 1);
  assign last_f = f_q + 16'd1 == period;
  assign beat_end = last_f && last0_q;

  for (genvar c = 0; c < Cols; c++) begin : gen_cols
    assign cols_d[c] = col_used_i[c] && col_j_i[8*c+:8] < ev_i;
  end

  always_comb begin
    count_d = count_q && !beat_end;
    run_d = run_q && !beat_end;
    f_d = last_f ? '0 : f_q + 16'd1;
    idx_d = last_f ? idx_q + 16'd1 : idx_q;
    filter_addr_d = valid0_q ? filter_addr_q + 16'd1 : filter_addr_q;
    ring_d = ring_q;
    if (last_f) ring_d = ring_q + 16'd1 == config_i.ring_words ? '0 : ring_q + 16'd1;
    if (start_i) begin
      count_d = used_i;
      run_d = desc_i.active;
      f_d = '0;
      idx_d = '0;
      filter_addr_d = desc_i.bank ? 16'(config_i.kf * 16'(WeightLanes)) : '0;
      ring_d = desc_i.ring;
    end
    valid_d = count_d && f_d < config_i.p;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      count_q <= 1'b0;
      run_q <= 1'b0;
      valid0_q <= 1'b0;
    end else begin
      count_q <= count_d;
      run_q <= run_d;
      valid0_q <= valid_d;
    end
  end

  always_ff @(posedge clk_i) begin
    if (start_i) cols_q <= cols_d;
    if (start_i || count_q) begin
      f_q <= f_d;
      idx_q <= idx_d;
      filter_addr_q <= filter_addr_d;
      ring_q <= ring_d;
      first0_q <= idx_d == '0;
      last0_q <= idx_d + 16'd1 == config_i.sq;
    end
  end

  // Pipeline of enables, from operand read (stage 0) to the stage before the psum write. What the
  // psum write needs in the first half of its cycle is computed in that stage.
  logic [SUM_STAGE:0] valid, active, first;
  logic [SUM_STAGE:1] valid_q, active_stage_q, first_q;
  logic [WRITE_STAGE:0] last;
  logic [WRITE_STAGE:1] last_q;
  logic [PSUM_AW*(WRITE_STAGE+1)-1:0] entry;
  logic [PSUM_AW*(WRITE_STAGE+1)-1:PSUM_AW] entry_q;
  logic [Cols*(SUM_STAGE+1)-1:0] cols;
  logic [Cols*(SUM_STAGE+1)-1:Cols] cols_stage_q;
  logic [Cols-1:0] psum_we_q, psum_we_d;
  logic emit_q, emit_d, psum_init_q;

  assign valid = {valid_q, valid0_q};
  assign active = {active_stage_q, run_q};
  assign first = {first_q, first0_q};
  assign last = {last_q, last0_q};
  assign entry = {entry_q, f_q[PSUM_AW-1:0]};
  assign cols = {cols_stage_q, cols_q};

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      valid_q <= '0;
      psum_we_q <= '0;
      emit_q <= 1'b0;
    end else begin
      valid_q <= valid[SUM_STAGE-1:0];
      psum_we_q <= psum_we_d;
      emit_q <= emit_d;
    end
  end
  always_ff @(posedge clk_i) begin
    active_stage_q <= active[SUM_STAGE-1:0];
    first_q <= first[SUM_STAGE-1:0];
    last_q <= last[WRITE_STAGE-1:0];
    entry_q <= entry[PSUM_AW*WRITE_STAGE-1:0];
    cols_stage_q <= cols[Cols*SUM_STAGE-1:0];
    psum_init_q <= head_i && first[READ_STAGE-1];
  end

  assign active_soon_o = {Cols{active[SUM_STAGE]}} & cols[Cols*SUM_STAGE+:Cols];
  assign psum_we_d = {Cols{valid[SUM_STAGE]}} &
                     (last[SUM_STAGE] ? active_soon_i & {Cols{!head_i}} : active_soon_o);
  assign emit_d = valid[SUM_STAGE] && active[SUM_STAGE] && last[SUM_STAGE];
  assign emit_o = emit_q;
  assign emit_entry_o = 8'(entry[PSUM_AW*WRITE_STAGE+:PSUM_AW]);

  // One-hot addresses, registered together with the binary ones.
  logic [IfmapWords-1:0] ifmap_rsel;
  logic [FilterWords-1:0] filter_rsel;
  logic [PsumWords-1:0] psum_rsel, psum_wsel;
  assign emit_sel_o = psum_wsel;

  always_ff @(posedge clk_i) begin
    if (start_i || count_q) begin
      ifmap_rsel <= IfmapWords'(1) << ring_d[IFMAP_AW-1:0];
      filter_rsel <= FilterWords'(1) << filter_addr_d[FILTER_AW-1:0];
    end
    psum_rsel <= PsumWords'(1) << entry[PSUM_AW*(READ_STAGE-1)+:PSUM_AW];
    psum_wsel <= PsumWords'(1) << entry[PSUM_AW*(WRITE_STAGE-1)+:PSUM_AW];
  end

  // Buses: match, decode and register once per row.
  logic [Cols-1:0] ifmap_we_q, filter_we_q;
  logic [IFMAP_GW-1:0] ifmap_wgroup_q;
  logic [IFMAP_GROUPS-1:0] ifmap_wsel;
  logic [ActLanes-1:0] ifmap_mask_d, ifmap_mask_q;
  logic [ActLanes*ActWidth-1:0] ifmap_data_q;
  logic [FILTER_GW-1:0] filter_wgroup_q;
  logic [FILTER_GROUPS-1:0] filter_wsel;
  logic [WeightLanes*WeightWidth-1:0] filter_data_q;
  logic [15:0] ifmap_j, ifmap_lane;
  logic ifmap_hit, filter_hit;

  assign ifmap_hit = ifmap_valid_i && used_i && ifmap_group_i == group_i;
  assign ifmap_j = ifmap_y_i - 16'(group_row_i);
  assign filter_hit = filter_valid_i;
  assign ifmap_lane = ifmap_addr_i & 16'(ActLanes - 1);
  for (genvar l = 0; l < ActLanes; l++) begin : gen_mask
    assign ifmap_mask_d[l] = 16'(l) >= ifmap_lane && 16'(l) < ifmap_lane + 16'(config_i.qt);
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      ifmap_we_q <= '0;
      filter_we_q <= '0;
    end else begin
      for (int unsigned c = 0; c < Cols; c++) begin
        ifmap_we_q[c] <= ifmap_hit && col_used_i[c] && ifmap_j == col_ja_i[16*c+:16] &&
                         col_j_i[8*c+:8] < ifmap_ev_i;
        filter_we_q[c] <= filter_hit && col_used_i[c] && col_set_i[8*c+:8] == filter_set_i;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (ifmap_hit) begin
      ifmap_wgroup_q <= IFMAP_GW'(ifmap_addr_i >> LANE_BITS);
      ifmap_wsel <= IFMAP_GROUPS'(1) << IFMAP_GW'(ifmap_addr_i >> LANE_BITS);
      ifmap_mask_q <= ifmap_mask_d;
      ifmap_data_q <= ifmap_data_i;
    end
    if (filter_hit) begin
      filter_wgroup_q <= filter_group_i[FILTER_GW-1:0];
      filter_wsel <= FILTER_GROUPS'(1) << filter_group_i[FILTER_GW-1:0];
      filter_data_q <= filter_data_i;
    end
  end


  // Enables of the PEs at each stage.
  logic [Cols-1:0] read_en, psum_read, psum_en;
  logic [MAC_STAGES*Cols-1:0] mac_en;
  for (genvar c = 0; c < Cols; c++) begin : gen_enable
    assign read_en[c] = valid[0] && active[0] && cols[c];
    for (genvar k = 0; k < MAC_STAGES; k++) begin : gen_mac_enable
      assign mac_en[MAC_STAGES*c+k] = valid[k+1] && active[k+1] && cols[Cols*(k+1)+c];
    end
    assign psum_read[c] = valid[READ_STAGE] && active[READ_STAGE] && cols[Cols*READ_STAGE+c];
    assign psum_en[c] = valid[SUM_STAGE] && active[SUM_STAGE] && cols[Cols*SUM_STAGE+c];
  end

  for (genvar c = 0; c < Cols; c++) begin : gen_pe
    qadam_pe #(
        .IfmapWords (IfmapWords),
        .FilterWords(FilterWords),
        .PsumWords  (PsumWords),
        .ActWidth   (ActWidth),
        .WeightWidth(WeightWidth),
        .PsumWidth  (PsumWidth),
        .ActLanes   (ActLanes),
        .WeightLanes(WeightLanes),
        .MulLatency (MulLatency),
        .AddLatency (AddLatency),
        .LatchSpads (LatchSpads)
    ) u_pe (
        .clk_i,
        .ifmap_we_i     (ifmap_we_q[c]),
        .ifmap_wgroup_i (ifmap_wgroup_q),
        .ifmap_wsel_i   (ifmap_wsel),
        .ifmap_wmask_i  (ifmap_mask_q),
        .ifmap_wdata_i  (ifmap_data_q),
        .filter_we_i    (filter_we_q[c]),
        .filter_wgroup_i(filter_wgroup_q),
        .filter_wsel_i  (filter_wsel),
        .filter_wdata_i (filter_data_q),
        .read_en_i      (read_en[c]),
        .ifmap_raddr_i  (ring_q[IFMAP_AW-1:0]),
        .ifmap_rsel_i   (ifmap_rsel),
        .filter_raddr_i (filter_addr_q[FILTER_AW-1:0]),
        .filter_rsel_i  (filter_rsel),
        .mac_en_i       (mac_en[MAC_STAGES*c+:MAC_STAGES]),
        .psum_en_i      (psum_en[c]),
        .psum_init_i    (psum_init_q),
        .psum_raddr_i   (entry[PSUM_AW*READ_STAGE+:PSUM_AW]),
        .psum_rsel_i    (psum_rsel),
        .psum_we_i      (psum_we_q[c]),
        .psum_chain_i   (last[WRITE_STAGE]),
        .psum_waddr_i   (entry[PSUM_AW*WRITE_STAGE+:PSUM_AW]),
        .psum_wsel_i    (psum_wsel),
        .psum_i         (psum_i[(PsumWidth+1)*c+:PsumWidth+1]),
        .psum_o         (psum_o[(PsumWidth+1)*c+:PsumWidth+1])
    );
  end

`ifdef SYNTHESIS
  assign accesses_o = '0;
`else
  function automatic logic [15:0] ones(input logic [Cols-1:0] bits);
    ones = '0;
    for (int unsigned c = 0; c < Cols; c++) ones = ones + 16'(bits[c]);
  endfunction

  logic [Cols-1:0] mac_first;
  for (genvar c = 0; c < Cols; c++) begin : gen_mac_first
    assign mac_first[c] = mac_en[MAC_STAGES*c];
  end

  logic [15:0] reads;
  assign reads = ones(read_en);
  assign accesses_o[0+:16] = reads;
  assign accesses_o[16+:16] = 16'(ones(ifmap_we_q) * 16'(config_i.qt));
  assign accesses_o[32+:16] = reads;
  assign accesses_o[48+:16] = 16'(ones(filter_we_q) * 16'(WeightLanes));
  assign accesses_o[64+:16] = psum_init_q ? '0 : ones(psum_read);
  assign accesses_o[80+:16] = ones(psum_we_q);
  assign accesses_o[96+:16] = ones(mac_first);
`endif

  logic unused_desc;
  assign unused_desc = ^{desc_i, config_i, filter_group_i, psum_read};

endmodule
