/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading results of qadam synth.
 */
#include "models/fit_data.h"

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gen/config.h"
#include "gen/emit.h"
#include "models/fit_csv.h"

enum { FILES_MAX = 1 << 20 };

static const struct {
    const char *path; /* in the result */
} figures[FIT_FIGURES] = {
    [FIT_AREA] = {"area_um2/total"},          [FIT_AREA_PE] = {"area_um2/pe"},
    [FIT_AREA_ARRAY] = {"area_um2/pe_array"}, [FIT_AREA_GLB] = {"area_um2/glb"},
    [FIT_AREA_OTHER] = {"area_um2/other"},    [FIT_FMAX] = {"fmax_mhz"},
    [FIT_FMAX_PE] = {"pe_fmax_mhz"},          [FIT_CLOCK] = {"power_mw/clock_mhz"},
    [FIT_POWER] = {"power_mw/total"},         [FIT_LEAKAGE] = {"power_mw/leakage"},
    [FIT_POWER_PE] = {"power_mw/pe/total"},   [FIT_LEAKAGE_PE] = {"power_mw/pe/leakage"},
};

/* ---- files ---- */

/* Names of files and folders, the folders still to be opened. */
struct names {
    char **name; /* owned, each owned */
    size_t count, room;
};

static void names_close(struct names *n) {
    for (size_t i = 0; i < n->count; i++) {
        free(n->name[i]);
    }
    free(n->name);
}

static int names_add(struct names *n, const char *name, struct error *err) {
    if (n->count == n->room) {
        const size_t room = 2 * n->room + 16;
        char **more = realloc(n->name, room * sizeof *more);
        if (!more) {
            return error_set(err, "out of memory");
        }
        n->name = more;
        n->room = room;
    }
    n->name[n->count] = strdup(name);
    if (!n->name[n->count]) {
        return error_set(err, "out of memory");
    }
    n->count++;
    return 0;
}

static int is_json(const char *name) {
    const size_t length = strlen(name);
    return length > 5 && strcmp(name + length - 5, ".json") == 0;
}

/* Add the *.json files and the folders in a folder. */
static int open_folder(struct names *n, const char *folder, struct error *err) {
    DIR *dir = opendir(folder);
    const struct dirent *entry;
    int status = 0;
    if (!dir) {
        return error_set_at(err, folder, 0, 0, "cannot be read: %s", strerror(errno));
    }
    while (status == 0 && (entry = readdir(dir)) != NULL) {
        char path[EMIT_PATH_MAX];
        if (entry->d_name[0] == '.') {
            continue;
        }
        status = emit_path(path, sizeof path, err, "%s/%s", folder, entry->d_name);
        if (status == 0 && (is_json(path) || emit_is_folder(path))) {
            status = n->count < FILES_MAX ? names_add(n, path, err)
                                          : error_set_at(err, folder, 0, 0,
                                                         "more than %d files", FILES_MAX);
        }
    }
    (void)closedir(dir);
    return status;
}

static int by_name(const void *a, const void *b) {
    char *const *x = a, *const *y = b;
    return strcmp(*x, *y);
}

/* All files that path stands for, sorted. */
static int find_files(struct names *files, const char *path, struct error *err) {
    struct names all = {NULL, 0, 0};
    int status = names_add(&all, path, err);
    for (size_t i = 0; i < all.count && status == 0; i++) {
        status = emit_is_folder(all.name[i]) ? open_folder(&all, all.name[i], err)
                                             : names_add(files, all.name[i], err);
    }
    names_close(&all);
    if (status == 0 && files->count > 0) {
        qsort(files->name, files->count, sizeof *files->name, by_name);
    }
    return status;
}

/* ---- one result ---- */

/* A result of synthesis: a file of its own, or below "synthesis" in that of a campaign.
 */
struct source {
    const struct config_file *file;
    const json_t *root; /* of the result; borrowed */
    const char *prefix; /* its path in the file: "" or "synthesis/" */
    int table;          /* a row of a table, which has no texts */
};

/* Record an error at a path of the result. Always returns -1. */
static int wrong(const struct source *from, const char *path, struct error *err,
                 const char *fmt, ...) __attribute__((format(printf, 4, 5)));

static int wrong(const struct source *from, const char *path, struct error *err,
                 const char *fmt, ...) {
    char full[128], text[sizeof err->text];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    (void)snprintf(full, sizeof full, "%s%s", from->prefix, path);
    return config_error(from->file, full, err, "%s", text);
}

