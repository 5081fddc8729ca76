// SPDX-License-Identifier: Apache-2.0
//
// Single-port SRAM with lane write mask; behavioural model of one macro.
//
// One access per cycle: a read's data is on rdata_o in the next cycle and stays until
// the next read. In synthesis the macro views take this module's place.

module qadam_sram #(
    parameter int unsigned Words = 256,
    parameter int unsigned Width = 64,
    parameter int unsigned Lanes = 4
) (
    input  logic                                       clk_i,
    input  logic                                       req_i,
    input  logic                                       we_i,
    input  logic [(Words > 1 ? $clog2(Words) : 1)-1:0] addr_i,
    input  logic [Lanes-1:0]                           wmask_i,
    input  logic [Width-1:0]                           wdata_i,
    output logic [Width-1:0]                           rdata_o
);

  localparam int unsigned LANE_WIDTH = Width / Lanes;

  logic [Width-1:0] mem_q[Words];

  always_ff @(posedge clk_i) begin
    if (req_i && !we_i) rdata_o <= mem_q[addr_i];
    if (req_i && we_i) begin
      for (int unsigned l = 0; l < Lanes; l++) begin
        if (wmask_i[l]) begin
          mem_q[addr_i][l*LANE_WIDTH+:LANE_WIDTH] <= wdata_i[l*LANE_WIDTH+:LANE_WIDTH];
        end
      end
    end
  end

endmodule
