/* SPDX-License-Identifier: Apache-2.0
 *
 * The results of a campaign's folder as a table.
 */
#include "synth_flows/result_table.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gen/config.h"
#include "gen/design.h"
#include "gen/emit.h"
#include "synth_flows/result.h"

enum { PATH_SIZE = 192, DEPTH_MAX = 8, NAMES_SIZE = 256 };

/* ---- reading ---- */

/* HASH.json */
static int is_result_name(const struct dirent *entry) {
    return strspn(entry->d_name, "0123456789abcdef") == 16 &&
           strcmp(entry->d_name + 16, ".json") == 0;
}

static int compare_values(const json_t *a, const json_t *b) {
    if (json_is_string(a) && json_is_string(b)) {
        return strcmp(json_string_value(a), json_string_value(b));
    }
    double x = json_number_value(a), y = json_number_value(b);
    return (x > y) - (x < y);
}

static int compare_key(const json_t *a, const json_t *b, const char *key) {
    return compare_values(json_object_get(json_object_get(a, "parameters"), key),
                          json_object_get(json_object_get(b, "parameters"), key));
}

/* An entry of a list that is sorted. */
struct entry {
    json_t *result;
};

static int by_design(const void *left, const void *right) {
    const json_t *a = ((const struct entry *)left)->result;
    const json_t *b = ((const struct entry *)right)->result;
    int order = compare_key(a, b, "pe_type");
    for (const struct config_key *key = design_keys(); order == 0 && key->name; key++) {
        order = compare_key(a, b, key->name);
    }
    return order ? order
                 : compare_values(json_object_get(a, "design_hash"),
                                  json_object_get(b, "design_hash"));
}

/* Sort an array by design. Returns 0, or -1 without memory. */
static int sort(json_t *array) {
    size_t count = json_array_size(array);
    struct entry *list = calloc(count + 1, sizeof *list);
    if (!list) {
        return -1;
    }
    for (size_t i = 0; i < count; i++) {
        list[i].result = json_incref(json_array_get(array, i));
    }
    qsort(list, count, sizeof *list, by_design);
    int rc = json_array_clear(array);
    for (size_t i = 0; i < count; i++) {
        rc |= json_array_append_new(array, list[i].result);
    }
    free(list);
    return rc;
}

/* The inputs that results of a type should have: those of the plan with the type's RTL.
 * NULL when there is no plan. */
static json_t *planned_inputs(const json_t *plan, const char *type) {
    const json_t *inputs = json_object_get(plan, "inputs");
    json_t *own = inputs ? json_copy((json_t *)inputs) : NULL;
    if (own &&
        json_object_set(own, "rtl", json_object_get(json_object_get(own, "rtl"), type))) {
        (void)json_object_del(own, "rtl"); /* a type that is not in the plan */
    }
    return own;
}

/* What the reading of a folder needs. */
struct reader {
    struct result_table *table;
    const struct result_table_options *options;
    const char *dir;
    json_t *plan; /* owned, or NULL */
    struct error *err;
};

static int leave_out(struct reader *r, const struct error *why) {
    if (r->options->report) {
        r->options->report(r->options->context, why);
    }
    return 0;
}

/* 1 if the result is of other inputs than it should be. */
static int is_other(struct reader *r, const json_t *result, const char *path) {
    const char *type = json_string_value(json_object_get(result, "pe_type"));
    char names[NAMES_SIZE];
    json_t *own = planned_inputs(r->plan, type ? type : "");
    const json_t *first = json_array_get(r->table->results, 0);
    size_t different = 0;
    if (own) {
        different =
            result_differences(own, json_object_get(result, "inputs"), names, NAMES_SIZE);
    } else if (first) {
        json_t *like = json_deep_copy(json_object_get(first, "inputs"));
        (void)json_object_set(like, "rtl", /* differs by type */
                              json_object_get(json_object_get(result, "inputs"), "rtl"));
        different = result_differences(like, json_object_get(result, "inputs"), names,
                                       NAMES_SIZE);
        json_decref(like);
    }
    json_decref(own);
    if (different == 0 || r->options->any_version) {
        return 0;
    }
    struct error why = {"", 0, 0, ""};
    (void)error_set_at(&why, path, 0, 0, "is of another version: it differs in %s",
                       names);
    r->table->others++;
    memcpy(r->table->names, names, sizeof names);
    (void)leave_out(r, &why);
    return 1;
}

