// SPDX-License-Identifier: Apache-2.0
//
// Testbench: a scratchpad against an array, with random back-to-back writes and reads. Run for
// the simulation model and, with SYNTHESIS defined, for latches and flops as they are built.

module spad_tb #(
    parameter int unsigned Words = 7,
    parameter int unsigned Latch = 1
);
  localparam int unsigned WIDTH = 8, LANES = 2, GROUPS = (Words + 1) / 2, CYCLES = 20000;

  logic clk = 1'b0, we = 1'b0;
  logic [1:0] wgroup, wmask;
  logic [GROUPS-1:0] wsel;
  logic [LANES*WIDTH-1:0] wdata;
  logic [2:0] raddr;
  logic [Words-1:0] rsel;
  logic [WIDTH-1:0] rdata, model[Words];
  logic [Words-1:0] known = '0;
  int unsigned checks = 0;

  qadam_spad #(
      .Words (Words),
      .Width (WIDTH),
      .Lanes (LANES),
      .Masked(1),
      .Latch (Latch)
  ) u_spad (
      .clk_i   (clk),
      .we_i    (we),
      .wgroup_i(wgroup),
      .wsel_i  (wsel),
      .wmask_i (wmask),
      .wdata_i (wdata),
      .raddr_i (raddr),
      .rsel_i  (rsel),
      .rdata_o (rdata)
  );

  task automatic check();
    if (known[raddr]) begin
      checks++;
      if (rdata !== model[raddr]) begin
        $fatal(1, "word %0d is %0h, want %0h", raddr, rdata, model[raddr]);
      end
    end
  endtask

  initial begin
    for (int unsigned n = 0; n < CYCLES; n++) begin
      #1 clk = 1'b1;
      #1 we = $urandom_range(3) != 0;
      wgroup = 2'($urandom_range(GROUPS - 1));
      wsel = GROUPS'(1) << wgroup;
      wmask = 2'($urandom);
      wdata = 16'($urandom);
      do raddr = 3'($urandom_range(Words - 1)); while (we && raddr[2:1] == wgroup);
      rsel = Words'(1) << raddr;
      #1 check();
      #1 clk = 1'b0;
      #1 check();
      for (int unsigned l = 0; l < LANES; l++) begin
        if (we && wmask[l] && 2 * wgroup + l < Words) begin
          model[2*wgroup+l] = wdata[WIDTH*l+:WIDTH];
          known[2*wgroup+l] = 1'b1;
        end
      end
    end
    if (checks < CYCLES) $fatal(1, "only %0d checks", checks);
    $finish;
  end
endmodule
