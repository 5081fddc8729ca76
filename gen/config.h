/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON objects with a fixed set of keys: one table per object is the parser, the
 * validation, the help text and the canonical echo.
 */
#ifndef QADAM_CONFIG_H
#define QADAM_CONFIG_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

#include "gen/error.h"

enum config_type {
    CONFIG_UINT, /* unsigned, min..max */
    CONFIG_BOOL, /* int, 0 or 1 */
    CONFIG_NAME, /* char [size]: plain identifier, at most 63 characters */
    CONFIG_TEXT, /* char [size]: any one-line text */
    CONFIG_ENUM, /* char [size]: one of the words of choices */
    CONFIG_ANY   /* not stored: any value, read by the caller; offset is not used */
};

enum config_flag {
    CONFIG_OPTIONAL = 1, /* the field keeps what it has when the key is missing */
    CONFIG_POWER2 = 2    /* a power of two */
};

/* One key of an object. */
struct config_key {
    const char *name; /* NULL ends a table */
    enum config_type type;
    unsigned flags;
    size_t offset;            /* of the field in the structure */
    size_t size;              /* bytes of a text field */
    unsigned min, max;        /* of a number, in its unit */
    const char *unit;         /* "PEs", "words", "KiB"; "" = none */
    const char *choices;      /* words separated by '|' */
    const char *default_text; /* how the default is shown in the help; NULL = none */
    const char *help;
};

/* A parsed file. */
struct config_file {
    char path[256];
    char *text;   /* owned */
    json_t *root; /* owned */
};

/* Read and parse a JSON file whose root must be an object; duplicate keys are refused.
 * Returns 0, or -1 with *err set (file, line, column); config_close is then not needed.
 */
int config_open(struct config_file *file, const char *path, struct error *err);
void config_close(struct config_file *file);

/* Where in the file the value (or with key_itself the key) at a path is. A path is
 * keys and array indices separated by '/': "layers/3/kernel"; "" is the root.
 * Sets *line and *column, 1-based; of the deepest part that exists when path does not. */
void config_locate(const struct config_file *file, const char *path, int key_itself,
                   int *line, int *column);

/* The lines of elements 0..count-1 of the array at path, which has at least count. */
void config_lines(const struct config_file *file, const char *path, int *lines,
                  size_t count);

/* Record an error at the value that path names, or without a place when file is NULL.
 * Always returns -1. */
int config_error(const struct config_file *file, const char *path, struct error *err,
                 const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* Read the object at path into the structure base by its table: unknown, missing and
 * wrong values are refused, unknown keys with the nearest known one.
 * Returns 0, or -1 with *err set. */
int config_read(const struct config_file *file, const char *path,
                const struct config_key *keys, void *base, struct error *err);

/* Check one value against its key and store it into base. path names it in the file, for
 * messages. Returns 0, or -1 with *err set. */
int config_value(const struct config_file *file, const char *path,
                 const struct config_key *key, const json_t *value, void *base,
                 struct error *err);

/* Check the fields of base (made in memory) against the table.
 * Returns 0, or -1 with *err set. */
int config_check(const struct config_key *keys, const void *base, struct error *err);

/* Print the table for people: key, range, unit, default, meaning. */
void config_help(const struct config_key *keys, FILE *out);

/* The fields of base as a JSON object in the table's order. Caller owns the result;
 * NULL when out of memory. */
json_t *config_json(const struct config_key *keys, const void *base);

/* 1 if name is a plain identifier: [A-Za-z_][A-Za-z0-9_-]*, at most 63 characters. */
int config_is_name(const char *name);

/* Of the words list[0..count-1], the one nearest to word (edit distance at most a third
 * of its length, or 1), or NULL. */
const char *config_nearest(const char *word, const char *const *list, size_t count);

#endif
