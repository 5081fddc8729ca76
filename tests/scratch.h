/* SPDX-License-Identifier: Apache-2.0
 *
 * Scratch folders and files for unit tests.
 */
#ifndef QADAM_TESTS_SCRATCH_H
#define QADAM_TESTS_SCRATCH_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gen/emit.h"

/* A folder of this test alone; buf is at least EMIT_PATH_MAX bytes. Remove it with
 * emit_remove. */
static inline void scratch_folder(char *buf) {
    const char *base = getenv("TMPDIR");
    (void)snprintf(buf, EMIT_PATH_MAX, "%s/qadam-test-XXXXXX", base ? base : "/tmp");
    char *made = mkdtemp(buf);
    if (!made) {
        abort();
    }
}

/* Write text to FOLDER/name and its path to buf (EMIT_PATH_MAX bytes). */
static inline void scratch_file(const char *folder, const char *name, const char *text,
                                char *buf) {
    (void)snprintf(buf, EMIT_PATH_MAX, "%.900s/%.100s", folder, name);
    FILE *f = fopen(buf, "wb");
    if (!f || fputs(text, f) < 0 || fclose(f) != 0) {
        abort();
    }
}

#endif
