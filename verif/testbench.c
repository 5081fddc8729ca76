/* SPDX-License-Identifier: Apache-2.0
 *
 * Running layers on the simulated accelerator.
 */
#include "verif/testbench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "gen/command.h"
#include "models/perf.h"
#include "verif/dump.h"
#include "verif/fault.h"
#include "verif/golden.h"
#include "verif/golden_float.h"
#include "verif/watchdog.h"

/* The value in ofmap bytes that nobody has written yet. */
enum { UNWRITTEN = 0xa5 };

int bench_init(struct bench *b, const struct hw *hw, const struct sim_api *api,
               const struct bench_options *options, struct error *err) {
    memset(b, 0, sizeof *b);
    b->hw = hw;
    b->options = *options;
    b->type = golden_type(hw->type.name, err);
    if (!b->type || host_init(&b->host, api, options->seed, options->stall_seed, err)) {
        return -1;
    }
    if (options->wave && api->trace_open(b->host.sim, options->wave)) {
        return error_set_at(err, options->wave, 0, 0, "cannot be written");
    }
    uint32_t id = 0;
    if (host_reset(&b->host, err) || host_read(&b->host, REG_ID, &id, err)) {
        return -1;
    }
    return id == HOST_ID ? 0
                         : error_set(err, "register ID is 0x%08x, must be 0x%08x",
                                     (unsigned)id, HOST_ID);
}

void bench_close(struct bench *b) {
    host_close(&b->host);
}

/* One channel group on its way through the accelerator. */
struct part {
    struct bench *bench;
    const struct layer *l; /* groups == 1 */
    struct tensors tensors;
    int32_t *got; /* for the accelerator's ofmap, or NULL */
    int fault;    /* kind of the one that ended a run before, or -1 */
    struct command_list list;
    struct memory memory;
    struct counters counters;  /* read after the run */
    struct counters predicted; /* for a memory without stalls */
    struct bench_result *r;
};

/* Whether the model knows a counter. With a memory that stalls at random it knows the
 * accesses and the busy cycles, which do not depend on the memory's timing. */
static int predictable(unsigned counter, int stalls) {
    int access = counter == CNT_BUSY || counter >= CNT_IFMAP_WORDS;
    return counter != CNT_OVERFLOWS && (!stalls || access);
}

/* Those of the part's counters that can be predicted must be the counted ones. */
static int check_prediction(const struct part *p, struct error *err) {
    const int stalls = p->bench->options.stall_seed != 0;
    char text[400] = "";
    size_t used = 0;
    for (unsigned k = 0; k < COUNTER_COUNT && used < sizeof text; k++) {
        uint64_t counted = p->counters.value[k], predicted = p->predicted.value[k];
        if (predictable(k, stalls) && counted != predicted) {
            used += (size_t)snprintf(text + used, sizeof text - used,
                                     "%s %s %llu, not %llu", used ? "," : "",
                                     counter_name(k), (unsigned long long)predicted,
                                     (unsigned long long)counted);
        }
    }
    return used ? error_set(err, "the model predicts%s as the RTL counts", text) : 0;
}

static int start(struct part *p, struct error *err) {
    struct host *h = &p->bench->host;
    const uint64_t address = p->list.dram.commands;
    if (host_write(h, REG_CMD_ADDR, (uint32_t)address, err) ||
        host_write(h, REG_CMD_ADDR_HIGH, (uint32_t)(address >> 32), err) ||
        host_write(h, REG_IRQ_ENABLE, 1, err)) {
        return -1;
    }
    if (h->io.irq) {
        return error_set(err, "the interrupt is up before the start");
    }
    return host_write(h, REG_CTRL, CTRL_START, err);
}

/* Take the end of a run: status, acknowledge, idle memory. */
static int finish(struct part *p, struct error *err) {
    struct host *h = &p->bench->host;
    uint32_t status = 0, cleared = 0;
    if (host_read(h, REG_STATUS, &status, err) ||
        host_write(h, REG_CTRL, CTRL_CLEAR, err) ||
        host_read(h, REG_STATUS, &cleared, err)) {
        return -1;
    }
    if (status != STATUS_DONE || cleared != 0 || h->io.irq) {
        return error_set(err,
                         "STATUS at the end is 0x%x, must be 0x%x; after the clear 0x%x "
                         "with interrupt %d, must be 0 with 0",
                         (unsigned)status, (unsigned)STATUS_DONE, (unsigned)cleared,
                         h->io.irq);
    }
    if (memory_busy(&p->memory)) {
        return error_set(err, "done while transfers are on their way");
    }
    return 0;
}

