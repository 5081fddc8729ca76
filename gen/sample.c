/* SPDX-License-Identifier: Apache-2.0
 *
 * Choosing designs of a space.
 */
#include "gen/sample.h"

#include <stdlib.h>
#include <string.h>

#include "gen/emit.h"
#include "gen/sobol.h"

enum { TRIES_MIN = 1 << 16, TRIES_PER_DESIGN = 256, PERCENT = 100 };

/* Keys that a PE depends on, besides its type. */
static const char *const pe_keys[] = {"ifmap_spad_words", "filter_spad_words",
                                      "psum_spad_words",  "bus_bits",
                                      "psum_bits",        "spad_style"};

/* A set of numbers, open addressing. */
struct set {
    uint64_t *slots; /* owned; number + 1, 0 = free */
    size_t room;     /* a power of two */
};

/* What is being chosen. */
struct chosen {
    const struct space *space;
    const struct sample_options *options;
    struct sample_design *designs; /* owned */
    size_t count, room;
    struct error *err;
};

/* One PE type's draw. */
struct draw {
    size_t type;             /* index of the PE type's value */
    uint64_t seed;           /* of this type */
    size_t axes[SPACE_AXES]; /* those with a coordinate of their own */
    size_t axis_count;
    int in_pe[SPACE_AXES];     /* 1: of the PE, taken from the list */
    size_t (*pes)[SPACE_AXES]; /* owned: indices of the PEs that may be taken */
    size_t pe_count;
};

static int set_open(struct set *set, uint64_t members) {
    set->room = 64;
    while (set->room < 4 * members) {
        set->room *= 2;
    }
    set->slots = calloc(set->room, sizeof *set->slots);
    return set->slots ? 0 : -1;
}

/* Add number; 1 if it is new. The set must have room. */
static int set_add(struct set *set, uint64_t number) {
    size_t at = (size_t)(number * (uint64_t)0x9e3779b97f4a7c15u) & (set->room - 1);
    while (set->slots[at] != 0) {
        if (set->slots[at] == number + 1) {
            return 0;
        }
        at = (at + 1) & (set->room - 1);
    }
    set->slots[at] = number + 1;
    return 1;
}

static int check_count(const struct chosen *c, uint64_t more) {
    if (more > SAMPLE_DESIGNS_MAX - c->count) {
        return config_error(&c->space->file, "", c->err,
                            "%llu designs are to be done, at most %d can be; draw a "
                            "sample of the space",
                            c->count + (unsigned long long)more, SAMPLE_DESIGNS_MAX);
    }
    return 0;
}

static int take(struct chosen *c, uint64_t member) {
    if (c->count == c->room) {
        size_t room = c->room ? 2 * c->room : 256;
        struct sample_design *more = realloc(c->designs, room * sizeof *more);
        if (!more) {
            return error_set(c->err, "out of memory");
        }
        c->designs = more;
        c->room = room;
    }
    c->designs[c->count++] = (struct sample_design){member, 0};
    return 0;
}

static size_t type_axis(const struct space *space) {
    return (size_t)(space_axis_of(space, "pe_type") - space->axes);
}

uint64_t sample_pe_key(const struct hw *hw) {
    const struct design *d = &hw->design;
    const unsigned sizes[] = {d->ifmap_spad_words, d->filter_spad_words,
                              d->psum_spad_words,  d->psum_bits,
                              hw->act_lanes,       hw->weight_lanes};
    uint64_t key = emit_fnv(EMIT_FNV_START, d->pe_type, strlen(d->pe_type) + 1);
    key = emit_fnv(key, d->spad_style, strlen(d->spad_style) + 1);
    return emit_fnv(key, sizes, sizeof sizes);
}

/* ---- a sample ---- */

/* Index of a point's value among count. */
static size_t pick(const struct draw *d, uint32_t point, unsigned dimension,
                   size_t count) {
    uint64_t x = sobol_point(point, dimension, d->seed);
    return (size_t)((x * count) >> 32);
}

