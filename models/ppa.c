/* SPDX-License-Identifier: Apache-2.0
 *
 * Models of area, power and clock.
 */
#include "models/ppa.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gen/config.h"

static const struct {
    const char *name, *unit;
} quantities[PPA_QUANTITIES] = {
    [PPA_AREA] = {"area_um2", "um2"},
    [PPA_DYNAMIC] = {"dynamic_pj_per_cycle", "pJ"},
    [PPA_LEAKAGE] = {"leakage_mw", "mW"},
    [PPA_PERIOD] = {"period_ns", "ns"},
};

const char *ppa_quantity_name(enum ppa_quantity q) {
    return quantities[q].name;
}

const char *ppa_quantity_unit(enum ppa_quantity q) {
    return quantities[q].unit;
}

double ppa_model_value(const struct ppa_model *m, const struct point *at) {
    const double pes = at->v[VAR_ROWS] * at->v[VAR_COLS];
    double sum = 0, largest = 0;
    for (size_t i = 0; i < m->count; i++) {
        double value = polynomial_value(&m->parts[i].p, at);
        value *= m->parts[i].per_pe ? pes : 1;
        sum += value;
        largest = value > largest ? value : largest;
    }
    return m->largest ? largest : sum;
}

void ppa_model_close(struct ppa_model *m) {
    for (size_t i = 0; i < m->count; i++) {
        polynomial_close(&m->parts[i].p);
    }
    m->count = 0;
}

/* ---- reading ---- */

/* Where in a file the reader is. */
struct reader {
    const char *path;
    struct error *err;
};

static int wrong(const struct reader *r, const char *key, const char *want) {
    return error_set_at(r->err, r->path, 0, 0, "%s is missing or not %s", key, want);
}

static int read_text(const struct reader *r, const json_t *from, const char *key,
                     char *buf, size_t size) {
    const char *text = json_string_value(json_object_get(from, key));
    if (!text || strlen(text) >= size) {
        return wrong(r, key, "a short text");
    }
    memcpy(buf, text, strlen(text) + 1);
    return 0;
}

static int read_number(const struct reader *r, const json_t *from, const char *key,
                       double *value) {
    const json_t *number = json_object_get(from, key);
    if (!json_is_number(number)) {
        return wrong(r, key, "a number");
    }
    *value = json_number_value(number);
    return 0;
}

static int read_terms(const struct reader *r, const json_t *terms, struct polynomial *p) {
    if (!json_is_array(terms)) {
        return wrong(r, "terms", "a list");
    }
    if (polynomial_init(p, json_array_size(terms), r->err)) {
        return -1;
    }
    for (size_t i = 0; i < p->count; i++) {
        const json_t *term = json_array_get(terms, i);
        char label[POLYNOMIAL_LABEL];
        struct error why = {"", 0, 0, ""};
        if (read_text(r, term, "term", label, sizeof label) ||
            read_number(r, term, "coefficient", &p->coefficient[i])) {
            return -1;
        }
        if (term_parse(label, &p->terms[i], &why)) {
            return error_set_at(r->err, r->path, 0, 0, "%s", why.text);
        }
    }
    return 0;
}

static int read_model(const struct reader *r, const json_t *from, const char *name,
                      struct ppa_model *m) {
    const json_t *object = json_object_get(from, name);
    const json_t *parts = json_object_get(object, "parts");
    char combine[16];
    double percent = 0;
    if (!json_is_object(object)) {
        return wrong(r, name, "an object");
    }
    if (!json_is_array(parts) || json_array_size(parts) < 1 ||
        json_array_size(parts) > PPA_PARTS) {
        return wrong(r, "parts", "a list of 1 to 8 parts");
    }
    if (read_text(r, object, "combine", combine, sizeof combine) ||
        read_number(r, object, "interval_percent", &percent)) {
        return -1;
    }
    m->largest = strcmp(combine, "largest") == 0;
    if (!m->largest && strcmp(combine, "sum") != 0) {
        return wrong(r, "combine", "sum or largest");
    }
    m->interval = percent / 100;
    for (size_t i = 0; i < json_array_size(parts); i++) {
        const json_t *part = json_array_get(parts, i);
        struct ppa_part *to = &m->parts[m->count++];
        char times[16];
        if (read_text(r, part, "name", to->name, sizeof to->name) ||
            read_text(r, part, "times", times, sizeof times) ||
            read_terms(r, json_object_get(part, "terms"), &to->p)) {
            return -1;
        }
        to->per_pe = strcmp(times, "rows*cols") == 0;
        if (!to->per_pe && strcmp(times, "1") != 0) {
            return wrong(r, "times", "\"1\" or \"rows*cols\"");
        }
    }
    return 0;
}

static int read_type(const struct reader *r, const json_t *from, struct ppa_type *type) {
    const json_t *ranges = json_object_get(from, "ranges");
    const json_t *models = json_object_get(from, "models");
    if (read_text(r, from, "pe_type", type->name, sizeof type->name)) {
        return -1;
    }
    for (unsigned v = 0; v < VARIABLES; v++) {
        const json_t *range = json_object_get(ranges, variable_name((enum variable)v));
        if (v >= VAR_PARAMETERS && v < VAR_DERIVED_END) {
            type->low[v] = -HUGE_VAL;
            type->high[v] = HUGE_VAL;
            continue;
        }
        if (!json_is_number(json_array_get(range, 0)) ||
            !json_is_number(json_array_get(range, 1))) {
            return wrong(r, variable_name((enum variable)v), "a range [low, high]");
        }
        type->low[v] = json_number_value(json_array_get(range, 0));
        type->high[v] = json_number_value(json_array_get(range, 1));
    }
    for (unsigned q = 0; q < PPA_QUANTITIES; q++) {
        if (read_model(r, models, quantities[q].name, &type->of[q])) {
            return -1;
        }
    }
    return 0;
}