static int read_counters(struct host *h, struct counters *c, struct error *err) {
    for (unsigned i = 0; i < COUNTER_COUNT; i++) {
        if (host_counter(h, i, &c->value[i], err)) {
            return -1;
        }
    }
    return 0;
}

/* Counters against what is known from elsewhere. */
static int check_counters(const struct part *p, struct error *err) {
    const uint64_t *v = p->counters.value;
    const struct memory_counts *m = &p->memory.counts;
    if (v[CNT_AXI_READS] != m->read_beats || v[CNT_AXI_WRITES] != m->write_beats) {
        return error_set(
            err,
            "counters say %llu read and %llu write beats, the memory saw "
            "%llu and %llu",
            (unsigned long long)v[CNT_AXI_READS], (unsigned long long)v[CNT_AXI_WRITES],
            (unsigned long long)m->read_beats, (unsigned long long)m->write_beats);
    }
    if (v[CNT_OVERFLOWS] != 0 && !p->r->overflow) {
        return error_set(err, "%llu psum overflows counted where none can be",
                         (unsigned long long)v[CNT_OVERFLOWS]);
    }
    return 0;
}

/* Fill a new memory for the part. */
static int part_memory(struct part *p, struct error *err) {
    const struct hw *hw = p->bench->hw;
    const struct dram_map *dram = &p->list.dram;
    const struct memory_config config = {
        .bytes = dram->total_bytes,
        .data_bytes = hw->design.dram_bytes_per_cycle,
        .latency = p->bench->options.latency,
        .stall_seed = p->bench->options.stall_seed,
        .write_address = dram->ofmap,
        .write_bytes = layout_map_bytes(hw, p->l->m, p->l->e, p->l->f)};
    memory_close(&p->memory);
    if (memory_init(&p->memory, &config, err) ||
        layout_fill(p->memory.image, hw, p->l, &p->r->mapping, &p->list, &p->tensors,
                    err)) {
        return -1;
    }
    memset(p->memory.image + dram->ofmap, UNWRITTEN, config.write_bytes);
    return 0;
}

/* Make the part's commands and its memory. */
static int part_init(struct part *p, struct error *err) {
    const struct hw *hw = p->bench->hw;
    if (command_list_build(hw, p->l, &p->r->mapping, p->tensors.requant_shift, &p->list,
                           err) ||
        perf_predict(hw, p->l, &p->r->mapping, p->bench->options.latency, &p->predicted,
                     err)) {
        return -1;
    }
    p->r->predicted_cycles += p->predicted.value[CNT_CYCLES];
    return part_memory(p, err);
}

static void part_close(struct part *p) {
    command_list_close(&p->list);
    memory_close(&p->memory);
}

/* Start the part and let a fault end the run; then the part is as before. */
static int part_fault(struct part *p, unsigned group, struct error *err) {
    struct host *h = &p->bench->host;
    const uint64_t seed = p->bench->options.fault_seed + group;
    const struct fault f = fault_draw(seed, p->l->name, &p->list, &p->predicted);
    p->fault = (int)f.kind;
    (void)fault_text(&f, p->r->fault, sizeof p->r->fault);
    fault_prepare(&f, &p->list, &p->memory);
    host_connect(h, &p->memory);
    int rc =
        start(p, err) || fault_wait(&f, h,
                                    watchdog_limit(p->predicted.value[CNT_CYCLES],
                                                   p->bench->options.stall_seed != 0),
                                    err);
    host_connect(h, NULL);
    return rc ? -1 : part_memory(p, err);
}

/* Run a part that is ready; the counters are read in any case. */
static int part_run(struct part *p, struct error *err) {
    struct host *h = &p->bench->host;
    const uint64_t cycle = h->cycle;
    const clock_t began = clock();
    host_connect(h, &p->memory);
    const struct watch watch = {&p->list.dram, p->predicted.value[CNT_CYCLES],
                                p->bench->options.stall_seed != 0};
    memset(h->waits, 0, sizeof h->waits);
    int rc = start(p, err) ||
             watchdog_wait(h, &watch, p->r->state, sizeof p->r->state, err) ||
             finish(p, err);
    rc = read_counters(h, &p->counters, rc ? NULL : err) || rc;
    host_connect(h, NULL);
    p->r->seconds += (double)(clock() - began) / CLOCKS_PER_SEC;
    p->r->clocked += h->cycle - cycle;
    counters_add(&p->r->counters, &p->counters);
    return rc ? -1 : 0;
}

