/* SPDX-License-Identifier: Apache-2.0
 *
 * What the results of a campaign depend on.
 */
#include "synth_flows/campaign_inputs.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gen/emit.h"
#include "gen/version.h"
#include "synth_flows/tool.h"

enum { HASH_SIZE = 17, VERSION_SIZE = 128 };

static int hash_file(const char *path, uint64_t *hash, struct error *err) {
    char *text;
    size_t size;
    if (emit_read(path, &text, &size, err)) {
        return -1;
    }
    *hash = emit_fnv(*hash, text, size);
    free(text);
    return 0;
}

/* Sources of the program and texts for people, which no result depends on. */
static int is_left_out(const char *name) {
    static const char *const endings[] = {".c", ".h", ".md", ".mk", ".py"};
    const char *dot = strrchr(name, '.');
    if (name[0] == '.') {
        return 1;
    }
    for (size_t i = 0; dot && i < sizeof endings / sizeof endings[0]; i++) {
        if (strcmp(dot, endings[i]) == 0) {
            return 1;
        }
    }
    return 0;
}

/* Add the names and contents of all files below a folder, in the order of their names. */
/* NOLINTNEXTLINE(misc-no-recursion): as deep as the folders */
static int hash_folder(const char *path, uint64_t *hash, struct error *err) {
    struct dirent **entries = NULL;
    int count = scandir(path, &entries, NULL, alphasort), rc = 0;
    if (count < 0) {
        return error_set_at(err, path, 0, 0, "cannot be read: %s", strerror(errno));
    }
    for (int i = 0; i < count; i++) {
        const char *name = entries[i]->d_name;
        if (rc == 0 && !is_left_out(name)) {
            char below[EMIT_PATH_MAX];
            rc = emit_path(below, sizeof below, err, "%s/%s", path, name);
            *hash = emit_fnv(*hash, name, strlen(name) + 1);
            if (rc == 0) {
                rc = emit_is_folder(below) ? hash_folder(below, hash, err)
                                           : hash_file(below, hash, err);
            }
        }
        free(entries[i]);
    }
    free(entries);
    return rc;
}

/* The hash of HOME/name, a folder, as a new JSON string; NULL with *err set. */
static json_t *folder_hash(const char *home, const char *name, uint64_t hash,
                           struct error *err) {
    char path[EMIT_PATH_MAX], text[HASH_SIZE];
    if (emit_path(path, sizeof path, err, "%s/%s", home, name) ||
        hash_folder(path, &hash, err)) {
        return NULL;
    }
    (void)snprintf(text, sizeof text, "%016llx", (unsigned long long)hash);
    return json_string(text);
}

static json_t *file_hash(const char *path, struct error *err) {
    char text[HASH_SIZE];
    uint64_t hash = EMIT_FNV_START;
    if (hash_file(path, &hash, err)) {
        return NULL;
    }
    (void)snprintf(text, sizeof text, "%016llx", (unsigned long long)hash);
    return json_string(text);
}

/* hdl/ and the folders that a type's RTL comes from. */
static json_t *rtl_hash(const char *home, const struct pe_type *type, struct error *err) {
    const char *const names[] = {"hdl", type->name, type->rtl};
    uint64_t hash = EMIT_FNV_START;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[EMIT_PATH_MAX];
        if (names[i][0] != '\0' && (emit_path(path, sizeof path, err, "%s/%s%s", home,
                                              i ? "pe_lib/" : "", names[i]) ||
                                    hash_folder(path, &hash, err))) {
            return NULL;
        }
    }
    char text[HASH_SIZE];
    (void)snprintf(text, sizeof text, "%016llx", (unsigned long long)hash);
    return json_string(text);
}

static json_t *rtl_hashes(const char *home, const struct space *space,
                          struct error *err) {
    json_t *hashes = json_object();
    for (size_t i = 0; i < space_axis_of(space, "pe_type")->count; i++) {
        const struct pe_type *type = &space->types[i];
        if (json_object_set_new(hashes, type->name, rtl_hash(home, type, err))) {
            json_decref(hashes);
            return NULL;
        }
    }
    return hashes;
}

