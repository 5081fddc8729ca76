/* SPDX-License-Identifier: Apache-2.0
 *
 * Functional interpreter of command lists.
 */
#include "tests/command_interp.h"

#include <stdlib.h>
#include <string.h>

#include "verif/layout.h"
#include "verif/prng.h"

enum unit_name { LOAD, COMPUTE, STORE, UNITS };
enum token {
    LOAD_TO_COMPUTE,
    COMPUTE_TO_LOAD,
    COMPUTE_TO_STORE,
    STORE_TO_COMPUTE,
    TOKENS
};
enum { RANGES = 6 };
static const uint64_t COMMAND_BYTES = (uint64_t)COMMAND_WORDS * 4;
static const uint32_t GLB_MASK = 0xffffff;

/* GLB words lo .. hi-1 that a running command touches; client 0 is the DMA. */
struct range {
    uint64_t lo, hi;
    int client;
};

struct unit {
    struct command slot[2]; /* [0] executes or waits for tokens, [1] waits behind it */
    unsigned count;
    int running; /* slot[0] has its tokens */
    struct range ranges[RANGES];
    unsigned range_count;
};

struct interp {
    const struct hw *hw;
    const struct dram_map *dram;
    uint8_t *image;
    uint8_t *glb;     /* owned */
    uint8_t *written; /* owned, per word: 1 when something wrote it */
    struct unit units[UNITS];
    uint64_t tokens[TOKENS];
    struct command config;
    int configured;
    uint64_t block, next_block; /* addresses; next_block 0: not fetched */
    unsigned index;             /* next command of the block */
    int ended;
    struct prng prng;
    uint64_t schedule;
    struct interp_counts counts;
    struct error *err;
};

static uint32_t field(const struct command *c, unsigned word, unsigned shift,
                      unsigned bits) {
    return bits == 32 ? c->w[word] : (c->w[word] >> shift) & ((1u << bits) - 1u);
}

static unsigned op_of(const struct command *c) {
    return c->w[0] & 0xffu;
}

static int fail(struct interp *p, const char *what, uint64_t value) {
    return error_set(p->err, "%s (%llu) in step %llu", what, (unsigned long long)value,
                     (unsigned long long)p->counts.computes);
}

/* ---- GLB ---- */

static const uint8_t *glb_read(struct interp *p, uint64_t word) {
    if (word >= p->hw->glb_words || !p->written[word]) {
        (void)fail(p,
                   word < p->hw->glb_words ? "read of a GLB word never written"
                                           : "GLB read out of range",
                   word);
        return NULL;
    }
    return p->glb + word * p->hw->bus_bytes;
}

static uint8_t *glb_write(struct interp *p, uint64_t word) {
    if (word >= p->hw->glb_words) {
        (void)fail(p, "GLB write out of range", word);
        return NULL;
    }
    p->written[word] = 1;
    return p->glb + word * p->hw->bus_bytes;
}

/* ---- LOAD and STORE ---- */

static uint64_t dma_words(const struct command *c) {
    return (uint64_t)c->w[4] * c->w[5] * c->w[7];
}

static int run_dma(struct interp *p, const struct command *c) {
    int load = op_of(c) == CMD_LOAD;
    uint64_t base = c->w[1] | (uint64_t)c->w[2] << 32, glb = c->w[3];
    uint64_t lo = load ? p->dram->ifmap : p->dram->ofmap;
    uint64_t hi = load ? p->dram->bias + p->dram->bias_bytes
                       : p->dram->ofmap + p->dram->ofmap_bytes;
    unsigned bytes = p->hw->bus_bytes;
    for (uint64_t plane = 0; plane < c->w[7]; plane++) {
        for (uint64_t segment = 0; segment < c->w[5]; segment++) {
            uint64_t at = base + plane * c->w[8] + segment * c->w[6];
            uint64_t size = (uint64_t)c->w[4] * bytes;
            if (at % bytes || at < lo || at > hi || size > hi - at) {
                return fail(p, "DMA outside of its area", at);
            }
            for (uint64_t i = 0; i < c->w[4]; i++, glb++, at += bytes) {
                if (load) {
                    memcpy(glb_write(p, glb), p->image + at, bytes);
                    continue;
                }
                const uint8_t *from = glb_read(p, glb);
                if (!from) {
                    return -1;
                }
                memcpy(p->image + at, from, bytes);
            }
        }
    }
    *(load ? &p->counts.load_words : &p->counts.store_words) += dma_words(c);
    return 0;
}

