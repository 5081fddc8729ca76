// SPDX-License-Identifier: Apache-2.0
//
// Yosys techmap: the clock gate module to the kit's integrated clock gate.

module qadam_clkgate (input clk_i, input en_i, output clk_o);
  CLKGATE_X1 _TECHMAP_REPLACE_ (.CK(clk_i), .E(en_i), .GCK(clk_o));
endmodule
