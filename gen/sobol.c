/* SPDX-License-Identifier: Apache-2.0
 *
 * The scrambled Sobol sequence.
 */
#include "gen/sobol.h"

enum { BITS = 32 };

/* Primitive polynomial of a dimension (degree, inner coefficients) and first direction
 * numbers; dimension 0 is the van der Corput sequence. */
static const struct {
    unsigned degree, inner;
    uint32_t start[5];
} directions[SOBOL_DIMENSIONS] = {
    {0, 0, {0}},
    {1, 0, {1}},
    {2, 1, {1, 3}},
    {3, 1, {1, 3, 1}},
    {3, 2, {1, 1, 1}},
    {4, 1, {1, 1, 3, 3}},
    {4, 4, {1, 3, 5, 13}},
    {5, 2, {1, 1, 5, 5, 17}},
    {5, 4, {1, 1, 5, 5, 5}},
    {5, 7, {1, 1, 7, 11, 19}},
    {5, 11, {1, 1, 5, 1, 1}},
    {5, 13, {1, 1, 1, 3, 11}},
    {5, 14, {1, 3, 5, 5, 31}},
};

/* Direction numbers v[0..31] of a dimension. */
static void make_directions(unsigned dimension, uint32_t v[BITS]) {
    unsigned s = directions[dimension].degree;
    for (unsigned i = 0; i < BITS; i++) {
        if (s == 0) {
            v[i] = (uint32_t)1 << (BITS - 1 - i);
        } else if (i < s) {
            v[i] = directions[dimension].start[i] << (BITS - 1 - i);
        } else {
            v[i] = v[i - s] ^ (v[i - s] >> s);
            for (unsigned k = 1; k < s; k++) {
                if ((directions[dimension].inner >> (s - 1 - k)) & 1) {
                    v[i] ^= v[i - k];
                }
            }
        }
    }
}

static uint32_t reverse(uint32_t x) {
    uint32_t r = 0;
    for (unsigned i = 0; i < BITS; i++) {
        r = r << 1 | ((x >> i) & 1);
    }
    return r;
}

/* A permutation in which each bit depends on those below it alone. */
static uint32_t permute(uint32_t x, uint32_t seed) {
    x += seed;
    x ^= x * 0x6c50b47cu;
    x ^= x * 0xb82f1e52u;
    x ^= x * 0xc7afe638u;
    x ^= x * 0x8d22f6e6u;
    return x;
}

/* splitmix64's output function. */
static uint32_t mix(uint64_t z) {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (uint32_t)(z ^ (z >> 31));
}

uint32_t sobol_point(uint32_t index, unsigned dimension, uint64_t seed) {
    uint32_t v[BITS], x = 0;
    make_directions(dimension, v);
    for (unsigned i = 0; i < BITS; i++) {
        if ((index >> i) & 1) {
            x ^= v[i];
        }
    }
    uint64_t own = seed + (dimension + 1) * (uint64_t)0x9e3779b97f4a7c15u;
    return reverse(permute(reverse(x), mix(own)));
}
