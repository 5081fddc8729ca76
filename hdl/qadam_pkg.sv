// SPDX-License-Identifier: Apache-2.0
//
// Types shared by the units of the accelerator (docs/architecture.md, sections 2 and 6).

package qadam_pkg;

  // Pipeline constants of the timing table; the performance model uses the same.
  localparam int unsigned SLOT_MIN = 6;     // shortest slot, cycles
  localparam int unsigned ARRAY_DELAY = 4;  // slot start to array start, cycles
  localparam int unsigned CONTEXTS = 4;     // steps in flight

  // Bits of desc_t and step_t below ($bits of a type is beyond Yosys; qadam_sequencer checks them).
  localparam int unsigned DESC_WIDTH = 128;
  localparam int unsigned STEP_WIDTH = 414;

  // Command opcodes and flag positions (word 0).
  localparam logic [7:0] OP_LOAD = 8'd1;
  localparam logic [7:0] OP_COMPUTE = 8'd2;
  localparam logic [7:0] OP_STORE = 8'd3;
  localparam logic [7:0] OP_FETCH = 8'd4;
  localparam logic [7:0] OP_CONFIG = 8'd5;
  localparam logic [7:0] OP_END = 8'd6;
  localparam int unsigned FLAG_WAIT_A = 8;
  localparam int unsigned FLAG_WAIT_B = 9;
  localparam int unsigned FLAG_SIGNAL_A = 10;
  localparam int unsigned FLAG_SIGNAL_B = 11;
  localparam int unsigned FLAG_FIRST = 12;
  localparam int unsigned FLAG_LAST = 13;

  // What the first row of a channel group needs in its ring before a beat.
  localparam logic [1:0] DELIVER_NONE = 2'd0;
  localparam logic [1:0] DELIVER_SHIFT = 2'd1;  // a positions
  localparam logic [1:0] DELIVER_NEW = 2'd2;    // the whole window, S positions

  // What one chain row does in one slot. Handed down one row per slot.
  typedef struct packed {
    logic        active;       // a beat; otherwise idle
    logic        bubble;       // idle at the start of a step
    logic        load;         // fetch the filters of this row's next pass
    logic        new_pass;     // first beat of a pass
    logic        new_step;     // first beat of a step
    logic        last;         // last beat of a step
    logic        dir;          // 0: x rises, 1: x falls
    logic        bank;         // filter bank in use; loads go to the other
    logic [1:0]  ctx;          // step context
    logic [1:0]  deliver;      // DELIVER_*
    logic [15:0] ring;         // ifmap spad address of the window
    logic [15:0] wring;        // ifmap spad address of the first delivered position
    logic [15:0] pos;          // first delivered position
    logic [23:0] ifmap_addr;   // its GLB address at y = 0, for the next group to be fed
    logic [7:0]  lane;         // that group's first lane
    logic [11:0] blk;          // that group's first block in the tile
    logic [23:0] filter_addr;  // GLB address of this row's filters, if load
  } desc_t;

  // Array configuration (CONFIG command) with what is derived from it.
  typedef struct packed {
    logic [7:0]  chain_rows;
    logic [7:0]  rk;
    logic [7:0]  e;
    logic [7:0]  t;
    logic [15:0] sq;
    logic [15:0] p;
    logic [15:0] ring_words;
    logic [15:0] adv_words;
    logic [7:0]  a;
    logic [7:0]  sk;
    logic [7:0]  kw;
    logic [7:0]  qt;
    logic [15:0] kf;
    logic [15:0] row_words;
    logic [7:0]  kp;
    logic [7:0]  pt;
    logic [7:0]  shift;
    logic        relu;
    logic [7:0]  bubbles;
    logic [7:0]  ready_bubbles;
    logic [7:0]  x_step;
    logic [15:0] pos_step;
    logic [15:0] new_offset;
  } config_t;

  // One step (COMPUTE command).
  typedef struct packed {
    logic        wait_load;
    logic        wait_store;
    logic        signal_load;
    logic        signal_store;
    logic        first;
    logic        last;
    logic [23:0] origin;
    logic [7:0]  ev;
    logic [15:0] row_pitch;
    logic [15:0] y_rows;
    logic [23:0] blk_pitch;
    logic [7:0]  lane0;
    logic [15:0] pos_lo;
    logic [15:0] pos_hi;
    logic [15:0] y_lo;
    logic [15:0] y_hi;
    logic [15:0] beats;
    logic [15:0] passes;
    logic [15:0] end_pos;
    logic [15:0] blocks;
    logic [23:0] end_addr;
    logic [23:0] filter_base;
    logic [23:0] psum_base;
    logic [23:0] psum_end;
    logic [23:0] bias_base;
    logic [23:0] ofmap_base;
    logic [23:0] ofmap_pitch;
    logic [15:0] psum_stride;
  } step_t;

  // One DMA transfer (LOAD, STORE and FETCH commands).
  typedef struct packed {
    logic        fetch;
    logic        wait_token;
    logic        signal_token;
    logic [63:0] address;
    logic [23:0] glb_addr;
    logic [23:0] words;
    logic [23:0] segments;
    logic [31:0] segment_stride;
    logic [23:0] planes;
    logic [31:0] plane_stride;
    logic [23:0] total;  // words * segments * planes
  } dma_t;

endpackage
