/* SPDX-License-Identifier: Apache-2.0
 *
 * Evaluating a space.
 *
 * Threads take chunks of members in turn. What a chunk gives is added in the order of the
 * chunks, so that all output is the same whatever the number of threads; a thread that is
 * ahead waits.
 */
#include "models/explore.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "gen/choose_layers.h"
#include "models/predict.h"

enum {
    CHUNK_MIN = 256,
    CHUNK_MAX = 8192,
    CHUNKS = 16, /* at least, unless they would be too small */
    REMEMBERED = 1 << 17
};

/* What the threads share. */
struct run {
    const struct explore *x;
    struct explore_result *out;
    pthread_mutex_t lock;
    pthread_cond_t turned;
    uint64_t size;         /* members of a chunk */
    uint64_t chunks, next; /* of all; the next to be taken */
    uint64_t turn;         /* the next whose points are to be added */
    int stop;
    struct error *err;
};

/* A member's place in the order of evaluation: after those of other designs but for the
 * spads, by falling sizes of the spads. */
struct place {
    uint64_t member, index; /* in the space, in the chunk */
    uint64_t others;
    unsigned spads[3];
};

/* The points of a chunk. */
struct chunk {
    struct place *places;         /* owned, [size] */
    struct explore_point *points; /* owned, [networks][size] */
    char *there;                  /* owned, [networks][size]: whether there is a point */
    uint64_t unmappable[EXPLORE_NETWORKS], illegal, filtered;
};

/* ---- one design ---- */

/* Add up the array layers of a network. Returns 0, 1 if the design has no mapping for
 * one, or -1 with *err set. */
static int predict_network(struct predictor *p, const struct explore_network *n,
                           struct counters *sum, double *macs, struct error *err) {
    memset(sum, 0, sizeof *sum);
    *macs = 0;
    for (unsigned i = 0; i < n->count; i++) {
        const struct layer *l = n->layers[i];
        struct error why = {"", 0, 0, ""};
        struct mapping mapping;
        struct counters c;
        if (predictor_batch(p, &n->net, l, &mapping, &c, &why)) {
            return strcmp(why.text, "out of memory") == 0 ? error_set(err, "%s", why.text)
                                                          : 1;
        }
        if (!counters_fit(sum, &c, 1)) {
            return error_set(err, "the sum of counters up to %s passes 2^62", l->name);
        }
        counters_add(sum, &c);
        *macs += (double)layer_macs(l) * layer_runs(&n->net, l);
    }
    return 0;
}

static int conditions_hold(const struct explore *x, const struct explore_point *p,
                           int early) {
    for (size_t i = 0; i < x->condition_count; i++) {
        if (condition_is_early(&x->conditions[i]) == early &&
            !condition_holds(&x->conditions[i], p)) {
            return 0;
        }
    }
    return 1;
}

static size_t type_index(const struct explore *x, const char *pe_type) {
    const size_t types = space_axis_of(x->space, "pe_type")->count;
    size_t type = 0;
    while (type + 1 < types && strcmp(x->space->types[type].name, pe_type) != 0) {
        type++;
    }
    return type;
}

/* Evaluate a member on all networks into the chunk. Returns 0, or -1 with *err set. */
static int evaluate(const struct run *run, struct predictor *predictor,
                    const struct place *place, struct chunk *chunk, struct error *err) {
    const struct explore *x = run->x;
    const uint64_t member = place->member, index = place->index;
    struct hw hw;
    struct explore_point point = {0};
    struct ppa_estimate estimate;
    if (space_hw(x->space, member, &hw, NULL)) {
        chunk->illegal++;
        return 0;
    }
    const struct ppa_type *type = ppa_find(x->ppa, hw.type.name);
    ppa_estimate(type, &hw, &synth_activity_default, x->clock_mhz, &estimate);
    point_design(&point, member, &hw, &estimate);
    if (!conditions_hold(x, &point, 1)) {
        chunk->filtered++;
        return 0;
    }
    predictor_start(predictor, &hw, x->latency);
    for (size_t n = 0; n < x->network_count; n++) {
        struct counters sum;
        struct ppa_work work = {0, &sum};
        struct ppa_result result;
        const int status =
            predict_network(predictor, &x->networks[n], &sum, &work.macs, err);
        if (status < 0) {
            return -1;
        }
        if (status > 0) {
            chunk->unmappable[n]++;
            continue;
        }
        ppa_evaluate(type, &hw, &work, x->clock_mhz, x->dram_pj, &result);
        point_workload(&point, &hw, &work, &result);
        point.value[COLUMN_ACCURACY] =
            x->networks[n].accuracy ? x->networks[n].accuracy[type_index(x, hw.type.name)]
                                    : NAN;
        if (conditions_hold(x, &point, 0)) {
            chunk->points[n * run->size + index] = point;
            chunk->there[n * run->size + index] = 1;
        }
    }
    return 0;
}

