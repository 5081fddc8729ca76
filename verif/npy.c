/* SPDX-License-Identifier: Apache-2.0
 *
 * NumPy array files.
 *
 * Source: the format description in numpy.lib.format: magic, version, a little-endian
 * header length, and a Python dictionary padded with blanks to a multiple of 64 bytes.
 */
#include "verif/npy.h"

#include <stdio.h>
#include <string.h>

#include "gen/emit.h"

enum { MAGIC_BYTES = 10, HEADER_BYTES = 192, CHUNK = 1024 };

/* The whole header of HEADER_BYTES bytes. */
static void make_header(char *header, const char *descr, const size_t *shape,
                        unsigned rank) {
    char dict[HEADER_BYTES - MAGIC_BYTES + 1];
    int n = snprintf(dict, sizeof dict,
                     "{'descr': '%s', 'fortran_order': False, "
                     "'shape': (",
                     descr);
    for (unsigned i = 0; i < rank; i++) {
        n += snprintf(dict + n, sizeof dict - (size_t)n, "%zu,%s", shape[i],
                      i + 1 < rank ? " " : "");
    }
    n += snprintf(dict + n, sizeof dict - (size_t)n, "), }");
    const unsigned length = HEADER_BYTES - MAGIC_BYTES;
    memset(header, ' ', HEADER_BYTES);
    static const char magic[8] = {'\x93', 'N', 'U', 'M', 'P', 'Y', 1, 0};
    memcpy(header, magic, sizeof magic);
    header[8] = (char)(length & 255);
    header[9] = (char)(length >> 8);
    memcpy(header + MAGIC_BYTES, dict, (size_t)n);
    header[HEADER_BYTES - 1] = '\n';
}

static void put_le(uint8_t *to, int64_t value, unsigned bytes) {
    for (unsigned i = 0; i < bytes; i++) {
        to[i] = (uint8_t)((uint64_t)value >> (8 * i));
    }
}

/* Elements to write: exactly one of narrow and wide is given. */
struct elements {
    const char *descr; /* NumPy's name of the type */
    unsigned bytes;    /* of an element in the file */
    const int32_t *narrow;
    const int64_t *wide;
};

static int write_array(const char *path, const struct elements *data, const size_t *shape,
                       unsigned rank, struct error *err) {
    struct emit out;
    char header[HEADER_BYTES];
    uint8_t chunk[CHUNK * 8];
    size_t count = 1;
    for (unsigned i = 0; i < rank; i++) {
        count *= shape[i];
    }
    if (emit_open(&out, path, err)) {
        return -1;
    }
    make_header(header, data->descr, shape, rank);
    (void)fwrite(header, 1, sizeof header, out.file);
    for (size_t i = 0; i < count; i += CHUNK) {
        size_t n = count - i;
        if (n > CHUNK) {
            n = CHUNK;
        }
        for (size_t k = 0; k < n; k++) {
            put_le(chunk + data->bytes * k,
                   data->narrow ? data->narrow[i + k] : data->wide[i + k], data->bytes);
        }
        /* a failure stays set: see emit_close */
        (void)fwrite(chunk, data->bytes, n, out.file);
    }
    return emit_close(&out, err);
}

int npy_write_i32(const char *path, const int32_t *data, const size_t *shape,
                  unsigned rank, struct error *err) {
    const struct elements elements = {"<i8", 8, data, NULL};
    return write_array(path, &elements, shape, rank, err);
}

int npy_write_i64(const char *path, const int64_t *data, const size_t *shape,
                  unsigned rank, struct error *err) {
    const struct elements elements = {"<i8", 8, NULL, data};
    return write_array(path, &elements, shape, rank, err);
}

int npy_write_f32(const char *path, const int32_t *data, const size_t *shape,
                  unsigned rank, struct error *err) {
    const struct elements elements = {"<f4", 4, data, NULL};
    return write_array(path, &elements, shape, rank, err);
}

int npy_write_wide_f32(const char *path, const int64_t *data, const size_t *shape,
                       unsigned rank, struct error *err) {
    const struct elements elements = {"<f4", 4, NULL, data};
    return write_array(path, &elements, shape, rank, err);
}