/* Compare a part's ofmap; its filters are m0 and up in the whole layer. */
static void part_compare(const struct part *p, unsigned m0) {
    struct bench_result *r = p->r;
    struct mismatch first[LAYOUT_SHOWN];
    uint64_t count = layout_compare(p->memory.image, p->bench->hw, p->l,
                                    p->list.dram.ofmap, p->tensors.ofmap, first);
    for (uint64_t i = 0; i < count && r->mismatches + i < LAYOUT_SHOWN; i++) {
        r->first[r->mismatches + i] = first[i];
        r->first[r->mismatches + i].m += m0;
    }
    r->mismatches += count;
    if (p->got) {
        layout_unpack_ofmap(p->memory.image, p->bench->hw, p->l, p->list.dram.ofmap,
                            p->got);
    }
}

static void part_coverage(const struct part *p, unsigned groups) {
    struct coverage_run run = {.hw = p->bench->hw,
                               .l = p->l,
                               .groups = groups,
                               .mapping = &p->r->mapping,
                               .list = &p->list,
                               .counters = &p->counters,
                               .requant_shift = p->tensors.requant_shift,
                               .fault = p->fault};
    memcpy(run.waits, p->bench->host.waits, sizeof run.waits);
    coverage_add_run(&p->r->coverage, &run);
}

/* got: for the accelerator's ofmap of the whole layer, or NULL. */
static int run_group(struct bench *b, const struct layer *l, const struct tensors *t,
                     unsigned group, int32_t *got, struct bench_result *r,
                     struct error *err) {
    const struct layer part_layer = tensor_group_layer(l);
    struct part p;
    memset(&p, 0, sizeof p);
    p.bench = b;
    p.l = &part_layer;
    p.tensors = tensor_group(t, l, group);
    p.got = got ? got + group * tensor_ofmap_count(&part_layer) : NULL;
    p.r = r;
    p.fault = -1;
    int rc = part_init(&p, err);
    if (rc == 0 && b->options.fault_seed != 0) {
        rc = part_fault(&p, group, err);
    }
    rc = rc || part_run(&p, err);
    if (rc == 0) {
        part_compare(&p, group * part_layer.m);
        part_coverage(&p, l->groups);
        rc = check_counters(&p, err) || check_prediction(&p, err);
    }
    part_close(&p);
    return rc ? -1 : 0;
}

int bench_run_tensors(struct bench *b, const struct layer *l, const struct tensors *t,
                      int overflow, struct bench_result *r) {
    const struct layer part = tensor_group_layer(l);
    int32_t *got = NULL;
    memset(r, 0, sizeof *r);
    memcpy(r->layer, l->name, sizeof r->layer);
    r->relu = l->relu;
    r->groups = l->groups;
    r->macs = layer_macs(l);
    r->outputs = tensor_ofmap_count(l);
    r->overflow = overflow;
    r->requant_shift = t->requant_shift;
    int rc = 0;
    if (b->options.mapping) {
        r->mapping = *b->options.mapping;
    } else {
        rc = mapping_search(b->hw, &part, &r->mapping, &r->error);
    }
    if (rc == 0 && b->options.dump) {
        got = calloc(tensor_ofmap_count(l), sizeof *got);
        rc = got ? 0 : error_set(&r->error, "out of memory for the dump");
    }
    for (unsigned g = 0; rc == 0 && g < l->groups; g++) {
        rc = run_group(b, l, t, g, got, r, &r->error);
    }
    if (rc == 0 && got) {
        const struct dump_place place = {b->options.dump, b->options.image,
                                         b->options.images};
        rc = dump_layer(&place, b->hw, b->type, l, t, got, &r->error);
    }
    free(got);
    return rc || r->mismatches != 0 ? -1 : 0;
}

/* Draw the layer's tensors and make the golden ofmap. */
static int draw_layer(struct bench *b, const struct layer *l, struct tensors *t,
                      int *overflow, struct error *err) {
    if (tensors_init(t, b->hw, b->type, l, b->options.seed, b->options.image,
                     b->options.range, err)) {
        return -1;
    }
    if (b->hw->type.kind == PE_INTEGER) {
        return golden_layer(b->hw, b->type, l, t, overflow, err);
    }
    const struct layer part = tensor_group_layer(l);
    struct mapping best;
    const struct mapping *m = b->options.mapping;
    if (!m && mapping_search(b->hw, &part, &best, err)) {
        return -1;
    }
    golden_float(b->type, l, m ? m : &best, t);
    return 0;
}

int bench_run(struct bench *b, const struct layer *l, struct bench_result *r) {
    struct tensors t = {NULL, NULL, NULL, NULL, 0, 0};
    struct error err = {"", 0, 0, ""};
    int overflow = 0;
    int rc = draw_layer(b, l, &t, &overflow, &err);
    if (rc == 0) {
        rc = bench_run_tensors(b, l, &t, overflow, r);
    } else {
        memset(r, 0, sizeof *r);
        memcpy(r->layer, l->name, sizeof r->layer);
        r->error = err;
    }
    tensors_close(&t);
    return rc;
}
