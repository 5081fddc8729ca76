// SPDX-License-Identifier: Apache-2.0
//
// The PE array: rows of PEs with the psum chain running down the columns, and one collector per
// column below the last row.
//
// Read side of the collectors: collect_q of column c holds PsumLanes psums of entry group
// read_group_i of the bank not being filled, combinational.

module qadam_array #(
    parameter int unsigned Rows = 12,
    parameter int unsigned Cols = 14,
    parameter int unsigned IfmapWords = 24,
    parameter int unsigned FilterWords = 224,
    parameter int unsigned PsumWords = 24,
    parameter int unsigned ActWidth = 16,
    parameter int unsigned WeightWidth = 16,
    parameter int unsigned PsumWidth = 32,
    parameter int unsigned PsumLanes = 2,
    parameter int unsigned ActLanes = 4,
    parameter int unsigned WeightLanes = 4,
    parameter int unsigned MulLatency = 1,
    parameter int unsigned AddLatency = 1,
    parameter int unsigned LatchSpads = 1,
    localparam int unsigned DescWidth = qadam_pkg::DESC_WIDTH
) (
    input  logic                                 clk_i,
    input  logic                                 rst_ni,
    // configuration, per row and per column as in qadam_row
    input  qadam_pkg::config_t                   config_i,
    input  logic [                     Rows-1:0] row_used_i,
    input  logic [                     Rows-1:0] row_head_i,
    input  logic [                   8*Rows-1:0] row_group_i,
    input  logic [                   8*Rows-1:0] row_index_i,
    input  logic [                     Cols-1:0] col_used_i,
    input  logic [                   8*Cols-1:0] col_set_i,
    input  logic [                   8*Cols-1:0] col_j_i,
    input  logic [                  16*Cols-1:0] col_ja_i,
    // slot start in the array's time, the rows' work and its valid ofmap rows
    input  logic                                 start_i,
    input  logic [           Rows*DescWidth-1:0] desc_i,
    input  logic [                   8*Rows-1:0] ev_i,
    // ifmap bus
    input  logic                                 ifmap_valid_i,
    input  logic [                          7:0] ifmap_group_i,
    input  logic [                         15:0] ifmap_y_i,
    input  logic [                          7:0] ifmap_ev_i,
    input  logic [                         15:0] ifmap_addr_i,
    input  logic [        ActLanes*ActWidth-1:0] ifmap_data_i,
    // filter bus; one valid per row
    input  logic [                     Rows-1:0] filter_valid_i,
    input  logic [                          7:0] filter_set_i,
    input  logic [                         15:0] filter_group_i,
    input  logic [  WeightLanes*WeightWidth-1:0] filter_data_i,
    // collectors: bank filled next, and read side
    input  logic                                 read_bank_i,
    input  logic [                          7:0] read_group_i,
    output logic [Cols*PsumLanes*(PsumWidth+1)-1:0] collect_o,
    // accesses of this cycle, 7 sums of 32 bits as in qadam_row; simulation only
    output logic [                       7*32-1:0] accesses_o
);

  localparam int unsigned CHAIN = Cols * (PsumWidth + 1);

  logic [(Rows+1)*CHAIN-1:0] chain;
  logic [(Rows+1)*Cols-1:0] active_soon;
  logic [Rows-1:0] emit;
  logic [8*Rows-1:0] emit_entry;
  logic [PsumWords*Rows-1:0] emit_sel;
  logic [7*16*Rows-1:0] accesses;

  assign chain[CHAIN-1:0] = '0;
  assign active_soon[Cols-1:0] = '0;

  for (genvar r = 0; r < Rows; r++) begin : gen_row
    qadam_row #(
        .Cols       (Cols),
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
    ) u_row (
        .clk_i,
        .rst_ni,
        .config_i,
        .used_i        (row_used_i[r]),
        .head_i        (row_head_i[r]),
        .group_i       (row_group_i[8*r+:8]),
        .group_row_i   (row_index_i[8*r+:8]),
        .col_used_i,
        .col_set_i,
        .col_j_i,
        .col_ja_i,
        .start_i,
        .desc_i        (desc_i[DescWidth*r+:DescWidth]),
        .ev_i          (ev_i[8*r+:8]),
        .ifmap_valid_i,
        .ifmap_group_i,
        .ifmap_y_i,
        .ifmap_ev_i,
        .ifmap_addr_i,
        .ifmap_data_i,
        .filter_valid_i(filter_valid_i[r]),
        .filter_set_i,
        .filter_group_i,
        .filter_data_i,
        .active_soon_i (active_soon[Cols*r+:Cols]),
        .psum_i        (chain[CHAIN*r+:CHAIN]),
        .active_soon_o (active_soon[Cols*(r+1)+:Cols]),
        .psum_o        (chain[CHAIN*(r+1)+:CHAIN]),
        .emit_o        (emit[r]),
        .emit_entry_o  (emit_entry[8*r+:8]),
        .emit_sel_o    (emit_sel[PsumWords*r+:PsumWords]),
        .accesses_o    (accesses[7*16*r+:7*16])
    );
  end

`ifdef SYNTHESIS
  assign accesses_o = '0;
  logic unused_accesses;
  assign unused_accesses = ^accesses;
`else
  always_comb begin
    accesses_o = '0;
    for (int unsigned r = 0; r < Rows; r++) begin
      for (int unsigned k = 0; k < 7; k++) begin
        accesses_o[32*k+:32] = accesses_o[32*k+:32] + 32'(accesses[7*16*r+16*k+:16]);
      end
    end
  end
`endif

  // The bank changes with every emitted beat: when the last entry of a beat is written.
  logic fill_bank_q;
  logic [7:0] entry;
  assign entry = emit_entry[8*(Rows-1)+:8];

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) fill_bank_q <= 1'b0;
    else if (emit[Rows-1] && 16'(entry) + 16'd1 == config_i.p) fill_bank_q <= ~fill_bank_q;
  end

  for (genvar c = 0; c < Cols; c++) begin : gen_collector
    qadam_collector #(
        .PsumWords(PsumWords),
        .PsumLanes(PsumLanes),
        .Width    (PsumWidth + 1),
        .Latch    (LatchSpads)
    ) u_collector (
        .clk_i,
        .we_i   (emit[Rows-1]),
        .bank_i (fill_bank_q),
        .entry_i(entry),
        .sel_i  (emit_sel[PsumWords*(Rows-1)+:PsumWords]),
        .psum_i (chain[CHAIN*Rows+(PsumWidth+1)*c+:PsumWidth+1]),
        .bank_r_i (read_bank_i),
        .group_i(read_group_i),
        .psum_o (collect_o[PsumLanes*(PsumWidth+1)*c+:PsumLanes*(PsumWidth+1)])
    );
  end

  logic unused_rows;
  assign unused_rows = ^{active_soon[Cols*Rows+:Cols], emit, emit_entry, emit_sel};

endmodule
