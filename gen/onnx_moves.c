/* SPDX-License-Identifier: Apache-2.0
 *
 * ONNX operations that move activations: Reshape, Slice, Pad, Concat and their like.
 */
#include <stdlib.h>
#include <string.h>

#include "gen/onnx_step.h"

enum { TEXT = 160 };

/* ---- shapes ---- */

/* Reshape, Flatten, Squeeze, Unsqueeze: images stay apart. */
int onnx_map_reshape(struct onnx_step *s, struct error *err) {
    struct onnx_shape shape;
    char text[TEXT];
    if (onnx_step_copy(s, err) || onnx_reshape_of(&s->args, &s->out.shape, &shape, err)) {
        return -1;
    }
    if (shape.rank < 1 || shape.dims[0] != s->graph->net->batch) {
        return error_set(err, "makes the shape %s, must start with the %u images",
                         onnx_dims_text(shape.dims, shape.rank, text, sizeof text),
                         s->graph->net->batch);
    }
    s->out.shape = shape;
    return 0;
}

/* A Transpose that leaves the numbers in their order. */
int onnx_map_transpose(struct onnx_step *s, struct error *err) {
    unsigned perm[ONNX_RANK_MAX], last = 0;
    if (onnx_step_copy(s, err) || onnx_transpose_of(&s->args, &s->out.shape, perm, err)) {
        return -1;
    }
    const struct onnx_shape from = s->out.shape;
    for (unsigned i = 0; i < from.rank; i++) {
        s->out.shape.dims[i] = from.dims[perm[i]];
        if (from.dims[perm[i]] == 1) {
            continue;
        }
        if (perm[i] < last) {
            return error_set(err, "changes the order of the numbers");
        }
        last = perm[i];
    }
    if (s->out.shape.dims[0] != s->graph->net->batch) {
        return error_set(err, "moves the dimension of the images");
    }
    return 0;
}

/* Take channels begin + i * step, i < count. */
static int slice_channels(struct onnx_act *act, int64_t begin, int64_t step,
                          int64_t count, struct error *err) {
    if (begin == 0 && step == 1 && count == act->map.c) {
        return 0;
    }
    int *list = malloc((size_t)count * sizeof *list + 1);
    if (!list) {
        return error_set(err, "out of memory");
    }
    for (int64_t i = 0; i < count; i++) {
        list[i] = (int)(begin + i * step);
    }
    const int rc = onnx_act_select(act, list, count, err);
    free(list);
    return rc;
}

int onnx_map_slice(struct onnx_step *s, struct error *err) {
    struct onnx_slice slice;
    struct onnx_act *out = &s->out;
    if (onnx_step_copy(s, err) || onnx_slice_of(&s->args, &out->shape, &slice, err)) {
        return -1;
    }
    if (!onnx_act_is_map(out) && !onnx_act_is_channels(out)) {
        return error_set(err, "must read [N, C, H, W] or [N, C]");
    }
    for (unsigned i = 0; i < out->shape.rank; i++) {
        if (slice.count[i] < 1 || (i == 0 && slice.count[0] != out->shape.dims[0])) {
            return error_set(err, "leaves %lld of dimension %u",
                             (long long)slice.count[i], i);
        }
    }
    for (int i = 0; i < 2 && out->shape.rank == 4; i++) {
        if (onnx_act_slice(out, i, slice.begin[2 + i], slice.step[2 + i],
                           slice.count[2 + i], err)) {
            return -1;
        }
    }
    return slice_channels(out, slice.begin[1], slice.step[1], slice.count[1], err);
}

/* Put channels of zeros before and after those of the view. */
static int pad_channels(struct onnx_act *act, int64_t before, int64_t after,
                        struct error *err) {
    if (before < 0 || after < 0 || before > LAYER_DIM_MAX || after > LAYER_DIM_MAX) {
        return error_set(err, "pads channels by %lld and %lld", (long long)before,
                         (long long)after);
    }
    const int64_t count = act->map.c + before + after;
    int *list = malloc((size_t)count * sizeof *list + 1);
    if (!list) {
        return error_set(err, "out of memory");
    }
    for (int64_t i = 0; i < count; i++) {
        list[i] = i >= before && i < before + act->map.c ? (int)(i - before) : -1;
    }
    const int rc = onnx_act_select(act, list, count, err);
    free(list);
    return rc;
}

