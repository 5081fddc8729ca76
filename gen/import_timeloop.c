/* SPDX-License-Identifier: Apache-2.0
 *
 * Timeloop problems: one convolution or matrix product as YAML.
 *
 *     problem:
 *       shape: cnn-layer        # or a description of it
 *       instance: {C: 64, M: 128, R: 3, S: 3, P: 28, Q: 28, N: 1, Wstride: 1, Hstride: 1}
 *
 * or with the numbers directly under "problem". R, P and Wstride are of the width, S, Q
 * and Hstride of the height; K is another name of M. A file may hold several problems, as
 * a list or as documents; "name" of a shape names the layer.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <yaml.h>

#include "gen/import_workload.h"

enum {
    DIM_C,
    DIM_M,
    DIM_R,
    DIM_S,
    DIM_P,
    DIM_Q,
    DIM_N,
    DIM_G,
    DIM_WSTRIDE,
    DIM_HSTRIDE,
    DIM_WDILATION,
    DIM_HDILATION,
    DIMS,
    NAME_SIZE = 64,
    PROBLEMS_MAX = 10000
};

static const char *const dim_names[DIMS] = {
    "C", "M", "R",       "S",       "P",         "Q",
    "N", "G", "Wstride", "Hstride", "Wdilation", "Hdilation"};

/* A file being read. */
struct problems {
    yaml_document_t *document;
    struct import_net *net;
    struct error *err;
};

static int fail(const struct problems *p, const yaml_node_t *node, const char *text) {
    return error_set_at(p->err, NULL, (int)node->start_mark.line + 1,
                        (int)node->start_mark.column + 1, "%s", text);
}

static const char *scalar(const yaml_node_t *node) {
    return node && node->type == YAML_SCALAR_NODE ? (const char *)node->data.scalar.value
                                                  : NULL;
}

/* The value of a key of a mapping, or NULL. */
static yaml_node_t *find(const struct problems *p, const yaml_node_t *map,
                         const char *key) {
    if (!map || map->type != YAML_MAPPING_NODE) {
        return NULL;
    }
    for (const yaml_node_pair_t *pair = map->data.mapping.pairs.start;
         pair < map->data.mapping.pairs.top; pair++) {
        const char *text = scalar(yaml_document_get_node(p->document, pair->key));
        if (text && strcmp(text, key) == 0) {
            return yaml_document_get_node(p->document, pair->value);
        }
    }
    return NULL;
}

static int read_number(const struct problems *p, const yaml_node_t *node,
                       int64_t *value) {
    const char *text = scalar(node);
    char *end = NULL;
    errno = 0;
    const long long n = text ? strtoll(text, &end, 10) : 0;
    if (!text || end == text || *end != '\0' || errno != 0 || n < 1) {
        return fail(p, node, "must be a whole number, 1 or more");
    }
    *value = n;
    return 0;
}

/* Keys that are no dimensions. */
static int is_other(const char *key) {
    static const char *const others[] = {"shape",     "instance",    "version",    "name",
                                         "densities", "data-spaces", "data_spaces"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (strcmp(key, others[i]) == 0) {
            return 1;
        }
    }
    return 0;
}

/* The index of a dimension, or DIMS. */
static int dim_of(const char *key) {
    if (strcmp(key, "K") == 0) {
        return DIM_M;
    }
    int i = 0;
    while (i < DIMS && strcmp(key, dim_names[i]) != 0) {
        i++;
    }
    return i;
}

/* Read the numbers of a problem or its instance; all others stay 1. */
static int read_dims(const struct problems *p, const yaml_node_t *map, int64_t *dims,
                     unsigned *seen) {
    for (const yaml_node_pair_t *pair = map->data.mapping.pairs.start;
         pair < map->data.mapping.pairs.top; pair++) {
        const yaml_node_t *key = yaml_document_get_node(p->document, pair->key);
        const char *text = scalar(key);
        if (!text) {
            return fail(p, key, "must be a name");
        }
        const int i = dim_of(text);
        if (i == DIMS && !is_other(text)) {
            char why[160];
            (void)snprintf(why, sizeof why,
                           "unknown dimension %.40s: only convolutions and matrix "
                           "products (C, M, R, S, P, Q, N, G) are read",
                           text);
            return fail(p, key, why);
        }
        if (i < DIMS) {
            if ((*seen >> i & 1u) != 0) {
                return fail(p, key, "is there twice");
            }
            *seen |= 1u << i;
            if (read_number(p, yaml_document_get_node(p->document, pair->value),
                            &dims[i])) {
                return -1;
            }
        }
    }
    return 0;
}

/* Append the layer. A batch of 1 x 1 windows is more positions; else all images are
 * one map's. */
