/* SPDX-License-Identifier: Apache-2.0
 *
 * Results of simulated layers.
 */
#include "verif/report.h"

#include <string.h>

double report_utilization(const struct hw *hw, uint64_t macs, uint64_t cycles) {
    double pes = (double)hw->design.rows * hw->design.cols;
    return cycles ? (double)macs / ((double)cycles * pes) : 0;
}

static uint64_t dram_bytes(const struct hw *hw, const struct bench_result *r) {
    return (r->counters.value[CNT_AXI_READS] + r->counters.value[CNT_AXI_WRITES]) *
           hw->design.dram_bytes_per_cycle;
}

void report_batch(FILE *out, unsigned batch) {
    if (batch > 1) {
        (void)fprintf(out, "batch of %u images: all figures are for all of them\n",
                      batch);
    }
}

void report_header(FILE *out) {
    (void)fprintf(out, "%-20s %14s %12s %7s %14s %11s %12s\n", "layer", "MACs", "cycles",
                  "util", "DRAM bytes", "mismatches", "predicted");
}

void report_row(FILE *out, const struct hw *hw, const struct bench_result *r) {
    uint64_t cycles = r->counters.value[CNT_CYCLES];
    (void)fprintf(out, "%-20s %14llu %12llu %6.1f%% %14llu ", r->layer,
                  (unsigned long long)r->macs, (unsigned long long)cycles,
                  100 * report_utilization(hw, r->macs, cycles),
                  (unsigned long long)dram_bytes(hw, r));
    if (r->error.text[0] != '\0') {
        (void)fprintf(out, "%11s ", "failed");
    } else {
        (void)fprintf(out, "%11llu ", (unsigned long long)r->mismatches);
    }
    if (r->predicted_cycles) {
        (void)fprintf(out, "%12llu\n", (unsigned long long)r->predicted_cycles);
    } else {
        (void)fprintf(out, "%12s\n", "-");
    }
}

/* The mapping in one line. */
static void print_mapping(FILE *out, const struct mapping *m) {
    (void)fprintf(out,
                  "  mapping: e %u p %u q %u r %u t %u m %u f %u rk %u sk %u d %u a %u "
                  "bubbles %u %u share %u plane %u outer %u buffers %u %u\n",
                  m->e, m->p, m->q, m->r, m->t, m->m, m->f, m->rk, m->sk, m->d, m->a,
                  m->bubbles, m->ready_bubbles, m->share, m->plane, m->filters_outer,
                  m->ifmap_buffers, m->filter_buffers);
}

void report_failure(FILE *out, const struct bench_result *r) {
    if (r->mapping.e != 0) {
        print_mapping(out, &r->mapping);
    }
    if (r->error.text[0] != '\0' && r->counters.value[CNT_CYCLES] != 0) {
        (void)fprintf(out, "  counters:");
        for (unsigned i = 0; i < COUNTER_COUNT; i++) {
            (void)fprintf(out, " %s %llu", counter_name(i),
                          (unsigned long long)r->counters.value[i]);
        }
        (void)fprintf(out, "\n");
    }
    (void)fputs(r->state, out);
    for (uint64_t i = 0; i < r->mismatches && i < LAYOUT_SHOWN; i++) {
        const struct mismatch *x = &r->first[i];
        (void)fprintf(out, "  ofmap m %u e %u f %u: got %lld, want %lld\n", x->m, x->e,
                      x->f, (long long)x->got, (long long)x->want);
    }
    if (r->mismatches > LAYOUT_SHOWN) {
        (void)fprintf(out, "  and %llu more of %llu outputs\n",
                      (unsigned long long)(r->mismatches - LAYOUT_SHOWN),
                      (unsigned long long)r->outputs);
    }
}

void report_add(struct bench_result *sum, const struct bench_result *r) {
    sum->macs += r->macs;
    sum->outputs += r->outputs;
    sum->mismatches += r->mismatches;
    sum->predicted_cycles += r->predicted_cycles;
    sum->seconds += r->seconds;
    sum->clocked += r->clocked;
    counters_add(&sum->counters, &r->counters);
    coverage_add(&sum->coverage, &r->coverage);
}

static void set(json_t *object, const char *key, uint64_t value) {
    (void)json_object_set_new(object, key, json_integer((json_int_t)value));
}

/* The shape, so that a dumped layer can be recomputed. */
static void set_shape(json_t *object, const struct layer *l,
                      const struct bench_result *r) {
    set(object, "stride", l->u);
    set(object, "pad", l->pad);
    set(object, "groups", l->groups);
    set(object, "requant_shift", r->requant_shift);
    (void)json_object_set_new(object, "relu", json_boolean(l->relu));
}

json_t *report_mapping_json(const struct mapping *m) {
    json_t *object = json_object();
    const struct {
        const char *key;
        unsigned value;
    } fields[] = {{"e", m->e},
                  {"p", m->p},
                  {"q", m->q},
                  {"r", m->r},
                  {"t", m->t},
                  {"m", m->m},
                  {"f", m->f},
                  {"rk", m->rk},
                  {"sk", m->sk},
                  {"d", m->d},
                  {"a", m->a},
                  {"bubbles", m->bubbles},
                  {"share", m->share},
                  {"ready_bubbles", m->ready_bubbles},
                  {"plane", m->plane},
                  {"filters_outer", m->filters_outer},
                  {"ifmap_buffers", m->ifmap_buffers},
                  {"filter_buffers", m->filter_buffers}};
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        set(object, fields[i].key, fields[i].value);
    }
    return object;
}

json_t *report_counts_json(const struct hw *hw, const char *name, uint64_t macs,
                           const struct counters *c) {
    const uint64_t *v = c->value;
    json_t *object = json_object();
    if (name) {
        (void)json_object_set_new(object, "name", json_string(name));
    }
    set(object, "macs", macs);
    set(object, "cycles", v[CNT_CYCLES]);
    (void)json_object_set_new(object, "utilization",
                              json_real(report_utilization(hw, macs, v[CNT_CYCLES])));
    (void)json_object_set_new(object, "stall_cycles", counters_stalls_json(c));
    (void)json_object_set_new(object, "accesses",
                              counters_accesses_json(c, hw->design.dram_bytes_per_cycle));
    set(object, "slots", v[CNT_SLOTS]);
    set(object, "busy_cycles", v[CNT_BUSY]);
    set(object, "macs_issued", v[CNT_MACS]);
    return object;
}

json_t *report_json(const struct hw *hw, const struct layer *l,
                    const struct bench_result *r) {
    json_t *object = report_counts_json(hw, l ? l->name : NULL, r->macs, &r->counters);
    set(object, "psum_overflows", r->counters.value[CNT_OVERFLOWS]);
    set(object, "outputs", r->outputs);
    set(object, "mismatches", r->mismatches);
    set(object, "predicted_cycles", r->predicted_cycles);
    if (l) {
        set_shape(object, l, r);
        (void)json_object_set_new(object, "mapping", report_mapping_json(&r->mapping));
        if (r->error.text[0] != '\0') {
            (void)json_object_set_new(object, "error", json_string(r->error.text));
        }
    }
    return object;
}
