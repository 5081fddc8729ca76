/* SPDX-License-Identifier: Apache-2.0
 *
 * Variables, terms and polynomials.
 */
#include "models/polynomial.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name, *unit;
} variables[VARIABLES] = {
    [VAR_ROWS] = {"rows", "PE"},
    [VAR_COLS] = {"cols", "PE"},
    [VAR_IFMAP_SPAD] = {"ifmap_spad_words", "act"},
    [VAR_FILTER_SPAD] = {"filter_spad_words", "weight"},
    [VAR_PSUM_SPAD] = {"psum_spad_words", "psum"},
    [VAR_GLB_KIB] = {"glb_kib", "KiB"},
    [VAR_BUS_BITS] = {"bus_bits", "bit"},
    [VAR_DRAM_BYTES] = {"dram_bytes_per_cycle", "byte"},
    [VAR_PSUM_BITS] = {"psum_bits", "bit"},
    [VAR_SPAD_FLOP] = {"spad_flop", "1"},
    [VAR_GLB_BANKS] = {"glb_banks", "bank"},
    [VAR_GLB_BANK_ROOT] = {"glb_bank_root", "word^0.5"},
    [VAR_IFMAP_ROWS] = {"ifmap_spad_rows", "row"},
    [VAR_FILTER_ROWS] = {"filter_spad_rows", "row"},
    [VAR_TOGGLES] = {"toggles_per_cycle", "toggle"},
    [VAR_IFMAP_WRITES] = {"ifmap_spad_writes", "write"},
    [VAR_FILTER_WRITES] = {"filter_spad_writes", "write"},
    [VAR_PSUM_WRITES] = {"psum_spad_writes", "write"},
    [VAR_COLLECTOR_WRITES] = {"collector_writes", "write"},
    [VAR_GLB_READS] = {"glb_read_words", "word"},
    [VAR_GLB_WRITES] = {"glb_write_words", "word"},
};

const char *variable_name(enum variable v) {
    return variables[v].name;
}

const char *variable_unit(enum variable v) {
    return variables[v].unit;
}

enum variable variable_find(const char *name, size_t length) {
    unsigned v = 0;
    while (v < VARIABLES && (strlen(variables[v].name) != length ||
                             strncmp(variables[v].name, name, length) != 0)) {
        v++;
    }
    return (enum variable)v;
}

void point_set(struct point *at, const struct hw *hw, const struct synth_activity *a) {
    const struct design *d = &hw->design;
    at->v[VAR_ROWS] = d->rows;
    at->v[VAR_COLS] = d->cols;
    at->v[VAR_IFMAP_SPAD] = d->ifmap_spad_words;
    at->v[VAR_FILTER_SPAD] = d->filter_spad_words;
    at->v[VAR_PSUM_SPAD] = d->psum_spad_words;
    at->v[VAR_GLB_KIB] = d->glb_kib;
    at->v[VAR_BUS_BITS] = d->bus_bits;
    at->v[VAR_DRAM_BYTES] = d->dram_bytes_per_cycle;
    at->v[VAR_PSUM_BITS] = d->psum_bits;
    at->v[VAR_SPAD_FLOP] = strcmp(d->spad_style, "flop") == 0;
    at->v[VAR_GLB_BANKS] = hw->glb_banks;
    at->v[VAR_GLB_BANK_ROOT] = sqrt(hw->glb_bank_words);
    at->v[VAR_IFMAP_ROWS] = ceil((double)d->ifmap_spad_words / hw->act_lanes);
    at->v[VAR_FILTER_ROWS] = ceil((double)d->filter_spad_words / hw->weight_lanes);
    at->v[VAR_TOGGLES] = a->toggles;
    at->v[VAR_IFMAP_WRITES] = a->ifmap_writes;
    at->v[VAR_FILTER_WRITES] = a->filter_writes;
    at->v[VAR_PSUM_WRITES] = a->psum_writes;
    at->v[VAR_COLLECTOR_WRITES] = a->collector_writes;
    at->v[VAR_GLB_READS] = a->glb_reads;
    at->v[VAR_GLB_WRITES] = a->glb_writes;
}

/* Print a product of names or units with powers into buf. */
static void print_product(const struct term *t, int units, char *buf, size_t size) {
    size_t used = 0;
    buf[0] = '\0';
    for (unsigned i = 0; i < t->factors;) {
        unsigned power = 1;
        while (i + power < t->factors && t->factor[i + power] == t->factor[i]) {
            power++;
        }
        const char *text =
            units ? variables[t->factor[i]].unit : variables[t->factor[i]].name;
        const int n =
            power > 1
                ? snprintf(buf + used, size - used, "%s%s^%u", i ? "*" : "", text, power)
                : snprintf(buf + used, size - used, "%s%s", i ? "*" : "", text);
        used += (size_t)n;
        i += power;
    }
}

void term_label(const struct term *t, char buf[POLYNOMIAL_LABEL]) {
    if (t->factors == 0) {
        (void)snprintf(buf, POLYNOMIAL_LABEL, "1");
    } else {
        print_product(t, 0, buf, POLYNOMIAL_LABEL);
    }
}

void term_unit(const struct term *t, const char *unit, char buf[POLYNOMIAL_LABEL]) {
    char product[POLYNOMIAL_LABEL - 32];
    print_product(t, 1, product, sizeof product);
    if (t->factors == 0) {
        (void)snprintf(buf, POLYNOMIAL_LABEL, "%.24s", unit);
    } else {
        (void)snprintf(buf, POLYNOMIAL_LABEL, "%.24s/(%s)", unit, product);
    }
}

/* Add a factor in its place. */
static void add_factor(struct term *t, enum variable v) {
    unsigned i = t->factors++;
    for (; i > 0 && t->factor[i - 1] > v; i--) {
        t->factor[i] = t->factor[i - 1];
    }
    t->factor[i] = (uint8_t)v;
}

int term_parse(const char *label, struct term *t, struct error *err) {
    const char *at = label;
    *t = (struct term){0, {0}};
    if (strcmp(label, "1") == 0) {
        return 0;
    }
    for (;;) {
        const size_t length = strcspn(at, "*^");
        const enum variable v = variable_find(at, length);
        unsigned long power = 1;
        at += length;
        if (*at == '^') {
            char *end;
            power = strtoul(at + 1, &end, 10);
            at = end;
        }
        if (v == VARIABLES || power < 1 || power + t->factors > POLYNOMIAL_DEGREE ||
            (*at != '*' && *at != '\0')) {
            return error_set(err,
                             "term '%.80s' must be \"1\" or a product of at most %d "
                             "known variables",
                             label, POLYNOMIAL_DEGREE);
        }
        for (; power > 0; power--) {
            add_factor(t, v);
        }
        if (*at++ == '\0') {
            return 0;
        }
    }
}

int polynomial_init(struct polynomial *p, size_t count, struct error *err) {
    p->count = count;
    p->terms = calloc(count ? count : 1, sizeof *p->terms);
    p->coefficient = calloc(count ? count : 1, sizeof *p->coefficient);
    if (!p->terms || !p->coefficient) {
        polynomial_close(p);
        return error_set(err, "out of memory");
    }
    return 0;
}

void polynomial_close(struct polynomial *p) {
    free(p->terms);
    free(p->coefficient);
    *p = (struct polynomial){0, NULL, NULL};
}

double polynomial_value(const struct polynomial *p, const struct point *at) {
    double sum = 0;
    for (size_t i = 0; i < p->count; i++) {
        sum += p->coefficient[i] * term_value(&p->terms[i], at);
    }
    return sum;
}
