/* SPDX-License-Identifier: Apache-2.0
 *
 * A design: what the user writes in a design file, and the hardware constants
 * that follow from it.
 */
#ifndef QADAM_DESIGN_H
#define QADAM_DESIGN_H

#include <stdint.h>

#include "gen/error.h"
#include "gen/pe_type.h"

struct design {
    char name[64];
    char pe_type[32];
    unsigned rows, cols;           /* PEs, 1..64 each */
    unsigned ifmap_spad_words;     /* 1..1024 acts per PE */
    unsigned filter_spad_words;    /* 2..4096 weights per PE */
    unsigned psum_spad_words;      /* 1..256 psums per PE */
    unsigned glb_kib;              /* 1..65536 KiB */
    unsigned bus_bits;             /* 16..512, power of two */
    unsigned dram_bytes_per_cycle; /* 1..64, power of two, at most bus_bits / 8 */
    unsigned psum_bits;            /* 8..64 */
    char spad_style[8];            /* "latch" or "flop" */
};

/* Hardware constants derived from a design; the RTL derives the same from its
 * parameters. A "bus word" is bus_bits wide: the unit of the GLB and of every
 * tensor layout in DRAM. */
struct hw {
    struct design design;
    struct pe_type type;
    unsigned act_mem_bits;    /* act in memory: act_bits rounded up to a power of two */
    unsigned weight_mem_bits; /* weight in memory, likewise */
    unsigned act_lanes;       /* acts per bus word = channels per block (CB) */
    unsigned weight_lanes;    /* weights per bus word (WB) */
    unsigned psum_lanes;      /* psums per bus word (PB), a power of two */
    unsigned psum_mem_bits;   /* bus_bits / psum_lanes: a psum or bias in memory */
    unsigned bus_bytes;       /* bus_bits / 8 */
    unsigned glb_words;       /* bus words in the GLB */
    unsigned glb_bank_words;  /* power of two; the last bank may be smaller */
    unsigned glb_banks;       /* 16..32 */
    char hash[17];            /* 16 hex digits over the canonical design text */
};

/* Read and validate a design file. home is the folder that holds pe_lib/.
 * Returns 0, or -1 with *err set: file, line, column, value and limit. */
int design_load(const char *home, const char *path, struct hw *hw, struct error *err);

/* Check *d and derive *hw from it (for designs made in memory). psum_bits 0 and
 * spad_style "" stand for the defaults.
 * Returns 0, or -1 with *err set. */
int design_derive(const char *home, const struct design *d, struct hw *hw,
                  struct error *err);

/* The same with the PE type at hand, for many designs of it; reads no files. file is
 * where the design's values are, for messages, or NULL. type is copied. */
struct config_file;
int design_derive_typed(const struct pe_type *type, const struct design *d,
                        const struct config_file *file, struct hw *hw, struct error *err);

/* The keys of a design file (gen/config.h), ended by a NULL name: the one table of
 * names, types, units, ranges, defaults and meanings. */
struct config_key;
const struct config_key *design_keys(void);

/* Write the canonical JSON text of the design (sorted keys, all keys present) into
 * buf; the hash is FNV-1a 64 over it. Returns the length, or -1 if size is short. */
int design_canonical(const struct design *d, char *buf, unsigned size);

#endif
