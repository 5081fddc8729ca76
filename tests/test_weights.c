/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of gen/weights.c: files written and read back, shapes, refusals.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdint.h>

#include "gen/home.h"
#include "gen/weights.h"
#include "tests/scratch.h"

static char folder[EMIT_PATH_MAX];
static char path[EMIT_PATH_MAX];

static void setup(void) {
    scratch_folder(folder);
    (void)snprintf(path, sizeof path, "%.900s/w.safetensors", folder);
}

static void teardown(void) {
    (void)emit_remove(folder, NULL);
}

/* cppcheck-suppress unknownMacro */
TestSuite(weights, .init = setup, .fini = teardown);

/* A file of the given header and data. */
static void make_file(const char *header, const void *data, size_t size) {
    const uint64_t length = strlen(header);
    FILE *f = fopen(path, "wb");
    cr_assert_not_null(f);
    for (unsigned i = 0; i < 8; i++) {
        (void)fputc((int)(length >> 8 * i & 255), f);
    }
    (void)fwrite(header, 1, (size_t)length, f);
    (void)fwrite(data, 1, size, f);
    cr_assert_eq(fclose(f), 0);
}

/* Are count numbers the same, the sign of zero included? */
static int same(const float *a, const float *b, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (a[i] != b[i] || !signbit(a[i]) != !signbit(b[i])) {
            return 0;
        }
    }
    return 1;
}

static const float numbers[25] = {0.5f, -1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, -0.0f};

/* conv: 3 filters of 2 of 4 channels, 1 x 2; fc: 5 of 4 x 3 x 2; both 24 numbers or
 * more. */
static const struct layer conv = {.name = "c",
                                  .op = OP_CONV,
                                  .c = 4,
                                  .h = 3,
                                  .w = 3,
                                  .m = 6,
                                  .e = 3,
                                  .f = 2,
                                  .r = 1,
                                  .s = 2,
                                  .u = 1,
                                  .groups = 2};
static const struct layer fc = {.name = "f",
                                .op = OP_FC,
                                .c = 4,
                                .h = 1,
                                .w = 1,
                                .m = 5,
                                .e = 1,
                                .f = 1,
                                .r = 1,
                                .s = 1,
                                .u = 1,
                                .groups = 1};

Test(weights, written_is_read) {
    const struct weights_tensor tensors[3] = {{"c.weights", 4, {6, 2, 1, 2}, numbers},
                                              {"f.weights", 2, {5, 4}, numbers + 1},
                                              {"f.bias", 1, {5}, numbers + 2}};
    struct weights w;
    struct error err = {"", 0, 0, ""};
    const float *weights, *bias;
    cr_assert_eq(weights_write(path, tensors, 3, &err), 0, "%s", err.text);
    cr_assert_eq(weights_open(&w, path, &err), 0, "%s", err.text);
    cr_expect_eq(w.count, 3);
    cr_assert_eq(weights_layer(&w, &conv, &weights, &bias, &err), 0, "%s", err.text);
    cr_expect_null(bias);
    cr_expect(same(weights, numbers, 24));
    cr_assert_eq(weights_layer(&w, &fc, &weights, &bias, &err), 0, "%s", err.text);
    cr_expect(same(weights, numbers + 1, 20));
    cr_expect(same(bias, numbers + 2, 5));
    cr_expect_null(weights_find(&w, "c.bias"));
    weights_close(&w);
}

/* The bytes are those of the format: length, JSON padded to 8 bytes, data. */
Test(weights, bytes_of_a_file) {
    const struct weights_tensor tensor = {"f.bias", 1, {2}, numbers};
    const char *header = "{\"f.bias\":{\"dtype\":\"F32\",\"shape\":[2],"
                         "\"data_offsets\":[0,8]}}";
    char *text = NULL;
    size_t size = 0;
    cr_assert_eq(weights_write(path, &tensor, 1, NULL), 0);
    cr_assert_eq(emit_read(path, &text, &size, NULL), 0);
    cr_assert_eq(size, 8 + 64 + 8);
    cr_expect_eq(memcmp(text, "\x40\0\0\0\0\0\0\0", 8), 0);
    cr_expect_eq(memcmp(text + 8, header, strlen(header)), 0);
    cr_expect_eq(text[8 + 63], ' ');
    cr_expect_eq(memcmp(text + 8 + 64, "\0\0\0\x3f\0\0\x80\xbf", 8), 0);
    free(text);
}