/* The value at path ("a/b") below root, or NULL. */
static const json_t *find(const json_t *root, const char *path) {
    char key[64];
    while (root && *path != '\0') {
        const size_t length = strcspn(path, "/");
        (void)snprintf(key, sizeof key, "%.*s", (int)length, path);
        root = json_object_get(root, key);
        path += length + (path[length] == '/');
    }
    return root;
}

/* The first key of path without its unit, if the result has that instead. */
static const char *without_unit(const json_t *root, const char *path, char key[64]) {
    (void)snprintf(key, 64, "%.*s", (int)strcspn(path, "/"), path);
    char *unit = strrchr(key, '_');
    if (!unit || json_object_get(root, key)) {
        return NULL;
    }
    *unit = '\0';
    return json_object_get(root, key) ? key : NULL;
}

static int read_figure(const struct source *from, const char *path, double *value,
                       struct error *err) {
    const json_t *number = find(from->root, path);
    if (!number) {
        char key[64];
        const char *bare = without_unit(from->root, path, key);
        return bare ? wrong(from, bare, err,
                            "%s has no unit, must be %.*s: is this a result of "
                            "qadam synth?",
                            bare, (int)strcspn(path, "/"), path)
                    : wrong(from, path, err, "result has no number '%s'", path);
    }
    if (!json_is_number(number) || !(json_number_value(number) > 0)) {
        return wrong(from, path, err, "%s must be a number above 0", path);
    }
    *value = json_number_value(number);
    return 0;
}

static int read_text(const struct source *from, const char *path, char *buf, size_t size,
                     struct error *err) {
    const char *text = json_string_value(find(from->root, path));
    if (!text || strlen(text) >= size) {
        return wrong(from, path, err, "result has no text '%s'", path);
    }
    memcpy(buf, text, strlen(text) + 1);
    return 0;
}

/* All results must agree in the text at path; known is "" before the first. */
static int read_common(const struct source *from, const char *path, char *known,
                       size_t size, struct error *err) {
    char text[128];
    if (read_text(from, path, text, size < sizeof text ? size : sizeof text, err)) {
        return -1;
    }
    if (known[0] == '\0') {
        memcpy(known, text, strlen(text) + 1);
    } else if (strcmp(known, text) != 0) {
        return wrong(from, path, err, "%s is \"%s\", that of the other results is \"%s\"",
                     path, text, known);
    }
    return 0;
}

static int read_tools(struct fit_data *data, const struct source *from,
                      const char *version, struct error *err) {
    char qadam[sizeof data->qadam];
    if (from->table) {
        return 0;
    }
    if (read_text(from, "tools/qadam", qadam, sizeof qadam, err)) {
        return -1;
    }
    if (strcmp(qadam, version) != 0) {
        return wrong(from, "tools/qadam", err,
                     "is a result of qadam %s, must be of %s: synthesize again", qadam,
                     version);
    }
    return read_common(from, "tools/qadam", data->qadam, sizeof data->qadam, err) ||
                   read_common(from, "tools/yosys", data->yosys, sizeof data->yosys,
                               err) ||
                   read_common(from, "tools/opensta", data->opensta, sizeof data->opensta,
                               err) ||
                   read_common(from, "liberty/name", data->liberty, sizeof data->liberty,
                               err) ||
                   read_common(from, "liberty/hash", data->liberty_hash,
                               sizeof data->liberty_hash, err) ||
                   read_common(from, "excludes", data->excludes, sizeof data->excludes,
                               err)
               ? -1
               : 0;
}

static int read_design(const struct source *from, const char *home, struct hw *hw,
                       struct error *err) {
    const char *hash =
        json_string_value(json_object_get(from->file->root, "design_hash"));
    struct design design;
    memset(&design, 0, sizeof design);
    if (!json_object_get(from->file->root, "parameters")) {
        return wrong(from, "", err,
                     "result has no parameters of its design: synthesize again");
    }
    if (config_read(from->file, "parameters", design_keys(), &design, err)) {
        return -1;
    }
    if (!hash) {
        return config_error(from->file, "", err, "result has no text 'design_hash'");
    }
    struct error why = {"", 0, 0, ""};
    if (design_derive(home, &design, hw, &why)) {
        return config_error(from->file, "parameters", err, "%s", why.text);
    }
    if (strcmp(hw->hash, hash) != 0) {
        return config_error(from->file, "design_hash", err,
                            "design_hash is %s, that of its parameters is %s", hash,
                            hw->hash);
    }
    return 0;
}

