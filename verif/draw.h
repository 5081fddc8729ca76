/* SPDX-License-Identifier: Apache-2.0
 *
 * Random words of tensors.
 */
#ifndef QADAM_DRAW_H
#define QADAM_DRAW_H

#include <stddef.h>
#include <stdint.h>

#include "gen/design.h"
#include "pe_lib/golden.h"
#include "verif/prng.h"
#include "verif/tensor.h"

/* Largest number of a two's complement word; bits 1..64. */
int64_t draw_largest(unsigned bits);

/* Standard deviation of a uniform number in -limit .. limit. */
double draw_uniform_sigma(int64_t limit);

/* Standard deviation of the value of a weight drawn from all words; type must have
 * weight_value. */
double draw_word_sigma(const struct hw *hw, const struct pe_golden *type);

/* Words of bits bits, uniform in -limit .. limit; TENSOR_FULL: all words, a quarter of
 * them extremes. */
void draw_words(int32_t *words, size_t count, struct prng *g, int64_t limit,
                unsigned bits, enum tensor_range range);

/* Biases up to a quarter of sigma, that of the sums they are added to (psum units);
 * TENSOR_FULL: all psums. */
void draw_bias(int64_t *bias, size_t count, struct prng *g, const struct hw *hw,
               double sigma, enum tensor_range range);

/* A finite binary32 word: -1..1, TENSOR_FULL: all exponents, TENSOR_SMALL: integers
 * -4..3. */
int32_t draw_float(struct prng *g, enum tensor_range range);

#endif
