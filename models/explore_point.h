/* SPDX-License-Identifier: Apache-2.0
 *
 * A design on a workload, as a row of columns; conditions and objectives over columns.
 */
#ifndef QADAM_EXPLORE_POINT_H
#define QADAM_EXPLORE_POINT_H

#include "gen/error.h"
#include "models/ppa_result.h"

enum explore_column {
    COLUMN_AREA, /* those up to COLUMN_OUTSIDE are known before a workload is */
    COLUMN_FMAX,
    COLUMN_PES,
    COLUMN_ROWS,
    COLUMN_COLS,
    COLUMN_IFMAP_SPAD,
    COLUMN_FILTER_SPAD,
    COLUMN_PSUM_SPAD,
    COLUMN_GLB,
    COLUMN_BUS,
    COLUMN_DRAM,
    COLUMN_PSUM_BITS,
    COLUMN_OUTSIDE, /* parameters outside the range of the models' training designs */
    COLUMN_CYCLES,
    COLUMN_LATENCY,
    COLUMN_POWER,
    COLUMN_ENERGY,
    COLUMN_DRAM_ENERGY,
    COLUMN_GOPS_PER_MM2,
    COLUMN_UTILIZATION,
    COLUMN_ACCURACY, /* of the network in the PE type's arithmetic; NAN: not known */
    COLUMNS
};

enum { COLUMN_WORKLOAD = COLUMN_CYCLES };

struct explore_point {
    uint64_t member; /* of the space */
    char hash[17];
    char pe_type[PE_TYPE_NAME];
    double value[COLUMNS];
};

/* Name as in CSV files and options: "area_um2". */
const char *column_name(enum explore_column c);

/* 1 if more is better. */
int column_rises(enum explore_column c);

/* The column of a name. Returns COLUMNS with *err set: the nearest name, or all. what is
 * the option at fault: "--where". */
enum explore_column column_find(const char *name, const char *what, struct error *err);

/* Fill what is known of the design alone. */
void point_design(struct explore_point *p, uint64_t member, const struct hw *hw,
                  const struct ppa_estimate *e);

/* Fill the rest. */
void point_workload(struct explore_point *p, const struct hw *hw,
                    const struct ppa_work *work, const struct ppa_result *r);

/* "area_um2<5e6", "pe_type=int16". */
struct condition {
    enum explore_column column; /* COLUMNS: pe_type */
    char relation[3];           /* < <= > >= = != */
    double limit;
    char text[PE_TYPE_NAME];
};

/* Returns 0, or -1 with *err set. */
int condition_parse(const char *text, struct condition *c, struct error *err);

/* 1 if it can be decided before the workload is known. */
int condition_is_early(const struct condition *c);
int condition_holds(const struct condition *c, const struct explore_point *p);

#endif
