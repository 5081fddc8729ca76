/* SPDX-License-Identifier: Apache-2.0
 *
 * Performance model of the load and store units (hdl/qadam_load.sv, hdl/qadam_store.sv)
 * and of the memory port.
 */
#ifndef QADAM_PERF_DMA_H
#define QADAM_PERF_DMA_H

#include <stdint.h>

#include "gen/command_encode.h"
#include "gen/design.h"

enum { DMA_OUTSTANDING = 16, DMA_TRANSFERS = 4 };

/* What all transfers share. */
struct dma_port {
    unsigned ratio;      /* beats of a bus word */
    unsigned shift;      /* of a bus word's address: log2 of its bytes */
    unsigned page_words; /* 4 KB, which no burst crosses; a power of two */
    unsigned max_words;  /* of a burst, at most a page's; a power of two */
    unsigned max_shift;  /* log2 */
    unsigned latency;
};

void dma_port_init(struct dma_port *p, const struct hw *hw, unsigned latency);

/* What follows from a transfer's shape, wherever it begins. A transfer is gapless if any
 * 15 bursts in a row take at least a latency: then the limit of 16 bursts on their way
 * never holds up its data. */
struct dma_shape {
    uint64_t words, segments, planes; /* of which it is the shape; planes 0 = none */
    uint64_t beats;
    uint64_t bursts; /* at least */
    uint64_t edge;   /* so many first or last bursts take at least a latency */
    int gapless;
};

enum { DMA_SHAPE_BITS = 5, DMA_SHAPES = 1 << DMA_SHAPE_BITS };

/* Load unit with the read channel. */
struct dma_load {
    struct dma_port port;
    uint64_t wait_free;             /* cycle from which a command can be handed over */
    uint64_t requests_free;         /* cycle after the last request */
    uint64_t last_data;             /* cycle of the last beat so far; 0 = none */
    uint64_t last[DMA_OUTSTANDING]; /* last beats of the latest bursts, a ring */
    uint64_t done[DMA_TRANSFERS];   /* last beats of the latest transfers, a ring */
    uint64_t bursts, transfers;
    uint64_t beats; /* read so far */
    /* the last transfer was gapless and long, and requests_free and last do not show it
     */
    int lazy;
    struct dma tail;                     /* that transfer */
    struct dma_shape shapes[DMA_SHAPES]; /* remembered */
};

/* A transfer whose command waits since a cycle, and for a token that can be taken from
 * another one on. */
void dma_load_run(struct dma_load *l, const struct dma *dma, uint64_t since,
                  uint64_t token);

/* Find out what is not known of the last bursts. */
void dma_load_settle(struct dma_load *l);

/* Cycles, at least as many as there can be, from the start of the first of some transfers
 * to the last beat of the last, when nothing else is on its way but up to four bursts
 * (of other transfers, not counted) and every request comes early enough. */
uint64_t dma_load_limit(struct dma_load *l, const struct dma *loads, unsigned count);

/* Store unit with the write channel. */
struct dma_store {
    struct dma_port port;
    uint64_t wait_free;
    uint64_t free; /* cycle from which the next transfer can start, and it is idle */
    uint64_t beats;
};

/* Likewise. Returns the cycle of the last response. */
uint64_t dma_store_run(struct dma_store *s, const struct dma *dma, uint64_t since,
                       uint64_t token);

/* Cycles, at least as many as there can be, from the start of a transfer to its last
 * response. */
uint64_t dma_store_limit(const struct dma_port *p, const struct dma *dma);

#endif
