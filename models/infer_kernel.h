/* SPDX-License-Identifier: Apache-2.0
 *
 * Inner products of the inference engine, in a form that the compiler vectorizes.
 */
#ifndef QADAM_INFER_KERNEL_H
#define QADAM_INFER_KERNEL_H

#include <stddef.h>
#include <stdint.h>

enum {
    INFER_ROW = 32,    /* elements that a row of a window or a filter is a multiple of */
    INFER_WINDOWS = 2, /* of one call */
    INFER_FILTERS = 4,
    INFER_DOTS = INFER_WINDOWS * INFER_FILTERS
};

/* The inner products of INFER_WINDOWS windows with INFER_FILTERS filters, modulo 2^32.
 *
 *   windows  [INFER_WINDOWS][row]
 *   filters  [INFER_FILTERS][row]
 *   row      multiple of INFER_ROW
 *   sums     out: [INFER_WINDOWS][INFER_FILTERS]
 */
void infer_dots_narrow(const int16_t *windows, const int16_t *filters, size_t row,
                       uint32_t *sums);

/* One inner product modulo 2^64. */
uint64_t infer_dot_wide(const int32_t *window, const int32_t *filter, size_t row);

/* The output stage (golden_output) of a layer. */
struct infer_output {
    unsigned psum_bits; /* 32 at most */
    int relu;
    unsigned shift; /* psum_bits - 1 at most */
    unsigned act_bits;
};

/* Sums of one filter to acts: wrapped with the bias, then the output stage.
 *
 *   sums, out  [count]
 */
void infer_output_narrow(const struct infer_output *stage, const uint32_t *sums,
                         uint32_t bias, size_t count, int32_t *out);

#endif
