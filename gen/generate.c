/* SPDX-License-Identifier: Apache-2.0
 *
 * Writing a design as a folder: copies, generated text, the manifest.
 */
#include "gen/generate.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gen/config.h"
#include "gen/emit.h"
#include "gen/generate_parts.h"
#include "gen/json_out.h"
#include "gen/version.h"
#include "pdk/sram.h"
#include "pdk/sram_lef.h"

enum { FILES_MAX = 256, NAME_SIZE = 128 };

#define FORMAT "qadam-design"

/* A folder being written. */
struct folder {
    const char *home;
    const struct hw *hw;
    struct error *err;
    char path[EMIT_PATH_MAX];         /* temporary name */
    char files[FILES_MAX][NAME_SIZE]; /* below path, in the order of writing */
    size_t count;
};

/* A list of names. */
struct names {
    char name[FILES_MAX][NAME_SIZE];
    size_t count;
};

static int by_name(const void *a, const void *b) {
    return strcmp(a, b);
}

static int add_name(char (*list)[NAME_SIZE], size_t *count, const char *name,
                    struct error *err) {
    if (*count >= FILES_MAX || strlen(name) >= NAME_SIZE) {
        return error_set(err, "too many files or a name too long: %.60s", name);
    }
    memcpy(list[(*count)++], name, strlen(name) + 1);
    return 0;
}

/* Note a file of the folder and print its full path into buf. */
static int new_file(struct folder *to, const char *name, char *buf) {
    if (add_name(to->files, &to->count, name, to->err)) {
        return -1;
    }
    return emit_path(buf, EMIT_PATH_MAX, to->err, "%s/%s", to->path, name);
}

/* Copy HOME/from to the file name of the folder. */
static int copy(struct folder *to, const char *from, const char *name) {
    char source[EMIT_PATH_MAX];
    char target[EMIT_PATH_MAX];
    if (emit_path(source, sizeof source, to->err, "%s/%s", to->home, from) ||
        new_file(to, name, target)) {
        return -1;
    }
    return emit_copy(source, target, to->err);
}

/* The entries of HOME/folder whose name ends in suffix, sorted; none if there is no such
 * folder. */
static int list_files(const struct folder *to, const char *folder, const char *suffix,
                      struct names *list) {
    char path[EMIT_PATH_MAX];
    list->count = 0;
    if (emit_path(path, sizeof path, to->err, "%s/%s", to->home, folder)) {
        return -1;
    }
    DIR *dir = opendir(path);
    const struct dirent *entry;
    int rc = 0;
    while (dir && rc == 0 && (entry = readdir(dir)) != NULL) {
        size_t length = strlen(entry->d_name);
        size_t tail = strlen(suffix);
        if (entry->d_name[0] != '.' && length > tail &&
            strcmp(entry->d_name + length - tail, suffix) == 0) {
            rc = add_name(list->name, &list->count, entry->d_name, to->err);
        }
    }
    if (dir) {
        (void)closedir(dir);
    }
    qsort(list->name, list->count, sizeof list->name[0], by_name);
    return rc;
}

/* Copy all files of HOME/from that end in suffix into the folder below. */
static int copy_all(struct folder *to, const char *from, const char *suffix,
                    const char *below) {
    struct names list;
    if (list_files(to, from, suffix, &list)) {
        return -1;
    }
    for (size_t i = 0; i < list.count; i++) {
        char source[2 * NAME_SIZE];
        char name[NAME_SIZE];
        if (emit_path(source, sizeof source, to->err, "%s/%s", from, list.name[i]) ||
            emit_path(name, sizeof name, to->err, "%s/%s", below, list.name[i]) ||
            copy(to, source, name)) {
            return -1;
        }
    }
    return 0;
}

static int is_written(const struct folder *to, const char *name) {
    for (size_t i = 0; i < to->count; i++) {
        if (strcmp(to->files[i], name) == 0) {
            return 1;
        }
    }
    return 0;
}

/* Copy the files of a PE type that end in suffix: its own, then those of the folder its
 * traits name as rtl, but for names that it has itself. */
