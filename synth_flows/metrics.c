/* SPDX-License-Identifier: Apache-2.0
 *
 * Reader for metrics files.
 */
#include "synth_flows/metrics.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gen/emit.h"

int metrics_read(struct metrics *m, const char *path, struct error *err) {
    size_t lines = 1;

    *m = (struct metrics){0};
    (void)snprintf(m->path, sizeof m->path, "%s", path);
    if (emit_read(path, &m->text, NULL, err) != 0) {
        return -1;
    }
    for (const char *p = m->text; *p; p++) {
        lines += *p == '\n';
    }
    m->entries = calloc(lines, sizeof *m->entries);
    if (!m->entries) {
        metrics_close(m);
        return error_set(err, "out of memory");
    }
    for (char *p = m->text; *p;) {
        char *end = p + strcspn(p, "\n"), *next = *end ? end + 1 : end;
        char *space = memchr(p, ' ', (size_t)(end - p));

        *end = '\0';
        if (space) {
            *space = '\0';
            m->entries[m->count++] = (struct metric){p, space + 1};
        }
        p = next;
    }
    return 0;
}

void metrics_close(struct metrics *m) {
    free(m->entries);
    free(m->text);
    *m = (struct metrics){0};
}

static const char *find(const struct metrics *m, const char *name, struct error *err) {
    for (size_t i = 0; i < m->count; i++) {
        if (strcmp(m->entries[i].name, name) == 0) {
            return m->entries[i].value;
        }
    }
    (void)error_set_at(err, m->path, 0, 0, "the metric %s is missing", name);
    return NULL;
}

int metrics_number(const struct metrics *m, const char *name, double *value,
                   struct error *err) {
    const char *text = find(m, name, err);
    char *end;

    if (!text) {
        return -1;
    }
    *value = strtod(text, &end);
    if (end == text || *end != '\0' || !isfinite(*value)) {
        return error_set_at(err, m->path, 0, 0, "%s is \"%s\", not a number", name, text);
    }
    return 0;
}

int metrics_copy(const struct metrics *m, const char *name, char *buf, size_t size,
                 struct error *err) {
    const char *text = find(m, name, err);

    if (!text) {
        return -1;
    }
    (void)snprintf(buf, size, "%s", text);
    return 0;
}
