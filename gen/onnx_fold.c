/* SPDX-License-Identifier: Apache-2.0
 *
 * Nodes of an ONNX graph that compute constants from constants.
 */
#include "gen/onnx_fold.h"

#include <math.h>
#include <string.h>

#include "gen/onnx_shape.h"

static struct onnx_shape shape_of(const struct onnx_tensor *t) {
    struct onnx_shape s = {.rank = t->rank};
    memcpy(s.dims, t->dims, sizeof s.dims);
    return s;
}

/* Start the result, of the given shape; from numbers are what it is made from. */
static int start(struct onnx_tensor *out, int is_int, const struct onnx_shape *shape,
                 size_t from, struct error *err) {
    out->is_int = is_int;
    out->rank = shape->rank;
    memcpy(out->dims, shape->dims, sizeof out->dims);
    return onnx_tensor_init(out, from, err);
}

/* Step to the next index of a shape in row-major order. */
static void next_index(int64_t *index, const int64_t *dims, unsigned rank) {
    for (unsigned i = rank; i > 0; i--) {
        if (++index[i - 1] < dims[i - 1]) {
            return;
        }
        index[i - 1] = 0;
    }
}

/* Elements between neighbours along each dimension. */
static void strides_of(const struct onnx_tensor *t, int64_t *strides) {
    int64_t n = 1;
    for (unsigned i = t->rank; i > 0; i--) {
        strides[i - 1] = n;
        n *= t->dims[i - 1];
    }
}

/* out[index] = in[offset + sum of index * strides]. */
static void gather_by(struct onnx_tensor *out, const struct onnx_tensor *in,
                      int64_t offset, const int64_t *strides) {
    int64_t index[ONNX_RANK_MAX] = {0};
    for (size_t k = 0; k < out->count; k++) {
        int64_t at = offset;
        for (unsigned i = 0; i < out->rank; i++) {
            at += index[i] * strides[i];
        }
        onnx_tensor_move(out, k, in, (size_t)at);
        next_index(index, out->dims, out->rank);
    }
}

/* ---- one function an operation ---- */

static int fold_constant(const struct onnx_args *args, struct onnx_tensor *out,
                         struct error *err) {
    const Onnx__NodeProto *node = args->node;
    const Onnx__AttributeProto *a = onnx_attribute(node, "value");
    if (a && a->t) {
        return onnx_tensor_read(a->t, out, err);
    }
    static const char *const names[4] = {"value_int", "value_ints", "value_float",
                                         "value_floats"};
    for (int k = 0; k < 4; k++) {
        a = onnx_attribute(node, names[k]);
        if (!a) {
            continue;
        }
        struct onnx_shape shape = {.rank = k % 2 ? 1u : 0u};
        shape.dims[0] = (int64_t)(k < 2 ? a->n_ints : a->n_floats);
        if (start(out, k < 2, &shape, a->n_ints + a->n_floats, err)) {
            return -1;
        }
        for (size_t i = 0; i < out->count; i++) {
            if (k < 2) {
                out->integers[i] = k ? a->ints[i] : a->i;
            } else {
                out->reals[i] = k == 3 ? a->floats[i] : a->f;
            }
        }
        return 0;
    }
    return error_set(err, "has no value of a type that is read");
}

static int fold_constant_of_shape(const struct onnx_args *args, struct onnx_tensor *out,
                                  struct error *err) {
    const int64_t *list;
    size_t n = 0;
    struct onnx_tensor value = {0};
    struct onnx_shape shape = {0};
    if (onnx_list(args, 0, "shape", &list, &n, err)) {
        return -1;
    }
    if (!list || n > ONNX_RANK_MAX) {
        return error_set(err, "shape must be a list of at most %d numbers",
                         ONNX_RANK_MAX);
    }
    shape.rank = (unsigned)n;
    memcpy(shape.dims, list, n * sizeof *list);
    const Onnx__AttributeProto *a = onnx_attribute(args->node, "value");
    if (a && a->t && onnx_tensor_read(a->t, &value, err)) {
        return -1;
    }
    if (start(out, value.is_int, &shape, 0, err)) {
        onnx_tensor_close(&value);
        return -1;
    }
    for (size_t i = 0; i < out->count && value.count == 1; i++) {
        onnx_tensor_move(out, i, &value, 0);
    }
    onnx_tensor_close(&value);
    return 0;
}

