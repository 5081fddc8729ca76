/* SPDX-License-Identifier: Apache-2.0
 *
 * Inference engine: making a network ready, integer types, the host's layers.
 */
#include "models/infer.h"

#include <stdlib.h>
#include <string.h>

#include "models/infer_kernel.h"
#include "models/infer_run.h"
#include "verif/forward.h"
#include "verif/golden.h"
#include "verif/host_ops.h"
#include "verif/tensor.h"

static size_t round_up(size_t n, size_t to) {
    return (n + to - 1) / to * to;
}

static size_t element_bytes(const struct infer_layer *x) {
    return x->kind == INFER_NARROW ? sizeof(int16_t) : sizeof(int32_t);
}

size_t infer_tap(const struct layer *part, size_t tap) {
    const size_t c = tap % part->c, rs = tap / part->c;
    return c * part->r * part->s + rs;
}

/* Whether the weight words of a layer stand for numbers of int16. */
static int narrow_weights(const struct pe_golden *type, const int32_t *words,
                          size_t count) {
    for (size_t i = 0; i < count; i++) {
        const int64_t v = type->weight_value ? type->weight_value(words[i]) : words[i];
        if (v != (int16_t)v) {
            return 0;
        }
    }
    return 1;
}

static enum infer_kind kind_of(const struct infer *n, const struct layer *l,
                               const struct infer_params *params) {
    if (!layer_on_array(l)) {
        return INFER_HOST;
    }
    if (n->hw->type.kind == PE_FLOAT) {
        return INFER_FLOAT;
    }
    if (!n->type->linear) {
        return INFER_PRODUCT;
    }
    return n->hw->type.act_bits <= 16 && n->hw->design.psum_bits <= 32 &&
                   narrow_weights(n->type, params->weights, tensor_weight_count(l))
               ? INFER_NARROW
               : INFER_WIDE;
}

/* Filters of an integer type: values for linear types, else words. */
static int copy_filters(const struct infer *n, struct infer_layer *x,
                        const struct infer_params *params, struct error *err) {
    const int decode = x->kind != INFER_PRODUCT && n->type->weight_value != NULL;
    const size_t bytes = element_bytes(x);
    x->weights = calloc(x->one.groups * x->filters, x->row * bytes);
    if (!x->weights) {
        return error_set(err, "layer %s: out of memory for its weights", x->one.name);
    }
    for (size_t m = 0; m < x->one.m; m++) {
        const size_t row = m / x->part.m * x->filters + m % x->part.m;
        for (size_t k = 0; k < x->taps; k++) {
            const int32_t word = params->weights[m * x->taps + infer_tap(&x->part, k)];
            const int32_t v = decode ? (int32_t)n->type->weight_value(word) : word;
            if (x->kind == INFER_NARROW) {
                ((int16_t *)x->weights)[row * x->row + k] = (int16_t)v;
            } else {
                ((int32_t *)x->weights)[row * x->row + k] = v;
            }
        }
    }
    return 0;
}

static int layer_init(const struct infer *n, struct infer_layer *x, const struct layer *l,
                      const struct infer_params *params, const struct mapping *mapping,
                      struct error *err) {
    x->one = tensor_image_layer(l);
    x->part = tensor_group_layer(&x->one);
    x->kind = kind_of(n, l, params);
    x->params.shift = params->shift;
    memcpy(x->params.align, params->align, sizeof x->params.align);
    if (x->kind == INFER_HOST) {
        return 0;
    }
    x->taps = (size_t)x->part.c * x->part.r * x->part.s;
    x->row = round_up(x->taps, INFER_ROW);
    x->filters =
        round_up(x->part.m, x->kind == INFER_FLOAT ? INFER_LANES : INFER_FILTERS);
    x->bias = malloc(((size_t)l->m + 1) * sizeof *x->bias);
    if (!x->bias) {
        return error_set(err, "layer %s: out of memory for its bias", l->name);
    }
    memcpy(x->bias, params->bias, l->m * sizeof *x->bias);
    return x->kind == INFER_FLOAT ? infer_float_init(x, params, mapping, err)
                                  : copy_filters(n, x, params, err);
}

