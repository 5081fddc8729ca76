/* SPDX-License-Identifier: Apache-2.0
 *
 * ONNX operations that compute with channels or positions alike: Gemm, MatMul,
 * BatchNormalization, arithmetic, ReLU.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gen/onnx_step.h"

enum { TEXT = 160 };

/* ---- Gemm and MatMul ---- */

/* Weights [M][K] of a constant [K][M], or [M][K] if transposed, times factor. */
static float *fc_weights(const struct onnx_tensor *t, int transposed, double factor,
                         size_t outputs, size_t inputs, struct error *err) {
    float *weights = malloc(t->count * sizeof *weights + 1);
    if (!weights) {
        (void)error_set(err, "out of memory");
        return NULL;
    }
    for (size_t m = 0; m < outputs; m++) {
        for (size_t k = 0; k < inputs; k++) {
            const size_t at = transposed ? m * inputs + k : k * outputs + m;
            weights[m * inputs + k] = (float)(factor * t->reals[at]);
        }
    }
    return weights;
}

/* An fc layer of input 0 by the constant of input 1. */
static int add_fc(struct onnx_step *s, int transposed, double factor, struct error *err) {
    const struct onnx_tensor *t = onnx_constant(&s->args, 1, err);
    const struct onnx_act *act = t ? onnx_step_plain(s, 0, err) : NULL;
    char text[TEXT];
    if (!act) {
        return -1;
    }
    if (!onnx_act_is_vector(act)) {
        return error_set(
            err, "reads a tensor of shape %s, must be [N, K]",
            onnx_dims_text(act->shape.dims, act->shape.rank, text, sizeof text));
    }
    const int64_t outputs = t->rank == 2 ? t->dims[transposed ? 0 : 1] : 0;
    const int64_t inputs = t->rank == 2 ? t->dims[transposed ? 1 : 0] : 0;
    if (t->is_int || inputs != act->shape.dims[1] || outputs < 1 ||
        outputs > LAYER_DIM_MAX) {
        return error_set(err, "weights of shape %s do not fit %lld inputs",
                         onnx_dims_text(t->dims, t->rank, text, sizeof text),
                         (long long)act->shape.dims[1]);
    }
    struct layer l = {.op = OP_FC, .input_count = 1, .m = (unsigned)outputs};
    l.inputs[0] = act->producer;
    l.u = 1;
    float *weights =
        fc_weights(t, transposed, factor, (size_t)outputs, (size_t)inputs, err);
    if (!weights) {
        return -1;
    }
    return onnx_step_finish(
        s, import_net_add(s->graph->net, &l, NULL, s->from, weights, NULL, err), 1);
}

/* A constant as one number for each channel of an activation: it must be the same along
 * all other dimensions. */
static int read_channels(const struct onnx_act *act, const struct onnx_tensor *t,
                         double factor, double *numbers, struct error *err) {
    char text[TEXT];
    int fits = !t->is_int && t->rank <= act->shape.rank;
    for (unsigned i = 0; fits && i < t->rank; i++) {
        const unsigned axis = act->shape.rank - t->rank + i;
        fits = t->dims[i] == 1 || (axis == 1 && t->dims[i] == act->map.c &&
                                   act->shape.dims[1] == act->map.c);
    }
    if (!fits) {
        return error_set(err,
                         "a constant of shape %s is not one number for each of %u "
                         "channels",
                         onnx_dims_text(t->dims, t->rank, text, sizeof text), act->map.c);
    }
    for (unsigned c = 0; c < act->map.c; c++) {
        numbers[c] = factor * (double)t->reals[t->count == 1 ? 0 : c];
    }
    return 0;
}

/* Two numbers for each channel: scale and shift. NULL with *err set. */
static double *new_affine(const struct onnx_act *act, struct error *err) {
    double *numbers = calloc(2 * (size_t)act->map.c, sizeof *numbers);
    if (!numbers) {
        (void)error_set(err, "out of memory");
        return NULL;
    }
    for (unsigned c = 0; c < act->map.c; c++) {
        numbers[c] = 1;
    }
    return numbers;
}

