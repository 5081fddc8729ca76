/* SPDX-License-Identifier: Apache-2.0
 *
 * The performance model against its slot-by-slot reference, at length.
 *
 *     perf_proof [--cases N] [--first N] [--seed N] [--networks]
 *
 * Random cases (tests/perf_cases.h), or with --networks every layer of all networks in
 * models/networks on all designs in designs/. Exit status 1 when any counter differs.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gen/emit.h"
#include "gen/home.h"
#include "gen/options.h"
#include "tests/perf_cases.h"
#include "verif/tensor.h"

enum { NAMES_MAX = 64, TEXT_SIZE = 1200, SHOWN = 10 };

static const struct option_spec specs[] = {
    {"cases", 'c', "N", 0, "random cases to draw; 100000 by default"},
    {"first", 0, "N", 0, "number of the first one; 0 by default"},
    {"seed", 's', "N", 0, "of everything that is drawn; 1 by default"},
    {"networks", 0, NULL, 0, "the layers of all networks on all designs instead"},
    {NULL, 0, NULL, 0, NULL}};

static const struct option_usage usage = {
    "perf_proof", "", 0, "Predictions against the slot-by-slot reference.", specs, NULL};

struct tally {
    uint64_t equal, different, unmapped;
};

static void note(struct tally *t, int outcome, const char *text) {
    t->equal += outcome == 0;
    t->unmapped += outcome > 0;
    t->different += outcome < 0;
    if (outcome < 0 && t->different <= SHOWN) {
        (void)printf("FAIL %s\n", text);
    }
}

static int compare_names(const void *a, const void *b) {
    return strcmp(a, b);
}

/* The .json files of a folder, sorted. Returns their number. */
static unsigned list_files(const char *home, const char *folder,
                           char names[NAMES_MAX][EMIT_PATH_MAX], struct error *err) {
    char path[EMIT_PATH_MAX];
    unsigned count = 0;
    if (emit_path(path, sizeof path, err, "%s/%s", home, folder)) {
        return 0;
    }
    DIR *dir = opendir(path);
    const struct dirent *entry;
    while (dir && count < NAMES_MAX && (entry = readdir(dir)) != NULL) {
        const char *end = strstr(entry->d_name, ".json");
        if (end && end[5] == '\0' &&
            emit_path(names[count], EMIT_PATH_MAX, err, "%s/%s", path, entry->d_name) ==
                0) {
            count++;
        }
    }
    if (dir) {
        (void)closedir(dir);
    }
    qsort(names, count, EMIT_PATH_MAX, compare_names);
    return count;
}

static void prove_network(const struct hw *hw, const struct network *net,
                          struct tally *t) {
    for (size_t i = 0; i < net->layer_count; i++) {
        char text[TEXT_SIZE];
        struct mapping m;
        if (!layer_on_array(&net->layers[i])) {
            continue;
        }
        const struct layer l = tensor_group_layer(&net->layers[i]);
        note(t,
             mapping_search(hw, &l, &m, NULL)
                 ? 1
                 : perf_case_compare(hw, &l, &m, 64, text, sizeof text),
             text);
    }
}

static int prove_networks(const char *home, struct tally *t, struct error *err) {
    static char designs[NAMES_MAX][EMIT_PATH_MAX], networks[NAMES_MAX][EMIT_PATH_MAX];
    const unsigned design_count = list_files(home, "designs", designs, err);
    const unsigned network_count = list_files(home, "models/networks", networks, err);
    for (unsigned d = 0; d < design_count; d++) {
        struct hw hw;
        if (design_load(home, designs[d], &hw, err)) {
            return -1;
        }
        for (unsigned n = 0; n < network_count; n++) {
            struct network net;
            if (network_load(home, networks[n], &net, err)) {
                return -1;
            }
            prove_network(&hw, &net, t);
            network_close(&net);
        }
        (void)printf("%s: %llu layers so far\n", hw.design.name,
                     (unsigned long long)t->equal);
        (void)fflush(stdout);
    }
    return 0;
}

static int run(const struct options *opts, struct tally *t, struct error *err) {
    char home[EMIT_PATH_MAX], text[TEXT_SIZE];
    uint64_t cases = 100000, first = 0, seed = 1;
    if (home_find(home, sizeof home, err) ||
        options_u64(opts, "cases", 1, UINT32_MAX, &cases, err) ||
        options_u64(opts, "first", 0, UINT32_MAX, &first, err) ||
        options_u64(opts, "seed", 0, INT64_MAX, &seed, err)) {
        return -1;
    }
    if (options_count(opts, "networks")) {
        return prove_networks(home, t, err);
    }
    for (uint64_t i = 0; i < cases; i++) {
        note(t, perf_case_random(seed, first + i, text, sizeof text), text);
    }
    return 0;
}

int main(int argc, char **argv) {
    struct options opts;
    struct tally t = {0, 0, 0};
    struct error err = {"", 0, 0, ""};
    int status = options_parse(&usage, argc, argv, &opts);
    if (status != OPTIONS_RUN) {
        return status;
    }
    if (run(&opts, &t, &err)) {
        error_print(&err);
        return 1;
    }
    (void)printf("%llu equal, %llu different, %llu without a mapping\n",
                 (unsigned long long)t.equal, (unsigned long long)t.different,
                 (unsigned long long)t.unmapped);
    return t.different != 0;
}