static int copy_type(struct folder *to, const char *suffix) {
    const struct pe_type *type = &to->hw->type;
    struct names list;
    char from[NAME_SIZE];
    if (emit_path(from, sizeof from, to->err, "pe_lib/%s", type->name) ||
        copy_all(to, from, suffix, "rtl")) {
        return -1;
    }
    if (type->rtl[0] == '\0') {
        return 0;
    }
    if (emit_path(from, sizeof from, to->err, "pe_lib/%s", type->rtl) ||
        list_files(to, from, suffix, &list)) {
        return -1;
    }
    for (size_t i = 0; i < list.count; i++) {
        char source[2 * NAME_SIZE];
        char name[NAME_SIZE];
        if (emit_path(source, sizeof source, to->err, "%s/%s", from, list.name[i]) ||
            emit_path(name, sizeof name, to->err, "rtl/%s", list.name[i]) ||
            (!is_written(to, name) && copy(to, source, name))) {
            return -1;
        }
    }
    return 0;
}

/* The modules that hdl/ takes from a PE type must be there. */
static int check_type(const struct folder *to) {
    static const char *const modules[] = {"qadam_mac", "qadam_psum_add", "qadam_output"};
    for (size_t i = 0; i < sizeof modules / sizeof modules[0]; i++) {
        char name[NAME_SIZE];
        if (emit_path(name, sizeof name, to->err, "rtl/%s.sv", modules[i])) {
            return -1;
        }
        if (!is_written(to, name)) {
            return error_set(to->err,
                             "PE type %s has no %s.sv: not in pe_lib/%s, and its traits "
                             "name %s%s as rtl",
                             to->hw->type.name, modules[i], to->hw->type.name,
                             to->hw->type.rtl[0] != '\0' ? "pe_lib/" : "no folder",
                             to->hw->type.rtl);
        }
    }
    return 0;
}

/* Copy the sources that hdl/hdl.f names: paths from the project root, one a line;
 * comments (//) and options (+, -) are left out, and so are the files of a PE type,
 * whose own are copied instead. */
static int copy_hdl(struct folder *to) {
    char path[EMIT_PATH_MAX];
    char *text = NULL;
    if (emit_path(path, sizeof path, to->err, "%s/hdl/hdl.f", to->home) ||
        emit_read(path, &text, NULL, to->err)) {
        return -1;
    }
    int rc = 0;
    for (char *line = text; rc == 0 && *line != '\0';) {
        char *end = line + strcspn(line, "\n");
        char *next = end + (*end == '\n');
        *end = '\0';
        char *comment = strstr(line, "//");
        if (comment) {
            *comment = '\0';
        }
        line += strspn(line, " \t");
        line[strcspn(line, " \t\r")] = '\0';
        if (strncmp(line, "hdl/", 4) == 0) {
            char name[NAME_SIZE];
            rc = emit_path(name, sizeof name, to->err, "rtl/%s", strrchr(line, '/') + 1);
            rc = rc ? rc : copy(to, line, name);
        }
        line = next;
    }
    free(text);
    return rc;
}

static int make_below(struct folder *to, const char *name) {
    char path[EMIT_PATH_MAX];
    if (emit_path(path, sizeof path, to->err, "%s/%s", to->path, name)) {
        return -1;
    }
    return emit_folder(path, to->err);
}

/* A file list: all of rtl/ that is a source, in the order of writing; for synthesis with
 * the black boxes of the SRAM macros in the place of the behavioural model. */
static int write_list(struct folder *to, const char *list, int synthesis) {
    char path[EMIT_PATH_MAX];
    struct emit out;
    if (new_file(to, list, path) || emit_open(&out, path, to->err)) {
        return -1;
    }
    emit(&out,
         "// Generated by qadam %s from design %s; do not edit.\n"
         "// Sources for %s, in order, from this folder: verilator -F %s\n"
         "+incdir+rtl\n%s",
         QADAM_VERSION, to->hw->design.name, synthesis ? "synthesis" : "simulation", list,
         synthesis ? "+define+SYNTHESIS\n" : "");
    for (size_t i = 0; i < to->count; i++) {
        const char *name = to->files[i];
        size_t length = strlen(name);
        if (synthesis && strcmp(name, GENERATE_SRAM) == 0) {
            name = GENERATE_SRAM_MACROS;
        } else if (strncmp(name, "rtl/", 4) != 0 ||
                   strcmp(name + length - 3, ".sv") != 0) {
            continue;
        }
        emit(&out, "%s\n", name);
    }
    return emit_close(&out, to->err);
}

