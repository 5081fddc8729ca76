/* SPDX-License-Identifier: Apache-2.0
 *
 * Fitting models to results of synthesis.
 */
#include "models/fit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gen/emit.h"

enum { BLOCK_MIN = 15, REFITS = 8 };

static const double COVERED = 0.95; /* of the designs, by an interval */

#define PE_PARAMETERS                                                                    \
    (VARIABLE(VAR_IFMAP_SPAD) | VARIABLE(VAR_FILTER_SPAD) | VARIABLE(VAR_PSUM_SPAD) |    \
     VARIABLE(VAR_BUS_BITS) | VARIABLE(VAR_PSUM_BITS) | VARIABLE(VAR_SPAD_FLOP) |        \
     VARIABLE(VAR_IFMAP_ROWS) | VARIABLE(VAR_FILTER_ROWS))
#define PE_RATES                                                                         \
    (VARIABLE(VAR_TOGGLES) | VARIABLE(VAR_IFMAP_WRITES) | VARIABLE(VAR_FILTER_WRITES) |  \
     VARIABLE(VAR_PSUM_WRITES))
#define GLB_PARAMETERS                                                                   \
    (VARIABLE(VAR_GLB_KIB) | VARIABLE(VAR_BUS_BITS) | VARIABLE(VAR_PSUM_BITS) |          \
     VARIABLE(VAR_GLB_BANKS) | VARIABLE(VAR_GLB_BANK_ROOT))
#define PARAMETERS (VARIABLE(VAR_PARAMETERS) - 1)

/* ---- what is modelled ---- */

/* Parts of quantities. */
enum target {
    ALL, /* the quantity itself */
    PE,  /* that of one PE */
    ARRAY,
    GLB,
    OTHER,
    REST /* all but the PEs */
};

static double pes(const struct fit_record *r) {
    return r->hw.design.rows * r->hw.design.cols;
}

/* pJ per cycle of a power in mW. */
static double per_cycle(const struct fit_record *r, enum fit_figure power,
                        enum fit_figure leakage) {
    return 1e3 * (r->figure[power] - r->figure[leakage]) / r->figure[FIT_CLOCK];
}

static double area_of(const struct fit_record *r, enum target t) {
    const double *f = r->figure;
    switch (t) {
    case ALL:
        return f[FIT_AREA];
    case PE:
        return f[FIT_AREA_PE];
    case ARRAY:
        return f[FIT_AREA_ARRAY] - pes(r) * f[FIT_AREA_PE];
    case GLB:
        return f[FIT_AREA_GLB];
    case OTHER:
        return f[FIT_AREA_OTHER];
    case REST:
        return f[FIT_AREA] - pes(r) * f[FIT_AREA_PE];
    }
    return NAN;
}

static double target_of(const struct fit_record *r, enum ppa_quantity q, enum target t) {
    double all, pe;
    if (q == PPA_AREA) {
        return area_of(r, t);
    }
    if (q == PPA_PERIOD) {
        return 1e3 / r->figure[t == PE ? FIT_FMAX_PE : FIT_FMAX];
    }
    if (q == PPA_DYNAMIC) {
        all = per_cycle(r, FIT_POWER, FIT_LEAKAGE);
        pe = per_cycle(r, FIT_POWER_PE, FIT_LEAKAGE_PE);
    } else {
        all = r->figure[FIT_LEAKAGE];
        pe = r->figure[FIT_LEAKAGE_PE];
    }
    return t == ALL ? all : t == PE ? pe : all - pes(r) * pe;
}

double fit_actual(const struct fit_record *r, enum ppa_quantity q) {
    return target_of(r, q, ALL);
}

struct part_def {
    const char *name; /* NULL ends a list */
    enum target target;
    uint32_t variables;
};

/* A structure: its parts. In "blocks" of a period a part stands for each block in which
 * critical paths start. */
struct structure {
    const char *name;
    int blocks;
    struct part_def parts[PPA_PARTS];
};

