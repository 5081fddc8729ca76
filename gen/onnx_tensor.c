/* SPDX-License-Identifier: Apache-2.0
 *
 * Constant tensors of an ONNX graph.
 */
#include "gen/onnx_tensor.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DIMS_TEXT = 160 };
static const int64_t elements_max = (int64_t)1 << 40;

int64_t onnx_elements(const int64_t *dims, unsigned rank) {
    int64_t count = 1;
    int empty = 0;
    for (unsigned i = 0; i < rank; i++) {
        const int64_t n = dims[i] == 0 ? 1 : dims[i];
        if (n < 0 || n > elements_max / count) {
            return -1;
        }
        count *= n;
        empty |= dims[i] == 0;
    }
    return empty ? 0 : count;
}

const char *onnx_dims_text(const int64_t *dims, unsigned rank, char *text, size_t size) {
    size_t used = 1;
    (void)snprintf(text, size, "[");
    for (unsigned i = 0; i < rank && used < size; i++) {
        used += (size_t)snprintf(text + used, size - used, "%s%lld", i ? ", " : "",
                                 (long long)dims[i]);
    }
    if (used < size) {
        (void)snprintf(text + used, size - used, "]");
    }
    return text;
}

int onnx_tensor_init(struct onnx_tensor *t, size_t from, struct error *err) {
    char text[DIMS_TEXT];
    const int64_t count = onnx_elements(t->dims, t->rank);
    t->reals = NULL;
    t->integers = NULL;
    t->count = 0;
    if (count < 0 || (uint64_t)count > (uint64_t)from + ONNX_MADE_MAX) {
        return error_set(err, "a tensor of shape %s is too large",
                         onnx_dims_text(t->dims, t->rank, text, sizeof text));
    }
    if (t->is_int) {
        t->integers = calloc((size_t)count + 1, sizeof *t->integers);
    } else {
        t->reals = calloc((size_t)count + 1, sizeof *t->reals);
    }
    if (!t->integers && !t->reals) {
        return error_set(err, "out of memory");
    }
    t->count = (size_t)count;
    return 0;
}

void onnx_tensor_close(struct onnx_tensor *t) {
    free(t->reals);
    free(t->integers);
    t->reals = NULL;
    t->integers = NULL;
    t->count = 0;
}

int onnx_tensor_copy(const struct onnx_tensor *from, struct onnx_tensor *to,
                     struct error *err) {
    *to = *from;
    if (onnx_tensor_init(to, from->count, err)) {
        return -1;
    }
    for (size_t i = 0; i < to->count; i++) {
        onnx_tensor_move(to, i, from, i);
    }
    return 0;
}

double onnx_tensor_real(const struct onnx_tensor *t, size_t i) {
    return t->is_int ? (double)t->integers[i] : (double)t->reals[i];
}

int64_t onnx_tensor_int(const struct onnx_tensor *t, size_t i) {
    if (t->is_int) {
        return t->integers[i];
    }
    const float x = t->reals[i];
    return x > -0x1p63f && x < 0x1p63f ? (int64_t)x : 0;
}

void onnx_tensor_move(struct onnx_tensor *out, size_t i, const struct onnx_tensor *in,
                      size_t k) {
    if (out->is_int) {
        out->integers[i] = in->integers[k];
    } else {
        out->reals[i] = in->reals[k];
    }
}

/* ---- reading ---- */

/* binary32 of a binary16 pattern. */
static float from_half(uint64_t bits) {
    const int exponent = (int)(bits >> 10 & 31u);
    const double fraction = (double)(bits & 1023u);
    double x = ldexp(1024 + fraction, exponent - 25);
    if (exponent == 0) {
        x = ldexp(fraction, -24);
    } else if (exponent == 31) {
        x = fraction != 0 ? NAN : INFINITY;
    }
    return (float)((bits & 0x8000u) != 0 ? -x : x);
}

/* binary32 of its pattern. */
static float from_bits(uint64_t bits) {
    const uint32_t word = (uint32_t)bits;
    float x;
    memcpy(&x, &word, sizeof x);
    return x;
}

static double from_double(uint64_t bits) {
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* The types that are read. */
static const struct type {
    int code;
    unsigned bytes; /* in raw_data */
    int is_int, is_signed;
} types[] = {{ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT, 4, 0, 0},
             {ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE, 8, 0, 0},
             {ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16, 2, 0, 0},
             {ONNX__TENSOR_PROTO__DATA_TYPE__BFLOAT16, 2, 0, 0},
             {ONNX__TENSOR_PROTO__DATA_TYPE__INT8, 1, 1, 1},
             {ONNX__TENSOR_PROTO__DATA_TYPE__INT16, 2, 1, 1},
             {ONNX__TENSOR_PROTO__DATA_TYPE__INT32, 4, 1, 1},
             {ONNX__TENSOR_PROTO__DATA_TYPE__INT64, 8, 1, 1},
             {ONNX__TENSOR_PROTO__DATA_TYPE__UINT8, 1, 1, 0},
             {ONNX__TENSOR_PROTO__DATA_TYPE__BOOL, 1, 1, 0},
             {ONNX__TENSOR_PROTO__DATA_TYPE__UINT16, 2, 1, 0},
             {ONNX__TENSOR_PROTO__DATA_TYPE__UINT32, 4, 1, 0},
             {ONNX__TENSOR_PROTO__DATA_TYPE__UINT64, 8, 1, 0}};

static const struct type *find_type(int code) {
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (types[i].code == code) {
            return &types[i];
        }
    }
    return NULL;
}

