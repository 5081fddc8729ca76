/* SPDX-License-Identifier: Apache-2.0
 *
 * The library's interface: designs, networks and predictions for other programs.
 */
#include "models/qadam.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gen/config.h"
#include "gen/design.h"
#include "gen/emit.h"
#include "gen/home.h"
#include "gen/network.h"
#include "gen/version.h"
#include "models/predict.h"
#include "verif/memory.h"
#include "verif/report.h"

/* All that is known of a design: its text, and the folder of its PE type. */
struct identity {
    char home[EMIT_PATH_MAX];
    char text[2048];
};

struct qadam_design {
    struct identity id;
    struct hw hw;
};

struct qadam_network {
    struct network net;
    size_t count;                /* array layers */
    const struct layer *layer[]; /* of net */
};

struct qadam_predictor {
    struct predictor *predictor; /* owned */
    unsigned latency;
    struct identity id; /* of the latest design */
};

const char *qadam_version(void) {
    return QADAM_VERSION;
}

/* ---- Errors ---- */

/* Tell the caller. Always returns -1. */
static int fail(struct qadam_error *to, const struct error *err) {
    char place[sizeof err->file + 32] = "";
    if (!to) {
        return -1;
    }
    if (err->file[0] != '\0' && err->line > 0 && err->column > 0) {
        (void)snprintf(place, sizeof place, "%s:%d:%d: ", err->file, err->line,
                       err->column);
    } else if (err->file[0] != '\0' && err->line > 0) {
        (void)snprintf(place, sizeof place, "%s:%d: ", err->file, err->line);
    } else if (err->file[0] != '\0') {
        (void)snprintf(place, sizeof place, "%s: ", err->file);
    }
    (void)snprintf(to->text, sizeof to->text, "%s%s", place, err->text);
    return -1;
}

static int find_home(const char *home, char *buf, size_t size, struct error *err) {
    return home ? emit_path(buf, size, err, "%s", home) : home_find(buf, size, err);
}

/* ---- Designs ---- */

/* The design, or NULL with *err told why. Takes ownership of d; `status` is not 0 if it
 * could not be made. */
static struct qadam_design *finish(struct qadam_design *d, int status,
                                   const struct error *why, struct qadam_error *err) {
    struct error full = {"", 0, 0, "out of memory"};
    if (status == 0 &&
        design_canonical(&d->hw.design, d->id.text, sizeof d->id.text) >= 0) {
        return d;
    }
    (void)fail(err, status ? why : &full);
    free(d);
    return NULL;
}

static struct qadam_design *new_design(struct error *err) {
    struct qadam_design *d = malloc(sizeof *d);
    if (!d) {
        (void)error_set(err, "out of memory");
    }
    return d;
}

struct qadam_design *qadam_design_load(const char *home, const char *path,
                                       struct qadam_error *err) {
    struct error why = {"", 0, 0, ""};
    struct qadam_design *d = new_design(&why);
    const int bad = !d || find_home(home, d->id.home, sizeof d->id.home, &why) ||
                    design_load(d->id.home, path, &d->hw, &why);
    return finish(d, bad, &why, err);
}

/* Change a number of a design. */
static int change(struct design *d, const struct qadam_setting *setting,
                  struct error *err) {
    for (const struct config_key *k = design_keys(); k->name; k++) {
        if (k->type == CONFIG_UINT && strcmp(k->name, setting->key) == 0) {
            memcpy((char *)d + k->offset, &setting->value, sizeof setting->value);
            return 0;
        }
    }
    return error_set(err, "%s is no number of a design", setting->key);
}

struct qadam_design *qadam_design_vary(const struct qadam_design *design,
                                       const struct qadam_setting *settings, size_t count,
                                       struct qadam_error *err) {
    struct error why = {"", 0, 0, ""};
    struct design numbers = design->hw.design;
    struct qadam_design *d = new_design(&why);
    int bad = !d;
    for (size_t i = 0; i < count && !bad; i++) {
        bad = change(&numbers, &settings[i], &why);
    }
    if (!bad) {
        d->id = design->id;
        bad = design_derive(d->id.home, &numbers, &d->hw, &why);
    }
    return finish(d, bad, &why, err);
}

void qadam_design_free(struct qadam_design *design) {
    free(design);
}

/* ---- Networks ---- */