/* ---- adding up ---- */

static int grow(struct explore_found *f, size_t room, struct error *err) {
    if (room <= f->front_room) {
        return 0;
    }
    struct explore_point *more = realloc(f->front, 2 * room * sizeof *more);
    if (!more) {
        return error_set(err, "out of memory");
    }
    f->front = more;
    f->front_room = 2 * room;
    return 0;
}

/* Reduce the first count points of f->front to their front. */
static int reduce(const struct explore *x, struct explore_found *f, size_t count,
                  struct error *err) {
    const size_t n = x->objective_count;
    double *values = calloc(count * n + 1, sizeof *values);
    size_t *index = calloc(count + 1, sizeof *index);
    struct explore_point *kept = calloc(count + 1, sizeof *kept);
    int status = -1;
    if (values && index && kept) {
        for (size_t i = 0; i < count; i++) {
            for (size_t k = 0; k < n; k++) {
                const double v = f->front[i].value[x->objectives[k]];
                values[i * n + k] = column_rises(x->objectives[k]) ? -v : v;
            }
        }
        status = pareto_front(values, count, n, index, &f->front_count, err);
    } else {
        (void)error_set(err, "out of memory");
    }
    for (size_t i = 0; status == 0 && i < f->front_count; i++) {
        kept[i] = f->front[index[i]];
    }
    if (status == 0 && f->front_count > 0) {
        memcpy(f->front, kept, f->front_count * sizeof *kept);
    }
    free(values);
    free(index);
    free(kept);
    return status;
}

/* Compare a point with the best of its type. */
static void compare_best(const struct explore *x, struct explore_found *f,
                         const struct explore_point *p) {
    const size_t type = type_index(x, p->pe_type);
    for (size_t k = 0; k < x->objective_count; k++) {
        struct explore_best *best = &f->best[type * x->objective_count + k];
        const enum explore_column c = x->objectives[k];
        const double difference = p->value[c] - best->point.value[c];
        if (best->count++ == 0 || (column_rises(c) ? difference > 0 : difference < 0)) {
            best->point = *p;
        }
    }
}

/* Add a chunk's points of a network to what is found, and print them. */
static int add_points(const struct run *run, const struct chunk *c, size_t n,
                      struct explore_found *f, struct error *err) {
    const struct explore *x = run->x;
    size_t count = f->front_count;
    if (grow(f, count + run->size + 1, err)) {
        return -1;
    }
    for (size_t i = 0; i < run->size; i++) {
        const struct explore_point *p = &c->points[n * run->size + i];
        if (!c->there[n * run->size + i]) {
            continue;
        }
        f->points++;
        const int outside = p->value[COLUMN_OUTSIDE] > 0;
        f->outside += (uint64_t)outside;
        if (!outside || x->extrapolate) {
            f->front[count++] = *p;
            compare_best(x, f, p);
            if (x->spread && spread_add(&f->spread, type_index(x, p->pe_type), p, err)) {
                return -1;
            }
        }
        if (x->points) {
            explore_print_point(x->points, x->networks[n].net.name, p);
        }
    }
    f->unmappable += c->unmappable[n];
    return reduce(x, f, count, err);
}

/* How many designs are evaluated, and which member of the space number k is. */
static uint64_t design_count(const struct explore *x) {
    return x->members ? x->member_count : x->space->count;
}