/* Pad's constant must be zero, its mode constant. */
static int check_pad(const struct onnx_step *s, struct error *err) {
    double value = 0;
    if (onnx_attribute(s->args.node, "mode") &&
        !onnx_attribute_is(s->args.node, "mode", "constant")) {
        return error_set(err, "pads with numbers of the edge, must be with zeros");
    }
    if (onnx_step_bound(s, 2, "value", &value, err)) {
        return -1;
    }
    if (value != 0) {
        return error_set(err, "pads with %g, must be 0", value);
    }
    return onnx_has_input(&s->args, 3) ? error_set(err, "axes are not read") : 0;
}

int onnx_map_pad(struct onnx_step *s, struct error *err) {
    const int64_t *pads;
    size_t n = 0;
    struct onnx_act *out = &s->out;
    if (check_pad(s, err) || onnx_list(&s->args, 1, "pads", &pads, &n, err) ||
        onnx_step_copy(s, err)) {
        return -1;
    }
    const unsigned rank = out->shape.rank;
    if ((!onnx_act_is_map(out) && !onnx_act_is_channels(out)) || n != 2 * (size_t)rank ||
        pads[0] != 0 || pads[rank] != 0) {
        return error_set(err, "must pad [N, C, H, W] or [N, C] by two numbers a "
                              "dimension, none for N");
    }
    for (unsigned i = 2; i < rank; i++) {
        if ((pads[i] != 0 || pads[rank + i] != 0) &&
            onnx_act_pad(s->graph->net, out, (int)i - 2, pads[i], pads[rank + i],
                         s->inputs[0]->name, err)) {
            return -1;
        }
    }
    return pads[1] != 0 || pads[rank + 1] != 0
               ? pad_channels(out, pads[1], pads[rank + 1], err)
               : 0;
}

/* ---- Concat ---- */

/* 1 if two views differ in their channels only. */
static int same_source(const struct onnx_act *a, const struct onnx_act *b) {
    return a->producer == b->producer && a->begin[0] == b->begin[0] &&
           a->begin[1] == b->begin[1] && a->step[0] == b->step[0] &&
           a->step[1] == b->step[1] && a->map.h == b->map.h && a->map.w == b->map.w;
}

/* Channels of one part of a Concat: of an activation, or of a constant of zeros.
 * Returns their number, or -1 with *err set. */
static int64_t part_channels(const struct onnx_step *s, size_t index, struct error *err) {
    const struct onnx_act *first = NULL;
    for (size_t i = 0; i < s->args.node->n_input && !first; i++) {
        first = s->inputs[i] && s->inputs[i]->kind == ONNX_VALUE_ACT ? &s->inputs[i]->act
                                                                     : NULL;
    }
    const struct onnx_shape *shape = NULL;
    struct onnx_shape constant;
    if (onnx_has_input(&s->args, index) && s->args.constants[index]) {
        const struct onnx_tensor *t = s->args.constants[index];
        for (size_t i = 0; i < t->count; i++) {
            if (onnx_tensor_real(t, i) != 0) {
                return error_set(err, "input %zu is a constant that is not zero", index);
            }
        }
        constant.rank = t->rank;
        memcpy(constant.dims, t->dims, sizeof constant.dims);
        shape = &constant;
    } else {
        const struct onnx_act *act = onnx_step_act(s, index, err);
        if (!act) {
            return -1;
        }
        if (!onnx_act_is_map(act) && !onnx_act_is_channels(act)) {
            return error_set(err, "input %zu must be [N, C, H, W] or [N, C]", index);
        }
        shape = &act->shape;
    }
    int same = first && shape->rank == first->shape.rank;
    for (unsigned i = 0; same && i < shape->rank; i++) {
        same = i == 1 || shape->dims[i] == first->shape.dims[i];
    }
    if (!same || shape->dims[1] > LAYER_DIM_MAX) {
        return error_set(err, "input %zu does not fit the others", index);
    }
    return shape->dims[1];
}

