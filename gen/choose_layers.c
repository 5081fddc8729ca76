/* SPDX-License-Identifier: Apache-2.0
 *
 * The layers that a command line asks for.
 */
#include "gen/choose_layers.h"

#include <stdlib.h>
#include <string.h>

static const struct layer *find(const struct network *net, const char *name) {
    for (size_t i = 0; i < net->layer_count; i++) {
        if (strcmp(net->layers[i].name, name) == 0) {
            return &net->layers[i];
        }
    }
    return NULL;
}

int choose_layers(const struct network *net, const struct options *opts,
                  const struct layer ***layers, unsigned *count, struct error *err) {
    int named = options_count(opts, "layer");
    *count = 0;
    *layers = calloc(net->layer_count + (size_t)named + 1, sizeof(const struct layer *));
    if (!*layers) {
        return error_set(err, "out of memory");
    }
    for (size_t i = 0; named == 0 && i < net->layer_count; i++) {
        if (layer_on_array(&net->layers[i])) {
            (*layers)[(*count)++] = &net->layers[i];
        }
    }
    for (int k = 0; k < named; k++) {
        const char *name = options_value_at(opts, "layer", k);
        const struct layer *found = find(net, name);
        if (!found) {
            return error_set(err, "network %s has no layer '%s'", net->name, name);
        }
        if (!layer_on_array(found)) {
            return error_set(err, "layer '%s' does not run on the array (conv and fc do)",
                             name);
        }
        (*layers)[(*count)++] = found;
    }
    if (*count == 0) {
        return error_set(err, "network %s has no layer that runs on the array",
                         net->name);
    }
    return 0;
}