/* ---- COMPUTE ---- */

/* The numbers of CONFIG and of one COMPUTE. */
struct step {
    uint32_t chain, rk, e, t, q, p, a, sk, kf, kp, d, shift, relu;
    uint32_t origin, ev, row_pitch, y_rows, blk_pitch, lane0, pos_lo, pos_hi, y_lo, y_hi;
    uint32_t beats, passes, blocks, filter, psum, bias, ofmap, ofmap_pitch, stride;
    int first, last;
};

static void decode(const struct command *g, const struct command *c, struct step *s) {
    s->chain = field(g, 1, 0, 8);
    s->rk = field(g, 1, 8, 8);
    s->e = field(g, 1, 16, 8);
    s->t = field(g, 1, 24, 8);
    s->sk = field(g, 4, 8, 8);
    s->q = field(g, 2, 0, 16) / s->sk;
    s->p = field(g, 2, 16, 16);
    s->a = field(g, 4, 0, 8);
    s->kf = field(g, 5, 0, 16);
    s->kp = field(g, 6, 0, 8);
    s->shift = field(g, 6, 16, 6);
    s->relu = field(g, 6, 24, 1);
    s->d = field(g, 7, 8, 8);
    s->origin = field(c, 1, 0, 24);
    s->ev = field(c, 1, 24, 8);
    s->row_pitch = field(c, 2, 0, 16);
    s->y_rows = field(c, 2, 16, 16);
    s->blk_pitch = field(c, 3, 0, 24);
    s->lane0 = field(c, 3, 24, 8);
    s->pos_lo = field(c, 4, 0, 16);
    s->pos_hi = field(c, 4, 16, 16);
    s->y_lo = field(c, 5, 0, 16);
    s->y_hi = field(c, 5, 16, 16);
    s->beats = field(c, 6, 0, 16);
    s->passes = field(c, 6, 16, 16);
    s->blocks = field(c, 7, 16, 16);
    s->filter = field(c, 9, 0, 24);
    s->psum = field(c, 10, 0, 24);
    s->bias = field(c, 12, 0, 24);
    s->ofmap = field(c, 13, 0, 24);
    s->ofmap_pitch = field(c, 14, 0, 24);
    s->stride = field(c, 15, 0, 16);
    s->first = (c->w[0] & CMD_FIRST) != 0;
    s->last = (c->w[0] & CMD_LAST) != 0;
}

/* The derived fields agree with those they derive from, and the array can do it. */
static int check_step(struct interp *p, const struct command *c, const struct step *s) {
    const struct command *g = &p->config;
    const struct design *z = &p->hw->design;
    unsigned cb = p->hw->act_lanes, pb = p->hw->psum_lanes, wb = p->hw->weight_lanes;
    uint32_t end = (s->beats - 1) * s->a, pqs = s->p * s->q * s->sk;
    uint32_t depth = z->ifmap_spad_words / s->q;
    const int rules[] = {
        s->chain % s->rk == 0 && s->chain <= z->rows && s->e * s->t <= z->cols,
        field(g, 2, 0, 16) % s->sk == 0 && s->p <= z->psum_spad_words,
        field(g, 3, 0, 16) == depth * s->q && field(g, 3, 16, 16) == s->a * s->q,
        depth >= s->sk + s->a * s->rk && s->kf * wb + pqs <= z->filter_spad_words,
        field(g, 4, 16, 8) == (s->q + cb - 1) / cb,
        field(g, 4, 24, 8) == (s->q < cb ? s->q : cb),
        s->kf == (pqs + wb - 1) / wb && field(g, 5, 16, 16) == s->t * s->kf,
        s->kp == (s->p + pb - 1) / pb && field(g, 6, 8, 8) == (s->p < pb ? s->p : pb),
        field(g, 8, 0, 16) == s->a * s->d,
        field(g, 8, 16, 16) == ((s->sk * s->d - s->a * s->d) & 0xffffu),
        s->ev >= 1 && s->ev <= s->e && s->beats >= 1 && s->passes >= 1,
        s->y_rows == (s->ev - 1) * s->a + s->rk && s->y_hi <= s->y_rows,
        s->pos_hi <= end + s->sk && field(c, 7, 0, 16) == end,
        field(c, 8, 0, 24) == end * s->d,
        field(c, 11, 0, 24) == (s->beats - 1) * s->stride,
        s->ofmap_pitch == s->ev * s->beats,
        s->stride == (s->ev * s->t * s->kp + 1) / 2 * 2,
        s->lane0 < cb && (s->q >= cb ? s->lane0 == 0 : s->lane0 % s->q == 0),
        field(g, 7, 0, 8) >= 1 && field(g, 7, 0, 8) <= s->rk,
        (uint64_t)s->passes * s->beats >= s->rk || field(g, 7, 0, 8) == s->rk,
    };
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        if (!rules[i]) {
            return fail(p, "contradictory command field, rule", i);
        }
    }
    return 0;
}

