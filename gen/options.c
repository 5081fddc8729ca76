/* SPDX-License-Identifier: Apache-2.0
 *
 * Command-line options of the verbs.
 */
#include "gen/options.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gen/config.h"

enum { NAMES_MAX = 64, HELP_COLUMN = 26 };

/* One word of the command line, read together with its value if it has one. */
struct item {
    const struct option_spec *spec; /* NULL for an operand */
    const char *value;              /* of the option, or the operand; NULL if missing */
    const char *word;               /* as given */
    int bad;                        /* 1: unknown option, 2: flag with a value */
    int help;
};

/* Walks over argv; start with {1, 0}. */
struct walk {
    int next;
    int only_operands;
};

static const struct option_spec *find_long(const struct option_spec *specs,
                                           const char *name, size_t length) {
    for (; specs->name; specs++) {
        if (strlen(specs->name) == length && strncmp(specs->name, name, length) == 0) {
            return specs;
        }
    }
    return NULL;
}

static const struct option_spec *find_short(const struct option_spec *specs,
                                            char letter) {
    for (; specs->name; specs++) {
        if (specs->letter != 0 && specs->letter == letter) {
            return specs;
        }
    }
    return NULL;
}

/* The next item; 0 at the end. */
static int walk_next(const struct option_usage *usage, int argc, char **argv,
                     struct walk *at, struct item *item) {
    memset(item, 0, sizeof *item);
    if (at->next < argc && !at->only_operands && strcmp(argv[at->next], "--") == 0) {
        at->only_operands = 1;
        at->next++;
    }
    if (at->next >= argc) {
        return 0;
    }
    const char *word = argv[at->next++];
    item->word = word;
    if (at->only_operands || word[0] != '-' || word[1] == '\0') {
        item->value = word;
        return 1;
    }
    const char *inside = NULL; /* a value in the same word */
    if (word[1] == '-') {
        const char *equals = strchr(word, '=');
        size_t length = equals ? (size_t)(equals - word) - 2 : strlen(word) - 2;
        inside = equals ? equals + 1 : NULL;
        item->spec = find_long(usage->specs, word + 2, length);
        item->help = !item->spec && !equals && strcmp(word, "--help") == 0;
    } else {
        item->spec = find_short(usage->specs, word[1]);
        inside = word[2] != '\0' ? word + 2 : NULL;
        item->help = !item->spec && strcmp(word, "-h") == 0;
    }
    if (!item->spec) {
        item->bad = !item->help;
    } else if (item->spec->arg) {
        item->value = inside ? inside : at->next < argc ? argv[at->next++] : NULL;
    } else {
        item->value = "";
        item->bad = inside ? 2 : 0;
    }
    return 1;
}

static void hint(const struct option_usage *usage) {
    (void)fprintf(stderr, "; 'qadam %s --help' lists what it takes\n", usage->verb);
}

static void print_unknown(const struct option_usage *usage, const char *word) {
    char name[64];
    const char *names[NAMES_MAX];
    size_t count = 0;
    (void)snprintf(name, sizeof name, "%s", word + (word[1] == '-' ? 2 : 1));
    name[strcspn(name, "=")] = '\0';
    for (const struct option_spec *s = usage->specs; s->name && count < NAMES_MAX; s++) {
        names[count++] = s->name;
    }
    const char *near = config_nearest(name, names, count);
    (void)fprintf(stderr, "qadam: %s: unknown option '%s'", usage->verb, word);
    if (near) {
        (void)fprintf(stderr, ", did you mean '--%s'?\n", near);
    } else {
        hint(usage);
    }
}

/* Complain about an item that is wrong by itself; 1 if it is. */
static int item_is_wrong(const struct options *opts, const struct item *item) {
    const struct option_usage *usage = opts->usage;
    if (item->bad == 1) {
        print_unknown(usage, item->word);
    } else if (item->bad == 2) {
        (void)fprintf(stderr, "qadam: %s: --%s takes no value, got '%s'", usage->verb,
                      item->spec->name, item->word);
        hint(usage);
    } else if (!item->value) {
        (void)fprintf(stderr, "qadam: %s: --%s needs a value: --%s %s\n", usage->verb,
                      item->spec->name, item->spec->name, item->spec->arg);
    } else if (item->spec && !item->spec->repeat &&
               options_count(opts, item->spec->name) > 1) {
        (void)fprintf(stderr, "qadam: %s: --%s is given %d times, at most once\n",
                      usage->verb, item->spec->name,
                      options_count(opts, item->spec->name));
    } else {
        return 0;
    }
    return 1;
}