static int read_one(struct reader *r, const char *path, const char *hash) {
    struct error why = {"", 0, 0, ""};
    json_t *result;
    enum result_state state = result_load(path, hash, &result, &why);
    if (state == RESULT_DAMAGED || state == RESULT_FOREIGN) {
        r->table->damaged++;
        return leave_out(r, &why);
    }
    if (state == RESULT_NONE || is_other(r, result, path)) {
        json_decref(result);
        return 0;
    }
    return json_array_append_new(r->table->results, result)
               ? error_set(r->err, "out of memory")
               : 0;
}

/* Notes of failure of designs that have no result. */
static int read_failure(struct reader *r, const char *path, const char *hash) {
    char result[EMIT_PATH_MAX];
    json_t *note;
    if (emit_path(result, sizeof result, r->err, "%s/%s.json", r->dir, hash)) {
        return -1;
    }
    if (!emit_is_file(result) && result_load(path, hash, &note, NULL) == RESULT_GOOD) {
        (void)json_array_append_new(r->table->failed, note);
    }
    return 0;
}

/* Call read for each result file of a folder, in the order of the names. */
static int read_folder(struct reader *r, const char *folder,
                       int (*read)(struct reader *, const char *, const char *)) {
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, is_result_name, alphasort), rc = 0;
    for (int i = 0; i < count; i++) {
        if (rc == 0) {
            char path[EMIT_PATH_MAX], hash[17];
            (void)snprintf(hash, sizeof hash, "%.16s", entries[i]->d_name);
            rc = emit_path(path, sizeof path, r->err, "%s/%s", folder,
                           entries[i]->d_name) ||
                 read(r, path, hash);
        }
        free(entries[i]);
    }
    free(entries);
    return rc;
}

static int read_plan(struct reader *r) {
    char path[EMIT_PATH_MAX];
    struct config_file file;
    r->table->planned = -1;
    if (emit_path(path, sizeof path, r->err, "%s/.campaign/plan.json", r->dir)) {
        return -1;
    }
    if (!emit_is_file(path)) {
        return 0;
    }
    if (config_open(&file, path, r->err)) {
        return -1;
    }
    r->plan = json_incref(file.root);
    r->table->planned = (long)json_integer_value(json_object_get(r->plan, "designs"));
    config_close(&file);
    return 0;
}

static int check_bad(const struct reader *r) {
    const struct result_table *t = r->table;
    if (r->options->skip_bad || (t->damaged == 0 && t->others == 0)) {
        return 0;
    }
    return error_set_at(
        r->err, r->dir, 0, 0,
        "%zu files are damaged, %zu results are of another version%s%s%s:"
        " --skip-bad leaves them out%s",
        t->damaged, t->others, t->others ? " (" : "", t->names, t->others ? ")" : "",
        t->others ? ", --any-version takes those of another version" : "");
}

int result_table_read(struct result_table *table, const char *dir,
                      const struct result_table_options *options, struct error *err) {
    struct reader r = {table, options, dir, NULL, err};
    char failed[EMIT_PATH_MAX];
    *table = (struct result_table){.results = json_array(), .failed = json_array()};
    int rc = 0;
    if (!emit_is_folder(dir)) {
        rc = error_set_at(err, dir, 0, 0, "is no folder");
    }
    rc = rc || emit_path(failed, sizeof failed, err, "%s/failed", dir) || read_plan(&r) ||
         read_folder(&r, dir, read_one) || read_folder(&r, failed, read_failure) ||
         check_bad(&r);
    if (rc == 0 && (sort(table->results) || sort(table->failed))) {
        rc = error_set(err, "out of memory");
    }
    if (rc == 0 && json_array_size(table->results) == 0) {
        rc = error_set_at(err, dir, 0, 0, "holds no results of a campaign");
    }
    json_decref(r.plan);
    if (rc) {
        result_table_close(table);
    }
    return rc ? -1 : 0;
}

void result_table_close(struct result_table *table) {
    json_decref(table->results);
    json_decref(table->failed);
    table->results = NULL;
    table->failed = NULL;
}

/* ---- writing ---- */

