/* SPDX-License-Identifier: Apache-2.0
 *
 * Prediction of whole layers.
 */
#include "models/predict.h"

#include <stdlib.h>
#include <string.h>

#include "gen/emit.h"
#include "models/perf.h"
#include "verif/tensor.h"

enum { REMEMBERED = 256, SHAPE = 12, MEMOS = 128 };

/* All of a layer that its mapping and its counters depend on. */
struct shape {
    unsigned value[SHAPE];
};

struct remembered {
    struct shape shape;
    struct mapping mapping;
    struct counters counters;
};

/* All that the counters of a mapped layer depend on. The sizes of spads and GLB are not
 * among it: they only decide which mappings are legal. */
struct timing {
    struct shape shape;
    unsigned latency;
    unsigned act_lanes, weight_lanes, psum_lanes, bus_bytes, dram_bytes;
    unsigned mul_latency, add_latency, psum_add_latency;
    unsigned side;          /* the larger of rows and cols */
    struct mapping mapping; /* without places in the GLB */
};

/* A layer of any design; runs of one channel group. */
struct kept {
    int used;
    struct timing timing;
    struct counters counters;
};

/* What searches for a layer remember. */
struct searched {
    struct shape shape;
    struct mapper_memo *memo; /* owned */
};

struct predictor {
    struct hw hw;
    unsigned latency;
    struct perf *work; /* owned */
    unsigned count;    /* of layers so far; of more than REMEMBERED, the oldest go */
    struct kept *kept; /* owned, [places], or NULL */
    size_t places;
    struct searched searched[MEMOS]; /* of the first layers, if kept */
    unsigned searched_count;
    struct remembered layers[REMEMBERED];
};

struct predictor *predictor_new(void) {
    struct predictor *p = calloc(1, sizeof *p);
    if (p) {
        p->work = perf_work_new();
    }
    if (p && !p->work) {
        free(p);
        p = NULL;
    }
    return p;
}

void predictor_free(struct predictor *p) {
    if (p) {
        for (unsigned i = 0; i < p->searched_count; i++) {
            mapper_memo_free(p->searched[i].memo);
        }
        perf_work_free(p->work);
        free(p->kept);
        free(p);
    }
}

int predictor_keep(struct predictor *p, size_t places) {
    struct kept *kept = calloc(places, sizeof *kept);
    if (!kept) {
        return -1;
    }
    free(p->kept);
    p->kept = kept;
    p->places = places;
    return 0;
}

void predictor_start(struct predictor *p, const struct hw *hw, unsigned latency) {
    p->hw = *hw;
    p->latency = latency;
    p->count = 0;
}

static struct shape shape_of(const struct layer *l) {
    return (struct shape){
        {l->op, l->c, l->h, l->w, l->m, l->e, l->f, l->r, l->s, l->u, l->pad, l->groups}};
}

static const struct remembered *find(const struct predictor *p,
                                     const struct shape *shape) {
    for (unsigned i = 0; i < p->count && i < REMEMBERED; i++) {
        if (memcmp(&p->layers[i].shape, shape, sizeof *shape) == 0) {
            return &p->layers[i];
        }
    }
    return NULL;
}

/* The memo for a layer's searches, or NULL: nothing is kept, or there is no room. */
static struct mapper_memo *memo_of(struct predictor *p, const struct shape *shape) {
    for (unsigned i = 0; i < p->searched_count; i++) {
        if (memcmp(&p->searched[i].shape, shape, sizeof *shape) == 0) {
            return p->searched[i].memo;
        }
    }
    struct mapper_memo *memo =
        p->kept && p->searched_count < MEMOS ? mapper_memo_new() : NULL;
    if (memo) {
        p->searched[p->searched_count++] = (struct searched){*shape, memo};
    }
    return memo;
}

/* Scale the counters of a layer unless one would pass 2^62. */
static int scale(const struct layer *l, unsigned factor, struct counters *c,
                 struct error *err) {
    static const struct counters none = {{0}};
    if (!counters_fit(&none, c, factor)) {
        return error_set(err, "the counters of %s could pass 2^62", l->name);
    }
    counters_scale(c, factor);
    return 0;
}

static struct timing timing_of(const struct predictor *p, const struct shape *shape,
                               const struct mapping *m) {
    const struct hw *hw = &p->hw;
    const struct design *d = &hw->design;
    struct timing t;
    memset(&t, 0, sizeof t); /* it is compared as bytes */
    t.shape = *shape;
    t.latency = p->latency;
    t.act_lanes = hw->act_lanes;
    t.weight_lanes = hw->weight_lanes;
    t.psum_lanes = hw->psum_lanes;
    t.bus_bytes = hw->bus_bytes;
    t.dram_bytes = d->dram_bytes_per_cycle;
    t.mul_latency = hw->type.mul_latency;
    t.add_latency = hw->type.add_latency;
    t.psum_add_latency = hw->type.psum_add_latency;
    t.side = d->rows > d->cols ? d->rows : d->cols;
    t.mapping = *m;
    for (unsigned i = 0; i < GLB_USES; i++) {
        t.mapping.glb[i].base = 0;
        t.mapping.glb[i].pitch = 0;
    }
    return t;
}

/* Predict one run of one channel group, or find it among those kept. */
static int predict_part(struct predictor *p, const struct layer *part,
                        const struct shape *shape, const struct mapping *m,
                        struct counters *out, struct error *err) {
    if (!p->kept) {
        return perf_predict_in(p->work, &p->hw, part, m, p->latency, out, err);
    }
    const struct timing t = timing_of(p, shape, m);
    uint64_t hash = emit_fnv(EMIT_FNV_START, &t, sizeof t);
    hash ^= hash >> 32; /* the low bits of the product know only the low bits */
    struct kept *k = &p->kept[hash & (p->places - 1)];
    if (!k->used || memcmp(&k->timing, &t, sizeof t) != 0) {
        k->used = 0;
        if (perf_predict_in(p->work, &p->hw, part, m, p->latency, &k->counters, err)) {
            return -1;
        }
        k->used = 1;
        k->timing = t;
    }
    *out = k->counters;
    return 0;
}

int predictor_layer(struct predictor *p, const struct layer *l, struct mapping *mapping,
                    struct counters *out, struct error *err) {
    const struct shape shape = shape_of(l);
    const struct remembered *known = find(p, &shape);
    if (known) {
        *mapping = known->mapping;
        *out = known->counters;
        return 0;
    }
    const struct layer part = tensor_group_layer(l);
    if (mapping_search_with(memo_of(p, &shape), &p->hw, &part, mapping, err) ||
        predict_part(p, &part, &shape, mapping, out, err) ||
        scale(l, l->groups > 1 ? l->groups : 1, out, err)) {
        return -1;
    }
    p->layers[p->count++ % REMEMBERED] = (struct remembered){shape, *mapping, *out};
    return 0;
}

int predictor_batch(struct predictor *p, const struct network *net, const struct layer *l,
                    struct mapping *mapping, struct counters *out, struct error *err) {
    return predictor_layer(p, l, mapping, out, err) ||
                   scale(l, layer_runs(net, l), out, err)
               ? -1
               : 0;
}

int predict_layer(const struct hw *hw, const struct layer *l, unsigned latency,
                  struct mapping *mapping, struct counters *out, struct error *err) {
    struct predictor *p = predictor_new();
    if (!p) {
        return error_set(err, "out of memory");
    }
    predictor_start(p, hw, latency);
    const int status = predictor_layer(p, l, mapping, out, err);
    predictor_free(p);
    return status;
}
