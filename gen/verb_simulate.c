/* SPDX-License-Identifier: Apache-2.0
 *
 * qadam simulate: a network, or single layers of it, on the simulated accelerator, every
 * output word checked.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gen/choose_layers.h"
#include "gen/design.h"
#include "gen/emit.h"
#include "gen/home.h"
#include "gen/json_out.h"
#include "gen/network.h"
#include "gen/options.h"
#include "gen/verbs.h"
#include "models/model.h"
#include "verif/build.h"
#include "verif/dump.h"
#include "verif/forward.h"
#include "verif/golden.h"
#include "verif/process.h"
#include "verif/random_params.h"
#include "verif/report.h"
#include "verif/report_network.h"
#include "verif/testbench.h"

enum { JOBS_MAX = 256 };

static const struct option_spec specs[] = {
    {"network", 'n', "NET", 0, "network file, or name in models/networks"},
    {"layer", 0, "NAME", 1, "only this layer, on numbers of its own"},
    {"batch", 0, "N", 0, "images, instead of the network file's batch"},
    {"data", 0, "DIR", 0, "run test images of this folder through the trained network"},
    {"image", 0, "N", 0, "the first of them; 0 by default"},
    {"seed", 0, "N", 0, "of the tensors; 1 by default"},
    {"stall-seed", 0, "N", 0, "let memory and host stall at random; 0: never"},
    {"fault-seed", 0, "N", 0, "let each layer first end by a random fault; 0: never"},
    {"numbers", 0, "KIND", 0, "normal, full (psums wrap around) or small (many ties)"},
    {"dram-latency", 0, "CYCLES", 0, "of the memory; 64 by default"},
    {"jobs", 'j', "N", 0, "layers, or compilers, at a time; by default all processors"},
    {"vcd", 0, "FILE", 0, "write waves of the one layer as VCD"},
    {"fst", 0, "FILE", 0, "write waves of the one layer as FST"},
    {"dump", 0, "DIR", 0, "write each layer's tensors as NumPy files"},
    {"json", 0, "FILE", 0, "write the result as JSON; - is standard output"},
    {"timing", 0, NULL, 0, "say how fast the simulation was, on standard error"},
    {NULL, 0, NULL, 0, NULL}};

static void print_more(FILE *out) {
    (void)fputs(
        "Without --layer the network runs as a whole, from random images to its last\n"
        "layer: conv and fc on the accelerator; add, maxpool and avgpool on the host "
        "side\n"
        "of the testbench. The golden model first computes all activations; each layer "
        "of\n"
        "the array then gets its golden input, and its output must be the golden one "
        "bit\n"
        "by bit, so that what one layer makes is what the next one reads. A network "
        "with\n"
        "matmul is refused (docs/networks.md).\n"
        "\n"
        "With --data the images are test images of CIFAR-10 or CIFAR-100, the weights "
        "those of\n"
        "the network's file, and the grids those under its \"scales\", or those of "
        "calibration\n"
        "(docs/accuracy.md).\n"
        "\n"
        "Of a batch a conv runs once for each image, an fc once for all of them; "
        "figures\n"
        "are for the whole batch, waves show the first image.\n",
        out);
}

static const struct option_usage usage = {
    "simulate",
    "DESIGN",
    1,
    "Build the design's RTL with Verilator, run layers on it, and compare every output\n"
    "word with the golden model. Exit status 1 when any word differs.",
    specs,
    print_more};

/* One run of the verb. */
struct simulate {
    struct hw hw;
    struct network net;
    struct bench_options bench;
    struct sim_library sim;
    const struct layer **layers; /* owned array: what to run */
    struct mapping *mappings;    /* owned, [count] */
    unsigned count, jobs;
    unsigned runs;                /* of all layers to run */
    struct bench_result *results; /* owned, [count], of all runs of a layer */
    unsigned failed;              /* runs with errors or mismatches */
    int whole;                    /* 1: all layers, activations carried */
    struct forward forward;       /* of a whole network */
    struct model model;           /* of a trained one */
    const char *data;             /* folder of its images, or NULL = random numbers */
    uint64_t image;               /* the first of them */
    unsigned *labels;             /* owned, [batch], of the images */
    size_t shown;                 /* layers of a whole network in the table so far */
    uint64_t batch;               /* 0 = the network file's */
    FILE *table; /* for people: standard output, or error when JSON goes there */
};