/* Views of the SRAM macros: Liberty, LEF, and black boxes with the wrapper qadam_sram. */
static int write_sram(struct folder *to) {
    char path[EMIT_PATH_MAX];
    struct generate_macro sizes[GENERATE_MACROS];
    struct sram_macro macros[GENERATE_MACROS];
    struct sram_model model;
    size_t count = generate_macros(to->hw, sizes);
    if (emit_path(path, sizeof path, to->err, "%s/pdk/freepdk45", to->home) ||
        sram_model_load(&model, path, to->err)) {
        return -1;
    }
    for (size_t i = 0; i < count; i++) {
        if (sram_macro_make(&model, sizes[i].words, sizes[i].width, sizes[i].lanes,
                            &macros[i], to->err)) {
            return -1;
        }
        for (size_t k = 0; k < i; k++) { /* same size, other lanes */
            if (strcmp(macros[k].name, macros[i].name) == 0) {
                size_t used = strlen(macros[i].name);
                (void)snprintf(macros[i].name + used, sizeof macros[i].name - used, "x%u",
                               macros[i].lanes);
            }
        }
    }
    if (make_below(to, "sram") || new_file(to, GENERATE_SRAM_LIBERTY, path) ||
        sram_write_liberty(macros, count, path, to->err) ||
        new_file(to, GENERATE_SRAM_LEF, path) ||
        sram_lef_write(macros, count, path, to->err) ||
        new_file(to, GENERATE_SRAM_MACROS, path)) {
        return -1;
    }
    return sram_write_verilog(macros, count, path, to->err);
}

/* For other flows: OpenROAD-flow-scripts and FuseSoC. */
static int write_flows(struct folder *to) {
    const char *names[FILES_MAX];
    char path[EMIT_PATH_MAX], core[NAME_SIZE];
    struct generate_files files = {names, 0};
    for (size_t i = 0; i < to->count; i++) {
        if (strncmp(to->files[i], "rtl/", 4) == 0) {
            names[files.count++] = to->files[i];
        }
    }
    if (make_below(to, "orfs") || new_file(to, "orfs/config.mk", path) ||
        generate_orfs_config(to->hw, &files, path, to->err) ||
        new_file(to, "orfs/constraint.sdc", path) ||
        generate_orfs_sdc(to->hw, path, to->err) ||
        new_file(to, GENERATE_GATE_CELL, path) ||
        generate_orfs_gate(to->hw, path, to->err) ||
        emit_path(core, sizeof core, to->err, "qadam_%s.core", to->hw->design.name) ||
        new_file(to, core, path)) {
        return -1;
    }
    return generate_core(to->hw, &files, path, to->err);
}

static int copy_sources(struct folder *to) {
    if (make_below(to, "rtl") || make_below(to, "docs/figures") || copy_hdl(to) ||
        copy_type(to, ".sv") || check_type(to) ||
        copy_all(to, "hdl/include", ".svh", "rtl") || copy_type(to, ".svh")) {
        return -1;
    }
    if (copy_all(to, "docs/figures", ".svg", "docs/figures")) {
        return -1;
    }
    return copy(to, "docs/architecture.md", "docs/architecture.md");
}

static int write_texts(struct folder *to) {
    char path[EMIT_PATH_MAX];
    if (new_file(to, "rtl/qadam_top.sv", path) || generate_top(to->hw, path, to->err) ||
        write_sram(to) || write_list(to, "filelist.f", 0) ||
        write_list(to, "synthesis.f", 1) || new_file(to, "constraints.sdc", path) ||
        generate_sdc(to->hw, path, to->err) || write_flows(to) ||
        new_file(to, "README.md", path)) {
        return -1;
    }
    return generate_readme(to->hw, path, to->err);
}

static json_t *file_entry(const struct folder *to, const char *name) {
    char path[EMIT_PATH_MAX];
    char hash[17];
    char *text = NULL;
    size_t size = 0;
    if (emit_path(path, sizeof path, to->err, "%s/%s", to->path, name) ||
        emit_read(path, &text, &size, to->err)) {
        return NULL;
    }
    (void)snprintf(hash, sizeof hash, "%016llx",
                   (unsigned long long)emit_fnv(EMIT_FNV_START, text, size));
    free(text);
    return json_pack("{s:s, s:I, s:s}", "path", name, "bytes", (json_int_t)size,
                     "fnv1a64", hash);
}

