/* SPDX-License-Identifier: Apache-2.0
 *
 * What the verbs need of a trained network: its tensors, how images become its input, a
 * design of each PE type, and the grids, read from the network's file or made by
 * calibration.
 */
#ifndef QADAM_MODEL_H
#define QADAM_MODEL_H

#include <stddef.h>

#include "gen/design.h"
#include "gen/error.h"
#include "gen/mapping.h"
#include "gen/network.h"
#include "gen/weights.h"
#include "models/calibrate.h"
#include "models/cifar.h"
#include "models/scales.h"
#include "pe_lib/quantize.h"
#include "verif/forward.h"

struct model {
    const char *home; /* borrowed, as net and data */
    const struct network *net;
    const char *data; /* folder of the images */
    struct weights weights;
    struct preprocess preprocess;
    size_t calibration_images;         /* CALIBRATION_IMAGES unless the caller says; at
                                  most as many as there are */
    enum quantize_rule rule;           /* QUANTIZE_ERROR unless the caller says */
    char calibration_file[CIFAR_FILE]; /* whose images were taken, "" = none so far */
    struct calibration calibration;
};

/* Open the tensors of a network, which must have some.
 *
 *   mean, deviation  text in place of the file's "preprocess", or NULL
 *
 * Caller ends with model_close, also after a failure. Returns 0, or -1 with *err set. */
int model_open(struct model *m, const char *home, const struct network *net,
               const char *data, const char *mean, const char *deviation,
               struct error *err);
void model_close(struct model *m);

/* A design of a PE type: that of the file, or with its type changed, psum width and all
 * else that depends on the type then being the type's defaults.
 *
 *   design  file, or NULL = HOME/designs/eyeriss_int16.json
 */
int model_design(const char *home, const char *design, const char *pe_type, struct hw *hw,
                 struct error *err);

/* Calibrate for an integer type with the folder's training images, or its test images if
 * it has no others. Caller ends with scales_close. Returns 0, or -1 with *err set. */
int model_calibrate(struct model *m, const struct hw *hw, struct scales *s,
                    struct error *err);

/* The scales of an integer type: those of the network's file, else by model_calibrate.
 * *stored tells which. Caller ends with scales_close. Returns 0, or -1 with *err set. */
int model_scales(struct model *m, const struct hw *hw, struct scales *s, int *stored,
                 struct error *err);

/* The golden forward pass of a network's batch: test images number first and up. All else
 * as in forward_run.
 *
 *   labels  out: [net->batch], the classes of the images
 */
int model_forward(struct model *m, const struct hw *hw, const struct mapping *mappings,
                  size_t first, struct forward *f, unsigned *labels, struct error *err);

#endif
