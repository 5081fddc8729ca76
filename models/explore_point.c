/* SPDX-License-Identifier: Apache-2.0
 *
 * Columns and conditions of an exploration.
 */
#include "models/explore_point.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gen/config.h"

static const struct {
    const char *name;
    int rises; /* more is better */
} columns[COLUMNS] = {
    [COLUMN_AREA] = {"area_um2", 0},
    [COLUMN_FMAX] = {"fmax_mhz", 1},
    [COLUMN_PES] = {"pes", 0},
    [COLUMN_ROWS] = {"rows", 0},
    [COLUMN_COLS] = {"cols", 0},
    [COLUMN_IFMAP_SPAD] = {"ifmap_spad_words", 0},
    [COLUMN_FILTER_SPAD] = {"filter_spad_words", 0},
    [COLUMN_PSUM_SPAD] = {"psum_spad_words", 0},
    [COLUMN_GLB] = {"glb_kib", 0},
    [COLUMN_BUS] = {"bus_bits", 0},
    [COLUMN_DRAM] = {"dram_bytes_per_cycle", 0},
    [COLUMN_PSUM_BITS] = {"psum_bits", 0},
    [COLUMN_OUTSIDE] = {"outside_range", 0},
    [COLUMN_CYCLES] = {"cycles", 0},
    [COLUMN_LATENCY] = {"latency_ms", 0},
    [COLUMN_POWER] = {"power_mw", 0},
    [COLUMN_ENERGY] = {"energy_uj", 0},
    [COLUMN_DRAM_ENERGY] = {"dram_energy_uj", 0},
    [COLUMN_GOPS_PER_MM2] = {"gops_per_mm2", 1},
    [COLUMN_UTILIZATION] = {"utilization", 1},
    [COLUMN_ACCURACY] = {"accuracy", 1},
};

const char *column_name(enum explore_column c) {
    return columns[c].name;
}

int column_rises(enum explore_column c) {
    return columns[c].rises;
}

enum explore_column column_find(const char *name, const char *what, struct error *err) {
    const char *names[COLUMNS];
    char list[400] = "";
    for (unsigned c = 0; c < COLUMNS; c++) {
        const size_t used = strlen(list);
        if (strcmp(columns[c].name, name) == 0) {
            return (enum explore_column)c;
        }
        names[c] = columns[c].name;
        (void)snprintf(list + used, sizeof list - used, "%s%s", c ? ", " : "", names[c]);
    }
    const char *near = config_nearest(name, names, COLUMNS);
    if (near) {
        (void)error_set(err, "explore: %s: unknown column '%.40s', did you mean '%s'?",
                        what, name, near);
    } else {
        (void)error_set(err, "explore: %s: unknown column '%.40s', known are: %s", what,
                        name, list);
    }
    return COLUMNS;
}

static unsigned bits_set(uint32_t bits) {
    unsigned count = 0;
    for (; bits; bits &= bits - 1) {
        count++;
    }
    return count;
}

void point_design(struct explore_point *p, uint64_t member, const struct hw *hw,
                  const struct ppa_estimate *e) {
    const struct design *d = &hw->design;
    double *v = p->value;
    memset(p, 0, sizeof *p);
    p->member = member;
    memcpy(p->hash, hw->hash, sizeof p->hash);
    memcpy(p->pe_type, hw->type.name, sizeof p->pe_type);
    v[COLUMN_AREA] = e->area_um2.value;
    v[COLUMN_FMAX] = e->fmax_mhz.value;
    v[COLUMN_PES] = d->rows * d->cols;
    v[COLUMN_ROWS] = d->rows;
    v[COLUMN_COLS] = d->cols;
    v[COLUMN_IFMAP_SPAD] = d->ifmap_spad_words;
    v[COLUMN_FILTER_SPAD] = d->filter_spad_words;
    v[COLUMN_PSUM_SPAD] = d->psum_spad_words;
    v[COLUMN_GLB] = d->glb_kib;
    v[COLUMN_BUS] = d->bus_bits;
    v[COLUMN_DRAM] = d->dram_bytes_per_cycle;
    v[COLUMN_PSUM_BITS] = d->psum_bits;
    v[COLUMN_OUTSIDE] = bits_set(e->outside);
}

void point_workload(struct explore_point *p, const struct hw *hw,
                    const struct ppa_work *work, const struct ppa_result *r) {
    const double cycles = (double)work->counters->value[CNT_CYCLES];
    double *v = p->value;
    v[COLUMN_OUTSIDE] = bits_set(r->design.outside);
    v[COLUMN_CYCLES] = cycles;
    v[COLUMN_LATENCY] = r->latency_ms.value;
    v[COLUMN_POWER] = r->design.power_mw.value;
    v[COLUMN_ENERGY] = r->energy_uj.value;
    v[COLUMN_DRAM_ENERGY] = r->dram_uj;
    v[COLUMN_GOPS_PER_MM2] = r->gops_per_mm2.value;
    v[COLUMN_UTILIZATION] = work->macs / (cycles * hw->design.rows * hw->design.cols);
}

int condition_parse(const char *text, struct condition *c, struct error *err) {
    char name[64];
    const size_t length = strcspn(text, "<>=!");
    const size_t relation = strspn(text + length, "<>=!");
    const char *value = text + length + relation;
    static const char *const known[] = {"<", "<=", ">", ">=", "=", "!="};
    int found = 0;
    *c = (struct condition){.column = COLUMNS};
    (void)snprintf(c->relation, sizeof c->relation, "%.*s", (int)relation, text + length);
    (void)snprintf(name, sizeof name, "%.*s", (int)length, text);
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        found |= relation <= 2 && strcmp(c->relation, known[i]) == 0;
    }
    if (!found || *value == '\0') {
        return error_set(
            err,
            "explore: --where is '%.80s', must be COLUMN, one of < <= > >= = "
            "!=, and a number",
            text);
    }
    if (strcmp(name, "pe_type") == 0) {
        (void)snprintf(c->text, sizeof c->text, "%s", value);
        return strchr(c->relation, '<') || strchr(c->relation, '>')
                   ? error_set(err, "explore: --where: pe_type takes = and != only")
                   : 0;
    }
    char *end;
    c->limit = strtod(value, &end);
    if (*end != '\0' || !(c->limit - c->limit == 0)) { /* finite */
        return error_set(err, "explore: --where: '%.40s' is no number", value);
    }
    c->column = column_find(name, "--where", err);
    return c->column == COLUMNS ? -1 : 0;
}

int condition_is_early(const struct condition *c) {
    return c->column == COLUMNS || c->column < COLUMN_OUTSIDE;
}

int condition_holds(const struct condition *c, const struct explore_point *p) {
    const int negative = c->relation[0] == '!';
    if (c->column == COLUMNS) {
        return (strcmp(c->text, p->pe_type) == 0) != negative;
    }
    const double v = p->value[c->column];
    const int or_equal = c->relation[1] == '=';
    switch (c->relation[0]) {
    case '<':
        return v < c->limit || (or_equal && v == c->limit);
    case '>':
        return v > c->limit || (or_equal && v == c->limit);
    default:
        return (v == c->limit) != negative;
    }
}
