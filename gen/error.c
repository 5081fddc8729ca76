/* SPDX-License-Identifier: Apache-2.0
 *
 * One error, as the user will read it.
 */
#include "gen/error.h"

#include <stdarg.h>
#include <stdio.h>

/* Words of input files end up in messages: keep them on one line. */
static void one_line(char *text) {
    for (; *text != '\0'; text++) {
        if (((unsigned char)*text < 0x20u && *text != '\t') || *text == 0x7f) {
            *text = '?';
        }
    }
}

static void set(struct error *err, const char *file, int line, int column,
                const char *fmt, va_list ap) __attribute__((format(printf, 5, 0)));

static void set(struct error *err, const char *file, int line, int column,
                const char *fmt, va_list ap) {
    if (!err || err->text[0] != '\0') { /* first error wins */
        return;
    }
    (void)snprintf(err->file, sizeof err->file, "%s", file ? file : "");
    err->line = line;
    err->column = column;
    (void)vsnprintf(err->text, sizeof err->text, fmt, ap);
    one_line(err->file);
    one_line(err->text);
}

int error_set(struct error *err, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    set(err, NULL, 0, 0, fmt, ap);
    va_end(ap);
    return -1;
}

int error_set_at(struct error *err, const char *file, int line, int column,
                 const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    set(err, file, line, column, fmt, ap);
    va_end(ap);
    return -1;
}

void error_print(const struct error *err) {
    (void)fputs("qadam: ", stderr);
    if (err->file[0] != '\0') {
        (void)fprintf(stderr, "%s:", err->file);
        if (err->line > 0) {
            (void)fprintf(stderr, "%d:", err->line);
        }
        if (err->line > 0 && err->column > 0) {
            (void)fprintf(stderr, "%d:", err->column);
        }
        (void)fputc(' ', stderr);
    }
    (void)fprintf(stderr, "%s\n", err->text);
}
