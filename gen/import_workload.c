/* SPDX-License-Identifier: Apache-2.0
 *
 * Layers of workloads as convolutions with inputs of their own.
 */
#include "gen/import_workload.h"

/* A number of a layer from 1 to high. */
static int check(const char *what, int64_t value, int64_t high, struct error *err) {
    if (value < 1 || value > high) {
        return error_set(err, "%s is %lld, must be 1 to %lld", what, (long long)value,
                         (long long)high);
    }
    return 0;
}

int import_work_add(struct import_net *net, const struct import_work *work,
                    struct error *err) {
    int64_t stride = work->stride[0];
    if (check("input height", work->h, LAYER_DIM_MAX, err) ||
        check("input width", work->w, LAYER_DIM_MAX, err) ||
        check("filter height", work->r, LAYER_KERNEL_MAX, err) ||
        check("filter width", work->s, LAYER_KERNEL_MAX, err) ||
        check("number of groups", work->groups, LAYER_DIM_MAX, err) ||
        check("number of channels", work->c, LAYER_DIM_MAX / work->groups, err) ||
        check("number of filters", work->m, LAYER_DIM_MAX / work->groups, err) ||
        check("stride", work->stride[0], LAYER_DIM_MAX, err) ||
        check("stride", work->stride[1], LAYER_DIM_MAX, err)) {
        return -1;
    }
    if (work->stride[0] != work->stride[1]) {
        if (work->h != work->r && work->w != work->s) {
            return error_set(err, "strides are %lld and %lld, must be the same",
                             (long long)work->stride[0], (long long)work->stride[1]);
        }
        stride = work->stride[work->h == work->r]; /* one row or column: no step in it */
    }
    if (check("stride", stride, LAYER_STRIDE_MAX, err)) {
        return -1;
    }
    const struct layer l = {.op = OP_CONV,
                            .m = (unsigned)(work->m * work->groups),
                            .r = (unsigned)work->r,
                            .s = (unsigned)work->s,
                            .u = (unsigned)stride,
                            .groups = (unsigned)work->groups};
    const struct layer_map own = {(unsigned)(work->c * work->groups), (unsigned)work->h,
                                  (unsigned)work->w};
    return import_net_add(net, &l, &own, work->name, NULL, NULL, err) < 0 ? -1 : 0;
}

int import_work_gemm(struct import_net *net, const char *name, int64_t m, int64_t n,
                     int64_t k, struct error *err) {
    if (check("M", m, (int64_t)LAYER_DIM_MAX * LAYER_DIM_MAX, err) ||
        check("N", n, LAYER_DIM_MAX, err) || check("K", k, LAYER_DIM_MAX, err)) {
        return -1;
    }
    int64_t rows = 1; /* the largest divisor of m up to its root: a map like a square */
    for (int64_t d = 2; d * d <= m; d++) {
        rows = m % d == 0 ? d : rows;
    }
    const struct import_work work = {.name = name,
                                     .h = rows,
                                     .w = m / rows,
                                     .r = 1,
                                     .s = 1,
                                     .c = k,
                                     .m = n,
                                     .groups = 1,
                                     .stride = {1, 1}};
    return import_work_add(net, &work, err);
}
