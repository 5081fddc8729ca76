/* SPDX-License-Identifier: Apache-2.0
 *
 * What bounds a mapping: the cycles for which each resource is busy, and what would have
 * to grow for the layer to run faster.
 *
 * No run is shorter than any of the bounds; the longest is the one that binds. What a run
 * takes beyond it is fill and drain of the chain, latency of the memory, and bounds that
 * bind some steps only.
 */
#ifndef QADAM_MAPPING_BOUND_H
#define QADAM_MAPPING_BOUND_H

#include <stddef.h>
#include <stdint.h>

#include "gen/design.h"
#include "gen/mapping.h"
#include "gen/network.h"

enum mapping_bound {
    BOUND_MACS,      /* slots with beats, T cycles each */
    BOUND_IFMAP_BUS, /* transfers, one per cycle; likewise the other buses */
    BOUND_FILTER_BUS,
    BOUND_PSUM_BUS,
    BOUND_DRAM_READ,  /* ifmap, weights and commands, each time they are loaded */
    BOUND_DRAM_WRITE, /* ofmap */
    BOUND_GLB,     /* the part of the reads that loads again what the GLB cannot hold */
    BOUND_LATENCY, /* what is left of the cycles beside the longest bound */
    BOUND_COUNT
};

struct mapping_bounds {
    uint64_t cycles[BOUND_COUNT];
    uint64_t ideal; /* cycles of the MACs if all PEs worked all the time */
};

/* Name of a bound: as in JSON, and for people. */
const char *mapping_bound_key(enum mapping_bound b);
const char *mapping_bound_name(enum mapping_bound b);

/* Work out the bounds of a legal mapping.
 *
 *   l       the layer as the network has it, groups == 1
 *   cycles  of a run of the mapping, predicted or estimated */
void mapping_bounds_of(const struct hw *hw, const struct layer *l,
                       const struct mapping *m, uint64_t cycles,
                       struct mapping_bounds *out);

/* The bound that binds. BOUND_GLB: the DRAM reads bind, and would not if nothing were
 * loaded twice. BOUND_LATENCY: more than half of the cycles are beside all bounds. */
enum mapping_bound mapping_bounds_binding(const struct mapping_bounds *b);

/* The longest bound beside the binding one: what would bind next. */
enum mapping_bound mapping_bounds_next(const struct mapping_bounds *b);

/* A sentence into buf: what would have to grow to relieve the binding bound. */
void mapping_bounds_relief(const struct hw *hw, const struct layer *l,
                           const struct mapping *m, const struct mapping_bounds *b,
                           char *buf, size_t size);

#endif
