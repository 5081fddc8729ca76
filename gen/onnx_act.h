/* SPDX-License-Identifier: Apache-2.0
 *
 * Activations of an ONNX graph: what a layer hands on, or a view of it that becomes a
 * layer only when something needs it.
 *
 * Slices, zero padding and channel selections are collected in the view. A view that a
 * layer cannot read directly is made by a convolution whose weights are 0 and 1: every
 * output is one input, exactly, in every number format that has a 1.
 */
#ifndef QADAM_ONNX_ACT_H
#define QADAM_ONNX_ACT_H

#include "gen/error.h"
#include "gen/import_net.h"
#include "gen/onnx_shape.h"

/* Row y of the view is row begin[0] + y * step[0] of the map that the producer hands on,
 * zero outside of it; columns alike with [1]. */
struct onnx_act {
    struct onnx_shape shape; /* in the graph */
    unsigned producer;       /* index of a layer + 1, 0 = the input */
    struct layer_map map;    /* channels, rows and columns of the view */
    int *channels;           /* owned, [map.c] of the producer, -1 = zeros; NULL = all */
    int64_t begin[2], step[2];
    int exclusive; /* 1 if the producer's output is seen through this view only */
};

/* The plain view of a producer, with the shape that it has in a graph: [N, C, H, W], or
 * [N, C] for a vector. */
struct onnx_act onnx_act_of(const struct import_net *net, unsigned producer, int vector);
void onnx_act_close(struct onnx_act *act);
/* A copy. Returns 0, or -1 with *err set. */
int onnx_act_copy(const struct onnx_act *from, struct onnx_act *to, struct error *err);

/* 1 if the shape is [N, C, H, W] / [N, C] of a 1 x 1 map / [N, all of the map]. */
int onnx_act_is_map(const struct onnx_act *act);
int onnx_act_is_channels(const struct onnx_act *act);
int onnx_act_is_vector(const struct onnx_act *act);

/* 1 if the view is all of what the producer hands on. */
int onnx_act_is_plain(const struct import_net *net, const struct onnx_act *act);

/* 1 if no number is below zero. */
int onnx_act_nonnegative(const struct import_net *net, const struct onnx_act *act);

/* Keep rows (axis 0) or columns (1) begin + i * step, i < count; all inside the view.
 * Returns 0, or -1 with *err set. */
int onnx_act_slice(struct onnx_act *act, int axis, int64_t begin, int64_t step,
                   int64_t count, struct error *err);

/* Take these channels of the view, -1 for zeros. Returns 0, or -1 with *err set. */
int onnx_act_select(struct onnx_act *act, const int *channels, int64_t count,
                    struct error *err);

/* Add rows (axis 0) or columns (1) of zeros. May make a layer first.
 * Returns 0, or -1 with *err set. */
int onnx_act_pad(struct import_net *net, struct onnx_act *act, int axis, int64_t before,
                 int64_t after, const char *from, struct error *err);

/* Make a layer of a view that is not plain, or of any if force is 1; the view is then
 * that layer's plain one. Returns 0, or -1 with *err set. */
int onnx_act_make(struct import_net *net, struct onnx_act *act, int force,
                  const char *from, struct error *err);

/* ReLU: on the producer where that is the same, else in a layer of its own.
 * Returns 0, or -1 with *err set. */
int onnx_act_relu(struct import_net *net, struct onnx_act *act, const char *from,
                  struct error *err);

/* Channel c becomes scale[c] * x + shift[c]: in the producer's weights and biases where
 * that is the same, else in a layer of its own. Returns 0, or -1 with *err set. */
int onnx_act_affine(struct import_net *net, struct onnx_act *act, const double *scale,
                    const double *shift, const char *from, struct error *err);

/* A window that reads a view of a map: rows (or columns) begin + y * stride + i of the
 * map for y < outputs, i < kernel, zeros outside. */
struct onnx_window {
    int64_t size;  /* rows of the map */
    int64_t begin; /* may be negative */
    int64_t kernel, outputs;
};

/* The same as a layer has it, with one padding on every side: kernels grown by zeros.
 *
 *   window   rows and columns
 *   l        in: u; out: r, s, pad
 *   offset   out: row and column of the grown kernel at which the given one starts
 *
 * Returns 0, or -1 with *err set. */
int onnx_window_fit(const struct onnx_window window[2], struct layer *l,
                    int64_t offset[2], struct error *err);

#endif
