/* SPDX-License-Identifier: Apache-2.0
 *
 * Random designs, layers and mappings for the tests of mapper and command lists.
 */
#ifndef QADAM_TESTS_MAPPER_CASES_H
#define QADAM_TESTS_MAPPER_CASES_H

#include "gen/design.h"
#include "gen/mapping.h"
#include "gen/network.h"
#include "verif/prng.h"

/* A design of given size around int16 arithmetic, constants derived. */
struct hw case_design(unsigned rows, unsigned cols, const unsigned spads[3],
                      unsigned glb_words, unsigned bus_bits);

/* A random design: arrays of 1 x 1 to 16 x 16, all kinds of widths and memories. */
struct hw case_random_design(struct prng *g);

/* A convolution. */
struct layer case_conv(unsigned c, unsigned size, unsigned m, unsigned r, unsigned u,
                       unsigned pad);

/* A random layer of at most about max_macs multiply-accumulates. */
struct layer case_random_layer(struct prng *g, uint64_t max_macs);

/* A random legal mapping, good or bad. Returns 0, or -1 if none was found. */
int case_random_mapping(struct prng *g, const struct hw *hw, const struct layer *l,
                        struct mapping *m);

/* One line about a case, for messages. */
const char *case_text(const struct hw *hw, const struct layer *l, const struct mapping *m,
                      char *buf, size_t size);

#endif
