/* SPDX-License-Identifier: Apache-2.0
 *
 * Constant tensors of an ONNX graph, and their computed forms.
 */
#ifndef QADAM_ONNX_TENSOR_H
#define QADAM_ONNX_TENSOR_H

#include <stddef.h>
#include <stdint.h>

#include "build/proto/onnx.pb-c.h"
#include "gen/error.h"

enum {
    ONNX_RANK_MAX = 8,
    ONNX_MADE_MAX = 1 << 22 /* numbers that a small file can make of nothing */
};

/* Numbers of any type: all integer types as int64, all real ones as float. */
struct onnx_tensor {
    int is_int;
    unsigned rank;
    int64_t dims[ONNX_RANK_MAX];
    size_t count;
    float *reals;      /* owned, or NULL */
    int64_t *integers; /* owned, or NULL */
};

/* Allocate the numbers of *t, whose is_int, rank and dims are set; all are 0. There may
 * be ONNX_MADE_MAX more than those that it is made from. Returns 0, or -1 with *err set
 * and *t without numbers. */
int onnx_tensor_init(struct onnx_tensor *t, size_t from, struct error *err);
void onnx_tensor_close(struct onnx_tensor *t);

/* Read a tensor of a file. Caller ends with onnx_tensor_close, after 0 only.
 * Returns 0, or -1 with *err set. */
int onnx_tensor_read(const Onnx__TensorProto *proto, struct onnx_tensor *t,
                     struct error *err);

/* A copy. Returns 0, or -1 with *err set. */
int onnx_tensor_copy(const struct onnx_tensor *from, struct onnx_tensor *to,
                     struct error *err);

/* Element i as a real number or an integer, whatever the tensor has; a real number that
 * is no int64 gives 0. */
double onnx_tensor_real(const struct onnx_tensor *t, size_t i);
int64_t onnx_tensor_int(const struct onnx_tensor *t, size_t i);

/* Set element i of out to element k of in, which has the same kind of numbers. */
void onnx_tensor_move(struct onnx_tensor *out, size_t i, const struct onnx_tensor *in,
                      size_t k);

/* The product of dims[0..rank-1], or -1 when one is negative or the product of all but
 * zeros is over 2^40. */
int64_t onnx_elements(const int64_t *dims, unsigned rank);

/* The dims as people write them: "[1, 3, 32, 32]". text has size bytes; returns it. */
const char *onnx_dims_text(const int64_t *dims, unsigned rank, char *text, size_t size);

#endif