/* The act at set row y, position pos, channel g*q + c of the step; 0 outside. */
static int read_act(struct interp *p, const struct step *s, uint32_t y, uint32_t pos,
                    uint32_t channel, int64_t *act) {
    uint32_t lane = s->lane0 + channel, cb = p->hw->act_lanes, block = lane / cb;
    *act = 0;
    if (y < s->y_lo || y >= s->y_hi || pos < s->pos_lo || pos >= s->pos_hi ||
        block >= s->blocks) {
        return 0;
    }
    uint32_t at =
        (s->origin + pos * s->d + y * s->row_pitch + block * s->blk_pitch) & GLB_MASK;
    const uint8_t *word = glb_read(p, at);
    if (!word) {
        return -1;
    }
    *act = layout_get(word, lane % cb, p->hw->act_mem_bits);
    return 0;
}

/* Sum of products of one column of PEs: pass n, position x, set h, column j, filter f. */
static int chain_sum(struct interp *p, const struct step *s, const uint32_t at[5],
                     uint64_t *sum) {
    uint32_t n = at[0], x = at[1], h = at[2], j = at[3], f = at[4];
    unsigned wb = p->hw->weight_lanes;
    for (uint32_t i = 0; i < s->chain; i++) {
        uint64_t row = s->filter + ((uint64_t)(n * s->chain + i) * s->t + h) * s->kf;
        for (uint32_t idx = 0; idx < s->sk * s->q; idx++) {
            uint32_t element = idx * s->p + f, pos = x * s->a + idx / s->q;
            const uint8_t *word = glb_read(p, row + element / wb);
            int64_t act;
            if (!word || read_act(p, s, j * s->a + i % s->rk, pos,
                                  i / s->rk * s->q + idx % s->q, &act)) {
                return -1;
            }
            int64_t weight = layout_get(word, element % wb, p->hw->weight_mem_bits);
            *sum += (uint64_t)act * (uint64_t)weight;
        }
    }
    return 0;
}

/* value wrapped to `bits`. */
static int64_t wrap(uint64_t value, unsigned bits) {
    uint64_t sign = UINT64_C(1) << (bits - 1);
    uint64_t mask = sign | (sign - 1);
    return (int64_t)(((value & mask) ^ sign) - sign);
}

static int64_t output(const struct interp *p, const struct step *s, int64_t psum) {
    int64_t max = (INT64_C(1) << (p->hw->type.act_bits - 1)) - 1;
    if (s->relu && psum < 0) {
        psum = 0;
    }
    if (s->shift) {
        /* floor, then up when more than half or half and odd */
        int64_t low = (int64_t)((uint64_t)psum & ((UINT64_C(1) << s->shift) - 1));
        int64_t half = INT64_C(1) << (s->shift - 1);
        int64_t floor = psum >= 0 ? psum >> s->shift : ~(~psum >> s->shift);
        psum = floor + (low > half || (low == half && (floor & 1)));
    }
    return psum > max ? max : psum < -max - 1 ? -max - 1 : psum;
}