static void say_building(const char *design) {
    if (isatty(STDERR_FILENO)) {
        (void)fprintf(stderr, "%s: building the simulator with Verilator...\n", design);
    }
}

static int read_range(struct simulate *s, const struct options *opts, struct error *err) {
    static const char *const kinds[] = {"normal", "full", "small"};
    const char *kind = options_value(opts, "numbers");
    for (unsigned i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (!kind || strcmp(kind, kinds[i]) == 0) {
            s->bench.range = (enum tensor_range)i;
            return 0;
        }
    }
    return error_set(err, "simulate: --numbers is '%s', must be normal, full or small",
                     kind);
}

/* Numbers and files of the command line; wrong usage. */
static int read_options(struct simulate *s, const struct options *opts,
                        struct error *err) {
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    uint64_t latency = MEMORY_LATENCY_DEFAULT,
             jobs = processors > 0 ? (uint64_t)processors : 1;
    jobs = jobs < JOBS_MAX ? jobs : JOBS_MAX;
    s->bench.seed = 1;
    if (options_u64(opts, "seed", 0, INT64_MAX, &s->bench.seed, err) ||
        options_u64(opts, "image", 0, UINT32_MAX, &s->image, err) ||
        options_u64(opts, "batch", 1, NETWORK_BATCH_MAX, &s->batch, err) ||
        options_u64(opts, "stall-seed", 0, INT64_MAX, &s->bench.stall_seed, err) ||
        options_u64(opts, "fault-seed", 0, INT64_MAX, &s->bench.fault_seed, err) ||
        options_u64(opts, "dram-latency", 1, MEMORY_LATENCY_MAX, &latency, err) ||
        options_u64(opts, "jobs", 1, JOBS_MAX, &jobs, err) || read_range(s, opts, err)) {
        return -1;
    }
    const char *vcd = options_value(opts, "vcd"), *fst = options_value(opts, "fst");
    if (!options_value(opts, "network")) {
        return error_set(err, "simulate: --network is missing");
    }
    if ((vcd && fst) || ((vcd || fst) && options_count(opts, "layer") != 1)) {
        return error_set(err, "simulate: waves go into one file, of exactly one --layer");
    }
    const char *json = options_value(opts, "json");
    s->table = json && strcmp(json, "-") == 0 ? stderr : stdout;
    s->bench.latency = (unsigned)latency;
    s->bench.wave = vcd ? vcd : fst;
    s->bench.dump = options_value(opts, "dump");
    s->jobs = (unsigned)jobs;
    s->whole = options_count(opts, "layer") == 0;
    s->data = options_value(opts, "data");
    if (s->data && (!s->whole || options_count(opts, "numbers"))) {
        return error_set(err, "simulate: --data runs a whole network on its own numbers, "
                              "without --layer and --numbers");
    }
    if (!s->data && options_count(opts, "image")) {
        return error_set(err, "simulate: --image needs --data");
    }
    return 0;
}

/* Map all layers, so that one that does not fit is refused before the work begins. */
static int map_layers(struct simulate *s, struct error *err) {
    s->mappings = calloc(s->count, sizeof *s->mappings);
    if (!s->mappings) {
        return error_set(err, "out of memory");
    }
    for (unsigned i = 0; i < s->count; i++) {
        const struct layer part = tensor_group_layer(s->layers[i]);
        struct error why = {"", 0, 0, ""};
        if (mapping_search(&s->hw, &part, &s->mappings[i], &why)) {
            return network_layer_error(&s->net, s->layers[i], &why, err);
        }
    }
    return 0;
}

