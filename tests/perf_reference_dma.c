/* SPDX-License-Identifier: Apache-2.0
 *
 * Performance model of the load and store units (hdl/qadam_load.sv, hdl/qadam_store.sv).
 */
#include "tests/perf_reference_units.h"

enum { PAGE = 4096, BURST_BEATS = 256 };

/* Walk through the bursts of a transfer. */
struct bursts {
    uint64_t addr, segment, plane;
    uint64_t words, left, segment_stride, plane_stride;
    uint32_t segments, segments_left, planes_left;
    unsigned bus_bytes, max_words;
};

static struct bursts bursts_of(const struct perf *p, const struct command *c) {
    const struct hw *hw = p->hw;
    struct bursts b = {0};
    b.addr = c->w[1] | (uint64_t)c->w[2] << 32;
    b.segment = b.plane = b.addr;
    b.bus_bytes = hw->bus_bytes;
    b.max_words = BURST_BEATS * hw->design.dram_bytes_per_cycle / hw->bus_bytes;
    if ((c->w[0] & 0xff) == CMD_FETCH) {
        b.words = COMMAND_BLOCK * sizeof(struct command) / hw->bus_bytes;
        b.segments = 1;
        b.planes_left = 1;
    } else {
        b.words = c->w[4];
        b.segments = c->w[5];
        b.segment_stride = c->w[6];
        b.planes_left = c->w[7];
        b.plane_stride = c->w[8];
    }
    b.left = b.words;
    b.segments_left = b.segments;
    return b;
}

/* Bus words of the next burst; 0 at the end. */
static uint64_t bursts_next(struct bursts *b) {
    if (b->planes_left == 0) {
        return 0;
    }
    uint64_t to_page = (PAGE - b->addr % PAGE) / b->bus_bytes;
    uint64_t words = perf_min(b->left, perf_min(to_page, b->max_words));
    b->left -= words;
    b->addr += words * b->bus_bytes;
    if (b->left == 0) {
        b->left = b->words;
        if (--b->segments_left > 0) {
            b->segment += b->segment_stride;
        } else {
            b->plane += b->plane_stride;
            b->segment = b->plane;
            b->segments_left = b->segments;
            b->planes_left--;
        }
        b->addr = b->segment;
    }
    return words;
}

uint64_t perf_load_next(const struct perf *p) {
    const struct perf_load *l = &p->load;
    if (!l->wait.command) {
        return PERF_NEVER;
    }
    uint64_t at = perf_max(l->wait.since, l->requests_free);
    if (l->transfers >= PERF_TRANSFERS) {
        at = perf_max(at, l->done[l->transfers % PERF_TRANSFERS] + 1);
    }
    if (l->wait.command->w[0] & CMD_WAIT_A) {
        at = perf_max(at, perf_tokens_next(&p->freed));
    }
    return at;
}

/* Requests and data of all bursts of a transfer that starts in cycle now. */
static void load_bursts(struct perf *p, const struct command *c, uint64_t now) {
    struct perf_load *l = &p->load;
    const unsigned ratio = p->hw->bus_bytes / p->hw->design.dram_bytes_per_cycle;
    struct bursts b = bursts_of(p, c);
    uint64_t request = now + 1, words;
    while ((words = bursts_next(&b)) > 0) {
        uint64_t *last = &l->last[l->bursts % PERF_OUTSTANDING];
        if (l->bursts >= PERF_OUTSTANDING) {
            request = perf_max(request, *last + 1);
        }
        uint64_t beats = words * ratio;
        uint64_t first = perf_max(request + p->latency, l->last_data + 1);
        l->last_data = first + beats - 1;
        *last = l->last_data;
        l->bursts++;
        p->counters->value[CNT_AXI_READS] += beats;
        if ((c->w[0] & 0xff) == CMD_LOAD) {
            p->counters->value[CNT_GLB_WRITES] += words;
        }
        request++;
    }
    l->requests_free = request;
}

int perf_load_act(struct perf *p, uint64_t now) {
    struct perf_load *l = &p->load;
    const struct command *c = l->wait.command;
    l->wait.command = NULL;
    l->wait.free = now + 1;
    if (c->w[0] & CMD_WAIT_A) {
        p->freed.taken++;
    }
    load_bursts(p, c, now);
    l->done[l->transfers++ % PERF_TRANSFERS] = l->last_data;
    l->idle = l->last_data + 1;
    if ((c->w[0] & 0xff) == CMD_FETCH) {
        p->block_full[p->fetches++ % 2] = l->last_data + 2;
    } else if (c->w[0] & CMD_SIGNAL_A) {
        return perf_tokens_give(&p->loaded, l->last_data + 2);
    }
    return 0;
}

uint64_t perf_store_next(const struct perf *p) {
    const struct perf_store *s = &p->store;
    if (!s->wait.command) {
        return PERF_NEVER;
    }
    uint64_t at = perf_max(s->wait.since, s->free);
    if (s->wait.command->w[0] & CMD_WAIT_A) {
        at = perf_max(at, perf_tokens_next(&p->computed));
    }
    return at;
}

int perf_store_act(struct perf *p, uint64_t now) {
    struct perf_store *s = &p->store;
    const struct command *c = s->wait.command;
    const unsigned ratio = p->hw->bus_bytes / p->hw->design.dram_bytes_per_cycle;
    s->wait.command = NULL;
    s->wait.free = now + 1;
    if (c->w[0] & CMD_WAIT_A) {
        p->computed.taken++;
    }
    struct bursts b = bursts_of(p, c);
    uint64_t data = now + 3; /* address, then the first GLB word is there */
    uint64_t response = 0, words;
    while ((words = bursts_next(&b)) > 0) {
        uint64_t end = data + words * ratio - 1;
        response = perf_max(end + p->latency, response + 1);
        data = end + 2;
        p->counters->value[CNT_AXI_WRITES] += words * ratio;
        p->counters->value[CNT_GLB_READS] += words;
    }
    s->free = s->idle = response + 2;
    if (c->w[0] & CMD_SIGNAL_A) {
        return perf_tokens_give(&p->stored, response + 3);
    }
    return 0;
}