/* Load the network and list its array layers. */
static struct qadam_network *open_network(const char *home, const char *path_or_name,
                                          unsigned batch, struct error *err) {
    char folder[EMIT_PATH_MAX];
    struct network net;
    if (find_home(home, folder, sizeof folder, err) ||
        network_load_batch(folder, path_or_name, batch, &net, err)) {
        return NULL;
    }
    struct qadam_network *n =
        malloc(sizeof *n + net.layer_count * sizeof(struct layer *));
    if (!n) {
        network_close(&net);
        (void)error_set(err, "out of memory");
        return NULL;
    }
    n->net = net;
    n->count = 0;
    for (size_t i = 0; i < net.layer_count; i++) {
        if (layer_on_array(&net.layers[i])) {
            n->layer[n->count++] = &net.layers[i];
        }
    }
    return n;
}

struct qadam_network *qadam_network_load(const char *home, const char *path_or_name,
                                         unsigned batch, struct qadam_error *err) {
    struct error why = {"", 0, 0, ""};
    struct qadam_network *n = NULL;
    if (batch > NETWORK_BATCH_MAX) {
        (void)error_set(&why, "batch is %u, must be at most %d (images)", batch,
                        NETWORK_BATCH_MAX);
    } else {
        n = open_network(home, path_or_name, batch, &why);
    }
    if (!n) {
        (void)fail(err, &why);
    }
    return n;
}

void qadam_network_free(struct qadam_network *network) {
    if (network) {
        network_close(&network->net);
        free(network);
    }
}

size_t qadam_network_layers(const struct qadam_network *network) {
    return network->count;
}

const char *qadam_layer_name(const struct qadam_network *network, size_t layer) {
    return layer < network->count ? network->layer[layer]->name : NULL;
}

/* ---- Results ---- */

/* Name of a count, and the counter it comes from. */
struct count_info {
    const char *name;
    enum counter counter;
};

static const struct count_info infos[QADAM_COUNTS] = {
    [QADAM_MACS] = {"macs", COUNTER_COUNT},
    [QADAM_CYCLES] = {"cycles", CNT_CYCLES},
    [QADAM_SLOTS] = {"slots", CNT_SLOTS},
    [QADAM_BUSY] = {"busy_cycles", CNT_BUSY},
    [QADAM_STALL_IFMAP] = {"stall_cycles.ifmap", CNT_STALL_IFMAP},
    [QADAM_STALL_FILTER] = {"stall_cycles.filter", CNT_STALL_FILTER},
    [QADAM_STALL_PSUM] = {"stall_cycles.psum", CNT_STALL_PSUM},
    [QADAM_BUBBLE] = {"stall_cycles.bubble", CNT_BUBBLE},
    [QADAM_WAIT_LOAD] = {"stall_cycles.wait_load", CNT_WAIT_LOAD},
    [QADAM_WAIT_STORE] = {"stall_cycles.wait_store", CNT_WAIT_STORE},
    [QADAM_FILL_DRAIN] = {"stall_cycles.fill_drain", CNT_FILL_DRAIN},
    [QADAM_IFMAP_SPAD_READ] = {"accesses.ifmap_spad_read", CNT_IFMAP_SPAD_READS},
    [QADAM_IFMAP_SPAD_WRITE] = {"accesses.ifmap_spad_write", CNT_IFMAP_SPAD_WRITES},
    [QADAM_FILTER_SPAD_READ] = {"accesses.filter_spad_read", CNT_FILTER_SPAD_READS},
    [QADAM_FILTER_SPAD_WRITE] = {"accesses.filter_spad_write", CNT_FILTER_SPAD_WRITES},
    [QADAM_PSUM_SPAD_READ] = {"accesses.psum_spad_read", CNT_PSUM_SPAD_READS},
    [QADAM_PSUM_SPAD_WRITE] = {"accesses.psum_spad_write", CNT_PSUM_SPAD_WRITES},
    [QADAM_BUS_WORDS] = {"accesses.bus_words", COUNTER_COUNT},
    [QADAM_GLB_READ_WORDS] = {"accesses.glb_read_words", CNT_GLB_READS},
    [QADAM_GLB_WRITE_WORDS] = {"accesses.glb_write_words", CNT_GLB_WRITES},
    [QADAM_DRAM_READ_BYTES] = {"accesses.dram_read_bytes", CNT_AXI_READS},
    [QADAM_DRAM_WRITE_BYTES] = {"accesses.dram_write_bytes", CNT_AXI_WRITES},
    [QADAM_MACS_ISSUED] = {"macs_issued", CNT_MACS},
};

const char *qadam_count_name(unsigned count) {
    return count < QADAM_COUNTS ? infos[count].name : NULL;
}

