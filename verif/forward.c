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
    for (size_t i = 0; i < net->layer_count; i++) {
        if (net->layers[i].op == OP_MATMUL) {
            return error_set(err,
                             "layer %s: matmul runs neither on the array nor on the host "
                             "side, so the network cannot be run as a whole (--layer "
                             "simulates single layers)",
                             net->layers[i].name);
        }
        if (net->layers[i].input_count == 0) {
            return error_set(
                err,
                "layer %s: is not connected to others, so the network cannot "
                "be run as a whole (--layer simulates single layers)",
                net->layers[i].name);
        }
    }
    return 0;
}

int32_t *forward_image(const struct forward_map *map, unsigned image) {
    return map->words + image * map->count;
}

const struct forward_map *forward_input(const struct forward *f, size_t layer,
                                        unsigned k) {
    unsigned producer = f->net->layers[layer].inputs[k];
    return producer == 0 ? &f->input : &f->layers[producer - 1].out;
}

/* The tensors of one image, for fc too. */
static struct tensors image_tensors(const struct forward *f, size_t layer,
                                    unsigned image) {
    const struct forward_layer *n = &f->layers[layer];
    const struct tensors t = {forward_image(forward_input(f, layer, 0), image),
                              n->params.weights,
                              n->params.bias,
                              forward_image(&n->out, image),
                              n->shift,
                              0};
    return t;
}

struct tensors forward_tensors(const struct forward *f, size_t layer, unsigned run) {
    const struct forward_layer *n = &f->layers[layer];
    struct tensors t = image_tensors(f, layer, run);
    if (n->columns[0]) {
        t.ifmap = n->columns[0];
        t.ofmap = n->columns[1];
    }
    return t;
}

