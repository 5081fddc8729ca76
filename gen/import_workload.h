/* SPDX-License-Identifier: Apache-2.0
 *
 * Workloads of other tools as networks of unconnected layers (docs/import.md).
 */
#ifndef QADAM_IMPORT_WORKLOAD_H
#define QADAM_IMPORT_WORKLOAD_H

#include <stddef.h>
#include <stdint.h>

#include "gen/error.h"
#include "gen/import_net.h"

/* Fill net, which import_net_init has made, from the bytes of a SCALE-Sim topology
 * (CSV, of convolutions or of GEMMs) or a Timeloop problem (YAML). shape must be NULL:
 * these files always have shapes.
 *
 * Returns 0, or -1 with *err set: line and reason, without the file. */
int import_scalesim(const uint8_t *bytes, size_t size, const struct layer_map *shape,
                    struct import_net *net, struct error *err);
int import_timeloop(const uint8_t *bytes, size_t size, const struct layer_map *shape,
                    struct import_net *net, struct error *err);

/* One layer of a workload. */
struct import_work {
    const char *name;
    int64_t h, w;      /* input rows and columns, with all padding in them */
    int64_t r, s;      /* filter rows and columns */
    int64_t c, m;      /* channels of a group, filters of a group */
    int64_t groups;    /* 1 = dense */
    int64_t stride[2]; /* rows, columns */
};

/* Append a layer, as a convolution. Returns 0, or -1 with *err set to the reason. */
int import_work_add(struct import_net *net, const struct import_work *work,
                    struct error *err);

/* Append a product of matrices, [m][k] by [k][n], as a 1 x 1 convolution of k channels
 * and n filters over m positions. Returns 0, or -1 with *err set to the reason. */
int import_work_gemm(struct import_net *net, const char *name, int64_t m, int64_t n,
                     int64_t k, struct error *err);

#endif
