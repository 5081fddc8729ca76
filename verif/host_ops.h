/* SPDX-License-Identifier: Apache-2.0
 *
 * The layers that the host runs between those of the array: residual adds and pooling,
 * bit by bit (docs/networks.md).
 *
 * An integer act is a word on a fixed-point grid: value = word * 2^-frac_bits, the same
 * frac_bits for a whole map. Float acts are binary32 bit patterns.
 */
#ifndef QADAM_HOST_OPS_H
#define QADAM_HOST_OPS_H

#include <stddef.h>
#include <stdint.h>

#include "gen/error.h"
#include "gen/network.h"
#include "pe_lib/golden.h"

enum {
    HOST_ALIGN_MAX = 30 /* bits between the grids of two maps that are added */
};

/* numerator / denominator, rounded to the nearest integer, ties to even; denominator
 * from 1 to 2^40. */
int64_t host_divide(int64_t numerator, int64_t denominator);

/* Integer add: both words on the finer grid, exactly.
 *
 *   a, b   words
 *   align  bits by which each is shifted left: 0..HOST_ALIGN_MAX
 *   sums   out: [count]
 */
void host_add_sums(const int32_t *a, const int32_t *b, const unsigned align[2],
                   int64_t *sums, size_t count);

/* Add two maps of float acts with the type's own addition, then ReLU if the layer has
 * it (a negative number, also -0, becomes +0). out: [M][E][F]. */
void host_add_float(const struct pe_golden *type, const struct layer *l, const int32_t *a,
                    const int32_t *b, int32_t *out);

/* Maximum of the positions of a window that exist; the padding is never the maximum.
 * Of float zeros and other equals the first in row order is taken.
 *
 *   is_float  1: words are bit patterns of finite numbers
 *   in, out   [C][H][W], [C][E][F]
 */
void host_maxpool(const struct layer *l, int is_float, const int32_t *in, int32_t *out);

/* Average over the positions of a window that exist: the padding is not counted.
 * Integers: the exact sum divided by the number of positions, ties to even.
 * Floats (type != NULL): from +0 in row order with the type's addition, then multiplied
 * by the binary32 number nearest to 1 / positions with the type's product. */
void host_avgpool(const struct layer *l, const struct pe_golden *type, const int32_t *in,
                  int32_t *out);

#endif
