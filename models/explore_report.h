/* SPDX-License-Identifier: Apache-2.0
 *
 * What an exploration writes down: fronts, best points, and points thinned for plots.
 */
#ifndef QADAM_EXPLORE_REPORT_H
#define QADAM_EXPLORE_REPORT_H

#include <jansson.h>

#include "models/explore.h"

/* What was found, an object a network. New reference, NULL without memory. */
json_t *explore_report_json(const struct explore *x, const struct explore_result *r);

/* Write all fronts as CSV. Returns 0, or -1 with *err set. */
int explore_report_fronts(const struct explore *x, const struct explore_result *r,
                          const char *path, struct error *err);

/* Write the thinned points (models/spread.h) as CSV. In front of a point's columns stand
 *   kept        front, worst or cell: what the row is kept for; a point may have several
 *   points      of a cell: how many points it has; else 0
 *   spad_style  of the design
 * Returns 0, or -1 with *err set. */
int explore_report_spread(const struct explore *x, const struct explore_result *r,
                          const char *path, struct error *err);

#endif
