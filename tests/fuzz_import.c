/* SPDX-License-Identifier: Apache-2.0
 *
 * What the fuzz targets of the import have in common.
 */
#include <stdlib.h>

#include "tests/fuzz.h"

int fuzz_import(fuzz_reader *read, const uint8_t *data, size_t size) {
    struct import_net net;
    struct error err = {"", 0, 0, ""};
    if (import_net_init(&net, "fuzz.file", "any bytes", &err)) {
        abort();
    }
    if (read(data, size, NULL, &net, &err) == 0) {
        json_t *root = import_net_json(&net, "net.json");
        if (!root) {
            abort();
        }
        json_decref(root);
    } else if (err.text[0] == '\0') {
        abort();
    }
    import_net_close(&net);
    return 0;
}
