/* SPDX-License-Identifier: Apache-2.0
 *
 * Tensors as NumPy files.
 */
#include "verif/dump.h"

#include <stdio.h>
#include <stdlib.h>

#include "gen/emit.h"
#include "verif/npy.h"

/* Write FOLDER/LAYER[.IMAGE].KIND.npy. */
static int write_words(const struct dump_place *place, const struct hw *hw,
                       const struct layer *l, const char *kind, const int32_t *words,
                       const size_t *shape, unsigned rank, struct error *err) {
    char path[EMIT_PATH_MAX], image[16] = "";
    if (place->images > 1) {
        (void)snprintf(image, sizeof image, ".%u", place->image);
    }
    if (emit_path(path, sizeof path, err, "%s/%s%s.%s.npy", place->folder, l->name, image,
                  kind)) {
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
    const struct dump_place place = {folder, 0, 1};
    if (!type->weight_value) {
        return write_words(&place, hw, l, "weights", weights, shape, 4, err);
    }
    int32_t *values = malloc((count + 1) * sizeof *values);
    if (!values) {
        return error_set(err, "layer '%s': out of memory for the dump", l->name);
    }
    for (size_t i = 0; i < count; i++) {
        values[i] = (int32_t)type->weight_value(weights[i]);
    }
    int rc = write_words(&place, hw, l, "weights", values, shape, 4, err);
    free(values);
    return rc;
}

int dump_layer(const struct dump_place *place, const struct hw *hw,
               const struct pe_golden *type, const struct layer *l,
               const struct tensors *t, const int32_t *got, struct error *err) {
    const size_t input[3] = {l->c, l->h, l->w}, output[3] = {l->m, l->e, l->f};
    if (emit_folder(place->folder, err) ||
        write_words(place, hw, l, "input", t->ifmap, input, 3, err) ||
        write_words(place, hw, l, "output", got, output, 3, err)) {
        return -1;
    }
    return place->image == 0 &&
                   (write_weights(place->folder, hw, type, l, t->weights, err) ||
                    write_bias(place->folder, hw, l, t->bias, err))
               ? -1
               : 0;
}

/* Those of one image. */
static int write_host_image(const struct dump_place *place, const struct forward *f,
                            size_t layer, struct error *err) {
    const struct layer *l = &f->net->layers[layer];
    const size_t input[3] = {l->c, l->h, l->w}, output[3] = {l->m, l->e, l->f};
    static const char *const names[2] = {"input", "input2"};
    for (unsigned k = 0; k < l->input_count && k < 2; k++) {
        const int32_t *in = forward_image(forward_input(f, layer, k), place->image);
        if (write_words(place, f->hw, l, names[k], in, input, 3, err)) {
            return -1;
        }
    }
    return write_words(place, f->hw, l, "output",
                       forward_image(&f->layers[layer].out, place->image), output, 3,
                       err);
}

int dump_host_layer(const char *folder, const struct forward *f, size_t layer,
                    struct error *err) {
    struct dump_place place = {folder, 0, f->net->batch};
    int rc = emit_folder(folder, err);
    for (; rc == 0 && place.image < place.images; place.image++) {
        rc = write_host_image(&place, f, layer, err);
    }
    return rc;
}
