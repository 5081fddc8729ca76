/* SPDX-License-Identifier: Apache-2.0
 *
 * A reader for the few facts that the flow needs from a Liberty file.
 */
#include "synth_flows/libcells.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "gen/emit.h"

enum { WORD_MAX = 256 };

/* Position in the text and where groups stand around it. */
struct reader {
    struct libcells *lib;
    const char *path, *p;
    int line;
    int depth;
    int cell_depth, pin_depth; /* depth inside the open cell and pin group, 0 = none */
    int seen_unit;
};

static int fail(const struct reader *r, struct error *err, const char *text) {
    return error_set_at(err, r->path, r->line, 0, "%s", text);
}

static void skip_space(struct reader *r) {
    for (;;) {
        if (*r->p == '\n') {
            r->line++;
            r->p++;
        } else if (isspace((unsigned char)*r->p) || (*r->p == '\\' && r->p[1] == '\n')) {
            r->p++;
        } else if (r->p[0] == '/' && r->p[1] == '*') {
            const char *end = strstr(r->p + 2, "*/");

            for (; *r->p && r->p != end; r->p++) {
                r->line += *r->p == '\n';
            }
            r->p += end ? 2 : 0;
        } else {
            return;
        }
    }
}

/* The next word or quoted string, cut to WORD_MAX - 1 characters; "" at punctuation. */
static void word(struct reader *r, char *buf) {
    size_t n = 0;

    skip_space(r);
    if (*r->p == '"') {
        for (r->p++; *r->p && *r->p != '"'; r->p++) {
            r->line += *r->p == '\n';
            if (n + 1 < WORD_MAX) {
                buf[n++] = *r->p;
            }
        }
        r->p += *r->p == '"';
    } else {
        while (*r->p && !isspace((unsigned char)*r->p) && !strchr("{}();:,\"", *r->p)) {
            if (n + 1 < WORD_MAX) {
                buf[n++] = *r->p;
            }
            r->p++;
        }
    }
    buf[n] = '\0';
}

static void *grow(void *array, size_t count, size_t *room, size_t size) {
    if (count < *room) {
        return array;
    }
    size_t more = *room ? *room * 2 : 256;
    void *bigger = realloc(array, more * size);

    if (bigger) {
        *room = more;
    }
    return bigger;
}

static void copy_name(char *to, const char *from) {
    size_t n = strlen(from);

    n = n < LIBCELLS_NAME_MAX - 1 ? n : LIBCELLS_NAME_MAX - 1;
    memcpy(to, from, n);
    to[n] = '\0';
}

static int open_cell(struct reader *r, const char *name, struct error *err) {
    struct libcells *lib = r->lib;
    struct lib_cell *cells =
        grow(lib->cells, lib->cell_count, &lib->cell_room, sizeof *cells);

    if (!cells) {
        return error_set(err, "out of memory");
    }
    lib->cells = cells;
    cells[lib->cell_count] = (struct lib_cell){.first_pin = lib->pin_count};
    copy_name(cells[lib->cell_count++].name, name);
    r->cell_depth = r->depth;
    return 0;
}

static int open_pin(struct reader *r, const char *name, struct error *err) {
    struct libcells *lib = r->lib;
    struct lib_pin *pins = grow(lib->pins, lib->pin_count, &lib->pin_room, sizeof *pins);

    if (!pins) {
        return error_set(err, "out of memory");
    }
    lib->pins = pins;
    pins[lib->pin_count] = (struct lib_pin){0};
    copy_name(pins[lib->pin_count++].name, name);
    lib->cells[lib->cell_count - 1].pin_count++;
    r->pin_depth = r->depth;
    return 0;
}

static int open_group(struct reader *r, const char *group, const char *name,
                      struct error *err) {
    r->depth++;
    if (strcmp(group, "library") == 0 && r->lib->name[0] == '\0') {
        copy_name(r->lib->name, name);
    }
    if (strcmp(group, "cell") == 0 && r->depth == 2) {
        return open_cell(r, name, err);
    }
    if (r->cell_depth && !r->pin_depth &&
        (strcmp(group, "pin") == 0 || strcmp(group, "bus") == 0)) {
        return open_pin(r, name, err);
    }
    if (r->cell_depth && r->depth == r->cell_depth + 1 &&
        (strcmp(group, "ff") == 0 || strcmp(group, "latch") == 0 ||
         strcmp(group, "statetable") == 0)) {
        r->lib->cells[r->lib->cell_count - 1].sequential = 1;
    }
    return 0;
}

static void close_group(struct reader *r) {
    if (r->depth == r->pin_depth) {
        r->pin_depth = 0;
    }
    if (r->depth == r->cell_depth) {
        r->cell_depth = 0;
    }
    r->depth--;
}

