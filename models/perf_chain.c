/* SPDX-License-Identifier: Apache-2.0
 *
 * The compute unit as an automaton: states and moves, each simulated once.
 */
#include "models/perf_chain.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "models/perf_slots.h"

enum {
    STATES_MAX = 1024, /* then everything is forgotten */
    MOVES_MAX = 1024,
    TABLE = 4096, /* of hashes, a power of two */
    RECENT = 8,
    ARRAY_DELAY = 4,
    PSUM_WRITE = 3, /* beyond READ_DELAY and the psum accumulator's add: from a slot's
                       start to its last psum's write */
    NO_KIND = 255   /* of the empty state */
};

/* What matters of the compute unit before the first beat of a step's last pass. */
struct state {
    uint64_t pending, load_done;
    uint32_t load_row, kind;
    uint32_t beats[CHAIN_ROWS + 1]; /* beats 0 .. chain_rows */
};

/* A move: its number + 1, or 0. */
struct recent {
    uint64_t slot;
    uint32_t kind, move;
};

struct node {
    struct state state;
    int feed_rests;               /* no filters to load until the next step's */
    struct chain_tail tail;       /* no runs: not made yet */
    struct recent recent[RECENT]; /* moves from here, by slot */
};

struct move {
    uint32_t state, kind;
    uint64_t slot;
    struct chain_move result;
};

struct chain {
    const struct chain_config *config;
    struct node *nodes; /* owned */
    struct move *moves; /* owned */
    uint64_t generation;
    size_t node_count, node_room, move_count, move_room;
    size_t tails;               /* nodes whose tail may own memory */
    uint16_t node_table[TABLE]; /* number + 1, 0 = free */
    uint16_t move_table[TABLE];
    struct slots slots;
};

/* ---- Tables ---- */

static uint64_t hash(const void *data, size_t words, uint64_t h) {
    const uint32_t *w = data;
    for (size_t i = 0; i < words; i++) {
        h = (h ^ w[i]) * UINT64_C(0x9e3779b97f4a7c15);
        h ^= h >> 29;
    }
    return h;
}

static size_t state_words(const struct chain *c) {
    return (offsetof(struct state, beats) / sizeof(uint32_t)) + c->config->chain_rows + 1;
}

static int grow(void *items, size_t *room, size_t count, size_t size) {
    void **array = items;
    if (count < *room) {
        return 0;
    }
    const size_t more = *room ? 2 * *room : 16;
    void *bigger = realloc(*array, more * size);
    if (!bigger) {
        return -1;
    }
    *array = bigger;
    *room = more;
    return 0;
}

/* Make a tail that is not made yet; it keeps the memory that it owns. */
static void clear_tail(struct chain_tail *t, int owns) {
    struct chain_tail clear;
    memset(&clear, 0, sizeof clear);
    if (owns) {
        clear.runs = t->runs;
        clear.run_room = t->run_room;
        clear.spans = t->spans;
        clear.span_room = t->span_room;
    }
    *t = clear;
}

/* Whether the filters of the last pass are all there. */
static int feed_rests(const struct chain *c, const struct state *s) {
    uint32_t loads = 0;
    for (unsigned i = 0; i <= c->config->chain_rows; i++) {
        loads |= s->beats[i] & BEAT_LOAD;
    }
    return s->pending == 0 && s->load_done == 0 && loads == 0;
}

/* The number of a state, made if it is new; UINT32_MAX when memory is out. */
static uint32_t intern(struct chain *c, const struct state *s) {
    const size_t words = state_words(c), bytes = words * sizeof(uint32_t);
    size_t at = hash(s, words, 1) % TABLE;
    for (; c->node_table[at]; at = (at + 1) % TABLE) {
        const uint32_t i = c->node_table[at] - 1u;
        if (memcmp(&c->nodes[i].state, s, bytes) == 0) {
            return i;
        }
    }
    if (grow(&c->nodes, &c->node_room, c->node_count, sizeof *c->nodes)) {
        return UINT32_MAX;
    }
    struct node *n = &c->nodes[c->node_count];
    memcpy(&n->state, s, bytes);
    clear_tail(&n->tail, c->node_count < c->tails);
    c->tails += c->node_count == c->tails;
    memset(n->recent, 0, sizeof n->recent);
    n->feed_rests = feed_rests(c, s);
    c->node_table[at] = (uint16_t)++c->node_count;
    return (uint32_t)c->node_count - 1;
}

static void forget(struct chain *c) {
    c->generation++;
    c->node_count = c->move_count = 0;
    memset(c->node_table, 0, sizeof c->node_table);
    memset(c->move_table, 0, sizeof c->move_table);
}

struct chain *chain_new(void) {
    return calloc(1, sizeof(struct chain));
}

