/* SPDX-License-Identifier: Apache-2.0
 *
 * What bounds a mapping.
 */
#include "gen/mapping_bound.h"

#include <stdio.h>

#include "gen/mapper_cost.h"

enum { COMMAND_BYTES = 64, LOADS_AND_COMPUTE = 3 };

static const struct {
    const char *key, *name;
} texts[BOUND_COUNT] = {
    [BOUND_MACS] = {"mac", "MACs"},
    [BOUND_IFMAP_BUS] = {"ifmap_bus", "ifmap bus"},
    [BOUND_FILTER_BUS] = {"filter_bus", "filter bus"},
    [BOUND_PSUM_BUS] = {"psum_bus", "psum bus"},
    [BOUND_DRAM_READ] = {"dram_read", "DRAM reads"},
    [BOUND_DRAM_WRITE] = {"dram_write", "DRAM writes"},
    [BOUND_GLB] = {"glb", "GLB reloads"},
    [BOUND_LATENCY] = {"latency", "latency"},
};

const char *mapping_bound_key(enum mapping_bound b) {
    return texts[b].key;
}

const char *mapping_bound_name(enum mapping_bound b) {
    return texts[b].name;
}

static unsigned min_u(unsigned a, unsigned b) {
    return a < b ? a : b;
}

static unsigned ceil_div(unsigned a, unsigned b) {
    return a / b + (a % b != 0);
}

static struct mapper_parts split(unsigned n, unsigned k) {
    const struct mapper_parts p = {{n / k, n % k != 0}, {k, n % k}};
    return p;
}

/* Add the bus and MAC cycles of `steps` steps of passes x fv beats. */
static void add_steps(const struct mapper_shape *s, unsigned part, unsigned fv,
                      unsigned passes, uint64_t steps, struct mapping_bounds *b) {
    const struct mapper_slots *x = &s->slots[part];
    const unsigned latency = s->hw->type.add_latency + 1u;
    const uint64_t beats = (uint64_t)passes * fv;
    const uint64_t fed = beats - 1 - (passes - 1) * (uint64_t)min_u(s->rk, fv);
    const uint64_t beat = (uint64_t)(s->p > latency ? s->p : latency) * s->sk * s->q;
    b->cycles[BOUND_MACS] += steps * beats * beat;
    b->cycles[BOUND_IFMAP_BUS] += steps * s->r * (x->start + fed * x->ifmap);
    b->cycles[BOUND_FILTER_BUS] += steps * passes * s->chain * x->filters;
    b->cycles[BOUND_PSUM_BUS] += steps * beats * x->psums;
}

/* DRAM cycles to load all ifmap tiles of the column tiles once. */
static uint64_t sweep_cycles(const struct mapper_shape *s, const struct mapping *m,
                             const struct mapper_parts *tiles) {
    uint64_t sum = 0;
    for (unsigned i = 0; i < 8; i++) {
        const unsigned a = i & 1, b = i >> 1 & 1, c = i >> 2;
        const uint64_t count =
            (uint64_t)s->strips.count[a] * tiles->count[b] * s->channels.count[c];
        uint64_t words = 0, cycles = 0;
        if (count) {
            mapper_tile_load(s, m->share, s->strips.size[a], tiles->size[b],
                             s->channels.size[c], &words, &cycles);
            sum += count * cycles * (m->share ? s->phase_rows : s->slices);
        }
    }
    return sum;
}

/* Whether the region's contents are loaded only once. */
static int stays(const struct layer *l, const struct mapping *m, enum glb_use use,
                 unsigned buffers) {
    struct mapping_contents c;
    mapping_contents(l, m, use, &c);
    return c.cycle <= (buffers > 2 ? buffers : 2);
}

static void add_dram(const struct mapper_shape *s, const struct mapping *m,
                     struct mapping_bounds *b) {
    const struct layer *l = s->l;
    const struct mapper_parts tiles = split(l->f, m->f);
    struct mapping_loops n;
    mapping_loops(l, m, &n);
    const uint64_t passes = (uint64_t)(n.filter_groups - 1) * (m->m / s->pass) +
                            ceil_div(l->m - (n.filter_groups - 1) * m->m, s->pass);
    const uint64_t weights = (passes * s->filter_words * s->steps) << s->word_shift;
    const uint64_t sweep = sweep_cycles(s, m, &tiles);
    const uint64_t columns = (uint64_t)n.strips * n.tiles;
    const uint64_t commands =
        n.steps * LOADS_AND_COMPUTE * COMMAND_BYTES / s->hw->design.dram_bytes_per_cycle;
    const uint64_t blocks = ceil_div(l->m, s->hw->act_lanes);
    uint64_t again = 0;
    again += stays(l, m, GLB_FILTER, m->filter_buffers) ? 0 : weights * (columns - 1);
    again += stays(l, m, GLB_IFMAP, m->ifmap_buffers)
                 ? 0
                 : sweep * (uint64_t)(n.filter_groups - 1);
    b->cycles[BOUND_DRAM_READ] = weights + sweep + commands + again;
    b->cycles[BOUND_GLB] = again;
    b->cycles[BOUND_DRAM_WRITE] = (blocks * l->e * l->f) << s->word_shift;
}

/* The longest of the bounds that are times of their own. */
static enum mapping_bound longest(const struct mapping_bounds *b) {
    enum mapping_bound best = BOUND_MACS;
    for (unsigned i = 0; i <= BOUND_DRAM_WRITE; i++) {
        best = b->cycles[i] > b->cycles[best] ? (enum mapping_bound)i : best;
    }
    return best;
}

