/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzz targets: each reads one kind of file from any bytes. libFuzzer calls them
 * (make fuzz), or tests/fuzz_replay.c with the files of tests/fuzz/.
 */
#ifndef QADAM_TESTS_FUZZ_H
#define QADAM_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

#include "gen/import_net.h"

/* Read the bytes as a file. Always returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A reader of the import (gen/import_onnx.h, gen/import_workload.h). */
typedef int fuzz_reader(const uint8_t *bytes, size_t size, const struct layer_map *shape,
                        struct import_net *net, struct error *err);

/* Run a reader; aborts if it fails without an error. */
int fuzz_import(fuzz_reader *read, const uint8_t *data, size_t size);

#endif
