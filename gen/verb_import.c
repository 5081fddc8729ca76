/* SPDX-License-Identifier: Apache-2.0
 *
 * qadam import: networks from files of other tools.
 */
#include <stdlib.h>
#include <string.h>

#include "gen/emit.h"
#include "gen/import_net.h"
#include "gen/import_onnx.h"
#include "gen/import_workload.h"
#include "gen/json_out.h"
#include "gen/options.h"
#include "gen/verbs.h"

static const struct option_spec specs[] = {
    {"output", 'o', "NET", 0, "network file to write; tensors go to a file beside it"},
    {"format", 0, "FORMAT", 0,
     "onnx, scalesim or timeloop; by the file's ending if not given"},
    {"shape", 0, "C,H,W", 0, "shape of the input, for an ONNX file that leaves it open"},
    {"json", 0, "FILE", 0, "write the network also there; - is standard output"},
    {NULL, 0, NULL, 0, NULL}};

static const struct option_usage usage = {
    "import",
    "FILE",
    1,
    "Makes a network file from an ONNX file (.onnx), a SCALE-Sim topology (.csv, conv "
    "or\n"
    "GEMM) or a Timeloop problem (.yaml), and prints what was read.",
    specs,
    NULL};

/* The formats. read fills a network from the bytes of a file. */
static const struct format {
    const char *name;
    const char *what;
    const char *endings; /* of file names, split by '|' */
    int (*read)(const uint8_t *bytes, size_t size, const struct layer_map *shape,
                struct import_net *net, struct error *err);
} formats[] = {{"onnx", "ONNX file", ".onnx", import_onnx},
               {"scalesim", "SCALE-Sim topology", ".csv", import_scalesim},
               {"timeloop", "Timeloop problem", ".yaml|.yml", import_timeloop}};

enum { FORMATS = sizeof formats / sizeof formats[0] };

/* 1 if path ends with one of the endings. */
static int has_ending(const char *path, const char *endings) {
    const size_t length = strlen(path);
    for (const char *p = endings; p;) {
        const size_t n = strcspn(p, "|");
        if (length > n && strncmp(path + length - n, p, n) == 0) {
            return 1;
        }
        p = p[n] == '|' ? p + n + 1 : NULL;
    }
    return 0;
}

/* The format asked for, or that of the file's ending. NULL with *err set. */
static const struct format *find_format(const struct options *opts, struct error *err) {
    const char *path = options_operand(opts, 0);
    const char *asked = options_value(opts, "format");
    for (size_t i = 0; i < FORMATS; i++) {
        if (asked ? strcmp(asked, formats[i].name) == 0
                  : has_ending(path, formats[i].endings)) {
            return &formats[i];
        }
    }
    if (asked) {
        (void)error_set(err,
                        "import: --format is '%.40s', must be onnx, scalesim or "
                        "timeloop",
                        asked);
    } else {
        (void)error_set(err,
                        "import: the ending of '%.200s' is none of .onnx, .csv, "
                        ".yaml; give --format",
                        path);
    }
    return NULL;
}

/* Read --shape into *map. */
static int read_shape(const char *text, struct layer_map *map, struct error *err) {
    unsigned *const sides[3] = {&map->c, &map->h, &map->w};
    const char *p = text;
    for (int i = 0; i < 3; i++) {
        char *end = NULL;
        const unsigned long n = *p >= '0' && *p <= '9' ? strtoul(p, &end, 10) : 0;
        if (!end || n < 1 || n > LAYER_DIM_MAX || *end != (i < 2 ? ',' : '\0')) {
            return error_set(err,
                             "import: --shape is '%.40s', must be C,H,W: three "
                             "numbers, 1 to %d",
                             text, LAYER_DIM_MAX);
        }
        *sides[i] = (unsigned)n;
        p = end + 1;
    }
    return 0;
}

/* Read the file into a network. An error is about the file unless it says otherwise. */
static int read_file(const struct format *format, const struct options *opts,
                     const struct layer_map *shape, struct import_net *net,
                     struct error *err) {
    const char *path = options_operand(opts, 0);
    struct error why = {"", 0, 0, ""};
    char *text = NULL;
    size_t size = 0;
    if (import_net_init(net, path, format->what, err) ||
        emit_read(path, &text, &size, err)) {
        return -1;
    }
    const int rc = format->read((const uint8_t *)text, size, shape, net, &why);
    free(text);
    return rc == 0 ? 0 : error_set_at(err, path, why.line, why.column, "%s", why.text);
}

static int write_all(const struct import_net *net, const struct options *opts,
                     struct error *err) {
    const char *json = options_value(opts, "json");
    if (import_net_write(net, options_value(opts, "output"), err)) {
        return -1;
    }
    import_net_table(net, json && strcmp(json, "-") == 0 ? stderr : stdout);
    if (!json) {
        return 0;
    }
    json_t *root = import_net_json(net, options_value(opts, "output"));
    const int rc = json_out_write(root, json, err);
    json_decref(root);
    return rc;
}

int verb_import(int argc, char **argv) {
    struct options opts;
    struct import_net net;
    struct layer_map shape = {0, 0, 0};
    struct error err = {"", 0, 0, ""};
    int status = options_parse(&usage, argc, argv, &opts);
    if (status != OPTIONS_RUN) {
        return status;
    }
    memset(&net, 0, sizeof net);
    status = OPTIONS_ERROR;
    const char *given = options_value(&opts, "shape");
    const struct format *format = NULL;
    if (!options_value(&opts, "output")) {
        (void)error_set(&err, "import: --output is missing");
    } else if (!given || read_shape(given, &shape, &err) == 0) {
        format = find_format(&opts, &err);
    }
    if (format) {
        status = json_out_probe(options_value(&opts, "output"), &err) ||
                         json_out_probe(options_value(&opts, "json"), &err) ||
                         read_file(format, &opts, given ? &shape : NULL, &net, &err) ||
                         write_all(&net, &opts, &err)
                     ? 1
                     : 0;
    }
    if (err.text[0] != '\0') {
        error_print(&err);
    }
    import_net_close(&net);
    return status;
}
