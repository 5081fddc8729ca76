/* SPDX-License-Identifier: Apache-2.0
 *
 * Lists of regression cases.
 */
#include "tests/regress_cases.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/pairs.h"
#include "verif/memory.h"

enum { WORDS_MAX = 16, RANDOM_WORK = 60000000, CASE_WORK = 500000, DESIGNS_MAX = 10000 };

/* A line being read. */
struct line {
    const char *home;
    char *word[WORDS_MAX];
    unsigned words;
    uint64_t designs; /* of a random line */
    struct regress_case base;
};

void regress_close(struct regress_list *list) {
    free(list->cases);
    *list = (struct regress_list){NULL, 0, 0};
}

static int append(struct regress_list *list, const struct regress_case *c,
                  struct error *err) {
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->cases[i].id, c->id) == 0) {
            return error_set(err, "case %s is there twice", c->id);
        }
    }
    if (list->count == list->capacity) {
        size_t capacity = 2 * list->capacity + 64;
        struct regress_case *more = realloc(list->cases, capacity * sizeof *more);
        if (!more) {
            return error_set(err, "out of memory");
        }
        list->cases = more;
        list->capacity = capacity;
    }
    list->cases[list->count++] = *c;
    return 0;
}

static int read_number(const char *text, uint64_t max, uint64_t *value,
                       struct error *err) {
    char *end = NULL;
    errno = 0;
    unsigned long long v = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || v > max) {
        return error_set(err, "'%s' must be a number up to %llu", text,
                         (unsigned long long)max);
    }
    *value = v;
    return 0;
}

static int read_key(struct line *line, char *word, struct error *err) {
    struct regress_case *c = &line->base;
    char *value = strchr(word, '=');
    static const char *const kinds[] = {"normal", "full", "small"};
    if (!value) {
        return error_set(err, "'%s' must be KEY=VALUE", word);
    }
    *value++ = '\0';
    if (strcmp(word, "seed") == 0) {
        return read_number(value, INT64_MAX, &c->seed, err);
    }
    if (strcmp(word, "stall-seed") == 0) {
        return read_number(value, INT64_MAX, &c->stall_seed, err);
    }
    if (strcmp(word, "fault-seed") == 0) {
        return read_number(value, INT64_MAX, &c->fault_seed, err);
    }
    if (strcmp(word, "latency") == 0) {
        uint64_t latency = 0;
        int rc = read_number(value, MEMORY_LATENCY_MAX, &latency, err);
        c->latency = (unsigned)latency;
        return rc;
    }
    if (strcmp(word, "designs") == 0) {
        return read_number(value, DESIGNS_MAX, &line->designs, err);
    }
    if (strcmp(word, "layers") == 0) {
        return read_number(value, PAIRS_LAYERS, &c->layers, err);
    }
    for (unsigned i = 0; strcmp(word, "numbers") == 0 && i < 3; i++) {
        if (strcmp(value, kinds[i]) == 0) {
            c->range = (enum tensor_range)i;
            return 0;
        }
    }
    return error_set(err, "unknown key or value '%s=%s'", word, value);
}

/* The last part of a path without ".json". */
static const char *stem(const char *path, char *buf, size_t size) {
    const char *slash = strrchr(path, '/');
    (void)snprintf(buf, size, "%s", slash ? slash + 1 : path);
    char *dot = strstr(buf, ".json");
    if (dot) {
        *dot = '\0';
    }
    return buf;
}

/* The case's name, from all that makes it what it is. */
static void name_case(struct regress_case *c) {
    static const char *const kinds[] = {"", "-full", "-small"};
    char design[64], network[64], stall[64] = "", latency[32] = "";
    (void)stem(c->design, design, sizeof design);
    (void)stem(c->network, network, sizeof network);
    if (c->stall_seed != 0) {
        (void)snprintf(stall, sizeof stall, "-t%llu", (unsigned long long)c->stall_seed);
    }
    if (c->fault_seed != 0) {
        size_t used = strlen(stall);
        (void)snprintf(stall + used, sizeof stall - used, "-f%llu",
                       (unsigned long long)c->fault_seed);
    }
    if (c->latency != MEMORY_LATENCY_DEFAULT) {
        (void)snprintf(latency, sizeof latency, "-l%u", c->latency);
    }
    if (c->kind == REGRESS_RANDOM) {
        (void)snprintf(c->id, sizeof c->id, "random-%s-s%llu%s-%u", design,
                       (unsigned long long)c->seed, stall, c->number);
    } else {
        (void)snprintf(c->id, sizeof c->id, "%s-%s-%s%s-s%llu%s%s", design, network,
                       c->kind == REGRESS_LAYER ? c->layer.name : "whole",
                       kinds[c->range], (unsigned long long)c->seed, stall, latency);
    }
}