static uint64_t member_of(const struct explore *x, uint64_t k) {
    return x->members ? x->members[k] : k;
}

/* Wait for the chunk's turn and add what it has. */
static int add_chunk(struct run *run, uint64_t number, const struct chunk *c,
                     struct error *err) {
    const struct explore *x = run->x;
    int status = 0;
    (void)pthread_mutex_lock(&run->lock);
    while (run->turn != number && !run->stop) {
        (void)pthread_cond_wait(&run->turned, &run->lock);
    }
    for (size_t n = 0; n < x->network_count && status == 0 && !run->stop; n++) {
        status = add_points(run, c, n, &run->out->networks[n], err);
    }
    run->out->illegal += c->illegal;
    run->out->filtered += c->filtered;
    run->turn++;
    if (x->progress && !run->stop) {
        x->progress((number + 1) * run->size, design_count(x));
    }
    (void)pthread_cond_broadcast(&run->turned);
    (void)pthread_mutex_unlock(&run->lock);
    return status;
}

/* ---- threads ---- */

/* The number of the next chunk, or chunks when there is none or another thread failed. */
static uint64_t take(struct run *run) {
    (void)pthread_mutex_lock(&run->lock);
    const uint64_t number = run->stop ? run->chunks : run->next;
    run->next += run->next < run->chunks;
    (void)pthread_mutex_unlock(&run->lock);
    return number;
}

static int by_place(const void *left, const void *right) {
    const struct place *a = left, *b = right;
    if (a->others != b->others) {
        return a->others < b->others ? -1 : 1;
    }
    for (unsigned i = 0; i < 3; i++) {
        if (a->spads[i] != b->spads[i]) {
            return a->spads[i] > b->spads[i] ? -1 : 1;
        }
    }
    return 0;
}

static size_t axis_index(const struct space *space, const char *key) {
    return (size_t)(space_axis_of(space, key) - space->axes);
}

/* The members of a chunk in the order of evaluation: designs that differ only in their
 * spads share most of the search for mappings. */
static void order_members(const struct explore *x, uint64_t start, uint64_t count,
                          struct place *places) {
    const struct space *space = x->space;
    const size_t spads[3] = {axis_index(space, "ifmap_spad_words"),
                             axis_index(space, "filter_spad_words"),
                             axis_index(space, "psum_spad_words")};
    for (uint64_t i = 0; i < count; i++) {
        struct place *p = &places[i];
        struct design d;
        size_t index[SPACE_AXES];
        const uint64_t member = member_of(x, start + i);
        space_member(space, member, &d);
        space_split(space, member, index);
        index[spads[0]] = index[spads[1]] = index[spads[2]] = 0;
        *p = (struct place){member,
                            i,
                            space_join(space, index),
                            {d.ifmap_spad_words, d.filter_spad_words, d.psum_spad_words}};
    }
    qsort(places, count, sizeof *places, by_place);
}

static int work_on(struct run *run, struct predictor *predictor, struct chunk *c,
                   struct error *err) {
    const uint64_t all = design_count(run->x);
    for (uint64_t number; (number = take(run)) < run->chunks;) {
        const uint64_t start = number * run->size, left = all - start;
        const uint64_t count = left < run->size ? left : run->size;
        memset(c->there, 0, run->x->network_count * run->size);
        memset(c->unmappable, 0, sizeof c->unmappable);
        c->illegal = c->filtered = 0;
        order_members(run->x, start, count, c->places);
        for (uint64_t i = 0; i < count; i++) {
            if (evaluate(run, predictor, &c->places[i], c, err)) {
                return -1;
            }
        }
        if (add_chunk(run, number, c, err)) {
            return -1;
        }
    }
    return 0;
}

