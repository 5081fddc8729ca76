// SPDX-License-Identifier: Apache-2.0
//
// Abort: ends a run from any state, after an error response, an illegal command or by request, and
// resets the units.
//
// AXI transactions that have begun are finished: stop_o keeps the units from beginning another one,
// and the reset waits until they have none (quiet_i). A run that an error ended is done.

module qadam_abort (
    input  logic clk_i,
    input  logic rst_ni,
    input  logic request_i,     // abort, whatever runs
    input  logic error_i,       // the run cannot be completed
    input  logic running_i,     // a command list runs
    input  logic quiet_i,       // no AXI transaction is open
    output logic stop_o,
    output logic unit_rst_no,   // reset of all units: rst_ni, or one cycle after an abort
    output logic busy_o,
    output logic requested_o,   // ... by request
    output logic done_o         // one cycle: an error has ended the run
);

  logic stop_q, clear_q, failed_q, requested_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      stop_q <= 1'b0;
      clear_q <= 1'b0;
      failed_q <= 1'b0;
      requested_q <= 1'b0;
    end else begin
      stop_q <= !clear_q && (stop_q || request_i || error_i && running_i);
      clear_q <= stop_q && quiet_i && !clear_q;
      failed_q <= (failed_q || error_i && running_i) && !clear_q;
      requested_q <= (request_i || requested_q) && !clear_q;
    end
  end

  assign stop_o = stop_q;
  assign unit_rst_no = rst_ni && !clear_q;
  assign busy_o = stop_q || clear_q;
  assign requested_o = requested_q;
  assign done_o = clear_q && failed_q && !requested_q;

endmodule
