/* SPDX-License-Identifier: Apache-2.0
 *
 * A network being imported: layers with their tensors, built one by one, then written as
 * a network file (gen/network.h) and a file of tensors beside it (gen/weights.h).
 */
#ifndef QADAM_IMPORT_NET_H
#define QADAM_IMPORT_NET_H

#include <stddef.h>
#include <stdio.h>

#include <jansson.h>

#include "gen/error.h"
#include "gen/layer_shape.h"
#include "gen/network.h"

enum { IMPORT_FROM_MAX = 128, IMPORT_NOTES_MAX = 64, IMPORT_NOTE_MAX = 240 };

struct import_layer {
    struct layer shape; /* with its name and what it reads */
    struct layer_map out;
    float *weights, *bias;      /* owned; NULL = none */
    int nonnegative;            /* 1 if no output can be below zero */
    char from[IMPORT_FROM_MAX]; /* its name in the file, cut off if longer */
};

struct import_net {
    char name[64];
    char description[160];
    unsigned batch;
    struct layer_map input;      /* all 0: layers have inputs of their own */
    struct import_layer *layers; /* owned */
    size_t count, room;
    uint64_t made;                                 /* weights that no file has */
    json_t *names;                                 /* owned: the layers' names */
    char notes[IMPORT_NOTES_MAX][IMPORT_NOTE_MAX]; /* what the user should know */
    unsigned note_count;                           /* all; more than fit are counted */
};

/* An empty network named after the file path; description says what it came from.
 * Returns 0, or -1 with *err set. Caller ends with import_net_close in any case. */
int import_net_init(struct import_net *net, const char *path, const char *what,
                    struct error *err);
void import_net_close(struct import_net *net);

/* Append a layer.
 *
 *   l        op, and what layer_infer needs (gen/layer_shape.h); inputs, input_count
 *   own      what an unconnected layer (input_count 0) reads, else NULL
 *   from     its name in the file, from which its own is made; "" = none
 *   weights, bias  taken over, also on failure; NULL = none
 *
 * Returns its index, or -1 with *err set: the reason as a sentence. */
long import_net_add(struct import_net *net, const struct layer *l,
                    const struct layer_map *own, const char *from, float *weights,
                    float *bias, struct error *err);

/* Count weights that are made, not read: a small file must not make many.
 * Returns 0, or -1 with *err set. */
int import_net_made(struct import_net *net, uint64_t weights, struct error *err);

/* What producer (index of a layer + 1, 0 = the input) hands on. */
struct layer_map import_net_map(const struct import_net *net, unsigned producer);

/* Tell the user something; like printf. */
void import_net_note(struct import_net *net, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* The network file as JSON, for the given path. Caller owns it; NULL when out of memory.
 */
json_t *import_net_json(const struct import_net *net, const char *path);

/* Write the network to path, and its tensors, if it has any, to the same path with
 * .safetensors in place of .json. Both are read again as a check. Returns 0, or -1 with
 * *err set. */
int import_net_write(const struct import_net *net, const char *path, struct error *err);

/* Print what was read. */
void import_net_table(const struct import_net *net, FILE *out);

/* Make a plain name (config_is_name) of any text. buf has 64 bytes. */
void import_plain_name(const char *text, const char *fallback, char *buf);

#endif
