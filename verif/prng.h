/* SPDX-License-Identifier: Apache-2.0
 *
 * Pseudo-random numbers for tests: splitmix64, the same sequence on every machine.
 *
 * Source: Steele, Lea, Flood, Fast splittable pseudorandom number generators, 2014.
 */
#ifndef QADAM_PRNG_H
#define QADAM_PRNG_H

#include <stdint.h>

struct prng {
    uint64_t state;
};

/* A generator for one purpose: independent for every (seed, name, index). */
struct prng prng_make(uint64_t seed, const char *name, uint64_t index);

/* 64 random bits. */
uint64_t prng_next(struct prng *g);

/* A number from 0 to bound - 1; bound >= 1. */
uint64_t prng_below(struct prng *g, uint64_t bound);

/* A number from min to max, both included; max - min < 2^63. */
int64_t prng_range(struct prng *g, int64_t min, int64_t max);

#endif
