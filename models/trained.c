/* SPDX-License-Identifier: Apache-2.0
 *
 * A trained network in the words of a PE type.
 */
#include "models/trained.h"

#include <stdlib.h>
#include <string.h>

#include "verif/tensor.h"

/* The quantizers of a type; those of acts and biases own nothing. */
struct quantizers {
    struct quantizer weights, bias;
};

static int64_t float_word(float x) {
    int32_t word;
    memcpy(&word, &x, sizeof word);
    return word;
}

/* A bias in psum units, with what the scales add; saturating. */
static int64_t bias_word(const struct quantizer *q, float bias, int exponent,
                         int32_t added) {
    const int64_t word = quantize_value(q, bias, exponent);
    if (added > 0 && word > q->high - added) {
        return q->high;
    }
    return added < 0 && word < q->low - added ? q->low : word + added;
}

/* Quantize the tensors of an array layer.
 *
 *   bias   [M], or NULL: all zero
 *   added  [M], to the biases, in psum units; or NULL
 */
static int quantize_layer(struct trained *t, size_t index, const struct quantizers *q,
                          const float *weights, const float *bias, const int32_t *added,
                          struct error *err) {
    const struct layer *l = &t->net->layers[index];
    const int is_float = t->hw->type.kind == PE_FLOAT;
    const size_t count = tensor_weight_count(l);
    const int weight = is_float ? 0 : -t->scales.layers[index].weight_frac_bits;
    const int sum = is_float ? 0 : -scales_sum(&t->scales, t->net, index);
    int32_t *words = malloc((count + 1) * sizeof *words);
    int64_t *psums = calloc((size_t)l->m + 1, sizeof *psums);
    t->params[index].weights = words;
    t->params[index].bias = psums;
    if (!words || !psums) {
        return error_set(err, "layer %s: out of memory for its weights", l->name);
    }
    for (size_t i = 0; i < count; i++) {
        words[i] = (int32_t)quantize_word(&q->weights, weights[i], weight);
    }
    for (size_t i = 0; i < l->m; i++) {
        const float b = bias ? bias[i] : 0;
        psums[i] =
            is_float ? float_word(b) : bias_word(&q->bias, b, sum, added ? added[i] : 0);
    }
    return 0;
}

/* The output stage of an array layer or an add; pooling has none. */
static void set_shifts(struct trained *t, size_t index) {
    const struct layer *l = &t->net->layers[index];
    struct infer_params *p = &t->params[index];
    const int sum = scales_sum(&t->scales, t->net, index);
    p->shift = (unsigned)(sum - t->scales.layers[index].frac_bits);
    for (unsigned k = 0; k < 2 && l->op == OP_ADD; k++) {
        p->align[k] = (unsigned)(sum - scales_input(&t->scales, l, k));
    }
}

static int copy_scales(struct trained *t, const struct scales *scales,
                       struct error *err) {
    if (scales_init(&t->scales, t->net, err)) {
        return -1;
    }
    t->scales.input_frac_bits = scales->input_frac_bits;
    for (size_t i = 0; i < t->net->layer_count; i++) {
        t->scales.layers[i] = scales->layers[i];
        t->scales.layers[i].bias = NULL;
    }
    return scales_check(&t->scales, t->hw, t->net, err);
}

static int fill(struct trained *t, const struct quantizers *q,
                const struct weights *weights, const struct scales *scales,
                struct error *err) {
    for (size_t i = 0; i < t->net->layer_count; i++) {
        const struct layer *l = &t->net->layers[i];
        const int32_t *added = scales ? scales->layers[i].bias : NULL;
        const float *w = NULL, *b = NULL;
        if (layer_on_array(l) && (weights_layer(weights, l, &w, &b, err) ||
                                  quantize_layer(t, i, q, w, b, added, err))) {
            return -1;
        }
        if (t->hw->type.kind == PE_INTEGER) {
            set_shifts(t, i);
        }
    }
    return 0;
}

int trained_init(struct trained *t, const struct hw *hw, const struct pe_golden *type,
                 const struct network *net, const struct weights *weights,
                 const struct scales *scales, struct error *err) {
    struct quantizers q;
    *t = (struct trained){.hw = hw, .type = type, .net = net};
    t->params = calloc(net->layer_count + 1, sizeof *t->params);
    if (!t->params) {
        return error_set(err, "out of memory");
    }
    if ((hw->type.kind == PE_INTEGER && copy_scales(t, scales, err)) ||
        quantizer_weights(&q.weights, &hw->type, type, err)) {
        return -1;
    }
    quantizer_bias(&q.bias, &hw->type, hw->design.psum_bits);
    int rc = fill(t, &q, weights, scales, err);
    quantizer_close(&q.weights);
    return rc;
}

void trained_close(struct trained *t) {
    for (size_t i = 0; t->params && i < t->net->layer_count; i++) {
        free((void *)t->params[i].weights);
        free((void *)t->params[i].bias);
    }
    free(t->params);
    t->params = NULL;
    scales_close(&t->scales);
}

void trained_input(const struct trained *t, const float *input, size_t count,
                   int32_t *words) {
    struct quantizer q;
    quantizer_acts(&q, &t->hw->type);
    for (size_t i = 0; i < count; i++) {
        words[i] = (int32_t)quantize_word(&q, input[i], -t->scales.input_frac_bits);
    }
}

static int fill_input(void *context, const struct network *net, unsigned image,
                      struct forward_map *map, struct error *err) {
    const struct trained_images *s = context;
    float values[CIFAR_BYTES];
    const size_t index = s->first + image;
    (void)net;
    (void)err;
    cifar_image(s->images, index, s->preprocess, values);
    trained_input(s->trained, values, map->count, map->words);
    map->frac_bits = s->trained->scales.input_frac_bits;
    return 0;
}

static int fill_params(void *context, const struct layer *l, const struct forward_map *in,
                       struct forward_params *p, struct error *err) {
    const struct trained *t = ((const struct trained_images *)context)->trained;
    const size_t index = (size_t)(l - t->net->layers);
    const struct infer_params *params = &t->params[index];
    (void)in;
    (void)err;
    memcpy(p->weights, params->weights, tensor_weight_count(l) * sizeof *p->weights);
    memcpy(p->bias, params->bias, l->m * sizeof *p->bias);
    p->shift = (int)params->shift;
    p->weight_frac_bits =
        t->hw->type.kind == PE_FLOAT ? 0 : t->scales.layers[index].weight_frac_bits;
    return 0;
}

static int add_shift(void *context, const struct layer *l) {
    const struct trained *t = ((const struct trained_images *)context)->trained;
    return (int)t->params[l - t->net->layers].shift;
}

struct forward_source trained_source(struct trained_images *images) {
    const struct forward_source source = {.context = images,
                                          .input = fill_input,
                                          .params = fill_params,
                                          .add_shift = add_shift};
    return source;
}