int chain_start(struct chain *c, const struct chain_config *config) {
    struct state empty;
    memset(&empty, 0, sizeof empty);
    empty.kind = NO_KIND;
    forget(c);
    c->config = config;
    return intern(c, &empty) == 0 ? 0 : -1;
}

void chain_free(struct chain *c) {
    if (c) {
        for (size_t i = 0; i < c->tails; i++) {
            free(c->nodes[i].tail.runs);
            free(c->nodes[i].tail.spans);
        }
        free(c->nodes);
        free(c->moves);
        free(c);
    }
}

uint64_t chain_generation(const struct chain *c) {
    return c->generation;
}

int chain_is_empty(const struct chain *c, uint32_t state) {
    return c->nodes[state].state.kind == NO_KIND;
}

/* ---- From states to slots and back ---- */

static void restore(struct chain *c, const struct state *from) {
    struct slots *s = &c->slots;
    const struct chain_config *g = c->config;
    s->config = g;
    s->running = from->kind != NO_KIND;
    s->state = s->running ? SLOTS_BEAT : SLOTS_IDLE;
    s->kind = s->running ? from->kind : 0;
    s->pass = s->running ? g->kinds[s->kind].passes - 1 : 0;
    s->first = s->pass == 0;
    s->beat = s->bubbles_left = 0;
    s->next_valid = 0;
    s->pending = from->pending;
    s->load_done = from->load_done;
    s->load_row = from->load_row;
    s->active = s->loads = s->new_pass = s->same = 0;
    s->end = 0;
    memset(s->counts, 0, sizeof s->counts);
    s->head = SLOTS_RING - 1;
    for (unsigned i = 0; i <= g->chain_rows; i++) {
        const uint32_t beat = from->beats[i];
        s->ring[s->head - i] = beat;
        if (i > 0) {
            s->active |= (uint64_t)(beat & BEAT_ACTIVE ? 1 : 0) << (i - 1);
            s->loads |= (uint64_t)(beat & BEAT_LOAD ? 1 : 0) << (i - 1);
        }
        if (i < CHAIN_ROWS) {
            s->new_pass |= (uint64_t)(beat & BEAT_PASS ? 1 : 0) << i;
        }
    }
}

static void save(const struct chain *c, struct state *to) {
    const struct slots *s = &c->slots;
    to->pending = s->pending;
    to->load_done = s->load_done;
    to->load_row = s->load_row < c->config->chain_rows ? s->load_row : 0;
    to->kind = s->running ? s->kind : NO_KIND;
    for (unsigned i = 0; i <= c->config->chain_rows; i++) {
        to->beats[i] = s->running ? slots_beat(s, i) : 0;
    }
}

/* ---- Tails ---- */

static int tail_slots(struct chain_tail *t, uint64_t end, uint64_t length,
                      uint64_t number) {
    struct chain_run *last = t->run_count ? &t->runs[t->run_count - 1] : NULL;
    if (!last || last->length != length) {
        if (grow(&t->runs, &t->run_room, t->run_count, sizeof *t->runs)) {
            return -1;
        }
        /* slot `first` itself ends at `end`; the one before it belongs to the last run */
        t->runs[t->run_count++] = (struct chain_run){t->slots, end, length};
    }
    t->slots += number;
    return 0;
}

static int tail_span(struct chain_tail *t, uint64_t from, uint64_t to) {
    if (t->span_count && t->spans[t->span_count - 1].to == from) {
        t->spans[t->span_count - 1].to = to;
        return 0;
    }
    if (grow(&t->spans, &t->span_room, t->span_count, sizeof *t->spans)) {
        return -1;
    }
    t->spans[t->span_count++] = (struct chain_span){from, to};
    return 0;
}

static int make_tail(struct chain *c, uint32_t state) {
    struct slots *s = &c->slots;
    struct chain_tail *t = &c->nodes[state].tail;
    restore(c, &c->nodes[state].state);
    if (tail_slots(t, 0, 0, 1)) {
        return -1;
    }
    for (;;) {
        const uint64_t start = s->end + 1;
        slots_advance(s, SLOTS_NO_STEP);
        if (s->retires) {
            t->retired[t->retired_count++] = s->retired;
        }
        if (!s->running) {
            break;
        }
        if (s->head_idle && tail_span(t, start, start + s->idle)) {
            return -1;
        }
        const uint64_t end = s->end, same = slots_repeat(s, UINT64_MAX);
        if (tail_slots(t, end, s->length, 1 + same)) {
            return -1;
        }
    }
    t->end = s->end;
    t->slots--;
    memcpy(t->counts, s->counts, sizeof t->counts);
    struct state empty;
    save(c, &empty);
    const uint32_t number = intern(c, &empty);
    c->nodes[state].tail.empty = number;
    return number == UINT32_MAX ? -1 : 0;
}