int infer_init(struct infer *n, const struct hw *hw, const struct pe_golden *type,
               const struct network *net, const struct infer_params *params,
               const struct mapping *mappings, struct error *err) {
    *n = (struct infer){.hw = hw, .type = type, .net = net};
    if (forward_check(net, err)) {
        return -1;
    }
    n->layers = calloc(net->layer_count + 1, sizeof *n->layers);
    if (!n->layers) {
        return error_set(err, "out of memory");
    }
    for (size_t i = 0; i < net->layer_count; i++) {
        if (layer_init(n, &n->layers[i], &net->layers[i], &params[i],
                       mappings ? &mappings[i] : NULL, err)) {
            return -1;
        }
    }
    return 0;
}

void infer_close(struct infer *n) {
    for (size_t i = 0; n->layers && i < n->net->layer_count; i++) {
        free(n->layers[i].weights);
        free(n->layers[i].bias);
        free(n->layers[i].order.taps);
        free(n->layers[i].order.ends);
    }
    free(n->layers);
    n->layers = NULL;
}

static size_t padded_columns(const struct layer *part) {
    return part->w + (size_t)part->pad * 2;
}

static size_t padded_count(const struct layer *part) {
    return (part->h + (size_t)part->pad * 2) * padded_columns(part) * part->c;
}

static int work_allocate(struct infer_work *w) {
    size_t padded = 1, row = 1, sums = 1;
    for (size_t i = 0; i < w->n->net->layer_count; i++) {
        const struct infer_layer *x = &w->n->layers[i];
        const size_t outputs = tensor_ofmap_count(&x->one);
        const size_t need =
            x->kind == INFER_HOST ? outputs : 2 * (x->filters + x->row) * INFER_BLOCK;
        const size_t part = x->kind == INFER_HOST ? 0 : padded_count(&x->part);
        w->maps[i] = calloc(outputs + 1, sizeof **w->maps);
        padded = part > padded ? part : padded;
        row = x->row > row ? x->row : row;
        sums = need > sums ? need : sums;
        if (!w->maps[i]) {
            return -1;
        }
    }
    w->padded = calloc(padded, sizeof(int32_t));
    w->windows = calloc(row, INFER_BLOCK * sizeof(int32_t));
    w->sums = calloc(sums, sizeof *w->sums);
    return w->padded && w->windows && w->sums ? 0 : -1;
}

int infer_work_init(struct infer_work *w, const struct infer *n, int want_largest,
                    struct error *err) {
    const struct network *net = n->net;
    *w = (struct infer_work){.n = n};
    w->input = calloc((size_t)net->c * net->h * net->w + 1, sizeof *w->input);
    w->maps = calloc(net->layer_count + 1, sizeof *w->maps);
    w->largest = want_largest ? calloc(net->layer_count + 1, sizeof *w->largest) : NULL;
    if (!w->input || !w->maps || (want_largest && !w->largest) || work_allocate(w)) {
        return error_set(err, "out of memory for the maps of network %s", net->name);
    }
    return 0;
}

void infer_work_close(struct infer_work *w) {
    for (size_t i = 0; w->maps && i < w->n->net->layer_count; i++) {
        free(w->maps[i]);
    }
    free(w->input);
    free(w->maps);
    free(w->largest);
    free(w->padded);
    free(w->windows);
    free(w->sums);
    *w = (struct infer_work){.n = NULL};
}

static const int32_t *input_of(const struct infer_work *w, const struct layer *l,
                               unsigned k) {
    return l->inputs[k] == 0 ? w->input : w->maps[l->inputs[k] - 1];
}

