/* SPDX-License-Identifier: Apache-2.0
 *
 * Tensors as NumPy files.
 */
#include "verif/dump.h"

#include <stdlib.h>

#include "gen/emit.h"
#include "verif/npy.h"

/* Write FOLDER/LAYER.KIND.npy. */
static int write_words(const char *folder, const struct hw *hw, const struct layer *l,
                       const char *kind, const int32_t *words, const size_t *shape,
                       unsigned rank, struct error *err) {
    char path[EMIT_PATH_MAX];
    if (emit_path(path, sizeof path, err, "%s/%s.%s.npy", folder, l->name, kind)) {
        return -1;
    }
    return hw->type.kind == PE_FLOAT ? npy_write_f32(path, words, shape, rank, err)
                                     : npy_write_i32(path, words, shape, rank, err);
}

static int write_bias(const char *folder, const struct hw *hw, const struct layer *l,
                      const int64_t *bias, struct error *err) {
    char path[EMIT_PATH_MAX];
    const size_t shape[1] = {l->m};
    if (emit_path(path, sizeof path, err, "%s/%s.bias.npy", folder, l->name)) {
        return -1;
    }
    return hw->type.kind == PE_FLOAT ? npy_write_wide_f32(path, bias, shape, 1, err)
                                     : npy_write_i64(path, bias, shape, 1, err);
}

static int write_weights(const char *folder, const struct hw *hw,
                         const struct pe_golden *type, const struct layer *l,
                         const int32_t *weights, struct error *err) {
    const size_t shape[4] = {l->m, l->c / l->groups, l->r, l->s};
    const size_t count = tensor_weight_count(l);
    if (!type->weight_value) {
        return write_words(folder, hw, l, "weights", weights, shape, 4, err);
    }
    int32_t *values = malloc((count + 1) * sizeof *values);
    if (!values) {
        return error_set(err, "layer '%s': out of memory for the dump", l->name);
    }
    for (size_t i = 0; i < count; i++) {
        values[i] = (int32_t)type->weight_value(weights[i]);
    }
    int rc = write_words(folder, hw, l, "weights", values, shape, 4, err);
    free(values);
    return rc;
}

int dump_layer(const char *folder, const struct hw *hw, const struct pe_golden *type,
               const struct layer *l, const struct tensors *t, const int32_t *got,
               struct error *err) {
    const size_t input[3] = {l->c, l->h, l->w}, output[3] = {l->m, l->e, l->f};
    return emit_folder(folder, err) ||
                   write_words(folder, hw, l, "input", t->ifmap, input, 3, err) ||
                   write_weights(folder, hw, type, l, t->weights, err) ||
                   write_bias(folder, hw, l, t->bias, err) ||
                   write_words(folder, hw, l, "output", got, output, 3, err)
               ? -1
               : 0;
}

int dump_host_layer(const char *folder, const struct forward *f, size_t layer,
                    struct error *err) {
    const struct layer *l = &f->net->layers[layer];
    const size_t input[3] = {l->c, l->h, l->w}, output[3] = {l->m, l->e, l->f};
    static const char *const names[2] = {"input", "input2"};
    if (emit_folder(folder, err)) {
        return -1;
    }
    for (unsigned k = 0; k < l->input_count && k < 2; k++) {
        const struct forward_map *in = forward_input(f, layer, k);
        if (write_words(folder, f->hw, l, names[k], in->words, input, 3, err)) {
            return -1;
        }
    }
    return write_words(folder, f->hw, l, "output", f->layers[layer].out.words, output, 3,
                       err);
}