/* Add the numbers of a value to an object, by their paths. */
/* NOLINTNEXTLINE(misc-no-recursion): at most DEPTH_MAX deep */
static void flatten(json_t *flat, const char *path, const json_t *value, int depth) {
    const char *key;
    json_t *inner;
    if (json_is_number(value)) {
        (void)json_object_set(flat, path, (json_t *)value);
    } else if (json_is_boolean(value)) {
        (void)json_object_set_new(flat, path, json_integer(json_is_true(value)));
    } else if (json_is_object(value) && depth < DEPTH_MAX) {
        json_object_foreach((json_t *)value, key, inner) {
            char below[PATH_SIZE];
            (void)snprintf(below, sizeof below, "%s%s%s", path, path[0] ? "." : "", key);
            flatten(flat, below, inner, depth + 1);
        }
    }
}

/* All numbers of a result. */
static json_t *numbers(const json_t *result) {
    json_t *flat = json_object();
    const json_t *simulations = json_object_get(result, "simulations");
    const json_t *simulation;
    size_t i;
    flatten(flat, "", json_object_get(result, "synthesis"), 0);
    json_array_foreach(simulations, i, simulation) {
        const char *network = json_string_value(json_object_get(simulation, "network"));
        const char *layer = json_string_value(json_object_get(
            json_array_get(json_object_get(simulation, "layers"), 0), "name"));
        char path[PATH_SIZE];
        (void)snprintf(path, sizeof path, "%s:%s", network ? network : "?",
                       layer ? layer : "?");
        flatten(flat, path, json_object_get(simulation, "total"), 0);
    }
    return flat;
}

/* The hash of what a result depends on, as text. */
static void inputs_hash(const json_t *result, char hash[17]) {
    char *text =
        json_dumps(json_object_get(result, "inputs"), JSON_COMPACT | JSON_SORT_KEYS);
    uint64_t value = text ? emit_fnv(EMIT_FNV_START, text, strlen(text)) : 0;
    (void)snprintf(hash, 17, "%016llx", (unsigned long long)value);
    free(text);
}

static void put_value(struct emit *out, const json_t *value) {
    if (json_is_integer(value)) {
        emit(out, ",%" JSON_INTEGER_FORMAT, json_integer_value(value));
    } else if (json_is_real(value)) {
        emit(out, ",%.17g", json_real_value(value));
    } else if (json_is_string(value)) { /* names: no quotes needed */
        emit(out, ",%s", json_string_value(value));
    } else {
        emit(out, ",");
    }
}

static void put_row(struct emit *out, const json_t *result, const json_t *flat,
                    json_t *columns) {
    const json_t *design = json_object_get(result, "parameters");
    char hash[17];
    const char *column;
    json_t *unused;
    emit(out, "%s", json_string_value(json_object_get(result, "design_hash")));
    for (const struct config_key *key = design_keys(); key->name; key++) {
        put_value(out, json_object_get(design, key->name));
    }
    inputs_hash(result, hash);
    put_value(out, json_object_get(result, "set"));
    emit(out, ",%s", hash);
    json_object_foreach(columns, column, unused) {
        put_value(out, json_object_get(flat, column));
    }
    emit(out, "\n");
}

static void put_head(struct emit *out, json_t *columns) {
    const char *column;
    json_t *unused;
    emit(out, "design_hash");
    for (const struct config_key *key = design_keys(); key->name; key++) {
        emit(out, ",%s", key->name);
    }
    emit(out, ",set,inputs");
    json_object_foreach(columns, column, unused) {
        emit(out, ",%s", column);
    }
    emit(out, "\n");
}

int result_table_csv(const struct result_table *table, const char *path,
                     struct error *err) {
    json_t *columns = json_object(), *rows = json_array();
    const json_t *result;
    struct emit out;
    size_t i;
    json_array_foreach(table->results, i, result) {
        json_t *flat = numbers(result);
        (void)json_object_update_missing(columns, flat);
        (void)json_array_append_new(rows, flat);
    }
    int rc = emit_open(&out, path, err);
    if (rc == 0) {
        put_head(&out, columns);
        json_array_foreach(table->results, i, result) {
            put_row(&out, result, json_array_get(rows, i), columns);
        }
        rc = emit_close(&out, err);
    }
    json_decref(columns);
    json_decref(rows);
    return rc;
}
