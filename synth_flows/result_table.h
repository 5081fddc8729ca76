/* SPDX-License-Identifier: Apache-2.0
 *
 * The results of a campaign's folder as a table.
 *
 * Rows are in the order of PE type, then of the design's other keys, then of the hash.
 * Columns: design_hash, the keys of a design, set, inputs (a hash of what the figures
 * depend on), then every number of "synthesis" by its path with dots
 * ("area_um2.pe_array"; truth as 0 or 1), then those of the total of each simulated layer
 * ("resnet20-cifar10:conv1.cycles"). A number that a result does not have is empty.
 */
#ifndef QADAM_SYNTH_RESULT_TABLE_H
#define QADAM_SYNTH_RESULT_TABLE_H

#include <stddef.h>

#include <jansson.h>

#include "gen/error.h"

struct result_table {
    json_t *results; /* owned; array, sorted; intact ones of one version */
    json_t *failed;  /* owned; array of notes of failure, sorted, without a result */
    size_t damaged;  /* files left out: damaged or of another format */
    size_t others;   /* results of other inputs than most */
    long planned;    /* designs of the campaign, -1 when the plan is not there */
    char names[256]; /* inputs in which those others differ */
};

/* Read the results of a folder. The inputs that they should have are those of the
 * folder's plan, or without one of the first result.
 *
 *   any_version  keep results of other inputs
 *   skip_bad     leave out damaged ones and those of other inputs; otherwise an error
 *   report       called for each file that is left out, with the reason
 *
 * Returns 0 (end with result_table_close), or -1 with *err set. */
struct result_table_options {
    int any_version, skip_bad;
    void (*report)(void *context, const struct error *why);
    void *context;
};
int result_table_read(struct result_table *table, const char *dir,
                      const struct result_table_options *options, struct error *err);
void result_table_close(struct result_table *table);

/* Write the table as CSV: same results, same bytes. Returns 0, or -1 with *err set. */
int result_table_csv(const struct result_table *table, const char *path,
                     struct error *err);

#endif
