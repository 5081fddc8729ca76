/* SPDX-License-Identifier: Apache-2.0
 *
 * The program: finds the verb and hands over to it.
 */
#include <stdio.h>
#include <string.h>

#include "gen/config.h"
#include "gen/verbs.h"
#include "gen/version.h"

enum { USAGE = 2 };

static const struct verb {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help;
} verbs[] = {
    {"generate", verb_generate, "write a design as Verilog, with everything around it"},
    {"simulate", verb_simulate, "run layers on the RTL, check every output word"},
    {"predict", verb_predict, "cycles, utilization, stalls and accesses of layers"},
    {"pe-list", verb_pe_list, "PE types and their traits"},
    {"synth", verb_synth, "area, timing and power with Yosys and OpenSTA"},
    {"synth-pe", verb_synth_pe, "area, timing and energy of one PE and its MAC"},
    {"import", verb_import, "a network from ONNX, SCALE-Sim or Timeloop files"},
    {"calibrate", verb_calibrate, "choose the grids of a trained network's numbers"},
    {"accuracy", verb_accuracy, "top-1 accuracy in each PE type's arithmetic"},
    {"report", verb_report, "one table of a synthesized design and its layers"},
    {"campaign", verb_campaign, "synthesis of every design of a space; resumable"},
    {"results", verb_results, "the table of a campaign's results"},
    {"fit", verb_fit, "models of area, power and clock from synthesis results"},
    {"explore", verb_explore, "all designs of a space on networks, Pareto fronts"},
};

enum { VERBS = sizeof verbs / sizeof verbs[0] };

static void print_help(FILE *out) {
    (void)fprintf(out, "qadam: generator of quantization-aware DNN accelerators\n\n"
                       "usage: qadam VERB [OPTION]...\n\nverbs:\n");
    for (size_t i = 0; i < VERBS; i++) {
        (void)fprintf(out, "  %-10s  %s\n", verbs[i].name, verbs[i].help);
    }
    (void)fprintf(out,
                  "\n"
                  "'qadam VERB --help' tells what a verb takes; 'qadam --version' "
                  "prints the version.\n"
                  "exit status: 0 success, 1 failure, 2 wrong usage\n"
                  "environment: QADAM_HOME  folder that holds hdl/, pe_lib/, models/\n"
                  "             QADAM_CACHE folder of build products, "
                  "default build/cache\n");
}

static int unknown_verb(const char *word) {
    const char *names[VERBS];
    for (size_t i = 0; i < VERBS; i++) {
        names[i] = verbs[i].name;
    }
    const char *nearest = config_nearest(word, names, VERBS);
    const char *what = word[0] == '-' ? "option" : "verb";
    (void)fprintf(stderr, "qadam: unknown %s '%s'", what, word);
    if (nearest) {
        (void)fprintf(stderr, ", did you mean '%s'?\n", nearest);
    } else {
        (void)fprintf(stderr, "; 'qadam --help' lists the verbs\n");
    }
    return USAGE;
}

int main(int argc, char **argv) {
    if (argc < 2) {
        print_help(stderr);
        return USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        print_help(stdout);
        return fflush(stdout) == 0 ? 0 : 1;
    }
    if (strcmp(argv[1], "--version") == 0) {
        (void)printf("qadam %s\n", QADAM_VERSION);
        return fflush(stdout) == 0 ? 0 : 1;
    }
    for (size_t i = 0; i < VERBS; i++) {
        if (strcmp(argv[1], verbs[i].name) == 0) {
            const int status = verbs[i].run(argc - 1, argv + 1);
            if (fflush(stdout) != 0 || ferror(stdout)) {
                (void)fprintf(stderr, "qadam: standard output cannot be written\n");
                return status ? status : 1;
            }
            return status;
        }
    }
    return unknown_verb(argv[1]);
}
