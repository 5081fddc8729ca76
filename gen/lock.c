/* SPDX-License-Identifier: Apache-2.0
 *
 * Locks between processes.
 */
#include "gen/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* 1 if the file of path is the one that is open as fd: it may have been removed, and made
 * again by others, before it was locked. */
static int is_same(const char *path, int fd) {
    struct stat now, held;
    return stat(path, &now) == 0 && fstat(fd, &held) == 0 && now.st_ino == held.st_ino &&
           now.st_dev == held.st_dev;
}

static void write_owner(int fd) {
    char host[64] = "", text[128];
    (void)gethostname(host, sizeof host - 1);
    int n = snprintf(text, sizeof text, "%s %ld\n", host, (long)getpid());
    if (ftruncate(fd, 0) != 0 || pwrite(fd, text, (size_t)n, 0) < n) {
        return; /* the text is for people alone */
    }
}

int lock_take(struct lock *lock, const char *path, struct error *err) {
    lock->fd = -1;
    if (emit_path(lock->path, sizeof lock->path, err, "%s", path)) {
        return -1;
    }
    for (;;) {
        int fd = open(path, O_RDWR | O_CREAT, 0666);
        if (fd < 0) {
            return error_set_at(err, path, 0, 0, "cannot be written: %s",
                                strerror(errno));
        }
        if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
            int cause = errno;
            (void)close(fd);
            return cause == EWOULDBLOCK || cause == EINTR
                       ? 0
                       : error_set_at(err, path, 0, 0, "cannot be locked: %s",
                                      strerror(cause));
        }
        if (is_same(path, fd)) {
            write_owner(fd);
            lock->fd = fd;
            return 1;
        }
        (void)close(fd);
    }
}

void lock_release(struct lock *lock) {
    if (lock->fd >= 0) {
        (void)unlink(lock->path);
        lock_leave(lock);
    }
}

void lock_leave(struct lock *lock) {
    if (lock->fd >= 0) {
        (void)close(lock->fd);
        lock->fd = -1;
    }
}
