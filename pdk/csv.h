/* SPDX-License-Identifier: Apache-2.0
 *
 * Plain comma-separated tables: one header line, no quoting.
 */
#ifndef QADAM_PDK_CSV_H
#define QADAM_PDK_CSV_H

#include <stddef.h>

#include "gen/error.h"

struct csv {
    char path[1024];
    char *text;    /* owned; the file, cut into fields */
    char **fields; /* owned; [rows][columns] */
    size_t rows, columns;
};

/* Read folder/name, whose first line must be header.
 * Returns 0 (end with csv_close), or -1 with *err set: file and line. */
int csv_load(struct csv *table, const char *folder, const char *name, const char *header,
             struct error *err);
void csv_close(struct csv *table);

const char *csv_text(const struct csv *table, size_t row, size_t column);

/* The field as a finite number. Returns 0, or -1 with *err set: file and line. */
int csv_number(const struct csv *table, size_t row, size_t column, double *value,
               struct error *err);

/* Copy a field into buf[size]. Returns 0, or -1 with *err set if it does not fit. */
int csv_copy(const struct csv *table, size_t row, size_t column, char *buf, size_t size,
             struct error *err);

#endif
