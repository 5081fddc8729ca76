/* SPDX-License-Identifier: Apache-2.0
 *
 * Activations of an ONNX graph as views of what layers hand on.
 */
#include "gen/onnx_act.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct onnx_act onnx_act_of(const struct import_net *net, unsigned producer, int vector) {
    const struct layer_map map = import_net_map(net, producer);
    struct onnx_act act = {.producer = producer, .map = map, .step = {1, 1}};
    act.shape.rank = vector ? 2 : 4;
    act.shape.dims[0] = net->batch;
    act.shape.dims[1] = map.c;
    act.shape.dims[2] = map.h;
    act.shape.dims[3] = map.w;
    return act;
}

void onnx_act_close(struct onnx_act *act) {
    free(act->channels);
    act->channels = NULL;
}

int onnx_act_copy(const struct onnx_act *from, struct onnx_act *to, struct error *err) {
    *to = *from;
    if (from->channels) {
        to->channels = malloc(from->map.c * sizeof *to->channels);
        if (!to->channels) {
            return error_set(err, "out of memory");
        }
        memcpy(to->channels, from->channels, from->map.c * sizeof *to->channels);
    }
    return 0;
}

int onnx_act_is_map(const struct onnx_act *act) {
    return act->shape.rank == 4 && act->shape.dims[1] == act->map.c &&
           act->shape.dims[2] == act->map.h && act->shape.dims[3] == act->map.w;
}

int onnx_act_is_channels(const struct onnx_act *act) {
    return act->shape.rank == 2 && act->map.h == 1 && act->map.w == 1;
}

int onnx_act_is_vector(const struct onnx_act *act) {
    return act->shape.rank == 2;
}

int onnx_act_is_plain(const struct import_net *net, const struct onnx_act *act) {
    const struct layer_map map = import_net_map(net, act->producer);
    return !act->channels && act->begin[0] == 0 && act->begin[1] == 0 &&
           act->step[0] == 1 && act->step[1] == 1 && act->map.h == map.h &&
           act->map.w == map.w;
}

int onnx_act_nonnegative(const struct import_net *net, const struct onnx_act *act) {
    return act->producer > 0 && net->layers[act->producer - 1].nonnegative;
}

static unsigned *side_of(struct layer_map *map, int axis) {
    return axis == 0 ? &map->h : &map->w;
}

int onnx_act_slice(struct onnx_act *act, int axis, int64_t begin, int64_t step,
                   int64_t count, struct error *err) {
    if (count < 1 || step < 1 || step > LAYER_DIM_MAX / act->step[axis]) {
        return error_set(err,
                         "takes %lld rows or columns in steps of %lld, must be one "
                         "or more, forwards",
                         (long long)count, (long long)step);
    }
    act->begin[axis] += begin * act->step[axis];
    act->step[axis] *= step;
    *side_of(&act->map, axis) = (unsigned)count;
    if (act->shape.rank == 4) {
        act->shape.dims[2 + axis] = count;
    }
    return 0;
}

int onnx_act_select(struct onnx_act *act, const int *channels, int64_t count,
                    struct error *err) {
    if (count > LAYER_DIM_MAX) {
        return error_set(err, "makes %lld channels, at most %d", (long long)count,
                         LAYER_DIM_MAX);
    }
    int *list = malloc((size_t)count * sizeof *list + 1);
    if (!list) {
        return error_set(err, "out of memory");
    }
    for (int64_t i = 0; i < count; i++) {
        const int c = channels[i];
        list[i] = c >= 0 && act->channels ? act->channels[c] : c;
    }
    free(act->channels);
    act->channels = list;
    act->map.c = (unsigned)count;
    act->shape.dims[1] = count;
    return 0;
}

int onnx_act_pad(struct import_net *net, struct onnx_act *act, int axis, int64_t before,
                 int64_t after, const char *from, struct error *err) {
    const int64_t size = *side_of(&act->map, axis);
    if (before < 0 || after < 0 || before > LAYER_DIM_MAX || after > LAYER_DIM_MAX ||
        size + before + after > LAYER_DIM_MAX) {
        return error_set(err, "pads by %lld and %lld, which is negative or too large",
                         (long long)before, (long long)after);
    }
    /* What is next to the view must be zeros: else what was cut off would come back. */
    struct layer_map map = import_net_map(net, act->producer);
    const int64_t end = act->begin[axis] + size * act->step[axis];
    if (((before > 0 && act->begin[axis] - act->step[axis] >= 0) ||
         (after > 0 && end < *side_of(&map, axis))) &&
        onnx_act_make(net, act, 0, from, err)) {
        return -1;
    }
    act->begin[axis] -= before * act->step[axis];
    *side_of(&act->map, axis) = (unsigned)(size + before + after);
    if (act->shape.rank == 4) {
        act->shape.dims[2 + axis] = size + before + after;
    }
    return 0;
}

/* ---- windows ---- */

/* The smallest kernel that with padding pad on both sides gives the window's outputs, 0
 * if none does. */
static int64_t fit_kernel(const struct onnx_window *w, int64_t stride, int64_t pad) {
    const int64_t padded = w->size + 2 * pad;
    const int64_t offset = pad + w->begin;
    const int64_t most = padded - (w->outputs - 1) * stride;
    int64_t least = offset + w->kernel;
    if (least < padded - w->outputs * stride + 1) {
        least = padded - w->outputs * stride + 1;
    }
    return offset >= 0 && least <= most ? least : 0;
}