/* One psum: bias or stored psum, plus the sum, to the psums or to the ofmap. */
static int accumulate(struct interp *p, const struct step *s, const uint32_t at[5]) {
    uint32_t n = at[0], x = at[1], h = at[2], j = at[3], f = at[4];
    unsigned pb = p->hw->psum_lanes, cb = p->hw->act_lanes, bits = p->hw->psum_mem_bits;
    uint64_t psum = s->psum + (uint64_t)(n * s->beats + x) * s->stride +
                    (uint64_t)(h * s->ev + j) * s->kp + f / pb;
    uint64_t bias = s->bias + (uint64_t)(n * s->t + h) * s->kp + f / pb;
    const uint8_t *word = glb_read(p, s->first ? bias : psum);
    if (!word) {
        return -1;
    }
    uint64_t sum = (uint64_t)layout_get(word, f % pb, bits);
    if (chain_sum(p, s, at, &sum)) {
        return -1;
    }
    int64_t value = wrap(sum, p->hw->design.psum_bits);
    if (!s->last) {
        uint8_t *to = glb_write(p, psum);
        if (!to) {
            return -1;
        }
        layout_put(to, f % pb, bits, value);
        return 0;
    }
    uint32_t filter = (n * s->t + h) * s->p + f;
    uint64_t out =
        s->ofmap + (uint64_t)(filter / cb) * s->ofmap_pitch + (uint64_t)j * s->beats + x;
    uint8_t *to = glb_write(p, out);
    if (!to) {
        return -1;
    }
    if (filter % cb == 0) {
        memset(to, 0, p->hw->bus_bytes);
    }
    layout_put(to, filter % cb, p->hw->act_mem_bits, output(p, s, value));
    return 0;
}

static int run_compute(struct interp *p, const struct command *c) {
    struct step s;
    decode(&p->config, c, &s);
    uint64_t filters = (uint64_t)s.passes * s.chain * s.t * s.kf;
    for (uint64_t i = 0; i < filters; i++) {
        if (!glb_read(p, s.filter + i)) {
            return -1;
        }
    }
    for (uint32_t n = 0; n < s.passes; n++) {
        for (uint32_t i = 0; i < s.beats; i++) {
            uint32_t x = n % 2 ? s.beats - 1 - i : i;
            for (uint32_t column = 0; column < s.t * s.ev; column++) {
                for (uint32_t f = 0; f < s.p; f++) {
                    const uint32_t at[5] = {n, x, column / s.ev, column % s.ev, f};
                    if (accumulate(p, &s, at)) {
                        return -1;
                    }
                }
            }
        }
    }
    return 0;
}

/* ---- units ---- */

static void add_range(struct unit *u, uint64_t lo, uint64_t words, int client) {
    if (words) {
        u->ranges[u->range_count++] = (struct range){lo, lo + words, client};
    }
}

/* The GLB words that a command is about to touch. */
static int find_ranges(struct interp *p, struct unit *u, const struct command *c) {
    u->range_count = 0;
    if (op_of(c) == CMD_LOAD || op_of(c) == CMD_STORE) {
        if (c->w[4] == 0 || c->w[5] == 0 || c->w[7] == 0) {
            return fail(p, "DMA of nothing", 0);
        }
        if (c->w[9] != dma_words(c)) {
            return fail(p, "DMA with a wrong sum", c->w[9]);
        }
        add_range(u, c->w[3], dma_words(c), 0);
    }
    if (op_of(c) != CMD_COMPUTE) {
        return 0;
    }
    if (!p->configured) {
        return fail(p, "COMPUTE before CONFIG", 0);
    }
    struct step s;
    decode(&p->config, c, &s);
    if (check_step(p, c, &s)) {
        return -1;
    }
    unsigned cb = p->hw->act_lanes;
    uint64_t out = (uint64_t)s.passes * s.t * s.p;
    if (s.pos_hi && s.y_hi) {
        uint64_t lo = (s.origin + s.pos_lo * s.d + s.y_lo * s.row_pitch) & GLB_MASK;
        add_range(u, lo,
                  (s.pos_hi - 1 - s.pos_lo) * s.d + (s.y_hi - 1 - s.y_lo) * s.row_pitch +
                      (uint64_t)(s.blocks - 1) * s.blk_pitch + 1,
                  1);
    }
    add_range(u, s.filter, (uint64_t)s.passes * s.chain * s.t * s.kf, 2);
    add_range(u, s.psum, s.first && s.last ? 0 : (uint64_t)s.passes * s.beats * s.stride,
              3);
    add_range(u, s.bias, s.first ? (uint64_t)s.passes * s.t * s.kp : 0, 4);
    add_range(u, s.ofmap, s.last ? (out + cb - 1) / cb * s.ofmap_pitch : 0, 5);
    return 0;
}

