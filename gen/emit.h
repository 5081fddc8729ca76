/* SPDX-License-Identifier: Apache-2.0
 *
 * Writing files: under a temporary name, every call checked, renamed when complete.
 * Also the few helpers on files and folders that every verb needs.
 */
#ifndef QADAM_EMIT_H
#define QADAM_EMIT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "gen/error.h"

enum { EMIT_PATH_MAX = 1024 };

/* A file being written. */
struct emit {
    FILE *file; /* NULL once closed; text may also be written to it directly */
    char path[EMIT_PATH_MAX];
    char temp[EMIT_PATH_MAX]; /* "" = path itself is written */
};

/* Start writing the file path; its folder must exist. It is written under another name
 * first, except where path is a device, a pipe or a link to anything. End with emit_close
 * or emit_abandon. Returns 0, or -1 with *err set. */
int emit_open(struct emit *out, const char *path, struct error *err);

/* Print; a failure shows at emit_close. */
void emit(struct emit *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Finish: flush, check, rename into place. On failure nothing is left behind.
 * Returns 0, or -1 with *err set. */
int emit_close(struct emit *out, struct error *err);

/* Drop what was written. Does nothing after emit_close. */
void emit_abandon(struct emit *out);

/* Print a path into buf of size bytes; too long is an error.
 * Returns 0, or -1 with *err set. */
int emit_path(char *buf, size_t size, struct error *err, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* Make a folder and those above it; one that exists is fine.
 * Returns 0, or -1 with *err set. */
int emit_folder(const char *path, struct error *err);

/* Copy a file, byte by byte. Returns 0, or -1 with *err set. */
int emit_copy(const char *from, const char *to, struct error *err);

/* Read a whole file; *text is ended by a NUL that *size does not count. size may be
 * NULL. Caller owns *text. Files over 256 MiB are refused.
 * Returns 0, or -1 with *err set. */
int emit_read(const char *path, char **text, size_t *size, struct error *err);

/* Remove a file or a folder with all it holds; symbolic links are not followed. One
 * that does not exist is fine. Returns 0, or -1 with *err set. */
int emit_remove(const char *path, struct error *err);

/* 1 if path is a folder / a regular file. */
int emit_is_folder(const char *path);
int emit_is_file(const char *path);

/* FNV-1a, 64 bits, over size bytes; start with EMIT_FNV_START. */
#define EMIT_FNV_START 0xcbf29ce484222325u
uint64_t emit_fnv(uint64_t hash, const void *data, size_t size);

#endif