static const struct structure structures[PPA_QUANTITIES][FIT_STRUCTURES] = {
    [PPA_AREA] = {{"polynomial", 0, {{"all", ALL, PARAMETERS}}},
                  {"parts",
                   0,
                   {{"pe", PE, PE_PARAMETERS},
                    {"array", ARRAY, PARAMETERS},
                    {"glb", GLB, GLB_PARAMETERS},
                    {"other", OTHER, PARAMETERS}}}},
    [PPA_DYNAMIC] = {{"polynomial", 0, {{"all", ALL, PARAMETERS | VARIABLES_ACTIVITY}}},
                     {"parts",
                      0,
                      {{"pe", PE, PE_PARAMETERS | PE_RATES},
                       {"rest", REST, VARIABLES_DESIGN | VARIABLES_ACTIVITY}}}},
    [PPA_LEAKAGE] = {{"polynomial", 0, {{"all", ALL, PARAMETERS}}},
                     {"parts",
                      0,
                      {{"pe", PE, PE_PARAMETERS}, {"rest", REST, VARIABLES_DESIGN}}}},
    [PPA_PERIOD] = {{"polynomial", 0, {{"all", ALL, VARIABLES_DESIGN}}},
                    {"parts",
                     1,
                     {{"pe", PE, PE_PARAMETERS}, {"rest", ALL, VARIABLES_DESIGN}}},
                    {"blocks", 1, {{"pe", PE, PE_PARAMETERS}}}},
};

/* ---- samples ---- */

/* Training data of a type, as pointers. */
struct training {
    enum ppa_quantity q;
    size_t count;
    const struct fit_record **record; /* owned, [count] */
    struct samples samples;           /* room for count, filled for one part at a time */
};

static void training_close(struct training *t) {
    free(t->record);
    free(t->samples.at);
    free(t->samples.y);
    free(t->samples.weight);
    *t = (struct training){.count = 0};
}

static int training_init(struct training *t, enum ppa_quantity q, size_t room,
                         struct error *err) {
    *t = (struct training){.q = q};
    t->record = calloc(room + 1, sizeof(const struct fit_record *));
    t->samples.at = calloc(room + 1, sizeof(const struct point *));
    t->samples.y = calloc(room + 1, sizeof *t->samples.y);
    t->samples.weight = calloc(room + 1, sizeof *t->samples.weight);
    if (!t->record || !t->samples.at || !t->samples.y || !t->samples.weight) {
        training_close(t);
        (void)error_set(err, "out of memory");
        return -1;
    }
    return 0;
}

static void add_sample(struct samples *s, const struct fit_record *r, enum ppa_quantity q,
                       enum target target) {
    s->at[s->count] = &r->at;
    s->y[s->count] = target_of(r, q, target);
    s->weight[s->count++] =
        (target == PE && q != PPA_PERIOD ? pes(r) : 1) / target_of(r, q, ALL);
}

/* ---- fitting one structure ---- */

/* A path of a part of a period: critical in some designs, and in the others no longer
 * than their period. Those in which it would be longer are fitted too, at their period,
 * until none is added. */
static int fit_path(struct training *t, const struct part_def *def,
                    const struct shape *shape, const unsigned char *critical,
                    unsigned char *used, struct polynomial *p, struct error *err) {
    memcpy(used, critical, t->count);
    for (int round = 0;; round++) {
        size_t added = 0;
        t->samples.count = 0;
        t->samples.variables = def->variables;
        for (size_t i = 0; i < t->count; i++) {
            if (used[i]) {
                add_sample(&t->samples, t->record[i], t->q, ALL);
            }
        }
        if (select_fit(&t->samples, shape, p, err)) {
            return -1;
        }
        for (size_t i = 0; i < t->count; i++) {
            if (!used[i] && polynomial_value(p, &t->record[i]->at) >
                                target_of(t->record[i], t->q, ALL)) {
                used[i] = 1;
                added++;
            }
        }
        if (added == 0 || round == REFITS) {
            return 0;
        }
        polynomial_close(p);
    }
}

/* 1 if the record's critical path is of the part named name: the block it starts in, or
 * for the part "rest" none of the other parts. */