/* No two clients in one bank. */
static int check_ranges(struct interp *p, const struct unit *u) {
    unsigned bank = p->hw->glb_bank_words;
    for (unsigned i = 0; i < u->range_count; i++) {
        const struct range *a = &u->ranges[i];
        if (a->hi > p->hw->glb_words) {
            return fail(p, "GLB range out of range", a->hi);
        }
        for (unsigned k = 0; k < UNITS; k++) {
            const struct unit *v = &p->units[k];
            for (unsigned n = 0; (v->running || v == u) && n < v->range_count; n++) {
                const struct range *b = &v->ranges[n];
                if (a != b && (v != u || a->client != b->client) &&
                    a->lo / bank <= (b->hi - 1) / bank &&
                    b->lo / bank <= (a->hi - 1) / bank) {
                    return fail(p, "two clients in a GLB bank", a->lo / bank);
                }
            }
        }
    }
    return 0;
}

/* Tokens that a command takes and gives, by flag; -1 none. */
static void token_names(unsigned op, int names[4]) {
    int none[4] = {-1, -1, -1, -1};
    memcpy(names, none, sizeof none);
    if (op == CMD_LOAD) {
        names[0] = COMPUTE_TO_LOAD;
        names[2] = LOAD_TO_COMPUTE;
    } else if (op == CMD_COMPUTE) {
        names[0] = LOAD_TO_COMPUTE;
        names[1] = STORE_TO_COMPUTE;
        names[2] = COMPUTE_TO_LOAD;
        names[3] = COMPUTE_TO_STORE;
    } else if (op == CMD_STORE) {
        names[0] = COMPUTE_TO_STORE;
        names[2] = STORE_TO_COMPUTE;
    }
}

/* Start the head of a unit if its tokens are there. Returns 1 moved, 0 not, -1 error. */
static int start(struct interp *p, struct unit *u) {
    const struct command *c = &u->slot[0];
    int names[4];
    token_names(op_of(c), names);
    for (unsigned i = 0; i < 4; i++) {
        if ((c->w[0] >> (8 + i) & 1u) && names[i] < 0) {
            return fail(p, "flag without a token", i);
        }
        if (i < 2 && (c->w[0] >> (8 + i) & 1u) && p->tokens[names[i]] == 0) {
            return 0;
        }
    }
    for (unsigned i = 0; i < 2; i++) {
        if (c->w[0] >> (8 + i) & 1u) {
            p->tokens[names[i]]--;
        }
    }
    if (find_ranges(p, u, c) || check_ranges(p, u)) {
        return -1;
    }
    u->running = 1;
    if (op_of(c) == CMD_LOAD) { /* whoever reads it now reads nothing */
        memset(p->written + c->w[3], 0, dma_words(c));
    }
    return 1;
}

static int execute(struct interp *p, const struct command *c) {
    switch (op_of(c)) {
    case CMD_LOAD:
        p->counts.loads++;
        return run_dma(p, c);
    case CMD_STORE:
        p->counts.stores++;
        return run_dma(p, c);
    case CMD_FETCH:
        p->next_block = c->w[1] | (uint64_t)c->w[2] << 32;
        return 0;
    case CMD_CONFIG:
        p->config = *c;
        p->configured = 1;
        return 0;
    default:
        p->counts.computes++;
        return run_compute(p, c);
    }
}

static int finish(struct interp *p, struct unit *u) {
    const struct command *c = &u->slot[0];
    int names[4];
    if (execute(p, c)) {
        return -1;
    }
    token_names(op_of(c), names);
    for (unsigned i = 2; i < 4; i++) {
        if (c->w[0] >> (8 + i) & 1u) {
            p->tokens[names[i]]++;
        }
    }
    u->slot[0] = u->slot[1];
    u->count--;
    u->running = 0;
    return 1;
}

