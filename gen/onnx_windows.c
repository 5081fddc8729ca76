/* SPDX-License-Identifier: Apache-2.0
 *
 * Conv and pooling of ONNX as layers.
 */
#include <stdlib.h>
#include <string.h>

#include "gen/onnx_step.h"

enum { TEXT = 160 };

/* ---- windows of Conv and pooling ---- */

/* Attributes of a window: rows, columns. */
struct window {
    int64_t kernel[2], stride[2], before[2], after[2], outputs[2];
    int exact[2]; /* 1 if the kernel is all of the padded input */
    int ceil;
};

/* A list of two numbers, each from low to high. */
static int read_pair(const Onnx__NodeProto *node, const char *name, int64_t low,
                     int64_t high, int64_t pair[2], struct error *err) {
    size_t n = 0;
    const int64_t *list = onnx_attribute_ints(node, name, &n);
    for (size_t i = 0; i < n; i++) {
        if (n != 2 || list[i] < low || list[i] > high) {
            return error_set(err, "%s must be 2 numbers, %lld to %lld", name,
                             (long long)low, (long long)high);
        }
        pair[i] = list[i];
    }
    return 0;
}

static int read_pads(const Onnx__NodeProto *node, struct window *w, struct error *err) {
    size_t n = 0;
    const int64_t *list = onnx_attribute_ints(node, "pads", &n);
    for (size_t i = 0; i < n; i++) {
        if (n != 4 || list[i] < 0 || list[i] > LAYER_KERNEL_MAX) {
            return error_set(err, "pads must be 4 numbers, 0 to %d", LAYER_KERNEL_MAX);
        }
        *(i < 2 ? &w->before[i] : &w->after[i - 2]) = list[i];
    }
    return 0;
}

/* Padding by "auto_pad", of axis i with the given size. */
static int auto_pad(const Onnx__NodeProto *node, struct window *w, int i, int64_t size,
                    struct error *err) {
    const int lower = onnx_attribute_is(node, "auto_pad", "SAME_LOWER");
    if (!onnx_attribute(node, "auto_pad") ||
        onnx_attribute_is(node, "auto_pad", "NOTSET")) {
        return 0;
    }
    w->before[i] = 0;
    w->after[i] = 0;
    if (onnx_attribute_is(node, "auto_pad", "VALID")) {
        return 0;
    }
    if (!lower && !onnx_attribute_is(node, "auto_pad", "SAME_UPPER")) {
        return error_set(err, "auto_pad is none of NOTSET, VALID, SAME_UPPER, "
                              "SAME_LOWER");
    }
    const int64_t outputs = (size - 1) / w->stride[i] + 1;
    int64_t pad = (outputs - 1) * w->stride[i] + w->kernel[i] - size;
    pad = pad > 0 ? pad : 0;
    w->before[i] = lower ? (pad + 1) / 2 : pad / 2;
    w->after[i] = pad - w->before[i];
    return 0;
}

/* Read all of a window over an activation; w->kernel is set if the node does not have
 * it. */
static int read_window(const Onnx__NodeProto *node, const struct onnx_act *act,
                       struct window *w, struct error *err) {
    const int64_t size[2] = {act->map.h, act->map.w};
    int64_t dilation[2] = {1, 1};
    w->stride[0] = w->stride[1] = 1;
    w->ceil = onnx_attribute_int(node, "ceil_mode", 0) != 0;
    if (read_pair(node, "kernel_shape", 1, LAYER_DIM_MAX, w->kernel, err) ||
        read_pair(node, "strides", 1, LAYER_DIM_MAX, w->stride, err) ||
        read_pair(node, "dilations", 1, LAYER_DIM_MAX, dilation, err) ||
        read_pads(node, w, err)) {
        return -1;
    }
    if (dilation[0] != 1 || dilation[1] != 1) {
        return error_set(err, "is dilated by %lld x %lld; the array has no dilation",
                         (long long)dilation[0], (long long)dilation[1]);
    }
    for (int i = 0; i < 2; i++) {
        if (auto_pad(node, w, i, size[i], err)) {
            return -1;
        }
        const int64_t room = size[i] + w->before[i] + w->after[i] - w->kernel[i];
        if (w->kernel[i] < 1 || room < 0) {
            return error_set(err, "kernel is %lld, must be 1 to the padded input, %lld",
                             (long long)w->kernel[i],
                             (long long)room + (long long)w->kernel[i]);
        }
        w->exact[i] = room == 0;
        w->outputs[i] = (room + (w->ceil ? w->stride[i] - 1 : 0)) / w->stride[i] + 1;
        if (w->ceil && (w->outputs[i] - 1) * w->stride[i] >= size[i] + w->before[i]) {
            w->outputs[i]--; /* a window must start inside the input or before it */
        }
    }
    return 0;
}

