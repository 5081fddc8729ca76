/* SPDX-License-Identifier: Apache-2.0
 *
 * Points that cover a cube evenly: the Sobol sequence, scrambled so that each seed gives
 * other points with the same evenness.
 *
 * Of any 2^k successive points from a multiple of 2^k on, each of the 2^k equal intervals
 * of every coordinate has exactly one. The first n points are the same whatever n is.
 *
 * Sources: Joe and Kuo, Constructing Sobol sequences with better two-dimensional
 * projections, SIAM J. Sci. Comput. 30 (2008), direction numbers new-joe-kuo-6; Burley,
 * Practical hash-based Owen scrambling, JCGT 9 (2020), for the scrambling.
 */
#ifndef QADAM_SOBOL_H
#define QADAM_SOBOL_H

#include <stdint.h>

enum { SOBOL_DIMENSIONS = 13 };

/* Coordinate dimension (0..SOBOL_DIMENSIONS - 1) of point number index, in units of
 * 2^-32. */
uint32_t sobol_point(uint32_t index, unsigned dimension, uint64_t seed);

#endif
