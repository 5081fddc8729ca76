// SPDX-License-Identifier: Apache-2.0
//
// Burst generator of a DMA: cuts a transfer of planes x segments x bus words into AXI bursts that
// have at most 256 beats and do not cross 4 KB.
//
// A transfer spans less than 4 GB: addresses grow in 33 bits, whose top bit chooses one of two
// high halves. start_i loads the transfer (only while idle_o). Then burst_valid_o stays high with
// one burst per burst_take_i, which may come in every cycle. A burst is burst_words_o bus words.

module qadam_dma_bursts #(
    parameter int unsigned BusWidth = 64,
    parameter int unsigned AxiWidth = 64
) (
    input  logic            clk_i,
    input  logic            rst_ni,
    input  logic            start_i,
    input  qadam_pkg::dma_t dma_i,
    output logic            idle_o,
    output logic            burst_valid_o,
    input  logic            burst_take_i,
    output logic [    63:0] burst_addr_o,
    output logic [    12:0] burst_words_o,
    output logic            burst_last_o    // last burst of the transfer
);

  localparam int unsigned BUS_BYTES = BusWidth / 8;
  localparam int unsigned WORD_BITS = $clog2(BUS_BYTES);
  localparam int unsigned MAX_WORDS = 256 * AxiWidth / BusWidth;
  localparam int unsigned MAX_BYTES = MAX_WORDS * BUS_BYTES;
  localparam int unsigned PAGE_BYTES = 4096;
  localparam int unsigned PAGE_WORDS = PAGE_BYTES / BUS_BYTES;

  logic busy_q;
  logic [31:0] high_q, high_next_q;  // of addresses without and with a carry
  logic [32:0] addr_q, segment_q, plane_q, next_segment, next_plane;
  logic [23:0] left_q, words_q, segments_q, segments_left_q, planes_left_q;
  logic [31:0] segment_stride_q, plane_stride_q;
  logic last_segment_q, last_plane_q;
  logic last_in_segment;

  // A burst ends with its segment, its page or after MAX_WORDS. All three ends are worked out side
  // by side: this loop goes round in every cycle.
  logic [12:0] page_word, to_page;
  logic [24:0] page_sum;  // words left, counted from the start of the page
  logic ends_at_page;
  logic [32:0] next_in_segment;
  logic [23:0] next_left;

  assign page_word = 13'(addr_q[11:WORD_BITS]);
  assign to_page = 13'(PAGE_WORDS) - page_word;
  assign page_sum = 25'(left_q) + 25'(page_word);
  assign ends_at_page = 32'(page_word) + MAX_WORDS >= PAGE_WORDS;
  assign last_in_segment = 32'(page_sum) <= PAGE_WORDS && 32'(left_q) <= MAX_WORDS;
  assign next_in_segment = ends_at_page ? {addr_q[32:12] + 21'd1, 12'd0}
                                        : addr_q + 33'(MAX_BYTES);
  assign next_left = ends_at_page ? 24'(page_sum - 25'(PAGE_WORDS)) : left_q - 24'(MAX_WORDS);
  assign next_segment = segment_q + 33'(segment_stride_q);
  assign next_plane = plane_q + 33'(plane_stride_q);

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) busy_q <= 1'b0;
    else if (start_i) busy_q <= 1'b1;
    else if (burst_take_i && burst_last_o) busy_q <= 1'b0;
  end

  always_ff @(posedge clk_i) begin
    if (start_i) begin
      high_q <= dma_i.address[63:32];
      high_next_q <= dma_i.address[63:32] + 32'd1;
      addr_q <= 33'(dma_i.address[31:0]);
      segment_q <= 33'(dma_i.address[31:0]);
      plane_q <= 33'(dma_i.address[31:0]);
      left_q <= dma_i.words;
      words_q <= dma_i.words;
      segments_q <= dma_i.segments;
      segments_left_q <= dma_i.segments;
      planes_left_q <= dma_i.planes;
      last_segment_q <= dma_i.segments == 24'd1;
      last_plane_q <= dma_i.planes == 24'd1;
      segment_stride_q <= dma_i.segment_stride;
      plane_stride_q <= dma_i.plane_stride;
    end else if (burst_take_i) begin
      if (!last_in_segment) begin
        addr_q <= next_in_segment;
        left_q <= next_left;
      end else begin
        left_q <= words_q;
        if (!last_segment_q) begin
          addr_q <= next_segment;
          segment_q <= next_segment;
          segments_left_q <= segments_left_q - 24'd1;
          last_segment_q <= segments_left_q == 24'd2;
        end else begin
          addr_q <= next_plane;
          segment_q <= next_plane;
          plane_q <= next_plane;
          segments_left_q <= segments_q;
          last_segment_q <= segments_q == 24'd1;
          planes_left_q <= planes_left_q - 24'd1;
          last_plane_q <= planes_left_q == 24'd2;
        end
      end
    end
  end

  assign idle_o = !busy_q;
  assign burst_valid_o = busy_q;
  assign burst_addr_o = {addr_q[32] ? high_next_q : high_q, addr_q[31:0]};
  assign burst_words_o = last_in_segment ? left_q[12:0] : ends_at_page ? to_page : 13'(MAX_WORDS);
  assign burst_last_o = last_in_segment && last_segment_q && last_plane_q;

  logic unused_fields;
  assign unused_fields = ^dma_i;

endmodule
