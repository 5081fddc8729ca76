/* SPDX-License-Identifier: Apache-2.0
 *
 * CIFAR-10 and CIFAR-100 images in their binary files.
 *
 * A record is the label (CIFAR-100: coarse label, then fine label, which is the class),
 * one byte each, and 3 planes red, green, blue of 32 rows of 32 bytes.
 *
 *              test set         training images (of CIFAR-10 the first fifth)
 *   CIFAR-10   test_batch.bin   data_batch_1.bin
 *   CIFAR-100  test.bin         train.bin
 */
#ifndef QADAM_CIFAR_H
#define QADAM_CIFAR_H

#include <stddef.h>
#include <stdint.h>

#include "gen/error.h"
#include "gen/network.h"

enum { CIFAR_CHANNELS = 3, CIFAR_SIDE = 32, CIFAR_BYTES = 3072, CIFAR_FILE = 32 };

enum cifar_part { CIFAR_TEST, CIFAR_TRAIN };

struct cifar {
    char file[CIFAR_FILE]; /* name in its folder */
    unsigned classes;      /* 10 or 100 */
    size_t record_bytes;   /* labels and image */
    size_t count;          /* of images */
    char *records;         /* owned, [count][record_bytes] */
};

/* How bytes become the network's input: (byte / 255 - mean) / deviation. */
struct preprocess {
    double mean[CIFAR_CHANNELS], deviation[CIFAR_CHANNELS];
};

/* Read one part of the set in a folder; it is known by its files' names. Every label is
 * checked. Caller ends with cifar_close. Returns 0, or -1 with *err set. */
int cifar_open(struct cifar *c, const char *folder, enum cifar_part part,
               struct error *err);
void cifar_close(struct cifar *c);

/* Whether the folder has that part. */
int cifar_has(const char *folder, enum cifar_part part);

/* The class of an image; index < count. */
unsigned cifar_label(const struct cifar *c, size_t index);

/* An image as the network's input, [3][32][32]. */
void cifar_image(const struct cifar *c, size_t index, const struct preprocess *p,
                 float *out);

/* Whether the network is one for these images: 3 x 32 x 32 inputs, and as many outputs as
 * there are classes. Returns 0, or -1 with *err set. */
int cifar_check(const struct cifar *c, const struct network *net, struct error *err);

/* Read "preprocess" of the network's file: {"mean": [3 numbers], "deviation": [3 numbers
 * above 0]}. Without it bytes are only divided by 255.
 * Returns 0, or -1 with *err set. */
int preprocess_read(const struct network *net, struct preprocess *p, struct error *err);

/* Take one of the two from the text of an option: 3 numbers separated by commas.
 * Returns 0, or -1 with *err set. */
int preprocess_parse(const char *option, const char *text, double numbers[CIFAR_CHANNELS],
                     int positive, struct error *err);

#endif