/* The indices of a point of the sequence. */
static void place(const struct chosen *c, const struct draw *d, uint32_t point,
                  size_t *index) {
    unsigned dimension = 0;
    if (d->pes) {
        size_t pe = pick(d, point, dimension++, d->pe_count);
        memcpy(index, d->pes[pe], SPACE_AXES * sizeof *index);
    } else {
        memset(index, 0, SPACE_AXES * sizeof *index);
    }
    index[type_axis(c->space)] = d->type;
    for (size_t i = 0; i < d->axis_count; i++) {
        size_t a = d->axes[i];
        if (!d->pes || !d->in_pe[a]) {
            index[a] = pick(d, point, dimension++, c->space->axes[a].count);
        }
    }
}

/* 1 if some design of the type has the PE of these indices. */
static int pe_is_legal(const struct space *space, const size_t *pe) {
    size_t glb = (size_t)(space_axis_of(space, "glb_kib") - space->axes);
    size_t dram = (size_t)(space_axis_of(space, "dram_bytes_per_cycle") - space->axes);
    size_t index[SPACE_AXES];
    struct hw hw;
    memcpy(index, pe, sizeof index);
    for (size_t g = 0; g < space->axes[glb].count; g++) {
        for (size_t k = 0; k < space->axes[dram].count; k++) {
            index[glb] = g;
            index[dram] = k;
            if (space_hw(space, space_join(space, index), &hw, NULL) == 0) {
                return 1;
            }
        }
    }
    return 0;
}

/* The list of PEs: the first different ones of a sequence of their own. */
static int draw_pes(struct chosen *c, struct draw *d) {
    const struct space *space = c->space;
    size_t wanted = (size_t)c->options->pes;
    struct set seen;
    size_t(*list)[SPACE_AXES] = calloc(wanted, sizeof *list);
    if (!list || set_open(&seen, TRIES_MIN)) {
        free(list);
        return error_set(c->err, "out of memory");
    }
    for (uint32_t point = 0; point < TRIES_MIN && d->pe_count < wanted; point++) {
        size_t index[SPACE_AXES] = {0};
        unsigned dimension = 0;
        index[type_axis(space)] = d->type;
        for (size_t i = 0; i < d->axis_count; i++) {
            if (d->in_pe[d->axes[i]]) {
                index[d->axes[i]] =
                    pick(d, point, dimension++, space->axes[d->axes[i]].count);
            }
        }
        if (set_add(&seen, space_join(space, index)) && pe_is_legal(space, index)) {
            memcpy(list[d->pe_count++], index, sizeof index);
        }
    }
    free(seen.slots);
    d->pes = list;
    return 0;
}

/* Draw wanted designs of a type. */
static int draw_designs(struct chosen *c, struct draw *d, uint64_t wanted) {
    uint64_t tries = wanted * TRIES_PER_DESIGN + TRIES_MIN, drawn = 0;
    const char *type = c->space->types[d->type].name;
    struct set seen;
    int rc = 0;
    if (tries > UINT32_MAX) {
        tries = UINT32_MAX;
    }
    if (set_open(&seen, wanted)) {
        return error_set(c->err, "out of memory");
    }
    for (uint32_t point = 0; rc == 0 && point < tries && drawn < wanted; point++) {
        size_t index[SPACE_AXES];
        struct hw hw;
        place(c, d, point, index);
        uint64_t k = space_join(c->space, index);
        if (space_hw(c->space, k, &hw, NULL) == 0 && set_add(&seen, k)) {
            rc = take(c, k);
            drawn++;
        }
    }
    free(seen.slots);
    if (rc == 0 && drawn < wanted) {
        return error_set(c->err,
                         "%llu designs of type %s cannot be drawn, only %llu were found "
                         "in %llu points: draw fewer%s",
                         (unsigned long long)wanted, type, (unsigned long long)drawn,
                         (unsigned long long)tries, d->pes ? ", or allow more PEs" : "");
    }
    return rc;
}

/* All legal members of a type. */
static int take_all(struct chosen *c, size_t type) {
    size_t axis = type_axis(c->space);
    uint64_t below = 1, span;
    for (size_t a = axis + 1; a < c->space->axis_count; a++) {
        below *= c->space->axes[a].count;
    }
    span = below * c->space->axes[axis].count;
    for (uint64_t base = type * below; base < c->space->count; base += span) {
        for (uint64_t k = base; k < base + below; k++) {
            struct hw hw;
            if (space_hw(c->space, k, &hw, NULL) == 0 && take(c, k)) {
                return -1;
            }
        }
    }
    return 0;
}