/* The number of a real type that has these bits. */
static float real_of(int code, uint64_t bits) {
    if (code == ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16) {
        return from_half(bits);
    }
    if (code == ONNX__TENSOR_PROTO__DATA_TYPE__BFLOAT16) {
        return from_bits(bits << 16);
    }
    if (code == ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE) {
        return (float)from_double(bits);
    }
    return from_bits(bits);
}

/* Set all elements from raw_data. */
static void read_raw(struct onnx_tensor *t, const struct type *type,
                     const uint8_t *data) {
    for (size_t i = 0; i < t->count; i++) {
        uint64_t bits = 0;
        for (unsigned k = type->bytes; k > 0; k--) {
            bits = bits << 8 | data[i * type->bytes + k - 1];
        }
        const unsigned width = 8 * type->bytes;
        if (type->is_signed && width < 64 && (bits >> (width - 1) & 1u) != 0) {
            bits |= UINT64_MAX << width;
        }
        if (t->integers) {
            t->integers[i] = (int64_t)bits;
        } else if (t->reals) {
            t->reals[i] = real_of(type->code, bits);
        }
    }
}

/* Elements in the field that the type uses. */
static size_t field_count(const Onnx__TensorProto *p, int code) {
    switch (code) {
    case ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT:
        return p->n_float_data;
    case ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE:
        return p->n_double_data;
    case ONNX__TENSOR_PROTO__DATA_TYPE__INT64:
        return p->n_int64_data;
    case ONNX__TENSOR_PROTO__DATA_TYPE__UINT32:
    case ONNX__TENSOR_PROTO__DATA_TYPE__UINT64:
        return p->n_uint64_data;
    default:
        return p->n_int32_data;
    }
}

/* Element i of that field, of an integer type or a real one. */
static int64_t field_int(const Onnx__TensorProto *p, int code, size_t i) {
    switch (code) {
    case ONNX__TENSOR_PROTO__DATA_TYPE__INT64:
        return p->int64_data[i];
    case ONNX__TENSOR_PROTO__DATA_TYPE__UINT32:
    case ONNX__TENSOR_PROTO__DATA_TYPE__UINT64:
        return (int64_t)p->uint64_data[i];
    default:
        return p->int32_data[i];
    }
}

static float field_real(const Onnx__TensorProto *p, int code, size_t i) {
    switch (code) {
    case ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT:
        return p->float_data[i];
    case ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE:
        return (float)p->double_data[i];
    default:
        return real_of(code, (uint64_t)(uint32_t)p->int32_data[i] & 0xffffu);
    }
}

/* Set all elements from that field. */
static void read_field(struct onnx_tensor *t, int code, const Onnx__TensorProto *p) {
    for (size_t i = 0; i < t->count; i++) {
        if (t->integers) {
            t->integers[i] = field_int(p, code, i);
        } else if (t->reals) {
            t->reals[i] = field_real(p, code, i);
        }
    }
}

static int read_dims(const Onnx__TensorProto *p, struct onnx_tensor *t,
                     struct error *err) {
    if (p->n_dims > ONNX_RANK_MAX) {
        return error_set(err, "tensor has %zu dimensions, at most %d", p->n_dims,
                         ONNX_RANK_MAX);
    }
    t->rank = (unsigned)p->n_dims;
    for (unsigned i = 0; i < t->rank; i++) {
        t->dims[i] = p->dims[i];
    }
    return 0;
}

int onnx_tensor_read(const Onnx__TensorProto *p, struct onnx_tensor *t,
                     struct error *err) {
    char text[DIMS_TEXT];
    memset(t, 0, sizeof *t);
    const struct type *type = find_type(p->data_type);
    if (!type) {
        return error_set(err, "tensor has data type %d, which is not read", p->data_type);
    }
    if (p->data_location != 0) {
        return error_set(err, "tensor has its data in another file, must be in this one");
    }
    if (read_dims(p, t, err)) {
        return -1;
    }
    t->is_int = type->is_int;
    const int64_t count = onnx_elements(t->dims, t->rank);
    const size_t has =
        p->has_raw_data ? p->raw_data.len / type->bytes : field_count(p, type->code);
    if (count < 0 || (uint64_t)count != has ||
        (p->has_raw_data && p->raw_data.len % type->bytes != 0)) {
        return error_set(err, "tensor has data of %zu numbers, its shape %s does not",
                         has, onnx_dims_text(t->dims, t->rank, text, sizeof text));
    }
    if (onnx_tensor_init(t, has, err)) {
        return -1;
    }
    if (p->has_raw_data) {
        read_raw(t, type, p->raw_data.data);
    } else {
        read_field(t, type->code, p);
    }
    return 0;
}