void mapping_bounds_of(const struct hw *hw, const struct layer *l,
                       const struct mapping *m, uint64_t cycles,
                       struct mapping_bounds *out) {
    const struct layer view = mapping_view(l, m);
    const struct mapper_parts tiles = split(view.f, m->f);
    const struct mapper_parts filters = split(view.m, min_u(m->m, view.m));
    const uint64_t pes = (uint64_t)hw->design.rows * hw->design.cols;
    struct mapper_shape s;
    *out = (struct mapping_bounds){.ideal = (layer_macs(l) + pes - 1) / pes};
    mapper_shape_open(hw, &view, m, &s);
    for (unsigned i = 0; i < 8; i++) {
        const unsigned a = i & 1, b = i >> 1 & 1, c = i >> 2;
        const uint64_t count =
            (uint64_t)s.strips.count[a] * tiles.count[b] * filters.count[c];
        if (count) {
            add_steps(&s, a, tiles.size[b], ceil_div(filters.size[c], s.pass),
                      count * s.steps, out);
        }
    }
    add_dram(&s, m, out);
    const uint64_t most = out->cycles[longest(out)];
    out->cycles[BOUND_LATENCY] = cycles > most ? cycles - most : 0;
}

enum mapping_bound mapping_bounds_binding(const struct mapping_bounds *b) {
    const enum mapping_bound most = longest(b);
    if (b->cycles[BOUND_LATENCY] > b->cycles[most]) {
        return BOUND_LATENCY;
    }
    if (most == BOUND_DRAM_READ) {
        struct mapping_bounds once = *b;
        once.cycles[BOUND_DRAM_READ] -= b->cycles[BOUND_GLB];
        return longest(&once) == BOUND_DRAM_READ ? BOUND_DRAM_READ : BOUND_GLB;
    }
    return most;
}

enum mapping_bound mapping_bounds_next(const struct mapping_bounds *b) {
    const enum mapping_bound binding = mapping_bounds_binding(b);
    struct mapping_bounds rest = *b;
    if (binding == BOUND_GLB) { /* what is loaded once stays */
        rest.cycles[BOUND_DRAM_READ] -= b->cycles[BOUND_GLB];
    } else {
        rest.cycles[binding] = 0;
    }
    return longest(&rest);
}

/* The MACs bind: are there too few PEs, or do they not all have work? */
static void relief_macs(const struct hw *hw, const struct mapping *m,
                        const struct mapping_bounds *b, char *buf, size_t size) {
    const struct design *g = &hw->design;
    const double share = 100 * (double)b->ideal /
                         (double)(b->cycles[BOUND_MACS] ? b->cycles[BOUND_MACS] : 1);
    const unsigned used = m->rk * m->r * m->e * m->t;
    if (m->p <= hw->type.add_latency) {
        (void)snprintf(buf, size,
                       "psum_spad_words or filter_spad_words: p = %u filters in a PE do "
                       "not cover the adder's %u cycles",
                       m->p, hw->type.add_latency + 1);
    } else {
        (void)snprintf(buf, size,
                       "rows or cols: %u of %u PEs have work, %.1f %% of their cycles "
                       "for products of the layer",
                       used, g->rows * g->cols,
                       share * (double)(g->rows * g->cols) / (double)used);
    }
}

/* The DRAM binds: no wider than the bus. */
static void relief_dram(const struct hw *hw, char *buf, size_t size) {
    const unsigned bytes = hw->design.dram_bytes_per_cycle;
    (void)snprintf(buf, size, "dram_bytes_per_cycle, now %u%s", bytes,
                   bytes == hw->bus_bytes ? ", and with it bus_bits" : "");
}

void mapping_bounds_relief(const struct hw *hw, const struct layer *l,
                           const struct mapping *m, const struct mapping_bounds *b,
                           char *buf, size_t size) {
    const struct design *g = &hw->design;
    switch (mapping_bounds_binding(b)) {
    case BOUND_MACS:
        relief_macs(hw, m, b, buf, size);
        break;
    case BOUND_IFMAP_BUS:
        (void)snprintf(buf, size, "%s for more filters per pass than %u, or bus_bits",
                       m->p + hw->psum_lanes > g->psum_spad_words ? "psum_spad_words"
                                                                  : "filter_spad_words",
                       m->p * m->t);
        break;
    case BOUND_FILTER_BUS:
        (void)snprintf(buf, size, "%s, or bus_bits",
                       m->f < mapping_view(l, m).f
                           ? "glb_kib for wider ofmap tiles"
                           : "cols for more ofmap rows e in a set");
        break;
    case BOUND_PSUM_BUS:
        (void)snprintf(buf, size, "%s for more channels in a PE than q = %u, or bus_bits",
                       2 * m->p * m->q * m->sk + hw->weight_lanes >
                               g->filter_spad_words / 2
                           ? "filter_spad_words"
                           : "ifmap_spad_words",
                       m->q);
        break;
    case BOUND_DRAM_READ:
    case BOUND_DRAM_WRITE:
        relief_dram(hw, buf, size);
        break;
    case BOUND_GLB:
        (void)snprintf(buf, size,
                       "glb_kib, or dram_bytes_per_cycle: %.1f %% of the reads "
                       "load something again",
                       100 * (double)b->cycles[BOUND_GLB] /
                           (double)b->cycles[BOUND_DRAM_READ]);
        break;
    case BOUND_LATENCY:
    case BOUND_COUNT:
        (void)snprintf(buf, size,
                       "nothing in the design: the layer is too small to fill it, "
                       "or the memory too slow to answer");
        break;
    }
}
