/* SPDX-License-Identifier: Apache-2.0
 *
 * Designs: the table of keys, the cross checks and the derived constants.
 */
#include "gen/design.h"

#include <stdlib.h>
#include <string.h>

#include "gen/config.h"
#include "gen/emit.h"

enum {
    GLB_BANKS_MIN = 16,
    GLB_BANK_WORDS_MIN = 4,
    GLB_WORDS_MAX = 1 << 24 /* GLB addresses have 24 bits */
};

#define NUMBER(key, options, low, high, what, preset, text)                              \
    {                                                                                    \
        .name = #key, .type = CONFIG_UINT, .flags = (options),                           \
        .offset = offsetof(struct design, key), .min = (low), .max = (high),             \
        .unit = (what), .default_text = (preset), .help = (text)                         \
    }
#define TEXT(key, kind, options, words, preset, text)                                    \
    {                                                                                    \
        .name = #key, .type = (kind), .flags = (options),                                \
        .offset = offsetof(struct design, key), .size = sizeof((struct design *)0)->key, \
        .unit = "", .choices = (words), .default_text = (preset), .help = (text)         \
    }

static const struct config_key keys[] = {
    TEXT(name, CONFIG_NAME, 0, NULL, NULL, "name of the design"),
    TEXT(pe_type, CONFIG_NAME, 0, NULL, NULL,
         "a folder of pe_lib/: arithmetic of the PEs"),
    NUMBER(rows, 0, 1, 64, "PEs", NULL, "rows of the PE array"),
    NUMBER(cols, 0, 1, 64, "PEs", NULL, "columns of the PE array"),
    NUMBER(ifmap_spad_words, 0, 1, 1024, "acts", NULL, "ifmap spad of a PE"),
    NUMBER(filter_spad_words, 0, 2, 4096, "weights", NULL,
           "filter spad of a PE, both halves"),
    NUMBER(psum_spad_words, 0, 1, 256, "psums", NULL, "psum spad of a PE"),
    NUMBER(glb_kib, 0, 1, 65536, "KiB", NULL, "global buffer (GLB)"),
    NUMBER(bus_bits, CONFIG_POWER2, 16, 512, "bits", NULL,
           "word of the buses and the GLB"),
    NUMBER(dram_bytes_per_cycle, CONFIG_POWER2, 1, 64, "bytes", NULL,
           "width of the DRAM port, at most bus_bits / 8"),
    NUMBER(psum_bits, CONFIG_OPTIONAL, 8, 64, "bits", "that of the PE type",
           "partial sum, at most bus_bits"),
    TEXT(spad_style, CONFIG_ENUM, CONFIG_OPTIONAL, "latch|flop", "latch",
         "cells of the spads"),
    {.name = NULL}};

const struct config_key *design_keys(void) {
    return keys;
}

static unsigned power2_up(unsigned n) {
    unsigned p = 1;
    while (p < n) {
        p *= 2;
    }
    return p;
}

static unsigned power2_down(unsigned n) {
    unsigned p = 1;
    while (p <= n / 2) {
        p *= 2;
    }
    return p;
}

/* Checks of one key against others. file is NULL for a design made in memory. */
static int check_bus(const struct config_file *file, const struct hw *hw,
                     struct error *err) {
    const struct design *d = &hw->design;
    const struct pe_type *t = &hw->type;
    if (t->kind == PE_FLOAT && d->psum_bits != t->psum_bits_default) {
        return config_error(file, "psum_bits", err,
                            "psum_bits is %u, must be %u for the float type %s",
                            d->psum_bits, t->psum_bits_default, t->name);
    }
    if (d->psum_bits < t->psum_bits_min) {
        return config_error(file, "psum_bits", err,
                            "psum_bits is %u, must be at least %u (bits): one product "
                            "of %s must fit",
                            d->psum_bits, t->psum_bits_min, t->name);
    }
    if (hw->act_mem_bits > d->bus_bits || hw->weight_mem_bits > d->bus_bits) {
        int act = hw->act_mem_bits > hw->weight_mem_bits;
        return config_error(file, "bus_bits", err,
                            "bus_bits is %u, must be at least %u (bits): one %s of %s "
                            "must fit into a bus word",
                            d->bus_bits, act ? hw->act_mem_bits : hw->weight_mem_bits,
                            act ? "act" : "weight", t->name);
    }
    if (d->psum_bits > d->bus_bits) {
        return config_error(file, "bus_bits", err,
                            "bus_bits is %u, must be at least %u (psum_bits): one psum "
                            "must fit into a bus word",
                            d->bus_bits, d->psum_bits);
    }
    if (d->dram_bytes_per_cycle > d->bus_bits / 8) {
        return config_error(file, "dram_bytes_per_cycle", err,
                            "dram_bytes_per_cycle is %u, must be at most %u "
                            "(bus_bits / 8): the GLB takes one bus word per cycle",
                            d->dram_bytes_per_cycle, d->bus_bits / 8);
    }
    return 0;
}

