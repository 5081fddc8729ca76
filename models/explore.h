/* SPDX-License-Identifier: Apache-2.0
 *
 * Evaluating all designs of a space on several networks, with threads and in bounded
 * memory: points are handed out in the order of the space, and only fronts and the best
 * points are kept.
 */
#ifndef QADAM_EXPLORE_H
#define QADAM_EXPLORE_H

#include <stdio.h>

#include "gen/network.h"
#include "gen/space.h"
#include "models/explore_point.h"
#include "models/pareto.h"
#include "models/spread.h"

enum { EXPLORE_NETWORKS = 32, EXPLORE_CONDITIONS = 16 };

struct explore_network {
    struct network net;
    const struct layer **layers; /* owned; those that the array runs */
    unsigned count;
    double *accuracy; /* owned, [types of the space], or NULL: not known */
};

/* What is asked for. */
struct explore {
    const struct space *space;
    const uint64_t *members; /* those of the space to evaluate; NULL: all */
    uint64_t member_count;
    const struct ppa *ppa; /* has models of all PE types of the space */
    struct explore_network networks[EXPLORE_NETWORKS];
    size_t network_count;
    struct condition conditions[EXPLORE_CONDITIONS];
    size_t condition_count;
    enum explore_column objectives[PARETO_OBJECTIVES];
    size_t objective_count;
    int spread;       /* also thin the points for plots */
    int extrapolate;  /* points outside the models' range may be on fronts */
    unsigned latency; /* of the memory in cycles */
    double clock_mhz; /* 0 = fmax */
    double dram_pj;   /* per bit */
    unsigned threads; /* 1.. */
    FILE *points;     /* all points as CSV, or NULL */
    void (*progress)(uint64_t done, uint64_t all); /* or NULL */
};

/* The best point of a PE type by an objective; none if count is 0. */
struct explore_best {
    uint64_t count; /* points of the type that were compared */
    struct explore_point point;
};

/* What is found on a network. */
struct explore_found {
    struct explore_point *front; /* owned; by rising first objective */
    size_t front_count, front_room;
    uint64_t points;           /* evaluated, and met all conditions */
    uint64_t outside;          /* of these: outside the models' range */
    uint64_t unmappable;       /* designs on which some layer has no mapping */
    struct explore_best *best; /* owned, [types of the space][objectives] */
    struct spread spread;      /* of the points that were compared, if asked for */
};

struct explore_result {
    uint64_t illegal;  /* members whose values do not go together */
    uint64_t filtered; /* designs that a condition has left out before the workload */
    struct explore_found networks[EXPLORE_NETWORKS];
};

/* Evaluate. Returns 0, or -1 with *err set; end with explore_close either way. */
int explore_run(const struct explore *x, struct explore_result *out, struct error *err);
void explore_close(const struct explore *x, struct explore_result *out);

/* Header and row of the CSV of points; network is its name. */
void explore_print_header(FILE *out);
void explore_print_point(FILE *out, const char *network, const struct explore_point *p);

#endif