static json_t *manifest_files(struct folder *to) {
    json_t *files = json_array();
    qsort(to->files, to->count, sizeof to->files[0], by_name);
    for (size_t i = 0; i < to->count; i++) {
        if (json_array_append_new(files, file_entry(to, to->files[i]))) {
            json_decref(files);
            return NULL;
        }
    }
    return files;
}

static json_t *manifest_params(const struct hw *hw) {
    struct generate_param params[GENERATE_PARAMS];
    json_t *object = json_object();
    generate_params(hw, params);
    for (size_t i = 0; i < GENERATE_PARAMS; i++) {
        if (json_object_set_new(object, params[i].name, json_integer(params[i].value))) {
            json_decref(object);
            return NULL;
        }
    }
    return object;
}

static json_t *manifest_derived(const struct hw *hw) {
    return json_pack("{s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i}", "pes",
                     (int)(hw->design.rows * hw->design.cols), "act_mem_bits",
                     (int)hw->act_mem_bits, "weight_mem_bits", (int)hw->weight_mem_bits,
                     "psum_mem_bits", (int)hw->psum_mem_bits, "act_lanes",
                     (int)hw->act_lanes, "weight_lanes", (int)hw->weight_lanes,
                     "psum_lanes", (int)hw->psum_lanes, "bus_bytes", (int)hw->bus_bytes,
                     "glb_words", (int)hw->glb_words, "glb_bank_words",
                     (int)hw->glb_bank_words, "glb_banks", (int)hw->glb_banks);
}

