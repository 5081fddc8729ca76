/* SPDX-License-Identifier: Apache-2.0
 *
 * Performance model of the load and store units.
 */
#include "models/perf_dma.h"

enum { PAGE = 4096, BURST_BEATS = 256 };

static uint64_t max_u(uint64_t a, uint64_t b) {
    return a > b ? a : b;
}

static uint64_t min_u(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

void dma_port_init(struct dma_port *p, const struct hw *hw, unsigned latency) {
    const unsigned beat = hw->design.dram_bytes_per_cycle;
    p->bus_bytes = hw->bus_bytes;
    p->ratio = hw->bus_bytes / beat;
    p->max_words = BURST_BEATS * beat / hw->bus_bytes;
    p->latency = latency;
}

/* Requests and data of the bursts of one segment. */
static uint64_t load_segment(struct dma_load *l, uint64_t addr, uint64_t words,
                             uint64_t request) {
    const struct dma_port *p = &l->port;
    while (words > 0) {
        const uint64_t to_page = (PAGE - addr % PAGE) / p->bus_bytes;
        const uint64_t burst = min_u(words, min_u(to_page, p->max_words));
        uint64_t *last = &l->last[l->bursts % DMA_OUTSTANDING];
        if (l->bursts >= DMA_OUTSTANDING) {
            request = max_u(request, *last + 1);
        }
        const uint64_t first = max_u(request + p->latency, l->last_data + 1);
        l->last_data = first + burst * p->ratio - 1;
        *last = l->last_data;
        l->bursts++;
        request++;
        words -= burst;
        addr += burst * p->bus_bytes;
    }
    return request;
}

void dma_load_run(struct dma_load *l, const struct dma *dma, uint64_t since,
                  uint64_t token) {
    uint64_t start = max_u(max_u(since, token), l->requests_free);
    if (l->transfers >= DMA_TRANSFERS) {
        start = max_u(start, l->done[l->transfers % DMA_TRANSFERS] + 1);
    }
    l->wait_free = start + 1;
    uint64_t request = start + 1;
    for (uint64_t i = 0; i < dma->planes; i++) {
        for (uint64_t k = 0; k < dma->segments; k++) {
            const uint64_t addr =
                dma->dram + i * dma->plane_bytes + k * dma->segment_bytes;
            request = load_segment(l, addr, dma->words, request);
        }
    }
    l->requests_free = request;
    l->beats += dma->words * dma->segments * dma->planes * l->port.ratio;
    l->done[l->transfers++ % DMA_TRANSFERS] = l->last_data;
}

/* Bursts of one segment. */
static uint64_t segment_bursts(const struct dma_port *p, uint64_t addr, uint64_t words) {
    uint64_t bursts = 0;
    while (words > 0) {
        const uint64_t to_page = (PAGE - addr % PAGE) / p->bus_bytes;
        const uint64_t burst = min_u(words, min_u(to_page, p->max_words));
        bursts++;
        words -= burst;
        addr += burst * p->bus_bytes;
    }
    return bursts;
}

uint64_t dma_store_run(struct dma_store *s, const struct dma *dma, uint64_t since,
                       uint64_t token) {
    const uint64_t start = max_u(max_u(since, token), s->free);
    const uint64_t beats = dma->words * dma->segments * dma->planes * s->port.ratio;
    uint64_t bursts = 0;
    for (uint64_t i = 0; i < dma->planes; i++) {
        for (uint64_t k = 0; k < dma->segments; k++) {
            bursts += segment_bursts(
                &s->port, dma->dram + i * dma->plane_bytes + k * dma->segment_bytes,
                dma->words);
        }
    }
    /* address, then the first GLB word is there; a cycle between bursts */
    const uint64_t response = start + 3 + beats + bursts - 2 + s->port.latency;
    s->wait_free = start + 1;
    s->free = response + 2;
    s->beats += beats;
    return response;
}

/* ---- Limits ---- */

/* Bursts of a segment, at least and at most one more. */
static uint64_t least_bursts(const struct dma_port *p, uint64_t words) {
    const uint64_t most = min_u(p->max_words, PAGE / p->bus_bytes);
    return (words + most - 1) / most;
}

/* Whether the data of a transfer come without a gap wherever it begins: any 15 bursts in
 * a row take as long as a burst's latency. */
static int gapless(const struct dma_port *p, const struct dma *dma) {
    const uint64_t beats = dma->words * p->ratio, least = least_bursts(p, dma->words);
    const uint64_t segments = dma->segments * dma->planes;
    if (segments * (least + 1) <= DMA_OUTSTANDING) {
        return 1;
    }
    if (segments == 1) { /* all but the first of a page's end and the last are long */
        const uint64_t most = min_u(p->max_words, PAGE / p->bus_bytes) * p->ratio;
        return (DMA_OUTSTANDING - 3) * most >= p->latency;
    }
    /* 15 bursts have so many whole segments in them */
    const uint64_t whole = (p->latency + beats - 1) / beats;
    return (least + 1) * whole + 2 * least < DMA_OUTSTANDING;
}

uint64_t dma_load_limit(const struct dma_port *p, const struct dma *dma) {
    const uint64_t segments = dma->segments * dma->planes;
    const uint64_t beats = dma->words * segments * p->ratio;
    uint64_t waits = 1; /* for a latency: 16 bursts at a time */
    if (!gapless(p, dma)) {
        waits += segments * (least_bursts(p, dma->words) + 1) / DMA_OUTSTANDING;
    }
    return beats + waits * (p->latency + DMA_OUTSTANDING + 1) + 1;
}

uint64_t dma_store_limit(const struct dma_port *p, const struct dma *dma) {
    const uint64_t segments = dma->segments * dma->planes;
    return dma->words * segments * p->ratio +
           segments * (least_bursts(p, dma->words) + 1) + p->latency + 3;
}
