/* SPDX-License-Identifier: Apache-2.0
 *
 * What ONNX's operations on shapes do, for constants and activations alike.
 */
#ifndef QADAM_ONNX_SHAPE_H
#define QADAM_ONNX_SHAPE_H

#include <stddef.h>
#include <stdint.h>

#include "gen/error.h"
#include "gen/onnx_node.h"
#include "gen/onnx_tensor.h"

/* A shape. */
struct onnx_shape {
    unsigned rank;
    int64_t dims[ONNX_RANK_MAX];
};

/* For each dimension: element i of the result is element begin + i * step. */
struct onnx_slice {
    int64_t begin[ONNX_RANK_MAX], step[ONNX_RANK_MAX], count[ONNX_RANK_MAX];
};

/* All functions: in is the shape of the node's first input.
 * Return 0, or -1 with *err set. */

/* Slice. */
int onnx_slice_of(const struct onnx_args *args, const struct onnx_shape *in,
                  struct onnx_slice *slice, struct error *err);

/* The order of dimensions of a Transpose: dimension i of the result is perm[i]. */
int onnx_transpose_of(const struct onnx_args *args, const struct onnx_shape *in,
                      unsigned perm[ONNX_RANK_MAX], struct error *err);

/* The shape after Reshape, Flatten, Squeeze, Unsqueeze or Identity: the same numbers in
 * the same order. */
int onnx_reshape_of(const struct onnx_args *args, const struct onnx_shape *in,
                    struct onnx_shape *out, struct error *err);

/* axis, which may count from the end, as 0..rank-1. */
int onnx_axis(int64_t axis, unsigned rank, unsigned *out, struct error *err);

#endif