static int unit_move(struct interp *p, struct unit *u) {
    return u->running ? finish(p, u) : u->count ? start(p, u) : 0;
}

/* ---- dispatcher ---- */

/* Hand out the next command. Returns 1 moved, 0 not, -1 error. */
static int dispatch(struct interp *p) {
    static const int units[] = {-1, LOAD, COMPUTE, STORE, LOAD, COMPUTE, -1};
    if (p->index == COMMAND_BLOCK) {
        if (p->next_block == 0) {
            return 0;
        }
        p->block = p->next_block;
        p->next_block = 0;
        p->index = 0;
        p->counts.blocks++;
    }
    const struct dram_map *d = p->dram;
    if (p->block % (COMMAND_BLOCK * COMMAND_BYTES) || p->block < d->commands ||
        p->block + COMMAND_BLOCK * COMMAND_BYTES > d->commands + d->commands_bytes) {
        return fail(p, "block out of range", p->block);
    }
    struct command c;
    for (unsigned i = 0; i < COMMAND_WORDS; i++) {
        c.w[i] = (uint32_t)layout_get(
            p->image + p->block + (uint64_t)p->index * COMMAND_BYTES, i, 32);
    }
    if (op_of(&c) == CMD_END) {
        int busy =
            p->units[LOAD].count || p->units[COMPUTE].count || p->units[STORE].count;
        p->ended = !busy;
        return !busy;
    }
    if (op_of(&c) == 0 || op_of(&c) > CMD_END) {
        return fail(p, "illegal opcode", op_of(&c));
    }
    if (op_of(&c) == CMD_FETCH && p->index != 0) {
        return fail(p, "FETCH inside a block", p->index);
    }
    struct unit *u = &p->units[units[op_of(&c)]];
    if (u->count > (unsigned)u->running) { /* one command waits already */
        return 0;
    }
    u->slot[u->count++] = c;
    p->index++;
    return 1;
}

/* ---- schedule ---- */

/* Let one of the dispatcher (3) and the units move. Returns as they do. */
static int move_one(struct interp *p) {
    static const unsigned priorities[INTERP_PRIORITIES][3] = {
        {LOAD, COMPUTE, STORE}, {LOAD, STORE, COMPUTE}, {COMPUTE, LOAD, STORE},
        {COMPUTE, STORE, LOAD}, {STORE, LOAD, COMPUTE}, {STORE, COMPUTE, LOAD}};
    int random = p->schedule >= INTERP_PRIORITIES;
    unsigned from = random ? (unsigned)prng_below(&p->prng, 4) : 0;
    if (!random) {
        int rc = dispatch(p);
        if (rc) {
            return rc;
        }
    }
    for (unsigned i = 0; i < 4; i++) {
        unsigned who = random ? (from + i) % 4 : i < 3 ? priorities[p->schedule][i] : 3;
        int rc = who == 3 ? dispatch(p) : unit_move(p, &p->units[who]);
        if (rc) {
            return rc;
        }
    }
    return 0;
}

static int run(struct interp *p) {
    while (!p->ended) {
        int rc = move_one(p);
        if (rc < 0) {
            return -1;
        }
        if (rc == 0) {
            return fail(p, "deadlock at command", p->index);
        }
    }
    for (unsigned i = 0; i < TOKENS; i++) {
        if (p->tokens[i]) {
            return fail(p, "tokens left over in counter", i);
        }
    }
    return 0;
}

int interp_run(const struct hw *hw, const struct dram_map *dram, uint8_t *image,
               uint64_t schedule, struct interp_counts *counts, struct error *err) {
    struct interp p = {.hw = hw, .dram = dram, .image = image, .block = dram->commands};
    p.schedule = schedule;
    p.prng = prng_make(schedule, "interp", 0);
    p.err = err;
    p.glb = calloc(hw->glb_words, hw->bus_bytes);
    p.written = calloc(hw->glb_words, 1);
    p.counts.blocks = 1;
    int rc = p.glb && p.written ? run(&p) : error_set(err, "out of memory");
    free(p.glb);
    free(p.written);
    if (counts) {
        *counts = p.counts;
    }
    return rc;
}
