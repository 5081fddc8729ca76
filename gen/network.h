/* SPDX-License-Identifier: Apache-2.0
 *
 * Networks: layers, their shapes, and the checks that the shapes fit together.
 */
#ifndef QADAM_NETWORK_H
#define QADAM_NETWORK_H

#include <stddef.h>
#include <stdint.h>

#include "gen/error.h"

enum { NETWORK_BATCH_MAX = 65535, NETWORK_LAYERS_MAX = 10000, NETWORK_PATH_MAX = 1024 };

enum layer_op { OP_CONV, OP_FC, OP_MATMUL, OP_ADD, OP_MAXPOOL, OP_AVGPOOL };

/* Shape of one layer in Eyeriss letters. FC is a 1x1 convolution over C = all inputs,
 * with the batch in place of W; all other layers are for one image of the batch and run
 * once for each (layer_runs). A matmul multiplies its first input, C channels of
 * H x W positions, by its second, M channels of C positions, which stand for weights. */
struct layer {
    char name[64];
    enum layer_op op;
    unsigned inputs[2];    /* index of the producing layer + 1; 0 = network input */
    unsigned input_count;  /* 1, or 2 for add and matmul; 0 = unconnected: its own */
    unsigned c, h, w;      /* ifmap */
    unsigned m, e, f;      /* ofmap */
    unsigned r, s, u, pad; /* filter rows, columns, stride, padding on every side */
    unsigned groups;       /* conv: channel groups, 1 = dense */
    int relu;
    int line; /* line in the network file */
};

struct network {
    char name[64];
    char file[256];                 /* it was read from, cut off if longer */
    unsigned batch;                 /* N images, 1 unless the file or the user says */
    unsigned c, h, w;               /* of the input; 0 if no layer reads it */
    char weights[NETWORK_PATH_MAX]; /* file of the tensors (gen/weights.h), "" = none */
    struct layer *layers;           /* owned */
    size_t layer_count;
};

/* Load a network by file path, or by name from HOME/models/networks/NAME.json.
 * Infers every shape; caller ends with network_close.
 *
 *   batch  1..NETWORK_BATCH_MAX images instead of what the file says; 0 = as the file
 * says
 *
 * Returns 0, or -1 with *err set (file, line, value, limit). */
int network_load_batch(const char *home, const char *path_or_name, unsigned batch,
                       struct network *net, struct error *err);
/* The same with the file's batch. */
int network_load(const char *home, const char *path_or_name, struct network *net,
                 struct error *err);
void network_close(struct network *net);

/* Record *why, an error about a layer of the network, with the layer's name, file and
 * line. Always returns -1. */
int network_layer_error(const struct network *net, const struct layer *l,
                        const struct error *why, struct error *err);

/* Multiply-accumulates of a layer: of the whole batch for fc, of one image otherwise;
 * 0 for add and pooling. network_load has checked that a network's sum fits. */
uint64_t layer_macs(const struct layer *l);

/* How often the batch runs a layer: once for fc, else once for each image. */
unsigned layer_runs(const struct network *net, const struct layer *l);

/* Weights of a layer without bias; 0 for add, pooling and matmul. */
uint64_t layer_weights(const struct layer *l);

/* 1 if the array runs this layer (conv, fc), 0 if the host side does. */
int layer_on_array(const struct layer *l);

#endif