const struct chain_tail *chain_tail(struct chain *c, uint32_t state) {
    if (c->nodes[state].tail.run_count == 0 && make_tail(c, state)) {
        return NULL;
    }
    return &c->nodes[state].tail;
}

/* Slots of some length that end `cycles` later or after that. Most numbers are small, and
 * then to divide them takes less. */
static uint64_t slots_until(uint64_t cycles, uint64_t length) {
    const uint64_t sum = cycles + length - 1;
    return sum <= UINT32_MAX ? (uint32_t)sum / (uint32_t)length : sum / length;
}

uint64_t chain_taken(const struct chain_tail *t, uint64_t ready, uint64_t *at) {
    if (ready > t->end) {
        return UINT64_MAX;
    }
    size_t low = 0, high = t->run_count; /* the last run that begins before `ready` */
    while (high - low > 1) {
        const size_t middle = (low + high) / 2;
        if (t->runs[middle].end < ready) {
            low = middle;
        } else {
            high = middle;
        }
    }
    const struct chain_run *r = &t->runs[low];
    uint64_t slots = 0;
    if (ready > r->end) {
        slots = r->length ? slots_until(ready - r->end, r->length) : 1;
        const uint64_t next =
            low + 1 < t->run_count ? t->runs[low + 1].first : t->slots + 1;
        if (r->first + slots >= next) { /* the next run's first */
            *at = t->runs[low + 1].end;
            return next;
        }
    }
    *at = r->end + slots * r->length;
    return r->first + slots;
}

int chain_indifferent(const struct chain *c, uint32_t state, uint64_t slot) {
    const struct node *n = &c->nodes[state];
    const struct chain_config *g = c->config;
    if (n->state.kind == NO_KIND || !n->feed_rests) {
        return 0;
    }
    /* row i hands in its load in slot `slot` + 1 + i; they are done in this order, in
     * slots of T cycles at least */
    const uint64_t rows = g->chain_rows, words = g->row_words, cycles = g->beat_cycles;
    const uint64_t bus = (rows * words + cycles - 1) / cycles;
    const uint64_t last = rows + (words + cycles - 1) / cycles;
    return slot + 3 + (bus > last ? bus : last) <= g->kinds[n->state.kind].beats;
}

/* ---- Moves ---- */

/* The passes of a step repeat when the chain and the filter feed are again as they were
 * at the start of an earlier pass (Brent's algorithm). */
struct passes {
    struct state saved;
    uint64_t pass, end, next_save;
    uint64_t counts[CHAIN_COUNTS];
    int valid;
};

/* Before the first beat of a pass that is neither the first nor the last of its step. */
static void skip_passes(struct chain *c, struct passes *p) {
    struct slots *s = &c->slots;
    const uint64_t last = c->config->kinds[s->kind].passes - 1;
    struct state now;
    save(c, &now);
    if (p->valid && memcmp(&now, &p->saved, state_words(c) * sizeof(uint32_t)) == 0) {
        const uint64_t period = s->pass - p->pass, times = (last - s->pass) / period;
        s->pass += times * period;
        s->end += times * (s->end - p->end);
        for (unsigned i = 0; i < CHAIN_COUNTS; i++) {
            s->counts[i] += times * (s->counts[i] - p->counts[i]);
        }
        p->valid = 0;
        p->next_save = UINT64_MAX;
        return;
    }
    if (s->pass >= p->next_save) {
        p->saved = now;
        p->pass = s->pass;
        p->end = s->end;
        memcpy(p->counts, s->counts, sizeof p->counts);
        p->valid = 1;
        p->next_save = 2 * s->pass;
    }
}

/* The move from *from: take a step in a slot, and go on to the last pass of that step. */
static void simulate(struct chain *c, const struct state *from, uint64_t slot,
                     unsigned kind, struct chain_move *m) {
    struct slots *s = &c->slots;
    struct passes passes;
    uint64_t number = 0;
    passes.valid = 0;
    passes.next_save = 1;
    restore(c, from);
    memset(m, 0, sizeof *m);
    for (int taken = 0;;) {
        const int now = number == slot;
        slots_advance(s, now ? (int)kind : SLOTS_NO_STEP);
        taken |= now;
        number++;
        if (s->retires) {
            m->retired[m->retired_count++] = s->retired;
        }
        if (s->head_idle && taken) {
            const uint64_t start = s->end + 1 - s->length;
            m->idle = (struct chain_span){start, start + s->idle};
        }
        if (!taken) {
            number += slots_repeat(s, slot - number);
            continue;
        }
        if (s->state == SLOTS_BEAT && !s->next_valid && s->beat == 0) {
            if (s->pass > 0 && s->pass < c->config->kinds[s->kind].passes - 1) {
                skip_passes(c, &passes);
            }
            if (s->pass == c->config->kinds[s->kind].passes - 1) {
                break;
            }
        }
        (void)slots_repeat(s, UINT64_MAX);
    }
    m->next_at = s->end;
    memcpy(m->counts, s->counts, sizeof m->counts);
}

