/* SPDX-License-Identifier: Apache-2.0
 *
 * Machine-readable results.
 */
#include "gen/json_out.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gen/emit.h"

int json_out_write(const json_t *value, const char *path, struct error *err) {
    char *text = value ? json_dumps(value, JSON_INDENT(2) | JSON_REAL_PRECISION(17) |
                                               JSON_ENCODE_ANY)
                       : NULL;
    if (!text) {
        return error_set_at(err, path, 0, 0,
                            "result cannot be written as JSON: out of memory, or a "
                            "number is not finite");
    }
    int rc = 0;
    if (strcmp(path, "-") == 0) {
        if (printf("%s\n", text) < 0 || fflush(stdout) != 0) {
            rc = error_set(err, "standard output cannot be written: %s", strerror(errno));
        }
    } else {
        struct emit out;
        rc = emit_open(&out, path, err);
        if (rc == 0) {
            emit(&out, "%s\n", text);
            rc = emit_close(&out, err);
        }
    }
    free(text);
    return rc;
}

int json_out_probe(const char *path, struct error *err) {
    struct emit out;
    if (!path || strcmp(path, "-") == 0) {
        return 0;
    }
    if (emit_open(&out, path, err) != 0) {
        return -1;
    }
    emit_abandon(&out);
    return 0;
}