static int read_activity(const struct source *from, struct point *at, struct error *err) {
    for (unsigned v = VAR_TOGGLES; v < VARIABLES; v++) {
        char path[64];
        (void)snprintf(path, sizeof path, "power_mw/activity/%s",
                       variable_name((enum variable)v));
        const json_t *number = find(from->root, path);
        if (!json_is_number(number) || !(json_number_value(number) >= 0)) {
            return wrong(from, path, err, "result has no number '%s'", path);
        }
        at->v[v] = json_number_value(number);
    }
    return 0;
}

/* "u_load.u_bursts" of the pin "u_accel.u_load.u_bursts.next_q[1]_reg/CK": at most two
 * instances below the top's only one. */
static void find_block(const char *pin, char block[PPA_NAME]) {
    size_t used = 0;
    block[0] = '\0';
    for (int depth = 0; depth < 3; depth++) {
        const size_t length = strcspn(pin, "./");
        if (strncmp(pin, "u_", 2) != 0 || pin[length] == '\0') {
            break;
        }
        if (depth > 0 && used + length + 2 < PPA_NAME) {
            used += (size_t)snprintf(block + used, PPA_NAME - used, "%s%.*s",
                                     used ? "." : "", (int)length, pin);
        }
        pin += length + 1;
    }
    if (used == 0) {
        (void)snprintf(block, PPA_NAME, "top");
    }
}

static int read_record(struct fit_data *data, const struct source *from, const char *home,
                       const char *version, struct fit_record *r, struct error *err) {
    const struct synth_activity none = {0};
    char pin[256] = "";
    if (read_tools(data, from, version, err) || read_design(from, home, &r->hw, err)) {
        return -1;
    }
    point_set(&r->at, &r->hw, &none);
    for (unsigned i = 0; i < FIT_FIGURES; i++) {
        if (read_figure(from, figures[i].path, &r->figure[i], err)) {
            return -1;
        }
    }
    if (read_activity(from, &r->at, err) ||
        (!from->table && read_text(from, "critical_path/start", pin, sizeof pin, err))) {
        return -1;
    }
    find_block(pin, r->block);
    (void)snprintf(r->file, sizeof r->file, "%.255s", from->file->path);
    return 0;
}

/* ---- all results ---- */

/* 1 for what qadam synth writes, even if its keys have lost their units. */
static int is_result(const json_t *root) {
    static const char *const keys[] = {"area_um2", "area",     "fmax_mhz",
                                       "fmax",     "power_mw", "power"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (json_object_get(root, keys[i])) {
            return json_object_get(root, "design_hash") != NULL;
        }
    }
    return 0;
}

/* A new record behind those of data, not counted yet; NULL when out of memory. */
static struct fit_record *new_record(struct fit_data *data) {
    struct fit_record *more =
        realloc(data->records, (data->count + 1) * sizeof *data->records);
    if (!more) {
        return NULL;
    }
    data->records = more;
    memset(&more[data->count], 0, sizeof *more);
    return &more[data->count];
}

/* A number for the inputs of a campaign's result: hashes of program, scripts, RTL. */
static uint64_t inputs_hash(const json_t *root) {
    char *text =
        json_dumps(json_object_get(root, "inputs"), JSON_SORT_KEYS | JSON_ENCODE_ANY);
    const uint64_t hash = text ? emit_fnv(EMIT_FNV_START, text, strlen(text)) : 0;
    free(text);
    return hash;
}

/* Read what a file, or a row made into one, holds. */
static int add_result(struct fit_data *data, const char *home,
                      const struct config_file *file, int table, int held_out,
                      const char *version, struct error *err) {
    const json_t *inner = json_object_get(file->root, "synthesis");
    const struct source from = {file, inner ? inner : file->root,
                                inner ? "synthesis/" : "", table};
    const char *set = json_string_value(json_object_get(file->root, "set"));
    if (!table && !is_result(from.root)) {
        data->skipped++;
        return 0;
    }
    struct fit_record *r = new_record(data);
    if (!r) {
        return error_set(err, "out of memory");
    }
    if (read_record(data, &from, home, version, r, err)) {
        return -1;
    }
    r->set_aside = set && strcmp(set, "test") == 0;
    r->held_out = held_out || r->set_aside;
    r->inputs = inputs_hash(file->root);
    data->count++;
    return 0;
}