static json_t *manifest_macros(const struct hw *hw) {
    struct generate_macro macros[GENERATE_MACROS];
    size_t count = generate_macros(hw, macros);
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        json_t *macro = json_pack("{s:i, s:i, s:i, s:i}", "words", (int)macros[i].words,
                                  "width", (int)macros[i].width, "lanes",
                                  (int)macros[i].lanes, "count", (int)macros[i].count);
        if (json_array_append_new(list, macro)) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

/* Last: it has the hashes of all other files. */
static int write_manifest(struct folder *to) {
    char path[EMIT_PATH_MAX];
    const struct hw *hw = to->hw;
    if (emit_path(path, sizeof path, to->err, "%s/manifest.json", to->path)) {
        return -1;
    }
    json_t *manifest =
        json_pack("{s:s, s:s, s:s, s:o, s:s, s:s, s:o, s:o, s:o, s:f, s:o}", "generator",
                  "qadam " QADAM_VERSION, "format", FORMAT, "name", hw->design.name,
                  "design", config_json(design_keys(), &hw->design), "design_hash",
                  hw->hash, "top", "qadam_top", "parameters", manifest_params(hw),
                  "derived", manifest_derived(hw), "sram_macros", manifest_macros(hw),
                  "clock_period_ns", generate_period_ns(hw), "files", manifest_files(to));
    int rc = json_out_write(manifest, path, to->err);
    json_decref(manifest);
    return rc;
}

/* Every file and folder below path must be known: files by the manifest, folders by
 * the files in them. */
/* NOLINTNEXTLINE(misc-no-recursion): no deeper than the paths of the manifest */
static int check_known(const char *dir, const char *below, const json_t *files,
                       struct error *err) {
    char path[EMIT_PATH_MAX];
    const struct dirent *entry;
    int rc = 0;
    if (emit_path(path, sizeof path, err, "%s/%s", dir, below)) {
        return -1;
    }
    DIR *folder = opendir(path);
    while (folder && rc == 0 && (entry = readdir(folder)) != NULL) {
        char name[EMIT_PATH_MAX];
        int known = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
        rc = emit_path(name, sizeof name, err, "%s%s%s", below,
                       below[0] != '\0' ? "/" : "", entry->d_name);
        known |= strcmp(name, "manifest.json") == 0;
        size_t length = strlen(name);
        for (size_t i = 0; !known && i < json_array_size(files); i++) {
            const char *file =
                json_string_value(json_object_get(json_array_get(files, i), "path"));
            if (file && strncmp(file, name, length) == 0 && file[length] == '/') {
                rc = check_known(dir, name, files, err);
                known = 1;
            }
            known |= file && strcmp(file, name) == 0;
        }
        if (!known) {
            rc = error_set_at(err, dir, 0, 0,
                              "holds %s, which the generator did not write; remove it "
                              "or choose another folder",
                              name);
        }
    }
    if (folder) {
        (void)closedir(folder);
    }
    return rc;
}

static int is_empty(const char *dir) {
    DIR *folder = opendir(dir);
    int entries = 0;
    while (folder && readdir(folder) != NULL) {
        entries++;
    }
    if (folder) {
        (void)closedir(folder);
    }
    return folder && entries == 2; /* . and .. */
}

/* May dir be replaced? Only what does not exist, is empty, or is all ours. */
static int check_target(const char *dir, struct error *err) {
    char path[EMIT_PATH_MAX];
    struct config_file manifest;
    struct stat st;
    if (lstat(dir, &st) != 0) {
        return errno == ENOENT ? 0
                               : error_set_at(err, dir, 0, 0, "cannot be written: %s",
                                              strerror(errno));
    }
    if (!S_ISDIR(st.st_mode)) {
        return error_set_at(err, dir, 0, 0, "is not a folder, give another name to -o");
    }
    if (is_empty(dir)) {
        return 0;
    }
    if (emit_path(path, sizeof path, err, "%s/manifest.json", dir)) {
        return -1;
    }
    int opened = config_open(&manifest, path, NULL) == 0;
    const char *format =
        opened ? json_string_value(json_object_get(manifest.root, "format")) : NULL;
    int rc;
    if (format && strcmp(format, FORMAT) == 0) {
        rc = check_known(dir, "", json_object_get(manifest.root, "files"), err);
    } else {
        rc = error_set_at(err, dir, 0, 0,
                          "exists and holds no generated design (no manifest.json of "
                          "qadam); remove it or choose another folder");
    }
    if (opened) {
        config_close(&manifest);
    }
    return rc;
}

/* Put the finished folder from in the place of dir. */
static int replace(const char *from, const char *dir, struct error *err) {
    char old[EMIT_PATH_MAX];
    if (emit_path(old, sizeof old, err, "%s.old%ld", dir, (long)getpid())) {
        return -1;
    }
    int moved = rename(dir, old) == 0;
    if (rename(from, dir) != 0) {
        (void)error_set_at(err, dir, 0, 0, "cannot be written: %s", strerror(errno));
        if (moved) {
            (void)rename(old, dir);
        }
        return -1;
    }
    return moved ? emit_remove(old, err) : 0;
}

/* Copy dir without slashes at the end into buf; make the folder above it. */
static int prepare_target(const char *dir, char *buf, struct error *err) {
    char above[EMIT_PATH_MAX];
    if (emit_path(buf, EMIT_PATH_MAX, err, "%s", dir)) {
        return -1;
    }
    for (size_t n = strlen(buf); n > 1 && buf[n - 1] == '/'; n--) {
        buf[n - 1] = '\0';
    }
    const char *slash = strrchr(buf, '/');
    const char *last = slash ? slash + 1 : buf;
    if (last[0] == '\0' || strcmp(last, ".") == 0 || strcmp(last, "..") == 0) {
        return error_set_at(err, dir, 0, 0, "must be a folder with a name of its own");
    }
    if (check_target(buf, err)) {
        return -1;
    }
    if (!slash || slash == buf) {
        return 0;
    }
    memcpy(above, buf, (size_t)(slash - buf));
    above[slash - buf] = '\0';
    return emit_folder(above, err);
}

int generate_design(const char *home, const struct hw *hw, const char *dir,
                    struct error *err) {
    char target[EMIT_PATH_MAX];
    struct folder *to = calloc(1, sizeof *to);
    if (!to) {
        return error_set(err, "out of memory");
    }
    to->home = home;
    to->hw = hw;
    to->err = err;
    int rc =
        prepare_target(dir, target, err) ||
        emit_path(to->path, sizeof to->path, err, "%s.tmp%ld", target, (long)getpid());
    if (rc == 0 && mkdir(to->path, 0777) != 0) {
        rc = error_set_at(err, dir, 0, 0, "cannot be written: %s", strerror(errno));
    } else if (rc == 0) {
        rc = copy_sources(to) || write_texts(to) || write_manifest(to) ||
             replace(to->path, target, err);
        if (rc != 0) {
            (void)emit_remove(to->path, NULL);
        }
    }
    free(to);
    return rc ? -1 : 0;
}
