/* SPDX-License-Identifier: Apache-2.0
 *
 * Spaces of designs.
 */
#include "gen/space.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { COMBINATIONS_MAX = 1 << 22 };

static const uint64_t COUNT_MAX = (uint64_t)1 << 63;

/* Keys whose values design_derive_typed checks against each other. */
static const char *const restricting[] = {"pe_type", "glb_kib", "bus_bits",
                                          "dram_bytes_per_cycle", "psum_bits"};

/* {"from": a, "to": b, "step": s}, or with "factor". */
struct range {
    unsigned from, to, step, factor;
};

#define RANGE_KEY(key, options, low)                                                     \
    {                                                                                    \
        .name = #key, .type = CONFIG_UINT, .flags = (options),                           \
        .offset = offsetof(struct range, key), .min = (low), .max = INT_MAX, .unit = ""  \
    }

static const struct config_key range_keys[] = {RANGE_KEY(from, 0, 0),
                                               RANGE_KEY(to, 0, 0),
                                               RANGE_KEY(step, CONFIG_OPTIONAL, 1),
                                               RANGE_KEY(factor, CONFIG_OPTIONAL, 2),
                                               {.name = NULL}};

/* Append the field of *d to the axis; each value once. */
static int append(const struct config_file *file, const char *path,
                  struct space_axis *axis, const struct design *d, struct error *err) {
    const char *field = (const char *)d + axis->key->offset;
    for (size_t i = 0; i < axis->count; i++) {
        if (memcmp(axis->values + i * axis->size, field, axis->size) == 0) {
            return config_error(file, path, err, "%s has this value twice",
                                axis->key->name);
        }
    }
    if (axis->count >= SPACE_VALUES_MAX) {
        return config_error(file, path, err, "%s has too many values, at most %d",
                            axis->key->name, SPACE_VALUES_MAX);
    }
    if ((axis->count & (axis->count - 1)) == 0) { /* 0 or a power of two: full */
        size_t room = axis->count ? 2 * axis->count : 1;
        char *more = realloc(axis->values, room * axis->size);
        if (!more) {
            return error_set(err, "out of memory");
        }
        axis->values = more;
    }
    memcpy(axis->values + axis->count++ * axis->size, field, axis->size);
    return 0;
}

static int append_value(const struct config_file *file, const char *path,
                        struct space_axis *axis, const json_t *value, struct error *err) {
    struct design d;
    memset(&d, 0, sizeof d);
    return config_value(file, path, axis->key, value, &d, err) ||
           append(file, path, axis, &d, err);
}

static int append_range(const struct config_file *file, struct space_axis *axis,
                        struct error *err) {
    const char *name = axis->key->name;
    struct range r = {0, 0, 0, 0};
    if (axis->key->type != CONFIG_UINT) {
        return config_error(file, name, err, "%s must be a word or a list of words",
                            name);
    }
    if (config_read(file, name, range_keys, &r, err)) {
        return -1;
    }
    if ((r.step == 0) == (r.factor == 0)) {
        return config_error(file, name, err,
                            "%s must have either \"step\" or \"factor\" beside \"from\" "
                            "and \"to\"",
                            name);
    }
    if (r.from > r.to || (r.factor && r.from == 0)) {
        return config_error(file, name, err, "%s goes from %u to %u, must be from %s",
                            name, r.from, r.to,
                            r.from > r.to ? "less to more" : "at least 1 by a factor");
    }
    for (uint64_t v = r.from; v <= r.to; v = r.step ? v + r.step : v * r.factor) {
        json_t *value = json_integer((json_int_t)v);
        int rc = append_value(file, name, axis, value, err);
        json_decref(value);
        if (rc) {
            return -1;
        }
    }
    return 0;
}

static int read_axis(const struct config_file *file, struct space_axis *axis,
                     struct error *err) {
    const char *name = axis->key->name;
    const json_t *value = json_object_get(file->root, name);
    if (!value) {
        struct design d;
        memset(&d, 0, sizeof d);
        return append(file, "", axis, &d, err);
    }
    if (json_is_object(value)) {
        return append_range(file, axis, err);
    }
    if (!json_is_array(value)) {
        return append_value(file, name, axis, value, err);
    }
    if (json_array_size(value) == 0) {
        return config_error(file, name, err, "%s is an empty list", name);
    }
    for (size_t i = 0; i < json_array_size(value); i++) {
        char path[128];
        (void)snprintf(path, sizeof path, "%s/%zu", name, i);
        if (append_value(file, path, axis, json_array_get(value, i), err)) {
            return -1;
        }
    }
    return 0;
}

/* Names of keys, and that none is missing, as a design file has them. */
static int check_keys(const struct config_file *file, struct error *err) {
    struct config_key any[SPACE_AXES + 1];
    size_t n = 0;
    struct design unused;
    for (const struct config_key *key = design_keys(); key->name; key++) {
        any[n] = *key;
        any[n++].type = CONFIG_ANY;
    }
    any[n].name = NULL;
    return config_read(file, "", any, &unused, err);
}

