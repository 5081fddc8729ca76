// SPDX-License-Identifier: Apache-2.0
//
// Yosys techmap: carry look-ahead as a Sklansky parallel-prefix tree.
//
// Depth ceil(log2(WIDTH)) levels, fanout up to WIDTH/2 (buffered later by ABC). The module name
// must sort before _90_lcu of Yosys' own techmap.v, or that one wins in silence.

(* techmap_celltype = "$lcu" *)
module _80_qadam_sklansky (P, G, CI, CO);
  parameter WIDTH = 2;

  input [WIDTH-1:0] P, G;
  input CI;
  output [WIDTH-1:0] CO;

  localparam LEVELS = WIDTH > 1 ? $clog2(WIDTH) : 0;

  // Bit i of level n covers the 2^n-aligned block that ends at i.
  wire [WIDTH*(LEVELS+1)-1:0] p, g;

  assign p[WIDTH-1:0] = P;
  assign g[0] = G[0] | (P[0] & CI);

  genvar n, i;
  generate
    for (i = 1; i < WIDTH; i = i + 1) begin : gen_first
      assign g[i] = G[i];
    end
    for (n = 0; n < LEVELS; n = n + 1) begin : gen_level
      for (i = 0; i < WIDTH; i = i + 1) begin : gen_bit
        localparam FROM = WIDTH * n + i;
        localparam TO = WIDTH * (n + 1) + i;
        localparam LOWER = WIDTH * n + (i >> n << n) - 1;
        if ((i >> n) % 2 == 1) begin : gen_join
          assign g[TO] = g[FROM] | (p[FROM] & g[LOWER]);
          assign p[TO] = p[FROM] & p[LOWER];
        end else begin : gen_keep
          assign g[TO] = g[FROM];
          assign p[TO] = p[FROM];
        end
      end
    end
  endgenerate

  assign CO = g[WIDTH*LEVELS+:WIDTH];
endmodule
