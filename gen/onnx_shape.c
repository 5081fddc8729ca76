/* SPDX-License-Identifier: Apache-2.0
 *
 * What ONNX's operations on shapes do.
 */
#include "gen/onnx_shape.h"

#include <string.h>

enum { TEXT = 160 };

int onnx_axis(int64_t axis, unsigned rank, unsigned *out, struct error *err) {
    if (axis < -(int64_t)rank || axis >= (int64_t)rank) {
        return error_set(err, "axis is %lld, the tensor has %u dimensions",
                         (long long)axis, rank);
    }
    *out = (unsigned)(axis < 0 ? axis + (int64_t)rank : axis);
    return 0;
}

/* ---- Slice ---- */

static int64_t clamp(int64_t x, int64_t low, int64_t high) {
    return x < low ? low : x > high ? high : x;
}

/* One dimension of n elements. */
static int slice_axis(int64_t start, int64_t end, int64_t step, int64_t n, unsigned axis,
                      struct onnx_slice *slice, struct error *err) {
    if (step == 0 || step == INT64_MIN) {
        return error_set(err, "step is %lld", (long long)step);
    }
    start = start < 0 ? start + n : start;
    end = end < 0 && end >= -n ? end + n : end;
    int64_t count = 0;
    if (step > 0) {
        start = clamp(start, 0, n);
        end = clamp(end, 0, n);
        count = end > start ? (end - start - 1) / step + 1 : 0;
    } else {
        start = clamp(start, -1, n - 1);
        end = clamp(end, -1, n - 1);
        count = start > end ? (start - end - 1) / -step + 1 : 0;
    }
    slice->begin[axis] = start;
    slice->step[axis] = count > 1 ? step : 1;
    slice->count[axis] = count;
    return 0;
}

int onnx_slice_of(const struct onnx_args *args, const struct onnx_shape *in,
                  struct onnx_slice *slice, struct error *err) {
    const int64_t *starts, *ends, *axes, *steps;
    size_t n, end_count, axis_count, step_count;
    if (onnx_list(args, 1, "starts", &starts, &n, err) ||
        onnx_list(args, 2, "ends", &ends, &end_count, err) ||
        onnx_list(args, 3, "axes", &axes, &axis_count, err) ||
        onnx_list(args, 4, "steps", &steps, &step_count, err)) {
        return -1;
    }
    if (!starts || !ends || end_count != n || (axes && axis_count != n) ||
        (steps && step_count != n) || n > in->rank) {
        return error_set(err,
                         "starts, ends, axes and steps must be lists of one length, "
                         "at most the tensor's %u dimensions",
                         in->rank);
    }
    for (unsigned i = 0; i < in->rank; i++) {
        slice->begin[i] = 0;
        slice->step[i] = 1;
        slice->count[i] = in->dims[i];
    }
    for (size_t i = 0; i < n; i++) {
        unsigned axis = 0;
        if (onnx_axis(axes ? axes[i] : (int64_t)i, in->rank, &axis, err) ||
            slice_axis(starts[i], ends[i], steps ? steps[i] : 1, in->dims[axis], axis,
                       slice, err)) {
            return -1;
        }
    }
    return 0;
}

/* ---- Transpose ---- */

int onnx_transpose_of(const struct onnx_args *args, const struct onnx_shape *in,
                      unsigned perm[ONNX_RANK_MAX], struct error *err) {
    size_t n = 0;
    unsigned seen = 0;
    const int64_t *list = onnx_attribute_ints(args->node, "perm", &n);
    for (unsigned i = 0; i < in->rank; i++) {
        perm[i] = in->rank - 1 - i;
        if (n == in->rank && list[i] >= 0 && list[i] < in->rank) {
            perm[i] = (unsigned)list[i];
        }
        seen |= 1u << perm[i];
    }
    if ((n != 0 && n != in->rank) || seen != (1u << in->rank) - 1) {
        return error_set(err, "perm is no order of the tensor's %u dimensions", in->rank);
    }
    return 0;
}

/* ---- Reshape and its like ---- */