static int read_table(struct fit_data *data, const char *home, const char *path,
                      int held_out, const char *version, struct error *err) {
    json_t *rows = fit_csv_load(path, err), *row;
    size_t i;
    int status = rows ? 0 : -1;
    json_array_foreach(rows, i, row) {
        struct config_file file = {.text = json_dumps(row, 0), .root = row};
        struct error why = {"", 0, 0, ""};
        (void)snprintf(file.path, sizeof file.path, "%.255s", path);
        status = file.text ? add_result(data, home, &file, 1, held_out, version, &why)
                           : error_set(&why, "out of memory");
        free(file.text);
        if (status != 0) { /* its place is in the row's JSON */
            const json_t *line = json_object_get(row, "line");
            (void)error_set_at(err, path, (int)json_integer_value(line), 0, "%s",
                               why.text);
            break;
        }
    }
    json_decref(rows);
    return status;
}

static int read_file(struct fit_data *data, const char *home, const char *path,
                     int held_out, const char *version, struct error *err) {
    struct config_file file;
    const size_t length = strlen(path);
    if (length > 4 && strcmp(path + length - 4, ".csv") == 0) {
        return read_table(data, home, path, held_out, version, err);
    }
    if (config_open(&file, path, err)) {
        return -1;
    }
    const int status = add_result(data, home, &file, 0, held_out, version, err);
    config_close(&file);
    return status;
}

int fit_data_read(struct fit_data *data, const char *home, const char *const *paths,
                  size_t count, int held_out, const char *version, struct error *err) {
    for (size_t i = 0; i < count; i++) {
        struct names files = {NULL, 0, 0};
        int status = find_files(&files, paths[i], err);
        for (size_t k = 0; k < files.count && status == 0; k++) {
            status = read_file(data, home, files.name[k], held_out, version, err);
        }
        names_close(&files);
        if (status != 0) {
            return -1;
        }
    }
    return 0;
}

void fit_data_close(struct fit_data *data) {
    free(data->records);
    memset(data, 0, sizeof *data);
}

static int by_design(const void *a, const void *b) {
    const struct fit_record *x = a, *y = b;
    int order = strcmp(x->hw.type.name, y->hw.type.name);
    order = order ? order : strcmp(x->hw.hash, y->hw.hash);
    for (unsigned v = VAR_TOGGLES; v < VARIABLES && order == 0; v++) {
        order = (x->at.v[v] > y->at.v[v]) - (x->at.v[v] < y->at.v[v]);
    }
    return order;
}

static int same_figures(const struct fit_record *a, const struct fit_record *b) {
    unsigned i = 0;
    while (i < FIT_FIGURES && a->figure[i] == b->figure[i]) {
        i++;
    }
    return i == FIT_FIGURES;
}

int fit_data_finish(struct fit_data *data, struct error *err) {
    size_t kept = 0;
    if (data->count > 0) {
        qsort(data->records, data->count, sizeof *data->records, by_design);
    }
    for (size_t i = 0; i < data->count; i++) {
        struct fit_record *r = &data->records[i];
        struct fit_record *last = kept ? &data->records[kept - 1] : NULL;
        if (last && strcmp(last->hw.type.name, r->hw.type.name) == 0 &&
            last->inputs != r->inputs) {
            return error_set_at(err, r->file, 0, 0,
                                "is of another version than %s: their inputs differ",
                                last->file);
        }
        if (!last || by_design(last, r) != 0) {
            data->records[kept++] = *r;
        } else if (!same_figures(last, r)) {
            return error_set_at(err, r->file, 0, 0, "differs from %s, of the same design",
                                last->file);
        } else {
            last->held_out |= r->held_out;
        }
    }
    data->count = kept;
    data->hash = EMIT_FNV_START;
    for (size_t i = 0; i < data->count; i++) {
        const struct fit_record *r = &data->records[i];
        data->hash = emit_fnv(data->hash, r->hw.hash, sizeof r->hw.hash);
        data->hash = emit_fnv(data->hash, &r->at, sizeof r->at);
        data->hash = emit_fnv(data->hash, r->figure, sizeof r->figure);
    }
    return 0;
}
