/* SPDX-License-Identifier: Apache-2.0
 *
 * Locks between processes: files that say who works on something.
 *
 * The lock is the kernel's (flock), held as long as any process has the file open: the
 * one that took it and the children that inherited it. So the lock of a killed process is
 * free at once, while that of its orphans is not; a file that is left behind means
 * nothing. The file's text (host and process) is for people.
 */
#ifndef QADAM_LOCK_H
#define QADAM_LOCK_H

#include "gen/emit.h"
#include "gen/error.h"

struct lock {
    char path[EMIT_PATH_MAX];
    int fd; /* inherited by children; -1 = not held */
};

/* Take the lock of file path, whose folder must exist, without waiting.
 * Returns 1, 0 when others hold it, or -1 with *err set. */
int lock_take(struct lock *lock, const char *path, struct error *err);

/* Give it up and remove its file. Does nothing when not held. */
void lock_release(struct lock *lock);

/* Leave it to the children that have inherited it. */
void lock_leave(struct lock *lock);

#endif
