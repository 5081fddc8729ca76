/* SPDX-License-Identifier: Apache-2.0
 *
 * libqadam: exact cycles and accesses of DNN layers on qadam designs, for other programs.
 *
 *     struct qadam_design *d = qadam_design_load(NULL, "design.json", &err);
 *     struct qadam_network *n = qadam_network_load(NULL, "vgg16-imagenet", 0, &err);
 *     struct qadam_predictor *p = qadam_predictor_new(0, &err);
 *     struct qadam_result r;
 *     for (size_t i = 0; i < qadam_network_layers(n); i++) {
 *         if (qadam_predict_layer(p, d, n, i, &r, &err) == 0) {
 *             printf("%s %llu\n", qadam_layer_name(n, i),
 *                    (unsigned long long)r.count[QADAM_CYCLES]);
 *         }
 *     }
 *
 * Numbers are those of `qadam predict --json`, and of the hardware counters of the same
 * layer in RTL simulation: the model is exact for a memory of fixed latency. The same on
 * every run, machine and number of threads. Build with `pkg-config --cflags --libs qadam`
 * (and --static for libqadam.a).
 *
 * Functions return NULL or -1 on failure and then fill *err, which may be NULL; else they
 * leave it alone. Nothing is printed. Designs and networks do not change once made, so
 * threads may share them; every thread needs a predictor of its own. Caller owns what
 * _load, _vary and _new return; _free accepts NULL.
 *
 * Source: the timing contract of docs/architecture.md, section 9, and the derivation in
 * docs/performance_model.md of the qadam project.
 */
#ifndef QADAM_H
#define QADAM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define QADAM_API __attribute__((visibility("default")))

/* What went wrong, as the program qadam says it: "FILE:LINE:COLUMN: text", with value and
 * limit; the parts before the text as far as they are known. */
struct qadam_error {
    char text[1024];
};

/* Version of the library, like "0.1.0". */
QADAM_API const char *qadam_version(void);

/* ---- Designs ---- */

struct qadam_design;

/* Read a design file (JSON). home is the folder that holds pe_lib/ and models/; NULL:
 * $QADAM_HOME, else where the library was installed. */
QADAM_API struct qadam_design *qadam_design_load(const char *home, const char *path,
                                                 struct qadam_error *err);

/* A number of a design file and its new value: {"rows", 14}. */
struct qadam_setting {
    const char *key;
    unsigned value;
};

/* The design with `count` numbers changed, all checked together. It keeps its name. */
QADAM_API struct qadam_design *qadam_design_vary(const struct qadam_design *design,
                                                 const struct qadam_setting *settings,
                                                 size_t count, struct qadam_error *err);
QADAM_API void qadam_design_free(struct qadam_design *design);

/* ---- Networks ---- */

struct qadam_network;

/* Read a network by file path, or by name from models/networks below home (as above).
 * batch: images, 1..65535; 0: as the file says. */
QADAM_API struct qadam_network *qadam_network_load(const char *home,
                                                   const char *path_or_name,
                                                   unsigned batch,
                                                   struct qadam_error *err);
QADAM_API void qadam_network_free(struct qadam_network *network);

/* Layers that run on the array (convolutions, fully connected ones), numbered from 0 in
 * their order; and the name of one. */
QADAM_API size_t qadam_network_layers(const struct qadam_network *network);
QADAM_API const char *qadam_layer_name(const struct qadam_network *network, size_t layer);

/* ---- Results ---- */

/* Counts of a layer, for the whole batch. Cycles from QADAM_STALL_IFMAP to
 * QADAM_FILL_DRAIN, with QADAM_BUSY, add up to QADAM_CYCLES. */
enum qadam_count {
    QADAM_MACS,              /* multiply-accumulates of the layer */
    QADAM_CYCLES,            /* clock cycles */
    QADAM_SLOTS,             /* beats of the array, the stretched ones included */
    QADAM_BUSY,              /* cycles: the first row multiplies */
    QADAM_STALL_IFMAP,       /* cycles: a beat waits for the ifmap bus */
    QADAM_STALL_FILTER,      /* cycles: for the filter bus */
    QADAM_STALL_PSUM,        /* cycles: for the psum bus */
    QADAM_BUBBLE,            /* cycles: between steps */
    QADAM_WAIT_LOAD,         /* cycles: a step waits for DRAM reads */
    QADAM_WAIT_STORE,        /* cycles: for DRAM writes */
    QADAM_FILL_DRAIN,        /* cycles: start, end, and the array runs empty */
    QADAM_IFMAP_SPAD_READ,   /* acts read from the ifmap spads of all PEs */
    QADAM_IFMAP_SPAD_WRITE,  /* acts written */
    QADAM_FILTER_SPAD_READ,  /* weights */
    QADAM_FILTER_SPAD_WRITE, /* weights */
    QADAM_PSUM_SPAD_READ,    /* psums */
    QADAM_PSUM_SPAD_WRITE,   /* psums */
    QADAM_BUS_WORDS,         /* words of bus_bits on the three buses */
    QADAM_GLB_READ_WORDS,    /* words of bus_bits */
    QADAM_GLB_WRITE_WORDS,   /* words of bus_bits */
    QADAM_DRAM_READ_BYTES,   /* bytes, commands included */
    QADAM_DRAM_WRITE_BYTES,  /* bytes */
    QADAM_MACS_ISSUED,       /* multiplications made, padding included */
    QADAM_COUNTS
};

struct qadam_result {
    uint64_t count[QADAM_COUNTS]; /* by enum qadam_count, each at most 2^62 */
    double utilization;           /* MACs per cycle and PE, 0..1 */
};

/* Where the JSON result of `qadam predict` has the count: "cycles", "stall_cycles.psum",
 * "accesses.dram_read_bytes"; NULL if there is no such count. */
QADAM_API const char *qadam_count_name(unsigned count);

/* ---- Prediction ---- */

/* Working memory, and what is known of the latest design: equal layers are mapped and
 * predicted once. Predict all layers of a design before the next design. */
struct qadam_predictor;

/* dram_latency: cycles from a read request to its data, 1..10000; 0: the default, 64. */
QADAM_API struct qadam_predictor *qadam_predictor_new(unsigned dram_latency,
                                                      struct qadam_error *err);
QADAM_API void qadam_predictor_free(struct qadam_predictor *predictor);

/* Find the mapping of a layer and predict its counts. Returns 0, or -1: there is no such
 * layer, no mapping fits, a count could pass 2^62, or memory is out. */
QADAM_API int qadam_predict_layer(struct qadam_predictor *predictor,
                                  const struct qadam_design *design,
                                  const struct qadam_network *network, size_t layer,
                                  struct qadam_result *result, struct qadam_error *err);

/* The sum over all layers. Same errors. */
QADAM_API int qadam_predict_network(struct qadam_predictor *predictor,
                                    const struct qadam_design *design,
                                    const struct qadam_network *network,
                                    struct qadam_result *result, struct qadam_error *err);

#ifdef __cplusplus
}
#endif

#endif
