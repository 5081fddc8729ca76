/* SPDX-License-Identifier: Apache-2.0
 *
 * ONNX files as networks (docs/import.md).
 */
#ifndef QADAM_IMPORT_ONNX_H
#define QADAM_IMPORT_ONNX_H

#include <stddef.h>
#include <stdint.h>

#include "gen/error.h"
#include "gen/import_net.h"

/* Fill net, which import_net_init has made, from the bytes of an ONNX file.
 *
 *   shape  of the input in place of what the file says; NULL = the file's
 *
 * Returns 0, or -1 with *err set: without the file, with node and reason. */
int import_onnx(const uint8_t *bytes, size_t size, const struct layer_map *shape,
                struct import_net *net, struct error *err);

#endif
