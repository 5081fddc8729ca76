/* SPDX-License-Identifier: Apache-2.0
 *
 * PE types: reading the traits of the folders of pe_lib/.
 */
#include "gen/pe_type.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gen/config.h"
#include "gen/emit.h"

enum { FLOAT_BITS = 32 };

/* A traits file. */
struct traits {
    struct pe_type type;
    char kind[8];
};

#define NUMBER(key, options, low, high, what, preset, text)                              \
    {                                                                                    \
        .name = #key, .type = CONFIG_UINT, .flags = (options),                           \
        .offset = offsetof(struct traits, type.key), .min = (low), .max = (high),        \
        .unit = (what), .default_text = (preset), .help = (text)                         \
    }
#define TEXT(key, field, kind, options, words, text)                                     \
    {                                                                                    \
        .name = (key), .type = (kind), .flags = (options),                               \
        .offset = offsetof(struct traits, field),                                        \
        .size = sizeof((struct traits *)0)->field, .unit = "", .choices = (words),       \
        .help = (text)                                                                   \
    }

static const struct config_key trait_keys[] = {
    TEXT("name", type.name, CONFIG_NAME, 0, NULL, "the same as its folder"),
    TEXT("description", type.description, CONFIG_TEXT, CONFIG_OPTIONAL, NULL,
         "for people"),
    TEXT("kind", kind, CONFIG_ENUM, 0, "integer|float", "arithmetic"),
    NUMBER(act_bits, 0, 2, 32, "bits", NULL, "activation"),
    NUMBER(weight_bits, 0, 2, 32, "bits", NULL, "weight"),
    NUMBER(psum_bits_default, 0, 8, 64, "bits", NULL, "psum if the design does not say"),
    NUMBER(psum_bits_min, CONFIG_OPTIONAL, 4, 64, "bits", "act_bits + weight_bits",
           "smallest legal psum: one product fits"),
    NUMBER(mul_latency, 0, 1, 16, "cycles", NULL, "from operands to product"),
    NUMBER(add_latency, 0, 1, 16, "cycles", NULL, "from product and psum to new psum"),
    NUMBER(psum_add_latency, CONFIG_OPTIONAL, 1, 7, "cycles", "1",
           "of the psum accumulator's add, odd"),
    NUMBER(weight_frac_bits, CONFIG_OPTIONAL, 0, 31, "bits", "0",
           "weight = integer * 2^-weight_frac_bits"),
    NUMBER(weight_zero, CONFIG_OPTIONAL, 0, UINT32_MAX, "word", "0",
           "the weight word that stands for 0"),
    TEXT("rtl", type.rtl, CONFIG_NAME, CONFIG_OPTIONAL, NULL,
         "folder of pe_lib/ with the modules that are not in the type's own"),
    {.name = NULL}};

static int by_name(const void *a, const void *b) {
    return strcmp(a, b);
}

size_t pe_type_list(const char *home, char (*names)[PE_TYPE_NAME]) {
    char path[EMIT_PATH_MAX];
    size_t count = 0;
    if (emit_path(path, sizeof path, NULL, "%s/pe_lib", home)) {
        return 0;
    }
    DIR *dir = opendir(path);
    const struct dirent *entry;
    while (dir && count < PE_TYPE_LIST && (entry = readdir(dir)) != NULL) {
        char traits[EMIT_PATH_MAX];
        if (config_is_name(entry->d_name) && strlen(entry->d_name) < PE_TYPE_NAME &&
            emit_path(traits, sizeof traits, NULL, "%s/%s/traits.json", path,
                      entry->d_name) == 0 &&
            emit_is_file(traits)) {
            memcpy(names[count++], entry->d_name, strlen(entry->d_name) + 1);
        }
    }
    if (dir) {
        (void)closedir(dir);
    }
    qsort(names, count, sizeof names[0], by_name);
    return count;
}

/* Refuse an unknown type with the list of those there are. */
static int unknown_type(const char *home, const char *name, struct error *err) {
    char names[PE_TYPE_LIST][PE_TYPE_NAME];
    char list[384] = "";
    size_t count = pe_type_list(home, names);
    for (size_t i = 0; i < count; i++) {
        size_t used = strlen(list);
        (void)snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "", names[i]);
    }
    return error_set(err, "pe_type is \"%.31s\", must be a type of pe_lib/: %s", name,
                     count ? list : "none found");
}