int onnx_map_gemm(struct onnx_step *s, struct error *err) {
    const Onnx__NodeProto *node = s->args.node;
    if (onnx_attribute_int(node, "transA", 0) != 0) {
        return error_set(err, "transA must be 0");
    }
    if (add_fc(s, onnx_attribute_int(node, "transB", 0) != 0,
               onnx_attribute_real(node, "alpha", 1), err)) {
        return -1;
    }
    if (!onnx_has_input(&s->args, 2)) {
        return 0;
    }
    const struct onnx_tensor *t = onnx_constant(&s->args, 2, err);
    double *numbers = t ? new_affine(&s->out, err) : NULL;
    if (!numbers) {
        return -1;
    }
    double *shift = numbers + s->out.map.c;
    int rc = read_channels(&s->out, t, onnx_attribute_real(node, "beta", 1), shift, err);
    if (rc == 0) {
        rc = onnx_act_affine(s->graph->net, &s->out, numbers, shift, s->from, err);
    }
    free(numbers);
    return rc;
}

/* 1 if the shape is [N, C, rows * columns] of the map. */
static int is_matrix(const struct onnx_act *act) {
    return act->shape.rank == 3 && act->shape.dims[1] == act->map.c &&
           act->shape.dims[2] == (int64_t)act->map.h * act->map.w;
}

/* MatMul: by a constant an fc; of two activations [N, M, C] and [N, C, P] the network's
 * matmul, which reads the second first. */
int onnx_map_matmul(struct onnx_step *s, struct error *err) {
    if (onnx_has_input(&s->args, 1) && s->args.constants[1]) {
        return add_fc(s, 0, 1, err);
    }
    const struct onnx_act *a = onnx_step_plain(s, 0, err);
    const struct onnx_act *b = a ? onnx_step_plain(s, 1, err) : NULL;
    if (!b) {
        return -1;
    }
    if (!is_matrix(a) || !is_matrix(b)) {
        return error_set(err, "of two activations must be of [N, M, C] and [N, C, P], "
                              "each a map with rows and columns put together");
    }
    struct layer l = {.op = OP_MATMUL, .input_count = 2};
    l.inputs[0] = b->producer;
    l.inputs[1] = a->producer;
    l.u = 1;
    const int64_t columns = b->shape.dims[2];
    if (onnx_step_finish(
            s, import_net_add(s->graph->net, &l, NULL, s->from, NULL, NULL, err), 0)) {
        return -1;
    }
    s->out.shape.rank = 3;
    s->out.shape.dims[2] = columns;
    return 0;
}

/* ---- numbers by channel ---- */

int onnx_map_batch_norm(struct onnx_step *s, struct error *err) {
    const Onnx__NodeProto *node = s->args.node;
    const struct onnx_tensor *t[4];
    const double epsilon = onnx_attribute_real(node, "epsilon", 1e-5F);
    if (onnx_step_copy(s, err)) {
        return -1;
    }
    const size_t channels = s->out.map.c;
    if (onnx_attribute_int(node, "training_mode", 0) != 0 ||
        onnx_attribute_int(node, "spatial", 1) == 0 ||
        onnx_attribute_int(node, "is_test", 1) == 0) {
        return error_set(err, "has training_mode, spatial = 0 or is_test = 0");
    }
    if (!onnx_act_is_map(&s->out) && !onnx_act_is_channels(&s->out)) {
        return error_set(err, "must read [N, C, H, W] or [N, C]");
    }
    for (size_t i = 0; i < 4; i++) {
        t[i] = onnx_constant(&s->args, i + 1, err);
        if (!t[i]) {
            return -1;
        }
        if (t[i]->is_int || t[i]->count != channels) {
            return error_set(err, "input %zu has %zu numbers, must be %zu real ones",
                             i + 1, t[i]->count, channels);
        }
    }
    double *scale = new_affine(&s->out, err);
    if (!scale) {
        return -1;
    }
    double *shift = scale + channels;
    for (size_t c = 0; c < channels; c++) {
        scale[c] = (double)t[0]->reals[c] / sqrt((double)t[3]->reals[c] + epsilon);
        shift[c] = (double)t[1]->reals[c] - (double)t[2]->reals[c] * scale[c];
    }
    const int rc = onnx_act_affine(s->graph->net, &s->out, scale, shift, s->from, err);
    free(scale);
    return rc;
}