int options_parse(const struct option_usage *usage, int argc, char **argv,
                  struct options *opts) {
    opts->usage = usage;
    opts->argc = argc;
    opts->argv = argv;
    struct item item;
    for (struct walk at = {1, 0}; walk_next(usage, argc, argv, &at, &item);) {
        if (item.help) {
            options_help(usage, stdout);
            return fflush(stdout) == 0 ? 0 : 1;
        }
    }
    int operands = 0;
    for (struct walk at = {1, 0}; walk_next(usage, argc, argv, &at, &item);) {
        if (item_is_wrong(opts, &item)) {
            return OPTIONS_ERROR;
        }
        operands += item.spec == NULL;
    }
    int wanted = usage->operand_count;
    if (wanted == OPTIONS_ANY ? operands < 1 : operands != wanted) {
        (void)fprintf(stderr, "qadam: %s: ", usage->verb);
        if (wanted == 0) {
            (void)fprintf(stderr, "takes no operands, got '%s'",
                          options_operand(opts, 0));
        } else if (operands == 0) {
            (void)fprintf(stderr, "%s is missing", usage->operands);
        } else {
            (void)fprintf(stderr, "got %d operands, takes %s", operands, usage->operands);
        }
        hint(usage);
        return OPTIONS_ERROR;
    }
    return OPTIONS_RUN;
}

const char *options_operand(const struct options *opts, int index) {
    struct item item;
    for (struct walk at = {1, 0};
         walk_next(opts->usage, opts->argc, opts->argv, &at, &item);) {
        if (!item.spec && item.bad == 0 && index-- == 0) {
            return item.value;
        }
    }
    return NULL;
}

const char *options_value_at(const struct options *opts, const char *name, int index) {
    struct item item;
    for (struct walk at = {1, 0};
         walk_next(opts->usage, opts->argc, opts->argv, &at, &item);) {
        if (item.spec && strcmp(item.spec->name, name) == 0 && index-- == 0) {
            return item.value;
        }
    }
    return NULL;
}

const char *options_value(const struct options *opts, const char *name) {
    return options_value_at(opts, name, 0);
}

int options_count(const struct options *opts, const char *name) {
    struct item item;
    int count = 0;
    for (struct walk at = {1, 0};
         walk_next(opts->usage, opts->argc, opts->argv, &at, &item);) {
        count += item.spec && strcmp(item.spec->name, name) == 0;
    }
    return count;
}

int options_u64(const struct options *opts, const char *name, uint64_t min, uint64_t max,
                uint64_t *value, struct error *err) {
    const char *text = options_value(opts, name);
    if (!text) {
        return 0;
    }
    char *end = NULL;
    errno = 0;
    unsigned long long n = strtoull(text, &end, 10);
    if (!isdigit((unsigned char)text[0]) || *end != '\0' || errno != 0 || n < min ||
        n > max) {
        return error_set(err,
                         "%s: --%s is '%s', must be a whole number from %llu to %llu",
                         opts->usage->verb, name, text, (unsigned long long)min,
                         (unsigned long long)max);
    }
    *value = n;
    return 0;
}

int options_real(const struct options *opts, const char *name, double min, double max,
                 double *value, struct error *err) {
    const char *text = options_value(opts, name);
    if (!text) {
        return 0;
    }
    char *end = NULL;
    errno = 0;
    double x = strtod(text, &end);
    if (end == text || *end != '\0' || errno != 0 || !(x >= min && x <= max)) {
        return error_set(err, "%s: --%s is '%s', must be a number from %g to %g",
                         opts->usage->verb, name, text, min, max);
    }
    *value = x;
    return 0;
}

static void help_line(FILE *out, const struct option_spec *spec) {
    char left[64];
    char letter[8] = "    ";
    if (spec->letter) {
        (void)snprintf(letter, sizeof letter, "-%c, ", spec->letter);
    }
    (void)snprintf(left, sizeof left, "  %s--%s%s%s", letter, spec->name,
                   spec->arg ? " " : "", spec->arg ? spec->arg : "");
    (void)fprintf(out, "%-*s  %s%s\n", HELP_COLUMN, left, spec->help,
                  spec->repeat ? " (may be repeated)" : "");
}

void options_help(const struct option_usage *usage, FILE *out) {
    static const struct option_spec help = {"help", 'h', NULL, 0, "print this text"};
    (void)fprintf(out, "usage: qadam %s%s%s [OPTION]...\n\n%s\n\noptions:\n", usage->verb,
                  usage->operands[0] != '\0' ? " " : "", usage->operands, usage->summary);
    for (const struct option_spec *s = usage->specs; s->name; s++) {
        help_line(out, s);
    }
    help_line(out, &help);
    if (usage->more) {
        (void)fputc('\n', out);
        usage->more(out);
    }
}