static int is_critical(const struct fit_record *r, const struct ppa_model *m,
                       const char *name) {
    if (strcmp(name, "rest") != 0) {
        return strcmp(r->block, name) == 0;
    }
    for (size_t i = 0; i < m->count; i++) {
        if (strcmp(m->parts[i].name, r->block) == 0) {
            return 0;
        }
    }
    return 1;
}

/* The definition of part i of a model. */
static struct part_def part_of(const struct structure *st, const struct ppa_model *m,
                               size_t i) {
    if (st->blocks && i > 0) {
        /* cppcheck-suppress arrayIndexOutOfBoundsCond ; i < m->count <= PPA_PARTS */
        return (struct part_def){m->parts[i].name, ALL, VARIABLES_DESIGN};
    }
    return st->parts[i];
}

/* Gather the samples of a part: for paths only those designs in which it is critical.
 * critical is [count]. */
static void gather(struct training *t, const struct structure *st,
                   const struct ppa_model *m, size_t i, unsigned char *critical) {
    const struct part_def def = part_of(st, m, i);
    t->samples.count = 0;
    t->samples.variables = def.variables;
    for (size_t k = 0; k < t->count; k++) {
        critical[k] =
            !st->blocks || i == 0 || is_critical(t->record[k], m, def.name) != 0;
        if (critical[k]) {
            add_sample(&t->samples, t->record[k], t->q, def.target);
        }
    }
}

/* Fit all parts, whose names and shapes are there. */
static int fit_parts(struct training *t, const struct structure *st,
                     const struct shape *shapes, struct ppa_model *m, struct error *err) {
    unsigned char *flags = calloc(2 * t->count + 1, 1);
    int status = flags ? 0 : error_set(err, "out of memory");
    for (size_t i = 0; i < m->count && status == 0; i++) {
        const struct part_def def = part_of(st, m, i);
        gather(t, st, m, i, flags);
        status = st->blocks && i > 0
                     ? fit_path(t, &def, &shapes[i], flags, flags + t->count,
                                &m->parts[i].p, err)
                     : select_fit(&t->samples, &shapes[i], &m->parts[i].p, err);
    }
    free(flags);
    return status;
}

static void name_part(struct ppa_model *m, const char *name, int per_pe) {
    struct ppa_part *part = &m->parts[m->count++];
    *part = (struct ppa_part){.per_pe = per_pe};
    (void)snprintf(part->name, sizeof part->name, "%s", name);
}

/* Records of a block, and whether one before i is of it too. */
static size_t count_block(const struct training *t, size_t i, int *seen) {
    size_t count = 0;
    *seen = 0;
    for (size_t k = 0; k < t->count; k++) {
        const int same = strcmp(t->record[k]->block, t->record[i]->block) == 0;
        count += (size_t)same;
        *seen |= same && k < i;
    }
    return count;
}

/* Name the parts: those of the structure, or a part for each block in which many critical
 * paths start and one for all others, if they are many. */
static void name_parts(const struct training *t, const struct structure *st,
                       struct ppa_model *m) {
    size_t left = 0;
    m->largest = st->blocks;
    for (size_t i = 0; i < PPA_PARTS && st->parts[i].name; i++) {
        name_part(m, st->parts[i].name, st->parts[i].target == PE && !st->blocks);
    }
    if (m->count > 1 || !st->blocks) {
        return;
    }
    for (size_t i = 0; i < t->count; i++) {
        int seen;
        const size_t count = count_block(t, i, &seen);
        if (!seen && count >= BLOCK_MIN && m->count < PPA_PARTS - 1) {
            name_part(m, t->record[i]->block, 0);
        } else if (!seen) {
            left += count;
        }
    }
    if (left >= BLOCK_MIN || m->count == 1) {
        name_part(m, "rest", 0);
    }
}

/* ---- cross validation of a structure ---- */

static int choose_shapes(struct training *t, const struct structure *st,
                         const struct select_options *opt, struct fit_candidate *c,
                         struct error *err) {
    unsigned char *critical = calloc(t->count + 1, 1);
    int status = critical ? 0 : error_set(err, "out of memory");
    for (size_t i = 0; i < c->model.count && status == 0; i++) {
        gather(t, st, &c->model, i, critical);
        status = select_shape(&t->samples, opt, &c->shapes[i], err);
    }
    free(critical);
    return status;
}