int onnx_window_fit(const struct onnx_window window[2], struct layer *l,
                    int64_t offset[2], struct error *err) {
    for (unsigned pad = 0; pad <= LAYER_KERNEL_MAX; pad++) {
        const int64_t r = fit_kernel(&window[0], l->u, pad);
        const int64_t s = fit_kernel(&window[1], l->u, pad);
        const int64_t larger = r > s ? r : s;
        if (r == 0 || s == 0 || (pad > 0 && pad >= larger)) {
            continue;
        }
        if (larger > LAYER_KERNEL_MAX) {
            break;
        }
        l->r = (unsigned)r;
        l->s = (unsigned)s;
        l->pad = pad;
        offset[0] = pad + window[0].begin;
        offset[1] = pad + window[1].begin;
        return 0;
    }
    return error_set(err, "needs a kernel of more than %d rows or columns",
                     LAYER_KERNEL_MAX);
}

/* ---- layers ---- */

/* Weights of 0 and 1 that take one input for every output. NULL with *err set. */
static float *selection(struct import_net *net, const struct onnx_act *act,
                        const struct layer *l, const int64_t offset[2],
                        struct error *err) {
    const unsigned per_filter = import_net_map(net, act->producer).c / l->groups;
    const uint64_t kernel = (uint64_t)l->r * l->s;
    const uint64_t count = kernel * l->m * per_filter;
    if (import_net_made(net, count, err)) {
        return NULL;
    }
    float *weights = calloc((size_t)count + 1, sizeof *weights);
    if (!weights) {
        (void)error_set(err, "out of memory");
        return NULL;
    }
    for (unsigned m = 0; m < l->m; m++) {
        const int c = act->channels ? act->channels[m] : 0;
        if (c >= 0) {
            weights[((uint64_t)m * per_filter + (unsigned)c) * kernel +
                    (uint64_t)offset[0] * l->s + (uint64_t)offset[1]] = 1;
        }
    }
    return weights;
}

int onnx_act_make(struct import_net *net, struct onnx_act *act, int force,
                  const char *from, struct error *err) {
    if (!force && onnx_act_is_plain(net, act)) {
        return 0;
    }
    const struct layer_map map = import_net_map(net, act->producer);
    struct layer l = {.op = OP_CONV, .input_count = 1, .inputs = {act->producer}};
    const struct onnx_window window[2] = {{map.h, act->begin[0], 1, act->map.h},
                                          {map.w, act->begin[1], 1, act->map.w}};
    int64_t offset[2] = {0, 0};
    const int64_t step = act->map.h > 1 ? act->step[0] : act->step[1];
    if (act->map.h > 1 && act->map.w > 1 && act->step[0] != act->step[1]) {
        return error_set(err,
                         "takes every %lld. row and every %lld. column, must be the "
                         "same",
                         (long long)act->step[0], (long long)act->step[1]);
    }
    if (step > LAYER_STRIDE_MAX) {
        return error_set(err, "takes every %lld. row, at most every %d.", (long long)step,
                         LAYER_STRIDE_MAX);
    }
    l.m = act->map.c;
    l.u = (unsigned)step;
    l.groups = act->channels ? 1 : map.c;
    if (onnx_window_fit(window, &l, offset, err)) {
        return -1;
    }
    float *weights = selection(net, act, &l, offset, err);
    const long index =
        weights ? import_net_add(net, &l, NULL, from, weights, NULL, err) : -1;
    if (index < 0) {
        return -1;
    }
    net->layers[index].nonnegative = onnx_act_nonnegative(net, act);
    onnx_act_close(act);
    const struct onnx_shape shape = act->shape;
    *act = onnx_act_of(net, (unsigned)index + 1, 0);
    act->shape = shape;
    act->exclusive = 1;
    return 0;
}

int onnx_act_relu(struct import_net *net, struct onnx_act *act, const char *from,
                  struct error *err) {
    if (onnx_act_nonnegative(net, act)) {
        return 0;
    }
    const enum layer_op op =
        act->producer > 0 ? net->layers[act->producer - 1].shape.op : OP_MAXPOOL;
    if ((!act->exclusive || op == OP_MAXPOOL || op == OP_AVGPOOL) &&
        onnx_act_make(net, act, 1, from, err)) {
        return -1;
    }
    net->layers[act->producer - 1].shape.relu = 1;
    net->layers[act->producer - 1].nonnegative = 1;
    return 0;
}

/* Scale the weights of an array layer, and scale and shift its biases. */
static int scale_layer(struct import_layer *x, const double *scale, const double *shift,
                       struct error *err) {
    const struct layer *l = &x->shape;
    const uint64_t per_filter = layer_weights(l) / l->m;
    if (!x->bias) {
        x->bias = calloc(l->m, sizeof *x->bias);
    }
    if (!x->bias) {
        return error_set(err, "out of memory");
    }
    for (unsigned m = 0; m < l->m; m++) {
        for (uint64_t i = 0; i < per_filter; i++) {
            float *w = &x->weights[m * per_filter + i];
            *w = (float)(*w * scale[m]);
        }
        x->bias[m] = (float)(x->bias[m] * scale[m] + shift[m]);
    }
    x->nonnegative = 0;
    return 0;
}

int onnx_act_affine(struct import_net *net, struct onnx_act *act, const double *scale,
                    const double *shift, const char *from, struct error *err) {
    const struct import_layer *x =
        act->producer > 0 ? &net->layers[act->producer - 1] : NULL;
    const int fold = x && act->exclusive && layer_on_array(&x->shape) && !x->shape.relu &&
                     onnx_act_is_plain(net, act);
    if (!fold && onnx_act_make(net, act, 1, from, err)) {
        return -1;
    }
    assert(act->producer > 0 && net->layers);
    return scale_layer(&net->layers[act->producer - 1], scale, shift, err);
}
