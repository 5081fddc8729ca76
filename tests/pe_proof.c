/* SPDX-License-Identifier: Apache-2.0
 *
 * Proof of a PE type's RTL against its golden functions: multiply-accumulate, psum
 * accumulator and output stage.
 *
 * Integer types: all acts with all weights when they have at most 16 bits together, else
 * all pairs of corners; each with psum 0, the extremes and random ones. Then random
 * vectors. Float types: see tests/pe_proof_float.c. Exit status 1 when anything differs.
 */
#include <dlfcn.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gen/home.h"
#include "gen/options.h"
#include "gen/pe_type.h"
#include "tests/pe_proof.h"
#include "verif/golden.h"

enum { SHOWN = 8, EXHAUSTIVE_BITS = 16, CORNERS_MAX = 512 };

static const struct option_spec specs[] = {
    {"vectors", 0, "N", 0, "random ones; 1000000 by default, 10000000 for float types"},
    {"long", 0, NULL, 0, "ten times as many"},
    {"seed", 0, "N", 0, "of the random vectors; 1 by default"},
    {NULL, 0, NULL, 0, NULL}};

static const struct option_usage usage = {"pe_proof",
                                          "LIBRARY TYPE",
                                          2,
                                          "Compare the RTL of a PE type, built by "
                                          "tests/pe_build.sh, with its golden functions.",
                                          specs,
                                          NULL};

void proof_fail(struct proof *p, const char *what, const struct pe_in *in, uint64_t got,
                uint64_t want) {
    if (p->failed++ < SHOWN) {
        (void)printf("%s: %s: act %" PRIx64 " weight %" PRIx64 " psum %" PRIx64
                     " a %" PRIx64 " b %" PRIx64 " out %" PRIx64
                     " relu %d shift %d: got %" PRIx64 ", want %" PRIx64 "\n",
                     p->type.name, what, in->act, in->weight, in->psum, in->a, in->b,
                     in->out, in->relu, in->shift, got, want);
    }
}

/* Run the vectors of a block; the psum of vector i goes in MulLatency cycles later, its
 * results come later still. Outputs are gathered to vector i again. */
void proof_run(struct proof *p) {
    const size_t mul = p->type.mul_latency, sum = mul + p->type.add_latency - 1;
    const size_t add = p->type.psum_add_latency - 1, out = 1;
    const size_t cycles = p->count + PROOF_TAIL;
    for (size_t i = 0; i < cycles; i++) {
        p->late[i] = i < p->count ? p->in[i] : p->in[p->count - 1];
        p->late[i].psum = i >= mul && i - mul < p->count ? p->in[i - mul].psum : 0;
    }
    p->run(p->late, p->raw, cycles);
    for (size_t i = 0; i < p->count; i++) {
        p->out[i].sum = p->raw[i + sum].sum;
        p->out[i].ovf = p->raw[i + sum].ovf;
        p->out[i].add = p->raw[i + add].add;
        p->out[i].add_ovf = p->raw[i + add].add_ovf;
        p->out[i].out = p->raw[i + out].out;
    }
    p->vectors += p->count;
}

/* ---- Integer types ------------------------------------------------------------------
 */

static uint64_t mask(unsigned bits) {
    return bits >= 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;
}

/* a + b against the sum and overflow flag of the hardware. */
static void check_sum(struct proof *p, const char *what, const struct pe_in *in,
                      int64_t a, int64_t b, uint64_t got, unsigned got_ovf) {
    const unsigned bits = p->type.psum_bits_default;
    int64_t exact = a + b, wrapped = golden_wrap(exact, bits);
    uint64_t want = (uint64_t)wrapped & mask(bits);
    if (got != want || got_ovf != (exact != wrapped)) {
        proof_fail(p, what, in, got | (uint64_t)got_ovf << 63,
                   want | (uint64_t)(exact != wrapped) << 63);
    }
}

static void check_integers(struct proof *p) {
    const struct pe_type *t = &p->type;
    const unsigned bits = t->psum_bits_default;
    proof_run(p);
    for (size_t i = 0; i < p->count; i++) {
        const struct pe_in *in = &p->in[i];
        const struct pe_out *out = &p->out[i];
        int64_t act = golden_wrap((int64_t)in->act, t->act_bits);
        int64_t weight = golden_wrap((int64_t)in->weight, t->weight_bits);
        check_sum(p, "mac", in, golden_wrap((int64_t)in->psum, bits),
                  p->golden->product(act, weight), out->sum, out->ovf);
        check_sum(p, "psum add", in, golden_wrap((int64_t)in->a, bits),
                  golden_wrap((int64_t)in->b, bits), out->add, out->add_ovf);
        int64_t act_out = golden_output(golden_wrap((int64_t)in->out, bits), in->relu,
                                        in->shift, t->act_bits);
        uint64_t want = (uint64_t)act_out & mask(t->act_bits);
        if (out->out != want) {
            proof_fail(p, "output", in, out->out, want);
        }
    }
    p->count = 0;
}

/* Numbers of a width that are likely to be wrong: around 0, powers of two and the ends.
 */
static size_t corners(unsigned bits, uint64_t *list) {
    size_t n = 0;
    for (unsigned k = 0; k < bits; k++) {
        for (int d = -1; d <= 1 && n + 2 <= CORNERS_MAX; d++) {
            uint64_t v = (UINT64_C(1) << k) + (uint64_t)(int64_t)d;
            list[n++] = v & mask(bits);
            list[n++] = (0 - v) & mask(bits);
        }
    }
    return n;
}