/* The ifmap of a channel group with its padding, channel-last. */
static void pad_map(struct infer_work *w, const struct infer_layer *x,
                    const int32_t *in) {
    const struct layer *l = &x->part;
    const size_t columns = padded_columns(l);
    memset(w->padded, 0, padded_count(l) * element_bytes(x));
    for (size_t c = 0; c < l->c; c++) {
        for (size_t y = 0; y < l->h; y++, in += l->w) {
            const size_t at = ((y + l->pad) * columns + l->pad) * l->c + c;
            if (x->kind == INFER_NARROW) {
                int16_t *to = (int16_t *)w->padded + at;
                for (size_t i = 0; i < l->w; i++) {
                    to[i * l->c] = (int16_t)in[i];
                }
            } else {
                int32_t *to = (int32_t *)w->padded + at;
                for (size_t i = 0; i < l->w; i++) {
                    to[i * l->c] = in[i];
                }
            }
        }
    }
}

size_t infer_gather(struct infer_work *w, const struct infer_layer *x, size_t position) {
    const struct layer *l = &x->part;
    const size_t plane = (size_t)l->e * l->f, bytes = element_bytes(x);
    const size_t columns = padded_columns(l);
    const size_t run = (size_t)l->s * l->c * bytes;
    size_t count = plane - position;
    if (count > INFER_BLOCK) {
        count = INFER_BLOCK;
    }
    for (size_t i = 0; i < count; i++) {
        const size_t e = (position + i) / l->f, f = (position + i) % l->f;
        char *to = (char *)w->windows + i * x->row * bytes;
        for (size_t r = 0; r < l->r; r++, to += run) {
            const size_t at = ((e * l->u + r) * columns + f * l->u) * l->c;
            memcpy(to, (const char *)w->padded + at * bytes, run);
        }
        memset(to, 0, (x->row - x->taps) * bytes);
    }
    return count;
}

/* The sums of a block of windows with the filters of a group, modulo 2^32:
 * [filters][INFER_BLOCK]. */
static void sum_narrow(const struct infer_work *w, const struct infer_layer *x,
                       const int16_t *filters, size_t count) {
    uint32_t *sums = (uint32_t *)(void *)w->sums;
    uint32_t block[INFER_DOTS];
    for (size_t m = 0; m < x->filters; m += INFER_FILTERS) {
        for (size_t i = 0; i < count; i += INFER_WINDOWS) {
            infer_dots_narrow((const int16_t *)w->windows + i * x->row,
                              filters + m * x->row, x->row, block);
            for (size_t k = 0; k < INFER_DOTS; k++) {
                sums[(m + k % INFER_FILTERS) * INFER_BLOCK + i + k / INFER_FILTERS] =
                    block[k];
            }
        }
    }
}

static uint64_t sum_of(const struct infer *n, const struct infer_layer *x,
                       const int32_t *window, const int32_t *filter) {
    uint64_t sum = 0;
    if (x->kind == INFER_WIDE) {
        return infer_dot_wide(window, filter, x->row);
    }
    for (size_t k = 0; k < x->taps; k++) {
        sum += (uint64_t)n->type->product(window[k], filter[k]);
    }
    return sum;
}

/* Outputs of up to INFER_BLOCK positions from `out` on, of the filters of a group. */
static void output_narrow(const struct infer_work *w, const struct infer_layer *x,
                          const int64_t *bias, size_t count, int32_t *out) {
    const uint32_t *sums = (const uint32_t *)(const void *)w->sums;
    const struct infer_output stage = {w->n->hw->design.psum_bits, x->one.relu,
                                       x->params.shift, w->n->hw->type.act_bits};
    const size_t plane = (size_t)x->part.e * x->part.f;
    for (size_t m = 0; m < x->part.m; m++) {
        infer_output_narrow(&stage, sums + m * INFER_BLOCK, (uint32_t)bias[m], count,
                            out + m * plane);
    }
}