static int read_types(const struct reader *r, const json_t *root, struct ppa *ppa) {
    const json_t *types = json_object_get(root, "types");
    const size_t count = json_array_size(types);
    if (json_integer_value(json_object_get(root, "qadam_ppa")) != 1) {
        return error_set_at(r->err, r->path, 0, 0,
                            "is no file of models that qadam fit wrote: qadam_ppa is "
                            "missing or not 1");
    }
    if (count == 0) {
        return wrong(r, "types", "a list of PE types");
    }
    ppa->types = calloc(count, sizeof *ppa->types);
    if (!ppa->types) {
        return error_set(r->err, "out of memory");
    }
    while (ppa->count < count) {
        struct ppa_type *type = &ppa->types[ppa->count++];
        if (read_type(r, json_array_get(types, ppa->count - 1), type)) {
            return -1;
        }
    }
    return 0;
}

int ppa_load(struct ppa *ppa, const char *path, struct error *err) {
    const struct reader r = {path, err};
    struct config_file file;
    *ppa = (struct ppa){NULL, 0};
    if (config_open(&file, path, err)) {
        return -1;
    }
    const int status = read_types(&r, file.root, ppa);
    config_close(&file);
    if (status != 0) {
        ppa_close(ppa);
    }
    return status;
}

void ppa_close(struct ppa *ppa) {
    for (size_t i = 0; i < ppa->count; i++) {
        for (unsigned q = 0; q < PPA_QUANTITIES; q++) {
            ppa_model_close(&ppa->types[i].of[q]);
        }
    }
    free(ppa->types);
    *ppa = (struct ppa){NULL, 0};
}

const struct ppa_type *ppa_find(const struct ppa *ppa, const char *pe_type) {
    for (size_t i = 0; i < ppa->count; i++) {
        if (strcmp(ppa->types[i].name, pe_type) == 0) {
            return &ppa->types[i];
        }
    }
    return NULL;
}

const struct ppa_type *ppa_need(const struct ppa *ppa, const char *path,
                                const char *pe_type, struct error *err) {
    const struct ppa_type *type = ppa_find(ppa, pe_type);
    char list[256] = "";
    for (size_t i = 0; i < ppa->count && !type; i++) {
        const size_t used = strlen(list);
        (void)snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "",
                       ppa->types[i].name);
    }
    if (!type) {
        (void)error_set_at(err, path, 0, 0, "has no models of PE type %s, it has: %s",
                           pe_type, list);
    }
    return type;
}

/* ---- estimates ---- */

/* The point of a design: rates that the models do not know stay as in training. */
static uint32_t make_point(const struct ppa_type *type, const struct hw *hw,
                           const struct synth_activity *activity, struct point *at) {
    uint32_t outside = 0;
    point_set(at, hw, activity);
    for (unsigned v = 0; v < VARIABLES; v++) {
        if (VARIABLES_ACTIVITY & VARIABLE(v) && type->low[v] == type->high[v]) {
            at->v[v] = type->low[v];
        }
        if (at->v[v] < type->low[v] || at->v[v] > type->high[v]) {
            outside |= VARIABLE(v);
        }
    }
    return outside;
}

static struct ppa_value value_of(const struct ppa_model *m, const struct point *at) {
    const double value = ppa_model_value(m, at);
    return (struct ppa_value){value, value * (1 - m->interval),
                              value * (1 + m->interval)};
}

void ppa_estimate(const struct ppa_type *type, const struct hw *hw,
                  const struct synth_activity *activity, double clock_mhz,
                  struct ppa_estimate *out) {
    struct point at;
    out->outside = make_point(type, hw, activity, &at);
    out->follows_activity = 0;
    for (unsigned v = VAR_TOGGLES; v < VARIABLES; v++) {
        out->follows_activity |= type->low[v] != type->high[v];
    }
    out->area_um2 = value_of(&type->of[PPA_AREA], &at);
    out->dynamic_pj = value_of(&type->of[PPA_DYNAMIC], &at);
    out->leakage_mw = value_of(&type->of[PPA_LEAKAGE], &at);
    const struct ppa_value period = value_of(&type->of[PPA_PERIOD], &at);
    out->fmax_mhz =
        (struct ppa_value){1e3 / period.value, 1e3 / period.high, 1e3 / period.low};
    out->clock_mhz = clock_mhz > 0 ? clock_mhz : out->fmax_mhz.value;
    out->toggles = at.v[VAR_TOGGLES];
    const double mw_per_pj = 1e-3 * out->clock_mhz; /* pJ * MHz = 1e-6 W */
    out->power_mw.value = out->dynamic_pj.value * mw_per_pj + out->leakage_mw.value;
    out->power_mw.low = out->dynamic_pj.low * mw_per_pj + out->leakage_mw.low;
    out->power_mw.high = out->dynamic_pj.high * mw_per_pj + out->leakage_mw.high;
}
