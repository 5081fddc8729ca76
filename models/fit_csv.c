/* SPDX-License-Identifier: Apache-2.0
 *
 * Tables of results.
 */
#include "models/fit_csv.h"

#include <stdlib.h>
#include <string.h>

#include "gen/config.h"
#include "gen/design.h"
#include "gen/emit.h"

enum { COLUMNS_MAX = 512, KEY = 64 };

/* Cut text at the next separator; returns what is before it, NULL at the end. */
static char *cut(char **text, char separator) {
    char *start = *text;
    if (!start) {
        return NULL;
    }
    char *end = strchr(start, separator);
    *text = end ? end + 1 : NULL;
    if (end) {
        *end = '\0';
    }
    return start;
}

static const struct config_key *design_key(const char *name) {
    const struct config_key *key = design_keys();
    while (key->name && strcmp(key->name, name) != 0) {
        key++;
    }
    return key->name ? key : NULL;
}

/* A field as a number if it is one, else as text. */
static json_t *value_of(const char *field, int whole) {
    char *end;
    if (whole) {
        const long long n = strtoll(field, &end, 10);
        if (end != field && *end == '\0') {
            return json_integer(n);
        }
    }
    const double real = strtod(field, &end);
    return end != field && *end == '\0' ? json_real(real) : json_string(field);
}

/* Set a value by its path with dots. Returns 0, or -1: no memory, or not finite. */
static int set_path(json_t *object, const char *path, json_t *value) {
    const char *dot;
    while ((dot = strchr(path, '.')) != NULL) {
        char key[KEY];
        (void)snprintf(key, sizeof key, "%.*s", (int)(dot - path), path);
        if (!json_is_object(json_object_get(object, key)) &&
            json_object_set_new(object, key, json_object())) {
            json_decref(value);
            return -1;
        }
        object = json_object_get(object, key);
        path = dot + 1;
    }
    return json_object_set_new(object, path, value);
}

/* Put a field into its row. */
static int put_field(json_t *row, const char *column, const char *field) {
    const struct config_key *key = design_key(column);
    if (*field == '\0' || strchr(column, ':')) {
        return 0; /* not known of this design; or of a simulation */
    }
    if (key) {
        return json_object_set_new(json_object_get(row, "parameters"), column,
                                   value_of(field, key->type == CONFIG_UINT));
    }
    if (strcmp(column, "design_hash") == 0 || strcmp(column, "set") == 0 ||
        strcmp(column, "inputs") == 0) {
        return json_object_set_new(row, column, json_string(field));
    }
    return set_path(json_object_get(row, "synthesis"), column, value_of(field, 0));
}

static json_t *read_row(char *line, int number, char *const *columns, size_t count,
                        const char *path, struct error *err) {
    json_t *row =
        json_pack("{s:i, s:{}, s:{}}", "line", number, "parameters", "synthesis");
    size_t i = 0;
    for (char *field; row && (field = cut(&line, ',')) != NULL; i++) {
        if (i < count && put_field(row, columns[i], field)) {
            (void)error_set_at(err, path, number, 0,
                               "%s is '%.40s': not finite, or out "
                               "of memory",
                               columns[i], field);
            json_decref(row);
            return NULL;
        }
    }
    if (i != count) {
        (void)error_set_at(err, path, number, 0, "%zu fields, must be %zu", i, count);
        json_decref(row);
        return NULL;
    }
    return row;
}

static json_t *read_rows(char *text, const char *path, struct error *err) {
    char *columns[COLUMNS_MAX], *head = cut(&text, '\n'), *line;
    size_t count = 0;
    json_t *rows = json_array();
    while (count < COLUMNS_MAX && (columns[count] = cut(&head, ',')) != NULL) {
        count++;
    }
    if (count == COLUMNS_MAX || strcmp(columns[0], "design_hash") != 0) {
        (void)error_set_at(err, path, 1, 0,
                           "is no table of qadam results: the first of "
                           "its columns, at most %d, must be design_hash",
                           COLUMNS_MAX - 1);
        json_decref(rows);
        return NULL;
    }
    for (int number = 2; (line = cut(&text, '\n')) != NULL; number++) {
        json_t *row =
            *line == '\0' ? NULL : read_row(line, number, columns, count, path, err);
        if (*line != '\0' && (!row || json_array_append_new(rows, row))) {
            json_decref(rows);
            return NULL;
        }
    }
    return rows;
}

json_t *fit_csv_load(const char *path, struct error *err) {
    char *text;
    if (emit_read(path, &text, NULL, err)) {
        return NULL;
    }
    json_t *rows = read_rows(text, path, err);
    free(text);
    return rows;
}