/* Those of the images. */
static int run_images(struct simulate *s, const char *home,
                      const struct mapping *mappings, struct error *err) {
    s->labels = calloc(s->net.batch, sizeof *s->labels);
    if (!s->labels) {
        return error_set(err, "out of memory");
    }
    return model_open(&s->model, home, &s->net, s->data, NULL, NULL, err) ||
                   model_forward(&s->model, &s->hw, mappings, s->image, &s->forward,
                                 s->labels, err)
               ? -1
               : 0;
}

/* Compute all activations of the network. */
static int run_golden(struct simulate *s, const char *home, struct error *err) {
    struct random_params random = {&s->hw, golden_type(s->hw.type.name, err),
                                   s->bench.seed, s->bench.range};
    struct mapping *mappings = calloc(s->net.layer_count, sizeof *mappings);
    if (!random.type || !mappings) {
        free(mappings);
        return error_set(err, "out of memory");
    }
    for (unsigned i = 0; i < s->count; i++) {
        mappings[s->layers[i] - s->net.layers] = s->mappings[i];
    }
    const struct forward_source source = random_params_source(&random);
    int rc = s->data ? run_images(s, home, mappings, err)
                     : forward_run(&s->forward, &s->hw, random.type, &s->net, mappings,
                                   &source, err);
    free(mappings);
    return rc;
}

/* Read design and network, build the simulator. */
static int prepare(struct simulate *s, const struct options *opts, struct error *err) {
    char home[EMIT_PATH_MAX], library[EMIT_PATH_MAX];
    const struct build_options build = {options_value(opts, "vcd")   ? BUILD_VCD
                                        : options_value(opts, "fst") ? BUILD_FST
                                                                     : BUILD_NO_TRACE,
                                        0, s->jobs, say_building};
    if (home_find(home, sizeof home, err) ||
        design_load(home, options_operand(opts, 0), &s->hw, err) ||
        !golden_type(s->hw.type.name, err) ||
        network_load_batch(home, options_value(opts, "network"), (unsigned)s->batch,
                           &s->net, err) ||
        (s->whole && forward_check(&s->net, err)) ||
        choose_layers(&s->net, opts, &s->layers, &s->count, err) || map_layers(s, err)) {
        return -1;
    }
    s->results = calloc(s->count, sizeof *s->results);
    if (!s->results) {
        return error_set(err, "out of memory");
    }
    if ((s->bench.dump && emit_folder(s->bench.dump, err)) ||
        (s->whole && run_golden(s, home, err))) {
        return -1;
    }
    return build_sim(home, &s->hw, &build, library, sizeof library, err) ||
                   sim_library_open(&s->sim, library, err)
               ? -1
               : 0;
}

/* One run of a layer: for an image of those it runs for one by one. */
struct layer_run {
    unsigned layer; /* index in simulate.layers */
    unsigned image, images;
};

static struct layer_run run_of(const struct simulate *s, unsigned index) {
    struct layer_run run = {0, index, layer_runs(&s->net, s->layers[0])};
    while (run.image >= run.images) {
        run.image -= run.images;
        run.layer++;
        run.images = layer_runs(&s->net, s->layers[run.layer]);
    }
    return run;
}

/* Run one layer on an accelerator of its own; in a child process. */
static void work(void *context, unsigned index, void *result) {
    const struct simulate *s = context;
    const struct layer_run run = run_of(s, index);
    const struct layer *l = s->layers[run.layer];
    struct bench_result *r = result;
    struct bench bench;
    struct bench_options options = s->bench;
    struct error err = {"", 0, 0, ""};
    options.mapping = &s->mappings[run.layer];
    options.image = run.image;
    options.images = run.images;
    options.wave = run.image == 0 ? options.wave : NULL;
    if (bench_init(&bench, &s->hw, s->sim.api, &options, &err)) {
        r->error = err;
    } else if (s->whole) {
        const size_t layer = (size_t)(l - s->net.layers);
        const struct tensors t = forward_tensors(&s->forward, layer, run.image);
        (void)bench_run_tensors(&bench, l, &t, s->forward.layers[layer].overflow, r);
    } else {
        (void)bench_run(&bench, l, r);
    }
    bench_close(&bench);
}