static void *run_thread(void *argument) {
    struct run *run = argument;
    struct error err = {"", 0, 0, ""};
    struct predictor *predictor = predictor_new();
    const size_t points = run->size * run->x->network_count + 1;
    struct chunk c = {.places = calloc(run->size, sizeof *c.places),
                      .points = calloc(points, sizeof *c.points),
                      .there = calloc(points, 1)};
    int status;
    if (predictor && c.places && c.points && c.there &&
        predictor_keep(predictor, REMEMBERED) == 0) {
        status = work_on(run, predictor, &c, &err);
    } else {
        status = error_set(&err, "out of memory");
    }
    free(c.places);
    free(c.points);
    free(c.there);
    predictor_free(predictor);
    if (status != 0) {
        (void)pthread_mutex_lock(&run->lock);
        run->stop = 1;
        (void)error_set(run->err, "%s", err.text);
        (void)pthread_cond_broadcast(&run->turned);
        (void)pthread_mutex_unlock(&run->lock);
    }
    return NULL;
}

/* Members of a chunk: all values of the last axes, as many of these as there is room for
 * and as leave enough chunks. */
static uint64_t chunk_size(const struct explore *x) {
    const struct space *space = x->space;
    const uint64_t all = design_count(x);
    uint64_t size = 1;
    for (size_t i = space->axis_count; i-- > 0;) {
        const uint64_t next = size * space->axes[i].count;
        if (next > CHUNK_MAX || (next > CHUNK_MIN && all / next < CHUNKS)) {
            break;
        }
        size = next;
    }
    return size < CHUNK_MIN ? CHUNK_MIN : size;
}

static int run_threads(struct run *run, struct error *err) {
    pthread_t *threads = calloc(run->x->threads, sizeof *threads);
    unsigned started = 0;
    if (!threads) {
        return error_set(err, "out of memory");
    }
    while (started < run->x->threads &&
           pthread_create(&threads[started], NULL, run_thread, run) == 0) {
        started++;
    }
    for (unsigned i = 0; i < started; i++) {
        (void)pthread_join(threads[i], NULL);
    }
    free(threads);
    return started > 0 ? 0 : error_set(err, "no thread can be started");
}

int explore_run(const struct explore *x, struct explore_result *out, struct error *err) {
    struct error inner = {"", 0, 0, ""};
    struct run run = {.x = x, .out = out, .err = &inner};
    const size_t types = space_axis_of(x->space, "pe_type")->count;
    memset(out, 0, sizeof *out);
    for (size_t n = 0; n < x->network_count; n++) {
        out->networks[n].best =
            calloc(types * x->objective_count, sizeof *out->networks[n].best);
        if (!out->networks[n].best) {
            return error_set(err, "out of memory");
        }
        if (x->spread && spread_open(&out->networks[n].spread, types, err)) {
            return -1;
        }
    }
    run.size = chunk_size(x);
    run.chunks = (design_count(x) + run.size - 1) / run.size;
    (void)pthread_mutex_init(&run.lock, NULL);
    (void)pthread_cond_init(&run.turned, NULL);
    if (x->points) {
        explore_print_header(x->points);
    }
    int status = run_threads(&run, err);
    (void)pthread_cond_destroy(&run.turned);
    (void)pthread_mutex_destroy(&run.lock);
    if (status == 0 && run.stop) {
        status = error_set(err, "%s", inner.text);
    }
    return status;
}

void explore_close(const struct explore *x, struct explore_result *out) {
    for (size_t n = 0; n < x->network_count; n++) {
        free(out->networks[n].front);
        free(out->networks[n].best);
        spread_close(&out->networks[n].spread);
    }
    memset(out, 0, sizeof *out);
}

void explore_print_header(FILE *out) {
    (void)fputs("network,member,design_hash,pe_type", out);
    for (unsigned c = 0; c < COLUMNS; c++) {
        (void)fprintf(out, ",%s", column_name((enum explore_column)c));
    }
    (void)fputc('\n', out);
}

void explore_print_point(FILE *out, const char *network, const struct explore_point *p) {
    (void)fprintf(out, "%s,%llu,%s,%s", network, (unsigned long long)p->member, p->hash,
                  p->pe_type);
    for (unsigned c = 0; c < COLUMNS; c++) {
        if (isnan(p->value[c])) {
            (void)fputc(',', out);
        } else {
            (void)fprintf(out, ",%.10g", p->value[c]);
        }
    }
    (void)fputc('\n', out);
}
