/* SPDX-License-Identifier: Apache-2.0
 *
 * Command-line options of the verbs: one table per verb is the parser and the help.
 *
 *     static const struct option_spec specs[] = {
 *         {"network", 'n', "NET", 0, "network file or name"},
 *         {"layer", 0, "NAME", 1, "simulate only this layer"},
 *         {"verbose", 'v', NULL, 0, "print every command"},
 *         {NULL, 0, NULL, 0, NULL}};
 *     static const struct option_usage usage = {
 *         "simulate", "DESIGN", 1, "one line: what the verb does", specs, NULL};
 *     struct options opts;
 *     int status = options_parse(&usage, argc, argv, &opts);
 *     if (status != OPTIONS_RUN) {
 *         return status;
 *     }
 */
#ifndef QADAM_OPTIONS_H
#define QADAM_OPTIONS_H

#include <stdint.h>
#include <stdio.h>

#include "gen/error.h"

enum { OPTIONS_RUN = -1, OPTIONS_ANY = -1, OPTIONS_ERROR = 2 };

/* One option. "--help" is known to every verb and not listed in the table. */
/* NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding): in the order of the help */
struct option_spec {
    const char *name; /* long name without "--"; NULL ends the table */
    char letter;      /* short form ('o' for -o), or 0 */
    const char *arg;  /* placeholder of its value ("FILE"), NULL = a flag without value */
    int repeat;       /* 1 if it may be given more than once */
    const char *help; /* one line */
};

/* One verb. */
struct option_usage {
    const char *verb;
    const char *operands; /* as shown in the usage line: "DESIGN", "DIR..." or "" */
    int operand_count;    /* exactly so many, or OPTIONS_ANY for one or more */
    const char *summary;  /* one or a few lines, printed under the usage line */
    const struct option_spec *specs;
    void (*more)(FILE *out); /* prints more help after the options, or NULL */
};

/* A checked command line; borrows argv. */
struct options {
    const struct option_usage *usage;
    int argc;
    char **argv;
};

/* Check argv[1..] against the table. Prints the help for --help and one line for
 * wrong usage. Accepted forms: --name VALUE, --name=VALUE, -x VALUE, -xVALUE, and "--"
 * after which all words are operands; options and operands may be mixed.
 * Returns OPTIONS_RUN to go on, else the exit status the verb must return at once
 * (0 after help, 2 after wrong usage). */
int options_parse(const struct option_usage *usage, int argc, char **argv,
                  struct options *opts);

/* Operand number index (0-based), or NULL past the end. */
const char *options_operand(const struct options *opts, int index);

/* Value number index (0-based) of an option, "" for a given flag, NULL past the end. */
const char *options_value_at(const struct options *opts, const char *name, int index);

/* The value of an option, "" for a given flag, NULL when not given. */
const char *options_value(const struct options *opts, const char *name);

/* How often an option was given. */
int options_count(const struct options *opts, const char *name);

/* Read an option as an unsigned decimal number from min to max; *value keeps what it
 * has (the default) when the option was not given.
 * Returns 0, or -1 with *err set (verbs then return OPTIONS_ERROR). */
int options_u64(const struct options *opts, const char *name, uint64_t min, uint64_t max,
                uint64_t *value, struct error *err);

/* The same for a positive real number of the unit named in the help text. */
int options_real(const struct options *opts, const char *name, double min, double max,
                 double *value, struct error *err);

/* Print the help of a verb. */
void options_help(const struct option_usage *usage, FILE *out);

#endif
