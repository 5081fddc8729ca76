/* SPDX-License-Identifier: Apache-2.0
 *
 * Golden layer model.
 *
 * Windows of the ifmap are gathered into rows of C*R*S acts; every output is then the
 * inner product of one window and one filter. Sums are kept modulo 2^32 or 2^64, which
 * the psum width divides, so the order of additions does not matter.
 */
#include "verif/golden.h"

#include <stdlib.h>
#include <string.h>

enum { WINDOWS = 8, FILTERS = 64, PAD = 32 };

const struct pe_golden *golden_type(const char *name, struct error *err) {
    for (const struct pe_golden *const *p = pe_golden_table; *p; p++) {
        if (strcmp((*p)->name, name) == 0) {
            return *p;
        }
    }
    (void)error_set(err, "PE type '%s' has no golden function (pe_lib/%s/golden.c)", name,
                    name);
    return NULL;
}

int64_t golden_wrap(int64_t value, unsigned psum_bits) {
    if (psum_bits >= 64) {
        return value;
    }
    uint64_t sign = UINT64_C(1) << (psum_bits - 1);
    uint64_t low = (uint64_t)value & ((sign << 1) - 1);
    return (int64_t)((low ^ sign) - sign);
}

int64_t golden_round(int64_t value, unsigned shift) {
    if (shift == 0) {
        return value;
    }
    uint64_t half = UINT64_C(1) << (shift - 1);
    uint64_t rest = (uint64_t)value & ((half << 1) - 1);
    int64_t floor = value >> shift;
    return floor + (rest > half || (rest == half && (floor & 1)));
}

int64_t golden_saturate(int64_t value, unsigned act_bits) {
    int64_t max = (INT64_C(1) << (act_bits - 1)) - 1;
    return value > max ? max : value < -max - 1 ? -max - 1 : value;
}

int64_t golden_output(int64_t psum, int relu, unsigned requant_shift, unsigned act_bits) {
    int64_t value = relu && psum < 0 ? 0 : psum;
    return golden_saturate(golden_round(value, requant_shift), act_bits);
}

/* Work area of one channel group. Rows are padded with zeros to a multiple of PAD. */
struct work {
    const struct hw *hw;
    const struct pe_golden *type;
    const struct layer *l;
    size_t taps, row; /* C*R*S, the same padded */
    int narrow;       /* all values fit int16 and psums 32 bits: the fast loop */
    int wrapped;      /* a psum was out of range before it was wrapped */
    int32_t *windows; /* [WINDOWS][row] */
    int32_t *filters; /* [FILTERS][row] */
    int16_t *windows16, *filters16; /* the same, when narrow */
};

static void work_close(struct work *w) {
    free(w->windows);
    free(w->filters);
    free(w->windows16);
    free(w->filters16);
}

static int work_init(struct work *w, const struct hw *hw, const struct pe_golden *type,
                     const struct layer *l, int narrow, struct error *err) {
    memset(w, 0, sizeof *w);
    w->hw = hw;
    w->type = type;
    w->l = l;
    w->taps = (size_t)l->c * l->r * l->s;
    w->row = (w->taps / PAD + 1) * PAD;
    w->narrow = narrow;
    w->windows = calloc(WINDOWS * w->row, sizeof *w->windows);
    w->filters = calloc(FILTERS * w->row, sizeof *w->filters);
    w->windows16 = calloc(WINDOWS * w->row, sizeof *w->windows16);
    w->filters16 = calloc(FILTERS * w->row, sizeof *w->filters16);
    if (!w->windows || !w->filters || !w->windows16 || !w->filters16) {
        work_close(w);
        (void)error_set(err, "layer '%s': out of memory for the golden model", l->name);
        return -1;
    }
    return 0;
}

/* Window of ofmap position (e, f): acts in the order of a filter, zero in the padding. */
static void gather(int32_t *window, const struct layer *l, const int32_t *ifmap,
                   unsigned e, unsigned f) {
    const long y0 = (long)e * l->u - (long)l->pad;
    const long x0 = (long)f * l->u - (long)l->pad;
    const int inside = x0 >= 0 && x0 + (long)l->s <= (long)l->w;
    for (unsigned c = 0; c < l->c; c++) {
        for (unsigned r = 0; r < l->r; r++, window += l->s) {
            long y = y0 + (long)r;
            if (y < 0 || y >= (long)l->h) {
                memset(window, 0, l->s * sizeof *window);
                continue;
            }
            const int32_t *row = ifmap + ((size_t)c * l->h + (size_t)y) * l->w;
            for (unsigned s = 0; s < l->s; s++) {
                long x = x0 + (long)s;
                window[s] = inside || (x >= 0 && x < (long)l->w) ? row[x] : 0;
            }
        }
    }
}

