/* SPDX-License-Identifier: Apache-2.0
 *
 * A mapping: how one layer is cut into tiles, steps and passes for one design.
 *
 * Loop nest, outermost first (docs/architecture.md, "Loop nest"):
 *   strip (e ofmap rows) > column tile (f ofmap columns) > filter group (m filters) >
 *   channel group (q*r channels) > kernel slice > pass (p*t filters),
 * or with the filter group outermost. One iteration of the first five loops is a step.
 *
 * A layer of 1x1 taps, stride 1 and no padding does not know how its plane is cut into
 * rows: a mapping may view H x W as `plane` rows of H*W / plane columns. All functions
 * here but mapping_view and mapping_search take the layer as the mapping views it.
 */
#ifndef QADAM_MAPPING_H
#define QADAM_MAPPING_H

#include <stdint.h>

#include "gen/design.h"
#include "gen/error.h"
#include "gen/network.h"

/* A GLB region: count buffers of whole banks, buffer i at base + i * pitch. Bus words. */
struct glb_region {
    uint32_t base, pitch, count;
    uint32_t words; /* used of each buffer */
};

enum glb_use { GLB_IFMAP, GLB_FILTER, GLB_PSUM, GLB_OFMAP, GLB_BIAS, GLB_USES };

struct mapping {
    unsigned e;       /* ofmap rows side by side: columns of one PE set */
    unsigned p;       /* filters in a PE: divides PB or is a multiple of PB */
    unsigned q;       /* channels in a PE: divides CB or is a multiple of CB */
    unsigned r;       /* PE sets stacked in the chain */
    unsigned t;       /* PE sets side by side, on different filters */
    unsigned m;       /* filters per filter group: a multiple of p*t */
    unsigned f;       /* ofmap columns per tile = beats per pass */
    unsigned rk;      /* filter rows of a kernel slice = rows of a PE set */
    unsigned sk;      /* filter columns of a kernel slice */
    unsigned d;       /* kernel phase step: 1, or u (polyphase: kernel taps d apart) */
    unsigned a;       /* ifmap positions a window advances per beat: u / d */
    unsigned bubbles; /* idle beats at the start of a step, >= 1 */
    unsigned ready_bubbles; /* ... of a step that was there when the last pass of the one
                               before it began, >= 0 */
    unsigned share; /* 1: one ifmap tile serves all slices of a phase row; 0: one each */
    unsigned plane; /* rows of the viewed plane; 0: as the layer has it */
    unsigned filters_outer; /* 1: the filter group is the outermost loop */
    /* GLB buffers of ifmap tiles and of weight runs, 2 or more where there are as many;
     * from mapping_contents' cycle on nothing is loaded twice */
    unsigned ifmap_buffers, filter_buffers;
    struct glb_region glb[GLB_USES];
};

/* Whether a plane of the layer may be viewed as `plane` rows (0 always may). */
int mapping_viewable(const struct layer *l, unsigned plane);

/* The layer as *m views it; m->plane must be viewable. */
struct layer mapping_view(const struct layer *l, const struct mapping *m);

/* Kernel slices of a mapping, in the order they run: phase row, phase column, row
 * fold, column fold. Slice taps are (r0 + i*d, s0 + j*d), i < rk, j < sk; taps outside
 * the kernel have zero weights. Slices without any tap are left out. */
struct kernel_slice {
    unsigned r0, s0;
};
unsigned mapping_slice_count(const struct layer *l, const struct mapping *m);
struct kernel_slice mapping_slice(const struct layer *l, const struct mapping *m,
                                  unsigned index);

/* Trip counts of the loop nest. */
struct mapping_loops {
    unsigned strips, tiles, filter_groups, channel_groups, slices;
    unsigned tile_slices; /* ifmap tiles of one channel group: slices, or phase rows */
    uint64_t steps;       /* product of the first five */
    uint64_t outputs;     /* ofmap tiles: strips * tiles * filter_groups */
};
void mapping_loops(const struct layer *l, const struct mapping *m,
                   struct mapping_loops *n);

/* What one step works on. */
struct mapping_step {
    unsigned y0, ev;           /* first ofmap row, rows */
    unsigned x0, fv;           /* first ofmap column, columns */
    unsigned m0, passes;       /* first filter, passes */
    unsigned c0;               /* first channel */
    struct kernel_slice slice; /* first tap */
    int first, last;           /* of its ofmap tile */
    uint64_t run;              /* index of its weight run */
    uint64_t tile;             /* number of its ifmap tile */
    uint64_t output;           /* index of its ofmap tile, in the order they are made */
    unsigned filter_group;     /* index of its bias run */
};
void mapping_step(const struct layer *l, const struct mapping *m, uint64_t index,
                  struct mapping_step *s);

