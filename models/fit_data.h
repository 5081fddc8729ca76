/* SPDX-License-Identifier: Apache-2.0
 *
 * Results of qadam synth, and of campaigns, as qadam fit takes them.
 */
#ifndef QADAM_FIT_DATA_H
#define QADAM_FIT_DATA_H

#include "models/ppa.h"

/* What a result gives to be modelled. */
enum fit_figure {
    FIT_AREA,       /* um2, all of it */
    FIT_AREA_PE,    /* one PE */
    FIT_AREA_ARRAY, /* all PEs and what is around them */
    FIT_AREA_GLB,
    FIT_AREA_OTHER,
    FIT_FMAX,    /* MHz */
    FIT_FMAX_PE, /* MHz, the PE alone */
    FIT_CLOCK,   /* MHz, at which power is stated */
    FIT_POWER,   /* mW, all of it */
    FIT_LEAKAGE, /* mW */
    FIT_POWER_PE,
    FIT_LEAKAGE_PE,
    FIT_FIGURES
};

struct fit_record {
    char file[256]; /* that it came from */
    struct hw hw;
    struct point at;
    double figure[FIT_FIGURES];
    char block[PPA_NAME]; /* where the critical path starts: "u_load.u_bursts" */
    uint64_t inputs;      /* of its campaign, as a number; equal within a PE type */
    int set_aside;        /* for testing, by the campaign that made it */
    int held_out;         /* not used for fitting, only for errors */
};

struct fit_data {
    struct fit_record *records; /* owned; sorted by PE type, design and activity */
    size_t count;
    size_t skipped; /* JSON files that hold no synthesis result */
    char liberty[64], liberty_hash[64], yosys[64], opensta[64], qadam[64], excludes[128];
    uint64_t hash; /* over all that was read, whatever the files' names */
};

/* Read the results in files, folders (all *.json below them) and tables (*.csv, of qadam
 * results --csv; these know neither versions of tools nor where critical paths start).
 *
 *   paths     in  [count]
 *   held_out  in  mark what is read as held out
 *   version   in  of qadam, that results must have
 *   data      in/out  zeroed, or what was read before: all results must agree in library,
 *                     tools and version
 *
 * Returns 0, or -1 with *err set: file, line and what is missing or wrong; end with
 * fit_data_close either way. */
int fit_data_read(struct fit_data *data, const char *home, const char *const *paths,
                  size_t count, int held_out, const char *version, struct error *err);
void fit_data_close(struct fit_data *data);

/* Sort, refuse results of a type with different inputs and two of one design that differ,
 * drop those that are equal, and compute the hash. Returns 0, or -1 with *err set. */
int fit_data_finish(struct fit_data *data, struct error *err);

#endif