/* A model without polynomials yet, with the parts of another. */
static struct ppa_model same_parts(const struct ppa_model *m) {
    struct ppa_model copy = *m;
    for (size_t i = 0; i < copy.count; i++) {
        copy.parts[i].p = (struct polynomial){0, NULL, NULL};
    }
    return copy;
}

/* Fit to all but one fold and predict that. */
static int predict_fold(const struct training *t, const unsigned *fold, unsigned out,
                        const struct structure *st, const struct fit_candidate *c,
                        double *cross, struct error *err) {
    struct training part;
    struct ppa_model m = same_parts(&c->model);
    if (training_init(&part, t->q, t->count, err)) {
        return -1;
    }
    for (size_t i = 0; i < t->count; i++) {
        if (fold[i] != out) {
            part.record[part.count++] = t->record[i];
        }
    }
    const int status = fit_parts(&part, st, c->shapes, &m, err);
    for (size_t i = 0; i < t->count && status == 0; i++) {
        if (fold[i] == out) {
            cross[i] = ppa_model_value(&m, &t->record[i]->at);
        }
    }
    ppa_model_close(&m);
    training_close(&part);
    return status;
}

/* Predict every training design by models that have not seen it; cross is [t->count]. */
static int cross_validate(struct training *t, const struct structure *st,
                          const struct select_options *opt, const struct fit_candidate *c,
                          double *cross, struct error *err) {
    unsigned *fold = calloc(t->count + 1, sizeof *fold), folds = 0;
    if (!fold) {
        return error_set(err, "out of memory");
    }
    t->samples.count = 0;
    t->samples.variables = VARIABLES_DESIGN | VARIABLES_ACTIVITY;
    for (size_t i = 0; i < t->count; i++) {
        add_sample(&t->samples, t->record[i], t->q, ALL);
    }
    int status = select_folds(&t->samples, opt, fold, err);
    for (size_t i = 0; i < t->count && status == 0; i++) {
        folds = fold[i] + 1 > folds ? fold[i] + 1 : folds;
    }
    for (unsigned k = 0; k < folds && status == 0; k++) {
        status = predict_fold(t, fold, k, st, c, cross, err);
    }
    free(fold);
    return status;
}

