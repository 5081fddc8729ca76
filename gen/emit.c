/* SPDX-License-Identifier: Apache-2.0
 *
 * Writing files under a temporary name, and helpers on files and folders.
 */
#include "gen/emit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { READ_MAX = 256 * 1024 * 1024, DEPTH_MAX = 64 };

int emit_path(char *buf, size_t size, struct error *err, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(buf, size, fmt, ap);
    va_end(ap);
    if (n < 0 || (size_t)n >= size) {
        return error_set(err, "path '%.60s...' is too long, at most %zu bytes", buf,
                         size - 1);
    }
    return 0;
}

int emit_open(struct emit *out, const char *path, struct error *err) {
    out->file = NULL;
    if (emit_path(out->path, sizeof out->path, err, "%s", path) ||
        emit_path(out->temp, sizeof out->temp, err, "%s.tmp%ld", path, (long)getpid())) {
        return -1;
    }
    if (emit_is_folder(path)) {
        return error_set_at(err, path, 0, 0, "cannot be written: it is a folder");
    }
    struct stat st;
    if (lstat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
        out->temp[0] = '\0';
    }
    out->file = fopen(out->temp[0] ? out->temp : path, "wb");
    if (!out->file) {
        return error_set_at(err, path, 0, 0, "cannot be written: %s", strerror(errno));
    }
    return 0;
}

void emit(struct emit *out, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    (void)vfprintf(out->file, fmt, ap); /* a failure stays set: ferror in emit_close */
    va_end(ap);
}

int emit_close(struct emit *out, struct error *err) {
    int failed = fflush(out->file) != 0 || ferror(out->file);
    int cause = errno;
    if (fclose(out->file) != 0 && !failed) {
        failed = 1;
        cause = errno;
    }
    out->file = NULL;
    if (!failed && out->temp[0] && rename(out->temp, out->path) != 0) {
        failed = 1;
        cause = errno;
    }
    if (failed) {
        if (out->temp[0]) {
            (void)unlink(out->temp);
        }
        return error_set_at(err, out->path, 0, 0, "cannot be written: %s",
                            strerror(cause));
    }
    return 0;
}

void emit_abandon(struct emit *out) {
    if (out->file) {
        (void)fclose(out->file);
        out->file = NULL;
        if (out->temp[0]) {
            (void)unlink(out->temp);
        }
    }
}

int emit_is_folder(const char *path) {
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

int emit_is_file(const char *path) {
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static int make_folder(const char *path, struct error *err) {
    if (mkdir(path, 0777) != 0 && !(errno == EEXIST && emit_is_folder(path))) {
        return error_set_at(err, path, 0, 0, "folder cannot be made: %s",
                            strerror(errno));
    }
    return 0;
}

int emit_folder(const char *path, struct error *err) {
    char part[EMIT_PATH_MAX];
    if (emit_path(part, sizeof part, err, "%s", path)) {
        return -1;
    }
    for (char *p = part + 1; part[0] != '\0' && *p != '\0'; p++) {
        if (*p == '/' && p[-1] != '/') {
            *p = '\0';
            if (make_folder(part, err)) {
                return -1;
            }
            *p = '/';
        }
    }
    return make_folder(part, err);
}

int emit_read(const char *path, char **text, size_t *size, struct error *err) {
    char *buf = NULL;
    FILE *f = fopen(path, "rb");
    if (!f) {
        return error_set_at(err, path, 0, 0, "cannot be read: %s", strerror(errno));
    }
    size_t used = 0;
    size_t room = 0;
    for (;;) {
        if (used + 1 >= room) {
            room = room ? 2 * room : 16384;
            char *more = used < READ_MAX ? realloc(buf, room) : NULL;
            if (!more) {
                (void)error_set_at(err, path, 0, 0, "is too large, at most %d bytes",
                                   READ_MAX);
                goto fail;
            }
            buf = more;
        }
        size_t got = fread(buf + used, 1, room - used - 1, f);
        used += got;
        if (got == 0) {
            break;
        }
    }
    if (ferror(f)) {
        (void)error_set_at(err, path, 0, 0, "cannot be read: %s", strerror(errno));
        goto fail;
    }
    (void)fclose(f);
    buf[used] = '\0';
    *text = buf;
    if (size) {
        *size = used;
    }
    return 0;
fail:
    free(buf);
    (void)fclose(f);
    return -1;
}

int emit_copy(const char *from, const char *to, struct error *err) {
    char *text = NULL;
    size_t size = 0;
    if (emit_read(from, &text, &size, err)) {
        return -1;
    }
    struct emit out;
    int rc = emit_open(&out, to, err);
    if (rc == 0) {
        (void)fwrite(text, 1, size, out.file); /* checked by emit_close */
        rc = emit_close(&out, err);
    }
    free(text);
    return rc;
}

/* Remove the entry name of the folder at. Returns 0, or -1 with errno set. */
/* NOLINTNEXTLINE(misc-no-recursion): as deep as the folders, at most DEPTH_MAX */
static int remove_at(int at, const char *name, int depth) {
    struct stat st;
    if (fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
        return errno == ENOENT ? 0 : -1;
    }
    if (!S_ISDIR(st.st_mode)) {
        return unlinkat(at, name, 0);
    }
    if (depth >= DEPTH_MAX) {
        errno = ELOOP;
        return -1;
    }
    int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    if (fd < 0) {
        return -1;
    }
    DIR *dir = fdopendir(fd);
    if (!dir) {
        (void)close(fd);
        return -1;
    }
    int rc = 0;
    const struct dirent *entry;
    while (rc == 0 && (entry = readdir(dir)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            rc = remove_at(fd, entry->d_name, depth + 1);
        }
    }
    (void)closedir(dir);
    return rc == 0 ? unlinkat(at, name, AT_REMOVEDIR) : rc;
}

int emit_remove(const char *path, struct error *err) {
    if (remove_at(AT_FDCWD, path, 0) != 0) {
        return error_set_at(err, path, 0, 0, "cannot be removed: %s", strerror(errno));
    }
    return 0;
}

uint64_t emit_fnv(uint64_t hash, const void *data, size_t size) {
    const unsigned char *p = data;
    for (size_t i = 0; i < size; i++) {
        hash = (hash ^ p[i]) * 0x100000001b3u;
    }
    return hash;
}