/* The first line that a tool prints about itself. */
static json_t *version(const char *folder, const char *program, const char *option,
                       const char *package, struct error *err) {
    const char *argv[] = {program, option, NULL};
    char log[EMIT_PATH_MAX], *text, *none[] = {NULL};
    if (tool_find(program, package, err) ||
        emit_path(log, sizeof log, err, "%s/%s-%ld.version", folder, program,
                  (long)getpid()) ||
        tool_run(argv, none, log, program, err) || emit_read(log, &text, NULL, err)) {
        return NULL;
    }
    char line[VERSION_SIZE];
    (void)snprintf(line, sizeof line, "%.*s", (int)strcspn(text, "\n"), text);
    free(text);
    if (line[0] == '\0') {
        (void)error_set(err, "%s %s says nothing", program, option);
        return NULL;
    }
    return emit_remove(log, err) ? NULL : json_string(line);
}

/* The network file of a layer: given as a path, or a name of models/networks. */
static json_t *network_hash(const char *home, const char *network, struct error *err) {
    char path[EMIT_PATH_MAX];
    if (emit_is_file(network)) {
        return file_hash(network, err);
    }
    if (emit_path(path, sizeof path, err, "%s/models/networks/%s.json", home, network)) {
        return NULL;
    }
    return file_hash(path, err);
}

static json_t *layers(const struct campaign_options *opt, struct error *err) {
    json_t *list = json_array();
    for (size_t i = 0; i < opt->simulate_count; i++) {
        const struct campaign_layer *l = &opt->simulate[i];
        json_t *entry =
            json_pack("{s:s, s:s, s:o*}", "network", l->network, "layer", l->layer,
                      "hash", network_hash(opt->home, l->network, err));
        if (json_array_append_new(list, entry) ||
            !json_object_get(json_array_get(list, i), "hash")) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

/* Set a value that may be NULL for an error. Returns 0 or -1. */
static int set(json_t *object, const char *name, json_t *value) {
    return value ? json_object_set_new(object, name, value) : -1;
}

json_t *campaign_inputs(const struct campaign_options *opt, const struct space *space,
                        const char *folder, struct error *err) {
    const char *home = opt->home;
    json_t *in = json_object();
    int rc =
        !in || set(in, "qadam", json_string(QADAM_VERSION)) ||
        set(in, "program", file_hash(opt->program, err)) ||
        set(in, "rtl", rtl_hashes(home, space, err)) ||
        set(in, "scripts", folder_hash(home, "synth_flows", EMIT_FNV_START, err)) ||
        set(in, "kit", folder_hash(home, "pdk/freepdk45", EMIT_FNV_START, err)) ||
        set(in, "liberty",
            opt->liberty ? file_hash(opt->liberty, err) : json_string("kit")) ||
        set(in, "yosys", version(folder, "yosys", "-V", "yosys", err)) ||
        set(in, "opensta", version(folder, "sta", "-version", "opensta", err)) ||
        set(in, "clock_ns", json_string(opt->clock_ns ? opt->clock_ns : "default")) ||
        set(in, "energies", json_string(opt->energies ? opt->energies : "physical")) ||
        set(in, "layers", layers(opt, err)) ||
        (opt->simulate_count &&
         set(in, "verilator",
             version(folder, "verilator", "--version", "verilator", err)));
    if (rc) {
        json_decref(in);
        (void)error_set(err, "out of memory");
        return NULL;
    }
    return in;
}

json_t *campaign_inputs_of(const json_t *inputs, const char *pe_type) {
    json_t *own = json_copy((json_t *)inputs);
    if (own &&
        json_object_set(own, "rtl",
                        json_object_get(json_object_get(inputs, "rtl"), pe_type))) {
        json_decref(own);
        return NULL;
    }
    return own;
}
