/* SPDX-License-Identifier: Apache-2.0
 *
 * Rates of accesses from a result file.
 */
#include "synth_flows/activity.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

/* The number total.accesses.name, or total.name. */
static int number(const json_t *total, const char *path, const char *name, double *value,
                  struct error *err) {
    const json_t *found = json_object_get(json_object_get(total, "accesses"), name);

    found = found ? found : json_object_get(total, name);
    if (!json_is_number(found) || json_number_value(found) < 0) {
        return error_set_at(err, path, 0, 0, "total.%s is missing or not a count", name);
    }
    *value = json_number_value(found);
    return 0;
}

static int read_rates(const json_t *total, const char *path, double pes, double cols,
                      struct synth_activity *a, struct error *err) {
    double cycles = 0, psum_words;

    if (number(total, path, "macs", &a->macs, err) != 0 ||
        number(total, path, "cycles", &cycles, err) != 0 ||
        number(total, path, "ifmap_spad_write", &a->ifmap_writes, err) != 0 ||
        number(total, path, "filter_spad_write", &a->filter_writes, err) != 0 ||
        number(total, path, "psum_spad_write", &a->psum_writes, err) != 0 ||
        number(total, path, "glb_read_words", &a->glb_reads, err) != 0 ||
        number(total, path, "glb_write_words", &a->glb_writes, err) != 0) {
        return -1;
    }
    if (cycles <= 0) {
        return error_set_at(err, path, 0, 0, "total.cycles is 0");
    }
    psum_words = a->glb_writes; /* at most every GLB write is one word of psums */
    a->ifmap_writes /= cycles * pes;
    a->filter_writes /= cycles * pes;
    a->psum_writes /= cycles * pes;
    a->collector_writes = psum_words / (cycles * cols);
    a->glb_reads /= cycles;
    a->glb_writes /= cycles;
    a->macs /= cycles;
    return 0;
}

/* No spad is written more than once a cycle and lane, and no half of a GLB bank read and
 * written more than once. */
static int check_rates(const char *path, const struct hw *hw,
                       const struct synth_activity *a, struct error *err) {
    const double lanes =
        hw->act_lanes > hw->weight_lanes ? hw->act_lanes : hw->weight_lanes;
    if (a->ifmap_writes > lanes || a->filter_writes > lanes || a->psum_writes > 1 ||
        a->glb_reads + a->glb_writes > 6) {
        return error_set_at(err, path, 0, 0,
                            "has more accesses than the design can make in its cycles");
    }
    return 0;
}

/* Say what was read. */
static void name_source(const json_t *root, const char *path, struct synth_activity *a) {
    const char *network = json_string_value(json_object_get(root, "network"));

    (void)snprintf(a->source, sizeof a->source,
                   "accesses of %zu layers of %.80s from %.120s; %g toggles per cycle on "
                   "every data pin",
                   json_array_size(json_object_get(root, "layers")),
                   network ? network : "a network", path, a->toggles);
}

int activity_load(const char *path, const struct hw *hw, struct synth_activity *activity,
                  struct error *err) {
    json_error_t why;
    json_t *root = json_load_file(path, 0, &why);
    int status;

    if (!root) {
        return error_set_at(err, path, why.line, why.column, "%s", why.text);
    }
    const char *hash = json_string_value(json_object_get(root, "design_hash"));
    if (!hash || strcmp(hash, hw->hash) != 0) {
        status = error_set_at(err, path, 0, 0,
                              "is the result of another design: design_hash is %s, must "
                              "be %s",
                              hash ? hash : "missing", hw->hash);
    } else {
        const unsigned pes = hw->design.rows * hw->design.cols;
        status = read_rates(json_object_get(root, "total"), path, pes, hw->design.cols,
                            activity, err) ||
                         check_rates(path, hw, activity, err)
                     ? -1
                     : 0;
        name_source(root, path, activity);
    }
    json_decref(root);
    return status;
}