static int fold_reshape(const struct onnx_args *args, struct onnx_tensor *out,
                        struct error *err) {
    const struct onnx_tensor *in = args->constants[0];
    const struct onnx_shape from = shape_of(in);
    struct onnx_shape to;
    if (onnx_reshape_of(args, &from, &to, err) || onnx_tensor_copy(in, out, err)) {
        return -1;
    }
    out->rank = to.rank;
    memcpy(out->dims, to.dims, sizeof out->dims);
    return 0;
}

static int fold_transpose(const struct onnx_args *args, struct onnx_tensor *out,
                          struct error *err) {
    const struct onnx_tensor *in = args->constants[0];
    const struct onnx_shape from = shape_of(in);
    unsigned perm[ONNX_RANK_MAX];
    int64_t strides[ONNX_RANK_MAX], order[ONNX_RANK_MAX];
    if (onnx_transpose_of(args, &from, perm, err)) {
        return -1;
    }
    *out = *in;
    strides_of(in, strides);
    for (unsigned i = 0; i < in->rank; i++) {
        out->dims[i] = in->dims[perm[i]];
        order[i] = strides[perm[i]];
    }
    if (onnx_tensor_init(out, in->count, err)) {
        return -1;
    }
    gather_by(out, in, 0, order);
    return 0;
}

static int fold_slice(const struct onnx_args *args, struct onnx_tensor *out,
                      struct error *err) {
    const struct onnx_tensor *in = args->constants[0];
    struct onnx_shape shape = shape_of(in);
    struct onnx_slice slice;
    int64_t strides[ONNX_RANK_MAX], offset = 0;
    if (onnx_slice_of(args, &shape, &slice, err)) {
        return -1;
    }
    strides_of(in, strides);
    for (unsigned i = 0; i < in->rank; i++) {
        shape.dims[i] = slice.count[i];
        offset += slice.begin[i] * strides[i];
        strides[i] *= slice.step[i];
    }
    if (start(out, in->is_int, &shape, in->count, err)) {
        return -1;
    }
    gather_by(out, in, offset, strides);
    return 0;
}

/* out[a.., i.., b..] = in[a.., indices[i..], b..]. */
static int fold_gather(const struct onnx_args *args, struct onnx_tensor *out,
                       struct error *err) {
    const struct onnx_tensor *in = args->constants[0];
    const struct onnx_tensor *indices = onnx_constant(args, 1, err);
    unsigned axis = 0;
    if (!indices ||
        onnx_axis(onnx_attribute_int(args->node, "axis", 0), in->rank, &axis, err)) {
        return -1;
    }
    if (!indices->is_int || in->rank - 1 + indices->rank > ONNX_RANK_MAX) {
        return error_set(err,
                         "indices must be integers, the result of at most %d "
                         "dimensions",
                         ONNX_RANK_MAX);
    }
    struct onnx_shape shape = {.rank = 0};
    for (unsigned i = 0; i < in->rank; i++) {
        for (unsigned k = 0; i == axis && k < indices->rank; k++) {
            shape.dims[shape.rank++] = indices->dims[k];
        }
        if (i != axis) {
            shape.dims[shape.rank++] = in->dims[i];
        }
    }
    if (start(out, in->is_int, &shape, in->count, err)) {
        return -1;
    }
    const int64_t n = in->dims[axis];
    const int64_t inner = onnx_elements(in->dims + axis + 1, in->rank - axis - 1);
    for (size_t k = 0; k < out->count; k++) {
        const size_t block = k / (size_t)inner, i = block % indices->count;
        int64_t at = indices->integers[i];
        at = at < 0 ? at + n : at;
        if (at < 0 || at >= n) {
            onnx_tensor_close(out);
            return error_set(err, "index %lld is outside of 0..%lld",
                             (long long)indices->integers[i], (long long)n - 1);
        }
        onnx_tensor_move(out, k, in,
                         (block / indices->count * (size_t)n + (size_t)at) *
                                 (size_t)inner +
                             k % (size_t)inner);
    }
    return 0;
}