static size_t find_move(const struct chain *c, uint32_t state, uint64_t slot,
                        unsigned kind) {
    const uint32_t key[4] = {state, kind, (uint32_t)slot, (uint32_t)(slot >> 32)};
    size_t at = hash(key, 4, 2) % TABLE;
    for (; c->move_table[at]; at = (at + 1) % TABLE) {
        const struct move *m = &c->moves[c->move_table[at] - 1u];
        if (m->state == state && m->slot == slot && m->kind == kind) {
            break;
        }
    }
    return at;
}

/* Simulate a move, and remember it at a place of the table. */
static int make_move(struct chain *c, uint32_t state, uint64_t slot, unsigned kind,
                     size_t at) {
    const struct state from = c->nodes[state].state;
    struct state to;
    if (grow(&c->moves, &c->move_room, c->move_count, sizeof *c->moves)) {
        return -1;
    }
    struct move *m = &c->moves[c->move_count];
    m->state = state;
    m->slot = slot;
    m->kind = kind;
    simulate(c, &from, slot, kind, &m->result);
    save(c, &to);
    m->result.next = intern(c, &to);
    m->result.stays = m->result.next == state;
    c->move_table[at] = (uint16_t)++c->move_count;
    return m->result.next == UINT32_MAX ? -1 : 0;
}

const struct chain_move *chain_move(struct chain *c, uint32_t *number, uint64_t slot,
                                    unsigned kind) {
    uint32_t state = *number;
    struct node *n = &c->nodes[state];
    const struct recent *r = &n->recent[slot % RECENT];
    if (r->move && r->slot == slot && r->kind == kind) {
        return &c->moves[r->move - 1].result;
    }
    size_t at = find_move(c, state, slot, kind);
    if (!c->move_table[at]) {
        if (c->node_count + 3 > STATES_MAX || c->move_count == MOVES_MAX) {
            const struct state from = n->state;
            forget(c);
            state = intern(c, &from);
            if (state == UINT32_MAX) {
                return NULL;
            }
            *number = state;
            at = find_move(c, state, slot, kind);
        }
        if (make_move(c, state, slot, kind, at)) {
            return NULL;
        }
    }
    c->nodes[state].recent[slot % RECENT] =
        (struct recent){slot, kind, c->move_table[at]};
    return &c->moves[c->move_table[at] - 1u].result;
}

/* ---- Configuration ---- */

static uint64_t filters_of(const struct layer *l, const struct mapping *m, int cut) {
    return cut && l->m % m->m ? l->m % m->m : m->m < l->m ? m->m : l->m;
}

void chain_configure(struct chain_config *c, const struct hw *hw, const struct layer *l,
                     const struct mapping *m) {
    const uint64_t latency = hw->type.add_latency + 1u, pass = (uint64_t)m->p * m->t;
    *c = (struct chain_config){
        .chain_rows = m->rk * m->r,
        .rk = m->rk,
        .a = m->a,
        .sk = m->sk,
        .kw = (m->q + hw->act_lanes - 1) / hw->act_lanes,
        .groups = m->r,
        .bubbles = m->bubbles,
        .ready_bubbles = m->ready_bubbles,
        .beat_cycles = (m->p > latency ? m->p : latency) * m->sk * m->q,
        .row_words = (uint64_t)m->t * mapping_kf(hw, m),
        .retire = ARRAY_DELAY + 2u + hw->type.mul_latency + hw->type.add_latency +
                  hw->type.psum_add_latency + PSUM_WRITE,
    };
    for (unsigned i = 0; i < CHAIN_KINDS; i++) {
        const unsigned ev = i & 1 && l->e % m->e ? l->e % m->e : m->e;
        const unsigned fv = i & 2 && l->f % m->f ? l->f % m->f : m->f;
        c->kinds[i] = (struct chain_kind){
            .beats = fv,
            .passes = (filters_of(l, m, (i & 4) != 0) + pass - 1) / pass,
            .y_rows = (uint64_t)(ev - 1) * m->a + m->rk,
            .psum_stride = mapping_psum_stride(hw, m, ev),
            .drain_words = (uint64_t)ev * m->t * mapping_kp(hw, m),
        };
    }
}

unsigned chain_kind_of(const struct layer *l, const struct mapping *m,
                       const struct mapping_step *s) {
    const unsigned cut_rows = s->ev != m->e, cut_columns = s->fv != m->f;
    const unsigned cut_filters = s->m0 > 0 && l->m - s->m0 < m->m;
    return cut_rows | cut_columns << 1 | cut_filters << 2;
}
