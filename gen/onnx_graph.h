/* SPDX-License-Identifier: Apache-2.0
 *
 * An ONNX graph being turned into a network: its values. Private to the import.
 */
#ifndef QADAM_ONNX_GRAPH_H
#define QADAM_ONNX_GRAPH_H

#include <jansson.h>

#include "gen/error.h"
#include "gen/import_net.h"
#include "gen/onnx_act.h"
#include "gen/onnx_tensor.h"

enum onnx_value_kind { ONNX_VALUE_NONE, ONNX_VALUE_CONSTANT, ONNX_VALUE_ACT };

/* What a name of the graph stands for. */
struct onnx_value {
    enum onnx_value_kind kind; /* NONE until a node makes it */
    const char *name;          /* borrowed from the file */
    unsigned uses;             /* inputs of needed nodes, and outputs of the graph */
    int is_output;
    const Onnx__TensorProto *initializer; /* borrowed; read when it is needed first */
    struct onnx_tensor constant;
    struct onnx_act act;
};

struct onnx_graph {
    const Onnx__GraphProto *proto; /* borrowed */
    int64_t opset;
    struct import_net *net;    /* borrowed */
    struct onnx_value *values; /* owned */
    size_t value_count;
    json_t *index;           /* owned: number of a value by its name */
    uint64_t made, made_max; /* numbers of computed constants */
};

#endif