/* The shape of a Concat along *axis, of *from numbers. */
static int concat_shape(const struct onnx_args *args, unsigned *axis,
                        struct onnx_shape *shape, size_t *from, struct error *err) {
    const struct onnx_tensor *first = args->constants[0];
    *shape = shape_of(first);
    *from = first->count;
    if (onnx_axis(onnx_attribute_int(args->node, "axis", 1), first->rank, axis, err)) {
        return -1;
    }
    for (size_t k = 1; k < args->node->n_input; k++) {
        const struct onnx_tensor *t = onnx_constant(args, k, err);
        if (!t) {
            return -1;
        }
        int same = t->rank == first->rank && t->is_int == first->is_int;
        for (unsigned i = 0; same && i < t->rank; i++) {
            same = i == *axis || t->dims[i] == first->dims[i];
        }
        if (!same || t->dims[*axis] > INT32_MAX || shape->dims[*axis] > INT32_MAX) {
            return error_set(err, "inputs 0 and %zu do not fit together", k);
        }
        shape->dims[*axis] += t->dims[*axis];
        *from += t->count;
    }
    return 0;
}

static int fold_concat(const struct onnx_args *args, struct onnx_tensor *out,
                       struct error *err) {
    unsigned axis = 0;
    struct onnx_shape shape;
    size_t from = 0;
    if (concat_shape(args, &axis, &shape, &from, err) ||
        start(out, args->constants[0]->is_int, &shape, from, err)) {
        return -1;
    }
    const int64_t outer = onnx_elements(shape.dims, axis);
    size_t at = 0;
    for (int64_t o = 0; o < outer && out->count > 0; o++) {
        for (size_t k = 0; k < args->node->n_input; k++) {
            const struct onnx_tensor *t = args->constants[k];
            const size_t n = t->count / (size_t)outer;
            for (size_t i = 0; i < n; i++) {
                onnx_tensor_move(out, at++, t, (size_t)o * n + i);
            }
        }
    }
    return 0;
}

static int fold_cast(const struct onnx_args *args, struct onnx_tensor *out,
                     struct error *err) {
    const struct onnx_tensor *in = args->constants[0];
    *out = *in;
    switch (onnx_attribute_int(args->node, "to", 0)) {
    case ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT:
    case ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE:
        out->is_int = 0;
        break;
    case ONNX__TENSOR_PROTO__DATA_TYPE__INT32:
    case ONNX__TENSOR_PROTO__DATA_TYPE__INT64:
        out->is_int = 1;
        break;
    default:
        return error_set(err, "casts to data type %lld, which is not computed",
                         (long long)onnx_attribute_int(args->node, "to", 0));
    }
    if (onnx_tensor_init(out, in->count, err)) {
        return -1;
    }
    for (size_t i = 0; i < out->count; i++) {
        if (out->is_int) {
            out->integers[i] = onnx_tensor_int(in, i);
        } else {
            out->reals[i] = (float)onnx_tensor_real(in, i);
        }
    }
    return 0;
}

/* One integer, wrapping around; division rounds to zero. op is the first letter of Add,
 * Sub, Mul or Div. */
static int combine_int(char op, int64_t a, int64_t b, int64_t *x) {
    const uint64_t p = (uint64_t)a, q = (uint64_t)b;
    if (op == 'D' && (b == 0 || (a == INT64_MIN && b == -1))) {
        return -1;
    }
    *x = op == 'A'   ? (int64_t)(p + q)
         : op == 'S' ? (int64_t)(p - q)
         : op == 'M' ? (int64_t)(p * q)
                     : a / b;
    return 0;
}

static float combine_real(char op, float a, float b) {
    return op == 'A' ? a + b : op == 'S' ? a - b : op == 'M' ? a * b : a / b;
}

/* The shape of two tensors after broadcasting, and the strides of each in it. */
static int broadcast(const struct onnx_tensor *const in[2], struct onnx_shape *shape,
                     int64_t strides[2][ONNX_RANK_MAX], struct error *err) {
    shape->rank = in[0]->rank > in[1]->rank ? in[0]->rank : in[1]->rank;
    for (unsigned i = 0; i < shape->rank; i++) {
        shape->dims[i] = 1;
    }
    for (int k = 0; k < 2; k++) {
        int64_t own[ONNX_RANK_MAX];
        const unsigned shift = shape->rank - in[k]->rank;
        strides_of(in[k], own);
        for (unsigned i = 0; i < shape->rank; i++) {
            const int64_t n = i < shift ? 1 : in[k]->dims[i - shift];
            strides[k][i] = n == 1 ? 0 : own[i - shift];
            if (n != 1 && shape->dims[i] != 1 && shape->dims[i] != n) {
                return error_set(err, "its inputs' shapes do not fit together");
            }
            shape->dims[i] = n == 1 ? shape->dims[i] : n;
        }
    }
    return 0;
}

