/* SPDX-License-Identifier: Apache-2.0
 *
 * Results of an exploration as JSON and CSV.
 */
#include "models/explore_report.h"

#include <math.h>
#include <string.h>

#include "gen/config.h"
#include "gen/emit.h"

static const char *style_of(const struct design *d) {
    return d->spad_style[0] == '\0' ? "latch" : d->spad_style;
}

static json_t *point_json(const struct explore *x, const struct explore_point *p) {
    struct design d;
    json_t *values = json_object();
    for (unsigned c = 0; c < COLUMNS; c++) {
        if ((c < COLUMN_PES || c >= COLUMN_OUTSIDE) && !isnan(p->value[c])) {
            (void)json_object_set_new(values, column_name((enum explore_column)c),
                                      json_real(p->value[c]));
        }
    }
    memset(&d, 0, sizeof d);
    space_member(x->space, p->member, &d);
    json_t *design = config_json(design_keys(), &d);
    if (d.psum_bits == 0) {
        (void)json_object_set_new(design, "psum_bits",
                                  json_integer((json_int_t)p->value[COLUMN_PSUM_BITS]));
    }
    (void)json_object_set_new(design, "spad_style", json_string(style_of(&d)));
    return json_pack("{s:I, s:s, s:o, s:o}", "member", (json_int_t)p->member,
                     "design_hash", p->hash, "parameters", design, "values", values);
}

static json_t *best_json(const struct explore *x, const struct explore_found *f) {
    const size_t types = space_axis_of(x->space, "pe_type")->count;
    const size_t n = x->objective_count;
    json_t *object = json_object();
    for (size_t t = 0; t < types; t++) {
        json_t *by_objective = json_object();
        for (size_t k = 0; k < n; k++) {
            if (f->best[t * n + k].count > 0) {
                (void)json_object_set_new(by_objective, column_name(x->objectives[k]),
                                          point_json(x, &f->best[t * n + k].point));
            }
        }
        (void)json_object_set_new(object, x->space->types[t].name, by_objective);
    }
    return object;
}

static json_t *network_json(const struct explore *x, const struct explore_result *r,
                            size_t n) {
    const struct explore_found *f = &r->networks[n];
    json_t *front = json_array();
    for (size_t i = 0; i < f->front_count; i++) {
        (void)json_array_append_new(front, point_json(x, &f->front[i]));
    }
    return json_pack("{s:s, s:I, s:I, s:I, s:o, s:o}", "network", x->networks[n].net.name,
                     "points", (json_int_t)f->points, "outside_range",
                     (json_int_t)f->outside, "without_mapping", (json_int_t)f->unmappable,
                     "front", front, "best", best_json(x, f));
}

json_t *explore_report_json(const struct explore *x, const struct explore_result *r) {
    json_t *networks = json_array();
    for (size_t n = 0; n < x->network_count; n++) {
        (void)json_array_append_new(networks, network_json(x, r, n));
    }
    return networks;
}

int explore_report_fronts(const struct explore *x, const struct explore_result *r,
                          const char *path, struct error *err) {
    struct emit out;
    if (emit_open(&out, path, err)) {
        return -1;
    }
    explore_print_header(out.file);
    for (size_t n = 0; n < x->network_count; n++) {
        const struct explore_found *f = &r->networks[n];
        for (size_t i = 0; i < f->front_count; i++) {
            explore_print_point(out.file, x->networks[n].net.name, &f->front[i]);
        }
    }
    return emit_close(&out, err);
}

static void print_kept(FILE *out, const struct explore *x, size_t n, const char *kept,
                       uint64_t points, const struct explore_point *p) {
    struct design d;
    memset(&d, 0, sizeof d);
    space_member(x->space, p->member, &d);
    (void)fprintf(out, "%s,%llu,%s,", kept, (unsigned long long)points, style_of(&d));
    explore_print_point(out, x->networks[n].net.name, p);
}

int explore_report_spread(const struct explore *x, const struct explore_result *r,
                          const char *path, struct error *err) {
    struct emit out;
    if (emit_open(&out, path, err)) {
        return -1;
    }
    (void)fputs("kept,points,spad_style,", out.file);
    explore_print_header(out.file);
    for (size_t n = 0; n < x->network_count; n++) {
        const struct spread *s = &r->networks[n].spread;
        for (size_t i = 0; i < s->type_count; i++) {
            const struct spread_type *t = &s->types[i];
            for (size_t k = 0; k < t->front_count; k++) {
                print_kept(out.file, x, n, "front", 0, &t->front[k]);
            }
            for (size_t k = 0; k < 2 && t->points > 0; k++) {
                print_kept(out.file, x, n, "worst", 0, &t->worst[k]);
            }
            for (size_t k = 0; k < t->cell_count; k++) {
                print_kept(out.file, x, n, "cell", t->cells[k].points,
                           &t->cells[k].point);
            }
        }
    }
    return emit_close(&out, err);
}
