/* SPDX-License-Identifier: Apache-2.0
 *
 * qadam pe-list: the PE types, as the folders of pe_lib/ are.
 */
#include <stdio.h>

#include "gen/emit.h"
#include "gen/home.h"
#include "gen/json_out.h"
#include "gen/options.h"
#include "gen/pe_type.h"
#include "gen/verbs.h"

static const struct option_spec specs[] = {
    {"json", 0, "FILE", 0, "write the traits as JSON; - is standard output"},
    {NULL, 0, NULL, 0, NULL}};

static const struct option_usage usage = {
    "pe-list",
    "",
    0,
    "The PE types and their traits. Widths in bits, latencies in cycles: of the "
    "product,\n"
    "of the sum in the PE, of the sum at the global buffer.",
    specs,
    NULL};

static json_t *type_json(const struct pe_type *t) {
    return json_pack(
        "{s:s, s:s, s:s, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:I, s:s}", "name",
        t->name, "description", t->description, "kind",
        t->kind == PE_FLOAT ? "float" : "integer", "act_bits", (int)t->act_bits,
        "weight_bits", (int)t->weight_bits, "psum_bits_default",
        (int)t->psum_bits_default, "psum_bits_min", (int)t->psum_bits_min, "mul_latency",
        (int)t->mul_latency, "add_latency", (int)t->add_latency, "psum_add_latency",
        (int)t->psum_add_latency, "weight_frac_bits", (int)t->weight_frac_bits,
        "weight_zero", (json_int_t)t->weight_zero, "rtl", t->rtl);
}

static void print_row(const struct pe_type *t) {
    (void)printf("%-12s %-8s %4u %7u %5u %8u %4u %4u %5u  %s\n", t->name,
                 t->kind == PE_FLOAT ? "float" : "integer", t->act_bits, t->weight_bits,
                 t->psum_bits_default, t->psum_bits_min, t->mul_latency, t->add_latency,
                 t->psum_add_latency, t->description);
}

static int run(const struct options *opts, struct error *err) {
    char home[EMIT_PATH_MAX];
    char names[PE_TYPE_LIST][PE_TYPE_NAME];
    const char *json = options_value(opts, "json");
    if (home_find(home, sizeof home, err)) {
        return -1;
    }
    json_t *list = json_array();
    size_t count = pe_type_list(home, names);
    int rc = count ? 0 : error_set(err, "%s/pe_lib has no PE types", home);
    if (rc == 0 && !json) {
        (void)printf("%-12s %-8s %4s %7s %5s %8s %4s %4s %5s  %s\n", "type", "kind",
                     "act", "weight", "psum", "psum min", "mul", "add", "psum+",
                     "description");
    }
    for (size_t i = 0; i < count && rc == 0; i++) {
        struct pe_type type;
        rc = pe_type_load(home, names[i], &type, err);
        if (rc == 0 && !json) {
            print_row(&type);
        } else if (rc == 0) {
            (void)json_array_append_new(list, type_json(&type));
        }
    }
    if (rc == 0 && json) {
        rc = json_out_write(list, json, err);
    }
    json_decref(list);
    return rc;
}

int verb_pe_list(int argc, char **argv) {
    struct options opts;
    struct error err = {"", 0, 0, ""};
    int status = options_parse(&usage, argc, argv, &opts);
    if (status != OPTIONS_RUN) {
        return status;
    }
    if (run(&opts, &err)) {
        error_print(&err);
        return 1;
    }
    return 0;
}
