/* SPDX-License-Identifier: Apache-2.0
 *
 * Choice of a polynomial's terms by cross validation.
 */
#include "models/select.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gen/emit.h"
#include "models/linear.h"

enum { TERMS_MAX = 700, KEPT_MAX = 80, RIDGE_TERMS_MAX = 150, MIXED_MAX = 4, FOLDS = 64 };

static const double ridges[] = {0, 1e-10, 1e-8, 1e-6, 1e-4, 1e-2};
enum { RIDGES = sizeof ridges / sizeof ridges[0] };

static const double SIMPLER = 1.02;    /* a shape may be so much worse than the best */
static const double DEPENDENT = 1e-7;  /* rest of a column that depends on others */
static const double RCOND = 1e-12;     /* of final fits */
static const double TRAIN_SHARE = 0.5; /* of the samples, as many terms at most */

/* The terms that a polynomial may have. */
struct basis {
    size_t count;
    struct term terms[TERMS_MAX];
};

/* ---- basis ---- */

/* How often v may be a factor: less than it has values, up to degree. */
static unsigned highest_power(const struct samples *s, unsigned v, unsigned degree) {
    double seen[POLYNOMIAL_DEGREE + 1];
    unsigned count = 0;
    for (size_t i = 0; i < s->count && count <= degree; i++) {
        unsigned k = 0;
        while (k < count && seen[k] != s->at[i]->v[v]) {
            k++;
        }
        if (k == count) {
            seen[count++] = s->at[i]->v[v];
        }
    }
    return count == 0 ? 0 : count - 1;
}

/* 1 if t may have v, which is not below its last factor, as one more. */
static int may_extend(const struct term *t, unsigned v, unsigned power_max,
                      unsigned mixed) {
    unsigned power = 0, different = 0;
    for (unsigned i = 0; i < t->factors; i++) {
        power += t->factor[i] == v;
        different += i == 0 || t->factor[i] != t->factor[i - 1];
    }
    return power < power_max && different + (power == 0) <= mixed;
}

/* All terms of the degree, the constant first. Returns 0, or -1: too many. */
static int make_basis(const struct samples *s, unsigned degree, unsigned mixed,
                      struct basis *basis) {
    unsigned powers[VARIABLES];
    for (unsigned v = 0; v < VARIABLES; v++) {
        powers[v] = (s->variables & VARIABLE(v)) ? highest_power(s, v, degree) : 0;
    }
    basis->count = 1;
    basis->terms[0] = (struct term){0, {0}};
    for (size_t k = 0; k < basis->count;
         k++) { /* terms that are added are extended too */
        const struct term t = basis->terms[k];
        unsigned v = t.factors ? t.factor[t.factors - 1] : 0;
        for (; v < VARIABLES && t.factors < degree; v++) {
            if (may_extend(&t, v, powers[v], mixed)) {
                if (basis->count == TERMS_MAX) {
                    return -1;
                }
                struct term *next = &basis->terms[basis->count++];
                *next = t;
                next->factor[next->factors++] = (uint8_t)v;
            }
        }
    }
    return 0;
}

/* ---- folds ---- */

static int same_point(const struct samples *s, size_t a, size_t b) {
    for (unsigned v = 0; v < VARIABLES; v++) {
        if (s->variables & VARIABLE(v) && s->at[a]->v[v] != s->at[b]->v[v]) {
            return 0;
        }
    }
    return 1;
}

struct group {
    uint64_t hash;
    size_t first; /* sample */
};

static int by_hash(const void *a, const void *b) {
    const struct group *x = a, *y = b;
    return x->hash != y->hash ? (x->hash > y->hash) - (x->hash < y->hash)
                              : (x->first > y->first) - (x->first < y->first);
}

static uint64_t point_hash(const struct samples *s, size_t i, uint64_t seed) {
    uint64_t hash = emit_fnv(EMIT_FNV_START, &seed, sizeof seed);
    for (unsigned v = 0; v < VARIABLES; v++) {
        if (s->variables & VARIABLE(v)) {
            hash = emit_fnv(hash, &s->at[i]->v[v], sizeof s->at[i]->v[v]);
        }
    }
    hash ^= hash >> 33; /* the last bytes must reach the high bits, which sort */
    hash *= 0xff51afd7ed558ccdu;
    return hash ^ hash >> 33;
}

