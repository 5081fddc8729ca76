/* SPDX-License-Identifier: Apache-2.0
 *
 * Other programs (Verilator, make), run without a shell, and workers of our own.
 */
#ifndef QADAM_PROCESS_H
#define QADAM_PROCESS_H

#include <stddef.h>

#include "gen/error.h"

/* Run argv[0] (searched in PATH) and wait for it. Standard output and error are
 * appended to the file log, standard input is empty. Make's own variables are not
 * passed on.
 * Returns 0, or -1 with *err set (not found, failed: with the first line of its output
 * that tells of an error). */
int process_run(const char *const argv[], const char *log, struct error *err);

/* Do count jobs, each in a process of its own, parallel of them at a time.
 *
 *   work     does job number index in the child and fills *result, which has
 *            result_size bytes and starts as zeros
 *   done     called in the parent, in the order of the indices, as soon as a job and all
 *            before it have ended; status 0, or the signal that ended the child. A
 *            value other than 0 ends the run: running jobs are stopped
 *   context  given to both
 *
 * In the child standard output is joined to standard error. Returns 0, or -1 with *err
 * set (no process, no memory) or when done asked for the end. */
struct process_pool {
    unsigned count, parallel;
    size_t result_size;
    void (*work)(void *context, unsigned index, void *result);
    int (*done)(void *context, unsigned index, const void *result, int status);
    void *context;
};
int process_pool_run(const struct process_pool *pool, struct error *err);

#endif
