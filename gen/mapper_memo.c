/* SPDX-License-Identifier: Apache-2.0
 *
 * Memory of the mapper from design to design.
 */
#include "gen/mapper_memo.h"

#include <stdlib.h>
#include <string.h>

#include "gen/mapping.h"

enum {
    BESTS = 512,     /* different best mappings */
    OUTCOMES = 4096, /* of tiles; a power of two */
    OUTCOMES_BITS = 12,
    MEMBERS = 64, /* a power of two */
    KEY = 26
};

/* All of a design and a layer that a search depends on but for its spads. */
struct key {
    unsigned value[KEY];
};

/* What tiles of a shape make of a best mapping. */
struct outcome {
    uint64_t key; /* 0: none */
    int after;
};

/* The tables of a strip, a ring. */
struct tables {
    unsigned count; /* filled so far */
    struct mapper_table table[MAPPER_TABLES];
};

struct mapper_memo {
    struct key key;
    unsigned ifmap_spad; /* of the tables */
    struct mapper_list strips;
    struct mapper_candidate strip[MAPPER_STRIPS];
    struct tables *tables[MAPPER_STRIPS]; /* owned, or NULL */
    struct mapper_members members[MEMBERS];
    int best_count;
    struct mapper_best best[BESTS]; /* the first: none */
    unsigned outcome_count;
    struct outcome outcomes[OUTCOMES];
};

struct mapper_memo *mapper_memo_new(void) {
    return calloc(1, sizeof(struct mapper_memo));
}

void mapper_memo_free(struct mapper_memo *memo) {
    if (memo) {
        for (unsigned i = 0; i < MAPPER_STRIPS; i++) {
            free(memo->tables[i]);
        }
        free(memo);
    }
}

static struct key key_of(const struct hw *hw, const struct layer *l) {
    const struct design *d = &hw->design;
    return (struct key){{d->rows,
                         d->cols,
                         d->dram_bytes_per_cycle,
                         hw->act_lanes,
                         hw->weight_lanes,
                         hw->psum_lanes,
                         hw->bus_bytes,
                         hw->glb_words,
                         hw->glb_bank_words,
                         hw->glb_banks,
                         hw->type.mul_latency,
                         hw->type.add_latency,
                         hw->type.psum_add_latency,
                         l->op,
                         l->c,
                         l->h,
                         l->w,
                         l->m,
                         l->e,
                         l->f,
                         l->r,
                         l->s,
                         l->u,
                         l->pad,
                         l->groups,
                         1}}; /* unlike a new memo's */
}

void mapper_memo_open(struct mapper_memo *memo, const struct hw *hw,
                      const struct layer *l) {
    const struct key key = key_of(hw, l);
    const int same = memcmp(&key, &memo->key, sizeof key) == 0;
    if (!same) {
        memo->key = key;
        memo->strips = (struct mapper_list){0, MAPPER_STRIPS, memo->strip};
        memset(memo->members, 0, sizeof memo->members);
        memset(memo->outcomes, 0, sizeof memo->outcomes);
        memo->outcome_count = 0;
        memo->best_count = 1;
    }
    if (!same || memo->ifmap_spad != hw->design.ifmap_spad_words) {
        memo->ifmap_spad = hw->design.ifmap_spad_words;
        for (unsigned i = 0; i < MAPPER_STRIPS; i++) {
            if (memo->tables[i]) {
                memo->tables[i]->count = 0;
            }
        }
    }
}

struct mapper_list *mapper_memo_strips(struct mapper_memo *memo) {
    return &memo->strips;
}

struct mapper_members *mapper_memo_members(struct mapper_memo *memo, unsigned sets,
                                           const unsigned *p, unsigned p_count) {
    const unsigned last = p[p_count - 1]; /* with the count, it tells lists of a layer */
    struct mapper_members *m = &memo->members[(sets ^ last * 8) % MEMBERS];
    if (m->sets != sets || m->p_count != p_count || m->p_last != last) {
        *m = (struct mapper_members){.p_count = p_count, .p_last = last};
    }
    return m;
}

const struct mapper_table *mapper_memo_table(const struct mapper_memo *memo,
                                             unsigned strip, unsigned index) {
    const struct tables *t = memo->tables[strip];
    return t && index < t->count && index < MAPPER_TABLES
               ? &t->table[(t->count - 1 - index) % MAPPER_TABLES]
               : NULL;
}

struct mapper_table *mapper_memo_add_table(struct mapper_memo *memo, unsigned strip) {
    struct tables *t = memo->tables[strip];
    if (!t) {
        t = memo->tables[strip] = calloc(1, sizeof *t);
    }
    return t ? &t->table[t->count++ % MAPPER_TABLES] : NULL;
}

/* The number of a best mapping. */
static int number_of(struct mapper_memo *memo, const struct mapper_best *best) {
    int n = 1;
    for (; n < memo->best_count; n++) {
        const struct mapper_best *b = &memo->best[n];
        if (memcmp(&b->cost, &best->cost, sizeof b->cost) == 0 &&
            memcmp(&b->m, &best->m, sizeof b->m) == 0) {
            return n;
        }
    }
    if (n == BESTS) {
        return MAPPER_NO_BEST;
    }
    memo->best[memo->best_count++] = *best;
    return n;
}

/* The place of an outcome, or where it belongs. */
static struct outcome *find_outcome(struct mapper_memo *memo, uint64_t key) {
    uint64_t at = (key * UINT64_C(0x9e3779b97f4a7c15)) >> (64 - OUTCOMES_BITS);
    while (memo->outcomes[at].key != 0 && memo->outcomes[at].key != key) {
        at = (at + 1) % OUTCOMES;
    }
    return &memo->outcomes[at];
}

/* All that the tiles of a shape depend on, and the number of the best mapping. */
static uint64_t outcome_key(const struct mapper_candidate *x, unsigned bubbles,
                            int before) {
    uint64_t key = x->strip;
    key = key << 10 | (x->q - 1u);
    key = key << 8 | (x->p - 1u);
    key = key << 6 | (x->r - 1u);
    key = key << 6 | (x->t - 1u);
    key = key << 7 | bubbles;
    return (key << 10 | (unsigned)before) + 1;
}

int mapper_memo_tiles(struct mapper_memo *memo, const struct mapper_candidate *shape,
                      unsigned bubbles, struct mapper_best *best, int *id) {
    if (*id == MAPPER_NO_BEST) {
        return 0;
    }
    const uint64_t key = outcome_key(shape, bubbles, *id);
    const struct outcome *o = find_outcome(memo, key);
    if (o->key != key) {
        return 0;
    }
    if (o->after != *id) {
        *best = memo->best[o->after];
        *id = o->after;
    }
    return 1;
}

void mapper_memo_note(struct mapper_memo *memo, const struct mapper_candidate *shape,
                      unsigned bubbles, const struct mapper_best *best, int *id) {
    if (*id == MAPPER_NO_BEST) {
        return;
    }
    const int after = best->found ? number_of(memo, best) : 0;
    if (after != MAPPER_NO_BEST && memo->outcome_count < OUTCOMES / 2) {
        const uint64_t key = outcome_key(shape, bubbles, *id);
        *find_outcome(memo, key) = (struct outcome){key, after};
        memo->outcome_count++;
    }
    *id = after;
}
