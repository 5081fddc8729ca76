/* SPDX-License-Identifier: Apache-2.0
 *
 * Golden forward pass.
 */
#include "verif/forward.h"

#include <stdlib.h>
#include <string.h>

#include "verif/golden.h"
#include "verif/golden_float.h"
#include "verif/host_ops.h"

enum { SHIFT_MAX = 63, RARE = 1000 };

int forward_check(const struct network *net, struct error *err) {
    if (net->batch != 1) {
        return error_set(err,
                         "network %s has a batch of %u, a whole-network run takes one "
                         "image (--layer simulates single layers)",
                         net->name, net->batch);
    }
    for (size_t i = 0; i < net->layer_count; i++) {
        if (net->layers[i].op == OP_MATMUL) {
            return error_set(err,
                             "layer %s: matmul runs neither on the array nor on the host "
                             "side, so the network cannot be run as a whole (--layer "
                             "simulates single layers)",
                             net->layers[i].name);
        }
    }
    return 0;
}

const struct forward_map *forward_input(const struct forward *f, size_t layer,
                                        unsigned k) {
    unsigned producer = f->net->layers[layer].inputs[k];
    return producer == 0 ? &f->input : &f->layers[producer - 1].out;
}

struct tensors forward_tensors(const struct forward *f, size_t layer) {
    const struct forward_layer *n = &f->layers[layer];
    const struct tensors t = {forward_input(f, layer, 0)->words,
                              n->params.weights,
                              n->params.bias,
                              n->out.words,
                              n->shift,
                              0};
    return t;
}

/* How many sums are beyond the limit after the output stage. */
static size_t count_beyond(const int64_t *sums, size_t count, int relu, int64_t limit,
                           unsigned shift) {
    size_t beyond = 0;
    for (size_t i = 0; i < count; i++) {
        int64_t v = golden_round(relu && sums[i] < 0 ? 0 : sums[i], shift);
        beyond += v > limit || v < -limit - 1;
    }
    return beyond;
}

unsigned forward_shift(const int64_t *sums, size_t count, int relu, int64_t limit) {
    unsigned shift = 0;
    while (shift < SHIFT_MAX &&
           count_beyond(sums, count, relu, limit, shift) > count / RARE) {
        shift++;
    }
    return shift;
}

static int map_init(struct forward_map *map, size_t count, const char *name,
                    struct error *err) {
    map->count = count;
    map->words = calloc(count + 1, sizeof *map->words);
    return map->words ? 0 : error_set(err, "out of memory for the map '%s'", name);
}

/* The output stage of integers, its shift chosen if *wanted says so. */
static void requantize(const struct forward *f, const struct forward_source *source,
                       const struct layer *l, const int64_t *sums, int wanted,
                       struct forward_layer *n) {
    const unsigned bits = f->hw->type.act_bits;
    n->shift = wanted == FORWARD_CHOOSE
                   ? forward_shift(sums, n->out.count, l->relu, source->act_limit)
                   : (unsigned)wanted;
    if (layer_on_array(l) && n->shift >= f->hw->design.psum_bits) {
        n->shift = f->hw->design.psum_bits - 1;
    }
    for (size_t i = 0; i < n->out.count; i++) {
        n->out.words[i] = (int32_t)golden_output(sums[i], l->relu, n->shift, bits);
    }
}

/* Conv or fc of an integer type. */
static int run_integer(struct forward *f, const struct forward_source *source,
                       size_t index, struct error *err) {
    const struct layer *l = &f->net->layers[index];
    struct forward_layer *n = &f->layers[index];
    const struct tensors t = forward_tensors(f, index);
    int64_t *psums = calloc(n->out.count + 1, sizeof *psums);
    if (!psums) {
        return error_set(err, "layer '%s': out of memory for its psums", l->name);
    }
    int rc = golden_psums(f->hw, f->type, l, &t, psums, &n->overflow_possible, err);
    if (rc == 0) {
        requantize(f, source, l, psums, n->params.shift, n);
        n->out.frac_bits = forward_input(f, index, 0)->frac_bits +
                           n->params.weight_frac_bits - (int)n->shift;
    }
    free(psums);
    return rc;
}

static int all_finite(const struct forward_map *map) {
    for (size_t i = 0; i < map->count; i++) {
        if (((uint32_t)map->words[i] & 0x7f800000) == 0x7f800000) {
            return 0;
        }
    }
    return 1;
}