static int derive_glb(const struct config_file *file, struct hw *hw, struct error *err) {
    const struct design *d = &hw->design;
    /* NOLINTNEXTLINE(clang-analyzer-core.DivideZero): bus_bits is at least 16 */
    hw->glb_words = d->glb_kib * 1024 / hw->bus_bytes;
    if (hw->glb_words < GLB_BANKS_MIN * GLB_BANK_WORDS_MIN) {
        return config_error(file, "glb_kib", err,
                            "glb_kib is %u, must be at least %u (KiB): %d banks of %d "
                            "bus words of %u bits",
                            d->glb_kib,
                            (GLB_BANKS_MIN * GLB_BANK_WORDS_MIN * hw->bus_bytes + 1023) /
                                1024,
                            GLB_BANKS_MIN, GLB_BANK_WORDS_MIN, d->bus_bits);
    }
    if (hw->glb_words > GLB_WORDS_MAX) {
        return config_error(file, "glb_kib", err,
                            "glb_kib is %u, must be at most %u (KiB): GLB addresses "
                            "have 24 bits, a bus word has %u",
                            d->glb_kib, GLB_WORDS_MAX / 1024 * hw->bus_bytes,
                            d->bus_bits);
    }
    hw->glb_bank_words = power2_down(hw->glb_words / GLB_BANKS_MIN);
    hw->glb_banks = (hw->glb_words + hw->glb_bank_words - 1) / hw->glb_bank_words;
    return 0;
}

int design_derive_typed(const struct pe_type *type, const struct design *d,
                        const struct config_file *file, struct hw *hw,
                        struct error *err) {
    memset(hw, 0, sizeof *hw);
    hw->design = *d;
    hw->type = *type;
    if (d->psum_bits == 0) {
        hw->design.psum_bits = hw->type.psum_bits_default;
    }
    if (d->spad_style[0] == '\0') {
        memcpy(hw->design.spad_style, "latch", sizeof "latch");
    }
    if (config_check(keys, &hw->design, err)) {
        return -1;
    }
    hw->act_mem_bits = power2_up(hw->type.act_bits);
    hw->weight_mem_bits = power2_up(hw->type.weight_bits);
    if (check_bus(file, hw, err)) {
        return -1;
    }
    hw->act_lanes = d->bus_bits / hw->act_mem_bits;
    hw->weight_lanes = d->bus_bits / hw->weight_mem_bits;
    hw->psum_lanes = power2_down(d->bus_bits / hw->design.psum_bits);
    hw->psum_mem_bits = d->bus_bits / hw->psum_lanes;
    hw->bus_bytes = d->bus_bits / 8;
    if (derive_glb(file, hw, err)) {
        return -1;
    }
    char text[2048];
    int length = design_canonical(&hw->design, text, sizeof text);
    if (length < 0) {
        return error_set(err, "out of memory");
    }
    (void)snprintf(hw->hash, sizeof hw->hash, "%016llx",
                   (unsigned long long)emit_fnv(EMIT_FNV_START, text, (size_t)length));
    return 0;
}

static int derive(const char *home, const struct design *d,
                  const struct config_file *file, struct hw *hw, struct error *err) {
    struct pe_type type;
    struct error inner;
    memset(&inner, 0, sizeof inner);
    if (pe_type_load(home, d->pe_type, &type, &inner)) {
        if (inner.file[0] != '\0') {
            return error_set_at(err, inner.file, inner.line, inner.column, "%s",
                                inner.text);
        }
        return config_error(file, "pe_type", err, "%s", inner.text);
    }
    return design_derive_typed(&type, d, file, hw, err);
}

int design_derive(const char *home, const struct design *d, struct hw *hw,
                  struct error *err) {
    return derive(home, d, NULL, hw, err);
}

int design_load(const char *home, const char *path, struct hw *hw, struct error *err) {
    struct config_file file;
    struct design d;
    if (config_open(&file, path, err)) {
        return -1;
    }
    memset(&d, 0, sizeof d);
    int rc = config_read(&file, "", keys, &d, err);
    if (rc == 0) {
        rc = derive(home, &d, &file, hw, err);
    }
    config_close(&file);
    return rc;
}

/* The key whose name comes next after that of last (NULL: the first), by strcmp. */
static const struct config_key *next_key(const struct config_key *last) {
    const struct config_key *next = NULL;
    for (const struct config_key *key = keys; key->name; key++) {
        if ((!last || strcmp(key->name, last->name) > 0) &&
            (!next || strcmp(key->name, next->name) < 0)) {
            next = key;
        }
    }
    return next;
}

/* Done by hand, for millions of designs; names and words need no escapes. */
int design_canonical(const struct design *d, char *buf, unsigned size) {
    size_t used = 0;
    const struct config_key *key = NULL;
    while (used < size && (key = next_key(key)) != NULL) {
        const char *field = (const char *)d + key->offset;
        char before = used ? ',' : '{';
        int n;
        if (key->type == CONFIG_UINT) {
            unsigned value;
            memcpy(&value, field, sizeof value);
            n = snprintf(buf + used, size - used, "%c\"%s\":%u", before, key->name,
                         value);
        } else {
            n = snprintf(buf + used, size - used, "%c\"%s\":\"%s\"", before, key->name,
                         field);
        }
        used += n > 0 ? (size_t)n : size;
    }
    if (used + 1 >= size) {
        return -1;
    }
    memcpy(buf + used, "}", 2);
    return (int)used + 1;
}