static int by_value(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Mean and 0.95 quantile of |actual / predicted - 1| and the like, of cross validation:
 * fills mape and the model's interval. errors is room for t->count. */
static void judge(const struct training *t, const double *cross, double *errors,
                  struct fit_candidate *c) {
    c->mape = 0;
    for (size_t i = 0; i < t->count; i++) {
        const double actual = target_of(t->record[i], t->q, ALL);
        c->mape += fabs(cross[i] / actual - 1) / (double)t->count;
        errors[i] = fabs(actual / cross[i] - 1);
    }
    qsort(errors, t->count, sizeof *errors, by_value);
    const double rank = ceil(COVERED * (double)(t->count + 1));
    const size_t index = (size_t)rank < t->count ? (size_t)rank : t->count;
    c->model.interval = errors[index - 1];
}

/* Choose, validate and fit one structure. cross is room for 2 t->count. */
static int fit_structure(const struct fit_type *type, struct training *t,
                         const struct structure *st, const struct select_options *opt,
                         double *cross, struct fit_candidate *c, struct error *err) {
    size_t k = 0;
    c->structure = st->name;
    c->cross = calloc(type->count, sizeof *c->cross);
    c->estimate = calloc(type->count, sizeof *c->estimate);
    if (!c->cross || !c->estimate) {
        return error_set(err, "out of memory");
    }
    name_parts(t, st, &c->model);
    if (choose_shapes(t, st, opt, c, err) || cross_validate(t, st, opt, c, cross, err) ||
        fit_parts(t, st, c->shapes, &c->model, err)) {
        return -1;
    }
    judge(t, cross, cross + t->count, c);
    for (size_t i = 0; i < type->count; i++) {
        const struct fit_record *r = &type->records[i];
        c->cross[i] = r->held_out ? NAN : cross[k++];
        c->estimate[i] = ppa_model_value(&c->model, &r->at);
    }
    return 0;
}

/* Fit a quantity in all structures and choose one. */
static int fit_quantity(struct fit_type *type, enum ppa_quantity q,
                        const struct select_options *opt, struct error *err) {
    struct training t;
    if (training_init(&t, q, type->count, err)) {
        return -1;
    }
    double *cross = calloc(2 * type->count + 1, sizeof *cross);
    int status = 0;
    if (!cross) {
        training_close(&t);
        return error_set(err, "out of memory");
    }
    for (size_t i = 0; i < type->count; i++) {
        if (!type->records[i].held_out) {
            t.record[t.count++] = &type->records[i];
        }
    }
    for (size_t i = 0; i < FIT_STRUCTURES && structures[q][i].name && status == 0; i++) {
        struct fit_candidate *c = &type->of[q][type->candidates[q]++];
        status = fit_structure(type, &t, &structures[q][i], opt, cross, c, err);
        if (c->mape < type->of[q][type->chosen[q]].mape) {
            type->chosen[q] = i;
        }
    }
    free(cross);
    training_close(&t);
    return status;
}

/* ---- types ---- */

struct lot {
    uint64_t number;
    size_t index;
};

static int by_lot(const void *a, const void *b) {
    const struct lot *x = a, *y = b;
    return x->number != y->number ? (x->number > y->number) - (x->number < y->number)
                                  : (x->index > y->index) - (x->index < y->index);
}

/* Hold out a share of a type's designs, unless the campaign has set some aside. All
 * results of a design go the same way. */
static int draw(struct fit_record *records, size_t count, const struct fit_options *opt,
                struct error *err) {
    struct lot *lots = calloc(count, sizeof *lots);
    size_t free_ones = 0;
    int set_aside = 0;
    if (!lots) {
        return error_set(err, "out of memory");
    }
    for (size_t i = 0; i < count; i++) {
        uint64_t hash = emit_fnv(EMIT_FNV_START, &opt->select.seed, sizeof(uint64_t));
        hash = emit_fnv(hash, records[i].hw.hash, sizeof records[i].hw.hash);
        hash ^= hash >> 29;
        lots[free_ones].number = hash * 0xbf58476d1ce4e5b9u;
        lots[free_ones].index = i;
        free_ones += !records[i].held_out;
        set_aside |= records[i].set_aside;
    }
    qsort(lots, free_ones, sizeof *lots, by_lot);
    size_t drawn = set_aside ? 0 : (size_t)(opt->held_out * (double)free_ones);
    while (drawn > 0 && drawn < free_ones &&
           lots[drawn].number == lots[drawn - 1].number) {
        drawn++;
    }
    for (size_t i = 0; i < drawn; i++) {
        records[lots[i].index].held_out = 1;
    }
    free(lots);
    return 0;
}

static void find_ranges(struct fit_type *type) {
    for (unsigned v = 0; v < VARIABLES; v++) {
        type->low[v] = HUGE_VAL;
        type->high[v] = -HUGE_VAL;
        for (size_t i = 0; i < type->count; i++) {
            if (!type->records[i].held_out) {
                type->low[v] = fmin(type->low[v], type->records[i].at.v[v]);
                type->high[v] = fmax(type->high[v], type->records[i].at.v[v]);
            }
        }
        if (type->low[v] < type->high[v]) {
            type->varying |= VARIABLE(v);
        }
    }
}

/* Refuse what no model can be fitted to. */
static int check_type(const struct fit_type *type, const struct fit_options *opt,
                      struct error *err) {
    const unsigned degree = opt->degree_given ? opt->select.degree_max : 1;
    size_t varying = 0;
    for (unsigned v = 0; v < VARIABLES; v++) {
        const int derived = v >= VAR_PARAMETERS && v < VAR_DERIVED_END;
        varying += !derived && type->varying & VARIABLE(v);
    }
    if (varying == 0) {
        return error_set(err,
                         "%s: all %zu training results are of equal designs: no "
                         "parameter varies, there is nothing to fit",
                         type->name, type->training);
    }
    const size_t needed = 2 * (degree * varying + 1);
    if (type->training < needed) {
        return error_set(err,
                         "%s: %zu training results, at least %zu needed for degree %u in "
                         "%zu varying parameters (%zu held out)",
                         type->name, type->training, needed, degree, varying,
                         type->count - type->training);
    }
    for (unsigned q = 0; q < PPA_PERIOD; q++) {
        size_t i = 1;
        const double first = fit_actual(&type->records[0], (enum ppa_quantity)q);
        while (i < type->count &&
               fit_actual(&type->records[i], (enum ppa_quantity)q) == first) {
            i++;
        }
        if (i == type->count) {
            return error_set(err, "%s: %s is %g in all %zu results", type->name,
                             ppa_quantity_name((enum ppa_quantity)q), first, type->count);
        }
    }
    return 0;
}

static int fit_one_type(struct fit_type *type, struct fit_record *records,
                        const struct fit_options *opt,
                        void (*progress)(const char *type, const char *quantity),
                        struct error *err) {
    if (draw(records, type->count, opt, err)) {
        return -1;
    }
    for (size_t i = 0; i < type->count; i++) {
        type->training += !records[i].held_out;
    }
    find_ranges(type);
    if (check_type(type, opt, err)) {
        return -1;
    }
    for (unsigned q = 0; q < PPA_QUANTITIES; q++) {
        if (progress) {
            progress(type->name, ppa_quantity_name((enum ppa_quantity)q));
        }
        struct error why = {"", 0, 0, ""};
        if (fit_quantity(type, (enum ppa_quantity)q, &opt->select, &why)) {
            return error_set(err, "%s: %s: %s", type->name,
                             ppa_quantity_name((enum ppa_quantity)q), why.text);
        }
    }
    return 0;
}

int fit_models(struct fit *fit, struct fit_data *data, const struct fit_options *opt,
               void (*progress)(const char *type, const char *quantity),
               struct error *err) {
    *fit = (struct fit){NULL, 0};
    if (data->count == 0) {
        return error_set(err, "no result of qadam synth found");
    }
    fit->types = calloc(data->count, sizeof *fit->types);
    if (!fit->types) {
        return error_set(err, "out of memory");
    }
    for (size_t i = 0; i < data->count; i += fit->types[fit->count - 1].count) {
        struct fit_type *type = &fit->types[fit->count++];
        type->name = data->records[i].hw.type.name;
        type->records = data->records + i;
        while (i + type->count < data->count &&
               strcmp(type->records[type->count].hw.type.name, type->name) == 0) {
            type->count++;
        }
        if (fit_one_type(type, data->records + i, opt, progress, err)) {
            return -1;
        }
    }
    return 0;
}

static void candidate_close(struct fit_candidate *c) {
    ppa_model_close(&c->model);
    free(c->cross);
    free(c->estimate);
}

void fit_close(struct fit *fit) {
    for (size_t i = 0; i < fit->count; i++) {
        for (unsigned q = 0; q < PPA_QUANTITIES; q++) {
            for (size_t k = 0; k < FIT_STRUCTURES; k++) {
                candidate_close(&fit->types[i].of[q][k]);
            }
        }
    }
    free(fit->types);
    *fit = (struct fit){NULL, 0};
}

void fit_compare(const double *actual, const double *estimate, size_t count,
                 struct fit_errors *e) {
    double mean = 0, residual = 0, spread = 0;
    *e = (struct fit_errors){.count = count};
    for (size_t i = 0; i < count; i++) {
        mean += actual[i] / (double)count;
    }
    for (size_t i = 0; i < count; i++) {
        const double error = fabs(estimate[i] / actual[i] - 1);
        e->mape += error / (double)count;
        e->worst = fmax(e->worst, error);
        residual += (estimate[i] - actual[i]) * (estimate[i] - actual[i]);
        spread += (actual[i] - mean) * (actual[i] - mean);
    }
    e->r2 = spread > 0 ? 1 - residual / spread : 1;
}
