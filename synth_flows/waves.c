/* SPDX-License-Identifier: Apache-2.0
 *
 * Toggles of nets from a VCD file.
 */
#include "synth_flows/waves.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gen/emit.h"

enum { LINE = 1 << 12, CODE = 16, NAME = 256 };

/* A variable of the scope; bits is what it is now, from bit width - 1 down, in 0 and 1.
 */
struct signal {
    char code[CODE], name[NAME];
    size_t width;
    char *bits;
    unsigned long long *toggles, *high; /* [width]; times changed, time at 1 */
};

struct waves {
    FILE *in;
    const char *path;
    struct signal *signals;
    size_t count, room;
    size_t *slots, slot_count; /* hash of code to signal + 1 */
    const struct signal *clock;
    unsigned cycles;
    unsigned long long first, now; /* time stamps */
    unsigned stamps;
    struct error *err;
};

static int no_memory(struct waves *w) {
    return error_set(w->err, "out of memory");
}

static int add_signal(struct waves *w, size_t width, const char *code, const char *name) {
    if (w->count == w->room) {
        size_t room = 2 * w->room + 256;
        struct signal *more = realloc(w->signals, room * sizeof *more);

        if (!more) {
            return no_memory(w);
        }
        w->signals = more;
        w->room = room;
    }
    struct signal *s = &w->signals[w->count++];

    *s = (struct signal){.width = width,
                         .bits = malloc(width),
                         .toggles = calloc(width, sizeof *s->toggles),
                         .high = calloc(width, sizeof *s->high)};
    (void)snprintf(s->code, sizeof s->code, "%s", code);
    (void)snprintf(s->name, sizeof s->name, "%s", name);
    if (!s->bits || !s->toggles || !s->high) {
        return no_memory(w);
    }
    memset(s->bits, '0', width);
    return 0;
}

/* One declaration; *depth counts the scopes that are open from the wanted one on. */
static int declare(struct waves *w, char *line, const char *scope, unsigned *depth) {
    char kind[32], size[16], code[CODE], name[NAME];

    if (sscanf(line, "$scope %31s %255s", kind, name) == 2) {
        *depth += *depth > 0 || strcmp(name, scope) == 0;
    } else if (strncmp(line, "$upscope", 8) == 0) {
        *depth -= *depth > 0;
    } else if (*depth == 1 &&
               sscanf(line, "$var %31s %15s %15s %255s", kind, size, code, name) == 4) {
        unsigned long width = strtoul(size, NULL, 10);

        if (width == 0 || width > LINE) {
            return error_set_at(w->err, w->path, 0, 0, "variable %s is %s bits wide",
                                name, size);
        }
        return add_signal(w, width, code, name);
    }
    return 0;
}

static size_t hash(const char *code) {
    return (size_t)emit_fnv(EMIT_FNV_START, code, strlen(code));
}

/* Codes to signals; several signals may share a code: the slot of each leads on. */
static int index_signals(struct waves *w) {
    w->slot_count = 4 * w->count + 1;
    w->slots = calloc(w->slot_count, sizeof *w->slots);
    if (!w->slots) {
        return no_memory(w);
    }
    for (size_t i = 0; i < w->count; i++) {
        size_t k = hash(w->signals[i].code) % w->slot_count;

        while (w->slots[k]) {
            k = (k + 1) % w->slot_count;
        }
        w->slots[k] = i + 1;
        if (strcmp(w->signals[i].name, "clk_i") == 0) {
            w->clock = &w->signals[i];
        }
    }
    return w->clock ? 0 : error_set_at(w->err, w->path, 0, 0, "the scope has no clk_i");
}

/* Go on to a time stamp: all is as it is until then. */
static void advance(struct waves *w, unsigned long long time) {
    if (w->stamps++ == 0) {
        w->first = w->now = time;
    }
    for (size_t i = 0; time > w->now && i < w->count; i++) {
        for (size_t b = 0; b < w->signals[i].width; b++) {
            w->signals[i].high[b] += w->signals[i].bits[b] == '1' ? time - w->now : 0;
        }
    }
    w->now = time;
}

