/* SPDX-License-Identifier: Apache-2.0
 *
 * CIFAR files: labels, pixels, preprocessing.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gen/emit.h"
#include "models/cifar.h"

static char folder[] = "/tmp/qadam-cifar-XXXXXX";

static void make_folder(void) {
    cr_assert_not_null(mkdtemp(folder));
}

static void remove_folder(void) {
    cr_assert_eq(emit_remove(folder, NULL), 0);
}

/* Two records: byte i of the image of record k is (i / 1024) * 50 + k. */
static void write_records(const char *name, unsigned label_bytes) {
    char path[EMIT_PATH_MAX];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "wb");
    cr_assert_not_null(f);
    for (int k = 0; k < 2; k++) {
        if (label_bytes == 2) {
            (void)fputc(19, f);
        }
        (void)fputc(label_bytes == 2 ? 99 - k : 9 - k, f);
        for (int i = 0; i < CIFAR_BYTES; i++) {
            (void)fputc(i / 1024 * 50 + k, f);
        }
    }
    cr_assert_eq(fclose(f), 0);
}

static void check_set(const char *test, const char *train, unsigned label_bytes,
                      unsigned classes) {
    const struct preprocess p = {{0, 0.5, 0.25}, {1, 2, 0.5}};
    struct error err = {"", 0, 0, ""};
    struct cifar c;
    float image[CIFAR_BYTES];
    make_folder();
    write_records(test, label_bytes);
    cr_assert(cifar_has(folder, CIFAR_TEST));
    cr_assert_not(cifar_has(folder, CIFAR_TRAIN));
    write_records(train, label_bytes);
    for (int part = CIFAR_TEST; part <= CIFAR_TRAIN; part++) {
        cr_assert_eq(cifar_open(&c, folder, (enum cifar_part)part, &err), 0, "%s",
                     err.text);
        cr_assert_str_eq(c.file, part == CIFAR_TEST ? test : train);
        cr_assert_eq(c.count, 2);
        cr_assert_eq(c.classes, classes);
        cr_assert_eq(cifar_label(&c, 0), classes - 1);
        cr_assert_eq(cifar_label(&c, 1), classes - 2);
        cifar_image(&c, 1, &p, image);
        cr_assert_float_eq(image[0], 1 / 255.0, 1e-7);
        cr_assert_float_eq(image[1024], (51 / 255.0 - 0.5) / 2, 1e-7);
        cr_assert_float_eq(image[3071], (101 / 255.0 - 0.25) / 0.5, 1e-7);
        cifar_close(&c);
    }
    remove_folder();
}

Test(cifar, reads_cifar_10) {
    check_set("test_batch.bin", "data_batch_1.bin", 1, 10);
}

Test(cifar, reads_cifar_100) {
    check_set("test.bin", "train.bin", 2, 100);
}

Test(cifar, parses_three_numbers) {
    struct error err = {"", 0, 0, ""};
    double numbers[CIFAR_CHANNELS];
    cr_assert_eq(preprocess_parse("--mean", "0.5,-1,2e-1", numbers, 0, &err), 0);
    cr_assert_float_eq(numbers[0], 0.5, 0);
    cr_assert_float_eq(numbers[1], -1, 0);
    cr_assert_float_eq(numbers[2], 0.2, 1e-15);
    cr_assert_eq(preprocess_parse("--mean", "0.5,-1,1", numbers, 1, NULL), -1);
    cr_assert_eq(preprocess_parse("--mean", "0.5,1", numbers, 1, NULL), -1);
    cr_assert_eq(preprocess_parse("--mean", "0.5,1,1,", numbers, 1, NULL), -1);
    cr_assert_eq(preprocess_parse("--mean", "0.5,nan,1", numbers, 0, NULL), -1);
    cr_assert_eq(preprocess_parse("--mean", "", numbers, 0, NULL), -1);
}