int select_folds(const struct samples *s, const struct select_options *opt,
                 unsigned *fold, struct error *err) {
    struct group *groups = calloc(s->count + 1, sizeof *groups);
    size_t count = 0;
    if (!groups) {
        return error_set(err, "out of memory");
    }
    for (size_t i = 0; i < s->count; i++) {
        size_t g = 0;
        while (g < count && !same_point(s, groups[g].first, i)) {
            g++;
        }
        if (g == count) {
            groups[count++] = (struct group){point_hash(s, i, opt->seed), i};
        }
    }
    qsort(groups, count, sizeof *groups, by_hash);
    const unsigned folds = count < opt->folds ? (unsigned)count : opt->folds;
    for (size_t i = 0; i < s->count; i++) {
        size_t g = 0;
        while (!same_point(s, groups[g].first, i)) {
            g++;
        }
        fold[i] = (unsigned)(g % folds);
    }
    free(groups);
    if (count < 2) {
        return error_set(err, "%zu different designs, at least 2 needed", count);
    }
    return 0;
}

/* ---- the best terms one by one ---- */

/* Weighted columns of a basis and the right side, of training samples and after them of
 * samples that only show how well the fit does. */
struct table {
    size_t rows, train, cols;
    double *a; /* owned, [cols][rows] */
    double *b; /* owned, [rows]; y, then what the columns taken do not explain */
};

static void table_close(struct table *t) {
    free(t->a);
    free(t->b);
    *t = (struct table){0};
}

/* The samples whose fold is not out, then those whose is. */
static int table_init(struct table *t, const struct samples *s, const struct basis *basis,
                      const unsigned *fold, unsigned out, struct error *err) {
    size_t row = 0;
    *t = (struct table){0};
    t->rows = s->count;
    t->cols = basis->count;
    t->a = calloc(t->rows * t->cols + 1, sizeof *t->a);
    t->b = calloc(t->rows + 1, sizeof *t->b);
    if (!t->a || !t->b) {
        table_close(t);
        return error_set(err, "out of memory");
    }
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < s->count; i++) {
            if ((fold && fold[i] == out) != pass) {
                continue;
            }
            for (size_t j = 0; j < t->cols; j++) {
                t->a[j * t->rows + row] =
                    s->weight[i] * term_value(&basis->terms[j], s->at[i]);
            }
            t->b[row++] = s->weight[i] * s->y[i];
        }
        if (pass == 0) {
            t->train = row;
        }
    }
    return 0;
}

static double dot(const double *a, const double *b, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += a[i] * b[i];
    }
    return sum;
}

/* y -= f * x */
static void subtract(double *y, double f, const double *x, size_t n) {
    for (size_t i = 0; i < n; i++) {
        y[i] -= f * x[i];
    }
}

/* Take the steps best columns. Columns taken and right side are made orthogonal to each
 * other on the training rows.
 *
 *   order      out  [steps], columns in the order taken
 *   deviation  out  [steps], sum of |residual| of the other rows after each; or NULL
 *
 * Returns the number of steps made: fewer when all other columns depend on those taken.
 */
static size_t take_best(struct table *t, size_t steps, double *length, size_t *order,
                        double *deviation) {
    for (size_t j = 0; j < t->cols; j++) { /* to length 1; 0 = taken or dependent */
        double *column = t->a + j * t->rows;
        const double scale = sqrt(dot(column, column, t->train));
        length[j] = scale > 0;
        for (size_t i = 0; i < t->rows && scale > 0; i++) {
            column[i] /= scale;
        }
    }
    for (size_t step = 0; step < steps; step++) {
        size_t best = t->cols;
        double best_gain = 0;
        for (size_t j = 0; j < t->cols; j++) {
            if (length[j] > DEPENDENT * DEPENDENT) {
                const double d = dot(t->a + j * t->rows, t->b, t->train);
                if (d * d / length[j] > best_gain) {
                    best_gain = d * d / length[j];
                    best = j;
                }
            }
        }
        if (best == t->cols) {
            return step;
        }
        const double *q = t->a + best * t->rows;
        const double qq = length[best];
        order[step] = best;
        length[best] = 0;
        subtract(t->b, dot(q, t->b, t->train) / qq, q, t->rows);
        for (size_t j = 0; j < t->cols; j++) {
            double *column = t->a + j * t->rows;
            if (length[j] > DEPENDENT * DEPENDENT) {
                subtract(column, dot(q, column, t->train) / qq, q, t->rows);
                length[j] = dot(column, column, t->train);
            }
        }
        for (size_t i = t->train; i < t->rows && deviation; i++) {
            deviation[step] += fabs(t->b[i]);
        }
    }
    return steps;
}

/* Sum of deviations by number of terms, of one fold left out. */
static int try_terms(const struct samples *s, const struct basis *basis,
                     const unsigned *fold, unsigned out, size_t steps, double *sum,
                     struct error *err) {
    struct table t;
    size_t order[KEPT_MAX];
    double deviation[KEPT_MAX] = {0}, length[TERMS_MAX] = {0}, all = 0;
    if (table_init(&t, s, basis, fold, out, err)) {
        return -1;
    }
    for (size_t i = t.train; i < t.rows; i++) {
        all += fabs(t.b[i]);
    }
    const size_t made = take_best(&t, steps, length, order, deviation);
    for (size_t k = 0; k < steps; k++) {
        sum[k] += made == 0 ? all : deviation[k < made ? k : made - 1];
    }
    table_close(&t);
    return 0;
}

