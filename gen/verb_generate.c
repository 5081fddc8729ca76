/* SPDX-License-Identifier: Apache-2.0
 *
 * qadam generate: a design file to a folder of Verilog.
 */
#include <stdio.h>
#include <string.h>

#include "gen/config.h"
#include "gen/design.h"
#include "gen/emit.h"
#include "gen/generate.h"
#include "gen/home.h"
#include "gen/json_out.h"
#include "gen/options.h"
#include "gen/verbs.h"

static void print_keys(FILE *out) {
    (void)fputs("keys of a design file (JSON):\n", out);
    config_help(design_keys(), out);
}

static const struct option_spec specs[] = {
    {"output", 'o', "DIR", 0, "folder to write; replaced if it was generated before"},
    {"json", 0, "FILE", 0, "write the manifest also here, '-' = standard output"},
    {NULL, 0, NULL, 0, NULL}};

static const struct option_usage usage = {
    "generate",
    "DESIGN",
    1,
    "Writes the design as a self-contained folder: Verilog, file list, SRAM views,\n"
    "timing constraints, manifest.json and a README of the design.",
    specs,
    print_keys};

/* Hand on the manifest just written. */
static int copy_manifest(const char *dir, const char *to, struct error *err) {
    char path[EMIT_PATH_MAX];
    struct config_file file;
    if (emit_path(path, sizeof path, err, "%s/manifest.json", dir) ||
        config_open(&file, path, err)) {
        return -1;
    }
    int rc = json_out_write(file.root, to, err);
    config_close(&file);
    return rc;
}

static int run(const char *design, const char *dir, const char *json, struct error *err) {
    char home[EMIT_PATH_MAX];
    struct hw hw;
    if (home_find(home, sizeof home, err) || design_load(home, design, &hw, err) ||
        generate_design(home, &hw, dir, err)) {
        return -1;
    }
    if (json && copy_manifest(dir, json, err)) {
        return -1;
    }
    if (!json || strcmp(json, "-") != 0) {
        (void)printf("%s: design %s (%s), start with README.md\n", dir, hw.design.name,
                     hw.hash);
    }
    return 0;
}

int verb_generate(int argc, char **argv) {
    struct options opts;
    struct error err;
    memset(&err, 0, sizeof err);
    int status = options_parse(&usage, argc, argv, &opts);
    if (status != OPTIONS_RUN) {
        return status;
    }
    const char *dir = options_value(&opts, "output");
    if (!dir || dir[0] == '\0') {
        (void)error_set(&err,
                        "generate: --output is missing: -o DIR, the folder to write");
        error_print(&err);
        return OPTIONS_ERROR;
    }
    if (run(options_operand(&opts, 0), dir, options_value(&opts, "json"), &err)) {
        error_print(&err);
        return 1;
    }
    return 0;
}
