/* SPDX-License-Identifier: Apache-2.0
 *
 * Running many images through a network.
 */
#include "models/accuracy.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEP = 100 /* images between two progress lines */ };

/* What the threads share. */
struct run {
    const struct accuracy_job *job;
    struct accuracy *a;
    atomic_size_t next; /* image to take */
    atomic_int failed;
    pthread_mutex_t lock; /* of err and done */
    struct error *err;
    size_t done;
};

static int greater(int is_float, int32_t a, int32_t b) {
    float x, y;
    memcpy(&x, &a, sizeof x);
    memcpy(&y, &b, sizeof y);
    return is_float ? x > y : a > b;
}

static unsigned largest(int is_float, const int32_t *logits, unsigned classes) {
    unsigned best = 0;
    for (unsigned i = 1; i < classes; i++) {
        best = greater(is_float, logits[i], logits[best]) ? i : best;
    }
    return best;
}

static int run_image(const struct run *r, struct infer_work *w, size_t index,
                     struct error *err) {
    const struct accuracy_job *job = r->job;
    const struct network *net = job->infer->net;
    const unsigned classes = r->a->classes;
    int32_t *logits = r->a->logits + index * classes;
    float input[CIFAR_BYTES];
    cifar_image(job->images, job->first + index, job->preprocess, input);
    trained_input(job->trained, input, CIFAR_BYTES, w->input);
    if (infer_run(w, err)) {
        return -1;
    }
    memcpy(logits, w->maps[net->layer_count - 1], classes * sizeof *logits);
    r->a->predicted[index] =
        (uint8_t)largest(job->infer->hw->type.kind == PE_FLOAT, logits, classes);
    return 0;
}

static void image_done(struct run *r) {
    (void)pthread_mutex_lock(&r->lock);
    r->done++;
    if (r->job->progress && (r->done % STEP == 0 || r->done == r->job->count)) {
        (void)fprintf(stderr, "\r%s: %zu of %zu images%s", r->job->progress, r->done,
                      r->job->count, r->done == r->job->count ? "\n" : "");
    }
    (void)pthread_mutex_unlock(&r->lock);
}

static void *work(void *context) {
    struct run *r = context;
    struct infer_work w;
    struct error err = {"", 0, 0, ""};
    int rc = infer_work_init(&w, r->job->infer, 0, &err);
    while (rc == 0 && !atomic_load(&r->failed)) {
        const size_t index = atomic_fetch_add(&r->next, 1);
        if (index >= r->job->count) {
            break;
        }
        rc = run_image(r, &w, index, &err);
        image_done(r);
    }
    if (rc) {
        (void)pthread_mutex_lock(&r->lock);
        (void)error_set(r->err, "%s", err.text);
        (void)pthread_mutex_unlock(&r->lock);
        atomic_store(&r->failed, 1);
    }
    infer_work_close(&w);
    return NULL;
}

/* The caller is the first thread; those that cannot be started are done without. */
static void run_threads(struct run *r) {
    pthread_t threads[ACCURACY_THREADS_MAX];
    unsigned started = 0;
    while (started + 1 < r->job->threads && started < ACCURACY_THREADS_MAX &&
           pthread_create(&threads[started], NULL, work, r) == 0) {
        started++;
    }
    (void)work(r);
    for (unsigned i = 0; i < started; i++) {
        (void)pthread_join(threads[i], NULL);
    }
}

int accuracy_run(const struct accuracy_job *job, struct accuracy *a, struct error *err) {
    struct run r = {.job = job, .a = a, .err = err};
    memset(a, 0, sizeof *a);
    a->count = job->count;
    a->classes = job->images->classes;
    a->predicted = calloc(a->count + 1, sizeof *a->predicted);
    a->logits = calloc(a->count + 1, a->classes * sizeof *a->logits);
    if (!a->predicted || !a->logits || pthread_mutex_init(&r.lock, NULL) != 0) {
        return error_set(err, "out of memory for the logits");
    }
    run_threads(&r);
    (void)pthread_mutex_destroy(&r.lock);
    return atomic_load(&r.failed) ? -1 : 0;
}

void accuracy_close(struct accuracy *a) {
    free(a->predicted);
    free(a->logits);
    memset(a, 0, sizeof *a);
}

size_t accuracy_right(const struct accuracy_job *job, const struct accuracy *a) {
    size_t right = 0;
    for (size_t i = 0; i < a->count; i++) {
        right += a->predicted[i] == cifar_label(job->images, job->first + i);
    }
    return right;
}
