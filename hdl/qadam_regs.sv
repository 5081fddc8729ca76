// SPDX-License-Identifier: Apache-2.0
//
// Control and status registers behind AXI4-Lite, and the counters (docs/architecture.md, section
// 8).
//
// One access at a time; a write needs address and data, in any order. Counter k of counts_i, 64
// bits each, reads at 0x40 + 8 k. Unknown addresses read 0 and ignore writes.

module qadam_regs #(
    parameter int unsigned Counters = 25
) (
    input  logic                   clk_i,
    input  logic                   rst_ni,
    // AXI4-Lite
    input  logic                   awvalid_i,
    output logic                   awready_o,
    input  logic [           11:0] awaddr_i,
    input  logic                   wvalid_i,
    output logic                   wready_o,
    input  logic [           31:0] wdata_i,
    input  logic [            3:0] wstrb_i,
    output logic                   bvalid_o,
    input  logic                   bready_i,
    input  logic                   arvalid_i,
    output logic                   arready_o,
    input  logic [           11:0] araddr_i,
    output logic                   rvalid_o,
    input  logic                   rready_i,
    output logic [           31:0] rdata_o,
    // control
    output logic                   start_o,
    output logic                   abort_o,      // soft reset
    output logic [           63:0] address_o,
    input  logic                   busy_i,
    input  logic                   done_i,
    input  logic                   read_error_i,
    input  logic                   write_error_i,
    input  logic                   illegal_i,
    input  logic                   resetting_i,  // by abort_o
    input  logic [           11:0] units_i,      // state of the units, STATUS[19:8]
    input  logic [64*Counters-1:0] counts_i,
    output logic                   irq_o
);

  localparam logic [31:0] ID = 32'h5141_4431;  // "QAD1"

  logic [31:0] address_low_q, address_high_q;
  logic irq_enable_q, done_q, read_error_q, write_error_q, illegal_q, clear, write;
  logic [31:0] status;

  assign write = awvalid_i && wvalid_i && !bvalid_o;
  assign awready_o = write;
  assign wready_o = write;
  assign start_o = write && awaddr_i == 12'h000 && wstrb_i[0] && wdata_i[0] && !busy_i;
  assign abort_o = write && awaddr_i == 12'h000 && wstrb_i[0] && wdata_i[1];
  assign clear = start_o || write && awaddr_i == 12'h000 && wstrb_i[0] && wdata_i[2] ||
                 abort_o || resetting_i;
  assign address_o = {address_high_q, address_low_q};
  assign status = {12'd0, units_i, 3'd0, illegal_q, write_error_q, read_error_q, done_q, busy_i};
  assign irq_o = irq_enable_q && done_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      bvalid_o <= 1'b0;
      irq_enable_q <= 1'b0;
      done_q <= 1'b0;
      read_error_q <= 1'b0;
      write_error_q <= 1'b0;
      illegal_q <= 1'b0;
    end else begin
      if (write) bvalid_o <= 1'b1;
      else if (bready_i) bvalid_o <= 1'b0;
      if (write && awaddr_i == 12'h008 && wstrb_i[0]) irq_enable_q <= wdata_i[0];
      done_q <= done_i || done_q && !clear;
      read_error_q <= read_error_i || read_error_q && !clear;
      write_error_q <= write_error_i || write_error_q && !clear;
      illegal_q <= illegal_i || illegal_q && !clear;
    end
  end

  always_ff @(posedge clk_i) begin
    for (int unsigned b = 0; b < 4; b++) begin
      if (write && wstrb_i[b] && awaddr_i == 12'h010) address_low_q[8*b+:8] <= wdata_i[8*b+:8];
      if (write && wstrb_i[b] && awaddr_i == 12'h014) address_high_q[8*b+:8] <= wdata_i[8*b+:8];
    end
  end

  // ---- Reads ----------------------------------------------------------------------------------

  logic [31:0] read_data, index;
  assign arready_o = !rvalid_o;
  assign index = (32'(araddr_i) - 32'h40) >> 2;

  always_comb begin
    read_data = '0;
    if (araddr_i >= 12'h040 && index < 2 * Counters) read_data = counts_i[32*index+:32];
    unique case (araddr_i)
      12'h004: read_data = status;
      12'h008: read_data = 32'(irq_enable_q);
      12'h00c: read_data = ID;
      12'h010: read_data = address_low_q;
      12'h014: read_data = address_high_q;
      default: ;
    endcase
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) rvalid_o <= 1'b0;
    else if (arvalid_i && arready_o) rvalid_o <= 1'b1;
    else if (rready_i) rvalid_o <= 1'b0;
  end
  always_ff @(posedge clk_i) if (arvalid_i && arready_o) rdata_o <= read_data;

endmodule
