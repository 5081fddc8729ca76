/* SPDX-License-Identifier: Apache-2.0
 *
 * Quantizers: real tensors to the words of a PE type, with one power-of-two scale a
 * tensor.
 *
 * A word stands for an integer (pe_golden.weight_value, or the word itself) and a tensor
 * has one exponent:
 *
 *     real number ~ integer * 2^exponent
 *
 * so products and psums have the sum of the exponents of act and weight. Rounding:
 * to the nearest integer that a word stands for. Between two of them: the even one where
 * every integer has a word, else the one of smaller magnitude. What is out of range gets
 * the nearest end of the range. Of several words for one integer the smallest, read as
 * unsigned, is taken; for 0 the type's weight_zero.
 *
 * Float types take binary32 as it is, exponent 0.
 */
#ifndef QADAM_QUANTIZE_H
#define QADAM_QUANTIZE_H

#include <stddef.h>
#include <stdint.h>

#include "gen/error.h"
#include "gen/pe_type.h"
#include "pe_lib/golden.h"

/* A number that a word stands for. */
struct quantize_level {
    int64_t value;
    int32_t word; /* sign-extended */
};

/* The numbers of one kind of word. */
struct quantizer {
    int is_float;                  /* 1: words are bit patterns of binary32 */
    int64_t low, high;             /* least and greatest integer */
    struct quantize_level *levels; /* owned, ascending; NULL: every integer has a word */
    size_t level_count;
};

/* How an exponent is chosen: */
enum quantize_rule {
    QUANTIZE_RANGE, /* the least with which nothing saturates */
    QUANTIZE_ERROR  /* that or one of the twelve below it, with the least sum of squared
                       errors; of equals, the greatest */
};

/* For acts, weights, or the biases (psum_bits wide integers) of a type. Caller ends with
 * quantizer_close. quantizer_weights returns 0, or -1 with *err set (out of memory, words
 * of more than 16 bits that are not the numbers themselves). */
void quantizer_acts(struct quantizer *q, const struct pe_type *type);
int quantizer_weights(struct quantizer *q, const struct pe_type *type,
                      const struct pe_golden *golden, struct error *err);
void quantizer_bias(struct quantizer *q, const struct pe_type *type, unsigned psum_bits);
void quantizer_close(struct quantizer *q);

/* 0 if all numbers of x[n] are finite, or the type is float; else -1 with *err set:
 * name (of the tensor), index and value. */
int quantize_check(const struct quantizer *q, const float *x, size_t n, const char *name,
                   struct error *err);

/* Choose the exponent of x[n], all finite; 0 when all are 0 or the type is float. */
int quantize_exponent(const struct quantizer *q, const float *x, size_t n,
                      enum quantize_rule rule);

/* The word for x, finite if the type is not float. exponent -400..400. */
int64_t quantize_word(const struct quantizer *q, float x, int exponent);

/* The integer that quantize_word's word stands for (not for float types). */
int64_t quantize_value(const struct quantizer *q, float x, int exponent);

#endif