/* out[j][i] = in[i][j] of in[rows][columns]: images to columns, or back. */
static void transpose(const int32_t *in, size_t rows, size_t columns, int32_t *out) {
    for (size_t i = 0; i < rows; i++) {
        for (size_t j = 0; j < columns; j++) {
            out[j * rows + i] = in[i * columns + j];
        }
    }
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

static int map_init(struct forward_map *map, const struct network *net, size_t count,
                    const char *name, struct error *err) {
    map->count = count;
    map->words = calloc(count + 1, net->batch * sizeof *map->words);
    return map->words ? 0 : error_set(err, "out of memory for the map '%s'", name);
}

/* The output stage of integers for one image. The first one chooses the shift, unless
 * there is a wanted one. */
static void requantize(const struct forward *f, const struct forward_source *source,
                       size_t index, unsigned image, const int64_t *sums, int wanted) {
    struct forward_layer *n = &f->layers[index];
    const struct layer *l = &f->net->layers[index];
    const unsigned bits = f->hw->type.act_bits;
    int32_t *out = forward_image(&n->out, image);
    if (image == 0) {
        n->shift = wanted == FORWARD_CHOOSE
                       ? forward_shift(sums, n->out.count, l->relu, source->act_limit)
                       : (unsigned)wanted;
        if (layer_on_array(l) && n->shift >= f->hw->design.psum_bits) {
            n->shift = f->hw->design.psum_bits - 1;
        }
    }
    for (size_t i = 0; i < n->out.count; i++) {
        out[i] = (int32_t)golden_output(sums[i], l->relu, n->shift, bits);
    }
}

/* Conv or fc of an integer type; sums do not depend on their order, so fc too runs image
 * by image. */
static int run_integer(struct forward *f, const struct forward_source *source,
                       size_t index, struct error *err) {
    const struct layer one = tensor_image_layer(&f->net->layers[index]);
    struct forward_layer *n = &f->layers[index];
    int64_t *psums = calloc(n->out.count + 1, sizeof *psums);
    if (!psums) {
        return error_set(err, "layer '%s': out of memory for its psums", one.name);
    }
    int rc = 0;
    for (unsigned image = 0; rc == 0 && image < f->net->batch; image++) {
        const struct tensors t = image_tensors(f, index, image);
        int overflow = 0;
        rc = golden_psums(f->hw, f->type, &one, &t, psums, &overflow, err);
        if (rc == 0) {
            n->overflow |= overflow & OVERFLOW_POSSIBLE; /* certain in one image only */
            requantize(f, source, index, image, psums, n->params.shift);
        }
    }
    n->out.frac_bits = forward_input(f, index, 0)->frac_bits +
                       n->params.weight_frac_bits - (int)n->shift;
    free(psums);
    return rc;
}

/* Conv or fc of a float type, in the order of the mapping, which is that of the batch. */
static void run_float(struct forward *f, const struct mapping *m, size_t index) {
    const struct layer *l = &f->net->layers[index];
    struct forward_layer *n = &f->layers[index];
    for (unsigned run = 0; run < layer_runs(f->net, l); run++) {
        struct tensors t = forward_tensors(f, index, run);
        golden_float(f->type, l, m, &t);
    }
    if (n->columns[1]) {
        transpose(n->columns[1], n->out.count, f->net->batch, n->out.words);
    }
}

/* The columns of an fc layer for a batch, those of the input filled. */
static int columns_init(struct forward *f, size_t index, struct error *err) {
    const struct layer *l = &f->net->layers[index];
    struct forward_layer *n = &f->layers[index];
    const struct forward_map *in = forward_input(f, index, 0);
    n->columns[0] = calloc(tensor_ifmap_count(l) + 1, sizeof *n->columns[0]);
    n->columns[1] = calloc(tensor_ofmap_count(l) + 1, sizeof *n->columns[1]);
    if (!n->columns[0] || !n->columns[1]) {
        return error_set(err, "layer '%s': out of memory for its maps", l->name);
    }
    transpose(in->words, f->net->batch, in->count, n->columns[0]);
    return 0;
}

static int all_finite(const struct forward_map *map, unsigned images) {
    for (size_t i = 0; i < map->count * images; i++) {
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
    struct forward_layer *n = &f->layers[index];
    struct forward_params *p = &n->params;
    p->weights = calloc(tensor_weight_count(l) + 1, sizeof *p->weights);
    p->bias = calloc((size_t)l->m + 1, sizeof *p->bias);
    p->shift = FORWARD_CHOOSE;
    if (!p->weights || !p->bias) {
        return error_set(err, "layer '%s': out of memory for its weights", l->name);
    }
    if (source->params(source->context, l, forward_input(f, index, 0), p, err) ||
        (l->op == OP_FC && f->net->batch > 1 && columns_init(f, index, err))) {
        return -1;
    }
    if (f->hw->type.kind == PE_FLOAT) {
        run_float(f, &mappings[index], index);
        return 0;
    }
    if (run_integer(f, source, index, err)) {
        return -1;
    }
    if (n->columns[1]) {
        transpose(n->out.words, f->net->batch, n->out.count, n->columns[1]);
    }
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
    const int wanted =
        source->add_shift ? source->add_shift(source->context, l) : FORWARD_CHOOSE;
    int64_t *sums = calloc(n->out.count + 1, sizeof *sums);
    if (!sums) {
        return error_set(err, "layer '%s': out of memory for its sums", l->name);
    }
    n->align[0] = apart < 0 ? (unsigned)-apart : 0;
    n->align[1] = apart > 0 ? (unsigned)apart : 0;
    for (unsigned image = 0; image < f->net->batch; image++) {
        host_add_sums(forward_image(in[0], image), forward_image(in[1], image), n->align,
                      sums, n->out.count);
        requantize(f, source, index, image, sums, wanted);
    }
    n->out.frac_bits = in[0]->frac_bits + (int)n->align[0] - (int)n->shift;
    free(sums);
    return 0;
}

/* A host layer other than the add of integers, for one image. */
static void run_host_image(struct forward *f, size_t index, unsigned image) {
    const struct layer *l = &f->net->layers[index];
    const int is_float = f->hw->type.kind == PE_FLOAT;
    const int32_t *in = forward_image(forward_input(f, index, 0), image);
    int32_t *out = forward_image(&f->layers[index].out, image);
    if (l->op == OP_ADD) {
        host_add_float(f->type, l, in, forward_image(forward_input(f, index, 1), image),
                       out);
    } else if (l->op == OP_MAXPOOL) {
        host_maxpool(l, is_float, in, out);
    } else {
        host_avgpool(l, is_float ? f->type : NULL, in, out);
    }
}

static int run_host(struct forward *f, const struct forward_source *source, size_t index,
                    struct error *err) {
    struct forward_layer *n = &f->layers[index];
    n->out.frac_bits = forward_input(f, index, 0)->frac_bits;
    if (f->net->layers[index].op == OP_ADD && f->hw->type.kind == PE_INTEGER) {
        return add_integer(f, source, index, err);
    }
    for (unsigned image = 0; image < f->net->batch; image++) {
        run_host_image(f, index, image);
    }
    return 0;
}

static int run_layer(struct forward *f, const struct mapping *mappings,
                     const struct forward_source *source, size_t index,
                     struct error *err) {
    const struct layer *l = &f->net->layers[index];
    const struct layer one = tensor_image_layer(l);
    struct forward_map *out = &f->layers[index].out;
    if (map_init(out, f->net, tensor_ofmap_count(&one), l->name, err)) {
        return -1;
    }
    int rc = layer_on_array(l) ? run_array(f, mappings, source, index, err)
                               : run_host(f, source, index, err);
    if (rc == 0 && f->hw->type.kind == PE_FLOAT && !all_finite(out, f->net->batch)) {
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
    if (map_init(&f->input, net, (size_t)net->c * net->h * net->w, "input", err)) {
        return -1;
    }
    for (unsigned image = 0; image < net->batch; image++) {
        struct forward_map one = f->input;
        one.words = forward_image(&f->input, image);
        if (source->input(source->context, net, image, &one, err)) {
            return -1;
        }
        f->input.frac_bits = one.frac_bits;
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
        free(f->layers[i].columns[0]);
        free(f->layers[i].columns[1]);
    }
    free(f->layers);
    free(f->input.words);
    f->layers = NULL;
    f->input.words = NULL;
}