/* The one stride of a layer. An axis with one output takes that of the other. */
static int one_stride(const struct window *w, unsigned *stride, struct error *err) {
    const int axis = w->outputs[0] > 1 || w->outputs[1] == 1 ? 0 : 1;
    const int64_t u = w->exact[0] && w->exact[1] ? 1 : w->stride[axis];
    if (w->outputs[0] > 1 && w->outputs[1] > 1 && w->stride[0] != w->stride[1]) {
        return error_set(err, "strides are %lld and %lld, must be the same",
                         (long long)w->stride[0], (long long)w->stride[1]);
    }
    if (u > LAYER_STRIDE_MAX) {
        return error_set(err, "stride is %lld, must be at most %d", (long long)u,
                         LAYER_STRIDE_MAX);
    }
    *stride = (unsigned)u;
    return 0;
}

/* ---- Conv ---- */

/* 1 if a convolution that pads can read the view as it is: no channels are left out, and
 * what lies around the view is zeros where the padding would be. */
static int reads_view(const struct onnx_step *s, const struct onnx_act *act,
                      const struct window *w) {
    const struct layer_map map = import_net_map(s->graph->net, act->producer);
    const int64_t size[2] = {map.h, map.w}, view[2] = {act->map.h, act->map.w};
    int fits = !act->channels && act->step[0] == 1 && act->step[1] == 1;
    for (int i = 0; i < 2; i++) {
        fits &= w->before[i] == 0 || act->begin[i] <= 0;
        fits &= w->after[i] == 0 || act->begin[i] + view[i] >= size[i];
    }
    return fits;
}

/* The weights in a kernel grown by zeros. NULL with *err set. */
static float *grown_weights(struct import_net *net, const struct onnx_tensor *t,
                            const struct layer *l, const int64_t offset[2],
                            struct error *err) {
    const size_t rows = (size_t)t->dims[2], columns = (size_t)t->dims[3];
    const size_t filters = t->count / (rows * columns);
    const size_t kernel = (size_t)l->r * l->s;
    if (kernel > rows * columns &&
        import_net_made(net, (uint64_t)filters * kernel - t->count, err)) {
        return NULL;
    }
    float *weights = calloc(filters * kernel, sizeof *weights);
    if (!weights) {
        (void)error_set(err, "out of memory");
        return NULL;
    }
    for (size_t i = 0; i < t->count; i++) {
        const size_t y = i / columns % rows + (size_t)offset[0];
        const size_t x = i % columns + (size_t)offset[1];
        weights[i / (rows * columns) * kernel + y * l->s + x] = t->reals[i];
    }
    return weights;
}

/* Input number index as a copy of count real numbers, NULL if it is not given. Caller
 * owns *copy. Returns 0, or -1 with *err set. */
static int read_vector(const struct onnx_step *s, size_t index, size_t count,
                       float **copy, struct error *err) {
    *copy = NULL;
    if (!onnx_has_input(&s->args, index)) {
        return 0;
    }
    const struct onnx_tensor *t = onnx_constant(&s->args, index, err);
    if (!t) {
        return -1;
    }
    if (t->is_int || t->count != count) {
        return error_set(err, "input %zu has %zu numbers, must be %zu real ones", index,
                         t->count, count);
    }
    *copy = malloc(count * sizeof **copy + 1);
    if (!*copy) {
        return error_set(err, "out of memory");
    }
    memcpy(*copy, t->reals, count * sizeof **copy);
    return 0;
}