/* Refuse a type without traits: does its folder exist? */
static int missing_traits(const char *home, const char *name, struct error *err) {
    char folder[EMIT_PATH_MAX];
    if (emit_path(folder, sizeof folder, NULL, "%s/pe_lib/%s", home, name) == 0 &&
        emit_is_folder(folder)) {
        return error_set_at(err, folder, 0, 0, "has no traits.json, so is no PE type");
    }
    return unknown_type(home, name, err);
}

/* Traits that contradict each other. */
static int check_traits(const struct config_file *file, const char *name,
                        const struct traits *traits, struct error *err) {
    const struct pe_type *t = &traits->type;
    if (strcmp(t->name, name) != 0) {
        return config_error(file, "name", err,
                            "name is \"%s\", must be that of its "
                            "folder, \"%s\"",
                            t->name, name);
    }
    if (t->psum_bits_default < t->psum_bits_min) {
        return config_error(file, "psum_bits_default", err,
                            "psum_bits_default is %u, must be at least %u "
                            "(psum_bits_min), so that one product fits",
                            t->psum_bits_default, t->psum_bits_min);
    }
    if (t->psum_bits_min < t->act_bits) {
        return config_error(file, "psum_bits_min", err,
                            "psum_bits_min is %u, must be at least %u (act_bits)",
                            t->psum_bits_min, t->act_bits);
    }
    if (t->psum_add_latency % 2 == 0) {
        return config_error(file, "psum_add_latency", err,
                            "psum_add_latency is %u, must be odd: a psum is read and "
                            "written in different halves of the GLB",
                            t->psum_add_latency);
    }
    if (t->weight_zero >> (t->weight_bits - 1) >> 1 != 0) {
        return config_error(file, "weight_zero", err,
                            "weight_zero is %u, must be a word of weight_bits, %u",
                            t->weight_zero, t->weight_bits);
    }
    if (t->kind == PE_FLOAT) {
        if (t->act_bits != FLOAT_BITS || t->weight_bits != FLOAT_BITS ||
            t->psum_bits_default != FLOAT_BITS || t->psum_bits_min != FLOAT_BITS) {
            return config_error(file, "kind", err,
                                "kind is float, act_bits, weight_bits and psum bits "
                                "must be %d then, are %u, %u and %u",
                                FLOAT_BITS, t->act_bits, t->weight_bits,
                                t->psum_bits_default);
        }
        if (t->weight_frac_bits != 0) {
            return config_error(file, "weight_frac_bits", err,
                                "weight_frac_bits is %u, must be 0 for kind float",
                                t->weight_frac_bits);
        }
    }
    return 0;
}

int pe_type_load(const char *home, const char *name, struct pe_type *type,
                 struct error *err) {
    char path[EMIT_PATH_MAX];
    struct config_file file;
    struct traits traits;
    if (!config_is_name(name)) {
        return unknown_type(home, name, err);
    }
    if (emit_path(path, sizeof path, err, "%s/pe_lib/%s/traits.json", home, name)) {
        return -1;
    }
    if (!emit_is_file(path)) {
        return missing_traits(home, name, err);
    }
    if (strchr(name, '-')) {
        return error_set_at(
            err, path, 0, 0,
            "PE type \"%.31s\": its golden function is named after it, so "
            "letters, digits and _ only",
            name);
    }
    if (config_open(&file, path, err)) {
        return -1;
    }
    memset(&traits, 0, sizeof traits);
    int rc = config_read(&file, "", trait_keys, &traits, err);
    if (rc == 0) {
        struct pe_type *t = &traits.type;
        t->kind = strcmp(traits.kind, "float") == 0 ? PE_FLOAT : PE_INTEGER;
        if (t->psum_add_latency == 0) {
            t->psum_add_latency = 1;
        }
        if (t->psum_bits_min == 0) {
            t->psum_bits_min =
                t->kind == PE_FLOAT ? FLOAT_BITS : t->act_bits + t->weight_bits;
        }
        rc = check_traits(&file, name, &traits, err);
    }
    if (rc == 0) {
        *type = traits.type;
    }
    config_close(&file);
    return rc;
}
