/* SPDX-License-Identifier: Apache-2.0
 *
 * Running other programs.
 */
#include "synth_flows/tool.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gen/emit.h"

extern char **environ;

enum { TAIL_LINES = 3, TAIL_BYTES = 380 };

int tool_find(const char *program, const char *package, struct error *err) {
    const char *path = getenv("PATH");

    for (const char *p = path ? path : "/usr/bin:/bin"; *p;) {
        size_t n = strcspn(p, ":");
        char file[EMIT_PATH_MAX];

        if (n > 0 &&
            emit_path(file, sizeof file, NULL, "%.*s/%s", (int)n, p, program) == 0 &&
            access(file, X_OK) == 0 && emit_is_file(file)) {
            return 0;
        }
        p += n + (p[n] == ':');
    }
    return error_set(err, "the program %s is not in PATH; install it (Debian: %s)",
                     program, package);
}

/* Environment with the settings put before what they replace. Caller frees the array. */
static char **merge_environment(char *const *settings) {
    size_t old = 0, new = 0, n = 0;
    char **merged;

    while (environ[old]) {
        old++;
    }
    while (settings[new]) {
        new ++;
    }
    merged = malloc((old + new + 1) * sizeof *merged);
    if (!merged) {
        return NULL;
    }
    for (size_t i = 0; i < new; i++) {
        merged[n++] = settings[i];
    }
    for (size_t i = 0; i < old; i++) {
        size_t length = strcspn(environ[i], "=") + 1;
        int replaced = 0;

        for (size_t k = 0; k < new; k++) {
            replaced |= strncmp(environ[i], settings[k], length) == 0;
        }
        if (!replaced) {
            merged[n++] = environ[i];
        }
    }
    merged[n] = NULL;
    return merged;
}

int tool_failed(const char *log, const char *what, struct error *err) {
    char *text, *start;
    size_t size;
    int lines = 0;

    if (emit_read(log, &text, &size, NULL) != 0) {
        return error_set(err, "%s failed; its log %s cannot be read", what, log);
    }
    while (size > 0 && (text[size - 1] == '\n' || text[size - 1] == ' ')) {
        text[--size] = '\0';
    }
    for (start = text + size; start > text && (size_t)(text + size - start) < TAIL_BYTES;
         start--) {
        if (start[-1] == '\n' && ++lines == TAIL_LINES) {
            break;
        }
    }
    for (char *p = start; *p; p++) {
        if (*p == '\n') {
            *p = ' ';
        }
    }
    (void)error_set_at(err, log, 0, 0, "%s failed: %s", what, start);
    free(text);
    return -1;
}

int tool_run(const char *const *argv, char *const *settings, const char *log,
             const char *what, struct error *err) {
    posix_spawn_file_actions_t actions;
    char **environment = merge_environment(settings);
    char *const *words;
    pid_t pid;
    int failed, status = 0;

    memcpy(&words, &argv, sizeof words); /* posix_spawnp lacks a const, writes nothing */
    if (!environment || posix_spawn_file_actions_init(&actions) != 0) {
        free(environment);
        return error_set(err, "out of memory");
    }
    failed = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0) ||
             posix_spawn_file_actions_addopen(&actions, 1, log,
                                              O_WRONLY | O_CREAT | O_TRUNC, 0666) ||
             posix_spawn_file_actions_adddup2(&actions, 1, 2);
    if (!failed) {
        failed = posix_spawnp(&pid, argv[0], &actions, NULL, words, environment);
    }
    (void)posix_spawn_file_actions_destroy(&actions);
    free(environment);
    if (failed) {
        return error_set(err, "%s: cannot run %s: %s", what, argv[0], strerror(failed));
    }
    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR) {
            return error_set(err, "%s: waiting for %s: %s", what, argv[0],
                             strerror(errno));
        }
    }
    if (WIFSIGNALED(status)) {
        return error_set_at(err, log, 0, 0, "%s: %s was ended by signal %d", what,
                            argv[0], WTERMSIG(status));
    }
    return WEXITSTATUS(status) == 0 ? 0 : tool_failed(log, what, err);
}
