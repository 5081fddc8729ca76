/* SPDX-License-Identifier: Apache-2.0
 *
 * The metrics files of the OpenSTA scripts: "name value" lines.
 */
#ifndef QADAM_SYNTH_METRICS_H
#define QADAM_SYNTH_METRICS_H

#include <stddef.h>

#include "gen/error.h"

struct metric {
    const char *name, *value; /* into text */
};

struct metrics {
    char path[1024];
    char *text;             /* owned */
    struct metric *entries; /* owned, in file order */
    size_t count;
};

/* Read a metrics file. Returns 0 (end with metrics_close), or -1 with *err set. */
int metrics_read(struct metrics *m, const char *path, struct error *err);
void metrics_close(struct metrics *m);

/* The first metric of that name as a finite number, or as text copied into buf.
 * Return 0, or -1 with *err set. */
int metrics_number(const struct metrics *m, const char *name, double *value,
                   struct error *err);
int metrics_copy(const struct metrics *m, const char *name, char *buf, size_t size,
                 struct error *err);

#endif