/* The ifmap rows and columns that the array asks for in a step: row y, y = 0, 1, ...
 * stands for ifmap row `row` + y*d, position x' for column `col` + x'*d. Those from lo to
 * hi - 1 exist and are met by a tap; all are 0 when there is nothing but padding. */
struct ifmap_window {
    int64_t row, col;
    unsigned y_lo, y_hi, pos_lo, pos_hi;
};
void mapping_window(const struct layer *l, const struct mapping *m,
                    const struct mapping_step *s, struct ifmap_window *w);

/* Its rows alone (row, y_lo, y_hi from y0, ev and slice), and its columns alone (col,
 * pos_lo, pos_hi from x0, fv and slice), whatever the other ones are. */
void mapping_rows(const struct layer *l, const struct mapping *m,
                  const struct mapping_step *s, struct ifmap_window *w);
void mapping_positions(const struct layer *l, const struct mapping *m,
                       const struct mapping_step *s, struct ifmap_window *w);

/* The part of the ifmap that a step reads (share == 0) or that the slices of its phase
 * row read (share == 1): rows row, row + d, ... and columns col, col + 1, ... that
 * exist, and blocks of CB channels. rows == 0 or cols == 0: nothing but padding. */
struct ifmap_tile {
    unsigned row, rows, col, cols, block, blocks;
};
void mapping_tile(const struct hw *hw, const struct layer *l, const struct mapping *m,
                  const struct mapping_step *s, struct ifmap_tile *tile);

/* Bus words of the weights of a chain row's pass (kf) and of a column's psums (kp). */
unsigned mapping_kf(const struct hw *hw, const struct mapping *m);
unsigned mapping_kp(const struct hw *hw, const struct mapping *m);

/* Bus words of the psums of one beat when a strip has ev ofmap rows: even. */
uint64_t mapping_psum_stride(const struct hw *hw, const struct mapping *m, unsigned ev);

/* Blocks of CB channels that the channels of a step touch, at most. */
unsigned mapping_tile_blocks(const struct hw *hw, const struct layer *l,
                             const struct mapping *m);

/* Idle beats before a step that was ready, unless some step has fewer than rk beats. */
unsigned mapping_idle_beats(const struct hw *hw, const struct mapping *m);

/* Set the idle beats that the steps of this mapping need (every other field but glb
 * set). */
void mapping_bubbles(const struct hw *hw, const struct layer *l, struct mapping *m);

/* Word of a buffer. */
static inline uint32_t mapping_buffer(const struct mapping *m, enum glb_use use,
                                      unsigned buffer) {
    return m->glb[use].base + buffer * m->glb[use].pitch;
}

/* Bus words of the largest ifmap tile. */
uint64_t mapping_ifmap_need(const struct hw *hw, const struct layer *l,
                            const struct mapping *m);

/* Distinct contents of a region over the layer, and those that come back before the
 * others have been used up: with as many buffers nothing is loaded twice. */
struct mapping_contents {
    uint64_t all, cycle;
};
void mapping_contents(const struct layer *l, const struct mapping *m, enum glb_use use,
                      struct mapping_contents *c);

/* Give every GLB region its banks (every field but glb set).
 * Returns 0, or -1 if the banks do not suffice. banks may be NULL and is set to the
 * number needed, UINT64_MAX when it is beyond all bounds. */
int mapping_place(const struct hw *hw, const struct layer *l, struct mapping *m,
                  uint64_t *banks);

/* Check that *m is legal for *hw and *l, regions included, and that every number fits
 * its command field. Returns 0, or -1 with *err set: the rule that is broken. */
int mapping_check(const struct hw *hw, const struct layer *l, const struct mapping *m,
                  struct error *err);

/* Find a mapping with few cycles by the estimate of gen/mapper_cost.h: near the fewest,
 * as docs/mapper.md says; of equals that it compares, the one with the least DRAM
 * traffic, then GLB traffic. Deterministic; allocates nothing. Returns 0, or -1 with *err
 * set: which resource is short, and by how much. */
int mapping_search(const struct hw *hw, const struct layer *l, struct mapping *m,
                   struct error *err);

/* What searches for a layer remember from one design to the next, to be quicker: it is of
 * use as long as the layer is the same and the designs differ only in their spads, best
 * in the order of falling sizes. For one thread at a time. Caller owns it; NULL when out
 * of memory. mapper_memo_free accepts NULL. */
struct mapper_memo;
struct mapper_memo *mapper_memo_new(void);
void mapper_memo_free(struct mapper_memo *memo);

/* mapping_search with a memo: the same result. */
int mapping_search_with(struct mapper_memo *memo, const struct hw *hw,
                        const struct layer *l, struct mapping *m, struct error *err);

#endif
