/* SPDX-License-Identifier: Apache-2.0
 *
 * A program that links libqadam: predicts every layer of a network, and all of them.
 *
 *     predict_layers DESIGN NETWORK [KEY=VALUE]...
 *
 * Prints "LAYER COUNT VALUE" for every count of every layer and of "total". KEY=VALUE
 * changes a number of the design.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <qadam.h>

enum { SETTINGS = 16 };

static void print(const char *layer, const struct qadam_result *r) {
    for (unsigned i = 0; i < QADAM_COUNTS; i++) {
        (void)printf("%s %s %llu\n", layer, qadam_count_name(i),
                     (unsigned long long)r->count[i]);
    }
    (void)printf("%s utilization %.17g\n", layer, r->utilization);
}

static int predict(struct qadam_predictor *p, const struct qadam_design *d,
                   const struct qadam_network *n, struct qadam_error *err) {
    struct qadam_result r;
    for (size_t i = 0; i < qadam_network_layers(n); i++) {
        if (qadam_predict_layer(p, d, n, i, &r, err)) {
            return -1;
        }
        print(qadam_layer_name(n, i), &r);
    }
    if (qadam_predict_network(p, d, n, &r, err)) {
        return -1;
    }
    print("total", &r);
    return 0;
}

/* The design with the numbers that the arguments give. */
static struct qadam_design *vary(const struct qadam_design *d, char **arguments,
                                 size_t count, struct qadam_error *err) {
    struct qadam_setting settings[SETTINGS];
    for (size_t i = 0; i < count; i++) {
        char *value = strchr(arguments[i], '=');
        if (value) {
            *value++ = '\0';
        }
        settings[i].key = arguments[i];
        settings[i].value = value ? (unsigned)strtoul(value, NULL, 10) : 0;
    }
    return qadam_design_vary(d, settings, count, err);
}

int main(int argc, char **argv) {
    struct qadam_error err = {""};
    if (argc < 3 || argc > 3 + SETTINGS) {
        (void)fprintf(stderr, "usage: predict_layers DESIGN NETWORK [KEY=VALUE]...\n");
        return 2;
    }
    struct qadam_design *file = qadam_design_load(NULL, argv[1], &err);
    struct qadam_design *d = file ? vary(file, argv + 3, (size_t)argc - 3, &err) : NULL;
    struct qadam_network *n = d ? qadam_network_load(NULL, argv[2], 0, &err) : NULL;
    struct qadam_predictor *p = n ? qadam_predictor_new(0, &err) : NULL;
    const int status = p ? predict(p, d, n, &err) : -1;
    if (status) {
        (void)fprintf(stderr, "predict_layers: %s\n", err.text);
    }
    qadam_predictor_free(p);
    qadam_network_free(n);
    qadam_design_free(d);
    qadam_design_free(file);
    return status ? 1 : 0;
}
