/* SPDX-License-Identifier: Apache-2.0
 *
 * Running other programs, without a shell.
 */
#ifndef QADAM_SYNTH_TOOL_H
#define QADAM_SYNTH_TOOL_H

#include <stddef.h>

#include "gen/error.h"

/* Find a program in PATH. Returns 0, or -1 with *err set: its name and the package. */
int tool_find(const char *program, const char *package, struct error *err);

/* Run argv[0] (found in PATH) with NAME=VALUE settings added to the environment and its
 * output in the file log.
 *
 *   argv, settings  ended by NULL
 *   what            for the message: "synthesis of the PE"
 *
 * Returns 0, or -1 with *err set: the last lines of the log. */
int tool_run(const char *const *argv, char *const *settings, const char *log,
             const char *what, struct error *err);

/* Record a failure of what with the last lines of log. Always returns -1. */
int tool_failed(const char *log, const char *what, struct error *err);

#endif