static void find_axes(const struct space *space, struct draw *d) {
    for (size_t a = 0; a < space->axis_count; a++) {
        const struct config_key *key = space->axes[a].key;
        for (size_t i = 0; i < sizeof pe_keys / sizeof pe_keys[0]; i++) {
            d->in_pe[a] |= strcmp(key->name, pe_keys[i]) == 0;
        }
        if (a != type_axis(space) && space->axes[a].count > 1) {
            d->axes[d->axis_count++] = a;
        }
    }
}

/* Legal members of each type, from the illegal ones. */
struct per_type {
    const struct space *space;
    uint64_t *legal; /* [types] */
};

static void take_away(void *context, const struct design *example, uint64_t members,
                      const struct error *why) {
    const struct per_type *p = context;
    const struct space_axis *types = space_axis_of(p->space, "pe_type");
    (void)why;
    for (size_t i = 0; i < types->count; i++) {
        if (strcmp(types->values + i * types->size, example->pe_type) == 0) {
            p->legal[i] -= members;
        }
    }
}

/* The designs of one type, of which legal are legal. */
static int choose_type(struct chosen *c, size_t type, uint64_t legal) {
    const struct sample_options *options = c->options;
    const char *name = c->space->types[type].name;
    uint64_t wanted = options->per_type;
    struct draw d = {.type = type, .axis_count = 0};
    int rc = 0;
    if (wanted == 0 || (wanted >= legal && options->pes == 0)) {
        return check_count(c, legal) || take_all(c, type);
    }
    d.seed = emit_fnv(EMIT_FNV_START + options->seed, name, strlen(name));
    find_axes(c->space, &d);
    if (options->pes > 0) {
        rc = draw_pes(c, &d);
    }
    wanted = wanted < legal ? wanted : legal;
    rc = rc || check_count(c, wanted) || draw_designs(c, &d, wanted);
    free(d.pes);
    return rc;
}

/* ---- the test set ---- */

static unsigned common_divisor(unsigned a, unsigned b) {
    while (b) {
        unsigned rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* Mark share of each block of designs from..to - 1. */
static void mark_tests(struct chosen *c, size_t from, size_t to, uint64_t seed) {
    unsigned percent = c->options->holdout_percent;
    unsigned divisor = common_divisor(percent, PERCENT);
    size_t block = PERCENT / divisor, share = percent / divisor;
    for (size_t start = from; percent > 0 && start < to; start += block) {
        size_t left = share; /* selection sampling, Knuth's algorithm S */
        for (size_t i = 0; i < block; i++) {
            uint64_t x[2] = {seed, start - from + i};
            uint64_t draw = emit_fnv(EMIT_FNV_START, x, sizeof x) >> 11;
            if (draw % (block - i) < left) {
                left--;
                if (start + i < to) {
                    c->designs[start + i].test = 1;
                }
            }
        }
    }
}

int sample_designs(const struct space *space, const struct sample_options *options,
                   struct sample_design **designs, size_t *count, struct error *err) {
    struct chosen c = {.space = space, .options = options, .err = err};
    const struct space_axis *types = space_axis_of(space, "pe_type");
    struct per_type p = {space, calloc(types->count, sizeof *p.legal)};
    uint64_t illegal;
    if (!p.legal) {
        return error_set(err, "out of memory");
    }
    for (size_t i = 0; i < types->count; i++) {
        p.legal[i] = space->count / types->count;
    }
    int rc = space_illegal(space, take_away, &p, &illegal, err);
    for (size_t i = 0; rc == 0 && i < types->count; i++) {
        const char *name = space->types[i].name;
        size_t from = c.count;
        rc = p.legal[i] > 0 ? choose_type(&c, i, p.legal[i]) : 0;
        if (rc == 0) {
            mark_tests(&c, from, c.count,
                       emit_fnv(EMIT_FNV_START ^ options->seed, name, strlen(name)));
        }
    }
    if (rc == 0 && c.count == 0) {
        rc = config_error(&space->file, "", err, "no design of the space is legal");
    }
    free(p.legal);
    if (rc) {
        free(c.designs);
        return -1;
    }
    *designs = c.designs;
    *count = c.count;
    return 0;
}
