/* SPDX-License-Identifier: Apache-2.0
 *
 * Building the simulator of a design.
 */
#include "verif/build.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gen/emit.h"
#include "gen/generate.h"
#include "gen/home.h"
#include "verif/process.h"

enum { ARGS_MAX = 32 };

/* Files of the shim, relative to home and to the folder "shim" of a build. */
static const char *const shim_files[] = {"verif/sim_shim.cpp", "verif/sim.h",
                                         "verif/axi.h"};
enum { SHIM_FILES = sizeof shim_files / sizeof shim_files[0] };

/* Options that every build has. -fno-const-bit-op-tree: that optimisation of Verilator
 * 5.006 gives wrong results. Unknown and uninitialised bits are random, so that RTL that
 * depends on them fails. VL_USER_*: a failing assertion must not end the program. */
static const char *const common_args[] = {
    "verilator",
    "--cc",
    "--exe",
    "-O3",
    "-fno-const-bit-op-tree",
    "--assert",
    "--x-assign",
    "unique",
    "--x-initial",
    "unique",
    "--prefix",
    "Vqadam_top",
    "--top-module",
    "qadam_top",
    "--output-split",
    "20000",
    "-LDFLAGS",
    "-shared",
    "-o",
    "libsim.so",
    "-CFLAGS",
    "-fPIC -I../shim -DVL_USER_STOP -DVL_USER_FINISH -DVL_USER_FATAL"};
enum { COMMON_ARGS = sizeof common_args / sizeof common_args[0] };

/* The C++ compiler to use. */
static const char *compiler(void) {
    const char *cxx = getenv("CXX");
    return cxx && cxx[0] != '\0' ? cxx : "g++";
}

/* Everything about one build. */
struct build {
    const char *home;
    const struct hw *hw;
    const struct build_options *options;
    char cache[EMIT_PATH_MAX];
    char temp[EMIT_PATH_MAX]; /* folder of this build until it is complete */
    char log[EMIT_PATH_MAX];
    uint64_t key;
};

static int hash_file(uint64_t *hash, const char *path, struct error *err) {
    char *text = NULL;
    size_t size = 0;
    if (emit_read(path, &text, &size, err)) {
        return -1;
    }
    *hash = emit_fnv(*hash, text, size);
    free(text);
    return 0;
}

/* Whether a generated file cannot matter to a simulation. */
static int is_text(const char *name) {
    return strcmp(name, "docs") == 0 || strcmp(name, "README.md") == 0 ||
           strcmp(name, "manifest.json") == 0;
}

/* Hash names and contents of the files below a folder, in the order of their names. */
/* NOLINTNEXTLINE(misc-no-recursion): as deep as the generated folder */
static int hash_folder(uint64_t *hash, const char *folder, struct error *err) {
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, NULL, alphasort);
    if (count < 0) {
        return error_set_at(err, folder, 0, 0, "cannot be read: %s", strerror(errno));
    }
    int rc = 0;
    for (int i = 0; i < count; i++) {
        const char *name = entries[i]->d_name;
        if (rc == 0 && strcmp(name, ".") != 0 && strcmp(name, "..") != 0 &&
            !is_text(name)) {
            char path[EMIT_PATH_MAX];
            *hash = emit_fnv(*hash, name, strlen(name) + 1);
            rc = emit_path(path, sizeof path, err, "%s/%s", folder, name);
            if (rc == 0) {
                rc = emit_is_folder(path) ? hash_folder(hash, path, err)
                                          : hash_file(hash, path, err);
            }
        }
        free(entries[i]);
    }
    free(entries);
    return rc;
}

/* Copy the shim into the build and write Verilator's version there. */
static int copy_shim(const struct build *b, struct error *err) {
    char from[EMIT_PATH_MAX], to[EMIT_PATH_MAX], folder[EMIT_PATH_MAX];
    if (emit_path(folder, sizeof folder, err, "%s/shim/verif", b->temp) ||
        emit_folder(folder, err)) {
        return -1;
    }
    for (unsigned i = 0; i < SHIM_FILES; i++) {
        if (emit_path(from, sizeof from, err, "%s/%s", b->home, shim_files[i]) ||
            emit_path(to, sizeof to, err, "%s/shim/%s", b->temp, shim_files[i]) ||
            emit_copy(from, to, err)) {
            return -1;
        }
    }
    const char *const argv[] = {"verilator", "--version", NULL};
    if (emit_path(to, sizeof to, err, "%s/shim/version", b->temp)) {
        return -1;
    }
    return process_run(argv, to, err);
}

/* Put all inputs of the build into its folder and make the key of them. */
static int prepare(struct build *b, struct error *err) {
    char design[EMIT_PATH_MAX];
    if (home_cache(b->cache, sizeof b->cache, err) ||
        emit_path(b->temp, sizeof b->temp, err, "%s/sim-tmp%ld", b->cache,
                  (long)getpid()) ||
        emit_path(design, sizeof design, err, "%s/design", b->temp) ||
        emit_remove(b->temp, err) || emit_folder(b->temp, err) ||
        generate_design(b->home, b->hw, design, err) || copy_shim(b, err)) {
        return -1;
    }
    const int kinds[2] = {(int)b->options->trace, b->options->quick};
    b->key = emit_fnv(EMIT_FNV_START, kinds, sizeof kinds);
    for (unsigned i = 0; i < COMMON_ARGS; i++) {
        b->key = emit_fnv(b->key, common_args[i], strlen(common_args[i]) + 1);
    }
    b->key = emit_fnv(b->key, compiler(), strlen(compiler()) + 1);
    return hash_folder(&b->key, b->temp, err);
}

