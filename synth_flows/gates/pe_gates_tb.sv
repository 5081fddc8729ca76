// SPDX-License-Identifier: Apache-2.0
//
// Testbench: the mapped netlist of a PE (qadam_pe_gates) against its RTL, by random vectors.
//
// All spads are filled, then every cycle draws data, addresses, writes and enables; a word is
// never read in the cycle in which it is written. Words are uniform; with Float three of four have
// exponents that keep sums finite.
//   +vectors=N    that many cycles, by default 100000
//   +stimuli=FILE inputs of a PE in a simulated layer (pe_stimuli.py) in the place of random ones
//   +waves=FILE   the netlist's nets as VCD, for the energy of a MAC: every cycle is one, its
//                 addresses are uniform, all floats are of magnitude 2^-7 to 2, and spads are
//                 written at the rates that synth.c has as typical: acts 0.1, weights 0.05, psums
//                 1 word a cycle
// Prints "N vectors"; the first difference is fatal.

module pe_gates_tb #(
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
    parameter int unsigned LatchSpads = 1,
    parameter int unsigned Float = 0
);
  localparam int unsigned STAGES = MulLatency + AddLatency - 1;
  localparam int unsigned IFMAP_GROUPS = (IfmapWords + ActLanes - 1) / ActLanes;
  localparam int unsigned FILTER_GROUPS = (FilterWords + WeightLanes - 1) / WeightLanes;
  localparam int unsigned IFMAP_AW = IfmapWords > 1 ? $clog2(IfmapWords) : 1;
  localparam int unsigned FILTER_AW = FilterWords > 1 ? $clog2(FilterWords) : 1;
  localparam int unsigned PSUM_AW = PsumWords > 1 ? $clog2(PsumWords) : 1;
  localparam int unsigned IFMAP_GW = IFMAP_GROUPS > 1 ? $clog2(IFMAP_GROUPS) : 1;
  localparam int unsigned FILTER_GW = FILTER_GROUPS > 1 ? $clog2(FILTER_GROUPS) : 1;
  localparam int unsigned FILL = IFMAP_GROUPS + FILTER_GROUPS + PsumWords;
  localparam int unsigned WARM = FILL + STAGES + 4;  // from here on the sum register is known

  int unsigned vectors = 100000;
  string waves, stimuli;
  int file;
  logic clk = 1'b0, busy;
  logic ifmap_we, filter_we, read_en, psum_en, psum_init, psum_we, psum_chain;
  logic [IFMAP_GW-1:0] ifmap_wgroup;
  logic [IFMAP_GROUPS-1:0] ifmap_wsel;
  logic [ActLanes-1:0] ifmap_wmask;
  logic [ActLanes*ActWidth-1:0] ifmap_wdata;
  logic [FILTER_GW-1:0] filter_wgroup;
  logic [FILTER_GROUPS-1:0] filter_wsel;
  logic [WeightLanes*WeightWidth-1:0] filter_wdata;
  logic [IFMAP_AW-1:0] ifmap_raddr;
  logic [IfmapWords-1:0] ifmap_rsel;
  logic [FILTER_AW-1:0] filter_raddr;
  logic [FilterWords-1:0] filter_rsel;
  logic [STAGES-1:0] mac_en;
  logic [PSUM_AW-1:0] psum_raddr, psum_waddr;
  logic [PsumWords-1:0] psum_rsel, psum_wsel;
  logic [PsumWidth:0] psum, rtl_sum, gates_sum;
  logic unused_latch = LatchSpads != 0;

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
  ) u_rtl (
      .clk_i         (clk),
      .ifmap_we_i    (ifmap_we),
      .ifmap_wgroup_i(ifmap_wgroup),
      .ifmap_wsel_i  (ifmap_wsel),
      .ifmap_wmask_i (ifmap_wmask),
      .ifmap_wdata_i (ifmap_wdata),
      .filter_we_i    (filter_we),
      .filter_wgroup_i(filter_wgroup),
      .filter_wsel_i  (filter_wsel),
      .filter_wdata_i (filter_wdata),
      .read_en_i     (read_en),
      .ifmap_raddr_i (ifmap_raddr),
      .ifmap_rsel_i  (ifmap_rsel),
      .filter_raddr_i(filter_raddr),
      .filter_rsel_i (filter_rsel),
      .mac_en_i      (mac_en),
      .psum_en_i     (psum_en),
      .psum_init_i   (psum_init),
      .psum_raddr_i  (psum_raddr),
      .psum_rsel_i   (psum_rsel),
      .psum_we_i     (psum_we),
      .psum_chain_i  (psum_chain),
      .psum_waddr_i  (psum_waddr),
      .psum_wsel_i   (psum_wsel),
      .psum_i        (psum),
      .psum_o        (rtl_sum)
  );

  qadam_pe_gates u_gates (
      .clk_i         (clk),
      .ifmap_we_i    (ifmap_we),
      .ifmap_wgroup_i(ifmap_wgroup),
      .ifmap_wsel_i  (ifmap_wsel),
      .ifmap_wmask_i (ifmap_wmask),
      .ifmap_wdata_i (ifmap_wdata),
      .filter_we_i    (filter_we),
      .filter_wgroup_i(filter_wgroup),
      .filter_wsel_i  (filter_wsel),
      .filter_wdata_i (filter_wdata),
      .read_en_i     (read_en),
      .ifmap_raddr_i (ifmap_raddr),
      .ifmap_rsel_i  (ifmap_rsel),
      .filter_raddr_i(filter_raddr),
      .filter_rsel_i (filter_rsel),
      .mac_en_i      (mac_en),
      .psum_en_i     (psum_en),
      .psum_init_i   (psum_init),
      .psum_raddr_i  (psum_raddr),
      .psum_rsel_i   (psum_rsel),
      .psum_we_i     (psum_we),
      .psum_chain_i  (psum_chain),
      .psum_waddr_i  (psum_waddr),
      .psum_wsel_i   (psum_wsel),
      .psum_i        (psum),
      .psum_o        (gates_sum)
  );

  // True once in n.
  function automatic logic once(input int unsigned n);
    once = $urandom_range(n - 1) == 0;
  endfunction

  // 64 random bits; of a float word, mostly one of magnitude 2^-8 to 2.
  function automatic logic [63:0] word();
    word = {$urandom, $urandom};
    if (Float != 0 && (busy || !once(4))) word[30:23] = {5'b01111, word[25:23]};
  endfunction

  task automatic draw_writes(input int unsigned n);
    ifmap_we = n < FILL ? n < IFMAP_GROUPS : once(busy ? 10 * ActLanes : 3);
    ifmap_wgroup = IFMAP_GW'(n < FILL ? n % IFMAP_GROUPS : $urandom_range(IFMAP_GROUPS - 1));
    ifmap_wmask = n < FILL || busy ? '1 : ActLanes'($urandom);
    filter_we = n < FILL ? n >= IFMAP_GROUPS && n < IFMAP_GROUPS + FILTER_GROUPS
                         : once(busy ? 20 * WeightLanes : 3);
    filter_wgroup = FILTER_GW'(n < FILL ? (n - IFMAP_GROUPS) % FILTER_GROUPS
                                        : $urandom_range(FILTER_GROUPS - 1));
    psum_we = n < FILL || busy || !once(4);
    psum_chain = n < FILL || (busy ? once(32) : once(4));
    psum_waddr = PSUM_AW'(n < FILL ? n % PsumWords : $urandom_range(PsumWords - 1));
    ifmap_wsel = IFMAP_GROUPS'(1) << ifmap_wgroup;
    filter_wsel = FILTER_GROUPS'(1) << filter_wgroup;
    psum_wsel = PsumWords'(1) << psum_waddr;
    for (int unsigned k = 0; k < ActLanes; k++) begin
      if (ifmap_we || !busy) ifmap_wdata[k*ActWidth+:ActWidth] = ActWidth'(word());
    end
    for (int unsigned k = 0; k < WeightLanes; k++) begin
      if (filter_we || !busy) filter_wdata[k*WeightWidth+:WeightWidth] = WeightWidth'(word());
    end
    if (psum_chain) psum = {!busy && once(8), PsumWidth'(word())};
  endtask

  task automatic draw_reads(input int unsigned n);
    read_en = n < WARM || busy || !once(8);
    mac_en = n < WARM || busy || !once(4) ? '1 : STAGES'($urandom);
    psum_en = n < WARM || busy || !once(8);
    psum_init = n < WARM ? 1'b1 : once(16);
    do ifmap_raddr = IFMAP_AW'($urandom_range(IfmapWords - 1));
    while (ifmap_we && 32'(ifmap_raddr) / ActLanes == 32'(ifmap_wgroup));
    do filter_raddr = FILTER_AW'($urandom_range(FilterWords - 1));
    while (filter_we && 32'(filter_raddr) / WeightLanes == 32'(filter_wgroup));
    do psum_raddr = PSUM_AW'($urandom_range(PsumWords - 1));
    while (psum_we && psum_raddr == psum_waddr);
    ifmap_rsel = IfmapWords'(1) << ifmap_raddr;
    filter_rsel = FilterWords'(1) << filter_raddr;
    psum_rsel = PsumWords'(1) << psum_raddr;
  endtask

  task automatic check(input int unsigned n);
    if (n > WARM && gates_sum !== rtl_sum) begin
      $fatal(1, "vector %0d: the gates' sum is %h, the RTL's %h", n - WARM, gates_sum, rtl_sum);
    end
  endtask

  // The next cycle of the file; false at its end.
  function automatic logic read_cycle();
    read_cycle = $fscanf(file, "%h %h %h %h %h %h %h %h %h", ifmap_we, ifmap_wgroup, ifmap_wsel,
                         ifmap_wmask, ifmap_wdata, filter_we, filter_wgroup, filter_wsel,
                         filter_wdata) == 9 &&
                 $fscanf(file, "%h %h %h %h %h %h %h %h %h", read_en, ifmap_raddr, ifmap_rsel,
                         filter_raddr, filter_rsel, mac_en, psum_en, psum_init, psum_raddr) == 9 &&
                 $fscanf(file, "%h %h %h %h %h %h", psum_rsel, psum_we, psum_chain, psum_waddr,
                         psum_wsel, psum) == 6;
  endfunction

  // One cycle in which the inputs are those of draws or of the file; false at its end.
  task automatic replay_cycle(input int unsigned n, output logic done);
    done = 1'b0;
    #1 clk = 1'b1;
    #1;
    if (n <= WARM) begin
      draw_writes(n);
      draw_reads(n);
    end else begin
      done = !read_cycle();
    end
    #1 check(n);
    #1 clk = 1'b0;
    #1 check(n);
  endtask

  // All spads are filled, so that no word is unknown; then come the cycles of the file.
  task automatic replay();
    logic done;
    vectors = 0;
    done = 1'b0;
    for (int unsigned n = 0; !done; n++) begin
      if (busy && n == WARM + 1) begin
        $dumpfile(waves);
        $dumpvars(1, u_gates);
      end
      replay_cycle(n, done);
      vectors += 32'(n > WARM && !done);
    end
  endtask

  task automatic draw_all();
    for (int unsigned n = 0; n <= WARM + vectors; n++) begin
      if (busy && n == WARM) begin
        $dumpfile(waves);
        $dumpvars(1, u_gates);
      end
      #1 clk = 1'b1;
      #1 draw_writes(n);
      draw_reads(n);
      #1 check(n);
      #1 clk = 1'b0;
      #1 check(n);
    end
  endtask

  initial begin
    void'($value$plusargs("vectors=%d", vectors));
    busy = $value$plusargs("waves=%s", waves) != 0;
    if ($value$plusargs("stimuli=%s", stimuli) != 0) begin
      file = $fopen(stimuli, "r");
      if (file == 0) $fatal(1, "%s cannot be read", stimuli);
      replay();
    end else begin
      draw_all();
    end
    $display("%0d vectors", vectors);
    $finish;
  end
endmodule