static int add_layer(const struct problems *p, const yaml_node_t *node, const char *name,
                     const int64_t *d) {
    struct error why = {"", 0, 0, ""};
    struct import_work work = {.name = name,
                               .r = d[DIM_S],
                               .s = d[DIM_R],
                               .c = d[DIM_C],
                               .m = d[DIM_M],
                               .groups = d[DIM_G],
                               .stride = {d[DIM_HSTRIDE], d[DIM_WSTRIDE]}};
    int rc = 0;
    if (d[DIM_WDILATION] != 1 || d[DIM_HDILATION] != 1) {
        return fail(p, node, "is dilated; the array has no dilation");
    }
    for (int i = 0; i < DIMS; i++) {
        if (d[i] > LAYER_DIM_MAX) {
            return fail(p, node, "has a dimension of more than 65535");
        }
    }
    if (d[DIM_N] != 1 && d[DIM_P] == 1 && d[DIM_Q] == 1 && d[DIM_R] == 1 &&
        d[DIM_S] == 1 && d[DIM_G] == 1) {
        rc = import_work_gemm(p->net, name, d[DIM_N], d[DIM_M], d[DIM_C], &why);
    } else if (d[DIM_N] != 1) {
        return fail(p, node,
                    "has N, a batch, of more than 1: use --batch of qadam "
                    "predict and simulate");
    } else {
        work.h = (d[DIM_Q] - 1) * d[DIM_HSTRIDE] + d[DIM_S];
        work.w = (d[DIM_P] - 1) * d[DIM_WSTRIDE] + d[DIM_R];
        rc = import_work_add(p->net, &work, &why);
    }
    return rc == 0 ? 0 : fail(p, node, why.text);
}

/* Read what is under one "problem". */
static int read_problem(const struct problems *p, const yaml_node_t *problem) {
    int64_t dims[DIMS];
    unsigned seen = 0;
    for (int i = 0; i < DIMS; i++) {
        dims[i] = 1;
    }
    if (problem->type != YAML_MAPPING_NODE) {
        return fail(p, problem, "must be a mapping");
    }
    const yaml_node_t *instance = find(p, problem, "instance");
    const yaml_node_t *shape = find(p, problem, "shape");
    const char *name = scalar(find(p, problem, "name"));
    name = name ? name : scalar(find(p, shape, "name"));
    name = name ? name : scalar(shape);
    if (instance && instance->type != YAML_MAPPING_NODE) {
        return fail(p, instance, "must be a mapping");
    }
    if (read_dims(p, problem, dims, &seen) ||
        (instance && read_dims(p, instance, dims, &seen))) {
        return -1;
    }
    if (seen == 0) {
        return fail(p, problem, "has no dimensions (C, M, R, S, P, Q)");
    }
    return add_layer(p, problem, name ? name : "", dims);
}

/* Read one document: a mapping with "problem", or a list of such. */
static int read_document(struct problems *p) {
    const yaml_node_t *root = yaml_document_get_root_node(p->document);
    if (root->type != YAML_SEQUENCE_NODE) {
        const yaml_node_t *problem = find(p, root, "problem");
        return problem ? read_problem(p, problem) : fail(p, root, "has no \"problem\"");
    }
    for (const yaml_node_item_t *item = root->data.sequence.items.start;
         item < root->data.sequence.items.top; item++) {
        const yaml_node_t *entry = yaml_document_get_node(p->document, *item);
        const yaml_node_t *problem = find(p, entry, "problem");
        if (!problem) {
            return fail(p, entry, "has no \"problem\"");
        }
        if (read_problem(p, problem)) {
            return -1;
        }
    }
    return 0;
}

int import_timeloop(const uint8_t *bytes, size_t size, const struct layer_map *shape,
                    struct import_net *net, struct error *err) {
    yaml_parser_t parser;
    yaml_document_t document;
    struct problems p = {&document, net, err};
    if (shape) {
        return error_set(err, "--shape is for ONNX files");
    }
    if (!yaml_parser_initialize(&parser)) {
        return error_set(err, "out of memory");
    }
    yaml_parser_set_input_string(&parser, bytes, size);
    int rc = 0, end = 0;
    while (rc == 0 && !end) {
        if (!yaml_parser_load(&parser, &document)) {
            rc = error_set_at(err, NULL, (int)parser.problem_mark.line + 1,
                              (int)parser.problem_mark.column + 1, "%.200s",
                              parser.problem ? parser.problem : "is no YAML");
            break;
        }
        end = yaml_document_get_root_node(&document) == NULL;
        rc = end ? 0 : read_document(&p);
        yaml_document_delete(&document);
    }
    yaml_parser_delete(&parser);
    if (rc == 0 && net->count == 0) {
        rc = error_set(err, "has no problem");
    }
    return rc;
}
