/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzz target: the import of SCALE-Sim topologies.
 */
#include "gen/import_workload.h"
#include "tests/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    return fuzz_import(import_scalesim, data, size);
}