static int run_array(struct forward *f, const struct mapping *mappings,
                     const struct forward_source *source, size_t index,
                     struct error *err) {
    const struct layer *l = &f->net->layers[index];
    struct forward_params *p = &f->layers[index].params;
    p->weights = calloc(tensor_weight_count(l) + 1, sizeof *p->weights);
    p->bias = calloc((size_t)l->m + 1, sizeof *p->bias);
    p->shift = FORWARD_CHOOSE;
    if (!p->weights || !p->bias) {
        return error_set(err, "layer '%s': out of memory for its weights", l->name);
    }
    if (source->params(source->context, l, forward_input(f, index, 0), p, err)) {
        return -1;
    }
    if (f->hw->type.kind == PE_INTEGER) {
        return run_integer(f, source, index, err);
    }
    struct tensors t = forward_tensors(f, index);
    golden_float(f->type, l, &mappings[index], &t);
    return 0;
}

/* Add of integers: exact on the finer grid, then the output stage. */
static int add_integer(struct forward *f, const struct forward_source *source,
                       size_t index, struct error *err) {
    struct forward_layer *n = &f->layers[index];
    const struct layer *l = &f->net->layers[index];
    const struct forward_map *in[2] = {forward_input(f, index, 0),
                                       forward_input(f, index, 1)};
    const int apart = in[0]->frac_bits - in[1]->frac_bits;
    if (abs(apart) > HOST_ALIGN_MAX) {
        return error_set(
            err, "layer %s: the grids of its inputs are %d bits apart, at most %d",
            l->name, abs(apart), HOST_ALIGN_MAX);
    }
    int64_t *sums = calloc(n->out.count + 1, sizeof *sums);
    if (!sums) {
        return error_set(err, "layer '%s': out of memory for its sums", l->name);
    }
    n->align[0] = apart < 0 ? (unsigned)-apart : 0;
    n->align[1] = apart > 0 ? (unsigned)apart : 0;
    host_add_sums(in[0]->words, in[1]->words, n->align, sums, n->out.count);
    requantize(f, source, l, sums, FORWARD_CHOOSE, n);
    n->out.frac_bits = in[0]->frac_bits + (int)n->align[0] - (int)n->shift;
    free(sums);
    return 0;
}

static int run_host(struct forward *f, const struct forward_source *source, size_t index,
                    struct error *err) {
    struct forward_layer *n = &f->layers[index];
    const struct layer *l = &f->net->layers[index];
    const struct forward_map *in = forward_input(f, index, 0);
    const int is_float = f->hw->type.kind == PE_FLOAT;
    n->out.frac_bits = in->frac_bits;
    if (l->op == OP_ADD && !is_float) {
        return add_integer(f, source, index, err);
    }
    if (l->op == OP_ADD) {
        host_add_float(f->type, l, in->words, forward_input(f, index, 1)->words,
                       n->out.words);
    } else if (l->op == OP_MAXPOOL) {
        host_maxpool(l, is_float, in->words, n->out.words);
    } else {
        host_avgpool(l, is_float ? f->type : NULL, in->words, n->out.words);
    }
    return 0;
}

static int run_layer(struct forward *f, const struct mapping *mappings,
                     const struct forward_source *source, size_t index,
                     struct error *err) {
    const struct layer *l = &f->net->layers[index];
    struct forward_map *out = &f->layers[index].out;
    if (map_init(out, tensor_ofmap_count(l), l->name, err)) {
        return -1;
    }
    int rc = layer_on_array(l) ? run_array(f, mappings, source, index, err)
                               : run_host(f, source, index, err);
    if (rc == 0 && f->hw->type.kind == PE_FLOAT && !all_finite(out)) {
        return error_set(err, "layer %s: an output is not a finite number", l->name);
    }
    return rc;
}

int forward_run(struct forward *f, const struct hw *hw, const struct pe_golden *type,
                const struct network *net, const struct mapping *mappings,
                const struct forward_source *source, struct error *err) {
    *f = (struct forward){.hw = hw, .type = type, .net = net};
    if (forward_check(net, err)) {
        return -1;
    }
    f->layers = calloc(net->layer_count + 1, sizeof *f->layers);
    if (!f->layers) {
        return error_set(err, "out of memory");
    }
    if (map_init(&f->input, (size_t)net->c * net->h * net->w, "input", err) ||
        source->input(source->context, net, &f->input, err)) {
        return -1;
    }
    for (size_t i = 0; i < net->layer_count; i++) {
        if (run_layer(f, mappings, source, i, err)) {
            return -1;
        }
    }
    return 0;
}

void forward_close(struct forward *f) {
    for (size_t i = 0; f->layers && i < f->net->layer_count; i++) {
        free(f->layers[i].out.words);
        free(f->layers[i].params.weights);
        free(f->layers[i].params.bias);
    }
    free(f->layers);
    free(f->input.words);
    f->layers = NULL;
    f->input.words = NULL;
}