static void set_bits(const struct waves *w, struct signal *s, const char *value) {
    size_t given = strlen(value);

    for (size_t b = 0; b < s->width; b++) { /* x and z as 0; left out ones are 0 */
        char bit = b < given && value[given - 1 - b] == '1' ? '1' : '0';

        if (s->bits[b] != bit) {
            s->bits[b] = bit;
            s->toggles[b] += w->stamps > 1;
        }
    }
}

static void change(struct waves *w, const char *value, const char *code) {
    for (size_t k = hash(code) % w->slot_count; w->slots[k];
         k = (k + 1) % w->slot_count) {
        struct signal *s = &w->signals[w->slots[k] - 1];

        if (strcmp(s->code, code) != 0) {
            continue;
        }
        if (s == w->clock && w->stamps > 1 && s->bits[0] == '0' && value[0] == '1') {
            w->cycles++;
        }
        set_bits(w, s, value);
    }
}

static int read_waves(struct waves *w, const char *scope) {
    char line[LINE];
    unsigned depth = 0;

    while (fgets(line, sizeof line, w->in)) {
        char *p = line + strspn(line, " \t");

        p[strcspn(p, "\r\n")] = '\0';
        if (!w->slots) {
            if (declare(w, p, scope, &depth) != 0) {
                return -1;
            }
            if (strncmp(p, "$enddefinitions", 15) == 0 && index_signals(w) != 0) {
                return -1;
            }
        } else if (p[0] == '#') {
            advance(w, strtoull(p + 1, NULL, 10));
        } else if (p[0] == '0' || p[0] == '1' || p[0] == 'x' || p[0] == 'z') {
            const char value[2] = {p[0], '\0'};

            change(w, value, p + 1);
        } else if (p[0] == 'b') {
            char *code = strchr(p, ' ');

            if (code) {
                *code = '\0';
                change(w, p + 1, code + 1);
            }
        }
    }
    return w->cycles > 0 ? 0 : error_set_at(w->err, w->path, 0, 0, "no cycle in it");
}

static int write_toggles(const struct waves *w, const char *path,
                         struct waves_summary *summary) {
    struct emit out;
    double total = 0, cycles = w->cycles, time = (double)(w->now - w->first);
    size_t nets = 0;

    if (emit_open(&out, path, w->err) != 0) {
        return -1;
    }
    for (size_t i = 0; i < w->count; i++) {
        const struct signal *s = &w->signals[i];

        for (size_t b = 0; b < s->width; b++) {
            double toggles = (double)s->toggles[b] / cycles;

            emit(&out, s->width > 1 ? "%s[%zu]" : "%s", s->name, b);
            emit(&out, " %.6f %.6f\n", toggles, (double)s->high[b] / time);
            if (s != w->clock) {
                total += toggles;
                nets++;
            }
        }
    }
    summary->cycles = w->cycles;
    summary->toggles = nets ? total / (double)nets : 0;
    return emit_close(&out, w->err);
}

int waves_toggles(const char *vcd, const char *scope, const char *path,
                  struct waves_summary *summary, struct error *err) {
    struct waves w = {.path = vcd, .err = err};
    int status;

    w.in = fopen(vcd, "r");
    if (!w.in) {
        return error_set_at(err, vcd, 0, 0, "%s", strerror(errno));
    }
    status = read_waves(&w, scope);
    if (status == 0) {
        status = write_toggles(&w, path, summary);
    }
    (void)fclose(w.in);
    for (size_t i = 0; i < w.count; i++) {
        free(w.signals[i].bits);
        free(w.signals[i].toggles);
        free(w.signals[i].high);
    }
    free(w.signals);
    free(w.slots);
    return status;
}