static void attribute(struct reader *r, const char *name, const char *value) {
    struct libcells *lib = r->lib;

    if (r->pin_depth && r->depth == r->pin_depth) {
        struct lib_pin *pin = &lib->pins[lib->pin_count - 1];

        if (strcmp(name, "direction") == 0) {
            pin->input = strcmp(value, "input") == 0;
        } else if (strcmp(name, "capacitance") == 0) {
            pin->cap_ff = strtod(value, NULL);
        } else if (strcmp(name, "clock") == 0 ||
                   strcmp(name, "clock_gate_clock_pin") == 0) {
            pin->clock = strcmp(value, "true") == 0;
        }
    } else if (r->cell_depth && r->depth == r->cell_depth) {
        struct lib_cell *cell = &lib->cells[lib->cell_count - 1];

        if (strcmp(name, "area") == 0) {
            cell->area_um2 = strtod(value, NULL);
        } else if (strcmp(name, "is_macro_cell") == 0) {
            cell->macro = strcmp(value, "true") == 0;
        }
    }
}

/* name ( arguments ): a group when a brace follows, else a complex attribute. */
static int call(struct reader *r, const char *name, struct error *err) {
    char first[WORD_MAX], second[WORD_MAX] = "", rest[WORD_MAX] = "";

    r->p++;
    word(r, first);
    for (skip_space(r); *r->p && *r->p != ')'; skip_space(r)) {
        if (*r->p == ',') {
            r->p++;
        }
        word(r, second[0] ? rest : second);
        skip_space(r);
        if (*r->p && !strchr(",)\"", *r->p) && strchr("{};:(", *r->p)) {
            return fail(r, err, "unexpected character in an argument list");
        }
    }
    if (*r->p != ')') {
        return fail(r, err, "the file ends inside an argument list");
    }
    r->p++;
    skip_space(r);
    if (*r->p == '{') {
        r->p++;
        return open_group(r, name, first, err);
    }
    if (strcmp(name, "capacitive_load_unit") == 0) {
        r->seen_unit = strtod(first, NULL) == 1.0 &&
                       (strcmp(second, "ff") == 0 || strcmp(second, "fF") == 0);
        if (!r->seen_unit) {
            return fail(r, err, "the capacitance unit must be 1 ff");
        }
    }
    return 0;
}

static int statement(struct reader *r, struct error *err) {
    char name[WORD_MAX];

    word(r, name);
    skip_space(r);
    if (*r->p == '(') {
        return call(r, name, err);
    }
    if (*r->p == ':') {
        char value[WORD_MAX];

        r->p++;
        word(r, value);
        attribute(r, name, value);
        while (*r->p && *r->p != ';' && *r->p != '\n' && *r->p != '}') {
            r->p++;
        }
        return 0;
    }
    if (*r->p == '}') {
        r->p++;
        close_group(r);
        return r->depth < 0 ? fail(r, err, "a closing brace too many") : 0;
    }
    if (*r->p == ';') {
        r->p++;
        return 0;
    }
    return *r->p ? fail(r, err, "not Liberty syntax") : 0;
}

int libcells_read(struct libcells *lib, const char *path, struct error *err) {
    struct reader r = {.lib = lib, .path = path, .line = 1};
    char *text;
    size_t size, cells = lib->cell_count;
    int status = 0;

    if (emit_read(path, &text, &size, err) != 0) {
        return -1;
    }
    if (size >= 2 && (unsigned char)text[0] == 0x1f && (unsigned char)text[1] == 0x8b) {
        free(text);
        return error_set_at(err, path, 0, 0,
                            "the file is gzip-compressed; unpack it first");
    }
    r.p = text;
    for (skip_space(&r); status == 0 && *r.p; skip_space(&r)) {
        status = statement(&r, err);
    }
    if (status == 0 && r.depth != 0) {
        status = fail(&r, err, "the file ends inside a group");
    }
    if (status == 0 && lib->cell_count == cells) {
        status = error_set_at(err, path, 0, 0, "no cells: not a Liberty library");
    }
    if (status == 0 && !r.seen_unit) {
        status = error_set_at(err, path, 0, 0, "the capacitance unit must be 1 ff");
    }
    free(text);
    return status;
}

void libcells_close(struct libcells *lib) {
    free(lib->cells);
    free(lib->pins);
    *lib = (struct libcells){0};
}

const struct lib_cell *libcells_find(const struct libcells *lib, const char *name) {
    for (size_t i = 0; i < lib->cell_count; i++) {
        if (strcmp(lib->cells[i].name, name) == 0) {
            return &lib->cells[i];
        }
    }
    return NULL;
}

const struct lib_pin *libcells_pin(const struct libcells *lib,
                                   const struct lib_cell *cell, const char *name) {
    for (size_t i = 0; i < cell->pin_count; i++) {
        if (strcmp(lib->pins[cell->first_pin + i].name, name) == 0) {
            return &lib->pins[cell->first_pin + i];
        }
    }
    return NULL;
}
