/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzz target: the import of Timeloop problems.
 */
#include "gen/import_workload.h"
#include "tests/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    return fuzz_import(import_timeloop, data, size);
}