/* The rows of the host's layers that come before layer number end. */
static void show_host_rows(struct simulate *s, size_t end) {
    for (; s->whole && s->shown < end; s->shown++) {
        if (!layer_on_array(&s->net.layers[s->shown])) {
            report_host_row(s->table, &s->net.layers[s->shown]);
        }
    }
}

/* Say what went wrong in a run. */
static void explain(const struct layer_run *run, const struct bench_result *r) {
    char image[32] = "";
    if (run->images > 1) {
        (void)snprintf(image, sizeof image, ", image %u", run->image);
    }
    if (r->error.text[0] != '\0') {
        struct error err = {"", 0, 0, ""};
        (void)error_set_at(&err, r->error.file, r->error.line, r->error.column,
                           "layer %s%s: %.400s", r->layer, image, r->error.text);
        error_print(&err);
    } else if (run->images > 1) {
        (void)fprintf(stderr, "layer %s%s:\n", r->layer, image);
    }
    report_failure(stderr, r);
}

/* Take the result of a run into that of its layer. */
static void take(struct simulate *s, const struct layer_run *run,
                 const struct bench_result *r) {
    struct bench_result *sum = &s->results[run->layer];
    if (run->image == 0) {
        *sum = *r;
        return;
    }
    report_add(sum, r);
    if (sum->error.text[0] == '\0') {
        sum->error = r->error;
    }
}

static int done(void *context, unsigned index, const void *result, int status) {
    struct simulate *s = context;
    const struct layer_run run = run_of(s, index);
    const struct layer *l = s->layers[run.layer];
    struct bench_result r = *(const struct bench_result *)result;
    memcpy(r.layer, l->name, sizeof r.layer);
    if (status != 0) {
        (void)error_set(&r.error, "the simulation was ended by signal %d", status);
    }
    take(s, &run, &r);
    if (run.image + 1 == run.images) {
        show_host_rows(s, (size_t)(l - s->net.layers));
        report_row(s->table, &s->hw, &s->results[run.layer]);
    }
    (void)fflush(s->table);
    if (r.error.text[0] != '\0' || r.mismatches != 0) {
        s->failed++;
        explain(&run, &r);
    }
    return 0;
}

/* The whole result; NULL when out of memory. */
static json_t *make_json(const struct simulate *s, const struct bench_result *total) {
    json_t *root = json_object(), *layers = json_array();
    (void)json_object_set_new(root, "design", json_string(s->hw.design.name));
    (void)json_object_set_new(root, "design_hash", json_string(s->hw.hash));
    (void)json_object_set_new(root, "network", json_string(s->net.name));
    (void)json_object_set_new(root, "batch", json_integer(s->net.batch));
    (void)json_object_set_new(root, "pe_type", json_string(s->hw.type.name));
    (void)json_object_set_new(root, "act_bits", json_integer(s->hw.type.act_bits));
    (void)json_object_set_new(root, "psum_bits", json_integer(s->hw.design.psum_bits));
    (void)json_object_set_new(root, "seed", json_integer((json_int_t)s->bench.seed));
    (void)json_object_set_new(root, "stall_seed",
                              json_integer((json_int_t)s->bench.stall_seed));
    (void)json_object_set_new(root, "dram_latency", json_integer(s->bench.latency));
    for (unsigned i = 0; i < s->count; i++) {
        json_t *layer = report_json(&s->hw, s->layers[i], &s->results[i]);
        (void)json_object_set_new(layer, "runs",
                                  json_integer(layer_runs(&s->net, s->layers[i])));
        (void)json_array_append_new(layers, layer);
    }
    (void)json_object_set_new(root, "layers", layers);
    (void)json_object_set_new(root, "total", report_json(&s->hw, NULL, total));
    if (s->whole) {
        (void)json_object_set_new(root, "graph", report_graph_json(&s->forward));
        if (s->failed == 0) {
            (void)json_object_set_new(root, "logits", report_logits_json(&s->forward));
        }
    }
    if (s->data) {
        json_t *labels = json_array();
        for (unsigned i = 0; i < s->net.batch; i++) {
            (void)json_array_append_new(labels, json_integer(s->labels[i]));
        }
        (void)json_object_set_new(root, "image", json_integer((json_int_t)s->image));
        (void)json_object_set_new(root, "labels", labels);
    }
    return root;
}