static void output_wide(const struct infer_work *w, const struct infer_layer *x,
                        unsigned group, size_t count, int32_t *out) {
    const struct hw *hw = w->n->hw;
    const int64_t *bias = x->bias + (size_t)group * x->part.m;
    const int32_t *filters = (const int32_t *)x->weights + group * x->filters * x->row;
    const size_t plane = (size_t)x->part.e * x->part.f;
    for (size_t m = 0; m < x->part.m; m++) {
        for (size_t i = 0; i < count; i++) {
            const int32_t *window = (const int32_t *)w->windows + i * x->row;
            const uint64_t sum = sum_of(w->n, x, window, filters + m * x->row);
            const int64_t psum =
                golden_wrap((int64_t)(sum + (uint64_t)bias[m]), hw->design.psum_bits);
            out[m * plane + i] = (int32_t)golden_output(
                psum, x->one.relu, x->params.shift, hw->type.act_bits);
        }
    }
}

/* One channel group of an array layer of an integer type. */
static void run_group(struct infer_work *w, const struct infer_layer *x, unsigned group,
                      int32_t *out) {
    const size_t plane = (size_t)x->part.e * x->part.f;
    for (size_t position = 0; position < plane; position += INFER_BLOCK) {
        const size_t count = infer_gather(w, x, position);
        if (x->kind == INFER_NARROW) {
            const size_t first = group * x->filters * x->row;
            sum_narrow(w, x, (const int16_t *)x->weights + first, count);
            output_narrow(w, x, x->bias + (size_t)group * x->part.m, count,
                          out + position);
        } else {
            output_wide(w, x, group, count, out + position);
        }
    }
}

static void run_array(struct infer_work *w, size_t index) {
    const struct infer_layer *x = &w->n->layers[index];
    const int32_t *in = input_of(w, &x->one, 0);
    for (unsigned g = 0; g < x->one.groups; g++) {
        int32_t *out = w->maps[index] + g * tensor_ofmap_count(&x->part);
        pad_map(w, x, in + g * tensor_ifmap_count(&x->part));
        if (x->kind == INFER_FLOAT) {
            const double largest = infer_float_group(w, x, g, out);
            if (w->largest && largest > w->largest[index]) {
                w->largest[index] = largest;
            }
        } else {
            run_group(w, x, g, out);
        }
    }
}

static void run_host(struct infer_work *w, size_t index) {
    const struct infer_layer *x = &w->n->layers[index];
    const struct layer *l = &x->one;
    const int is_float = w->n->hw->type.kind == PE_FLOAT;
    const int32_t *in = input_of(w, l, 0);
    int32_t *out = w->maps[index];
    if (l->op == OP_MAXPOOL) {
        host_maxpool(l, is_float, in, out);
    } else if (l->op == OP_AVGPOOL) {
        host_avgpool(l, is_float ? w->n->type : NULL, in, out);
    } else if (is_float) {
        host_add_float(w->n->type, l, in, input_of(w, l, 1), out);
    } else {
        int64_t *sums = (int64_t *)w->sums;
        const size_t count = tensor_ofmap_count(l);
        host_add_sums(in, input_of(w, l, 1), x->params.align, sums, count);
        for (size_t i = 0; i < count; i++) {
            out[i] = (int32_t)golden_output(sums[i], l->relu, x->params.shift,
                                            w->n->hw->type.act_bits);
        }
    }
}

static int all_finite(const int32_t *words, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (((uint32_t)words[i] & 0x7f800000) == 0x7f800000) {
            return 0;
        }
    }
    return 1;
}

int infer_run(struct infer_work *w, struct error *err) {
    for (size_t i = 0; i < w->n->net->layer_count; i++) {
        const struct layer *l = &w->n->layers[i].one;
        if (layer_on_array(l)) {
            run_array(w, i);
        } else {
            run_host(w, i);
        }
        if (w->n->hw->type.kind == PE_FLOAT &&
            !all_finite(w->maps[i], tensor_ofmap_count(l))) {
            return error_set(err, "layer %s: an output is not a finite number", l->name);
        }
    }
    return 0;
}
