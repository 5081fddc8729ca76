/* SPDX-License-Identifier: Apache-2.0
 *
 * What an ONNX node is given: attributes, and inputs that are constants.
 */
#ifndef QADAM_ONNX_NODE_H
#define QADAM_ONNX_NODE_H

#include <stddef.h>
#include <stdint.h>

#include "build/proto/onnx.pb-c.h"
#include "gen/error.h"
#include "gen/onnx_tensor.h"

/* The attribute of a name, or NULL. */
const Onnx__AttributeProto *onnx_attribute(const Onnx__NodeProto *node, const char *name);

/* Its integer, or preset. */
int64_t onnx_attribute_int(const Onnx__NodeProto *node, const char *name, int64_t preset);

/* Its real number, or preset. */
double onnx_attribute_real(const Onnx__NodeProto *node, const char *name, double preset);

/* Its integers, borrowed; *count is 0 when there are none. */
const int64_t *onnx_attribute_ints(const Onnx__NodeProto *node, const char *name,
                                   size_t *count);

/* 1 if it is given and its text is the word. */
int onnx_attribute_is(const Onnx__NodeProto *node, const char *name, const char *word);

/* A node with its inputs. */
struct onnx_args {
    const Onnx__NodeProto *node;
    const struct onnx_tensor *const *constants; /* [node->n_input], NULL = no constant */
};

/* 1 if input number index is given. */
int onnx_has_input(const struct onnx_args *args, size_t index);

/* Input number index as a constant. Returns it, or NULL with *err set. */
const struct onnx_tensor *onnx_constant(const struct onnx_args *args, size_t index,
                                        struct error *err);

/* A list of integers that is an input in new operator sets and an attribute in old ones.
 * *list is borrowed, NULL when it is not given. Returns 0, or -1 with *err set (an input
 * that is no constant of integers). */
int onnx_list(const struct onnx_args *args, size_t index, const char *name,
              const int64_t **list, size_t *count, struct error *err);

#endif
