/* SPDX-License-Identifier: Apache-2.0
 *
 * Tensors in DRAM, bus word by bus word (docs/architecture.md, section 4).
 *
 * The *_pack functions write only words that the layout names; the caller clears the
 * image first. image points at DRAM address 0.
 */
#ifndef QADAM_LAYOUT_H
#define QADAM_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

#include "gen/command.h"
#include "gen/design.h"
#include "gen/error.h"
#include "gen/mapping.h"
#include "gen/network.h"
#include "verif/tensor.h"

/* Write or read lane number lane of bits bits each (a power of two, 1..64) of a
 * little-endian array; reading sign-extends. */
void layout_put(uint8_t *array, size_t lane, unsigned bits, int64_t value);
int64_t layout_get(const uint8_t *array, size_t lane, unsigned bits);

/* Fill the DRAM image of a layer (groups == 1) with its command list, ifmap, weights
 * and bias. The image has list->dram.total_bytes bytes, all zero.
 * Returns 0, or -1 with *err set (a run does not fit its region). */
int layout_fill(uint8_t *image, const struct hw *hw, const struct layer *l,
                const struct mapping *m, const struct command_list *list,
                const struct tensors *t, struct error *err);

/* The parts of layout_fill. */
void layout_pack_ifmap(uint8_t *image, const struct hw *hw, const struct layer *l,
                       uint64_t address, const int32_t *ifmap);
void layout_pack_weights(uint8_t *image, const struct hw *hw, const struct layer *l,
                         const struct mapping *m, const struct weight_run *run,
                         const int32_t *weights);
void layout_pack_bias(uint8_t *image, const struct hw *hw, const struct layer *l,
                      const struct mapping *m, const struct bias_run *run,
                      const int64_t *bias);

/* A wrong ofmap word. */
struct mismatch {
    unsigned m, e, f; /* m >= M of the layer: an unused lane, which must be zero */
    int64_t got, want;
};

enum { LAYOUT_SHOWN = 8 };

/* Compare the ofmap region at address with the golden ofmap, unused lanes included.
 * The first LAYOUT_SHOWN mismatches go to first. Returns their whole number. */
uint64_t layout_compare(const uint8_t *image, const struct hw *hw, const struct layer *l,
                        uint64_t address, const int32_t *ofmap, struct mismatch *first);

/* Read the ofmap region at address into ofmap, [M][E][F]. */
void layout_unpack_ofmap(const uint8_t *image, const struct hw *hw, const struct layer *l,
                         uint64_t address, int32_t *ofmap);

/* Bytes of a region [ceil(channels/CB)][rows][columns]. */
uint64_t layout_map_bytes(const struct hw *hw, unsigned channels, unsigned rows,
                          unsigned columns);

#endif
