/* SPDX-License-Identifier: Apache-2.0
 *
 * What the mapping of every ONNX operation needs.
 */
#include "gen/onnx_step.h"

enum { TEXT = 160 };

struct onnx_act *onnx_step_act(const struct onnx_step *s, size_t index,
                               struct error *err) {
    if (!onnx_has_input(&s->args, index) || s->inputs[index]->kind != ONNX_VALUE_ACT) {
        (void)error_set(err, "input %zu must be an activation", index);
        return NULL;
    }
    return &s->inputs[index]->act;
}

struct onnx_act *onnx_step_plain(const struct onnx_step *s, size_t index,
                                 struct error *err) {
    struct onnx_act *act = onnx_step_act(s, index, err);
    if (!act || onnx_act_is_plain(s->graph->net, act)) {
        return act;
    }
    if (onnx_act_make(s->graph->net, act, 0, s->inputs[index]->name, err)) {
        return NULL;
    }
    act->exclusive = s->inputs[index]->uses == 1;
    return act;
}

int onnx_step_want_map(const struct onnx_act *act, struct error *err) {
    char text[TEXT];
    if (!onnx_act_is_map(act)) {
        return error_set(
            err, "reads a tensor of shape %s, must be [N, C, H, W]",
            onnx_dims_text(act->shape.dims, act->shape.rank, text, sizeof text));
    }
    return 0;
}

int onnx_step_copy(struct onnx_step *s, struct error *err) {
    const struct onnx_act *act = onnx_step_act(s, 0, err);
    return act ? onnx_act_copy(act, &s->out, err) : -1;
}

int onnx_step_finish(struct onnx_step *s, long layer, int vector) {
    if (layer < 0) {
        return -1;
    }
    s->out = onnx_act_of(s->graph->net, (unsigned)layer + 1, vector);
    s->out.exclusive = 1;
    return 0;
}

int onnx_step_add(struct onnx_step *s, const struct onnx_act *a, const struct onnx_act *b,
                  struct error *err) {
    struct layer l = {.op = OP_ADD, .input_count = 2};
    int same = a->shape.rank == b->shape.rank;
    for (unsigned i = 0; same && i < a->shape.rank; i++) {
        same = a->shape.dims[i] == b->shape.dims[i];
    }
    if (!same) {
        return error_set(err, "adds activations of different shapes");
    }
    const struct onnx_shape shape = a->shape;
    l.inputs[0] = a->producer;
    l.inputs[1] = b->producer;
    l.u = 1;
    if (onnx_step_finish(
            s, import_net_add(s->graph->net, &l, NULL, s->from, NULL, NULL, err), 0)) {
        return -1;
    }
    s->out.shape = shape;
    return 0;
}

int onnx_step_bound(const struct onnx_step *s, size_t index, const char *name,
                    double *bound, struct error *err) {
    *bound = onnx_attribute_real(s->args.node, name, *bound);
    if (onnx_has_input(&s->args, index)) {
        const struct onnx_tensor *t = onnx_constant(&s->args, index, err);
        if (!t) {
            return -1;
        }
        if (t->count != 1) {
            return error_set(err, "%s has %zu numbers, must be one", name, t->count);
        }
        *bound = onnx_tensor_real(t, 0);
    }
    return 0;
}
