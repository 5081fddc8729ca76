/* SPDX-License-Identifier: Apache-2.0
 *
 * Trained tensors of a network in the safetensors format.
 *
 * Numbers are taken as the machine has them: binary32, little-endian.
 */
#include "gen/weights.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include <jansson.h>

#include "gen/config.h"
#include "gen/emit.h"

enum { LENGTH_BYTES = 8, ALIGNMENT = 8, SHAPE_TEXT = 200 };

/* The largest header and data that are read. */
static const uint64_t header_max = 100000000;
static const uint64_t data_max = (uint64_t)1 << 36;

/* A tensor's place in the data. */
struct place {
    struct weights_tensor tensor;
    uint64_t begin, end; /* bytes */
};

static int fail(const struct weights *w, struct error *err, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static int fail(const struct weights *w, struct error *err, const char *fmt, ...) {
    char text[400];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    return error_set_at(err, w->file, 0, 0, "%s", text);
}

/* A shape as people write it: "[16, 3, 3, 3]". */
static const char *shape_text(const size_t *shape, unsigned rank, char *text) {
    size_t used = 1;
    text[0] = '[';
    for (unsigned i = 0; i < rank; i++) {
        used += (size_t)snprintf(text + used, SHAPE_TEXT - used, "%s%zu", i ? ", " : "",
                                 shape[i]);
    }
    (void)snprintf(text + used, SHAPE_TEXT - used, "]");
    return text;
}

/* Elements of a tensor, or UINT64_MAX when they are more than the data can have. */
static uint64_t elements(const size_t *shape, unsigned rank) {
    uint64_t count = 1;
    int empty = 0;
    for (unsigned i = 0; i < rank; i++) {
        empty |= shape[i] == 0;
    }
    for (unsigned i = 0; i < rank && !empty; i++) {
        if (shape[i] > data_max / count) {
            return UINT64_MAX;
        }
        count *= shape[i];
    }
    return empty ? 0 : count;
}

/* ---- reading ---- */

static int read_shape(const struct weights *w, struct place *p, const json_t *list,
                      struct error *err) {
    struct weights_tensor *t = &p->tensor;
    if (!json_is_array(list) || json_array_size(list) > WEIGHTS_RANK_MAX) {
        return fail(w, err, "tensor %.80s: shape must be a list of at most %d numbers",
                    t->name, WEIGHTS_RANK_MAX);
    }
    t->rank = (unsigned)json_array_size(list);
    for (unsigned i = 0; i < t->rank; i++) {
        const json_t *n = json_array_get(list, i);
        if (!json_is_integer(n) || json_integer_value(n) < 0) {
            return fail(w, err, "tensor %.80s: dimension %u must be a number, 0 or more",
                        t->name, i);
        }
        t->shape[i] = (size_t)json_integer_value(n);
    }
    return 0;
}

/* Read "data_offsets"; size is that of the data. */
static int read_offsets(const struct weights *w, struct place *p, const json_t *list,
                        uint64_t size, struct error *err) {
    const char *name = p->tensor.name;
    const json_t *begin = json_array_get(list, 0), *end = json_array_get(list, 1);
    if (json_array_size(list) != 2 || !json_is_integer(begin) || !json_is_integer(end) ||
        json_integer_value(begin) < 0 ||
        json_integer_value(end) < json_integer_value(begin) ||
        (uint64_t)json_integer_value(end) > size) {
        return fail(w, err,
                    "tensor %.80s: data_offsets must be [begin, end], at most %llu bytes",
                    name, (unsigned long long)size);
    }
    p->begin = (uint64_t)json_integer_value(begin);
    p->end = (uint64_t)json_integer_value(end);
    uint64_t count = elements(p->tensor.shape, p->tensor.rank);
    if (count == UINT64_MAX || p->end - p->begin != count * sizeof(float)) {
        char shape[SHAPE_TEXT];
        return fail(w, err, "tensor %.80s: has %llu bytes, its shape %s does not", name,
                    (unsigned long long)(p->end - p->begin),
                    shape_text(p->tensor.shape, p->tensor.rank, shape));
    }
    return 0;
}

static int read_tensor(const struct weights *w, struct place *p, const json_t *value,
                       uint64_t size, struct error *err) {
    const char *dtype = json_string_value(json_object_get(value, "dtype"));
    if (!dtype || strcmp(dtype, "F32") != 0) {
        return fail(w, err, "tensor %.80s: dtype is %.20s, must be F32", p->tensor.name,
                    dtype ? dtype : "missing");
    }
    return read_shape(w, p, json_object_get(value, "shape"), err) ||
                   read_offsets(w, p, json_object_get(value, "data_offsets"), size, err)
               ? -1
               : 0;
}

/* In the order of the data; empty tensors before the one that starts where they do. */
static int by_place(const void *a, const void *b) {
    const struct place *x = a, *y = b;
    if (x->begin != y->begin) {
        return x->begin < y->begin ? -1 : 1;
    }
    return x->end < y->end ? -1 : x->end > y->end;
}

/* Refuse bytes that belong to no tensor or to two. */
static int check_places(const struct weights *w, const struct place *places, size_t count,
                        uint64_t size, struct error *err) {
    uint64_t at = 0;
    for (size_t i = 0; i < count; i++) {
        if (places[i].begin != at) {
            return fail(w, err,
                        "tensor %.80s: starts at byte %llu of the data, must start at "
                        "%llu, where the one before ends",
                        places[i].tensor.name, (unsigned long long)places[i].begin,
                        (unsigned long long)at);
        }
        at = places[i].end;
    }
    if (at != size) {
        return fail(w, err, "has %llu bytes of data, its tensors are %llu bytes",
                    (unsigned long long)size, (unsigned long long)at);
    }
    return 0;
}

/* Read the header's tensors into places[count] and sort them. */
static int read_places(const struct weights *w, struct place *places, size_t *count,
                       uint64_t size, struct error *err) {
    const char *name;
    json_t *value;
    *count = 0;
    json_object_foreach(w->header, name, value) {
        if (strcmp(name, "__metadata__") == 0) {
            continue;
        }
        places[*count].tensor.name = name;
        if (read_tensor(w, &places[*count], value, size, err)) {
            return -1;
        }
        (*count)++;
    }
    qsort(places, *count, sizeof *places, by_place);
    return check_places(w, places, *count, size, err);
}

static int read_tensors(struct weights *w, uint64_t size, struct error *err) {
    const size_t room = json_object_size(w->header) + 1;
    struct place *places = calloc(room, sizeof *places);
    w->tensors = calloc(room, sizeof *w->tensors);
    if (!places || !w->tensors) {
        free(places);
        return error_set(err, "out of memory");
    }
    size_t count = 0;
    const int rc = read_places(w, places, &count, size, err);
    for (size_t i = 0; rc == 0 && i < count; i++) {
        w->tensors[i] = places[i].tensor;
        w->tensors[i].data = w->data + places[i].begin / sizeof(float);
    }
    w->count = rc == 0 ? count : 0;
    free(places);
    return rc;
}

/* Bytes of the file, at its start again afterwards. Returns 0, or -1. */
static int file_size(FILE *f, uint64_t *size) {
    off_t end = -1;
    if (fseeko(f, 0, SEEK_END) == 0) {
        end = ftello(f);
    }
    if (end < 0 || fseeko(f, 0, SEEK_SET) != 0) {
        return -1;
    }
    *size = (uint64_t)end;
    return 0;
}

/* Read the header's length and its text, which ends with a NUL. Caller owns *text. */
static int read_header(const struct weights *w, FILE *f, uint64_t file_bytes, char **text,
                       uint64_t *length, struct error *err) {
    unsigned char bytes[LENGTH_BYTES];
    if (file_bytes < LENGTH_BYTES || fread(bytes, 1, LENGTH_BYTES, f) != LENGTH_BYTES) {
        return fail(w, err, "has %llu bytes, a safetensors file has at least %d",
                    (unsigned long long)file_bytes, LENGTH_BYTES);
    }
    *length = 0;
    for (unsigned i = LENGTH_BYTES; i > 0; i--) {
        *length = *length << CHAR_BIT | bytes[i - 1];
    }
    uint64_t limit = file_bytes - LENGTH_BYTES;
    limit = limit < header_max ? limit : header_max;
    if (*length > limit) {
        return fail(w, err,
                    "is no safetensors file: its header would be %llu bytes, at most "
                    "%llu",
                    (unsigned long long)*length, (unsigned long long)limit);
    }
    *text = malloc((size_t)*length + 1);
    if (!*text) {
        return error_set(err, "out of memory");
    }
    if (fread(*text, 1, (size_t)*length, f) != *length) {
        return fail(w, err, "cannot be read: %s", strerror(errno));
    }
    (*text)[*length] = '\0';
    return 0;
}

static int parse_header(struct weights *w, const char *text, uint64_t length,
                        struct error *err) {
    json_error_t why;
    w->header = json_loadb(text, (size_t)length, JSON_REJECT_DUPLICATES, &why);
    if (!w->header) {
        return fail(w, err, "header, byte %d: %.200s", why.position, why.text);
    }
    if (!json_is_object(w->header)) {
        return fail(w, err, "header must be an object { ... }");
    }
    return 0;
}

/* Read all after the header. */
static int read_data(struct weights *w, FILE *f, uint64_t size, struct error *err) {
    if (size > data_max) {
        return fail(w, err, "has %llu bytes of data, at most %llu",
                    (unsigned long long)size, (unsigned long long)data_max);
    }
    w->data = malloc((size_t)size + 1);
    if (!w->data) {
        return fail(w, err, "out of memory for %llu bytes", (unsigned long long)size);
    }
    if (fread(w->data, 1, (size_t)size, f) != size) {
        return fail(w, err, "cannot be read: %s", strerror(errno));
    }
    return 0;
}

int weights_read(struct weights *w, const char *path, FILE *f, struct error *err) {
    char *text = NULL;
    uint64_t bytes = 0, length = 0;
    memset(w, 0, sizeof *w);
    (void)snprintf(w->file, sizeof w->file, "%.255s", path);
    int rc = file_size(f, &bytes) ? fail(w, err, "cannot be read: %s", strerror(errno))
                                  : read_header(w, f, bytes, &text, &length, err);
    if (rc == 0) {
        const uint64_t size = bytes - LENGTH_BYTES - length;
        rc = parse_header(w, text, length, err) || read_data(w, f, size, err) ||
                     read_tensors(w, size, err)
                 ? -1
                 : 0;
    }
    free(text);
    if (rc != 0) {
        weights_close(w);
    }
    return rc;
}

int weights_open(struct weights *w, const char *path, struct error *err) {
    memset(w, 0, sizeof *w);
    FILE *f = emit_is_folder(path) ? NULL : fopen(path, "rb");
    if (!f) {
        return error_set_at(err, path, 0, 0, "cannot be read: %s",
                            emit_is_folder(path) ? "it is a folder" : strerror(errno));
    }
    const int rc = weights_read(w, path, f, err);
    (void)fclose(f);
    return rc;
}

void weights_close(struct weights *w) {
    json_decref(w->header);
    free(w->tensors);
    free(w->data);
    w->header = NULL;
    w->tensors = NULL;
    w->data = NULL;
    w->count = 0;
}

/* ---- the tensors of layers ---- */

const struct weights_tensor *weights_find(const struct weights *w, const char *name) {
    for (size_t i = 0; i < w->count; i++) {
        if (strcmp(w->tensors[i].name, name) == 0) {
            return &w->tensors[i];
        }
    }
    return NULL;
}

static int same_shape(const struct weights_tensor *t, const size_t *shape,
                      unsigned rank) {
    for (unsigned i = 0; i < rank && t->rank == rank; i++) {
        if (t->shape[i] != shape[i]) {
            return 0;
        }
    }
    return t->rank == rank;
}

const float *weights_get(const struct weights *w, const char *name, const size_t *shape,
                         unsigned rank, struct error *err) {
    char wanted[SHAPE_TEXT];
    const struct weights_tensor *t = weights_find(w, name);
    if (!t) {
        (void)fail(w, err, "no tensor %.80s, must have one of shape %s", name,
                   shape_text(shape, rank, wanted));
        return NULL;
    }
    if (!same_shape(t, shape, rank)) {
        char has[SHAPE_TEXT];
        (void)fail(w, err, "tensor %.80s: shape is %s, must be %s", name,
                   shape_text(t->shape, t->rank, has), shape_text(shape, rank, wanted));
        return NULL;
    }
    const uint64_t count = elements(shape, rank);
    for (uint64_t i = 0; i < count; i++) {
        if (!isfinite(t->data[i])) {
            (void)fail(w, err, "tensor %.80s: number %llu is %g, must be finite", name,
                       (unsigned long long)i, (double)t->data[i]);
            return NULL;
        }
    }
    return t->data;
}

void weights_describe(const struct layer *l, int bias, char *name,
                      struct weights_tensor *tensor) {
    (void)snprintf(name, WEIGHTS_NAME_MAX, "%s.%s", l->name, bias ? "bias" : "weights");
    const size_t shape[4] = {l->m, l->c / l->groups, l->r, l->s};
    tensor->name = name;
    tensor->rank = l->op == OP_FC ? 2 : 4;
    if (bias) {
        tensor->rank = 1;
    }
    memcpy(tensor->shape, shape, tensor->rank * sizeof shape[0]);
}

int weights_layer(const struct weights *w, const struct layer *l, const float **weights,
                  const float **bias, struct error *err) {
    char name[WEIGHTS_NAME_MAX];
    struct weights_tensor wanted;
    weights_describe(l, 0, name, &wanted);
    *bias = NULL;
    *weights = weights_get(w, name, wanted.shape, wanted.rank, err);
    if (!*weights) {
        return -1;
    }
    weights_describe(l, 1, name, &wanted);
    if (weights_find(w, name)) {
        *bias = weights_get(w, name, wanted.shape, wanted.rank, err);
        return *bias ? 0 : -1;
    }
    return 0;
}

/* Refuse a tensor of no layer: names are the 2 * count tensors that may be. */
static int refuse_strangers(const struct weights *w, const char *const *names,
                            size_t count, struct error *err) {
    for (size_t i = 0; i < w->count; i++) {
        size_t k = 0;
        while (k < count && strcmp(names[k], w->tensors[i].name) != 0) {
            k++;
        }
        if (k < count) {
            continue;
        }
        const char *nearest = config_nearest(w->tensors[i].name, names, count);
        return fail(w, err, "tensor %.80s belongs to no conv or fc layer%s%s%s",
                    w->tensors[i].name, nearest ? ", did you mean " : "",
                    nearest ? nearest : "", nearest ? "?" : "");
    }
    return 0;
}

int weights_check(const struct weights *w, const struct network *net, struct error *err) {
    const size_t room = 2 * net->layer_count + 1;
    char(*texts)[WEIGHTS_NAME_MAX] = calloc(room, sizeof *texts);
    const char **names = calloc(room, sizeof *names);
    if (!texts || !names) {
        free(texts);
        free(names);
        return error_set(err, "out of memory");
    }
    int rc = 0;
    size_t count = 0;
    for (size_t i = 0; rc == 0 && i < net->layer_count; i++) {
        const struct layer *l = &net->layers[i];
        struct weights_tensor t;
        const float *weights, *bias;
        for (int k = 0; k < 2 && layer_on_array(l); k++) {
            weights_describe(l, k, texts[count], &t);
            names[count] = texts[count];
            count++;
        }
        rc = layer_on_array(l) ? weights_layer(w, l, &weights, &bias, err) : 0;
    }
    if (rc == 0) {
        rc = refuse_strangers(w, names, count, err);
    }
    free(texts);
    free(names);
    return rc;
}

/* ---- writing ---- */

/* The header; NULL when out of memory. Caller owns it. */
static char *make_header(const struct weights_tensor *tensors, size_t count) {
    json_t *root = json_object();
    uint64_t at = 0;
    int failed = !root;
    for (size_t i = 0; i < count && !failed; i++) {
        const struct weights_tensor *t = &tensors[i];
        json_t *shape = json_array();
        for (unsigned k = 0; k < t->rank; k++) {
            (void)json_array_append_new(shape, json_integer((json_int_t)t->shape[k]));
        }
        const uint64_t end = at + elements(t->shape, t->rank) * sizeof(float);
        json_t *entry = json_pack("{s:s, s:o, s:[I, I]}", "dtype", "F32", "shape", shape,
                                  "data_offsets", (json_int_t)at, (json_int_t)end);
        failed = json_object_set_new(root, t->name, entry) != 0;
        at = end;
    }
    char *text = failed ? NULL : json_dumps(root, JSON_COMPACT);
    json_decref(root);
    return text;
}

int weights_write(const char *path, const struct weights_tensor *tensors, size_t count,
                  struct error *err) {
    struct emit out;
    char *header = make_header(tensors, count);
    if (!header) {
        return error_set_at(err, path, 0, 0, "cannot be written: out of memory");
    }
    if (emit_open(&out, path, err)) {
        free(header);
        return -1;
    }
    const size_t length = strlen(header);
    const size_t padded = (length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    for (unsigned i = 0; i < LENGTH_BYTES; i++) {
        (void)fputc((int)((uint64_t)padded >> CHAR_BIT * i & UCHAR_MAX), out.file);
    }
    emit(&out, "%s%*s", header, (int)(padded - length), "");
    for (size_t i = 0; i < count; i++) { /* failures show at emit_close */
        (void)fwrite(tensors[i].data, sizeof(float),
                     (size_t)elements(tensors[i].shape, tensors[i].rank), out.file);
    }
    free(header);
    return emit_close(&out, err);
}