static void narrow_row(int16_t *to, const int32_t *from, size_t count) {
    for (size_t i = 0; i < count; i++) {
        to[i] = (int16_t)from[i];
    }
}

/* Inner product modulo 2^32. Two int16 products at most fill 2^31: the sum of a pair
 * and all further ones are unsigned and may wrap. */
static uint32_t dot_narrow(const int16_t *restrict a, const int16_t *restrict b,
                           size_t count) {
    uint32_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += (uint32_t)(a[i] * b[i]);
    }
    return sum;
}

/* Inner product modulo 2^64. */
static uint64_t dot_wide(const int32_t *restrict a, const int32_t *restrict b,
                         size_t count) {
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += (uint64_t)((int64_t)a[i] * b[i]);
    }
    return sum;
}

/* The same with the type's own product, for types that are not linear. */
static uint64_t dot_product(const struct pe_golden *type, const int32_t *acts,
                            const int32_t *weights, size_t count) {
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += (uint64_t)type->product(acts[i], weights[i]);
    }
    return sum;
}

static int64_t inner_product(const struct work *w, size_t window, size_t filter) {
    if (w->narrow) {
        return (int64_t)dot_narrow(w->windows16 + window * w->row,
                                   w->filters16 + filter * w->row, w->row);
    }
    const int32_t *acts = w->windows + window * w->row;
    const int32_t *weights = w->filters + filter * w->row;
    if (w->type->linear) {
        return (int64_t)dot_wide(acts, weights, w->row);
    }
    return (int64_t)dot_product(w->type, acts, weights, w->taps);
}

/* Copy filters m0 .. m0 + count - 1, as values for linear types, else as words. */
static void load_filters(struct work *w, const int32_t *weights, unsigned m0,
                         unsigned count) {
    const int decode = w->type->linear && w->type->weight_value != NULL;
    for (unsigned i = 0; i < count; i++) {
        const int32_t *from = weights + (size_t)(m0 + i) * w->taps;
        int32_t *to = w->filters + (size_t)i * w->row;
        for (size_t k = 0; k < w->taps; k++) {
            to[k] = decode ? (int32_t)w->type->weight_value(from[k]) : from[k];
        }
        narrow_row(w->filters16 + (size_t)i * w->row, to, w->row);
    }
}

/* Psums of a block of filters at up to WINDOWS positions from position on. */
static void run_block(struct work *w, const struct tensors *t, unsigned m0,
                      unsigned filters, size_t position, int64_t *psums) {
    const struct layer *l = w->l;
    const size_t plane = (size_t)l->e * l->f;
    size_t windows = plane - position;
    if (windows > WINDOWS) {
        windows = WINDOWS;
    }
    for (size_t i = 0; i < windows; i++) {
        int32_t *window = w->windows + i * w->row;
        gather(window, l, t->ifmap, (unsigned)((position + i) / l->f),
               (unsigned)((position + i) % l->f));
        narrow_row(w->windows16 + i * w->row, window, w->row);
    }
    for (unsigned m = 0; m < filters; m++) {
        uint64_t bias = (uint64_t)t->bias[m0 + m];
        for (size_t i = 0; i < windows; i++) {
            uint64_t sum = bias + (uint64_t)inner_product(w, i, m);
            const int64_t psum = golden_wrap((int64_t)sum, w->hw->design.psum_bits);
            psums[(m0 + m) * plane + position + i] = psum;
            w->wrapped |= psum != (int64_t)sum;
        }
    }
}

static uint64_t magnitude(int64_t v) {
    return v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
}

/* Whether |act|max * sum|weight| + |bias| can leave the psum range; over-cautious for
 * types that are not linear. */