/* ---- all terms with a ridge ---- */

/* Decompose the training rows of a table. */
static int decompose(const struct table *t, struct linear *l, struct error *err) {
    double *x = calloc(t->train * t->cols + 1, sizeof *x);
    if (!x) {
        return error_set(err, "out of memory");
    }
    for (size_t i = 0; i < t->train; i++) {
        for (size_t j = 0; j < t->cols; j++) {
            x[i * t->cols + j] = t->a[j * t->rows + i];
        }
    }
    const int status = linear_init(l, x, t->train, t->cols, RCOND, err);
    free(x);
    return status;
}

/* Sum of deviations by ridge, of one fold left out. */
static int try_ridges(const struct samples *s, const struct basis *basis,
                      const unsigned *fold, unsigned out, double *sum,
                      struct error *err) {
    struct table t;
    struct linear l = {0};
    double c[RIDGE_TERMS_MAX] = {0};
    if (table_init(&t, s, basis, fold, out, err)) {
        return -1;
    }
    const int status = decompose(&t, &l, err);
    for (size_t k = 0; k < RIDGES && status == 0; k++) {
        linear_solve(&l, t.b, ridges[k], c);
        for (size_t i = t.train; i < t.rows; i++) {
            double residual = t.b[i];
            for (size_t j = 0; j < t.cols; j++) {
                residual -= c[j] * t.a[j * t.rows + i];
            }
            sum[k] += fabs(residual);
        }
    }
    if (status == 0) {
        linear_close(&l);
    }
    table_close(&t);
    return status;
}

/* ---- the choice ---- */

/* All shapes tried so far would be too many to keep: the best, and the smallest within
 * the margin of it are found in two walks over the same search. */
struct search {
    double limit;       /* deviation that is good enough; 0 in the first walk */
    struct shape found; /* the best; in the second walk the smallest */
    size_t terms;       /* of found */
};

static void offer(struct search *search, const struct shape *shape, size_t terms) {
    const struct shape *f = &search->found;
    const int better = search->limit > 0
                           ? shape->deviation <= search->limit &&
                                 (f->degree == 0 || terms < search->terms)
                           : f->degree == 0 || shape->deviation < f->deviation;
    if (better) {
        search->found = *shape;
        search->terms = terms;
    }
}

/* Deviations of all shapes of a degree and mix: those with few terms, those with ridge.
 */
struct deviations {
    struct shape shape;
    size_t terms, steps; /* of the full set; most that are taken one by one */
    int with_ridge;
    double by_terms[KEPT_MAX], by_ridge[RIDGES];
};

static int try_degree(const struct samples *s, const unsigned *fold, unsigned folds,
                      struct basis *basis, struct deviations *d, struct error *err) {
    size_t train = s->count;
    for (unsigned k = 0; k < folds; k++) {
        size_t left = 0;
        for (size_t i = 0; i < s->count; i++) {
            left += fold[i] != k;
        }
        train = left < train ? left : train;
    }
    d->terms = basis->count;
    d->steps = (size_t)(TRAIN_SHARE * (double)train);
    d->steps = d->steps < d->terms ? d->steps : d->terms;
    d->steps = d->steps < KEPT_MAX ? d->steps : KEPT_MAX;
    d->with_ridge = d->terms <= RIDGE_TERMS_MAX && d->terms < train;
    for (unsigned k = 0; k < folds; k++) {
        if (try_terms(s, basis, fold, k, d->steps, d->by_terms, err) ||
            (d->with_ridge && try_ridges(s, basis, fold, k, d->by_ridge, err))) {
            return -1;
        }
    }
    return 0;
}

static void offer_all(struct search *search, const struct deviations *d, size_t samples) {
    struct shape shape = d->shape;
    for (size_t k = 0; k < d->steps; k++) {
        shape.terms = k + 1;
        shape.deviation = d->by_terms[k] / (double)samples;
        offer(search, &shape, k + 1);
    }
    shape.terms = 0;
    for (size_t k = 0; k < RIDGES && d->with_ridge; k++) {
        shape.ridge = ridges[k];
        shape.deviation = d->by_ridge[k] / (double)samples;
        offer(search, &shape, d->terms);
    }
}

