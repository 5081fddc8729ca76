/* SPDX-License-Identifier: Apache-2.0
 *
 * The shape of a layer from those of what it reads.
 */
#include "gen/layer_shape.h"

#include <stdarg.h>
#include <stdio.h>

static int fail(struct layer_fault *fault, const char *key, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static int fail(struct layer_fault *fault, const char *key, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(fault->text, sizeof fault->text, fmt, ap);
    va_end(ap);
    fault->key = key;
    return -1;
}

/* Outputs of a window in one direction. n, k <= 65535, pad <= 255. */
static unsigned outputs(unsigned n, unsigned pad, unsigned k, unsigned stride) {
    return (n + 2 * pad - k) / stride + 1;
}

/* Shape of conv and pooling. */
static int infer_window(struct layer *l, const struct layer_map *in,
                        struct layer_fault *fault) {
    int pool = l->op != OP_CONV;
    l->c = in->c;
    l->h = in->h;
    l->w = in->w;
    if (l->r == 0 && (l->pad != 0 || l->u != 1)) {
        return fail(fault, l->pad ? "pad" : "stride",
                    "a global avgpool (without kernel) takes no pad and no stride");
    }
    if (l->r == 0) {
        l->r = in->h;
        l->s = in->w;
    }
    if (pool) {
        l->m = in->c;
        l->groups = 1;
    }
    unsigned larger = l->r > l->s ? l->r : l->s;
    unsigned smaller = l->r < l->s ? l->r : l->s;
    unsigned limit = pool ? smaller : larger;
    if (l->pad >= limit && l->pad > 0) {
        return fail(fault, "pad", "pad is %u, must be less than the kernel (%u)", l->pad,
                    limit);
    }
    if (l->r > l->h + 2 * l->pad || l->s > l->w + 2 * l->pad) {
        return fail(fault, "kernel",
                    "kernel is %u x %u, must be at most the padded input, %u x %u", l->r,
                    l->s, l->h + 2 * l->pad, l->w + 2 * l->pad);
    }
    if (l->c % l->groups != 0 || l->m % l->groups != 0) {
        return fail(fault, "groups",
                    "groups is %u, must divide the %u input channels and the %u filters",
                    l->groups, l->c, l->m);
    }
    l->e = outputs(l->h, l->pad, l->r, l->u);
    l->f = outputs(l->w, l->pad, l->s, l->u);
    if (l->e > LAYER_DIM_MAX || l->f > LAYER_DIM_MAX) {
        return fail(fault, "pad", "output is %u x %u, must be at most %d x %d", l->e,
                    l->f, LAYER_DIM_MAX, LAYER_DIM_MAX);
    }
    return 0;
}

static int infer_fc(struct layer *l, const struct layer_map *in, unsigned batch,
                    struct layer_fault *fault) {
    uint64_t c = (uint64_t)in->c * in->h * in->w;
    if (c > LAYER_DIM_MAX) {
        return fail(fault, "inputs", "fc has %llu inputs (%u x %u x %u), at most %d",
                    (unsigned long long)c, in->c, in->h, in->w, LAYER_DIM_MAX);
    }
    l->c = (unsigned)c;
    l->h = 1;
    l->w = batch;
    l->e = 1;
    l->f = batch;
    l->r = l->s = l->u = 1;
    l->groups = 1;
    return 0;
}

static int infer_add(struct layer *l, const struct layer_map *a,
                     const struct layer_map *b, struct layer_fault *fault) {
    if (a->c != b->c || a->h != b->h || a->w != b->w) {
        return fail(fault, "inputs",
                    "inputs of add are %u x %u x %u and %u x %u x %u "
                    "(channels x height x width), must be the same",
                    a->c, a->h, a->w, b->c, b->h, b->w);
    }
    l->c = l->m = a->c;
    l->h = l->e = a->h;
    l->w = l->f = a->w;
    l->r = l->s = l->u = 1;
    l->groups = 1;
    return 0;
}

static int infer_matmul(struct layer *l, const struct layer_map *a,
                        const struct layer_map *b, struct layer_fault *fault) {
    if ((uint64_t)b->h * b->w != a->c) {
        return fail(fault, "inputs",
                    "the second input of matmul has %llu positions, must be %u: the "
                    "channels of the first",
                    (unsigned long long)b->h * b->w, a->c);
    }
    l->c = a->c;
    l->h = l->e = a->h;
    l->w = l->f = a->w;
    l->m = b->c;
    l->r = l->s = l->u = 1;
    l->groups = 1;
    return 0;
}

int layer_infer(struct layer *l, const struct layer_map *a, const struct layer_map *b,
                unsigned batch, struct layer_map *out, struct layer_fault *fault) {
    int rc = 0;
    switch (l->op) {
    case OP_CONV:
    case OP_MAXPOOL:
    case OP_AVGPOOL:
        rc = infer_window(l, a, fault);
        break;
    case OP_FC:
        rc = infer_fc(l, a, batch, fault);
        break;
    case OP_ADD:
        rc = infer_add(l, a, b, fault);
        break;
    case OP_MATMUL:
        rc = infer_matmul(l, a, b, fault);
        break;
    }
    out->c = l->m;
    out->h = l->e;
    out->w = l->op == OP_FC ? 1 : l->f;
    return rc;
}
