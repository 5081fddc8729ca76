// SPDX-License-Identifier: Apache-2.0
//
// One row's work in the chain of the sequencer: takes the work of the row above with every
// slot (advance_i) and adapts it.
//
// Entering the first row of a channel group, the delivery fields move on to the next group, which
// is fed from here; its address is computed in the first cycles of a slot, in which the row above
// rests. The filter address moves on by the words of one row.

module qadam_chain_row #(
    parameter int unsigned ActLanes = 4
) (
    input  logic                              clk_i,
    input  logic                              rst_ni,
    // configuration of the array and of this row
    input  qadam_pkg::config_t                config_i,
    input  logic                              used_i,
    input  logic                              head_i,
    input  logic                              group_head_i,
    input  logic [24*qadam_pkg::CONTEXTS-1:0] group_pitch_i,  // per context, see qadam_sequencer
    // slot
    input  logic                              advance_i,
    input  qadam_pkg::desc_t                  above_i,        // the head's work, if head_i
    output qadam_pkg::desc_t                  desc_o,
    output logic                              head_active_o,  // chain head with a beat now
    output logic                              head_bubble_o,
    // load of this row's next pass, until the next one: GLB address and the bank in use
    output logic [                      23:0] load_addr_o,
    output logic                              load_bank_o,
    output logic                              due_o,          // the row starts a pass next
    // of the coming slot
    output logic                              active_d_o,
    output logic                              load_d_o,
    output logic [                       1:0] deliver_d_o,
    output logic [                       1:0] ctx_d_o
);

  qadam_pkg::desc_t desc_d, desc_q;
  logic [23:0] pitch, next_addr_q;
  logic [7:0] next_lane;

  qadam_context_mux #(
      .Width(24)
  ) u_pitch (
      .contexts_i(group_pitch_i),
      .ctx_i     (above_i.ctx),
      .step_o    (pitch)
  );
  assign next_lane = above_i.lane + config_i.qt;
  always_ff @(posedge clk_i) next_addr_q <= above_i.ifmap_addr + pitch;

  always_comb begin
    desc_d = above_i;
    if (!head_i) desc_d.filter_addr = above_i.filter_addr + 24'(config_i.row_words);
    if (group_head_i) begin
      if (32'(config_i.qt) == ActLanes) begin
        desc_d.ifmap_addr = next_addr_q;
        desc_d.blk = above_i.blk + 12'(config_i.kw);
      end else if (32'(next_lane) == ActLanes) begin
        desc_d.lane = '0;
        desc_d.ifmap_addr = next_addr_q;
        desc_d.blk = above_i.blk + 12'd1;
      end else begin
        desc_d.lane = next_lane;
      end
    end
    if (!used_i) desc_d = '0;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) desc_q <= '0;
    else if (advance_i) desc_q <= desc_d;
  end

  always_ff @(posedge clk_i) begin
    if (advance_i && desc_d.load) begin
      load_addr_o <= desc_d.filter_addr;
      load_bank_o <= desc_d.bank;
    end
  end

  assign due_o = used_i && above_i.active && above_i.new_pass;
  assign desc_o = desc_q;
  assign head_active_o = head_i && desc_q.active;
  assign head_bubble_o = head_i && desc_q.bubble;
  assign active_d_o = desc_d.active;
  assign load_d_o = desc_d.load;
  assign deliver_d_o = desc_d.deliver;
  assign ctx_d_o = desc_d.ctx;

  logic unused_fields;
  assign unused_fields = ^config_i;

endmodule
