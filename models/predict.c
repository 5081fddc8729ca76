/* SPDX-License-Identifier: Apache-2.0
 *
 * Prediction of whole layers.
 */
#include "models/predict.h"

#include <stdlib.h>
#include <string.h>

#include "models/perf.h"
#include "verif/tensor.h"

enum { REMEMBERED = 256, SHAPE = 12 };

/* All of a layer that its mapping and its counters depend on. */
struct shape {
    unsigned value[SHAPE];
};

struct remembered {
    struct shape shape;
    struct mapping mapping;
    struct counters counters;
};

struct predictor {
    struct hw hw;
    unsigned latency;
    struct perf *work; /* owned */
    unsigned count;    /* of layers so far; of more than REMEMBERED, the oldest go */
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
        perf_work_free(p->work);
        free(p);
    }
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
    if (mapping_search(&p->hw, &part, mapping, err) ||
        perf_predict_in(p->work, &p->hw, &part, mapping, p->latency, out, err) ||
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