/* The shape of a Reshape: 0 keeps a dimension, -1 is what is left. */
static int reshape(const struct onnx_args *args, const struct onnx_shape *in,
                   struct onnx_shape *out, struct error *err) {
    const int64_t *list;
    size_t n = 0;
    char text[TEXT];
    if (onnx_list(args, 1, "shape", &list, &n, err)) {
        return -1;
    }
    if (!list || n > ONNX_RANK_MAX) {
        return error_set(err, "shape must be a list of at most %d numbers",
                         ONNX_RANK_MAX);
    }
    int64_t known = 1;
    int free_axis = -1;
    const int keep = onnx_attribute_int(args->node, "allowzero", 0) == 0;
    out->rank = (unsigned)n;
    for (unsigned i = 0; i < out->rank; i++) {
        out->dims[i] = list[i] == 0 && keep && i < in->rank ? in->dims[i] : list[i];
        if (list[i] == -1 && free_axis < 0) {
            free_axis = (int)i;
            out->dims[i] = 1;
        }
    }
    known = onnx_elements(out->dims, out->rank);
    const int64_t count = onnx_elements(in->dims, in->rank);
    if (free_axis >= 0 && known > 0 && count % known == 0) {
        out->dims[free_axis] = count / known;
        known = count;
    }
    if (known < 0 || known != count) {
        return error_set(err, "%lld numbers cannot have the shape %s", (long long)count,
                         onnx_dims_text(list, out->rank, text, sizeof text));
    }
    return 0;
}

static int flatten(const struct onnx_args *args, const struct onnx_shape *in,
                   struct onnx_shape *out, struct error *err) {
    int64_t axis = onnx_attribute_int(args->node, "axis", 1);
    if (axis < -(int64_t)in->rank || axis > (int64_t)in->rank) {
        return error_set(err, "axis is %lld, the tensor has %u dimensions",
                         (long long)axis, in->rank);
    }
    axis = axis < 0 ? axis + (int64_t)in->rank : axis;
    out->rank = 2;
    out->dims[0] = onnx_elements(in->dims, (unsigned)axis);
    out->dims[1] = onnx_elements(in->dims + axis, in->rank - (unsigned)axis);
    return 0;
}

/* The axes that Squeeze and Unsqueeze name, as bits; rank is that of the shape that has
 * them. */
static int read_axes(unsigned rank, const int64_t *list, size_t n, unsigned *axes,
                     struct error *err) {
    *axes = 0;
    for (size_t i = 0; i < n; i++) {
        unsigned axis = 0;
        if (onnx_axis(list[i], rank, &axis, err)) {
            return -1;
        }
        if ((*axes >> axis & 1u) != 0) {
            return error_set(err, "axis %u is given twice", axis);
        }
        *axes |= 1u << axis;
    }
    return 0;
}

static int squeeze(const struct onnx_args *args, const struct onnx_shape *in,
                   struct onnx_shape *out, struct error *err) {
    const int64_t *list;
    size_t n = 0;
    unsigned axes = 0;
    if (onnx_list(args, 1, "axes", &list, &n, err) ||
        read_axes(in->rank, list, n, &axes, err)) {
        return -1;
    }
    out->rank = 0;
    for (unsigned i = 0; i < in->rank; i++) {
        const int named = (axes >> i & 1u) != 0;
        if (named && in->dims[i] != 1) {
            return error_set(err, "dimension %u is %lld, must be 1 to be left out", i,
                             (long long)in->dims[i]);
        }
        if (!named && (n != 0 || in->dims[i] != 1)) {
            out->dims[out->rank++] = in->dims[i];
        }
    }
    return 0;
}

static int unsqueeze(const struct onnx_args *args, const struct onnx_shape *in,
                     struct onnx_shape *out, struct error *err) {
    const int64_t *list;
    size_t n = 0;
    unsigned axes = 0;
    if (onnx_list(args, 1, "axes", &list, &n, err)) {
        return -1;
    }
    if (!list || n > ONNX_RANK_MAX - in->rank) {
        return error_set(err, "axes must be a list; a tensor has at most %d dimensions",
                         ONNX_RANK_MAX);
    }
    out->rank = in->rank + (unsigned)n;
    if (read_axes(out->rank, list, n, &axes, err)) {
        return -1;
    }
    for (unsigned i = 0, k = 0; i < out->rank; i++) {
        out->dims[i] = (axes >> i & 1u) != 0 ? 1 : in->dims[k++];
    }
    return 0;
}

int onnx_reshape_of(const struct onnx_args *args, const struct onnx_shape *in,
                    struct onnx_shape *out, struct error *err) {
    const char *op = args->node->op_type;
    if (strcmp(op, "Reshape") == 0) {
        return reshape(args, in, out, err);
    }
    if (strcmp(op, "Flatten") == 0) {
        return flatten(args, in, out, err);
    }
    if (strcmp(op, "Squeeze") == 0) {
        return squeeze(args, in, out, err);
    }
    if (strcmp(op, "Unsqueeze") == 0) {
        return unsqueeze(args, in, out, err);
    }
    *out = *in;
    return 0;
}
