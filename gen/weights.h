/* SPDX-License-Identifier: Apache-2.0
 *
 * Trained tensors of a network: a file in the safetensors format, read and written.
 *
 * The file is the header's length in bytes (8 bytes, little-endian), the header, a JSON
 * object {"NAME": {"dtype": "F32", "shape": [...], "data_offsets": [begin, end]}, ...},
 * and the data, to which the offsets refer. Tensors are in row-major order:
 *
 *   LAYER.weights  F32 [M][C/groups][R][S] of a conv; [M][C] of an fc, C = all its inputs
 *                  in the order channel, row, column
 *   LAYER.bias     F32 [M]; all zero if there is none
 */
#ifndef QADAM_WEIGHTS_H
#define QADAM_WEIGHTS_H

#include <stddef.h>
#include <stdio.h>

#include <jansson.h>

#include "gen/error.h"
#include "gen/network.h"

enum { WEIGHTS_RANK_MAX = 8, WEIGHTS_NAME_MAX = 80 /* with the end of the string */ };

struct weights_tensor {
    const char *name;
    unsigned rank;
    size_t shape[WEIGHTS_RANK_MAX];
    const float *data;
};

/* An open file. */
struct weights {
    char file[256];                 /* its path, cut off if longer */
    struct weights_tensor *tensors; /* owned, in the order of the data */
    size_t count;
    json_t *header; /* owned: what the names are borrowed from */
    float *data;    /* owned */
};

/* Read a whole file. Every byte of its data must belong to one tensor, all of F32; names
 * are given once. Caller ends with weights_close. Returns 0, or -1 with *err set. */
int weights_open(struct weights *w, const char *path, struct error *err);
/* The same from a file that is open and can be positioned; path is for errors. */
int weights_read(struct weights *w, const char *path, FILE *f, struct error *err);
void weights_close(struct weights *w);

/* The tensor of a name, or NULL. */
const struct weights_tensor *weights_find(const struct weights *w, const char *name);

/* The tensor of a name, which must have the given shape and only finite numbers.
 * Returns its data (borrowed), or NULL with *err set. */
const float *weights_get(const struct weights *w, const char *name, const size_t *shape,
                         unsigned rank, struct error *err);

/* The tensors of an array layer; *bias is NULL when the file has none. Both are borrowed.
 * Returns 0, or -1 with *err set. */
int weights_layer(const struct weights *w, const struct layer *l, const float **weights,
                  const float **bias, struct error *err);

/* Check that every array layer of the network has its tensors, and that there are no
 * others. Returns 0, or -1 with *err set. */
int weights_check(const struct weights *w, const struct network *net, struct error *err);

/* The name and shape of a layer's weights (bias = 0) or bias (1); *data stays as it is.
 * name has WEIGHTS_NAME_MAX bytes. */
void weights_describe(const struct layer *l, int bias, char *name,
                      struct weights_tensor *tensor);

/* Write tensors, in this order, to a file. Names must differ.
 * Returns 0, or -1 with *err set; then no file is left. */
int weights_write(const char *path, const struct weights_tensor *tensors, size_t count,
                  struct error *err);

#endif