static int search_shapes(const struct samples *s, const struct select_options *opt,
                         const unsigned *fold, struct shape *best, struct error *err) {
    struct deviations all[POLYNOMIAL_DEGREE * MIXED_MAX];
    struct basis *basis = malloc(sizeof *basis);
    unsigned count = 0, folds = 0;
    int status = 0;
    if (!basis) {
        return error_set(err, "out of memory");
    }
    memset(all, 0, sizeof all);
    for (size_t i = 0; i < s->count; i++) {
        folds = fold[i] + 1 > folds ? fold[i] + 1 : folds;
    }
    for (unsigned degree = 1; status == 0 && degree <= opt->degree_max; degree++) {
        for (unsigned mixed = 1; mixed <= degree && status == 0; mixed++) {
            if (make_basis(s, degree, mixed, basis) == 0) {
                all[count].shape.degree = degree;
                all[count].shape.mixed = mixed;
                status = try_degree(s, fold, folds, basis, &all[count++], err);
            }
        }
    }
    free(basis);
    if (status != 0) {
        return -1;
    }
    struct search search = {0};
    for (unsigned k = 0; k < count; k++) {
        offer_all(&search, &all[k], s->count);
    }
    search = (struct search){.limit = fmax(SIMPLER * search.found.deviation, 1e-12)};
    for (unsigned k = 0; k < count; k++) {
        offer_all(&search, &all[k], s->count);
    }
    *best = search.found;
    return 0;
}

/* Whether all samples are at one point. */
static int is_one_point(const struct samples *s) {
    size_t i = 1;
    while (i < s->count && same_point(s, 0, i)) {
        i++;
    }
    return i >= s->count;
}

int select_shape(const struct samples *s, const struct select_options *opt,
                 struct shape *best, struct error *err) {
    if (s->count > 0 && is_one_point(s)) { /* nothing to choose: a constant */
        *best = (struct shape){.degree = 1, .mixed = 1, .terms = 1};
        return 0;
    }
    unsigned *fold = calloc(s->count + 1, sizeof *fold);
    if (!fold) {
        return error_set(err, "out of memory");
    }
    int status = select_folds(s, opt, fold, err);
    if (status == 0) {
        status = search_shapes(s, opt, fold, best, err);
    }
    free(fold);
    if (status == 0 && best->degree == 0) {
        return error_set(err, "%zu results are too few for a polynomial", s->count);
    }
    return status;
}

/* Keep only the terms of order. */
static void keep(struct basis *basis, const size_t *order, size_t count) {
    struct term kept[KEPT_MAX] = {{0, {0}}};
    for (size_t k = 0; k < count; k++) {
        kept[k] = basis->terms[order[k]];
    }
    memcpy(basis->terms, kept, count * sizeof *kept);
    basis->count = count;
}

static int choose_terms(const struct samples *s, const struct shape *shape,
                        struct basis *basis, struct error *err) {
    struct table t;
    size_t order[KEPT_MAX];
    double length[TERMS_MAX] = {0};
    if (table_init(&t, s, basis, NULL, 0, err)) {
        return -1;
    }
    size_t steps = shape->terms > 0 ? shape->terms : s->count / 2;
    steps = steps < s->count ? steps : s->count;
    steps = steps < KEPT_MAX ? steps : KEPT_MAX;
    keep(basis, order, take_best(&t, steps, length, order, NULL));
    table_close(&t);
    return 0;
}

static int solve_basis(const struct samples *s, const struct basis *basis, double ridge,
                       struct polynomial *p, struct error *err) {
    struct table t;
    struct linear l = {0};
    if (polynomial_init(p, basis->count, err) || basis->count == 0) {
        return p->terms ? 0 : -1; /* y is 0 throughout, and so is the polynomial */
    }
    if (table_init(&t, s, basis, NULL, 0, err)) {
        polynomial_close(p);
        return -1;
    }
    const int status = decompose(&t, &l, err);
    if (status == 0) {
        linear_solve(&l, t.b, ridge, p->coefficient);
        linear_close(&l);
        memcpy(p->terms, basis->terms, basis->count * sizeof *p->terms);
    } else {
        polynomial_close(p);
    }
    table_close(&t);
    return status;
}

int select_fit(const struct samples *s, const struct shape *shape, struct polynomial *p,
               struct error *err) {
    struct basis *basis = malloc(sizeof *basis);
    if (!basis) {
        return error_set(err, "out of memory");
    }
    int status = make_basis(s, shape->degree, shape->mixed, basis);
    if (status != 0) {
        (void)error_set(err, "degree %u has more than %d terms", shape->degree,
                        TERMS_MAX);
    } else if (shape->terms > 0 || s->count < basis->count) {
        status = choose_terms(s, shape, basis, err);
    }
    if (status == 0) {
        status = solve_basis(s, basis, shape->ridge, p, err);
    }
    free(basis);
    return status;
}