/* The view of all parts that have the source of part number lead, zeros for the others.
 * counts: channels of each part. */
static int gather_parts(const struct onnx_step *s, size_t lead, const int64_t *counts,
                        int64_t total, struct onnx_act *act, struct error *err) {
    const struct onnx_act *source = &s->inputs[lead]->act;
    int *list = malloc((size_t)total * sizeof *list + 1);
    if (!list) {
        return error_set(err, "out of memory");
    }
    size_t at = 0;
    for (size_t i = 0; i < s->args.node->n_input; i++) {
        const struct onnx_value *v = s->inputs[i];
        const int take = v->kind == ONNX_VALUE_ACT && same_source(source, &v->act);
        for (int64_t c = 0; c < counts[i]; c++) {
            list[at++] = !take ? -1 : v->act.channels ? v->act.channels[c] : (int)c;
        }
    }
    *act = *source; /* the list has the producer's channels, not the view's */
    act->channels = NULL;
    const int rc = onnx_act_select(act, list, total, err);
    free(list);
    return rc;
}

/* 1 if an earlier part has the source of part number index. */
static int is_repeated(const struct onnx_step *s, size_t index) {
    for (size_t i = 0; i < index; i++) {
        if (s->inputs[i]->kind == ONNX_VALUE_ACT &&
            same_source(&s->inputs[i]->act, &s->inputs[index]->act)) {
            return 1;
        }
    }
    return 0;
}

/* Add one source's channels to the output so far: the first is the output. */
static int add_source(struct onnx_step *s, struct onnx_act *part, int first,
                      struct error *err) {
    if (first) {
        s->out = *part;
        s->out.exclusive = 0;
        return 0;
    }
    struct onnx_act sum = s->out;
    s->out.channels = NULL;
    int rc = onnx_act_make(s->graph->net, &sum, 0, s->from, err);
    if (rc == 0) {
        rc = onnx_act_make(s->graph->net, part, 0, s->from, err);
    }
    if (rc == 0) {
        rc = onnx_step_add(s, &sum, part, err);
    }
    onnx_act_close(&sum);
    onnx_act_close(part);
    return rc;
}

static int concat_parts(struct onnx_step *s, const int64_t *counts, int64_t total,
                        struct error *err) {
    int first = 1;
    for (size_t i = 0; i < s->args.node->n_input; i++) {
        struct onnx_act part;
        if (s->inputs[i]->kind != ONNX_VALUE_ACT || is_repeated(s, i)) {
            continue;
        }
        if (gather_parts(s, i, counts, total, &part, err) ||
            add_source(s, &part, first, err)) {
            return -1;
        }
        first = 0;
    }
    return 0;
}

/* Concat along the channels: channels of one source are a view; of several, each source
 * with zeros in the places of the others, added up. */
int onnx_map_concat(struct onnx_step *s, struct error *err) {
    const size_t n = s->args.node->n_input;
    unsigned axis = 0;
    int64_t total = 0;
    int64_t *counts = calloc(n, sizeof *counts);
    if (!counts) {
        return error_set(err, "out of memory");
    }
    int rc = 0;
    for (size_t i = 0; i < n && rc == 0; i++) {
        counts[i] = part_channels(s, i, err);
        total += counts[i];
        rc = counts[i] < 0 ? -1 : 0;
    }
    if (rc == 0 && total > LAYER_DIM_MAX) {
        rc = error_set(err, "makes %lld channels, at most %d", (long long)total,
                       LAYER_DIM_MAX);
    }
    if (rc == 0) {
        const struct onnx_act *act = NULL;
        for (size_t i = 0; i < n; i++) {
            act = s->inputs[i]->kind == ONNX_VALUE_ACT ? &s->inputs[i]->act : act;
        }
        rc = onnx_axis(onnx_attribute_int(s->args.node, "axis", 1),
                       act ? act->shape.rank : 0, &axis, err);
    }
    if (rc == 0 && axis != 1) {
        rc = error_set(err, "is along dimension %u, must be along the channels, 1", axis);
    }
    if (rc == 0) {
        rc = concat_parts(s, counts, total, err);
    }
    free(counts);
    return rc;
}
