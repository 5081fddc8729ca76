/* SPDX-License-Identifier: Apache-2.0
 *
 * Reader for plain comma-separated tables.
 */
#include "pdk/csv.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gen/emit.h"

static size_t count_char(const char *text, char c) {
    size_t n = 0;

    for (; *text; text++) {
        n += *text == c;
    }
    return n;
}

/* Cut one line into its fields, in place. Returns the number found. */
static size_t cut_line(char *line, char **fields, size_t limit) {
    size_t n = 0;

    for (char *p = line;; p++) {
        if (n < limit) {
            fields[n] = p;
        }
        n++;
        p += strcspn(p, ",");
        if (*p == '\0') {
            return n;
        }
        *p = '\0';
    }
}

/* Cut table->text into lines and fields and check the header. */
static int cut_lines(struct csv *table, size_t lines, const char *header,
                     struct error *err) {
    char *line = table->text;

    for (size_t i = 0; i < lines; i++) {
        char *end = strchr(line, '\n');

        *end = '\0';
        if (i == 0) {
            if (strcmp(line, header) != 0) {
                return error_set_at(err, table->path, 1, 1, "expected the header %s",
                                    header);
            }
        } else {
            char **fields = table->fields + table->rows * table->columns;
            size_t found = cut_line(line, fields, table->columns);

            if (found != table->columns) {
                return error_set_at(err, table->path, (int)i + 1, 1,
                                    "%zu fields, expected %zu", found, table->columns);
            }
            table->rows++;
        }
        line = end + 1;
    }
    return lines > 0 ? 0 : error_set_at(err, table->path, 1, 1, "the file is empty");
}

int csv_load(struct csv *table, const char *folder, const char *name, const char *header,
             struct error *err) {
    *table = (struct csv){.columns = count_char(header, ',') + 1};
    (void)snprintf(table->path, sizeof table->path, "%s/%s", folder, name);
    if (emit_read(table->path, &table->text, NULL, err) != 0) {
        return -1;
    }
    size_t lines = count_char(table->text, '\n');

    table->fields = calloc(lines * table->columns + 1, sizeof *table->fields);
    if (!table->fields) {
        csv_close(table);
        return error_set(err, "out of memory");
    }
    if (cut_lines(table, lines, header, err) != 0) {
        csv_close(table);
        return -1;
    }
    return 0;
}

void csv_close(struct csv *table) {
    free(table->fields);
    free(table->text);
    table->fields = NULL;
    table->text = NULL;
    table->rows = 0;
}

const char *csv_text(const struct csv *table, size_t row, size_t column) {
    return table->fields[row * table->columns + column];
}

int csv_number(const struct csv *table, size_t row, size_t column, double *value,
               struct error *err) {
    const char *text = csv_text(table, row, column);
    char *end;

    *value = strtod(text, &end);
    if (end == text || *end != '\0' || !isfinite(*value)) {
        return error_set_at(err, table->path, (int)row + 2, (int)column + 1,
                            "\"%s\" in column %zu is not a number", text, column + 1);
    }
    return 0;
}

int csv_copy(const struct csv *table, size_t row, size_t column, char *buf, size_t size,
             struct error *err) {
    const char *text = csv_text(table, row, column);

    if (strlen(text) >= size) {
        return error_set_at(err, table->path, (int)row + 2, (int)column + 1,
                            "\"%s\" is longer than %zu characters", text, size - 1);
    }
    memcpy(buf, text, strlen(text) + 1);
    return 0;
}
