/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs a fuzz target on files, without libFuzzer.
 *
 * usage: fuzz_replay_TARGET FILE...
 */
#include <stdio.h>
#include <stdlib.h>

#include "gen/emit.h"
#include "tests/fuzz.h"

int main(int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        struct error err = {"", 0, 0, ""};
        char *text = NULL;
        size_t size = 0;
        if (emit_read(argv[i], &text, &size, &err)) {
            error_print(&err);
            return 1;
        }
        /* A copy of just that size: what is read behind it is found. */
        uint8_t *data = malloc(size ? size : 1);
        if (!data) {
            free(text);
            return 1;
        }
        for (size_t k = 0; k < size; k++) {
            data[k] = (uint8_t)text[k];
        }
        (void)LLVMFuzzerTestOneInput(data, size);
        free(data);
        free(text);
    }
    (void)printf("%d passed, 0 failed\n", argc - 1);
    return argc > 1 ? 0 : 1;
}
