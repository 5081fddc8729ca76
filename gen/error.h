/* SPDX-License-Identifier: Apache-2.0
 *
 * One error, as the user will read it: where it is and what is wrong.
 */
#ifndef QADAM_ERROR_H
#define QADAM_ERROR_H

struct error {
    char file[256]; /* file at fault, "" when none is */
    int line;       /* 1-based, 0 when unknown */
    int column;     /* 1-based, 0 when unknown */
    char text[512]; /* one sentence with value and limit, "" = no error yet */
};

/* Record an error without a place. The first error wins: a set *err is left
 * as it is. err may be NULL. Always returns -1. */
int error_set(struct error *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* The same with a place; file may be NULL or "" and line, column 0. */
int error_set_at(struct error *err, const char *file, int line, int column,
                 const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* Print "qadam: FILE:LINE:COLUMN: text" (the parts that are known) to stderr. */
void error_print(const struct error *err);

#endif
