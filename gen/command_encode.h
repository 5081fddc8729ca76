/* SPDX-License-Identifier: Apache-2.0
 *
 * Command words: the fields of each command (docs/architecture.md, section 6).
 */
#ifndef QADAM_COMMAND_ENCODE_H
#define QADAM_COMMAND_ENCODE_H

#include "gen/command.h"

/* A DMA transfer: planes x segments x words in DRAM, consecutive words in the GLB. */
struct dma {
    uint64_t dram; /* byte address of the first word */
    uint32_t glb;  /* first GLB word */
    uint64_t words, segments, planes;
    uint64_t segment_bytes, plane_bytes; /* from one to the next */
};

/* Merge segments and planes that follow each other without a gap. */
void command_dma_merge(struct dma *dma, unsigned bus_bytes);

/* Encode a LOAD or STORE (op, flags included). Returns 0, or -1 with *err set: a number
 * does not fit its field. */
int command_encode_dma(uint32_t op, const struct dma *dma, unsigned bus_bytes,
                       struct command *c, struct error *err);

/* Encode CONFIG. Same errors. */
int command_encode_config(const struct hw *hw, const struct layer *l,
                          const struct mapping *m, unsigned requant_shift,
                          struct command *c, struct error *err);

/* GLB buffers (0 or 1) that a step uses. */
struct step_buffers {
    unsigned ifmap, filter, bias, ofmap;
};

/* Encode the COMPUTE of step s, FIRST and LAST included, without tokens. Same errors. */
int command_encode_compute(const struct hw *hw, const struct layer *l,
                           const struct mapping *m, const struct mapping_step *s,
                           const struct step_buffers *buffers, struct command *c,
                           struct error *err);

#endif