static int report(struct simulate *s, const struct options *opts, struct error *err) {
    struct bench_result total;
    memset(&total, 0, sizeof total);
    (void)snprintf(total.layer, sizeof total.layer, "total");
    for (unsigned i = 0; i < s->count; i++) {
        report_add(&total, &s->results[i]);
    }
    show_host_rows(s, s->net.layer_count);
    report_row(s->table, &s->hw, &total);
    if (s->whole && s->failed == 0) {
        report_logits(s->table, &s->forward);
    }
    if (options_count(opts, "timing") && total.seconds > 0) {
        double pes = (double)s->hw.design.rows * s->hw.design.cols;
        double speed = (double)total.clocked / total.seconds;
        (void)fprintf(stderr,
                      "%llu cycles in %.1f s of processor time: %.0f cycles/s, %.1f "
                      "million PE cycles/s\n",
                      (unsigned long long)total.clocked, total.seconds, speed,
                      speed * pes / 1e6);
    }
    if (options_value(opts, "json")) {
        json_t *root = make_json(s, &total);
        int rc = json_out_write(root, options_value(opts, "json"), err);
        json_decref(root);
        return rc;
    }
    return 0;
}

static int dump_host_layers(const struct simulate *s, struct error *err) {
    for (size_t i = 0; s->whole && s->bench.dump && i < s->net.layer_count; i++) {
        if (!layer_on_array(&s->net.layers[i]) &&
            dump_host_layer(s->bench.dump, &s->forward, i, err)) {
            return -1;
        }
    }
    return 0;
}

static int run_all(struct simulate *s, const struct options *opts, struct error *err) {
    if (json_out_probe(options_value(opts, "json"), err) ||
        json_out_probe(s->bench.wave, err) || prepare(s, opts, err)) {
        return -1;
    }
    for (unsigned i = 0; i < s->count; i++) {
        s->runs += layer_runs(&s->net, s->layers[i]);
    }
    const struct process_pool pool = {s->runs, s->jobs, sizeof(struct bench_result),
                                      work,    done,    s};
    report_batch(s->table, s->net.batch);
    report_header(s->table);
    (void)fflush(s->table);
    if (process_pool_run(&pool, err) || dump_host_layers(s, err)) {
        return -1;
    }
    return report(s, opts, err);
}

int verb_simulate(int argc, char **argv) {
    struct options opts;
    struct simulate s;
    struct error err = {"", 0, 0, ""};
    int status = options_parse(&usage, argc, argv, &opts);
    if (status != OPTIONS_RUN) {
        return status;
    }
    memset(&s, 0, sizeof s);
    status = OPTIONS_ERROR;
    if (read_options(&s, &opts, &err) == 0) {
        status = run_all(&s, &opts, &err) || s.failed ? 1 : 0;
    }
    if (err.text[0] != '\0') {
        error_print(&err);
    }
    sim_library_close(&s.sim);
    forward_close(&s.forward);
    model_close(&s.model);
    free(s.labels);
    network_close(&s.net);
    free(s.layers);
    free(s.mappings);
    free(s.results);
    return status;
}