static void make_result(const struct hw *hw, uint64_t macs, const struct counters *c,
                        struct qadam_result *r) {
    const uint64_t *v = c->value;
    for (unsigned i = 0; i < QADAM_COUNTS; i++) {
        if (infos[i].counter != COUNTER_COUNT) {
            r->count[i] = v[infos[i].counter];
        }
    }
    r->count[QADAM_MACS] = macs;
    r->count[QADAM_BUS_WORDS] =
        v[CNT_IFMAP_WORDS] + v[CNT_FILTER_WORDS] + v[CNT_PSUM_WORDS];
    r->count[QADAM_DRAM_READ_BYTES] *= hw->design.dram_bytes_per_cycle;
    r->count[QADAM_DRAM_WRITE_BYTES] *= hw->design.dram_bytes_per_cycle;
    r->utilization = report_utilization(hw, macs, v[CNT_CYCLES]);
}

/* ---- Prediction ---- */

struct qadam_predictor *qadam_predictor_new(unsigned dram_latency,
                                            struct qadam_error *err) {
    struct error why = {"", 0, 0, ""};
    struct qadam_predictor *p = NULL;
    if (dram_latency > MEMORY_LATENCY_MAX) {
        (void)error_set(&why, "dram_latency is %u, must be at most %d (cycles)",
                        dram_latency, MEMORY_LATENCY_MAX);
        (void)fail(err, &why);
        return NULL;
    }
    p = calloc(1, sizeof *p);
    if (p) {
        p->predictor = predictor_new();
        p->latency = dram_latency ? dram_latency : MEMORY_LATENCY_DEFAULT;
    }
    if (!p || !p->predictor) {
        (void)error_set(&why, "out of memory");
        (void)fail(err, &why);
        free(p);
        return NULL;
    }
    return p;
}

void qadam_predictor_free(struct qadam_predictor *predictor) {
    if (predictor) {
        predictor_free(predictor->predictor);
        free(predictor);
    }
}

/* Add the counters and MACs of a layer. */
static int add_layer(struct qadam_predictor *p, const struct qadam_network *n,
                     size_t layer, uint64_t *macs, struct counters *sum,
                     struct error *err) {
    struct error why = {"", 0, 0, ""};
    struct mapping m;
    struct counters c;
    const struct layer *l = n->layer[layer];
    if (predictor_batch(p->predictor, &n->net, l, &m, &c, &why)) {
        return network_layer_error(&n->net, l, &why, err);
    }
    if (!counters_fit(sum, &c, 1)) {
        (void)error_set(&why, "the sum of the counters up to %s passes 2^62", l->name);
        return network_layer_error(&n->net, l, &why, err);
    }
    counters_add(sum, &c);
    *macs += layer_macs(l) * layer_runs(&n->net, l);
    return 0;
}

/* Forget what is known of another design. */
static void use_design(struct qadam_predictor *p, const struct qadam_design *d) {
    if (strcmp(p->id.text, d->id.text) != 0 || strcmp(p->id.home, d->id.home) != 0) {
        p->id = d->id;
        predictor_start(p->predictor, &d->hw, p->latency);
    }
}

/* Layers from `first` to `end` - 1. */
static int predict(struct qadam_predictor *p, const struct qadam_design *d,
                   const struct qadam_network *n, size_t first, size_t end,
                   struct qadam_result *result, struct qadam_error *err) {
    struct error why = {"", 0, 0, ""};
    struct counters sum = {{0}};
    uint64_t macs = 0;
    use_design(p, d);
    for (size_t i = first; i < end; i++) {
        if (add_layer(p, n, i, &macs, &sum, &why)) {
            return fail(err, &why);
        }
    }
    make_result(&d->hw, macs, &sum, result);
    return 0;
}

int qadam_predict_layer(struct qadam_predictor *predictor,
                        const struct qadam_design *design,
                        const struct qadam_network *network, size_t layer,
                        struct qadam_result *result, struct qadam_error *err) {
    if (layer >= network->count) {
        struct error why = {"", 0, 0, ""};
        (void)error_set(&why, "%s has %zu layers for the array, there is no layer %zu",
                        network->net.name, network->count, layer);
        return fail(err, &why);
    }
    return predict(predictor, design, network, layer, layer + 1, result, err);
}

int qadam_predict_network(struct qadam_predictor *predictor,
                          const struct qadam_design *design,
                          const struct qadam_network *network,
                          struct qadam_result *result, struct qadam_error *err) {
    return predict(predictor, design, network, 0, network->count, result, err);
}