static int load_types(const char *home, struct space *space, struct error *err) {
    const struct space_axis *axis = space_axis_of(space, "pe_type");
    space->types = calloc(axis->count, sizeof *space->types);
    if (!space->types) {
        return error_set(err, "out of memory");
    }
    for (size_t i = 0; i < axis->count; i++) {
        const char *name = axis->values + i * axis->size;
        struct error inner = {"", 0, 0, ""};
        if (pe_type_load(home, name, &space->types[i], &inner)) {
            char path[64] = "pe_type";
            if (json_is_array(json_object_get(space->file.root, path))) {
                (void)snprintf(path, sizeof path, "pe_type/%zu", i);
            }
            return inner.file[0] != '\0'
                       ? error_set_at(err, inner.file, inner.line, inner.column, "%s",
                                      inner.text)
                       : config_error(&space->file, path, err, "%s", inner.text);
        }
    }
    return 0;
}

static int count_members(struct space *space, struct error *err) {
    space->count = 1;
    for (size_t a = 0; a < space->axis_count; a++) {
        if (space->count > COUNT_MAX / space->axes[a].count) {
            return config_error(&space->file, "", err,
                                "the space has more than 2^63 members");
        }
        space->count *= space->axes[a].count;
    }
    return 0;
}

int space_load(const char *home, const char *path, struct space *space,
               struct error *err) {
    memset(space, 0, sizeof *space);
    if (config_open(&space->file, path, err)) {
        return -1;
    }
    int rc = check_keys(&space->file, err);
    for (const struct config_key *key = design_keys(); rc == 0 && key->name; key++) {
        struct space_axis *axis = &space->axes[space->axis_count++];
        axis->key = key;
        axis->size = key->type == CONFIG_UINT ? sizeof(unsigned) : key->size;
        rc = read_axis(&space->file, axis, err);
    }
    rc = rc || load_types(home, space, err) || count_members(space, err);
    if (rc) {
        space_close(space);
    }
    return rc ? -1 : 0;
}

void space_close(struct space *space) {
    for (size_t a = 0; a < space->axis_count; a++) {
        free(space->axes[a].values);
    }
    free(space->types);
    config_close(&space->file);
    memset(space, 0, sizeof *space);
}

const struct space_axis *space_axis_of(const struct space *space, const char *key) {
    for (size_t a = 0; a < space->axis_count; a++) {
        if (strcmp(space->axes[a].key->name, key) == 0) {
            return &space->axes[a];
        }
    }
    return NULL;
}

void space_split(const struct space *space, uint64_t k, size_t *index) {
    for (size_t a = space->axis_count; a-- > 0;) {
        index[a] = (size_t)(k % space->axes[a].count);
        k /= space->axes[a].count;
    }
}

uint64_t space_join(const struct space *space, const size_t *index) {
    uint64_t k = 0;
    for (size_t a = 0; a < space->axis_count; a++) {
        k = k * space->axes[a].count + index[a];
    }
    return k;
}

/* The design of the indices; returns its PE type. */
static const struct pe_type *member(const struct space *space, const size_t *index,
                                    struct design *d) {
    const struct space_axis *types = space_axis_of(space, "pe_type");
    memset(d, 0, sizeof *d);
    for (size_t a = 0; a < space->axis_count; a++) {
        const struct space_axis *axis = &space->axes[a];
        memcpy((char *)d + axis->key->offset, axis->values + index[a] * axis->size,
               axis->size);
    }
    return &space->types[index[types - space->axes]];
}

void space_member(const struct space *space, uint64_t k, struct design *d) {
    size_t index[SPACE_AXES];
    space_split(space, k, index);
    (void)member(space, index, d);
}

int space_hw(const struct space *space, uint64_t k, struct hw *hw, struct error *err) {
    size_t index[SPACE_AXES];
    struct design d;
    space_split(space, k, index);
    const struct pe_type *type = member(space, index, &d);
    return design_derive_typed(type, &d, err ? &space->file : NULL, hw, err);
}

/* Marks the restricting axes; returns the number of their combinations, or 0 with *err
 * set. */
static uint64_t mark(const struct space *space, int *marked, struct error *err) {
    uint64_t combinations = 1;
    memset(marked, 0, SPACE_AXES * sizeof *marked);
    for (size_t i = 0; i < sizeof restricting / sizeof restricting[0]; i++) {
        const struct space_axis *axis = space_axis_of(space, restricting[i]);
        marked[axis - space->axes] = 1;
        combinations *= axis->count;
        if (combinations > COMBINATIONS_MAX) {
            (void)config_error(&space->file, "", err,
                               "pe_type, glb_kib, bus_bits, dram_bytes_per_cycle and "
                               "psum_bits have too many combinations to be checked, at "
                               "most %d",
                               COMBINATIONS_MAX);
            return 0;
        }
    }
    return combinations;
}

int space_illegal(const struct space *space, space_report report, void *context,
                  uint64_t *illegal, struct error *err) {
    int marked[SPACE_AXES];
    uint64_t combinations = mark(space, marked, err);
    if (combinations == 0) {
        return -1;
    }
    *illegal = 0;
    for (uint64_t c = 0; c < combinations; c++) {
        size_t index[SPACE_AXES] = {0};
        uint64_t rest = c;
        struct design d;
        struct hw hw;
        struct error why = {"", 0, 0, ""};
        for (size_t a = space->axis_count; a-- > 0;) {
            if (marked[a]) {
                index[a] = (size_t)(rest % space->axes[a].count);
                rest /= space->axes[a].count;
            }
        }
        const struct pe_type *type = member(space, index, &d);
        if (design_derive_typed(type, &d, &space->file, &hw, &why)) {
            *illegal += space->count / combinations;
            if (report) {
                report(context, &d, space->count / combinations, &why);
            }
        }
    }
    return 0;
}
