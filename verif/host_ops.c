/* SPDX-License-Identifier: Apache-2.0
 *
 * Residual adds and pooling on the host.
 */
#include "verif/host_ops.h"

#include <assert.h>
#include <string.h>

int64_t host_divide(int64_t numerator, int64_t denominator) {
    assert(denominator > 0);
    int64_t floor = numerator / denominator, rest = numerator % denominator;
    if (rest < 0) {
        rest += denominator;
        floor--;
    }
    int64_t other = denominator - rest; /* to the next integer */
    return floor + (rest > other || (rest == other && floor % 2 != 0));
}

void host_add_sums(const int32_t *a, const int32_t *b, const unsigned align[2],
                   int64_t *sums, size_t count) {
    const int64_t scale_a = INT64_C(1) << align[0], scale_b = INT64_C(1) << align[1];
    for (size_t i = 0; i < count; i++) {
        sums[i] = a[i] * scale_a + b[i] * scale_b;
    }
}

void host_add_float(const struct pe_golden *type, const struct layer *l, const int32_t *a,
                    const int32_t *b, int32_t *out) {
    const size_t count = (size_t)l->m * l->e * l->f;
    for (size_t i = 0; i < count; i++) {
        uint32_t sum = type->add((uint32_t)a[i], (uint32_t)b[i]);
        out[i] = l->relu && sum >> 31 ? 0 : (int32_t)sum;
    }
}

/* The part of a window that exists. */
struct window {
    unsigned y0, y1, x0, x1; /* ends not included */
};

static void clip(unsigned out, unsigned stride, unsigned pad, unsigned kernel,
                 unsigned size, unsigned *from, unsigned *to) {
    unsigned begin = out * stride, end = begin + kernel; /* of the padded map */
    *from = begin > pad ? begin - pad : 0;
    *to = end > pad ? end - pad : 0;
    *to = *to < size ? *to : size;
}

static struct window window_of(const struct layer *l, unsigned e, unsigned f) {
    struct window w;
    clip(e, l->u, l->pad, l->r, l->h, &w.y0, &w.y1);
    clip(f, l->u, l->pad, l->s, l->w, &w.x0, &w.x1);
    return w;
}

static float to_float(int32_t word) {
    float value;
    memcpy(&value, &word, sizeof value);
    return value;
}

static int greater(int is_float, int32_t a, int32_t b) {
    return is_float ? to_float(a) > to_float(b) : a > b;
}

static int32_t maximum(const struct layer *l, int is_float, const int32_t *plane,
                       const struct window *w) {
    int32_t best = plane[(size_t)w->y0 * l->w + w->x0];
    for (unsigned y = w->y0; y < w->y1; y++) {
        for (unsigned x = w->x0; x < w->x1; x++) {
            int32_t word = plane[(size_t)y * l->w + x];
            best = greater(is_float, word, best) ? word : best;
        }
    }
    return best;
}

static int32_t average(const struct layer *l, const int32_t *plane,
                       const struct window *w) {
    int64_t sum = 0;
    for (unsigned y = w->y0; y < w->y1; y++) {
        for (unsigned x = w->x0; x < w->x1; x++) {
            sum += plane[(size_t)y * l->w + x];
        }
    }
    return (int32_t)host_divide(sum, (int64_t)(w->y1 - w->y0) * (w->x1 - w->x0));
}

static int32_t average_float(const struct layer *l, const struct pe_golden *type,
                             const int32_t *plane, const struct window *w) {
    uint32_t sum = 0, word;
    for (unsigned y = w->y0; y < w->y1; y++) {
        for (unsigned x = w->x0; x < w->x1; x++) {
            sum = type->add(sum, (uint32_t)plane[(size_t)y * l->w + x]);
        }
    }
    double count = (double)(w->y1 - w->y0) * (w->x1 - w->x0);
    float inverse = (float)(1 / count);
    memcpy(&word, &inverse, sizeof word);
    return (int32_t)type->multiply(sum, word);
}

void host_maxpool(const struct layer *l, int is_float, const int32_t *in, int32_t *out) {
    for (unsigned c = 0; c < l->c; c++, in += (size_t)l->h * l->w) {
        for (unsigned e = 0; e < l->e; e++) {
            for (unsigned f = 0; f < l->f; f++) {
                const struct window w = window_of(l, e, f);
                *out++ = maximum(l, is_float, in, &w);
            }
        }
    }
}

void host_avgpool(const struct layer *l, const struct pe_golden *type, const int32_t *in,
                  int32_t *out) {
    for (unsigned c = 0; c < l->c; c++, in += (size_t)l->h * l->w) {
        for (unsigned e = 0; e < l->e; e++) {
            for (unsigned f = 0; f < l->f; f++) {
                const struct window w = window_of(l, e, f);
                *out++ = type ? average_float(l, type, in, &w) : average(l, in, &w);
            }
        }
    }
}
