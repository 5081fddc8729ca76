/* SPDX-License-Identifier: Apache-2.0
 *
 * Results of whole-network runs: the host's layers, the logits, the graph with its grids.
 */
#ifndef QADAM_REPORT_NETWORK_H
#define QADAM_REPORT_NETWORK_H

#include <stdio.h>

#include <jansson.h>

#include "verif/forward.h"

/* The row of a layer that the host ran, in the table of verif/report.h. */
void report_host_row(FILE *out, const struct layer *l);

/* The output of the last layer: its range, and the largest five when it is a vector; of a
 * batch, for each image. */
void report_logits(FILE *out, const struct forward *f);

/* The value of act number i of a map, counted over all images: word * 2^-frac_bits, or
 * the float. */
double report_act_value(const struct forward *f, const struct forward_map *map, size_t i);

/* All layers in order, with what is needed to compute them again from the dumped
 * tensors, as a JSON array; and the last output as an object. Caller owns the results;
 * NULL when out of memory. */
json_t *report_graph_json(const struct forward *f);
json_t *report_logits_json(const struct forward *f);

#endif