static int same_shape(const struct layer *a, const struct layer *b) {
    return a->op == b->op && a->c == b->c && a->h == b->h && a->w == b->w &&
           a->m == b->m && a->r == b->r && a->s == b->s && a->u == b->u &&
           a->pad == b->pad && a->groups == b->groups && a->relu == b->relu;
}

static int add_layer(struct regress_list *list, size_t first, struct regress_case *c,
                     const struct layer *l, struct error *err) {
    for (size_t i = first; i < list->count; i++) {
        if (same_shape(&list->cases[i].layer, l)) {
            list->cases[i].same++;
            return 0;
        }
    }
    c->layer = *l;
    c->same = 1;
    c->work = CASE_WORK + layer_macs(l);
    name_case(c);
    return append(list, c, err);
}

/* The cases of a network: one, or one for each shape of its layers. */
static int add_network(struct regress_list *list, const struct line *line,
                       struct error *err) {
    struct regress_case c = line->base;
    const size_t first = list->count;
    struct network net;
    if (network_load(line->home, c.network, &net, err)) {
        return -1;
    }
    int rc = 0;
    c.work = CASE_WORK;
    for (size_t i = 0; rc == 0 && i < net.layer_count; i++) {
        const struct layer *l = &net.layers[i];
        if (c.kind == REGRESS_NETWORK) {
            c.work += layer_macs(l) * layer_runs(&net, l);
        } else if (layer_on_array(l)) {
            rc = add_layer(list, first, &c, l, err);
        }
    }
    network_close(&net);
    if (rc == 0 && c.kind == REGRESS_NETWORK) {
        name_case(&c);
        rc = append(list, &c, err);
    }
    return rc;
}

static int add_random(struct regress_list *list, const struct line *line,
                      struct error *err) {
    struct regress_case c = line->base;
    for (unsigned i = 0; i < line->designs; i++) {
        c.number = i;
        c.work = RANDOM_WORK;
        name_case(&c);
        if (append(list, &c, err)) {
            return -1;
        }
    }
    return 0;
}

/* Split and read a line; words[0] is the set. */
static int add_line(struct regress_list *list, struct line *line, struct error *err) {
    static const char *const kinds[] = {"network", "layers", "random"};
    struct regress_case *c = &line->base;
    unsigned kind = 0;
    while (kind < 3 && line->words > 1 && strcmp(line->word[1], kinds[kind]) != 0) {
        kind++;
    }
    const unsigned fixed = kind == REGRESS_RANDOM ? 3 : 4;
    if (kind == 3 || line->words < fixed) {
        return error_set(err, "must be SET network|layers DESIGN NETWORK [KEY=VALUE]..., "
                              "or SET random TYPE [KEY=VALUE]...");
    }
    c->kind = (enum regress_kind)kind;
    (void)snprintf(c->set, sizeof c->set, "%s", line->word[0]);
    (void)snprintf(c->design, sizeof c->design, "%s", line->word[2]);
    if (kind != REGRESS_RANDOM) {
        (void)snprintf(c->network, sizeof c->network, "%s", line->word[3]);
    }
    for (unsigned i = fixed; i < line->words; i++) {
        if (read_key(line, line->word[i], err)) {
            return -1;
        }
    }
    return kind == REGRESS_RANDOM ? add_random(list, line, err)
                                  : add_network(list, line, err);
}

static int wanted(const char *set, const char *const *sets, size_t set_count) {
    int found = set_count == 0;
    for (size_t i = 0; i < set_count; i++) {
        found |= strcmp(set, sets[i]) == 0;
    }
    return found;
}

int regress_read(struct regress_list *list, const char *home, const char *path,
                 const char *const *sets, size_t set_count, struct error *err) {
    char text[512];
    int number = 0, rc = 0;
    FILE *in = fopen(path, "r");
    if (!in) {
        return error_set_at(err, path, 0, 0, "cannot be read: %s", strerror(errno));
    }
    while (rc == 0 && fgets(text, sizeof text, in)) {
        struct line line = {.home = home, .designs = 1};
        struct error why = {"", 0, 0, ""};
        char *rest = NULL;
        line.base = (struct regress_case){
            .seed = 1, .layers = 10, .same = 1, .latency = MEMORY_LATENCY_DEFAULT};
        number++;
        text[strcspn(text, "#\n")] = '\0';
        for (char *w = strtok_r(text, " \t", &rest); w && line.words < WORDS_MAX;
             w = strtok_r(NULL, " \t", &rest)) {
            line.word[line.words++] = w;
        }
        if (line.words > 0 && wanted(line.word[0], sets, set_count) &&
            add_line(list, &line, &why)) {
            rc = error_set_at(err, path, number, 0, "%.400s", why.text);
        }
    }
    (void)fclose(in);
    return rc;
}
