/* SPDX-License-Identifier: Apache-2.0
 *
 * Where the project's data files are.
 */
#include "gen/home.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gen/emit.h"

static int is_home(const char *folder) {
    static const char *const parts[] = {"hdl", "pe_lib", "models"};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        char path[EMIT_PATH_MAX];
        if (emit_path(path, sizeof path, NULL, "%s/%s", folder, parts[i]) ||
            !emit_is_folder(path)) {
            return 0;
        }
    }
    return 1;
}

/* The folder of the running program. */
static int own_folder(char *buf, size_t size, struct error *err) {
    ssize_t n = readlink("/proc/self/exe", buf, size);
    if (n < 0) {
        return error_set_at(err, "/proc/self/exe", 0, 0, "cannot be read: %s",
                            strerror(errno));
    }
    if ((size_t)n >= size) {
        return error_set(err, "the program's path is too long, at most %zu bytes",
                         size - 1);
    }
    buf[n] = '\0';
    char *slash = strrchr(buf, '/');
    if (slash) {
        *slash = '\0';
    }
    return 0;
}

/* Drop the last part of an absolute path; 0 at the root. */
static int up(char *folder) {
    char *slash = strrchr(folder, '/');
    if (!slash || slash == folder) {
        return 0;
    }
    *slash = '\0';
    return 1;
}

int home_find(char *buf, size_t size, struct error *err) {
    const char *env = getenv("QADAM_HOME");
    if (env && env[0] != '\0') {
        if (!is_home(env)) {
            return error_set_at(err, env, 0, 0,
                                "QADAM_HOME must name the folder that holds hdl/, "
                                "pe_lib/ and models/");
        }
        return emit_path(buf, size, err, "%s", env);
    }
    char folder[EMIT_PATH_MAX];
    if (own_folder(folder, sizeof folder, err)) {
        return -1;
    }
    do { /* the project root lies above build/, an installation's share/ beside bin/ */
        if (is_home(folder)) {
            return emit_path(buf, size, err, "%s", folder);
        }
        char share[EMIT_PATH_MAX];
        if (emit_path(share, sizeof share, NULL, "%s/share/qadam", folder) == 0 &&
            is_home(share)) {
            return emit_path(buf, size, err, "%s", share);
        }
    } while (up(folder));
#ifdef QADAM_SHARE /* of an installed library, whose user's program may be anywhere */
    if (is_home(QADAM_SHARE)) {
        return emit_path(buf, size, err, "%s", QADAM_SHARE);
    }
#endif
    return error_set(err, "cannot find hdl/, pe_lib/ and models/ above the program's "
                          "folder; set QADAM_HOME to the folder that holds them");
}

int home_cache(char *buf, size_t size, struct error *err) {
    const char *env = getenv("QADAM_CACHE");
    if (emit_path(buf, size, err, "%s", env && env[0] != '\0' ? env : "build/cache")) {
        return -1;
    }
    return emit_folder(buf, err);
}
