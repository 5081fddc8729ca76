/* SPDX-License-Identifier: Apache-2.0
 *
 * Performance model of the load and store units.
 */
#include "models/perf_dma.h"

enum {
    PAGE = 4096,
    BURST_BEATS = 256,
    OTHERS = 4, /* bursts besides, in dma_load_limit */
    GAP = 3     /* cycles between the data of two transfers, at most, without a wait */
};

static uint64_t max_u(uint64_t a, uint64_t b) {
    return a > b ? a : b;
}

static uint64_t min_u(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

void dma_port_init(struct dma_port *p, const struct hw *hw, unsigned latency) {
    const unsigned beat = hw->design.dram_bytes_per_cycle;
    p->ratio = hw->bus_bytes / beat;
    p->page_words = PAGE / hw->bus_bytes;
    p->max_words = BURST_BEATS * beat / hw->bus_bytes;
    p->max_words = p->max_words < p->page_words ? p->max_words : p->page_words;
    while (hw->bus_bytes >> p->shift > 1) {
        p->shift++;
    }
    while (p->max_words >> p->max_shift > 1) {
        p->max_shift++;
    }
    p->latency = latency;
}

/* Bus words of the burst that begins at a word. */
static uint64_t burst_words(const struct dma_port *p, uint64_t word, uint64_t left) {
    const uint64_t to_page = p->page_words - (word & (p->page_words - 1));
    return min_u(left, min_u(to_page, p->max_words));
}

/* ---- Gapless transfers ---- */

/* Bursts of a segment, at least; at most one more. */
static uint64_t least_bursts(const struct dma_port *p, uint64_t words) {
    return (words + p->max_words - 1) >> p->max_shift;
}

static void make_shape(const struct dma_port *p, const struct dma *dma,
                       struct dma_shape *s) {
    const uint64_t beats = dma->words * p->ratio, least = least_bursts(p, dma->words);
    const uint64_t segments = dma->segments * dma->planes;
    *s = (struct dma_shape){.words = dma->words,
                            .segments = dma->segments,
                            .planes = dma->planes,
                            .beats = beats * segments,
                            .bursts = least * segments};
    if (segments == 1) { /* all but the last, and the last of the first page, are long */
        const uint64_t most = (uint64_t)p->max_words * p->ratio;
        s->edge = 2 + (p->latency + most - 1) / most;
        s->gapless = s->edge < DMA_OUTSTANDING;
    } else { /* so many bursts have whole segments in them that take a latency */
        s->edge = (least + 1) * ((p->latency + beats - 1) / beats);
        s->gapless = s->edge + 2 * least < DMA_OUTSTANDING;
    }
}

static const struct dma_shape *shape_of(struct dma_load *l, const struct dma *dma) {
    const uint64_t key = (dma->words << 40) + (dma->segments << 20) + dma->planes;
    struct dma_shape *s =
        &l->shapes[(key * UINT64_C(0x9e3779b97f4a7c15)) >> (64 - DMA_SHAPE_BITS)];
    if (s->planes != dma->planes || s->words != dma->words ||
        s->segments != dma->segments) {
        make_shape(&l->port, dma, s);
    }
    return s;
}

/* Bring requests_free and the ring up to date after a gapless transfer: its bursts from
 * the last one backwards. Each request waited for the burst 16 before. */
static void unfold(struct dma_load *l) {
    const struct dma_port *p = &l->port;
    const struct dma *d = &l->tail;
    const uint64_t pages = ~(uint64_t)(p->page_words - 1), mask = p->max_words - 1;
    uint64_t plane = d->planes, segment = d->segments, time = l->last_data;
    uint64_t begin = 0, end = 0;
    for (unsigned i = 0; i < DMA_OUTSTANDING; i++) {
        if (end == begin) {
            if (segment == 0) {
                segment = d->segments;
                plane--;
            }
            segment--;
            begin =
                (d->dram + (plane - 1) * d->plane_bytes + segment * d->segment_bytes) >>
                p->shift;
            end = begin + d->words;
        }
        const uint64_t from = max_u((end - 1) & pages, begin);
        const uint64_t start = end - 1 - ((end - 1 - from) & mask);
        l->last[DMA_OUTSTANDING - 1 - i] = time;
        time -= (end - start) * p->ratio;
        end = start;
    }
    l->bursts = DMA_OUTSTANDING;
    l->requests_free = time + 2;
    l->lazy = 0;
}

void dma_load_settle(struct dma_load *l) {
    if (l->lazy) {
        unfold(l);
    }
}

/* Whether the 16-burst limit leaves the data of a gapless transfer alone that comes next:
 * its first `edge` bursts take a latency, and so do, before one of these, the bursts on
 * their way that it has to wait for. */
static int follows_gapless(const struct dma_load *l, const struct dma_shape *s) {
    const uint64_t edge = s->edge;
    if (edge >= DMA_OUTSTANDING) {
        return 0;
    }
    return l->bursts + edge < DMA_OUTSTANDING ||
           l->last_data - l->last[(l->bursts + edge) % DMA_OUTSTANDING] >=
               l->port.latency;
}

/* Run the transfer without looking at its bursts if that makes no difference. */
static int run_gapless(struct dma_load *l, const struct dma *dma, uint64_t start) {
    if (l->port.latency < DMA_OUTSTANDING) {
        return 0;
    }
    const struct dma_shape *s = shape_of(l, dma);
    if (!s->gapless || s->bursts <= DMA_OUTSTANDING ||
        (l->bursts > 0 && !follows_gapless(l, s))) {
        return 0;
    }
    const uint64_t first = max_u(start + 1 + l->port.latency, l->last_data + 1);
    l->last_data = first + s->beats - 1;
    l->lazy = 1;
    l->tail = *dma;
    return 1;
}

/* Requests and data of all bursts, one by one. */
static void run_bursts(struct dma_load *l, const struct dma *dma, uint64_t start) {
    const struct dma_port *p = &l->port;
    const uint64_t latency = p->latency, ratio = p->ratio;
    uint64_t request = start + 1, data = l->last_data + 1, n = l->bursts;
    for (uint64_t i = 0; i < dma->planes; i++) {
        uint64_t address = dma->dram + i * dma->plane_bytes;
        for (uint64_t k = 0; k < dma->segments; k++, address += dma->segment_bytes) {
            uint64_t word = address >> p->shift, words = dma->words;
            while (words > 0) {
                const uint64_t burst = burst_words(p, word, words);
                uint64_t *last = &l->last[n % DMA_OUTSTANDING];
                if (n >= DMA_OUTSTANDING) {
                    request = max_u(request, *last + 1);
                }
                data = max_u(request + latency, data) + burst * ratio;
                *last = data - 1;
                n++;
                request++;
                words -= burst;
                word += burst;
            }
        }
    }
    l->bursts = n;
    l->last_data = data - 1;
    l->requests_free = request;
}

void dma_load_run(struct dma_load *l, const struct dma *dma, uint64_t since,
                  uint64_t token) {
    uint64_t start = max_u(since, token);
    if (l->transfers >= DMA_TRANSFERS) {
        start = max_u(start, l->done[l->transfers % DMA_TRANSFERS] + 1);
    }
    if (start >= l->last_data) { /* nothing is on its way */
        l->lazy = 0;
        l->bursts = 0;
    } else {
        if (l->lazy) {
            unfold(l);
        }
        start = max_u(start, l->requests_free);
    }
    l->wait_free = start + 1;
    if (!run_gapless(l, dma, start)) {
        run_bursts(l, dma, start);
    }
    l->beats += dma->words * dma->segments * dma->planes * l->port.ratio;
    l->done[l->transfers++ % DMA_TRANSFERS] = l->last_data;
}

/* Bursts of one segment: in the page where it begins, in whole pages, in the last. */
static uint64_t segment_bursts(const struct dma_port *p, uint64_t word, uint64_t words) {
    const uint64_t to_page = p->page_words - (word & (p->page_words - 1));
    if (words <= to_page) {
        return least_bursts(p, words);
    }
    return least_bursts(p, to_page) + least_bursts(p, words - to_page);
}

uint64_t dma_store_run(struct dma_store *s, const struct dma *dma, uint64_t since,
                       uint64_t token) {
    const uint64_t start = max_u(max_u(since, token), s->free);
    const uint64_t beats = dma->words * dma->segments * dma->planes * s->port.ratio;
    uint64_t bursts = 0;
    for (uint64_t i = 0; i < dma->planes; i++) {
        for (uint64_t k = 0; k < dma->segments; k++) {
            const uint64_t addr =
                dma->dram + i * dma->plane_bytes + k * dma->segment_bytes;
            bursts += segment_bursts(&s->port, addr >> s->port.shift, dma->words);
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

uint64_t dma_load_limit(struct dma_load *l, const struct dma *loads, unsigned count) {
    uint64_t beats = 0, bursts = OTHERS, shorts = OTHERS, edge = 0;
    int gapless = 1;
    for (unsigned i = 0; i < count; i++) {
        const struct dma_shape *s = shape_of(l, &loads[i]);
        const uint64_t most = s->bursts + loads[i].segments * loads[i].planes;
        beats += s->beats;
        bursts += most;
        if (s->beats < l->port.latency) {
            shorts += most;
        } else {
            edge = max_u(edge, s->edge);
            gapless &= s->gapless;
        }
    }
    /* 15 bursts in a row that are not in one transfer, nor all in short ones, hold the
     * last or the first bursts of a long one */
    if (bursts > DMA_OUTSTANDING && (!gapless || 2 * edge + shorts > DMA_OUTSTANDING)) {
        beats += (bursts / DMA_OUTSTANDING + 1) * (l->port.latency + DMA_OUTSTANDING);
    }
    return beats + l->port.latency + (uint64_t)(count + OTHERS) * GAP;
}

uint64_t dma_store_limit(const struct dma_port *p, const struct dma *dma) {
    const uint64_t segments = dma->segments * dma->planes;
    return dma->words * segments * p->ratio +
           segments * (least_bursts(p, dma->words) + 1) + p->latency + 3;
}
