// SPDX-License-Identifier: Apache-2.0
//
// Testbench: the mapped netlist of a MAC between registers (qadam_mac_unit_gates) against its RTL,
// by random vectors.
//
// Integer operands that have at most 16 bits together are first taken in all pairs (with 65536
// vectors and more). Words are drawn from all words and from the corners. Of float words (Float 1)
// half have exponents near the middle, so that products and psums meet, and some are corners. One
// cycle in four draws the enables of the stages.
//   +vectors=N    that many cycles, by default 100000
// Prints "N vectors"; the first difference is fatal.

module mac_gates_tb #(
    parameter int unsigned ActWidth = 16,
    parameter int unsigned WeightWidth = 16,
    parameter int unsigned PsumWidth = 32,
    parameter int unsigned MulLatency = 1,
    parameter int unsigned AddLatency = 1,
    parameter int unsigned Float = 0
);
  localparam int unsigned STAGES = MulLatency + AddLatency - 1;
  localparam int unsigned WARM = STAGES + 4;

  localparam int unsigned PAIR_BITS = ActWidth + WeightWidth;

  int unsigned vectors = 100000;
  logic clk = 1'b0, all_pairs, read_en, sum_en, rtl_ovf, gates_ovf;
  logic [ActWidth-1:0] act;
  logic [WeightWidth-1:0] weight;
  logic [STAGES-1:0] mac_en;
  logic [PsumWidth-1:0] psum, rtl_sum, gates_sum;

  qadam_mac_unit #(
      .ActWidth   (ActWidth),
      .WeightWidth(WeightWidth),
      .PsumWidth  (PsumWidth),
      .MulLatency (MulLatency),
      .AddLatency (AddLatency)
  ) u_rtl (
      .clk_i    (clk),
      .read_en_i(read_en),
      .act_i    (act),
      .weight_i (weight),
      .mac_en_i (mac_en),
      .psum_i   (psum),
      .sum_en_i (sum_en),
      .sum_o    (rtl_sum),
      .ovf_o    (rtl_ovf)
  );

  qadam_mac_unit_gates u_gates (
      .clk_i    (clk),
      .read_en_i(read_en),
      .act_i    (act),
      .weight_i (weight),
      .mac_en_i (mac_en),
      .psum_i   (psum),
      .sum_en_i (sum_en),
      .sum_o    (gates_sum),
      .ovf_o    (gates_ovf)
  );

  function automatic logic once(input int unsigned n);
    once = $urandom_range(n - 1) == 0;
  endfunction

  // A random word of width bits.
  function automatic logic [63:0] word(input int unsigned width);
    word = {$urandom, $urandom};
    if (Float != 0) begin
      if (once(2)) word[30:23] = 8'd117 + 8'($urandom_range(20));
      if (once(16)) word[30:23] = 8'd0;
      if (once(64)) word[30:23] = 8'd255;
      if (once(8)) word[22:0] = once(2) ? '0 : '1;
    end else if (once(8)) begin
      word = 64'd1 << $urandom_range(width - 1);
      if (once(2)) word = word - 64'd1;
      if (once(2)) word = -word;
    end
  endfunction

  task automatic check(input int unsigned n);
    if (n > WARM && {gates_ovf, gates_sum} !== {rtl_ovf, rtl_sum}) begin
      $fatal(1, "vector %0d: the gates' overflow and sum are %b %h, the RTL's %b %h", n - WARM,
             gates_ovf, gates_sum, rtl_ovf, rtl_sum);
    end
  endtask

  initial begin
    void'($value$plusargs("vectors=%d", vectors));
    for (int unsigned n = 0; n <= WARM + vectors; n++) begin
      #1 clk = 1'b1;
      #1 act = ActWidth'(word(ActWidth));
      weight = WeightWidth'(word(WeightWidth));
      psum = PsumWidth'(word(PsumWidth));
      all_pairs = PAIR_BITS <= 16 && n >= WARM && n - WARM < 1 << PAIR_BITS;
      if (all_pairs) {act, weight} = PAIR_BITS'(n - WARM);
      read_en = n < WARM || all_pairs || !once(8);
      sum_en = n < WARM || all_pairs || !once(8);
      mac_en = n < WARM || all_pairs || !once(4) ? '1 : STAGES'($urandom);
      #1 check(n);
      #1 clk = 1'b0;
      #1 check(n);
    end
    $display("%0d vectors", vectors);
    $finish;
  end
endmodule
