/* SPDX-License-Identifier: Apache-2.0
 *
 * Pseudo-random numbers for tests.
 */
#include "verif/prng.h"

static uint64_t mix(uint64_t z) {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

struct prng prng_make(uint64_t seed, const char *name, uint64_t index) {
    uint64_t state = mix(seed + 0x9e3779b97f4a7c15u);
    for (; *name; name++) {
        state = mix(state ^ (uint64_t)(unsigned char)*name);
    }
    struct prng g = {mix(state ^ (index + 0x632be59bd9b4e019u))};
    return g;
}

uint64_t prng_next(struct prng *g) {
    g->state += 0x9e3779b97f4a7c15u;
    return mix(g->state);
}

uint64_t prng_below(struct prng *g, uint64_t bound) {
    if (bound <= UINT32_MAX) { /* high half of a 32 x 32 product: no division */
        return ((prng_next(g) >> 32) * bound) >> 32;
    }
    return prng_next(g) % bound;
}

int64_t prng_range(struct prng *g, int64_t min, int64_t max) {
    uint64_t span = (uint64_t)max - (uint64_t)min + 1;
    return (int64_t)((uint64_t)min + prng_below(g, span));
}
