// SPDX-License-Identifier: Apache-2.0
//
// Global buffer: banks of two single-port SRAM macros, one for even and one for odd words.
//
// Two write clients (0: DMA, 1: psum unit) and four read clients (0: ifmap, 1: filter, 2: psum
// unit, 3: store DMA). Every client may access one word per cycle; two clients never meet in one
// macro in one cycle (the mapper gives every region its own banks; asserted). Read data is there
// in the cycle after the request, and only then.

`include "qadam_assert.svh"

module qadam_glb #(
    parameter int unsigned Words = 13824,
    parameter int unsigned BankWords = 512,
    parameter int unsigned Width = 64,
    parameter int unsigned Lanes = 4
) (
    input  logic               clk_i,
    input  logic               rst_ni,
    input  logic [        1:0] write_req_i,
    input  logic [   2*24-1:0] write_addr_i,
    input  logic [2*Lanes-1:0] write_mask_i,
    input  logic [2*Width-1:0] write_data_i,
    input  logic [        3:0] read_req_i,
    input  logic [   4*24-1:0] read_addr_i,
    output logic [4*Width-1:0] read_data_o
);

  localparam int unsigned BANKS = (Words + BankWords - 1) / BankWords;
  localparam int unsigned MACROS = 2 * BANKS;
  localparam int unsigned BANK_BITS = $clog2(BankWords);
  localparam int unsigned CLIENTS = 6;

  // Clients 0 and 1 write, 2 to 5 read. Macro 2*b + h holds the words of bank b with addr[0] = h.
  logic [CLIENTS-1:0] req;
  logic [24*CLIENTS-1:0] addr;
  assign req = {read_req_i, write_req_i};
  assign addr = {read_addr_i, write_addr_i};

  logic [CLIENTS*MACROS-1:0] hit;
  for (genvar k = 0; k < CLIENTS; k++) begin : gen_hit
    for (genvar m = 0; m < MACROS; m++) begin : gen_macro
      assign hit[MACROS*k+m] = req[k] && addr[24*k] == (m % 2 == 1) &&
                               addr[24*k+BANK_BITS+:24-BANK_BITS] == (24 - BANK_BITS)'(m / 2);
    end
  end

  logic [MACROS*Width-1:0] rdata;

  for (genvar m = 0; m < MACROS; m++) begin : gen_macros
    localparam int unsigned LEFT = Words - (m / 2) * BankWords;
    localparam int unsigned DEPTH = (LEFT < BankWords ? LEFT : BankWords) / 2;
    localparam int unsigned AW = DEPTH > 1 ? $clog2(DEPTH) : 1;

    logic [CLIENTS-1:0] sel;
    logic [23:0] word;
    logic [Width-1:0] wdata;
    logic [Lanes-1:0] wmask;

    for (genvar k = 0; k < CLIENTS; k++) begin : gen_sel
      assign sel[k] = hit[MACROS*k+m];
    end

    always_comb begin
      word = '0;
      for (int unsigned k = 0; k < CLIENTS; k++) begin
        word = word | (addr[24*k+:24] & {24{sel[k]}});
      end
    end
    assign wdata = sel[1] ? write_data_i[Width+:Width] : write_data_i[0+:Width];
    assign wmask = sel[1] ? write_mask_i[Lanes+:Lanes] : write_mask_i[0+:Lanes];

    qadam_sram #(
        .Words(DEPTH),
        .Width(Width),
        .Lanes(Lanes)
    ) u_sram (
        .clk_i,
        .req_i  (|sel),
        .we_i   (|sel[1:0]),
        .addr_i (word[AW:1]),
        .wmask_i(wmask),
        .wdata_i(wdata),
        .rdata_o(rdata[Width*m+:Width])
    );

    `QADAM_ASSERT(OneClient, (sel & (sel - 1'b1)) == '0)

    logic unused_word;
    assign unused_word = ^word;
  end

  // Each read client remembers which macro it asked.
  for (genvar k = 0; k < 4; k++) begin : gen_read
    logic [MACROS-1:0] from_q;
    always_ff @(posedge clk_i) begin
      if (read_req_i[k]) from_q <= hit[MACROS*(k+2)+:MACROS];
    end
    logic [Width-1:0] data;
    always_comb begin
      data = '0;
      for (int unsigned m = 0; m < MACROS; m++) begin
        data = data | (rdata[Width*m+:Width] & {Width{from_q[m]}});
      end
    end
    assign read_data_o[Width*k+:Width] = data;
  end

  for (genvar k = 0; k < CLIENTS; k++) begin : gen_range
    `QADAM_ASSERT(InRange, !req[k] || 32'(addr[24*k+:24]) < Words)
  end

endmodule