static uint64_t random_psum(struct proof *p) {
    const unsigned bits = p->type.psum_bits_default;
    uint64_t r = prng_next(&p->random);
    if (r % 4 == 0) {
        return p->corner[r / 4 % p->corners];
    }
    return (uint64_t)((int64_t)prng_next(&p->random) >> (64 - bits + r / 4 % bits)) &
           mask(bits);
}

/* Add a vector with these operands; all else is random. */
static void add_integers(struct proof *p, uint64_t act, uint64_t weight, uint64_t psum) {
    struct pe_in *in = &p->in[p->count++];
    in->act = act & mask(p->type.act_bits);
    in->weight = weight & mask(p->type.weight_bits);
    in->psum = psum & mask(p->type.psum_bits_default);
    in->a = random_psum(p);
    in->b = random_psum(p);
    in->out = random_psum(p);
    uint64_t r = prng_next(&p->random);
    in->relu = r & 1;
    in->shift = (uint8_t)((r >> 1) % p->type.psum_bits_default);
    if (p->count == PROOF_BLOCK) {
        check_integers(p);
    }
}

static void add_pair(struct proof *p, uint64_t act, uint64_t weight) {
    const uint64_t ones = mask(p->type.psum_bits_default), sign = ones ^ ones >> 1;
    add_integers(p, act, weight, 0);
    add_integers(p, act, weight, sign);
    add_integers(p, act, weight, sign - 1);
    add_integers(p, act, weight, random_psum(p));
}

static void prove_integer(struct proof *p, uint64_t vectors) {
    const struct pe_type *t = &p->type;
    uint64_t psums[CORNERS_MAX];
    p->corner = psums;
    p->corners = corners(t->psum_bits_default, psums);
    if (t->act_bits + t->weight_bits <= EXHAUSTIVE_BITS) {
        for (uint64_t a = 0; a <= mask(t->act_bits); a++) {
            for (uint64_t w = 0; w <= mask(t->weight_bits); w++) {
                add_pair(p, a, w);
            }
        }
    } else {
        uint64_t acts[CORNERS_MAX], weights[CORNERS_MAX];
        size_t na = corners(t->act_bits, acts), nw = corners(t->weight_bits, weights);
        for (size_t i = 0; i < na * nw; i++) {
            add_pair(p, acts[i / nw], weights[i % nw]);
        }
    }
    for (uint64_t i = 0; i < vectors; i++) {
        uint64_t r = prng_next(&p->random);
        add_integers(p, r, r >> 32, random_psum(p));
    }
    if (p->count) {
        check_integers(p);
    }
    p->corner = NULL; /* it ends with this function */
}

/* ---- The program --------------------------------------------------------------------
 */

static int open_library(struct proof *p, const char *path, struct error *err) {
    char full[1024];
    (void)snprintf(full, sizeof full, "%s%s", strchr(path, '/') ? "" : "./", path);
    p->library = dlopen(full, RTLD_NOW | RTLD_LOCAL);
    void *symbol = p->library ? dlsym(p->library, "pe_run") : NULL;
    if (!symbol) {
        const char *text = dlerror();
        return error_set_at(err, path, 0, 0, "cannot be loaded: %s", text ? text : "?");
    }
    memcpy(&p->run, &symbol, sizeof p->run);
    return 0;
}

static int proof_init(struct proof *p, const struct options *opts, uint64_t *vectors,
                      struct error *err) {
    char home[1024];
    uint64_t seed = 1;
    const char *type = options_operand(opts, 1);
    if (options_u64(opts, "vectors", 0, UINT64_C(1) << 40, vectors, err) ||
        options_u64(opts, "seed", 0, INT64_MAX, &seed, err) ||
        home_find(home, sizeof home, err) || pe_type_load(home, type, &p->type, err)) {
        return -1;
    }
    if (!options_value(opts, "vectors")) {
        *vectors = p->type.kind == PE_FLOAT ? 10000000 : 1000000;
    }
    if (options_count(opts, "long")) {
        *vectors *= 10;
    }
    p->golden = golden_type(type, err);
    p->in = calloc(PROOF_BLOCK, sizeof *p->in);
    p->out = calloc(PROOF_BLOCK, sizeof *p->out);
    p->late = calloc(PROOF_BLOCK + PROOF_TAIL, sizeof *p->late);
    p->raw = calloc(PROOF_BLOCK + PROOF_TAIL, sizeof *p->raw);
    if (!p->golden || !p->in || !p->out || !p->late || !p->raw) {
        return error_set(err, "out of memory");
    }
    p->random = prng_make(seed, type, 0);
    return open_library(p, options_operand(opts, 0), err);
}

int main(int argc, char **argv) {
    struct proof p;
    struct options opts;
    struct error err = {"", 0, 0, ""};
    uint64_t vectors = 0;
    int status = options_parse(&usage, argc, argv, &opts);
    if (status != OPTIONS_RUN) {
        return status;
    }
    memset(&p, 0, sizeof p);
    status = 1;
    if (proof_init(&p, &opts, &vectors, &err)) {
        error_print(&err);
    } else {
        if (p.type.kind == PE_FLOAT) {
            proof_float(&p, vectors);
        } else {
            prove_integer(&p, vectors);
        }
        (void)printf("%s: %" PRIu64 " vectors, %" PRIu64 " wrong results\n", p.type.name,
                     p.vectors, p.failed);
        status = p.failed != 0;
    }
    free(p.in);
    free(p.out);
    free(p.late);
    free(p.raw);
    return status;
}
