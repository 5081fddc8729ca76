/* SPDX-License-Identifier: Apache-2.0
 *
 * One node of an ONNX graph being mapped to layers. Private to the import.
 */
#ifndef QADAM_ONNX_STEP_H
#define QADAM_ONNX_STEP_H

#include "gen/onnx_graph.h"
#include "gen/onnx_node.h"

/* One node being mapped. */
struct onnx_step {
    struct onnx_graph *graph;
    struct onnx_args args;
    struct onnx_value **inputs; /* [args.node->n_input], NULL = not given */
    const char *from;           /* the node's name, for its layers */
    struct onnx_act out;        /* what the operation makes */
};

/* 1 if the operation is mapped; *attributes then lists the known ones, split by '|'. */
int onnx_op_known(const char *op, const char **attributes);

/* Map a node of a known operation with at least one activation among its inputs.
 * Fills step->out. Returns 0, or -1 with *err set to the reason. */
int onnx_op_map(struct onnx_step *step, struct error *err);

/* ---- for the functions below, which return 0, or -1 with *err set ---- */

/* Input number index as an activation. Returns it (borrowed), or NULL with *err set. */
struct onnx_act *onnx_step_act(const struct onnx_step *s, size_t index,
                               struct error *err);

/* The same, as a layer can read it: plain, for which a layer is made if it is not. */
struct onnx_act *onnx_step_plain(const struct onnx_step *s, size_t index,
                                 struct error *err);

/* Refuse what is not [N, C, H, W]. */
int onnx_step_want_map(const struct onnx_act *act, struct error *err);

/* Take a copy of input 0 as the start of the output. */
int onnx_step_copy(struct onnx_step *s, struct error *err);

/* The output is that of layer number layer, just appended; -1 = it failed. vector = 1
 * gives it the shape [N, C]. */
int onnx_step_finish(struct onnx_step *s, long layer, int vector);

/* The output is the sum of two plain activations of one shape. */
int onnx_step_add(struct onnx_step *s, const struct onnx_act *a, const struct onnx_act *b,
                  struct error *err);

/* A number that is an attribute in old operator sets and input number index in new ones;
 * *number keeps what it has if it is not given. */
int onnx_step_bound(const struct onnx_step *s, size_t index, const char *name,
                    double *number, struct error *err);

/* ---- one function for a kind of operation: fills s->out ---- */

int onnx_map_arithmetic(struct onnx_step *s, struct error *err);
int onnx_map_batch_norm(struct onnx_step *s, struct error *err);
int onnx_map_clip(struct onnx_step *s, struct error *err);
int onnx_map_concat(struct onnx_step *s, struct error *err);
int onnx_map_conv(struct onnx_step *s, struct error *err);
int onnx_map_gemm(struct onnx_step *s, struct error *err);
int onnx_map_global(struct onnx_step *s, struct error *err);
int onnx_map_matmul(struct onnx_step *s, struct error *err);
int onnx_map_nothing(struct onnx_step *s, struct error *err);
int onnx_map_pad(struct onnx_step *s, struct error *err);
int onnx_map_pool(struct onnx_step *s, struct error *err);
int onnx_map_relu(struct onnx_step *s, struct error *err);
int onnx_map_reshape(struct onnx_step *s, struct error *err);
int onnx_map_slice(struct onnx_step *s, struct error *err);
int onnx_map_sum(struct onnx_step *s, struct error *err);
int onnx_map_transpose(struct onnx_step *s, struct error *err);

#endif
