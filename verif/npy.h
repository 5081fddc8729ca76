/* SPDX-License-Identifier: Apache-2.0
 *
 * NumPy array files (.npy, format version 1.0), written for other tools.
 */
#ifndef QADAM_NPY_H
#define QADAM_NPY_H

#include <stddef.h>
#include <stdint.h>

#include "gen/error.h"

enum { NPY_RANK_MAX = 4 };

/* Write an int64 array in C order ("<i8") from 32-bit or 64-bit words.
 *
 *   shape  [rank] elements per dimension, rank 1..NPY_RANK_MAX
 *
 * Returns 0, or -1 with *err set; then no file is left. */
int npy_write_i32(const char *path, const int32_t *data, const size_t *shape,
                  unsigned rank, struct error *err);
int npy_write_i64(const char *path, const int64_t *data, const size_t *shape,
                  unsigned rank, struct error *err);

/* Write a float32 array ("<f4") from binary32 bit patterns, in 32-bit words or in the
 * low halves of 64-bit words; all else as above. */
int npy_write_f32(const char *path, const int32_t *data, const size_t *shape,
                  unsigned rank, struct error *err);
int npy_write_wide_f32(const char *path, const int64_t *data, const size_t *shape,
                       unsigned rank, struct error *err);

#endif
