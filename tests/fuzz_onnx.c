/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzz target: the import of ONNX files.
 */
#include "gen/import_onnx.h"
#include "tests/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    return fuzz_import(import_onnx, data, size);
}