/* Translate the RTL to C++ in the folder obj. */
static int run_verilator(const struct build *b, struct error *err) {
    char obj[EMIT_PATH_MAX], list[EMIT_PATH_MAX];
    const char *argv[COMMON_ARGS + ARGS_MAX];
    unsigned n = COMMON_ARGS;
    if (emit_path(obj, sizeof obj, err, "%s/obj", b->temp) ||
        emit_path(list, sizeof list, err, "%s/design/filelist.f", b->temp)) {
        return -1;
    }
    memcpy(argv, common_args, sizeof common_args);
    argv[n++] = "-Mdir";
    argv[n++] = obj;
    if (b->options->trace != BUILD_NO_TRACE) {
        argv[n++] = b->options->trace == BUILD_VCD ? "--trace" : "--trace-fst";
        argv[n++] = "--trace-structs";
    }
    argv[n++] = "-F";
    argv[n++] = list;
    argv[n++] = "../shim/verif/sim_shim.cpp"; /* as seen from obj */
    argv[n] = NULL;
    return process_run(argv, b->log, err);
}

/* Compile and link in the folder obj, and move the library up. */
static int run_make(const struct build *b, struct error *err) {
    char obj[EMIT_PATH_MAX], from[EMIT_PATH_MAX], to[EMIT_PATH_MAX];
    char cxx[EMIT_PATH_MAX], link[EMIT_PATH_MAX], jobs[16];
    if (emit_path(cxx, sizeof cxx, err, "CXX=%s", compiler()) ||
        emit_path(link, sizeof link, err, "LINK=%s", compiler()) ||
        emit_path(obj, sizeof obj, err, "%s/obj", b->temp) ||
        emit_path(from, sizeof from, err, "%s/obj/libsim.so", b->temp) ||
        emit_path(to, sizeof to, err, "%s/libsim.so", b->temp)) {
        return -1;
    }
    (void)snprintf(jobs, sizeof jobs, "-j%u", b->options->jobs);
    const char *const argv[] = {"make",
                                "-C",
                                obj,
                                "-f",
                                "Vqadam_top.mk",
                                jobs,
                                cxx,
                                link,
                                b->options->quick ? "OPT_FAST=-O1" : "OPT_FAST=-O2",
                                b->options->quick ? "OPT_GLOBAL=-O1" : "OPT_GLOBAL=-O2",
                                NULL};
    if (process_run(argv, b->log, err)) {
        return -1;
    }
    if (rename(from, to) != 0) {
        return error_set_at(err, to, 0, 0, "cannot be written: %s", strerror(errno));
    }
    return emit_remove(obj, err);
}

/* Give the complete build its name; another process may have been faster. */
static int publish(const struct build *b, const char *final, const char *library,
                   struct error *err) {
    if (rename(b->temp, final) == 0 || emit_is_file(library)) {
        return 0;
    }
    return error_set_at(err, final, 0, 0, "cannot be written: %s", strerror(errno));
}

int build_sim(const char *home, const struct hw *hw, const struct build_options *options,
              char *path, size_t size, struct error *err) {
    struct build b = {home, hw, options, "", "", "", 0};
    char final[EMIT_PATH_MAX];
    int rc = prepare(&b, err);
    if (rc == 0) {
        rc = emit_path(final, sizeof final, err, "%s/sim-%016llx", b.cache,
                       (unsigned long long)b.key) ||
             emit_path(b.log, sizeof b.log, err, "%s.log", final) ||
             emit_path(path, size, err, "%s/libsim.so", final);
    }
    if (rc == 0 && !emit_is_file(path)) {
        if (options->progress) {
            options->progress(hw->design.name);
        }
        rc = emit_remove(b.log, err) || run_verilator(&b, err) || run_make(&b, err) ||
             publish(&b, final, path, err);
    }
    if (b.temp[0] != '\0') {
        (void)emit_remove(b.temp, NULL);
    }
    return rc ? -1 : 0;
}

int build_key(const char *home, const struct hw *hw, const struct build_options *options,
              uint64_t *key, struct error *err) {
    struct build b = {home, hw, options, "", "", "", 0};
    int rc = prepare(&b, err);
    *key = b.key;
    if (b.temp[0] != '\0') {
        (void)emit_remove(b.temp, NULL);
    }
    return rc ? -1 : 0;
}

int sim_library_open(struct sim_library *lib, const char *path, struct error *err) {
    lib->api = NULL;
    lib->handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!lib->handle) {
        const char *text = dlerror();
        return error_set_at(err, path, 0, 0, "cannot be loaded: %s", text ? text : "?");
    }
    lib->api = dlsym(lib->handle, "sim_api");
    if (!lib->api) {
        sim_library_close(lib);
        return error_set_at(err, path, 0, 0, "has no symbol sim_api");
    }
    return 0;
}

void sim_library_close(struct sim_library *lib) {
    if (lib->handle) {
        (void)dlclose(lib->handle);
    }
    lib->handle = NULL;
    lib->api = NULL;
}