/* Append the layer of a convolution with its tensors. */
static int add_conv(struct onnx_step *s, const struct onnx_act *act,
                    const struct window *w, struct layer *l, const struct onnx_tensor *t,
                    struct error *err) {
    const struct layer_map map = import_net_map(s->graph->net, act->producer);
    const struct onnx_window window[2] = {
        {map.h, act->begin[0] - w->before[0], w->kernel[0], w->outputs[0]},
        {map.w, act->begin[1] - w->before[1], w->kernel[1], w->outputs[1]}};
    int64_t offset[2];
    float *bias = NULL;
    l->inputs[0] = act->producer;
    if (one_stride(w, &l->u, err) || onnx_window_fit(window, l, offset, err) ||
        read_vector(s, 2, l->m, &bias, err)) {
        return -1;
    }
    float *weights = grown_weights(s->graph->net, t, l, offset, err);
    if (!weights) {
        free(bias);
        return -1;
    }
    return onnx_step_finish(
        s, import_net_add(s->graph->net, l, NULL, s->from, weights, bias, err), 0);
}

int onnx_map_conv(struct onnx_step *s, struct error *err) {
    struct onnx_act *act = onnx_step_act(s, 0, err);
    const struct onnx_tensor *t = act ? onnx_constant(&s->args, 1, err) : NULL;
    struct layer l = {.op = OP_CONV, .input_count = 1};
    struct window w = {.ceil = 0};
    char text[TEXT];
    if (!t || onnx_step_want_map(act, err)) {
        return -1;
    }
    const int64_t groups = onnx_attribute_int(s->args.node, "group", 1);
    if (t->is_int || t->rank != 4 || t->count == 0 || groups < 1 || groups > act->map.c ||
        t->dims[1] * groups != act->map.c || t->dims[0] > LAYER_DIM_MAX) {
        return error_set(err, "weights of shape %s in %lld groups do not fit %u channels",
                         onnx_dims_text(t->dims, t->rank, text, sizeof text),
                         (long long)groups, act->map.c);
    }
    w.kernel[0] = t->dims[2];
    w.kernel[1] = t->dims[3];
    l.m = (unsigned)t->dims[0];
    l.groups = (unsigned)groups;
    if (read_window(s->args.node, act, &w, err)) {
        return -1;
    }
    if (w.kernel[0] != t->dims[2] || w.kernel[1] != t->dims[3]) {
        return error_set(err, "kernel_shape is %lld x %lld, its weights have %lld x %lld",
                         (long long)w.kernel[0], (long long)w.kernel[1],
                         (long long)t->dims[2], (long long)t->dims[3]);
    }
    if (!reads_view(s, act, &w)) {
        act = onnx_step_plain(s, 0, err);
        if (!act) {
            return -1;
        }
    }
    return add_conv(s, act, &w, &l, t, err);
}

/* ---- pooling ---- */

/* 1 if a layer's own padding does what the window's does: the same on every side, and
 * as many outputs with the given stride. */
static int pads_alike(const struct onnx_act *act, const struct window *w,
                      unsigned stride) {
    const int64_t size[2] = {act->map.h, act->map.w};
    const int64_t pad = w->before[0];
    int same = w->before[1] == pad && (pad == 0 || pad < w->kernel[0]) &&
               (pad == 0 || pad < w->kernel[1]);
    for (int i = 0; i < 2; i++) {
        const int64_t room = size[i] + 2 * pad - w->kernel[i];
        same &= room >= 0 && room / stride + 1 == w->outputs[i];
    }
    return same;
}

/* Append a pooling layer over a plain activation. */
static int add_pool(struct onnx_step *s, enum layer_op op, const struct onnx_act *act,
                    const struct window *w, unsigned stride, struct error *err) {
    struct layer l = {.op = op, .input_count = 1, .u = stride};
    if (!pads_alike(act, w, stride)) {
        return error_set(err,
                         "its padding, %lld and %lld before and %lld and %lld after, is "
                         "not the same as one on every side, less than the kernel",
                         (long long)w->before[0], (long long)w->before[1],
                         (long long)w->after[0], (long long)w->after[1]);
    }
    l.inputs[0] = act->producer;
    l.r = (unsigned)w->kernel[0];
    l.s = (unsigned)w->kernel[1];
    l.pad = (unsigned)w->before[0];
    return onnx_step_finish(
        s, import_net_add(s->graph->net, &l, NULL, s->from, NULL, NULL, err), 0);
}

