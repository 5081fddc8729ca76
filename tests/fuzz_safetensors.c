/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzz target: files of tensors.
 */
#include <stdio.h>
#include <stdlib.h>

#include "gen/weights.h"
#include "tests/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    uint8_t none = 0;
    struct weights w;
    struct error err = {"", 0, 0, ""};
    /* Nothing is written to it: mode "r". */
    FILE *f = fmemopen(size ? (void *)(uintptr_t)data : &none, size ? size : 1, "r");
    if (!f) {
        abort();
    }
    if (weights_read(&w, "fuzz.safetensors", f, &err) == 0) {
        for (size_t i = 0; i < w.count; i++) {
            const struct weights_tensor *t = &w.tensors[i];
            (void)weights_get(&w, t->name, t->shape, t->rank, NULL);
        }
        weights_close(&w);
    } else if (err.text[0] == '\0') {
        abort();
    }
    (void)fclose(f);
    return 0;
}
