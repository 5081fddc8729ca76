/* SPDX-License-Identifier: Apache-2.0
 *
 * Real tensors to the words of a PE type.
 */
#include "pe_lib/quantize.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TABLE_BITS = 16 };

static void integers(struct quantizer *q, const struct pe_type *type, unsigned bits) {
    const int64_t top = (int64_t)((UINT64_C(1) << (bits - 1)) - 1);
    *q = (struct quantizer){type->kind == PE_FLOAT, -top - 1, top, NULL, 0};
}

void quantizer_acts(struct quantizer *q, const struct pe_type *type) {
    integers(q, type, type->act_bits);
}

void quantizer_bias(struct quantizer *q, const struct pe_type *type, unsigned psum_bits) {
    integers(q, type, psum_bits);
}

static int by_value(const void *a, const void *b) {
    const struct quantize_level *x = a, *y = b;
    if (x->value != y->value) {
        return x->value < y->value ? -1 : 1;
    }
    return (uint32_t)x->word < (uint32_t)y->word ? -1 : x->word != y->word;
}

static int32_t sign_extended(uint32_t word, unsigned bits) {
    const uint32_t sign = UINT32_C(1) << (bits - 1);
    return (int32_t)((word ^ sign) - sign);
}

/* All words by value, one word a value. */
static void make_levels(struct quantizer *q, const struct pe_type *type,
                        const struct pe_golden *golden) {
    const size_t words = q->level_count;
    size_t kept = 0;
    for (size_t i = 0; i < words; i++) {
        const int32_t word = (int32_t)(i < words / 2 ? (int64_t)i : (int64_t)(i - words));
        q->levels[i] = (struct quantize_level){golden->weight_value(word), word};
    }
    qsort(q->levels, words, sizeof *q->levels, by_value);
    for (size_t i = 0; i < words; i++) {
        if (kept == 0 || q->levels[i].value != q->levels[kept - 1].value) {
            q->levels[kept] = q->levels[i];
            if (q->levels[kept].value == 0) {
                q->levels[kept].word =
                    sign_extended(type->weight_zero, type->weight_bits);
            }
            kept++;
        }
    }
    q->level_count = kept;
    q->low = q->levels[0].value;
    q->high = q->levels[kept - 1].value;
}

int quantizer_weights(struct quantizer *q, const struct pe_type *type,
                      const struct pe_golden *golden, struct error *err) {
    integers(q, type, type->weight_bits);
    if (!golden->weight_value) {
        return 0;
    }
    if (type->weight_bits > TABLE_BITS) {
        return error_set(err,
                         "PE type %s: weights of %u bits cannot be quantized: their "
                         "words are not the numbers themselves, and have more than %d "
                         "bits",
                         type->name, type->weight_bits, TABLE_BITS);
    }
    q->level_count = (size_t)1 << type->weight_bits;
    q->levels = malloc(q->level_count * sizeof *q->levels);
    if (!q->levels) {
        return error_set(err, "out of memory");
    }
    make_levels(q, type, golden);
    return 0;
}

void quantizer_close(struct quantizer *q) {
    free(q->levels);
    memset(q, 0, sizeof *q);
}

int quantize_check(const struct quantizer *q, const float *x, size_t n, const char *name,
                   struct error *err) {
    for (size_t i = 0; i < n && !q->is_float; i++) {
        if (!isfinite(x[i])) {
            return error_set(err,
                             "tensor %s: element %zu is %s; an integer type has only "
                             "finite numbers",
                             name, i,
                             isnan(x[i]) ? "NaN"
                             : x[i] > 0  ? "infinite"
                                         : "-infinite");
        }
    }
    return 0;
}

/* The level next to scaled, ties to the smaller magnitude; low <= scaled <= high. */
static const struct quantize_level *nearest(const struct quantizer *q, double scaled) {
    size_t low = 0, high = q->level_count - 1; /* levels[low] <= scaled <= levels[high] */
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if ((double)q->levels[middle].value <= scaled) {
            low = middle;
        } else {
            high = middle;
        }
    }
    const double down = scaled - (double)q->levels[low].value;
    const double up = (double)q->levels[high].value - scaled;
    if (down != up) {
        return &q->levels[down < up ? low : high];
    }
    return &q->levels[llabs(q->levels[low].value) < llabs(q->levels[high].value) ? low
                                                                                 : high];
}

static struct quantize_level level_of(const struct quantizer *q, float x, int exponent) {
    double scaled = ldexp((double)x, -exponent);
    if (q->levels) {
        scaled = fmin(fmax(scaled, (double)q->low), (double)q->high);
        return *nearest(q, scaled);
    }
    scaled = rint(scaled); /* to nearest, ties to even: the default direction */
    int64_t value = scaled <= (double)q->low    ? q->low
                    : scaled >= (double)q->high ? q->high
                                                : (int64_t)scaled;
    return (struct quantize_level){value, (int32_t)value};
}

int64_t quantize_word(const struct quantizer *q, float x, int exponent) {
    if (q->is_float) {
        int32_t word;
        memcpy(&word, &x, sizeof word);
        return word;
    }
    return q->levels ? level_of(q, x, exponent).word : level_of(q, x, exponent).value;
}

int64_t quantize_value(const struct quantizer *q, float x, int exponent) {
    return level_of(q, x, exponent).value;
}

static int saturates(const struct quantizer *q, double x, int exponent) {
    const double scaled = ldexp(x, -exponent);
    return scaled < (double)q->low || scaled > (double)q->high;
}

/* The least exponent with which nothing in minimum .. maximum saturates. */
static int range_exponent(const struct quantizer *q, double minimum, double maximum) {
    int exponent = 0;
    (void)frexp(fmax(-minimum, maximum) / (double)q->high, &exponent);
    while (saturates(q, minimum, exponent) || saturates(q, maximum, exponent)) {
        exponent++;
    }
    while (!saturates(q, minimum, exponent - 1) && !saturates(q, maximum, exponent - 1)) {
        exponent--;
    }
    return exponent;
}

static double squared_error(const struct quantizer *q, const float *x, size_t n,
                            int exponent) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        double d =
            (double)x[i] - ldexp((double)quantize_value(q, x[i], exponent), exponent);
        sum += d * d;
    }
    return sum;
}

int quantize_exponent(const struct quantizer *q, const float *x, size_t n,
                      enum quantize_rule rule) {
    double minimum = 0, maximum = 0;
    for (size_t i = 0; i < n; i++) {
        minimum = fmin(minimum, x[i]);
        maximum = fmax(maximum, x[i]);
    }
    if (q->is_float || (minimum == 0 && maximum == 0)) {
        return 0;
    }
    const int first = range_exponent(q, minimum, maximum);
    if (rule == QUANTIZE_RANGE) {
        return first;
    }
    /* Halving the range again pays only while few numbers saturate. */
    enum { HALVINGS = 12 };
    int best = first;
    double least = squared_error(q, x, n, first);
    for (int exponent = first - 1; exponent >= first - HALVINGS; exponent--) {
        const double error = squared_error(q, x, n, exponent);
        if (error < least) {
            least = error;
            best = exponent;
        }
    }
    return best;
}
