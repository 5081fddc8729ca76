/* SPDX-License-Identifier: Apache-2.0
 *
 * Running many images through a network, on several threads, and counting what they are
 * taken for.
 */
#ifndef QADAM_ACCURACY_H
#define QADAM_ACCURACY_H

#include <stddef.h>
#include <stdint.h>

#include "gen/error.h"
#include "models/cifar.h"
#include "models/infer.h"
#include "models/trained.h"

enum { ACCURACY_THREADS_MAX = 256 };

struct accuracy_job {
    const struct infer *infer;     /* borrowed, as all of these */
    const struct trained *trained; /* what infer was made of */
    const struct cifar *images;
    const struct preprocess *preprocess;
    size_t first, count;  /* of the images to run; first + count <= images->count */
    unsigned threads;     /* 1..ACCURACY_THREADS_MAX */
    const char *progress; /* label of a progress line on standard error, or NULL */
};

/* What the images were taken for. */
struct accuracy {
    size_t count;
    unsigned classes;
    uint8_t *predicted; /* owned, [count]: the class of the largest logit; of equals the
                           first */
    int32_t *logits;    /* owned, [count][classes]: words */
};

/* Run the images. Results do not depend on the number of threads. Caller ends with
 * accuracy_close, also after a failure. Returns 0, or -1 with *err set. */
int accuracy_run(const struct accuracy_job *job, struct accuracy *a, struct error *err);
void accuracy_close(struct accuracy *a);

/* How many images were taken for what they are. */
size_t accuracy_right(const struct accuracy_job *job, const struct accuracy *a);

#endif