/* Pool over a copy of the input that has the padding in it, as zeros. */
static int pool_with_zeros(struct onnx_step *s, enum layer_op op, struct window *w,
                           unsigned stride, struct error *err) {
    struct import_net *net = s->graph->net;
    const char *from = s->inputs[0]->name;
    struct onnx_act act;
    int rc = onnx_act_copy(&s->inputs[0]->act, &act, err);
    for (int i = 0; i < 2 && rc == 0; i++) {
        const int64_t size = i == 0 ? act.map.h : act.map.w;
        const int64_t reach = (w->outputs[i] - 1) * stride + w->kernel[i];
        const int64_t after = reach - size - w->before[i];
        rc = onnx_act_pad(net, &act, i, w->before[i], after > 0 ? after : 0, from, err);
        w->before[i] = 0;
        w->after[i] = 0;
    }
    if (rc == 0) {
        rc = onnx_act_make(net, &act, 0, from, err);
    }
    if (rc == 0) {
        rc = add_pool(s, op, &act, w, stride, err);
    }
    onnx_act_close(&act);
    return rc;
}

int onnx_map_pool(struct onnx_step *s, struct error *err) {
    const struct onnx_act *act = onnx_step_act(s, 0, err);
    const enum layer_op op =
        strcmp(s->args.node->op_type, "MaxPool") == 0 ? OP_MAXPOOL : OP_AVGPOOL;
    struct window w = {.ceil = 0};
    unsigned stride = 1;
    if (!act || onnx_step_want_map(act, err) || read_window(s->args.node, act, &w, err) ||
        one_stride(&w, &stride, err)) {
        return -1;
    }
    const int padded = w.before[0] || w.before[1] || w.after[0] || w.after[1];
    const int counted =
        padded && onnx_attribute_int(s->args.node, "count_include_pad", 0) != 0;
    if (counted && w.ceil) {
        return error_set(err, "counts its padding and has ceil_mode");
    }
    /* Zeros are never more than what else a window has, if nothing is less than zero. */
    if (counted || (op == OP_MAXPOOL && !pads_alike(act, &w, stride) &&
                    onnx_act_nonnegative(s->graph->net, act))) {
        return pool_with_zeros(s, op, &w, stride, err);
    }
    act = onnx_step_plain(s, 0, err);
    return act ? add_pool(s, op, act, &w, stride, err) : -1;
}

/* GlobalAveragePool, GlobalMaxPool, and ReduceMean over rows and columns. */
int onnx_map_global(struct onnx_step *s, struct error *err) {
    const char *name = s->args.node->op_type;
    const struct onnx_act *act = onnx_step_act(s, 0, err);
    if (!act || onnx_step_want_map(act, err)) {
        return -1;
    }
    int keep = 1;
    if (strcmp(name, "ReduceMean") == 0) {
        const int64_t *axes;
        size_t n = 0;
        unsigned a[2] = {0, 0};
        if (onnx_list(&s->args, 1, "axes", &axes, &n, err)) {
            return -1;
        }
        if (n != 2 || onnx_axis(axes[0], 4, &a[0], NULL) ||
            onnx_axis(axes[1], 4, &a[1], NULL) || a[0] + a[1] != 5 || a[0] < 2 ||
            a[1] < 2) {
            return error_set(err, "is not over rows and columns (axes 2 and 3)");
        }
        keep = onnx_attribute_int(s->args.node, "keepdims", 1) != 0;
    }
    act = onnx_step_plain(s, 0, err);
    if (!act) {
        return -1;
    }
    struct layer l = {.op = OP_AVGPOOL, .input_count = 1, .u = 1};
    l.inputs[0] = act->producer;
    if (strcmp(name, "GlobalMaxPool") == 0) {
        l.op = OP_MAXPOOL;
        l.r = act->map.h;
        l.s = act->map.w;
    }
    return onnx_step_finish(
        s, import_net_add(s->graph->net, &l, NULL, s->from, NULL, NULL, err), !keep);
}
