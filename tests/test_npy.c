/* SPDX-License-Identifier: Apache-2.0
 *
 * NumPy files, byte by byte.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gen/emit.h"
#include "verif/npy.h"

Test(npy, header_and_data) {
    char path[] = "/tmp/qadam_npyXXXXXX";
    const int32_t data[6] = {1, -1, 0, 32767, -32768, 5};
    const int64_t bias[1] = {INT64_MIN};
    const size_t shape[2] = {2, 3}, one[1] = {1};
    char *text = NULL;
    size_t size = 0;
    int fd = mkstemp(path);
    cr_assert_geq(fd, 0);
    (void)close(fd);
    cr_assert_eq(npy_write_i32(path, data, shape, 2, NULL), 0);
    cr_assert_eq(emit_read(path, &text, &size, NULL), 0);
    cr_assert_eq(size, 192 + 6 * 8);
    cr_assert_eq(memcmp(text, "\x93NUMPY\x01\x00\xb6\x00", 10), 0);
    cr_assert_eq(strncmp(text + 10,
                         "{'descr': '<i8', 'fortran_order': False, 'shape': (2, 3,), }",
                         60),
                 0);
    cr_assert_eq(text[191], '\n');
    cr_assert_eq(memcmp(text + 192 + 8, "\xff\xff\xff\xff\xff\xff\xff\xff", 8), 0);
    cr_assert_eq(memcmp(text + 192 + 32, "\x00\x80\xff\xff\xff\xff\xff\xff", 8), 0);
    free(text);
    cr_assert_eq(npy_write_i64(path, bias, one, 1, NULL), 0);
    cr_assert_eq(emit_read(path, &text, &size, NULL), 0);
    cr_assert_eq(memcmp(text + 192, "\x00\x00\x00\x00\x00\x00\x00\x80", 8), 0);
    free(text);
    const int32_t floats[2] = {0x3f800000, -1};
    const int64_t wide[1] = {0x40490fdb};
    const size_t two[1] = {2};
    cr_assert_eq(npy_write_f32(path, floats, two, 1, NULL), 0);
    cr_assert_eq(emit_read(path, &text, &size, NULL), 0);
    cr_assert_eq(size, 192 + 2 * 4);
    cr_assert_eq(strncmp(text + 10, "{'descr': '<f4', ", 17), 0);
    cr_assert_eq(memcmp(text + 192, "\x00\x00\x80\x3f\xff\xff\xff\xff", 8), 0);
    free(text);
    cr_assert_eq(npy_write_wide_f32(path, wide, one, 1, NULL), 0);
    cr_assert_eq(emit_read(path, &text, &size, NULL), 0);
    cr_assert_eq(size, 192 + 4);
    cr_assert_eq(memcmp(text + 192, "\xdb\x0f\x49\x40", 4), 0);
    free(text);
    (void)remove(path);
}

Test(npy, refuses_a_path_that_cannot_be_written) {
    const int32_t data[1] = {1};
    const size_t shape[1] = {1};
    struct error err = {"", 0, 0, ""};
    cr_assert_eq(npy_write_i32("/nonexistent/x.npy", data, shape, 1, &err), -1);
    cr_assert_neq(err.text[0], '\0');
}