static int can_overflow(const struct hw *hw, const struct pe_golden *type,
                        const struct layer *l, const struct tensors *t) {
    const size_t taps = (size_t)l->c * l->r * l->s;
    double act_max = 0, limit = (double)((UINT64_C(1) << (hw->design.psum_bits - 1)) - 1);
    if (!type->linear) {
        return 1;
    }
    for (size_t i = 0; i < tensor_ifmap_count(l); i++) {
        double a = (double)magnitude(t->ifmap[i]);
        act_max = a > act_max ? a : act_max;
    }
    for (unsigned m = 0; m < l->m; m++) {
        uint64_t sum = 0;
        for (size_t k = 0; k < taps; k++) {
            int64_t word = t->weights[m * taps + k];
            sum += magnitude(type->weight_value ? type->weight_value(word) : word);
        }
        if (act_max * (double)sum + (double)magnitude(t->bias[m]) > limit * 0.999999) {
            return 1;
        }
    }
    return 0;
}

/* Whether all weight words of a linear type stand for numbers of int16. */
static int narrow_weights(const struct hw *hw, const struct pe_golden *type) {
    const int64_t end = INT64_C(1) << (hw->type.weight_bits - 1);
    if (!type->weight_value || hw->type.weight_bits > 8) {
        return !type->weight_value && hw->type.weight_bits <= 16;
    }
    for (int64_t word = -end; word < end; word++) {
        if (type->weight_value(word) != (int16_t)type->weight_value(word)) {
            return 0;
        }
    }
    return 1;
}

static int golden_group(const struct hw *hw, const struct pe_golden *type,
                        const struct layer *l, const struct tensors *t, int64_t *psums,
                        int *wrapped, struct error *err) {
    struct work w;
    const size_t plane = (size_t)l->e * l->f;
    int narrow = type->linear && hw->type.act_bits <= 16 && narrow_weights(hw, type) &&
                 hw->design.psum_bits <= 32;
    if (work_init(&w, hw, type, l, narrow, err)) {
        return -1;
    }
    for (unsigned m0 = 0; m0 < l->m; m0 += FILTERS) {
        unsigned count = l->m - m0 < FILTERS ? l->m - m0 : FILTERS;
        load_filters(&w, t->weights, m0, count);
        for (size_t position = 0; position < plane; position += WINDOWS) {
            run_block(&w, t, m0, count, position, psums);
        }
    }
    *wrapped |= w.wrapped;
    work_close(&w);
    return 0;
}

int golden_psums(const struct hw *hw, const struct pe_golden *type, const struct layer *l,
                 const struct tensors *t, int64_t *psums, int *overflow,
                 struct error *err) {
    if (hw->type.kind != PE_INTEGER) {
        return error_set(err,
                         "PE type '%s' is a float type, the golden model knows "
                         "integer types only",
                         hw->type.name);
    }
    const struct layer part = tensor_group_layer(l);
    int possible = 0, wrapped = 0;
    for (unsigned g = 0; g < l->groups; g++) {
        struct tensors view = tensor_group(t, l, g);
        possible |= can_overflow(hw, type, &part, &view);
        if (golden_group(hw, type, &part, &view, psums + g * tensor_ofmap_count(&part),
                         &wrapped, err)) {
            return -1;
        }
    }
    if (overflow) {
        *overflow = (possible ? OVERFLOW_POSSIBLE : 0) | (wrapped ? OVERFLOW_CERTAIN : 0);
    }
    return 0;
}

void golden_outputs(const struct hw *hw, const struct layer *l, const int64_t *psums,
                    struct tensors *t) {
    for (size_t i = 0; i < tensor_ofmap_count(l); i++) {
        t->ofmap[i] = (int32_t)golden_output(psums[i], l->relu, t->requant_shift,
                                             hw->type.act_bits);
    }
}

int golden_layer(const struct hw *hw, const struct pe_golden *type, const struct layer *l,
                 struct tensors *t, int *overflow, struct error *err) {
    int64_t *psums = calloc(tensor_ofmap_count(l) + 1, sizeof *psums);
    if (!psums) {
        return error_set(err, "layer '%s': out of memory for its psums", l->name);
    }
    int rc = golden_psums(hw, type, l, t, psums, overflow, err);
    if (rc == 0) {
        golden_outputs(hw, l, psums, t);
    }
    free(psums);
    return rc;
}
