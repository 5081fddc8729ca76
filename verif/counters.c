/* SPDX-License-Identifier: Apache-2.0
 *
 * The hardware counters.
 */
#include "verif/counters.h"

#include <stddef.h>

/* Name, and the keys under which a counter is seen in the objects of a JSON result. */
struct counter_info {
    const char *name;
    const char *stall;  /* in stall_cycles, or NULL */
    const char *access; /* in accesses, or NULL */
};

static const struct counter_info infos[COUNTER_COUNT] = {
    [CNT_CYCLES] = {"cycles", NULL, NULL},
    [CNT_SLOTS] = {"slots", NULL, NULL},
    [CNT_BUSY] = {"busy", NULL, NULL},
    [CNT_STALL_IFMAP] = {"stall_ifmap", "ifmap", NULL},
    [CNT_STALL_FILTER] = {"stall_filter", "filter", NULL},
    [CNT_STALL_PSUM] = {"stall_psum", "psum", NULL},
    [CNT_BUBBLE] = {"bubble", "bubble", NULL},
    [CNT_WAIT_LOAD] = {"wait_load", "wait_load", NULL},
    [CNT_WAIT_STORE] = {"wait_store", "wait_store", NULL},
    [CNT_FILL_DRAIN] = {"fill_drain", "fill_drain", NULL},
    [CNT_IFMAP_WORDS] = {"ifmap_words", NULL, NULL},
    [CNT_FILTER_WORDS] = {"filter_words", NULL, NULL},
    [CNT_PSUM_WORDS] = {"psum_words", NULL, NULL},
    [CNT_GLB_READS] = {"glb_reads", NULL, "glb_read_words"},
    [CNT_GLB_WRITES] = {"glb_writes", NULL, "glb_write_words"},
    [CNT_AXI_READS] = {"axi_reads", NULL, NULL},
    [CNT_AXI_WRITES] = {"axi_writes", NULL, NULL},
    [CNT_OVERFLOWS] = {"overflows", NULL, NULL},
    [CNT_IFMAP_SPAD_READS] = {"ifmap_spad_reads", NULL, "ifmap_spad_read"},
    [CNT_IFMAP_SPAD_WRITES] = {"ifmap_spad_writes", NULL, "ifmap_spad_write"},
    [CNT_FILTER_SPAD_READS] = {"filter_spad_reads", NULL, "filter_spad_read"},
    [CNT_FILTER_SPAD_WRITES] = {"filter_spad_writes", NULL, "filter_spad_write"},
    [CNT_PSUM_SPAD_READS] = {"psum_spad_reads", NULL, "psum_spad_read"},
    [CNT_PSUM_SPAD_WRITES] = {"psum_spad_writes", NULL, "psum_spad_write"},
    [CNT_MACS] = {"macs_issued", NULL, NULL},
};

const char *counter_name(unsigned counter) {
    return counter < COUNTER_COUNT ? infos[counter].name : "?";
}

void counters_add(struct counters *sum, const struct counters *more) {
    for (unsigned i = 0; i < COUNTER_COUNT; i++) {
        sum->value[i] += more->value[i];
    }
}

void counters_scale(struct counters *c, uint64_t factor) {
    for (unsigned i = 0; i < COUNTER_COUNT; i++) {
        c->value[i] *= factor;
    }
}

/* Words are added up and beats become bytes, up to 64 each: these must fit as well. */
static uint64_t limit_of(unsigned counter) {
    const uint64_t limit = UINT64_C(1) << 62;
    switch (counter) {
    case CNT_IFMAP_WORDS:
    case CNT_FILTER_WORDS:
    case CNT_PSUM_WORDS:
        return limit / 4;
    case CNT_AXI_READS:
    case CNT_AXI_WRITES:
        return limit / 64;
    default:
        return limit;
    }
}

int counters_fit(const struct counters *sum, const struct counters *more,
                 uint64_t factor) {
    for (unsigned i = 0; i < COUNTER_COUNT; i++) {
        const uint64_t limit = limit_of(i), had = sum->value[i];
        if (had > limit || (more->value[i] && factor > (limit - had) / more->value[i])) {
            return 0;
        }
    }
    return 1;
}

static void set(json_t *object, const char *key, uint64_t value) {
    (void)json_object_set_new(object, key, json_integer((json_int_t)value));
}

json_t *counters_stalls_json(const struct counters *c) {
    json_t *object = json_object();
    for (unsigned i = 0; object && i < COUNTER_COUNT; i++) {
        if (infos[i].stall) {
            set(object, infos[i].stall, c->value[i]);
        }
    }
    return object;
}

json_t *counters_accesses_json(const struct counters *c, unsigned beat_bytes) {
    json_t *object = json_object();
    for (unsigned i = CNT_IFMAP_SPAD_READS; object && i <= CNT_PSUM_SPAD_WRITES; i++) {
        set(object, infos[i].access, c->value[i]);
    }
    set(object, "bus_words",
        c->value[CNT_IFMAP_WORDS] + c->value[CNT_FILTER_WORDS] +
            c->value[CNT_PSUM_WORDS]);
    set(object, infos[CNT_GLB_READS].access, c->value[CNT_GLB_READS]);
    set(object, infos[CNT_GLB_WRITES].access, c->value[CNT_GLB_WRITES]);
    set(object, "dram_read_bytes", c->value[CNT_AXI_READS] * beat_bytes);
    set(object, "dram_write_bytes", c->value[CNT_AXI_WRITES] * beat_bytes);
    return object;
}