#define ENTRY(name, shape, offsets)                                                      \
    "\"" name "\": {\"dtype\": \"F32\", \"shape\": " shape                               \
    ", \"data_offsets\": " offsets "}"

/* Headers over 8 bytes of data, and what is wrong with them. */
static const char *const wrong_headers[][2] = {
    {"[]", "header must be an object { ... }"},
    {"{", "header, byte 1: string or '}' expected near end of file"},
    {"{} {}", "header, byte 4: end of file expected near '{'"},
    {"{" ENTRY("a", "[1]", "[0, 4]") "," ENTRY("a", "[1]", "[4, 8]") "}",
     "header, byte 64: duplicate object key near '\"a\"'"},
    {"{}", "has 8 bytes of data, its tensors are 0 bytes"},
    {"{" ENTRY("a", "[1]", "[0, 4]") "}", "has 8 bytes of data, its tensors are 4 bytes"},
    {"{" ENTRY("a", "[1]", "[4, 8]") "}", "tensor a: starts at byte 4 of the data, must "
                                          "start at 0, where the one before ends"},
    {"{" ENTRY("a", "[2]", "[0, 8]") "," ENTRY("b", "[1]", "[4, 8]") "}",
     "tensor b: starts at byte 4 of the data, must start at 8, where the one before "
     "ends"},
    {"{" ENTRY("a", "[3]", "[0, 12]") "}",
     "tensor a: data_offsets must be [begin, end], at most 8 bytes"},
    {"{" ENTRY("a", "[2]", "[0]") "}",
     "tensor a: data_offsets must be [begin, end], at most 8 bytes"},
    {"{" ENTRY("a", "[2]", "[-8, 0]") "}",
     "tensor a: data_offsets must be [begin, end], at most 8 bytes"},
    {"{" ENTRY("a", "[2]", "[8, 0]") "}",
     "tensor a: data_offsets must be [begin, end], at most 8 bytes"},
    {"{" ENTRY("a", "[3]", "[0, 8]") "}",
     "tensor a: has 8 bytes, its shape [3] does not"},
    {"{" ENTRY("a", "[4294967296, 4294967296]", "[0, 8]") "}",
     "tensor a: has 8 bytes, its shape [4294967296, 4294967296] does not"},
    {"{" ENTRY("a", "[9223372036854775807, 0]", "[0, 8]") "}",
     "tensor a: has 8 bytes, its shape [9223372036854775807, 0] does not"},
    {"{" ENTRY("a", "[-1]", "[0, 8]") "}",
     "tensor a: dimension 0 must be a number, 0 or more"},
    {"{" ENTRY("a", "2", "[0, 8]") "}",
     "tensor a: shape must be a list of at most 8 numbers"},
    {"{" ENTRY("a", "[1,1,1,1,1,1,1,1,2]", "[0, 8]") "}",
     "tensor a: shape must be a list of at most 8 numbers"},
    {"{\"a\": {\"dtype\": \"F16\", \"shape\": [4], \"data_offsets\": [0, 8]}}",
     "tensor a: dtype is F16, must be F32"},
    {"{\"a\": 5}", "tensor a: dtype is missing, must be F32"}};

Test(weights, wrong_headers_are_refused) {
    for (size_t i = 0; i < sizeof wrong_headers / sizeof wrong_headers[0]; i++) {
        struct weights w;
        struct error err = {"", 0, 0, ""};
        make_file(wrong_headers[i][0], numbers, 8);
        cr_expect_eq(weights_open(&w, path, &err), -1, "%s", wrong_headers[i][0]);
        cr_expect_str_eq(err.text, wrong_headers[i][1]);
        cr_expect_str_eq(err.file, path);
        cr_expect_null(w.tensors);
    }
}