static int fold_binary(const struct onnx_args *args, struct onnx_tensor *out,
                       struct error *err) {
    const char op = args->node->op_type[0];
    const struct onnx_tensor *in[2] = {args->constants[0], onnx_constant(args, 1, err)};
    struct onnx_shape shape;
    int64_t strides[2][ONNX_RANK_MAX] = {{0}}, index[ONNX_RANK_MAX] = {0};
    if (!in[1]) {
        return -1;
    }
    const size_t from = in[0]->count > in[1]->count ? in[0]->count : in[1]->count;
    if (in[0]->is_int != in[1]->is_int) {
        return error_set(err, "its inputs are integers and real numbers");
    }
    if (broadcast(in, &shape, strides, err) ||
        start(out, in[0]->is_int, &shape, from, err)) {
        return -1;
    }
    for (size_t k = 0; k < out->count; k++) {
        int64_t at[2] = {0, 0};
        for (unsigned i = 0; i < out->rank; i++) {
            at[0] += index[i] * strides[0][i];
            at[1] += index[i] * strides[1][i];
        }
        if (!out->is_int) {
            out->reals[k] = combine_real(op, in[0]->reals[at[0]], in[1]->reals[at[1]]);
        } else if (combine_int(op, in[0]->integers[at[0]], in[1]->integers[at[1]],
                               &out->integers[k])) {
            onnx_tensor_close(out);
            return error_set(err, "divides by zero");
        }
        next_index(index, out->dims, out->rank);
    }
    return 0;
}

static int fold_unary(const struct onnx_args *args, struct onnx_tensor *out,
                      struct error *err) {
    const int negate = strcmp(args->node->op_type, "Neg") == 0;
    if (!negate && args->constants[0]->is_int) {
        return error_set(err, "input must be real numbers");
    }
    if (onnx_tensor_copy(args->constants[0], out, err)) {
        return -1;
    }
    for (size_t i = 0; i < out->count; i++) {
        if (out->is_int) {
            out->integers[i] = (int64_t)(0 - (uint64_t)out->integers[i]);
        } else {
            out->reals[i] = negate ? -out->reals[i] : sqrtf(out->reals[i]);
        }
    }
    return 0;
}

/* The operations. */
static const struct operation {
    const char *name;
    int (*fold)(const struct onnx_args *args, struct onnx_tensor *out, struct error *err);
} operations[] = {{"Add", fold_binary},
                  {"Cast", fold_cast},
                  {"Concat", fold_concat},
                  {"Constant", fold_constant},
                  {"ConstantOfShape", fold_constant_of_shape},
                  {"Div", fold_binary},
                  {"Flatten", fold_reshape},
                  {"Gather", fold_gather},
                  {"Identity", fold_reshape},
                  {"Mul", fold_binary},
                  {"Neg", fold_unary},
                  {"Reshape", fold_reshape},
                  {"Slice", fold_slice},
                  {"Sqrt", fold_unary},
                  {"Squeeze", fold_reshape},
                  {"Sub", fold_binary},
                  {"Transpose", fold_transpose},
                  {"Unsqueeze", fold_reshape}};

static const struct operation *find(const char *op) {
    for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++) {
        if (strcmp(operations[i].name, op) == 0) {
            return &operations[i];
        }
    }
    return NULL;
}

int onnx_can_fold(const char *op) {
    return find(op) != NULL;
}

int onnx_fold(const struct onnx_args *args, struct onnx_tensor *out, struct error *err) {
    const struct operation *o = find(args->node->op_type);
    memset(out, 0, sizeof *out);
    if (!o) {
        return error_set(err, "the operation is not computed");
    }
    if (o->fold != fold_constant && !onnx_constant(args, 0, err)) {
        return -1;
    }
    return o->fold(args, out, err);
}