/* Add, Sub, Mul, Div of an activation and a constant. */
static int by_constant(struct onnx_step *s, size_t act_input, struct error *err) {
    const char op = s->args.node->op_type[0];
    const struct onnx_act *act = onnx_step_act(s, act_input, err);
    const struct onnx_tensor *t =
        act ? onnx_constant(&s->args, 1 - act_input, err) : NULL;
    if (!t || onnx_act_copy(act, &s->out, err)) {
        return -1;
    }
    if (act_input == 1 && op == 'D') {
        return error_set(err, "divides by an activation");
    }
    double *scale = new_affine(&s->out, err);
    if (!scale) {
        return -1;
    }
    double *shift = scale + s->out.map.c;
    const int adds = op == 'A' || op == 'S';
    const double factor = op == 'S' && act_input == 0 ? -1 : 1;
    int rc = read_channels(&s->out, t, factor, adds ? shift : scale, err);
    for (unsigned c = 0; c < s->out.map.c && rc == 0; c++) {
        if (op == 'D') {
            scale[c] = 1 / scale[c];
        } else if (op == 'S' && act_input == 1) {
            scale[c] = -1;
        }
    }
    if (rc == 0) {
        rc = onnx_act_affine(s->graph->net, &s->out, scale, shift, s->from, err);
    }
    free(scale);
    return rc;
}

/* Add, Sub, Mul, Div. */
int onnx_map_arithmetic(struct onnx_step *s, struct error *err) {
    const char *name = s->args.node->op_type;
    if (s->args.node->n_input != 2 || !onnx_has_input(&s->args, 0) ||
        !onnx_has_input(&s->args, 1)) {
        return error_set(err, "must have two inputs");
    }
    for (size_t i = 0; i < 2; i++) {
        if (s->args.constants[i]) {
            return by_constant(s, 1 - i, err);
        }
    }
    if (strcmp(name, "Add") != 0) {
        return error_set(err, "of two activations is not what the hardware or the host "
                              "does: only Add is");
    }
    const struct onnx_act *a = onnx_step_plain(s, 0, err);
    const struct onnx_act *b = a ? onnx_step_plain(s, 1, err) : NULL;
    return b ? onnx_step_add(s, a, b, err) : -1;
}

/* Sum: as many adds as it needs. */
int onnx_map_sum(struct onnx_step *s, struct error *err) {
    for (size_t i = 0; i < s->args.node->n_input; i++) {
        const struct onnx_act *act = onnx_step_plain(s, i, err);
        if (!act) {
            return -1;
        }
        struct onnx_act sum = s->out;
        const int rc = i == 0 ? onnx_step_copy(s, err) : onnx_step_add(s, &sum, act, err);
        if (rc != 0) {
            return -1;
        }
    }
    return 0;
}

/* ---- ReLU and its like ---- */

int onnx_map_relu(struct onnx_step *s, struct error *err) {
    return onnx_step_copy(s, err) || onnx_act_relu(s->graph->net, &s->out, s->from, err)
               ? -1
               : 0;
}

int onnx_map_clip(struct onnx_step *s, struct error *err) {
    static const double largest = 3.4e38; /* what exporters write for no bound */
    double low = -INFINITY, high = INFINITY;
    if (onnx_step_bound(s, 1, "min", &low, err) ||
        onnx_step_bound(s, 2, "max", &high, err)) {
        return -1;
    }
    if (high < largest || (low != 0 && low > -largest)) {
        return error_set(err,
                         "clips to %g..%g: the output stage has ReLU only, 0 to "
                         "infinity",
                         low, high);
    }
    return low == 0 ? onnx_map_relu(s, err) : onnx_step_copy(s, err);
}

/* Identity and Dropout. */
int onnx_map_nothing(struct onnx_step *s, struct error *err) {
    const char *name = s->args.node->op_type;
    if (strcmp(name, "Dropout") == 0 && onnx_has_input(&s->args, 2)) {
        const struct onnx_tensor *t = onnx_constant(&s->args, 2, err);
        if (!t) {
            return -1;
        }
        if (t->count != 1 || onnx_tensor_real(t, 0) != 0) {
            return error_set(err, "has training_mode");
        }
    }
    if (onnx_attribute_int(s->args.node, "is_test", 1) == 0) {
        return error_set(err, "has is_test = 0");
    }
    return onnx_step_copy(s, err);
}