/* Shortened at every byte, the file is refused. */
Test(weights, truncated_files_are_refused) {
    const struct weights_tensor tensor = {"f.bias", 1, {2}, numbers};
    char *text = NULL;
    size_t size = 0;
    cr_assert_eq(weights_write(path, &tensor, 1, NULL), 0);
    cr_assert_eq(emit_read(path, &text, &size, NULL), 0);
    for (size_t part = 0; part < size; part++) {
        struct weights w;
        struct error err = {"", 0, 0, ""};
        FILE *f = fopen(path, "wb");
        cr_assert(f && fwrite(text, 1, part, f) == part && fclose(f) == 0);
        cr_expect_eq(weights_open(&w, path, &err), -1, "%zu bytes", part);
        if (part < 8) {
            cr_expect_not_null(strstr(err.text, "a safetensors file has at least 8"));
        } else if (part < 8 + 64) {
            cr_expect_not_null(strstr(err.text, "its header would be 64 bytes"));
        }
    }
    free(text);
    struct weights w;
    struct error err = {"", 0, 0, ""};
    make_file("", "", 0);
    FILE *f = fopen(path, "wb");
    cr_assert(f && fwrite("\xff\xff\xff\xff\xff\xff\xff\xff{}", 1, 10, f) == 10);
    cr_assert_eq(fclose(f), 0);
    cr_expect_eq(weights_open(&w, path, &err), -1);
    cr_expect_str_eq(err.text, "is no safetensors file: its header would be "
                               "18446744073709551615 bytes, at most 2");
}

Test(weights, metadata_and_empty_tensors_are_fine) {
    struct weights w;
    struct error err = {"", 0, 0, ""};
    make_file("{" ENTRY("b", "[2]", "[0, 8]") ", \"__metadata__\": {\"a\": \"b\"}," ENTRY(
                  "a", "[0, 7]", "[0, 0]") "}   ",
              numbers, 8);
    cr_assert_eq(weights_open(&w, path, &err), 0, "%s", err.text);
    cr_expect_eq(w.count, 2);
    cr_expect_eq(weights_find(&w, "b")->data[1], -1.0f);
    weights_close(&w);
}

Test(weights, tensors_must_fit_and_be_finite) {
    static float values[3] = {1, 2, 3};
    const size_t three = 3, two = 2;
    struct weights w;
    for (int i = 0; i < 3; i++) {
        static const char *const texts[3] = {
            "tensor a: number 1 is nan, must be finite",
            "tensor a: number 1 is inf, must be finite",
            "tensor a: number 1 is -inf, must be finite"};
        struct error err = {"", 0, 0, ""};
        values[1] = i == 0 ? NAN : i == 1 ? INFINITY : -INFINITY;
        make_file("{" ENTRY("a", "[3]", "[0, 12]") "}", values, sizeof values);
        cr_assert_eq(weights_open(&w, path, &err), 0, "%s", err.text);
        cr_expect_null(weights_get(&w, "a", &three, 1, &err));
        cr_expect_str_eq(err.text, texts[i]);
        weights_close(&w);
    }
    struct error shape = {"", 0, 0, ""}, name = {"", 0, 0, ""};
    cr_assert_eq(weights_open(&w, path, NULL), 0);
    cr_expect_null(weights_get(&w, "a", &two, 1, &shape));
    cr_expect_str_eq(shape.text, "tensor a: shape is [3], must be [2]");
    cr_expect_null(weights_get(&w, "b", &two, 1, &name));
    cr_expect_str_eq(name.text, "no tensor b, must have one of shape [2]");
    weights_close(&w);
}

Test(weights, network_and_file_must_agree) {
    struct layer layers[3] = {conv, fc, {.name = "p", .op = OP_MAXPOOL}};
    const struct network net = {.layers = layers, .layer_count = 3};
    struct weights_tensor tensors[3] = {{"c.weights", 4, {6, 2, 1, 2}, numbers},
                                        {"f.weights", 2, {5, 4}, numbers},
                                        {"f.bias", 1, {5}, numbers}};
    static const char *const names[4] = {"f.bias", "f.bais", "p.weights", "c.bias"};
    static const char *const texts[4] = {
        NULL, "tensor f.bais belongs to no conv or fc layer, did you mean f.bias?",
        "tensor p.weights belongs to no conv or fc layer, did you mean c.weights?",
        "tensor c.bias: shape is [5], must be [6]"};
    for (int i = 0; i < 4; i++) {
        struct weights w;
        struct error err = {"", 0, 0, ""};
        tensors[2].name = names[i];
        cr_assert_eq(weights_write(path, tensors, 3, &err), 0);
        cr_assert_eq(weights_open(&w, path, &err), 0, "%s", err.text);
        cr_expect_eq(weights_check(&w, &net, &err), texts[i] ? -1 : 0);
        cr_expect_str_eq(err.text, texts[i] ? texts[i] : "");
        weights_close(&w);
    }
}
