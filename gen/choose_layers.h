/* SPDX-License-Identifier: Apache-2.0
 *
 * The layers that a command line asks for with --layer.
 */
#ifndef QADAM_CHOOSE_LAYERS_H
#define QADAM_CHOOSE_LAYERS_H

#include "gen/error.h"
#include "gen/network.h"
#include "gen/options.h"

/* The array layers of *net that --layer names, in that order, or all of them when it is
 * not given.
 *
 *   layers  out: array of pointers into *net, [*count]; caller frees the array
 *
 * Returns 0, or -1 with *err set: unknown layer, one that does not run on the array, no
 * layer. */
int choose_layers(const struct network *net, const struct options *opts,
                  const struct layer ***layers, unsigned *count, struct error *err);

#endif
