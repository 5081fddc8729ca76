/* SPDX-License-Identifier: Apache-2.0
 *
 * Vectors for binary32 types, and their check against the host's arithmetic.
 */
#include <string.h>

#include "tests/pe_proof.h"

enum { PATTERNS = 4 };

#define SIGN UINT32_C(0x80000000)
#define ONE  UINT32_C(0x3f800000)

/* Words around every border of the format; each also with its sign changed. */
static const uint32_t special[] = {
    0x00000000, 0x00000001, 0x00000002, 0x00000003, 0x00400000, 0x007ffffe, 0x007fffff,
    0x00800000, 0x00800001, 0x00ffffff, 0x01000000, 0x0b800000, 0x0c000000, 0x1f800000,
    0x20000000, 0x33000000, 0x33800000, 0x33800001, 0x34000000, 0x3effffff, 0x3f000000,
    0x3f7fffff, 0x3f800000, 0x3f800001, 0x3fffffff, 0x40000000, 0x4b000000, 0x4b800000,
    0x4b800001, 0x5f000000, 0x5f800000, 0x7e800000, 0x7effffff, 0x7f000000, 0x7f7ffffe,
    0x7f7fffff, 0x7f800000, 0x7f800001, 0x7fa00000, 0x7fc00000, 0x7fc00001, 0x7fffffff};
enum { SPECIALS = 2 * sizeof special / sizeof special[0] };

static uint32_t special_word(size_t i) {
    return special[i / 2] | (i % 2 ? SIGN : 0);
}

static uint32_t rectify(uint32_t psum, int relu) {
    return relu && psum & SIGN ? 0 : psum;
}

static void check(struct proof *p) {
    const struct pe_golden *g = p->golden;
    proof_run(p);
    for (size_t i = 0; i < p->count; i++) {
        const struct pe_in *in = &p->in[i];
        const struct pe_out *out = &p->out[i];
        uint32_t product = g->multiply((uint32_t)in->act, (uint32_t)in->weight);
        uint32_t mac = g->add((uint32_t)in->psum, product);
        uint32_t add = g->add((uint32_t)in->a, (uint32_t)in->b);
        uint32_t act = rectify((uint32_t)in->out, in->relu);
        if (out->sum != mac || out->ovf) {
            proof_fail(p, "mac", in, out->sum, mac);
        }
        if (out->add != add || out->add_ovf) {
            proof_fail(p, "psum add", in, out->add, add);
        }
        if (out->out != act) {
            proof_fail(p, "output", in, out->out, act);
        }
    }
    p->count = 0;
}

/* A word of an exponent with a significand of one of PATTERNS kinds. */
static uint32_t draw(struct proof *p, unsigned exponent, unsigned pattern) {
    uint64_t r = prng_next(&p->random);
    uint32_t low = (uint32_t)r & 0x7fffff, bit = UINT32_C(1) << (r >> 32) % 23;
    const uint32_t kinds[PATTERNS] = {low, bit, 0x7fffff & ~bit, low & (0 - bit)};
    return (uint32_t)(r >> 63) << 31 | exponent << 23 | kinds[pattern];
}

/* Two words to multiply and to add: x, y. Both alone, through the neutral element of the
 * other operation. */
static void add_pair(struct proof *p, uint32_t x, uint32_t y) {
    const struct pe_in vectors[2] = {{x, y, SIGN, x, y, x, 0, 0},
                                     {x, ONE, y, y, x, y, 1, 0}};
    for (unsigned i = 0; i < 2; i++) {
        p->in[p->count++] = vectors[i];
        if (p->count == PROOF_BLOCK) {
            check(p);
        }
    }
}

/* A product and a psum near its negative, so that leading digits cancel; or anything. */
static void add_triple(struct proof *p) {
    uint64_t r = prng_next(&p->random);
    uint32_t x = draw(p, (unsigned)(r & 255), (unsigned)(r >> 8) % PATTERNS);
    uint32_t y = draw(p, (unsigned)(r >> 10 & 255), (unsigned)(r >> 18) % PATTERNS);
    uint32_t psum = (p->golden->multiply(x, y) ^ SIGN) + (uint32_t)(r >> 20 & 15) - 8;
    if (r >> 24 & 1) {
        psum = (uint32_t)(r >> 32);
    }
    p->in[p->count++] = (struct pe_in){x, y, psum, psum, x, psum, (r >> 25) & 1, 0};
    if (p->count == PROOF_BLOCK) {
        check(p);
    }
}

/* A pair of words that one of the hard cases is likely for. */
static void add_hard(struct proof *p) {
    uint64_t r = prng_next(&p->random);
    unsigned ex = (unsigned)(r & 255), pattern = (unsigned)(r >> 8) % PATTERNS;
    uint32_t x = draw(p, ex, pattern);
    unsigned near = (unsigned)(r >> 16 & 63), ey;
    switch (r >> 10 & 7) {
    case 0: /* cancellation to a few last places */
        add_pair(p, x, (x ^ SIGN) + (uint32_t)(r >> 16 & 15) - 8);
        return;
    case 1: /* exponents at most 31 apart: ties and sticky bits */
    case 2:
        ey = ex + near - 32;
        break;
    case 3: /* products around the smallest numbers */
        ey = 127 - ex + near - 32;
        break;
    case 4: /* products around the largest number */
        ey = 381 - ex + near / 8 - 4;
        break;
    case 5: /* a subnormal */
        ey = 0;
        break;
    default:
        ey = (unsigned)(r >> 32);
        break;
    }
    add_pair(p, x, draw(p, ey & 255, (unsigned)(r >> 40) % PATTERNS));
}

void proof_float(struct proof *p, uint64_t vectors) {
    for (size_t i = 0; i < (size_t)SPECIALS * SPECIALS; i++) {
        add_pair(p, special_word(i / SPECIALS), special_word(i % SPECIALS));
    }
    for (unsigned i = 0; i < 256 * 256 * PATTERNS; i++) { /* all exponents */
        unsigned pattern = i / 65536;
        add_pair(p, draw(p, i & 255, pattern), draw(p, i >> 8 & 255, pattern));
    }
    while (p->vectors < vectors) {
        add_hard(p);
        add_triple(p);
    }
    if (p->count) {
        check(p);
    }
}
